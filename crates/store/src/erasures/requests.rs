//! Requests, as those who ask see them. What their workers do with them: [`super::work`].

use rolecall_model::{erasure::State, ids::AccountNo, page::Page, time::Instant};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx};

const INSERT: &str = "
INSERT INTO erasures
  (account_no, erasure_no, erasure_id, state, cause, is_all_bots, bot_ids, grounds, wanted_plan, plan_hash, map_no, map_hash,
   is_approved, requested_at_ms, requested_by, updated_at_ms, not_before_ms, deadline_ms, callback_url, salt, holder,
   lease_until_ms, fence, attempts, next_attempt_at_ms)
VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8, '', 0, '', 0, $9, $10, $11, $12, $13, $14, $15, '', 0, 0, 0, $16)";
const FIND: &str = "
SELECT erasure_no, erasure_id, state, cause, is_all_bots, bot_ids, grounds, plan_hash, map_hash, requested_at_ms, requested_by,
       updated_at_ms, not_before_ms, deadline_ms, ended_at_ms, callback_url, attempts, next_attempt_at_ms
FROM erasures
WHERE account_no = $1 AND erasure_id = $2";
// An UPDATE that changes nothing is the row lock that both engines know.
const LOCK: &str = "
UPDATE erasures SET fence = fence
WHERE account_no = $1 AND erasure_id = $2
RETURNING erasure_no, erasure_id, state, cause, is_all_bots, bot_ids, grounds, plan_hash, map_hash, requested_at_ms, requested_by,
          updated_at_ms, not_before_ms, deadline_ms, ended_at_ms, callback_url, attempts, next_attempt_at_ms";
pub(crate) const LIST: &str = "
SELECT erasure_no, erasure_id, state, cause, requested_at_ms, requested_by, updated_at_ms, deadline_ms, ended_at_ms,
       (SELECT COUNT(*) FROM erasure_subjects AS s
        WHERE s.account_no = erasures.account_no AND s.erasure_no = erasures.erasure_no)
FROM erasures
WHERE account_no = $1 AND erasure_no < $2
ORDER BY erasure_no DESC
LIMIT $3 OFFSET $4";
pub(crate) const LIST_IN_STATE: &str = "
SELECT erasure_no, erasure_id, state, cause, requested_at_ms, requested_by, updated_at_ms, deadline_ms, ended_at_ms,
       (SELECT COUNT(*) FROM erasure_subjects AS s
        WHERE s.account_no = erasures.account_no AND s.erasure_no = erasures.erasure_no)
FROM erasures
WHERE account_no = $1 AND erasure_no < $2 AND state = $3
ORDER BY erasure_no DESC
LIMIT $4 OFFSET $5";
pub(crate) const DUE: &str = "
SELECT erasure_no, erasure_id, state, cause, requested_at_ms, requested_by, updated_at_ms, deadline_ms, ended_at_ms,
       (SELECT COUNT(*) FROM erasure_subjects AS s
        WHERE s.account_no = erasures.account_no AND s.erasure_no = erasures.erasure_no)
FROM erasures
WHERE account_no = $1 AND ended_at_ms IS NULL AND deadline_ms < $2
ORDER BY deadline_ms, erasure_no
LIMIT $3";
pub(crate) const COUNT_LATE: &str =
    "SELECT COUNT(*) FROM erasures WHERE account_no = $1 AND ended_at_ms IS NULL AND deadline_ms < $2";
const COUNT: &str = "SELECT COUNT(*) FROM erasures WHERE account_no = $1";
const COUNT_BY_STATE: &str = "SELECT state, COUNT(*) FROM erasures WHERE account_no = $1 GROUP BY state";
const COUNT_IN_STATE: &str = "SELECT COUNT(*) FROM erasures WHERE account_no = $1 AND state = $2";
const IS_ANY_OPEN: &str = "
SELECT COUNT(*) FROM (
  SELECT 1 AS one FROM erasures WHERE account_no = $1 AND ended_at_ms IS NULL LIMIT 1
) AS open_one";
const CANCEL: &str = "
UPDATE erasures
SET state = $1, cause = '', updated_at_ms = $2, ended_at_ms = $3, holder = '', lease_until_ms = 0, fence = fence + 1, salt = ''
WHERE account_no = $4 AND erasure_no = $5";
const APPROVE: &str = "
UPDATE erasures
SET cause = '', wanted_plan = plan_hash, is_approved = 1, updated_at_ms = $1, next_attempt_at_ms = $2,
    holder = '', lease_until_ms = 0, fence = fence + 1
WHERE account_no = $3 AND erasure_no = $4";
const INTERRUPT: &str = "
UPDATE erasures
SET updated_at_ms = $1, next_attempt_at_ms = $2, holder = '', lease_until_ms = 0, fence = fence + 1
WHERE account_no = $3 AND erasure_no = $4";
const MAKE_DUE: &str = "
UPDATE erasures SET updated_at_ms = $1, next_attempt_at_ms = $2 WHERE account_no = $3 AND erasure_no = $4";
const MAKE_PARTS_DUE: &str = "
UPDATE erasure_parts SET next_attempt_at_ms = $1
WHERE account_no = $2 AND erasure_no = $3 AND state <> $4 AND next_attempt_at_ms > $5";
pub(crate) const PROGRESS: &str = "
SELECT store, CAST(SUM(n_keys) AS BIGINT), CAST(SUM(n_done) AS BIGINT)
FROM erasure_chunks
WHERE account_no = $1 AND erasure_no = $2 AND is_to_do = 1
GROUP BY store
ORDER BY store";
const FORGET_CHUNKS: &str = "DELETE FROM erasure_chunks WHERE account_no = $1 AND erasure_no = $2";
pub(crate) const TO_FORGET: &str = "
SELECT account_no, erasure_no
FROM erasures
WHERE is_forgotten = 0 AND ended_at_ms <= $1
ORDER BY ended_at_ms
LIMIT $2";
const NOTE_FORGOTTEN: &str =
    "UPDATE erasures SET is_forgotten = 1, callback_url = '' WHERE account_no = $1 AND erasure_no = $2";

/// A request that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Its number in its account.
    pub no: i64,
    /// Its id: `eud-` and a UUID.
    pub id: String,
    /// The bots it is about; none for all of them.
    pub bots: Option<Vec<String>>,
    /// The grounds that were given, or nothing.
    pub grounds: String,
    /// The plan it may be carried out by, or nothing.
    pub wanted_plan: String,
    /// When it came.
    pub requested_at: Instant,
    /// From whom.
    pub requested_by: String,
    /// When work on it may begin.
    pub not_before: Instant,
    /// When its answer is due.
    pub deadline: Instant,
    /// The URL to call back, sealed, or nothing.
    pub callback_url: String,
    /// The salt of its masks, sealed.
    pub salt: String,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number in its account.
    pub no: i64,
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// Why it is no further, in a word; mostly empty.
    pub cause: String,
    /// The bots it is about; none for all of them.
    pub bots: Option<Vec<String>>,
    /// The grounds that were given, or nothing.
    pub grounds: String,
    /// The plan it has, or nothing.
    pub plan_hash: String,
    /// The hash of the data map it follows, or nothing before it has one.
    pub map_hash: String,
    /// When it came.
    pub requested_at: Instant,
    /// From whom.
    pub requested_by: String,
    /// When something last happened to it.
    pub updated_at: Instant,
    /// When work on it may begin.
    pub not_before: Instant,
    /// When its answer is due.
    pub deadline: Instant,
    /// When it ended, if it did.
    pub ended_at: Option<Instant>,
    /// The URL to call back, sealed, or nothing.
    pub callback_url: String,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// When it is tried again.
    pub next_attempt_at: Instant,
}

/// A request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its number in its account.
    pub no: i64,
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// Why it is no further, in a word; mostly empty.
    pub cause: String,
    /// When it came.
    pub requested_at: Instant,
    /// From whom.
    pub requested_by: String,
    /// When something last happened to it.
    pub updated_at: Instant,
    /// When its answer is due.
    pub deadline: Instant,
    /// When it ended, if it did.
    pub ended_at: Option<Instant>,
    /// How many subjects it has.
    pub n_subjects: i64,
}

fn state(row: &AnyRow, column: usize) -> Result<State, Error> {
    State::parse(row.try_get(column)?).ok_or_else(|| Error::Failed { code: "unreadable erasures.state".to_owned() })
}

fn request(row: &AnyRow) -> Result<Request, Error> {
    let unreadable = |_| Error::Failed { code: "unreadable erasures.bot_ids".to_owned() };
    let is_all_bots = row.try_get::<i64, _>(4)? != 0;
    let bots: Vec<String> = serde_json::from_str(row.try_get(5)?).map_err(unreadable)?;
    Ok(Request {
        no: row.try_get(0)?,
        id: row.try_get(1)?,
        state: state(row, 2)?,
        cause: row.try_get(3)?,
        bots: (!is_all_bots).then_some(bots),
        grounds: row.try_get(6)?,
        plan_hash: row.try_get(7)?,
        map_hash: row.try_get(8)?,
        requested_at: Instant::from_ms(row.try_get(9)?),
        requested_by: row.try_get(10)?,
        updated_at: Instant::from_ms(row.try_get(11)?),
        not_before: Instant::from_ms(row.try_get(12)?),
        deadline: Instant::from_ms(row.try_get(13)?),
        ended_at: row.try_get::<Option<i64>, _>(14)?.map(Instant::from_ms),
        callback_url: row.try_get(15)?,
        attempts: row.try_get(16)?,
        next_attempt_at: Instant::from_ms(row.try_get(17)?),
    })
}

fn summary(row: &AnyRow) -> Result<Summary, Error> {
    Ok(Summary {
        no: row.try_get(0)?,
        id: row.try_get(1)?,
        state: state(row, 2)?,
        cause: row.try_get(3)?,
        requested_at: Instant::from_ms(row.try_get(4)?),
        requested_by: row.try_get(5)?,
        updated_at: Instant::from_ms(row.try_get(6)?),
        deadline: Instant::from_ms(row.try_get(7)?),
        ended_at: row.try_get::<Option<i64>, _>(8)?.map(Instant::from_ms),
        n_subjects: row.try_get(9)?,
    })
}

/// Adds a request, due when work on it may begin.
pub async fn insert(tx: &mut Tx, account: AccountNo, new: &New) -> Result<(), Error> {
    let bots = serde_json::Value::from(new.bots.clone().unwrap_or_default());
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(new.no)
        .bind(new.id.clone())
        .bind(State::Pending.as_str())
        .bind(i64::from(new.bots.is_none()))
        .bind(bots.to_string())
        .bind(new.grounds.clone())
        .bind(new.wanted_plan.clone())
        .bind(new.requested_at.as_ms())
        .bind(new.requested_by.clone())
        .bind(new.requested_at.as_ms())
        .bind(new.not_before.as_ms())
        .bind(new.deadline.as_ms())
        .bind(new.callback_url.clone())
        .bind(new.salt.clone())
        .bind(new.not_before.as_ms());
    tx.run(insert).await?;
    Ok(())
}

/// The account's request with id `id`.
pub async fn find(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Request>, Error> {
    tx.optional(sqlx::query(FIND).bind(account.0).bind(id.to_owned())).await?.map(|row| request(&row)).transpose()
}

/// The same, locked until the transaction ends.
///
/// Concurrency: its worker waits before it writes anything more of it.
pub async fn lock(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Request>, Error> {
    tx.optional(sqlx::query(LOCK).bind(account.0).bind(id.to_owned())).await?.map(|row| request(&row)).transpose()
}

/// A page of the account's requests, all or those in one state, the newest first.
pub async fn list(tx: &mut Tx, account: AccountNo, in_state: Option<State>, page: Page) -> Result<Vec<Summary>, Error> {
    let (before, offset) = page.after(i64::MAX);
    let list = match in_state {
        None => sqlx::query(LIST).bind(account.0).bind(before),
        Some(state) => sqlx::query(LIST_IN_STATE).bind(account.0).bind(before).bind(state.as_str()),
    };
    let rows = tx.all(list.bind(i64::from(page.limit)).bind(offset)).await?;
    rows.iter().map(summary).collect()
}

/// At most `limit` of the account's requests that have not ended and whose answer is due before `until`, what
/// is due first before the others.
pub async fn due(tx: &mut Tx, account: AccountNo, until: Instant, limit: u32) -> Result<Vec<Summary>, Error> {
    let due = sqlx::query(DUE).bind(account.0).bind(until.as_ms()).bind(i64::from(limit));
    tx.all(due).await?.iter().map(summary).collect()
}

/// How many of the account's requests have not ended although their answer was due before `now`.
pub async fn count_late(tx: &mut Tx, account: AccountNo, now: Instant) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT_LATE).bind(account.0).bind(now.as_ms())).await
}

/// How many requests the account has, in all or in one state.
pub async fn count(tx: &mut Tx, account: AccountNo, in_state: Option<State>) -> Result<i64, Error> {
    let count = match in_state {
        None => sqlx::query(COUNT).bind(account.0),
        Some(state) => sqlx::query(COUNT_IN_STATE).bind(account.0).bind(state.as_str()),
    };
    tx.number(count).await
}

/// How many requests the account has in each state in which there are some.
pub async fn count_by_state(tx: &mut Tx, account: AccountNo) -> Result<Vec<(State, i64)>, Error> {
    let rows = tx.all(sqlx::query(COUNT_BY_STATE).bind(account.0)).await?;
    rows.iter().map(|row| Ok((state(row, 0)?, row.try_get(1)?))).collect()
}

/// Whether the account has a request that has not ended.
pub async fn is_any_open(tx: &mut Tx, account: AccountNo) -> Result<bool, Error> {
    Ok(tx.number(sqlx::query(IS_ANY_OPEN).bind(account.0)).await? > 0)
}

/// Calls a request off, takes it away from its worker, and forgets its work list and the salt of its
/// masks. Two statements, for the work list has a table of its own.
pub async fn cancel(tx: &mut Tx, account: AccountNo, no: i64, at: Instant) -> Result<(), Error> {
    let cancel =
        sqlx::query(CANCEL).bind(State::Cancelled.as_str()).bind(at.as_ms()).bind(at.as_ms()).bind(account.0).bind(no);
    tx.run(cancel).await?;
    tx.run(sqlx::query(FORGET_CHUNKS).bind(account.0).bind(no)).await?;
    Ok(())
}

/// Agrees to the plan a request has, whatever plan was wanted of it, and makes it due.
pub async fn approve(tx: &mut Tx, account: AccountNo, no: i64, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(APPROVE).bind(at.as_ms()).bind(at.as_ms()).bind(account.0).bind(no)).await?;
    Ok(())
}

/// Takes a request away from its worker, for another to look at it anew at once.
pub async fn interrupt(tx: &mut Tx, account: AccountNo, no: i64, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(INTERRUPT).bind(at.as_ms()).bind(at.as_ms()).bind(account.0).bind(no)).await?;
    Ok(())
}

/// Makes a request and its parts that wait due now. Two statements, one for each table.
pub async fn make_due(tx: &mut Tx, account: AccountNo, no: i64, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(MAKE_DUE).bind(at.as_ms()).bind(at.as_ms()).bind(account.0).bind(no)).await?;
    let parts = sqlx::query(MAKE_PARTS_DUE)
        .bind(at.as_ms())
        .bind(account.0)
        .bind(no)
        .bind(State::Done.as_str())
        .bind(at.as_ms());
    tx.run(parts).await?;
    Ok(())
}

/// How far the work list of each store is: the store, how many keys it has, how many are done with.
pub async fn progress(tx: &mut Tx, account: AccountNo, no: i64) -> Result<Vec<(String, i64, i64)>, Error> {
    let rows = tx.all(sqlx::query(PROGRESS).bind(account.0).bind(no)).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}

/// At most `limit` requests of any account that ended at `ended` or before and whose identifiers
/// are still kept, the oldest first.
pub async fn to_forget(tx: &mut Tx, ended: Instant, limit: i64) -> Result<Vec<(AccountNo, i64)>, Error> {
    let rows = tx.all(sqlx::query(TO_FORGET).bind(ended.as_ms()).bind(limit)).await?;
    rows.iter().map(|row| Ok((AccountNo(row.try_get(0)?), row.try_get(1)?))).collect()
}

/// Notes that a request's identifiers are forgotten, and forgets the URL that was called back.
pub async fn note_forgotten(tx: &mut Tx, account: AccountNo, no: i64) -> Result<(), Error> {
    tx.run(sqlx::query(NOTE_FORGOTTEN).bind(account.0).bind(no)).await?;
    Ok(())
}
