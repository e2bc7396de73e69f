//! Erasures: which there are and until when, how each fares, and what can be done about one.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::State as Shared,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    Ctx,
    authority::acts,
    erasure::{self, PartReport, Report, Summary},
    list::List as Listed,
};
use rolecall_model::{
    erasure::{Outcome, State, Subject},
    problem::Problem,
};

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    query::{Id, Query, ROWS, href},
    stream::{self, Look},
};
use crate::{
    Server,
    auth::{Caller, EraseData},
    say,
};

/// Where the list is.
pub(super) const PATH: &str = "/console/erasures";

/// How many of the late ones are named above the list; the others are counted.
const LATE_SHOWN: u32 = 10;

/// How long after a look at an erasure the next one is.
const ROUND: Duration = Duration::from_secs(1);

/// The causes that have a text. Others are shown as they are.
pub(super) const CAUSES: [&str; 21] = [
    "account_member",
    "account_owner",
    "bad_url",
    "bot_co_developer",
    "bot_owner",
    "busy",
    "cancelled",
    "denied",
    "failed",
    "found_again",
    "map_check",
    "no_data_map",
    "no_identity",
    "not_bot_scoped",
    "plan_changed",
    "quarantined",
    "unknown_store",
    "unreachable",
    "unreachable_store",
    "unreached",
    "url_unavailable",
];

/// What is open although its answer was due.
struct Late {
    total: u64,
    first: Vec<Summary>,
}

#[derive(Template)]
#[template(path = "console/erasures.html")]
struct List {
    shell: Shell,
    state: Option<State>,
    found: Listed<Summary>,
    late: Late,
    next: Option<String>,
    is_first: bool,
    may_erase: bool,
}

impl List {
    fn is_state(&self, word: &str) -> bool {
        self.state.is_some_and(|state| state.as_str() == word)
    }

    fn is_late(&self, summary: &Summary) -> bool {
        self.late.first.iter().any(|late| late.id == summary.id)
    }
}

/// The list: all of it, or those in one state.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let state = match query.0.get("state") {
        None => None,
        Some(word) => Some(State::parse(word).ok_or_else(|| Problem::new("state", say::no_such_state()))?),
    };
    let page = query.0.page(ctx, erasure::LIST, ROWS)?;
    let found = erasure::list(ctx, state, page).await?;
    let (total, first) = erasure::late(ctx, LATE_SHOWN).await?;
    let word = state.map(State::as_str).unwrap_or_default();
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[("state", word), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Erasures);
    let is_first = query.0.get("cursor").is_none();
    let may_erase = ctx.may_do(&acts::ERASE);
    Ok(Html(List { shell, state, found, late: Late { total, first }, next, is_first, may_erase }))
}

#[derive(Template)]
#[template(path = "console/erasure.html", blocks = ["actions", "standing", "progress", "outcomes"])]
struct One {
    shell: Shell,
    report: Report,
    is_late: bool,
}

impl One {
    fn of(ctx: &Ctx, shell: Shell, report: Report) -> Self {
        let is_late = report.ended_at.is_none() && report.deadline < ctx.now();
        Self { shell, report, is_late }
    }

    /// How far the work in a store is, in rows: done, and in all.
    fn progress(&self, part: &PartReport) -> Option<(i64, i64)> {
        let found = self.report.progress.iter().find(|progress| progress.store == part.store);
        found.map(|progress| (progress.done, progress.total))
    }
}

/// One erasure: how far it is in each store, and how it fares for each person.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let report = erasure::report(&caller.ctx, &id).await?;
    Ok(Html(One::of(&caller.ctx, Shell::of(&reader, &caller, Section::Erasures), report)))
}

/// The parts of its page as they become others, until it has ended.
pub(super) async fn follow(
    Shared(server): Shared<Arc<Server>>,
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
) -> Result<Response, ConsoleError> {
    // Whether there is such an erasure is told before the first byte.
    erasure::outline(&caller.ctx, &id).await?;
    stream::follow(&server, &caller, ROUND, move |ctx| look(ctx, reader.clone(), id.clone()))
}

/// How it fares with people is told at the end: until then it is much, and says little.
async fn look(ctx: Ctx, reader: Reader, id: String) -> anyhow::Result<Look> {
    let mut report = erasure::outline(&ctx, &id).await?;
    let is_over = report.ended_at.is_some();
    if is_over {
        report = erasure::report(&ctx, &id).await?;
    }
    let page = One::of(&ctx, Shell::bare(&reader, Section::Erasures), report);
    let mut parts = vec![
        ("actions", page.as_actions().render()?),
        ("standing", page.as_standing().render()?),
        ("progress", page.as_progress().render()?),
    ];
    if is_over {
        parts.push(("outcomes", page.as_outcomes().render()?));
    }
    Ok(Look { parts, is_over })
}

/// What an act would lead to, before it is done.
#[derive(Template)]
#[template(path = "console/erasure_act.html")]
struct Plan {
    shell: Shell,
    report: Report,
    /// Whether it is about approving, rather than calling off.
    is_approval: bool,
}

/// What approving an erasure would erase; nothing is done yet.
pub(super) async fn plan_approval(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    // It cannot be undone, so who has been away for a while shows first who it is.
    caller.recently_authenticated()?;
    let report = erasure::report(&caller.ctx, &id).await?;
    let shell = Shell::of(&reader, &caller, Section::Erasures);
    Ok(Html(Plan { shell, report, is_approval: true }))
}

/// Approves an erasure whose plan was shown.
pub(super) async fn approve(
    Shared(server): Shared<Arc<Server>>,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    // Who may not is told so, whatever plan there is.
    caller.ctx.need_to(&acts::ERASE)?;
    // A plan that became another one since the page was shown is shown anew.
    let report = erasure::report(&caller.ctx, &id).await?;
    if report.plan_hash.as_deref().unwrap_or_default() != form.field("plan") {
        return Err(ConsoleError::changed());
    }
    erasure::approve(&caller.ctx, &id).await?;
    server.wake.notify_one();
    Ok(back(&id))
}

/// What calling an erasure off would mean; nothing is done yet.
pub(super) async fn plan_cancellation(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let report = erasure::report(&caller.ctx, &id).await?;
    let shell = Shell::of(&reader, &caller, Section::Erasures);
    Ok(Html(Plan { shell, report, is_approval: false }))
}

/// Calls an erasure off.
pub(super) async fn cancel(
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    erasure::cancel(&caller.ctx, &id).await?;
    Ok(back(&id))
}

/// Makes an erasure that was put off due at once.
pub(super) async fn retry(
    Shared(server): Shared<Arc<Server>>,
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    erasure::retry(&caller.ctx, &id).await?;
    server.wake.notify_one();
    Ok(back(&id))
}

fn back(id: &str) -> Redirect {
    Redirect::to(&format!("{PATH}/{id}"))
}

/// The receipt, as a file to keep.
pub(super) async fn receipt(caller: Caller<EraseData, ConsoleError>, Id(id): Id) -> Result<Response, ConsoleError> {
    let jws = erasure::receipt(&caller.ctx, &id).await?;
    let file =
        HeaderValue::from_str(&format!("attachment; filename=\"{id}.jws\"")).map_err(|_| ConsoleError::not_found())?;
    let kind = HeaderValue::from_static("application/jose");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, file)], jws).into_response())
}

/// A person as a page names them.
pub(super) fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::Plain(text) => text.clone(),
        Subject::Channel { channel_id, channel_user_id } => format!("{channel_id} {channel_user_id}"),
    }
}

/// How good or bad it is to be in the state with this word.
pub(super) fn tone(state: &str) -> &'static str {
    match State::parse(state) {
        Some(State::Done) => "good",
        Some(State::AwaitingApproval | State::Held) => "warn",
        _ => "",
    }
}

/// How good or bad the outcome with this word is.
pub(super) fn outcome_tone(outcome: &str) -> &'static str {
    match Outcome::parse(outcome) {
        Some(Outcome::Erased | Outcome::NotFound) => "good",
        Some(Outcome::Held) => "warn",
        Some(Outcome::Refused | Outcome::Partial | Outcome::Failed) => "bad",
        Some(Outcome::Pending) | None => "",
    }
}

/// Why something is as it is, in the reader's words.
pub(super) fn cause(shell: &Shell, cause: &str) -> String {
    if CAUSES.contains(&cause) { shell.word("erasure-cause", cause) } else { cause.replace('_', " ") }
}
