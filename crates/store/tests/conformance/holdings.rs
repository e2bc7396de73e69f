use rolecall_model::{
    ids::{AccountNo, GroupNo, UserNo},
    time::Instant,
};
use rolecall_store::{
    Meter, holdings,
    memberships::{self, Member, Membership},
};
use rolecall_testkit::{TestDb, each_engine};

const ACCOUNT: AccountNo = AccountNo(1);

async fn change(db: &TestDb, at_ms: i64, begin: &[Membership], end: &[Membership]) {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await.expect("a transaction");
    let at = Instant::from_ms(at_ms);
    let seq = |memberships: &[Membership]| memberships.iter().map(|one| (*one, at_ms)).collect::<Vec<_>>();
    memberships::end(&mut tx, ACCOUNT, at, &seq(end)).await.expect("they end");
    memberships::insert(&mut tx, ACCOUNT, at, &seq(begin)).await.expect("they are new");
    tx.commit().await.expect("it is kept");
}

fn inside(group: i64, member: i64) -> Membership {
    Membership { group: GroupNo(group), member: Member::Group(GroupNo(member)) }
}

async fn around(db: &TestDb, groups: &[i64], at_ms: Option<i64>) -> Vec<(i64, i64)> {
    let groups: Vec<GroupNo> = groups.iter().map(|no| GroupNo(*no)).collect();
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let found = holdings::groups_around(&mut tx, ACCOUNT, &groups, at_ms.map(Instant::from_ms)).await.expect("found");
    let mut found: Vec<(i64, i64)> = found.into_iter().map(|(inner, outer)| (inner.0, outer.0)).collect();
    found.sort_unstable();
    found
}

each_engine! {
    async fn groups_around_groups_are_found_however_many_lie_between(db: TestDb) {
        change(&db, 5, &[inside(1, 2), inside(2, 3), inside(3, 4), inside(9, 3), inside(8, 7)], &[]).await;
        for at_ms in [None, Some(5), Some(50)] {
            assert_eq!(around(&db, &[4, 2], at_ms).await, [(2, 1), (4, 1), (4, 2), (4, 3), (4, 9)], "{at_ms:?}");
            assert_eq!(around(&db, &[1, 70], at_ms).await, [], "{at_ms:?}");
            assert_eq!(around(&db, &[], at_ms).await, [], "{at_ms:?}");
        }
        assert_eq!(around(&db, &[4], Some(4)).await, []);
    }

    async fn a_circle_of_groups_is_gone_round_once(db: TestDb) {
        change(&db, 5, &[inside(1, 2), inside(2, 3), inside(3, 1), inside(4, 4)], &[]).await;
        for at_ms in [None, Some(5)] {
            assert_eq!(around(&db, &[1, 4], at_ms).await, [(1, 1), (1, 2), (1, 3), (4, 4)], "{at_ms:?}");
        }
    }

    async fn groups_around_groups_are_told_as_of_any_time(db: TestDb) {
        change(&db, 5, &[inside(1, 2), inside(2, 3)], &[]).await;
        change(&db, 7, &[], &[inside(1, 2)]).await;
        change(&db, 9, &[inside(1, 2)], &[inside(2, 3)]).await;
        for (at_ms, expected) in [
            (4, vec![]),
            (5, vec![(2, 1), (3, 1), (3, 2)]),
            (6, vec![(2, 1), (3, 1), (3, 2)]),
            (7, vec![(3, 2)]),
            (9, vec![(2, 1)]),
        ] {
            assert_eq!(around(&db, &[2, 3], Some(at_ms)).await, expected, "at {at_ms}");
        }
        assert_eq!(around(&db, &[2, 3], None).await, [(2, 1)]);
    }

    async fn the_groups_of_many_users_are_told_as_of_any_time(db: TestDb) {
        let member = |user: i64| Membership { group: GroupNo(1), member: Member::User(UserNo(user)) };
        let everybody: Vec<Membership> = (1..=600).map(member).collect();
        change(&db, 5, &everybody, &[]).await;
        change(&db, 7, &[], &everybody[..300]).await;
        let users: Vec<UserNo> = (1..=1_000).map(UserNo).collect();
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (at_ms, n) in [(Some(4), 0), (Some(5), 600), (Some(6), 600), (Some(7), 300), (None, 300)] {
            let at = at_ms.map(Instant::from_ms);
            let found = holdings::groups_of_users(&mut tx, ACCOUNT, &users, at).await.expect("they are found");
            assert_eq!(found.len(), n, "at {at_ms:?}");
        }
    }
}
