//! Assignments: which user or group holds which role, on which bot, since when.
//!
//! What holds now stands in `user_assignments` and `group_assignments`; what has ended moves to the
//! tables beside them in the same transaction, so that the account can be read as of any time.

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};

use crate::{Error, Tx, bulk};

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

const INSERT_FOR_USERS: &str =
    "INSERT INTO user_assignments (account_no, bot_no, role_no, user_no, began_at_ms, began_seq) VALUES ";
const INSERT_FOR_GROUPS: &str =
    "INSERT INTO group_assignments (account_no, bot_no, role_no, group_no, began_at_ms, began_seq) VALUES ";

/// Adds assignments, each with the number of its audit entry. The rows go in sorted by key, which
/// is the order of the table.
///
/// Errors: [`Error::Conflict`] if one is there already.
pub async fn insert(
    tx: &mut Tx,
    account: AccountNo,
    at: Instant,
    assignments: &[(Assignment, i64)],
) -> Result<(), Error> {
    let mut for_users = Vec::new();
    let mut for_groups = Vec::new();
    for (assignment, seq) in assignments {
        match assignment.holder {
            Holder::User(user) => for_users.push((assignment.bot, assignment.role, user.0, *seq)),
            Holder::Group(group) => for_groups.push((assignment.bot, assignment.role, group.0, *seq)),
        }
    }
    for (sql, mut rows) in [(INSERT_FOR_USERS, for_users), (INSERT_FOR_GROUPS, for_groups)] {
        rows.sort_unstable();
        for slice in bulk::slices(&rows) {
            let sql = format!("{sql}{}", bulk::rows(slice.len(), 6));
            let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
            for (bot, role, holder_no, seq) in slice {
                insert = insert.bind(account.0).bind(bot.0).bind(role.0).bind(*holder_no).bind(at.as_ms()).bind(*seq);
            }
            tx.run(insert).await?;
        }
    }
    Ok(())
}
