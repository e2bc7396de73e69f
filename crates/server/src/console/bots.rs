//! Bots: finding, making, changing and removing them, and who holds what on one.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use rolecall_control::{
    authority::acts,
    bots::{self, Edit, NewBot, Owned},
    holdings::{self, Filter, Found, Span},
    list::{self, List as Listed},
};

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    grants::Grants,
    groups::seen,
    query::{Id, Query, ROWS, href},
};
use crate::auth::{Caller, ManageBots, ReadRoles};

const PATH: &str = "/console/bots";

#[derive(Template)]
#[template(path = "console/bots.html", blocks = ["found"])]
struct List {
    shell: Shell,
    q: String,
    found: Listed<Owned>,
    next: Option<String>,
    is_first: bool,
    may_manage: bool,
}

/// The list, all of it or those whose names begin with some text.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Response, ConsoleError> {
    let q = query.field("q").to_owned();
    let page = query.0.page(&caller.ctx, bots::SEARCH, ROWS)?;
    let found = bots::search(&caller.ctx, &q, page).await?;
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[("q", &q), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Bots);
    let is_first = query.field("cursor").is_empty();
    let may_manage = caller.ctx.may_do(&acts::MANAGE_BOTS);
    let page = List { shell, q, found, next, is_first, may_manage };
    Ok(if reader.is_partial { Html(page.as_found()).into_response() } else { Html(page).into_response() })
}

/// Makes a bot, and leads to it.
pub(super) async fn create(caller: Caller<ManageBots, ConsoleError>, form: Form) -> Result<Redirect, ConsoleError> {
    let given = |name: &str| Some(form.field(name).to_owned()).filter(|text| !text.is_empty());
    let named = NewBot::named(form.field("name"));
    let new = NewBot {
        description: form.field("description").to_owned(),
        owner: given("owner"),
        purpose: given("purpose").unwrap_or(named.purpose),
        default_language: given("language").unwrap_or(named.default_language),
        name: named.name,
    };
    let bot = bots::create(&caller.ctx, &new).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", bot.id)))
}

#[derive(Template)]
#[template(path = "console/bot.html")]
struct One {
    shell: Shell,
    owned: Owned,
    holders: Found,
    next: Option<String>,
    grants: Grants,
    may_manage: bool,
}

/// One bot: what is known of it, and who holds what on it.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let owned = bots::get(ctx, &id).await?;
    let filter = Filter { bot: Some(id.clone()), ..Filter::default() };
    let after = match query.field("cursor") {
        "" => [0; 3],
        cursor => list::open_cursor_of_three(ctx, holdings::SEARCH, cursor)?,
    };
    let holders = holdings::search(ctx, &filter, None, Span { limit: ROWS, after }).await?;
    let grants = Grants::of_bot(ctx, &id, holders.rows.iter().map(|(_, holding)| holding)).await?;
    let path = format!("{PATH}/{}", owned.bot.id);
    let next = holders.next_cursor.as_deref().map(|cursor| href(&path, &[("cursor", cursor)]));
    let may_manage = ctx.may_do(&acts::MANAGE_BOTS);
    let shell = Shell::of(&reader, &caller, Section::Bots);
    Ok(Html(One { shell, owned, holders, next, grants, may_manage }))
}

/// Changes a bot, unless somebody else did meanwhile.
pub(super) async fn update(
    caller: Caller<ManageBots, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let given = |name: &str| Some(form.field(name).to_owned());
    let edit = Edit {
        name: given("name"),
        description: given("description"),
        owner: given("owner").filter(|owner| !owner.is_empty()),
        purpose: given("purpose"),
        default_language: given("language"),
    };
    let owned = bots::update(&caller.ctx, &id, &seen(&form), &edit).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", owned.bot.id)))
}

#[derive(Template)]
#[template(path = "console/bot_remove.html")]
struct Remove {
    shell: Shell,
    owned: Owned,
    holders: Found,
}

/// What removing a bot would take from whom; nothing is done yet.
pub(super) async fn plan_removal(
    reader: Reader,
    caller: Caller<ManageBots, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let owned = bots::get(ctx, &id).await?;
    let filter = Filter { bot: Some(id), ..Filter::default() };
    let holders = holdings::search(ctx, &filter, None, Span { limit: ROWS, after: [0; 3] }).await?;
    let shell = Shell::of(&reader, &caller, Section::Bots);
    Ok(Html(Remove { shell, owned, holders }))
}

/// Removes a bot as it was shown.
pub(super) async fn remove(
    caller: Caller<ManageBots, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    bots::remove(&caller.ctx, &id, &seen(&form)).await?;
    Ok(Redirect::to(PATH))
}
