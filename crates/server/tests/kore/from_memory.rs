//! Lists answered from the image of an account in memory: the same bytes as from the database.

use std::sync::Arc;

use axum::http::StatusCode;
use rolecall_control::{memberships, rosters::Rosters};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::json;

use super::assignments::role_id;

const LISTS: [&str; 15] = [
    "/api/public/roles?roleType=admin",
    "/api/public/roles?roleType=bot",
    "/api/public/roles?roleType=bot&limit=2",
    "/api/public/roles?roleType=bot&limit=2&offset=2",
    "/api/public/roles?roleType=bot&offset=70",
    "/api/public/alluserroles",
    "/api/public/alluserroles?limit=2",
    "/api/public/alluserroles?limit=2&offset=2",
    "/api/public/alluserroles?limit=1000&offset=1000",
    "/api/public/groups",
    "/api/public/groups?limit=1&offset=1",
    "/api/public/groups?offset=9",
    "/api/public/bots",
    "/api/public/bots?limit=1",
    "/api/public/bots?limit=1&offset=1",
];

/// The same server without images.
fn without_images(app: &TestApp) -> Arc<Server> {
    let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
    Arc::new(Server { rosters: Arc::new(Rosters::new(0)), ..server })
}

each_engine! {
    async fn what_comes_from_memory_is_what_comes_from_the_database(app: TestApp) {
        let mut app = app;
        let users = app.users(["ann@acme.example", "ben@acme.example", "cat@other.example"]).await;
        let staff = app.group("Staff \"all\"", &[&users[0]]).await;
        let audit = app.group("Audit", &[&users[0], &users[1]]).await;
        app.change(async |change| memberships::add_groups(change, &[(&audit, &staff)]).await).await;
        let named = json!({"userInfo": {"emailId": "ben@acme.example", "firstName": "B\"e\\n", "lastName": "\u{e9}\u{1f600}"}});
        let done = app.put("/api/public/users", json!({"users": [named]})).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let (travel, hotels) = (app.bot("Travel \\ \u{1f600}").await, app.bot("Hotels").await);
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let developer = role_id(&app, "bot", "Bot Developer").await;
        let admin = role_id(&app, "admin", "admin").await;
        let assignments = json!([
            {"roleId": tester, "botId": travel.id, "addUsers": ["ann@acme.example"], "addGroups": ["Audit"]},
            {"roleId": developer, "botId": hotels.id, "addGroups": ["Audit", "Staff \"all\""]},
            {"roleId": developer, "botId": travel.id, "addUsers": ["cat@other.example"]},
        ]);
        let done = app.post("/api/public/btroles/assignments", assignments).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let done = app
            .post("/api/public/adminroles/assignments", json!([{"roleId": admin, "addUsers": ["cat@other.example"]}]))
            .await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);

        let (core, account) = (Arc::clone(&app.server.core), app.tenant.account.no);
        app.server.rosters.load(&core, account).await;
        let with_images = Arc::clone(&app.server);
        let cursor = |list: &str| format!("{list}&cursor=");
        let mut paths: Vec<String> = LISTS.map(str::to_owned).into();
        for list in ["/api/public/roles?roleType=bot&limit=1", "/api/public/alluserroles?limit=2"] {
            let first = app.get(list).await.json();
            paths.push(cursor(list) + first["nextCursor"].as_str().expect("more is to come"));
        }
        for path in paths {
            assert!(with_images.rosters.fresh(&core, account).await.is_some(), "the image went");
            app.server = Arc::clone(&with_images);
            let from_memory = app.get(&path).await;
            app.server = without_images(&app);
            let from_the_database = app.get(&path).await;
            assert_eq!(from_memory.shown(), from_the_database.shown(), "{path}");
            assert_eq!(from_memory.headers["content-type"], from_the_database.headers["content-type"]);
            assert_eq!(from_memory.headers["etag"], from_the_database.headers["etag"]);
        }
    }
}
