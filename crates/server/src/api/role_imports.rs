//! `/api/v1/role-imports`: what an import of roles would change, doing it, and undoing it.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use rolecall_control::{files, list, role_import};
use rolecall_model::page;

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id, Query},
    wire::role_imports::{
        ImportDetails, ImportDone, ImportPage, ImportPlan, ImportUndone, ImportWish, StoredFile, parse,
    },
};
use crate::{
    Server,
    auth::{Caller, ManageRoles, UploadFiles},
};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

/// Store a file
///
/// Stores a JSON document of up to 8 MiB as a file to import roles from: a list of roles as an export answers
/// it. `POST /api/public/uploadfile` takes larger ones.
#[utoipa::path(
    post, path = "/api/v1/files", tag = "Role imports",
    params(IdempotencyKey),
    request_body = serde_json::Value,
    responses((status = 201, description = "Stored.", body = StoredFile)),
)]
pub async fn upload(caller: Caller<UploadFiles, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let content = once.json()?.to_string().into_bytes();
    once.answer(caller.ctx, move |ctx| async move {
        let file_id = files::upload(&ctx, &content).await?.id;
        Ok((StatusCode::CREATED, Json(StoredFile { file_id })).into_response())
    })
    .await
}

/// Plan an import
///
/// What importing an uploaded file would change: what becomes of each role, permission by permission, and who
/// gains and loses what. Changes nothing. The plan can be applied as long as it would still come to this.
#[utoipa::path(
    post, path = "/api/v1/role-imports/plans", tag = "Role imports",
    request_body = ImportWish,
    responses(
        (status = 200, description = "The plan.", body = ImportPlan),
        (status = 422, description = "There is no such file, or something in it is wrong.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn plan(
    caller: Caller<ManageRoles, ApiProblem>,
    State(server): State<Arc<Server>>,
    Body(body): Body,
) -> Result<Json<ImportPlan>, ApiProblem> {
    let order = parse(&body)?;
    let _room = server.imports.take().await;
    Ok(Json(role_import::plan_of(&caller.ctx, &order).await?.into()))
}

/// Look at a plan
///
/// What a plan comes to now, and whether that is what it came to when it was made.
#[utoipa::path(
    get, path = "/api/v1/role-imports/plans/{id}", tag = "Role imports",
    params(("id" = String, Path, description = "The plan's id.")),
    responses(
        (status = 200, description = "The plan.", body = ImportPlan),
        (status = 404, description = "The account has no plan with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get_plan(
    caller: Caller<ManageRoles, ApiProblem>,
    State(server): State<Arc<Server>>,
    Id(id): Id,
) -> Result<Json<ImportPlan>, ApiProblem> {
    let _room = server.imports.take().await;
    Ok(Json(role_import::find_plan(&caller.ctx, &id).await?.into()))
}

/// Apply a plan
///
/// Does what the plan came to when it was made, in one transaction, or nothing: if a role, or who holds one
/// that changes, is another by now, the plan has to be made anew.
#[utoipa::path(
    post, path = "/api/v1/role-imports/plans/{id}/apply", tag = "Role imports",
    params(("id" = String, Path, description = "The plan's id."), IdempotencyKey),
    responses(
        (status = 200, description = "Done.", body = ImportDone),
        (status = 404, description = "The account has no plan with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It would come to something else by now; nothing was done.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn apply(
    caller: Caller<ManageRoles, ApiProblem>,
    State(server): State<Arc<Server>>,
    Id(id): Id,
    once: Once,
) -> Result<Response, ApiProblem> {
    once.answer(caller.ctx, move |ctx| async move {
        let _room = server.imports.take().await;
        Ok(Json(ImportDone::from(role_import::apply(&ctx, &id).await?)).into_response())
    })
    .await
}

/// List imports
///
/// The imports of roles that changed something, and the reversals of such, the newest first.
#[utoipa::path(
    get, path = "/api/v1/role-imports", tag = "Role imports",
    params(
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of imports.", body = ImportPage)),
)]
pub async fn list(
    caller: Caller<ManageRoles, ApiProblem>,
    Query(params): Query,
) -> Result<Json<ImportPage>, ApiProblem> {
    let limit = page::parse_limit("limit", params.get("limit"), MAX_LIMIT)?;
    let cursor = params.get("cursor");
    let after = cursor.map(|cursor| list::open_cursor_of_three(&caller.ctx, role_import::LIST, cursor)).transpose()?;
    Ok(Json(role_import::list(&caller.ctx, limit, after).await?.into()))
}

/// Get an import
///
/// An import with all that it changed, permission by permission.
#[utoipa::path(
    get, path = "/api/v1/role-imports/{id}", tag = "Role imports",
    params(("id" = String, Path, description = "The import's id.")),
    responses(
        (status = 200, description = "The import.", body = ImportDetails),
        (status = 404, description = "The account has no import with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ManageRoles, ApiProblem>, Id(id): Id) -> Result<Json<ImportDetails>, ApiProblem> {
    let found = role_import::find(&caller.ctx, &id).await?;
    found.map(|past| Json(past.into())).ok_or_else(ApiProblem::not_found)
}

/// Undo an import
///
/// What it created is deleted, what it changed is changed back, and what it deleted comes back to whoever held
/// it, if nobody has touched any of it since.
#[utoipa::path(
    post, path = "/api/v1/role-imports/{id}/undo", tag = "Role imports",
    params(("id" = String, Path, description = "The import's id."), IdempotencyKey),
    responses(
        (status = 200, description = "Undone.", body = ImportUndone),
        (status = 404, description = "The account has no import with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It was undone already, or something of it was changed since; nothing was done.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn undo(caller: Caller<ManageRoles, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    once.answer(caller.ctx, move |ctx| async move {
        let import_id = role_import::revert(&ctx, &id).await?;
        Ok(Json(ImportUndone { import_id }).into_response())
    })
    .await
}
