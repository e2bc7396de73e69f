//! Reverting an import: everything is what it was, or nothing is touched.

use axum::http::StatusCode;
use rolecall_control::{Error, role_import};
use rolecall_testkit::{Reply, TestApp, each_engine};
use serde_json::{Value, json};

use super::role_import::{BOT_ROLES, each, export, import, roles, state};

fn import_id(reply: &Reply) -> String {
    let id = reply.headers.get("x-import-id").expect("the import has an id");
    id.to_str().expect("an id is ASCII").to_owned()
}

/// Reverts an import as `rolecall roles revert` does; the id of the reversal.
async fn revert(app: &TestApp, import_id: &str) -> String {
    role_import::revert(&app.operator(), import_id).await.expect("nothing moved since")
}

/// Why the import cannot be reverted; it was not, then.
async fn not_reverted(app: &TestApp, import_id: &str) -> String {
    let before = state(app).await;
    let error = role_import::revert(&app.operator(), import_id).await.expect_err("something is in the way");
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert_eq!(state(app).await, before);
    error.to_string()
}

/// Who holds which roles, and the roles themselves: what a reversal must restore.
async fn picture(app: &TestApp) -> (Value, Value) {
    (export(app, "bot").await, app.get("/api/public/alluserroles").await.json()["users"].clone())
}

each_engine! {
    async fn a_reverted_import_has_changed_nothing(app: TestApp) {
        let people = app.users(["ann@acme.example", "ben@acme.example"]).await;
        app.group("Night shift", &[&people[1]]).await;
        let bots = [app.bot("Travel").await, app.bot("Bank").await];
        let ids = each(&import(&app, "bot", BOT_ROLES).await.json(), "_id");
        for (bot, role_id) in bots.iter().zip(&ids) {
            let to = json!([{"roleId": role_id, "botId": bot.id, "addUsers": ["ann@acme.example"], "addGroups": ["Night shift"]}]);
            assert_eq!(app.post("/api/public/btroles/assignments", to).await.status, StatusCode::OK);
        }
        let before = picture(&app).await;

        // One role is renamed to the other's name and regraded, the other goes, a third comes.
        let file = json!([
            {"role": "BT2", "refId": "0f0b9c52-6f0c-5d6e-8a41-4b2f60a1c001", "permissions": {"Tasks": ["NO"]}, "rDesc": "regraded"},
            {"role": "Fresh", "permissions": {"Tasks": ["FULL"]}},
        ]);
        let imported = import(&app, "bot&fullImport=true", file.to_string()).await;
        let after = picture(&app).await;
        assert_ne!(after, before);

        let reversal = revert(&app, &import_id(&imported)).await;
        assert_eq!(picture(&app).await, before);
        let entries = app.entries().await;
        let noted = entries.iter().rev().take(9).rev().map(|entry| format!("{}: {}", entry.event, entry.description));
        insta::assert_snapshot!("reversal_audited", noted.collect::<Vec<_>>().join("\n"));

        // A reversal is an import of its own kind and can be reverted too.
        revert(&app, &reversal).await;
        assert_eq!(picture(&app).await, after);
    }

    async fn an_import_is_reverted_once(app: TestApp) {
        let imported = import_id(&import(&app, "bot", BOT_ROLES).await);
        revert(&app, &imported).await;
        assert!(not_reverted(&app, &imported).await.contains("was reverted already, at 2026-01-05T09:00:00.000Z"));
    }

    async fn what_moved_on_since_is_not_overwritten(app: TestApp) {
        let first = import_id(&import(&app, "bot", roles(&[("A", "r1"), ("B", "r2")])).await);
        let second = import_id(&import(&app, "bot&fullImport=true", roles(&[("A", "r1"), ("C", "r3")])).await);
        assert!(not_reverted(&app, &first).await.contains("the role B ("));

        // The name of a role that went is taken by another.
        let third = import_id(&import(&app, "bot", roles(&[("b", "r4")])).await);
        assert!(not_reverted(&app, &second).await.contains("another role has taken the name or the refId of B ("));
        revert(&app, &third).await;
        revert(&app, &second).await;
        revert(&app, &first).await;
        assert_eq!(export(&app, "bot").await.as_array().map(Vec::len), Some(3), "only the built-in roles are left");
    }

    async fn who_left_since_does_not_come_back_with_a_role(app: TestApp) {
        app.users(["ann@acme.example", "ben@acme.example"]).await;
        let ids = each(&import(&app, "admin", r#"[{"role":"Clerk","permissions":{}}]"#).await.json(), "_id");
        let to = json!([{"roleId": ids[0], "addUsers": ["ann@acme.example", "ben@acme.example"]}]);
        assert_eq!(app.post("/api/public/adminroles/assignments", to).await.status, StatusCode::OK);
        let imported = import_id(&import(&app, "admin&fullImport=true", "[]").await);
        let gone = app.delete("/api/public/users", json!({"deleteEmailIds": ["ann@acme.example"]})).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);

        revert(&app, &imported).await;
        let users = app.get("/api/public/alluserroles").await.json();
        assert_eq!(each(&users["users"], "username"), ["owner@acme.example", "ben@acme.example"]);
        assert_eq!(users["users"][1]["adminRoles"][0]["roleName"], "Clerk");
    }

    async fn an_import_of_another_account_is_not_there(app: TestApp) {
        let imported = import_id(&import(&app, "bot", BOT_ROLES).await);
        let other = app.another_tenant().await;
        let ctx = rolecall_control::Ctx::new(&app.server.core, other.account.no, rolecall_model::audit::Actor::Operator, rolecall_store::Meter::default());
        for id in [imported.as_str(), "", "5bf132388c4f4e433d46783b"] {
            let error = role_import::revert(&ctx, id).await.expect_err("it is not there");
            assert!(error.to_string().contains("the account has no import with this id"), "{error}");
        }
    }
}
