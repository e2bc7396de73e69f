//! `POST useraccess` (wire 7.15).

use axum::Json;
use rolecall_control::users;

use super::{
    request::Body,
    wire::user_access::{AccessWish, parse},
};
use crate::{
    auth::{Caller, ManageRoles},
    error::KoreError,
};

/// Set what users may do in the builder
///
/// Whether these users may enter the builder, create bots, and create data tables and views: for
/// all of them, or for nobody.
#[utoipa::path(
    post, path = "/api/public/useraccess", tag = "Users",
    request_body = AccessWish,
    responses(
        (status = 200, description = "Done: one element, `SUCCESS`, however many users it was.", body = Vec<String>, example = json!(["SUCCESS"])),
        (status = 400, description = "There is nobody in the list, or somebody the account does not have; nothing was done.", body = crate::error::Errors),
        (status = 403, description = "Only developers may create bots; nothing was done.", body = crate::error::Errors),
    ),
)]
pub async fn set(caller: Caller<ManageRoles>, Body(body): Body) -> Result<Json<[&'static str; 1]>, KoreError> {
    let (keys, access) = parse(&body)?;
    users::set_access(&caller.ctx, &keys, access).await?;
    Ok(Json(["SUCCESS"]))
}
