use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

const DONE: &str = "200\n[\"SUCCESS\"]";

fn body(emails: &[&str], can_create_bot: bool, is_developer: bool) -> Value {
    json!({"emailIds": emails, "canCreateBot": can_create_bot, "isDeveloper": is_developer, "includeMeta": false})
}

/// Whether the user may enter the builder, and whether it may create bots.
async fn access(app: &TestApp, email: &str) -> (bool, bool) {
    let info = app.post("/api/public/usersInfo", json!({"emailIds": [email]})).await.json();
    (info[0]["isDeveloper"] == true, info[0]["canCreateBot"] == true)
}

each_engine! {
    async fn access_is_set_for_all_of_them(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example", "cid@acme.example"]).await;
        let n_entries = app.entries().await.len();
        let emails = ["ann@acme.example", "BOB@acme.example", ""];
        assert_eq!(app.post("/api/public/useraccess", body(&emails, false, true)).await.shown(), DONE);
        assert_eq!(access(&app, "ann@acme.example").await, (true, false));
        assert_eq!(access(&app, "bob@acme.example").await, (true, false));
        assert_eq!(access(&app, "cid@acme.example").await, (true, true));
        let entries = app.entries().await;
        let entries = entries[n_entries..].iter().map(|entry| format!("{}: {} -> {}", entry.description, entry.before, entry.after));
        insta::assert_snapshot!("access_is_set", entries.collect::<Vec<_>>().join("\n"));

        let revision = app.revision().await;
        assert_eq!(app.post("/api/public/useraccess", body(&emails, false, true)).await.shown(), DONE);
        assert_eq!(app.revision().await, revision, "the second time there is nothing to do");
    }

    async fn access_is_set_by_organisation_ids_and_with_tables_too(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let body = json!({"orgUserIds": ["emp-ann"], "canCreateBot": false, "isDeveloper": false, "hasDataTableAndViewAccess": true});
        assert_eq!(app.post("/api/public/useraccess", body).await.shown(), DONE);
        assert_eq!(access(&app, "ann@acme.example").await, (false, false));
        let last = app.entries().await.pop().expect("an entry");
        assert!(last.after.contains("\"hasDataTableAndViewAccess\":true"), "{}", last.after);
    }

    async fn who_creates_bots_must_be_a_developer(app: TestApp) {
        let reply = app.post("/api/public/useraccess", body(&["owner@acme.example"], true, false)).await;
        insta::assert_snapshot!("creators_must_develop", reply.shown());
        assert_eq!(access(&app, "owner@acme.example").await, (true, true));
    }

    async fn somebody_must_be_named(app: TestApp) {
        for emails in [&[][..], &["", " "]] {
            let reply = app.post("/api/public/useraccess", body(emails, false, true)).await;
            insta::assert_snapshot!("nobody_named", reply.shown());
        }
    }

    async fn somebody_unknown_keeps_everybody_as_they_are(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let other = app.another_tenant().await;
        let emails = ["ann@acme.example", "nobody@acme.example", &other.account.owner_email, "12335"];
        let reply = app.post("/api/public/useraccess", body(&emails, false, true)).await;
        insta::assert_snapshot!("somebody_unknown", reply.shown());
        assert_eq!(access(&app, "ann@acme.example").await, (true, true));
    }

    async fn a_body_of_the_wrong_form_is_told_place_by_place(app: TestApp) {
        let reply = app.post("/api/public/useraccess", json!({"isDeveloper": "yes"})).await;
        assert_eq!(reply.status, 412);
        let errors = reply.json();
        let paths: Vec<_> = errors["errors"].as_array().expect("errors").iter().map(|error| &error["path"]).collect();
        assert_eq!(paths, ["/emailIds", "/isDeveloper", "/canCreateBot"]);
    }
}
