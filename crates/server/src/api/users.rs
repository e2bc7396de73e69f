//! `/api/v1/users`: finding people, what they hold and why, and what became of them.

use axum::Json;
use rolecall_control::{holdings, users};
use rolecall_model::search::Words;

use super::{
    problem::{ApiProblem, Document},
    request::{Id, Query},
    wire::users::{GroupRoles, UserDetails, UserHistory, UserPage, UserRoles},
};
use crate::auth::{Caller, ReadRoles, ReadUsers};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 1_000;

/// List or find users
///
/// A page of the account's users in order of creation. With `q`, those of whom each of its words begins the
/// e-mail address, the organisation's id, a word of the first or last name, or the last and the first name
/// written as one; case, width and accents of the same letter written otherwise make no difference.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "Users",
    params(
        ("q" = Option<String>, Query, description = "What somebody has typed so far: at most 8 words.", example = "haruto ta"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 1000 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of users.", body = UserPage)),
)]
pub async fn list(caller: Caller<ReadUsers, ApiProblem>, Query(params): Query) -> Result<Json<UserPage>, ApiProblem> {
    let words = Words::parse("q", params.get("q").unwrap_or_default())?;
    let page = params.page(&caller.ctx, users::LIST, MAX_LIMIT)?;
    Ok(Json(users::list(&caller.ctx, words.as_ref(), page).await?.into()))
}

/// Get a user
///
/// A user with its particulars and its groups.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "Users",
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user.", body = UserDetails),
        (status = 404, description = "The account has no user with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ReadUsers, ApiProblem>, Id(id): Id) -> Result<Json<UserDetails>, ApiProblem> {
    let found = users::find(&caller.ctx, &id).await?;
    found.map(|details| Json(details.into())).ok_or_else(ApiProblem::not_found)
}

/// What a user holds, and why
///
/// Every role that a user holds, on which bot, and how it came to it: directly, or by way of which groups,
/// one inside the other. With `at`, as it was at that time, under the names of today; also of a user who is
/// gone.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/roles", tag = "Users",
    params(
        ("id" = String, Path, description = "The user's id."),
        ("at" = Option<String>, Query, description = "A time in the past, ISO 8601 with a zone, or a date.", example = "2026-01-31T09:00:00Z"),
    ),
    responses(
        (status = 200, description = "What the user holds.", body = UserRoles),
        (status = 404, description = "The account has no user with this id, or had none then.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn roles(
    caller: Caller<ReadRoles, ApiProblem>,
    Id(id): Id,
    Query(params): Query,
) -> Result<Json<UserRoles>, ApiProblem> {
    let found = holdings::of_user(&caller.ctx, &id, params.time("at")?).await?;
    found.map(|held| Json(held.into())).ok_or_else(ApiProblem::not_found)
}

/// What became of a user
///
/// The roles that a user was given and lost itself, and the groups it came into and left, the newest first,
/// each with who did it. Also of a user who is gone.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/history", tag = "Users",
    params(
        ("id" = String, Path, description = "The user's id."),
        ("limit" = Option<String>, Query, description = "How many rows at most; 1000 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "What happened to the user.", body = UserHistory),
        (status = 404, description = "The account never had a user with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn history(
    caller: Caller<ReadRoles, ApiProblem>,
    Id(id): Id,
    Query(params): Query,
) -> Result<Json<UserHistory>, ApiProblem> {
    let page = params.page(&caller.ctx, holdings::HISTORY, MAX_LIMIT)?;
    let found = holdings::history(&caller.ctx, &id, page).await?;
    found.map(|history| Json(history.into())).ok_or_else(ApiProblem::not_found)
}

/// What a group gives, and why
///
/// Every role that whoever is in a group holds by it: those that the group holds itself, and those of groups
/// around it.
#[utoipa::path(
    get, path = "/api/v1/groups/{id}/roles", tag = "Groups",
    params(
        ("id" = String, Path, description = "The group's id."),
        ("at" = Option<String>, Query, description = "A time in the past, ISO 8601 with a zone, or a date."),
    ),
    responses(
        (status = 200, description = "What the group gives.", body = GroupRoles),
        (status = 404, description = "The account has no group with this id, or had none then.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn roles_of_group(
    caller: Caller<ReadRoles, ApiProblem>,
    Id(id): Id,
    Query(params): Query,
) -> Result<Json<GroupRoles>, ApiProblem> {
    let found = holdings::of_group(&caller.ctx, &id, params.time("at")?).await?;
    found.map(|held| Json(held.into())).ok_or_else(ApiProblem::not_found)
}
