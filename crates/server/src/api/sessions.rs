//! `/api/v1/sessions`: who is signed in, and ending that.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use rolecall_control::sessions;

use super::{
    problem::ApiProblem,
    request::{Id, Query},
    wire::sessions::SessionList,
};
use crate::{
    Server,
    auth::{Caller, ManageSessions},
};

/// List sessions
///
/// The sessions of a user that are not over, the newest first: without `userId` those of the person who
/// asks. Those of others take the admin permission `Manage Users` or `Manage User Settings`.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "Sessions",
    params(("userId" = Option<String>, Query, description = "Whose; an app has to say it.")),
    responses((status = 200, description = "The sessions; at most 32.", body = SessionList)),
)]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageSessions, ApiProblem>,
    Query(params): Query,
) -> Result<Json<SessionList>, ApiProblem> {
    let settings = &server.gate.settings;
    let found = sessions::list(&caller.ctx, settings, params.get("userId"), caller.session()).await?;
    Ok(Json(found.into()))
}

/// End a session
///
/// Whoever shows it is a stranger from now on. One's own may be ended by everybody, those of others take
/// the admin permission `Manage Users` or `Manage User Settings`.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "Ended."),
        (status = 404, description = "There is no such session, or it has ended.", body = super::problem::Document, content_type = "application/problem+json"),
    ),
)]
pub async fn end(caller: Caller<ManageSessions, ApiProblem>, Id(id): Id) -> Result<StatusCode, ApiProblem> {
    sessions::end(&caller.ctx, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
