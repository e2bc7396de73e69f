//! Holds: keeping people's data from being erased, until further notice.

use rolecall_model::{
    audit::Event,
    erasure::Subject,
    ids::{Kind, prefixed},
    page::Page,
    problem::Problem,
};
use rolecall_store::{
    Tx, attempt,
    erasures::{SubjectHasher, holds},
};
use serde_json::{Value, json};

use super::{HOLDS, can_be_id, check_number, distinct};
use crate::{
    Change, Ctx, Error, Record, Rule,
    authority::acts,
    list::{self, List},
    say,
};

pub use rolecall_store::erasures::holds::Hold;

/// The most characters the reason of a hold may have.
pub const MAX_REASON_CHARS: usize = 500;

/// A hold that was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedHold {
    /// Its id: `hld-` and a UUID.
    pub id: String,
    /// The requests about its subjects that are erasing already and that it comes too late for, by
    /// their ids.
    pub underway: Vec<String>,
}

/// Places a hold. From now on nothing of its subjects begins to be erased until it is released.
///
/// Errors: [`Error::Invalid`] if it names nobody or too many, or its reason is empty or too long.
pub async fn place_hold(ctx: &Ctx, subjects: &[Subject], reason: &str) -> Result<PlacedHold, Error> {
    check_number(subjects).map_err(|problem| Error::Invalid(problem.into()))?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS || reason.contains('\0') {
        let detail = say::reason_required(MAX_REASON_CHARS);
        return Err(Error::Invalid(Problem::new("/reason", detail).into()));
    }
    let id = prefixed(Kind::Hold, ctx.core.random.bytes());
    attempt!(ctx.attempts(), |tx| place_in(ctx, tx, subjects, reason, &id))
}

async fn place_in(ctx: &Ctx, tx: &mut Tx, subjects: &[Subject], reason: &str, id: &str) -> Result<PlacedHold, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::ERASE)?;
    let account = change.account_no();
    let key = SubjectHasher::new(&ctx.core, &change.account.id);
    let mut hashes: Vec<String> = distinct(&key, subjects).into_iter().map(|(_, hash)| hash).collect();
    hashes.sort_unstable();
    let hold = Hold {
        no: change.next_no(),
        id: id.to_owned(),
        reason: reason.to_owned(),
        placed_at: change.at,
        placed_by: ctx.actor.as_text(),
        released_at: None,
        n_subjects: i64::try_from(hashes.len()).unwrap_or(i64::MAX),
    };
    holds::insert(change.tx, account, &hold, &hashes).await?;
    let underway = holds::underway(change.tx, account, &hashes).await?;
    change.record(Record {
        event: Event::HoldPlaced,
        target: hold.id.clone(),
        description: format!("Hold on user data placed; people: {}", hashes.len()),
        before: Value::Null,
        after: shown(&hold),
    });
    change.finish().await?;
    Ok(PlacedHold { id: hold.id, underway })
}

/// Releases a hold: what waited for it goes on by itself.
///
/// Errors: [`Rule::UnknownHold`], also for another account's and for one that was released.
pub async fn release_hold(ctx: &Ctx, id: &str) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| release_in(ctx, tx, id))
}

async fn release_in(ctx: &Ctx, tx: &mut Tx, id: &str) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::ERASE)?;
    let (account, at) = (change.account_no(), change.at);
    let hold = if can_be_id(id) { holds::find(change.tx, account, id).await? } else { None };
    let hold = hold
        .filter(|hold| hold.released_at.is_none())
        .ok_or_else(|| Error::refused(Rule::UnknownHold, "", say::no_such_hold()))?;
    holds::release(change.tx, account, hold.no, at).await?;
    change.record(Record {
        event: Event::HoldReleased,
        target: hold.id.clone(),
        description: format!("Hold on user data released; people: {}", hold.n_subjects),
        before: shown(&hold),
        after: Value::Null,
    });
    change.finish().await
}

/// What the audit log keeps of a hold. Its reason stands in the hold alone: people write names there.
fn shown(hold: &Hold) -> Value {
    json!({"holdId": hold.id, "nSubjects": hold.n_subjects})
}

/// A page of the account's holds, those that were released too, the newest first.
pub async fn list_holds(ctx: &Ctx, page: Page) -> Result<List<Hold>, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let total = holds::count(&mut tx, ctx.account).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = holds::list(&mut tx, ctx.account, one_more).await?;
    Ok(list::page(ctx, HOLDS, total, page.limit, found, |hold| hold.no))
}
