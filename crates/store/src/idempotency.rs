//! Calls that come with a key: which are under way, which were carried out, and what was answered.
//!
//! A row is claimed before the work begins, and the work's own transaction says in it that the work
//! was done. So what the row tells is true whenever the program ends.

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::Row;

use crate::{Error, Tx};

// A row that was forgotten in all but name is anybody's; one whose lease ran out before anything was
// done is for the same call only.
const CLAIM: &str = "
INSERT INTO idempotency_keys
  (account_no, key_hash, payload_hash, claim, lease_until_ms, forget_at_ms, first_seq, answer)
VALUES ($1, $2, $3, $4, $5, $6, 0, '')
ON CONFLICT (account_no, key_hash) DO UPDATE SET
  payload_hash = excluded.payload_hash, claim = excluded.claim, lease_until_ms = excluded.lease_until_ms,
  forget_at_ms = excluded.forget_at_ms, first_seq = 0, answer = ''
WHERE idempotency_keys.forget_at_ms <= $7
   OR (idempotency_keys.lease_until_ms <= $7 AND idempotency_keys.first_seq = 0 AND idempotency_keys.answer = ''
       AND idempotency_keys.payload_hash = excluded.payload_hash)";
pub(crate) const FIND: &str = "
SELECT payload_hash, lease_until_ms, first_seq, answer
FROM idempotency_keys
WHERE account_no = $1 AND key_hash = $2";
const MARK: &str = "
UPDATE idempotency_keys
SET first_seq = CASE WHEN first_seq = 0 THEN $4 ELSE first_seq END
WHERE account_no = $1 AND key_hash = $2 AND claim = $3";
const KEEP: &str = "
UPDATE idempotency_keys
SET answer = $4, lease_until_ms = 0
WHERE account_no = $1 AND key_hash = $2 AND claim = $3";
const RELEASE: &str =
    "DELETE FROM idempotency_keys WHERE account_no = $1 AND key_hash = $2 AND claim = $3 AND first_seq = 0";
pub(crate) const IS_MORE: &str = "
SELECT COUNT(*) FROM (SELECT 1 FROM idempotency_keys WHERE account_no = $1 LIMIT $2) AS keys";
const FORGET_OF: &str = "DELETE FROM idempotency_keys WHERE account_no = $1 AND forget_at_ms <= $2";
pub(crate) const FORGET: &str = "DELETE FROM idempotency_keys WHERE forget_at_ms <= $1";

/// A call that is about to be carried out.
#[derive(Clone, Debug)]
pub struct Call<'c> {
    /// What stands for its caller, its route and its key.
    pub key_hash: &'c str,
    /// What stands for all it asks for.
    pub payload_hash: &'c str,
    /// What stands for this attempt at it, and no other.
    pub claim: &'c str,
    /// Until when nobody else may try.
    pub lease_until: Instant,
    /// When all of it is forgotten.
    pub forget_at: Instant,
}

/// What is known of the call with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What stands for all it asked for.
    pub payload_hash: String,
    /// Until when whoever claimed it may be at work.
    pub lease_until: Instant,
    /// The first audit entry of what it changed; 0 while that is nothing.
    pub first_seq: i64,
    /// What was answered, sealed; empty while that is nothing, or was too big to keep.
    pub answer: String,
}

/// Claims the call at `now`; false if it is somebody's already.
///
/// Concurrency: of several who try at once one succeeds.
pub async fn claim(tx: &mut Tx, account: AccountNo, call: &Call<'_>, now: Instant) -> Result<bool, Error> {
    let claim = sqlx::query(CLAIM)
        .bind(account.0)
        .bind(call.key_hash.to_owned())
        .bind(call.payload_hash.to_owned())
        .bind(call.claim.to_owned())
        .bind(call.lease_until.as_ms())
        .bind(call.forget_at.as_ms())
        .bind(now.as_ms());
    Ok(tx.run(claim).await? == 1)
}

/// What is known of the call with this key.
pub async fn find(tx: &mut Tx, account: AccountNo, key_hash: &str) -> Result<Option<Known>, Error> {
    let find = sqlx::query(FIND).bind(account.0).bind(key_hash.to_owned());
    let Some(row) = tx.optional(find).await? else { return Ok(None) };
    Ok(Some(Known {
        payload_hash: row.try_get(0)?,
        lease_until: Instant::from_ms(row.try_get(1)?),
        first_seq: row.try_get(2)?,
        answer: row.try_get(3)?,
    }))
}

/// Says that the call has changed something, beginning with audit entry `seq`; false if it is not this
/// claim's any more, and then the change must not be kept. Of several changes the first is told.
pub async fn mark(tx: &mut Tx, account: AccountNo, key_hash: &str, claim: &str, seq: i64) -> Result<bool, Error> {
    let mark = sqlx::query(MARK).bind(account.0).bind(key_hash.to_owned()).bind(claim.to_owned()).bind(seq);
    Ok(tx.run(mark).await? == 1)
}

/// Keeps what was answered; nothing, if it was too big. Whoever asks is told so from now on.
pub async fn keep(tx: &mut Tx, account: AccountNo, key_hash: &str, claim: &str, answer: &str) -> Result<(), Error> {
    let keep =
        sqlx::query(KEEP).bind(account.0).bind(key_hash.to_owned()).bind(claim.to_owned()).bind(answer.to_owned());
    tx.run(keep).await?;
    Ok(())
}

/// Lets go of a call that has changed nothing; true if that is so.
pub async fn release(tx: &mut Tx, account: AccountNo, key_hash: &str, claim: &str) -> Result<bool, Error> {
    let release = sqlx::query(RELEASE).bind(account.0).bind(key_hash.to_owned()).bind(claim.to_owned());
    Ok(tx.run(release).await? == 1)
}

/// Whether the account has more than `most` calls with a key, of whatever age.
pub async fn is_more(tx: &mut Tx, account: AccountNo, most: i64) -> Result<bool, Error> {
    Ok(tx.number(sqlx::query(IS_MORE).bind(account.0).bind(most + 1)).await? > most)
}

/// Forgets the calls of the account whose time has come by `now`; how many.
pub async fn forget_of(tx: &mut Tx, account: AccountNo, now: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET_OF).bind(account.0).bind(now.as_ms())).await
}

/// Forgets the calls whose time has come; how many.
pub async fn forget(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(now.as_ms())).await
}
