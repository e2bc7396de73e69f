//! Memberships: which users and groups are in which groups, since when.
//!
//! What holds now stands in `group_users` and `group_groups`; what has ended moves to the tables
//! beside them in the same transaction, so that the account can be read as of any time.

use std::collections::HashMap;

use rolecall_model::{
    ids::{AccountNo, GroupNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    bulk::{self, Column},
};

/// Who is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A user.
    User(UserNo),
    /// A group, with all who are in it.
    Group(GroupNo),
}

/// A membership: the fact itself, without when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// The group.
    pub group: GroupNo,
    /// Who is in it.
    pub member: Member,
}

pub(crate) const FIND_USERS: &str = "
WITH sought (account_no, group_no, user_no) AS (VALUES SOUGHT)
SELECT t.group_no, t.user_no
FROM sought
CROSS JOIN group_users AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.group_no AND t.user_no = sought.user_no";
pub(crate) const FIND_GROUPS: &str = "
WITH sought (account_no, group_no, member_no) AS (VALUES SOUGHT)
SELECT t.group_no, t.member_no
FROM sought
CROSS JOIN group_groups AS t
WHERE t.account_no = sought.account_no AND t.group_no = sought.group_no AND t.member_no = sought.member_no";
const INSERT_USERS: &str = "INSERT INTO group_users (account_no, group_no, user_no, began_at_ms, began_seq) VALUES ";
const INSERT_GROUPS: &str =
    "INSERT INTO group_groups (account_no, group_no, member_no, began_at_ms, began_seq) VALUES ";
pub(crate) const END_USERS: &str = "
WITH sought (account_no, group_no, user_no) AS (VALUES SOUGHT)
DELETE FROM group_users
WHERE (account_no, group_no, user_no) IN (SELECT sought.account_no, sought.group_no, sought.user_no FROM sought)
RETURNING group_no, user_no, began_at_ms, began_seq";
pub(crate) const END_GROUPS: &str = "
WITH sought (account_no, group_no, member_no) AS (VALUES SOUGHT)
DELETE FROM group_groups
WHERE (account_no, group_no, member_no) IN (SELECT sought.account_no, sought.group_no, sought.member_no FROM sought)
RETURNING group_no, member_no, began_at_ms, began_seq";
const KEEP_USERS: &str = "
INSERT INTO group_users_ended (account_no, ended_seq, group_no, user_no, began_at_ms, began_seq, ended_at_ms) VALUES ";
const KEEP_GROUPS: &str = "
INSERT INTO group_groups_ended (account_no, ended_seq, group_no, member_no, began_at_ms, began_seq, ended_at_ms) VALUES ";
pub(crate) const NESTED: &str = "SELECT group_no, member_no FROM group_groups WHERE account_no = $1";
// One sub-query a group, each with a limit of its own: a group of any size costs no more than
// what is shown of it.
pub(crate) const FIRST_USERS: &str = "
SELECT * FROM (
  SELECT m.group_no, m.user_no, u.user_id, u.email, u.first_name, u.last_name, u.status
  FROM group_users m
  JOIN users u ON u.account_no = m.account_no AND u.user_no = m.user_no
  WHERE m.account_no = $1 AND m.group_no = $GROUP
  ORDER BY m.user_no
  LIMIT $2
) AS of_one";
pub(crate) const COUNT_USERS: &str =
    "SELECT group_no, COUNT(*) FROM group_users WHERE account_no = $1 AND group_no IN ";
pub(crate) const GROUPS_INSIDE: &str = "
SELECT m.group_no, m.member_no, g.group_id, g.name
FROM group_groups m
JOIN groups g ON g.account_no = m.account_no AND g.group_no = m.member_no
WHERE m.account_no = $1 AND m.group_no IN ";

pub(crate) const LIST_USERS: &str = "
SELECT m.group_no, m.user_no, u.user_id, u.email, u.first_name, u.last_name, u.status
FROM group_users m
JOIN users u ON u.account_no = m.account_no AND u.user_no = m.user_no
WHERE m.account_no = $1 AND m.group_no = $2 AND m.user_no > $3
ORDER BY m.user_no
LIMIT $4";
pub(crate) const LIST_GROUPS: &str = "
SELECT m.group_no, m.member_no, g.group_id, g.name
FROM group_groups m
JOIN groups g ON g.account_no = m.account_no AND g.group_no = m.member_no
WHERE m.account_no = $1 AND m.group_no = $2 AND m.member_no > $3
ORDER BY m.member_no
LIMIT $4";
pub(crate) const COUNT_GROUPS: &str =
    "SELECT group_no, COUNT(*) FROM group_groups WHERE account_no = $1 AND group_no IN ";
pub(crate) const DIRECTLY_AROUND: &str =
    "SELECT group_no FROM group_groups WHERE account_no = $1 AND member_no = $2 ORDER BY group_no";

/// A user in a group, with what lists of groups show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserInside {
    /// The group.
    pub group: GroupNo,
    /// The user's number.
    pub no: UserNo,
    /// The user's id.
    pub id: String,
    /// The user's e-mail address.
    pub email: String,
    /// The user's first name.
    pub first_name: String,
    /// The user's last name.
    pub last_name: String,
    /// Whether the user may sign in: a word of [`rolecall_model::user::Status`].
    pub status: String,
}

/// A group in a group, with what lists of groups show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupInside {
    /// The group around it.
    pub group: GroupNo,
    /// Its number.
    pub no: GroupNo,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The columns of a sought membership: account, group and member.
pub(crate) const KEY: [Column; 3] = [Column::Number; 3];
pub(crate) const USERS_AFTER: &str = "
SELECT group_no, user_no
FROM group_users
WHERE account_no = $1 AND (group_no, user_no) > ($2, $3)
ORDER BY group_no, user_no
LIMIT $4";

/// The two kinds of memberships, each in tables of its own, as pairs of numbers.
#[derive(Clone, Copy)]
enum Kind {
    Users,
    Groups,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Users, Self::Groups];

    fn no(self, membership: Membership) -> Option<(i64, i64)> {
        match (self, membership.member) {
            (Self::Users, Member::User(user)) => Some((membership.group.0, user.0)),
            (Self::Groups, Member::Group(group)) => Some((membership.group.0, group.0)),
            _ => None,
        }
    }

    fn membership(self, group_no: i64, member_no: i64) -> Membership {
        let member = match self {
            Self::Users => Member::User(UserNo(member_no)),
            Self::Groups => Member::Group(GroupNo(member_no)),
        };
        Membership { group: GroupNo(group_no), member }
    }

    fn pick<T>(self, users: T, groups: T) -> T {
        match self {
            Self::Users => users,
            Self::Groups => groups,
        }
    }
}

fn user_inside(row: &AnyRow) -> Result<UserInside, Error> {
    Ok(UserInside {
        group: GroupNo(row.try_get(0)?),
        no: UserNo(row.try_get(1)?),
        id: row.try_get(2)?,
        email: row.try_get(3)?,
        first_name: row.try_get(4)?,
        last_name: row.try_get(5)?,
        status: row.try_get(6)?,
    })
}

fn group_inside(row: &AnyRow) -> Result<GroupInside, Error> {
    Ok(GroupInside {
        group: GroupNo(row.try_get(0)?),
        no: GroupNo(row.try_get(1)?),
        id: row.try_get(2)?,
        name: row.try_get(3)?,
    })
}

/// Those of `memberships` that hold now, in any order.
pub async fn find(tx: &mut Tx, account: AccountNo, memberships: &[Membership]) -> Result<Vec<Membership>, Error> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let pairs: Vec<_> = memberships.iter().filter_map(|membership| kind.no(*membership)).collect();
        for slice in bulk::slices(&pairs) {
            let sql = bulk::seek(kind.pick(FIND_USERS, FIND_GROUPS), &KEY, slice.len());
            let mut find = sqlx::query(sqlx::AssertSqlSafe(sql));
            for (group_no, member_no) in slice {
                find = find.bind(account.0).bind(*group_no).bind(*member_no);
            }
            for row in tx.all(find).await? {
                found.push(kind.membership(row.try_get(0)?, row.try_get(1)?));
            }
        }
    }
    Ok(found)
}

/// All pairs of a group of the account and a group inside it, in any order.
pub async fn nested(tx: &mut Tx, account: AccountNo) -> Result<Vec<(GroupNo, GroupNo)>, Error> {
    let rows = tx.all(sqlx::query(NESTED).bind(account.0)).await?;
    rows.iter().map(|row| Ok((GroupNo(row.try_get(0)?), GroupNo(row.try_get(1)?)))).collect()
}

/// The groups in a statement of [`first_users`]: SQLite joins at most 500 queries into one.
const MAX_BRANCHES: usize = 64;

/// The first `limit` users of each of `groups`, by group and then in order of their creation.
pub async fn first_users(
    tx: &mut Tx,
    account: AccountNo,
    groups: &[GroupNo],
    limit: i64,
) -> Result<Vec<UserInside>, Error> {
    let mut found = Vec::new();
    for slice in groups.chunks(MAX_BRANCHES).flat_map(bulk::slices) {
        let branches = (3..).zip(slice).map(|(number, _)| FIRST_USERS.replace("GROUP", &number.to_string()));
        let sql = branches.collect::<Vec<_>>().join(" UNION ALL ");
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0).bind(limit);
        for group in slice {
            find = find.bind(group.0);
        }
        for row in tx.all(find).await? {
            found.push(user_inside(&row)?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The users directly in one group whose numbers come after `after`, in order of their creation.
pub async fn list_users(
    tx: &mut Tx,
    account: AccountNo,
    group: GroupNo,
    after: i64,
    limit: i64,
) -> Result<Vec<UserInside>, Error> {
    let list = sqlx::query(LIST_USERS).bind(account.0).bind(group.0).bind(after).bind(limit);
    tx.all(list).await?.iter().map(user_inside).collect()
}

/// The groups directly in one group whose numbers come after `after`, in order of their creation.
pub async fn list_groups(
    tx: &mut Tx,
    account: AccountNo,
    group: GroupNo,
    after: i64,
    limit: i64,
) -> Result<Vec<GroupInside>, Error> {
    let list = sqlx::query(LIST_GROUPS).bind(account.0).bind(group.0).bind(after).bind(limit);
    tx.all(list).await?.iter().map(group_inside).collect()
}

/// The groups that `member` is directly in, in order of their creation.
pub async fn directly_around(tx: &mut Tx, account: AccountNo, member: GroupNo) -> Result<Vec<GroupNo>, Error> {
    let rows = tx.all(sqlx::query(DIRECTLY_AROUND).bind(account.0).bind(member.0)).await?;
    rows.iter().map(|row| Ok(GroupNo(row.try_get(0)?))).collect()
}

/// How many users are in each of `groups`; a group with none is left out.
pub async fn count_users(tx: &mut Tx, account: AccountNo, groups: &[GroupNo]) -> Result<HashMap<GroupNo, i64>, Error> {
    count(tx, account, COUNT_USERS, groups).await
}

/// How many groups are directly in each of `groups`; a group with none is left out.
pub async fn count_groups(tx: &mut Tx, account: AccountNo, groups: &[GroupNo]) -> Result<HashMap<GroupNo, i64>, Error> {
    count(tx, account, COUNT_GROUPS, groups).await
}

async fn count(tx: &mut Tx, account: AccountNo, sql: &str, groups: &[GroupNo]) -> Result<HashMap<GroupNo, i64>, Error> {
    let mut counts = HashMap::new();
    for slice in bulk::slices(groups) {
        let sql = format!("{sql}({}) GROUP BY group_no", bulk::values(2, slice.len()));
        let mut count = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for group in slice {
            count = count.bind(group.0);
        }
        for row in tx.all(count).await? {
            counts.insert(GroupNo(row.try_get(0)?), row.try_get(1)?);
        }
    }
    Ok(counts)
}

/// The groups directly inside `groups`, by group and then in order of their creation.
pub async fn groups_inside(tx: &mut Tx, account: AccountNo, groups: &[GroupNo]) -> Result<Vec<GroupInside>, Error> {
    let groups = groups.iter().map(|group| group.0);
    let mut found = bulk::find(tx, account, GROUPS_INSIDE, groups, group_inside).await?;
    found.sort_unstable();
    Ok(found)
}

/// The users in groups that come after `after`, by group and user, at most `limit`: for going
/// through all of them.
pub async fn users_after(
    tx: &mut Tx,
    account: AccountNo,
    after: (GroupNo, UserNo),
    limit: i64,
) -> Result<Vec<(GroupNo, UserNo)>, Error> {
    let list = sqlx::query(USERS_AFTER).bind(account.0).bind(after.0.0).bind(after.1.0).bind(limit);
    let rows = tx.all(list).await?;
    rows.iter().map(|row| Ok((GroupNo(row.try_get(0)?), UserNo(row.try_get(1)?)))).collect()
}

/// Adds memberships, each with the number of its audit entry. The rows go in sorted by key, which
/// is the order of the table.
///
/// Errors: [`Error::Conflict`] if one is there already.
pub async fn insert(
    tx: &mut Tx,
    account: AccountNo,
    at: Instant,
    memberships: &[(Membership, i64)],
) -> Result<(), Error> {
    for kind in Kind::ALL {
        let rows = memberships.iter().filter_map(|(membership, seq)| Some((kind.no(*membership)?, *seq)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        for slice in bulk::slices(&rows) {
            let sql = format!("{}{}", kind.pick(INSERT_USERS, INSERT_GROUPS), bulk::rows(slice.len(), 5));
            let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
            for ((group_no, member_no), seq) in slice {
                insert = insert.bind(account.0).bind(*group_no).bind(*member_no).bind(at.as_ms()).bind(*seq);
            }
            tx.run(insert).await?;
        }
    }
    Ok(())
}

/// Ends memberships, each with the number of its audit entry: they move to the history. What does
/// not hold is passed over.
///
/// Two statements for each slice: one takes the rows out, one keeps them.
pub async fn end(tx: &mut Tx, account: AccountNo, at: Instant, memberships: &[(Membership, i64)]) -> Result<(), Error> {
    for kind in Kind::ALL {
        let rows = memberships.iter().filter_map(|(membership, seq)| Some((kind.no(*membership)?, *seq)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        let seqs: HashMap<(i64, i64), i64> = rows.iter().copied().collect();
        let mut ended = Vec::with_capacity(rows.len());
        for slice in bulk::slices(&rows) {
            let sql = bulk::seek(kind.pick(END_USERS, END_GROUPS), &KEY, slice.len());
            let mut end = sqlx::query(sqlx::AssertSqlSafe(sql));
            for ((group_no, member_no), _) in slice {
                end = end.bind(account.0).bind(*group_no).bind(*member_no);
            }
            for row in tx.all(end).await? {
                let pair: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
                let (began_at_ms, began_seq): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
                ended.extend(seqs.get(&pair).map(|seq| (*seq, pair, began_at_ms, began_seq)));
            }
        }
        ended.sort_unstable();
        for slice in bulk::slices(&ended) {
            let sql = format!("{}{}", kind.pick(KEEP_USERS, KEEP_GROUPS), bulk::rows(slice.len(), 7));
            let mut keep = sqlx::query(sqlx::AssertSqlSafe(sql));
            for (seq, (group_no, member_no), began_at_ms, began_seq) in slice {
                keep = keep.bind(account.0).bind(*seq).bind(*group_no).bind(*member_no);
                keep = keep.bind(*began_at_ms).bind(*began_seq).bind(at.as_ms());
            }
            tx.run(keep).await?;
        }
    }
    Ok(())
}
