//! What is told of errors, in the language of who asks: `/api/v1` by `Accept-Language` or by the choice made in the
//! console, the console alike, and the vendor's door in English whatever is asked for.

use std::num::NonZeroU32;

use axum::http::Method;
use rolecall_server::auth::limits::Profile;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const LANGUAGES: [&str; 3] = ["en", "ko", "ja"];

fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Sends what `make` makes in each language, and tells all that was answered. Everything but what people read
/// is the same in each.
async fn in_each_language(app: &TestApp, told: &mut String, name: &str, make: impl Fn() -> Request) {
    let mut first: Option<Value> = None;
    told.extend(["# ", name, "\n"]);
    for language in LANGUAGES {
        let reply = app.send(make().header("accept-language", language)).await;
        assert_eq!(header(&reply, "content-type"), "application/problem+json", "{name}: {}", reply.body);
        assert_eq!(header(&reply, "content-language"), language, "{name}");
        assert!(header(&reply, "vary").starts_with("accept-language"), "{name}");
        let problem = reply.json();
        let first = first.get_or_insert_with(|| problem.clone());
        let pointers = |problem: &Value| {
            let errors = problem["errors"].as_array().cloned().unwrap_or_default();
            errors.iter().map(|error| error["pointer"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((&first["type"], &first["status"]), (&problem["type"], &problem["status"]), "{name}");
        assert_eq!(pointers(first), pointers(&problem), "{name}");
        if language == "en" {
            told.extend([&problem["status"].to_string(), " ", problem["type"].as_str().expect("a type"), "\n"]);
        } else {
            assert_ne!(first["title"], problem["title"], "{name}");
            assert_ne!(first["detail"], problem["detail"], "{name}");
        }
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        told.extend([language, ": ", &text(&problem["title"]), " | ", &text(&problem["detail"]), "\n"]);
        for error in problem["errors"].as_array().into_iter().flatten() {
            told.extend(["    ", &text(&error["pointer"]), ": ", &text(&error["detail"]), "\n"]);
        }
    }
    told.push('\n');
}

each_engine! {
    async fn each_kind_of_problem_is_told_in_each_language(app: TestApp) {
        let token = app.tenant.token.clone();
        let by = |method: Method, path: &str| Request::new(method, path).token(&token);
        let group = app.group("Care", &[]).await;
        let master = app.role(rolecall_model::role::RoleType::Admin, "admin").await;
        let path = format!("/api/v1/groups/{}", group.id);
        let weak = app.app_token(rolecall_model::app::Kind::Admin, &[]).await;
        let (told, app) = (&mut String::new(), &app);

        in_each_language(app, told, "no such path", || by(Method::GET, "/api/v1/nowhere")).await;
        in_each_language(app, told, "no such method", || by(Method::PUT, "/api/v1/groups")).await;
        in_each_language(app, told, "no token", || Request::new(Method::GET, "/api/v1/groups")).await;
        in_each_language(app, told, "a token that is none", || Request::new(Method::GET, "/api/v1/groups").token("x.y")).await;
        in_each_language(app, told, "no scope", || Request::new(Method::GET, "/api/v1/groups").token(&weak)).await;
        in_each_language(app, told, "no such thing", || by(Method::GET, "/api/v1/groups/g-0")).await;
        in_each_language(app, told, "a bad parameter", || by(Method::GET, "/api/v1/groups?limit=0")).await;
        in_each_language(app, told, "a parameter twice", || by(Method::GET, "/api/v1/groups?limit=1&limit=2")).await;
        in_each_language(app, told, "no cursor", || by(Method::GET, "/api/v1/groups?cursor=zzz")).await;
        in_each_language(app, told, "no time", || by(Method::GET, "/api/v1/assignments?at=tomorrow")).await;
        in_each_language(app, told, "the future", || by(Method::GET, "/api/v1/assignments?at=2099-01-01")).await;
        in_each_language(app, told, "no event", || by(Method::GET, "/api/v1/audit?event=RolCreated")).await;

        let post = |path: &str, body: &str| by(Method::POST, path).bytes(body.as_bytes().to_vec());
        in_each_language(app, told, "no UTF-8", || by(Method::POST, "/api/v1/groups").bytes(b"[\"\xff\"]".to_vec())).await;
        in_each_language(app, told, "half a document", || post("/api/v1/groups", "{\"name\":")).await;
        in_each_language(app, told, "no JSON", || post("/api/v1/groups", "{name: 1}")).await;
        in_each_language(app, told, "a key twice", || post("/api/v1/groups", "{\"a\":1,\"a\":2}")).await;
        in_each_language(app, told, "another kind of value", || post("/api/v1/groups", "[]")).await;
        in_each_language(app, told, "many mistakes", || {
            post("/api/v1/groups", &json!({"name": "\u{202e}x", "description": 3, "nme": "x"}).to_string())
        }).await;
        in_each_language(app, told, "levels that there are not", || {
            let body = json!({"name": "R", "roleType": "bot", "permissions": {"Tasks": "SOME"}});
            post("/api/v1/roles", &body.to_string())
        }).await;
        in_each_language(app, told, "too large", || by(Method::POST, "/api/v1/groups").bytes(vec![b' '; 9 << 20])).await;

        in_each_language(app, told, "taken", || post("/api/v1/groups", "{\"name\":\"CARE\"}")).await;
        in_each_language(app, told, "unknown members", || {
            let body = json!({"add": [{"userId": "u-0"}, {"groupName": "None"}], "remove": [{"emailId": "x@y"}]});
            post(&format!("{path}/members"), &body.to_string())
        }).await;
        in_each_language(app, told, "a circle", || {
            post(&format!("{path}/members"), &json!({"add": [{"groupName": "Care"}]}).to_string())
        }).await;
        in_each_language(app, told, "no version", || by(Method::PATCH, &path).json(&json!({"name": "x"}))).await;
        in_each_language(app, told, "no version that could be", || {
            by(Method::PATCH, &path).header("if-match", "care").json(&json!({"name": "x"}))
        }).await;
        in_each_language(app, told, "an old version", || {
            by(Method::PATCH, &path).header("if-match", "\"0\"").json(&json!({"name": "x"}))
        }).await;
        in_each_language(app, told, "a built-in role", || {
            by(Method::DELETE, &format!("/api/v1/roles/{}", master.id)).header("if-match", "*")
        }).await;

        in_each_language(app, told, "no idempotency key", || {
            post("/api/v1/groups", "{\"name\":\"Oslo\"}").header("idempotency-key", "")
        }).await;
        let once = app.send(post("/api/v1/groups", "{\"name\":\"Oslo\"}").header("idempotency-key", "k")).await;
        assert_eq!(once.status.as_u16(), 201, "{}", once.body);
        in_each_language(app, told, "another call's key", || {
            post("/api/v1/groups", "{\"name\":\"Bergen\"}").header("idempotency-key", "k")
        }).await;
        in_each_language(app, told, "no key of an app", || {
            let body = json!({"name": "A", "scopes": [], "algorithm": "RS256", "publicKey": "-----BEGIN PRIVATE KEY-----"});
            post("/api/v1/apps", &body.to_string())
        }).await;
        in_each_language(app, told, "no algorithm", || {
            post("/api/v1/apps", &json!({"name": "A", "scopes": ["x"], "algorithm": "none"}).to_string())
        }).await;
        in_each_language(app, told, "nobody to erase", || {
            post("/api/v1/erasures/preview", &json!({"userIds": [], "RemoveDataFromAllBots": true}).to_string())
        }).await;
        in_each_language(app, told, "no data map", || {
            post("/api/v1/erasures/preview", &json!({"userIds": ["u1"], "RemoveDataFromAllBots": true}).to_string())
        }).await;
        insta::assert_snapshot!("each_kind", told);
    }

    async fn a_person_is_told_in_the_language_chosen_in_the_console_and_an_app_in_the_one_it_asks_for(app: TestApp) {
        app.admin("ann@acme.example", &["Manage Groups"]).await;
        let ann = app.sign_in("ann@acme.example").await;
        let mut told = String::new();
        let roles = "/api/v1/roles";
        in_each_language(&app, &mut told, "no permission", || Request::new(Method::POST, roles).json(&json!({})).person(&ann)).await;
        in_each_language(&app, &mut told, "from elsewhere", || {
            Request::new(Method::POST, roles).json(&json!({})).header("cookie", &ann.cookie).header("sec-fetch-site", "cross-site")
        }).await;
        in_each_language(&app, &mut told, "no session", || {
            Request::new(Method::GET, roles).header("cookie", "__Host-rolecall=x")
        }).await;
        insta::assert_snapshot!("a_person", told);

        let look = "__Host-rolecall-look=ja.dark";
        let asks = |request: Request| request.header("cookie", look).header("accept-language", "ko");
        let reply = app.send(asks(Request::new(Method::POST, roles).json(&json!({})).person(&ann))).await;
        assert_eq!((header(&reply, "content-language"), header(&reply, "vary")), ("ja", "accept-language, cookie"));
        let reply = app.send(asks(Request::new(Method::GET, "/api/v1/nowhere").token(&app.tenant.token))).await;
        assert_eq!((header(&reply, "content-language"), header(&reply, "vary")), ("ko", "accept-language"));
    }

    async fn the_language_is_the_one_wanted_most_and_english_where_there_is_none(app: TestApp) {
        for (asked, language) in [
            ("ko-KR", "ko"),
            ("ja-JP, ko;q=0.9", "ja"),
            ("ko;q=0.2, ja;q=0.8", "ja"),
            ("fr, de;q=0.5", "en"),
            ("fr, ko;q=0.1", "ko"),
            ("*", "en"),
            ("ko;q=0, *", "en"),
            ("ja;q=0.1, *;q=0.9", "en"),
            ("", "en"),
            ("ko;q=high", "en"),
            ("ko;q=7", "en"),
            (";;q=,,", "en"),
            ("korean", "en"),
        ] {
            let reply = app.send(Request::new(Method::GET, "/api/v1/nowhere").header("accept-language", asked)).await;
            assert_eq!(header(&reply, "content-language"), language, "{asked:?}");
        }
        let reply = app.get("/api/v1/nowhere").await;
        assert_eq!(header(&reply, "content-language"), "en", "who asks for none");
        let bytes = Request::new(Method::GET, "/api/v1/nowhere").header("accept-language", "fr").header("accept-language", "ja");
        assert_eq!(header(&app.send(bytes).await, "content-language"), "ja", "two headers are one list");
    }

    async fn the_limit_is_told_in_each_language(app: TestApp) {
        let mut app = app;
        app.another_node(Profile::PerMinute(NonZeroU32::MIN)).await;
        assert_eq!(app.get("/api/v1/groups").await.status.as_u16(), 200);
        let token = app.tenant.token.clone();
        let mut told = String::new();
        in_each_language(&app, &mut told, "too many", || Request::new(Method::GET, "/api/v1/groups").token(&token)).await;
        insta::assert_snapshot!("too_many", told);
    }

    async fn other_doors_speak_english_whatever_is_asked_for(app: TestApp) {
        let token = app.tenant.token.clone();
        let calls: [fn() -> Request; 4] = [
            || Request::new(Method::GET, "/api/public/roles?roleType=x"),
            || Request::new(Method::GET, "/api/public/nowhere"),
            || Request::new(Method::POST, "/api/public/btroles/assignments").bytes(b"{".to_vec()),
            || Request::new(Method::POST, "/access/v1/evaluation").json(&json!({})),
        ];
        for call in calls {
            let plain = app.send(call().token(&token)).await;
            assert!(plain.status.is_client_error(), "{}", plain.body);
            let asked = app.send(call().token(&token).header("accept-language", "ko")).await;
            assert_eq!((plain.status, &plain.bytes), (asked.status, &asked.bytes));
            assert!(asked.headers.get("content-language").is_none());
        }
    }

    async fn the_console_tells_what_exactly_is_wrong_in_the_readers_language(app: TestApp) {
        let owner = app.sign_in("owner@acme.example").await;
        app.group("Care", &[]).await;
        let mut told = String::new();
        for language in LANGUAGES {
            for name in ["care", ""] {
                let form = Request::form("/console/groups", &[("name", name)]).person(&owner);
                let reply = app.send(form.header("accept-language", language)).await;
                let (_, after) = reply.body.split_once("<ul class=\"faults\">").expect("a list of faults");
                let (list, _) = after.split_once("</ul>").expect("its end");
                told.extend([language, list, "\n"]);
            }
        }
        insta::assert_snapshot!("console", told);
    }
}
