//! Passwords of people, hashed.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{Error, Tx};

const FIND: &str = "SELECT phrase, set_at_ms FROM passwords WHERE account_no = $1 AND user_no = $2";
const UPSERT: &str = "
INSERT INTO passwords (account_no, user_no, phrase, set_at_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_no, user_no) DO UPDATE SET phrase = excluded.phrase, set_at_ms = excluded.set_at_ms";
const REMOVE: &str = "DELETE FROM passwords WHERE account_no = $1 AND user_no = $2";

/// A person's password, as it lies here.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// How it was hashed, with what it was salted, and the hash.
    pub phrase: String,
    /// When it was set.
    pub set_at: Instant,
}

/// The person's password, if it has one.
pub async fn find(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<Option<Password>, Error> {
    match tx.optional(sqlx::query(FIND).bind(account.0).bind(user.0)).await? {
        Some(row) => Ok(Some(Password { phrase: row.try_get(0)?, set_at: Instant::from_ms(row.try_get(1)?) })),
        None => Ok(None),
    }
}

/// Sets the person's password, in place of the one before.
pub async fn upsert(tx: &mut Tx, account: AccountNo, user: UserNo, password: &Password) -> Result<(), Error> {
    let upsert =
        sqlx::query(UPSERT).bind(account.0).bind(user.0).bind(password.phrase.clone()).bind(password.set_at.as_ms());
    tx.run(upsert).await?;
    Ok(())
}

/// Removes the person's password.
pub async fn remove(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE).bind(account.0).bind(user.0)).await?;
    Ok(())
}
