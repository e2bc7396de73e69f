//! Roles being made, changed, copied and removed.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use rolecall_control::{
    Error, Rule,
    roles::{self, Edit, Fixed, NewRole, Removal},
    version::Version,
};
use rolecall_model::role::{Level, Permissions, Role, RoleType, vocabulary};

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    groups::seen,
    query::{Id, Query},
    roles::{Cell, PATH, act, find, grid},
};
use crate::auth::{Caller, ManageRoles};

#[derive(Template)]
#[template(path = "console/role_edit.html")]
struct Editor {
    shell: Shell,
    role_type: RoleType,
    /// The role that is changed; nothing where one is made.
    role: Option<Role>,
    version: Option<Version>,
    name: String,
    description: String,
    cells: Vec<Cell>,
    is_name_fixed: bool,
    /// Somebody else changed the role while this form was filled in: what there is now.
    theirs: Option<Role>,
}

impl Editor {
    /// The levels that a permission may be given.
    fn choices(&self, name: &str) -> &'static [Level] {
        vocabulary(self.role_type, name)
    }

    /// How far the permission goes in what is filled in.
    fn level(cell: &Cell) -> Level {
        cell.levels.first().copied().unwrap_or(Level::No)
    }
}

/// The form for a role of a type.
pub(super) async fn blank(
    reader: Reader,
    caller: Caller<ManageRoles, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let role_type = RoleType::parse(query.field("type")).ok_or_else(ConsoleError::not_found)?;
    caller.ctx.need_to(act(role_type))?;
    Ok(Html(Editor {
        shell: Shell::of(&reader, &caller, Section::Roles),
        role_type,
        role: None,
        version: None,
        name: String::new(),
        description: String::new(),
        cells: grid(role_type, &[]),
        is_name_fixed: false,
        theirs: None,
    }))
}

/// What the form says that the role grants: a field for each permission, by its place among those named.
fn permissions(role_type: RoleType, form: &Form) -> Result<Permissions, ConsoleError> {
    let named: Vec<&str> = form.all("permission").collect();
    let mut list = Vec::new();
    for (place, level) in form.below("level-") {
        let name = place.parse::<usize>().ok().and_then(|place| named.get(place)).copied();
        let (Some(name), Some(level)) = (name, Level::parse(level)) else { return Err(ConsoleError::unreadable()) };
        if !vocabulary(role_type, name).contains(&level) {
            return Err(ConsoleError::unreadable());
        }
        list.push((name, level));
    }
    Ok(Permissions::of(list))
}

/// Makes a role, and leads to it.
pub(super) async fn create(caller: Caller<ManageRoles, ConsoleError>, form: Form) -> Result<Redirect, ConsoleError> {
    let role_type = RoleType::parse(form.field("type")).ok_or_else(ConsoleError::unreadable)?;
    let new = NewRole {
        role_type,
        name: form.field("name").to_owned(),
        description: form.field("description").to_owned(),
        permissions: permissions(role_type, &form)?,
        ref_id: None,
    };
    let role = roles::create(&caller.ctx, &new).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", role.id)))
}

/// The form for a role that is there.
pub(super) async fn edit(
    reader: Reader,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let role = find(&caller.ctx, &id).await?;
    caller.ctx.need_to(act(role.role_type))?;
    Ok(Html(Editor {
        shell: Shell::of(&reader, &caller, Section::Roles),
        role_type: role.role_type,
        version: Some(roles::version(&role)),
        name: role.name.clone(),
        description: role.description.clone(),
        cells: grid(role.role_type, &[&role]),
        is_name_fixed: roles::fixed(&role) != Fixed::Nothing,
        theirs: None,
        role: Some(role),
    }))
}

/// Changes a role. Whoever was overtaken by somebody else is shown both, with nothing lost of either.
pub(super) async fn update(
    reader: Reader,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Response, ConsoleError> {
    let ctx = &caller.ctx;
    let now = find(ctx, &id).await?;
    // Who may not is told so, whoever changed what meanwhile.
    ctx.need_to(act(now.role_type))?;
    let permissions = permissions(now.role_type, &form)?;
    let is_name_fixed = roles::fixed(&now) != Fixed::Nothing;
    let given = |name: &str| Some(form.field(name).to_owned());
    let edit = Edit {
        name: given("name").filter(|_| !is_name_fixed),
        description: given("description"),
        permissions: Some(permissions.clone()),
    };
    match roles::update(ctx, &id, &seen(&form), &edit).await {
        Ok(role) => Ok(Redirect::to(&format!("{PATH}/{}", role.id)).into_response()),
        Err(Error::Refused(faults)) if faults.iter().all(|fault| fault.rule == Rule::Stale) => {
            let theirs = find(ctx, &id).await?;
            let mine = Role { permissions, ..theirs.clone() };
            let page = Editor {
                shell: Shell::of(&reader, &caller, Section::Roles),
                role_type: theirs.role_type,
                version: Some(roles::version(&theirs)),
                name: form.field("name").to_owned(),
                description: form.field("description").to_owned(),
                cells: grid(theirs.role_type, &[&mine, &theirs]),
                is_name_fixed,
                role: Some(mine),
                theirs: Some(theirs),
            };
            Ok((axum::http::StatusCode::CONFLICT, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a role that grants what another one does, and leads to the form for it.
pub(super) async fn copy(
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let role = roles::copy(&caller.ctx, &id, form.field("name"), None).await?;
    Ok(Redirect::to(&format!("{PATH}/{}/edit", role.id)))
}

#[derive(Template)]
#[template(path = "console/role_remove.html")]
struct Remove {
    shell: Shell,
    removal: Removal,
    version: Version,
}

/// What removing a role would take from whom; nothing is done yet.
pub(super) async fn plan_removal(
    reader: Reader,
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let removal = roles::removal(&caller.ctx, &id).await?;
    caller.ctx.need_to(act(removal.role.role_type))?;
    let version = roles::version(&removal.role);
    Ok(Html(Remove { shell: Shell::of(&reader, &caller, Section::Roles), removal, version }))
}

/// Removes a role as it was shown.
pub(super) async fn remove(
    caller: Caller<ManageRoles, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    let role_type = find(&caller.ctx, &id).await?.role_type;
    caller.ctx.need_to(act(role_type))?;
    roles::remove(&caller.ctx, &id, &seen(&form)).await?;
    Ok(Redirect::to(&format!("{PATH}?type={}", role_type.as_str())))
}
