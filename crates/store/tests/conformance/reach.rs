use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use rolecall_store::{
    Meter,
    assignments::{self, Assignment, Holder},
    audit::{self, Entry},
    history::{self, Subject},
    memberships::{self, Member, Membership},
    reach::{self, Span, When},
};
use rolecall_testkit::{TestDb, each_engine};

const ACCOUNT: AccountNo = AccountNo(1);
const TRAVEL: BotNo = BotNo(7);
const NONE: BotNo = BotNo(0);

fn holds(bot: BotNo, role: i64, holder: Holder) -> Assignment {
    Assignment { bot, role: RoleNo(role), holder }
}

fn user(no: i64) -> Holder {
    Holder::User(UserNo(no))
}

fn group(no: i64) -> Holder {
    Holder::Group(GroupNo(no))
}

fn inside(group: i64, member: Member) -> Membership {
    Membership { group: GroupNo(group), member }
}

/// What happens in one change; its number and its time are the same.
#[derive(Default)]
struct Day {
    assigned: Vec<Assignment>,
    unassigned: Vec<Assignment>,
    joined: Vec<Membership>,
    left: Vec<Membership>,
}

async fn lives(db: &TestDb, seq: i64, day: Day) {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    let at = Instant::from_ms(seq);
    let entry = Entry {
        seq,
        at,
        event: "Day".to_owned(),
        actor: format!("app:cs-{seq}"),
        target: String::new(),
        description: String::new(),
        before: String::new(),
        after: String::new(),
        hash: String::new(),
    };
    audit::insert(&mut tx, ACCOUNT, &[entry]).await.expect("it is new");
    let with_seq = |all: &[Assignment]| all.iter().map(|one| (*one, seq)).collect::<Vec<_>>();
    assignments::end(&mut tx, ACCOUNT, at, &with_seq(&day.unassigned)).await.expect("they end");
    assignments::insert(&mut tx, ACCOUNT, at, &with_seq(&day.assigned)).await.expect("they are new");
    let with_seq = |all: &[Membership]| all.iter().map(|one| (*one, seq)).collect::<Vec<_>>();
    memberships::end(&mut tx, ACCOUNT, at, &with_seq(&day.left)).await.expect("they end");
    memberships::insert(&mut tx, ACCOUNT, at, &with_seq(&day.joined)).await.expect("they are new");
    tx.commit().await.expect("it is kept");
}

async fn three_days(db: &TestDb) {
    let first = Day {
        assigned: vec![
            holds(TRAVEL, 1, user(10)),
            holds(TRAVEL, 2, user(11)),
            holds(NONE, 3, user(12)),
            holds(TRAVEL, 1, group(20)),
        ],
        joined: vec![inside(20, Member::User(UserNo(13))), inside(20, Member::Group(GroupNo(21)))],
        ..Day::default()
    };
    lives(db, 5, first).await;
    let second = Day {
        unassigned: vec![holds(TRAVEL, 1, user(10)), holds(TRAVEL, 1, group(20))],
        left: vec![inside(20, Member::User(UserNo(13))), inside(20, Member::Group(GroupNo(21)))],
        ..Day::default()
    };
    lives(db, 7, second).await;
    let third = Day {
        assigned: vec![holds(TRAVEL, 1, user(10)), holds(TRAVEL, 1, user(14))],
        joined: vec![inside(20, Member::User(UserNo(15)))],
        ..Day::default()
    };
    lives(db, 9, third).await;
}

const ALL: Span = Span { after: 0, limit: 100 };

each_engine! {
    async fn who_holds_roles_on_bots_is_told_as_of_any_time(db: TestDb) {
        three_days(&db).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (at_ms, on, users, groups) in [
            (Some(4), vec![(TRAVEL, 1), (TRAVEL, 2)], vec![], vec![]),
            (Some(5), vec![(TRAVEL, 1), (TRAVEL, 2)], vec![10, 11], vec![20]),
            (Some(6), vec![(TRAVEL, 1)], vec![10], vec![20]),
            (Some(7), vec![(TRAVEL, 1), (TRAVEL, 2)], vec![11], vec![]),
            (Some(9), vec![(TRAVEL, 1)], vec![10, 14], vec![]),
            (None, vec![(TRAVEL, 1), (TRAVEL, 2), (NONE, 3)], vec![10, 11, 12, 14], vec![]),
            (None, vec![(NONE, 1), (BotNo(8), 1)], vec![], vec![]),
            (None, vec![], vec![], vec![]),
        ] {
            let on: Vec<(BotNo, RoleNo)> = on.into_iter().map(|(bot, role)| (bot, RoleNo(role))).collect();
            let when = When::find(&mut tx, ACCOUNT, at_ms.map(Instant::from_ms)).await.expect("a time");
            let found = reach::users_with(&mut tx, ACCOUNT, &on, when, ALL).await.expect("users");
            assert_eq!(found, users.into_iter().map(UserNo).collect::<Vec<_>>(), "{at_ms:?} {on:?}");
            let found = reach::groups_with(&mut tx, ACCOUNT, &on, when).await.expect("groups");
            assert_eq!(found, groups.into_iter().map(GroupNo).collect::<Vec<_>>(), "{at_ms:?} {on:?}");
        }
    }

    async fn who_is_in_groups_is_told_as_of_any_time(db: TestDb) {
        three_days(&db).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (at_ms, users, nested) in [
            (Some(4), vec![], vec![]),
            (Some(5), vec![13], vec![(20, 21)]),
            (Some(6), vec![13], vec![(20, 21)]),
            (Some(7), vec![], vec![]),
            (Some(9), vec![15], vec![]),
            (None, vec![15], vec![]),
        ] {
            let when = When::find(&mut tx, ACCOUNT, at_ms.map(Instant::from_ms)).await.expect("a time");
            let found = reach::users_in(&mut tx, ACCOUNT, &[GroupNo(20), GroupNo(99)], when, ALL).await.expect("users");
            assert_eq!(found, users.into_iter().map(UserNo).collect::<Vec<_>>(), "{at_ms:?}");
            let found = reach::nested(&mut tx, ACCOUNT, when).await.expect("groups");
            let nested: Vec<_> = nested.into_iter().map(|(outer, inner)| (GroupNo(outer), GroupNo(inner))).collect();
            assert_eq!(found, nested, "{at_ms:?}");
        }
    }

    async fn no_more_are_told_than_are_asked_for_however_many_roles_there_are(db: TestDb) {
        let assigned = (1..=900).map(|no| holds(TRAVEL, no % 700, user(1_000 + no))).collect();
        lives(&db, 5, Day { assigned, ..Day::default() }).await;
        let on: Vec<(BotNo, RoleNo)> = (0..700).map(|role| (TRAVEL, RoleNo(role))).collect();
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let when = When::find(&mut tx, ACCOUNT, None).await.expect("now");
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |user: &UserNo| user.0);
            let next = reach::users_with(&mut tx, ACCOUNT, &on, when, Span { after, limit: 250 }).await.expect("users");
            assert!(next.len() <= 250);
            if next.is_empty() {
                break;
            }
            all.extend(next);
        }
        assert_eq!(all, (1..=900).map(|no| UserNo(1_000 + no)).collect::<Vec<_>>());
    }

    async fn a_history_is_told_newest_first_and_with_whoever_made_it(db: TestDb) {
        three_days(&db).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let told = history::list(&mut tx, ACCOUNT, UserNo(10), i64::MAX, 10).await.expect("a history");
        let told: Vec<_> = told.iter().map(|moment| (moment.seq, moment.at.as_ms(), moment.has_begun, moment.subject)).collect();
        let role = Subject::Role(TRAVEL, RoleNo(1));
        assert_eq!(told, [(9, 9, true, role), (7, 7, false, role), (5, 5, true, role)]);
        let told = history::list(&mut tx, ACCOUNT, UserNo(13), 7, 10).await.expect("a history");
        assert_eq!(told.iter().map(|moment| (moment.seq, moment.has_begun, moment.subject)).collect::<Vec<_>>(), [(5, true, Subject::Group(GroupNo(20)))]);
        assert_eq!(history::list(&mut tx, ACCOUNT, UserNo(10), 9, 1).await.expect("a history").len(), 1);
        assert_eq!(history::list(&mut tx, AccountNo(2), UserNo(10), 9, 1).await.expect("a history"), []);
        let actors = audit::actors(&mut tx, ACCOUNT, &[5, 9, 77]).await.expect("actors");
        let mut actors: Vec<_> = actors.into_iter().collect();
        actors.sort_unstable();
        assert_eq!(actors, [(5, "app:cs-5".to_owned()), (9, "app:cs-9".to_owned())]);
    }
}
