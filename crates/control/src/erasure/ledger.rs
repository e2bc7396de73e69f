//! Who asked to be forgotten, and forgetting them here as well.

use std::sync::Arc;

use rolecall_model::{erasure::Subject, ids::AccountNo, time::Instant};
use rolecall_store::{
    Error as StoreError, Meter, Tx, accounts, attempt,
    erasures::{SubjectHasher, ledger, requests, subjects},
};

use crate::{Core, Ctx, Error, authority::acts};

/// How long after a request has ended its identifiers are kept, sealed, so that whoever asked can be
/// told how it ended: 30 days. Units: milliseconds.
pub const KEPT_FOR_MS: i64 = 30 * 24 * 3_600_000;

/// How many requests are forgotten in one go.
const BATCH: i64 = 100;

/// How many entries of the ledger are read in one go.
const CHUNK: i64 = 1_000;

/// Somebody whose data must not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The first request about them that was not called off.
    pub erasure_id: String,
    /// Since when.
    pub since: Instant,
}

/// Which of `subjects` asked to be forgotten; one answer for each, in their order.
pub async fn suppressed(ctx: &Ctx, subjects: &[Subject]) -> Result<Vec<Option<Suppressed>>, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    let key = SubjectHasher::new(&ctx.core, &account.id);
    let hashes: Vec<String> = subjects.iter().map(|subject| key.hash(subject)).collect();
    let mut sought = hashes.clone();
    sought.sort_unstable();
    sought.dedup();
    let entered = ledger::find(&mut tx, ctx.account, &sought).await?;
    let told = hashes.iter().map(|hash| {
        entered.get(hash).map(|entered| Suppressed { erasure_id: entered.erasure_id.clone(), since: entered.at })
    });
    Ok(told.collect())
}

/// Whom the ledger has known since `since`, by hash, in order of time; who asked twice is there twice.
pub async fn ledger_since(ctx: &Ctx, since: Instant) -> Result<Vec<(String, Instant)>, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let mut told = Vec::new();
    let mut last = None;
    loop {
        let entries = ledger::since(&mut tx, ctx.account, since, last.as_ref(), CHUNK).await?;
        told.extend(entries.iter().map(|entry| (entry.hash.clone(), entry.at)));
        match entries.into_iter().last() {
            Some(entry) => last = Some(entry),
            None => return Ok(told),
        }
    }
}

/// Forgets the identifiers of requests that ended more than [`KEPT_FOR_MS`] ago, of every account;
/// of how many requests. Their hashes and outcomes stay.
pub async fn forget_old(core: &Arc<Core>) -> Result<u64, Error> {
    let ended = core.clock.now().plus_ms(-KEPT_FOR_MS);
    let meter = Meter::default();
    let mut n_forgotten = 0;
    loop {
        let requests = requests::to_forget(&mut core.db.glance(&meter).await?, ended, BATCH).await?;
        if requests.is_empty() {
            return Ok(n_forgotten);
        }
        for (account, no) in requests {
            attempt!(core.db.attempts(&meter), |tx| forget(tx, account, no))?;
            n_forgotten += 1;
        }
    }
}

async fn forget(tx: &mut Tx, account: AccountNo, no: i64) -> Result<(), StoreError> {
    subjects::forget(tx, account, no).await?;
    requests::note_forgotten(tx, account, no).await
}
