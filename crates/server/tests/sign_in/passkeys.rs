//! Passkeys, from the questions the console asks to the session.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_testkit::{Authenticator, Reply, Request, SignedIn, TestApp, each_engine};
use serde_json::{Value, json};

use super::at;

/// How an authenticator lies.
type Bend = fn(&mut Authenticator);

const ORIGIN: &str = "https://rolecall.example";

/// Sends what the script sends.
async fn post(app: &TestApp, person: Option<&SignedIn>, path: &str, body: &Value) -> Reply {
    let request = Request::new(Method::POST, path).header("sec-fetch-site", "same-origin").json(body);
    app.send(match person {
        Some(person) => request.person(person),
        None => request,
    })
    .await
}

/// Registers a passkey; what came of it.
async fn make(app: &TestApp, person: &SignedIn, authenticator: &mut Authenticator) -> Reply {
    let asked = post(app, Some(person), "/console/passkeys/new", &json!({})).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let answer = authenticator.make(&asked.json(), "Laptop");
    post(app, Some(person), "/console/passkeys", &answer).await
}

async fn ask(app: &TestApp) -> Value {
    post(app, None, "/console/passkeys/ask", &json!({})).await.json()
}

async fn enter(app: &TestApp, answer: &Value) -> Reply {
    post(app, None, "/console/passkeys/enter", answer).await
}

/// A server at the origin, with a person who has a passkey.
async fn with_passkey(app: TestApp, algorithm: &str) -> (TestApp, SignedIn, Authenticator) {
    let app = at(app, ORIGIN);
    app.users(["ann@acme.example"]).await;
    let person = app.sign_in("ann@acme.example").await;
    let mut authenticator = Authenticator::new(algorithm, ORIGIN);
    let made = make(&app, &person, &mut authenticator).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    (app, person, authenticator)
}

each_engine! {
    async fn a_passkey_of_each_kind_lets_its_person_in(app: TestApp) {
        let mut app = at(app, ORIGIN);
        for algorithm in ["ES256", "EdDSA", "RS256"] {
            let (with, _, mut authenticator) = with_passkey(app, algorithm).await;
            app = with;
            let reply = enter(&app, &authenticator.answer(&ask(&app).await)).await;
            assert_eq!(reply.status, StatusCode::OK, "{algorithm}: {}", reply.body);
            assert_eq!(reply.json(), json!({"next": "/console"}));
            let person = SignedIn { cookie: reply.cookie("__Host-rolecall").expect("a session") };
            let sessions = app.get_as(&person, "/api/v1/sessions").await.json();
            let rows = sessions["sessions"].as_array().expect("rows");
            let own = rows.iter().find(|row| row["isCurrent"] == json!(true)).expect("this one");
            assert_eq!((&sessions["emailId"], &own["methods"]), (&json!("ann@acme.example"), &json!(["passkey"])));
            rolecall_control::users::remove(&app.operator(), &["ann@acme.example".to_owned().into()]).await.expect("removed");
            let gone = enter(&app, &authenticator.answer(&ask(&app).await)).await;
            assert_eq!(gone.status, StatusCode::UNAUTHORIZED, "whoever is gone takes the passkey along");
            app.forget_passwords();
        }
    }

    async fn an_answer_counts_once_and_for_its_own_question(app: TestApp) {
        let (app, _, mut authenticator) = with_passkey(app, "ES256").await;
        let answer = authenticator.answer(&ask(&app).await);
        assert_eq!(enter(&app, &answer).await.status, StatusCode::OK);
        assert_eq!(enter(&app, &answer).await.status, StatusCode::UNAUTHORIZED, "a second time");
        let late = authenticator.answer(&ask(&app).await);
        app.clock.advance_ms(5 * 60_000);
        assert_eq!(enter(&app, &late).await.status, StatusCode::UNAUTHORIZED, "too late");
        let own = authenticator.answer(&json!({"challenge": "bm9ib2R5IGFza2VkIHRoaXM"}));
        assert_eq!(enter(&app, &own).await.status, StatusCode::UNAUTHORIZED, "nobody asked");
    }

    async fn whatever_is_wrong_with_an_answer_nobody_comes_in(app: TestApp) {
        let (app, _, mut own) = with_passkey(app, "ES256").await;
        let mut other = Authenticator::new("ES256", ORIGIN);
        other.credential_id.clone_from(&own.credential_id);
        other.user_handle.clone_from(&own.user_handle);
        assert_eq!(enter(&app, &other.answer(&ask(&app).await)).await.status, StatusCode::UNAUTHORIZED, "another key");
        let bends: [(&str, Bend); 7] = [
            ("another site", |a| "https://evil.example".clone_into(&mut a.origin)),
            ("a neighbour", |a| "https://rolecall.example:8443".clone_into(&mut a.origin)),
            ("bound to another name", |a| "evil.example".clone_into(&mut a.rp_id)),
            ("nobody was there", |a| a.flags = 0b100),
            ("nobody was verified", |a| a.flags = 0b001),
            ("another key's name", |a| a.credential_id = vec![7; 32]),
            ("another person", |a| a.user_handle = b"nobody".to_vec()),
        ];
        for (what, bend) in bends {
            let kept = (own.origin.clone(), own.rp_id.clone(), own.flags, own.credential_id.clone(), own.user_handle.clone());
            bend(&mut own);
            let reply = enter(&app, &own.answer(&ask(&app).await)).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
            assert_eq!(reply.cookie("__Host-rolecall"), None, "{what}");
            (own.origin, own.rp_id, own.flags, own.credential_id, own.user_handle) = kept;
        }
        for (name, value) in [("data", "AAAA"), ("signature", ""), ("clientData", "e30"), ("userHandle", "_w")] {
            let mut answer = own.answer(&ask(&app).await);
            answer[name] = json!(value);
            assert_eq!(enter(&app, &answer).await.status, StatusCode::UNAUTHORIZED, "{name}");
        }
        assert_eq!(enter(&app, &own.answer(&ask(&app).await)).await.status, StatusCode::OK, "and the real one does");
    }

    async fn a_counter_that_does_not_go_up_tells_of_a_copy(app: TestApp) {
        let (app, _, mut authenticator) = with_passkey(app, "ES256").await;
        authenticator.sign_count = Some(8);
        assert_eq!(enter(&app, &authenticator.answer(&ask(&app).await)).await.status, StatusCode::OK);
        for count in [3, 8] {
            authenticator.sign_count = Some(count);
            assert_eq!(enter(&app, &authenticator.answer(&ask(&app).await)).await.status, StatusCode::UNAUTHORIZED);
            authenticator.sign_count = Some(9);
        }
        assert_eq!(enter(&app, &authenticator.answer(&ask(&app).await)).await.status, StatusCode::OK, "ten is more");
    }

    async fn one_that_does_not_count_is_taken_each_time(app: TestApp) {
        let (app, _, mut authenticator) = with_passkey(app, "EdDSA").await;
        authenticator.sign_count = None;
        for _ in 0..2 {
            assert_eq!(enter(&app, &authenticator.answer(&ask(&app).await)).await.status, StatusCode::OK);
        }
    }

    async fn a_registration_is_asked_of_one_session_and_answered_once(app: TestApp) {
        let (app, ann, mut authenticator) = with_passkey(app, "ES256").await;
        let again = make(&app, &ann, &mut authenticator).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it is registered");
        app.users(["eve@acme.example"]).await;
        let eve = app.sign_in("eve@acme.example").await;
        let asked = post(&app, Some(&ann), "/console/passkeys/new", &json!({})).await.json();
        assert_eq!(asked["excludeCredentials"].as_array().map(Vec::len), Some(1));
        let mut key = Authenticator::new("ES256", ORIGIN);
        let answer = key.make(&asked, "Hers");
        assert_eq!(post(&app, Some(&eve), "/console/passkeys", &answer).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(post(&app, Some(&ann), "/console/passkeys", &answer).await.status, StatusCode::UNAUTHORIZED, "used up");
        assert_eq!(post(&app, None, "/console/passkeys/new", &json!({})).await.status, StatusCode::SEE_OTHER);
        app.clock.advance_ms(11 * 60_000);
        let late = post(&app, Some(&ann), "/console/passkeys/new", &json!({})).await;
        assert!(late.location().starts_with("/console/confirm"), "a while after signing in");
    }

    async fn a_passkey_shows_once_more_who_one_is(app: TestApp) {
        let (app, ann, mut authenticator) = with_passkey(app, "ES256").await;
        app.clock.advance_ms(11 * 60_000);
        let asked = post(&app, Some(&ann), "/console/passkeys/ask-again", &json!({})).await.json();
        let answer = authenticator.answer(&asked);
        assert_eq!(enter(&app, &answer).await.status, StatusCode::UNAUTHORIZED, "it was not asked at the door");
        let asked = post(&app, Some(&ann), "/console/passkeys/ask-again", &json!({})).await.json();
        let reply = post(&app, Some(&ann), "/console/passkeys/confirm", &authenticator.answer(&asked)).await;
        let renewed = SignedIn { cookie: reply.cookie("__Host-rolecall").expect("a new token") };
        assert_eq!(post(&app, Some(&renewed), "/console/passkeys/new", &json!({})).await.status, StatusCode::OK);
        assert_eq!(app.get_as(&ann, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED, "the old one is over");
    }

    async fn who_has_several_passkeys_may_show_any_of_them_and_is_asked_for_no_others(app: TestApp) {
        let (app, ann, laptop) = with_passkey(app, "ES256").await;
        let mut phone = Authenticator::new("EdDSA", ORIGIN);
        assert_eq!(make(&app, &ann, &mut phone).await.status, StatusCode::OK);
        app.users(["eve@acme.example"]).await;
        let eve = app.sign_in("eve@acme.example").await;
        let mut hers = Authenticator::new("ES256", ORIGIN);
        assert_eq!(make(&app, &eve, &mut hers).await.status, StatusCode::OK);
        assert_eq!(ask(&app).await["allowCredentials"], json!([]), "who stands at the door is told of no keys");
        let asked = post(&app, Some(&ann), "/console/passkeys/ask-again", &json!({})).await.json();
        let offered = asked["allowCredentials"].as_array().expect("a list").iter();
        let offered: BTreeSet<String> = offered.map(|key| key["id"].as_str().expect("a text").to_owned()).collect();
        let names = [&laptop, &phone].map(|key| URL_SAFE_NO_PAD.encode(&key.credential_id));
        assert_eq!(offered, BTreeSet::from(names));
        let answer = hers.answer(&asked);
        assert_eq!(post(&app, Some(&ann), "/console/passkeys/confirm", &answer).await.status, StatusCode::UNAUTHORIZED);
        for key in [laptop, phone] {
            let mut key = key;
            let person = app.sign_in("ann@acme.example").await;
            let asked = post(&app, Some(&person), "/console/passkeys/ask-again", &json!({})).await.json();
            let reply = post(&app, Some(&person), "/console/passkeys/confirm", &key.answer(&asked)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        }
    }

    async fn a_passkey_is_removed_by_its_person(app: TestApp) {
        let (app, ann, mut authenticator) = with_passkey(app, "ES256").await;
        let page = app.get_as(&ann, "/console/account").await.body;
        let id = page.split("name=\"passkey\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it is listed");
        app.users(["eve@acme.example"]).await;
        let eve = app.sign_in("eve@acme.example").await;
        let others = app.form_as(&eve, "/console/account/passkeys/remove", &[("passkey", id)]).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        let own = app.form_as(&ann, "/console/account/passkeys/remove", &[("passkey", id)]).await;
        assert_eq!(own.status, StatusCode::SEE_OTHER);
        assert_eq!(enter(&app, &authenticator.answer(&ask(&app).await)).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn without_a_name_of_its_own_a_server_takes_no_passkeys(app: TestApp) {
        for app in [app] {
            assert_eq!(post(&app, None, "/console/passkeys/ask", &json!({})).await.status, StatusCode::NOT_FOUND);
            let app = at(app, "http://127.0.0.1:8080");
            assert_eq!(post(&app, None, "/console/passkeys/ask", &json!({})).await.status, StatusCode::NOT_FOUND);
            let page = app.send(Request::new(Method::GET, "/console/sign-in")).await.body;
            assert!(!page.contains("data-passkey"));
        }
    }
}
