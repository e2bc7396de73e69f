//! Whom identity providers mean: which person a subject is, as of the first time it signed in.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{Error, Tx};

pub(crate) const FIND: &str =
    "SELECT user_no FROM provider_subjects WHERE account_no = $1 AND issuer = $2 AND subject = $3";
pub(crate) const IS_BOUND: &str =
    "SELECT COUNT(*) FROM provider_subjects WHERE account_no = $1 AND user_no = $2 AND issuer = $3";
const BIND: &str = "
INSERT INTO provider_subjects (account_no, user_no, issuer, subject, bound_at_ms)
VALUES ($1, $2, $3, $4, $5)";
const FORGET: &str = "DELETE FROM provider_subjects WHERE account_no = $1 AND user_no = $2";

/// Who a provider says somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// What it knows the person by, for good (`sub`).
    pub subject: &'a str,
}

/// The person that the subject is.
pub async fn find(tx: &mut Tx, account: AccountNo, who: Subject<'_>) -> Result<Option<UserNo>, Error> {
    let find = sqlx::query(FIND).bind(account.0).bind(who.issuer.to_owned()).bind(who.subject.to_owned());
    Ok(tx.optional(find).await?.map(|row| row.try_get(0).map(UserNo)).transpose()?)
}

/// Whether the person is bound to a subject of the issuer, whichever that is.
pub async fn is_bound(tx: &mut Tx, account: AccountNo, user: UserNo, issuer: &str) -> Result<bool, Error> {
    let count = sqlx::query(IS_BOUND).bind(account.0).bind(user.0).bind(issuer.to_owned());
    Ok(tx.number(count).await? > 0)
}

/// Binds the person to the subject. Errors: [`Error::Conflict`] if one of them is bound already.
pub async fn bind(tx: &mut Tx, account: AccountNo, user: UserNo, who: Subject<'_>, at: Instant) -> Result<(), Error> {
    let bind = sqlx::query(BIND)
        .bind(account.0)
        .bind(user.0)
        .bind(who.issuer.to_owned())
        .bind(who.subject.to_owned())
        .bind(at.as_ms());
    tx.run(bind).await?;
    Ok(())
}

/// Forgets which subjects the person is; how many.
pub async fn forget(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(account.0).bind(user.0)).await
}
