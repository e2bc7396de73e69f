//! People's code generators: the sealed secret, which codes were used, and what is left of the recovery codes.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{Error, Tx};

const FIND: &str = "
SELECT secret_sealed, last_step, recovery_hashes, made_at_ms, confirmed_at_ms
FROM second_factors
WHERE account_no = $1 AND user_no = $2";
const UPSERT: &str = "
INSERT INTO second_factors
  (account_no, user_no, secret_sealed, last_step, recovery_hashes, made_at_ms, confirmed_at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account_no, user_no) DO UPDATE SET
  secret_sealed = excluded.secret_sealed, last_step = excluded.last_step, recovery_hashes = excluded.recovery_hashes,
  made_at_ms = excluded.made_at_ms, confirmed_at_ms = excluded.confirmed_at_ms";
// One that counts is not replaced by one that does not yet.
const BEGIN: &str = "
INSERT INTO second_factors
  (account_no, user_no, secret_sealed, last_step, recovery_hashes, made_at_ms, confirmed_at_ms)
VALUES ($1, $2, $3, $4, '', $5, NULL)
ON CONFLICT (account_no, user_no) DO UPDATE SET
  secret_sealed = excluded.secret_sealed, last_step = excluded.last_step, made_at_ms = excluded.made_at_ms
WHERE second_factors.confirmed_at_ms IS NULL";
const USE_STEP: &str =
    "UPDATE second_factors SET last_step = $3 WHERE account_no = $1 AND user_no = $2 AND last_step < $3";
const SET_RECOVERY: &str = "
UPDATE second_factors
SET recovery_hashes = $4
WHERE account_no = $1 AND user_no = $2 AND recovery_hashes = $3";
const REMOVE: &str = "DELETE FROM second_factors WHERE account_no = $1 AND user_no = $2";

/// A person's code generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Its secret, sealed.
    pub secret_sealed: String,
    /// The last time step of which a code was used.
    pub last_step: i64,
    /// The hashes of the recovery codes that are left.
    pub recovery_hashes: Vec<String>,
    /// When it was made.
    pub made_at: Instant,
    /// When a first code was right; until then it is not asked for.
    pub confirmed_at: Option<Instant>,
}

/// The person's code generator, confirmed or not.
pub async fn find(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<Option<SecondFactor>, Error> {
    let Some(row) = tx.optional(sqlx::query(FIND).bind(account.0).bind(user.0)).await? else { return Ok(None) };
    let hashes: String = row.try_get(2)?;
    Ok(Some(SecondFactor {
        secret_sealed: row.try_get(0)?,
        last_step: row.try_get(1)?,
        recovery_hashes: hashes.split(' ').filter(|hash| !hash.is_empty()).map(str::to_owned).collect(),
        made_at: Instant::from_ms(row.try_get(3)?),
        confirmed_at: row.try_get::<Option<i64>, _>(4)?.map(Instant::from_ms),
    }))
}

/// Begins to set a code generator up, in place of one that was begun before; false if there is one that
/// is confirmed.
pub async fn begin(tx: &mut Tx, account: AccountNo, user: UserNo, factor: &SecondFactor) -> Result<bool, Error> {
    let begin = sqlx::query(BEGIN)
        .bind(account.0)
        .bind(user.0)
        .bind(factor.secret_sealed.clone())
        .bind(factor.last_step)
        .bind(factor.made_at.as_ms());
    Ok(tx.run(begin).await? == 1)
}

/// Sets the person's code generator, in place of the one before.
pub async fn upsert(tx: &mut Tx, account: AccountNo, user: UserNo, factor: &SecondFactor) -> Result<(), Error> {
    let upsert = sqlx::query(UPSERT)
        .bind(account.0)
        .bind(user.0)
        .bind(factor.secret_sealed.clone())
        .bind(factor.last_step)
        .bind(factor.recovery_hashes.join(" "))
        .bind(factor.made_at.as_ms())
        .bind(factor.confirmed_at.map(Instant::as_ms));
    tx.run(upsert).await?;
    Ok(())
}

/// Uses the code of a time step up; false if that one or a later one was used before.
///
/// Concurrency: of two uses at once, on whichever nodes, one gets true.
pub async fn use_step(tx: &mut Tx, account: AccountNo, user: UserNo, step: i64) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(USE_STEP).bind(account.0).bind(user.0).bind(step)).await? == 1)
}

/// Uses a recovery code up: `left` is what is left of `before`. False if it was used meanwhile.
pub async fn use_recovery_code(
    tx: &mut Tx,
    account: AccountNo,
    user: UserNo,
    before: &[String],
    left: &[String],
) -> Result<bool, Error> {
    let set = sqlx::query(SET_RECOVERY).bind(account.0).bind(user.0).bind(before.join(" ")).bind(left.join(" "));
    Ok(tx.run(set).await? == 1)
}

/// Removes the person's code generator; false if there is none.
pub async fn remove(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(REMOVE).bind(account.0).bind(user.0)).await? == 1)
}
