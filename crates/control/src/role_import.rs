//! Importing roles from an uploaded file: previewing, applying, reverting.
//!
//! The plan is made under the account's lock, in the transaction that applies it: nothing is
//! checked before and used after, and an import that fails has changed nothing. What it replaced is
//! kept, so that it can be reverted.

mod effects;
mod past;
mod plans;
mod preview;
mod revert;

use std::collections::HashMap;

use rolecall_model::{
    ids::{RoleNo, hex24, hex24_after, uuid},
    problem::Problems,
    role::{Role, RoleType},
    role_import::{self as model, File, Mode, Plan, Step},
};
use rolecall_store::{Error as StoreError, Tx, attempt, files, users};

use self::effects::Cause;
use crate::{Change, Ctx, Error, Fault, Rule, authority::acts, roles, say};

pub use past::{LIST, Listed as PastList, Past, PastRole, find, list};
pub use plans::{Planned, apply, find_plan, plan as plan_of};
pub use preview::{MAX_HOLDERS, Preview, Row, preview};
pub use revert::revert;

pub(crate) use effects::Effects;

/// What is to be imported, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The type of the roles.
    pub role_type: RoleType,
    /// The id of the uploaded file.
    pub file_id: String,
    /// What becomes of the custom roles that the file lacks.
    pub mode: Mode,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its id, by which it can be reverted; nothing if the account already was as the file wants it.
    pub import_id: Option<String>,
    /// The custom roles of the file, in its order, as the account has them now.
    pub roles: Vec<Role>,
    /// The account's id as an organisation.
    pub org_id: String,
    /// The id of the user who owns the account, for whom an app acts.
    pub owner_id: String,
}

/// Imports the roles of an uploaded file.
///
/// Errors: [`Error::Refused`] if the account has no such file, or with everything that is wrong in
/// it; then nothing has changed. Concurrency: imports of one account happen one after the other.
pub async fn import(ctx: &Ctx, order: &Order) -> Result<Imported, Error> {
    let file = read(ctx, order).await?;
    import_as_planned(ctx, file, order.mode, None).await
}

/// Imports the roles of a file, if that still comes to what is `expected`.
async fn import_as_planned(
    ctx: &Ctx,
    file: File,
    mode: Mode,
    expected: Option<plans::Digest>,
) -> Result<Imported, Error> {
    attempt!(ctx.attempts(), |tx| import_in(ctx, tx, file.clone(), mode, expected))
}

async fn import_in(
    ctx: &Ctx,
    tx: &mut Tx,
    file: File,
    mode: Mode,
    expected: Option<plans::Digest>,
) -> Result<Imported, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let existing = roles::all(change.tx, ctx.account, file.role_type()).await?;
    let plan = planned(file, &existing, mode)?;
    if let Some(expected) = expected
        && plans::digest_of(change.tx, ctx, &plan, &existing).await? != expected
    {
        let detail = say::plan_moved();
        return Err(Error::refused(Rule::Moved, "", detail));
    }
    let (roles, effects) = decided(ctx, &mut change, plan, existing)?;
    let import_id = effects.apply(ctx, &mut change, Cause::Import).await?;
    let owner_id = owner_id(&mut change).await?;
    let org_id = change.account.org_id.clone();
    change.finish().await?;
    Ok(Imported { import_id, roles, org_id, owner_id })
}

/// The custom roles of the uploaded file. It needs no lock: what was uploaded never changes.
async fn read(ctx: &Ctx, order: &Order) -> Result<File, Error> {
    ctx.need_to(match order.role_type {
        RoleType::Admin => &acts::EDIT_ADMIN_ROLES,
        RoleType::Bot => &acts::EDIT_BOT_ROLES,
    })?;
    let content = files::find(&mut ctx.core.db.glance(&ctx.meter).await?, ctx.account, &order.file_id).await?;
    let content = content.ok_or_else(|| {
        let detail = say::no_such_file();
        Error::refused(Rule::UnknownFile, "/fileId", detail)
    })?;
    // A big file takes seconds to read, in which other requests want this thread.
    let role_type = order.role_type;
    let parsed = tokio::task::spawn_blocking(move || File::parse(role_type, &content)).await;
    parsed.map_err(|_| StoreError::Failed { code: "the reading of a file broke off".to_owned() })?.map_err(bad_file)
}

fn planned(file: File, existing: &[Role], mode: Mode) -> Result<Plan, Error> {
    plan(file, existing, mode).map_err(bad_file)
}

/// What the import of `file` over `existing`, the account's roles of its type, would change.
pub(crate) fn plan(file: File, existing: &[Role], mode: Mode) -> Result<Plan, Problems> {
    let existing = existing.iter().map(|role| model::Role {
        role_id: role.id.clone(),
        name: role.name.clone(),
        description: role.description.clone(),
        permissions: role.permissions.clone(),
        ref_id: role.ref_id.clone(),
        is_built_in: role.is_built_in,
    });
    model::plan(file, existing.collect(), mode)
}

/// Does what a plan says, as an import that can be reverted.
pub(crate) async fn carry_out(
    ctx: &Ctx,
    change: &mut Change<'_>,
    plan: Plan,
    existing: Vec<Role>,
) -> Result<(), Error> {
    let (_, effects) = decided(ctx, change, plan, existing)?;
    effects.apply(ctx, change, Cause::Import).await.map(drop)
}

fn bad_file(problems: Problems) -> Error {
    let faults = problems.into_vec().into_iter();
    Error::Refused(
        faults.map(|problem| Fault { rule: Rule::BadFile, path: problem.path, detail: problem.detail }).collect(),
    )
}

/// What the plan comes to: the roles of the file as they will be, in its order, and what changes.
fn decided(ctx: &Ctx, change: &mut Change<'_>, plan: Plan, existing: Vec<Role>) -> Result<(Vec<Role>, Effects), Error> {
    let first_id = hex24(change.at, ctx.core.random.bytes());
    let by = ctx.actor.as_text();
    let mut existing: HashMap<String, Role> = existing.into_iter().map(|role| (role.id.clone(), role)).collect();
    let mut take = |role: &model::Role| {
        existing
            .remove(&role.role_id)
            .ok_or_else(|| StoreError::Failed { code: "a plan of another account".to_owned() })
    };
    let mut roles = Vec::with_capacity(plan.steps.len());
    let mut effects = Effects::none(plan.role_type);
    for step in plan.steps {
        match step {
            Step::Create(entry) => {
                let role = Role {
                    no: RoleNo(change.next_no()),
                    id: hex24_after(&first_id, effects.made.len() as u64),
                    role_type: plan.role_type,
                    name: entry.name,
                    description: entry.description.unwrap_or_default(),
                    permissions: entry.permissions,
                    ref_id: entry.ref_id.unwrap_or_else(|| uuid(ctx.core.random.bytes())),
                    is_built_in: false,
                    created_at: change.at,
                    created_by: by.clone(),
                    modified_at: change.at,
                    modified_by: by.clone(),
                };
                effects.made.push(role.clone());
                roles.push(role);
            }
            Step::Update { before, after } => {
                let before = take(&before)?;
                let role = Role {
                    name: after.name,
                    description: after.description,
                    permissions: after.permissions,
                    ref_id: after.ref_id,
                    modified_at: change.at,
                    modified_by: by.clone(),
                    ..before.clone()
                };
                effects.updated.push((before, role.clone()));
                roles.push(role);
            }
            Step::Unchanged(role) => roles.push(take(&role)?),
            Step::Delete(role) => effects.removed.push(take(&role)?),
        }
    }
    Ok((roles, effects))
}

async fn owner_id(change: &mut Change<'_>) -> Result<String, Error> {
    let owner_no = change.account.owner_no.0.to_string();
    let account = change.account_no();
    let mut found = users::find_many(change.tx, account, users::Key::No, &[owner_no]).await?;
    Ok(found.pop().map(|owner| owner.id).unwrap_or_default())
}
