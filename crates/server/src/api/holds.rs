//! `/api/v1/holds`: keeping people's data from being erased for a while.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::{Ctx, erasure};

use super::{
    once::{IdempotencyKey, Once},
    problem::ApiProblem,
    request::{Body, Id, Query},
    wire::{
        holds::{HoldPage, HoldWish, NewHold, Suppressions, parse, suppressions},
        subjects,
    },
};
use crate::auth::{Caller, EraseData};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

/// Place a hold
///
/// From now on nothing of these people begins to be erased, until the hold is released. Requests about
/// them wait by themselves. `underway` tells of requests for which it comes too late.
#[utoipa::path(
    post, path = "/api/v1/holds", tag = "Holds",
    params(IdempotencyKey),
    request_body = HoldWish,
    responses((status = 201, description = "Placed; `Location` says where it is.", body = NewHold)),
)]
pub async fn place(caller: Caller<EraseData, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let (subjects, reason) = parse(&once.json()?)?;
    let place = async move |ctx: Ctx| {
        let placed = erasure::place_hold(&ctx, &subjects, &reason).await?;
        let location = format!("/api/v1/holds/{}", placed.id);
        Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(NewHold::from(placed))).into_response())
    };
    once.answer(caller.ctx, place).await
}

/// List holds
///
/// A page of the account's holds, the newest first; those that were released stand there too. Whom a
/// hold is about is known to the server by keyed hashes only.
#[utoipa::path(
    get, path = "/api/v1/holds", tag = "Holds",
    params(
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of holds.", body = HoldPage)),
)]
pub async fn list(caller: Caller<EraseData, ApiProblem>, Query(params): Query) -> Result<Json<HoldPage>, ApiProblem> {
    let page = params.page(&caller.ctx, erasure::HOLDS, MAX_LIMIT)?;
    Ok(Json(erasure::list_holds(&caller.ctx, page).await?.into()))
}

/// Release a hold
///
/// What waited for it goes on by itself.
#[utoipa::path(
    delete, path = "/api/v1/holds/{id}", tag = "Holds",
    params(("id" = String, Path, description = "The hold's id.")),
    responses(
        (status = 204, description = "Released."),
        (status = 404, description = "The account has no hold with this id, or it was released.", body = super::problem::Document, content_type = "application/problem+json"),
    ),
)]
pub async fn release(caller: Caller<EraseData, ApiProblem>, Id(id): Id) -> Result<StatusCode, ApiProblem> {
    erasure::release_hold(&caller.ctx, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check who must not come back
///
/// For whoever ingests data or restores a backup: which of these people asked to be forgotten.
#[utoipa::path(
    post, path = "/api/v1/suppressions/check", tag = "Holds",
    request_body = subjects::People,
    responses((status = 200, description = "One element for each, in their order.", body = Suppressions)),
)]
pub async fn check(caller: Caller<EraseData, ApiProblem>, Body(body): Body) -> Result<Json<Suppressions>, ApiProblem> {
    let subjects = subjects::parse(&body)?;
    let known = erasure::suppressed(&caller.ctx, &subjects).await?;
    Ok(Json(suppressions(&subjects, known)))
}
