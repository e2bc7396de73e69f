//! The change log: what each of an account's last changes did, one row a change.
//!
//! It is there for images of the account in memory, which are brought forward by it; what is not in
//! it any more is no loss, for an image can be loaded anew at any time.

use rolecall_model::{delta::Delta, ids::AccountNo};
use sqlx::Row;

use crate::{Error, Tx};

const INSERT: &str = "INSERT INTO changes (account_no, revision, deltas) VALUES ($1, $2, $3)";
pub(crate) const SINCE: &str = "
SELECT revision, deltas
FROM changes
WHERE account_no = $1 AND revision > $2
ORDER BY revision
LIMIT $3";
pub(crate) const PRUNE: &str = "DELETE FROM changes WHERE account_no = $1 AND revision <= $2";

/// How many of an account's last changes are kept, at least.
pub const N_KEPT: i64 = 10_000;
/// After how many changes those before the kept ones are cleared away.
const PRUNE_EVERY: i64 = 256;

/// What a change did: all of it, or nothing if that was too much to keep.
pub type Deltas = Option<Vec<Delta>>;

/// Keeps what the change that made `revision` did, and now and then clears old ones away.
pub async fn insert(tx: &mut Tx, account: AccountNo, revision: i64, deltas: &Deltas) -> Result<(), Error> {
    let bytes = deltas.as_deref().map(rolecall_model::delta::encode).unwrap_or_default();
    tx.run(sqlx::query(INSERT).bind(account.0).bind(revision).bind(bytes)).await?;
    if revision % PRUNE_EVERY == 0 {
        tx.run(sqlx::query(PRUNE).bind(account.0).bind(revision - N_KEPT)).await?;
    }
    Ok(())
}

/// What the changes after `revision` did, one after the other, at most `limit` of them; nothing
/// from one on that is not there, or was too much to keep.
pub async fn since(tx: &mut Tx, account: AccountNo, revision: i64, limit: i64) -> Result<Vec<(i64, Deltas)>, Error> {
    let rows = tx.all(sqlx::query(SINCE).bind(account.0).bind(revision).bind(limit)).await?;
    let changes = rows.iter().map(|row| {
        let bytes: &[u8] = row.try_get(1)?;
        // Of another version of this program, perhaps: as good as not kept.
        Ok((row.try_get(0)?, rolecall_model::delta::decode(bytes).ok()))
    });
    changes.collect()
}
