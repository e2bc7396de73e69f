use std::{collections::BTreeSet, sync::Arc};

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const BOT_ROLES: &str = "/api/public/btroles/assignments";
const ADMIN_ROLES: &str = "/api/public/adminroles/assignments";

/// The id of the role of that type and name.
pub(crate) async fn role_id(app: &TestApp, role_type: &str, name: &str) -> String {
    let list = app.get(&format!("/api/public/roles?roleType={role_type}")).await.json();
    let roles = list["roles"].as_array().expect("roles").iter();
    let role = roles.clone().find(|role| role["role"] == name).expect("a role of that name");
    role["_id"].as_str().expect("an id").to_owned()
}

/// What is noted of assignments: event and description of each entry after the first `n`.
async fn noted_after(app: &TestApp, n: usize) -> Vec<String> {
    let entries = app.entries().await;
    entries.iter().skip(n).map(|entry| format!("{}: {}", entry.event, entry.description)).collect()
}

/// Message and place of each error.
fn told(body: &Value) -> Vec<String> {
    let errors = body["errors"].as_array().expect("errors").iter();
    errors
        .map(|error| format!("{} {}", error["path"].as_str().unwrap_or(""), error["msg"].as_str().unwrap_or("")))
        .collect()
}

each_engine! {
    async fn each_element_is_answered_in_the_vendors_words_on_every_path(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let admin = role_id(&app, "admin", "admin").await;
        let of_bot = json!({"roleId": tester, "botId": bot.id, "addUsers": ["ann@acme.example"], "removeUsers": [""],
            "addGroups": [""], "removeGroups": [""]});
        let of_admin = json!({"roleId": admin, "addUsers": ["ann@acme.example"], "removeUsers": [], "addGroups": []});

        for path in [BOT_ROLES, "/api/public/btroles/assignments/", "/api/1.1/public//btroles/assignments"] {
            assert_eq!(app.post(path, json!([of_bot])).await.shown(), "200\n[{\"status\":\"success \"}]", "{path}");
        }
        let twice = app.post(BOT_ROLES, json!([of_bot, of_bot])).await.shown();
        assert_eq!(twice, "200\n[{\"status\":\"success \"},{\"status\":\"success \"}]");
        for path in [ADMIN_ROLES, "/api/public/adminroles/assignments/"] {
            let reply = app.post(path, json!([of_admin])).await.shown();
            assert_eq!(reply, format!("200\n[{{\"status\":\"success\",\"roleId\":\"{admin}\"}}]"), "{path}");
        }
        for path in [BOT_ROLES, ADMIN_ROLES] {
            assert_eq!(app.post(path, json!([])).await.shown(), "200\n[]", "{path}");
        }
    }

    async fn each_assignment_that_changed_is_noted_once(app: TestApp) {
        app.users(["ann@acme.example", "ben@acme.example", "cat@acme.example"]).await;
        app.group("Staff", &[]).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let admin = role_id(&app, "admin", "admin").await;
        let n = app.entries().await.len();

        let given = json!([{"roleId": tester, "botId": bot.id, "addUsers": ["ANN@acme.example", "ann@acme.example"],
            "addOrgUserIds": ["emp-ben"], "addGroups": ["staff"]}]);
        assert_eq!(app.post(BOT_ROLES, given).await.status, StatusCode::OK);
        let given = json!([{"roleId": admin, "addUsers": ["cat@acme.example"]}]);
        assert_eq!(app.post(ADMIN_ROLES, given).await.status, StatusCode::OK);
        let taken = json!([{"roleId": tester, "botId": bot.id, "removeUsers": ["ben@acme.example"],
            "removeOrgUserIds": ["emp-ann"], "removeGroups": ["STAFF"]}]);
        assert_eq!(app.post(BOT_ROLES, taken).await.status, StatusCode::OK);
        let taken = json!([{"roleId": admin, "removeUsers": ["cat@acme.example"]}]);
        assert_eq!(app.post(ADMIN_ROLES, taken).await.status, StatusCode::OK);

        let entries = app.entries().await;
        let shown: Vec<String> = entries.iter().skip(n).map(|entry| {
            format!("{} {}: {}; {} -> {}", entry.actor, entry.event, entry.description, entry.before, entry.after)
        }).collect();
        insta::assert_snapshot!("assignments_noted", shown.join("\n"));
    }

    async fn doing_what_is_done_already_leaves_no_trace(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        app.group("Staff", &[]).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let body = json!([{"roleId": tester, "botId": bot.id, "addUsers": ["ann@acme.example"], "addGroups": ["Staff"]}]);
        assert_eq!(app.post(BOT_ROLES, body.clone()).await.status, StatusCode::OK);
        let before = (app.revision().await, app.entries().await.len());

        assert_eq!(app.post(BOT_ROLES, body).await.status, StatusCode::OK);
        let developer = role_id(&app, "bot", "Bot Developer").await;
        let body = json!([{"roleId": developer, "botId": bot.id, "removeUsers": ["ann@acme.example"], "removeGroups": ["Staff"]},
            {"roleId": developer, "botId": bot.id, "addUsers": ["", " "], "removeUsers": null}]);
        assert_eq!(app.post(BOT_ROLES, body).await.status, StatusCode::OK);
        assert_eq!((app.revision().await, app.entries().await.len()), before);
    }

    async fn all_that_is_unknown_is_told_with_its_place_and_nothing_is_done(app: TestApp) {
        let other = app.another_tenant().await;
        app.users(["ann@acme.example"]).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let admin = role_id(&app, "admin", "admin").await;
        let before = (app.revision().await, app.entries().await.len());

        let body = json!([
            {"roleId": tester, "botId": bot.id, "addUsers": ["ann@acme.example", other.account.owner_email]},
            {"roleId": "None", "botId": bot.id, "addOrgUserIds": ["", "emp-ann", "EMP-ANN"]},
            {"roleId": admin, "botId": "st-0", "removeUsers": ["ann"], "removeOrgUserIds": ["emp-0"],
             "addGroups": ["Staff"], "removeGroups": ["", "Staff"]},
        ]);
        let reply = app.post(BOT_ROLES, body).await;
        insta::assert_snapshot!("assignments_unknown", reply.shown());
        let reply = app.post(ADMIN_ROLES, json!([{"roleId": tester, "addUsers": ["ann@acme.example"]}])).await;
        assert_eq!(told(&reply.json()), ["/0/roleId Invalid role id"]);
        assert_eq!((app.revision().await, app.entries().await.len()), before);
    }

    async fn nothing_of_another_account_is_known_here(app: TestApp) {
        let bot = app.bot("Travel").await;
        app.users(["ann@acme.example"]).await;
        app.group("Staff", &[]).await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let other = app.another_tenant().await;
        let body = json!([{"roleId": tester, "botId": bot.id, "addUsers": ["ann@acme.example"],
            "addOrgUserIds": ["emp-ann"], "addGroups": ["Staff"]}]);
        let reply = app.send(Request::new(Method::POST, BOT_ROLES).token(&other.token).json(&body)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(told(&reply.json()), [
            "/0/roleId Invalid role id",
            "/0/botId Invalid StreamId",
            "/0/addUsers/0 One or more entered users not found",
            "/0/addOrgUserIds/0 One or more entered users not found",
            "/0/addGroups/0 One or more entered groups not found",
        ]);
    }

    async fn adding_and_removing_the_same_is_refused_however_it_is_named(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        app.group("Staff", &[]).await;
        let (bot, another) = (app.bot("Travel").await, app.bot("Hotels").await);
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let of = |lists: Value| {
            let mut element = json!({"roleId": tester, "botId": bot.id});
            element.as_object_mut().expect("an object").extend(lists.as_object().expect("lists").clone());
            element
        };
        let before = (app.revision().await, app.entries().await.len());
        for (body, place) in [
            (json!([of(json!({"addUsers": ["ann@acme.example"], "removeUsers": ["Ann@Acme.example"]}))]), "/0/removeUsers/0"),
            (json!([of(json!({"addUsers": ["ann@acme.example"], "removeOrgUserIds": ["", "emp-ann"]}))]), "/0/removeOrgUserIds/1"),
            (json!([of(json!({"removeOrgUserIds": ["emp-ann"]})), of(json!({"addUsers": ["ann@acme.example"]}))]), "/1/addUsers/0"),
            (json!([of(json!({"addGroups": ["Staff"]})), of(json!({"removeGroups": [" STAFF "]}))]), "/1/removeGroups/0"),
        ] {
            let reply = app.post(BOT_ROLES, body).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            assert_eq!(told(&reply.json()), [format!("{place} Conflicting add and remove")]);
        }
        assert_eq!((app.revision().await, app.entries().await.len()), before);

        let elsewhere = json!({"roleId": tester, "botId": another.id, "removeUsers": ["ann@acme.example"]});
        let reply = app.post(BOT_ROLES, json!([of(json!({"addUsers": ["ann@acme.example"]})), elsewhere])).await;
        assert_eq!(reply.status, StatusCode::OK, "another bot is another assignment: {}", reply.body);
    }

    async fn roles_that_follow_something_else_cannot_be_assigned_or_removed(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        app.group("Staff", &[]).await;
        let bot = app.bot("Travel").await;
        let owner = role_id(&app, "bot", "Bot Owner").await;
        let admin = role_id(&app, "admin", "admin").await;
        let account_owner = app.tenant.account.owner_email.clone();
        let before = (app.revision().await, app.entries().await.len());

        let body = json!([{"roleId": owner, "botId": bot.id, "addUsers": ["ann@acme.example"]},
            {"roleId": owner, "botId": bot.id, "removeUsers": [account_owner]}]);
        insta::assert_snapshot!("assignments_of_bot_owner", app.post(BOT_ROLES, body).await.shown());
        let body = json!([{"roleId": admin, "addGroups": ["Staff"], "addUsers": ["ann@acme.example"]},
            {"roleId": admin, "removeUsers": [account_owner]}]);
        insta::assert_snapshot!("assignments_of_master_admin", app.post(ADMIN_ROLES, body).await.shown());
        assert_eq!((app.revision().await, app.entries().await.len()), before);

        let harmless = json!([{"roleId": admin, "removeGroups": ["Staff"], "addUsers": [account_owner]}]);
        assert_eq!(app.post(ADMIN_ROLES, harmless).await.status, StatusCode::OK);
        assert_eq!((app.revision().await, app.entries().await.len()), before);
    }

    async fn a_body_of_the_wrong_form_is_told_place_by_place(app: TestApp) {
        let body = json!([1, {"roleId": " ", "addUsers": "ann@acme.example"}, {"botId": 7, "addGroups": ["Staff", 8, {}]}]);
        insta::assert_snapshot!("assignments_malformed", app.post(BOT_ROLES, body).await.shown());
        for body in [json!({}), json!(null), json!("[]")] {
            let reply = app.post(ADMIN_ROLES, body).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{}", reply.body);
        }
    }

    async fn no_more_than_the_first_hundred_faults_are_told(app: TestApp) {
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let unknown: Vec<String> = (0..1_000).map(|nth| format!("{nth}@acme.example")).collect();
        let reply = app.post(BOT_ROLES, json!([{"roleId": tester, "botId": bot.id, "addUsers": unknown}])).await;
        let told = told(&reply.json());
        assert_eq!(told.len(), 100);
        assert_eq!(told[99], "/0/addUsers/99 One or more entered users not found");
    }

    async fn a_call_over_the_limits_is_refused(app: TestApp) {
        let admin = role_id(&app, "admin", "admin").await;
        let elements = vec![json!({"roleId": admin}); 1_001];
        let reply = app.post(ADMIN_ROLES, json!(elements)).await;
        assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{}", reply.body);
        assert_eq!(app.post(ADMIN_ROLES, json!(elements[..1_000])).await.status, StatusCode::OK);

        let users = vec!["a"; 100_001];
        let reply = app.post(ADMIN_ROLES, json!([{"roleId": admin, "addUsers": users}])).await;
        assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{}", reply.body);
        let at_most = app.post(ADMIN_ROLES, json!([{"roleId": admin, "addUsers": users[..100_000]}])).await;
        assert_eq!(at_most.status, StatusCode::BAD_REQUEST, "{}", at_most.body);
    }

    async fn ten_thousand_users_gain_and_lose_a_role_in_one_call_each(app: TestApp) {
        const N: usize = 10_000;
        let emails: Vec<String> = (0..N).map(|nth| format!("user-{nth}@acme.example")).collect();
        let users = app.users(emails.clone()).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let n = app.entries().await.len();
        // A call that came before, so that some of them hold the role already.
        let some = json!([{"roleId": tester, "botId": bot.id, "addUsers": emails[..100]}]);
        assert_eq!(app.post(BOT_ROLES, some).await.status, StatusCode::OK);

        let reply = app.post(BOT_ROLES, json!([{"roleId": tester, "botId": bot.id, "addUsers": emails}])).await;
        assert_eq!(reply.shown(), "200\n[{\"status\":\"success \"}]");
        let entries = app.entries().await;
        let targets: BTreeSet<&str> = entries[n..].iter().map(|entry| entry.target.as_str()).collect();
        assert_eq!((entries.len() - n, targets.len()), (N, N), "one entry for each, none twice");
        let last = app.get("/api/public/alluserroles?limit=1&offset=10000").await.json();
        assert_eq!(last["users"][0]["userId"], users[N - 1].id);
        assert_eq!(last["users"][0]["btRoles"][0]["roleId"], tester);

        let ids: Vec<&str> = users.iter().map(|user| user.org_user_id.as_str()).collect();
        let reply = app.post(BOT_ROLES, json!([{"roleId": tester, "botId": bot.id, "removeOrgUserIds": ids}])).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(app.entries().await.len() - n, 2 * N);
        let last = app.get("/api/public/alluserroles?limit=1&offset=10000").await.json();
        assert_eq!(last["users"][0]["btRoles"], json!([]));
    }

    async fn calls_at_the_same_time_add_each_assignment_exactly_once(app: TestApp) {
        let emails: Vec<String> = (0..40).map(|nth| format!("user-{nth}@acme.example")).collect();
        app.users(emails.clone()).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let n = app.entries().await.len();
        let app = Arc::new(app);
        let mut calls = JoinSet::new();
        for task in 0..8 {
            // Each overlaps with its neighbours, and each comes in another order.
            let mut mine: Vec<String> = emails.iter().cycle().skip(task * 5).take(20).cloned().collect();
            mine.rotate_left(task);
            let body = json!([{"roleId": tester, "botId": bot.id, "addUsers": mine}]);
            let app = Arc::clone(&app);
            calls.spawn(async move { app.post(BOT_ROLES, body).await.shown() });
        }
        for shown in calls.join_all().await {
            assert_eq!(shown, "200\n[{\"status\":\"success \"}]");
        }
        let noted = noted_after(&app, n).await;
        let distinct: BTreeSet<&String> = noted.iter().collect();
        assert_eq!((noted.len(), distinct.len()), (40, 40), "{noted:#?}");
        let list = app.get("/api/public/alluserroles?limit=100").await.json();
        let holders = list["users"].as_array().expect("users").iter();
        assert_eq!(holders.filter(|user| user["btRoles"][0]["roleId"] == tester.as_str()).count(), 40);
    }
}
