//! People's passkeys: the public halves, and how often each was used.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx};

pub(crate) const LIST: &str = "
SELECT credential_id, passkey_id, name, algorithm, public_key, sign_count, made_at_ms, used_at_ms
FROM passkeys
WHERE account_no = $1 AND user_no = $2
ORDER BY made_at_ms, passkey_id";
const IS_THERE: &str = "SELECT COUNT(*) FROM passkeys WHERE account_no = $1 AND credential_id = $2";
const INSERT: &str = "
INSERT INTO passkeys
  (account_no, user_no, credential_id, passkey_id, name, algorithm, public_key, sign_count, made_at_ms, used_at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
// A counter that does not go up tells of a copy of the key, unless it stays at 0 for good.
const USE: &str = "
UPDATE passkeys
SET sign_count = $4, used_at_ms = $5
WHERE account_no = $1 AND user_no = $2 AND credential_id = $3 AND (sign_count < $4 OR (sign_count = 0 AND $4 = 0))";
const REMOVE: &str = "DELETE FROM passkeys WHERE account_no = $1 AND user_no = $2 AND passkey_id = $3";
const REMOVE_ALL: &str = "DELETE FROM passkeys WHERE account_no = $1 AND user_no = $2";

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// What its authenticator calls it, in base64url.
    pub credential_id: String,
    /// What we call it: `pk-` and a UUID.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// How it signs: `ES256`, `EdDSA` or `RS256`.
    pub algorithm: String,
    /// The public key, as signatures of its algorithm are verified with.
    pub public_key: Vec<u8>,
    /// How often its authenticator says that it has signed.
    pub sign_count: i64,
    /// When it was registered.
    pub made_at: Instant,
    /// When it was last used.
    pub used_at: Option<Instant>,
}

fn passkey(row: &AnyRow) -> Result<Passkey, Error> {
    Ok(Passkey {
        credential_id: row.try_get(0)?,
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        algorithm: row.try_get(3)?,
        public_key: row.try_get(4)?,
        sign_count: row.try_get(5)?,
        made_at: Instant::from_ms(row.try_get(6)?),
        used_at: row.try_get::<Option<i64>, _>(7)?.map(Instant::from_ms),
    })
}

/// The person's passkeys, in order of registration.
pub async fn list(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<Vec<Passkey>, Error> {
    tx.all(sqlx::query(LIST).bind(account.0).bind(user.0)).await?.iter().map(passkey).collect()
}

/// Whether somebody of the account has the passkey.
pub async fn is_there(tx: &mut Tx, account: AccountNo, credential_id: &str) -> Result<bool, Error> {
    Ok(tx.number(sqlx::query(IS_THERE).bind(account.0).bind(credential_id.to_owned())).await? > 0)
}

/// Adds a passkey. Errors: [`Error::Conflict`] if somebody of the account has it.
pub async fn insert(tx: &mut Tx, account: AccountNo, user: UserNo, passkey: &Passkey) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(user.0)
        .bind(passkey.credential_id.clone())
        .bind(passkey.id.clone())
        .bind(passkey.name.clone())
        .bind(passkey.algorithm.clone())
        .bind(passkey.public_key.clone())
        .bind(passkey.sign_count)
        .bind(passkey.made_at.as_ms())
        .bind(passkey.used_at.map(Instant::as_ms));
    tx.run(insert).await?;
    Ok(())
}

/// Notes the use of a passkey; false if its counter has not gone up, or it is gone.
pub async fn note_use(
    tx: &mut Tx,
    account: AccountNo,
    user: UserNo,
    credential_id: &str,
    sign_count: i64,
    at: Instant,
) -> Result<bool, Error> {
    let note =
        sqlx::query(USE).bind(account.0).bind(user.0).bind(credential_id.to_owned()).bind(sign_count).bind(at.as_ms());
    Ok(tx.run(note).await? == 1)
}

/// Removes the person's passkey with id `id`; false if there is none.
pub async fn remove(tx: &mut Tx, account: AccountNo, user: UserNo, id: &str) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(REMOVE).bind(account.0).bind(user.0).bind(id.to_owned())).await? == 1)
}

/// Removes all of the person's passkeys; how many.
pub async fn remove_all(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<u64, Error> {
    tx.run(sqlx::query(REMOVE_ALL).bind(account.0).bind(user.0)).await
}
