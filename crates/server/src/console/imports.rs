//! Moving roles between environments: a file goes up, what it would change is shown, then it is applied
//! as it was shown, and can be undone.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    authority::acts,
    files, list,
    role_import::{self, Order, Past, Planned, Row},
    roles,
};
use rolecall_model::{
    authority::Lost,
    problem::Problem,
    role::{Level, RoleType},
    role_import::{Mode, Step},
};

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    query::{Id, Query, ROWS, href},
    upload::Upload,
};
use crate::{
    Server,
    auth::{Caller, ManageRoles, ReadRoles, UploadFiles},
    kore::wire::roles::ExportedRole,
    say,
};

const PATH: &str = "/console/imports";

/// What a page says that was just done.
pub(super) const DONE: [&str; 3] = ["applied", "nothing", "undone"];

/// What may become of a role, in the words of pages.
#[cfg(test)]
pub(super) const STEPS: [&str; 4] = ["create", "update", "delete", "unchanged"];

#[derive(Template)]
#[template(path = "console/imports.html")]
struct List {
    shell: Shell,
    /// The imports there were, for those who may import.
    past: Vec<Past>,
    next: Option<String>,
    is_first: bool,
    /// The types of roles that whoever looks may import.
    types: Vec<RoleType>,
    /// What was just done.
    done: Option<&'static str>,
}

impl List {
    fn may_undo(&self, past: &Past) -> bool {
        past.reverted_at.is_none() && self.types.contains(&past.role_type)
    }
}

/// The form, and the imports there were.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let may = |role_type: &RoleType| {
        ctx.may_do(match role_type {
            RoleType::Admin => &acts::EDIT_ADMIN_ROLES,
            RoleType::Bot => &acts::EDIT_BOT_ROLES,
        })
    };
    let types = [RoleType::Bot, RoleType::Admin].into_iter().filter(may).collect();
    let cursor = query.0.get("cursor");
    let after = cursor.map(|cursor| list::open_cursor_of_three(ctx, role_import::LIST, cursor)).transpose()?;
    let (past, next) = if ctx.may_do(&acts::EDIT_ROLES) {
        let listed = role_import::list(ctx, ROWS, after).await?;
        (listed.items, listed.next_cursor.map(|cursor| href(PATH, &[("cursor", &cursor)])))
    } else {
        (Vec::new(), None)
    };
    let done = DONE.into_iter().find(|word| query.0.get("done") == Some(word));
    let shell = Shell::of(&reader, &caller, Section::Imports);
    Ok(Html(List { shell, past, next, is_first: cursor.is_none(), types, done }))
}

/// Takes a file, and leads to what it would change.
pub(super) async fn upload(
    State(server): State<Arc<Server>>,
    caller: Caller<UploadFiles, ConsoleError>,
    upload: Upload,
) -> Result<Redirect, ConsoleError> {
    let role_type = RoleType::parse(upload.field("type"));
    let role_type = role_type.ok_or_else(|| Problem::new("type", say::must_be_admin_or_bot()))?;
    let mode = match upload.field("mode") {
        "add" => Mode::Incremental,
        "replace" => Mode::Full,
        _ => return Err(Problem::new("mode", say::must_be_add_or_replace()).into()),
    };
    let file_id = {
        let _room = server.uploads.take().await;
        files::upload(&caller.ctx, &upload.content).await?.id
    };
    let _room = server.imports.take().await;
    let planned = role_import::plan_of(&caller.ctx, &Order { role_type, file_id, mode }).await?;
    Ok(Redirect::to(&format!("{PATH}/plans/{}", planned.id)))
}

#[derive(Template)]
#[template(path = "console/import_plan.html")]
struct Plan {
    shell: Shell,
    planned: Planned,
}

/// The word for what becomes of a role.
pub(super) fn word(step: &Step) -> &'static str {
    match step {
        Step::Create(_) => "create",
        Step::Update { .. } => "update",
        Step::Delete(_) => "delete",
        Step::Unchanged(_) => "unchanged",
    }
}

/// How good or bad that may be for whoever holds the role.
pub(super) fn tone(step: &Step) -> &'static str {
    match step {
        Step::Create(_) => "good",
        Step::Update { .. } => "warn",
        Step::Delete(_) => "bad",
        Step::Unchanged(_) => "",
    }
}

/// The name that a role has now, if it gets another.
pub(super) fn former_name(step: &Step) -> Option<&str> {
    match step {
        Step::Update { before, after } if before.name != after.name => Some(&before.name),
        _ => None,
    }
}

/// What a role is for, before and after, if that changes.
pub(super) fn descriptions(step: &Step) -> Option<(&str, &str)> {
    match step {
        Step::Update { before, after } if before.description != after.description => {
            Some((&before.description, &after.description))
        }
        _ => None,
    }
}

/// Whether the level with the word `after` goes further than the one with the word `before`.
pub(super) fn is_gain(before: &str, after: &str) -> bool {
    let reach = |word: &str| match Level::parse(word) {
        Some(Level::Yes | Level::Full) => 2,
        Some(Level::View) => 1,
        Some(Level::No) | None => 0,
    };
    reach(after) > reach(before)
}

impl Plan {
    /// Of how many roles that becomes which the word says.
    fn n(&self, wanted: &str) -> usize {
        self.planned.preview.rows.iter().filter(|row| word(&row.step) == wanted).count()
    }

    /// The roles that become something else.
    fn changes(&self) -> impl Iterator<Item = &Row> {
        self.planned.preview.rows.iter().filter(|row| !matches!(row.step, Step::Unchanged(_)))
    }

    /// Whether it would be refused, as whoever asks would shut itself out.
    fn is_shut(&self) -> bool {
        self.planned.preview.lost != Lost::Nothing
    }

    fn may_apply(&self) -> bool {
        self.planned.is_current && self.changes().next().is_some() && !self.is_shut()
    }

    fn mode(&self) -> &'static str {
        match self.planned.preview.mode {
            Mode::Incremental => "add",
            Mode::Full => "replace",
        }
    }
}

/// What an import would change; nothing is done yet.
pub(super) async fn plan(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    // It changes much at once, so who has been away for a while shows first who it is.
    caller.recently_authenticated()?;
    let _room = server.imports.take().await;
    let planned = role_import::find_plan(&caller.ctx, &id).await?;
    Ok(Html(Plan { shell: Shell::of(&reader, &caller, Section::Imports), planned }))
}

/// Applies the import that was shown.
pub(super) async fn apply(
    State(server): State<Arc<Server>>,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    let _room = server.imports.take().await;
    let imported = role_import::apply(&caller.ctx, &id).await?;
    let done = if imported.import_id.is_some() { "applied" } else { "nothing" };
    Ok(Redirect::to(&href(PATH, &[("done", done)])))
}

/// Takes an import back.
pub(super) async fn undo(
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    role_import::revert(&caller.ctx, &id).await?;
    Ok(Redirect::to(&href(PATH, &[("done", "undone")])))
}

/// All roles of one type, as a file that an import takes.
pub(super) async fn export(caller: Caller<ReadRoles, ConsoleError>, query: Query) -> Result<Response, ConsoleError> {
    let role_type = query.0.get("type").and_then(RoleType::parse);
    let role_type = role_type.ok_or_else(|| Problem::new("type", say::must_be_admin_or_bot()))?;
    let found = roles::export(&caller.ctx, role_type).await?;
    let rows: Vec<ExportedRole> = found.into_iter().map(Into::into).collect();
    let text = serde_json::to_string_pretty(&rows).map_err(|_| ConsoleError::internal())?;
    let file = match role_type {
        RoleType::Admin => "attachment; filename=\"admin-roles.json\"",
        RoleType::Bot => "attachment; filename=\"bot-roles.json\"",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file)),
    ];
    Ok((headers, text).into_response())
}
