//! How many requests are open, over all accounts.

use rolecall_model::erasure::State;
use sqlx::Row as _;

use crate::{Error, Tx};

const BY_STATE: &str = "
SELECT state, COUNT(*)
FROM erasures
WHERE ended_at_ms IS NULL
GROUP BY state";

/// How many requests that have not ended are in each state; states that none is in are left out.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(State, i64)>, Error> {
    let rows = tx.all(sqlx::query(BY_STATE)).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        let state: String = row.try_get(0)?;
        if let Some(state) = State::parse(&state) {
            counts.push((state, row.try_get(1)?));
        }
    }
    Ok(counts)
}
