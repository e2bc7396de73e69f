//! Every change leaves its audit entry, with its author; what changes nothing leaves none.

use rolecall_control::accounts;
use rolecall_testkit::{TestApp, each_engine};

use super::world::{CALLS, World, call};

/// Routes with a body that only look something up.
const LOOK_UPS: &[&str] = &[
    "POST /api/public/usersInfo",
    "POST /api/v1/erasures/preview",
    "POST /api/v1/suppressions/check",
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
}
