//! Roles: what each permits, side by side with another, and who holds one, now and then. What changes
//! them is in [`super::role_edit`].

use std::collections::BTreeSet;

use askama::Template;
use rolecall_control::{
    Ctx,
    authority::{Act, acts},
    holdings::{self, Filter, Found, Span},
    list::{self, List as Listed},
    roles::{self, Fixed},
};
use rolecall_model::{
    page::Page,
    role::{ADMIN_PERMISSIONS, BOT_PERMISSIONS_BY_DEPTH, BOT_PERMISSIONS_YES_NO, Level, Role, RoleType},
    time::Instant,
};

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    query::{self, Id, Query, ROWS, href},
};
use crate::auth::{Caller, ReadRoles};

pub(super) const PATH: &str = "/console/roles";

#[derive(Template)]
#[template(path = "console/roles.html")]
struct List {
    shell: Shell,
    role_type: RoleType,
    found: Listed<Role>,
    next: Option<String>,
    may_edit: bool,
}

/// The roles of one type: those of bots unless the others are asked for.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let role_type = RoleType::parse(query.field("type")).unwrap_or(RoleType::Admin);
    let page = query.0.page(ctx, role_type.as_str(), ROWS)?;
    let found = roles::list(ctx, role_type, page).await?;
    let next =
        found.next_cursor.as_deref().map(|cursor| href(PATH, &[("type", role_type.as_str()), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Roles);
    Ok(Html(List { shell, role_type, found, next, may_edit: ctx.may_do(act(role_type)) }))
}

/// What whoever changes roles of this type does.
pub(super) fn act(role_type: RoleType) -> &'static Act {
    match role_type {
        RoleType::Admin => &acts::EDIT_ADMIN_ROLES,
        RoleType::Bot => &acts::EDIT_BOT_ROLES,
    }
}

/// A permission of the grid, with how far it goes in each role beside the others.
pub(super) struct Cell {
    pub(super) name: String,
    pub(super) levels: Vec<Level>,
}

impl Cell {
    /// The name in pieces between which a line may break, where a word is one of several: `Intent` `Discovery`.
    pub(super) fn pieces(&self) -> Vec<&str> {
        let begins_word = |(at, c): (usize, char)| {
            let before = self.name.get(..at)?.chars().next_back()?;
            (before.is_lowercase() && c.is_uppercase() || "._-/".contains(before)).then_some(at)
        };
        let (mut pieces, mut from) = (Vec::new(), 0);
        for at in self.name.char_indices().filter_map(begins_word).chain([self.name.len()]) {
            pieces.extend(self.name.get(from..at));
            from = at;
        }
        pieces
    }

    pub(super) fn differs(&self) -> bool {
        self.levels.windows(2).any(|pair| matches!(pair, [a, b] if a != b))
    }

    /// Each level, with how much it grants as a class of the style sheet.
    pub(super) fn shown(&self) -> impl Iterator<Item = (Level, &'static str)> {
        self.levels.iter().map(|level| {
            let tone = match level {
                Level::No => "quiet",
                Level::View => "warn",
                Level::Yes | Level::Full => "good",
            };
            (*level, tone)
        })
    }
}

/// The permissions of roles of one type, those that everybody knows first, in the order they are known in.
pub(super) fn grid(role_type: RoleType, roles: &[&Role]) -> Vec<Cell> {
    let known: Vec<&str> = match role_type {
        RoleType::Admin => ADMIN_PERMISSIONS.to_vec(),
        RoleType::Bot => BOT_PERMISSIONS_BY_DEPTH.into_iter().chain(BOT_PERMISSIONS_YES_NO).collect(),
    };
    let listed: BTreeSet<&str> = roles.iter().flat_map(|role| role.permissions.iter().map(|(name, _)| name)).collect();
    let others = listed.iter().copied().filter(|name| !known.contains(name));
    let names: Vec<&str> = known.iter().copied().chain(others).collect();
    let cell = |name: &str| Cell {
        name: name.to_owned(),
        levels: roles.iter().map(|role| role.permissions.level(name)).collect(),
    };
    names.into_iter().map(cell).collect()
}

#[derive(Template)]
#[template(path = "console/role.html")]
struct One {
    shell: Shell,
    role: Role,
    cells: Vec<Cell>,
    others: Vec<Role>,
    at: Option<Instant>,
    at_field: String,
    /// Nothing if the role was not there then.
    holders: Option<Found>,
    next: Option<String>,
    may_edit: bool,
    may_read_audit: bool,
    fixed: Fixed,
}

/// One role: what it permits, and who holds it now or held it then.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let role = find(ctx, &id).await?;
    let at = query.at("at")?;
    let filter = Filter { role: Some(id), ..Filter::default() };
    let after = match query.field("cursor") {
        "" => [0; 3],
        cursor => list::open_cursor_of_three(ctx, holdings::SEARCH, cursor)?,
    };
    let holders = match at {
        Some(at) if at < role.created_at => None,
        _ => Some(holdings::search(ctx, &filter, at, Span { limit: ROWS, after }).await?),
    };
    let path = format!("{PATH}/{}", role.id);
    let at_field = query::as_field(at);
    let cursor = holders.as_ref().and_then(|holders| holders.next_cursor.as_deref());
    let next = cursor.map(|cursor| href(&path, &[("at", &at_field), ("cursor", cursor)]));
    let others = roles::list(ctx, role.role_type, Page::first(COMPARED)).await?.items;
    let others = others.into_iter().filter(|other| other.id != role.id).collect();
    let shell = Shell::of(&reader, &caller, Section::Roles);
    let (may_edit, may_read_audit) = (ctx.may_do(act(role.role_type)), ctx.may_do(&acts::READ_AUDIT));
    let (cells, fixed) = (grid(role.role_type, &[&role]), roles::fixed(&role));
    Ok(Html(One { shell, role, cells, others, at, at_field, holders, next, may_edit, may_read_audit, fixed }))
}

/// How many roles are offered to be compared with.
const COMPARED: u32 = 200;

/// The account's role with id `id`.
pub(super) async fn find(ctx: &Ctx, id: &str) -> Result<Role, ConsoleError> {
    Ok(roles::get(ctx, id).await?)
}

#[derive(Template)]
#[template(path = "console/role_compare.html")]
struct Compare {
    shell: Shell,
    roles: [Role; 2],
    cells: Vec<Cell>,
    is_all: bool,
    all: String,
}

/// Two roles of one type side by side: what differs, or all.
pub(super) async fn compare(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let [one, other] = ["a", "b"].map(|name| query.field(name).to_owned());
    let (one, other) = (find(ctx, &one).await?, find(ctx, &other).await?);
    if one.role_type != other.role_type {
        return Err(ConsoleError::not_found());
    }
    let is_all = query.field("all") == "true";
    let mut cells = grid(one.role_type, &[&one, &other]);
    cells.retain(|cell| is_all || cell.differs());
    let all = href("/console/roles/compare", &[("a", &one.id), ("b", &other.id), ("all", "true")]);
    let shell = Shell::of(&reader, &caller, Section::Roles);
    Ok(Html(Compare { shell, roles: [one, other], cells, is_all, all }))
}
