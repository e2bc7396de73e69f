//! `GET roles` and `GET roles/export` (wire 7.6, 7.7).

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use rolecall_control::{list, roles};

use super::{
    request::Params,
    wire::{self, direct, roles::RolePage},
};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
    revisit::Revisit,
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
    responses(
        (status = 200, description = "A page of roles.", body = RolePage),
        (status = 304, description = "The list is as it was when the caller got its `ETag`."),
    ),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params, revisit: Revisit) -> Result<Response, KoreError> {
    let role_type = params.role_type()?;
    let page = params.page(&caller.ctx, role_type.as_str(), MAX_LIMIT)?;
    revisit
        .answer(&caller.ctx, async {
            if let Some(roster) = &caller.ctx.roster {
                let cursor = |no| list::cursor(&caller.ctx, role_type.as_str(), no);
                return Ok(direct::roles(roster, role_type, page, cursor).into_response());
            }
            let list = Box::pin(roles::list(&caller.ctx, role_type, page)).await?;
            Ok(Json(RolePage::from(list)).into_response())
        })
        .await
}

/// Export roles
///
/// All of the account's roles of one type, built-in ones included, in the form that an import takes.
#[utoipa::path(
    get, path = "/api/public/roles/export", tag = "Roles",
    params(("roleType" = String, Query, description = "`admin` or `bot`.", example = "admin")),
    responses(
        (status = 200, description = "All roles of the type.", body = Vec<wire::roles::ExportedRole>),
        (status = 304, description = "The list is as it was when the caller got its `ETag`."),
    ),
)]
pub async fn export(caller: Caller<ReadRoles>, params: Params, revisit: Revisit) -> Result<Response, KoreError> {
    let role_type = params.role_type()?;
    revisit
        .answer(&caller.ctx, async {
            let roles = roles::export(&caller.ctx, role_type).await?;
            Ok(Json(roles.into_iter().map(wire::roles::ExportedRole::from).collect::<Vec<_>>()))
        })
        .await
}
