//! `Idempotency-Key`: a call that is sent again, at whatever moment the first was cut off.

use axum::http::{Method, StatusCode};
use rolecall_control::{
    Ctx, Error, Rule, accounts, erasure,
    idempotency::{self, Call, Claim, KEPT_MS, Turn},
};
use rolecall_model::{
    app::{Kind, Scope},
    audit::Actor,
    erasure::Subject,
};
use rolecall_store::Meter;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const HOLDS: &str = "/api/v1/holds";

fn hold() -> Value {
    json!({"userIds": ["guest@else.example"], "reason": "A case at court"})
}

async fn post(app: &TestApp, token: &str, path: &str, key: &str, body: &Value) -> Reply {
    app.send(Request::new(Method::POST, path).token(token).header("idempotency-key", key).json(body)).await
}

async fn place(app: &TestApp, key: &str) -> Reply {
    post(app, &app.tenant.token, HOLDS, key, &hold()).await
}

async fn n_holds(app: &TestApp) -> u64 {
    app.get(HOLDS).await.json()["total"].as_u64().expect("a number")
}

/// The app's own call, claimed as the server claims it, and how far it came.
async fn claimed(app: &TestApp, key: &str) -> (Ctx, Claim) {
    let actor = Actor::App(app.tenant.client_id.clone());
    let ctx = Ctx::new(&app.server.core, app.tenant.account.no, actor, Meter::default());
    let body = hold().to_string();
    let payload = [HOLDS.as_bytes(), body.as_bytes()];
    let call = Call { route: "POST /api/v1/holds", key, payload: &payload, lease_ms: 60_000 };
    let Turn::Yours(claim) = idempotency::claim(&ctx, &call).await.expect("it can be claimed") else {
        unreachable!("nobody has answered it")
    };
    (Ctx { claim: Some(claim.clone()), ..ctx }, claim)
}

async fn carry_out(ctx: &Ctx) -> Result<(), Error> {
    let subjects = [Subject::Plain("guest@else.example".to_owned())];
    erasure::place_hold(ctx, &subjects, "A case at court").await.map(drop)
}

each_engine! {
    async fn a_call_sent_again_is_answered_as_before_and_not_done_again(app: TestApp) {
        let first = place(&app, "8e03978e-40d5-43e6-bc93-6894a57f9324").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
        assert!(!first.headers.contains_key("idempotent-replayed"));
        let before = accounts::get(&app.operator()).await.expect("the account");
        app.clock.advance_ms(KEPT_MS - 1);
        // The key in quotes is the same key.
        let again = place(&app, "\"8e03978e-40d5-43e6-bc93-6894a57f9324\"").await;
        assert_eq!(again.shown(), first.shown());
        for header in ["location", "content-type"] {
            assert_eq!(again.headers[header], first.headers[header]);
        }
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(accounts::get(&app.operator()).await.expect("the account"), before);
        assert_eq!(n_holds(&app).await, 1);

        app.clock.advance_ms(1);
        assert_ne!(place(&app, "8e03978e-40d5-43e6-bc93-6894a57f9324").await.body, first.body, "its day is over");
    }

    async fn a_key_is_of_one_caller_one_route_and_one_call(app: TestApp) {
        let first = place(&app, "k").await;
        let other_call = json!({"userIds": ["guest@else.example"], "reason": "Another case"});
        insta::assert_snapshot!("key_reused", post(&app, &app.tenant.token, HOLDS, "k", &other_call).await.shown());
        insta::assert_snapshot!("key_reused_query", post(&app, &app.tenant.token, "/api/v1/holds?x=1", "k", &hold()).await.shown());

        let other_app = app.app_token(Kind::Admin, &[Scope::DeleteUserData]).await;
        let theirs = post(&app, &other_app, HOLDS, "k", &hold()).await;
        assert_eq!(theirs.status, StatusCode::CREATED);
        assert_ne!(theirs.body, first.body);
        let other_account = app.another_tenant().await;
        assert_eq!(post(&app, &other_account.token, HOLDS, "k", &hold()).await.status, StatusCode::CREATED);
        let cancel = post(&app, &app.tenant.token, "/api/v1/erasures/eud-1/cancel", "k", &json!({})).await;
        assert_eq!(cancel.status, StatusCode::NOT_FOUND, "on another route it is another key");
        assert_eq!(n_holds(&app).await, 2);
    }

    async fn a_key_that_is_none_is_told_and_nothing_is_done(app: TestApp) {
        insta::assert_snapshot!("key_malformed", place(&app, "\"k").await.shown());
        let two = Request::new(Method::POST, HOLDS).token(&app.tenant.token);
        let two = two.header("idempotency-key", "a").header("idempotency-key", "b").json(&hold());
        assert_eq!(app.send(two).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(n_holds(&app).await, 0);
    }

    async fn what_was_refused_does_not_use_the_key_up(app: TestApp) {
        let wrong = json!({"userIds": [], "reason": ""});
        assert_eq!(post(&app, &app.tenant.token, HOLDS, "k", &wrong).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(place(&app, "k").await.status, StatusCode::CREATED);
        for _ in 0..2 {
            let reply = post(&app, &app.tenant.token, "/api/v1/erasures/eud-1/retry", "k", &json!({})).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND);
            assert!(!reply.headers.contains_key("idempotent-replayed"));
        }
    }

    async fn of_many_at_once_one_is_carried_out(app: TestApp) {
        let call = || place(&app, "k");
        let replies: [Reply; 6] = tokio::join!(call(), call(), call(), call(), call(), call()).into();
        assert_eq!(n_holds(&app).await, 1);
        let bodies: std::collections::BTreeSet<&str> =
            replies.iter().filter(|reply| reply.status.is_success()).map(|reply| reply.body.as_str()).collect();
        assert_eq!(bodies.len(), 1, "whoever is told of a success is told of the same");
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            assert_eq!((reply.status, reply.json()["type"].as_str()), (StatusCode::CONFLICT, Some("/problems/key-running")));
        }
    }

    async fn a_call_that_a_crash_cut_off_before_it_changed_anything_is_carried_out(app: TestApp) {
        claimed(&app, "k").await;
        let reply = place(&app, "k").await;
        insta::assert_snapshot!("key_running", reply.shown());
        assert_eq!(reply.headers["retry-after"], "1");
        app.clock.advance_ms(60_000);
        assert_eq!(place(&app, "k").await.status, StatusCode::CREATED);
        assert_eq!(n_holds(&app).await, 1);
    }

    async fn a_call_that_a_crash_cut_off_before_its_answer_is_told_as_done(app: TestApp) {
        let (ctx, _) = claimed(&app, "k").await;
        carry_out(&ctx).await.expect("it is done");
        assert_eq!(place(&app, "k").await.status, StatusCode::CONFLICT, "it may be about to answer");
        app.clock.advance_ms(60_000);
        insta::assert_snapshot!("key_answer_lost", place(&app, "k").await.shown());
        assert_eq!(n_holds(&app).await, 1);
    }

    async fn who_has_lost_the_call_to_another_changes_nothing(app: TestApp) {
        let (ctx, claim) = claimed(&app, "k").await;
        app.clock.advance_ms(60_000);
        let done = place(&app, "k").await;
        assert_eq!(done.status, StatusCode::CREATED);
        let before = accounts::get(&app.operator()).await.expect("the account");
        let refused = carry_out(&ctx).await.expect_err("it is another's");
        assert!(matches!(&refused, Error::Refused(faults) if faults[0].rule == Rule::KeyRunning), "{refused}");
        assert_eq!(accounts::get(&app.operator()).await.expect("the account"), before);
        idempotency::keep(&ctx, &claim, b"a lie").await.expect("it runs");
        idempotency::release(&ctx, &claim).await.expect("it runs");
        assert_eq!(place(&app, "k").await.shown(), done.shown(), "and what it says of it does not count");
    }

    async fn an_answer_too_big_to_keep_is_told_as_done(app: TestApp) {
        let (ctx, claim) = claimed(&app, "k").await;
        carry_out(&ctx).await.expect("it is done");
        idempotency::keep(&ctx, &claim, &vec![b' '; idempotency::MAX_ANSWER_BYTES + 1]).await.expect("it runs");
        let reply = place(&app, "k").await;
        assert_eq!(reply.json()["type"], "/problems/answer-lost", "{}", reply.body);
    }

    async fn an_account_has_so_many_keys_and_those_that_are_over_make_room(app: TestApp) {
        let first = place(&app, "first").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
        // As many more as there may be, all of them of a minute later.
        app.clock.advance_ms(60_000);
        assert_eq!(place(&app, "second").await.status, StatusCode::CREATED);
        let many = format!(
            "INSERT INTO idempotency_keys (account_no, key_hash, payload_hash, claim, lease_until_ms, forget_at_ms, first_seq, answer)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
             SELECT account_no, 'k' || i, payload_hash, claim, lease_until_ms, forget_at_ms, first_seq, answer
             FROM n, idempotency_keys WHERE forget_at_ms = (SELECT MAX(forget_at_ms) FROM idempotency_keys)",
            idempotency::MAX_KEYS - 2,
        );
        app.db.tamper(&many).await;
        let refused = place(&app, "one-more").await;
        insta::assert_snapshot!("too_many_keys", refused.shown());
        assert_eq!(place(&app, "first").await.shown(), first.shown(), "what is remembered is answered as ever");
        let without = app.post("/api/v1/holds", json!({"userIds": ["guest@else.example"], "reason": "A case at court"})).await;
        assert_eq!(without.status, StatusCode::CREATED, "without a key as ever: {}", without.body);
        let other = app.another_tenant().await;
        let request = Request::new(Method::POST, "/api/v1/holds").token(&other.token).header("idempotency-key", "theirs");
        let body = json!({"userIds": ["guest@else.example"], "reason": "A case at court"});
        assert_eq!(app.send(request.json(&body)).await.status, StatusCode::CREATED, "each account has its own");
        let n = n_holds(&app).await;

        // The first one's day is over, and its place is free; but only its.
        app.clock.advance_ms(KEPT_MS - 60_000);
        assert_eq!(place(&app, "one-more").await.status, StatusCode::CREATED);
        assert_eq!(place(&app, "and-another").await.json()["type"], "/problems/too-many-keys");
        assert_eq!(n_holds(&app).await, n + 1, "what was refused was not done");
    }

    async fn answers_lie_sealed_and_go_after_a_day(app: TestApp) {
        let placed = place(&app, "a-key-of-mine").await;
        let id = placed.json()["holdId"].as_str().expect("an id").to_owned();
        let kept = |dump: String| -> Vec<String> {
            dump.lines().filter(|line| line.starts_with("idempotency_keys: ")).map(str::to_owned).collect()
        };
        let rows = kept(app.db.dump().await);
        assert_eq!(rows.len(), 1);
        for told in [&id, "a-key-of-mine", "guest@else", "court", &app.tenant.client_id] {
            assert!(!rows[0].contains(told), "{told} is told in {}", rows[0]);
        }
        app.clock.advance_ms(KEPT_MS);
        assert_eq!(idempotency::forget_old(&app.server.core).await.expect("it runs"), 1);
        assert!(kept(app.db.dump().await).is_empty());
    }
}
