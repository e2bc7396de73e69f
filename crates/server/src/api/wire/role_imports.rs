//! Plans of role imports, and what came of them.

use rolecall_control::role_import::{Imported, Order, Past, PastList, PastRole, Planned};
use rolecall_model::{
    authority::Lost,
    json::Object,
    problem::Problems,
    role::{Level, Permissions, RoleType},
    role_import::Mode,
    time::Instant,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{subjects::known_only, users::RoleName};
use crate::{
    kore::wire::role_import::{Delta, Plan},
    say,
};

/// An import to be planned.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct ImportWish {
    /// The type of the roles: `admin` or `bot`.
    role_type: String,
    /// The id of the uploaded file.
    file_id: String,
    /// Whether custom roles that the file lacks are to be deleted; false if it is not said.
    full_import: Option<bool>,
}

/// Reads the body of `POST role-imports/plans`.
///
/// Errors: every place where it has not the right form.
pub(crate) fn parse(body: &Value) -> Result<Order, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    known_only(object, &["roleType", "fileId", "fullImport"], &mut problems);
    let word = object.text("roleType", &mut problems);
    let role_type = RoleType::parse(word);
    if role_type.is_none() && !word.is_empty() {
        problems.add("/roleType", say::must_be_admin_or_bot());
    }
    let file_id = object.text("fileId", &mut problems).to_owned();
    let mode = match object.get("fullImport") {
        None | Some(Value::Bool(false)) => Mode::Incremental,
        Some(Value::Bool(true)) => Mode::Full,
        Some(_) => {
            problems.add("/fullImport", say::must_be_true_or_false());
            Mode::Incremental
        }
    };
    problems.or_ok(Order { role_type: role_type.unwrap_or(RoleType::Bot), file_id, mode })
}

/// What an import would change. It is applied only as it is shown here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportPlan {
    /// Its id, by which it can be looked at again and applied.
    pub plan_id: String,
    /// Whether it still comes to what it came to when it was made. If not, it cannot be applied: plan anew.
    pub is_current: bool,
    /// What you would no longer be allowed yourself, or `everything`. If it is anything, you may not apply it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub you_would_lose: Vec<String>,
    /// What becomes of each role, permission by permission, and whom that touches.
    #[serde(flatten)]
    pub plan: Plan,
}

impl From<Planned> for ImportPlan {
    fn from(planned: Planned) -> Self {
        let you_would_lose = match &planned.preview.lost {
            Lost::Nothing => Vec::new(),
            Lost::Everything => vec!["everything".to_owned()],
            Lost::Names(names) => names.clone(),
        };
        Self { plan_id: planned.id, is_current: planned.is_current, you_would_lose, plan: planned.preview.into() }
    }
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportDone {
    /// Its id, by which it can be undone; left out if the account already was as the file wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_id: Option<String>,
    /// The custom roles of the file, in its order.
    pub roles: Vec<RoleName>,
}

impl From<Imported> for ImportDone {
    fn from(imported: Imported) -> Self {
        let roles = imported.roles.into_iter().map(|role| RoleName { role_id: role.id, name: role.name });
        Self { import_id: imported.import_id, roles: roles.collect() }
    }
}

/// What undoing an import did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportUndone {
    /// The id of the reversal, by which it can be undone in turn.
    pub import_id: String,
}

/// A page of imports, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportPage {
    /// The page.
    pub imports: Vec<ImportRow>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An import that changed something, or the reversal of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoleImport)]
pub struct ImportRow {
    /// Its id.
    pub import_id: String,
    /// The type of the roles.
    pub role_type: &'static str,
    /// When it was applied.
    #[schema(value_type = String)]
    pub at: Instant,
    /// By whom, as the audit log has it.
    pub by: String,
    /// When it was undone, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub undone_at: Option<Instant>,
    /// How many roles came, or came back.
    pub created: usize,
    /// How many roles changed.
    pub updated: usize,
    /// How many roles went.
    pub deleted: usize,
}

impl From<&Past> for ImportRow {
    fn from(past: &Past) -> Self {
        Self {
            import_id: past.id.clone(),
            role_type: past.role_type.as_str(),
            at: past.at,
            by: past.by.clone(),
            undone_at: past.reverted_at,
            created: past.made.len(),
            updated: past.updated.len(),
            deleted: past.removed.len(),
        }
    }
}

impl From<PastList> for ImportPage {
    fn from(list: PastList) -> Self {
        Self { imports: list.items.iter().map(ImportRow::from).collect(), next_cursor: list.next_cursor }
    }
}

/// An import with all that it changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportDetails {
    /// What lists show of it.
    #[serde(flatten)]
    pub row: ImportRow,
    /// What became of each role: those that came, those that changed, those that went.
    pub roles: Vec<ImportedRole>,
}

/// What an import made of a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedRole {
    /// `create`, `update` or `delete`.
    pub action: &'static str,
    /// Its id.
    pub role_id: String,
    /// Its name afterwards; of a role that went, its last one.
    pub name: String,
    /// Its name before, if it had another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_before: Option<String>,
    /// The permissions that changed.
    pub permissions: Vec<Delta>,
}

impl From<Past> for ImportDetails {
    fn from(past: Past) -> Self {
        let row = ImportRow::from(&past);
        let nothing = Permissions::default();
        let role = |action, role: &PastRole, before: &Permissions, after: &Permissions| {
            let delta = |(permission, before, after): (String, Level, Level)| Delta {
                permission,
                before: before.as_str(),
                after: after.as_str(),
            };
            ImportedRole {
                action,
                role_id: role.id.clone(),
                name: role.name.clone(),
                name_before: None,
                permissions: before.delta(after).into_iter().map(delta).collect(),
            }
        };
        let mut roles: Vec<ImportedRole> = Vec::new();
        roles.extend(past.made.iter().map(|made| role("create", made, &nothing, &made.permissions)));
        roles.extend(past.updated.iter().map(|(before, after)| ImportedRole {
            name_before: Some(before.name.clone()).filter(|name| *name != after.name),
            ..role("update", after, &before.permissions, &after.permissions)
        }));
        roles.extend(past.removed.iter().map(|gone| role("delete", gone, &gone.permissions, &nothing)));
        Self { row, roles }
    }
}

/// A file that was stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// Its id, by which it can be imported for 30 days.
    pub file_id: String,
}
