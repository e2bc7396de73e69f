//! `/api/v1/erasures`: asking for erasures and following them.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::{Ctx, erasure};
use rolecall_model::{erasure::State as Standing, phrase::Text, problem::Problem};

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id, Query},
    wire::{
        erasures::{ErasureAccepted, ErasureScope, ErasureWish, parse, parse_scope},
        preview::Preview,
        report::{Erasure, ErasurePage},
    },
};
use crate::{
    Server,
    auth::{Caller, EraseData},
    erasing, say,
};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

/// Preview an erasure
///
/// What a request with the same body would erase, by person, store and collection. Changes nothing.
/// `planHash` in a request makes sure that it does what was shown here.
#[utoipa::path(
    post, path = "/api/v1/erasures/preview", tag = "Erasures",
    request_body = ErasureScope,
    responses(
        (status = 200, description = "What would be erased.", body = Preview),
        (status = 409, description = "The account has no data map, or it does not fit its stores.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A bot is not known.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn preview(
    caller: Caller<EraseData, ApiProblem>,
    State(server): State<Arc<Server>>,
    Body(body): Body,
) -> Result<Json<Preview>, ApiProblem> {
    let new = parse_scope(&body)?;
    Ok(Json(erasing::preview(&caller.ctx, &server.engine, &new).await?.into()))
}

/// Ask for an erasure
///
/// Accepted means written down: it is done in the background, and `GET /api/v1/erasures/{id}` tells how
/// far it is. Who belongs to the account is refused by name, and the others go on.
#[utoipa::path(
    post, path = "/api/v1/erasures", tag = "Erasures",
    params(IdempotencyKey),
    request_body = ErasureWish,
    responses(
        (status = 202, description = "Accepted; `Location` says where to follow it.", body = ErasureAccepted),
        (status = 422, description = "A bot is not known; nothing was accepted.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn request(
    caller: Caller<EraseData, ApiProblem>,
    State(server): State<Arc<Server>>,
    once: Once,
) -> Result<Response, ApiProblem> {
    let new = parse(&once.json()?, &server.callback_hosts)?;
    let request = async move |ctx: Ctx| {
        let accepted = erasure::request(&ctx, &new).await?;
        server.wake.notify_one();
        let location = format!("/api/v1/erasures/{}", accepted.id);
        Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(ErasureAccepted::from(accepted)))
            .into_response())
    };
    once.answer(caller.ctx, request).await
}

/// List erasures
///
/// A page of the account's requests, the newest first.
#[utoipa::path(
    get, path = "/api/v1/erasures", tag = "Erasures",
    params(
        ("state" = Option<String>, Query, description = "Only requests in this state.", example = "done"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of requests.", body = ErasurePage)),
)]
pub async fn list(
    caller: Caller<EraseData, ApiProblem>,
    Query(params): Query,
) -> Result<Json<ErasurePage>, ApiProblem> {
    let state = match params.get("state") {
        None => None,
        Some(word) => Some(Standing::parse(word).ok_or_else(|| Problem::new("state", known_states()))?),
    };
    let page = params.page(&caller.ctx, erasure::LIST, MAX_LIMIT)?;
    Ok(Json(erasure::list(&caller.ctx, state, page).await?.into()))
}

fn known_states() -> Text {
    let states: Vec<&str> = Standing::ALL.iter().map(|state| state.as_str()).collect();
    say::must_be_one_of(states.join(", "))
}

/// Follow an erasure
///
/// How far a request is, and how it fares for each person in each store.
#[utoipa::path(
    get, path = "/api/v1/erasures/{id}", tag = "Erasures",
    params(("id" = String, Path, description = "The request's id.")),
    responses(
        (status = 200, description = "The request.", body = Erasure),
        (status = 404, description = "The account has no request with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<EraseData, ApiProblem>, Id(id): Id) -> Result<Json<Erasure>, ApiProblem> {
    shown(&caller.ctx, &id).await
}

async fn shown(ctx: &Ctx, id: &str) -> Result<Json<Erasure>, ApiProblem> {
    Ok(Json(erasure::report(ctx, id).await?.into()))
}

/// Cancel an erasure
///
/// Calls it off, as long as nothing was erased.
#[utoipa::path(
    post, path = "/api/v1/erasures/{id}/cancel", tag = "Erasures",
    params(("id" = String, Path, description = "The request's id."), IdempotencyKey),
    responses(
        (status = 200, description = "Called off.", body = Erasure),
        (status = 404, description = "The account has no request with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It is erasing, or has ended.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn cancel(caller: Caller<EraseData, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    let cancel = async move |ctx: Ctx| {
        erasure::cancel(&ctx, &id).await?;
        Ok(shown(&ctx, &id).await?.into_response())
    };
    once.answer(caller.ctx, cancel).await
}

/// Approve an erasure
///
/// Agrees to the plan of a request that waits for it, because the data map asks for approval or because
/// its plan is no longer the one that was previewed.
#[utoipa::path(
    post, path = "/api/v1/erasures/{id}/approve", tag = "Erasures",
    params(("id" = String, Path, description = "The request's id."), IdempotencyKey),
    responses(
        (status = 200, description = "Approved; it goes on.", body = Erasure),
        (status = 404, description = "The account has no request with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It does not wait for approval.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn approve(
    caller: Caller<EraseData, ApiProblem>,
    State(server): State<Arc<Server>>,
    Id(id): Id,
    once: Once,
) -> Result<Response, ApiProblem> {
    let approve = async move |ctx: Ctx| {
        erasure::approve(&ctx, &id).await?;
        server.wake.notify_one();
        Ok(shown(&ctx, &id).await?.into_response())
    };
    once.answer(caller.ctx, approve).await
}

/// Retry an erasure
///
/// Makes a request that was put off, or its part in a store that was, due at once.
#[utoipa::path(
    post, path = "/api/v1/erasures/{id}/retry", tag = "Erasures",
    params(("id" = String, Path, description = "The request's id."), IdempotencyKey),
    responses(
        (status = 200, description = "Due now.", body = Erasure),
        (status = 404, description = "The account has no request with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Nothing of it was put off.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn retry(
    caller: Caller<EraseData, ApiProblem>,
    State(server): State<Arc<Server>>,
    Id(id): Id,
    once: Once,
) -> Result<Response, ApiProblem> {
    let retry = async move |ctx: Ctx| {
        erasure::retry(&ctx, &id).await?;
        server.wake.notify_one();
        Ok(shown(&ctx, &id).await?.into_response())
    };
    once.answer(caller.ctx, retry).await
}

/// Fetch a receipt
///
/// What came of a request, signed: a JWS that `rolecall receipt verify`, or any JOSE library with the key
/// set at `/.well-known/jwks.json`, checks. It names nobody.
#[utoipa::path(
    get, path = "/api/v1/erasures/{id}/receipt", tag = "Receipts",
    params(("id" = String, Path, description = "The request's id.")),
    responses(
        (status = 200, description = "The receipt.", body = String, content_type = "application/jose"),
        (status = 404, description = "The account has no request with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It has not ended, or was called off.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn receipt(caller: Caller<EraseData, ApiProblem>, Id(id): Id) -> Result<Response, ApiProblem> {
    let jws = erasure::receipt(&caller.ctx, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], jws).into_response())
}
