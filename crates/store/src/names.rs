//! Numbers, ids and names: what a thing that is known one way is called in the others.
//!
//! Calls name people by address and groups by name; tables hold numbers; answers and audit entries
//! show ids and names. This goes from one to the other for many at once, reading nothing else.

use std::collections::HashMap;

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

pub(crate) const USERS: &str =
    "SELECT user_no, user_id, email, created_at_ms, removed_at_ms FROM users WHERE account_no = $1 AND user_no IN ";
pub(crate) const GROUPS: &str =
    "SELECT group_no, group_id, name, created_at_ms, removed_at_ms FROM groups WHERE account_no = $1 AND group_no IN ";
pub(crate) const ROLES: &str =
    "SELECT role_no, role_id, name, created_at_ms, removed_at_ms FROM roles WHERE account_no = $1 AND role_no IN ";
pub(crate) const BOTS: &str =
    "SELECT bot_no, bot_id, name, created_at_ms, removed_at_ms FROM bots WHERE account_no = $1 AND bot_no IN ";

pub(crate) const USERS_BY_EMAIL: &str = "
SELECT user_no, user_id, email, created_at_ms, removed_at_ms, email_folded
FROM users
WHERE account_no = $1 AND removed_at_ms IS NULL AND email_folded IN ";
// Compared beside `<> ''` so that the partial index over the ids that are set can serve it.
pub(crate) const USERS_BY_ORG_USER_ID: &str = "
SELECT user_no, user_id, email, created_at_ms, removed_at_ms, org_user_id
FROM users
WHERE account_no = $1 AND removed_at_ms IS NULL AND org_user_id <> '' AND org_user_id IN ";
pub(crate) const GROUPS_BY_NAME: &str = "
SELECT group_no, group_id, name, created_at_ms, removed_at_ms, name_folded
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND name_folded IN ";
pub(crate) const BOTS_BY_ID: &str = "
SELECT bot_no, bot_id, name, created_at_ms, removed_at_ms, bot_id
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND bot_id IN ";

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
    /// A user's id in its organisation.
    OrgUserId,
    /// A group's name, folded.
    GroupName,
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
    let mut names = HashMap::with_capacity(nos.len());
    for list in bulk::lists(nos) {
        let sql = format!("{sql}({})", bulk::values(2, list.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for no in list {
            find = find.bind(no);
        }
        for row in tx.all(find).await? {
            let name = name(&row)?;
            names.insert(name.no, name);
        }
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
        Key::OrgUserId => USERS_BY_ORG_USER_ID,
        Key::GroupName => GROUPS_BY_NAME,
        Key::BotId => BOTS_BY_ID,
    };
    let mut names = HashMap::with_capacity(values.len());
    for list in bulk::lists(values) {
        let sql = format!("{sql}({})", bulk::values(2, list.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for value in list {
            find = find.bind(value);
        }
        for row in tx.all(find).await? {
            names.insert(row.try_get(5)?, name(&row)?);
        }
    }
    Ok(names)
}
