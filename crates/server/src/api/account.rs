//! `/api/v1/account`: the account's own settings.

use axum::{http::StatusCode, response::Response};
use rolecall_control::accounts::{self, Settings};

use super::{
    problem::ApiProblem,
    request::Body,
    versions::{IfMatch, SeenVersion, tagged},
    wire::account::{Account, AccountEdit, parse_edit},
};
use crate::auth::{Caller, ChangeSettings, ReadRoles};

fn shown(settings: Settings) -> Response {
    tagged(StatusCode::OK, &settings.version(), &Account::from(settings))
}

/// Look at the account
///
/// Its ids, its name and who owns it. Its `ETag` is what a change of it has to name.
#[utoipa::path(
    get, path = "/api/v1/account", tag = "Account",
    responses((status = 200, description = "The account.", body = Account)),
)]
pub async fn get(caller: Caller<ReadRoles, ApiProblem>) -> Result<Response, ApiProblem> {
    Ok(shown(accounts::settings(&caller.ctx).await?))
}

/// Change the account
///
/// What it is called. What is left out stays.
#[utoipa::path(
    patch, path = "/api/v1/account", tag = "Account",
    params(SeenVersion),
    request_body = AccountEdit,
    responses((status = 200, description = "The account as it is now.", body = Account)),
)]
pub async fn update(
    caller: Caller<ChangeSettings, ApiProblem>,
    IfMatch(expected): IfMatch,
    Body(body): Body,
) -> Result<Response, ApiProblem> {
    let edit = parse_edit(&body)?;
    Ok(shown(accounts::update(&caller.ctx, &expected, &edit).await?))
}
