//! `/api/v1/bots`: bots and who owns them.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx,
    bots::{self, Owned},
};

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id, Query},
    versions::{IfMatch, SeenVersion, tagged},
    wire::bots::{BotEdit, BotList, BotWish, ShownBot, parse, parse_edit},
};
use crate::auth::{Caller, ManageBots, ReadRoles};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

fn shown(status: StatusCode, owned: Owned) -> Response {
    tagged(status, &owned.version(), &ShownBot::from(owned))
}

/// List bots
///
/// A page of the account's bots, in order of their creation; or of those whose names begin with `name`.
#[utoipa::path(
    get, path = "/api/v1/bots", tag = "Bots",
    params(
        ("name" = Option<String>, Query, description = "Only bots whose names begin so, in any case of letters.", example = "bag"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of bots.", body = BotList)),
)]
pub async fn list(caller: Caller<ReadRoles, ApiProblem>, Query(params): Query) -> Result<Json<BotList>, ApiProblem> {
    let page = params.cursor_page(&caller.ctx, bots::SEARCH, MAX_LIMIT)?;
    Ok(Json(bots::search(&caller.ctx, params.get("name").unwrap_or_default(), page).await?.into()))
}

/// Make a bot
///
/// Its owner gets the built-in role of bot owners on it.
#[utoipa::path(
    post, path = "/api/v1/bots", tag = "Bots",
    params(IdempotencyKey),
    request_body = BotWish,
    responses(
        (status = 201, description = "Made; `Location` says where it is.", body = ShownBot),
        (status = 409, description = "Another bot has that name.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The owner is not known.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn create(caller: Caller<ManageBots, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let new = parse(&once.json()?)?;
    let create = async move |ctx: Ctx| {
        let made = bots::create_owned(&ctx, &new).await?;
        let location = format!("/api/v1/bots/{}", made.bot.id);
        Ok(([(header::LOCATION, location)], shown(StatusCode::CREATED, made)).into_response())
    };
    once.answer(caller.ctx, create).await
}

/// Look at a bot
///
/// What it is called, what it is for and who owns it. Its `ETag` is what a change of it has to name.
#[utoipa::path(
    get, path = "/api/v1/bots/{id}", tag = "Bots",
    params(("id" = String, Path, description = "The bot's id.")),
    responses(
        (status = 200, description = "The bot.", body = ShownBot),
        (status = 404, description = "The account has no bot with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ReadRoles, ApiProblem>, Id(id): Id) -> Result<Response, ApiProblem> {
    Ok(shown(StatusCode::OK, bots::get(&caller.ctx, &id).await?))
}

/// Change a bot
///
/// What is left out stays. A new owner gets the built-in role of bot owners on it from the old one.
#[utoipa::path(
    patch, path = "/api/v1/bots/{id}", tag = "Bots",
    params(("id" = String, Path, description = "The bot's id."), SeenVersion),
    request_body = BotEdit,
    responses(
        (status = 200, description = "The bot as it is now.", body = ShownBot),
        (status = 404, description = "The account has no bot with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Another bot has that name.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The owner is not known.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn update(
    caller: Caller<ManageBots, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(body): Body,
) -> Result<Response, ApiProblem> {
    let edit = parse_edit(&body)?;
    Ok(shown(StatusCode::OK, bots::update(&caller.ctx, &id, &expected, &edit).await?))
}

/// Remove a bot
///
/// Nobody holds a role on it any more.
#[utoipa::path(
    delete, path = "/api/v1/bots/{id}", tag = "Bots",
    params(("id" = String, Path, description = "The bot's id."), SeenVersion),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, description = "The account has no bot with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn remove(
    caller: Caller<ManageBots, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, ApiProblem> {
    bots::remove(&caller.ctx, &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
