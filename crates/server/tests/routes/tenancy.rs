//! No way across accounts: every id that a route takes is tried with another account's, and the
//! answer is the one for an id that nobody has, to the byte.

use std::collections::BTreeSet;

use axum::http::Method;
use rolecall_testkit::{Request, TestApp, each_engine};

use super::world::{CALLS, WITHOUT_IDS, World, call, names};

#[test]
fn every_route_says_which_ids_it_takes() {
    let listed: BTreeSet<String> =
        CALLS.iter().map(|(route, ..)| *route).chain(WITHOUT_IDS.iter().copied()).map(str::to_owned).collect();
    assert_eq!(listed, super::routes(), "add the new route to the calls of the world, or to those without ids");
}

each_engine! {
    async fn an_id_of_another_account_is_an_id_of_nobody(app: TestApp) {
        let other = app.another_tenant().await;
        let own_world = World::fill(&app, &app.tenant, "own").await;
        let other_world = World::fill(&app, &other, "other").await;
        let others_lists = lists(&app, &other.token).await;

        let mut n_tried = 0;
        for (route, path, body) in CALLS {
            for name in names(&format!("{path}{body}")) {
                let (theirs, nobodys) = (other_world.value(name), other_world.nobodys(name));
                let with = |value: &str| {
                    let put = |text: &str| own_world.fill_in(&text.replace(&format!("<{name}>"), value));
                    (put(path), put(body))
                };
                // Whatever the call changes, it must not see its own earlier effect: try what
                // nobody has first, then what another has, and compare without the value itself.
                let mut answers = Vec::new();
                for value in [nobodys.as_str(), theirs] {
                    let (path, body) = with(value);
                    let reply = call(&app, &app.tenant.token, route, &path, &body).await;
                    assert!(!reply.status.is_server_error(), "{route} with {name} {value}: {}", reply.body);
                    answers.push(reply.shown().replace(value, "<value>"));
                }
                if answers[0].contains("Users are created") || route.starts_with("DELETE") {
                    // Here the value is new to the account either way, and stands in the answer as ids do not.
                    assert_eq!(answers[0].lines().next(), answers[1].lines().next(), "{route} with {name}");
                } else {
                    assert_eq!(answers[0], answers[1], "{route} tells another account's {name} from nobody's");
                }
                n_tried += 1;
            }
        }
        assert!(n_tried > 30, "only {n_tried} ids were tried");
        assert_eq!(lists(&app, &other.token).await, others_lists, "the other account was changed");
    }

    async fn a_list_holds_nothing_of_another_account(app: TestApp) {
        let own_lists = lists(&app, &app.tenant.token).await;
        let other = app.another_tenant().await;
        World::fill(&app, &other, "other").await;
        assert_eq!(lists(&app, &app.tenant.token).await, own_lists, "a list, a total or a file shows another account");
    }
}

/// Everything that an account can see of itself, but for its audit log's cursors.
async fn lists(app: &TestApp, token: &str) -> Vec<String> {
    let mut lists = Vec::new();
    for path in [
        "/api/public/roles?roleType=admin",
        "/api/public/roles?roleType=bot",
        "/api/public/roles/export?roleType=admin",
        "/api/public/roles/export?roleType=bot",
        "/api/public/alluserroles?limit=1000",
        "/api/public/bots",
        "/api/public/groups",
        "/api/public/auditlogs?size=100",
        "/api/v1/erasures",
        "/api/v1/holds",
        "/api/v1/account",
        "/api/v1/bots",
        "/api/v1/groups",
        "/api/v1/roles?roleType=admin",
        "/api/v1/roles?roleType=bot",
        "/api/v1/users",
        "/api/v1/apps",
        "/api/v1/role-imports",
        "/api/v1/assignments",
        "/api/v1/audit?limit=1000",
        "/api/v1/audit/export",
        "/api/v1/audit/export?format=native",
        "/api/v1/users?q=o",
    ] {
        lists.push(app.send(Request::new(Method::GET, path).token(token)).await.shown());
    }
    lists
}
