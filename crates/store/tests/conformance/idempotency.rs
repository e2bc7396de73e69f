use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_store::{
    Error, Meter, Tx,
    idempotency::{self, Call, Known},
};
use rolecall_testkit::{TestDb, each_engine};

const ACCOUNT: AccountNo = AccountNo(1);

fn call<'c>(claim: &'c str, payload_hash: &'c str) -> Call<'c> {
    Call {
        key_hash: "key",
        payload_hash,
        claim,
        lease_until: Instant::from_ms(100),
        forget_at: Instant::from_ms(1_000),
    }
}

async fn begin(db: &TestDb) -> Tx {
    db.db.attempts(&Meter::default()).begin().await.expect("a transaction")
}

async fn claim(db: &TestDb, account: AccountNo, call: &Call<'_>, now_ms: i64) -> Result<bool, Error> {
    let mut tx = begin(db).await;
    let is_claimed = idempotency::claim(&mut tx, account, call, Instant::from_ms(now_ms)).await?;
    tx.commit().await?;
    Ok(is_claimed)
}

async fn mark(db: &TestDb, claim: &str, seq: i64) -> bool {
    let mut tx = begin(db).await;
    let is_marked = idempotency::mark(&mut tx, ACCOUNT, "key", claim, seq).await.expect("it runs");
    tx.commit().await.expect("it is kept");
    is_marked
}

async fn keep(db: &TestDb, claim: &str, answer: &str) {
    let mut tx = begin(db).await;
    idempotency::keep(&mut tx, ACCOUNT, "key", claim, answer).await.expect("it runs");
    tx.commit().await.expect("it is kept");
}

async fn release(db: &TestDb, claim: &str) -> bool {
    let mut tx = begin(db).await;
    let is_released = idempotency::release(&mut tx, ACCOUNT, "key", claim).await.expect("it runs");
    tx.commit().await.expect("it is kept");
    is_released
}

async fn known(db: &TestDb) -> Option<Known> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    idempotency::find(&mut tx, ACCOUNT, "key").await.expect("it is read")
}

each_engine! {
    async fn a_call_is_one_claims_until_its_lease_is_over(db: TestDb) {
        assert_eq!(known(&db).await, None);
        assert_eq!(claim(&db, ACCOUNT, &call("one", "a"), 0).await, Ok(true));
        assert_eq!(claim(&db, ACCOUNT, &call("two", "a"), 99).await, Ok(false));
        assert_eq!(claim(&db, AccountNo(2), &call("two", "a"), 99).await, Ok(true), "another account has its own");
        assert_eq!(claim(&db, ACCOUNT, &call("two", "b"), 100).await, Ok(false), "another call may not take its place");
        assert_eq!(claim(&db, ACCOUNT, &call("two", "a"), 100).await, Ok(true));
        assert!(!mark(&db, "one", 7).await, "the first has lost it");
        assert!(mark(&db, "two", 7).await);
    }

    async fn what_was_carried_out_is_nobodys_until_it_is_forgotten(db: TestDb) {
        assert_eq!(claim(&db, ACCOUNT, &call("one", "a"), 0).await, Ok(true));
        assert!(mark(&db, "one", 7).await);
        assert!(mark(&db, "one", 9).await);
        let marked = Known { payload_hash: "a".to_owned(), lease_until: Instant::from_ms(100), first_seq: 7, answer: String::new() };
        assert_eq!(known(&db).await, Some(marked.clone()), "the first change is told");
        assert_eq!(claim(&db, ACCOUNT, &call("two", "a"), 999).await, Ok(false));
        assert!(!release(&db, "one").await);
        keep(&db, "two", "not its own").await;
        keep(&db, "one", "sealed").await;
        let kept = Known { lease_until: Instant::from_ms(0), answer: "sealed".to_owned(), ..marked };
        assert_eq!(known(&db).await, Some(kept));
        assert_eq!(claim(&db, ACCOUNT, &call("two", "b"), 1_000).await, Ok(true));
        let anew = Known { payload_hash: "b".to_owned(), lease_until: Instant::from_ms(100), first_seq: 0, answer: String::new() };
        assert_eq!(known(&db).await, Some(anew));
    }

    async fn what_was_answered_without_a_change_is_not_claimed_again(db: TestDb) {
        assert_eq!(claim(&db, ACCOUNT, &call("one", "a"), 0).await, Ok(true));
        keep(&db, "one", "sealed").await;
        assert_eq!(claim(&db, ACCOUNT, &call("two", "a"), 500).await, Ok(false));
    }

    async fn what_was_let_go_of_or_forgotten_is_not_known(db: TestDb) {
        assert_eq!(claim(&db, ACCOUNT, &call("one", "a"), 0).await, Ok(true));
        assert!(!release(&db, "two").await);
        assert!(release(&db, "one").await);
        assert_eq!(known(&db).await, None);
        assert_eq!(claim(&db, ACCOUNT, &call("one", "b"), 0).await, Ok(true));
        for (now_ms, n_forgotten) in [(999, 0), (1_000, 1)] {
            let mut tx = begin(&db).await;
            assert_eq!(idempotency::forget(&mut tx, Instant::from_ms(now_ms)).await, Ok(n_forgotten));
            tx.commit().await.expect("it is kept");
        }
        assert_eq!(known(&db).await, None);
    }
}
