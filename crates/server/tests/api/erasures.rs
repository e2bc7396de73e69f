//! `/api/v1/erasures`, over HTTP, on the sample company and its chat.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use rolecall_erasure::receipt::{self, PublicKeys};
use rolecall_model::erasure::Outcome;
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    callbacks::Hosts,
    demo::{self, Company},
    kore::request::MAX_BODY_BYTES,
};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const ERASURES: &str = "/api/v1/erasures";

/// The sample company with its chat.
async fn company(app: &TestApp) -> Company {
    let company = demo::company(&app.server.core).await.expect("the company can be made");
    demo::chat(&company, &app.db.dir.path().join("chat.db"), None).await.expect("the chat can be made");
    company
}

async fn post(app: &TestApp, company: &Company, path: &str, body: &Value) -> Reply {
    app.send(Request::new(Method::POST, path).token(&company.token).json(body)).await
}

async fn get(app: &TestApp, company: &Company, path: &str) -> Reply {
    app.send(Request::new(Method::GET, path).token(&company.token)).await
}

/// Asks for an erasure; its id.
async fn ask(app: &TestApp, company: &Company, body: &Value) -> String {
    let reply = post(app, company, ERASURES, body).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    reply.json()["requestId"].as_str().expect("an id").to_owned()
}

async fn work(app: &TestApp) {
    while app.server.engine.work_one().await.expect("the work is done") {}
}

fn nora() -> Value {
    json!({"userIds": ["nora.berg@guest.example"], "RemoveDataFromAllBots": true})
}

each_engine! {
    async fn a_request_goes_from_preview_to_a_receipt_that_verifies(app: TestApp) {
        let company = company(&app).await;
        let preview = post(&app, &company, "/api/v1/erasures/preview", &nora()).await.json();
        let mut wish = nora();
        wish["planHash"] = preview["planHash"].clone();
        wish["grounds"] = json!("Consent withdrawn");
        let reply = post(&app, &company, ERASURES, &wish).await;
        let id = reply.json()["requestId"].as_str().expect("an id").to_owned();
        assert_eq!(reply.headers["location"], format!("{ERASURES}/{id}"));
        work(&app).await;

        let told = get(&app, &company, &format!("{ERASURES}/{id}")).await.json();
        assert_eq!((&told["state"], &told["subjects"][0]["outcome"]), (&json!("done"), &json!("erased")), "{told}");
        let previewed: u64 = preview["subjects"][0]["stores"][0]["collections"]
            .as_array()
            .expect("collections")
            .iter()
            .map(|collection| collection["rows"].as_u64().expect("a number"))
            .sum();
        assert_eq!(told["subjects"][0]["stores"][0]["found"], previewed);

        let fetched = get(&app, &company, told["receipt"].as_str().expect("its place")).await;
        assert_eq!((fetched.status, &fetched.headers["content-type"]), (StatusCode::OK, &"application/jose".parse().expect("a value")));
        let keys = app.send(Request::new(Method::GET, "/.well-known/jwks.json")).await.body;
        let verified = receipt::verify(&fetched.body, &PublicKeys::parse(&keys).expect("keys")).expect("it holds");
        assert_eq!(verified.receipt.request, id);
        assert_eq!(verified.receipt.grounds, "Consent withdrawn");
        assert_eq!(verified.receipt.plan_hash, preview["planHash"]);
        assert_eq!(verified.receipt.subjects[0].outcome, Outcome::Erased);
        assert!(verified.receipt.subjects[0].stores[0].backups_expire_by.is_some());
        assert!(!format!("{:?}", verified.receipt).contains("nora"), "a receipt names nobody");

        let gone = post(&app, &company, "/api/v1/erasures/preview", &nora()).await.json();
        assert_eq!(gone["subjects"][0]["stores"], json!([]));
    }

    async fn every_wrong_place_of_a_body_is_told(app: TestApp) {
        let company = company(&app).await;
        for (name, body) in [
            ("nothing", json!({})),
            ("no_object", json!(["nora.berg@guest.example"])),
            ("nobody", json!({"userIds": [], "RemoveDataFromAllBots": true})),
            ("too_many", json!({"userIds": vec!["a"; 1_001], "RemoveDataFromAllBots": true})),
            ("types", json!({"userIds": ["a", "", 7, {"channel_id": "x"}, {"x": 1}], "botIds": [7], "RemoveDataFromAllBots": "yes"})),
            ("further", json!({
                "userIds": ["a"], "RemoveDataFromAllBots": true, "planHash": "ab", "notBefore": "tomorrow",
                "grounds": "g".repeat(501), "callbackUrl": "http://169.254.169.254/",
            })),
            ("misspelt", json!({"userids": ["a"], "removeDataFromAllBots": true, "not_before": "2026-01-31"})),
            ("too_late", json!({"userIds": ["a"], "RemoveDataFromAllBots": true, "notBefore": "2036-01-31"})),
        ] {
            let reply = post(&app, &company, ERASURES, &body).await;
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            insta::assert_snapshot!(format!("wrong_{name}"), reply.shown());
        }
        let broken = Request::new(Method::POST, ERASURES).token(&company.token).bytes(b"{\"userIds\":".to_vec());
        insta::assert_snapshot!("wrong_not_json", app.send(broken).await.shown());
        assert_eq!(get(&app, &company, ERASURES).await.json()["total"], 0, "nothing was accepted");
    }

    async fn a_body_over_the_limit_and_a_caller_over_theirs_are_told_as_problems(app: TestApp) {
        let mut app = app;
        let company = company(&app).await;
        let big = Request::new(Method::POST, ERASURES).token(&company.token).bytes(vec![b' '; MAX_BODY_BYTES + 1]);
        insta::assert_snapshot!("too_large", app.send(big).await.shown());
        let limit = Profile::PerMinute(1.try_into().expect("not zero"));
        app.server = Arc::new(Server::new(Arc::clone(&app.server.core), Limits::new(limit)));
        assert_eq!(get(&app, &company, ERASURES).await.status, StatusCode::OK);
        let refused = get(&app, &company, ERASURES).await;
        assert!(refused.headers.contains_key("retry-after"));
        insta::assert_snapshot!("too_many_calls", refused.shown());
    }

    async fn without_a_data_map_or_a_store_a_preview_says_so(app: TestApp) {
        let company = demo::company(&app.server.core).await.expect("the company can be made");
        let preview = async || post(&app, &company, "/api/v1/erasures/preview", &nora()).await;
        insta::assert_snapshot!("preview_no_map", preview().await.shown());
        demo::chat(&company, &app.db.dir.path().join("chat.db"), Some("env:ROLECALL_NO_SUCH_VARIABLE")).await.expect("a map");
        let away = preview().await;
        assert!(away.headers.contains_key("retry-after"));
        insta::assert_snapshot!("preview_away", away.shown());
    }

    async fn a_list_is_paged_and_told_by_state(app: TestApp) {
        let company = company(&app).await;
        let mut ids = Vec::new();
        for guest in ["nora.berg@guest.example", "ida.lindqvist@guest.example", "pedro.alonso@guest.example"] {
            ids.insert(0, ask(&app, &company, &json!({"userIds": [guest], "RemoveDataFromAllBots": true})).await);
        }
        post(&app, &company, &format!("{ERASURES}/{}/cancel", ids[1]), &Value::Null).await;
        let mut listed = Vec::new();
        let mut path = format!("{ERASURES}?limit=2");
        loop {
            let page = get(&app, &company, &path).await.json();
            assert_eq!(page["total"], 3);
            listed.extend(page["erasures"].as_array().expect("a page").iter().map(|row| row["requestId"].clone()));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            path = format!("{ERASURES}?limit=2&cursor={cursor}");
        }
        assert_eq!(listed, ids);
        let cancelled = get(&app, &company, &format!("{ERASURES}?state=cancelled")).await.json();
        assert_eq!((&cancelled["total"], &cancelled["erasures"][0]["requestId"]), (&json!(1), &json!(ids[1])));
        let bad = get(&app, &company, &format!("{ERASURES}?cursor=AAAA")).await;
        assert_eq!((bad.status, bad.json()["errors"][0]["pointer"].as_str()), (StatusCode::BAD_REQUEST, Some("cursor")));
    }

    async fn a_hold_keeps_a_person_until_it_is_released(app: TestApp) {
        let company = company(&app).await;
        let hold = post(&app, &company, "/api/v1/holds", &json!({"userIds": ["nora.berg@guest.example"], "reason": "A case"})).await;
        assert_eq!(hold.status, StatusCode::CREATED);
        let place = hold.headers["location"].to_str().expect("a place").to_owned();
        let id = ask(&app, &company, &nora()).await;
        work(&app).await;
        let state = async || get(&app, &company, &format!("{ERASURES}/{id}")).await.json();
        assert_eq!((&state().await["state"], &state().await["subjects"][0]["outcome"]), (&json!("held"), &json!("held")));
        let preview = post(&app, &company, "/api/v1/erasures/preview", &nora()).await.json();
        assert_eq!(preview["subjects"][0]["outcome"], "held");
        let released = app.send(Request::new(Method::DELETE, &place).token(&company.token)).await;
        assert_eq!(released.shown(), "204\n");
        work(&app).await;
        assert_eq!(state().await["subjects"][0]["outcome"], "erased");
    }

    async fn who_asked_is_called_back_at_each_state(app: TestApp) {
        let mut app = app;
        let company = company(&app).await;
        let hosts = Hosts::new(&["hooks.example".to_owned()]);
        let engine = Arc::clone(&app.server.engine);
        let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
        app.server = Arc::new(Server { engine, callback_hosts: hosts, ..server });
        let mut wish = nora();
        wish["callbackUrl"] = json!("https://elsewhere.example/erased");
        insta::assert_snapshot!("callback_elsewhere", post(&app, &company, ERASURES, &wish).await.shown());
        wish["callbackUrl"] = json!("https://hooks.example/erased?by=rolecall");
        ask(&app, &company, &wish).await;
        work(&app).await;
        let mut tx = company.operator().read().await.expect("a transaction");
        let due = rolecall_store::erasures::callbacks::due(&mut tx, app.server.core.clock.now(), 100).await.expect("a list");
        let body: Value = serde_json::from_str(&due[0].body).expect("JSON");
        assert_eq!(body["requestId"], due[0].erasure_id);
        assert!(!due[0].body.contains("nora"), "a call-back names nobody");
    }

    async fn the_metrics_tell_what_is_open_and_name_nobody(app: TestApp) {
        let company = company(&app).await;
        ask(&app, &company, &nora()).await;
        let metrics = async || app.send(Request::new(Method::GET, "/metrics")).await.body;
        let text = metrics().await;
        for line in [r#"rolecall_erasures{state="pending"} 1"#, r#"rolecall_erasures{state="erasing"} 0"#, "rolecall_erasure_workers_busy 0"] {
            assert!(text.lines().any(|told| told == line), "{line} in {text}");
        }
        assert!(!text.contains("nora"));
        work(&app).await;
        assert!(metrics().await.contains(r#"rolecall_erasures{state="pending"} 0"#));
    }
}
