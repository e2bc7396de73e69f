//! One role: making, copying, changing and removing it.

use rolecall_model::{
    ids::{RoleNo, hex24, uuid},
    phrase::Text,
    problem::Problems,
    role::{Permissions, Role, RoleType},
    role_import::{MAX_DESCRIPTION_CHARS, MAX_REF_ID_CHARS},
    text,
};
use rolecall_store::{Tx, attempt, roles};
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Rule,
    authority::acts,
    role_import::Effects,
    say,
    version::{Expected, Version},
};

/// What is asked for when a role is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole {
    /// What it acts on.
    pub role_type: RoleType,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it grants.
    pub permissions: Permissions,
    /// The key that stays the same in every environment; a new one if none is given.
    pub ref_id: Option<String>,
}

/// What is to be changed of a role; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// All that it grants from now on.
    pub permissions: Option<Permissions>,
}

/// What nobody can change of a role (wire section 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// Nothing: it is one of the account's own.
    Nothing,
    /// What it is called; and it cannot be removed.
    Name,
    /// Anything.
    All,
}

/// What nobody can change of `role`.
pub fn fixed(role: &Role) -> Fixed {
    if role.is_master_admin() || role.is_bot_owner() {
        Fixed::All
    } else if role.is_built_in {
        Fixed::Name
    } else {
        Fixed::Nothing
    }
}

/// The role with id `id`.
///
/// Errors: [`Rule::UnknownRole`] if the account has none.
pub async fn get(ctx: &Ctx, id: &str) -> Result<Role, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    of_account(&mut tx, ctx, id).await
}

/// Those of `ids` that are roles of the account, in any order.
pub async fn get_many(ctx: &Ctx, ids: &[String]) -> Result<Vec<Role>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    Ok(roles::find_many(&mut tx, ctx.account, ids).await?)
}

/// The version of a role, for whoever is about to change it.
pub fn version(role: &Role) -> Version {
    Version::of(&facts(role))
}

/// All that is shown of a role.
fn facts(role: &Role) -> Value {
    let permissions: Vec<_> = role.permissions.iter().map(|(name, level)| [name, level.as_str()]).collect();
    json!([
        role.id,
        role.role_type.as_str(),
        role.name,
        role.description,
        permissions,
        role.ref_id,
        role.modified_at.as_ms(),
        role.modified_by,
    ])
}

/// Makes a role.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::Taken`] for a name or a key that is
/// taken, [`Rule::NotPermitted`] for a role that grants what whoever asks does not hold.
pub async fn create(ctx: &Ctx, new: &NewRole) -> Result<Role, Error> {
    let mut problems = Problems::default();
    check(Some(&new.name), Some(&new.description), &mut problems);
    check_ref_id(new.ref_id.as_deref(), &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| create_in(ctx, tx, new))
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, new: &NewRole) -> Result<Role, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let made = make(ctx, &mut change, new.clone()).await?;
    change.finish().await?;
    Ok(made)
}

async fn make(ctx: &Ctx, change: &mut Change<'_>, new: NewRole) -> Result<Role, Error> {
    check_name_free(change, new.role_type, &new.name).await?;
    if let Some(ref_id) = &new.ref_id {
        check_ref_id_free(change, new.role_type, ref_id).await?;
    }
    let by = ctx.actor.as_text();
    let role = Role {
        no: RoleNo(change.next_no()),
        id: hex24(change.at, ctx.core.random.bytes()),
        role_type: new.role_type,
        name: new.name,
        description: new.description,
        permissions: new.permissions,
        ref_id: new.ref_id.unwrap_or_else(|| uuid(ctx.core.random.bytes())),
        is_built_in: false,
        created_at: change.at,
        created_by: by.clone(),
        modified_at: change.at,
        modified_by: by,
    };
    let mut effects = Effects::none(role.role_type);
    effects.made.push(role.clone());
    effects.carry_out(change).await?;
    Ok(role)
}

/// Makes a role of the account's own that grants what the role with id `id` does.
///
/// Errors: as of [`create`], and [`Rule::UnknownRole`] if the account has no such role.
pub async fn copy(ctx: &Ctx, id: &str, name: &str, description: Option<&str>) -> Result<Role, Error> {
    let mut problems = Problems::default();
    check(Some(name), description, &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| copy_in(ctx, tx, id, name, description))
}

async fn copy_in(ctx: &Ctx, tx: &mut Tx, id: &str, name: &str, description: Option<&str>) -> Result<Role, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let role = of_account(change.tx, ctx, id).await?;
    let new = NewRole {
        role_type: role.role_type,
        name: name.to_owned(),
        description: description.map_or(role.description, str::to_owned),
        permissions: role.permissions,
        ref_id: None,
    };
    let made = make(ctx, &mut change, new).await?;
    change.finish().await?;
    Ok(made)
}

/// Changes a role. What is so already stays so, and leaves no trace.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::UnknownRole`] if the account has no
/// such role, [`Rule::Stale`] if it is not what its editor takes it to be, [`Rule::RoleFixed`] for what
/// nobody can change, [`Rule::Taken`] for a name that is taken, [`Rule::NotPermitted`] for a change of
/// what whoever asks does not hold.
pub async fn update(ctx: &Ctx, id: &str, expected: &Expected, edit: &Edit) -> Result<Role, Error> {
    let mut problems = Problems::default();
    check(edit.name.as_deref(), edit.description.as_deref(), &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, id, expected, edit))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected, edit: &Edit) -> Result<Role, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let before = of_account(change.tx, ctx, id).await?;
    expected.check(&facts(&before))?;
    let after = Role {
        name: edit.name.clone().unwrap_or_else(|| before.name.clone()),
        description: edit.description.clone().unwrap_or_else(|| before.description.clone()),
        permissions: edit.permissions.clone().unwrap_or_else(|| before.permissions.clone()),
        ..before.clone()
    };
    if after == before {
        change.finish().await?;
        return Ok(before);
    }
    match fixed(&before) {
        Fixed::All => return Err(role_fixed("", say::built_in_not_changed(&before.name))),
        Fixed::Name if after.name != before.name => {
            return Err(role_fixed("/name", say::built_in_not_renamed(&before.name)));
        }
        Fixed::Name | Fixed::Nothing => {}
    }
    if text::fold(&after.name) != text::fold(&before.name) {
        check_name_free(&mut change, before.role_type, &after.name).await?;
    }
    let after = Role { modified_at: change.at, modified_by: ctx.actor.as_text(), ..after };
    let mut effects = Effects::none(before.role_type);
    effects.updated.push((before, after.clone()));
    effects.carry_out(&mut change).await?;
    change.finish().await?;
    Ok(after)
}

/// Removes a role, and takes it from everybody who holds it.
///
/// Errors: [`Rule::UnknownRole`] if the account has no such role, [`Rule::Stale`] if it is not what its
/// editor takes it to be, [`Rule::RoleFixed`] for a built-in one, [`Rule::NotPermitted`] for a role that
/// grants what whoever asks does not hold.
pub async fn remove(ctx: &Ctx, id: &str, expected: &Expected) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, id, expected))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let role = of_account(change.tx, ctx, id).await?;
    expected.check(&facts(&role))?;
    if fixed(&role) != Fixed::Nothing {
        return Err(role_fixed("", say::built_in_not_removed(&role.name)));
    }
    let mut effects = Effects::none(role.role_type);
    effects.removed.push(role);
    effects.carry_out(&mut change).await?;
    change.finish().await
}

/// The account's role with id `id`.
pub(super) async fn of_account(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Role, Error> {
    let found = roles::find_many(tx, ctx.account, &[id.to_owned()]).await?.pop();
    found.ok_or_else(|| Error::refused(Rule::UnknownRole, "", say::no_such_role()))
}

fn role_fixed(path: &str, detail: Text) -> Error {
    Error::refused(Rule::RoleFixed, path, detail)
}

/// Tells what is wrong with a name and a description, as far as they are given.
fn check(name: Option<&str>, description: Option<&str>, problems: &mut Problems) {
    if let Some(Err(bad)) = name.map(text::check_name) {
        problems.add("/name", bad);
    }
    if description.is_some_and(|description| description.chars().count() > MAX_DESCRIPTION_CHARS) {
        problems.add("/description", say::at_most_characters(MAX_DESCRIPTION_CHARS));
    }
}

fn check_ref_id(ref_id: Option<&str>, problems: &mut Problems) {
    let Some(ref_id) = ref_id else { return };
    if let Err(bad) = text::check_name(ref_id) {
        problems.add("/refId", bad);
    } else if ref_id.chars().count() > MAX_REF_ID_CHARS {
        problems.add("/refId", say::at_most_characters(MAX_REF_ID_CHARS));
    }
}

async fn check_name_free(change: &mut Change<'_>, role_type: RoleType, name: &str) -> Result<(), Error> {
    let account = change.account_no();
    if roles::find_by_name(change.tx, account, role_type, &text::fold(name)).await?.is_none() {
        return Ok(());
    }
    Err(Error::refused(Rule::Taken, "/name", say::role_name_taken(role_type)))
}

async fn check_ref_id_free(change: &mut Change<'_>, role_type: RoleType, ref_id: &str) -> Result<(), Error> {
    let account = change.account_no();
    if roles::find_by_ref_id(change.tx, account, role_type, ref_id).await?.is_none() {
        return Ok(());
    }
    Err(Error::refused(Rule::Taken, "/refId", say::role_ref_id_taken(role_type)))
}
