//! What an import would change, told before anything is changed.

use std::collections::HashMap;

use super::file::{Entry, File};
use crate::{
    json,
    phrase::quoted,
    problem::Problems,
    role::{Level, Permissions, RoleType},
    say, text,
};

/// A role as the account has it, or will have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id, which an import never changes.
    pub role_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it grants.
    pub permissions: Permissions,
    /// The key that names the same role in every environment.
    pub ref_id: String,
    /// Whether every account has it and nobody may change it.
    pub is_built_in: bool,
}

/// What becomes of the custom roles that a file lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They stay.
    Incremental,
    /// They are deleted: the file is the whole truth.
    Full,
}

/// What becomes of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A role that was not there. It has no refId if the file gives none: whoever applies the plan
    /// makes one.
    Create(Entry),
    /// A role that changes.
    Update {
        /// As it is.
        before: Box<Role>,
        /// As it will be.
        after: Box<Role>,
    },
    /// A role that is already as the file wants it.
    Unchanged(Role),
    /// A role that the file, being the whole truth, lacks.
    Delete(Role),
}

impl Step {
    /// The name of the role; on an update, the one it will have.
    pub fn name(&self) -> &str {
        match self {
            Self::Create(entry) => &entry.name,
            Self::Update { after, .. } => &after.name,
            Self::Unchanged(role) | Self::Delete(role) => &role.name,
        }
    }

    /// What whoever holds the role gains and loses: permission, level before, level after. A role
    /// that is made or deleted is told from or to nothing.
    pub fn delta(&self) -> Vec<(String, Level, Level)> {
        let nothing = Permissions::default();
        match self {
            Self::Create(entry) => nothing.delta(&entry.permissions),
            Self::Update { before, after } => before.permissions.delta(&after.permissions),
            Self::Unchanged(_) => Vec::new(),
            Self::Delete(role) => role.permissions.delta(&nothing),
        }
    }
}

/// What an import changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The type of all the roles in it.
    pub role_type: RoleType,
    /// First a step for each role of the file, in its order, then the deletions, in the order the
    /// roles were given.
    ///
    /// The names after the last step are unique, those between two steps need not be: two roles may
    /// swap theirs, and a role may take the name of one that is deleted later in the list.
    pub steps: Vec<Step>,
    /// The built-in roles that the file lists, by name; nothing becomes of them.
    pub skipped: Vec<String>,
}

impl Plan {
    /// Whether applying it would change anything.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Unchanged(_)))
    }
}

/// Plans the import of `file` over `existing`, the account's roles of the file's type.
///
/// A role of the file is the existing role of its refId, else the one of its name, else a new one.
/// A role that is matched keeps its id, and its description and refId where the file gives none.
///
/// Errors: two roles of the file mean one existing role; a role would get a name that another one
/// keeps; a role of the file is a built-in one; or the whole truth is asked of a partial listing.
pub fn plan(file: File, existing: Vec<Role>, mode: Mode) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    if mode == Mode::Full && !file.is_whole {
        problems.add("", say::part_of_a_listing());
    }
    let matches = matches(&file.entries, &existing, mode, &mut problems);
    let mut roles: Vec<_> = problems.or_ok(existing)?.into_iter().map(Some).collect();

    let mut steps = Vec::with_capacity(roles.len().max(file.entries.len()));
    for ((_, entry), index) in file.entries.into_iter().zip(matches) {
        let role = index.and_then(|index| roles.get_mut(index)).and_then(Option::take);
        steps.push(match role {
            None => Step::Create(entry),
            Some(role) => changed(role, entry),
        });
    }
    if mode == Mode::Full {
        let lacking = roles.into_iter().flatten().filter(|role| !role.is_built_in);
        steps.extend(lacking.map(Step::Delete));
    }
    Ok(Plan { role_type: file.role_type, steps, skipped: file.skipped })
}

/// For each entry, which existing role it is.
fn matches(entries: &[(String, Entry)], existing: &[Role], mode: Mode, problems: &mut Problems) -> Vec<Option<usize>> {
    let mut by_ref = HashMap::with_capacity(existing.len());
    let mut by_name = HashMap::with_capacity(existing.len());
    for (index, role) in existing.iter().enumerate() {
        by_ref.entry(role.ref_id.as_str()).or_insert((index, role));
        by_name.entry(text::fold(&role.name)).or_insert((index, role));
    }

    // RefIds first, for the whole file: they are surer than names, which the same file may change.
    let mut claimed = HashMap::new();
    let mut matches = Vec::with_capacity(entries.len());
    for (path, entry) in entries {
        let found = entry.ref_id.as_deref().and_then(|ref_id| by_ref.get(ref_id));
        if let Some((index, role)) = found {
            if role.is_built_in {
                problems.add(json::child(path, "refId"), say::is_built_in_role(quoted(&role.name)));
            }
            claimed.insert(*index, path);
        }
        matches.push(found.map(|(index, _)| *index));
    }

    for ((path, entry), own) in entries.iter().zip(&mut matches) {
        let Some((index, role)) = by_name.get(&text::fold(&entry.name)) else { continue };
        if *own == Some(*index) {
            continue;
        }
        match (*own, claimed.get(index)) {
            _ if role.is_built_in => {
                problems.add(json::child(path, "role"), say::could_pass_for_built_in(quoted(&role.name)));
            }
            (None, None) => *own = Some(*index),
            // Whoever is in that role by its refId gives it another name, as names in a file are
            // unique. Without a refId nobody can tell whether this one is the same role.
            (None, Some(other)) if entry.ref_id.is_none() => {
                let detail = say::name_of_role_by_ref_id(*other);
                problems.add(json::child(path, "role"), detail);
            }
            (_, Some(_)) => {}
            (Some(_), None) if mode == Mode::Full => {}
            (Some(_), None) => {
                let detail = say::name_of_kept_role();
                problems.add(json::child(path, "role"), detail);
            }
        }
    }
    matches
}

fn changed(before: Role, entry: Entry) -> Step {
    let after = Role {
        role_id: before.role_id.clone(),
        name: entry.name,
        description: entry.description.unwrap_or_else(|| before.description.clone()),
        permissions: entry.permissions,
        ref_id: entry.ref_id.unwrap_or_else(|| before.ref_id.clone()),
        is_built_in: false,
    };
    // The order in which permissions are listed is no change, but a NO that is listed is one: the
    // answer to an import shows the role as the file has it.
    let is_same = before.name == after.name
        && before.description == after.description
        && before.ref_id == after.ref_id
        && before.permissions.lists_the_same(&after.permissions);
    if is_same { Step::Unchanged(before) } else { Step::Update { before: Box::new(before), after: Box::new(after) } }
}

#[cfg(test)]
mod tests;
