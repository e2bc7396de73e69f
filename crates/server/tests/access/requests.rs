//! What is refused, and in which words; and who or what nobody knows.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

use super::{ask, assign, resource, roles, subject};

const CALLS: [&str; 5] = ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"];

async fn refused(app: &TestApp, call: &str, body: Value) -> String {
    let reply = app.post(&format!("/access/v1/{call}"), body.clone()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{call} {body}: {}", reply.body);
    assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
    reply.body
}

fn bytes(call: &str, token: &str, content_type: &str, body: &[u8]) -> Request {
    let request = Request::new(Method::POST, &format!("/access/v1/{call}")).token(token).bytes(body.to_vec());
    if content_type.is_empty() { request } else { request.header("content-type", content_type) }
}

each_engine! {
    async fn what_is_missing_or_has_the_wrong_form_is_told(app: TestApp) {
        let whole = json!({"subject": {"type": "user", "id": "u-1"}, "action": {"name": "Tasks"}, "resource": {"type": "bot", "id": "st-1"}});
        assert_eq!(ask(&app, "evaluation", whole.clone()).await, json!({"decision": false}));
        let with = |pointer: &str, value: Value| {
            let mut body = whole.clone();
            *body.pointer_mut(pointer).expect("a part") = value;
            body
        };
        for call in ["evaluation", "evaluations"] {
            for (pointer, value, told) in [
                ("/subject", Value::Null, "/subject: is required"),
                ("/action", Value::Null, "/action: is required"),
                ("/resource", Value::Null, "/resource: is required"),
                ("/subject/type", Value::Null, "/subject/type: is required"),
                ("/subject/id", Value::Null, "/subject/id: is required"),
                ("/action/name", Value::Null, "/action/name: is required"),
                ("/resource/type", Value::Null, "/resource/type: is required"),
                ("/resource/id", Value::Null, "/resource/id: is required"),
                ("/subject", json!("alice"), "/subject: must be an object, not a string"),
                ("/action", json!(["read"]), "/action: must be an object, not an array"),
                ("/action/name", json!(123), "/action/name: must be a string, not a number"),
                ("/resource/id", json!(""), "/resource/id: must not be empty"),
            ] {
                assert_eq!(refused(&app, call, with(pointer, value)).await, told, "{call}");
            }
            for (name, value, told) in [
                ("context", json!("now"), "/context: must be an object, not a string"),
                ("subject", json!({"type": "user", "id": "u-1", "properties": 1}), "/subject/properties: must be an object, not a number"),
            ] {
                let mut body = whole.clone();
                body[name] = value;
                assert_eq!(refused(&app, call, body).await, told, "{call}");
            }
            assert_eq!(refused(&app, call, json!([whole])).await, "must be an object, not an array");
            let gone = json!({"subject": {"id": 1}, "resource": {}});
            let told = "/subject/type: is required; /subject/id: must be a string, not a number; /action: is required; \
                        /resource/type: is required; /resource/id: is required";
            assert_eq!(refused(&app, call, gone).await, told);
        }
    }

    async fn what_is_wrong_with_a_whole_list_refuses_it(app: TestApp) {
        let one = json!({"subject": {"type": "user", "id": "u-1"}, "action": {"name": "Tasks"}, "resource": {"type": "bot", "id": "st-1"}});
        for (body, told) in [
            (json!({"evaluations": {}}), "/evaluations: must be an array, not an object"),
            (json!({"evaluations": [one], "options": []}), "/options: must be an object, not an array"),
            (json!({"evaluations": [one], "options": {"evaluations_semantic": "first_come"}}),
             "/options/evaluations_semantic: must be execute_all, deny_on_first_deny or permit_on_first_permit"),
            (json!({"evaluations": [one], "options": {"evaluations_semantic": 1}}),
             "/options/evaluations_semantic: must be a string, not a number"),
            (json!({"evaluations": [one], "subject": "alice"}), "/subject: must be an object, not a string"),
            (json!({"evaluations": vec![one.clone(); 1_001]}), "/evaluations: must have at most 1000 elements"),
        ] {
            assert_eq!(refused(&app, "evaluations", body).await, told);
        }
        let answer = ask(&app, "evaluations", json!({"evaluations": vec![one; 1_000]})).await;
        assert_eq!(answer["evaluations"].as_array().map(Vec::len), Some(1_000));
    }

    async fn a_search_needs_all_but_what_it_seeks(app: TestApp) {
        let user = json!({"type": "user", "id": "u-1"});
        let bot = json!({"type": "bot", "id": "st-1"});
        let tasks = json!({"name": "Tasks"});
        for (call, body, told) in [
            ("subject", json!({"subject": {"type": "user"}, "resource": bot}), "/action: is required"),
            ("subject", json!({"action": tasks, "resource": bot}), "/subject: is required"),
            ("subject", json!({"subject": {"id": "u-1"}, "action": tasks, "resource": bot}), "/subject/type: is required"),
            ("subject", json!({"subject": {"type": "user"}, "action": tasks, "resource": {"type": "bot"}}), "/resource/id: is required"),
            ("resource", json!({"action": tasks, "resource": {"type": "bot"}}), "/subject: is required"),
            ("resource", json!({"subject": {"type": "user"}, "action": tasks, "resource": {"type": "bot"}}), "/subject/id: is required"),
            ("resource", json!({"subject": user, "action": tasks, "resource": {}}), "/resource/type: is required"),
            ("resource", json!({"subject": user, "action": {}, "resource": {"type": "bot"}}), "/action/name: is required"),
            ("action", json!({"subject": user}), "/resource: is required"),
            ("action", json!({"resource": bot}), "/subject: is required"),
            ("action", json!({"subject": user, "resource": {"type": "bot"}}), "/resource/id: is required"),
            ("action", json!({"subject": user, "resource": bot, "page": 1}), "/page: must be an object, not a number"),
            ("action", json!({"subject": user, "resource": bot, "page": {"token": 1}}), "/page/token: must be a string, not a number"),
        ] {
            assert_eq!(refused(&app, &format!("search/{call}"), body).await, told, "{call}");
        }
    }

    async fn a_body_that_is_not_json_or_does_not_say_so_is_refused(app: TestApp) {
        let token = app.tenant.token.clone();
        let answer = async |request: Request| {
            let reply = app.send(request).await;
            (reply.status.as_u16(), reply.body)
        };
        let whole = br#"{"subject":{"type":"user","id":"u-1"},"action":{"name":"a"},"resource":{"type":"bot","id":"st-1"}}"#;
        let no_json = (400, "the content-type must be application/json".to_owned());
        for call in CALLS {
            for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
                assert_eq!(answer(bytes(call, &token, content_type, whole)).await, no_json, "{call} {content_type}");
            }
            for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
                assert_eq!(answer(bytes(call, &token, content_type, whole)).await.0, 200, "{call} {content_type}");
            }
            for body in [&b""[..], b"{", b"[]", b"null", b"\"alice\"", b"{\"subject\":{},\"subject\":{}}", b"{\"a\":\"\xff\"}", b"{} {}"] {
                let (status, told) = answer(bytes(call, &token, "application/json", body)).await;
                assert_eq!(status, 400, "{call} {body:?}: {told}");
                assert!(!told.is_empty());
            }
            let huge = vec![b' '; (1 << 20) + 1];
            assert_eq!(answer(bytes(call, &token, "application/json", &huge)).await, (413, "the body may have at most 1 MiB".to_owned()));
        }
    }

    async fn who_has_no_token_is_told_which_kind_is_wanted(app: TestApp) {
        for call in CALLS {
            for token in ["", "nothing"] {
                let reply = app.send(bytes(call, token, "application/json", b"{}")).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{call}");
                assert_eq!(reply.headers["www-authenticate"], "Bearer", "{call}");
            }
            let bearer = format!("Bearer {}", app.tenant.token);
            let request = Request::new(Method::POST, &format!("/access/v1/{call}")).header("authorization", &bearer);
            assert_eq!(app.send(request.json(&json!({}))).await.status, StatusCode::BAD_REQUEST, "{call}");
        }
    }

    async fn a_requests_id_comes_back_as_it_was_sent(app: TestApp) {
        let send = async |call: &str, id: Option<&str>, body: &[u8]| {
            let request = bytes(call, &app.tenant.token, "application/json", body);
            let request = match id {
                Some(id) => request.header("x-request-id", id),
                None => request,
            };
            app.send(request).await.headers["x-request-id"].to_str().expect("a text").to_owned()
        };
        let long = "x".repeat(300);
        for call in CALLS {
            for id in ["bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "two words", long.as_str()] {
                assert_eq!(send(call, Some(id), b"{").await, id, "{call}");
            }
            assert_eq!(send(call, None, b"{").await.len(), 36, "{call}");
        }
        // The vendor's door takes no id that could break a line of a log.
        let request = Request::new(Method::GET, "/api/public/bots").token(&app.tenant.token).header("x-request-id", "two words");
        assert_eq!(app.send(request).await.headers["x-request-id"].len(), 36);
    }

    async fn what_nobody_knows_is_denied_and_found_nowhere(app: TestApp) {
        let ann = app.users(["Ann@acme.example"]).await.remove(0);
        let bot = app.bot("Travel").await;
        let ids = roles(&app, "bot", &[("Clerk", json!({"Stamp": ["VIEW"]}))]).await;
        assign(&app, &ids["Clerk"], Some(&bot), "addUsers", &ann.email).await;
        let stamp = json!({"name": "Stamp"});
        let known = json!({"subject": subject(&ann), "action": stamp, "resource": resource(&bot)});
        assert_eq!(ask(&app, "evaluation", known.clone()).await, json!({"decision": true}));
        // By address, in any case of letters.
        for email in ["Ann@acme.example", "ANN@ACME.EXAMPLE", "ann@acme.example"] {
            let mut body = known.clone();
            body["subject"]["id"] = json!(email);
            assert_eq!(ask(&app, "evaluation", body).await, json!({"decision": true}), "{email}");
        }
        for (name, part) in [
            ("subject", json!({"type": "spaceship", "id": ann.id})),
            ("subject", json!({"type": "User", "id": ann.id})),
            ("subject", json!({"type": "user", "id": "nobody"})),
            ("subject", json!({"type": "user", "id": "nobody@acme.example"})),
            ("subject", json!({"type": "user", "id": ann.id.to_uppercase()})),
            ("subject", json!({"type": "user", "id": format!(" {}", ann.id)})),
            ("action", json!({"name": "stamp"})),
            ("action", json!({"name": "Fly"})),
            ("action", json!({"name": "Stamp", "properties": {"level": "FULL"}})),
            ("action", json!({"name": "Stamp", "properties": {"level": "YES"}})),
            ("action", json!({"name": "Stamp", "properties": {"level": "NO"}})),
            ("action", json!({"name": "Stamp", "properties": {"level": "view"}})),
            ("action", json!({"name": "Stamp", "properties": {"level": ["VIEW"]}})),
            ("resource", json!({"type": "Bot", "id": bot.id})),
            ("resource", json!({"type": "record", "id": bot.id})),
            ("resource", json!({"type": "bot", "id": "Travel"})),
            ("resource", json!({"type": "bot", "id": "st-0"})),
            ("resource", json!({"type": "account", "id": bot.id})),
            ("resource", json!({"type": "account", "id": app.tenant.account.account_id})),
        ] {
            let mut body = known.clone();
            body[name] = part.clone();
            assert_eq!(ask(&app, "evaluation", body.clone()).await, json!({"decision": false}), "{part}");
            for (search, sought) in [("subject", "subject"), ("resource", "resource"), ("action", "action")] {
                let is_ignored = sought == name && (name == "action" || part["type"] == known[name]["type"]);
                if !is_ignored {
                    let answer = ask(&app, &format!("search/{search}"), body.clone()).await;
                    assert_eq!(answer, json!({"page": {"next_token": "", "count": 0}, "results": []}), "{search}: {part}");
                }
            }
        }
        let mut body = known.clone();
        body["action"]["properties"] = json!({"level": "VIEW", "method": "GET"});
        assert_eq!(ask(&app, "evaluation", body).await, json!({"decision": true}));
    }

    async fn permissions_on_the_account_come_from_admin_roles(app: TestApp) {
        let ann = app.users(["ann@acme.example"]).await.remove(0);
        let bot = app.bot("Travel").await;
        let ids = roles(&app, "admin", &[("Host", json!({"Invite": "YES", "Manage Users": "NO"}))]).await;
        assign(&app, &ids["Host"], None, "addUsers", &ann.email).await;
        let account = json!({"type": "account", "id": app.tenant.account.account_id});
        let may = async |name: &str, level: &str, resource: &Value| {
            let action = json!({"name": name, "properties": {"level": level}});
            let body = json!({"subject": subject(&ann), "action": action, "resource": resource});
            ask(&app, "evaluation", body).await["decision"] == true
        };
        assert!(may("Invite", "YES", &account).await && may("Invite", "VIEW", &account).await);
        assert!(!may("Manage Users", "YES", &account).await);
        assert!(!may("Invite", "YES", &resource(&bot)).await, "a role on the account is none on its bots");
        let found = ask(&app, "search/resource", json!({"subject": subject(&ann), "action": {"name": "Invite"}, "resource": {"type": "account"}})).await;
        assert_eq!(found["results"], json!([account]));
        let found = ask(&app, "search/subject", json!({"subject": {"type": "user"}, "action": {"name": "Invite"}, "resource": account})).await;
        assert_eq!(found["page"]["count"], 2, "the owner and Ann: {found}");
        let found = ask(&app, "search/action", json!({"subject": subject(&ann), "resource": account})).await;
        assert_eq!(found["results"], json!([{"name": "Invite", "properties": {"level": "YES"}}]));
    }
}
