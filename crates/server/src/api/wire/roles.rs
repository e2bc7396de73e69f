//! Roles: what they grant, and whom removing one would take it from.
//!
//! Levels are plain words here for both types, where the vendor's API wraps those of bot roles in arrays.

use rolecall_control::{
    list::List,
    roles::{Edit, Fixed, Loser, NewRole, Removal, fixed},
};
use rolecall_model::{
    json::Object,
    problem::Problems,
    role::{
        ADMIN_PERMISSIONS, BOT_PERMISSIONS_BY_DEPTH, BOT_PERMISSIONS_YES_NO, Permissions, Role, RoleType, vocabulary,
    },
    time::Instant,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::known_only;

use crate::say;

/// A role to be made.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct RoleWish {
    /// What it acts on: `admin` for the account, `bot` for one bot at a time.
    #[schema(example = "bot")]
    role_type: String,
    /// Its name, unique among the roles of its type in any case of letters.
    name: String,
    /// What it is for; at most 2,000 characters.
    #[schema(required = false)]
    description: Option<String>,
    /// What it grants: levels by the names of permissions, as `GET /api/v1/permissions` has them.
    #[schema(value_type = Object, example = json!({"Tasks": "VIEW", "Channels": "YES"}))]
    permissions: Value,
    /// The key that stays the same in every environment; a new one if it is left out.
    #[schema(required = false)]
    ref_id: Option<String>,
}

/// What is to be changed of a role; what is left out stays.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_edit`")]
pub struct RoleEdit {
    /// Its name.
    #[schema(required = false)]
    name: Option<String>,
    /// What it is for.
    #[schema(required = false)]
    description: Option<String>,
    /// All that it grants from now on: what is not listed is taken away.
    #[schema(required = false, value_type = Option<Object>, example = json!({"Tasks": "FULL"}))]
    permissions: Option<Value>,
}

/// What a copy of a role is to be called.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_copy`")]
pub struct RoleCopy {
    /// Its name.
    name: String,
    /// What it is for; as the role that is copied if it is left out.
    #[schema(required = false)]
    description: Option<String>,
}

/// Reads the body of `POST roles`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<NewRole, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let word = object.text("roleType", &mut problems);
    let role_type = RoleType::parse(word);
    if role_type.is_none() && !word.is_empty() {
        problems.add("/roleType", say::must_be_admin_or_bot());
    }
    // Without a type nobody can tell which levels there are.
    let role_type = role_type.unwrap_or(RoleType::Bot);
    let name = object.text("name", &mut problems).to_owned();
    let description = object.text_if_any("description", &mut problems).unwrap_or_default().to_owned();
    let ref_id = object.text_if_any("refId", &mut problems).map(str::to_owned);
    let permissions = if object.get("permissions").is_none() {
        problems.add("/permissions", say::is_required());
        Permissions::default()
    } else {
        permissions(role_type, object, &mut problems).unwrap_or_default()
    };
    known_only(object, &["roleType", "name", "description", "permissions", "refId"], &mut problems);
    problems.or_ok(NewRole { role_type, name, description, permissions, ref_id })
}

/// Reads the body of `PATCH roles/{id}`, about a role of type `role_type`.
///
/// Errors: every place where it has not the right form.
pub fn parse_edit(role_type: RoleType, body: &Value) -> Result<Edit, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text_if_any("name", &mut problems).map(str::to_owned);
    let description = object.text_if_any("description", &mut problems).map(str::to_owned);
    let permissions = permissions(role_type, object, &mut problems);
    known_only(object, &["name", "description", "permissions"], &mut problems);
    problems.or_ok(Edit { name, description, permissions })
}

/// Reads the body of `POST roles/{id}/copy`: the name and the description.
///
/// Errors: every place where it has not the right form.
pub fn parse_copy(body: &Value) -> Result<(String, Option<String>), Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text("name", &mut problems).to_owned();
    let description = object.text_if_any("description", &mut problems).map(str::to_owned);
    known_only(object, &["name", "description"], &mut problems);
    problems.or_ok((name, description))
}

fn permissions(role_type: RoleType, object: Object<'_>, problems: &mut Problems) -> Option<Permissions> {
    let given = object.get("permissions")?;
    Some(Permissions::parse_plain(role_type, given, "/permissions", problems))
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Role)]
pub struct ShownRole {
    /// Its id.
    #[schema(example = "695b7d9009b0798873ec7444")]
    pub role_id: String,
    /// What it acts on: `admin` or `bot`.
    pub role_type: &'static str,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it grants: levels by the names of permissions.
    #[schema(value_type = Object)]
    pub permissions: Value,
    /// The key that stays the same in every environment.
    pub ref_id: String,
    /// Whether the account had it from its beginning.
    pub is_built_in: bool,
    /// What nobody can change of it: `nothing`, its `name`, or `all`.
    pub fixed: &'static str,
    /// When it was made.
    #[schema(value_type = String)]
    pub created_at: Instant,
    /// By whom: `app:` and a client id, `user:` and a user id, or `operator`.
    pub created_by: String,
    /// When it was last changed.
    #[schema(value_type = String)]
    pub modified_at: Instant,
    /// By whom.
    pub modified_by: String,
}

impl From<Role> for ShownRole {
    fn from(role: Role) -> Self {
        Self {
            fixed: match fixed(&role) {
                Fixed::Nothing => "nothing",
                Fixed::Name => "name",
                Fixed::All => "all",
            },
            role_id: role.id,
            role_type: role.role_type.as_str(),
            name: role.name,
            description: role.description,
            permissions: role.permissions.to_plain(),
            ref_id: role.ref_id,
            is_built_in: role.is_built_in,
            created_at: role.created_at,
            created_by: role.created_by,
            modified_at: role.modified_at,
            modified_by: role.modified_by,
        }
    }
}

/// A page of roles of one type: built-in ones first, then in order of their creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleList {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub roles: Vec<ShownRole>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<List<Role>> for RoleList {
    fn from(list: List<Role>) -> Self {
        let roles = list.items.into_iter().map(Into::into).collect();
        Self { total: list.total, roles, next_cursor: list.next_cursor }
    }
}

/// What removing a role would take from whom.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleRemoval {
    /// The role, with all that it grants.
    pub role: ShownRole,
    /// Where it is held, and by how many.
    pub places: Vec<RemovalPlace>,
    /// The users who hold it themselves; the first 100.
    pub users: Vec<UserLoses>,
    /// The groups that hold it, with whoever is in them; the first 100.
    pub groups: Vec<GroupLoses>,
}

/// Where a role is held, and by how many.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovalPlace {
    /// The bot's id; nothing for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<String>,
    /// The bot's name; nothing for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
    /// How many users hold it there themselves.
    pub users: i64,
    /// How many groups hold it there.
    pub groups: i64,
}

/// A user who would lose a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLoses {
    /// The user's id.
    pub user_id: String,
    /// The user's e-mail address.
    pub email_id: String,
    /// The bot on which; nothing for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<String>,
}

/// A group that would lose a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupLoses {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub name: String,
    /// The bot on which; nothing for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<String>,
}

impl From<Removal> for RoleRemoval {
    fn from(removal: Removal) -> Self {
        let place = |(bot, place): (Option<rolecall_store::names::Name>, rolecall_store::holders::Place)| {
            let (bot_id, bot_name) = bot.map(|bot| (bot.id, bot.name)).unzip();
            RemovalPlace { bot_id, bot_name, users: place.n_users, groups: place.n_groups }
        };
        let bot_id = |loser: &Loser| loser.bot.as_ref().map(|bot| bot.id.clone());
        let user = |loser: Loser| UserLoses { bot_id: bot_id(&loser), user_id: loser.who.id, email_id: loser.who.name };
        let group = |loser: Loser| GroupLoses { bot_id: bot_id(&loser), group_id: loser.who.id, name: loser.who.name };
        Self {
            role: removal.role.into(),
            places: removal.places.into_iter().map(place).collect(),
            users: removal.users.into_iter().map(user).collect(),
            groups: removal.groups.into_iter().map(group).collect(),
        }
    }
}

/// The permissions that roles of each type may grant. Names that stand in neither list are kept as they
/// are, with any level of their type: the platform invents new ones.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionList {
    /// Of admin roles.
    pub admin: Vec<KnownPermission>,
    /// Of bot roles.
    pub bot: Vec<KnownPermission>,
}

/// A permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownPermission {
    /// Its name.
    pub name: &'static str,
    /// The levels it may have, the highest first.
    pub levels: Vec<&'static str>,
}

/// The permissions that this program knows.
pub fn known_permissions() -> PermissionList {
    let known = |role_type, name| KnownPermission {
        name,
        levels: vocabulary(role_type, name).iter().map(|level| level.as_str()).collect(),
    };
    let of_bots = BOT_PERMISSIONS_BY_DEPTH.into_iter().chain(BOT_PERMISSIONS_YES_NO);
    PermissionList {
        admin: ADMIN_PERMISSIONS.into_iter().map(|name| known(RoleType::Admin, name)).collect(),
        bot: of_bots.map(|name| known(RoleType::Bot, name)).collect(),
    }
}
