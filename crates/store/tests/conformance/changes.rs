use rolecall_model::{
    delta::Delta,
    ids::{AccountNo, BotNo, RoleNo, UserNo},
};
use rolecall_store::{Meter, changes};
use rolecall_testkit::{TestDb, each_engine};

const ACCOUNT: AccountNo = AccountNo(1);

async fn insert(db: &TestDb, account: AccountNo, revision: i64, deltas: changes::Deltas) {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    changes::insert(&mut tx, account, revision, &deltas).await.expect("it is new");
    tx.commit().await.expect("it is kept");
}

async fn since(db: &TestDb, revision: i64, limit: i64) -> Vec<(i64, changes::Deltas)> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    changes::since(&mut tx, ACCOUNT, revision, limit).await.expect("they are read")
}

each_engine! {
    async fn what_changes_did_is_told_in_their_order(db: TestDb) {
        let assigned = Delta::UserAssigned { bot: BotNo(0), role: RoleNo(7), user: UserNo(1) };
        insert(&db, ACCOUNT, 3, Some(vec![assigned, Delta::Apps])).await;
        insert(&db, ACCOUNT, 4, None).await;
        insert(&db, ACCOUNT, 5, Some(Vec::new())).await;
        insert(&db, AccountNo(2), 4, Some(vec![Delta::Account])).await;

        let all = vec![(3, Some(vec![Delta::Apps, assigned])), (4, None), (5, Some(Vec::new()))];
        assert_eq!(since(&db, 0, 10).await, all);
        assert_eq!(since(&db, 3, 1).await, all[1..2]);
        assert_eq!(since(&db, 5, 10).await, []);
    }

    async fn old_changes_are_cleared_away_now_and_then(db: TestDb) {
        for revision in [1, 2, changes::N_KEPT - 1, changes::N_KEPT, changes::N_KEPT + 1] {
            insert(&db, ACCOUNT, revision, Some(Vec::new())).await;
        }
        let revisions = |changes: Vec<(i64, _)>| changes.into_iter().map(|(revision, _)| revision).collect::<Vec<_>>();
        assert_eq!(revisions(since(&db, 0, 10).await).len(), 5);
        let next = 40 * 256;
        insert(&db, AccountNo(2), next, Some(Vec::new())).await;
        assert_eq!(revisions(since(&db, 0, 10).await).len(), 5);
        insert(&db, ACCOUNT, next, Some(Vec::new())).await;
        assert_eq!(revisions(since(&db, 0, 10).await), [changes::N_KEPT - 1, changes::N_KEPT, changes::N_KEPT + 1, next]);
    }
}
