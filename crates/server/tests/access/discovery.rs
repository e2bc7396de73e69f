//! Where to ask, and the proof that it was this server that said so.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    public_url::PublicUrl,
};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

const PATH: &str = "/.well-known/authzen-configuration";
/// 2026-01-05T09:00:00Z, when tests happen, in seconds.
const NOW_S: i64 = 1_767_603_600;

fn part(jwt: &str, nth: usize) -> Value {
    let part = jwt.split('.').nth(nth).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

each_engine! {
    async fn a_server_that_knows_its_name_tells_where_to_ask(app: TestApp) {
        let mut app = app;
        let core = Arc::clone(&app.server.core);
        let public_url = PublicUrl::parse("https://rolecall.example/").ok();
        app.server = Arc::new(Server { public_url, ..Server::new(core, Limits::new(Profile::Off)) });
        let get = |path: &str| Request::new(Method::GET, path);
        // Whatever a request says of where it went, no address is made of it.
        let reply = app.send(get(PATH).header("host", "evil.example").header("x-forwarded-host", "evil.example")).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["content-type"], "application/json");
        assert_eq!(reply.headers["cache-control"], "public, max-age=300");
        let mut told = reply.json();
        let signed = told.as_object_mut().expect("an object").remove("signed_metadata").expect("it is signed");
        let base = "https://rolecall.example";
        assert_eq!(told, json!({
            "policy_decision_point": base,
            "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
            "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
            "search_subject_endpoint": format!("{base}/access/v1/search/subject"),
            "search_resource_endpoint": format!("{base}/access/v1/search/resource"),
            "search_action_endpoint": format!("{base}/access/v1/search/action"),
        }));

        let signed = signed.as_str().expect("a text");
        let keys = app.send(get("/.well-known/jwks.json")).await.json();
        let key = &keys["keys"][0];
        assert_eq!(part(signed, 0), json!({"alg": "EdDSA", "kid": key["kid"], "typ": "JWT"}));
        let mut claims = part(signed, 1);
        let times = claims.as_object_mut().map(|claims| (claims.remove("iss"), claims.remove("iat"), claims.remove("exp")));
        assert_eq!(times, Some((Some(json!(base)), Some(json!(NOW_S)), Some(json!(NOW_S + 86_400)))));
        assert_eq!(claims, told, "the claims are what is told, and hold no signed_metadata themselves");
        let (message, signature) = signed.rsplit_once('.').expect("a signature");
        let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().expect("a key")).expect("base64url");
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, public);
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        public.verify(message.as_bytes(), &signature).expect("the signature holds");
        // Each address is one that answers.
        for url in told.as_object().expect("an object").values().skip(1) {
            let path = url.as_str().and_then(|url| url.strip_prefix(base)).expect("an address of this server");
            let reply = app.send(Request::new(Method::POST, path).token(&app.tenant.token).json(&json!({}))).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        }
    }

    async fn a_server_without_a_name_says_so(app: TestApp) {
        let reply = app.send(Request::new(Method::GET, PATH).header("host", "rolecall.example")).await;
        assert_eq!(reply.shown(), "404\nthis server has no public URL: its operator sets public_url");
        let below = app.send(Request::new(Method::GET, &format!("{PATH}/tenant1"))).await;
        assert_eq!(below.shown(), "404\nno call has this path");
    }
}
