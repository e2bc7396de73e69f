//! `POST /access/v1/search/…`: who may, where somebody may, what somebody may.

use axum::Json;
use rolecall_control::{
    Ctx,
    access::{self, Page, Slice},
};

use super::{
    error::AccessError,
    request::{self, Body, Paging, USER, word_of},
    wire::{self, Action, Actions, Entities, Entity},
};
use crate::auth::{Caller, ReadRoles};

/// Who may
///
/// The users who have a permission on a bot or on the account, themselves or by way of groups, in order
/// of their creation. `subject` has only a type.
#[utoipa::path(
    post, path = "/access/v1/search/subject", tag = "Access",
    request_body = wire::Search,
    responses((status = 200, description = "A page of users.", body = Entities)),
)]
pub async fn subjects(caller: Caller<ReadRoles, AccessError>, Body(body): Body) -> Result<Json<Entities>, AccessError> {
    let search = request::subject_search(&body)?;
    let page = page(&caller.ctx, search.query, &search.paging)?;
    let found = match search.sought {
        Some((permission, target)) => access::users(&caller.ctx, &permission, &target, &page).await?,
        None => Slice::empty(),
    };
    Ok(Json(entities(USER, found)))
}

/// Where somebody may
///
/// The bots on which a user has a permission, in order of their creation; or the account, if it has the
/// permission there. `resource` has only a type.
#[utoipa::path(
    post, path = "/access/v1/search/resource", tag = "Access",
    request_body = wire::Search,
    responses((status = 200, description = "A page of bots, or the account.", body = Entities)),
)]
pub async fn resources(
    caller: Caller<ReadRoles, AccessError>,
    Body(body): Body,
) -> Result<Json<Entities>, AccessError> {
    let search = request::resource_search(&body)?;
    let page = page(&caller.ctx, search.query, &search.paging)?;
    let Some((who, permission, kind)) = search.sought else { return Ok(Json(entities("", Slice::empty()))) };
    let found = access::targets(&caller.ctx, &who, &permission, kind, &page).await?;
    Ok(Json(entities(word_of(kind), found)))
}

/// What somebody may
///
/// The permissions that a user has on a bot or on the account, each with how much of it, by name.
#[utoipa::path(
    post, path = "/access/v1/search/action", tag = "Access",
    request_body = wire::Search,
    responses((status = 200, description = "A page of permissions.", body = Actions)),
)]
pub async fn actions(caller: Caller<ReadRoles, AccessError>, Body(body): Body) -> Result<Json<Actions>, AccessError> {
    let search = request::action_search(&body)?;
    let page = page(&caller.ctx, search.query, &search.paging)?;
    let found = match search.sought {
        Some((who, target)) => access::permissions(&caller.ctx, &who, &target, &page).await?,
        None => Slice::empty(),
    };
    let page = wire::Page::new(found.next_token, found.items.len());
    Ok(Json(Actions { page, results: found.items.into_iter().map(Action::from).collect() }))
}

fn page(ctx: &Ctx, query: String, paging: &Paging) -> Result<Page, AccessError> {
    Ok(Page::open(ctx, query, paging.token.as_deref(), paging.limit)?)
}

fn entities(kind: &'static str, found: Slice<String>) -> Entities {
    let page = wire::Page::new(found.next_token, found.items.len());
    Entities { page, results: found.items.into_iter().map(|id| Entity { kind, id }).collect() }
}
