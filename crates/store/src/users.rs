//! Users of an account.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    page::{Page, Start},
    text::fold,
    time::Instant,
    user::{Status, User},
};
use serde_json::Value;
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

pub(crate) const LIST: &str = "
SELECT user_no, user_id, email, org_user_id, first_name, last_name, is_developer, can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms
FROM users
WHERE account_no = $1 AND user_no > $2 AND removed_at_ms IS NULL
ORDER BY user_no
LIMIT $3 OFFSET $4";
pub(crate) const LIST_AT: &str = "
SELECT user_no, user_id, email, org_user_id, first_name, last_name, is_developer, can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms
FROM users
WHERE account_no = $1 AND user_no > $2 AND created_at_ms <= $5 AND (removed_at_ms IS NULL OR removed_at_ms > $5)
ORDER BY user_no
LIMIT $3 OFFSET $4";
const COUNT_AT: &str = "
SELECT COUNT(*)
FROM users
WHERE account_no = $1 AND created_at_ms <= $2 AND (removed_at_ms IS NULL OR removed_at_ms > $2)";
const FIND_BY: &str = "
SELECT user_no, user_id, email, org_user_id, first_name, last_name, is_developer, can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms
FROM users
WHERE account_no = $1 AND removed_at_ms IS NULL AND ";
const INSERT: &str = "
INSERT INTO users
  (account_no, user_no, user_id, email, email_folded, org_user_id, first_name, last_name, is_developer, can_create_bot,
   has_data_access, status, profile, bot_tasks, created_at_ms, changed_revision)
VALUES ";
const UPDATE: &str = "
UPDATE users
SET email = $3, email_folded = $4, org_user_id = $5, first_name = $6, last_name = $7, is_developer = $8, can_create_bot = $9,
    has_data_access = $10, status = $11, profile = $12, bot_tasks = $13, changed_revision = $14
WHERE account_no = $1 AND user_no = $2";
const REMOVE: &str =
    "UPDATE users SET removed_at_ms = $3 WHERE account_no = $1 AND user_no = $2 AND removed_at_ms IS NULL";

/// What users can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The e-mail address, folded.
    Email,
    /// The organisation's id.
    OrgUserId,
    /// The user's id.
    Id,
    /// The user's number, in decimal.
    No,
}

impl Key {
    /// The condition's beginning. An organisation id is compared beside `<> ''` so that the partial
    /// index over the ids that are set can serve it.
    fn condition(self) -> &'static str {
        match self {
            Self::Email => "email_folded IN ",
            Self::OrgUserId => "org_user_id <> '' AND org_user_id IN ",
            Self::Id => "user_id IN ",
            Self::No => "user_no IN ",
        }
    }
}

fn user(row: &AnyRow) -> Result<User, Error> {
    let unreadable = |column: &str| Error::Failed { code: format!("unreadable users.{column}") };
    Ok(User {
        no: UserNo(row.try_get(0)?),
        id: row.try_get(1)?,
        email: row.try_get(2)?,
        org_user_id: row.try_get(3)?,
        first_name: row.try_get(4)?,
        last_name: row.try_get(5)?,
        is_developer: row.try_get::<i64, _>(6)? != 0,
        can_create_bot: row.try_get::<i64, _>(7)? != 0,
        has_data_access: row.try_get::<i64, _>(8)? != 0,
        status: Status::parse(row.try_get(9)?).ok_or_else(|| unreadable("status"))?,
        profile: serde_json::from_str(row.try_get(10)?).map_err(|_| unreadable("profile"))?,
        bot_tasks: serde_json::from_str(row.try_get(11)?).map_err(|_| unreadable("bot_tasks"))?,
        created_at: Instant::from_ms(row.try_get(12)?),
    })
}

/// A page of the account's users, in order of creation: those of now, or those there were `at` then.
pub async fn list(tx: &mut Tx, account: AccountNo, page: Page, at: Option<Instant>) -> Result<Vec<User>, Error> {
    let (after, offset) = match page.start {
        Start::After(no) => (no, 0),
        Start::Offset(offset) => (0, i64::try_from(offset).unwrap_or(i64::MAX)),
    };
    let sql = if at.is_some() { LIST_AT } else { LIST };
    let mut list = sqlx::query(sql).bind(account.0).bind(after).bind(i64::from(page.limit)).bind(offset);
    if let Some(at) = at {
        list = list.bind(at.as_ms());
    }
    tx.all(list).await?.iter().map(user).collect()
}

/// How many users the account had `at` then. How many it has now, its own row tells.
pub async fn count_at(tx: &mut Tx, account: AccountNo, at: Instant) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT_AT).bind(account.0).bind(at.as_ms())).await
}

/// Those of the account's users whose `key` is among `values`, in any order.
pub async fn find_many(tx: &mut Tx, account: AccountNo, key: Key, values: &[String]) -> Result<Vec<User>, Error> {
    let mut found = Vec::new();
    for slice in bulk::slices(values) {
        let sql = format!("{FIND_BY}{}({})", key.condition(), bulk::values(2, slice.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for value in slice {
            find = match key {
                Key::No => find.bind(value.parse::<i64>().unwrap_or_default()),
                Key::Email | Key::OrgUserId | Key::Id => find.bind(value.clone()),
            };
        }
        for row in tx.all(find).await? {
            found.push(user(&row)?);
        }
    }
    Ok(found)
}

/// Adds users. `revision` is the account's after this change.
///
/// Errors: [`Error::Conflict`] if an address or organisation id of one is taken.
pub async fn insert(tx: &mut Tx, account: AccountNo, revision: i64, users: &[User]) -> Result<(), Error> {
    for slice in bulk::slices(users) {
        let sql = format!("{INSERT}{}", bulk::rows(slice.len(), 16));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for user in slice {
            insert = insert
                .bind(account.0)
                .bind(user.no.0)
                .bind(user.id.clone())
                .bind(user.email.clone())
                .bind(fold(&user.email))
                .bind(user.org_user_id.clone())
                .bind(user.first_name.clone())
                .bind(user.last_name.clone())
                .bind(i64::from(user.is_developer))
                .bind(i64::from(user.can_create_bot))
                .bind(i64::from(user.has_data_access))
                .bind(user.status.as_str())
                .bind(Value::Object(user.profile.clone()).to_string())
                .bind(user.bot_tasks.to_string())
                .bind(user.created_at.as_ms())
                .bind(revision);
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// Writes all that may change of a user.
///
/// Errors: [`Error::Conflict`] if its address or organisation id is taken.
pub async fn update(tx: &mut Tx, account: AccountNo, revision: i64, user: &User) -> Result<(), Error> {
    let update = sqlx::query(UPDATE)
        .bind(account.0)
        .bind(user.no.0)
        .bind(user.email.clone())
        .bind(fold(&user.email))
        .bind(user.org_user_id.clone())
        .bind(user.first_name.clone())
        .bind(user.last_name.clone())
        .bind(i64::from(user.is_developer))
        .bind(i64::from(user.can_create_bot))
        .bind(i64::from(user.has_data_access))
        .bind(user.status.as_str())
        .bind(Value::Object(user.profile.clone()).to_string())
        .bind(user.bot_tasks.to_string())
        .bind(revision);
    tx.run(update).await?;
    Ok(())
}

/// Marks a user as removed at `at`: it stays in the history, and its address is free again.
pub async fn remove(tx: &mut Tx, account: AccountNo, user: UserNo, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE).bind(account.0).bind(user.0).bind(at.as_ms())).await?;
    Ok(())
}
