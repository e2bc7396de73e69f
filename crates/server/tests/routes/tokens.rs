//! Tokens that count once, on whichever node, and callers who call too often.

use std::num::NonZeroU32;

use axum::http::{Method, StatusCode};
use rolecall_control::apps::{self, NewApp};
use rolecall_model::app::{Algorithm, Kind, Scope};
use rolecall_server::auth::{key::sign_with_secret, limits::Profile};
use rolecall_testkit::{Request, TestApp, each_engine};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

const ROLES: &str = "/api/public/roles?roleType=bot";
/// 2026-01-05T09:00:00Z, when tests happen, in seconds.
const NOW_S: i64 = 1_767_603_600;

async fn strict_app(app: &TestApp) -> (String, SecretString) {
    let new = NewApp {
        name: "Strict".to_owned(),
        kind: Kind::Admin,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: Scope::ALL.to_vec(),
        bots: Vec::new(),
        enforces_jti: true,
        expires_at: None,
    };
    let made = apps::create(&app.operator(), &new).await.expect("an app can be registered");
    (made.client_id, made.client_secret.expect("HS256 has a secret"))
}

fn signed(secret: &SecretString, claims: &Value) -> String {
    sign_with_secret(Algorithm::Hs256, secret.expose_secret().as_bytes(), claims).expect("HS256 signs")
}

async fn shown(app: &TestApp, token: &str) -> String {
    let reply = app.send(Request::new(Method::GET, ROLES).token(token)).await;
    if reply.status == StatusCode::OK { "200".to_owned() } else { reply.shown() }
}

const REPLAYED: &str = "401\n{\"errors\":[{\"msg\":\"error verifying the jwt: possibly a replay\",\"code\":401}]}";

each_engine! {
    async fn a_token_that_counts_once_counts_once_on_all_nodes_and_after_a_restart(app: TestApp) {
        let mut app = app;
        let (id, secret) = strict_app(&app).await;
        let token = |jti: &str| signed(&secret, &json!({"appId": id, "jti": jti, "exp": NOW_S + 600}));
        assert_eq!(shown(&app, &token("one")).await, "200");
        assert_eq!(shown(&app, &token("one")).await, REPLAYED);
        app.another_node(Profile::Off).await;
        assert_eq!(shown(&app, &token("one")).await, REPLAYED);
        assert_eq!(shown(&app, &token("two")).await, "200");
    }

    async fn of_many_uses_of_one_token_at_once_one_counts(app: TestApp) {
        let (id, secret) = strict_app(&app).await;
        let token = signed(&secret, &json!({"appId": id, "jti": "same", "exp": NOW_S + 600}));
        let (a, b, c, d) = tokio::join!(shown(&app, &token), shown(&app, &token), shown(&app, &token), shown(&app, &token));
        let mut answers = [a, b, c, d];
        answers.sort();
        assert_eq!(answers, ["200", REPLAYED, REPLAYED, REPLAYED]);
    }

    async fn an_app_that_enforces_jti_refuses_tokens_without_one_or_living_too_long(app: TestApp) {
        let (id, secret) = strict_app(&app).await;
        let without = signed(&secret, &json!({"appId": id, "exp": NOW_S + 600}));
        assert_eq!(
            shown(&app, &without).await,
            "401\n{\"errors\":[{\"msg\":\"error verifying the jwt: \\\"jti\\\" claim is required\",\"code\":401}]}"
        );
        for claims in [json!({"appId": id, "jti": "long", "exp": NOW_S + 7_200}), json!({"appId": id, "jti": "endless"})] {
            assert_eq!(
                shown(&app, &signed(&secret, &claims)).await,
                "401\n{\"errors\":[{\"msg\":\"error verifying the jwt: if \\\"jti\\\" claim \\\"exp\\\" must be <= 1 hour(s)\",\"code\":401}]}"
            );
        }
    }

    async fn who_calls_too_often_is_told_when_to_come_back(app: TestApp) {
        let mut app = app;
        app.another_node(Profile::PerMinute(NonZeroU32::new(2).expect("two"))).await;
        for left in ["1", "0"] {
            let reply = app.get(ROLES).await;
            assert_eq!(reply.status, StatusCode::OK);
            assert_eq!(reply.headers["ratelimit-policy"], "\"minute\";q=2;w=60");
            assert!(reply.headers["ratelimit"].to_str().expect("text").starts_with(&format!("\"minute\";r={left};")));
        }
        let reply = app.get(ROLES).await;
        assert_eq!(
            reply.shown(),
            "429\n{\"errors\":[{\"msg\":\"You've exceeded the per-minute rate limit. Please wait for sometime before retrying.\",\"code\":429}]}"
        );
        let seconds: i64 = reply.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        app.clock.advance_ms(seconds * 1_000);
        assert_eq!(app.get(ROLES).await.status, StatusCode::OK);
    }
}
