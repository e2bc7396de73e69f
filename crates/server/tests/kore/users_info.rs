use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

/// All values of keys called `name`, however deep, in document order.
fn all<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == name {
                    found.push(value);
                }
                all(value, name, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| all(value, name, found)),
        _ => {}
    }
}

fn deep<'v>(value: &'v Value, name: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    all(value, name, &mut found);
    found
}

async fn info(app: &TestApp, body: Value) -> Value {
    app.post("/api/public/usersInfo", body).await.json()
}

each_engine! {
    async fn a_user_is_known_with_roles_held_directly_and_by_groups(app: TestApp) {
        let users = app.users(["ann@acme.example"]).await;
        app.group("Audit", &[&users[0]]).await;
        app.group("A-team", &[&users[0]]).await;
        let bot = app.bot("Travel").await;
        let roles = app.get("/api/public/roles?roleType=bot").await.json();
        let (developer, tester) = (&roles["roles"][1]["_id"], &roles["roles"][2]["_id"]);
        let assign = json!([
            {"roleId": developer, "botId": bot.id, "addUsers": ["ann@acme.example"], "addGroups": ["Audit"]},
            {"roleId": tester, "botId": bot.id, "addGroups": ["Audit"]},
        ]);
        assert_eq!(app.post("/api/public/btroles/assignments", assign).await.status, 200);
        let tasks = json!({"users": [{"userInfo": {"emailId": "ann@acme.example"}, "assignBotTasks": [{"botId": bot.id, "dialogs": ["dg-1"]}]}]});
        assert_eq!(app.put("/api/public/users", tasks).await.status, 200);

        let reply = app.post("/api/public/usersInfo", json!({"emailIds": ["Ann@Acme.example"]})).await;
        insta::assert_snapshot!("a_known_user", reply.shown());
        assert_eq!(deep(&reply.json(), "emailId"), [&json!("ann@acme.example")]);
        assert_eq!(deep(&reply.json(), "status"), [&json!("active")]);
    }

    async fn an_address_that_leads_to_nobody_is_told_inside_a_200(app: TestApp) {
        let reply = app.post("/api/public/usersInfo", json!({"emailIds": ["nobody@acme.example"]})).await;
        insta::assert_snapshot!("an_unknown_user", reply.shown());
        let body = reply.json();
        assert_eq!(deep(&body, "status"), [&json!("failure"), &json!(400)]);
        assert_eq!(deep(&body, "msg"), [&json!("Invalid emailId")]);
        assert_eq!(deep(&body, "emailId"), [&json!("nobody@acme.example")]);
    }

    async fn users_come_in_the_order_they_are_asked_for_and_once(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example"]).await;
        let body = json!({
            "emailIds": ["bob@acme.example", "12335", "", "12335", "BOB@acme.example", "owner@acme.example"],
            "orgUserIds": ["emp-bob", "emp-ann", "emp-nobody"],
        });
        let answer = info(&app, body).await;
        let who: Vec<_> = answer.as_array().expect("users").iter().map(|row| {
            let info = &row["userInfo"];
            info.get("emailId").or_else(|| info.get("orgUserId")).expect("who it is")
        }).collect();
        assert_eq!(who, ["bob@acme.example", "12335", "owner@acme.example", "ann@acme.example", "emp-nobody"]);
        assert_eq!(deep(&answer[4], "msg"), [&json!("Invalid orgUserId")]);
    }

    async fn a_status_leaves_others_out(app: TestApp) {
        for (status, n) in [("active", 1), ("not active", 0), ("all", 1), ("", 1)] {
            let answer = info(&app, json!({"emailIds": ["owner@acme.example"], "status": status})).await;
            assert_eq!(answer.as_array().map(Vec::len), Some(n), "{status}");
        }
        let reply = app.post("/api/public/usersInfo", json!({"emailIds": [], "status": "asleep"})).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["path"]), (412, &json!("/status")));
    }

    async fn a_user_of_another_account_is_as_unknown_as_nobody(app: TestApp) {
        let other = app.another_tenant().await;
        let theirs = info(&app, json!({"emailIds": [other.account.owner_email]})).await.to_string();
        let nobody = info(&app, json!({"emailIds": ["nobody@other.example"]})).await.to_string();
        assert_eq!(theirs, nobody.replace("nobody@", "owner@"));
    }

    async fn a_body_that_names_nobody_is_told(app: TestApp) {
        for (body, path) in [(json!({}), "/emailIds"), (json!({"emailIds": "a@b"}), "/emailIds"), (json!([]), "")] {
            let reply = app.post("/api/public/usersInfo", body).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["path"]), (412, &json!(path)), "{}", reply.body);
        }
        assert_eq!(app.post("/api/public/usersInfo", json!({"emailIds": [""]})).await.shown(), "200\n[]");
    }
}
