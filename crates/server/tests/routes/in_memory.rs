//! Lists say the same, byte by byte, before and after the account they are of is in memory.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};

const LISTS: [&str; 12] = [
    "/api/public/alluserroles",
    "/api/public/alluserroles?limit=2",
    "/api/public/alluserroles?limit=2&offset=3",
    "/api/public/alluserroles?limit=2&offset=900",
    "/api/public/roles?roleType=admin",
    "/api/public/roles?roleType=bot&limit=1&offset=1",
    "/api/public/roles/export?roleType=bot",
    "/api/public/groups",
    "/api/public/groups?limit=1&offset=1",
    "/api/public/bots",
    "/api/public/bots?limit=1&offset=1",
    "/api/public/alluserroles?at=2026-01-05T08:00:00.000Z",
];

/// People, groups inside each other, and bots.
async fn company(app: &TestApp) {
    let people = app.users(["ann@acme.example", "bob@acme.example", "cel\u{e9}n@acme.example"]).await;
    let (all, staff) = (app.group("All", &[&people[0]]).await, app.group("Staff", &[&people[1], &people[2]]).await);
    app.change(async |change| rolecall_control::memberships::add_groups(change, &[(&all, &staff)]).await).await;
    app.bot("Concierge").await;
    app.bot("Helpdesk").await;
}

async fn answers(app: &TestApp) -> Vec<String> {
    let mut answers = Vec::new();
    for path in LISTS {
        let reply = app.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        answers.push(format!("{path}\n{}", reply.shown()));
    }
    answers
}

each_engine! {
    async fn a_list_says_the_same_out_of_memory_and_out_of_the_store(app: TestApp) {
        company(&app).await;
        let stored = {
            let rosters = &app.server.rosters;
            rosters.stop();
            answers(&app).await
        };
        assert_eq!(app.server.rosters.reading().n_loads, 0);
        let mut app = app;
        app.another_node(rolecall_server::auth::limits::Profile::Off).await;
        app.server.rosters.load(&app.server.core, app.tenant.account.no).await;
        assert_eq!(answers(&app).await, stored);
        let reading = app.server.rosters.reading();
        assert_eq!(reading.n_loads, 1);
        assert!(reading.n_readers >= LISTS.len() as u64, "each came out of the image");

        app.users(["dora@acme.example"]).await;
        assert!(app.get(LISTS[0]).await.body.contains("dora@acme.example"));
    }

    async fn the_metrics_tell_what_images_cost(app: TestApp) {
        app.server.rosters.load(&app.server.core, app.tenant.account.no).await;
        app.get(LISTS[0]).await;
        let text = app.send(Request::new(Method::GET, "/metrics")).await.body;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse::<f64>().ok()).unwrap_or(-1.0)
        };
        for (name, least) in [("rolecall_rosters", 1.0), ("rolecall_roster_bytes", 1_000.0), ("rolecall_roster_loads_total", 1.0),
            ("rolecall_roster_looks_total", 1.0), ("rolecall_roster_readers_total", 1.0), ("rolecall_roster_steps_total", 0.0)] {
            assert!(value(name) >= least, "{name} in {text}");
        }
    }
}
