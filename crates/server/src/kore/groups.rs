//! `GET groups` (wire 7.10).

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use rolecall_control::groups;

use super::{
    request::Params,
    wire::{direct, groups::GroupPage},
};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
    revisit::Revisit,
};

/// The most rows a page may have (wire fact 7.10).
const MAX_LIMIT: u32 = 50;

/// List groups
///
/// A page of the account's groups with who is in them, in order of creation. Of a group with more
/// than 1,000 users the first 1,000 are shown, and `moreUsers` says so.
#[utoipa::path(
    get, path = "/api/public/groups", tag = "Groups",
    params(
        ("limit" = Option<String>, Query, description = "How many rows at most; 50 is the maximum and the default. Leading digits count."),
        ("offset" = Option<String>, Query, description = "Which page, from 0."),
    ),
    responses(
        (status = 200, description = "A page of groups.", body = GroupPage),
        (status = 304, description = "The list is as it was when the caller got its `ETag`."),
    ),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params, revisit: Revisit) -> Result<Response, KoreError> {
    let page = params.numbered_page(MAX_LIMIT)?;
    revisit
        .answer(&caller.ctx, async {
            if let Some(roster) = &caller.ctx.roster {
                return Ok(direct::groups(roster, page).into_response());
            }
            let list = groups::list(&caller.ctx, page).await?;
            Ok(Json(GroupPage::from(list)).into_response())
        })
        .await
}
