//! `POST btroles/assignments` and `POST adminroles/assignments` (wire 7.3, 7.4).

use std::sync::Arc;

use axum::{Json, extract::State};
use rolecall_model::role::RoleType;

use super::{
    request::Body,
    wire::assignments::{AdminRoleElement, AdminRoleOutcome, BotRoleElement, BotRoleOutcome, parse},
};
use crate::{
    Server,
    auth::{Caller, ManageRoles},
    error::KoreError,
};

/// Assign and remove bot roles
///
/// Gives roles on bots to users and groups and takes them away: all that the call asks for, or
/// nothing. What is there already, and what is not there to be removed, counts as done.
#[utoipa::path(
    post, path = "/api/public/btroles/assignments", tag = "Assignments",
    request_body = Vec<BotRoleElement>,
    responses(
        (status = 200, description = "Everything was done; one element for each of the call's.", body = Vec<BotRoleOutcome>),
        (status = 400, description = "A role, bot, user or group is unknown, or is both added and removed; nothing was done.", body = crate::error::Errors),
        (status = 403, description = "A role cannot be assigned; nothing was done.", body = crate::error::Errors),
    ),
)]
pub async fn bot_roles(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles>,
    Body(body): Body,
) -> Result<Json<Vec<BotRoleOutcome>>, KoreError> {
    let elements = parse(RoleType::Bot, &body)?;
    let outcomes = elements.iter().map(BotRoleOutcome::from).collect();
    server.assignments.apply(&caller.ctx, RoleType::Bot, elements).await?;
    Ok(Json(outcomes))
}

/// Assign and remove admin roles
///
/// Gives admin roles to users and groups and takes them away: all that the call asks for, or
/// nothing. What is there already, and what is not there to be removed, counts as done.
#[utoipa::path(
    post, path = "/api/public/adminroles/assignments", tag = "Assignments",
    request_body = Vec<AdminRoleElement>,
    responses(
        (status = 200, description = "Everything was done; one element for each of the call's.", body = Vec<AdminRoleOutcome>),
        (status = 400, description = "A role, user or group is unknown, or is both added and removed; nothing was done.", body = crate::error::Errors),
        (status = 403, description = "A role cannot be assigned; nothing was done.", body = crate::error::Errors),
    ),
)]
pub async fn admin_roles(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles>,
    Body(body): Body,
) -> Result<Json<Vec<AdminRoleOutcome>>, KoreError> {
    let elements = parse(RoleType::Admin, &body)?;
    let outcomes = elements.iter().map(AdminRoleOutcome::from).collect();
    server.assignments.apply(&caller.ctx, RoleType::Admin, elements).await?;
    Ok(Json(outcomes))
}
