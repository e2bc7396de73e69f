//! Reverting an import: everything it touched becomes what it was, if nobody touched it since.

use std::collections::{HashMap, HashSet};

use rolecall_model::{role::Role, text::fold};
use rolecall_store::{
    Tx, attempt,
    role_imports::{self, Import},
};

use super::effects::{Cause, Effects, Kept, Undo, unreadable};
use crate::{Change, Ctx, Error, Rule, authority::acts, error::Faults, roles, say};

/// Reverts an import: what it created is deleted, what it changed is changed back, what it deleted
/// comes back with its ids and to whoever held it. The id of the reversal, which can be reverted too.
///
/// Who has left since, or held a role on a bot that is gone, does not get it back.
///
/// Errors: [`Error::Refused`] if the account has no such import, if it was reverted already, or
/// with each role that moved on since.
pub async fn revert(ctx: &Ctx, import_id: &str) -> Result<String, Error> {
    attempt!(ctx.attempts(), |tx| revert_in(ctx, tx, import_id))
}

async fn revert_in(ctx: &Ctx, tx: &mut Tx, import_id: &str) -> Result<String, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::EDIT_ROLES)?;
    let import = role_imports::find(change.tx, ctx.account, import_id).await?;
    let import = import.ok_or_else(|| {
        let detail = say::no_such_import();
        Error::refused(Rule::UnknownImport, "import", detail)
    })?;
    if let Some(at) = import.reverted_at {
        return Err(Error::refused(Rule::Moved, "import", say::reverted_already(at)));
    }
    let undo: Undo = serde_json::from_str(&import.undo).map_err(|_| unreadable())?;
    let existing = roles::all(change.tx, ctx.account, import.role_type).await?;
    let mut effects = inverse(ctx, &change, &import, &undo, existing)?;
    effects.begun = role_imports::ended_between(change.tx, ctx.account, undo.first_seq, undo.last_seq).await?;
    role_imports::revert(change.tx, ctx.account, import_id, change.at).await?;
    let reversal = effects.apply(ctx, &mut change, Cause::Reversal(import_id)).await?;
    change.finish().await?;
    // An import is kept only if it changed something, and then so does its reversal.
    Ok(reversal.ok_or_else(unreadable)?)
}

/// The effects that take `undo` back.
///
/// Errors: each role that is no longer as the import left it, and each name or reference id that
/// another role has taken since.
fn inverse(
    ctx: &Ctx,
    change: &Change<'_>,
    import: &Import,
    undo: &Undo,
    existing: Vec<Role>,
) -> Result<Effects, Error> {
    let mut faults = Faults::default();
    let mut effects = Effects::none(import.role_type);
    let mut existing: HashMap<String, Role> = existing.into_iter().map(|role| (role.id.clone(), role)).collect();
    let mut as_left = |kept: &Kept| match existing.remove(&kept.role_id) {
        Some(role) if Kept::of(&role) == *kept => Some(role),
        found => {
            let (name, id) = (&kept.role, &kept.role_id);
            let is_there = found.is_some();
            let since = if is_there { say::role_changed_since(name, id) } else { say::role_deleted_since(name, id) };
            faults.add(Rule::Moved, "", since);
            None
        }
    };
    for kept in &undo.made {
        effects.removed.extend(as_left(kept));
    }
    for (before, after) in &undo.updated {
        let Some(role) = as_left(after) else { continue };
        let changed_back = Role {
            name: before.role.clone(),
            description: before.r_desc.clone(),
            permissions: before.permissions(role.role_type)?,
            ref_id: before.ref_id.clone(),
            modified_at: change.at,
            modified_by: ctx.actor.as_text(),
            ..role.clone()
        };
        effects.updated.push((role, changed_back));
    }
    effects.restored.clone_from(&undo.removed);

    // What is left of the existing roles keeps its names, and those that come back need theirs.
    let names: HashSet<String> = existing.values().map(|role| fold(&role.name)).collect();
    let ref_ids: HashSet<&str> = existing.values().map(|role| role.ref_id.as_str()).collect();
    for kept in undo.removed.iter().chain(undo.updated.iter().map(|(before, _)| before)) {
        if names.contains(&fold(&kept.role)) || ref_ids.contains(kept.ref_id.as_str()) {
            let detail = say::role_name_taken_since(&kept.role, &kept.role_id);
            faults.add(Rule::Moved, "", detail);
        }
    }
    faults.or_ok(effects)
}
