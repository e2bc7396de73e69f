//! Asking for an erasure.

use std::collections::HashSet;

use rolecall_model::{
    audit::Event,
    erasure::{Outcome, Subject},
    ids::{Kind, prefixed},
    problem::Problem,
    time::Instant,
};
use rolecall_store::{
    Error as StoreError, Tx, attempt,
    erasures::{Sealed, SubjectHasher, data_maps, ledger, requests, subjects, work::SubjectRow},
    names,
};
use serde_json::{Value, json};

use super::{check_number, distinct, protected};
use crate::{Change, Ctx, Error, Record, Rule, authority::acts, error::Faults, say};

/// How long after a request its answer is due where no data map says so: 30 days. Units: milliseconds.
const DEADLINE_MS: i64 = 30 * 24 * 3_600_000;

/// An erasure as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewErasure {
    /// Whose data is to go. Who is named twice counts once.
    pub subjects: Vec<Subject>,
    /// The bots whose data is to go; of no account if `is_all_bots`.
    pub bot_ids: Vec<String>,
    /// Whether the data of all bots is to go.
    pub is_all_bots: bool,
    /// The plan it may be carried out by: with any other it stops before anything is erased.
    pub plan_hash: Option<String>,
    /// When work on it may begin; the data map may say later.
    pub not_before: Option<Instant>,
    /// On what grounds, for the receipt. It must not name anybody.
    pub grounds: Option<String>,
    /// A URL to be called back as it goes on.
    pub callback_url: Option<String>,
}

/// An erasure that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id: `eud-` and a UUID.
    pub id: String,
    /// Its number in its account.
    pub no: i64,
}

/// Accepts an erasure: from now on the ledger knows who asked, and workers will come to it.
///
/// Who belongs to the account is refused by name of the rule, and the others go on; if nobody is
/// left the request still ends with a receipt that says so.
///
/// Errors: [`Error::Invalid`] if it names nobody, too many, or no bots; [`Rule::UnknownBot`] for each bot
/// the account does not have. Then nothing is accepted.
pub async fn request(ctx: &Ctx, new: &NewErasure) -> Result<Accepted, Error> {
    check(new)?;
    let id = prefixed(Kind::Erasure, ctx.core.random.bytes());
    attempt!(ctx.attempts(), |tx| request_in(ctx, tx, new, id.clone()))
}

/// Checks what can be checked without the account.
pub(super) fn check(new: &NewErasure) -> Result<(), Error> {
    check_number(&new.subjects).map_err(invalid)?;
    if new.bot_ids.is_empty() && !new.is_all_bots {
        let detail = say::bots_required();
        return Err(invalid(Problem::new("/botIds", detail)));
    }
    Ok(())
}

fn invalid(problem: Problem) -> Error {
    Error::Invalid(problem.into())
}

async fn request_in(ctx: &Ctx, tx: &mut Tx, new: &NewErasure, id: String) -> Result<Accepted, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::ERASE)?;
    let account = change.account_no();
    let bots = bots(&mut change, new).await?;
    let map = data_maps::newest(change.tx, account).await?;
    let (grace_ms, deadline_ms) = map.map_or((0, DEADLINE_MS), |map| (map.grace_ms, map.deadline_ms));
    let row = requests::New {
        no: change.next_no(),
        id,
        bots,
        grounds: new.grounds.clone().unwrap_or_default(),
        wanted_plan: new.plan_hash.clone().unwrap_or_default(),
        requested_at: change.at,
        requested_by: ctx.actor.as_text(),
        not_before: change.at.plus_ms(grace_ms).max(new.not_before.unwrap_or(change.at)),
        deadline: change.at.plus_ms(deadline_ms),
        callback_url: String::new(),
        salt: String::new(),
    };
    if row.not_before > row.deadline {
        let detail = say::not_after_deadline(row.deadline);
        return Err(invalid(Problem::new("/notBefore", detail)));
    }
    let url = new.callback_url.as_ref();
    let row = requests::New {
        callback_url: url.map_or_else(String::new, |url| Sealed::CallbackUrl(&row.id).seal(&ctx.core, url.as_bytes())),
        salt: Sealed::Salt(&row.id).seal(&ctx.core, &ctx.core.random.bytes::<32>()),
        ..row
    };
    let people = people(ctx, &mut change, new, &row.id).await?;
    requests::insert(change.tx, account, &row).await?;
    subjects::insert(change.tx, account, row.no, &people).await?;
    let is_open = |person: &&SubjectRow| person.outcome == Outcome::Pending;
    let hashes: Vec<String> = people.iter().filter(is_open).map(|person| person.hash.clone()).collect();
    ledger::enter(change.tx, account, row.no, &hashes, change.at).await?;
    change.record(recorded(&row, people.len(), people.len() - hashes.len()));
    change.finish().await?;
    Ok(Accepted { id: row.id, no: row.no })
}

/// The bots that are asked for, each once; none for all of them.
pub(super) async fn bots(change: &mut Change<'_>, new: &NewErasure) -> Result<Option<Vec<String>>, Error> {
    if new.is_all_bots {
        return Ok(None);
    }
    let mut seen = HashSet::new();
    let bots: Vec<String> = new.bot_ids.iter().filter(|id| seen.insert(*id)).cloned().collect();
    let account = change.account_no();
    let known = names::find(change.tx, account, names::Key::BotId, &bots).await?;
    let mut faults = Faults::default();
    for (index, id) in new.bot_ids.iter().enumerate() {
        if !known.contains_key(id) {
            faults.add(Rule::UnknownBot, format!("/botIds/{index}"), say::no_such_bot());
        }
    }
    faults.or_ok(Some(bots))
}

/// The subjects, each once, sealed, with who is refused.
async fn people(ctx: &Ctx, change: &mut Change<'_>, new: &NewErasure, id: &str) -> Result<Vec<SubjectRow>, Error> {
    let key = SubjectHasher::new(&ctx.core, &change.account.id);
    let people = distinct(&key, &new.subjects);
    let subjects: Vec<&Subject> = people.iter().map(|(subject, _)| *subject).collect();
    let rules = protected::rules(change, &subjects).await?;
    let mut rows = Vec::with_capacity(people.len());
    for (((subject, hash), rule), ordinal) in people.into_iter().zip(rules).zip(0..) {
        let plaintext = serde_json::to_vec(&subject.to_value())
            .map_err(|_| StoreError::Failed { code: "a subject cannot be written".to_owned() })?;
        rows.push(SubjectRow {
            ordinal,
            sealed: Sealed::Subject(id, ordinal).seal(&ctx.core, &plaintext),
            hash,
            outcome: if rule.is_some() { Outcome::Refused } else { Outcome::Pending },
            cause: rule.unwrap_or_default().to_owned(),
        });
    }
    Ok(rows)
}

fn recorded(row: &requests::New, n_people: usize, n_refused: usize) -> Record {
    let bots = row.bots.as_ref().map_or_else(|| "all".to_owned(), |bots| bots.len().to_string());
    Record {
        event: Event::ErasureRequested,
        target: row.id.clone(),
        description: format!("Erasure of user data requested; people: {n_people}, refused: {n_refused}, bots: {bots}"),
        before: Value::Null,
        after: json!({
            "requestId": row.id,
            "nSubjects": n_people,
            "nRefused": n_refused,
            "isAllBots": row.bots.is_none(),
            "botIds": row.bots.clone().unwrap_or_default(),
            "notBefore": row.not_before,
            "deadline": row.deadline,
        }),
    }
}
