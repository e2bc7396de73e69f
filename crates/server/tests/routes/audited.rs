//! Every change leaves its audit entry, with its author; what changes nothing leaves none.

use axum::http::Method;
use rolecall_control::accounts;
use rolecall_testkit::{Request, TestApp, each_engine};

use super::world::{CALLS, World, call};

/// Routes with a body that only look something up.
const LOOK_UPS: &[&str] = &[
    "POST /api/public/usersInfo",
    "POST /api/v1/erasures/preview",
    "POST /api/v1/suppressions/check",
    "POST /api/v1/role-imports/plans",
    "POST /access/v1/evaluation",
    "POST /access/v1/evaluations",
    "POST /access/v1/search/subject",
    "POST /access/v1/search/resource",
    "POST /access/v1/search/action",
];

/// Routes that make something new each time, or that can be called once and say so the second time.
const ONCE: &[&str] = &[
    "POST /api/public/bot/eraseUsersData",
    "POST /api/v1/erasures",
    "POST /api/v1/erasures/{id}/cancel",
    "POST /api/v1/erasures/{id}/approve",
    "POST /api/v1/erasures/{id}/retry",
    "POST /api/v1/holds",
    "POST /api/v1/bots",
    "POST /api/v1/groups",
    "POST /api/v1/roles",
    "POST /api/v1/roles/{id}/copy",
    "POST /api/v1/apps",
    "POST /api/v1/apps/{id}/rotate",
    "POST /api/v1/apps/{id}/disable",
    "POST /api/v1/apps/{id}/enable",
    "POST /api/v1/role-imports/plans/{id}/apply",
    "POST /api/v1/role-imports/{id}/undo",
];

each_engine! {
    async fn every_call_that_changes_something_is_audited_and_raises_the_revision(app: TestApp) {
        let world = World::fill(&app, &app.tenant, "own").await;
        let ctx = app.operator();
        let mut n_changes = 0;
        for (route, path, body) in CALLS {
            let before = accounts::get(&ctx).await.expect("the account");
            let reply = call(&app, &app.tenant.token, route, &world.fill_in(path), &world.fill_in(body)).await;
            assert!(reply.status.is_success(), "{route}: {}", reply.body);
            let after = accounts::get(&ctx).await.expect("the account");
            let is_look_up = route.starts_with("GET") || LOOK_UPS.contains(route) || path.contains("dryRun");
            let n_entries = after.audit_seq - before.audit_seq;
            assert_eq!(n_entries == 0, is_look_up, "{route} left {n_entries} entries: {}", reply.body);
            assert_eq!(after.revision - before.revision, i64::from(!is_look_up), "{route}");
            n_changes += i32::from(!is_look_up);

            let entries = app.get(&format!("/api/public/auditlogs?size={}", n_entries.clamp(1, 100))).await.json();
            let entries = entries["auditlogs"].as_array().expect("entries").clone();
            for entry in entries.iter().take(usize::try_from(n_entries).expect("a count")) {
                assert_eq!(entry["actor"], format!("app:{}", app.tenant.client_id), "{route}: {entry}");
            }
        }
        assert!(n_changes >= 8, "only {n_changes} calls changed something");
    }

    async fn a_call_that_has_been_made_already_changes_nothing(app: TestApp) {
        let world = World::fill(&app, &app.tenant, "own").await;
        let ctx = app.operator();
        let repeatable = |route: &str| !route.starts_with("DELETE") && !ONCE.contains(&route);
        for (route, path, body) in CALLS.iter().filter(|(route, ..)| repeatable(route)) {
            let send = async || call(&app, &app.tenant.token, route, &world.fill_in(path), &world.fill_in(body)).await;
            assert!(send().await.status.is_success(), "{route}");
            let before = accounts::get(&ctx).await.expect("the account");
            assert!(send().await.status.is_success(), "{route}");
            assert_eq!(accounts::get(&ctx).await.expect("the account"), before, "{route} changed something the second time");
        }
    }

    async fn a_call_sent_again_with_its_key_is_answered_as_before_and_changes_nothing(app: TestApp) {
        let world = World::fill(&app, &app.tenant, "own").await;
        let ctx = app.operator();
        let mut n_sent = 0;
        for (route, path, body) in CALLS.iter().filter(|(route, ..)| takes_key(route)) {
            let (path, body) = (world.fill_in(path), world.fill_in(body));
            let send = async || {
                let request = Request::new(Method::POST, &path).token(&app.tenant.token).header("idempotency-key", "k");
                app.send(request.bytes(body.clone().into_bytes())).await
            };
            let first = send().await;
            if first.body.contains("/problems/key-reused") {
                // The route's second call in the list: the key is its first one's.
                continue;
            }
            assert!(first.status.is_success(), "{route}: {}", first.body);
            let before = accounts::get(&ctx).await.expect("the account");
            let again = send().await;
            assert_eq!(again.shown(), first.shown(), "{route}");
            assert_eq!(again.headers["idempotent-replayed"], "true", "{route}");
            for header in ["location", "etag", "content-type", "cache-control"] {
                assert_eq!(again.headers.get(header), first.headers.get(header), "{route}");
            }
            assert_eq!(accounts::get(&ctx).await.expect("the account"), before, "{route} did it again");
            n_sent += 1;
        }
        assert!(n_sent > 8, "only {n_sent} calls were sent again");
    }
}

/// Whether a route is a POST of our own API that changes something.
fn takes_key(route: &str) -> bool {
    route.starts_with("POST /api/v1/") && !LOOK_UPS.contains(&route)
}

#[test]
fn the_document_tells_which_calls_take_a_key_and_which_need_a_version() {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    for route in super::routes() {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let parameters = document["paths"][path][method.to_lowercase()]["parameters"].as_array().cloned();
        let has = |name: &str| parameters.iter().flatten().any(|parameter| parameter["name"] == name);
        assert_eq!(has("Idempotency-Key"), takes_key(&route), "{route}");
        let is_edit =
            path.starts_with("/api/v1/") && ["PATCH", "DELETE"].contains(&method) && !UNVERSIONED.contains(&&*route);
        assert_eq!(has("If-Match"), is_edit, "{route}");
    }
}

/// Calls that change something that nobody edits.
const UNVERSIONED: &[&str] = &["DELETE /api/v1/holds/{id}", "DELETE /api/v1/sessions/{id}"];
