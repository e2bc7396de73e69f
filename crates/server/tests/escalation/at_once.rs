//! The paths of the table that take more than one call: two at once, one after another, and coming back.

use axum::http::{Method, StatusCode};
use rolecall_control::{
    assignments::{self, Action, Principal},
    users::{self, Key},
};
use rolecall_model::role::{Role, RoleType};
use rolecall_testkit::{Reply, Request, SignedIn, TestApp, assigned, each_engine};
use serde_json::{Value, json};

const EDITS: &str = "Manage Custom Admin Roles";

async fn own_role(app: &TestApp, email: &str) -> Role {
    app.role(RoleType::Admin, &format!("Role of {email}")).await
}

async fn call(app: &TestApp, person: &SignedIn, method: Method, path: &str, body: &Value) -> Reply {
    app.send(Request::new(method, path).person(person).header("if-match", "*").json(body)).await
}

/// The version that the page at `path` has in its form.
async fn version(app: &TestApp, person: &SignedIn, path: &str) -> String {
    let page = app.get_as(person, path).await;
    let rest = page.body.split_once("name=\"version\" value=\"").expect("a form").1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Exactly one was done, and the other refused as whoever asked may not any more.
fn is_one_of_two(done: StatusCode, replies: [&Reply; 2]) -> bool {
    let n = |status: StatusCode| replies.iter().filter(|reply| reply.status == status).count();
    n(done) == 1 && n(StatusCode::FORBIDDEN) == 1
}

each_engine! {
    async fn of_two_who_disarm_each_other_one_is_refused(app: TestApp) {
        // Each takes what lets the other do the same; both may when they ask.
        let two = ["eve@acme.example", "bob@acme.example"];
        for email in two {
            app.admin(email, &[EDITS]).await;
        }
        let (eve, bob) = (app.sign_in(two[0]).await, app.sign_in(two[1]).await);
        let (of_eve, of_bob) = (own_role(&app, two[0]).await, own_role(&app, two[1]).await);
        let wish = |role: &Role, from: &str| json!({"roleType": "admin", "remove": [{"roleId": role.id, "email": from}]});
        let (to_bob, to_eve) = (wish(&of_bob, two[1]), wish(&of_eve, two[0]));
        let (first, second) = tokio::join!(
            call(&app, &eve, Method::POST, "/api/v1/assignments", &to_bob),
            call(&app, &bob, Method::POST, "/api/v1/assignments", &to_eve),
        );
        assert!(is_one_of_two(StatusCode::NO_CONTENT, [&first, &second]), "{} {}", first.shown(), second.shown());

        for (role, email) in [(&of_eve, two[0]), (&of_bob, two[1])] {
            app.assign(role, Principal::Email(email.to_owned())).await;
        }
        let form = async |person: &SignedIn, role: &Role| {
            let path = format!("/console/roles/{}", role.id);
            let version = version(&app, person, &format!("{path}/edit")).await;
            (path, version, role.name.clone())
        };
        let ((at_bob, bobs, bobs_name), (at_eve, eves, eves_name)) = (form(&eve, &of_bob).await, form(&bob, &of_eve).await);
        let none = |version: &str, name: &str| {
            [("version", version), ("name", name), ("permission", EDITS), ("level-0", "NO")].map(|(key, value)| (key, value.to_owned()))
        };
        let (bobs, eves) = (none(&bobs, &bobs_name), none(&eves, &eves_name));
        let [bobs, eves] = [&bobs, &eves].map(|fields| fields.each_ref().map(|(key, value)| (*key, value.as_str())));
        let (first, second) = tokio::join!(app.form_as(&eve, &at_bob, &bobs), app.form_as(&bob, &at_eve, &eves));
        assert!(is_one_of_two(StatusCode::SEE_OTHER, [&first, &second]), "{} {}", first.shown(), second.shown());
    }

    async fn what_was_taken_away_is_gone_at_the_next_page(app: TestApp) {
        app.admin("eve@acme.example", &["Manage Groups"]).await;
        let eve = app.sign_in("eve@acme.example").await;
        let made = app.form_as(&eve, "/console/groups", &[("name", "One")]).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let role = own_role(&app, "eve@acme.example").await;
        let element = assigned(&role, None, Action::Remove, Principal::Email("eve@acme.example".to_owned()));
        assignments::apply(&app.operator(), RoleType::Admin, &[element]).await.expect("taken away");
        assert_eq!(app.form_as(&eve, "/console/groups", &[("name", "Two")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.get_as(&eve, made.location()).await.status, StatusCode::FORBIDDEN);
    }

    async fn an_app_gets_no_more_than_who_changes_it(app: TestApp) {
        app.admin("eve@acme.example", &["API Scopes", "Preferences"]).await;
        let eve = app.sign_in("eve@acme.example").await;
        let made = call(&app, &eve, Method::POST, "/api/v1/apps", &json!({"name": "Mine", "scopes": []})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let id = made.json()["clientId"].as_str().expect("an id").to_owned();
        let (ours, page) = (format!("/api/v1/apps/{id}"), format!("/console/apps/{id}"));
        let above = app.tenant.client_id.clone();
        for path in [format!("/api/v1/apps/{above}/disable"), format!("/api/v1/apps/{id}/disable")] {
            let stopped = call(&app, &eve, Method::POST, &path, &json!({})).await;
            assert!(stopped.status.is_success(), "stopping is free: {}", stopped.body);
        }
        for scope in ["role_management:role_management", "user_management:user_management"] {
            let more = call(&app, &eve, Method::PATCH, &ours, &json!({"scopes": [scope]})).await;
            assert_eq!(more.status, StatusCode::FORBIDDEN, "{scope}: {}", more.body);
            let version = version(&app, &eve, &page).await;
            let more = app.form_as(&eve, &page, &[("version", &version), ("name", "Mine"), ("scope", scope)]).await;
            assert_eq!(more.status, StatusCode::FORBIDDEN, "{scope}: {}", more.body);
        }
        let on = call(&app, &eve, Method::POST, &format!("/api/v1/apps/{above}/enable"), &json!({})).await;
        assert_eq!(on.status, StatusCode::FORBIDDEN, "{}", on.body);
        let on = app.form_as(&eve, &format!("/console/apps/{above}/switch"), &[("to", "on")]).await;
        assert_eq!(on.status, StatusCode::FORBIDDEN, "{}", on.body);
        let on = app.form_as(&eve, &format!("{page}/switch"), &[("to", "on")]).await;
        assert_eq!(on.status, StatusCode::SEE_OTHER, "her own can do nothing: {}", on.body);
    }

    async fn who_comes_again_under_the_same_address_is_somebody_else(app: TestApp) {
        let (eve, _) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        app.group("Crew", &[&eve]).await;
        let old = app.sign_in("eve@acme.example").await;
        assert_eq!(app.get_as(&old, "/console/groups").await.status, StatusCode::OK);
        users::remove(&app.operator(), &[Key::Email("eve@acme.example".to_owned())]).await.expect("removed");
        let again = app.users(["eve@acme.example"]).await.remove(0);
        assert_ne!(again.id, eve.id);
        // Neither the old session nor the old password is hers, and she holds nothing of what the other held.
        assert_eq!(app.get_as(&old, "/console/groups").await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.get_as(&old, "/api/v1/groups").await.status, StatusCode::UNAUTHORIZED);
        let account = app.tenant.account.account_id.as_str();
        let fields = [("account", account), ("email", "eve@acme.example"), ("password", rolecall_testkit::PASSWORD)];
        assert_eq!(app.send(Request::form("/console/sign-in", &fields)).await.status, StatusCode::UNAUTHORIZED);
        app.forget_passwords();
        let new = app.sign_in("eve@acme.example").await;
        assert_eq!(app.get_as(&new, "/console/groups").await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.person(&again).await.person().expect("a person").powers, rolecall_model::authority::Powers::default());
    }
}
