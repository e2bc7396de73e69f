//! What an import would do, without doing it.

use std::collections::HashMap;

use rolecall_model::{
    authority::{Lost, Powers},
    ids::RoleNo,
    role::{Role, RoleType},
    role_import::{Mode, Plan, Step},
};
use rolecall_store::{
    Tx,
    role_imports::{self, Holders},
};

use super::{Order, planned, read};
use crate::{Ctx, Error, authority, roles};

/// At most this many users and as many groups are told of each role; their number always is.
pub const MAX_HOLDERS: u32 = 100;

/// What an import would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The type of the roles.
    pub role_type: RoleType,
    /// What becomes of the custom roles that the file lacks.
    pub mode: Mode,
    /// What becomes of each role: those of the file in its order, then those that it lacks.
    pub rows: Vec<Row>,
    /// The built-in roles that the file lists, by name; nothing becomes of them.
    pub skipped: Vec<String>,
    /// What whoever asks would no longer be allowed. If it is anything, the import is refused to them.
    pub lost: Lost,
}

/// What would become of one role, and whom that touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What becomes of the role.
    pub step: Step,
    /// The users who hold it directly, on whatever bot, if it changes.
    pub users: Holders,
    /// The groups that hold it, if it changes.
    pub groups: Holders,
}

/// What importing the file now would do. The import does exactly this, as long as the account stays
/// as it is.
///
/// Errors: those of [`super::import`].
pub async fn preview(ctx: &Ctx, order: &Order) -> Result<Preview, Error> {
    let file = read(ctx, order).await?;
    let mut tx = ctx.read().await?;
    let existing = roles::all(&mut tx, ctx.account, order.role_type).await?;
    let plan = planned(file, &existing, order.mode)?;
    preview_in(&mut tx, ctx, plan, &existing, order.mode).await
}

/// What a plan over `existing`, the account's roles of its type, would do.
pub(super) async fn preview_in(
    tx: &mut Tx,
    ctx: &Ctx,
    plan: Plan,
    existing: &[Role],
    mode: Mode,
) -> Result<Preview, Error> {
    let lost = lost(tx, ctx, &plan.steps).await?;
    let nos: HashMap<&str, RoleNo> = existing.iter().map(|role| (role.id.as_str(), role.no)).collect();
    let number_of = |step: &Step| match step {
        Step::Update { before, .. } => nos.get(before.role_id.as_str()).copied(),
        Step::Delete(role) => nos.get(role.role_id.as_str()).copied(),
        Step::Create(_) | Step::Unchanged(_) => None,
    };
    let touched: Vec<RoleNo> = plan.steps.iter().filter_map(number_of).collect();
    let mut users = role_imports::users_of(tx, ctx.account, &touched, MAX_HOLDERS.into()).await?;
    let mut groups = role_imports::groups_of(tx, ctx.account, &touched, MAX_HOLDERS.into()).await?;
    let rows = plan.steps.into_iter().map(|step| {
        let no = number_of(&step);
        let users = no.and_then(|no| users.remove(&no)).unwrap_or_default();
        let groups = no.and_then(|no| groups.remove(&no)).unwrap_or_default();
        Row { step, users, groups }
    });
    Ok(Preview { role_type: plan.role_type, mode, rows: rows.collect(), skipped: plan.skipped, lost })
}

/// What the person who asks would lose if `steps` were taken.
async fn lost(tx: &mut Tx, ctx: &Ctx, steps: &[Step]) -> Result<Lost, Error> {
    let Some(person) = ctx.person() else { return Ok(Lost::Nothing) };
    let held = authority::held_by_users(tx, ctx.account, &[person.no]).await?;
    let held = held.into_values().next().unwrap_or_default();
    let mut after = held.clone();
    for step in steps {
        match step {
            Step::Delete(gone) => after.retain(|role| role.id != gone.role_id),
            Step::Update { after: changed, .. } => {
                for role in after.iter_mut().filter(|role| role.id == changed.role_id) {
                    role.permissions = changed.permissions.clone();
                }
            }
            Step::Create(_) | Step::Unchanged(_) => {}
        }
    }
    Ok(Powers::of_roles(&after).lost_since(&Powers::of_roles(&held)))
}
