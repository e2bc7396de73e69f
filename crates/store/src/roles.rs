//! Roles of an account.

use rolecall_model::{
    ids::{AccountNo, RoleNo},
    page::{Page, Start},
    problem::Problems,
    role::{Permissions, Role, RoleType},
    text::fold,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

const LIST: &str = "
SELECT role_no, role_id, role_type, name, description, permissions, ref_id, is_built_in, created_at_ms, created_by, modified_at_ms, modified_by
FROM roles
WHERE account_no = $1 AND role_type = $2 AND removed_at_ms IS NULL AND role_no > $3
ORDER BY role_no
LIMIT $4 OFFSET $5";
const COUNT: &str = "
SELECT COUNT(*)
FROM roles
WHERE account_no = $1 AND role_type = $2 AND removed_at_ms IS NULL";
const FIND_MANY: &str = "
SELECT role_no, role_id, role_type, name, description, permissions, ref_id, is_built_in, created_at_ms, created_by, modified_at_ms, modified_by
FROM roles
WHERE account_no = $1 AND removed_at_ms IS NULL AND role_id IN ";
const INSERT: &str = "
INSERT INTO roles
  (account_no, role_no, role_id, role_type, name, name_folded, description, permissions, ref_id, is_built_in,
   created_at_ms, created_by, modified_at_ms, modified_by)
VALUES ";

fn role(row: &AnyRow) -> Result<Role, Error> {
    let unreadable = |column: &str| Error::Failed { code: format!("unreadable roles.{column}") };
    let role_type = RoleType::parse(row.try_get(2)?).ok_or_else(|| unreadable("role_type"))?;
    let permissions: String = row.try_get(5)?;
    let permissions = serde_json::from_str(&permissions).map_err(|_| unreadable("permissions"))?;
    let mut problems = Problems::default();
    let permissions = Permissions::parse(role_type, &permissions, "", &mut problems);
    problems.or_ok(()).map_err(|_| unreadable("permissions"))?;
    Ok(Role {
        no: RoleNo(row.try_get(0)?),
        id: row.try_get(1)?,
        role_type,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        permissions,
        ref_id: row.try_get(6)?,
        is_built_in: row.try_get::<i64, _>(7)? != 0,
        created_at: Instant::from_ms(row.try_get(8)?),
        created_by: row.try_get(9)?,
        modified_at: Instant::from_ms(row.try_get(10)?),
        modified_by: row.try_get(11)?,
    })
}

/// A page of the account's roles of one type: built-in ones first, then in order of creation.
pub async fn list(tx: &mut Tx, account: AccountNo, role_type: RoleType, page: Page) -> Result<Vec<Role>, Error> {
    let (after, offset) = match page.start {
        Start::After(no) => (no, 0),
        Start::Offset(offset) => (0, i64::try_from(offset).unwrap_or(i64::MAX)),
    };
    let list =
        sqlx::query(LIST).bind(account.0).bind(role_type.as_str()).bind(after).bind(i64::from(page.limit)).bind(offset);
    tx.all(list).await?.iter().map(role).collect()
}

/// How many roles of that type the account has.
pub async fn count(tx: &mut Tx, account: AccountNo, role_type: RoleType) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT).bind(account.0).bind(role_type.as_str())).await
}

/// Those of `ids` that are roles of the account, in any order.
pub async fn find_many(tx: &mut Tx, account: AccountNo, ids: &[String]) -> Result<Vec<Role>, Error> {
    let mut found = Vec::new();
    for slice in bulk::slices(ids) {
        let sql = format!("{FIND_MANY}({})", bulk::values(2, slice.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for id in slice {
            find = find.bind(id.clone());
        }
        for row in tx.all(find).await? {
            found.push(role(&row)?);
        }
    }
    Ok(found)
}

/// Adds roles. Errors: [`Error::Conflict`] if a name or reference id of one is taken.
pub async fn insert(tx: &mut Tx, account: AccountNo, roles: &[Role]) -> Result<(), Error> {
    for slice in bulk::slices(roles) {
        let sql = format!("{INSERT}{}", bulk::rows(slice.len(), 14));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for role in slice {
            insert = insert
                .bind(account.0)
                .bind(role.no.0)
                .bind(role.id.clone())
                .bind(role.role_type.as_str())
                .bind(role.name.clone())
                .bind(fold(&role.name))
                .bind(role.description.clone())
                .bind(role.permissions.to_wire(role.role_type).to_string())
                .bind(role.ref_id.clone())
                .bind(i64::from(role.is_built_in))
                .bind(role.created_at.as_ms())
                .bind(role.created_by.clone())
                .bind(role.modified_at.as_ms())
                .bind(role.modified_by.clone());
        }
        tx.run(insert).await?;
    }
    Ok(())
}
