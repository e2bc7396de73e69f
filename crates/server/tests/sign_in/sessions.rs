//! What a session is worth on our own API.

use axum::http::{Method, StatusCode};
use rolecall_control::{
    assignments::{self, Action, Principal},
    authority::acts,
};
use rolecall_model::{
    app::{Kind, Scope},
    role::RoleType,
};
use rolecall_testkit::{PASSWORD, Request, SignedIn, TestApp, assigned, each_engine};
use serde_json::json;

fn request(method: Method, path: &str, person: &SignedIn) -> Request {
    Request::new(method, path).person(person)
}

each_engine! {
    async fn a_session_is_the_person_on_our_own_api_and_nobody_elsewhere(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["View and Run Bot Chat History"]).await;
        let session = app.sign_in(&ann.email).await;
        let own = app.get_as(&session, "/api/v1/sessions").await;
        assert_eq!((own.status, &own.json()["userId"]), (StatusCode::OK, &json!(ann.id)));
        assert_eq!(app.get_as(&session, "/api/v1/erasures").await.status, StatusCode::OK);
        for path in ["/api/public/roles?roleType=bot", "/api/public/auditlogs"] {
            assert_eq!(app.get_as(&session, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        let body = json!({"subject": {"type": "user", "id": ann.email}, "action": {"name": "Tasks"}, "resource": {"type": "bot", "id": "st-1"}});
        let access = request(Method::POST, "/access/v1/evaluation", &session).json(&body);
        assert_eq!(app.send(access).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_person_without_the_permission_is_refused_and_at_the_next_request_with_it_no_more(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["Consumer Bots"]).await;
        let session = app.sign_in(&ann.email).await;
        assert_eq!(app.get_as(&session, "/api/v1/erasures").await.status, StatusCode::OK);
        let role = app.role(RoleType::Admin, "Role of ann@acme.example").await;
        let taken = assigned(&role, None, Action::Remove, Principal::Email(ann.email.clone()));
        assignments::apply(&app.operator(), RoleType::Admin, &[taken]).await.expect("it is taken");
        let reply = app.get_as(&session, "/api/v1/erasures").await;
        assert_eq!((reply.status, &reply.json()["type"]), (StatusCode::FORBIDDEN, &json!("/problems/not-permitted")));
        assert!(acts::WATCH_ERASURES.any_of.len() > 1, "and the answer names what would do");
    }

    async fn a_call_by_a_session_that_changes_something_comes_from_a_page_of_ours(app: TestApp) {
        let session = app.sign_in("owner@acme.example").await;
        let hold = json!({"userIds": ["guest@else.example"], "reason": "A case at court"});
        let send = |site: Option<&str>| {
            let request = Request::new(Method::POST, "/api/v1/holds").header("cookie", &session.cookie).json(&hold);
            app.send(match site {
                Some(site) => request.header("sec-fetch-site", site),
                None => request,
            })
        };
        for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
            let reply = send(site).await;
            assert_eq!((reply.status, &reply.json()["type"]), (StatusCode::FORBIDDEN, &json!("/problems/cross-site")), "{site:?}");
        }
        assert_eq!(send(Some("same-origin")).await.status, StatusCode::CREATED);
    }

    async fn a_token_counts_before_a_session(app: TestApp) {
        let session = app.sign_in("owner@acme.example").await;
        let builder = app.app_token(Kind::Builder, &Scope::ALL).await;
        let both = request(Method::GET, "/api/v1/erasures", &session).token(&builder);
        assert_eq!(app.send(both).await.status, StatusCode::FORBIDDEN, "the app's authority, not the person's");
        let bad = request(Method::GET, "/api/v1/erasures", &session).token("nonsense");
        assert_eq!(app.send(bad).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_session_that_is_over_is_told_so(app: TestApp) {
        let session = app.sign_in("owner@acme.example").await;
        app.clock.advance_ms(30 * 60_000);
        let reply = app.get_as(&session, "/api/v1/sessions").await;
        assert_eq!((reply.status, &reply.json()["type"]), (StatusCode::UNAUTHORIZED, &json!("/problems/no-session")));
    }

    async fn sessions_are_listed_and_ended(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["Manage Groups"]).await;
        let (_, _) = app.admin("ben@acme.example", &["Manage Users"]).await;
        let one = app.sign_in(&ann.email).await;
        let two = app.sign_in(&ann.email).await;
        let ben = app.sign_in("ben@acme.example").await;
        let listed = app.get_as(&two, "/api/v1/sessions").await.json();
        let rows = listed["sessions"].as_array().expect("rows").clone();
        assert_eq!(rows.len(), 2);
        let other = rows.iter().find(|row| row["isCurrent"] == json!(false)).expect("the other one");
        let path = format!("/api/v1/sessions/{}", other["sessionId"].as_str().expect("an id"));
        let of_ben = format!("/api/v1/sessions?userId={}", ann.id);
        assert_eq!(app.get_as(&ben, &of_ben).await.json()["sessions"].as_array().map(Vec::len), Some(2));
        let theirs = app.get_as(&ben, "/api/v1/sessions").await.json();
        let bens = format!("/api/v1/sessions/{}", theirs["sessions"][0]["sessionId"].as_str().expect("an id"));
        assert_eq!(app.send(request(Method::DELETE, &bens, &two)).await.status, StatusCode::FORBIDDEN);

        assert_eq!(app.send(request(Method::DELETE, &path, &two)).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get_as(&one, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.send(request(Method::DELETE, &path, &two)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.get_as(&two, "/api/v1/sessions").await.status, StatusCode::OK);
        assert_eq!(app.send(request(Method::DELETE, &format!("/api/v1/sessions/{}", current(&app, &two).await), &ben)).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get_as(&two, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED, "ended by another");
    }

    async fn a_log_line_and_an_answer_hold_no_token(app: TestApp) {
        let session = app.sign_in("owner@acme.example").await;
        let (_, token) = session.cookie.split_once('=').expect("a token");
        for path in ["/api/v1/sessions", "/console/account"] {
            let reply = app.get_as(&session, path).await;
            assert_eq!(reply.status, StatusCode::OK);
            assert!(!reply.body.contains(token) && !reply.body.contains(PASSWORD), "{path}");
        }
    }
}

async fn current(app: &TestApp, session: &SignedIn) -> String {
    let listed = app.get_as(session, "/api/v1/sessions").await.json();
    let rows = listed["sessions"].as_array().expect("rows").clone();
    let row = rows.into_iter().find(|row| row["isCurrent"] == json!(true)).expect("this one");
    row["sessionId"].as_str().expect("an id").to_owned()
}
