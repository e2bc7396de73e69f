//! What is known of users as the vendor writes it (wire 7.14).

use rolecall_control::users::{Info, Key};
use rolecall_model::{json::Object, problem::Problems, user::Status};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    user_roles::{AdminRoleRow, BotRoleRow},
    users::{Reason, invalid, parse_keys},
};

use crate::say;

/// Whom a call asks about.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct InfoSought {
    /// Their e-mail addresses.
    email_ids: Option<Vec<String>>,
    /// Or the ids their organisation knows them by.
    org_user_ids: Option<Vec<String>>,
    /// `active`, `not active` or `all`; `all` unless it says otherwise.
    status: Option<String>,
}

/// Reads the body of `POST usersInfo`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<(Vec<Key>, Option<Status>), Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let keys = parse_keys(object, "emailIds", "orgUserIds", &mut problems);
    let word = object.text_if_any("status", &mut problems).filter(|word| !word.is_empty() && *word != "all");
    let status = word.and_then(Status::parse);
    if word.is_some() && status.is_none() {
        problems.add("/status", say::must_be_status());
    }
    problems.or_ok((keys.into_iter().map(|(key, _)| key).collect(), status))
}

/// An element of the answer: a user, or an address that leads to nobody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum InfoRow {
    /// A user.
    Known(Box<KnownUser>),
    /// An address that leads to nobody.
    Unknown(UnknownUser),
}

/// What is known of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownUser {
    /// Whether it may create bots.
    pub can_create_bot: bool,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Who it is.
    pub user_info: KnownUserInfo,
    /// The roles it holds.
    pub roles: KnownRoles,
    /// The tasks of bots it was given.
    pub assign_bot_tasks: Vec<KnownTasks>,
    /// The groups it is in itself.
    pub groups: Vec<KnownGroup>,
}

/// Who a user is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownUserInfo {
    /// Its e-mail address.
    pub email_id: String,
    /// Its id.
    pub user_id: String,
    /// Its first name.
    pub first_name: String,
    /// Its last name.
    pub last_name: String,
    /// Whether it may sign in: `active` or `not active`.
    pub status: &'static str,
    /// Always null: nobody signs in to Rolecall.
    pub last_login: Option<String>,
    /// Additive: the id its organisation knows it by; empty if it has none.
    pub org_user_id: String,
}

/// The roles a user holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownRoles {
    /// Those on bots.
    pub bt_roles: Vec<BotRoleRow>,
    /// Those on the account.
    pub admin_roles: Vec<AdminRoleRow>,
}

/// The tasks of one bot that a user was given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownTasks {
    /// The bot's id.
    pub bot_id: String,
    /// The ids of its dialogs.
    pub dialogs: Vec<String>,
    /// Always empty.
    pub actions: Vec<String>,
    /// Always empty.
    pub alerts: Vec<String>,
    /// Always empty.
    pub knowledge_task: Vec<String>,
}

/// A group a user is in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownGroup {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
}

/// An address that leads to nobody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownUser {
    /// Which, and that it does.
    pub user_info: UnknownUserInfo,
}

/// Which address leads to nobody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownUserInfo {
    /// The address as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_id: Option<String>,
    /// Or the organisation's id as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_user_id: Option<String>,
    /// Always `failure`.
    pub status: &'static str,
    /// Why.
    pub reason: Reason,
}

impl From<Info> for KnownUser {
    fn from(Info { user, roles, groups }: Info) -> Self {
        let tasks = user.bot_tasks.as_array().into_iter().flatten().map(KnownTasks::of);
        Self {
            can_create_bot: user.can_create_bot,
            is_developer: user.is_developer,
            roles: KnownRoles {
                bt_roles: roles.on_bots.into_iter().map(Into::into).collect(),
                admin_roles: roles.on_account.into_iter().map(Into::into).collect(),
            },
            assign_bot_tasks: tasks.collect(),
            groups: groups.into_iter().map(|group| KnownGroup { group_id: group.id, group_name: group.name }).collect(),
            user_info: KnownUserInfo {
                email_id: user.email,
                user_id: user.id,
                first_name: user.first_name,
                last_name: user.last_name,
                status: user.status.as_str(),
                last_login: None,
                org_user_id: user.org_user_id,
            },
        }
    }
}

impl KnownTasks {
    /// The tasks as they are kept: an object with `streamId` and `dialogs`.
    fn of(kept: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let dialogs = kept.get("dialogs").and_then(Value::as_array).into_iter().flatten();
        Self {
            bot_id: kept.get("streamId").map(text).unwrap_or_default(),
            dialogs: dialogs.map(text).collect(),
            actions: Vec::new(),
            alerts: Vec::new(),
            knowledge_task: Vec::new(),
        }
    }
}

impl From<Key> for UnknownUser {
    fn from(key: Key) -> Self {
        let reason = Reason::new(invalid(&key), "The account has no such user.");
        let (email_id, org_user_id) = match key {
            Key::Email(email) => (Some(email), None),
            Key::OrgUserId(id) => (None, Some(id)),
        };
        Self { user_info: UnknownUserInfo { email_id, org_user_id, status: "failure", reason } }
    }
}

impl From<Result<Info, Key>> for InfoRow {
    fn from(info: Result<Info, Key>) -> Self {
        match info {
            Ok(info) => Self::Known(Box::new(info.into())),
            Err(key) => Self::Unknown(key.into()),
        }
    }
}
