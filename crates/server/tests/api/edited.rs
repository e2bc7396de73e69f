//! What is edited by `/api/v1`: the account, bots, groups and roles, in exact bytes.

use axum::http::Method;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

/// Calls one after the other, and what they answered.
struct Story<'a> {
    app: &'a TestApp,
    told: String,
    etag: String,
}

impl<'a> Story<'a> {
    fn of(app: &'a TestApp) -> Self {
        Self { app, told: String::new(), etag: String::new() }
    }

    /// Sends a call with the last tag that was seen, and tells it with its answer.
    async fn call(&mut self, method: Method, path: &str, body: Value) -> Value {
        let etag = self.etag.clone();
        self.call_as(method, path, body, &etag).await
    }

    /// The same with another tag.
    async fn call_as(&mut self, method: Method, path: &str, body: Value, etag: &str) -> Value {
        let mut request = Request::new(method.clone(), path).token(&self.app.tenant.token);
        if !etag.is_empty() && [Method::PATCH, Method::DELETE].contains(&method) {
            request = request.header("if-match", etag);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = self.app.send(request).await;
        let sent = if body.is_null() { String::new() } else { format!(" {body}") };
        self.told.extend([method.as_str(), " ", path, &sent, "\n", &shown(&reply)]);
        if let Some(etag) = reply.headers.get("etag") {
            etag.to_str().expect("a tag is ASCII").clone_into(&mut self.etag);
        }
        serde_json::from_str(&reply.body).unwrap_or_default()
    }

    async fn get(&mut self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null).await
    }
}

fn shown(reply: &Reply) -> String {
    let mut shown = format!("{}", reply.status.as_u16());
    for header in ["location", "etag", "cache-control", "content-type"] {
        if let Some(value) = reply.headers.get(header) {
            shown.extend([" ", header, ": ", value.to_str().expect("ASCII")]);
        }
    }
    format!("{shown}\n{}\n\n", reply.body)
}

each_engine! {
    async fn a_group_from_its_making_to_its_end(app: TestApp) {
        app.users(["ann@acme.example", "bob@acme.example"]).await;
        let mut story = Story::of(&app);
        let group = json!({"name": "Care", "description": "Looks after guests"});
        let id = story.call(Method::POST, "/api/v1/groups", group.clone()).await;
        let path = format!("/api/v1/groups/{}", id["groupId"].as_str().expect("an id"));
        story.call(Method::POST, "/api/v1/groups", group).await;
        let inner = story.call(Method::POST, "/api/v1/groups", json!({"name": "Oslo"})).await;
        story.get(&path).await;
        let first = story.etag.clone();
        story.call(Method::PATCH, &path, json!({"name": "Guests"})).await;
        story.call_as(Method::PATCH, &path, json!({"description": "Lost?"}), &first).await;
        story.call_as(Method::PATCH, &path, json!({"description": "Lost?"}), "").await;
        story.call_as(Method::PATCH, &path, json!({"description": "Lost?"}), "guests").await;
        let members = json!({"add": [
            {"emailId": "ann@acme.example"}, {"emailId": "bob@acme.example"}, {"groupId": inner["groupId"]},
        ]});
        story.call(Method::POST, &format!("{path}/members"), members).await;
        let unknown = json!({"add": [{"userId": "u-0"}, {"groupName": "None"}], "remove": [{"emailId": "x@y"}]});
        story.call(Method::POST, &format!("{path}/members"), unknown).await;
        let circle = json!({"add": [{"groupName": "guests"}]});
        story.call(Method::POST, &format!("/api/v1/groups/{}/members", inner["groupId"].as_str().expect("an id")), circle).await;
        story.get(&format!("{path}/members?limit=2")).await;
        story.get(&format!("{path}/members?type=group")).await;
        story.get(&format!("/api/v1/groups/{}/groups", inner["groupId"].as_str().expect("an id"))).await;
        story.get("/api/v1/groups?name=gu").await;
        story.call(Method::DELETE, &path, Value::Null).await;
        story.get(&path).await;
        story.call(Method::DELETE, &path, Value::Null).await;
        insta::assert_snapshot!("group", story.told);
    }

    async fn a_bot_from_its_making_to_its_end(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let mut story = Story::of(&app);
        let id = story.call(Method::POST, "/api/v1/bots", json!({"name": "Travel", "owner": "ANN@acme.example"})).await;
        let path = format!("/api/v1/bots/{}", id["botId"].as_str().expect("an id"));
        story.call(Method::POST, "/api/v1/bots", json!({"name": "TRAVEL"})).await;
        story.call(Method::POST, "/api/v1/bots", json!({"name": "Hotels", "owner": "nobody@acme.example"})).await;
        story.get(&path).await;
        let first = story.etag.clone();
        let edit = json!({"description": "Books trips", "owner": "owner@acme.example", "purpose": "employee", "defaultLanguage": "ko"});
        story.call(Method::PATCH, &path, edit).await;
        story.call_as(Method::DELETE, &path, Value::Null, &first).await;
        story.get("/api/v1/bots?name=tr").await;
        story.call(Method::DELETE, &path, Value::Null).await;
        story.get(&path).await;
        insta::assert_snapshot!("bot", story.told);
    }

    async fn a_role_from_its_making_to_its_end(app: TestApp) {
        let mut story = Story::of(&app);
        let role = json!({"roleType": "bot", "name": "Editor", "permissions": {"Tasks": "FULL", "Brand New": "VIEW"}, "refId": "editor"});
        let id = story.call(Method::POST, "/api/v1/roles", role.clone()).await;
        let path = format!("/api/v1/roles/{}", id["roleId"].as_str().expect("an id"));
        story.call(Method::POST, "/api/v1/roles", role).await;
        let same_key = json!({"roleType": "bot", "name": "Other", "permissions": {}, "refId": "editor"});
        story.call(Method::POST, "/api/v1/roles", same_key).await;
        story.get(&path).await;
        let first = story.etag.clone();
        app.clock.advance_ms(1_000);
        story.call(Method::PATCH, &path, json!({"permissions": {"Tasks": "VIEW"}})).await;
        // The second of two administrators has seen the role as it was.
        story.call_as(Method::PATCH, &path, json!({"permissions": {"Tasks": "NO"}}), &first).await;
        story.call(Method::POST, &format!("{path}/copy"), json!({"name": "Editor 2"})).await;
        let bot = app.bot("Travel").await;
        let given = json!([{"roleId": id["roleId"], "botId": bot.id, "addUsers": ["owner@acme.example"]}]);
        app.post("/api/public/btroles/assignments", given).await;
        story.get(&format!("{path}/removal")).await;
        story.get("/api/v1/roles?roleType=bot&limit=1").await;
        story.get(&path).await;
        story.call(Method::DELETE, &path, Value::Null).await;
        story.get(&path).await;
        insta::assert_snapshot!("role", story.told);
    }

    async fn built_in_roles_are_what_they_are(app: TestApp) {
        let mut story = Story::of(&app);
        let mut ids = Vec::new();
        for role_type in ["admin", "bot"] {
            let roles = app.get(&format!("/api/v1/roles?roleType={role_type}")).await.json();
            for role in roles["roles"].as_array().expect("roles") {
                ids.push((role["roleId"].as_str().expect("an id").to_owned(), role["fixed"].clone()));
            }
        }
        let fixed: Vec<&Value> = ids.iter().map(|(_, fixed)| fixed).collect();
        assert_eq!(fixed, ["all", "all", "name", "name"]);
        for (id, _) in &ids {
            let path = format!("/api/v1/roles/{id}");
            story.call_as(Method::PATCH, &path, json!({"name": "Renamed"}), "*").await;
            story.call_as(Method::PATCH, &path, json!({"permissions": {}}), "*").await;
            story.call_as(Method::DELETE, &path, Value::Null, "*").await;
        }
        insta::assert_snapshot!("built_in_roles", story.told);
    }

    async fn the_account_and_the_vocabulary(app: TestApp) {
        let mut story = Story::of(&app);
        story.get("/api/v1/account").await;
        let first = story.etag.clone();
        story.call(Method::PATCH, "/api/v1/account", json!({"name": "Acme 2"})).await;
        story.call_as(Method::PATCH, "/api/v1/account", json!({"name": "Acme 3"}), &first).await;
        story.call_as(Method::PATCH, "/api/v1/account", json!({"name": "\u{202e}", "plan": "big"}), "*").await;
        story.get("/api/v1/permissions").await;
        insta::assert_snapshot!("account", story.told);
    }

    async fn every_wrong_place_of_a_body_or_a_query_is_told(app: TestApp) {
        let bot = app.bot("Travel").await;
        let group = app.group("Care", &[]).await;
        let roles = app.get("/api/v1/roles?roleType=bot").await.json();
        let role = roles["roles"][2]["roleId"].as_str().expect("an id").to_owned();
        let mut story = Story::of(&app);
        let long = "x".repeat(2_001);
        for (path, body) in [
            ("/api/v1/groups".to_owned(), json!({"name": 7, "descripton": ""})),
            ("/api/v1/groups".to_owned(), json!({"name": "\u{202e}", "description": long})),
            (format!("/api/v1/groups/{}/members", group.id), json!({})),
            (
                format!("/api/v1/groups/{}/members", group.id),
                json!({"add": ["ann@acme.example", {}, {"userId": "u-1", "emailId": "x@y"}, {"userId": 7}, {"user": "u-1"}], "remove": {}}),
            ),
            ("/api/v1/bots".to_owned(), json!({"purpose": "", "defaultLanguage": 1, "status": "published"})),
            ("/api/v1/roles".to_owned(), json!([])),
            ("/api/v1/roles".to_owned(), json!({"roleType": "app", "name": "", "refId": ""})),
            ("/api/v1/roles".to_owned(), json!({"roleType": "bot", "name": "Own", "permissions": {"Tasks": "YES", "Channels": ["YES"], "\n": "NO"}})),
            ("/api/v1/roles".to_owned(), json!({"roleType": "bot", "name": " ", "refId": "\n", "permissions": {}, "isBuiltIn": true})),
            (format!("/api/v1/roles/{role}/copy"), json!({"description": "No name"})),
        ] {
            story.call(Method::POST, &path, body).await;
        }
        for (path, body) in [
            (format!("/api/v1/groups/{}", group.id), json!({"name": "", "groupId": "e-1"})),
            (format!("/api/v1/bots/{}", bot.id), json!({"owner": 7, "name": ""})),
            (format!("/api/v1/roles/{role}"), json!({"permissions": {"Tasks": "ALL"}, "roleType": "admin", "refId": "x"})),
            ("/api/v1/roles/695b7d900000000000000000".to_owned(), json!({"permissions": {"Tasks": "ALL"}})),
        ] {
            story.call_as(Method::PATCH, &path, body, "*").await;
        }
        for path in [
            "/api/v1/roles".to_owned(),
            "/api/v1/groups?cursor=AAAA".to_owned(),
            "/api/v1/bots?limit=0".to_owned(),
            format!("/api/v1/groups/{}/members?type=bot", group.id),
        ] {
            story.get(&path).await;
        }
        insta::assert_snapshot!("wrong", story.told);
    }

    async fn a_name_that_was_taken_may_be_tried_again_with_its_key(app: TestApp) {
        let taken = app.group("Care", &[]).await;
        let again = async || {
            let request = Request::new(Method::POST, "/api/v1/groups").token(&app.tenant.token);
            app.send(request.header("idempotency-key", "k").json(&json!({"name": "care"}))).await.status.as_u16()
        };
        assert_eq!(again().await, 409);
        let remove = Request::new(Method::DELETE, &format!("/api/v1/groups/{}", taken.id)).token(&app.tenant.token);
        assert_eq!(app.send(remove.header("if-match", "*")).await.status.as_u16(), 204);
        assert_eq!((again().await, again().await), (201, 201));
    }

    async fn an_answer_with_a_strong_tag_keeps_its_bytes(app: TestApp) {
        let permissions: serde_json::Map<_, _> = (0..200).map(|nth| (format!("Permission {nth}"), json!("VIEW"))).collect();
        let role = json!({"roleType": "bot", "name": "Big", "permissions": permissions});
        let made = app.post("/api/v1/roles", role).await;
        let path = made.headers["location"].to_str().expect("ASCII").to_owned();
        let asked = Request::new(Method::GET, &path).token(&app.tenant.token).header("accept-encoding", "gzip");
        let reply = app.send(asked).await;
        assert!(!reply.headers.contains_key("content-encoding"));
        assert_eq!((&reply.body, &reply.headers["etag"]), (&made.body, &made.headers["etag"]));
    }
}
