//! Holds: while one is in force, nothing of its subjects is erased.

use rolecall_model::{
    erasure::{Outcome, State},
    ids::AccountNo,
    page::Page,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

use super::ledger::BY_HASH;

const INSERT: &str = "
INSERT INTO holds (account_no, hold_no, hold_id, reason, placed_at_ms, placed_by)
VALUES ($1, $2, $3, $4, $5, $6)";
const INSERT_SUBJECTS: &str = "INSERT INTO hold_subjects (account_no, subject_hash, hold_no) VALUES ";
const FIND: &str = "
SELECT hold_no, hold_id, reason, placed_at_ms, placed_by, released_at_ms,
       (SELECT COUNT(*) FROM hold_subjects AS s WHERE s.account_no = holds.account_no AND s.hold_no = holds.hold_no)
FROM holds
WHERE account_no = $1 AND hold_id = $2";
pub(crate) const LIST: &str = "
SELECT hold_no, hold_id, reason, placed_at_ms, placed_by, released_at_ms,
       (SELECT COUNT(*) FROM hold_subjects AS s WHERE s.account_no = holds.account_no AND s.hold_no = holds.hold_no)
FROM holds
WHERE account_no = $1 AND hold_no < $2
ORDER BY hold_no DESC
LIMIT $3 OFFSET $4";
const COUNT: &str = "SELECT COUNT(*) FROM holds WHERE account_no = $1";
const RELEASE: &str = "UPDATE holds SET released_at_ms = $1 WHERE account_no = $2 AND hold_no = $3";
pub(crate) const FORGET_SUBJECTS: &str = "DELETE FROM hold_subjects WHERE account_no = $1 AND hold_no = $2";
pub(crate) const UNDERWAY: &str = "
WITH sought (account_no, subject_hash) AS (VALUES SOUGHT)
SELECT DISTINCT e.erasure_no, e.erasure_id
FROM sought
CROSS JOIN erasure_subjects AS s
CROSS JOIN erasures AS e
WHERE s.account_no = sought.account_no AND s.subject_hash = sought.subject_hash AND s.outcome <> 'refused'
  AND e.account_no = s.account_no AND e.erasure_no = s.erasure_no AND e.ended_at_ms IS NULL
  AND e.state IN ('erasing', 'settling', 'verifying')";
pub(crate) const WAKE: &str = "
UPDATE erasures
SET next_attempt_at_ms = $1
WHERE account_no = $2 AND ended_at_ms IS NULL AND erasure_no IN (
  SELECT e.erasure_no
  FROM hold_subjects AS h
  CROSS JOIN erasure_subjects AS s
  CROSS JOIN erasures AS e
  WHERE h.account_no = $3 AND h.hold_no = $4
    AND s.account_no = h.account_no AND s.subject_hash = h.subject_hash
    AND e.account_no = s.account_no AND e.erasure_no = s.erasure_no AND (s.outcome = $5 OR e.state = $6))";

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its number in its account.
    pub no: i64,
    /// Its id: `hld-` and a UUID.
    pub id: String,
    /// Why it was placed.
    pub reason: String,
    /// When.
    pub placed_at: Instant,
    /// By whom.
    pub placed_by: String,
    /// When it was released, if it was.
    pub released_at: Option<Instant>,
    /// Whom it is about: how many; none once it is released.
    pub n_subjects: i64,
}

fn hold(row: &AnyRow) -> Result<Hold, Error> {
    Ok(Hold {
        no: row.try_get(0)?,
        id: row.try_get(1)?,
        reason: row.try_get(2)?,
        placed_at: Instant::from_ms(row.try_get(3)?),
        placed_by: row.try_get(4)?,
        released_at: row.try_get::<Option<i64>, _>(5)?.map(Instant::from_ms),
        n_subjects: row.try_get(6)?,
    })
}

/// Adds a hold on the subjects with these hashes, each of which stands there once. Two statements,
/// for a hold is its row and theirs.
pub async fn insert(tx: &mut Tx, account: AccountNo, hold: &Hold, hashes: &[String]) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(hold.no)
        .bind(hold.id.clone())
        .bind(hold.reason.clone())
        .bind(hold.placed_at.as_ms())
        .bind(hold.placed_by.clone());
    tx.run(insert).await?;
    for slice in bulk::slices(hashes) {
        let sql = format!("{INSERT_SUBJECTS}{}", bulk::rows(slice.len(), 3));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for hash in slice {
            insert = insert.bind(account.0).bind(hash.clone()).bind(hold.no);
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// The account's hold with id `id`.
pub async fn find(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Hold>, Error> {
    tx.optional(sqlx::query(FIND).bind(account.0).bind(id.to_owned())).await?.map(|row| hold(&row)).transpose()
}

/// A page of the account's holds, the newest first.
pub async fn list(tx: &mut Tx, account: AccountNo, page: Page) -> Result<Vec<Hold>, Error> {
    let (before, offset) = page.after(i64::MAX);
    let list = sqlx::query(LIST).bind(account.0).bind(before).bind(i64::from(page.limit)).bind(offset);
    tx.all(list).await?.iter().map(hold).collect()
}

/// How many holds the account has or had.
pub async fn count(tx: &mut Tx, account: AccountNo) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT).bind(account.0)).await
}

/// The ids of the requests that are erasing already and are about one of these, in order of creation.
pub async fn underway(tx: &mut Tx, account: AccountNo, hashes: &[String]) -> Result<Vec<String>, Error> {
    let mut found = std::collections::BTreeMap::new();
    for (chunk, size) in bulk::chunks(hashes) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(UNDERWAY, &BY_HASH, size)));
        for hash in chunk {
            find = find.bind(account.0).bind(hash.clone());
        }
        for _ in chunk.len()..size {
            find = find.bind(bulk::NO_ACCOUNT).bind("");
        }
        for row in tx.all(find).await? {
            found.insert(row.try_get::<i64, _>(0)?, row.try_get(1)?);
        }
    }
    Ok(found.into_values().collect())
}

/// Ends a hold: the requests that waited for it are due at once, and whom it was about is no longer
/// kept. Three statements, of which the first needs what the second removes.
pub async fn release(tx: &mut Tx, account: AccountNo, hold_no: i64, at: Instant) -> Result<(), Error> {
    let wake = sqlx::query(WAKE)
        .bind(at.as_ms())
        .bind(account.0)
        .bind(account.0)
        .bind(hold_no)
        .bind(Outcome::Held.as_str())
        .bind(State::Held.as_str());
    tx.run(wake).await?;
    tx.run(sqlx::query(FORGET_SUBJECTS).bind(account.0).bind(hold_no)).await?;
    tx.run(sqlx::query(RELEASE).bind(at.as_ms()).bind(account.0).bind(hold_no)).await?;
    Ok(())
}
