//! Assignments: which user or group holds which role, on which bot, since when.
//!
//! What holds now stands in `user_assignments` and `group_assignments`; what has ended moves to the
//! tables beside them in the same transaction, so that the account can be read as of any time.

use std::collections::HashMap;

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk::Column, many::Rows};

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A user, directly.
    User(UserNo),
    /// A group: each of its members, and each member of a group inside it.
    Group(GroupNo),
}

/// An assignment: the fact itself, without when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// The bot; [`NO_BOT`] for roles of type admin.
    pub bot: BotNo,
    /// The role.
    pub role: RoleNo,
    /// Who holds it.
    pub holder: Holder,
}

/// The bot of roles that act on the account.
pub const NO_BOT: BotNo = BotNo(0);

/// What assignments to whomever have in common. For those of users and groups, see
/// [`crate::holdings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those of a role, on whatever bot.
    Role(RoleNo),
    /// Those on a bot.
    Bot(BotNo),
}

/// The statements about one of the two tables; for SOUGHT see [`crate::many`].
pub(crate) struct Table {
    holder: fn(i64) -> Holder,
    pub(crate) find: &'static str,
    insert: &'static str,
    pub(crate) end: &'static str,
    keep: &'static str,
    // By way of the bots: no index of assignments begins with the role, as few lists need one and
    // every change would pay for it.
    pub(crate) of_role: &'static str,
    pub(crate) on_bot: &'static str,
    pub(crate) after: &'static str,
}

pub(crate) const FOR_USERS: Table = Table {
    holder: |no| Holder::User(UserNo(no)),
    find: "
WITH sought (account_no, bot_no, role_no, user_no) AS (VALUES SOUGHT)
SELECT a.bot_no, a.role_no, a.user_no
FROM sought
CROSS JOIN user_assignments AS a
WHERE a.account_no = sought.account_no AND a.bot_no = sought.bot_no AND a.role_no = sought.role_no
  AND a.user_no = sought.user_no",
    insert: "INSERT INTO user_assignments (account_no, bot_no, role_no, user_no, began_at_ms, began_seq) VALUES SOUGHT",
    end: "
WITH sought (account_no, bot_no, role_no, user_no) AS (VALUES SOUGHT)
DELETE FROM user_assignments
WHERE (account_no, bot_no, role_no, user_no) IN (
  SELECT sought.account_no, sought.bot_no, sought.role_no, sought.user_no FROM sought)
RETURNING bot_no, role_no, user_no, began_at_ms, began_seq",
    keep: "
INSERT INTO user_assignments_ended
  (account_no, ended_seq, bot_no, role_no, user_no, began_at_ms, began_seq, ended_at_ms)
VALUES SOUGHT",
    of_role: "
SELECT a.bot_no, a.role_no, a.user_no
FROM (SELECT 0 AS bot_no UNION ALL SELECT bot_no FROM bots WHERE account_no = $1) AS b
CROSS JOIN user_assignments AS a
WHERE a.account_no = $1 AND a.bot_no = b.bot_no AND a.role_no = $2
LIMIT $3",
    on_bot: "
SELECT bot_no, role_no, user_no
FROM user_assignments
WHERE account_no = $1 AND bot_no = $2
LIMIT $3",
    after: "
SELECT bot_no, role_no, user_no
FROM user_assignments
WHERE account_no = $1 AND (bot_no, role_no, user_no) > ($2, $3, $4)
ORDER BY bot_no, role_no, user_no
LIMIT $5",
};

pub(crate) const FOR_GROUPS: Table = Table {
    holder: |no| Holder::Group(GroupNo(no)),
    find: "
WITH sought (account_no, bot_no, role_no, group_no) AS (VALUES SOUGHT)
SELECT a.bot_no, a.role_no, a.group_no
FROM sought
CROSS JOIN group_assignments AS a
WHERE a.account_no = sought.account_no AND a.bot_no = sought.bot_no AND a.role_no = sought.role_no
  AND a.group_no = sought.group_no",
    insert: "INSERT INTO group_assignments (account_no, bot_no, role_no, group_no, began_at_ms, began_seq) VALUES SOUGHT",
    end: "
WITH sought (account_no, bot_no, role_no, group_no) AS (VALUES SOUGHT)
DELETE FROM group_assignments
WHERE (account_no, bot_no, role_no, group_no) IN (
  SELECT sought.account_no, sought.bot_no, sought.role_no, sought.group_no FROM sought)
RETURNING bot_no, role_no, group_no, began_at_ms, began_seq",
    keep: "
INSERT INTO group_assignments_ended
  (account_no, ended_seq, bot_no, role_no, group_no, began_at_ms, began_seq, ended_at_ms)
VALUES SOUGHT",
    of_role: "
SELECT a.bot_no, a.role_no, a.group_no
FROM (SELECT 0 AS bot_no UNION ALL SELECT bot_no FROM bots WHERE account_no = $1) AS b
CROSS JOIN group_assignments AS a
WHERE a.account_no = $1 AND a.bot_no = b.bot_no AND a.role_no = $2
LIMIT $3",
    on_bot: "
SELECT bot_no, role_no, group_no
FROM group_assignments
WHERE account_no = $1 AND bot_no = $2
LIMIT $3",
    after: "
SELECT bot_no, role_no, group_no
FROM group_assignments
WHERE account_no = $1 AND (bot_no, role_no, group_no) > ($2, $3, $4)
ORDER BY bot_no, role_no, group_no
LIMIT $5",
};

/// The columns of the tables' keys.
pub(crate) const KEY: [Column; 4] = [Column::Number; 4];
/// Those of a whole row, and of one that has ended.
const ROW: [Column; 6] = [Column::Number; 6];
const ENDED: [Column; 8] = [Column::Number; 8];

/// The numbers of an assignment in the order of the tables' keys, after the account's.
type Key = (i64, i64, i64);

impl Table {
    fn assignment(&self, row: &AnyRow) -> Result<Assignment, Error> {
        Ok(Assignment {
            bot: BotNo(row.try_get(0)?),
            role: RoleNo(row.try_get(1)?),
            holder: (self.holder)(row.try_get(2)?),
        })
    }
}

fn key(assignment: &Assignment) -> Key {
    let holder_no = match assignment.holder {
        Holder::User(user) => user.0,
        Holder::Group(group) => group.0,
    };
    (assignment.bot.0, assignment.role.0, holder_no)
}

/// `items` by the table their assignment belongs to, each with its key and sorted by it, which is
/// the order of the table.
fn by_table<T: Copy + Ord>(items: impl Iterator<Item = (Assignment, T)>) -> [(Table, Vec<(Key, T)>); 2] {
    let (mut for_users, mut for_groups) = (Vec::new(), Vec::new());
    for (assignment, with) in items {
        match assignment.holder {
            Holder::User(_) => for_users.push((key(&assignment), with)),
            Holder::Group(_) => for_groups.push((key(&assignment), with)),
        }
    }
    for_users.sort_unstable();
    for_groups.sort_unstable();
    [(FOR_USERS, for_users), (FOR_GROUPS, for_groups)]
}

/// Those of `assignments` that hold now, in any order.
pub async fn find(tx: &mut Tx, account: AccountNo, assignments: &[Assignment]) -> Result<Vec<Assignment>, Error> {
    let mut found = Vec::new();
    for (table, keys) in by_table(assignments.iter().map(|assignment| (*assignment, ()))) {
        let mut sought = Rows::of(&KEY);
        for ((bot_no, role_no, holder_no), ()) in keys {
            sought.number(account.0).number(bot_no).number(role_no).number(holder_no);
        }
        for row in tx.all_of(table.find, &sought).await? {
            found.push(table.assignment(&row)?);
        }
    }
    Ok(found)
}

/// Adds assignments, each with the number of its audit entry.
///
/// Errors: [`Error::Conflict`] if one is there already.
pub async fn insert(
    tx: &mut Tx,
    account: AccountNo,
    at: Instant,
    assignments: &[(Assignment, i64)],
) -> Result<(), Error> {
    for (table, rows) in by_table(assignments.iter().copied()) {
        let mut new = Rows::of(&ROW);
        for ((bot_no, role_no, holder_no), seq) in rows {
            new.number(account.0).number(bot_no).number(role_no).number(holder_no).number(at.as_ms()).number(seq);
        }
        tx.run_of(table.insert, &new).await?;
    }
    Ok(())
}

/// Ends assignments, each with the number of its audit entry: they move to the history. What does
/// not hold is passed over.
///
/// Two statements: one takes the rows out, one keeps them.
pub async fn end(tx: &mut Tx, account: AccountNo, at: Instant, assignments: &[(Assignment, i64)]) -> Result<(), Error> {
    for (table, rows) in by_table(assignments.iter().copied()) {
        let mut sought = Rows::of(&KEY);
        for ((bot_no, role_no, holder_no), _) in &rows {
            sought.number(account.0).number(*bot_no).number(*role_no).number(*holder_no);
        }
        let seqs: HashMap<Key, i64> = rows.iter().copied().collect();
        let mut ended: Vec<(i64, Key, i64, i64)> = Vec::with_capacity(rows.len());
        for row in tx.all_of(table.end, &sought).await? {
            let key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let (began_at_ms, began_seq) = (row.try_get(3)?, row.try_get(4)?);
            ended.extend(seqs.get(&key).map(|seq| (*seq, key, began_at_ms, began_seq)));
        }
        ended.sort_unstable();
        let mut kept = Rows::of(&ENDED);
        for (seq, (bot_no, role_no, holder_no), began_at_ms, began_seq) in ended {
            kept.number(account.0).number(seq).number(bot_no).number(role_no).number(holder_no);
            kept.number(began_at_ms).number(began_seq).number(at.as_ms());
        }
        tx.run_of(table.keep, &kept).await?;
    }
    Ok(())
}

/// Some of the assignments that have `of` in common, at most `limit`, in any order. Who ends them
/// all asks again until there are none.
pub async fn list(tx: &mut Tx, account: AccountNo, of: Of, limit: i64) -> Result<Vec<Assignment>, Error> {
    let mut listed = Vec::new();
    for table in [FOR_USERS, FOR_GROUPS] {
        let (sql, no) = match of {
            Of::Role(role) => (table.of_role, role.0),
            Of::Bot(bot) => (table.on_bot, bot.0),
        };
        let n_left = limit - i64::try_from(listed.len()).unwrap_or(limit);
        for row in tx.all(sqlx::query(sql).bind(account.0).bind(no).bind(n_left)).await? {
            listed.push(table.assignment(&row)?);
        }
    }
    Ok(listed)
}

/// The assignments to holders of the same kind that come after `after`, by bot, role and holder, at
/// most `limit`: for going through all of them.
pub async fn list_after(
    tx: &mut Tx,
    account: AccountNo,
    after: Assignment,
    limit: i64,
) -> Result<Vec<Assignment>, Error> {
    let table = match after.holder {
        Holder::User(_) => FOR_USERS,
        Holder::Group(_) => FOR_GROUPS,
    };
    let (bot_no, role_no, holder_no) = key(&after);
    let list = sqlx::query(table.after).bind(account.0).bind(bot_no).bind(role_no).bind(holder_no).bind(limit);
    tx.all(list).await?.iter().map(|row| table.assignment(row)).collect()
}
