//! Groups of an account.

use rolecall_model::{
    group::Group,
    ids::{AccountNo, GroupNo},
    text::fold,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

const FIND_BY_NAMES: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND name_folded IN ";
const FIND_BY_IDS: &str = "
SELECT group_no, group_id, name, description, created_at_ms
FROM groups
WHERE account_no = $1 AND removed_at_ms IS NULL AND group_id IN ";
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

/// The account's groups that have one of `names`, each folded; in any order.
pub async fn find_by_names(tx: &mut Tx, account: AccountNo, names: &[String]) -> Result<Vec<Group>, Error> {
    find(tx, account, FIND_BY_NAMES, names).await
}

/// The account's groups that have one of `ids`, in any order.
pub async fn find_by_ids(tx: &mut Tx, account: AccountNo, ids: &[String]) -> Result<Vec<Group>, Error> {
    find(tx, account, FIND_BY_IDS, ids).await
}

async fn find(tx: &mut Tx, account: AccountNo, sql: &str, values: &[String]) -> Result<Vec<Group>, Error> {
    let mut found = Vec::new();
    for slice in bulk::slices(values) {
        let sql = format!("{sql}({})", bulk::values(2, slice.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for value in slice {
            find = find.bind(value.clone());
        }
        for row in tx.all(find).await? {
            found.push(group(&row)?);
        }
    }
    Ok(found)
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
