//! Sealed receipts: one for each request that ended, each account's in a chain.

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::Row;

use crate::{Error, Tx};

const LAST: &str = "
SELECT receipt_no, hash
FROM receipts
WHERE account_no = $1
ORDER BY receipt_no DESC
LIMIT 1";
const INSERT: &str = "
INSERT INTO receipts (account_no, receipt_no, erasure_no, hash, jws, sealed_at_ms)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT jws FROM receipts WHERE account_no = $1 AND erasure_no = $2";

/// A receipt to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number in its account's chain; the first is 1.
    pub no: i64,
    /// The request it is of.
    pub erasure_no: i64,
    /// SHA-256 over its text, in hex.
    pub hash: String,
    /// Its text.
    pub jws: String,
    /// When it was sealed.
    pub sealed_at: Instant,
}

/// The number and the hash of the account's last receipt.
pub async fn last(tx: &mut Tx, account: AccountNo) -> Result<Option<(i64, String)>, Error> {
    match tx.optional(sqlx::query(LAST).bind(account.0)).await? {
        Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?))),
        None => Ok(None),
    }
}

/// Keeps a receipt; whether it was kept. It is not if another node has taken its number meanwhile, or
/// the request has its receipt already.
pub async fn insert(tx: &mut Tx, account: AccountNo, receipt: &Receipt) -> Result<bool, Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(receipt.no)
        .bind(receipt.erasure_no)
        .bind(receipt.hash.clone())
        .bind(receipt.jws.clone())
        .bind(receipt.sealed_at.as_ms());
    Ok(tx.run(insert).await? == 1)
}

/// The text of the request's receipt.
pub async fn find(tx: &mut Tx, account: AccountNo, erasure_no: i64) -> Result<Option<String>, Error> {
    match tx.optional(sqlx::query(FIND).bind(account.0).bind(erasure_no)).await? {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}
