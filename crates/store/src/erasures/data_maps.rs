//! Data maps, and which account each store belongs to.

use std::collections::HashMap;

use rolecall_model::{ids::AccountNo, time::Instant};
use sqlx::Row;

use crate::{
    Error, Tx,
    bulk::{self, Column},
};

const NEWEST: &str = "
SELECT map_no, hash, sealed, deadline_ms, grace_ms, set_at_ms
FROM data_maps
WHERE account_no = $1
ORDER BY map_no DESC
LIMIT 1";
const INSERT: &str = "
INSERT INTO data_maps (account_no, map_no, hash, sealed, deadline_ms, grace_ms, set_at_ms, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const CLAIM: (&str, &str) =
    ("INSERT INTO store_claims (place_hash, account_no) VALUES ", " ON CONFLICT (place_hash) DO NOTHING");
pub(crate) const CLAIMED: &str = "
WITH sought (place_hash) AS (VALUES SOUGHT)
SELECT t.place_hash, t.account_no
FROM sought
CROSS JOIN store_claims AS t
WHERE t.place_hash = sought.place_hash";
const CLAIMS: &str = "SELECT place_hash FROM store_claims WHERE account_no = $1 ORDER BY place_hash";
const RELEASE: &str = "DELETE FROM store_claims WHERE account_no = $1 AND place_hash IN ";

/// The columns of [`CLAIMED`].
pub(crate) const PLACE: [Column; 1] = [Column::Text];

/// A data map as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its number in its account; a later map has a higher one.
    pub no: i64,
    /// SHA-256 over its text, in hex.
    pub hash: String,
    /// Its text, sealed.
    pub sealed: String,
    /// How long after a request its answer is due. Units: milliseconds.
    pub deadline_ms: i64,
    /// How long a request rests before work on it begins. Units: milliseconds.
    pub grace_ms: i64,
    /// When it was set.
    pub set_at: Instant,
}

/// The account's map in force: the newest.
pub async fn newest(tx: &mut Tx, account: AccountNo) -> Result<Option<Stored>, Error> {
    let Some(row) = tx.optional(sqlx::query(NEWEST).bind(account.0)).await? else { return Ok(None) };
    Ok(Some(Stored {
        no: row.try_get(0)?,
        hash: row.try_get(1)?,
        sealed: row.try_get(2)?,
        deadline_ms: row.try_get(3)?,
        grace_ms: row.try_get(4)?,
        set_at: Instant::from_ms(row.try_get(5)?),
    }))
}

/// Adds a map, which is in force from now on if its number is the highest.
pub async fn insert(tx: &mut Tx, account: AccountNo, map: &Stored, by: &str) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(account.0)
        .bind(map.no)
        .bind(map.hash.clone())
        .bind(map.sealed.clone())
        .bind(map.deadline_ms)
        .bind(map.grace_ms)
        .bind(map.set_at.as_ms())
        .bind(by.to_owned());
    tx.run(insert).await?;
    Ok(())
}

/// Claims stores for the account, by the hashes of where they are; a store that an account has
/// stays that account's. How many were claimed.
///
/// Concurrency: who claims the same store at once waits, and then finds it taken.
pub async fn claim(tx: &mut Tx, account: AccountNo, place_hashes: &[String]) -> Result<u64, Error> {
    let mut n_claimed = 0;
    for slice in bulk::slices(place_hashes) {
        let sql = format!("{}{}{}", CLAIM.0, bulk::rows(slice.len(), 2), CLAIM.1);
        let mut claim = sqlx::query(sqlx::AssertSqlSafe(sql));
        for place_hash in slice {
            claim = claim.bind(place_hash.clone()).bind(account.0);
        }
        n_claimed += tx.run(claim).await?;
    }
    Ok(n_claimed)
}

/// Which account has each of these stores; one that nobody has is not there.
pub async fn claimed(tx: &mut Tx, place_hashes: &[String]) -> Result<HashMap<String, AccountNo>, Error> {
    let mut claimed = HashMap::with_capacity(place_hashes.len());
    for slice in bulk::slices(place_hashes) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(CLAIMED, &PLACE, slice.len())));
        for place_hash in slice {
            find = find.bind(place_hash.clone());
        }
        for row in tx.all(find).await? {
            claimed.insert(row.try_get(0)?, AccountNo(row.try_get(1)?));
        }
    }
    Ok(claimed)
}

/// The stores that the account has, by the hashes of where they are.
pub async fn claims(tx: &mut Tx, account: AccountNo) -> Result<Vec<String>, Error> {
    let rows = tx.all(sqlx::query(CLAIMS).bind(account.0)).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Gives up stores that the account has.
pub async fn release(tx: &mut Tx, account: AccountNo, place_hashes: &[String]) -> Result<(), Error> {
    for slice in bulk::slices(place_hashes) {
        let sql = format!("{RELEASE}({})", bulk::values(2, slice.len()));
        let mut release = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for place_hash in slice {
            release = release.bind(place_hash.clone());
        }
        tx.run(release).await?;
    }
    Ok(())
}
