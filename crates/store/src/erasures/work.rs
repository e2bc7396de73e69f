//! What workers read and write. A worker holds a request by a lease with a fence: each time a request
//! is taken its fence rises, and every transaction that writes work begins with [`hold`], which
//! fails once another worker has taken it. So a worker that was away too long writes nothing.

use rolecall_model::{
    erasure::{Outcome, State},
    ids::AccountNo,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

const DUE: &str = "
SELECT account_no, erasure_no, fence FROM erasures
WHERE ended_at_ms IS NULL
  AND (next_attempt_at_ms <= $1 OR (next_attempt_at_ms > $2 AND state NOT IN ('pending', 'planned', 'awaiting_approval', 'held')))
  AND (lease_until_ms <= $1 OR lease_until_ms > $3)
ORDER BY next_attempt_at_ms, account_no, erasure_no LIMIT 1";
const FENCE_IF_DUE: &str = "
SELECT fence FROM erasures
WHERE account_no = $4 AND erasure_no = $5 AND ended_at_ms IS NULL
  AND (next_attempt_at_ms <= $1 OR (next_attempt_at_ms > $2 AND state NOT IN ('pending', 'planned', 'awaiting_approval', 'held')))
  AND (lease_until_ms <= $1 OR lease_until_ms > $3)";
const TAKE: &str = "
UPDATE erasures SET holder = $1, lease_until_ms = $2, fence = fence + 1
WHERE account_no = $3 AND erasure_no = $4 AND fence = $5 AND ended_at_ms IS NULL";
const JOB: &str = "
SELECT e.account_no, a.account_id, e.erasure_no, e.erasure_id, e.state, e.cause, e.is_all_bots, e.bot_ids, e.grounds,
       e.wanted_plan, e.plan_hash, e.map_no, e.map_hash, e.is_approved, e.requested_at_ms, e.deadline_ms, e.callback_url, e.salt,
       e.fence, e.attempts
FROM erasures e JOIN accounts a ON a.account_no = e.account_no
WHERE e.account_no = $1 AND e.erasure_no = $2";
const HOLD: &str = "
UPDATE erasures SET lease_until_ms = $1
WHERE account_no = $2 AND erasure_no = $3 AND fence = $4 AND ended_at_ms IS NULL";
const IS_HELD: &str = "
SELECT COUNT(*) FROM erasures WHERE account_no = $1 AND erasure_no = $2 AND fence = $3 AND ended_at_ms IS NULL";
const SET_STATE: &str = "
UPDATE erasures SET state = $1, cause = $2, updated_at_ms = $3 WHERE account_no = $4 AND erasure_no = $5";
const SET_MAP: &str = "UPDATE erasures SET map_no = $1, map_hash = $2 WHERE account_no = $3 AND erasure_no = $4";
const SET_PLAN: &str = "UPDATE erasures SET plan_hash = $1 WHERE account_no = $2 AND erasure_no = $3";
const LET_GO: &str = "
UPDATE erasures SET holder = '', lease_until_ms = 0, attempts = $1, next_attempt_at_ms = $2
WHERE account_no = $3 AND erasure_no = $4";
const END: &str = "
UPDATE erasures SET state = $1, cause = '', updated_at_ms = $2, ended_at_ms = $2, holder = '', lease_until_ms = 0, salt = ''
WHERE account_no = $3 AND erasure_no = $4";

/// A request that a worker has taken.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its account.
    pub account: AccountNo,
    /// The account's id.
    pub account_id: String,
    /// Its number in the account.
    pub no: i64,
    /// Its id: `eud-` and a UUID.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// Why it is no further, in a word; mostly empty.
    pub cause: String,
    /// The bots it is about; none for all of them.
    pub bots: Option<Vec<String>>,
    /// The grounds that were given, or nothing.
    pub grounds: String,
    /// The plan it may be carried out by, or nothing.
    pub wanted_plan: String,
    /// The plan it has, or nothing.
    pub plan_hash: String,
    /// The data map it follows; 0 before it has one.
    pub map_no: i64,
    /// That map's hash.
    pub map_hash: String,
    /// Whether somebody agreed to the plan.
    pub is_approved: bool,
    /// When it came.
    pub requested_at: Instant,
    /// When its answer is due.
    pub deadline: Instant,
    /// The URL to call back, sealed, or nothing.
    pub callback_url: String,
    /// The salt of its masks, sealed.
    pub salt: String,
    /// The fence of whoever has it.
    pub fence: i64,
    /// How often it was put off in a row.
    pub attempts: i64,
}

/// Times that decide who may take what. All of the worker's own clock; a time that lies further
/// ahead than any it would have set itself was set by a clock that has jumped, and does not count.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The time now.
    pub now: Instant,
    /// How long a lease lasts. Units: milliseconds.
    pub lease_ms: i64,
    /// The longest that work is put off, unless for a person. Units: milliseconds.
    pub longest_pause_ms: i64,
}

/// A request that is due and that nobody has: its account, its number, and the fence it had.
pub async fn due(tx: &mut Tx, times: Times) -> Result<Option<(AccountNo, i64, i64)>, Error> {
    let query = sqlx::query(DUE)
        .bind(times.now.as_ms())
        .bind(times.now.plus_ms(2 * times.longest_pause_ms).as_ms())
        .bind(times.now.plus_ms(2 * times.lease_ms).as_ms());
    match tx.optional(query).await? {
        Some(row) => Ok(Some((AccountNo(row.try_get(0)?), row.try_get(1)?, row.try_get(2)?))),
        None => Ok(None),
    }
}

/// The fence of one request, if that is due and nobody has it.
pub async fn fence_if_due(tx: &mut Tx, account: AccountNo, no: i64, times: Times) -> Result<Option<i64>, Error> {
    let query = sqlx::query(FENCE_IF_DUE)
        .bind(times.now.as_ms())
        .bind(times.now.plus_ms(2 * times.longest_pause_ms).as_ms())
        .bind(times.now.plus_ms(2 * times.lease_ms).as_ms())
        .bind(account.0)
        .bind(no);
    match tx.optional(query).await? {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

/// Takes a request that had `fence`; whether nobody was faster.
pub async fn take(
    tx: &mut Tx,
    (account, no, fence): (AccountNo, i64, i64),
    worker: &str,
    until: Instant,
) -> Result<bool, Error> {
    let take = sqlx::query(TAKE).bind(worker.to_owned()).bind(until.as_ms()).bind(account.0).bind(no).bind(fence);
    Ok(tx.run(take).await? == 1)
}

/// The request, as a worker needs it.
pub async fn job(tx: &mut Tx, account: AccountNo, no: i64) -> Result<Option<Job>, Error> {
    tx.optional(sqlx::query(JOB).bind(account.0).bind(no)).await?.map(|row| job_of(&row)).transpose()
}

fn job_of(row: &AnyRow) -> Result<Job, Error> {
    let state: String = row.try_get(4)?;
    let is_all_bots = row.try_get::<i64, _>(6)? != 0;
    let bots: String = row.try_get(7)?;
    Ok(Job {
        account: AccountNo(row.try_get(0)?),
        account_id: row.try_get(1)?,
        no: row.try_get(2)?,
        id: row.try_get(3)?,
        state: State::parse(&state).unwrap_or(State::Pending),
        cause: row.try_get(5)?,
        bots: (!is_all_bots).then(|| serde_json::from_str(&bots).unwrap_or_default()),
        grounds: row.try_get(8)?,
        wanted_plan: row.try_get(9)?,
        plan_hash: row.try_get(10)?,
        map_no: row.try_get(11)?,
        map_hash: row.try_get(12)?,
        is_approved: row.try_get::<i64, _>(13)? != 0,
        requested_at: Instant::from_ms(row.try_get(14)?),
        deadline: Instant::from_ms(row.try_get(15)?),
        callback_url: row.try_get(16)?,
        salt: row.try_get(17)?,
        fence: row.try_get(18)?,
        attempts: row.try_get(19)?,
    })
}

/// Begins a transaction that writes work: makes the lease last until `until`, and holds the request
/// against whoever would take it meanwhile. Whether it is still the worker's.
pub async fn hold(tx: &mut Tx, job: &Job, until: Instant) -> Result<bool, Error> {
    let hold = sqlx::query(HOLD).bind(until.as_ms()).bind(job.account.0).bind(job.no).bind(job.fence);
    Ok(tx.run(hold).await? == 1)
}

/// Whether the request is still the worker's, without writing.
pub async fn is_held(tx: &mut Tx, job: &Job) -> Result<bool, Error> {
    Ok(tx.number(sqlx::query(IS_HELD).bind(job.account.0).bind(job.no).bind(job.fence)).await? == 1)
}

/// Says how far the request is.
pub async fn set_state(tx: &mut Tx, job: &Job, state: State, cause: &str, at: Instant) -> Result<(), Error> {
    let set = sqlx::query(SET_STATE)
        .bind(state.as_str())
        .bind(cause.to_owned())
        .bind(at.as_ms())
        .bind(job.account.0)
        .bind(job.no);
    tx.run(set).await?;
    Ok(())
}

/// Says which data map the request follows.
pub async fn set_map(tx: &mut Tx, job: &Job, map_no: i64, map_hash: &str) -> Result<(), Error> {
    tx.run(sqlx::query(SET_MAP).bind(map_no).bind(map_hash.to_owned()).bind(job.account.0).bind(job.no)).await?;
    Ok(())
}

/// Says which plan the request has.
pub async fn set_plan(tx: &mut Tx, job: &Job, plan_hash: &str) -> Result<(), Error> {
    tx.run(sqlx::query(SET_PLAN).bind(plan_hash.to_owned()).bind(job.account.0).bind(job.no)).await?;
    Ok(())
}

/// Gives the request back, to be taken again at `next`.
pub async fn let_go(tx: &mut Tx, job: &Job, attempts: i64, next: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(LET_GO).bind(attempts).bind(next.as_ms()).bind(job.account.0).bind(job.no)).await?;
    Ok(())
}

/// Ends the request, and forgets the salt of its masks.
pub async fn end(tx: &mut Tx, job: &Job, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(END).bind(State::Done.as_str()).bind(at.as_ms()).bind(job.account.0).bind(job.no)).await?;
    Ok(())
}

const MAP: &str = "SELECT map_no, hash, sealed FROM data_maps WHERE account_no = $1 AND map_no = $2";
const NEWEST_MAP: &str =
    "SELECT map_no, hash, sealed FROM data_maps WHERE account_no = $1 ORDER BY map_no DESC LIMIT 1";

/// A data map's number, its hash, and the map, sealed: number `map_no`, or the newest for 0.
pub async fn map(tx: &mut Tx, account: AccountNo, map_no: i64) -> Result<Option<(i64, String, String)>, Error> {
    let query = if map_no == 0 {
        sqlx::query(NEWEST_MAP).bind(account.0)
    } else {
        sqlx::query(MAP).bind(account.0).bind(map_no)
    };
    match tx.optional(query).await? {
        Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))),
        None => Ok(None),
    }
}

const SUBJECTS: &str = "
SELECT ordinal, subject, subject_hash, outcome, cause FROM erasure_subjects
WHERE account_no = $1 AND erasure_no = $2 ORDER BY ordinal";
const HELD: &str = "
SELECT DISTINCT s.ordinal FROM erasure_subjects s
JOIN hold_subjects h ON h.account_no = s.account_no AND h.subject_hash = s.subject_hash
WHERE s.account_no = $1 AND s.erasure_no = $2";
const SET_OUTCOME: &str = "
UPDATE erasure_subjects SET outcome = $1, cause = $2 WHERE account_no = $3 AND erasure_no = $4 AND ordinal = $5";

/// Whom a request is about.
#[derive(Clone, Debug)]
pub struct SubjectRow {
    /// Their place in the request.
    pub ordinal: i64,
    /// The identifier, sealed.
    pub sealed: String,
    /// The identifier's hash.
    pub hash: String,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Why, in a word.
    pub cause: String,
}

/// Whom a request is about, in its order.
pub async fn subjects(tx: &mut Tx, job: &Job) -> Result<Vec<SubjectRow>, Error> {
    let rows = tx.all(sqlx::query(SUBJECTS).bind(job.account.0).bind(job.no)).await?;
    let subject = |row: &AnyRow| {
        Ok(SubjectRow {
            ordinal: row.try_get(0)?,
            sealed: row.try_get(1)?,
            hash: row.try_get(2)?,
            outcome: outcome_of(row, 3)?,
            cause: row.try_get(4)?,
        })
    };
    rows.iter().map(subject).collect()
}

fn outcome_of(row: &AnyRow, column: usize) -> Result<Outcome, Error> {
    let word: String = row.try_get(column)?;
    Ok(Outcome::parse(&word).unwrap_or(Outcome::Pending))
}

/// The places in the request of those under a hold.
pub async fn held(tx: &mut Tx, job: &Job) -> Result<Vec<i64>, Error> {
    let rows = tx.all(sqlx::query(HELD).bind(job.account.0).bind(job.no)).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Says how subjects fared: place, outcome, cause.
pub async fn set_outcomes(tx: &mut Tx, job: &Job, outcomes: &[(i64, Outcome, String)]) -> Result<(), Error> {
    for (ordinal, outcome, cause) in outcomes {
        let set = sqlx::query(SET_OUTCOME)
            .bind(outcome.as_str())
            .bind(cause.clone())
            .bind(job.account.0)
            .bind(job.no)
            .bind(*ordinal);
        tx.run(set).await?;
    }
    Ok(())
}

const PARTS: &str = "
SELECT store, state, cause, attempts, failing_since_ms, next_attempt_at_ms, settle_until_ms, rescanned_at_ms,
       n_seeds_walked, n_rounds, plan_digest, notes
FROM erasure_parts WHERE account_no = $1 AND erasure_no = $2 ORDER BY store";
const SAVE_PART: &str = "
INSERT INTO erasure_parts (account_no, erasure_no, store, state, cause, attempts, failing_since_ms, next_attempt_at_ms,
                           settle_until_ms, rescanned_at_ms, n_seeds_walked, n_rounds, plan_digest, notes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (account_no, erasure_no, store) DO UPDATE SET
  state = excluded.state, cause = excluded.cause, attempts = excluded.attempts,
  failing_since_ms = excluded.failing_since_ms, next_attempt_at_ms = excluded.next_attempt_at_ms,
  settle_until_ms = excluded.settle_until_ms, rescanned_at_ms = excluded.rescanned_at_ms,
  n_seeds_walked = excluded.n_seeds_walked, n_rounds = excluded.n_rounds, plan_digest = excluded.plan_digest,
  notes = excluded.notes";

/// A request's part in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The store's name.
    pub store: String,
    /// How far the part is.
    pub state: State,
    /// Why it is no further, or why it failed, in a word. A part that is done with a cause has failed.
    pub cause: String,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// Since when it cannot go on; 1970 while it can.
    pub failing_since: Instant,
    /// When it is tried again.
    pub next_attempt_at: Instant,
    /// When it may be looked at again.
    pub settle_until: Instant,
    /// When it was last looked at again; 1970 if never.
    pub rescanned_at: Instant,
    /// Whether the rows that the identifiers lead to are in the work list, with those that lead
    /// in from other stores.
    pub is_seeded: bool,
    /// How often it was looked at again.
    pub n_rounds: i64,
    /// What the plan is made of, in hex.
    pub plan_digest: String,
    /// What is to be known about it: names of collections with words for what is the matter.
    pub notes: String,
}

impl Part {
    /// A part that has not begun.
    pub fn new(store: &str) -> Self {
        let never = Instant::from_ms(0);
        Self {
            store: store.to_owned(),
            state: State::Pending,
            cause: String::new(),
            attempts: 0,
            failing_since: never,
            next_attempt_at: never,
            settle_until: never,
            rescanned_at: never,
            is_seeded: false,
            n_rounds: 0,
            plan_digest: String::new(),
            notes: String::new(),
        }
    }
}

/// The parts of a request, by name of their store.
pub async fn parts(tx: &mut Tx, job: &Job) -> Result<Vec<Part>, Error> {
    let rows = tx.all(sqlx::query(PARTS).bind(job.account.0).bind(job.no)).await?;
    let part = |row: &AnyRow| {
        let state: String = row.try_get(1)?;
        Ok(Part {
            store: row.try_get(0)?,
            state: State::parse(&state).unwrap_or(State::Pending),
            cause: row.try_get(2)?,
            attempts: row.try_get(3)?,
            failing_since: Instant::from_ms(row.try_get(4)?),
            next_attempt_at: Instant::from_ms(row.try_get(5)?),
            settle_until: Instant::from_ms(row.try_get(6)?),
            rescanned_at: Instant::from_ms(row.try_get(7)?),
            is_seeded: row.try_get::<i64, _>(8)? != 0,
            n_rounds: row.try_get(9)?,
            plan_digest: row.try_get(10)?,
            notes: row.try_get(11)?,
        })
    };
    rows.iter().map(part).collect()
}

/// Writes a part as it is now.
pub async fn save_part(tx: &mut Tx, job: &Job, part: &Part) -> Result<(), Error> {
    let save = sqlx::query(SAVE_PART)
        .bind(job.account.0)
        .bind(job.no)
        .bind(part.store.clone())
        .bind(part.state.as_str())
        .bind(part.cause.clone())
        .bind(part.attempts)
        .bind(part.failing_since.as_ms())
        .bind(part.next_attempt_at.as_ms())
        .bind(part.settle_until.as_ms())
        .bind(part.rescanned_at.as_ms())
        .bind(i64::from(part.is_seeded))
        .bind(part.n_rounds)
        .bind(part.plan_digest.clone())
        .bind(part.notes.clone());
    tx.run(save).await?;
    Ok(())
}

const CHUNKS: &str = "
SELECT chunk_no, collection, is_scoped, is_to_do, is_walked, n_keys, n_done FROM erasure_chunks
WHERE account_no = $1 AND erasure_no = $2 AND store = $3 ORDER BY chunk_no";
const CHUNK: &str =
    "SELECT keys FROM erasure_chunks WHERE account_no = $1 AND erasure_no = $2 AND store = $3 AND chunk_no = $4";
const INSERT_CHUNKS: &str = "
INSERT INTO erasure_chunks (account_no, erasure_no, store, chunk_no, collection, is_scoped, is_to_do, is_walked, n_keys, n_done,
                            keys) VALUES ";
const WALKED: &str = "
UPDATE erasure_chunks SET is_walked = 1 WHERE account_no = $1 AND erasure_no = $2 AND store = $3 AND chunk_no = $4";
const PROGRESS: &str = "
UPDATE erasure_chunks SET n_done = $1 WHERE account_no = $2 AND erasure_no = $3 AND store = $4 AND chunk_no = $5";
const FORGET_CHUNKS: &str = "DELETE FROM erasure_chunks WHERE account_no = $1 AND erasure_no = $2";
const FORGET_CHUNKS_OF: &str = "DELETE FROM erasure_chunks WHERE account_no = $1 AND erasure_no = $2 AND store = $3";

/// A chunk of the work list, without its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its number within the part.
    pub no: i64,
    /// The collection its keys are of.
    pub collection: String,
    /// Whether its rows are for certain of the bots the request is about.
    pub is_scoped: bool,
    /// Whether its rows are to be erased, or only lead on to others.
    pub is_to_do: bool,
    /// Whether the ways on from its rows were followed.
    pub is_walked: bool,
    /// How many keys it has.
    pub n_keys: i64,
    /// How many of them are done with, from the first on.
    pub n_done: i64,
}

/// The chunks of a part, in their order.
pub async fn chunks(tx: &mut Tx, job: &Job, store: &str) -> Result<Vec<Chunk>, Error> {
    let rows = tx.all(sqlx::query(CHUNKS).bind(job.account.0).bind(job.no).bind(store.to_owned())).await?;
    let chunk = |row: &AnyRow| {
        Ok(Chunk {
            no: row.try_get(0)?,
            collection: row.try_get(1)?,
            is_scoped: row.try_get::<i64, _>(2)? != 0,
            is_to_do: row.try_get::<i64, _>(3)? != 0,
            is_walked: row.try_get::<i64, _>(4)? != 0,
            n_keys: row.try_get(5)?,
            n_done: row.try_get(6)?,
        })
    };
    rows.iter().map(chunk).collect()
}

/// The keys of a chunk, sealed.
pub async fn keys(tx: &mut Tx, job: &Job, store: &str, chunk_no: i64) -> Result<Option<String>, Error> {
    let query = sqlx::query(CHUNK).bind(job.account.0).bind(job.no).bind(store.to_owned()).bind(chunk_no);
    match tx.optional(query).await? {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

/// Adds chunks, each with its keys, sealed.
pub async fn insert_chunks(tx: &mut Tx, job: &Job, store: &str, chunks: &[(Chunk, String)]) -> Result<(), Error> {
    for slice in bulk::slices(chunks) {
        let sql = format!("{INSERT_CHUNKS}{}", bulk::rows(slice.len(), 11));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for (chunk, keys) in slice {
            insert = insert
                .bind(job.account.0)
                .bind(job.no)
                .bind(store.to_owned())
                .bind(chunk.no)
                .bind(chunk.collection.clone())
                .bind(i64::from(chunk.is_scoped))
                .bind(i64::from(chunk.is_to_do))
                .bind(i64::from(chunk.is_walked))
                .bind(chunk.n_keys)
                .bind(chunk.n_done)
                .bind(keys.clone());
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// Says that the ways on from a chunk's rows were followed.
pub async fn set_walked(tx: &mut Tx, job: &Job, store: &str, chunk_no: i64) -> Result<(), Error> {
    tx.run(sqlx::query(WALKED).bind(job.account.0).bind(job.no).bind(store.to_owned()).bind(chunk_no)).await?;
    Ok(())
}

/// Says how many keys of a chunk are done with.
pub async fn set_done(tx: &mut Tx, job: &Job, store: &str, chunk_no: i64, n_done: i64) -> Result<(), Error> {
    let set = sqlx::query(PROGRESS).bind(n_done).bind(job.account.0).bind(job.no).bind(store.to_owned()).bind(chunk_no);
    tx.run(set).await?;
    Ok(())
}

/// Removes the work list of a request, or of its part in one store.
pub async fn forget_chunks(tx: &mut Tx, job: &Job, store: Option<&str>) -> Result<(), Error> {
    let forget = match store {
        None => sqlx::query(FORGET_CHUNKS).bind(job.account.0).bind(job.no),
        Some(store) => sqlx::query(FORGET_CHUNKS_OF).bind(job.account.0).bind(job.no).bind(store.to_owned()),
    };
    tx.run(forget).await?;
    Ok(())
}

const RESULTS: &str = "
SELECT ordinal, store, outcome, cause, n_found, n_erased, n_masked, n_quarantined, n_refound
FROM erasure_results WHERE account_no = $1 AND erasure_no = $2 ORDER BY ordinal, store";
const ADD_RESULTS: &str = "
INSERT INTO erasure_results (account_no, erasure_no, ordinal, store, outcome, cause, n_found, n_erased, n_masked,
                             n_quarantined, n_refound) VALUES ROWS
ON CONFLICT (account_no, erasure_no, ordinal, store) DO UPDATE SET
  outcome = excluded.outcome,
  cause = CASE WHEN excluded.cause = '' THEN erasure_results.cause ELSE excluded.cause END,
  n_found = erasure_results.n_found + excluded.n_found,
  n_erased = erasure_results.n_erased + excluded.n_erased,
  n_masked = erasure_results.n_masked + excluded.n_masked,
  n_quarantined = erasure_results.n_quarantined + excluded.n_quarantined,
  n_refound = erasure_results.n_refound + excluded.n_refound";
const FORGET_REFOUND: &str =
    "UPDATE erasure_results SET n_refound = 0 WHERE account_no = $1 AND erasure_no = $2 AND store = $3";
const FORGET_QUARANTINED: &str =
    "UPDATE erasure_results SET n_quarantined = 0 WHERE account_no = $1 AND erasure_no = $2 AND store = $3";
const FORGET_QUARANTINE: &str =
    "DELETE FROM erasure_quarantine WHERE account_no = $1 AND erasure_no = $2 AND store = $3";
const ADD_QUARANTINE: &str = "
INSERT INTO erasure_quarantine (account_no, erasure_no, store, collection, code, object, n_rows)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account_no, erasure_no, store, collection, code, object)
DO UPDATE SET n_rows = erasure_quarantine.n_rows + excluded.n_rows";
const QUARANTINE: &str = "
SELECT store, collection, code, object, n_rows FROM erasure_quarantine
WHERE account_no = $1 AND erasure_no = $2 ORDER BY store, collection, code, object";

/// How one subject's data in one store fared. Units of the counts: rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// The subject's place in the request.
    pub ordinal: i64,
    /// The store.
    pub store: String,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Why, in a word.
    pub cause: String,
    /// What was found to erase.
    pub n_found: i64,
    /// What was deleted.
    pub n_erased: i64,
    /// What was masked.
    pub n_masked: i64,
    /// What would not go.
    pub n_quarantined: i64,
    /// What the last look found again.
    pub n_refound: i64,
}

/// How each subject's data in each store fared so far.
pub async fn results(tx: &mut Tx, job: &Job) -> Result<Vec<ResultRow>, Error> {
    let rows = tx.all(sqlx::query(RESULTS).bind(job.account.0).bind(job.no)).await?;
    let result = |row: &AnyRow| {
        Ok(ResultRow {
            ordinal: row.try_get(0)?,
            store: row.try_get(1)?,
            outcome: outcome_of(row, 2)?,
            cause: row.try_get(3)?,
            n_found: row.try_get(4)?,
            n_erased: row.try_get(5)?,
            n_masked: row.try_get(6)?,
            n_quarantined: row.try_get(7)?,
            n_refound: row.try_get(8)?,
        })
    };
    rows.iter().map(result).collect()
}

/// Adds `rows`' counts to those that are there, and sets their outcomes and, where there is one,
/// their causes. No two of `rows` may be of the same subject and store.
pub async fn add_results(tx: &mut Tx, job: &Job, rows: &[ResultRow]) -> Result<(), Error> {
    for slice in bulk::slices(rows) {
        let sql = ADD_RESULTS.replace("ROWS", &bulk::rows(slice.len(), 11));
        let mut add = sqlx::query(sqlx::AssertSqlSafe(sql));
        for row in slice {
            add = add
                .bind(job.account.0)
                .bind(job.no)
                .bind(row.ordinal)
                .bind(row.store.clone())
                .bind(row.outcome.as_str())
                .bind(row.cause.clone())
                .bind(row.n_found)
                .bind(row.n_erased)
                .bind(row.n_masked)
                .bind(row.n_quarantined)
                .bind(row.n_refound);
        }
        tx.run(add).await?;
    }
    Ok(())
}

/// Makes room for what another look found in one store: what earlier ones found is forgotten, and,
/// unless the rows that would not go are left, these too.
pub async fn look_again(tx: &mut Tx, job: &Job, store: &str, keeps_quarantine: bool) -> Result<(), Error> {
    let statements: &[&str] =
        if keeps_quarantine { &[FORGET_REFOUND] } else { &[FORGET_REFOUND, FORGET_QUARANTINED, FORGET_QUARANTINE] };
    for sql in statements {
        tx.run(sqlx::query(*sql).bind(job.account.0).bind(job.no).bind(store.to_owned())).await?;
    }
    Ok(())
}

const HELD_HASHES: &str = "
WITH sought (account_no, subject_hash) AS (VALUES SOUGHT)
SELECT DISTINCT h.subject_hash FROM sought
JOIN hold_subjects h ON h.account_no = sought.account_no AND h.subject_hash = sought.subject_hash";
const DROP_RESULTS: &str =
    "DELETE FROM erasure_results WHERE account_no = $1 AND erasure_no = $2 AND ordinal = $3 AND store = $4";

/// Which of these subjects are under a hold.
pub async fn held_hashes(tx: &mut Tx, account: AccountNo, hashes: &[String]) -> Result<Vec<String>, Error> {
    let mut held = Vec::new();
    for (chunk, size) in bulk::chunks(hashes) {
        let sql = bulk::seek(HELD_HASHES, &[bulk::Column::Number, bulk::Column::Text], size);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for hash in chunk {
            query = query.bind(account.0).bind(hash.clone());
        }
        for _ in chunk.len()..size {
            query = query.bind(bulk::NO_ACCOUNT).bind(String::new());
        }
        for row in tx.all(query).await? {
            held.push(row.try_get(0)?);
        }
    }
    Ok(held)
}

/// Takes subjects out of a request's part in one store, as if it had never been about them.
pub async fn drop_results(tx: &mut Tx, job: &Job, store: &str, ordinals: &[i64]) -> Result<(), Error> {
    for ordinal in ordinals {
        let drop = sqlx::query(DROP_RESULTS).bind(job.account.0).bind(job.no).bind(*ordinal).bind(store.to_owned());
        tx.run(drop).await?;
    }
    Ok(())
}

/// Rows that would not go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// The store.
    pub store: String,
    /// The collection.
    pub collection: String,
    /// The database's code for why.
    pub code: String,
    /// The constraint or table that stood in the way, or nothing.
    pub object: String,
    /// How many.
    pub n_rows: i64,
}

/// Notes rows that would not go.
pub async fn add_quarantine(tx: &mut Tx, job: &Job, rows: &Quarantined) -> Result<(), Error> {
    let add = sqlx::query(ADD_QUARANTINE)
        .bind(job.account.0)
        .bind(job.no)
        .bind(rows.store.clone())
        .bind(rows.collection.clone())
        .bind(rows.code.clone())
        .bind(rows.object.clone())
        .bind(rows.n_rows);
    tx.run(add).await?;
    Ok(())
}

/// The rows of a request that would not go.
pub async fn quarantine(tx: &mut Tx, job: &Job) -> Result<Vec<Quarantined>, Error> {
    let rows = tx.all(sqlx::query(QUARANTINE).bind(job.account.0).bind(job.no)).await?;
    let quarantined = |row: &AnyRow| {
        Ok(Quarantined {
            store: row.try_get(0)?,
            collection: row.try_get(1)?,
            code: row.try_get(2)?,
            object: row.try_get(3)?,
            n_rows: row.try_get(4)?,
        })
    };
    rows.iter().map(quarantined).collect()
}
