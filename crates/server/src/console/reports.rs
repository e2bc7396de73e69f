//! Reports to print or to keep: who has access to a bot, and what a person may do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::{
    http::header,
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    Ctx, Error,
    bots::{self, Owned},
    holdings::{self, Filter, Found, Holding, Span, UserHoldings},
    list, roles,
    users::{self, Row},
};
use rolecall_model::{
    page::Page,
    problem::Problems,
    role::{Level, Role},
    search::Words,
    time::Instant,
};

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    query::{Id, Query, href},
    users::name_of,
};
use crate::{
    api::wire::assignments::{COLUMNS, report},
    auth::{Caller, ReadRoles},
    csv::{self, Table},
    streamed::streamed,
};

const PATH: &str = "/console/reports";

/// How many rows a page of a report has, which is more than one looks through without printing it.
const ROWS: u32 = 500;
/// How many rows of a file are written at once.
const FILE_ROWS: u32 = 1_000;
/// How many bots and people are offered where a name fits several.
const OFFERED: u32 = 20;

#[derive(Template)]
#[template(path = "console/reports.html")]
struct Index {
    shell: Shell,
    bot: String,
    person: String,
    /// Id and name of each bot that the text fits, if one was looked for.
    bots: Option<Vec<(String, String)>>,
    /// Id, name and address of each person.
    people: Option<Vec<(String, String, String)>>,
}

/// The forms that lead to a report. What is found by a text stands below its form.
pub(super) async fn index(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Response, ConsoleError> {
    let ctx = &caller.ctx;
    let (bot, person) = (query.field("bot").to_owned(), query.field("person").to_owned());
    let bots = if bot.is_empty() { None } else { Some(bots::search(ctx, &bot, Page::first(OFFERED)).await?.items) };
    if let Some([only]) = bots.as_deref() {
        return Ok(Redirect::to(&format!("{PATH}/bot/{}", only.bot.id)).into_response());
    }
    let words = Words::parse("person", &person)?;
    let found = match &words {
        None => None,
        Some(_) => Some(users::list(ctx, words.as_ref(), Page::first(OFFERED)).await?.items),
    };
    if let Some([only]) = found.as_deref() {
        return Ok(Redirect::to(&format!("{PATH}/person/{}", only.id)).into_response());
    }
    let bots = bots.map(|bots| bots.into_iter().map(|listed| (listed.bot.id, listed.bot.name)).collect());
    let of = |user: Row| (user.id, name_of(&user.first_name, &user.last_name, &user.email), user.email);
    let people = found.map(|found| found.into_iter().map(of).collect());
    let shell = Shell::of(&reader, &caller, Section::Reports);
    Ok(Html(Index { shell, bot, person, bots, people }).into_response())
}

#[derive(Template)]
#[template(path = "console/report_bot.html")]
struct OfBot {
    shell: Shell,
    owned: Owned,
    found: Found,
    next: Option<String>,
    made_at: Instant,
}

/// Who has access to a bot, with which role, and why.
pub(super) async fn of_bot(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let owned = bots::get(ctx, &id).await?;
    let after = match query.0.get("cursor") {
        Some(cursor) => list::open_cursor_of_three(ctx, holdings::SEARCH, cursor)?,
        None => [0; 3],
    };
    let found = holdings::search(ctx, &on_bot(&id), None, Span { limit: ROWS, after }).await?;
    let path = format!("{PATH}/bot/{id}");
    let next = found.next_cursor.as_deref().map(|cursor| href(&path, &[("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Reports);
    Ok(Html(OfBot { shell, owned, found, next, made_at: ctx.now() }))
}

fn on_bot(id: &str) -> Filter {
    Filter { bot: Some(id.to_owned()), ..Filter::default() }
}

/// The same as a file for spreadsheets, in which nothing is taken for a formula.
pub(super) async fn file_of_bot(caller: Caller<ReadRoles, ConsoleError>, Id(id): Id) -> Result<Response, ConsoleError> {
    bots::get(&caller.ctx, &id).await?;
    file(&caller.ctx, on_bot(&id), "attachment; filename=\"bot-access.csv\"").await
}

/// All that one person holds, as such a file.
pub(super) async fn file_of_person(
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
) -> Result<Response, ConsoleError> {
    holdings::of_user(&caller.ctx, &id, None).await?.ok_or_else(ConsoleError::not_found)?;
    let filter = Filter { user: Some(id), ..Filter::default() };
    file(&caller.ctx, filter, "attachment; filename=\"person-access.csv\"").await
}

/// All rows that a filter finds, written while they are sent.
async fn file(ctx: &Ctx, filter: Filter, name: &'static str) -> Result<Response, ConsoleError> {
    // What is wrong with the question is told before the first byte.
    let span = Span { limit: FILE_ROWS, after: [0; 3] };
    let first = holdings::search(ctx, &filter, None, span).await?;
    let ctx = ctx.clone();
    let body = streamed(async move |sink| {
        let (mut table, mut found) = (Table::with_header(&COLUMNS), first);
        loop {
            report(&mut table, &found.rows);
            if !sink.send(table.into_bytes()).await {
                return Ok(());
            }
            let Some(next) = next(&ctx, &filter, &found).await? else { return Ok(()) };
            (found, table) = (next, Table::rows());
        }
    });
    Ok(([(header::CONTENT_TYPE, csv::MEDIA_TYPE), (header::CONTENT_DISPOSITION, name)], body).into_response())
}

async fn next(ctx: &Ctx, filter: &Filter, found: &Found) -> Result<Option<Found>, Error> {
    let Some(cursor) = &found.next_cursor else { return Ok(None) };
    let after = list::open_cursor_of_three(ctx, holdings::SEARCH, cursor).map_err(Problems::from)?;
    holdings::search(ctx, filter, None, Span { limit: FILE_ROWS, after }).await.map(Some)
}

/// What somebody may do in one place: permissions with how far they go, and the roles they come from.
struct Place {
    /// The bot's name; nothing for the account.
    bot: Option<String>,
    permissions: BTreeMap<String, (Level, BTreeSet<String>)>,
}

#[derive(Template)]
#[template(path = "console/report_person.html")]
struct OfPerson {
    shell: Shell,
    id: String,
    name: String,
    user: Row,
    held: Vec<Holding>,
    places: Vec<Place>,
    made_at: Instant,
}

/// What a person may do, where, and why.
pub(super) async fn of_person(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let held = holdings::of_user(ctx, &id, None).await?.ok_or_else(ConsoleError::not_found)?;
    let UserHoldings { user, holdings } = held;
    let ids: BTreeSet<String> = holdings.iter().map(|holding| holding.role.id.clone()).collect();
    let roles = roles::get_many(ctx, &Vec::from_iter(ids)).await?;
    let known = roles.into_iter().map(|role| (role.id.clone(), role)).collect();
    let places = places(&holdings, &known);
    let name = name_of(&user.first_name, &user.last_name, &user.email);
    let shell = Shell::of(&reader, &caller, Section::Reports);
    Ok(Html(OfPerson { shell, id, name, user, held: holdings, places, made_at: ctx.now() }))
}

/// What the roles that are held come to, place by place: the account first, then the bots by name.
fn places(held: &[Holding], roles: &HashMap<String, Role>) -> Vec<Place> {
    let mut places: BTreeMap<(Option<String>, String), Place> = BTreeMap::new();
    for holding in held {
        let Some(role) = roles.get(&holding.role.id) else { continue };
        let name = holding.bot.as_ref().map(|bot| bot.name.clone());
        let id = holding.bot.as_ref().map(|bot| bot.id.clone()).unwrap_or_default();
        let empty = || Place { bot: name.clone(), permissions: BTreeMap::new() };
        let place = places.entry((name.clone(), id)).or_insert_with(empty);
        for (permission, level) in role.permissions.iter().filter(|(_, level)| *level != Level::No) {
            let (most, from) = place.permissions.entry(permission.to_owned()).or_insert((level, BTreeSet::new()));
            if reach(level) > reach(*most) {
                *most = level;
            }
            from.insert(role.name.clone());
        }
    }
    places.into_values().collect()
}

fn reach(level: Level) -> u8 {
    match level {
        Level::No => 0,
        Level::View => 1,
        Level::Yes => 2,
        Level::Full => 3,
    }
}
