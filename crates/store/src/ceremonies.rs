//! What was asked of a browser and waits for its answer: each is answered once, or expires.

use rolecall_model::time::Instant;
use sqlx::Row;

use crate::{Error, Tx};

const INSERT: &str = "
INSERT INTO ceremonies (ceremony_hash, kind, subject_sealed, expires_at_ms) VALUES ($1, $2, $3, $4)";
// Whoever takes it has it alone: what is gone cannot be answered a second time.
const TAKE: &str = "
DELETE FROM ceremonies
WHERE ceremony_hash = $1 AND kind = $2
RETURNING subject_sealed, expires_at_ms";
const FORGET: &str = "DELETE FROM ceremonies WHERE expires_at_ms <= $1";

/// A ceremony that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// What it is about, sealed.
    pub subject_sealed: String,
    /// From when on no answer counts.
    pub expires_at: Instant,
}

/// Keeps a ceremony of a kind under the hash of what will be answered.
pub async fn insert(tx: &mut Tx, hash: &str, kind: &str, ceremony: &Ceremony) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(hash.to_owned())
        .bind(kind.to_owned())
        .bind(ceremony.subject_sealed.clone())
        .bind(ceremony.expires_at.as_ms());
    tx.run(insert).await?;
    Ok(())
}

/// Takes a ceremony of a kind out; nothing if it was taken before.
///
/// Concurrency: of two answers at once, on whichever nodes, one gets it.
pub async fn take(tx: &mut Tx, hash: &str, kind: &str) -> Result<Option<Ceremony>, Error> {
    match tx.optional(sqlx::query(TAKE).bind(hash.to_owned()).bind(kind.to_owned())).await? {
        Some(row) => {
            Ok(Some(Ceremony { subject_sealed: row.try_get(0)?, expires_at: Instant::from_ms(row.try_get(1)?) }))
        }
        None => Ok(None),
    }
}

/// Forgets the ceremonies that have expired by `now`; how many.
pub async fn forget(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(now.as_ms())).await
}
