//! Imports of roles as the vendor writes them (wire 7.5), and the plan of one, which is ours.

use rolecall_control::role_import::{Imported, Preview, Row};
use rolecall_model::{
    role::Role,
    role_import::{Mode, Role as PlannedRole, Step},
    time::Instant,
};
use rolecall_store::role_imports::Holders;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What is to be imported.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only the documentation of the API reads it")]
pub struct ImportBody {
    /// The id of the uploaded file.
    #[schema(example = "5bf132388c4f4e433d46783b")]
    file_id: String,
}

/// The answer to an import, or to a dry run of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Answer {
    /// The custom roles of the file.
    Roles(Vec<StoredRole>),
    /// What the import would change.
    Plan(Plan),
}

/// A role as the vendor's database holds it, housekeeping and all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredRole {
    /// Always empty here; `alluserroles` tells who holds the role.
    pub mapping: Mapping,
    /// `admin` or `bot`.
    pub role_type: &'static str,
    /// Always `unpublished`.
    pub r_status: &'static str,
    /// Always false: built-in roles are not imported.
    #[serde(rename = "isASystemRole")]
    pub is_a_system_role: bool,
    /// `admin` or `bot`.
    pub category: &'static str,
    /// Always empty here; `auditlogs` has it.
    pub audit: Vec<String>,
    /// Always empty.
    #[serde(rename = "_userAndGroups")]
    pub user_and_groups: Vec<String>,
    /// Always false.
    pub is_default: bool,
    /// Its id in this account.
    #[serde(rename = "_id")]
    pub id: String,
    /// The account's id as an organisation.
    pub org_id: String,
    /// Its name.
    pub role: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_date: Instant,
    /// The user for whom it was made.
    pub created_by: String,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub modified_date: Instant,
    /// The user for whom it was last changed.
    pub modified_by: String,
    /// What it grants.
    #[schema(value_type = Object)]
    pub permissions: Value,
    /// What it is for.
    pub r_desc: String,
    /// The key that stays the same in every environment.
    pub ref_id: String,
    /// Always `Bots`.
    #[serde(rename = "_product")]
    pub product: &'static str,
    /// Always 0.
    #[serde(rename = "__v")]
    pub version: u8,
}

/// Who holds a role, in the vendor's database.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Mapping {
    users: Vec<String>,
    groups: Vec<String>,
    bots: Vec<String>,
}

impl From<Imported> for Answer {
    fn from(imported: Imported) -> Self {
        let Imported { roles, org_id, owner_id, .. } = imported;
        Self::Roles(roles.into_iter().map(|role| stored(role, &org_id, &owner_id)).collect())
    }
}

impl From<Preview> for Answer {
    fn from(preview: Preview) -> Self {
        Self::Plan(preview.into())
    }
}

fn stored(role: Role, org_id: &str, owner_id: &str) -> StoredRole {
    let role_type = role.role_type.as_str();
    StoredRole {
        mapping: Mapping::default(),
        role_type,
        r_status: "unpublished",
        is_a_system_role: false,
        category: role_type,
        audit: Vec::new(),
        user_and_groups: Vec::new(),
        is_default: false,
        id: role.id,
        org_id: org_id.to_owned(),
        role: role.name,
        created_date: role.created_at,
        // An app or the operator did it, for the owner; the vendor knows of users only.
        created_by: owner_id.to_owned(),
        modified_date: role.modified_at,
        modified_by: owner_id.to_owned(),
        permissions: role.permissions.to_wire(role.role_type),
        r_desc: role.description,
        ref_id: role.ref_id,
        product: "Bots",
        version: 0,
    }
}

/// What an import would change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// `admin` or `bot`.
    pub role_type: &'static str,
    /// Whether custom roles that the file lacks would be deleted.
    pub full_import: bool,
    /// How many roles would be created, updated or deleted.
    pub changes: usize,
    /// The built-in roles that the file lists, which are passed over.
    pub skipped: Vec<String>,
    /// What becomes of each role: those of the file in its order, then those that it lacks.
    pub roles: Vec<PlannedChange>,
}

/// What would become of one role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    /// `create`, `update`, `delete` or `unchanged`.
    pub action: &'static str,
    /// Its id in this account; absent while it has none.
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name afterwards; of a role that is deleted, its last one.
    pub role: String,
    /// How it is, if it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Facts>,
    /// How it will be, if it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Facts>,
    /// What whoever holds it gains and loses. A permission that is not listed is not granted.
    pub permissions: Vec<Delta>,
    /// The users who hold it directly now, on whatever bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<UserHolders>,
    /// The groups that hold it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupHolders>,
}

/// A role without what it grants.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Its name.
    pub role: String,
    /// What it is for.
    pub r_desc: String,
    /// The key that stays the same in every environment; absent if it is made with the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ref_id: Option<String>,
}

/// One permission that changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delta {
    /// Its name.
    pub permission: String,
    /// How far it goes now.
    #[schema(example = "NO")]
    pub before: &'static str,
    /// How far it will go.
    #[schema(example = "YES")]
    pub after: &'static str,
}

/// The users who hold a role.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserHolders {
    /// How many there are.
    pub total: i64,
    /// The first 100 of them.
    pub first: Vec<UserHolder>,
}

/// A user who holds a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserHolder {
    /// Its id.
    pub user_id: String,
    /// Its e-mail address.
    pub email: String,
}

/// The groups that hold a role.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupHolders {
    /// How many there are.
    pub total: i64,
    /// The first 100 of them.
    pub first: Vec<GroupHolder>,
}

/// A group that holds a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupHolder {
    /// Its id.
    pub group_id: String,
    /// Its name.
    pub group_name: String,
}

impl From<Preview> for Plan {
    fn from(preview: Preview) -> Self {
        let is_change = |row: &&Row| !matches!(row.step, Step::Unchanged(_));
        Self {
            role_type: preview.role_type.as_str(),
            full_import: preview.mode == Mode::Full,
            changes: preview.rows.iter().filter(is_change).count(),
            skipped: preview.skipped,
            roles: preview.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Row> for PlannedChange {
    fn from(row: Row) -> Self {
        let delta = row.step.delta().into_iter();
        let permissions = delta.map(|(permission, before, after)| Delta {
            permission,
            before: before.as_str(),
            after: after.as_str(),
        });
        let is_held = matches!(row.step, Step::Update { .. } | Step::Delete(_));
        let planned = Self {
            action: "create",
            id: None,
            role: row.step.name().to_owned(),
            before: None,
            after: None,
            permissions: permissions.collect(),
            users: is_held.then(|| user_holders(row.users)),
            groups: is_held.then(|| group_holders(row.groups)),
        };
        match row.step {
            Step::Create(entry) => {
                let after =
                    Facts { role: entry.name, r_desc: entry.description.unwrap_or_default(), ref_id: entry.ref_id };
                Self { after: Some(after), ..planned }
            }
            Step::Update { before, after } => Self {
                action: "update",
                id: Some(before.role_id.clone()),
                before: Some(facts(*before)),
                after: Some(facts(*after)),
                ..planned
            },
            Step::Unchanged(role) => Self { action: "unchanged", id: Some(role.role_id), ..planned },
            Step::Delete(role) => {
                Self { action: "delete", id: Some(role.role_id.clone()), before: Some(facts(role)), ..planned }
            }
        }
    }
}

fn facts(role: PlannedRole) -> Facts {
    Facts { role: role.name, r_desc: role.description, ref_id: Some(role.ref_id) }
}

fn user_holders(holders: Holders) -> UserHolders {
    let first = holders.first.into_iter().map(|(user_id, email)| UserHolder { user_id, email });
    UserHolders { total: holders.n, first: first.collect() }
}

fn group_holders(holders: Holders) -> GroupHolders {
    let first = holders.first.into_iter().map(|(group_id, group_name)| GroupHolder { group_id, group_name });
    GroupHolders { total: holders.n, first: first.collect() }
}
