//! Roles as the vendor writes them (wire 7.6, 7.7).

use rolecall_control::list::List;
use rolecall_model::role::Role;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A page of roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolePage {
    /// How many roles of the type there are.
    pub total: u64,
    /// Whether more follow this page.
    pub available_more: bool,
    /// The roles.
    pub roles: Vec<RoleRow>,
    /// Additive: where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A role in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleRow {
    /// `admin` or `bot`.
    #[schema(example = "bot")]
    pub role_type: &'static str,
    /// Its id in this account.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its name.
    pub role: String,
    /// What it is for.
    pub r_desc: String,
    /// What it grants: `"YES"` or `"NO"` for admin roles, `["FULL"]`, `["VIEW"]`, `["YES"]` or
    /// `["NO"]` for bot roles.
    #[schema(value_type = Object)]
    pub permissions: Value,
}

/// A role in an export, in the form that an import takes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedRole {
    /// The role.
    #[serde(flatten)]
    pub row: RoleRow,
    /// The key that stays the same in every environment; an import matches by it.
    pub ref_id: String,
}

impl From<Role> for RoleRow {
    fn from(role: Role) -> Self {
        let permissions = role.permissions.to_wire(role.role_type);
        Self { role_type: role.role_type.as_str(), id: role.id, role: role.name, r_desc: role.description, permissions }
    }
}

impl From<Role> for ExportedRole {
    fn from(mut role: Role) -> Self {
        let ref_id = std::mem::take(&mut role.ref_id);
        Self { row: role.into(), ref_id }
    }
}

impl From<List<Role>> for RolePage {
    fn from(list: List<Role>) -> Self {
        Self {
            total: list.total,
            available_more: list.next_cursor.is_some(),
            roles: list.items.into_iter().map(Into::into).collect(),
            next_cursor: list.next_cursor,
        }
    }
}
