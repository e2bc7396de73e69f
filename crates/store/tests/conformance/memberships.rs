use rolecall_model::{
    ids::{AccountNo, GroupNo, UserNo},
    time::Instant,
};
use rolecall_store::{
    Error, Meter,
    memberships::{self, Member, Membership},
};
use rolecall_testkit::{TestDb, each_engine};

use super::rows;

const ACCOUNT: AccountNo = AccountNo(1);

/// Users 1 to `n_users` in group 7, and group 8 in group 7.
fn memberships_of(n_users: i64) -> Vec<Membership> {
    let group = GroupNo(7);
    let users = (1..=n_users).map(|no| Membership { group, member: Member::User(UserNo(no)) });
    users.chain([Membership { group, member: Member::Group(GroupNo(8)) }]).collect()
}

fn at_seq(memberships: &[Membership], seq: i64) -> Vec<(Membership, i64)> {
    memberships.iter().map(|membership| (*membership, seq)).collect()
}

async fn insert(db: &TestDb, account: AccountNo, at_ms: i64, rows: &[(Membership, i64)]) -> Result<(), Error> {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await?;
    let result = memberships::insert(&mut tx, account, Instant::from_ms(at_ms), rows).await;
    attempts.settle(tx, result).await.expect("nobody else writes")
}

async fn end(db: &TestDb, at_ms: i64, rows: &[(Membership, i64)]) {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await.expect("a transaction");
    let result = memberships::end(&mut tx, ACCOUNT, Instant::from_ms(at_ms), rows).await;
    attempts.settle(tx, result).await.expect("nobody else writes").expect("they end");
}

async fn holding(db: &TestDb, sought: &[Membership]) -> Vec<Membership> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let mut found = memberships::find(&mut tx, ACCOUNT, sought).await.expect("they are found");
    found.sort_unstable();
    found
}

each_engine! {
    async fn what_was_put_in_is_found_and_what_was_not_is_not(db: TestDb) {
        let all = memberships_of(600);
        insert(&db, ACCOUNT, 5, &at_seq(&all, 1)).await.expect("they are new");

        let mut sought = memberships_of(700);
        sought.push(Membership { group: GroupNo(8), member: Member::User(UserNo(1)) });
        sought.push(Membership { group: GroupNo(8), member: Member::Group(GroupNo(7)) });
        assert_eq!(holding(&db, &sought).await, all);
        assert_eq!(holding(&db, &[]).await, []);

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        assert_eq!(memberships::nested(&mut tx, ACCOUNT).await.expect("found"), [(GroupNo(7), GroupNo(8))]);
        assert_eq!(memberships::nested(&mut tx, AccountNo(2)).await.expect("found"), []);
    }

    async fn the_same_membership_twice_is_refused(db: TestDb) {
        let one = &at_seq(&memberships_of(1), 1);
        insert(&db, ACCOUNT, 5, one).await.expect("it is new");
        assert!(matches!(insert(&db, ACCOUNT, 6, one).await, Err(Error::Conflict { .. })));
        insert(&db, AccountNo(2), 6, one).await.expect("another account has its own");
    }

    async fn what_ends_moves_to_the_history_with_its_beginning(db: TestDb) {
        let all = memberships_of(600);
        insert(&db, ACCOUNT, 5, &at_seq(&all, 1)).await.expect("they are new");
        insert(&db, AccountNo(2), 5, &at_seq(&all, 1)).await.expect("they are new");

        let not_there = Membership { group: GroupNo(9), member: Member::User(UserNo(1)) };
        let (gone, left) = all.split_at(599);
        end(&db, 8, &[at_seq(gone, 2), at_seq(&[not_there], 2)].concat()).await;
        assert_eq!(holding(&db, &all).await, left);
        end(&db, 9, &at_seq(&all, 3)).await;
        assert_eq!(holding(&db, &all).await, []);

        let history = rows(&db, "
            SELECT ended_seq, group_no, user_no, began_at_ms, began_seq, ended_at_ms, account_no
            FROM group_users_ended ORDER BY ended_seq, user_no").await;
        assert_eq!(history.len(), 600);
        assert_eq!(history[0], [2, 7, 1, 5, 1, 8, 1]);
        assert_eq!(history[599], [3, 7, 600, 5, 1, 9, 1]);
        let history = rows(&db, "SELECT ended_seq, group_no, member_no, began_at_ms, began_seq, ended_at_ms FROM group_groups_ended").await;
        assert_eq!(history, [[3, 7, 8, 5, 1, 9]]);
        assert_eq!(rows(&db, "SELECT account_no FROM group_users WHERE user_no = 600").await, [[2]]);
    }
}
