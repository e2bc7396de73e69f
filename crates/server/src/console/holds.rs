//! Holds: people whose data is kept from being erased for a while.

use askama::Template;
use axum::response::Redirect;
use rolecall_control::{
    authority::acts,
    erasure::{self, Hold, MAX_REASON_CHARS},
    list::List as Listed,
};
use rolecall_model::problem::Problems;

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    erasure_wish::people,
    query::{Id, Query, ROWS, href},
};
use crate::auth::{Caller, EraseData};

const PATH: &str = "/console/holds";

#[derive(Template)]
#[template(path = "console/holds.html")]
struct List {
    shell: Shell,
    found: Listed<Hold>,
    next: Option<String>,
    is_first: bool,
    may_erase: bool,
    /// How many erasures a hold that was just placed came too late for.
    underway: Option<u64>,
}

/// The list, those that were released too.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let page = query.0.page(ctx, erasure::HOLDS, ROWS)?;
    let found = erasure::list_holds(ctx, page).await?;
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[("cursor", cursor)]));
    let is_first = query.0.get("cursor").is_none();
    let underway = query.0.get("underway").and_then(|n| n.parse().ok());
    let may_erase = ctx.may_do(&acts::ERASE);
    let shell = Shell::of(&reader, &caller, Section::Erasures);
    Ok(Html(List { shell, found, next, is_first, may_erase, underway }))
}

/// Places a hold.
pub(super) async fn place(caller: Caller<EraseData, ConsoleError>, form: Form) -> Result<Redirect, ConsoleError> {
    let mut problems = Problems::default();
    let subjects = people(form.field("people"), form.field("on_channels"), &mut problems);
    let subjects = problems.or_ok(subjects)?;
    let placed = erasure::place_hold(&caller.ctx, &subjects, form.field("reason")).await?;
    Ok(Redirect::to(&href(PATH, &[("underway", &placed.underway.len().to_string())])))
}

/// Releases a hold: what waited for it goes on.
pub(super) async fn release(
    caller: Caller<EraseData, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    erasure::release_hold(&caller.ctx, &id).await?;
    Ok(Redirect::to(PATH))
}
