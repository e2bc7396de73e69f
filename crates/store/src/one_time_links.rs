//! Links that let a person set a password, once. Only the hash of what a link says is kept.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::Row;

use crate::{Error, Tx};

const FIND: &str = "
SELECT account_no, user_no, made_by, made_at_ms, expires_at_ms
FROM one_time_links
WHERE link_hash = $1";
const UPSERT: &str = "
INSERT INTO one_time_links (account_no, user_no, link_hash, made_by, made_at_ms, expires_at_ms)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_no, user_no) DO UPDATE SET
  link_hash = excluded.link_hash, made_by = excluded.made_by, made_at_ms = excluded.made_at_ms,
  expires_at_ms = excluded.expires_at_ms";
const TAKE: &str = "DELETE FROM one_time_links WHERE account_no = $1 AND user_no = $2 AND link_hash = $3";
const REMOVE: &str = "DELETE FROM one_time_links WHERE account_no = $1 AND user_no = $2";
const FORGET: &str = "DELETE FROM one_time_links WHERE expires_at_ms <= $1";

/// A link that was made and not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The person's account.
    pub account: AccountNo,
    /// Whom it is for.
    pub user: UserNo,
    /// Who made it, as audit entries tell of an actor.
    pub made_by: String,
    /// When it was made.
    pub made_at: Instant,
    /// From when on it does not count.
    pub expires_at: Instant,
}

/// The link with this hash, of whatever account: the way from a link to its account.
pub async fn find(tx: &mut Tx, hash: &str) -> Result<Option<Link>, Error> {
    match tx.optional(sqlx::query(FIND).bind(hash.to_owned())).await? {
        Some(row) => Ok(Some(Link {
            account: AccountNo(row.try_get(0)?),
            user: UserNo(row.try_get(1)?),
            made_by: row.try_get(2)?,
            made_at: Instant::from_ms(row.try_get(3)?),
            expires_at: Instant::from_ms(row.try_get(4)?),
        })),
        None => Ok(None),
    }
}

/// Keeps a link, in place of the person's one before.
pub async fn upsert(tx: &mut Tx, hash: &str, link: &Link) -> Result<(), Error> {
    let upsert = sqlx::query(UPSERT)
        .bind(link.account.0)
        .bind(link.user.0)
        .bind(hash.to_owned())
        .bind(link.made_by.clone())
        .bind(link.made_at.as_ms())
        .bind(link.expires_at.as_ms());
    tx.run(upsert).await?;
    Ok(())
}

/// Uses the person's link with this hash up; false if it is gone.
pub async fn take(tx: &mut Tx, account: AccountNo, user: UserNo, hash: &str) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(TAKE).bind(account.0).bind(user.0).bind(hash.to_owned())).await? == 1)
}

/// Takes the person's link back, if there is one.
pub async fn remove(tx: &mut Tx, account: AccountNo, user: UserNo) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE).bind(account.0).bind(user.0)).await?;
    Ok(())
}

/// Forgets the links that have expired by `now`; how many.
pub async fn forget(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(now.as_ms())).await
}
