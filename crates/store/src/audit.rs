//! The audit log: entries in a chain, never changed, never removed.

use std::collections::HashMap;

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    bulk::Column::{self, Number, Text},
    many::Rows,
};

const INSERT: &str = "
INSERT INTO audit_entries (account_no, seq, at_ms, event, actor, target, description, before_json, after_json, hash)
VALUES SOUGHT";
const ROW: [Column; 10] = [Number, Number, Number, Text, Text, Text, Text, Text, Text, Text];
const AFTER: &str = "
SELECT seq, at_ms, event, actor, target, description, before_json, after_json, hash
FROM audit_entries
WHERE account_no = $1 AND seq > $2
ORDER BY seq
LIMIT $3";
const BEFORE: &str = "
SELECT seq, at_ms, event, actor, target, description, before_json, after_json, hash
FROM audit_entries
WHERE account_no = $1 AND seq <= $2 AND seq >= $3
ORDER BY seq DESC
LIMIT $4";
pub(crate) const ACTORS: &str = "
WITH sought (account_no, seq) AS (VALUES SOUGHT)
SELECT t.seq, t.actor
FROM sought
CROSS JOIN audit_entries AS t
WHERE t.account_no = sought.account_no AND t.seq = sought.seq";
/// The columns of [`ACTORS`].
pub(crate) const BY_SEQ: [Column; 2] = [Number, Number];
const FIRST_FROM: &str = "
SELECT seq
FROM audit_entries
WHERE account_no = $1 AND at_ms >= $2
ORDER BY at_ms, seq
LIMIT 1";

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in its account, from 1, without gaps.
    pub seq: i64,
    /// When it happened. Never earlier than the entry before.
    pub at: Instant,
    /// What happened: a name of [`rolecall_model::audit::Event`].
    pub event: String,
    /// Who did it.
    pub actor: String,
    /// What it was done to: the ids, with a space between.
    pub target: String,
    /// The same in a sentence.
    pub description: String,
    /// What was, as JSON; empty for what is new.
    pub before: String,
    /// What is, as JSON; empty for what is gone.
    pub after: String,
    /// SHA-256 over the entry and the hash before it, in hex.
    pub hash: String,
}

fn entry(row: &AnyRow) -> Result<Entry, Error> {
    Ok(Entry {
        seq: row.try_get(0)?,
        at: Instant::from_ms(row.try_get(1)?),
        event: row.try_get(2)?,
        actor: row.try_get(3)?,
        target: row.try_get(4)?,
        description: row.try_get(5)?,
        before: row.try_get(6)?,
        after: row.try_get(7)?,
        hash: row.try_get(8)?,
    })
}

/// Appends entries.
pub async fn insert(tx: &mut Tx, account: AccountNo, entries: &[Entry]) -> Result<(), Error> {
    let mut rows = Rows::of(&ROW);
    for entry in entries {
        rows.number(account.0).number(entry.seq).number(entry.at.as_ms());
        rows.text(&entry.event).text(&entry.actor).text(&entry.target).text(&entry.description);
        rows.text(&entry.before).text(&entry.after).text(&entry.hash);
    }
    tx.run_of(INSERT, &rows).await
}

/// The entries after number `seq`, oldest first, at most `limit`: for walking the chain.
pub async fn list_after(tx: &mut Tx, account: AccountNo, seq: i64, limit: i64) -> Result<Vec<Entry>, Error> {
    tx.all(sqlx::query(AFTER).bind(account.0).bind(seq).bind(limit)).await?.iter().map(entry).collect()
}

/// The entries from number `last` down to `first`, newest first, at most `limit`.
pub async fn list_down(
    tx: &mut Tx,
    account: AccountNo,
    last: i64,
    first: i64,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let page = sqlx::query(BEFORE).bind(account.0).bind(last).bind(first).bind(limit);
    tx.all(page).await?.iter().map(entry).collect()
}

/// The number of the first entry at `at` or later, if there is one.
pub async fn first_from(tx: &mut Tx, account: AccountNo, at: Instant) -> Result<Option<i64>, Error> {
    match tx.optional(sqlx::query(FIRST_FROM).bind(account.0).bind(at.as_ms())).await? {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

/// Who is behind the entries with numbers `seqs`, by number.
pub async fn actors(tx: &mut Tx, account: AccountNo, seqs: &[i64]) -> Result<HashMap<i64, String>, Error> {
    let mut sought = Rows::of(&BY_SEQ);
    for seq in seqs {
        sought.number(account.0).number(*seq);
    }
    let rows = tx.all_of(ACTORS, &sought).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
