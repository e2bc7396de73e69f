//! The first page: what is there, what changed lately, which erasures are open and until when.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{extract::State as Shared, response::Response};
use rolecall_control::{
    Ctx, Error, audit,
    authority::acts,
    bots,
    erasure::{self, Summary},
    groups, roles, users,
};
use rolecall_model::{erasure::State, page::Page, role::RoleType, time::Instant};

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    plot::{Bar, Bars},
    stream::{self, Look},
};
use crate::{
    Server,
    auth::{Caller, SignedIn},
    i18n::Words,
};

/// How many entries of the audit log are shown.
const RECENT: u32 = 8;

/// How many days the plot of changes goes back.
const DAYS: i64 = 7;

/// How many of the open erasures are shown.
const DUE: u32 = 5;

/// How long after a look at what there is the next one is. It is more to look at than a single erasure, and
/// changes less.
const ROUND: Duration = Duration::from_secs(3);

const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "console/overview.html", blocks = ["counts", "activity", "erasures"])]
struct Overview {
    shell: Shell,
    counts: Vec<(Section, u64)>,
    activity: Option<Activity>,
    erasures: Option<Erasures>,
}

/// What happened lately.
struct Activity {
    recent: Vec<(String, audit::Entry)>,
    by_day: Bars,
}

/// How erasures fare.
struct Erasures {
    by_state: Bars,
    /// Those that are due first, each with whether it is late.
    due: Vec<(Summary, bool)>,
}

impl Overview {
    /// What there is now. Who may see nothing of a part is not shown it.
    async fn of(ctx: &Ctx, shell: Shell) -> Result<Self, Error> {
        let counts = if ctx.may_do(&acts::LOOK) { counts(ctx).await? } else { Vec::new() };
        let activity = if ctx.may_do(&acts::READ_AUDIT) { Some(activity(ctx, &shell.words).await?) } else { None };
        let erasures = if ctx.may_do(&acts::WATCH_ERASURES) { Some(erasures(ctx, &shell.words).await?) } else { None };
        Ok(Self { shell, counts, activity, erasures })
    }
}

/// The page.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<SignedIn, ConsoleError>,
) -> Result<Html<impl Template>, ConsoleError> {
    Ok(Html(Overview::of(&caller.ctx, Shell::of(&reader, &caller, Section::Overview)).await?))
}

/// The parts of the page as they become others.
pub(super) async fn follow(
    Shared(server): Shared<Arc<Server>>,
    reader: Reader,
    caller: Caller<SignedIn, ConsoleError>,
) -> Result<Response, ConsoleError> {
    stream::follow(&server, &caller, ROUND, move |ctx| look(ctx, reader.clone()))
}

async fn look(ctx: Ctx, reader: Reader) -> anyhow::Result<Look> {
    let page = Overview::of(&ctx, Shell::bare(&reader, Section::Overview)).await?;
    let parts = vec![
        ("counts", page.as_counts().render()?),
        ("activity", page.as_activity().render()?),
        ("erasures", page.as_erasures().render()?),
    ];
    Ok(Look { parts, is_over: false })
}

async fn counts(ctx: &Ctx) -> Result<Vec<(Section, u64)>, Error> {
    let one = Page::first(1);
    let n_users = users::list(ctx, None, one).await?.total.unwrap_or_default();
    let n_groups = groups::search(ctx, "", one).await?.total;
    let n_bots = bots::search(ctx, "", one).await?.total;
    let n_admin = roles::list(ctx, RoleType::Admin, one).await?.total;
    let n_bot = roles::list(ctx, RoleType::Bot, one).await?.total;
    Ok(vec![
        (Section::Users, n_users),
        (Section::Groups, n_groups),
        (Section::Bots, n_bots),
        (Section::Roles, n_admin + n_bot),
    ])
}

async fn activity(ctx: &Ctx, words: &Words) -> Result<Activity, Error> {
    let all = audit::Query { size: RECENT, page: 0, from: None, until: None, after: None };
    let recent = audit::list(ctx, &all).await?.entries;
    let today = ctx.now().as_ms().div_euclid(DAY_MS) * DAY_MS;
    let mut bars = Vec::new();
    for days_ago in (0..DAYS).rev() {
        let from = Instant::from_ms(today - days_ago * DAY_MS);
        let until = from.plus_ms(DAY_MS);
        let of_day = audit::Query { size: 1, from: Some(from), until: Some(until), ..all.clone() };
        let n = audit::list(ctx, &of_day).await?.total;
        bars.push(Bar { name: words.weekday(from), n, shown: words.number(n), tone: "" });
    }
    Ok(Activity { recent, by_day: Bars(bars) })
}

async fn erasures(ctx: &Ctx, words: &Words) -> Result<Erasures, Error> {
    let standing = erasure::standing(ctx, DUE).await?;
    let mut bars = Vec::new();
    for state in State::ALL.iter().copied() {
        let n = standing.by_state.get(&state).copied().unwrap_or_default();
        if n > 0 || !state.is_final() {
            let name = words.word("erasure-state", state.as_str());
            bars.push(Bar { name, n, shown: words.number(n), tone: tone(state) });
        }
    }
    let now = ctx.now();
    let due = standing.due.into_iter().map(|summary| {
        let is_late = summary.deadline < now;
        (summary, is_late)
    });
    Ok(Erasures { by_state: Bars(bars), due: due.collect() })
}

/// How good or bad a state is to be in.
fn tone(state: State) -> &'static str {
    match state {
        State::Done => "good",
        State::AwaitingApproval | State::Held => "warn",
        _ => "",
    }
}
