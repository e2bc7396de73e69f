//! `DELETE bot/eraseUsersData` and `GET bot/eraseUsersData/status/{reqId}` (wire 7.1, 7.2).

use std::sync::Arc;

use axum::{Json, extract::State};
use rolecall_control::erasure;

use super::{
    request::{Body, Id},
    wire::erasure::{AcceptedErasure, ErasureBody, ErasureStatus, parse},
};
use crate::{
    Server,
    auth::{Caller, EraseData},
    error::KoreError,
};

/// Erase people's data
///
/// Asks for the data of people to be erased from the stores that the account's data map names. The
/// answer comes before the work; ask how it fares with the id. Who owns the account or belongs to
/// it, or owns or develops a bot, is refused in the status, and the others go on. POST does the
/// same, for gateways that strip the body from a DELETE.
#[utoipa::path(
    method(delete, post), path = "/api/public/bot/eraseUsersData", tag = "Erasure",
    request_body = ErasureBody,
    responses(
        (status = 200, description = "The request was accepted.", body = AcceptedErasure),
        (status = 400, description = "The account has not one of the bots; nothing was accepted.", body = crate::error::Errors),
    ),
)]
pub async fn request(
    caller: Caller<EraseData>,
    State(server): State<Arc<Server>>,
    Body(body): Body,
) -> Result<Json<AcceptedErasure>, KoreError> {
    let accepted = erasure::request(&caller.ctx, &parse(&body)?).await?;
    server.wake.notify_one();
    Ok(Json(AcceptedErasure { request_id: accepted.id, status: "in-progress" }))
}

/// How an erasure fares
///
/// What became of a request so far, for each person it names. `SUCCESS` is said only when a second
/// look found nothing left, or there was nothing; a person under a hold stays `IN_PROGRESS`. 30 days
/// after the request has ended the people in it are forgotten, and each `userId` is empty.
#[utoipa::path(
    get, path = "/api/public/bot/eraseUsersData/status/{reqId}", tag = "Erasure",
    params(("reqId" = String, Path, description = "The id that the request was answered with.", example = "eud-2a1f4b8e-1f0d-5c55-9d8c-0f4c6b1f5a3e")),
    responses(
        (status = 200, description = "How it fares.", body = ErasureStatus),
        (status = 400, description = "The account has no request with this id.", body = crate::error::Errors),
    ),
)]
pub async fn status(caller: Caller<EraseData>, Id(id): Id) -> Result<Json<ErasureStatus>, KoreError> {
    Ok(Json(erasure::report(&caller.ctx, &id).await?.into()))
}
