use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_store::{
    Meter,
    erasures::receipts::{self, Receipt},
};
use rolecall_testkit::{TestDb, each_engine};

fn receipt(no: i64, erasure_no: i64) -> Receipt {
    let hash = format!("hash {no} of {erasure_no}");
    Receipt { no, erasure_no, hash, jws: format!("jws {no} of {erasure_no}"), sealed_at: Instant::from_ms(1) }
}

each_engine! {
    async fn a_number_and_a_request_have_one_receipt_whoever_comes_first(db: TestDb) {
        let (ours, other) = (AccountNo(1), AccountNo(2));
        let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        assert_eq!(receipts::last(&mut tx, ours).await, Ok(None));
        assert_eq!(receipts::insert(&mut tx, ours, &receipt(1, 10)).await, Ok(true));
        assert_eq!(receipts::insert(&mut tx, ours, &receipt(1, 11)).await, Ok(false), "the number is taken");
        assert_eq!(receipts::insert(&mut tx, ours, &receipt(2, 10)).await, Ok(false), "the request has one");
        assert_eq!(receipts::insert(&mut tx, ours, &receipt(2, 11)).await, Ok(true));
        assert_eq!(receipts::insert(&mut tx, other, &receipt(1, 10)).await, Ok(true), "another account's are its own");

        assert_eq!(receipts::last(&mut tx, ours).await, Ok(Some((2, "hash 2 of 11".to_owned()))));
        assert_eq!(receipts::find(&mut tx, ours, 10).await, Ok(Some("jws 1 of 10".to_owned())));
        assert_eq!(receipts::find(&mut tx, ours, 12).await, Ok(None));
        assert_eq!(receipts::find(&mut tx, other, 11).await, Ok(None));
    }
}
