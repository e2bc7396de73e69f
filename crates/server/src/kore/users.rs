//! `POST users`, `PUT users` and `DELETE users` (wire 7.11, 7.12, 7.13).

use axum::Json;
use rolecall_control::users;

use super::{
    request::Body,
    wire::users::{
        ChangedUsers, NewUsers, RemovalOutcome, RemovedUsers, UsersOutcome, parse_changed, parse_new, parse_removed,
    },
};
use crate::{
    auth::{Caller, ManageUsers},
    error::KoreError,
};

/// Create users
///
/// Makes users with their groups and roles. Each is made whole or not at all; those that were not
/// are listed, and the others are made. A user that is there already counts as made: it stays as it
/// is, but gets the groups and roles.
#[utoipa::path(
    post, path = "/api/public/users", tag = "Users",
    request_body = NewUsers,
    responses((status = 200, description = "What became of it, user by user.", body = UsersOutcome)),
)]
pub async fn create(caller: Caller<ManageUsers>, Body(body): Body) -> Result<Json<UsersOutcome>, KoreError> {
    let wishes = parse_new(&body)?;
    let failures = users::create(&caller.ctx, &wishes).await?;
    Ok(Json(UsersOutcome::new("Users are created Successfully", &wishes, failures)))
}

/// Update users
///
/// Changes users, and the groups and roles they have. Each is changed whole or not at all; those
/// that were not are listed, and the others are changed. What is left out stays as it is.
#[utoipa::path(
    put, path = "/api/public/users", tag = "Users",
    request_body = ChangedUsers,
    responses((status = 200, description = "What became of it, user by user.", body = UsersOutcome)),
)]
pub async fn update(caller: Caller<ManageUsers>, Body(body): Body) -> Result<Json<UsersOutcome>, KoreError> {
    let wishes = parse_changed(&body)?;
    let failures = users::update(&caller.ctx, &wishes).await?;
    Ok(Json(UsersOutcome::new("Users are updated Successfully", &wishes, failures)))
}

/// Remove users
///
/// Removes users from the account: all their roles and memberships end. Who is not there counts as
/// removed. The account's owner and owners of bots are listed as failed, and the others are removed.
#[utoipa::path(
    delete, path = "/api/public/users", tag = "Users",
    request_body = RemovedUsers,
    responses((status = 200, description = "What became of it.", body = RemovalOutcome)),
)]
pub async fn remove(caller: Caller<ManageUsers>, Body(body): Body) -> Result<Json<RemovalOutcome>, KoreError> {
    let keys = parse_removed(&body)?;
    let removed = users::remove(&caller.ctx, &keys).await?;
    Ok(Json(removed.into()))
}
