//! What became of one user: the roles it was given and lost itself, the groups it came into and left, the
//! newest first, each by the number of its entry in the audit log.

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{Error, Tx};

pub(crate) const LIST: &str = "
SELECT seq, at_ms, has_begun, bot_no, role_no, group_no
FROM (
  SELECT began_seq AS seq, began_at_ms AS at_ms, CAST(1 AS BIGINT) AS has_begun, bot_no, role_no, CAST(0 AS BIGINT) AS group_no
  FROM user_assignments
  WHERE account_no = $1 AND user_no = $2
  UNION ALL
  SELECT began_seq, began_at_ms, CAST(1 AS BIGINT), bot_no, role_no, CAST(0 AS BIGINT)
  FROM user_assignments_ended
  WHERE account_no = $1 AND user_no = $2
  UNION ALL
  SELECT ended_seq, ended_at_ms, CAST(0 AS BIGINT), bot_no, role_no, CAST(0 AS BIGINT)
  FROM user_assignments_ended
  WHERE account_no = $1 AND user_no = $2
  UNION ALL
  SELECT began_seq, began_at_ms, CAST(1 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), group_no
  FROM group_users
  WHERE account_no = $1 AND user_no = $2
  UNION ALL
  SELECT began_seq, began_at_ms, CAST(1 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), group_no
  FROM group_users_ended
  WHERE account_no = $1 AND user_no = $2
  UNION ALL
  SELECT ended_seq, ended_at_ms, CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), group_no
  FROM group_users_ended
  WHERE account_no = $1 AND user_no = $2
) AS moments
WHERE seq < $3
ORDER BY seq DESC
LIMIT $4";

/// What began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The user held the role; on the bot, or with [`crate::assignments::NO_BOT`] on the account.
    Role(BotNo, RoleNo),
    /// The user was in the group.
    Group(GroupNo),
}

/// Something that began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The number of its audit entry.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Whether it began; else it ended.
    pub has_begun: bool,
    /// What.
    pub subject: Subject,
}

/// What became of `user` before the entry with number `before`, at most `limit`, the newest first.
pub async fn list(
    tx: &mut Tx,
    account: AccountNo,
    user: UserNo,
    before: i64,
    limit: i64,
) -> Result<Vec<Moment>, Error> {
    let list = sqlx::query(LIST).bind(account.0).bind(user.0).bind(before).bind(limit);
    let rows = tx.all(list).await?;
    let moments = rows.iter().map(|row| {
        let group = GroupNo(row.try_get(5)?);
        let role = Subject::Role(BotNo(row.try_get(3)?), RoleNo(row.try_get(4)?));
        Ok(Moment {
            seq: row.try_get(0)?,
            at: Instant::from_ms(row.try_get(1)?),
            has_begun: row.try_get::<i64, _>(2)? != 0,
            subject: if group.0 == 0 { role } else { Subject::Group(group) },
        })
    });
    moments.collect()
}
