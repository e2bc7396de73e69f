//! Users with their roles as the vendor writes them (wire 7.8).

use rolecall_control::holdings::{Held, Holdings, Roles};
use rolecall_model::user::User;
use rolecall_store::names::Name;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of users with their roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPage {
    /// How many users the account has.
    pub total: u64,
    /// Whether more follow this page.
    pub available_more: bool,
    /// The users.
    pub users: Vec<UserRow>,
    /// Additive: where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A user with its roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    /// Its e-mail address.
    pub username: String,
    /// The id its organisation knows it by; empty if it has none.
    pub org_user_id: String,
    /// The account's id.
    pub account_id: String,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Whether it may create bots.
    pub can_create_bot: bool,
    /// Its id.
    pub user_id: String,
    /// The roles it holds on bots.
    pub bt_roles: Vec<BotRoleRow>,
    /// The roles it holds on the account.
    pub admin_roles: Vec<AdminRoleRow>,
}

/// A role that a user holds on a bot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotRoleRow {
    /// The role's id.
    pub role_id: String,
    /// The role's name.
    pub role_name: String,
    /// The names of the groups that give it.
    pub groups: Vec<String>,
    /// The bot's id.
    pub bot_id: String,
    /// The bot's name.
    pub bot_name: String,
    /// Additive: whether the user holds it without any group.
    pub direct: bool,
}

/// A role that a user holds on the account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRoleRow {
    /// The role's id.
    pub role_id: String,
    /// The role's name.
    pub role_name: String,
    /// The names of the groups that give it.
    pub groups: Vec<String>,
    /// Additive: whether the user holds it without any group.
    pub direct: bool,
}

impl From<(Name, Held)> for BotRoleRow {
    fn from((bot, held): (Name, Held)) -> Self {
        Self {
            role_id: held.role.id,
            role_name: held.role.name,
            groups: held.groups,
            bot_id: bot.id,
            bot_name: bot.name,
            direct: held.is_direct,
        }
    }
}

impl From<Held> for AdminRoleRow {
    fn from(held: Held) -> Self {
        Self { role_id: held.role.id, role_name: held.role.name, groups: held.groups, direct: held.is_direct }
    }
}

impl UserRow {
    fn new(account_id: &str, user: User, roles: Roles) -> Self {
        Self {
            username: user.email,
            org_user_id: user.org_user_id,
            account_id: account_id.to_owned(),
            is_developer: user.is_developer,
            can_create_bot: user.can_create_bot,
            user_id: user.id,
            bt_roles: roles.on_bots.into_iter().map(Into::into).collect(),
            admin_roles: roles.on_account.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Holdings> for UserPage {
    fn from(Holdings { account_id, users }: Holdings) -> Self {
        Self {
            total: users.total,
            available_more: users.next_cursor.is_some(),
            users: users.items.into_iter().map(|(user, roles)| UserRow::new(&account_id, user, roles)).collect(),
            next_cursor: users.next_cursor,
        }
    }
}
