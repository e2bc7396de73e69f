//! Roles by their editor, one at a time: made, changed, copied and removed; and bots and settings.

use rolecall_control::{
    Ctx, Error, accounts,
    assignments::Principal,
    bots::{self, NewBot},
    roles::{self, Edit, NewRole},
    version::Expected,
};
use rolecall_model::{
    role::{Level, MASTER_ADMIN, Permissions, Role, RoleType},
    user::User,
};
use rolecall_testkit::{TestApp, each_engine};

use super::is_not_permitted;

const EDITS: &str = "Manage Custom Admin Roles";

fn granting(names: &[&str]) -> Permissions {
    Permissions::of(names.iter().map(|name| (*name, Level::Yes)))
}

fn new_role(role_type: RoleType, permissions: Permissions) -> NewRole {
    NewRole { role_type, name: "Made".to_owned(), description: String::new(), permissions, ref_id: None }
}

async fn regrant(ctx: &Ctx, role: &Role, permissions: Permissions) -> Result<Role, Error> {
    let edit = Edit { permissions: Some(permissions), ..Edit::default() };
    roles::update(ctx, &role.id, &Expected::Any, &edit).await
}

async fn rename(ctx: &Ctx, role: &Role) -> Result<Role, Error> {
    let edit = Edit { name: Some("Renamed".to_owned()), ..Edit::default() };
    roles::update(ctx, &role.id, &Expected::Any, &edit).await
}

/// An editor of admin roles, and the role that makes it one.
async fn editor(app: &TestApp, permissions: &[&str]) -> (User, Ctx, Role) {
    let (eve, ctx) = app.admin("eve@acme.example", permissions).await;
    let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
    (eve, ctx, own)
}

each_engine! {
    async fn nobody_makes_changes_or_copies_a_role_to_more_than_they_hold(app: TestApp) {
        let (_, ctx, own) = editor(&app, &[EDITS, "Manage Users"]).await;
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        let master = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let revision = app.revision().await;
        for permission in ["API Scopes", "Brand New", "manage users", "Manage Users "] {
            let more = granting(&[EDITS, "Manage Users", permission]);
            assert!(is_not_permitted(roles::create(&ctx, &new_role(RoleType::Admin, more.clone())).await), "{permission:?}");
            assert!(is_not_permitted(regrant(&ctx, &own, more).await), "{permission:?}");
        }
        for role in [&keys, &master] {
            assert!(is_not_permitted(roles::copy(&ctx, &role.id, "Copy", None).await), "{}", role.name);
        }
        assert_eq!(app.revision().await, revision);
        roles::create(&ctx, &new_role(RoleType::Admin, granting(&["Manage Users"]))).await.expect("it is within");
        roles::copy(&ctx, &own.id, "Copy", None).await.expect("it is within");
    }

    async fn nobody_takes_away_what_they_do_not_hold(app: TestApp) {
        let (_, ctx, _) = editor(&app, &[EDITS]).await;
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        let bob = app.users(["bob@acme.example"]).await.remove(0);
        app.assign(&keys, Principal::Email(bob.email)).await;
        let revision = app.revision().await;
        assert!(is_not_permitted(regrant(&ctx, &keys, Permissions::default()).await));
        assert!(is_not_permitted(rename(&ctx, &keys).await));
        assert!(is_not_permitted(roles::remove(&ctx, &keys.id, &Expected::Any).await));
        assert_eq!(app.revision().await, revision);
    }

    async fn nobody_shuts_themselves_out_in_passing(app: TestApp) {
        let (_, ctx, own) = editor(&app, &[EDITS, "Manage Users"]).await;
        let revision = app.revision().await;
        assert!(is_not_permitted(regrant(&ctx, &own, granting(&[EDITS])).await));
        assert!(is_not_permitted(roles::remove(&ctx, &own.id, &Expected::Any).await));
        assert_eq!(app.revision().await, revision);
    }

    async fn what_was_taken_away_meanwhile_counts_at_once(app: TestApp) {
        let (_, ctx, own) = editor(&app, &[EDITS, "Manage Users"]).await;
        regrant(&app.operator(), &own, granting(&[EDITS])).await.expect("the operator may");
        // The request began with more.
        assert!(is_not_permitted(roles::create(&ctx, &new_role(RoleType::Admin, granting(&["Manage Users"]))).await));
    }

    async fn each_type_of_role_has_an_authority_of_its_own(app: TestApp) {
        let (_, of_admin_roles, _) = editor(&app, &[EDITS]).await;
        let (_, of_bot_roles) = app.admin("bo@acme.example", &["Manage Bot Roles"]).await;
        let tasks = Permissions::of([("Tasks", Level::Full)]);
        assert!(is_not_permitted(roles::create(&of_admin_roles, &new_role(RoleType::Bot, tasks.clone())).await));
        assert!(is_not_permitted(roles::create(&of_bot_roles, &new_role(RoleType::Admin, granting(&[])))  .await));
        let role = roles::create(&of_bot_roles, &new_role(RoleType::Bot, tasks)).await.expect("it is theirs");
        assert!(is_not_permitted(rename(&of_admin_roles, &role).await));
        assert!(is_not_permitted(roles::remove(&of_admin_roles, &role.id, &Expected::Any).await));
        assert!(is_not_permitted(roles::copy(&of_admin_roles, &role.id, "Copy", None).await));
        roles::remove(&of_bot_roles, &role.id, &Expected::Any).await.expect("it is theirs");
    }

    async fn bots_and_settings_take_the_authority_over_them(app: TestApp) {
        let (_, nobody) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (_, of_bots) = app.admin("bo@acme.example", &["Smart Bots"]).await;
        let (_, of_settings) = app.admin("set@acme.example", &["Preferences"]).await;
        let bot = app.bot("Travel").await;
        let edit = bots::Edit { description: Some("Books trips".to_owned()), ..bots::Edit::default() };
        for ctx in [&nobody, &of_settings] {
            assert!(is_not_permitted(bots::create(ctx, &NewBot::named("Hotels")).await));
            assert!(is_not_permitted(bots::update(ctx, &bot.id, &Expected::Any, &edit).await));
            assert!(is_not_permitted(bots::remove(ctx, &bot.id, &Expected::Any).await));
        }
        let renamed = accounts::Edit { name: Some("Acme 2".to_owned()) };
        for ctx in [&nobody, &of_bots] {
            assert!(is_not_permitted(accounts::update(ctx, &Expected::Any, &renamed).await));
        }
        bots::update(&of_bots, &bot.id, &Expected::Any, &edit).await.expect("they may");
        accounts::update(&of_settings, &Expected::Any, &renamed).await.expect("they may");
    }
}
