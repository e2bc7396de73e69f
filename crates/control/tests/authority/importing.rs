//! Roles by import, and by undoing one: what the file says of permissions, of names, and of what is none
//! of its business.

use rolecall_control::{
    Ctx, Error, Rule, files,
    role_import::{self, Imported, Order, Preview},
};
use rolecall_control::{
    assignments::{self, Action, Principal},
    roles,
};
use rolecall_model::{
    authority::{AdminPermission, Lost, Powers},
    role::{MASTER_ADMIN, Role, RoleType},
    role_import::Mode,
};
use rolecall_testkit::{TestApp, assigned, each_engine};
use serde_json::{Value, json};

use super::is_not_permitted;

async fn order(app: &TestApp, role_type: RoleType, mode: Mode, file: Value) -> Order {
    let uploaded = files::upload(&app.operator(), file.to_string().as_bytes()).await.expect("a file can be stored");
    Order { role_type, file_id: uploaded.id, mode }
}

async fn import(app: &TestApp, ctx: &Ctx, mode: Mode, file: Value) -> Result<Imported, Error> {
    role_import::import(ctx, &order(app, RoleType::Admin, mode, file).await).await
}

async fn preview(app: &TestApp, ctx: &Ctx, mode: Mode, file: Value) -> Preview {
    role_import::preview(ctx, &order(app, RoleType::Admin, mode, file).await).await.expect("a plan")
}

/// An entry of a file for a role.
fn entry(role: &Role, permissions: &[&str]) -> Value {
    json!({"role": role.name, "rDesc": role.description, "refId": role.ref_id, "permissions": granted(permissions)})
}

fn granted(permissions: &[&str]) -> Value {
    permissions.iter().map(|name| ((*name).to_owned(), json!("YES"))).collect::<serde_json::Map<_, _>>().into()
}

const EDITS: &str = "Manage Custom Admin Roles";

each_engine! {
    async fn nobody_imports_a_role_that_grants_what_they_do_not_hold(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &[EDITS, "Manage Users"]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let revision = app.revision().await;
        for permission in ["API Scopes", "Brand New", "manage users", "Manage Users "] {
            let made = json!([{"role": "Made", "permissions": granted(&[permission])}]);
            assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, made).await), "made with {permission:?}");
            let changed = json!([entry(&own, &[EDITS, "Manage Users", permission])]);
            assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, changed).await), "given {permission:?}");
            // The first of several is not the one that counts.
            let among = json!([{"role": "Good", "permissions": granted(&[EDITS])}, {"role": "Bad", "permissions": granted(&[permission])}]);
            assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, among).await), "among others {permission:?}");
        }
        // The files were uploaded by somebody else, twelve of them.
        assert_eq!(app.revision().await, revision + 12);
        let within = json!([{"role": "Made", "permissions": {"Manage Users": "YES", "API Scopes": "NO"}}]);
        import(&app, &ctx, Mode::Incremental, within).await.expect("what she holds she may hand on");
    }

    async fn nobody_takes_from_a_role_what_they_do_not_hold_nor_deletes_it(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &[EDITS]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let keys = app.admin_role("Keys", &["API Scopes", EDITS]).await;
        let without = json!([entry(&keys, &[EDITS])]);
        assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, without).await));
        assert!(is_not_permitted(import(&app, &ctx, Mode::Full, json!([entry(&own, &[EDITS])])).await));
        let described = json!([{"role": "Keys", "rDesc": "For the keys", "refId": keys.ref_id, "permissions": granted(&["API Scopes", EDITS])}]);
        import(&app, &ctx, Mode::Incremental, described).await.expect("what it grants stays as it is");
    }

    async fn nobody_takes_the_name_of_a_role_that_goes_beyond_them(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &[EDITS]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        let renamed = |role: &Role, name: &str, grants: &[&str]| json!({"role": name, "refId": role.ref_id, "permissions": granted(grants)});
        let swapped = json!([renamed(&keys, "Old keys", &["API Scopes"]), renamed(&own, "Keys", &[EDITS])]);
        assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, swapped).await));
        let other_ref = json!([{"role": "Keys", "refId": "another", "permissions": granted(&["API Scopes"])}]);
        assert!(is_not_permitted(import(&app, &ctx, Mode::Incremental, other_ref).await));
        assert!(!app.person(&eve).await.may(AdminPermission::ApiScopes));
    }

    async fn fields_that_are_not_the_files_business_make_nobody_more(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &[EDITS]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let file = json!([{
            "role": own.name, "refId": own.ref_id, "rDesc": "changed", "permissions": granted(&[EDITS]),
            "_id": admin.id, "roleId": admin.id, "isASystemRole": true, "isBuiltIn": true, "orgId": "o-else", "createdBy": "u-owner",
            "mapping": [{"userId": eve.id, "roleId": admin.id}], "_userAndGroups": {"users": [{"_id": eve.id}], "groups": []},
            "__proto__": {"isASystemRole": true}, "roleType": "admin",
        }]);
        import(&app, &ctx, Mode::Incremental, file).await.expect("what is known of it is changed");
        let after = app.role(RoleType::Admin, &own.name).await;
        assert_eq!((after.id, after.is_built_in, after.created_by), (own.id, false, own.created_by));
        assert_eq!(app.role(RoleType::Admin, MASTER_ADMIN).await, admin);
        let powers = Powers::of([AdminPermission::ManageCustomAdminRoles]);
        assert_eq!(app.person(&eve).await.person().expect("a person").powers, powers);
    }

    async fn no_twin_of_a_built_in_role_comes_in(app: TestApp) {
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let before = roles::export(&app.operator(), RoleType::Admin).await.expect("roles");
        for twin in ["Admin", "ADMIN", "admin ", " admin", "ad\u{200B}min", "ａｄｍｉｎ", "admin\u{00A0}"] {
            let file = json!([{"role": twin, "permissions": granted(&[EDITS])}]);
            let refused = import(&app, &app.operator(), Mode::Incremental, file).await;
            assert!(matches!(&refused, Err(Error::Refused(faults)) if faults[0].rule == Rule::BadFile), "{twin:?}: {refused:?}");
        }
        let by_ref = json!([{"role": "Other", "refId": admin.ref_id, "permissions": granted(&[])}]);
        import(&app, &app.operator(), Mode::Incremental, by_ref).await.expect("a built-in role in a file is passed over");
        assert_eq!(roles::export(&app.operator(), RoleType::Admin).await.expect("roles"), before);
    }

    async fn an_import_that_shuts_out_who_makes_it_is_refused_and_the_plan_says_so(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &[EDITS, "Manage Users"]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let revision = app.revision().await;
        let all = Lost::Names(vec![EDITS.to_owned(), "Manage Users".to_owned()]);
        let part = Lost::Names(vec!["Manage Users".to_owned()]);
        for (mode, file, lost) in [
            (Mode::Full, json!([{"role": "Another", "permissions": granted(&[EDITS])}]), all),
            (Mode::Incremental, json!([entry(&own, &[EDITS])]), part),
        ] {
            assert_eq!(preview(&app, &ctx, mode, file.clone()).await.lost, lost);
            assert!(is_not_permitted(import(&app, &ctx, mode, file).await));
        }
        assert_eq!(app.revision().await, revision + 4, "but for the four files");
        // Who holds the same by another role loses nothing, and whoever holds it can do it for others.
        let second = app.admin_role("Second", &[EDITS, "Manage Users"]).await;
        app.assign(&second, Principal::Email("eve@acme.example".to_owned())).await;
        let file = json!([entry(&own, &[EDITS]), entry(&second, &[EDITS, "Manage Users"])]);
        assert_eq!(preview(&app, &ctx, Mode::Full, file.clone()).await.lost, Lost::Nothing);
        import(&app, &ctx, Mode::Full, file).await.expect("nothing is lost");
    }

    async fn undoing_an_import_takes_what_making_it_takes(app: TestApp) {
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        let (eve, ctx) = app.admin("eve@acme.example", &[EDITS]).await;
        app.assign(&keys, Principal::Email("eve@acme.example".to_owned())).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        // Somebody took `Keys` away, and `eve` with it; another import took something out of a role.
        let removed = import(&app, &app.operator(), Mode::Full, json!([entry(&own, &[EDITS])])).await.expect("removed");
        let rich = app.admin_role("Rich", &["API Scopes", EDITS]).await;
        let poorer = import(&app, &app.operator(), Mode::Incremental, json!([entry(&rich, &[EDITS])])).await;
        let poorer = poorer.expect("changed").import_id.expect("an id");
        assert!(!app.person(&eve).await.may(AdminPermission::ApiScopes));
        let revision = app.revision().await;
        for import_id in [removed.import_id.expect("an id"), poorer] {
            assert!(is_not_permitted(role_import::revert(&ctx, &import_id).await));
        }
        assert_eq!(app.revision().await, revision);
    }

    async fn undoing_an_import_of_bot_roles_gives_them_back_only_by_who_may_give_them(app: TestApp) {
        let role = app.bot_role("Helper", json!({"Tasks": ["FULL"]})).await;
        let bot = app.bot("One").await;
        let (_, eve) = app.admin("eve@acme.example", &[EDITS]).await;
        let (_, bob) = app.admin("bob@acme.example", &["Manage Bot Roles"]).await;
        let element = assigned(&role, Some(&bot), Action::Add, Principal::Email("eve@acme.example".to_owned()));
        assignments::apply(&app.operator(), RoleType::Bot, &[element]).await.expect("assigned");
        let empty = order(&app, RoleType::Bot, Mode::Full, json!([{"role": "Other", "permissions": {}}])).await;
        assert!(is_not_permitted(role_import::import(&eve, &empty).await));
        assert!(is_not_permitted(role_import::preview(&eve, &empty).await));
        let id = role_import::import(&bob, &empty).await.expect("bob may").import_id.expect("an id");
        assert!(is_not_permitted(role_import::revert(&eve, &id).await));
        role_import::revert(&bob, &id).await.expect("bob may");
    }
}
