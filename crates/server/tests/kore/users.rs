use axum::http::Method;
use rolecall_control::{
    bots::{self, NewBot},
    users::MAX_USERS,
};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

/// The id of the role called `name`.
async fn role(app: &TestApp, role_type: &str, name: &str) -> String {
    let page = app.get(&format!("/api/public/roles?roleType={role_type}")).await.json();
    let roles = page["roles"].as_array().expect("roles");
    let role = roles.iter().find(|role| role["role"] == name).expect("the role is there");
    role["_id"].as_str().expect("an id").to_owned()
}

/// What is known of the user with that address.
async fn info(app: &TestApp, email: &str) -> Value {
    app.post("/api/public/usersInfo", json!({"emailIds": [email]})).await.json()[0].take()
}

fn user(email: &str) -> Value {
    json!({"userInfo": {"emailId": email}})
}

/// How many keys called `name` there are, however deep.
fn count(value: &Value, name: &str) -> usize {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| usize::from(key == name) + count(value, name)).sum(),
        Value::Array(list) => list.iter().map(|value| count(value, name)).sum(),
        _ => 0,
    }
}

const CREATED: &str = "200\n{\"msg\":\"Users are created Successfully\"}";
const UPDATED: &str = "200\n{\"msg\":\"Users are updated Successfully\"}";
const REMOVED: &str = "200\n{\"msg\":\"Users are removed Successfully\"}";

each_engine! {
    async fn a_user_is_made_with_groups_roles_and_tasks(app: TestApp) {
        let (group, bot) = (app.group("Audit", &[]).await, app.bot("Travel").await);
        let (admin, tester) = (role(&app, "admin", "admin").await, role(&app, "bot", "Bot Tester").await);
        let n_entries = app.entries().await.len();
        let body = json!({
            "users": [{
                "userInfo": {
                    "emailId": "Ann@acme.example", "orgUserId": "o-7", "firstName": "Ann", "lastName": "Ant",
                    "dept": "Sales", "city": "서울",
                },
                "groups": [group.id, ""],
                "roles": [{"roleId": tester, "botId": bot.id}, {"roleId": admin}, {"roleId": "", "botId": ""}],
                "assignBotTasks": [{"streamId": bot.id, "dialogs": ["dg-1"]}],
                "canCreateBot": false,
                "isDeveloper": true,
                "sendEmail": false,
            }],
            "sendEmail": true,
            "isAppUser": false,
        });
        assert_eq!(app.post("/api/public/users", body).await.shown(), CREATED);
        insta::assert_snapshot!("a_made_user", info(&app, "ann@ACME.example").await);
        let entries = app.entries().await;
        let entries = entries[n_entries..].iter().map(|entry| format!("{}: {}", entry.event, entry.after));
        insta::assert_snapshot!("a_made_user_entries", entries.collect::<Vec<_>>().join("\n"));
    }

    async fn an_address_that_is_none_fails_inside_a_200(app: TestApp) {
        let reply = app.post("/api/public/users", json!({"users": [user("12335")]})).await;
        insta::assert_snapshot!("an_address_that_is_none", reply.shown());
        let body = reply.json();
        assert_eq!((count(&body, "reason"), count(&body, "status"), count(&body, "emailId")), (1, 1, 1));
    }

    async fn one_that_fails_does_not_keep_the_others_from_being_made(app: TestApp) {
        app.users(["taken@acme.example"]).await;
        let (group, bot) = (app.group("Audit", &[]).await, app.bot("Travel").await);
        let (admin, owner) = (role(&app, "admin", "admin").await, role(&app, "bot", "Bot Owner").await);
        let wrong = |n: usize, key: &str, value: Value| {
            let mut wrong = user(&format!("wrong{n}@acme.example"));
            wrong["groups"] = json!([group.id]);
            wrong[key] = value;
            wrong
        };
        let nobody = "e-00000000-0000-5000-8000-000000000000";
        let body = json!({"users": [
            user("good@acme.example"),
            user(""),
            wrong(1, "groups", json!([group.id, nobody])),
            wrong(2, "roles", json!([{"roleId": "5bf1323800000000000000ff"}])),
            wrong(3, "roles", json!([{"roleId": owner}])),
            wrong(4, "roles", json!([{"roleId": owner, "botId": bot.id}])),
            wrong(5, "roles", json!([{"roleId": admin, "botId": bot.id}])),
            wrong(6, "roles", json!([{"roleId": owner, "botId": "st-unknown"}])),
            wrong(7, "assignBotTasks", json!([{"streamId": "st-unknown", "dialogs": []}])),
            json!({"userInfo": {"emailId": "wrong8@acme.example"}, "isDeveloper": false, "canCreateBot": true}),
            json!({"userInfo": {"emailId": "wrong9@acme.example", "orgUserId": "emp-taken"}}),
            json!({"userInfo": {"emailId": "better@acme.example", "orgUserId": "emp-new"}}),
            json!({"userInfo": {"emailId": "wrong10@acme.example", "orgUserId": "emp-new"}}),
        ]});
        let reply = app.post("/api/public/users", body).await;
        insta::assert_snapshot!("one_that_fails", reply.shown());
        let users = app.get("/api/public/alluserroles").await.json();
        let names: Vec<_> = users["users"].as_array().expect("users").iter().map(|user| &user["username"]).collect();
        assert_eq!(names, ["owner@acme.example", "taken@acme.example", "good@acme.example", "better@acme.example"]);
        assert_eq!(app.get("/api/public/groups").await.json()["groups"][0]["userCount"], 0);
    }

    async fn making_one_who_is_there_gives_groups_and_roles_and_changes_nothing_else(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let group = app.group("Audit", &[]).await;
        let tester = role(&app, "admin", "admin").await;
        let again = json!({"users": [{
            "userInfo": {"emailId": "ANN@acme.example", "firstName": "Other", "orgUserId": "other"},
            "groups": [group.id], "roles": [{"roleId": tester}], "isDeveloper": false,
        }]});
        assert_eq!(app.post("/api/public/users", again.clone()).await.shown(), CREATED);
        let (known, revision) = (info(&app, "ann@acme.example").await, app.revision().await);
        assert_eq!((&known["userInfo"]["firstName"], &known["isDeveloper"]), (&json!(""), &json!(true)));
        assert_eq!(known["groups"][0]["groupName"], "Audit");
        assert_eq!(known["roles"]["adminRoles"][0]["roleName"], "admin");

        assert_eq!(app.post("/api/public/users", again).await.shown(), CREATED);
        assert_eq!(app.revision().await, revision, "the second time there is nothing to do");
    }

    async fn the_same_address_twice_in_one_call_is_one_user(app: TestApp) {
        let group = app.group("Audit", &[]).await;
        let mut second = user("ann@acme.example");
        second["groups"] = json!([group.id]);
        let body = json!({"users": [user("Ann@acme.example"), second]});
        assert_eq!(app.post("/api/public/users", body).await.shown(), CREATED);
        assert_eq!(app.get("/api/public/alluserroles").await.json()["total"], 2);
        assert_eq!(info(&app, "ann@acme.example").await["groups"][0]["groupName"], "Audit");
    }

    async fn two_calls_at_once_that_make_the_same_address_make_one_user(app: TestApp) {
        let body = || json!({"users": [user("ann@acme.example"), user("bob@acme.example")]});
        let calls = tokio::join!(
            app.post("/api/public/users", body()),
            app.post("/api/public/users", body()),
            app.post("/api/public/users", body()),
        );
        for reply in [calls.0, calls.1, calls.2] {
            assert_eq!(reply.shown(), CREATED);
        }
        assert_eq!(app.get("/api/public/alluserroles").await.json()["total"], 3);
    }

    async fn a_body_of_the_wrong_form_is_told_place_by_place_and_makes_nobody(app: TestApp) {
        for (body, paths) in [
            (json!([]), vec![""]),
            (json!({}), vec!["/users"]),
            (json!({"users": {}}), vec!["/users"]),
            (json!({"users": [7]}), vec!["/users/0"]),
            (json!({"users": [{}]}), vec!["/users/0/userInfo"]),
            (json!({"users": [user("good@acme.example"), {"userInfo": {"firstName": 7}}]}),
                vec!["/users/1/userInfo/emailId", "/users/1/userInfo/firstName"]),
            (json!({"users": [{"userInfo": {"emailId": "a@acme.example", "zip": "1\n2"}, "groups": "e-", "roles": [{}],
                "assignBotTasks": [{"dialogs": [7]}], "isDeveloper": "yes"}]}),
                vec!["/users/0/groups", "/users/0/roles/0/roleId", "/users/0/userInfo/zip", "/users/0/isDeveloper",
                    "/users/0/assignBotTasks/0/dialogs/0", "/users/0/assignBotTasks/0/streamId"]),
            (json!({"users": vec![user("a@acme.example"); MAX_USERS + 1]}), vec!["/users"]),
        ] {
            let reply = app.post("/api/public/users", body).await;
            assert_eq!(reply.status, 412, "{}", reply.body);
            let errors = reply.json();
            let errors = errors["errors"].as_array().expect("errors");
            assert_eq!(errors.iter().map(|error| &error["path"]).collect::<Vec<_>>(), paths);
        }
        assert_eq!(app.get("/api/public/alluserroles").await.json()["total"], 1);
        assert_eq!(app.post("/api/public/users", json!({"users": []})).await.shown(), CREATED);
    }

    async fn ids_of_another_account_are_unknown(app: TestApp) {
        let group = app.group("Audit", &[]).await;
        let bot = app.bot("Travel").await;
        let own = role(&app, "bot", "Bot Tester").await;
        let other = app.another_tenant().await;
        let theirs = Request::new(Method::GET, "/api/public/roles?roleType=bot").token(&other.token);
        let theirs = app.send(theirs).await.json()["roles"][2]["_id"].clone();
        let post = async |user: Value| {
            let request = Request::new(Method::POST, "/api/public/users").token(&other.token);
            app.send(request.json(&json!({"users": [user]}))).await.json()["failedUserDetails"][0]["userInfo"].take()
        };
        let with = |key: &str, value: Value| {
            let mut user = user("ann@other.example");
            user[key] = value;
            user
        };
        let reasons = [
            post(with("groups", json!([group.id]))).await,
            post(with("roles", json!([{"roleId": own, "botId": bot.id}]))).await,
            post(with("roles", json!([{"roleId": theirs, "botId": bot.id}]))).await,
            post(with("assignBotTasks", json!([{"streamId": bot.id}]))).await,
        ];
        let unknown = [
            post(with("groups", json!(["e-unknown"]))).await,
            post(with("roles", json!([{"roleId": "unknown", "botId": "st-unknown"}]))).await,
            post(with("roles", json!([{"roleId": theirs, "botId": "st-unknown"}]))).await,
            post(with("assignBotTasks", json!([{"streamId": "st-unknown"}]))).await,
        ];
        assert_eq!(reasons, unknown);
        let reasons = reasons.map(|reason| reason["reason"].as_str().expect("a reason").to_owned());
        assert_eq!(reasons, ["One or more entered groups not found", "Invalid role id", "Invalid StreamId", "Invalid StreamId"]);
    }

    async fn a_user_is_changed_and_what_is_left_out_stays(app: TestApp) {
        let users = app.users(["ann@acme.example", "bob@acme.example"]).await;
        let (audit, sales) = (app.group("Audit", &[&users[0]]).await, app.group("Sales", &[]).await);
        let (bot, tester) = (app.bot("Travel").await, role(&app, "bot", "Bot Tester").await);
        let developer = role(&app, "bot", "Bot Developer").await;
        let first = json!({"users": [
            {"userInfo": {"emailId": "ann@acme.example", "firstName": "Ann", "dept": "Sales"},
             "roles": {"addTo": [{"roleId": tester, "botId": bot.id}]},
             "assignBotTasks": [{"streamId": bot.id, "dialogs": ["dg-1"]}]},
        ]});
        assert_eq!(app.put("/api/public/users", first).await.shown(), UPDATED);
        let n_entries = app.entries().await.len();
        let second = json!({"users": [
            {"userInfo": {"emailId": "ANN@acme.example", "orgUserId": "7", "lastName": "Ant", "dept": ""},
             "groups": {"addTo": [sales.id], "removeFrom": [audit.id, ""]},
             "roles": {"addTo": [{"roleId": developer, "botId": bot.id}], "removeFrom": [{"roleId": tester, "botId": bot.id}]},
             "isDeveloper": false},
            {"userInfo": {"orgUserId": "emp-bob", "emailId": " "}, "groups": [], "roles": [], "assignBotTasks": []},
        ]});
        assert_eq!(app.put("/api/public/users", second).await.shown(), UPDATED);
        insta::assert_snapshot!("a_changed_user", info(&app, "ann@acme.example").await);
        let entries = app.entries().await;
        let entries = entries[n_entries..].iter().map(|entry| format!("{}: {} -> {}", entry.event, entry.before, entry.after));
        insta::assert_snapshot!("a_changed_user_entries", entries.collect::<Vec<_>>().join("\n"));
    }

    async fn a_change_that_fails_is_told_and_leaves_its_user_as_it_was(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example"]).await;
        let group = app.group("Audit", &[]).await;
        let admin = role(&app, "admin", "admin").await;
        let before = info(&app, "ann@acme.example").await;
        let wrong = |key: &str, value: Value| {
            let mut wrong = json!({"userInfo": {"emailId": "ann@acme.example", "firstName": "Wrong"}});
            wrong[key] = value;
            wrong
        };
        let body = json!({"users": [
            {"userInfo": {"emailId": "bob@acme.example", "firstName": "Bob"}},
            {"userInfo": {"emailId": "nobody@acme.example", "firstName": "Wrong"}},
            {"userInfo": {"orgUserId": "nobody", "firstName": "Wrong"}},
            wrong("userInfo", json!({"emailId": "ann@acme.example", "firstName": "Wrong", "orgUserId": "emp-bob"})),
            wrong("groups", json!({"addTo": [group.id], "removeFrom": [group.id]})),
            wrong("groups", json!({"removeFrom": ["e-unknown"]})),
            {"userInfo": {"emailId": "owner@acme.example"}, "roles": {"removeFrom": [{"roleId": admin}]}},
            {"userInfo": {"emailId": "owner@acme.example"}, "isDeveloper": false, "canCreateBot": true},
        ]});
        let reply = app.put("/api/public/users", body).await;
        insta::assert_snapshot!("a_change_that_fails", reply.shown());
        assert_eq!(info(&app, "ann@acme.example").await, before);
        assert_eq!(info(&app, "bob@acme.example").await["userInfo"]["firstName"], "Bob");
    }

    async fn an_organisation_id_is_handed_on_in_two_calls_but_not_in_one(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example"]).await;
        let take = |email: &str, id: &str| json!({"userInfo": {"emailId": email, "orgUserId": id}});
        let body = json!({"users": [take("ann@acme.example", ""), take("bob@acme.example", "emp-ann")]});
        let reply = app.put("/api/public/users", body).await.json();
        assert_eq!(reply["failedUserDetails"][0]["userInfo"]["reason"], "Already exists");
        assert_eq!(reply["failedUserDetails"][0]["userInfo"]["path"], "/users/1/userInfo/orgUserId");
        let body = json!({"users": [take("bob@acme.example", "emp-ann")]});
        assert_eq!(app.put("/api/public/users", body).await.shown(), UPDATED);
    }

    async fn a_change_of_the_wrong_form_is_told_place_by_place(app: TestApp) {
        for (body, paths) in [
            (json!({"users": [{"userInfo": {}}]}), vec!["/users/0/userInfo/emailId"]),
            (json!({"users": [{"userInfo": {"emailId": "a@b"}, "groups": ["e-"], "roles": {"addTo": {}, "removeFrom": [{}]}}]}),
                vec!["/users/0/groups", "/users/0/roles/addTo", "/users/0/roles/removeFrom/0/roleId"]),
        ] {
            let reply = app.put("/api/public/users", body).await;
            assert_eq!(reply.status, 412, "{}", reply.body);
            let errors = reply.json();
            let errors = errors["errors"].as_array().expect("errors");
            assert_eq!(errors.iter().map(|error| &error["path"]).collect::<Vec<_>>(), paths);
        }
    }

    async fn who_is_removed_is_out_of_everything_and_the_address_is_free(app: TestApp) {
        let users = app.users(["ann@acme.example", "bob@acme.example", "cid@acme.example"]).await;
        app.group("Audit", &[&users[0], &users[2]]).await;
        let admin = role(&app, "admin", "admin").await;
        let grant = json!([{"roleId": admin, "addUsers": ["ann@acme.example"]}]);
        assert_eq!(app.post("/api/public/adminroles/assignments", grant).await.status, 200);
        let n_entries = app.entries().await.len();

        let body = json!({"deleteEmailIds": ["ANN@acme.example", "", "gone@acme.example"], "orgUserIds": ["emp-bob", "emp-ann"]});
        assert_eq!(app.delete("/api/public/users", body).await.shown(), REMOVED);
        let entries = app.entries().await;
        let entries = entries[n_entries..].iter().map(|entry| format!("{}: {} -> {}", entry.event, entry.before, entry.after));
        insta::assert_snapshot!("removed_entries", entries.collect::<Vec<_>>().join("\n"));
        let users = app.get("/api/public/alluserroles").await.json();
        assert_eq!(users["total"], 2);
        assert_eq!(users["users"][1]["username"], "cid@acme.example");
        assert_eq!(app.get("/api/public/groups").await.json()["groups"][0]["userCount"], 1);

        assert_eq!(app.post("/api/public/users", json!({"users": [user("ann@acme.example")]})).await.shown(), CREATED);
        let known = info(&app, "ann@acme.example").await;
        assert_eq!((&known["groups"], &known["roles"]["adminRoles"]), (&json!([]), &json!([])));
    }

    async fn removing_twice_is_removing_once(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let body = || json!({"deleteEmailIds": ["ann@acme.example"]});
        assert_eq!(app.delete("/api/public/users", body()).await.shown(), REMOVED);
        let revision = app.revision().await;
        assert_eq!(app.delete("/api/public/users", body()).await.shown(), REMOVED);
        assert_eq!(app.revision().await, revision);
    }

    async fn the_owner_of_the_account_and_owners_of_bots_stay_and_the_others_go(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example"]).await;
        let owned = NewBot { owner: Some("ann@acme.example".to_owned()), ..NewBot::named("Travel") };
        bots::create(&app.operator(), &owned).await.expect("the name is free");
        let all = json!({"deleteEmailIds": ["owner@acme.example", "ann@acme.example", "bob@acme.example"]});
        insta::assert_snapshot!("some_stay", app.delete("/api/public/users", all).await.shown());
        let only = app.delete("/api/public/users", json!({"orgUserIds": ["emp-ann"]})).await.json();
        assert_eq!(only.get("msg"), None);
        assert_eq!(only["failedUserDetails"].as_array().map(Vec::len), Some(1));
        assert_eq!(app.get("/api/public/alluserroles").await.json()["total"], 2);
    }

    async fn a_removal_that_names_no_list_is_told(app: TestApp) {
        for (body, path) in [(json!({}), "/deleteEmailIds"), (json!({"orgUserIds": [7]}), "/orgUserIds/0"), (json!(""), "")] {
            let reply = app.delete("/api/public/users", body).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["path"]), (412, &json!(path)), "{}", reply.body);
        }
    }

    async fn a_removal_can_come_as_a_post_that_says_so(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let request = Request::new(Method::POST, "/api/1.1/public/users/").token(&app.tenant.token);
        let request = request.header("x-http-method-override", "Delete");
        let reply = app.send(request.json(&json!({"deleteEmailIds": ["ann@acme.example"]}))).await;
        assert_eq!(reply.shown(), REMOVED);
        assert_eq!(app.get("/api/public/alluserroles").await.json()["total"], 1);
    }
}
