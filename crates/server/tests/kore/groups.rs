use axum::http::Method;
use rolecall_control::{
    Change,
    groups::{self, NewGroup},
    memberships,
};
use rolecall_model::{group::Group, ids::UserNo, user::User};
use rolecall_store::users;
use rolecall_testkit::{Request, TestApp, each_engine};

async fn group(app: &TestApp, name: &str) -> Group {
    let new = NewGroup { name: name.to_owned(), description: format!("Those of {name}") };
    groups::create(&app.operator(), &new).await.expect("the name is free")
}

/// `n` new users in `group`, and `inside` in it too.
async fn fill(app: &TestApp, group: &Group, n: usize, inside: &[&Group]) {
    let ctx = app.operator();
    let mut tx = ctx.attempts().begin().await.expect("a transaction");
    let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
    let mut people = Vec::new();
    for _ in 0..n {
        let no = change.next_no();
        let mut user = User::new(UserNo(no), format!("u-{no}"), format!("{no}@acme.example"), change.at);
        user.first_name = format!("First {no}");
        people.push(user);
    }
    users::insert(change.tx, ctx.account, 1, &people).await.expect("they are new");
    let users: Vec<_> = people.iter().map(|user| (group, user)).collect();
    memberships::add_users(&mut change, &users).await.expect("they are put in");
    let groups: Vec<_> = inside.iter().map(|inside| (group, *inside)).collect();
    memberships::add_groups(&mut change, &groups).await.expect("they are put in");
    change.finish().await.expect("it is whole");
    tx.commit().await.expect("it is kept");
}

each_engine! {
    async fn groups_are_listed_with_the_users_and_groups_in_them(app: TestApp) {
        let (audit, all) = (group(&app, "Audit").await, group(&app, "모두").await);
        fill(&app, &audit, 2, &[]).await;
        fill(&app, &all, 0, &[&audit]).await;
        let reply = app.get("/api/public/groups").await;
        insta::assert_snapshot!("groups", reply.shown());
    }

    async fn a_big_group_is_cut_and_says_so(app: TestApp) {
        let (big, whole) = (group(&app, "Big").await, group(&app, "Whole").await);
        fill(&app, &big, 1_001, &[]).await;
        fill(&app, &whole, 1_000, &[]).await;
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
            let group = group(&app, &format!("Group {n}")).await;
            fill(&app, &group, 3, &[]).await;
        }
        let ctx = app.operator();
        groups::list(&ctx, rolecall_model::page::Page::first(50)).await.expect("a page");
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
