//! Groups as the vendor writes them (wire 7.10).

use rolecall_control::{groups::Listed, list::List};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of groups.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupPage {
    /// How many groups the account has.
    pub total: u64,
    /// Whether more follow this page.
    pub available_more: bool,
    /// The groups.
    pub groups: Vec<GroupRow>,
}

/// A group in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(example = "e-0eb64991-6b79-5eb9-a512-8a2e41340c56")]
    pub id: String,
    /// Its name.
    #[serde(rename = "gN")]
    pub name: String,
    /// What it is for.
    #[serde(rename = "gDesc")]
    pub description: String,
    /// The groups directly in it.
    pub groups: Vec<NestedGroup>,
    /// The first 1,000 users directly in it.
    pub users: Vec<GroupUser>,
    /// How many users are directly in it.
    pub user_count: u64,
    /// Additive: `true` where `users` does not show all of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_users: bool,
}

/// A group in a group.
#[derive(Debug, Serialize, ToSchema)]
pub struct NestedGroup {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its name.
    #[serde(rename = "gN")]
    pub name: String,
}

/// A user in a group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupUser {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(example = "u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7")]
    pub id: String,
    /// Its e-mail address.
    pub email_id: String,
    /// Its last name.
    pub last_name: String,
    /// Its first name.
    pub first_name: String,
    /// Always `no-avatar`.
    pub prof_image: &'static str,
    /// Always empty.
    pub prof_colour: &'static str,
    /// Whether it may sign in: `active` or `not active`.
    pub activation_status: String,
    /// Always empty.
    pub j_title: &'static str,
    /// The account, in the vendor's form of an organisation.
    pub org_id: String,
}

impl From<Listed> for GroupRow {
    fn from(listed: Listed) -> Self {
        let groups = listed.groups.into_iter().map(|inside| NestedGroup { id: inside.id, name: inside.name });
        let more_users = listed.n_users > listed.users.len() as u64;
        let users = listed.users.into_iter().map(|inside| GroupUser {
            id: inside.id,
            email_id: inside.email,
            last_name: inside.last_name,
            first_name: inside.first_name,
            prof_image: "no-avatar",
            prof_colour: "",
            activation_status: inside.status,
            j_title: "",
            org_id: listed.org_id.clone(),
        });
        Self {
            id: listed.group.id,
            name: listed.group.name,
            description: listed.group.description,
            groups: groups.collect(),
            users: users.collect(),
            user_count: listed.n_users,
            more_users,
        }
    }
}

impl From<List<Listed>> for GroupPage {
    fn from(list: List<Listed>) -> Self {
        Self {
            total: list.total,
            available_more: list.next_cursor.is_some(),
            groups: list.items.into_iter().map(Into::into).collect(),
        }
    }
}
