//! `GET roles` and `GET roles/export` (wire 7.6, 7.7).

use axum::Json;
use rolecall_control::roles;

use super::{
    request::Params,
    wire::{self, roles::RolePage},
};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
};

/// The most rows a page may have (wire fact 7.6).
const MAX_LIMIT: u32 = 50;

/// List roles
///
/// A page of the account's roles of one type, built-in roles first, then in order of creation.
#[utoipa::path(
    get, path = "/api/public/roles", tag = "Roles",
    params(
        ("roleType" = String, Query, description = "`admin` or `bot`.", example = "bot"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 50 is the maximum and the default. Leading digits count."),
        ("offset" = Option<String>, Query, description = "Additive: how many rows to skip."),
        ("cursor" = Option<String>, Query, description = "Additive: `nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of roles.", body = RolePage)),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params) -> Result<Json<RolePage>, KoreError> {
    let role_type = params.role_type()?;
    let page = params.page(&caller.ctx, role_type.as_str(), MAX_LIMIT)?;
    let list = roles::list(&caller.ctx, role_type, page).await?;
    Ok(Json(list.into()))
}

/// Export roles
///
/// All of the account's roles of one type, built-in ones included, in the form that an import takes.
#[utoipa::path(
    get, path = "/api/public/roles/export", tag = "Roles",
    params(("roleType" = String, Query, description = "`admin` or `bot`.", example = "admin")),
    responses((status = 200, description = "All roles of the type.", body = Vec<wire::roles::ExportedRole>)),
)]
pub async fn export(
    caller: Caller<ReadRoles>,
    params: Params,
) -> Result<Json<Vec<wire::roles::ExportedRole>>, KoreError> {
    let roles = roles::export(&caller.ctx, params.role_type()?).await?;
    Ok(Json(roles.into_iter().map(Into::into).collect()))
}
