//! The audit log: reading it, and proving that nobody rewrote it.

mod search;

use aws_lc_rs::digest;
use rolecall_model::{
    ids::is_hex24,
    problem::{Problem, Problems},
    time::Instant,
};
use rolecall_store::{Error as StoreError, Tx, accounts, audit};

pub use rolecall_store::audit::Entry;
pub use search::{Detail, Export, Filter, Found, Linked, SEARCH, find, search};

use crate::{Ctx, Error, authority::acts, say, seal::hex};

/// Which entries are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// At most how many.
    pub size: u32,
    /// How many pages of that size to skip.
    pub page: u64,
    /// Not from before this.
    pub from: Option<Instant>,
    /// From before this.
    pub until: Option<Instant>,
    /// Older than the entry with this id.
    pub after: Option<String>,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries there are in the time asked for.
    pub total: u64,
    /// The entries, each with its id.
    pub entries: Vec<(String, Entry)>,
    /// Whether older ones follow.
    pub has_more: bool,
}

/// A page of the account's log.
///
/// Errors: [`Error::Invalid`] for an id of no entry of this account.
pub async fn list(ctx: &Ctx, query: &Query) -> Result<Page, Error> {
    ctx.need_to(&acts::READ_AUDIT)?;
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    // Numbers have no gaps and times never go back, so the bounds tell how many there are.
    let end = account.audit_seq + 1;
    let first = match query.from {
        None => 1,
        Some(from) => audit::first_from(&mut tx, ctx.account, from).await?.unwrap_or(end),
    };
    let past = match query.until {
        None => end,
        Some(until) => audit::first_from(&mut tx, ctx.account, until).await?.unwrap_or(end),
    };
    let mut newest = past - 1;
    if let Some(id) = &query.after {
        let Some(seq) = find_seq(&mut tx, &account, id).await? else {
            let detail = say::not_an_audit_entry();
            return Err(Problems::from(Problem::new("fetchAfter", detail)).into());
        };
        newest = newest.min(seq - 1);
    }
    let skipped = query.page.saturating_mul(query.size.into());
    newest = newest.saturating_sub(i64::try_from(skipped).unwrap_or(i64::MAX));
    let entries = audit::list_down(&mut tx, ctx.account, newest, first, query.size.into()).await?;
    Ok(Page {
        total: u64::try_from(past - first).unwrap_or_default(),
        has_more: entries.last().is_some_and(|oldest| oldest.seq > first),
        entries: entries.into_iter().map(|entry| (entry_id(&account.id, entry.seq, entry.at), entry)).collect(),
    })
}

/// The id of an entry outside: 24 hex digits, which are the second it is of, a mark of its account,
/// and its number. It is reckoned, not stored.
pub(crate) fn entry_id(account_id: &str, seq: i64, at: Instant) -> String {
    let seconds = at.as_ms().div_euclid(1_000) & 0xffff_ffff;
    let mark = hex(digest::digest(&digest::SHA256, account_id.as_bytes()).as_ref());
    format!("{seconds:08x}{}{seq:010x}", mark.get(..6).unwrap_or_default())
}

/// The number of the account's entry with this id.
async fn find_seq(tx: &mut Tx, account: &accounts::Account, id: &str) -> Result<Option<i64>, StoreError> {
    let seq = id.get(14..).filter(|_| is_hex24(id)).and_then(|digits| i64::from_str_radix(digits, 16).ok());
    if let Some(seq) = seq
        && let [entry] = audit::list_down(tx, account.no, seq, seq, 1).await?.as_slice()
        && entry_id(&account.id, seq, entry.at) == id
    {
        return Ok(Some(seq));
    }
    Ok(None)
}

/// Where the chain of a log breaks first, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// There are later entries, but not this one.
    #[error("entry {seq} is missing")]
    Missing {
        /// Its number.
        seq: i64,
    },
    /// The hash of this entry is not the one it should have.
    #[error("entry {seq} was altered, or those before it were replaced")]
    Altered {
        /// Its number.
        seq: i64,
    },
    /// The newest entries are gone.
    #[error("the log ends with entry {last} and should end with entry {head}")]
    Cut {
        /// The number of the last entry there is.
        last: i64,
        /// The number of the last entry there should be.
        head: i64,
    },
    /// There are entries that no change of the account wrote.
    #[error("entry {seq} was added past the program")]
    Added {
        /// The number of the first of them.
        seq: i64,
    },
    /// The entries fit together, but are not those that the account wrote.
    #[error("the log was rewritten up to entry {head}, or the account's own row was")]
    Rewritten {
        /// The number of the last entry.
        head: i64,
    },
}

/// How many entries are checked at once.
const CHUNK: i64 = 1_000;

/// Checks the account's log entry by entry; where it breaks first, if it does.
pub(crate) async fn verify(tx: &mut Tx, account: &accounts::Account) -> Result<Option<Break>, StoreError> {
    let (mut last, mut hash) = (0, String::new());
    loop {
        let entries = audit::list_after(tx, account.no, last, CHUNK).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let seq = last + 1;
            if seq > account.audit_seq {
                return Ok(Some(Break::Added { seq: entry.seq }));
            }
            if entry.seq != seq {
                return Ok(Some(Break::Missing { seq }));
            }
            if entry.hash != chain(&account.id, &hash, &entry) {
                return Ok(Some(Break::Altered { seq }));
            }
            (last, hash) = (seq, entry.hash);
        }
    }
    let head = account.audit_seq;
    if last < head {
        return Ok(Some(Break::Cut { last, head }));
    }
    Ok((hash != account.audit_hash).then_some(Break::Rewritten { head }))
}

/// The hash of `entry`, given the hash of the entry before it: SHA-256, in hex, over the account's
/// id, the hash before, and the entry's fields, each after its length so that no two different
/// entries are the same bytes.
pub(crate) fn chain(account_id: &str, before: &str, entry: &Entry) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let (seq, at_ms) = (entry.seq.to_string(), entry.at.as_ms().to_string());
    for field in [
        account_id,
        before,
        &seq,
        &at_ms,
        &entry.event,
        &entry.actor,
        &entry.target,
        &entry.description,
        &entry.before,
        &entry.after,
    ] {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    hex(context.finish().as_ref())
}
