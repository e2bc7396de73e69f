//! Users, what they hold and why, and what became of them.

use rolecall_control::{
    holdings::{self, Event, History, Holding, Named, UserHoldings},
    users::{Details, Listed, Row},
};
use rolecall_model::time::Instant;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A page of users, in order of creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedUsers)]
pub struct UserPage {
    /// How many there are in all; not told of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The page.
    pub users: Vec<UserRow>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A user as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedUser)]
pub struct UserRow {
    /// Its id.
    pub user_id: String,
    /// Its e-mail address.
    pub email: String,
    /// The id its organisation knows it by; empty if it has none.
    pub org_user_id: String,
    /// Its first name.
    pub first_name: String,
    /// Its last name.
    pub last_name: String,
    /// Whether it may sign in: `active` or `not active`.
    pub status: &'static str,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Whether it may create bots.
    pub can_create_bot: bool,
}

impl From<Row> for UserRow {
    fn from(row: Row) -> Self {
        Self {
            user_id: row.id,
            email: row.email,
            org_user_id: row.org_user_id,
            first_name: row.first_name,
            last_name: row.last_name,
            status: row.status.as_str(),
            is_developer: row.is_developer,
            can_create_bot: row.can_create_bot,
        }
    }
}

impl From<Listed> for UserPage {
    fn from(listed: Listed) -> Self {
        let users = listed.items.into_iter().map(UserRow::from);
        Self { total: listed.total, users: users.collect(), next_cursor: listed.next_cursor }
    }
}

/// A user, whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDetails {
    /// What lists show of it.
    #[serde(flatten)]
    pub user: UserRow,
    /// Whether it may create data tables and views.
    pub has_data_table_and_view_access: bool,
    /// Whether it owns the account.
    pub is_owner: bool,
    /// Its other particulars, such as `dept` and `city`, as far as they are known.
    #[schema(value_type = Object)]
    pub profile: Map<String, Value>,
    /// The groups it is in itself, by name.
    pub groups: Vec<GroupName>,
    /// When it was made.
    #[schema(value_type = String)]
    pub created_at: Instant,
}

impl From<Details> for UserDetails {
    fn from(details: Details) -> Self {
        let user = details.user;
        let groups = details.groups.into_iter().map(|group| GroupName { group_id: group.id, name: group.name });
        Self {
            has_data_table_and_view_access: user.has_data_access,
            is_owner: details.is_owner,
            groups: groups.collect(),
            created_at: user.created_at,
            user: Row::from(rolecall_model::user::UserRow::from(&user)).into(),
            profile: user.profile,
        }
    }
}

/// A group by its name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupName {
    /// Its id.
    pub group_id: String,
    /// Its name.
    pub name: String,
}

impl From<Named> for GroupName {
    fn from(named: Named) -> Self {
        Self { group_id: named.id, name: named.name }
    }
}

/// A role by its name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleName {
    /// Its id.
    pub role_id: String,
    /// Its name.
    pub name: String,
}

impl From<Named> for RoleName {
    fn from(named: Named) -> Self {
        Self { role_id: named.id, name: named.name }
    }
}

/// A bot by its name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotName {
    /// Its id.
    pub bot_id: String,
    /// Its name.
    pub name: String,
}

impl From<Named> for BotName {
    fn from(named: Named) -> Self {
        Self { bot_id: named.id, name: named.name }
    }
}

/// How somebody came to hold a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// Whether it is held without any group.
    pub is_direct: bool,
    /// The ways by groups, each from the group that the user is in itself, through groups around it, to the
    /// one that holds the role. Of several ways between the same two groups the shortest is told.
    pub ways: Vec<Vec<GroupName>>,
}

impl From<holdings::Why> for Why {
    fn from(why: holdings::Why) -> Self {
        let way = |way: Vec<Named>| way.into_iter().map(GroupName::from).collect();
        Self { is_direct: why.is_direct, ways: why.ways.into_iter().map(way).collect() }
    }
}

/// A role that is held, and why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldRole {
    /// The role.
    pub role: RoleName,
    /// The bot it acts on; left out if it acts on the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotName>,
    /// How it came to be held.
    pub why: Why,
}

impl From<Holding> for HeldRole {
    fn from(holding: Holding) -> Self {
        Self { role: holding.role.into(), bot: holding.bot.map(BotName::from), why: holding.why.into() }
    }
}

/// All that a user holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRoles {
    /// The user, as it is known now or was last.
    pub user: UserRow,
    /// Each role on each bot once: those on the account first, then by bot, in order of creation.
    pub roles: Vec<HeldRole>,
}

impl From<UserHoldings> for UserRoles {
    fn from(held: UserHoldings) -> Self {
        Self { user: held.user.into(), roles: held.holdings.into_iter().map(HeldRole::from).collect() }
    }
}

/// All that a group gives to whoever is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupRoles {
    /// Each role on each bot once. A way of one group is the group itself; longer ones lead through groups
    /// around it.
    pub roles: Vec<HeldRole>,
}

impl From<Vec<Holding>> for GroupRoles {
    fn from(holdings: Vec<Holding>) -> Self {
        Self { roles: holdings.into_iter().map(HeldRole::from).collect() }
    }
}

/// A page of what became of a user, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserHistory {
    /// The user, as it is known now or was last.
    pub user: UserRow,
    /// What happened to it.
    pub events: Vec<UserEvent>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Something that happened to a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEvent {
    /// When.
    #[schema(value_type = String)]
    pub at: Instant,
    /// `assigned` or `unassigned` for a role it gained or lost itself, `joined` or `left` for a group.
    pub event: &'static str,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// The bot that the role acts on; left out if it acts on the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotName>,
    /// The group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// Who did it, as the audit log has it: `app:` and a client id, `user:` and a user id, or `operator`.
    pub by: String,
    /// The id of the audit log's entry about it.
    pub audit_log_id: String,
}

impl From<Event> for UserEvent {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            event: event.moment.as_str(),
            role: event.role.map(RoleName::from),
            bot: event.bot.map(BotName::from),
            group: event.group.map(GroupName::from),
            by: event.by,
            audit_log_id: event.entry_id,
        }
    }
}

impl From<History> for UserHistory {
    fn from(history: History) -> Self {
        Self {
            user: history.user.into(),
            events: history.events.into_iter().map(UserEvent::from).collect(),
            next_cursor: history.next_cursor,
        }
    }
}
