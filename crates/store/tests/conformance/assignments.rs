use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use rolecall_store::{
    Error, Meter,
    assignments::{self, Assignment, Holder, NO_BOT, Of},
    holdings,
};
use rolecall_testkit::{TestDb, each_engine};

use super::{bots, rows};

const ACCOUNT: AccountNo = AccountNo(1);
const TESTER: RoleNo = RoleNo(3);
const ADMIN: RoleNo = RoleNo(4);

fn of_user(bot: BotNo, role: RoleNo, user: i64) -> Assignment {
    Assignment { bot, role, holder: Holder::User(UserNo(user)) }
}

fn of_group(bot: BotNo, role: RoleNo, group: i64) -> Assignment {
    Assignment { bot, role, holder: Holder::Group(GroupNo(group)) }
}

/// Users 1 to `n_users` as testers of bot 20, user 1 as one of bot 21, group 7 as tester of bot 20,
/// user 1 and group 7 as admins; sorted.
fn assignments_of(n_users: i64) -> Vec<Assignment> {
    let mut all: Vec<Assignment> = (1..=n_users).map(|user| of_user(BotNo(20), TESTER, user)).collect();
    all.push(of_user(BotNo(21), TESTER, 1));
    all.push(of_group(BotNo(20), TESTER, 7));
    all.push(of_user(NO_BOT, ADMIN, 1));
    all.push(of_group(NO_BOT, ADMIN, 7));
    all.sort_unstable();
    all
}

fn at_seq(assignments: &[Assignment], seq: i64) -> Vec<(Assignment, i64)> {
    assignments.iter().map(|assignment| (*assignment, seq)).collect()
}

async fn insert(db: &TestDb, account: AccountNo, at_ms: i64, rows: &[(Assignment, i64)]) -> Result<(), Error> {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await?;
    let result = assignments::insert(&mut tx, account, Instant::from_ms(at_ms), rows).await;
    attempts.settle(tx, result).await.expect("nobody else writes")
}

async fn end(db: &TestDb, at_ms: i64, rows: &[(Assignment, i64)]) {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await.expect("a transaction");
    let result = assignments::end(&mut tx, ACCOUNT, Instant::from_ms(at_ms), rows).await;
    attempts.settle(tx, result).await.expect("nobody else writes").expect("they end");
}

async fn holding(db: &TestDb, sought: &[Assignment]) -> Vec<Assignment> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let mut found = assignments::find(&mut tx, ACCOUNT, sought).await.expect("they are found");
    found.sort_unstable();
    found
}

async fn list(db: &TestDb, of: Of, limit: i64) -> Vec<Assignment> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let mut listed = assignments::list(&mut tx, ACCOUNT, of, limit).await.expect("they are listed");
    listed.sort_unstable();
    listed
}

each_engine! {
    async fn what_was_given_is_found_and_what_was_not_is_not(db: TestDb) {
        let all = assignments_of(600);
        insert(&db, ACCOUNT, 5, &at_seq(&all, 1)).await.expect("they are new");
        let mut sought = assignments_of(700);
        sought.push(of_group(BotNo(20), TESTER, 1));
        sought.push(of_user(BotNo(20), TESTER, 7_000));
        sought.push(of_user(BotNo(22), TESTER, 1));
        assert_eq!(holding(&db, &sought).await, all);
        assert_eq!(holding(&db, &[]).await, []);
    }

    async fn the_same_assignment_twice_is_refused(db: TestDb) {
        for one in [of_user(NO_BOT, ADMIN, 1), of_group(NO_BOT, ADMIN, 1)] {
            insert(&db, ACCOUNT, 5, &[(one, 1)]).await.expect("it is new");
            assert!(matches!(insert(&db, ACCOUNT, 6, &[(one, 2)]).await, Err(Error::Conflict { .. })));
            insert(&db, AccountNo(2), 6, &[(one, 1)]).await.expect("another account has its own");
        }
    }

    async fn what_ends_moves_to_the_history_with_its_beginning(db: TestDb) {
        let all = assignments_of(600);
        insert(&db, ACCOUNT, 5, &at_seq(&all, 1)).await.expect("they are new");
        insert(&db, AccountNo(2), 5, &at_seq(&all, 1)).await.expect("they are new");

        let not_there = of_user(BotNo(22), TESTER, 1);
        let (gone, left) = all.split_at(all.len() - 1);
        end(&db, 8, &[at_seq(gone, 2), at_seq(&[not_there], 2)].concat()).await;
        assert_eq!(holding(&db, &all).await, left);
        end(&db, 9, &at_seq(&all, 3)).await;
        assert_eq!(holding(&db, &all).await, []);

        let history = rows(&db, "
            SELECT ended_seq, bot_no, role_no, user_no, began_at_ms, began_seq, ended_at_ms, account_no
            FROM user_assignments_ended ORDER BY ended_seq, bot_no, user_no").await;
        assert_eq!(history.len(), 602);
        assert_eq!(history[0], [2, 0, 4, 1, 5, 1, 8, 1]);
        assert_eq!(history[601], [3, 21, 3, 1, 5, 1, 9, 1]);
        let history = rows(&db, "
            SELECT ended_seq, bot_no, role_no, group_no, began_at_ms, began_seq, ended_at_ms, account_no
            FROM group_assignments_ended ORDER BY bot_no").await;
        assert_eq!(history, [[2, 0, 4, 7, 5, 1, 8, 1], [2, 20, 3, 7, 5, 1, 8, 1]]);
        assert_eq!(rows(&db, "SELECT account_no FROM user_assignments WHERE user_no = 600").await, [[2]]);
    }

    async fn those_of_a_role_and_those_on_a_bot_are_listed_up_to_a_limit(db: TestDb) {
        let all = assignments_of(20);
        insert(&db, ACCOUNT, 5, &at_seq(&all, 1)).await.expect("they are new");
        insert(&db, AccountNo(2), 5, &at_seq(&all, 1)).await.expect("they are new");
        bots(&db, ACCOUNT, &[20, 21]).await;

        let of = |wanted: fn(&Assignment) -> bool| -> Vec<Assignment> {
            all.iter().copied().filter(wanted).collect()
        };
        assert_eq!(list(&db, Of::Role(ADMIN), 100).await, of(|a| a.role == ADMIN));
        assert_eq!(list(&db, Of::Role(TESTER), 100).await, of(|a| a.role == TESTER));
        assert_eq!(list(&db, Of::Bot(BotNo(20)), 100).await, of(|a| a.bot == BotNo(20)));
        assert_eq!(list(&db, Of::Bot(BotNo(22)), 100).await, []);
        assert_eq!(list(&db, Of::Bot(BotNo(20)), 20).await.len(), 20);
        assert_eq!(list(&db, Of::Bot(BotNo(20)), 7).await.len(), 7);
    }

    async fn what_users_and_groups_hold_is_told_as_of_any_time(db: TestDb) {
        let (first, second) = (of_user(BotNo(20), TESTER, 1), of_group(BotNo(20), TESTER, 7));
        insert(&db, ACCOUNT, 5, &[(first, 1), (second, 1)]).await.expect("they are new");
        end(&db, 8, &[(first, 2), (second, 2)]).await;
        insert(&db, ACCOUNT, 10, &[(first, 3), (second, 3)]).await.expect("they ended");

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (at_ms, is_held) in [(4, false), (5, true), (7, true), (8, false), (9, false), (10, true), (99, true)] {
            let at = Some(Instant::from_ms(at_ms));
            let users: Vec<UserNo> = (1..=70).map(UserNo).collect();
            let of_users = holdings::roles_of_users(&mut tx, ACCOUNT, &users, at).await.expect("they are found");
            assert_eq!(of_users, if is_held { vec![first] } else { vec![] }, "at {at_ms}");
            let of_groups = holdings::roles_of_groups(&mut tx, ACCOUNT, &[GroupNo(7)], at).await.expect("found");
            assert_eq!(of_groups, if is_held { vec![second] } else { vec![] }, "at {at_ms}");
        }
        let now = holdings::roles_of_users(&mut tx, ACCOUNT, &[UserNo(1), UserNo(2)], None).await.expect("found");
        assert_eq!(now, [first]);
        let elsewhere = holdings::roles_of_groups(&mut tx, AccountNo(2), &[GroupNo(7)], None).await.expect("found");
        assert_eq!(elsewhere, []);
    }
}
