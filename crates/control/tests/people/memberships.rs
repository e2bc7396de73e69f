use rolecall_control::{
    Change, Error, Rule,
    groups::{self, NewGroup},
    memberships,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, refused_for};

each_engine! {
    async fn each_group_gets_one_entry_that_lists_who_came_or_went(app: TestApp) {
        let (all, staff) = (app.group("All", &[]).await, app.group("Staff", &[]).await);
        let people = app.users(["ann@acme.example", "bob@acme.example", "cid@acme.example"]).await;
        let n = app.entries().await.len();
        app.change(async |change| {
            let pairs = [(&staff, &people[2]), (&all, &people[1]), (&all, &people[0]), (&all, &people[1])];
            memberships::add_users(change, &pairs).await?;
            memberships::add_groups(change, &[(&all, &staff)]).await?;
            memberships::remove_users(change, &[(&all, &people[0]), (&staff, &people[0])]).await?;
            memberships::remove_groups(change, &[(&all, &staff)]).await
        }).await;
        insta::assert_snapshot!("each_group_gets_one_entry", entries_after(&app, n).await);
    }

    async fn adding_who_is_there_and_removing_who_is_not_changes_nothing(app: TestApp) {
        let people = app.users(["ann@acme.example", "bob@acme.example"]).await;
        let (all, staff) = (app.group("All", &[&people[0]]).await, app.group("Staff", &[]).await);
        app.change(async |change| memberships::add_groups(change, &[(&all, &staff)]).await).await;
        let revision = app.revision().await;
        app.change(async |change| {
            memberships::add_users(change, &[(&all, &people[0])]).await?;
            memberships::remove_users(change, &[(&all, &people[1])]).await?;
            memberships::add_groups(change, &[(&all, &staff)]).await?;
            memberships::remove_groups(change, &[(&staff, &all)]).await
        }).await;
        assert_eq!(app.revision().await, revision);
    }

    async fn a_group_cannot_come_to_contain_itself(app: TestApp) {
        let (one, two, three) =
            (app.group("One", &[]).await, app.group("Two", &[]).await, app.group("Three", &[]).await);
        let ctx = app.operator();
        let mut tx = ctx.attempts().begin().await.expect("a transaction");
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        memberships::add_groups(&mut change, &[(&one, &two), (&two, &three)]).await.expect("no circle");
        for pairs in [vec![(&one, &one)], vec![(&three, &one)], vec![(&one, &three), (&three, &two)]] {
            let result = memberships::add_groups(&mut change, &pairs).await;
            assert_eq!(refused_for(result), Some(Rule::GroupCycle));
        }
    }

    async fn a_name_that_is_taken_in_any_case_of_letters_is_refused(app: TestApp) {
        let ctx = app.operator();
        app.group("Staff", &[]).await;
        let twin = NewGroup { name: "STAFF ".to_owned(), description: String::new() };
        assert_eq!(refused_for(groups::create(&ctx, &twin).await), Some(Rule::Taken));
        let nameless = NewGroup { name: String::new(), description: "x".repeat(2_001) };
        let refused = groups::create(&ctx, &nameless).await;
        assert!(matches!(refused, Err(Error::Invalid(problems)) if problems.clone().into_vec().len() == 2));
    }
}
