//! `/access/v1`, over HTTP: OpenID `AuthZEN` 1.0.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod agreement;
mod certification;
mod discovery;
mod pages;
mod requests;

use std::collections::HashMap;

use axum::http::StatusCode;
use rolecall_model::{bot::Bot, user::User};
use rolecall_testkit::TestApp;
use serde_json::{Value, json};

/// Imports roles of one type; the ids of all there are then, by name.
async fn roles(app: &TestApp, role_type: &str, roles: &[(&str, Value)]) -> HashMap<String, String> {
    let file: Vec<Value> = roles
        .iter()
        .map(|(name, permissions)| {
            json!({"roleType": role_type, "role": name, "rDesc": "", "permissions": permissions, "refId": format!("ref {name}")})
        })
        .collect();
    let file = app.upload(Value::from(file).to_string().as_bytes()).await;
    let import = format!("/api/public/roles/import?roleType={role_type}&fullImport=false");
    let reply = app.post(&import, json!({"fileId": file})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let list = app.get(&format!("/api/public/roles?roleType={role_type}")).await.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = list["roles"].as_array().expect("roles").iter();
    list.map(|role| (text(&role["role"]), text(&role["_id"]))).collect()
}

/// Makes one change of assignments; `bot` is none for roles on the account.
async fn assign(app: &TestApp, role_id: &str, bot: Option<&Bot>, list: &str, name: &str) {
    let (path, body) = match bot {
        Some(bot) => ("/api/public/btroles/assignments", json!([{"roleId": role_id, "botId": bot.id, list: [name]}])),
        None => ("/api/public/adminroles/assignments", json!([{"roleId": role_id, list: [name]}])),
    };
    let reply = app.post(path, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// What a call of `/access/v1` answers to `body`; it must be a success.
async fn ask(app: &TestApp, call: &str, body: Value) -> Value {
    let reply = app.post(&format!("/access/v1/{call}"), body).await;
    assert_eq!(reply.status, StatusCode::OK, "{call}: {}", reply.body);
    assert_eq!(reply.headers["content-type"], "application/json", "{call}");
    reply.json()
}

/// A user, as requests name it.
fn subject(user: &User) -> Value {
    json!({"type": "user", "id": user.id})
}

/// A bot, as requests name it.
fn resource(bot: &Bot) -> Value {
    json!({"type": "bot", "id": bot.id})
}
