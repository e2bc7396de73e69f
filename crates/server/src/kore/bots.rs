//! `GET bots` (wire 7.9).

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use rolecall_control::bots;

use super::{
    request::Params,
    wire::{bots::BotPage, direct},
};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
    revisit::Revisit,
};

/// The most rows a page may have (wire fact 7.9).
const MAX_LIMIT: u32 = 50;

/// List bots
///
/// A page of the account's bots, in order of creation. Secrets of apps are never in it.
#[utoipa::path(
    get, path = "/api/public/bots", tag = "Bots",
    params(
        ("limit" = Option<String>, Query, description = "How many rows at most; 50 is the maximum and the default. Leading digits count."),
        ("offset" = Option<String>, Query, description = "Which page, from 0."),
    ),
    responses(
        (status = 200, description = "A page of bots.", body = BotPage),
        (status = 304, description = "The list is as it was when the caller got its `ETag`."),
    ),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params, revisit: Revisit) -> Result<Response, KoreError> {
    let page = params.numbered_page(MAX_LIMIT)?;
    revisit
        .answer(&caller.ctx, async {
            if let Some(roster) = &caller.ctx.roster {
                return Ok(direct::bots(roster, page).into_response());
            }
            let list = bots::list(&caller.ctx, page).await?;
            Ok(Json(BotPage::from(list)).into_response())
        })
        .await
}
