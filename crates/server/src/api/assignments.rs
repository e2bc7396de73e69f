//! `/api/v1/assignments`: who holds which role on which bot and why, and giving and taking roles.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx, Error,
    access::Permission,
    holdings::{self, Filter, Found, Span},
    list,
};
use rolecall_model::{
    page,
    problem::{Problem, Problems},
    role::{Level, RoleType},
    time::Instant,
};

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::Query,
    wire::assignments::{AssignmentPage, AssignmentWish, COLUMNS, Wishes, parse, report},
};
use crate::{
    Server,
    auth::{Caller, ManageRoles, ReadRoles},
    csv::{self, Table},
    kore::request::Params,
    say,
    streamed::streamed,
};

/// How many rows of a report are written at once.
const REPORT_ROWS: u32 = 1_000;

/// Who holds what, and why
///
/// Each role that each user holds on each bot or on the account, with how it came to it: directly, or by way
/// of which groups, one inside the other. All filters that are given must fit. With `permission`, who may do
/// that. With `at`, as it was at that time, under the names of today. With `Accept: text/csv`, all from
/// `cursor` on as a report for spreadsheets, in which nothing is taken for a formula.
#[utoipa::path(
    get, path = "/api/v1/assignments", tag = "Assignments",
    params(
        ("user" = Option<String>, Query, description = "Only of the user with this id."),
        ("role" = Option<String>, Query, description = "Only of the role with this id."),
        ("roleType" = Option<String>, Query, description = "Only of roles of this type: `admin` or `bot`."),
        ("bot" = Option<String>, Query, description = "Only on the bot with this id."),
        ("group" = Option<String>, Query, description = "Only by way of the group with this id, whether it holds the role or lies between."),
        ("permission" = Option<String>, Query, description = "Only of roles that grant this permission now.", example = "Publish bot"),
        ("level" = Option<String>, Query, description = "How much of the permission at least: `VIEW` (any of it), `YES` or `FULL`."),
        ("at" = Option<String>, Query, description = "A time in the past, ISO 8601 with a zone, or a date.", example = "2026-01-31T09:00:00Z"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 1000 is the maximum, 50 the default. A report has all rows."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of who holds what.", content(
            (AssignmentPage = "application/json"),
            (String = "text/csv"),
        )),
        (status = 422, description = "What a filter names is not there.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    caller: Caller<ReadRoles, ApiProblem>,
    headers: HeaderMap,
    Query(params): Query,
) -> Result<Response, ApiProblem> {
    let (filter, at) = (filter(&params)?, params.time("at")?);
    let after = match params.get("cursor") {
        Some(cursor) => list::open_cursor_of_three(&caller.ctx, holdings::SEARCH, cursor)?,
        None => [0; 3],
    };
    let limit = page::parse_limit("limit", params.get("limit"), holdings::MAX_LIMIT)?;
    if !csv::is_wanted(&headers) {
        let found = holdings::search(&caller.ctx, &filter, at, Span { limit, after }).await?;
        return Ok(Json(AssignmentPage::from(found)).into_response());
    }
    // What is wrong with the question is told before the first byte.
    let first = holdings::search(&caller.ctx, &filter, at, Span { limit: REPORT_ROWS, after }).await?;
    let ctx = caller.ctx.clone();
    let body = streamed(async move |sink| {
        let mut table = Table::with_header(&COLUMNS);
        let mut found = first;
        loop {
            report(&mut table, &found.rows);
            if !sink.send(table.into_bytes()).await {
                return Ok(());
            }
            let Some(next) = next(&ctx, &filter, at, &found).await? else { return Ok(()) };
            (found, table) = (next, Table::rows());
        }
    });
    let headers = [
        (header::CONTENT_TYPE, csv::MEDIA_TYPE),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"assignments.csv\""),
    ];
    Ok((headers, body).into_response())
}

async fn next(ctx: &Ctx, filter: &Filter, at: Option<Instant>, found: &Found) -> Result<Option<Found>, Error> {
    let Some(cursor) = &found.next_cursor else { return Ok(None) };
    let after = list::open_cursor_of_three(ctx, holdings::SEARCH, cursor).map_err(Problems::from)?;
    holdings::search(ctx, filter, at, Span { limit: REPORT_ROWS, after }).await.map(Some)
}

fn filter(params: &Params) -> Result<Filter, Problem> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    let role_type = params
        .get("roleType")
        .map(|word| RoleType::parse(word).ok_or_else(|| Problem::new("roleType", say::must_be_admin_or_bot())));
    let level = match params.get("level") {
        None => Level::View,
        Some(word) => Level::parse(word)
            .filter(|level| *level != Level::No)
            .ok_or_else(|| Problem::new("level", say::must_be_level()))?,
    };
    if params.get("level").is_some() && params.get("permission").is_none() {
        return Err(Problem::new("level", say::level_without_permission()));
    }
    Ok(Filter {
        user: text("user"),
        role: text("role"),
        role_type: role_type.transpose()?,
        bot: text("bot"),
        group: text("group"),
        permission: text("permission").map(|name| Permission { name, level }),
    })
}

/// Give and take roles
///
/// Does all that the body asks for, in one transaction, or nothing. What is held already is not given again,
/// what is not held is not taken, and neither leaves a trace. The type of the roles is said once; a call is
/// about admin roles or about bot roles.
#[utoipa::path(
    post, path = "/api/v1/assignments", tag = "Assignments",
    params(IdempotencyKey),
    request_body = AssignmentWish,
    responses(
        (status = 204, description = "Done."),
        (status = 422, description = "A role, bot, user or group is not known, or a rule forbids it; nothing was done.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn apply(
    caller: Caller<ManageRoles, ApiProblem>,
    State(server): State<Arc<Server>>,
    once: Once,
) -> Result<Response, ApiProblem> {
    let Wishes { role_type, elements, places } = parse(&once.json()?)?;
    once.answer(caller.ctx, move |ctx| async move {
        let done = server.assignments.apply(&ctx, role_type, elements).await;
        done.map_err(|error| places.told(error))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
