//! `/api/v1/roles`: roles, and the permissions they may grant.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{Ctx, roles};
use rolecall_model::role::Role;

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id, Query},
    versions::{IfMatch, SeenVersion, tagged},
    wire::roles::{
        PermissionList, RoleCopy, RoleEdit, RoleList, RoleRemoval, RoleWish, ShownRole, known_permissions, parse,
        parse_copy, parse_edit,
    },
};
use crate::auth::{Caller, ManageRoles, ReadRoles};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

fn shown(status: StatusCode, role: Role) -> Response {
    tagged(status, &roles::version(&role), &ShownRole::from(role))
}

fn made(role: Role) -> Response {
    let location = format!("/api/v1/roles/{}", role.id);
    ([(header::LOCATION, location)], shown(StatusCode::CREATED, role)).into_response()
}

/// List the permissions
///
/// Those that roles of each type may grant, with the levels each may have.
#[utoipa::path(
    get, path = "/api/v1/permissions", tag = "Roles",
    responses((status = 200, description = "All of them.", body = PermissionList)),
)]
pub async fn permissions(_: Caller<ReadRoles, ApiProblem>) -> Json<PermissionList> {
    Json(known_permissions())
}

/// List roles
///
/// A page of the account's roles of one type: built-in ones first, then in order of their creation.
#[utoipa::path(
    get, path = "/api/v1/roles", tag = "Roles",
    params(
        ("roleType" = String, Query, description = "`admin` or `bot`.", example = "bot"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of roles.", body = RoleList)),
)]
pub async fn list(caller: Caller<ReadRoles, ApiProblem>, Query(params): Query) -> Result<Json<RoleList>, ApiProblem> {
    let role_type = params.role_type()?;
    let page = params.cursor_page(&caller.ctx, role_type.as_str(), MAX_LIMIT)?;
    Ok(Json(roles::list(&caller.ctx, role_type, page).await?.into()))
}

/// Make a role
///
/// Nobody holds it yet.
#[utoipa::path(
    post, path = "/api/v1/roles", tag = "Roles",
    params(IdempotencyKey),
    request_body = RoleWish,
    responses(
        (status = 201, description = "Made; `Location` says where it is.", body = ShownRole),
        (status = 409, description = "Another role has that name or that key.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn create(caller: Caller<ManageRoles, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let new = parse(&once.json()?)?;
    once.answer(caller.ctx, async move |ctx: Ctx| Ok(made(roles::create(&ctx, &new).await?))).await
}

/// Look at a role
///
/// What it is called and all that it grants. Its `ETag` is what a change of it has to name.
#[utoipa::path(
    get, path = "/api/v1/roles/{id}", tag = "Roles",
    params(("id" = String, Path, description = "The role's id.")),
    responses(
        (status = 200, description = "The role.", body = ShownRole),
        (status = 404, description = "The account has no role with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ReadRoles, ApiProblem>, Id(id): Id) -> Result<Response, ApiProblem> {
    Ok(shown(StatusCode::OK, roles::get(&caller.ctx, &id).await?))
}

/// Change a role
///
/// What is left out stays. Permissions are given whole: what is not listed is taken away. Of the built-in
/// roles, the one of administrators and the one of bot owners stay as they are, and the others keep
/// their names.
#[utoipa::path(
    patch, path = "/api/v1/roles/{id}", tag = "Roles",
    params(("id" = String, Path, description = "The role's id."), SeenVersion),
    request_body = RoleEdit,
    responses(
        (status = 200, description = "The role as it is now.", body = ShownRole),
        (status = 404, description = "The account has no role with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Another role has that name.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn update(
    caller: Caller<ManageRoles, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(body): Body,
) -> Result<Response, ApiProblem> {
    // Which levels there are depends on the type, and that never changes.
    let role_type = roles::get(&caller.ctx, &id).await?.role_type;
    let edit = parse_edit(role_type, &body)?;
    Ok(shown(StatusCode::OK, roles::update(&caller.ctx, &id, &expected, &edit).await?))
}

/// Remove a role
///
/// Nobody holds it any more. `GET /api/v1/roles/{id}/removal` tells beforehand who does.
#[utoipa::path(
    delete, path = "/api/v1/roles/{id}", tag = "Roles",
    params(("id" = String, Path, description = "The role's id."), SeenVersion),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, description = "The account has no role with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn remove(
    caller: Caller<ManageRoles, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, ApiProblem> {
    roles::remove(&caller.ctx, &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copy a role
///
/// Makes a role of the account's own that grants the same. Nobody holds it yet.
#[utoipa::path(
    post, path = "/api/v1/roles/{id}/copy", tag = "Roles",
    params(("id" = String, Path, description = "The id of the role to copy."), IdempotencyKey),
    request_body = RoleCopy,
    responses(
        (status = 201, description = "Made; `Location` says where it is.", body = ShownRole),
        (status = 404, description = "The account has no role with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Another role has that name.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn copy(caller: Caller<ManageRoles, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    let (name, description) = parse_copy(&once.json()?)?;
    let copy = async move |ctx: Ctx| Ok(made(roles::copy(&ctx, &id, &name, description.as_deref()).await?));
    once.answer(caller.ctx, copy).await
}

/// Preview the removal of a role
///
/// What removing it would take from whom. Changes nothing.
#[utoipa::path(
    get, path = "/api/v1/roles/{id}/removal", tag = "Roles",
    params(("id" = String, Path, description = "The role's id.")),
    responses(
        (status = 200, description = "Who would lose it.", body = RoleRemoval),
        (status = 404, description = "The account has no role with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn removal(caller: Caller<ReadRoles, ApiProblem>, Id(id): Id) -> Result<Json<RoleRemoval>, ApiProblem> {
    Ok(Json(roles::removal(&caller.ctx, &id).await?.into()))
}
