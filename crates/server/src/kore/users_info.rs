//! `POST usersInfo` (wire 7.14).

use axum::Json;
use rolecall_control::users;

use super::{
    request::Body,
    wire::users_info::{InfoRow, InfoSought, parse},
};
use crate::{
    auth::{Caller, ReadUsers},
    error::KoreError,
};

/// Look users up
///
/// What is known of users, in the order they are asked for, each once. Of an address that leads to
/// nobody the answer has an element that says so.
#[utoipa::path(
    post, path = "/api/public/usersInfo", tag = "Users",
    request_body = InfoSought,
    responses((status = 200, description = "The users.", body = Vec<InfoRow>)),
)]
pub async fn info(caller: Caller<ReadUsers>, Body(body): Body) -> Result<Json<Vec<InfoRow>>, KoreError> {
    let (keys, status) = parse(&body)?;
    let infos = users::info(&caller.ctx, &keys, status).await?;
    Ok(Json(infos.into_iter().map(Into::into).collect()))
}
