//! Numbers, ids and names: what a thing that is known one way is called in the others.
//!
//! Calls name people by address and groups by name; tables hold numbers; answers and audit entries
//! show ids and names. This goes from one to the other for many at once, reading nothing else.

use std::collections::HashMap;

use rolecall_model::{
    ids::{AccountNo, BotNo, RoleNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk::Column, many::Rows};

pub(crate) const USERS: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.created_at_ms, t.removed_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no";
pub(crate) const GROUPS: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.group_no, t.group_id, t.name, t.created_at_ms, t.removed_at_ms
FROM sought
CROSS JOIN groups AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.no";
pub(crate) const ROLES: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.role_no, t.role_id, t.name, t.created_at_ms, t.removed_at_ms
FROM sought
CROSS JOIN roles AS t
WHERE t.account_no = sought.account_no AND t.role_no = sought.no";
pub(crate) const BOTS: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.bot_no, t.bot_id, t.name, t.created_at_ms, t.removed_at_ms
FROM sought
CROSS JOIN bots AS t
WHERE t.account_no = sought.account_no AND t.bot_no = sought.no";

pub(crate) const USERS_BY_EMAIL: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.created_at_ms, t.removed_at_ms, t.email_folded
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.email_folded = sought.value AND t.removed_at_ms IS NULL";
pub(crate) const USERS_BY_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.created_at_ms, t.removed_at_ms, t.user_id
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_id = sought.value AND t.removed_at_ms IS NULL";
// Compared beside `<> ''` so that the partial index over the ids that are set can serve it.
pub(crate) const USERS_BY_ORG_USER_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.created_at_ms, t.removed_at_ms, t.org_user_id
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.org_user_id = sought.value AND t.removed_at_ms IS NULL AND t.org_user_id <> ''";
pub(crate) const GROUPS_BY_NAME: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.group_no, t.group_id, t.name, t.created_at_ms, t.removed_at_ms, t.name_folded
FROM sought
CROSS JOIN groups AS t
WHERE t.account_no = sought.account_no AND t.name_folded = sought.value AND t.removed_at_ms IS NULL";
pub(crate) const GROUPS_BY_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.group_no, t.group_id, t.name, t.created_at_ms, t.removed_at_ms, t.group_id
FROM sought
CROSS JOIN groups AS t
WHERE t.account_no = sought.account_no AND t.group_id = sought.value AND t.removed_at_ms IS NULL";
pub(crate) const BOTS_BY_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.bot_no, t.bot_id, t.name, t.created_at_ms, t.removed_at_ms, t.bot_id
FROM sought
CROSS JOIN bots AS t
WHERE t.account_no = sought.account_no AND t.bot_id = sought.value AND t.removed_at_ms IS NULL";

pub(crate) const USERS_EVER: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.created_at_ms, t.removed_at_ms, t.user_id
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_id = sought.value";
pub(crate) const GROUPS_EVER: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.group_no, t.group_id, t.name, t.created_at_ms, t.removed_at_ms, t.group_id
FROM sought
CROSS JOIN groups AS t
WHERE t.account_no = sought.account_no AND t.group_id = sought.value";
pub(crate) const ROLES_EVER: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.role_no, t.role_id, t.name, t.created_at_ms, t.removed_at_ms, t.role_id
FROM sought
CROSS JOIN roles AS t
WHERE t.account_no = sought.account_no AND t.role_id = sought.value";
pub(crate) const BOTS_EVER: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.bot_no, t.bot_id, t.name, t.created_at_ms, t.removed_at_ms, t.bot_id
FROM sought
CROSS JOIN bots AS t
WHERE t.account_no = sought.account_no AND t.bot_id = sought.value";
const ROLE_NOS: &str = "SELECT role_no FROM roles WHERE account_no = $1";
const BOT_NOS: &str = "SELECT bot_no FROM bots WHERE account_no = $1";

/// The columns of what is sought by number.
pub(crate) const BY_NO: [Column; 2] = [Column::Number, Column::Number];
/// The columns of what is sought by a key of the caller's.
pub(crate) const BY_KEY: [Column; 2] = [Column::Number, Column::Text];

/// What kind of thing has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A user; its name is its e-mail address.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A bot.
    Bot,
}

/// What a caller knows a thing by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A user's e-mail address, folded.
    Email,
    /// A user's id.
    UserId,
    /// A user's id in its organisation.
    OrgUserId,
    /// A group's name, folded.
    GroupName,
    /// A group's id.
    GroupId,
    /// A bot's id.
    BotId,
}

/// A thing by its number, its id and its name of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its number.
    pub no: i64,
    /// Its id.
    pub id: String,
    /// Its name, or a user's e-mail address.
    pub name: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was removed, if it was.
    pub removed_at: Option<Instant>,
}

impl Name {
    /// Whether the thing is there now, or was there `at` then.
    pub fn is_there(&self, at: Option<Instant>) -> bool {
        match at {
            None => self.removed_at.is_none(),
            Some(at) => self.created_at <= at && self.removed_at.is_none_or(|removed_at| removed_at > at),
        }
    }
}

fn name(row: &AnyRow) -> Result<Name, Error> {
    Ok(Name {
        no: row.try_get(0)?,
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        created_at: Instant::from_ms(row.try_get(3)?),
        removed_at: row.try_get::<Option<i64>, _>(4)?.map(Instant::from_ms),
    })
}

/// The names of the things with numbers `nos`, those that were removed included.
pub async fn of(tx: &mut Tx, account: AccountNo, thing: Thing, nos: &[i64]) -> Result<HashMap<i64, Name>, Error> {
    let sql = match thing {
        Thing::User => USERS,
        Thing::Group => GROUPS,
        Thing::Role => ROLES,
        Thing::Bot => BOTS,
    };
    let mut sought = Rows::of(&BY_NO);
    for no in nos {
        sought.number(account.0).number(*no);
    }
    let mut names = HashMap::with_capacity(nos.len());
    for row in tx.all_of(sql, &sought).await? {
        let name = name(&row)?;
        names.insert(name.no, name);
    }
    Ok(names)
}

/// The things that are there now and that `key` leads to, by those of `values` that do.
pub async fn find(
    tx: &mut Tx,
    account: AccountNo,
    key: Key,
    values: &[String],
) -> Result<HashMap<String, Name>, Error> {
    let sql = match key {
        Key::Email => USERS_BY_EMAIL,
        Key::UserId => USERS_BY_ID,
        Key::OrgUserId => USERS_BY_ORG_USER_ID,
        Key::GroupName => GROUPS_BY_NAME,
        Key::GroupId => GROUPS_BY_ID,
        Key::BotId => BOTS_BY_ID,
    };
    let mut sought = Rows::of(&BY_KEY);
    for value in values {
        sought.number(account.0).text(value);
    }
    let mut names = HashMap::with_capacity(values.len());
    for row in tx.all_of(sql, &sought).await? {
        names.insert(row.try_get(5)?, name(&row)?);
    }
    Ok(names)
}

/// The things with these ids, those that were removed included, by id.
pub async fn find_ever(
    tx: &mut Tx,
    account: AccountNo,
    thing: Thing,
    ids: &[String],
) -> Result<HashMap<String, Name>, Error> {
    let sql = match thing {
        Thing::User => USERS_EVER,
        Thing::Group => GROUPS_EVER,
        Thing::Role => ROLES_EVER,
        Thing::Bot => BOTS_EVER,
    };
    let mut sought = Rows::of(&BY_KEY);
    for id in ids {
        sought.number(account.0).text(id);
    }
    let mut names = HashMap::with_capacity(ids.len());
    for row in tx.all_of(sql, &sought).await? {
        names.insert(row.try_get(5)?, name(&row)?);
    }
    Ok(names)
}

/// The numbers of all roles the account has or had.
pub async fn all_roles(tx: &mut Tx, account: AccountNo) -> Result<Vec<RoleNo>, Error> {
    let rows = tx.all(sqlx::query(ROLE_NOS).bind(account.0)).await?;
    rows.iter().map(|row| Ok(RoleNo(row.try_get(0)?))).collect()
}

/// The numbers of all bots the account has or had.
pub async fn all_bots(tx: &mut Tx, account: AccountNo) -> Result<Vec<BotNo>, Error> {
    let rows = tx.all(sqlx::query(BOT_NOS).bind(account.0)).await?;
    rows.iter().map(|row| Ok(BotNo(row.try_get(0)?))).collect()
}
