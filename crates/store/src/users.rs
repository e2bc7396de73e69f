//! Users of an account.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    page::Page,
    text::fold,
    time::Instant,
    user::{Status, User},
};
use serde_json::Value;
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    bulk::{self, Column},
    names::{BY_KEY, BY_NO},
};

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
const COUNT: &str = "SELECT COUNT(*) FROM users WHERE account_no = $1 AND removed_at_ms IS NULL";
const COUNT_AT: &str = "
SELECT COUNT(*)
FROM users
WHERE account_no = $1 AND created_at_ms <= $2 AND (removed_at_ms IS NULL OR removed_at_ms > $2)";
pub(crate) const FIND_BY_EMAIL: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.email_folded = sought.value AND t.removed_at_ms IS NULL";
// Compared beside `<> ''` so that the partial index over the ids that are set can serve it.
pub(crate) const FIND_BY_ORG_USER_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.org_user_id = sought.value AND t.removed_at_ms IS NULL AND t.org_user_id <> ''";
pub(crate) const FIND_BY_NO: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.value AND t.removed_at_ms IS NULL";
pub(crate) const FIND_EVER_BY_NO: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.value";
pub(crate) const FIND_BY_ID: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND t.user_id = sought.value AND t.removed_at_ms IS NULL";
// Both sides in lower case, as the index has it, and SQLite uses that for a text without a column's type.
pub(crate) const FIND_BY_ORG_USER_ID_ANY_CASE: &str = "
WITH sought (account_no, value) AS (VALUES SOUGHT)
SELECT t.user_no, t.user_id, t.email, t.org_user_id, t.first_name, t.last_name, t.is_developer, t.can_create_bot, t.has_data_access, t.status, t.profile, t.bot_tasks, t.created_at_ms
FROM sought
CROSS JOIN users AS t
WHERE t.account_no = sought.account_no AND LOWER(t.org_user_id) = LOWER(sought.value) AND t.removed_at_ms IS NULL AND t.org_user_id <> ''";
const INSERT: &str = "
INSERT INTO users
  (account_no, user_no, user_id, email, email_folded, org_user_id, first_name, last_name, is_developer, can_create_bot,
   has_data_access, status, profile, bot_tasks, created_at_ms, changed_revision)
VALUES ";
pub(crate) const UPDATE: &str = "
WITH changed (account_no, user_no, email, email_folded, org_user_id, first_name, last_name, is_developer,
  can_create_bot, has_data_access, status, profile, bot_tasks, revision) AS (VALUES SOUGHT)
UPDATE users
SET email = changed.email, email_folded = changed.email_folded, org_user_id = changed.org_user_id,
    first_name = changed.first_name, last_name = changed.last_name, is_developer = changed.is_developer,
    can_create_bot = changed.can_create_bot, has_data_access = changed.has_data_access, status = changed.status,
    profile = changed.profile, bot_tasks = changed.bot_tasks, changed_revision = changed.revision
FROM changed
WHERE users.account_no = changed.account_no AND users.user_no = changed.user_no";
/// The columns of [`UPDATE`].
pub(crate) const CHANGED: [Column; 14] = {
    use Column::{Number as N, Text as T};
    [N, N, T, T, T, T, T, N, N, N, T, T, T, N]
};
pub(crate) const REMOVE: &str = "
WITH removed (account_no, user_no, at_ms, revision) AS (VALUES SOUGHT)
UPDATE users
SET removed_at_ms = removed.at_ms, changed_revision = removed.revision
FROM removed
WHERE users.account_no = removed.account_no AND users.user_no = removed.user_no AND users.removed_at_ms IS NULL";
/// The columns of [`REMOVE`].
pub(crate) const REMOVED: [Column; 4] = [Column::Number; 4];

/// What users can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The e-mail address, folded.
    Email,
    /// The organisation's id.
    OrgUserId,
    /// The organisation's id in any case of letters (on SQLite, of ASCII letters); several users may have it.
    OrgUserIdAnyCase,
    /// The user's number, in decimal.
    No,
    /// The user's number, in decimal; users that were removed have one too.
    EverNo,
    /// The user's id.
    Id,
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
    let (after, offset) = page.after(0);
    let sql = if at.is_some() { LIST_AT } else { LIST };
    let mut list = sqlx::query(sql).bind(account.0).bind(after).bind(i64::from(page.limit)).bind(offset);
    if let Some(at) = at {
        list = list.bind(at.as_ms());
    }
    tx.all(list).await?.iter().map(user).collect()
}

/// How many users the account has now, counted one by one. Its own row tells it at once; this is for
/// finding out whether that is true.
pub async fn count(tx: &mut Tx, account: AccountNo) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT).bind(account.0)).await
}

/// How many users the account had `at` then. How many it has now, its own row tells.
pub async fn count_at(tx: &mut Tx, account: AccountNo, at: Instant) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT_AT).bind(account.0).bind(at.as_ms())).await
}

/// Those of the account's users whose `key` is among `values`, each of which stands there once; in
/// any order.
pub async fn find_many(tx: &mut Tx, account: AccountNo, key: Key, values: &[String]) -> Result<Vec<User>, Error> {
    let (sql, columns) = match key {
        Key::Email => (FIND_BY_EMAIL, BY_KEY),
        Key::OrgUserId => (FIND_BY_ORG_USER_ID, BY_KEY),
        Key::OrgUserIdAnyCase => (FIND_BY_ORG_USER_ID_ANY_CASE, BY_KEY),
        Key::No => (FIND_BY_NO, BY_NO),
        Key::EverNo => (FIND_EVER_BY_NO, BY_NO),
        Key::Id => (FIND_BY_ID, BY_KEY),
    };
    let mut found = Vec::new();
    for (chunk, size) in bulk::chunks(values) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(sql, &columns, size)));
        let filling = std::iter::repeat_n((bulk::NO_ACCOUNT, ""), size - chunk.len());
        for (account_no, value) in chunk.iter().map(|value| (account.0, value.as_str())).chain(filling) {
            find = find.bind(account_no);
            find = match key {
                Key::No | Key::EverNo => find.bind(value.parse::<i64>().unwrap_or_default()),
                Key::Email | Key::OrgUserId | Key::OrgUserIdAnyCase | Key::Id => find.bind(value.to_owned()),
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

/// Writes all that may change of users. `revision` is the account's after this change.
///
/// Errors: [`Error::Conflict`] if an address or organisation id of one is taken, also by one that
/// this call would take it from.
pub async fn update(tx: &mut Tx, account: AccountNo, revision: i64, users: &[User]) -> Result<(), Error> {
    for slice in bulk::slices(users) {
        let mut update = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(UPDATE, &CHANGED, slice.len())));
        for user in slice {
            update = update
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
        }
        tx.run(update).await?;
    }
    Ok(())
}

/// Marks users as removed at `at`: they stay in the history, and their addresses are free again.
/// `revision` is the account's after this change.
pub async fn remove(
    tx: &mut Tx,
    account: AccountNo,
    revision: i64,
    users: &[UserNo],
    at: Instant,
) -> Result<(), Error> {
    for slice in bulk::slices(users) {
        let mut remove = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(REMOVE, &REMOVED, slice.len())));
        for user in slice {
            remove = remove.bind(account.0).bind(user.0).bind(at.as_ms()).bind(revision);
        }
        tx.run(remove).await?;
    }
    Ok(())
}
