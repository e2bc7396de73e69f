//! Who holds: from roles on a bot to the users and groups that hold them, the other way round than
//! [`crate::holdings`].
//!
//! A million people may hold a role, so users are read in order of their creation and never more
//! than are asked for.

use rolecall_model::ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo};
use sqlx::Row;

use crate::{
    Error, Tx,
    bulk::{self, Column},
};

// From one role to the next by the index, however many hold each of them.
pub(crate) const ROLES_OF_USERS: &str = "
WITH RECURSIVE held (role_no) AS (
  SELECT MIN(role_no) FROM user_assignments WHERE account_no = $1 AND bot_no = $2
  UNION ALL
  SELECT (
    SELECT MIN(a.role_no) FROM user_assignments AS a
    WHERE a.account_no = $1 AND a.bot_no = $2 AND a.role_no > held.role_no
  )
  FROM held
  WHERE held.role_no IS NOT NULL
)
SELECT role_no FROM held WHERE role_no IS NOT NULL";
pub(crate) const ROLES_OF_GROUPS: &str = "
WITH RECURSIVE held (role_no) AS (
  SELECT MIN(role_no) FROM group_assignments WHERE account_no = $1 AND bot_no = $2
  UNION ALL
  SELECT (
    SELECT MIN(a.role_no) FROM group_assignments AS a
    WHERE a.account_no = $1 AND a.bot_no = $2 AND a.role_no > held.role_no
  )
  FROM held
  WHERE held.role_no IS NOT NULL
)
SELECT role_no FROM held WHERE role_no IS NOT NULL";
pub(crate) const GROUPS: &str = "
WITH sought (account_no, bot_no, role_no) AS (VALUES SOUGHT)
SELECT DISTINCT t.group_no
FROM sought
CROSS JOIN group_assignments AS t
WHERE t.account_no = sought.account_no AND t.bot_no = sought.bot_no AND t.role_no = sought.role_no";
/// The columns of [`GROUPS`].
pub(crate) const ROLE_ON_BOT: [Column; 3] = [Column::Number; 3];
// One sub-query a role or group, each with a limit of its own, as of the first users of groups.
pub(crate) const USERS_WITH: &str = "
SELECT * FROM (
  SELECT a.user_no, u.user_id
  FROM user_assignments a
  JOIN users u ON u.account_no = a.account_no AND u.user_no = a.user_no
  WHERE a.account_no = $1 AND a.bot_no = $2 AND a.role_no = $ROLE AND a.user_no > $3 AND a.user_no <= $4
    AND u.removed_at_ms IS NULL
  ORDER BY a.user_no
  LIMIT $5
) AS of_one";
pub(crate) const USERS_IN: &str = "
SELECT * FROM (
  SELECT m.user_no, u.user_id
  FROM group_users m
  JOIN users u ON u.account_no = m.account_no AND u.user_no = m.user_no
  WHERE m.account_no = $1 AND m.group_no = $GROUP AND m.user_no > $2 AND m.user_no <= $3
    AND u.removed_at_ms IS NULL
  ORDER BY m.user_no
  LIMIT $4
) AS of_one";

// The number before the role's in the key is the bot's, so each bot is asked by itself; 0 is the account.
pub(crate) const PLACES: &str = "
SELECT b.bot_no,
  (SELECT COUNT(*) FROM user_assignments AS u WHERE u.account_no = $1 AND u.bot_no = b.bot_no AND u.role_no = $2),
  (SELECT COUNT(*) FROM group_assignments AS g WHERE g.account_no = $1 AND g.bot_no = b.bot_no AND g.role_no = $2)
FROM (
  SELECT bot_no FROM bots WHERE account_no = $1 AND removed_at_ms IS NULL
  UNION ALL
  SELECT CAST(0 AS BIGINT)
) AS b
ORDER BY b.bot_no";

/// The sub-queries in a statement: SQLite joins at most 500 into one.
const MAX_BRANCHES: usize = 64;

/// The roles that anybody holds on a bot, or with [`crate::assignments::NO_BOT`] on the account; in
/// any order, some twice.
///
/// Two statements: one about users, one about groups.
pub async fn roles_on(tx: &mut Tx, account: AccountNo, bot: BotNo) -> Result<Vec<RoleNo>, Error> {
    let mut roles = Vec::new();
    for sql in [ROLES_OF_USERS, ROLES_OF_GROUPS] {
        for row in tx.all(sqlx::query(sql).bind(account.0).bind(bot.0)).await? {
            roles.push(RoleNo(row.try_get(0)?));
        }
    }
    Ok(roles)
}

/// The groups that hold one of `roles` on a bot themselves, in any order, some several times.
pub async fn groups_with(tx: &mut Tx, account: AccountNo, bot: BotNo, roles: &[RoleNo]) -> Result<Vec<GroupNo>, Error> {
    let mut groups = Vec::new();
    for (chunk, size) in bulk::chunks(roles) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(GROUPS, &ROLE_ON_BOT, size)));
        for role in chunk {
            find = find.bind(account.0).bind(bot.0).bind(role.0);
        }
        for _ in chunk.len()..size {
            find = find.bind(bulk::NO_ACCOUNT).bind(0_i64).bind(0_i64);
        }
        for row in tx.all(find).await? {
            groups.push(GroupNo(row.try_get(0)?));
        }
    }
    Ok(groups)
}

/// Where a role is held, and by how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bot, or [`crate::assignments::NO_BOT`].
    pub bot: BotNo,
    /// How many users hold it there themselves.
    pub n_users: i64,
    /// How many groups hold it there.
    pub n_groups: i64,
}

/// Where a role is held, by bot in order of creation.
pub async fn places_of(tx: &mut Tx, account: AccountNo, role: RoleNo) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    for row in tx.all(sqlx::query(PLACES).bind(account.0).bind(role.0)).await? {
        let place = Place { bot: BotNo(row.try_get(0)?), n_users: row.try_get(1)?, n_groups: row.try_get(2)? };
        places.extend((place.n_users > 0 || place.n_groups > 0).then_some(place));
    }
    Ok(places)
}

/// By what users are found who hold something.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// They hold one of these roles on this bot themselves.
    Roles(BotNo, &'a [RoleNo]),
    /// They are in one of these groups themselves.
    Groups(&'a [GroupNo]),
}

/// Adds to `found` the users after `after` that `by` leads to, with their ids, and keeps the first
/// `limit` of all in it: by number, each once.
///
/// Several statements, each with up to 64 roles or groups; a statement reads no user past the last
/// one that the statements before it found.
pub async fn first_users(
    tx: &mut Tx,
    account: AccountNo,
    by: By<'_>,
    after: UserNo,
    limit: usize,
    found: &mut Vec<(UserNo, String)>,
) -> Result<(), Error> {
    let nos: Vec<i64> = match by {
        By::Roles(_, roles) => roles.iter().map(|role| role.0).collect(),
        By::Groups(groups) => groups.iter().map(|group| group.0).collect(),
    };
    let (branch, name, first) = match by {
        By::Roles(..) => (USERS_WITH, "ROLE", 6..),
        By::Groups(_) => (USERS_IN, "GROUP", 5..),
    };
    for slice in nos.chunks(MAX_BRANCHES).flat_map(bulk::slices) {
        let last = if found.len() < limit { i64::MAX } else { found.last().map_or(i64::MAX, |(no, _)| no.0) };
        let branches = first.clone().zip(slice).map(|(number, _)| branch.replace(name, &number.to_string()));
        let sql = branches.collect::<Vec<_>>().join(" UNION ALL ");
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        if let By::Roles(bot, _) = by {
            find = find.bind(bot.0);
        }
        find = find.bind(after.0).bind(last).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        for no in slice {
            find = find.bind(*no);
        }
        for row in tx.all(find).await? {
            found.push((UserNo(row.try_get(0)?), row.try_get(1)?));
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
    }
    Ok(())
}
