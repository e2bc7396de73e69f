//! `/api/v1/apps`: client apps, their scopes and their secrets.

use axum::http::{Method, StatusCode};
use rolecall_model::app::Algorithm;
use rolecall_server::auth::key::sign_with_secret;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const LIST: &str = "/api/v1/apps";

fn wish() -> Value {
    json!({"name": "Nightly sync", "scopes": ["role_management:role_management"]})
}

async fn register(app: &TestApp, wish: Value) -> (String, String) {
    let reply = app.post(LIST, wish).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let told = reply.json();
    let text = |key: &str| told[key].as_str().expect(key).to_owned();
    assert_eq!(reply.headers["location"], format!("{LIST}/{}", text("clientId")));
    (text("clientId"), text("clientSecret"))
}

fn token(id: &str, secret: &str) -> String {
    sign_with_secret(Algorithm::Hs256, secret.as_bytes(), &json!({"appId": id})).expect("HS256 signs")
}

async fn roles_with(app: &TestApp, token: &str) -> StatusCode {
    app.send(Request::new(Method::GET, "/api/public/roles?roleType=bot").token(token)).await.status
}

async fn patch(app: &TestApp, id: &str, tag: Option<&str>, body: &Value) -> Reply {
    let request = Request::new(Method::PATCH, &format!("{LIST}/{id}")).token(&app.tenant.token).json(body);
    app.send(match tag {
        Some(tag) => request.header("if-match", tag),
        None => request,
    })
    .await
}

each_engine! {
    async fn an_app_is_registered_and_its_secret_is_told_once(app: TestApp) {
        let made = app.post(LIST, json!({"name": "Nightly sync", "scopes": ["role_management:role_management", "role_management:role_management"],
            "jtiClaimEnforced": false, "expiresAt": "2026-04-01"})).await;
        insta::assert_snapshot!("made", made.shown());
        let (id, secret) = (made.json()["clientId"].as_str().expect("an id").to_owned(), made.json()["clientSecret"].as_str().expect("a secret").to_owned());
        assert_eq!(roles_with(&app, &token(&id, &secret)).await, StatusCode::OK);
        let got = app.get(&format!("{LIST}/{id}")).await;
        assert!(got.headers.contains_key("etag"));
        assert!(!got.body.contains(&secret) && !app.get(LIST).await.body.contains(&secret));
        insta::assert_snapshot!("got", got.shown());
        assert_eq!(app.get(&format!("{LIST}/cs-1")).await.status, StatusCode::NOT_FOUND);
        assert!(!app.entries().await.iter().any(|entry| format!("{entry:?}").contains(&secret)), "the log has the secret");
    }

    async fn the_same_call_sent_again_tells_the_same_secret(app: TestApp) {
        let send = async || {
            let request = Request::new(Method::POST, LIST).token(&app.tenant.token).header("idempotency-key", "k1");
            app.send(request.json(&wish())).await
        };
        let (first, again) = (send().await, send().await);
        assert_eq!(first.shown(), again.shown());
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let apps = app.get(LIST).await.json()["apps"].as_array().expect("apps").len();
        assert_eq!(apps, 2, "it was registered once, beside the test's own");
    }

    async fn what_cannot_be_registered_is_told_by_its_place(app: TestApp) {
        for (name, wish) in [
            ("nothing", json!({})),
            ("types", json!({"name": "", "kind": "guest", "algorithm": "none", "scopes": ["roles", 7], "jtiClaimEnforced": "no", "expiresAt": 7, "bots": ["a b"], "secret": "x"})),
            ("key_for_a_secret", json!({"name": "a", "scopes": [], "publicKey": "x"})),
            ("no_key", json!({"name": "a", "scopes": [], "algorithm": "RS256"})),
            ("bad_key", json!({"name": "a", "scopes": [], "algorithm": "EdDSA", "publicKey": "x"})),
        ] {
            insta::assert_snapshot!(name, app.post(LIST, wish).await.shown());
        }
    }

    async fn an_app_is_changed_by_who_has_seen_it_as_it_is(app: TestApp) {
        let (id, secret) = register(&app, wish()).await;
        let seen = app.get(&format!("{LIST}/{id}")).await;
        let tag = seen.headers["etag"].to_str().expect("a tag").to_owned();
        let edit = json!({"name": "Renamed", "scopes": ["logs:admin_console_audit_logs"], "expiresAt": "2026-02-01T00:00:00Z"});
        assert_eq!(patch(&app, &id, None, &edit).await.status, StatusCode::PRECONDITION_REQUIRED);
        let changed = patch(&app, &id, Some(&tag), &edit).await;
        insta::assert_snapshot!("changed", changed.shown());
        assert_eq!(roles_with(&app, &token(&id, &secret)).await, StatusCode::UNAUTHORIZED, "it has not the scope any more");
        assert_eq!(patch(&app, &id, Some(&tag), &edit).await.status, StatusCode::PRECONDITION_FAILED);
        let revision = app.revision().await;
        assert_eq!(patch(&app, &id, Some("*"), &edit).await.status, StatusCode::OK);
        assert_eq!(app.revision().await, revision, "nothing was left to change");
        let forever = patch(&app, &id, Some("*"), &json!({"expiresAt": null})).await.json();
        assert!(forever.get("expiresAt").is_none(), "{forever}");
        insta::assert_snapshot!("bad_edit", patch(&app, &id, Some("*"), &json!({"name": "\n", "scopes": {}, "kind": "builder"})).await.shown());
        let events: Vec<String> = app.entries().await.iter().rev().take(2).map(|entry| entry.event.clone()).collect();
        assert_eq!(events, ["App Modified", "App Modified"]);
        assert_eq!(patch(&app, &id, Some("*"), &json!({"scopes": []})).await.status, StatusCode::OK);
        assert_eq!(app.entries().await.last().expect("an entry").event, "App Scopes Deleted");
    }

    async fn a_secret_is_replaced_and_the_old_one_counts_a_while(app: TestApp) {
        let (id, old) = register(&app, wish()).await;
        let rotated = app.post(&format!("{LIST}/{id}/rotate"), json!({"overlapSeconds": 60})).await;
        let new = rotated.json()["clientSecret"].as_str().expect("a secret").to_owned();
        assert_eq!(rotated.json()["previousSecretUntil"], "2026-01-05T09:01:00.000Z");
        for secret in [&old, &new] {
            assert_eq!(roles_with(&app, &token(&id, secret)).await, StatusCode::OK);
        }
        assert_eq!(app.get(&format!("{LIST}/{id}")).await.json()["previousSecretUntil"], "2026-01-05T09:01:00.000Z");
        app.clock.advance_ms(60_000);
        assert_eq!(roles_with(&app, &token(&id, &old)).await, StatusCode::UNAUTHORIZED);
        assert_eq!(roles_with(&app, &token(&id, &new)).await, StatusCode::OK);
        assert!(app.get(&format!("{LIST}/{id}")).await.json().get("previousSecretUntil").is_none());
        for bad in [json!({"overlapSeconds": -1}), json!({"overlapSeconds": 2_592_001}), json!({"overlap": 1})] {
            assert_eq!(app.post(&format!("{LIST}/{id}/rotate"), bad).await.status, StatusCode::BAD_REQUEST);
        }
        assert_eq!(app.post(&format!("{LIST}/cs-1/rotate"), json!({})).await.status, StatusCode::NOT_FOUND);
    }

    async fn an_app_is_switched_off_and_on_and_removed(app: TestApp) {
        let (id, secret) = register(&app, wish()).await;
        let token = token(&id, &secret);
        assert_eq!(roles_with(&app, &token).await, StatusCode::OK);
        assert_eq!(app.post(&format!("{LIST}/{id}/disable"), json!({})).await.json()["isEnabled"], false);
        assert_eq!(roles_with(&app, &token).await, StatusCode::UNAUTHORIZED);
        assert_eq!(app.post(&format!("{LIST}/{id}/enable"), json!({})).await.json()["isEnabled"], true);
        assert_eq!(roles_with(&app, &token).await, StatusCode::OK);
        let remove = async |tag: Option<&str>| {
            let request = Request::new(Method::DELETE, &format!("{LIST}/{id}")).token(&app.tenant.token);
            app.send(match tag { Some(tag) => request.header("if-match", tag), None => request }).await.status
        };
        assert_eq!(remove(None).await, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(remove(Some("\"x\"")).await, StatusCode::PRECONDITION_FAILED);
        assert_eq!(remove(Some("*")).await, StatusCode::NO_CONTENT);
        assert_eq!(remove(Some("*")).await, StatusCode::NOT_FOUND);
        assert_eq!(roles_with(&app, &token).await, StatusCode::UNAUTHORIZED);
    }

    async fn when_an_app_called_last_is_kept_and_written_once_a_minute(app: TestApp) {
        let (id, secret) = register(&app, wish()).await;
        let (core, token) = (&app.server.core, token(&id, &secret));
        let shown = async || app.get(&format!("{LIST}/{id}")).await.json()["lastUsedAt"].clone();
        app.server.uses.write(core).await.expect("it is written");
        assert_eq!(shown().await, Value::Null);

        assert_eq!(roles_with(&app, &token).await, StatusCode::OK);
        assert_eq!(shown().await, Value::Null, "no call waits for this to be written");
        let revision = app.revision().await;
        app.server.uses.write(core).await.expect("it is written");
        assert_eq!(shown().await, "2026-01-05T09:00:00.000Z");
        assert_eq!(app.revision().await, revision, "it is no change of the account");

        app.clock.advance_ms(30_000);
        assert_eq!(roles_with(&app, &token).await, StatusCode::OK);
        app.server.uses.write(core).await.expect("it is not due");
        assert_eq!(shown().await, "2026-01-05T09:00:00.000Z", "it was written less than a minute ago");
        app.clock.advance_ms(30_000);
        app.server.uses.write(core).await.expect("it is written");
        assert_eq!(shown().await, "2026-01-05T09:00:30.000Z");

        app.clock.advance_ms(10_000);
        assert_eq!(roles_with(&app, &token).await, StatusCode::OK);
        app.server.uses.write_all(core).await.expect("it is written");
        assert_eq!(shown().await, "2026-01-05T09:01:10.000Z", "a server that ends writes all it knows");
        let listed = app.get(LIST).await.json();
        assert_eq!(listed["apps"].as_array().expect("apps").iter().filter(|app| app["lastUsedAt"].is_string()).count(), 2);
    }
}
