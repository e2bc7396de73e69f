//! Lists that a caller has seen before: tags, and 304 while they hold.

use axum::http::{Method, StatusCode};
use rolecall_model::app::{Kind, Scope};
use rolecall_server::auth::limits::Profile;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};

const LISTS: [&str; 6] = [
    "/api/public/roles?roleType=bot",
    "/api/public/roles/export?roleType=admin",
    "/api/public/alluserroles?limit=5",
    "/api/public/alluserroles?at=2026-01-05",
    "/api/public/groups",
    "/api/public/bots",
];

fn tag(reply: &Reply) -> String {
    reply.headers["etag"].to_str().expect("text").to_owned()
}

async fn again(app: &TestApp, path: &str, seen: &str) -> Reply {
    let request = Request::new(Method::GET, path).token(&app.tenant.token);
    app.send(request.header("if-none-match", seen)).await
}

each_engine! {
    async fn an_unchanged_list_is_not_sent_again(app: TestApp) {
        for path in LISTS {
            let first = app.get(path).await;
            assert_eq!(first.status, StatusCode::OK, "{path}: {}", first.body);
            assert_eq!(first.headers["cache-control"], "private, no-cache", "{path}");
            let second = again(&app, path, &tag(&first)).await;
            assert_eq!((second.status, second.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
            assert_eq!(tag(&second), tag(&first), "{path}");
            assert_eq!(second.headers["cache-control"], "private, no-cache", "{path}");
            assert!(second.headers.contains_key("x-request-id"), "{path}");
        }
    }

    async fn after_any_change_of_the_account_each_list_is_sent_with_another_tag(app: TestApp) {
        let mut seen = Vec::new();
        for path in LISTS {
            seen.push((path, tag(&app.get(path).await)));
        }
        app.app_token(Kind::Admin, &[Scope::RoleManagement]).await;
        for (path, old) in seen {
            let reply = again(&app, path, &old).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            assert_ne!(tag(&reply), old, "{path}");
        }
    }

    async fn a_tag_is_of_one_query_and_one_account(app: TestApp) {
        let other = app.another_tenant().await;
        let mut tags = Vec::new();
        for path in [LISTS[0], LISTS[2], "/api/public/roles?roleType=admin", "/api/public/alluserroles?limit=6"] {
            tags.push(tag(&app.get(path).await));
            tags.push(tag(&app.send(Request::new(Method::GET, path).token(&other.token)).await));
        }
        let everything = tags.join(", ");
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), 8, "{everything}");
        let reply = again(&app, "/api/public/groups", &everything).await;
        assert_eq!(reply.status, StatusCode::OK);
    }

    async fn a_tag_holds_on_every_node(app: TestApp) {
        let mut app = app;
        let seen = tag(&app.get(LISTS[0]).await);
        app.another_node(Profile::Off).await;
        assert_eq!(again(&app, LISTS[0], &seen).await.status, StatusCode::NOT_MODIFIED);
    }

    async fn a_tag_is_found_among_others_and_a_star_is_any(app: TestApp) {
        let seen = tag(&app.get(LISTS[0]).await);
        let strong = seen.strip_prefix("W/").expect("a weak tag");
        for value in [format!("\"abc\" ,{seen}"), format!("W/\"a,b\", {strong}, \"c\""), "*".to_owned()] {
            assert_eq!(again(&app, LISTS[0], &value).await.status, StatusCode::NOT_MODIFIED, "{value}");
        }
        for value in ["", "\"abc\"", "W/", "é"] {
            assert_eq!(again(&app, LISTS[0], value).await.status, StatusCode::OK, "{value}");
        }
    }

    async fn what_is_wrong_is_told_whatever_the_caller_has_seen(app: TestApp) {
        let wrong = again(&app, "/api/public/roles?roleType=owner", "*").await;
        assert_eq!(wrong.status, StatusCode::PRECONDITION_FAILED);
        assert!(!wrong.headers.contains_key("etag"));
        assert_eq!(wrong.headers["cache-control"], "no-store");
        let request = Request::new(Method::GET, LISTS[0]).token("no.token.this");
        assert_eq!(app.send(request.header("if-none-match", "*")).await.status, StatusCode::UNAUTHORIZED);
    }
}
