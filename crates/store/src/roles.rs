//! Roles of an account.

use rolecall_model::{
    ids::{AccountNo, RoleNo},
    page::Page,
    problem::Problems,
    role::{Permissions, Role, RoleType},
    text::fold,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    bulk::{
        self,
        Column::{self, Number, Text},
    },
    db::Statement,
    names,
};

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
pub(crate) const FIND_BY_NAME: &str = "
SELECT role_no FROM roles
WHERE account_no = $1 AND role_type = $2 AND name_folded = $3 AND removed_at_ms IS NULL";
pub(crate) const FIND_BY_REF_ID: &str = "
SELECT role_no FROM roles
WHERE account_no = $1 AND role_type = $2 AND ref_id = $3 AND removed_at_ms IS NULL";
pub(crate) const FIND_BY_NOS: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.role_no, t.role_id, t.role_type, t.name, t.description, t.permissions, t.ref_id, t.is_built_in, t.created_at_ms, t.created_by, t.modified_at_ms, t.modified_by
FROM sought
CROSS JOIN roles AS t
WHERE t.account_no = sought.account_no AND t.role_no = sought.no AND t.removed_at_ms IS NULL";
const INSERT: &str = "
INSERT INTO roles
  (account_no, role_no, role_id, role_type, name, name_folded, description, permissions, ref_id, is_built_in,
   created_at_ms, created_by, modified_at_ms, modified_by)
VALUES ";
// What stands in for name and reference id begins with a line break, which neither can hold.
const SET_ASIDE: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
UPDATE roles SET name_folded = '\n' || role_id, ref_id = '\n' || role_id
FROM sought
WHERE roles.account_no = sought.account_no AND roles.role_no = sought.no";
const UPDATE: &str = "
WITH sought (account_no, no, new_name, new_name_folded, new_description, new_permissions, new_ref_id, new_at_ms, new_by) AS (VALUES SOUGHT)
UPDATE roles
SET name = new_name, name_folded = new_name_folded, description = new_description, permissions = new_permissions,
    ref_id = new_ref_id, modified_at_ms = new_at_ms, modified_by = new_by
FROM sought
WHERE roles.account_no = sought.account_no AND roles.role_no = sought.no";
const REMOVE: &str = "
WITH sought (account_no, no, new_at_ms) AS (VALUES SOUGHT)
UPDATE roles SET removed_at_ms = new_at_ms
FROM sought
WHERE roles.account_no = sought.account_no AND roles.role_no = sought.no AND removed_at_ms IS NULL";
const RESTORE: &str = "
WITH sought (account_no, id) AS (VALUES SOUGHT)
UPDATE roles SET removed_at_ms = NULL
FROM sought
WHERE roles.account_no = sought.account_no AND roles.role_id = sought.id AND removed_at_ms IS NOT NULL
RETURNING role_no";

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
    let (after, offset) = page.after(0);
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
    bulk::find(tx, account, FIND_MANY, ids.iter().cloned(), role).await
}

/// The account's role of that type with this name, which is folded.
pub async fn find_by_name(
    tx: &mut Tx,
    account: AccountNo,
    role_type: RoleType,
    folded: &str,
) -> Result<Option<RoleNo>, Error> {
    find_no(tx, FIND_BY_NAME, account, role_type, folded).await
}

/// The account's role of that type with this reference id.
pub async fn find_by_ref_id(
    tx: &mut Tx,
    account: AccountNo,
    role_type: RoleType,
    ref_id: &str,
) -> Result<Option<RoleNo>, Error> {
    find_no(tx, FIND_BY_REF_ID, account, role_type, ref_id).await
}

async fn find_no(
    tx: &mut Tx,
    sql: &'static str,
    account: AccountNo,
    role_type: RoleType,
    value: &str,
) -> Result<Option<RoleNo>, Error> {
    let find = sqlx::query(sql).bind(account.0).bind(role_type.as_str()).bind(value.to_owned());
    match tx.optional(find).await? {
        Some(row) => Ok(Some(RoleNo(row.try_get(0)?))),
        None => Ok(None),
    }
}

/// Those of `nos` that are roles of the account, in any order.
pub async fn find_by_nos(tx: &mut Tx, account: AccountNo, nos: &[RoleNo]) -> Result<Vec<Role>, Error> {
    let mut found = Vec::new();
    for (chunk, size) in bulk::chunks(nos) {
        let mut find = sought(FIND_BY_NOS, &names::BY_NO, size);
        let filling = std::iter::repeat_n((bulk::NO_ACCOUNT, 0), size - chunk.len());
        for (account_no, no) in chunk.iter().map(|no| (account.0, no.0)).chain(filling) {
            find = find.bind(account_no).bind(no);
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

/// Writes all that may change of roles: name, description, permissions, reference id, and who
/// changed them when.
///
/// Two statements for each slice, and all of the first before any of the second: two roles may
/// swap their names, so every role lets go of its own before any takes its new one.
///
/// Errors: [`Error::Conflict`] if a name or reference id of one is taken by another role.
pub async fn update(tx: &mut Tx, account: AccountNo, roles: &[Role]) -> Result<(), Error> {
    for slice in bulk::slices(roles) {
        let mut set_aside = sought(SET_ASIDE, &[Number, Number], slice.len());
        for role in slice {
            set_aside = set_aside.bind(account.0).bind(role.no.0);
        }
        tx.run(set_aside).await?;
    }
    for slice in bulk::slices(roles) {
        let columns = [Number, Number, Text, Text, Text, Text, Text, Number, Text];
        let mut update = sought(UPDATE, &columns, slice.len());
        for role in slice {
            update = update
                .bind(account.0)
                .bind(role.no.0)
                .bind(role.name.clone())
                .bind(fold(&role.name))
                .bind(role.description.clone())
                .bind(role.permissions.to_wire(role.role_type).to_string())
                .bind(role.ref_id.clone())
                .bind(role.modified_at.as_ms())
                .bind(role.modified_by.clone());
        }
        tx.run(update).await?;
    }
    Ok(())
}

/// Marks roles as removed at `at`: they stay in the history, and their names are free again.
pub async fn remove(tx: &mut Tx, account: AccountNo, at: Instant, roles: &[RoleNo]) -> Result<(), Error> {
    for slice in bulk::slices(roles) {
        let mut remove = sought(REMOVE, &[Number, Number, Number], slice.len());
        for role in slice {
            remove = remove.bind(account.0).bind(role.0).bind(at.as_ms());
        }
        tx.run(remove).await?;
    }
    Ok(())
}

/// Takes the removal of roles back: they are what they were. Answers their numbers.
///
/// Errors: [`Error::Conflict`] if a name or reference id of one was taken by another role since.
pub async fn restore(tx: &mut Tx, account: AccountNo, ids: &[String]) -> Result<Vec<RoleNo>, Error> {
    let mut restored = Vec::with_capacity(ids.len());
    for slice in bulk::slices(ids) {
        let mut restore = sought(RESTORE, &[Number, Text], slice.len());
        for id in slice {
            restore = restore.bind(account.0).bind(id.clone());
        }
        for row in tx.all(restore).await? {
            restored.push(RoleNo(row.try_get(0)?));
        }
    }
    Ok(restored)
}

fn sought(sql: &str, columns: &[Column], n: usize) -> Statement {
    sqlx::query(sqlx::AssertSqlSafe(bulk::seek(sql, columns, n)))
}
