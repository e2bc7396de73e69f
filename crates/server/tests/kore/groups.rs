use axum::http::Method;
use rolecall_control::{
    groups::{self, NewGroup},
    memberships,
};
use rolecall_model::{group::Group, page::Page};
use rolecall_testkit::{Request, TestApp, each_engine};

async fn group(app: &TestApp, name: &str) -> Group {
    let new = NewGroup { name: name.to_owned(), description: format!("Those of {name}") };
    groups::create(&app.operator(), &new).await.expect("the name is free")
}

/// A group with `n` new users in it.
async fn group_of(app: &TestApp, name: &str, n: usize) -> Group {
    let users = app.users((0..n).map(|n| format!("{name}-{n}@acme.example"))).await;
    let group = group(app, name).await;
    let pairs: Vec<_> = users.iter().map(|user| (&group, user)).collect();
    app.change(async |change| memberships::add_users(change, &pairs).await).await;
    group
}

each_engine! {
    async fn groups_are_listed_with_the_users_and_groups_in_them(app: TestApp) {
        let (audit, all) = (group_of(&app, "Audit", 2).await, group(&app, "모두").await);
        app.change(async |change| memberships::add_groups(change, &[(&all, &audit)]).await).await;
        let reply = app.get("/api/public/groups").await;
        insta::assert_snapshot!("groups", reply.shown());
    }

    async fn a_big_group_is_cut_and_says_so(app: TestApp) {
        group_of(&app, "Big", 1_001).await;
        group_of(&app, "Whole", 1_000).await;
        let page = app.get("/api/public/groups").await.json();
        let (big, whole) = (&page["groups"][0], &page["groups"][1]);
        assert_eq!(big["users"].as_array().map(Vec::len), Some(1_000));
        assert_eq!((&big["userCount"], &big["moreUsers"]), (&1_001.into(), &true.into()));
        assert_eq!(whole["users"].as_array().map(Vec::len), Some(1_000));
        assert_eq!((&whole["userCount"], whole.get("moreUsers")), (&1_000.into(), None));
    }

    async fn an_offset_counts_pages_of_groups(app: TestApp) {
        for name in ["One", "Two", "Three"] {
            group(&app, name).await;
        }
        let page = app.get("/api/public/groups?limit=2&offset=1").await.json();
        assert_eq!(page["groups"].as_array().map(Vec::len), Some(1));
        assert_eq!((&page["groups"][0]["gN"], &page["total"]), (&"Three".into(), &3.into()));
        assert_eq!(page["availableMore"], false);
        assert_eq!(app.get("/api/public/groups?limit=2").await.json()["availableMore"], true);
    }

    async fn a_page_of_groups_takes_few_statements(app: TestApp) {
        for n in 0..50 {
            group_of(&app, &format!("Group{n}"), 3).await;
        }
        let ctx = app.operator();
        groups::list(&ctx, Page::first(50)).await.expect("a page");
        let n_statements = ctx.meter.reading().n_statements;
        assert!(n_statements <= 32, "{n_statements} statements");
    }

    async fn the_groups_of_another_account_are_not_seen(app: TestApp) {
        group(&app, "Audit").await;
        let other = app.another_tenant().await;
        let reply = app.send(Request::new(Method::GET, "/api/public/groups").token(&other.token)).await;
        assert_eq!(reply.shown(), "200\n{\"total\":0,\"availableMore\":false,\"groups\":[]}");
    }
}
