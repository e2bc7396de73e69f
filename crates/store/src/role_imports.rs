//! Imports of roles: what each one replaced, and whom one would touch.

use std::collections::HashMap;

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    role::RoleType,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    assignments::{Assignment, Holder},
    bulk,
};

const INSERT: &str = "
INSERT INTO role_imports (account_no, import_id, role_type, undo, created_at_ms, created_by)
VALUES ($1, $2, $3, $4, $5, $6)";
const FIND: &str = "
SELECT role_type, undo, created_at_ms, created_by, reverted_at_ms
FROM role_imports
WHERE account_no = $1 AND import_id = $2";
pub(crate) const LIST: &str = "
SELECT import_id, role_type, undo, created_at_ms, created_by, reverted_at_ms
FROM role_imports
WHERE account_no = $1 AND import_id < $2
ORDER BY import_id DESC
LIMIT $3";
const REVERT: &str = "UPDATE role_imports SET reverted_at_ms = $3 WHERE account_no = $1 AND import_id = $2";

// Each reads the account's assignments through once, however many roles are asked for: no index
// begins with the role, as only previews and removals would use it and every change would pay.
const USERS: (&str, &str) = (
    "
SELECT numbered.role_no, numbered.n, users.user_id, users.email
FROM (
  SELECT role_no, user_no,
         ROW_NUMBER() OVER (PARTITION BY role_no ORDER BY user_no) AS nth, COUNT(*) OVER (PARTITION BY role_no) AS n
  FROM (
    SELECT DISTINCT role_no, user_no
    FROM user_assignments
    WHERE account_no = $1 AND role_no IN ",
    ") AS held) AS numbered
JOIN users ON users.account_no = $1 AND users.user_no = numbered.user_no
WHERE numbered.nth <= $2
ORDER BY numbered.role_no, numbered.nth",
);
const GROUPS: (&str, &str) = (
    "
SELECT numbered.role_no, numbered.n, groups.group_id, groups.name
FROM (
  SELECT role_no, group_no,
         ROW_NUMBER() OVER (PARTITION BY role_no ORDER BY group_no) AS nth, COUNT(*) OVER (PARTITION BY role_no) AS n
  FROM (
    SELECT DISTINCT role_no, group_no
    FROM group_assignments
    WHERE account_no = $1 AND role_no IN ",
    ") AS held) AS numbered
JOIN groups ON groups.account_no = $1 AND groups.group_no = numbered.group_no
WHERE numbered.nth <= $2
ORDER BY numbered.role_no, numbered.nth",
);

// As with the holders: each reads the account's assignments through once.
const MARKS: [(&str, &str); 2] = [
    (
        "SELECT role_no, COUNT(*), MAX(began_seq) FROM user_assignments WHERE account_no = $1 AND role_no IN ",
        " GROUP BY role_no ORDER BY role_no",
    ),
    (
        "SELECT role_no, COUNT(*), MAX(began_seq) FROM group_assignments WHERE account_no = $1 AND role_no IN ",
        " GROUP BY role_no ORDER BY role_no",
    ),
];

// Nobody gets back what went with the bot, the user or the group.
const ENDED_FOR_USERS: &str = "
SELECT ended.bot_no, ended.role_no, ended.user_no
FROM user_assignments_ended AS ended
JOIN users ON users.account_no = $1 AND users.user_no = ended.user_no AND users.removed_at_ms IS NULL
LEFT JOIN bots ON bots.account_no = $1 AND bots.bot_no = ended.bot_no AND bots.removed_at_ms IS NULL
WHERE ended.account_no = $1 AND ended.ended_seq >= $2 AND ended.ended_seq <= $3
  AND (ended.bot_no = 0 OR bots.bot_no IS NOT NULL)";
const ENDED_FOR_GROUPS: &str = "
SELECT ended.bot_no, ended.role_no, ended.group_no
FROM group_assignments_ended AS ended
JOIN groups ON groups.account_no = $1 AND groups.group_no = ended.group_no AND groups.removed_at_ms IS NULL
LEFT JOIN bots ON bots.account_no = $1 AND bots.bot_no = ended.bot_no AND bots.removed_at_ms IS NULL
WHERE ended.account_no = $1 AND ended.ended_seq >= $2 AND ended.ended_seq <= $3
  AND (ended.bot_no = 0 OR bots.bot_no IS NOT NULL)";

/// An import, or the reversal of one, that changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its id: 24 hex digits.
    pub id: String,
    /// The type of the roles it changed.
    pub role_type: RoleType,
    /// What it changed, as JSON.
    pub undo: String,
    /// When it was applied.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When it was reverted, if it was.
    pub reverted_at: Option<Instant>,
}

/// Adds an import that has not been reverted.
pub async fn insert(tx: &mut Tx, account: AccountNo, import: &Import) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(import.id.clone())
        .bind(import.role_type.as_str())
        .bind(import.undo.clone())
        .bind(import.created_at.as_ms())
        .bind(import.created_by.clone());
    tx.run(insert).await?;
    Ok(())
}

fn import(row: &AnyRow, id: String, first: usize) -> Result<Import, Error> {
    let unreadable = || Error::Failed { code: "unreadable role_imports.role_type".to_owned() };
    Ok(Import {
        id,
        role_type: RoleType::parse(row.try_get(first)?).ok_or_else(unreadable)?,
        undo: row.try_get(first + 1)?,
        created_at: Instant::from_ms(row.try_get(first + 2)?),
        created_by: row.try_get(first + 3)?,
        reverted_at: row.try_get::<Option<i64>, _>(first + 4)?.map(Instant::from_ms),
    })
}

/// The account's import with id `id`.
pub async fn find(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Import>, Error> {
    let row = tx.optional(sqlx::query(FIND).bind(account.0).bind(id.to_owned())).await?;
    row.as_ref().map(|row| import(row, id.to_owned(), 0)).transpose()
}

/// The account's imports before the one with id `before`, or the newest, at most `limit`. Their ids begin
/// with when they were made, so this is the newest first.
pub async fn list(tx: &mut Tx, account: AccountNo, before: Option<&str>, limit: i64) -> Result<Vec<Import>, Error> {
    // Behind every id of hex digits.
    let before = before.unwrap_or("g").to_owned();
    let rows = tx.all(sqlx::query(LIST).bind(account.0).bind(before).bind(limit)).await?;
    rows.iter().map(|row| import(row, row.try_get(0)?, 1)).collect()
}

/// How many users hold each of `roles` directly and since which audit entry the last of them does, and then
/// the same of groups: as long as this is the same, nobody has come to hold one or lost it.
pub async fn marks(tx: &mut Tx, account: AccountNo, roles: &[RoleNo]) -> Result<Vec<(i64, i64, i64)>, Error> {
    let mut marks = Vec::new();
    for (head, tail) in MARKS {
        // What is counted of users is told from what is counted of groups.
        marks.push((0, 0, 0));
        for slice in bulk::slices(roles) {
            let sql = format!("{head}({}){tail}", bulk::values(2, slice.len()));
            let mut count = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
            for role in slice {
                count = count.bind(role.0);
            }
            for row in tx.all(count).await? {
                marks.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
            }
        }
    }
    Ok(marks)
}

/// Notes that the import was reverted.
pub async fn revert(tx: &mut Tx, account: AccountNo, id: &str, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(REVERT).bind(account.0).bind(id.to_owned()).bind(at.as_ms())).await?;
    Ok(())
}

/// Who holds a role: how many there are, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// How many there are.
    pub n: i64,
    /// The first of them, by id and by name or e-mail address.
    pub first: Vec<(String, String)>,
}

/// The users who hold each of `roles` directly, on whatever bot, at most `limit` of them told. A
/// role that nobody holds is not there.
pub async fn users_of(
    tx: &mut Tx,
    account: AccountNo,
    roles: &[RoleNo],
    limit: i64,
) -> Result<HashMap<RoleNo, Holders>, Error> {
    holders(tx, account, USERS, roles, limit).await
}

/// The groups that hold each of `roles`, as [`users_of`] tells of users.
pub async fn groups_of(
    tx: &mut Tx,
    account: AccountNo,
    roles: &[RoleNo],
    limit: i64,
) -> Result<HashMap<RoleNo, Holders>, Error> {
    holders(tx, account, GROUPS, roles, limit).await
}

async fn holders(
    tx: &mut Tx,
    account: AccountNo,
    sql: (&str, &str),
    roles: &[RoleNo],
    limit: i64,
) -> Result<HashMap<RoleNo, Holders>, Error> {
    let mut all: HashMap<RoleNo, Holders> = HashMap::new();
    for slice in bulk::slices(roles) {
        let sql = format!("{}({}){}", sql.0, bulk::values(3, slice.len()), sql.1);
        let mut list = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0).bind(limit);
        for role in slice {
            list = list.bind(role.0);
        }
        for row in tx.all(list).await? {
            let holders = all.entry(RoleNo(row.try_get(0)?)).or_default();
            holders.n = row.try_get(1)?;
            holders.first.push((row.try_get(2)?, row.try_get(3)?));
        }
    }
    Ok(all)
}

/// The assignments that the audit entries from number `first` to `last` ended, of those whose user
/// or group and whose bot are still there.
pub async fn ended_between(tx: &mut Tx, account: AccountNo, first: i64, last: i64) -> Result<Vec<Assignment>, Error> {
    let mut ended = Vec::new();
    for (sql, is_for_users) in [(ENDED_FOR_USERS, true), (ENDED_FOR_GROUPS, false)] {
        for row in tx.all(sqlx::query(sql).bind(account.0).bind(first).bind(last)).await? {
            let holder_no = row.try_get(2)?;
            let holder = if is_for_users { Holder::User(UserNo(holder_no)) } else { Holder::Group(GroupNo(holder_no)) };
            ended.push(Assignment { bot: BotNo(row.try_get(0)?), role: RoleNo(row.try_get(1)?), holder });
        }
    }
    Ok(ended)
}
