//! How often signing in failed lately, by person and by address. Each is known by a short keyed hash,
//! so there is a bounded number of rows whatever strangers type, and none of them names anybody.

use rolecall_model::time::Instant;
use sqlx::Row;

use crate::{Error, Tx};

// A window that is over begins again; within one, it counts. Nobody locks anything but this row.
const COUNT: &str = "
INSERT INTO sign_in_tries (try_key, n, until_ms) VALUES ($1, 1, $3)
ON CONFLICT (try_key) DO UPDATE SET
  n = CASE WHEN sign_in_tries.until_ms <= $2 THEN 1 ELSE sign_in_tries.n + 1 END,
  until_ms = CASE WHEN sign_in_tries.until_ms <= $2 THEN excluded.until_ms ELSE sign_in_tries.until_ms END
RETURNING n, until_ms";
const GIVE_BACK: &str = "UPDATE sign_in_tries SET n = n - 1 WHERE try_key = $1 AND n > 0";
const REMOVE: &str = "DELETE FROM sign_in_tries WHERE try_key = $1";
const FORGET: &str = "DELETE FROM sign_in_tries WHERE until_ms <= $1";

/// How often was tried within a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How often, this time included.
    pub n: i64,
    /// When the window ends.
    pub until: Instant,
}

/// Counts one try at `now`, in a window that ends at `until` if it is the first.
///
/// Concurrency: of tries at once, on whichever nodes, each gets a number of its own.
pub async fn count(tx: &mut Tx, key: &str, now: Instant, until: Instant) -> Result<Tries, Error> {
    let count = sqlx::query(COUNT).bind(key.to_owned()).bind(now.as_ms()).bind(until.as_ms());
    match tx.optional(count).await? {
        Some(row) => Ok(Tries { n: row.try_get(0)?, until: Instant::from_ms(row.try_get(1)?) }),
        None => Err(Error::Failed { code: "a try was not counted".to_owned() }),
    }
}

/// Takes one try back, which was none.
pub async fn give_back(tx: &mut Tx, key: &str) -> Result<(), Error> {
    tx.run(sqlx::query(GIVE_BACK).bind(key.to_owned())).await?;
    Ok(())
}

/// Forgets the tries of `key`.
pub async fn remove(tx: &mut Tx, key: &str) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE).bind(key.to_owned())).await?;
    Ok(())
}

/// Forgets the tries of windows that are over at `now`; how many.
pub async fn forget(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(now.as_ms())).await
}
