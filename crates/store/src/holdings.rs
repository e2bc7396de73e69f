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
    bulk::{self, Column},
};

/// One question about many things, asked about now or about then; for SOUGHT see [`bulk::seek`].
pub(crate) struct Question {
    pub(crate) now: &'static str,
    pub(crate) then: &'static str,
}

pub(crate) const ROLES_OF_USERS: Question = Question {
    now: "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.bot_no, t.role_no, t.user_no
FROM sought
CROSS JOIN user_assignments AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no",
    then: "
WITH sought (account_no, no, at_ms) AS (VALUES SOUGHT)
SELECT t.bot_no, t.role_no, t.user_no
FROM sought
CROSS JOIN user_assignments AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no AND t.began_at_ms <= sought.at_ms
UNION ALL
SELECT t.bot_no, t.role_no, t.user_no
FROM sought
CROSS JOIN user_assignments_ended AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no AND t.began_at_ms <= sought.at_ms AND t.ended_at_ms > sought.at_ms",
};
pub(crate) const ROLES_OF_GROUPS: Question = Question {
    now: "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.bot_no, t.role_no, t.group_no
FROM sought
CROSS JOIN group_assignments AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.no",
    then: "
WITH sought (account_no, no, at_ms) AS (VALUES SOUGHT)
SELECT t.bot_no, t.role_no, t.group_no
FROM sought
CROSS JOIN group_assignments AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.no AND t.began_at_ms <= sought.at_ms
UNION ALL
SELECT t.bot_no, t.role_no, t.group_no
FROM sought
CROSS JOIN group_assignments_ended AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.no AND t.began_at_ms <= sought.at_ms AND t.ended_at_ms > sought.at_ms",
};
pub(crate) const GROUPS_OF_USERS: Question = Question {
    now: "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.user_no, t.group_no
FROM sought
CROSS JOIN group_users AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no",
    then: "
WITH sought (account_no, no, at_ms) AS (VALUES SOUGHT)
SELECT t.user_no, t.group_no
FROM sought
CROSS JOIN group_users AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no AND t.began_at_ms <= sought.at_ms
UNION ALL
SELECT t.user_no, t.group_no
FROM sought
CROSS JOIN group_users_ended AS t
WHERE t.account_no = sought.account_no AND t.user_no = sought.no AND t.began_at_ms <= sought.at_ms AND t.ended_at_ms > sought.at_ms",
};
// UNION, not UNION ALL: a pair that was found is not followed again, so that this ends even if a
// group should contain itself. Then, all nestings of the account are read: few change, and their
// history has no index for it.
pub(crate) const GROUPS_AROUND: Question = Question {
    now: "
WITH RECURSIVE sought (account_no, no) AS (VALUES SOUGHT), around (account_no, inner_no, outer_no) AS (
  SELECT t.account_no, t.member_no, t.group_no
  FROM sought
  CROSS JOIN group_groups AS t
  WHERE t.account_no = sought.account_no AND t.member_no = sought.no
  UNION
  SELECT around.account_no, around.inner_no, t.group_no
  FROM around
  CROSS JOIN group_groups AS t
  WHERE t.account_no = around.account_no AND t.member_no = around.outer_no
)
SELECT inner_no, outer_no FROM around",
    then: "
WITH RECURSIVE sought (account_no, no, at_ms) AS (VALUES SOUGHT), nested (inner_no, outer_no) AS (
  SELECT t.member_no, t.group_no
  FROM (SELECT DISTINCT account_no, at_ms FROM sought) AS one
  CROSS JOIN group_groups AS t
  WHERE t.account_no = one.account_no AND t.began_at_ms <= one.at_ms
  UNION ALL
  SELECT t.member_no, t.group_no
  FROM (SELECT DISTINCT account_no, at_ms FROM sought) AS one
  CROSS JOIN group_groups_ended AS t
  WHERE t.account_no = one.account_no AND t.began_at_ms <= one.at_ms AND t.ended_at_ms > one.at_ms
), around (inner_no, outer_no) AS (
  SELECT nested.inner_no, nested.outer_no
  FROM sought
  CROSS JOIN nested
  WHERE nested.inner_no = sought.no
  UNION
  SELECT around.inner_no, nested.outer_no
  FROM around
  CROSS JOIN nested
  WHERE nested.inner_no = around.outer_no
)
SELECT inner_no, outer_no FROM around",
};

impl Question {
    /// The statement about `n` things.
    pub(crate) fn sql(&self, at: Option<Instant>, n: usize) -> String {
        match at {
            None => bulk::seek(self.now, &[Column::Number; 2], n),
            Some(_) => bulk::seek(self.then, &[Column::Number; 3], n),
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
        for (chunk, size) in bulk::chunks(nos) {
            let mut ask = sqlx::query(sqlx::AssertSqlSafe(self.sql(at, size)));
            let filling = std::iter::repeat_n((bulk::NO_ACCOUNT, 0), size - chunk.len());
            for (account_no, no) in chunk.iter().map(|no| (account.0, *no)).chain(filling) {
                ask = ask.bind(account_no).bind(no);
                if let Some(at) = at {
                    ask = ask.bind(at.as_ms());
                }
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
