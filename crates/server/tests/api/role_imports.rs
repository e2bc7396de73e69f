//! `/api/v1/role-imports`: a plan is shown, applied only as it was shown, and undone.

use axum::http::StatusCode;
use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

const LIST: &str = "/api/v1/role-imports";

async fn stored(app: &TestApp, roles: Value) -> String {
    let reply = app.post("/api/v1/files", roles).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.json()["fileId"].as_str().expect("an id").to_owned()
}

async fn planned(app: &TestApp, roles: Value, is_full: bool) -> (String, Value) {
    let file = stored(app, roles).await;
    let reply =
        app.post(&format!("{LIST}/plans"), json!({"roleType": "bot", "fileId": file, "fullImport": is_full})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let plan = reply.json();
    (plan["planId"].as_str().expect("an id").to_owned(), plan)
}

async fn apply(app: &TestApp, plan: &str) -> (StatusCode, Value) {
    let reply = app.post(&format!("{LIST}/plans/{plan}/apply"), json!({})).await;
    (reply.status, reply.json())
}

fn editor(tasks: &str) -> Value {
    json!([{"role": "Editor", "permissions": {"Tasks": [tasks], "Publish bot": ["YES"]}, "refId": "editor"}])
}

/// An account with the role Editor, which Ann holds on a bot.
async fn editors(app: &TestApp) {
    app.users(["ann@acme.example", "ben@acme.example"]).await;
    let (plan, _) = planned(app, editor("VIEW"), false).await;
    assert_eq!(apply(app, &plan).await.0, StatusCode::OK);
    give(app, "ann@acme.example").await;
}

async fn give(app: &TestApp, email: &str) {
    let bots = app.get("/api/public/bots").await.json();
    let bot = match bots["bots"][0]["_id"].as_str() {
        Some(bot) => bot.to_owned(),
        None => app.bot("Travel").await.id,
    };
    let roles = app.get("/api/public/roles?roleType=bot").await.json();
    let role = roles["roles"]
        .as_array()
        .expect("roles")
        .iter()
        .find(|role| role["role"] == "Editor")
        .expect("the role")["_id"]
        .clone();
    let wish = json!({"roleType": "bot", "add": [{"roleId": role, "botId": bot, "email": email}]});
    assert_eq!(app.post("/api/v1/assignments", wish).await.status, StatusCode::NO_CONTENT);
}

each_engine! {
    async fn a_plan_shows_what_an_import_then_does_and_its_undo_takes_back(app: TestApp) {
        editors(&app).await;
        let revision = app.revision().await;
        let (id, plan) = planned(&app, editor("FULL"), true).await;
        assert_eq!(app.revision().await, revision + 1, "a file was stored, and nothing else changed");
        let mut shown = plan.clone();
        shown.as_object_mut().expect("an object").remove("planId");
        insta::assert_snapshot!("plan", shown.to_string());
        assert_eq!(app.get(&format!("{LIST}/plans/{id}")).await.json(), plan);

        let (status, done) = apply(&app, &id).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        let import = done["importId"].as_str().expect("an id");
        let path = format!("{LIST}/{import}");
        let told = app.get(&path).await;
        insta::assert_snapshot!("import", told.body.replace(&app.tenant.client_id, "<app>"));
        let undone = app.post(&format!("{path}/undo"), json!({})).await;
        assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
        assert!(app.get(&path).await.json()["undoneAt"].is_string());
        assert_eq!(app.post(&format!("{path}/undo"), json!({})).await.status, StatusCode::CONFLICT);
        let export = app.get("/api/public/roles/export?roleType=bot").await.json();
        let editor = export.as_array().expect("roles").iter().find(|role| role["role"] == "Editor").expect("the role").clone();
        assert_eq!(editor["permissions"]["Tasks"], json!(["VIEW"]));
    }

    async fn a_plan_is_applied_only_as_it_was_shown(app: TestApp) {
        editors(&app).await;
        let (id, _) = planned(&app, editor("FULL"), false).await;

        // What the plan does not touch may change.
        app.users(["cat@acme.example"]).await;
        app.group("Staff", &[]).await;
        assert_eq!(app.get(&format!("{LIST}/plans/{id}")).await.json()["isCurrent"], true);

        // Who holds a role that changes may not: other people would gain than were shown.
        give(&app, "ben@acme.example").await;
        assert_eq!(app.get(&format!("{LIST}/plans/{id}")).await.json()["isCurrent"], false);
        let before = app.entries().await.len();
        let (status, problem) = apply(&app, &id).await;
        assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("/problems/moved")), "{problem}");
        assert_eq!(app.entries().await.len(), before, "something was done");

        // Nor may the role.
        let (id, _) = planned(&app, editor("FULL"), false).await;
        let (other, _) = planned(&app, editor("NO"), false).await;
        assert_eq!(apply(&app, &other).await.0, StatusCode::OK);
        assert_eq!(apply(&app, &id).await.0, StatusCode::CONFLICT);
        let (again, plan) = planned(&app, editor("NO"), false).await;
        assert_eq!(plan["changes"], 0);
        let (status, done) = apply(&app, &again).await;
        assert_eq!((status, done.get("importId")), (StatusCode::OK, None), "there was nothing to do");
    }

    async fn imports_are_listed_the_newest_first(app: TestApp) {
        editors(&app).await;
        for tasks in ["FULL", "NO", "VIEW"] {
            app.clock.advance_ms(1_000);
            let (id, _) = planned(&app, editor(tasks), false).await;
            assert_eq!(apply(&app, &id).await.0, StatusCode::OK);
        }
        let whole = app.get(LIST).await.json();
        let times: Vec<&str> = whole["imports"].as_array().expect("imports").iter().map(|import| import["at"].as_str().expect("a time")).collect();
        assert_eq!(times, ["2026-01-05T09:00:03.000Z", "2026-01-05T09:00:02.000Z", "2026-01-05T09:00:01.000Z", "2026-01-05T09:00:00.000Z"]);
        let (mut all, mut path) = (Vec::new(), format!("{LIST}?limit=1"));
        loop {
            let page = app.get(&path).await.json();
            all.extend(page["imports"].as_array().expect("imports").clone());
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            path = format!("{LIST}?limit=1&cursor={cursor}");
        }
        assert_eq!(Value::from(all), whole["imports"]);
    }

    async fn what_cannot_be_planned_is_told(app: TestApp) {
        editors(&app).await;
        let file = stored(&app, json!([{"role": "Editor", "permissions": {"Tasks": ["SOMETIMES"]}}])).await;
        for (name, body) in [
            ("nothing", json!({})),
            ("types", json!({"roleType": "guest", "fileId": 7, "fullImport": "no", "file": "x"})),
            ("no_file", json!({"roleType": "bot", "fileId": "1"})),
            ("bad_file", json!({"roleType": "bot", "fileId": file})),
        ] {
            insta::assert_snapshot!(name, app.post(&format!("{LIST}/plans"), body).await.shown());
        }
        for path in ["plans/rp-1", "plans/1", "1", "000000000000000000000000"] {
            assert_eq!(app.get(&format!("{LIST}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(apply(&app, "rp-1").await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.post(&format!("{LIST}/1/undo"), json!({})).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.get(&format!("{LIST}?cursor=AAAA")).await.status, StatusCode::BAD_REQUEST);
    }
}
