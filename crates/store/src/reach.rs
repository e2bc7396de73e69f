//! Who had what: the users and groups that hold roles on bots, and the users in groups, now or as it was
//! at any time; users in order of their creation, and never more than are asked for.
//!
//! What ended is kept in the order in which it ended, so what has ended since a time is a stretch of the
//! history from there on.

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{
    Error, Tx, audit,
    bulk::{self, Column},
    db::Statement,
};

pub(crate) const USERS_WITH: &str = "
WITH sought (account_no, bot_no, role_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.user_no
FROM sought
CROSS JOIN user_assignments AS t
WHERE t.account_no = sought.account_no AND t.bot_no = sought.bot_no AND t.role_no = sought.role_no
  AND t.began_at_ms <= sought.at_ms AND t.user_no > $NEXT
ORDER BY t.user_no
LIMIT $NEXT";
pub(crate) const USERS_WHO_HAD: &str = "
WITH sought (account_no, bot_no, role_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.user_no
FROM user_assignments_ended AS t
WHERE t.account_no = $NEXT AND t.ended_seq >= $NEXT AND t.began_at_ms <= $NEXT AND t.ended_at_ms > $NEXT
  AND t.user_no > $NEXT AND (t.bot_no, t.role_no) IN (SELECT sought.bot_no, sought.role_no FROM sought)
ORDER BY t.user_no
LIMIT $NEXT";
pub(crate) const GROUPS_WITH: &str = "
WITH sought (account_no, bot_no, role_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.group_no
FROM sought
CROSS JOIN group_assignments AS t
WHERE t.account_no = sought.account_no AND t.bot_no = sought.bot_no AND t.role_no = sought.role_no
  AND t.began_at_ms <= sought.at_ms AND t.group_no > $NEXT
ORDER BY t.group_no
LIMIT $NEXT";
pub(crate) const GROUPS_THAT_HAD: &str = "
WITH sought (account_no, bot_no, role_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.group_no
FROM group_assignments_ended AS t
WHERE t.account_no = $NEXT AND t.ended_seq >= $NEXT AND t.began_at_ms <= $NEXT AND t.ended_at_ms > $NEXT
  AND t.group_no > $NEXT AND (t.bot_no, t.role_no) IN (SELECT sought.bot_no, sought.role_no FROM sought)
ORDER BY t.group_no
LIMIT $NEXT";
pub(crate) const USERS_IN: &str = "
WITH sought (account_no, group_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.user_no
FROM sought
CROSS JOIN group_users AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.group_no
  AND t.began_at_ms <= sought.at_ms AND t.user_no > $NEXT
ORDER BY t.user_no
LIMIT $NEXT";
pub(crate) const USERS_WHO_WERE_IN: &str = "
WITH sought (account_no, group_no, at_ms) AS (VALUES SOUGHT)
SELECT DISTINCT t.user_no
FROM group_users_ended AS t
WHERE t.account_no = $NEXT AND t.ended_seq >= $NEXT AND t.began_at_ms <= $NEXT AND t.ended_at_ms > $NEXT
  AND t.user_no > $NEXT AND t.group_no IN (SELECT sought.group_no FROM sought)
ORDER BY t.user_no
LIMIT $NEXT";
pub(crate) const NESTED: &str = "
SELECT t.group_no, t.member_no
FROM group_groups AS t
WHERE t.account_no = $1 AND t.began_at_ms <= $2";
pub(crate) const WAS_NESTED: &str = "
SELECT t.group_no, t.member_no
FROM group_groups_ended AS t
WHERE t.account_no = $1 AND t.ended_seq >= $2 AND t.began_at_ms <= $3 AND t.ended_at_ms > $4";

/// The columns of what is sought by role, and by group.
pub(crate) const BY_ROLE: [Column; 4] = [Column::Number; 4];
pub(crate) const BY_GROUP: [Column; 3] = [Column::Number; 3];

/// The statement about `n` sought rows, its other values numbered after theirs.
pub(crate) fn sql(sql: &str, columns: &[Column], n: usize) -> String {
    let mut text = bulk::seek(sql, columns, n);
    for number in columns.len() * n + 1.. {
        if !text.contains("$NEXT") {
            break;
        }
        text = text.replacen("$NEXT", &format!("${number}"), 1);
    }
    text
}

/// Two statements about the same: what holds, and what has ended.
struct Both {
    holds: &'static str,
    ended: &'static str,
    columns: &'static [Column],
}

/// As of when something is asked: now, or a time, with the number of the first entry of the audit log
/// after it if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    at: Option<Instant>,
    since: Option<i64>,
}

impl When {
    /// Finds out what it takes to ask about now, or about `at`.
    pub async fn find(tx: &mut Tx, account: AccountNo, at: Option<Instant>) -> Result<Self, Error> {
        let since = match at {
            None => None,
            Some(at) => audit::first_from(tx, account, at.plus_ms(1)).await?,
        };
        Ok(Self { at, since })
    }

    fn at_ms(self) -> i64 {
        self.at.map_or(i64::MAX, Instant::as_ms)
    }
}

/// Which rows of a list of numbers are wanted: the first `limit` after `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number before the first.
    pub after: i64,
    /// At most how many.
    pub limit: i64,
}

const ALL: Span = Span { after: 0, limit: i64::MAX };

/// The users who hold, themselves, one of the roles `on` bots beside which it stands. Shape: two
/// statements for each 512 of these.
pub async fn users_with(
    tx: &mut Tx,
    account: AccountNo,
    on: &[(BotNo, RoleNo)],
    when: When,
    span: Span,
) -> Result<Vec<UserNo>, Error> {
    let both = Both { holds: USERS_WITH, ended: USERS_WHO_HAD, columns: &BY_ROLE };
    let keys: Vec<Vec<i64>> = on.iter().map(|(bot, role)| vec![bot.0, role.0]).collect();
    Ok(both.ask(tx, account, &keys, when, span).await?.into_iter().map(UserNo).collect())
}

/// The groups that hold, themselves, one of the roles `on` bots beside which it stands.
pub async fn groups_with(
    tx: &mut Tx,
    account: AccountNo,
    on: &[(BotNo, RoleNo)],
    when: When,
) -> Result<Vec<GroupNo>, Error> {
    let both = Both { holds: GROUPS_WITH, ended: GROUPS_THAT_HAD, columns: &BY_ROLE };
    let keys: Vec<Vec<i64>> = on.iter().map(|(bot, role)| vec![bot.0, role.0]).collect();
    Ok(both.ask(tx, account, &keys, when, ALL).await?.into_iter().map(GroupNo).collect())
}

/// The users who are in one of `groups` themselves.
pub async fn users_in(
    tx: &mut Tx,
    account: AccountNo,
    groups: &[GroupNo],
    when: When,
    span: Span,
) -> Result<Vec<UserNo>, Error> {
    let both = Both { holds: USERS_IN, ended: USERS_WHO_WERE_IN, columns: &BY_GROUP };
    let keys: Vec<Vec<i64>> = groups.iter().map(|group| vec![group.0]).collect();
    Ok(both.ask(tx, account, &keys, when, span).await?.into_iter().map(UserNo).collect())
}

/// All pairs of a group of the account and a group that is directly inside it; in any order.
pub async fn nested(tx: &mut Tx, account: AccountNo, when: When) -> Result<Vec<(GroupNo, GroupNo)>, Error> {
    let mut rows = tx.all(sqlx::query(NESTED).bind(account.0).bind(when.at_ms())).await?;
    if let (Some(at), Some(since)) = (when.at, when.since) {
        let ended = sqlx::query(WAS_NESTED).bind(account.0).bind(since).bind(at.as_ms()).bind(at.as_ms());
        rows.append(&mut tx.all(ended).await?);
    }
    rows.iter().map(|row| Ok((GroupNo(row.try_get(0)?), GroupNo(row.try_get(1)?)))).collect()
}

impl Both {
    /// The first numbers of `span` that any of `keys` leads to, each once and in order.
    async fn ask(
        &self,
        tx: &mut Tx,
        account: AccountNo,
        keys: &[Vec<i64>],
        when: When,
        span: Span,
    ) -> Result<Vec<i64>, Error> {
        let mut found: Vec<i64> = Vec::new();
        let limit = usize::try_from(span.limit).unwrap_or(usize::MAX);
        for (chunk, size) in bulk::chunks(keys) {
            let holds = self.statement(self.holds, account, chunk, size, when);
            let mut rows = tx.all(holds.bind(span.after).bind(span.limit)).await?;
            if let (Some(at), Some(since)) = (when.at, when.since) {
                let ended = self.statement(self.ended, account, chunk, size, when);
                let ended = ended.bind(account.0).bind(since).bind(at.as_ms()).bind(at.as_ms());
                rows.append(&mut tx.all(ended.bind(span.after).bind(span.limit)).await?);
            }
            for row in rows {
                found.push(row.try_get(0)?);
            }
            found.sort_unstable();
            found.dedup();
            found.truncate(limit);
        }
        Ok(found)
    }

    fn statement(&self, text: &str, account: AccountNo, keys: &[Vec<i64>], size: usize, when: When) -> Statement {
        let mut statement = sqlx::query(sqlx::AssertSqlSafe(sql(text, self.columns, size)));
        for key in keys {
            statement = statement.bind(account.0);
            for no in key {
                statement = statement.bind(*no);
            }
            statement = statement.bind(when.at_ms());
        }
        for _ in keys.len()..size {
            statement = statement.bind(bulk::NO_ACCOUNT);
            // Bots have numbers from 0 on, and what has none is not in the history either.
            for _ in 1..self.columns.len() {
                statement = statement.bind(-1_i64);
            }
        }
        statement
    }
}
