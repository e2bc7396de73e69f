//! Call-backs to be delivered: written with the change they tell of, taken out when they are delivered
//! or given up. Each is delivered at least once, and those of one request in their order.

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx};

const INSERT: &str = "
INSERT INTO callbacks (account_no, erasure_no, callback_no, url, body, attempts, made_at_ms, next_attempt_at_ms)
SELECT $1, $2, COALESCE(MAX(callback_no), 0) + 1, $3, $4, 0, $5, $5
FROM callbacks
WHERE account_no = $1 AND erasure_no = $2";
const DUE: &str = "
SELECT c.account_no, c.erasure_no, c.callback_no, e.erasure_id, c.url, c.body, c.attempts, c.made_at_ms
FROM callbacks c
JOIN erasures e ON e.account_no = c.account_no AND e.erasure_no = c.erasure_no
WHERE c.next_attempt_at_ms <= $1
  AND NOT EXISTS (
    SELECT 1 FROM callbacks b
    WHERE b.account_no = c.account_no AND b.erasure_no = c.erasure_no AND b.callback_no < c.callback_no)
ORDER BY c.next_attempt_at_ms, c.account_no, c.erasure_no
LIMIT $2";
const CLAIM: &str = "
UPDATE callbacks SET attempts = attempts + 1, next_attempt_at_ms = $1
WHERE account_no = $2 AND erasure_no = $3 AND callback_no = $4 AND attempts = $5";
const PUT_OFF: &str = "
UPDATE callbacks SET next_attempt_at_ms = $1
WHERE account_no = $2 AND erasure_no = $3 AND callback_no = $4 AND attempts = $5";
const REMOVE: &str = "
DELETE FROM callbacks
WHERE account_no = $1 AND erasure_no = $2 AND callback_no = $3 AND attempts = $4";

/// A call-back that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The account of the request it tells of.
    pub account: AccountNo,
    /// The number of that request.
    pub erasure_no: i64,
    /// Its own number among those of the request.
    pub no: i64,
    /// The id of the request.
    pub erasure_id: String,
    /// Where it goes, sealed.
    pub url: String,
    /// What it says.
    pub body: String,
    /// How often it was claimed.
    pub attempts: i64,
    /// When it was written.
    pub made_at: Instant,
}

fn callback(row: &AnyRow) -> Result<Callback, Error> {
    Ok(Callback {
        account: AccountNo(row.try_get(0)?),
        erasure_no: row.try_get(1)?,
        no: row.try_get(2)?,
        erasure_id: row.try_get(3)?,
        url: row.try_get(4)?,
        body: row.try_get(5)?,
        attempts: row.try_get(6)?,
        made_at: Instant::from_ms(row.try_get(7)?),
    })
}

/// Writes a call-back of a request, due at once. `body` names nobody.
///
/// Concurrency: under the lock of the request's row, as its number is the next of the request.
pub async fn enqueue(
    tx: &mut Tx,
    account: AccountNo,
    erasure_no: i64,
    url_sealed: &str,
    body: &str,
    at: Instant,
) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(erasure_no)
        .bind(url_sealed.to_owned())
        .bind(body.to_owned())
        .bind(at.as_ms());
    tx.run(insert).await?;
    Ok(())
}

/// Call-backs of any account that are due, the longest due first; of a request only its oldest.
pub async fn due(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<Callback>, Error> {
    tx.all(sqlx::query(DUE).bind(now.as_ms()).bind(limit)).await?.iter().map(callback).collect()
}

/// Claims a call-back until `until`, and counts the attempt in it; nothing if another was faster.
pub async fn claim(tx: &mut Tx, callback: &Callback, until: Instant) -> Result<Option<Callback>, Error> {
    let claim = sqlx::query(CLAIM)
        .bind(until.as_ms())
        .bind(callback.account.0)
        .bind(callback.erasure_no)
        .bind(callback.no)
        .bind(callback.attempts);
    let claimed = Callback { attempts: callback.attempts + 1, ..callback.clone() };
    Ok((tx.run(claim).await? == 1).then_some(claimed))
}

/// Puts a call-back that was claimed off until `until`, unless it was claimed again since.
pub async fn put_off(tx: &mut Tx, callback: &Callback, until: Instant) -> Result<(), Error> {
    let put_off = sqlx::query(PUT_OFF)
        .bind(until.as_ms())
        .bind(callback.account.0)
        .bind(callback.erasure_no)
        .bind(callback.no)
        .bind(callback.attempts);
    tx.run(put_off).await?;
    Ok(())
}

/// Takes a call-back that was claimed out, unless it was claimed again since.
pub async fn remove(tx: &mut Tx, callback: &Callback) -> Result<(), Error> {
    let remove = sqlx::query(REMOVE)
        .bind(callback.account.0)
        .bind(callback.erasure_no)
        .bind(callback.no)
        .bind(callback.attempts);
    tx.run(remove).await?;
    Ok(())
}
