//! Groups of an account.

use rolecall_model::{
    group::Group,
    ids::{AccountNo, GroupNo},
    page::Page,
    text::fold,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

pub(crate) const LIST: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_no > $2
ORDER BY group_no
LIMIT $3 OFFSET $4";
// Both engines count characters here. There are some thousands at most, so no index is kept for it.
pub(crate) const LIST_NAMED: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_no > $2 AND substr(name_folded, 1, length(CAST($3 AS TEXT))) = $3
ORDER BY group_no
LIMIT $4 OFFSET $5";
const COUNT_NAMED: &str = "
SELECT COUNT(*)
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND substr(name_folded, 1, length(CAST($2 AS TEXT))) = $2";
const COUNT: &str = "SELECT COUNT(*) FROM groups WHERE account_no = $1 AND removed_at_ms IS NULL";
const FIND_BY_NAMES: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND name_folded IN ";
pub(crate) const FIND_BY_IDS: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_id IN ";
pub(crate) const FIND_BY_NOS: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_no IN ";
const UPDATE: &str =
    "UPDATE groups SET name = $3, name_folded = $4, description = $5 WHERE account_no = $1 AND group_no = $2";
const REMOVE: &str = "
UPDATE groups
SET removed_at_ms = $2
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_no IN ";
const INSERT: &str =
    "INSERT INTO groups (account_no, group_no, group_id, name, name_folded, description, created_at_ms) VALUES ";

fn group(row: &AnyRow) -> Result<Group, Error> {
    Ok(Group {
        no: GroupNo(row.try_get(0)?),
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        description: row.try_get(3)?,
        created_at: Instant::from_ms(row.try_get(4)?),
    })
}

/// A page of the account's groups, in order of creation.
pub async fn list(tx: &mut Tx, account: AccountNo, page: Page) -> Result<Vec<Group>, Error> {
    let (after, offset) = page.after(0);
    let list = sqlx::query(LIST).bind(account.0).bind(after).bind(i64::from(page.limit)).bind(offset);
    tx.all(list).await?.iter().map(group).collect()
}

/// A page of the account's groups whose names begin with `folded`, which is folded; in order of creation.
pub async fn list_named(tx: &mut Tx, account: AccountNo, folded: &str, page: Page) -> Result<Vec<Group>, Error> {
    let (after, offset) = page.after(0);
    let list = sqlx::query(LIST_NAMED)
        .bind(account.0)
        .bind(after)
        .bind(folded.to_owned())
        .bind(i64::from(page.limit))
        .bind(offset);
    tx.all(list).await?.iter().map(group).collect()
}

/// How many groups the account has whose names begin with `folded`, which is folded.
pub async fn count_named(tx: &mut Tx, account: AccountNo, folded: &str) -> Result<i64, Error> {
    let count = sqlx::query(COUNT_NAMED).bind(account.0).bind(folded.to_owned());
    tx.number(count).await
}

/// How many groups the account has.
pub async fn count(tx: &mut Tx, account: AccountNo) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT).bind(account.0)).await
}

/// The account's groups that have one of `names`, each folded; in any order.
pub async fn find_by_names(tx: &mut Tx, account: AccountNo, names: &[String]) -> Result<Vec<Group>, Error> {
    bulk::find(tx, account, FIND_BY_NAMES, names.iter().cloned(), group).await
}

/// The account's groups that have one of `ids`, in any order.
pub async fn find_by_ids(tx: &mut Tx, account: AccountNo, ids: &[String]) -> Result<Vec<Group>, Error> {
    bulk::find(tx, account, FIND_BY_IDS, ids.iter().cloned(), group).await
}

/// The account's groups that have one of the numbers `nos`, in any order.
pub async fn find_by_nos(tx: &mut Tx, account: AccountNo, nos: &[GroupNo]) -> Result<Vec<Group>, Error> {
    bulk::find(tx, account, FIND_BY_NOS, nos.iter().map(|no| no.0), group).await
}

/// Adds groups. Errors: [`Error::Conflict`] if the name of one is taken.
pub async fn insert(tx: &mut Tx, account: AccountNo, groups: &[Group]) -> Result<(), Error> {
    for slice in bulk::slices(groups) {
        let sql = format!("{INSERT}{}", bulk::rows(slice.len(), 7));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for group in slice {
            insert = insert
                .bind(account.0)
                .bind(group.no.0)
                .bind(group.id.clone())
                .bind(group.name.clone())
                .bind(fold(&group.name))
                .bind(group.description.clone())
                .bind(group.created_at.as_ms());
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// Writes all that may change of a group. Errors: [`Error::Conflict`] if its name is taken.
pub async fn update(tx: &mut Tx, account: AccountNo, group: &Group) -> Result<(), Error> {
    let update = sqlx::query(UPDATE)
        .bind(account.0)
        .bind(group.no.0)
        .bind(group.name.clone())
        .bind(fold(&group.name))
        .bind(group.description.clone());
    tx.run(update).await?;
    Ok(())
}

/// Marks groups as removed at `at`: they stay in the history, and their names are free again.
pub async fn remove(tx: &mut Tx, account: AccountNo, at: Instant, groups: &[GroupNo]) -> Result<(), Error> {
    for slice in bulk::slices(groups) {
        let sql = format!("{REMOVE}({})", bulk::values(3, slice.len()));
        let mut remove = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0).bind(at.as_ms());
        for group in slice {
            remove = remove.bind(group.0);
        }
        tx.run(remove).await?;
    }
    Ok(())
}
