//! Ways to more than one was given, through the vendor's calls: fields that are none of a caller's
//! business, names that look alike, the last administrator, and scopes.

use axum::http::{Method, StatusCode};
use rolecall_control::apps;
use rolecall_model::{
    app::{Kind, Scope},
    authority::{AdminPermission, Powers},
    role::{MASTER_ADMIN, RoleType},
};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

use super::role_import::import;

/// What each call that changes who may what takes: its scope, method and path, and a body that would do it.
const CALLS: [(Scope, &str, &str, &str); 6] = [
    (
        Scope::RoleManagement,
        "POST",
        "/api/public/adminroles/assignments",
        r#"[{"roleId":"<admin>","addUsers":["eve@acme.example"]}]"#,
    ),
    (
        Scope::RoleManagement,
        "POST",
        "/api/public/roles/import?roleType=admin&fullImport=true",
        r#"{"fileId":"<file>"}"#,
    ),
    (
        Scope::UserManagement,
        "POST",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"new@acme.example"},"roles":[{"roleId":"<admin>"}]}]}"#,
    ),
    (
        Scope::UserManagement,
        "PUT",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"eve@acme.example"},"roles":{"addTo":[{"roleId":"<admin>"}]}}]}"#,
    ),
    (Scope::UserManagement, "DELETE", "/api/public/users", r#"{"deleteEmailIds":["eve@acme.example"]}"#),
    (
        Scope::RoleManagement,
        "POST",
        "/api/public/useraccess",
        r#"{"emailIds":["eve@acme.example"],"canCreateBot":true,"isDeveloper":true}"#,
    ),
];

async fn master(app: &TestApp) -> String {
    app.role(RoleType::Admin, MASTER_ADMIN).await.id
}

async fn powers(app: &TestApp, email: &str) -> Powers {
    let user = app.users([email]).await.remove(0);
    app.person(&user).await.person().expect("a person").powers.clone()
}

each_engine! {
    async fn no_scope_but_its_own_opens_a_call(app: TestApp) {
        app.users(["eve@acme.example"]).await;
        let admin = master(&app).await;
        let file = app.upload(br#"[{"role":"Made","permissions":{"API Scopes":"YES"}}]"#).await;
        let before = app.entries().await.len();
        let mut n_apps = 0;
        for (needed, method, path, body) in CALLS {
            let body: Value = serde_json::from_str(&body.replace("<admin>", &admin).replace("<file>", &file)).expect("JSON");
            let method: Method = method.parse().expect("a method");
            for (kind, scopes) in [
                (Kind::Admin, Scope::ALL.into_iter().filter(|scope| *scope != needed).collect::<Vec<_>>()),
                // A builder's app, whatever it is said to have.
                (Kind::Builder, Scope::ALL.to_vec()),
            ] {
                let token = app.app_token(kind, &scopes).await;
                n_apps += 1;
                let reply = app.send(Request::new(method.clone(), path).token(&token).json(&body)).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path} by {kind:?} {scopes:?}");
                assert_eq!(reply.json()["errors"][0]["code"], 4002, "{}", reply.body);
            }
        }
        assert_eq!(app.entries().await.len(), before + n_apps, "nothing happened but that the apps were made");
        assert_eq!(powers(&app, "eve@acme.example").await, Powers::default());
    }

    async fn an_app_that_was_stopped_changes_nothing_more(app: TestApp) {
        app.users(["eve@acme.example"]).await;
        let body = json!([{"roleId": master(&app).await, "addUsers": ["eve@acme.example"]}]);
        apps::act(&app.operator(), &app.tenant.client_id, apps::Action::Disable).await.expect("stopped");
        let reply = app.post("/api/public/adminroles/assignments", body).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
        assert_eq!(powers(&app, "eve@acme.example").await, Powers::default());
    }

    async fn what_a_call_about_users_says_beyond_its_fields_makes_nobody_more(app: TestApp) {
        let owner = app.users(["owner@acme.example"]).await.remove(0);
        let more = json!({
            "_id": owner.id, "id": owner.id, "userId": owner.id, "accountOwner": true, "isOwner": true, "status": "active",
            "isAdmin": true, "adminRoles": [{"roleId": master(&app).await}], "orgId": "o-else", "accountId": "else",
            "permissions": {"API Scopes": "YES"}, "groupIds": ["all"],
        });
        let with = |mut user: Value| {
            for (key, value) in more.as_object().expect("an object") {
                user[key] = value.clone();
                user["userInfo"][key] = value.clone();
            }
            json!({"users": [user]})
        };
        for (method, email) in [(Method::POST, "eve@acme.example"), (Method::PUT, "eve@acme.example")] {
            let body = with(json!({"userInfo": {"emailId": email, "firstName": "Eve"}}));
            let request = Request::new(method.clone(), "/api/public/users").token(&app.tenant.token).json(&body);
            let reply = app.send(request).await;
            assert_eq!(reply.status, StatusCode::OK, "{method}: {}", reply.body);
            assert_eq!(powers(&app, email).await, Powers::default(), "{method}");
        }
        assert_eq!(powers(&app, "owner@acme.example").await, Powers::All);
    }

    async fn what_an_imported_role_says_beyond_its_fields_gives_it_to_nobody(app: TestApp) {
        let eve = app.users(["eve@acme.example"]).await.remove(0);
        let group = app.group("Eves", &[&eve]).await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let file = json!([{
            "role": "Made", "rDesc": "", "permissions": {"API Scopes": "YES"},
            "_id": admin.id, "isASystemRole": true, "orgId": "o-else", "createdBy": eve.id,
            "mapping": [{"userId": eve.id}],
            "_userAndGroups": {"users": [{"_id": eve.id, "emailId": eve.email}], "groups": [{"_id": group.id}]},
            "users": [eve.email], "groups": ["Eves"],
        }]);
        let reply = import(&app, "admin", file.to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(powers(&app, "eve@acme.example").await, Powers::default());
        let made = app.role(RoleType::Admin, "Made").await;
        assert!(!made.is_built_in && made.id != admin.id, "{made:?}");
        assert_eq!(app.role(RoleType::Admin, MASTER_ADMIN).await, admin);
    }

    async fn no_twin_of_the_built_in_admin_role_is_it(app: TestApp) {
        app.users(["eve@acme.example"]).await;
        for twin in ["Admin", "admin ", "ａｄｍｉｎ", "ad\u{200b}min", "ADMIN\u{a0}"] {
            let all = AdminPermission::NAMES.into_iter().map(|name| (name.to_owned(), json!("YES")));
            let all: Value = all.collect::<serde_json::Map<_, _>>().into();
            let file = json!([{"role": twin, "isASystemRole": true, "permissions": all}]);
            let reply = import(&app, "admin", file.to_string()).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{twin:?}: {}", reply.body);
        }
        // One that looks alike by letters of another script is another role, with what it grants by name.
        let cyrillic = json!([{"role": "\u{430}dmin", "isASystemRole": true, "permissions": {"API Scopes": "YES"}}]);
        let made = import(&app, "admin", cyrillic.to_string()).await.json();
        let body = json!([{"roleId": made[0]["_id"], "addUsers": ["eve@acme.example"]}]);
        assert_eq!(app.post("/api/public/adminroles/assignments", body).await.status, StatusCode::OK);
        assert_eq!(powers(&app, "eve@acme.example").await, Powers::of([AdminPermission::ApiScopes]));
    }

    async fn the_owner_can_be_neither_demoted_nor_removed_nor_outnumbered_by_a_group(app: TestApp) {
        let admin = master(&app).await;
        app.group("Staff", &[]).await;
        for (body, what) in [
            (json!([{"roleId": admin, "removeUsers": ["OWNER@acme.example"]}]), "demoted"),
            (json!([{"roleId": admin, "addGroups": ["Staff"]}]), "given to a group"),
        ] {
            let reply = app.post("/api/public/adminroles/assignments", body).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}: {}", reply.body);
        }
        let body = json!({"users": [{
            "userInfo": {"emailId": "owner@acme.example"}, "roles": {"removeFrom": [{"roleId": admin}]},
        }]});
        assert!(app.put("/api/public/users", body).await.body.contains("failedUserDetails"));
        let reply = app.delete("/api/public/users", json!({"deleteEmailIds": ["owner@acme.example"]})).await;
        assert!(reply.body.contains("failedUserDetails"), "{}", reply.body);
        let reply = import(&app, "admin&fullImport=true", r#"[{"role":"Only","permissions":{}}]"#).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(powers(&app, "owner@acme.example").await, Powers::All);
    }
}
