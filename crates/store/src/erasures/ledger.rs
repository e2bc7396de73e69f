//! The ledger: who asked to be forgotten, by keyed hash, and when.

use std::collections::HashMap;

use rolecall_model::{erasure::Outcome, ids::AccountNo, time::Instant};
use sqlx::Row;

use crate::{
    Error, Tx,
    bulk::{self, Column},
};

const ENTER: &str = "INSERT INTO erasure_ledger (account_no, subject_hash, erasure_no, entered_at_ms) VALUES ";
// The hashes come from the request's own subjects: they are the way into the ledger's key. The ordinal
// is named so that SQLite goes by the subjects' key, and not through all the account ever had.
pub(crate) const REMOVE: &str = "
DELETE FROM erasure_ledger
WHERE account_no = $1 AND erasure_no = $2
  AND subject_hash IN (
    SELECT subject_hash FROM erasure_subjects
    WHERE account_no = $1 AND erasure_no = $2 AND ordinal >= 0 AND outcome IN ($3, $4))";
pub(crate) const FIND: &str = "
WITH sought (account_no, subject_hash) AS (VALUES SOUGHT)
SELECT l.subject_hash, l.entered_at_ms, l.erasure_no, e.erasure_id
FROM sought
CROSS JOIN erasure_ledger AS l
CROSS JOIN erasures AS e
WHERE l.account_no = sought.account_no AND l.subject_hash = sought.subject_hash
  AND e.account_no = l.account_no AND e.erasure_no = l.erasure_no";
pub(crate) const SINCE: &str = "
SELECT entered_at_ms, subject_hash, erasure_no
FROM erasure_ledger
WHERE account_no = $1 AND entered_at_ms >= $2 AND (entered_at_ms, subject_hash, erasure_no) > ($3, $4, $5)
ORDER BY entered_at_ms, subject_hash, erasure_no
LIMIT $6";

/// The columns of what is sought by hash.
pub(crate) const BY_HASH: [Column; 2] = [Column::Number, Column::Text];

/// Enters subjects of a request, by hash, each once.
pub async fn enter(
    tx: &mut Tx,
    account: AccountNo,
    erasure_no: i64,
    hashes: &[String],
    at: Instant,
) -> Result<(), Error> {
    for slice in bulk::slices(hashes) {
        let sql = format!("{ENTER}{}", bulk::rows(slice.len(), 4));
        let mut enter = sqlx::query(sqlx::AssertSqlSafe(sql));
        for hash in slice {
            enter = enter.bind(account.0).bind(hash.clone()).bind(erasure_no).bind(at.as_ms());
        }
        tx.run(enter).await?;
    }
    Ok(())
}

/// Takes the entries of those of a request whose outcome is open out again.
pub async fn remove(tx: &mut Tx, account: AccountNo, erasure_no: i64) -> Result<(), Error> {
    tx.run(
        sqlx::query(REMOVE)
            .bind(account.0)
            .bind(erasure_no)
            .bind(Outcome::Pending.as_str())
            .bind(Outcome::Held.as_str()),
    )
    .await?;
    Ok(())
}

/// Since when somebody is to be forgotten, and by which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The request's id.
    pub erasure_id: String,
    /// When it was entered.
    pub at: Instant,
}

/// The first entry of each of those hashes that has one.
pub async fn find(tx: &mut Tx, account: AccountNo, hashes: &[String]) -> Result<HashMap<String, Entered>, Error> {
    let mut first: HashMap<String, (i64, Entered)> = HashMap::new();
    for (chunk, size) in bulk::chunks(hashes) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(FIND, &BY_HASH, size)));
        for hash in chunk {
            find = find.bind(account.0).bind(hash.clone());
        }
        for _ in chunk.len()..size {
            find = find.bind(bulk::NO_ACCOUNT).bind("");
        }
        for row in tx.all(find).await? {
            let hash: String = row.try_get(0)?;
            let no: i64 = row.try_get(2)?;
            if first.get(&hash).is_none_or(|(known, _)| no < *known) {
                let entered = Entered { erasure_id: row.try_get(3)?, at: Instant::from_ms(row.try_get(1)?) };
                first.insert(hash, (no, entered));
            }
        }
    }
    Ok(first.into_iter().map(|(hash, (_, entered))| (hash, entered)).collect())
}

/// An entry, as the ledger is read in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was entered.
    pub at: Instant,
    /// Whom it is of.
    pub hash: String,
    /// The request.
    pub erasure_no: i64,
}

/// At most `limit` entries of `since` and later, in their order, those after `last`.
pub async fn since(
    tx: &mut Tx,
    account: AccountNo,
    since: Instant,
    last: Option<&Entry>,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let (at, hash, no) = match last {
        Some(last) => (last.at.as_ms(), last.hash.clone(), last.erasure_no),
        None => (i64::MIN, String::new(), 0),
    };
    let query = sqlx::query(SINCE).bind(account.0).bind(since.as_ms()).bind(at).bind(hash).bind(no).bind(limit);
    let rows = tx.all(query).await?;
    let entry = |row: &sqlx::any::AnyRow| {
        Ok(Entry { at: Instant::from_ms(row.try_get(0)?), hash: row.try_get(1)?, erasure_no: row.try_get(2)? })
    };
    rows.iter().map(entry).collect()
}
