//! Uploaded files. A file is never changed; after a while it is removed.

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::Row;

use crate::{Error, Tx};

const INSERT: &str = "
INSERT INTO files (account_no, file_no, file_id, file_name, sha1, created_at_ms, created_by, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const FIND: &str = "SELECT content FROM files WHERE account_no = $1 AND file_id = $2";
const REMOVE: &str = "DELETE FROM files WHERE account_no = $1 AND created_at_ms < $2";

/// An uploaded file, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its number in its account.
    pub no: i64,
    /// Its id: 24 hex digits.
    pub id: String,
    /// The name it is stored under: `f-` and a UUID.
    pub name: String,
    /// SHA-1 over its content, in hex.
    pub sha1: String,
    /// When it came.
    pub created_at: Instant,
    /// Who sent it.
    pub created_by: String,
}

/// Adds a file.
pub async fn insert(tx: &mut Tx, account: AccountNo, file: &File, content: &[u8]) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(file.no)
        .bind(file.id.clone())
        .bind(file.name.clone())
        .bind(file.sha1.clone())
        .bind(file.created_at.as_ms())
        .bind(file.created_by.clone())
        .bind(content.to_vec());
    tx.run(insert).await?;
    Ok(())
}

/// What is in the account's file with id `id`.
pub async fn find(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Vec<u8>>, Error> {
    match tx.optional(sqlx::query(FIND).bind(account.0).bind(id.to_owned())).await? {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

/// Removes the account's files that came before `before`; how many.
pub async fn remove_before(tx: &mut Tx, account: AccountNo, before: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(REMOVE).bind(account.0).bind(before.as_ms())).await
}
