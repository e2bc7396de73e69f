//! Groups: finding, making, changing and removing them, and who is in them.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use rolecall_control::{
    authority::acts,
    groups::{self, Around, Counted, Edit, Member, NewGroup, Who, Wish},
    holdings::{self, Holding},
    list::List as Listed,
    version::{Expected, Version},
};
use rolecall_model::group::Group;

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    grants::Grants,
    query::{Id, Query, ROWS, href},
};
use crate::auth::{Caller, ManageGroups, ReadRoles};

const PATH: &str = "/console/groups";

#[derive(Template)]
#[template(path = "console/groups.html", blocks = ["found"])]
struct List {
    shell: Shell,
    q: String,
    found: Listed<Counted>,
    next: Option<String>,
    is_first: bool,
    may_manage: bool,
}

/// The list, all of it or those whose names begin with some text.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Response, ConsoleError> {
    let q = query.field("q").to_owned();
    let page = query.0.page(&caller.ctx, groups::SEARCH, ROWS)?;
    let found = groups::search(&caller.ctx, &q, page).await?;
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[("q", &q), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Groups);
    let is_first = query.field("cursor").is_empty();
    let may_manage = caller.ctx.may_do(&acts::MANAGE_GROUPS);
    let page = List { shell, q, found, next, is_first, may_manage };
    Ok(if reader.is_partial { Html(page.as_found()).into_response() } else { Html(page).into_response() })
}

/// Makes a group, and leads to it.
pub(super) async fn create(caller: Caller<ManageGroups, ConsoleError>, form: Form) -> Result<Redirect, ConsoleError> {
    let new = NewGroup { name: form.field("name").to_owned(), description: form.field("description").to_owned() };
    let group = groups::create(&caller.ctx, &new).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", group.id)))
}

#[derive(Template)]
#[template(path = "console/group.html")]
struct One {
    shell: Shell,
    group: Group,
    version: Version,
    members: Listed<Member>,
    next: Option<String>,
    around: Vec<Around>,
    held: Vec<Holding>,
    grants: Grants,
    may_manage: bool,
}

/// One group: who is in it, what it is in, and what it gives.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let group = groups::get(ctx, &id).await?;
    let page = query.0.page(ctx, &groups::list_name(&id), ROWS)?;
    let members = groups::members(ctx, &id, None, page).await?;
    let path = format!("{PATH}/{}", group.id);
    let next = members.next_cursor.as_deref().map(|cursor| href(&path, &[("cursor", cursor)]));
    let around = groups::around(ctx, &id).await?;
    let held = holdings::of_group(ctx, &id, None).await?.unwrap_or_default();
    let grants = Grants::of_group(ctx, &id, &held).await?;
    let may_manage = ctx.may_do(&acts::MANAGE_GROUPS);
    let shell = Shell::of(&reader, &caller, Section::Groups);
    let version = groups::version(&group);
    Ok(Html(One { shell, group, version, members, next, around, held, grants, may_manage }))
}

/// Changes a group's name and description, unless somebody else did meanwhile.
pub(super) async fn update(
    caller: Caller<ManageGroups, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let edit =
        Edit { name: Some(form.field("name").to_owned()), description: Some(form.field("description").to_owned()) };
    let group = groups::update(&caller.ctx, &id, &seen(&form), &edit).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", group.id)))
}

/// The version that the form was filled in for.
pub(super) fn seen(form: &Form) -> Expected {
    Expected::One(vec![Version::named(form.field("version"))])
}

/// Adds and takes out whom the form names: `add` by address or by a group's name, `remove` by id.
pub(super) async fn change_members(
    caller: Caller<ManageGroups, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let mut wishes = Vec::new();
    for line in form.all("add").flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()) {
        let who = if line.contains('@') { Who::Email(line.to_owned()) } else { Who::GroupName(line.to_owned()) };
        wishes.push(Wish { is_added: true, who, path: line.to_owned() });
    }
    for id in form.all("user") {
        wishes.push(Wish { is_added: false, who: Who::UserId(id.to_owned()), path: id.to_owned() });
    }
    for id in form.all("group") {
        wishes.push(Wish { is_added: false, who: Who::GroupId(id.to_owned()), path: id.to_owned() });
    }
    groups::change_members(&caller.ctx, &id, &wishes).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}")))
}

#[derive(Template)]
#[template(path = "console/group_remove.html")]
struct Remove {
    shell: Shell,
    group: Group,
    version: Version,
    n_members: u64,
    held: Vec<Holding>,
}

/// What removing a group would take from whom; nothing is done yet.
pub(super) async fn plan_removal(
    reader: Reader,
    caller: Caller<ManageGroups, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let group = groups::get(ctx, &id).await?;
    let n_members = groups::members(ctx, &id, None, rolecall_model::page::Page::first(1)).await?.total;
    let held = holdings::of_group(ctx, &id, None).await?.unwrap_or_default();
    let shell = Shell::of(&reader, &caller, Section::Groups);
    let version = groups::version(&group);
    Ok(Html(Remove { shell, group, version, n_members, held }))
}

/// Removes a group as it was shown.
pub(super) async fn remove(
    caller: Caller<ManageGroups, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    groups::remove(&caller.ctx, &id, &seen(&form)).await?;
    Ok(Redirect::to(PATH))
}
