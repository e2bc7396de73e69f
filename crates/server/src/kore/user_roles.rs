//! `GET alluserroles` (wire 7.8).

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use rolecall_control::{holdings, list};

use super::{
    request::Params,
    wire::{direct, user_roles::UserPage},
};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
    revisit::Revisit,
};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 1_000;

/// List users with their roles
///
/// A page of the account's users in order of creation, each with the roles it holds: directly, by
/// way of groups, or both.
#[utoipa::path(
    get, path = "/api/public/alluserroles", tag = "Assignments",
    params(
        ("limit" = Option<String>, Query, description = "How many users at most; 1000 is the maximum, 50 the default. Leading digits count."),
        ("offset" = Option<String>, Query, description = "How many users to skip."),
        ("cursor" = Option<String>, Query, description = "Additive: `nextCursor` of the page before."),
        ("at" = Option<String>, Query, description = "Additive: as it was at the end of that day's first, or of that, millisecond, such as 2026-01-31 or 2026-01-31T09:30:00.000Z. Not in the future."),
    ),
    responses(
        (status = 200, description = "A page of users.", body = UserPage),
        (status = 304, description = "The list is as it was when the caller got its `ETag`."),
    ),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params, revisit: Revisit) -> Result<Response, KoreError> {
    let page = params.page(&caller.ctx, holdings::LIST, MAX_LIMIT)?;
    let at = params.time("at")?;
    revisit
        .answer(&caller.ctx, async {
            if let (Some(roster), None) = (&caller.ctx.roster, at) {
                let cursor = |no| list::cursor(&caller.ctx, holdings::LIST, no);
                return Ok(direct::users(roster, page, cursor).into_response());
            }
            let list = Box::pin(holdings::list(&caller.ctx, page, at)).await?;
            Ok(Json(UserPage::from(list)).into_response())
        })
        .await
}
