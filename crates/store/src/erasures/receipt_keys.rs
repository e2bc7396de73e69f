//! The keys that sign receipts and call-backs. They are this installation's, not an account's.

use rolecall_model::time::Instant;
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx};

const LIST: &str = "
SELECT key_no, key_id, public_key, sealed, made_at_ms
FROM receipt_keys
ORDER BY key_no DESC";
const INSERT: &str = "
INSERT INTO receipt_keys (key_no, key_id, public_key, sealed, made_at_ms)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (key_no) DO NOTHING";

/// A key pair, its private half sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptKey {
    /// Its number; the highest signs.
    pub no: i64,
    /// Its id, as signatures name it.
    pub id: String,
    /// Its public half, in base64url.
    pub public_key: String,
    /// Its private half, sealed.
    pub sealed: String,
    /// When it was made.
    pub made_at: Instant,
}

fn key(row: &AnyRow) -> Result<ReceiptKey, Error> {
    Ok(ReceiptKey {
        no: row.try_get(0)?,
        id: row.try_get(1)?,
        public_key: row.try_get(2)?,
        sealed: row.try_get(3)?,
        made_at: Instant::from_ms(row.try_get(4)?),
    })
}

/// All keys, the newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<ReceiptKey>, Error> {
    tx.all(sqlx::query(LIST)).await?.iter().map(key).collect()
}

/// Keeps a key; whether it was kept. It is not if another node has made the key of that number
/// meanwhile, and then that one counts.
pub async fn insert(tx: &mut Tx, key: &ReceiptKey) -> Result<bool, Error> {
    let insert = sqlx::query(INSERT)
        .bind(key.no)
        .bind(key.id.clone())
        .bind(key.public_key.clone())
        .bind(key.sealed.clone())
        .bind(key.made_at.as_ms());
    Ok(tx.run(insert).await? == 1)
}
