//! What each route answers to whoever may not use it. A route that is not in the list fails here.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use rolecall_model::app::{Kind, Scope};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    /// Anybody: it tells nothing of any account.
    Open,
    /// Any app of the account, a builder's too.
    AnyApp,
    /// An admin app with this scope.
    Scope(Scope),
}

use Door::{AnyApp, Open, Scope as Needs};

/// Every route and who may use it.
const LIST: &[(&str, Door)] = &[
    ("GET /api/public/bots", Needs(Scope::RoleManagement)),
    ("GET /api/public/groups", Needs(Scope::RoleManagement)),
    ("GET /api/public/auditlogs", Needs(Scope::AuditLogs)),
    ("GET /api/public/roles", Needs(Scope::RoleManagement)),
    ("GET /api/public/roles/export", Needs(Scope::RoleManagement)),
    ("POST /api/public/roles/import", Needs(Scope::RoleManagement)),
    ("POST /api/public/uploadfile", AnyApp),
    ("POST /api/public/btroles/assignments", Needs(Scope::RoleManagement)),
    ("POST /api/public/adminroles/assignments", Needs(Scope::RoleManagement)),
    ("GET /api/public/alluserroles", Needs(Scope::RoleManagement)),
    ("POST /api/public/useraccess", Needs(Scope::RoleManagement)),
    ("POST /api/public/users", Needs(Scope::UserManagement)),
    ("PUT /api/public/users", Needs(Scope::UserManagement)),
    ("DELETE /api/public/users", Needs(Scope::UserManagement)),
    ("POST /api/public/usersInfo", Needs(Scope::UserManagement)),
    ("DELETE /api/public/bot/eraseUsersData", Needs(Scope::DeleteUserData)),
    ("POST /api/public/bot/eraseUsersData", Needs(Scope::DeleteUserData)),
    ("GET /api/public/bot/eraseUsersData/status/{reqId}", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/erasures/preview", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/erasures", Needs(Scope::DeleteUserData)),
    ("GET /api/v1/erasures", Needs(Scope::DeleteUserData)),
    ("GET /api/v1/erasures/{id}", Needs(Scope::DeleteUserData)),
    ("GET /api/v1/erasures/{id}/receipt", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/erasures/{id}/cancel", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/erasures/{id}/approve", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/erasures/{id}/retry", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/holds", Needs(Scope::DeleteUserData)),
    ("GET /api/v1/holds", Needs(Scope::DeleteUserData)),
    ("DELETE /api/v1/holds/{id}", Needs(Scope::DeleteUserData)),
    ("POST /api/v1/suppressions/check", Needs(Scope::DeleteUserData)),
    ("GET /api/v1/sessions", Needs(Scope::UserManagement)),
    ("DELETE /api/v1/sessions/{id}", Needs(Scope::UserManagement)),
    ("GET /api/v1/account", Needs(Scope::RoleManagement)),
    ("PATCH /api/v1/account", Needs(Scope::RoleManagement)),
    ("GET /api/v1/bots", Needs(Scope::RoleManagement)),
    ("POST /api/v1/bots", Needs(Scope::RoleManagement)),
    ("GET /api/v1/bots/{id}", Needs(Scope::RoleManagement)),
    ("PATCH /api/v1/bots/{id}", Needs(Scope::RoleManagement)),
    ("DELETE /api/v1/bots/{id}", Needs(Scope::RoleManagement)),
    ("GET /api/v1/groups", Needs(Scope::RoleManagement)),
    ("POST /api/v1/groups", Needs(Scope::RoleManagement)),
    ("GET /api/v1/groups/{id}", Needs(Scope::RoleManagement)),
    ("PATCH /api/v1/groups/{id}", Needs(Scope::RoleManagement)),
    ("DELETE /api/v1/groups/{id}", Needs(Scope::RoleManagement)),
    ("GET /api/v1/groups/{id}/members", Needs(Scope::RoleManagement)),
    ("POST /api/v1/groups/{id}/members", Needs(Scope::RoleManagement)),
    ("GET /api/v1/groups/{id}/groups", Needs(Scope::RoleManagement)),
    ("GET /api/v1/permissions", Needs(Scope::RoleManagement)),
    ("GET /api/v1/roles", Needs(Scope::RoleManagement)),
    ("POST /api/v1/roles", Needs(Scope::RoleManagement)),
    ("GET /api/v1/roles/{id}", Needs(Scope::RoleManagement)),
    ("PATCH /api/v1/roles/{id}", Needs(Scope::RoleManagement)),
    ("DELETE /api/v1/roles/{id}", Needs(Scope::RoleManagement)),
    ("POST /api/v1/roles/{id}/copy", Needs(Scope::RoleManagement)),
    ("GET /api/v1/roles/{id}/removal", Needs(Scope::RoleManagement)),
    ("GET /api/v1/apps", Needs(Scope::RoleManagement)),
    ("POST /api/v1/apps", Needs(Scope::RoleManagement)),
    ("GET /api/v1/apps/{id}", Needs(Scope::RoleManagement)),
    ("PATCH /api/v1/apps/{id}", Needs(Scope::RoleManagement)),
    ("DELETE /api/v1/apps/{id}", Needs(Scope::RoleManagement)),
    ("POST /api/v1/apps/{id}/rotate", Needs(Scope::RoleManagement)),
    ("POST /api/v1/apps/{id}/disable", Needs(Scope::RoleManagement)),
    ("POST /api/v1/apps/{id}/enable", Needs(Scope::RoleManagement)),
    ("POST /api/v1/files", AnyApp),
    ("POST /api/v1/role-imports/plans", Needs(Scope::RoleManagement)),
    ("GET /api/v1/role-imports/plans/{id}", Needs(Scope::RoleManagement)),
    ("POST /api/v1/role-imports/plans/{id}/apply", Needs(Scope::RoleManagement)),
    ("GET /api/v1/role-imports", Needs(Scope::RoleManagement)),
    ("GET /api/v1/role-imports/{id}", Needs(Scope::RoleManagement)),
    ("POST /api/v1/role-imports/{id}/undo", Needs(Scope::RoleManagement)),
    ("GET /api/v1/assignments", Needs(Scope::RoleManagement)),
    ("POST /api/v1/assignments", Needs(Scope::RoleManagement)),
    ("GET /api/v1/audit", Needs(Scope::AuditLogs)),
    ("GET /api/v1/audit/{id}", Needs(Scope::AuditLogs)),
    ("GET /api/v1/audit/export", Needs(Scope::AuditLogs)),
    ("GET /api/v1/users", Needs(Scope::UserManagement)),
    ("GET /api/v1/users/{id}", Needs(Scope::UserManagement)),
    ("GET /api/v1/users/{id}/roles", Needs(Scope::RoleManagement)),
    ("GET /api/v1/users/{id}/history", Needs(Scope::RoleManagement)),
    ("GET /api/v1/groups/{id}/roles", Needs(Scope::RoleManagement)),
    ("POST /access/v1/evaluation", Needs(Scope::RoleManagement)),
    ("POST /access/v1/evaluations", Needs(Scope::RoleManagement)),
    ("POST /access/v1/search/subject", Needs(Scope::RoleManagement)),
    ("POST /access/v1/search/resource", Needs(Scope::RoleManagement)),
    ("POST /access/v1/search/action", Needs(Scope::RoleManagement)),
    ("GET /.well-known/authzen-configuration", Open),
    ("GET /.well-known/jwks.json", Open),
    ("GET /healthz", Open),
    ("GET /metrics", Open),
    ("GET /readyz", Open),
];

const NO_CREDENTIALS: &str = r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#;
const NOT_A_TOKEN: &str = r#"{"errors":[{"msg":"Invalid JWT token","code":4002}]}"#;
const NOT_ALLOWED: &str = r#"{"errors":[{"msg":"Method Not Allowed","code":405}]}"#;
const NOT_FOUND: &str = r#"{"errors":[{"msg":"Not Found","code":404}]}"#;

/// The answer on a path: in the vendor's words, for `AuthZEN` in this sentence, or for our own API as this
/// problem.
fn told(path: &str, kore: &str, access: &str, (kind, title, status, detail): (&str, &str, u16, &str)) -> String {
    if path.contains("/access/v1") {
        access.to_owned()
    } else if path.contains("/api/v1") {
        format!(r#"{{"type":"/problems/{kind}","title":"{title}","status":{status},"detail":"{detail}"}}"#)
    } else {
        kore.to_owned()
    }
}

fn not_allowed(path: &str) -> String {
    let detail = "The document at /openapi.json says which it takes.";
    let access = "this path does not take this method; see /openapi.json";
    told(path, NOT_ALLOWED, access, ("method-not-allowed", "This path does not take this method", 405, detail))
}

fn not_found(path: &str) -> String {
    let detail = "No call has this path, or what it names is not there.";
    told(path, NOT_FOUND, "no call has this path", ("not-found", "There is nothing here", 404, detail))
}

#[test]
fn every_route_stands_in_the_list() {
    let listed: BTreeSet<String> = LIST.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(listed, super::routes(), "add the new route to the list of strangers");
}

fn request(route: &str) -> Request {
    let (method, path) = route.split_once(' ').expect("a method and a path");
    Request::new(method.parse().expect("a method"), path)
}

async fn answer(app: &TestApp, request: Request) -> (StatusCode, String) {
    let Reply { status, body, .. } = app.send(request).await;
    (status, body)
}

each_engine! {
    async fn without_a_token_or_with_a_bad_one_nothing_is_told(app: TestApp) {
        // What QA suites of the vendor's send: a real token with digits behind it.
        let bent = ["7", "12", "345", "9999"].map(|digits| format!("{}{digits}", app.tenant.token));
        let unknown = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTAifQ.c2lnbmF0dXJl";
        for (route, door) in LIST.iter().filter(|(_, door)| *door != Open) {
            let unauthorized = |kore: &str, detail: &str| {
                let access = detail.trim_end_matches('.');
                let body = told(route, kore, access, ("invalid-token", "There is no valid token", 401, detail));
                (StatusCode::UNAUTHORIZED, body)
            };
            let refused = unauthorized(NO_CREDENTIALS, "Invalid SDK credentials.");
            assert_eq!(answer(&app, request(route)).await, refused, "{route} ({door:?}) without a token");
            assert_eq!(answer(&app, request(route).token("")).await, refused, "{route} with an empty token");
            assert_eq!(answer(&app, request(route).token(unknown)).await, refused, "{route} with an unknown app's token");
            for token in &bent {
                assert_eq!(answer(&app, request(route).token(token)).await, refused, "{route} with a bent token");
            }
            let two = request(route).token(&app.tenant.token).header("authorization", "Bearer other");
            assert_eq!(answer(&app, two).await, refused, "{route} with two tokens");
            let literal = answer(&app, request(route).token("JWTToken")).await;
            assert_eq!(literal, unauthorized(NOT_A_TOKEN, "Invalid JWT token."), "{route} with no token at all");
        }
    }

    async fn an_app_without_the_scope_is_refused_whatever_else_it_may(app: TestApp) {
        let builder = app.app_token(Kind::Builder, &Scope::ALL).await;
        for (route, door) in LIST {
            let Needs(scope) = door else { continue };
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| other != scope).collect();
            let token = app.app_token(Kind::Admin, &others).await;
            for token in [&token, &builder] {
                let reply = app.send(request(route).token(token)).await;
                if route.contains("/access/v1/") {
                    let message = format!("the app needs the scope {scope} and must be of kind admin");
                    assert_eq!(reply.shown(), format!("403\n{message}"), "{route}");
                    assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8", "{route}");
                    continue;
                }
                if route.contains("/api/v1/") {
                    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{route}: {}", reply.body);
                    assert_eq!(reply.headers["content-type"], "application/problem+json", "{route}");
                    assert_eq!(reply.json()["type"], "/problems/missing-scope", "{route}");
                    continue;
                }
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{route}: {}", reply.body);
                assert_eq!(reply.json()["errors"][0]["msg"], "Permission denied. Scope is incorrect!", "{route}");
                assert_eq!(reply.json()["errors"][0]["code"], 4002, "{route}");
            }
        }
    }

    async fn an_app_with_the_scope_passes(app: TestApp) {
        for (route, door) in LIST {
            let scopes = match door {
                Open | AnyApp => Vec::new(),
                Needs(scope) => vec![*scope],
            };
            let token = app.app_token(Kind::Admin, &scopes).await;
            let reply = app.send(request(route).token(&token)).await;
            // Without parameters or a body most are told so; what counts is that they got that far.
            assert!(!matches!(reply.status.as_u16(), 401 | 403), "{route}: {}", reply.body);
            assert!(!reply.status.is_server_error(), "{route}: {}", reply.body);
        }
    }

    async fn a_wrong_method_is_told_before_the_token_is_looked_at(app: TestApp) {
        let listed = |method: &Method, path: &str| LIST.iter().any(|(route, _)| *route == format!("{method} {path}"));
        for (route, _) in LIST.iter().filter(|(route, _)| route.contains(" /api/") || route.contains(" /access/")) {
            let (_, path) = route.split_once(' ').expect("a method and a path");
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                if listed(&method, path) {
                    continue;
                }
                for token in ["", &app.tenant.token] {
                    let reply = app.send(Request::new(method.clone(), path).token(token)).await;
                    assert_eq!(reply.shown(), format!("405\n{}", not_allowed(path)), "{method} {path}");
                }
            }
        }
    }

    async fn a_path_that_leads_nowhere_is_a_404_with_or_without_a_token(app: TestApp) {
        for path in ["/api/public/nothing", "/api/public", "/api/public/roles/export/more", "/api/2.0/public/roles", "/", "/api/v1", "/api/v1/nothing", "/api/v1/erasures/a/b", "/access/v1", "/access/v1/nothing"] {
            for token in ["", &app.tenant.token] {
                let reply = app.send(Request::new(Method::GET, path).token(token)).await;
                assert_eq!(reply.shown(), format!("404\n{}", not_found(path)), "{path}");
            }
        }
    }

    async fn a_disabled_a_rotated_and_a_deleted_app_are_strangers_at_once(app: TestApp) {
        use rolecall_control::apps::{self, Action};

        let path = "/api/public/roles?roleType=bot";
        let ctx = app.operator();
        let refused = (StatusCode::UNAUTHORIZED, NO_CREDENTIALS.to_owned());
        assert_eq!(app.get(path).await.status, StatusCode::OK);

        apps::act(&ctx, &app.tenant.client_id, Action::Disable).await.expect("the app is there");
        assert_eq!(answer(&app, Request::new(Method::GET, path).token(&app.tenant.token)).await, refused);
        apps::act(&ctx, &app.tenant.client_id, Action::Enable).await.expect("the app is there");
        assert_eq!(app.get(path).await.status, StatusCode::OK);

        apps::rotate(&ctx, &app.tenant.client_id, 60_000).await.expect("the app is there");
        assert_eq!(app.get(path).await.status, StatusCode::OK, "the old secret counts during the overlap");
        app.clock.advance_ms(60_000);
        assert_eq!(answer(&app, Request::new(Method::GET, path).token(&app.tenant.token)).await, refused);

        apps::act(&ctx, &app.tenant.client_id, Action::Delete).await.expect("the app is there");
        assert_eq!(answer(&app, Request::new(Method::GET, path).token(&app.tenant.token)).await, refused);
    }

    async fn the_method_can_be_overridden_on_a_post_and_on_nothing_else(app: TestApp) {
        let roles = "/api/public/roles?roleType=bot";
        for (method, word) in [(Method::GET, "delete"), (Method::GET, "GET"), (Method::POST, "patch"), (Method::PUT, "DELETE")] {
            let request = Request::new(method.clone(), roles).token(&app.tenant.token).header("x-http-method-override", word);
            assert_eq!(app.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {word}");
        }
    }

    async fn every_way_to_write_a_path_leads_to_the_same_answer(app: TestApp) {
        let plain = app.get("/api/public/roles?roleType=bot").await.shown();
        for path in ["//api/public/roles?roleType=bot", "/api//public/roles/?roleType=bot", "/api/1.1/public/roles?roleType=bot", "/API/PUBLIC/roles?roleType=bot"] {
            assert_eq!(app.get(path).await.shown(), plain, "{path}");
        }
    }
}
