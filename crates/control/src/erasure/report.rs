//! How a request fares, for those who asked.

use std::collections::HashMap;

use rolecall_model::{
    erasure::{Outcome, State, Subject},
    page::Page,
    time::Instant,
};
use rolecall_store::erasures::{
    Sealed, receipts, requests,
    work::{self, Part, Quarantined, ResultRow, SubjectRow},
};
use secrecy::ExposeSecret as _;

use super::{
    LIST,
    act::{Possible, Work},
    can_be_id, known, unknown,
};
use crate::{
    Ctx, Error, Rule,
    authority::acts,
    list::{self, List},
    say,
};

pub use rolecall_store::erasures::requests::Summary;

/// How a request fares. Bounded: a request has at most
/// [`MAX_SUBJECTS`](rolecall_model::erasure::MAX_SUBJECTS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// Why it is no further, in a word; mostly empty.
    pub cause: String,
    /// Whether it is about all bots.
    pub is_all_bots: bool,
    /// The bots it is about, unless it is about all.
    pub bot_ids: Vec<String>,
    /// The grounds that were given.
    pub grounds: Option<String>,
    /// The plan it has.
    pub plan_hash: Option<String>,
    /// The hash of the data map it follows.
    pub map_hash: Option<String>,
    /// When it came.
    pub requested_at: Instant,
    /// When something last happened to it.
    pub updated_at: Instant,
    /// When work on it may begin.
    pub not_before: Instant,
    /// When its answer is due.
    pub deadline: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// When it is tried again, unless it has ended or waits for a person.
    pub next_attempt_at: Option<Instant>,
    /// Whether there is a receipt of it.
    pub has_receipt: bool,
    /// Its parts, by name of their store.
    pub stores: Vec<PartReport>,
    /// Whom it is about, in its order.
    pub subjects: Vec<SubjectReport>,
    /// The rows that would not go.
    pub quarantine: Vec<Quarantined>,
    /// How far the work list of each store is, while there is one.
    pub progress: Vec<Progress>,
    /// What whoever asks could do about it now.
    pub possible: Possible,
}

/// How a request's part in one store fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReport {
    /// The store's name in the data map.
    pub store: String,
    /// How far the part is.
    pub state: State,
    /// Why it is no further, or why it failed, in a word.
    pub cause: String,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// When it is tried again, if it was put off.
    pub next_attempt_at: Option<Instant>,
    /// When it was last looked at again.
    pub rescanned_at: Option<Instant>,
    /// What is to be known about it: names of collections with words for what is the matter.
    pub notes: String,
}

/// How one subject fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectReport {
    /// Who it is; nobody knows any more some time after the request has ended.
    pub subject: Option<Subject>,
    /// The hash it is known by.
    pub hash: String,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Why, in a word.
    pub cause: String,
    /// The same in each store, by name.
    pub stores: Vec<StoreResult>,
}

/// How one subject's data in one store fares. Units of the counts: rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreResult {
    /// The store's name in the data map.
    pub store: String,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Why, in a word.
    pub cause: String,
    /// What was found to erase.
    pub found: i64,
    /// What was deleted.
    pub erased: i64,
    /// What was masked.
    pub masked: i64,
    /// What would not go.
    pub quarantined: i64,
    /// What the last look found again.
    pub refound: i64,
}

/// How far the work list of one store is. Units: keys of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The store's name in the data map.
    pub store: String,
    /// How many there are to do.
    pub total: i64,
    /// How many are done with.
    pub done: i64,
}

/// How the request with id `id` fares.
///
/// Errors: [`Rule::UnknownErasure`], also for another account's.
pub async fn report(ctx: &Ctx, id: &str) -> Result<Report, Error> {
    read(ctx, id, Depth::Whole).await
}

/// The same without the people it is about, whose names are sealed one by one, and without the rows that would
/// not go: little enough to be asked for again and again while it is under way.
///
/// Errors: [`Rule::UnknownErasure`], also for another account's.
pub async fn outline(ctx: &Ctx, id: &str) -> Result<Report, Error> {
    read(ctx, id, Depth::Outline).await
}

/// How much of a report is read.
#[derive(Clone, Copy)]
enum Depth {
    Outline,
    Whole,
}

async fn read(ctx: &Ctx, id: &str, depth: Depth) -> Result<Report, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    if !can_be_id(id) {
        return Err(unknown());
    }
    let mut tx = ctx.read().await?;
    let request = known(requests::find(&mut tx, ctx.account, id).await?)?;
    let job = work::job(&mut tx, ctx.account, request.no).await?.ok_or_else(unknown)?;
    let done = Work::of(&mut tx, &job).await?;
    let quarantine = match depth {
        Depth::Outline => Vec::new(),
        Depth::Whole => work::quarantine(&mut tx, &job).await?,
    };
    let progress = requests::progress(&mut tx, ctx.account, request.no).await?;
    let has_receipt = receipts::find(&mut tx, ctx.account, request.no).await?.is_some();
    // When a request waits for a person.
    let never = Instant::from_ms(i64::MAX);
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Report {
        possible: done.possible(ctx, &request),
        subjects: match depth {
            Depth::Outline => Vec::new(),
            Depth::Whole => subjects(ctx, id, done.people, done.results)?,
        },
        stores: done.parts.into_iter().map(part).collect(),
        progress: progress.into_iter().map(|(store, total, done)| Progress { store, total, done }).collect(),
        quarantine,
        has_receipt,
        is_all_bots: request.bots.is_none(),
        bot_ids: request.bots.unwrap_or_default(),
        id: request.id,
        state: request.state,
        cause: request.cause,
        grounds: some(request.grounds),
        plan_hash: some(request.plan_hash),
        map_hash: some(request.map_hash),
        requested_at: request.requested_at,
        updated_at: request.updated_at,
        not_before: request.not_before,
        deadline: request.deadline,
        ended_at: request.ended_at,
        attempts: request.attempts,
        next_attempt_at: Some(request.next_attempt_at).filter(|at| request.ended_at.is_none() && *at < never),
    })
}

fn part(part: Part) -> PartReport {
    let ever = |at: Instant| Some(at).filter(|at| at.as_ms() > 0);
    PartReport {
        next_attempt_at: ever(part.next_attempt_at).filter(|_| !part.state.is_final() && part.attempts > 0),
        store: part.store,
        state: part.state,
        cause: part.cause,
        attempts: part.attempts,
        rescanned_at: ever(part.rescanned_at),
        notes: part.notes,
    }
}

fn subjects(
    ctx: &Ctx,
    id: &str,
    people: Vec<SubjectRow>,
    results: Vec<ResultRow>,
) -> Result<Vec<SubjectReport>, Error> {
    let mut of: HashMap<i64, Vec<StoreResult>> = HashMap::with_capacity(people.len());
    for row in results {
        of.entry(row.ordinal).or_default().push(StoreResult {
            store: row.store,
            outcome: row.outcome,
            cause: row.cause,
            found: row.n_found,
            erased: row.n_erased,
            masked: row.n_masked,
            quarantined: row.n_quarantined,
            refound: row.n_refound,
        });
    }
    let told = people.into_iter().map(|person| {
        Ok(SubjectReport {
            subject: opened(ctx, id, &person)?,
            stores: of.remove(&person.ordinal).unwrap_or_default(),
            hash: person.hash,
            outcome: person.outcome,
            cause: person.cause,
        })
    });
    told.collect()
}

/// Who a subject is, unless it is forgotten.
fn opened(ctx: &Ctx, id: &str, person: &SubjectRow) -> Result<Option<Subject>, Error> {
    if person.sealed.is_empty() {
        return Ok(None);
    }
    let opened = Sealed::Subject(id, person.ordinal).open(&ctx.core, &person.sealed).map_err(|_| Error::Sealed)?;
    let value = serde_json::from_slice(opened.expose_secret()).map_err(|_| Error::Sealed)?;
    Subject::parse(&value, "").map(Some).map_err(|_| Error::Sealed)
}

/// A page of the account's requests, all or those in one state, the newest first.
pub async fn list(ctx: &Ctx, state: Option<State>, page: Page) -> Result<List<Summary>, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let total = requests::count(&mut tx, ctx.account, state).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = requests::list(&mut tx, ctx.account, state, one_more).await?;
    Ok(list::page(ctx, LIST, total, page.limit, found, |summary| summary.no))
}

/// The account's requests that have not ended although their answer was due, the longest overdue first:
/// how many there are, and the first `limit` of them.
pub async fn late(ctx: &Ctx, limit: u32) -> Result<(u64, Vec<Summary>), Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let now = ctx.now();
    let total = requests::count_late(&mut tx, ctx.account, now).await?;
    let found = requests::due(&mut tx, ctx.account, now, limit).await?;
    Ok((u64::try_from(total).unwrap_or_default(), found))
}

/// How the account's requests stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many there are in each state in which there are some.
    pub by_state: HashMap<State, u64>,
    /// Those that have not ended, what is due first before the others.
    pub due: Vec<Summary>,
}

/// How the account's requests stand, with at most `limit` of those that are open.
pub async fn standing(ctx: &Ctx, limit: u32) -> Result<Standing, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let by_state = requests::count_by_state(&mut tx, ctx.account).await?;
    let by_state = by_state.into_iter().map(|(state, n)| (state, u64::try_from(n).unwrap_or_default())).collect();
    let due = requests::due(&mut tx, ctx.account, Instant::from_ms(i64::MAX), limit).await?;
    Ok(Standing { by_state, due })
}

/// The receipt of a request that is done.
///
/// Errors: [`Rule::UnknownErasure`], or [`Rule::NoReceipt`] before it is done and if it was called off.
pub async fn receipt(ctx: &Ctx, id: &str) -> Result<String, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    if !can_be_id(id) {
        return Err(unknown());
    }
    let mut tx = ctx.read().await?;
    let request = known(requests::find(&mut tx, ctx.account, id).await?)?;
    let receipt = receipts::find(&mut tx, ctx.account, request.no).await?;
    receipt.ok_or_else(|| {
        let detail = say::no_receipt_yet(request.state.as_str());
        Error::refused(Rule::NoReceipt, "", detail)
    })
}
