//! People on our own API: let in by their session, as far as their roles go, and never to more than they
//! were given.

use axum::http::{Method, StatusCode};
use rolecall_control::{
    assignments::{self, Action, Principal},
    memberships,
};
use rolecall_model::{
    authority::AdminPermission,
    role::{MASTER_ADMIN, RoleType},
};
use rolecall_testkit::{Reply, Request, SignedIn, TestApp, assigned, each_engine};
use serde_json::{Value, json};

/// Sends `body` as a person, from a page of this server.
async fn send(app: &TestApp, person: &SignedIn, method: Method, path: &str, body: &Value) -> Reply {
    let request = Request::new(method, path).person(person).header("if-match", "*");
    app.send(if body.is_null() { request } else { request.json(body) }).await
}

/// Whether it was refused because the person may not do it.
fn is_not_permitted(reply: &Reply) -> bool {
    reply.status == StatusCode::FORBIDDEN && reply.json()["type"] == "/problems/not-permitted"
}

/// A user with one role that grants these permissions, signed in.
async fn eve(app: &TestApp, permissions: &[&str]) -> SignedIn {
    app.admin("eve@acme.example", permissions).await;
    app.sign_in("eve@acme.example").await
}

each_engine! {
    async fn a_person_is_let_in_by_each_permission_that_takes_and_by_no_other(app: TestApp) {
        let look = |permission: AdminPermission| rolecall_control::authority::acts::LOOK.any_of.contains(&permission);
        let watch = |permission| rolecall_control::authority::acts::WATCH_ERASURES.any_of.contains(&permission);
        for (nth, permission) in AdminPermission::ALL.into_iter().enumerate() {
            let email = format!("p{nth}@acme.example");
            app.admin(&email, &[permission.name()]).await;
            let person = app.sign_in(&email).await;
            for (method, path, body, may) in [
                (Method::GET, "/api/v1/roles?roleType=admin", Value::Null, look(permission)),
                (Method::GET, "/api/v1/groups", Value::Null, look(permission)),
                (Method::GET, "/api/v1/bots", Value::Null, look(permission)),
                (Method::GET, "/api/v1/erasures", Value::Null, watch(permission)),
                (Method::POST, "/api/v1/groups", json!({"name": format!("Group {nth}")}), permission == AdminPermission::ManageGroups),
                (
                    Method::POST,
                    "/api/v1/bots",
                    json!({"name": format!("Bot {nth}")}),
                    [AdminPermission::EnterpriseBots, AdminPermission::ConsumerBots, AdminPermission::SmartBots].contains(&permission),
                ),
                (
                    Method::POST,
                    "/api/v1/roles",
                    json!({"roleType": "admin", "name": format!("Role {nth}"), "permissions": {}}),
                    permission == AdminPermission::ManageCustomAdminRoles,
                ),
                (
                    Method::POST,
                    "/api/v1/roles",
                    json!({"roleType": "bot", "name": format!("Role {nth}"), "permissions": {"Tasks": "FULL"}}),
                    permission == AdminPermission::ManageBotRoles,
                ),
                (
                    Method::PATCH,
                    "/api/v1/account",
                    json!({"name": format!("Acme {nth}")}),
                    permission == AdminPermission::Preferences,
                ),
                (
                    Method::POST,
                    "/api/v1/erasures",
                    json!({"userIds": [format!("guest{nth}@else.example")], "RemoveDataFromAllBots": true}),
                    permission == AdminPermission::ConsumerBots,
                ),
            ] {
                let reply = send(&app, &person, method.clone(), path, &body).await;
                assert_eq!(!is_not_permitted(&reply), may, "{method} {path} with {permission:?}: {}", reply.shown());
            }
        }
    }

    async fn each_way_to_a_permission_one_does_not_hold_is_closed(app: TestApp) {
        let person = eve(&app, &["Manage Custom Admin Roles", "Manage Groups", "Manage Users", "Enterprise Bots"]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let eve = app.users(["eve@acme.example"]).await.remove(0);
        let (holders, inner, eves) =
            (app.group("Holders", &[]).await, app.group("Inner", &[]).await, app.group("Eves", &[&eve]).await);
        app.assign(&keys, Principal::GroupName("Holders".to_owned())).await;
        app.change(async |change| memberships::add_groups(change, &[(&holders, &inner)]).await).await;
        let bot = app.bot("One").await;
        let more = json!({
            "Manage Custom Admin Roles": "YES", "Manage Groups": "YES", "Manage Users": "YES", "Enterprise Bots": "YES",
            "API Scopes": "YES",
        });
        let entries = app.entries().await.len();
        for (method, path, body) in [
            (Method::POST, "/api/v1/roles".to_owned(), json!({"roleType": "admin", "name": "Made", "permissions": {"API Scopes": "YES"}})),
            (Method::POST, format!("/api/v1/roles/{}/copy", keys.id), json!({"name": "Copied"})),
            (Method::POST, format!("/api/v1/roles/{}/copy", admin.id), json!({"name": "Copied"})),
            (Method::PATCH, format!("/api/v1/roles/{}", own.id), json!({"permissions": more})),
            (Method::PATCH, format!("/api/v1/roles/{}", keys.id), json!({"name": "Old keys"})),
            (Method::DELETE, format!("/api/v1/roles/{}", keys.id), Value::Null),
            (Method::POST, format!("/api/v1/groups/{}/members", holders.id), json!({"add": [{"userId": eve.id}]})),
            (Method::POST, format!("/api/v1/groups/{}/members", inner.id), json!({"add": [{"emailId": eve.email}]})),
            (Method::POST, format!("/api/v1/groups/{}/members", holders.id), json!({"add": [{"groupId": eves.id}]})),
            (Method::POST, format!("/api/v1/groups/{}/members", inner.id), json!({"add": [{"groupName": "Eves"}]})),
            (Method::PATCH, format!("/api/v1/groups/{}", holders.id), json!({"name": "Old holders"})),
            (Method::DELETE, format!("/api/v1/groups/{}", holders.id), Value::Null),
            (Method::PATCH, format!("/api/v1/bots/{}", bot.id), json!({"owner": eve.email})),
        ] {
            let reply = send(&app, &person, method.clone(), &path, &body).await;
            assert!(is_not_permitted(&reply), "{method} {path} {body}: {}", reply.shown());
        }
        assert_eq!(app.entries().await.len(), entries, "nothing happened");
        assert!(!app.person(&eve).await.may(AdminPermission::ApiScopes));
    }

    async fn what_was_taken_away_is_refused_at_the_very_next_request(app: TestApp) {
        let person = eve(&app, &["Manage Groups"]).await;
        let make = |name: &str| json!({"name": name});
        let reply = send(&app, &person, Method::POST, "/api/v1/groups", &make("One")).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let role = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let element = assigned(&role, None, Action::Remove, Principal::Email("eve@acme.example".to_owned()));
        assignments::apply(&app.operator(), RoleType::Admin, &[element]).await.expect("taken away");
        let reply = send(&app, &person, Method::POST, "/api/v1/groups", &make("Two")).await;
        assert!(is_not_permitted(&reply), "{}", reply.shown());
        assert!(is_not_permitted(&send(&app, &person, Method::GET, "/api/v1/groups", &Value::Null).await));
    }

    async fn the_doors_of_apps_know_no_people(app: TestApp) {
        let owner = app.sign_in("owner@acme.example").await;
        for path in ["/api/public/roles?roleType=admin", "/api/public/bots", "/api/public/auditlogs"] {
            assert_eq!(app.get_as(&owner, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        let question = json!({
            "subject": {"type": "user", "id": "owner@acme.example"}, "action": {"name": "Tasks"}, "resource": {"type": "bot", "id": "none"},
        });
        let reply = send(&app, &owner, Method::POST, "/access/v1/evaluation", &question).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    }

    async fn a_token_beside_a_session_is_judged_by_itself(app: TestApp) {
        let owner = app.sign_in("owner@acme.example").await;
        let poor = app.app_token(rolecall_model::app::Kind::Admin, &[]).await;
        for token in [poor.as_str(), "nonsense"] {
            let request = Request::new(Method::GET, "/api/v1/groups").person(&owner).token(token);
            let reply = app.send(request).await;
            assert!([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&reply.status), "{}", reply.shown());
        }
    }
}
