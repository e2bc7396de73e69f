use rolecall_control::{
    Change, Ctx, Error, Rule,
    groups::{self, NewGroup},
    memberships,
};
use rolecall_model::{group::Group, ids::UserNo, user::User};
use rolecall_store::{Tx, users};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, n_entries, refused_for};

async fn group(ctx: &Ctx, name: &str) -> Group {
    let new = NewGroup { name: name.to_owned(), description: String::new() };
    groups::create(ctx, &new).await.expect("the name is free")
}

async fn begin(ctx: &Ctx) -> Tx {
    ctx.attempts().begin().await.expect("a transaction")
}

/// Users whose ids and addresses are their numbers.
async fn people(ctx: &Ctx, n: usize) -> Vec<User> {
    let mut tx = begin(ctx).await;
    let mut change = Change::begin(ctx, &mut tx).await.expect("a change");
    let mut made = Vec::new();
    for _ in 0..n {
        let no = change.next_no();
        made.push(User::new(UserNo(no), format!("u-{no}"), format!("{no}@acme.example"), change.at));
    }
    users::insert(change.tx, ctx.account, 1, &made).await.expect("they are new");
    rolecall_store::accounts::save(change.tx, &change.account).await.expect("the numbers are kept");
    tx.commit().await.expect("it is kept");
    made
}

each_engine! {
    async fn each_group_gets_one_entry_that_lists_who_came_or_went(app: TestApp) {
        let ctx = app.operator();
        let (all, staff) = (group(&ctx, "All").await, group(&ctx, "Staff").await);
        let people = people(&ctx, 3).await;
        let n = n_entries(&app).await;

        let mut tx = begin(&ctx).await;
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        let pairs = [(&staff, &people[2]), (&all, &people[1]), (&all, &people[0]), (&all, &people[1])];
        memberships::add_users(&mut change, &pairs).await.expect("they are put in");
        memberships::add_groups(&mut change, &[(&all, &staff)]).await.expect("it is put in");
        memberships::remove_users(&mut change, &[(&all, &people[0]), (&staff, &people[0])]).await.expect("taken out");
        memberships::remove_groups(&mut change, &[(&all, &staff)]).await.expect("taken out");
        change.finish().await.expect("it is whole");
        tx.commit().await.expect("it is kept");

        insta::assert_snapshot!("each_group_gets_one_entry", entries_after(&app, n).await.join("\n"));
    }

    async fn adding_who_is_there_and_removing_who_is_not_changes_nothing(app: TestApp) {
        let ctx = app.operator();
        let (all, staff) = (group(&ctx, "All").await, group(&ctx, "Staff").await);
        let people = people(&ctx, 2).await;
        let mut tx = begin(&ctx).await;
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        memberships::add_users(&mut change, &[(&all, &people[0])]).await.expect("put in");
        memberships::add_groups(&mut change, &[(&all, &staff)]).await.expect("put in");
        change.finish().await.expect("it is whole");
        tx.commit().await.expect("it is kept");
        let n = n_entries(&app).await;

        let mut tx = begin(&ctx).await;
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        memberships::add_users(&mut change, &[(&all, &people[0])]).await.expect("nothing to do");
        memberships::remove_users(&mut change, &[(&all, &people[1])]).await.expect("nothing to do");
        memberships::add_groups(&mut change, &[(&all, &staff)]).await.expect("nothing to do");
        memberships::remove_groups(&mut change, &[(&staff, &all)]).await.expect("nothing to do");
        change.finish().await.expect("it is whole");
        tx.commit().await.expect("it is kept");
        assert_eq!(n_entries(&app).await, n);
    }

    async fn a_group_cannot_come_to_contain_itself(app: TestApp) {
        let ctx = app.operator();
        let (one, two, three) = (group(&ctx, "One").await, group(&ctx, "Two").await, group(&ctx, "Three").await);
        let mut tx = begin(&ctx).await;
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        memberships::add_groups(&mut change, &[(&one, &two), (&two, &three)]).await.expect("no circle");
        for pairs in [vec![(&one, &one)], vec![(&three, &one)], vec![(&one, &three), (&three, &two)]] {
            let result = memberships::add_groups(&mut change, &pairs).await;
            assert_eq!(refused_for(result), Some(Rule::GroupCycle));
        }
    }

    async fn a_name_that_is_taken_in_any_case_of_letters_is_refused(app: TestApp) {
        let ctx = app.operator();
        group(&ctx, "Staff").await;
        let twin = NewGroup { name: "STAFF ".to_owned(), description: String::new() };
        assert_eq!(refused_for(groups::create(&ctx, &twin).await), Some(Rule::Taken));
        let nameless = NewGroup { name: String::new(), description: "x".repeat(2_001) };
        let refused = groups::create(&ctx, &nameless).await;
        assert!(matches!(refused, Err(Error::Invalid(problems)) if problems.clone().into_vec().len() == 2));
    }
}
