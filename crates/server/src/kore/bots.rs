//! `GET bots` (wire 7.9).

use axum::Json;
use rolecall_control::bots;

use super::{request::Params, wire::bots::BotPage};
use crate::{
    auth::{Caller, ReadRoles},
    error::KoreError,
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
    responses((status = 200, description = "A page of bots.", body = BotPage)),
)]
pub async fn list(caller: Caller<ReadRoles>, params: Params) -> Result<Json<BotPage>, KoreError> {
    let list = bots::list(&caller.ctx, params.numbered_page(MAX_LIMIT)?).await?;
    Ok(Json(list.into()))
}
