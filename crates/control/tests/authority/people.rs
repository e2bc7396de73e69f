//! Users: making, changing and removing them, with what comes along.

use rolecall_control::{
    Ctx, Rule,
    assignments::{Action, Principal},
    users::{self, Access, Failure, Grant, Key, Particulars, What, Wish},
};
use rolecall_model::role::{MASTER_ADMIN, Role, RoleType};
use rolecall_testkit::{TestApp, each_engine};

use super::is_not_permitted;

fn role(role: &Role, action: Action) -> Vec<Grant> {
    let what = What::Role { role_id: role.id.clone(), bot_id: None };
    vec![Grant { what, action, list: "adminRoles", index: 0 }]
}

fn rules(failures: &[Failure]) -> Vec<Rule> {
    failures.iter().map(|failure| failure.fault.rule).collect()
}

async fn create(ctx: &Ctx, email: &str, particulars: Particulars, grants: Vec<Grant>) -> Vec<Rule> {
    rules(&users::create(ctx, &[Wish { who: email.to_owned(), particulars, grants }]).await.expect("it is looked at"))
}

async fn update(ctx: &Ctx, email: &str, particulars: Particulars, grants: Vec<Grant>) -> Vec<Rule> {
    let wish = Wish { who: Key::Email(email.to_owned()), particulars, grants };
    rules(&users::update(ctx, &[wish]).await.expect("it is looked at"))
}

fn renamed() -> Particulars {
    Particulars { first_name: Some("Mallory".to_owned()), ..Particulars::default() }
}

each_engine! {
    async fn a_new_user_comes_with_no_more_than_who_makes_it_may_give(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Invite", "Manage Custom Admin Roles"]).await;
        let beyond = app.admin_role("Beyond", &["API Scopes"]).await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        for role_of in [&beyond, &admin] {
            let failed = create(&ctx, "new@acme.example", Particulars::default(), role(role_of, Action::Add)).await;
            assert_eq!(failed, [Rule::NotPermitted]);
            // Also for somebody who is there, which is what making them again means.
            let failed = create(&ctx, "eve@acme.example", Particulars::default(), role(role_of, Action::Add)).await;
            assert_eq!(failed, [Rule::NotPermitted]);
            let failed = update(&ctx, "eve@acme.example", Particulars::default(), role(role_of, Action::Add)).await;
            assert_eq!(failed, [Rule::NotPermitted]);
        }
        assert_eq!(create(&ctx, "new@acme.example", Particulars::default(), Vec::new()).await, []);
    }

    async fn what_users_may_in_the_builder_takes_its_own_permission(app: TestApp) {
        let (_, eve) = app.admin("eve@acme.example", &["Manage Users"]).await;
        let (_, bob) = app.admin("bob@acme.example", &["Manage User Settings"]).await;
        app.users(["cid@acme.example"]).await;
        let no_builder = || Particulars { is_developer: Some(false), ..Particulars::default() };
        assert_eq!(update(&eve, "cid@acme.example", no_builder(), Vec::new()).await, [Rule::NotPermitted]);
        assert_eq!(create(&eve, "new@acme.example", no_builder(), Vec::new()).await, [Rule::NotPermitted]);
        assert_eq!(update(&bob, "cid@acme.example", renamed(), Vec::new()).await, [Rule::NotPermitted]);
        assert_eq!(update(&eve, "cid@acme.example", renamed(), Vec::new()).await, []);
        assert_eq!(update(&bob, "cid@acme.example", no_builder(), Vec::new()).await, []);
        let access = Access { is_developer: true, can_create_bot: true, has_data_access: Some(true) };
        let keys = [(Key::Email("cid@acme.example".to_owned()), "/emailIds/0".to_owned())];
        assert!(is_not_permitted(users::set_access(&eve, &keys, access).await));
        users::set_access(&bob, &keys, access).await.expect("bob may");
    }

    async fn nobody_changes_or_removes_who_may_more(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Users", "Manage User Settings"]).await;
        app.admin("bob@acme.example", &["API Scopes"]).await;
        let revision = app.revision().await;
        for above in ["bob@acme.example", "owner@acme.example"] {
            assert_eq!(update(&ctx, above, renamed(), Vec::new()).await, [Rule::NotPermitted]);
            // Whoever binds a sign-in to the organisation's id would be them.
            let id = Particulars { org_user_id: Some("emp-eve2".to_owned()), ..Particulars::default() };
            assert_eq!(update(&ctx, above, id, Vec::new()).await, [Rule::NotPermitted]);
            let access = Access { is_developer: false, can_create_bot: false, has_data_access: None };
            let keys = [(Key::Email(above.to_owned()), String::new())];
            assert!(is_not_permitted(users::set_access(&ctx, &keys, access).await));
        }
        assert!(is_not_permitted(users::remove(&ctx, &[Key::Email("bob@acme.example".to_owned())]).await));
        let removed = users::remove(&ctx, &[Key::Email("owner@acme.example".to_owned())]).await.expect("looked at");
        assert_eq!((removed.n_gone, removed.refused.len()), (0, 1), "the owner always stays");
        assert_eq!(app.revision().await, revision);
    }

    async fn who_holds_no_more_can_be_removed_with_all_they_held(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Users"]).await;
        let (bob, _) = app.admin("bob@acme.example", &["Manage Users"]).await;
        let team = app.group("Team", &[&bob]).await;
        app.assign(&app.admin_role("Team", &["Manage Users"]).await, Principal::GroupName(team.name)).await;
        let removed = users::remove(&ctx, &[Key::Email(bob.email)]).await.expect("removed");
        assert_eq!(removed.n_gone, 1);
    }
}
