use axum::http::{Method, StatusCode};
use rolecall_control::erasure;
use rolecall_model::erasure::{Outcome, State};
use rolecall_store::{
    Meter,
    erasures::{
        requests,
        work::{self, ResultRow},
    },
};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const PATH: &str = "/api/public/bot/eraseUsersData";

/// Asks for an erasure; its id.
async fn asked(app: &TestApp, user_ids: Value) -> String {
    let reply = app.delete(PATH, json!({"userIds": user_ids, "RemoveDataFromAllBots": true})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()["requestId"].as_str().expect("an id").to_owned()
}

async fn status(app: &TestApp, id: &str) -> Reply {
    app.get(&format!("{PATH}/status/{id}")).await
}

/// What a worker writes when it ends: how each person fared, in order, with what was found of them
/// in the store `chat`.
async fn ended(app: &TestApp, id: &str, outcomes: &[(Outcome, &str, [i64; 5])]) {
    let ctx = app.operator();
    let mut tx = ctx.core.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    let request = requests::find(&mut tx, ctx.account, id).await.expect("an answer").expect("the request");
    let job = work::job(&mut tx, ctx.account, request.no).await.expect("an answer").expect("the request");
    let (mut told, mut rows) = (Vec::new(), Vec::new());
    for ((outcome, cause, [found, erased, masked, quarantined, refound]), ordinal) in outcomes.iter().zip(0..) {
        told.push((ordinal, *outcome, (*cause).to_owned()));
        if *outcome != Outcome::Refused {
            rows.push(ResultRow {
                ordinal,
                store: "chat".to_owned(),
                outcome: *outcome,
                cause: String::new(),
                n_found: *found,
                n_erased: *erased,
                n_masked: *masked,
                n_quarantined: *quarantined,
                n_refound: *refound,
            });
        }
    }
    work::set_outcomes(&mut tx, &job, &told).await.expect("they are kept");
    work::add_results(&mut tx, &job, &rows).await.expect("they are kept");
    work::set_state(&mut tx, &job, State::Verifying, "", ctx.now()).await.expect("it is kept");
    work::end(&mut tx, &job, ctx.now()).await.expect("it ends");
    tx.commit().await.expect("it is kept");
}

/// All keys of all objects, however deep.
fn keys<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.push(key);
            keys(value, found);
        }),
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

each_engine! {
    async fn an_erasure_is_accepted_and_its_status_told(app: TestApp) {
        let bot = app.bot("Travel").await;
        let body = json!({"userIds": ["u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7", {"channel_id": "whatsapp", "channel_user_id": "4711"}],
                          "botIds": [bot.id], "RemoveDataFromAllBots": false});
        let accepted = app.delete(PATH, body).await;
        let id = accepted.json()["requestId"].as_str().expect("an id").to_owned();
        app.clock.advance_ms(420);
        insta::assert_snapshot!("an_erasure", format!("{}\n{}", accepted.shown(), status(&app, &id).await.shown()));
    }

    async fn every_outcome_has_its_word(app: TestApp) {
        app.users(["member@acme.example"]).await;
        let id = asked(&app, json!(["erased", "absent", "member@acme.example", "held", "partial", "failed", "odd", "waiting"])).await;
        app.clock.advance_ms(420);
        ended(&app, &id, &[
            (Outcome::Erased, "", [7, 2, 5, 0, 0]),
            (Outcome::NotFound, "", [0; 5]),
            (Outcome::Refused, "account_member", [0; 5]),
            (Outcome::Held, "", [0; 5]),
            (Outcome::Partial, "quarantined", [3, 2, 0, 1, 1]),
            (Outcome::Failed, "unreachable", [0; 5]),
            (Outcome::Failed, "a_new_word", [0; 5]),
            (Outcome::Pending, "", [4, 1, 0, 0, 0]),
        ]).await;
        let reply = status(&app, &id).await;
        insta::assert_snapshot!("every_outcome", reply.shown());
        let answer = reply.json();
        let told: Vec<_> = answer["response"].as_array().expect("people").iter()
            .map(|person| (person["outcome"].as_str().expect("a word"), person["status"].as_str().expect("a word"))).collect();
        assert_eq!(told, [
            ("erased", "SUCCESS"), ("not_found", "SUCCESS"), ("refused", "FAILED"), ("held", "IN_PROGRESS"),
            ("partial", "FAILED"), ("failed", "FAILED"), ("failed", "FAILED"), ("pending", "IN_PROGRESS"),
        ]);
    }

    async fn scripts_that_search_an_answer_for_the_vendors_keys_find_no_others(app: TestApp) {
        let id = asked(&app, json!(["erased", "partial", "owner@acme.example"])).await;
        ended(&app, &id, &[
            (Outcome::Erased, "", [1, 1, 0, 0, 0]),
            (Outcome::Partial, "quarantined", [1, 0, 0, 1, 0]),
            (Outcome::Refused, "account_owner", [0; 5]),
        ]).await;
        let answer = status(&app, &id).await.json();
        let mut found = Vec::new();
        keys(&answer, &mut found);
        assert_eq!(found.iter().filter(|key| **key == "status").count(), 3, "one for each person and no other: {answer}");
        for trap in ["reason", "msg", "code", "emailId", "errors"] {
            assert!(!found.contains(&trap), "{trap} is in {answer}");
        }
    }

    async fn each_rule_that_protects_somebody_is_told_and_the_others_go_on(app: TestApp) {
        app.users(["developer@acme.example", "member@acme.example", "lead@acme.example", "inner@acme.example"]).await;
        let bot = app.bot("Travel").await;
        let owned = rolecall_control::bots::NewBot { owner: Some("lead@acme.example".to_owned()), ..rolecall_control::bots::NewBot::named("Led") };
        rolecall_control::bots::create(&app.operator(), &owned).await.expect("a bot");
        let roles = app.get("/api/public/roles?roleType=bot").await.json();
        let assign = json!([{"roleId": roles["roles"][1]["_id"], "botId": bot.id, "addUsers": ["developer@acme.example"]}]);
        assert_eq!(app.post("/api/public/btroles/assignments", assign).await.status, StatusCode::OK);

        let id = asked(&app, json!(["Owner@acme.example", "lead@acme.example", "developer@acme.example", "EMP-member", "guest@x.example"])).await;
        let reply = status(&app, &id).await;
        insta::assert_snapshot!("each_rule", reply.shown());
        assert_eq!(reply.json()["response"][4]["outcome"], "pending");
    }

    async fn a_call_of_the_wrong_form_is_told_place_by_place(app: TestApp) {
        let bot = app.bot("Travel").await;
        let mut told = Vec::new();
        for body in [
            json!([]),
            json!({}),
            json!({"userIds": [], "RemoveDataFromAllBots": true}),
            json!({"userIds": "ana", "RemoveDataFromAllBots": true}),
            json!({"userIds": ["ana"]}),
            json!({"userIds": ["ana"], "botIds": [""], "RemoveDataFromAllBots": false}),
            json!({"userIds": ["ana"], "botIds": "all"}),
            json!({"userIds": ["ana"], "botIds": [7]}),
            json!({"userIds": ["ana"], "RemoveDataFromAllBots": "true"}),
            json!({"userIds": [" ", 7, null, {"channel_id": "x"}], "RemoveDataFromAllBots": true}),
            json!({"userIds": vec!["ana"; 1_001], "RemoveDataFromAllBots": true}),
            json!({"userIds": ["ana"], "botIds": [bot.id, "st-nobodys"]}),
        ] {
            let reply = app.delete(PATH, body.clone()).await;
            let shown = body.to_string().chars().take(100).collect::<String>().replace(&bot.id, "<bot>");
            told.push(format!("{shown}\n{}", reply.shown()));
        }
        insta::assert_snapshot!("wrong_forms", told.join("\n\n"));
    }

    async fn with_the_flag_the_bots_do_not_matter(app: TestApp) {
        for bots in [json!([]), json!(["st-nobodys"]), json!("none"), Value::Null] {
            let body = json!({"userIds": ["ana"], "botIds": bots, "RemoveDataFromAllBots": true});
            assert_eq!(app.delete(PATH, body).await.status, StatusCode::OK);
        }
    }

    async fn a_post_does_the_same_with_or_without_an_overridden_method(app: TestApp) {
        let body = json!({"userIds": ["ana"], "RemoveDataFromAllBots": true});
        let post = || Request::new(Method::POST, PATH).token(&app.tenant.token).json(&body);
        for request in [post(), post().header("x-http-method-override", "DELETE")] {
            let reply = app.send(request).await;
            assert_eq!((reply.status, &reply.json()["status"]), (StatusCode::OK, &json!("in-progress")));
            assert_eq!(status(&app, reply.json()["requestId"].as_str().expect("an id")).await.status, StatusCode::OK);
        }
    }

    async fn an_unknown_request_is_told_alike_whoever_has_it(app: TestApp) {
        let other = app.another_tenant().await;
        let body = json!({"userIds": ["ana"], "RemoveDataFromAllBots": true});
        let theirs = app.send(Request::new(Method::DELETE, PATH).token(&other.token).json(&body)).await.json();
        let theirs = theirs["requestId"].as_str().expect("an id").to_owned();
        let unknown = "400\n{\"errors\":[{\"msg\":\"Invalid request ID\",\"code\":400,\"detail\":\"the account has no erasure with this id\"}]}";
        for id in [theirs.as_str(), "eud-123", "%00", "%ff", "a%2Fb", &"9".repeat(2_000)] {
            assert_eq!(status(&app, id).await.shown(), unknown, "{id}");
        }
    }

    async fn whoever_was_called_off_has_failed(app: TestApp) {
        let id = asked(&app, json!(["ana@x.example", "owner@acme.example"])).await;
        erasure::cancel(&app.operator(), &id).await.expect("it has not begun");
        insta::assert_snapshot!("called_off", status(&app, &id).await.shown());
    }

    async fn thirty_days_after_the_end_nobody_knows_any_more_who_it_was(app: TestApp) {
        let id = asked(&app, json!(["ana@x.example"])).await;
        ended(&app, &id, &[(Outcome::Erased, "", [1, 1, 0, 0, 0])]).await;
        app.clock.advance_ms(erasure::KEPT_FOR_MS);
        assert_eq!(erasure::forget_old(&app.server.core).await.expect("it is forgotten"), 1);
        let answer = status(&app, &id).await.json();
        assert_eq!((&answer["response"][0]["userId"], &answer["response"][0]["status"]), (&json!(""), &json!("SUCCESS")));
    }
}
