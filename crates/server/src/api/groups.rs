//! `/api/v1/groups`: groups, and who is in them.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx,
    groups::{self, MemberKind},
};
use rolecall_model::{group::Group, problem::Problem};

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id, Query},
    versions::{IfMatch, SeenVersion, tagged},
    wire::groups::{
        GroupEdit, GroupList, GroupWish, GroupsAround, MemberList, MemberWishes, MembersChanged, ShownGroup, parse,
        parse_edit, parse_members,
    },
};
use crate::{
    auth::{Caller, ManageGroups, ReadRoles},
    say,
};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 100;

fn shown(status: StatusCode, group: Group) -> Response {
    tagged(status, &groups::version(&group), &ShownGroup::from(group))
}

/// List groups
///
/// A page of the account's groups, in order of their creation; or of those whose names begin with `name`.
#[utoipa::path(
    get, path = "/api/v1/groups", tag = "Groups",
    params(
        ("name" = Option<String>, Query, description = "Only groups whose names begin so, in any case of letters.", example = "care"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of groups.", body = GroupList)),
)]
pub async fn list(caller: Caller<ReadRoles, ApiProblem>, Query(params): Query) -> Result<Json<GroupList>, ApiProblem> {
    let page = params.cursor_page(&caller.ctx, groups::SEARCH, MAX_LIMIT)?;
    Ok(Json(groups::search(&caller.ctx, params.get("name").unwrap_or_default(), page).await?.into()))
}

/// Make a group
///
/// With nobody in it, and without any role.
#[utoipa::path(
    post, path = "/api/v1/groups", tag = "Groups",
    params(IdempotencyKey),
    request_body = GroupWish,
    responses(
        (status = 201, description = "Made; `Location` says where it is.", body = ShownGroup),
        (status = 409, description = "Another group has that name.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn create(caller: Caller<ManageGroups, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let new = parse(&once.json()?)?;
    let create = async move |ctx: Ctx| {
        let group = groups::create(&ctx, &new).await?;
        let location = format!("/api/v1/groups/{}", group.id);
        Ok(([(header::LOCATION, location)], shown(StatusCode::CREATED, group)).into_response())
    };
    once.answer(caller.ctx, create).await
}

/// Look at a group
///
/// What it is called and what it is for. Its `ETag` is what a change of it has to name.
#[utoipa::path(
    get, path = "/api/v1/groups/{id}", tag = "Groups",
    params(("id" = String, Path, description = "The group's id.")),
    responses(
        (status = 200, description = "The group.", body = ShownGroup),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ReadRoles, ApiProblem>, Id(id): Id) -> Result<Response, ApiProblem> {
    Ok(shown(StatusCode::OK, groups::get(&caller.ctx, &id).await?))
}

/// Change a group
///
/// What it is called and what it is for. What is left out stays.
#[utoipa::path(
    patch, path = "/api/v1/groups/{id}", tag = "Groups",
    params(("id" = String, Path, description = "The group's id."), SeenVersion),
    request_body = GroupEdit,
    responses(
        (status = 200, description = "The group as it is now.", body = ShownGroup),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Another group has that name.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn update(
    caller: Caller<ManageGroups, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(body): Body,
) -> Result<Response, ApiProblem> {
    let edit = parse_edit(&body)?;
    Ok(shown(StatusCode::OK, groups::update(&caller.ctx, &id, &expected, &edit).await?))
}

/// Remove a group
///
/// Nobody is in it any more, it is in no group, and whoever held roles by it holds them no longer.
#[utoipa::path(
    delete, path = "/api/v1/groups/{id}", tag = "Groups",
    params(("id" = String, Path, description = "The group's id."), SeenVersion),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn remove(
    caller: Caller<ManageGroups, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, ApiProblem> {
    groups::remove(&caller.ctx, &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who is in a group
///
/// A page of the users and groups directly in it, in order of their creation.
#[utoipa::path(
    get, path = "/api/v1/groups/{id}/members", tag = "Groups",
    params(
        ("id" = String, Path, description = "The group's id."),
        ("type" = Option<String>, Query, description = "Only `user` or only `group`.", example = "user"),
        ("limit" = Option<String>, Query, description = "How many rows at most; 100 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of members.", body = MemberList),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn members(
    caller: Caller<ReadRoles, ApiProblem>,
    Id(id): Id,
    Query(params): Query,
) -> Result<Json<MemberList>, ApiProblem> {
    let kind = match params.get("type") {
        None => None,
        Some("user") => Some(MemberKind::User),
        Some("group") => Some(MemberKind::Group),
        Some(_) => return Err(Problem::new("type", say::must_be_user_or_group()).into()),
    };
    let page = params.cursor_page(&caller.ctx, &groups::list_name(&id), MAX_LIMIT)?;
    Ok(Json(groups::members(&caller.ctx, &id, kind, page).await?.into()))
}

/// Let members come and go
///
/// Users and groups, by id, e-mail address or name: all of it, or nothing. Who is in already stays in, and
/// who is not stays out.
#[utoipa::path(
    post, path = "/api/v1/groups/{id}/members", tag = "Groups",
    params(("id" = String, Path, description = "The group's id."), IdempotencyKey),
    request_body = MemberWishes,
    responses(
        (status = 200, description = "How many came and went.", body = MembersChanged),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "Some are not known, are to come and go at once, or the group would come to contain itself; nobody came or went.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn change_members(
    caller: Caller<ManageGroups, ApiProblem>,
    Id(id): Id,
    once: Once,
) -> Result<Response, ApiProblem> {
    let wishes = parse_members(&once.json()?)?;
    let change = async move |ctx: Ctx| {
        let changed = groups::change_members(&ctx, &id, &wishes).await?;
        Ok(Json(MembersChanged::from(changed)).into_response())
    };
    once.answer(caller.ctx, change).await
}

/// List what a group is in
///
/// The groups around it, directly or by way of others: whoever is in it holds what they hold.
#[utoipa::path(
    get, path = "/api/v1/groups/{id}/groups", tag = "Groups",
    params(("id" = String, Path, description = "The group's id.")),
    responses(
        (status = 200, description = "All of them.", body = GroupsAround),
        (status = 404, description = "The account has no group with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn around(caller: Caller<ReadRoles, ApiProblem>, Id(id): Id) -> Result<Json<GroupsAround>, ApiProblem> {
    Ok(Json(groups::around(&caller.ctx, &id).await?.into()))
}
