use rolecall_model::{
    group::Group,
    ids::{AccountNo, GroupNo, UserNo},
    page::{Page, Start},
    time::Instant,
};
use rolecall_store::{
    Error, Meter, groups,
    memberships::{self, Member, Membership},
};
use rolecall_testkit::{TestDb, each_engine};

use super::run;

const ACCOUNT: AccountNo = AccountNo(1);

fn group(no: i64) -> Group {
    Group {
        no: GroupNo(no),
        id: format!("e-{no}"),
        name: format!("Group {no}"),
        description: "설명".to_owned(),
        created_at: Instant::from_ms(5),
    }
}

async fn insert(db: &TestDb, account: AccountNo, made: &[Group]) -> Result<(), Error> {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await?;
    let result = groups::insert(&mut tx, account, made).await;
    attempts.settle(tx, result).await.expect("nobody else writes")
}

fn nos(mut found: Vec<Group>) -> Vec<i64> {
    found.sort_unstable_by_key(|group| group.no);
    found.iter().map(|group| group.no.0).collect()
}

each_engine! {
    async fn groups_are_listed_in_order_and_found_by_each_key(db: TestDb) {
        insert(&db, ACCOUNT, &[group(3), group(1), group(2), group(4)]).await.expect("they are new");
        insert(&db, AccountNo(2), &[group(1), group(9)]).await.expect("another account has its own");
        run(&db, "UPDATE groups SET removed_at_ms = 8 WHERE account_no = 1 AND group_no = 4").await;

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let page = Page { limit: 2, start: Start::Offset(1) };
        assert_eq!(groups::list(&mut tx, ACCOUNT, page).await.expect("a page"), [group(2), group(3)]);
        let page = Page { limit: 2, start: Start::After(1) };
        assert_eq!(groups::list(&mut tx, ACCOUNT, page).await.expect("a page"), [group(2), group(3)]);
        assert_eq!(groups::count(&mut tx, ACCOUNT).await.expect("a count"), 3);
        let ids = ["e-1", "e-3", "e-4", "e-9"].map(str::to_owned);
        assert_eq!(nos(groups::find_by_ids(&mut tx, ACCOUNT, &ids).await.expect("found")), [1, 3]);
        let names = ["group 1", "group 3", "group 4", "group 9"].map(str::to_owned);
        assert_eq!(nos(groups::find_by_names(&mut tx, ACCOUNT, &names).await.expect("found")), [1, 3]);
        let sought = [GroupNo(1), GroupNo(3), GroupNo(4), GroupNo(9)];
        assert_eq!(nos(groups::find_by_nos(&mut tx, ACCOUNT, &sought).await.expect("found")), [1, 3]);
    }

    async fn a_name_is_one_groups_only_and_free_when_it_is_removed(db: TestDb) {
        insert(&db, ACCOUNT, &[group(1)]).await.expect("it is new");
        let twin = Group { name: "GROUP  1".to_owned(), ..group(2) };
        assert!(matches!(insert(&db, ACCOUNT, std::slice::from_ref(&twin)).await, Err(Error::Conflict { .. })));
        run(&db, "UPDATE groups SET removed_at_ms = 8 WHERE account_no = 1 AND group_no = 1").await;
        insert(&db, ACCOUNT, &[twin]).await.expect("the name is free");
    }

    async fn who_is_in_groups_is_shown_up_to_a_limit_for_each(db: TestDb) {
        let all: Vec<Group> = (1..=70).map(group).collect();
        insert(&db, ACCOUNT, &all).await.expect("they are new");
        run(&db, "
            INSERT INTO users (account_no, user_no, user_id, email, email_folded, org_user_id, first_name, last_name, is_developer,
              can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms, changed_revision, removed_at_ms)
            VALUES (1, 101, 'u-101', 'Ann@a', 'ann@a', '', 'Ann', 'Ant', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL),
                   (1, 102, 'u-102', 'ben@a', 'ben@a', '', '', '', 1, 1, 0, 'not active', '{}', '[]', 5, 1, NULL),
                   (1, 103, 'u-103', 'cat@a', 'cat@a', '', '', '', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL)").await;
        let user = |group, user| Membership { group: GroupNo(group), member: Member::User(UserNo(user)) };
        let inside = |group, member| Membership { group: GroupNo(group), member: Member::Group(GroupNo(member)) };
        let made = [user(1, 103), user(1, 101), user(1, 102), user(70, 102), inside(70, 2), inside(70, 1), inside(2, 3)];
        let made = made.map(|membership| (membership, 1));
        let mut attempts = db.db.attempts(&Meter::default());
        let mut tx = attempts.begin().await.expect("a transaction");
        memberships::insert(&mut tx, ACCOUNT, Instant::from_ms(5), &made).await.expect("they are new");
        tx.commit().await.expect("they are kept");

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let nos: Vec<GroupNo> = all.iter().map(|group| group.no).collect();
        let users = memberships::first_users(&mut tx, ACCOUNT, &nos, 2).await.expect("they are shown");
        let shown: Vec<_> = users.iter().map(|user| (user.group.0, user.no.0, user.email.as_str(), user.status.as_str())).collect();
        assert_eq!(shown, [(1, 101, "Ann@a", "active"), (1, 102, "ben@a", "not active"), (70, 102, "ben@a", "not active")]);
        assert_eq!((users[0].id.as_str(), users[0].first_name.as_str(), users[0].last_name.as_str()), ("u-101", "Ann", "Ant"));

        let counts = memberships::count_users(&mut tx, ACCOUNT, &nos).await.expect("counts");
        assert_eq!((counts.len(), counts[&GroupNo(1)], counts[&GroupNo(70)]), (2, 3, 1));
        let groups = memberships::groups_inside(&mut tx, ACCOUNT, &nos).await.expect("they are shown");
        let shown: Vec<_> = groups.iter().map(|inside| (inside.group.0, inside.no.0, inside.id.as_str(), inside.name.as_str())).collect();
        assert_eq!(shown, [(2, 3, "e-3", "Group 3"), (70, 1, "e-1", "Group 1"), (70, 2, "e-2", "Group 2")]);
    }

    async fn groups_are_found_by_how_their_names_begin(db: TestDb) {
        let named = |no: i64, name: &str| Group { name: name.to_owned(), ..group(no) };
        let made = [named(1, "Care 1"), named(2, "고객 지원"), named(3, "care 3"), named(4, "Ca_e"), named(5, "care 5")];
        insert(&db, ACCOUNT, &made).await.expect("they are new");
        insert(&db, AccountNo(2), &[named(6, "care")]).await.expect("another account has its own");
        run(&db, "UPDATE groups SET removed_at_ms = 8 WHERE account_no = 1 AND group_no = 5").await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (prefix, found) in [("care", vec![1, 3]), ("", vec![1, 2, 3, 4]), ("고", vec![2]), ("ca_", vec![4]), ("%", vec![])] {
            assert_eq!(groups::count_named(&mut tx, ACCOUNT, prefix).await, Ok(i64::try_from(found.len()).expect("few")), "{prefix}");
            let list = groups::list_named(&mut tx, ACCOUNT, prefix, Page::first(9)).await.expect("a page");
            assert_eq!(list.iter().map(|group| group.no.0).collect::<Vec<_>>(), found, "{prefix}");
        }
        let page = Page { limit: 1, start: Start::After(1) };
        assert_eq!(nos(groups::list_named(&mut tx, ACCOUNT, "care", page).await.expect("a page")), [3]);
        let page = Page { limit: 1, start: Start::Offset(1) };
        assert_eq!(nos(groups::list_named(&mut tx, ACCOUNT, "care", page).await.expect("a page")), [3]);
    }

    async fn the_members_of_one_group_are_listed_from_any_number_on(db: TestDb) {
        insert(&db, ACCOUNT, &(1..=9).map(group).collect::<Vec<_>>()).await.expect("they are new");
        run(&db, "
            INSERT INTO users (account_no, user_no, user_id, email, email_folded, org_user_id, first_name, last_name, is_developer,
              can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms, changed_revision, removed_at_ms)
            VALUES (1, 101, 'u-101', 'Ann@a', 'ann@a', '', 'Ann', 'Ant', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL),
                   (1, 102, 'u-102', 'ben@a', 'ben@a', '', '', '', 1, 1, 0, 'not active', '{}', '[]', 5, 1, NULL)").await;
        let user = |group, user| Membership { group: GroupNo(group), member: Member::User(UserNo(user)) };
        let inside = |group, member| Membership { group: GroupNo(group), member: Member::Group(GroupNo(member)) };
        let made = [user(1, 101), user(1, 102), user(2, 102), inside(1, 3), inside(1, 2), inside(4, 3)].map(|made| (made, 1));
        let mut attempts = db.db.attempts(&Meter::default());
        let mut tx = attempts.begin().await.expect("a transaction");
        memberships::insert(&mut tx, ACCOUNT, Instant::from_ms(5), &made).await.expect("they are new");
        tx.commit().await.expect("they are kept");

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (after, limit, ids) in [(0, 9, vec!["u-101", "u-102"]), (0, 1, vec!["u-101"]), (101, 9, vec!["u-102"]), (102, 9, vec![])] {
            let listed = memberships::list_users(&mut tx, ACCOUNT, GroupNo(1), after, limit).await.expect("they are listed");
            assert_eq!(listed.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ids);
        }
        for (after, limit, ids) in [(0, 9, vec!["e-2", "e-3"]), (0, 1, vec!["e-2"]), (2, 9, vec!["e-3"])] {
            let listed = memberships::list_groups(&mut tx, ACCOUNT, GroupNo(1), after, limit).await.expect("they are listed");
            assert_eq!(listed.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ids);
        }
        let counts = memberships::count_groups(&mut tx, ACCOUNT, &[GroupNo(1), GroupNo(2), GroupNo(4)]).await.expect("counts");
        assert_eq!((counts.len(), counts[&GroupNo(1)], counts[&GroupNo(4)]), (2, 2, 1));
        assert_eq!(memberships::directly_around(&mut tx, ACCOUNT, GroupNo(3)).await, Ok(vec![GroupNo(1), GroupNo(4)]));
        assert_eq!(memberships::directly_around(&mut tx, AccountNo(2), GroupNo(3)).await, Ok(vec![]));
    }
}
