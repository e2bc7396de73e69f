//! Who holds what: for many users at once, the roles they hold directly, the groups they are in,
//! the groups around those, and the roles these groups hold; now, or as it was at any time.
//!
//! A few statements for a page of users, however many there are of each.

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    assignments::{Assignment, Holder},
    bulk,
};

/// One question, asked about now or about then. Where it says LIST stand the numbers it is about;
/// then is `$2`.
pub(crate) struct Question {
    pub(crate) now: &'static str,
    pub(crate) then: &'static str,
}

pub(crate) const ROLES_OF_USERS: Question = Question {
    now: "SELECT bot_no, role_no, user_no FROM user_assignments WHERE account_no = $1 AND user_no IN (LIST)",
    then: "
SELECT bot_no, role_no, user_no
FROM user_assignments
WHERE account_no = $1 AND began_at_ms <= $2 AND user_no IN (LIST)
UNION ALL
SELECT bot_no, role_no, user_no
FROM user_assignments_ended
WHERE account_no = $1 AND began_at_ms <= $2 AND ended_at_ms > $2 AND user_no IN (LIST)",
};
pub(crate) const ROLES_OF_GROUPS: Question = Question {
    now: "SELECT bot_no, role_no, group_no FROM group_assignments WHERE account_no = $1 AND group_no IN (LIST)",
    then: "
SELECT bot_no, role_no, group_no
FROM group_assignments
WHERE account_no = $1 AND began_at_ms <= $2 AND group_no IN (LIST)
UNION ALL
SELECT bot_no, role_no, group_no
FROM group_assignments_ended
WHERE account_no = $1 AND began_at_ms <= $2 AND ended_at_ms > $2 AND group_no IN (LIST)",
};
pub(crate) const GROUPS_OF_USERS: Question = Question {
    now: "SELECT user_no, group_no FROM group_users WHERE account_no = $1 AND user_no IN (LIST)",
    then: "
SELECT user_no, group_no
FROM group_users
WHERE account_no = $1 AND began_at_ms <= $2 AND user_no IN (LIST)
UNION ALL
SELECT user_no, group_no
FROM group_users_ended
WHERE account_no = $1 AND began_at_ms <= $2 AND ended_at_ms > $2 AND user_no IN (LIST)",
};
// UNION, not UNION ALL: a pair that was found is not followed again, so that this ends even if a
// group should contain itself. CROSS JOIN, as SQLite would otherwise go through all nestings of the
// account for each step.
pub(crate) const GROUPS_AROUND: Question = Question {
    now: "
WITH RECURSIVE around (inner_no, outer_no) AS (
  SELECT member_no, group_no
  FROM group_groups
  WHERE account_no = $1 AND member_no IN (LIST)
  UNION
  SELECT around.inner_no, next.group_no
  FROM around
  CROSS JOIN group_groups AS next
  WHERE next.account_no = $1 AND next.member_no = around.outer_no
)
SELECT inner_no, outer_no FROM around",
    then: "
WITH RECURSIVE nested (inner_no, outer_no) AS (
  SELECT member_no, group_no
  FROM group_groups
  WHERE account_no = $1 AND began_at_ms <= $2
  UNION ALL
  SELECT member_no, group_no
  FROM group_groups_ended
  WHERE account_no = $1 AND began_at_ms <= $2 AND ended_at_ms > $2
), around (inner_no, outer_no) AS (
  SELECT inner_no, outer_no
  FROM nested
  WHERE inner_no IN (LIST)
  UNION
  SELECT around.inner_no, nested.outer_no
  FROM around
  CROSS JOIN nested
  WHERE nested.inner_no = around.outer_no
)
SELECT inner_no, outer_no FROM around",
};

impl Question {
    /// The statement with a list of `n` values.
    pub(crate) fn sql(&self, at: Option<Instant>, n: usize) -> String {
        match at {
            None => self.now.replace("LIST", &bulk::values(2, n)),
            Some(_) => self.then.replace("LIST", &bulk::values(3, n)),
        }
    }

    async fn ask(
        &self,
        tx: &mut Tx,
        account: AccountNo,
        nos: &[i64],
        at: Option<Instant>,
    ) -> Result<Vec<AnyRow>, Error> {
        let mut rows = Vec::new();
        for list in bulk::lists(nos) {
            let mut ask = sqlx::query(sqlx::AssertSqlSafe(self.sql(at, list.len()))).bind(account.0);
            if let Some(at) = at {
                ask = ask.bind(at.as_ms());
            }
            for no in list {
                ask = ask.bind(no);
            }
            rows.append(&mut tx.all(ask).await?);
        }
        Ok(rows)
    }
}

/// The roles that `users` hold directly, in any order.
pub async fn roles_of_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
    at: Option<Instant>,
) -> Result<Vec<Assignment>, Error> {
    let nos: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = ROLES_OF_USERS.ask(tx, account, &nos, at).await?;
    rows.iter().map(|row| assignment(row, |no| Holder::User(UserNo(no)))).collect()
}

/// The roles that `groups` hold, in any order.
pub async fn roles_of_groups(
    tx: &mut Tx,
    account: AccountNo,
    groups: &[GroupNo],
    at: Option<Instant>,
) -> Result<Vec<Assignment>, Error> {
    let nos: Vec<i64> = groups.iter().map(|group| group.0).collect();
    let rows = ROLES_OF_GROUPS.ask(tx, account, &nos, at).await?;
    rows.iter().map(|row| assignment(row, |no| Holder::Group(GroupNo(no)))).collect()
}

fn assignment(row: &AnyRow, holder: fn(i64) -> Holder) -> Result<Assignment, Error> {
    Ok(Assignment { bot: BotNo(row.try_get(0)?), role: RoleNo(row.try_get(1)?), holder: holder(row.try_get(2)?) })
}

/// The groups that `users` are in themselves, in any order.
pub async fn groups_of_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
    at: Option<Instant>,
) -> Result<Vec<(UserNo, GroupNo)>, Error> {
    let nos: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = GROUPS_OF_USERS.ask(tx, account, &nos, at).await?;
    rows.iter().map(|row| Ok((UserNo(row.try_get(0)?), GroupNo(row.try_get(1)?)))).collect()
}

/// Pairs of one of `groups` and a group around it, however many lie between; in any order.
pub async fn groups_around(
    tx: &mut Tx,
    account: AccountNo,
    groups: &[GroupNo],
    at: Option<Instant>,
) -> Result<Vec<(GroupNo, GroupNo)>, Error> {
    let nos: Vec<i64> = groups.iter().map(|group| group.0).collect();
    let rows = GROUPS_AROUND.ask(tx, account, &nos, at).await?;
    rows.iter().map(|row| Ok((GroupNo(row.try_get(0)?), GroupNo(row.try_get(1)?)))).collect()
}
