//! The end of a request: its receipt, and the call-back that says so.

use std::collections::BTreeMap;

use rolecall_model::{erasure::State, time::Instant};
use rolecall_store::{
    Tx,
    erasures::{
        callbacks, receipts,
        work::{self, Part, ResultRow},
    },
};

use super::{
    Error, job,
    lease::{Lease, write_work},
};
use crate::{
    map::DataMap,
    receipt::{self, Quarantined, Receipt, Rescan, Store, Subject, VERSION},
};

/// How data was removed, in the words of NIST SP 800-88: by the database's own means.
const METHOD: &str = "clear";

/// How often a receipt is made anew because another took its number.
const MAX_TRIES: u32 = 32;

/// Ends the request with its receipt, and takes its work list away.
pub(super) async fn end(lease: &Lease<'_>, map: Option<&DataMap>) -> Result<(), Error> {
    let signer = receipt::signer(lease.core()).await?;
    for _ in 0..MAX_TRIES {
        let at = lease.now();
        let mut tx = lease.read().await?;
        let mut receipt = write_up(&mut tx, lease, map, at).await?;
        drop(tx);
        let sealed = write_work!(lease, tx, {
            let last = receipts::last(tx, lease.job.account).await?;
            receipt.number = last.as_ref().map_or(1, |(no, _)| no + 1);
            receipt.previous = last.map(|(_, hash)| hash);
            let jws = signer.sign(&receipt);
            let kept = receipts::Receipt {
                no: receipt.number,
                erasure_no: lease.job.no,
                hash: receipt::hash(&jws),
                jws,
                sealed_at: at,
            };
            if !receipts::insert(tx, lease.job.account, &kept).await? {
                return Ok(false);
            }
            work::forget_chunks(tx, &lease.job, None).await?;
            work::end(tx, &lease.job, at).await?;
            tell(tx, lease, State::Done, "").await?;
            Ok(true)
        })?;
        if sealed {
            tracing::info!(request = lease.job.id, subjects = receipt.subjects.len(), "an erasure has ended");
            return Ok(());
        }
    }
    Err(Error::Broken("other requests took the receipt's number again and again"))
}

/// Puts a call-back into the outbox, if anybody asked for one.
pub(super) async fn tell(tx: &mut Tx, lease: &Lease<'_>, state: State, cause: &str) -> Result<(), Error> {
    let job = &lease.job;
    if !job.callback_url.is_empty() {
        let body = job::notice(job, state, cause, lease.now());
        callbacks::enqueue(tx, job.account, job.no, &job.callback_url, &body, lease.now()).await?;
    }
    Ok(())
}

async fn write_up(tx: &mut Tx, lease: &Lease<'_>, map: Option<&DataMap>, at: Instant) -> Result<Receipt, Error> {
    // The plan's hash may be newer than the request as it was taken.
    let job = work::job(tx, lease.job.account, lease.job.no).await?.ok_or(Error::Lost)?;
    let subjects = work::subjects(tx, &job).await?;
    let parts = work::parts(tx, &job).await?;
    let quarantine = work::quarantine(tx, &job).await?;
    let mut results: BTreeMap<i64, Vec<ResultRow>> = BTreeMap::new();
    for result in work::results(tx, &job).await? {
        results.entry(result.ordinal).or_default().push(result);
    }
    let store = |result: &ResultRow| {
        let part = parts.iter().find(|part| part.store == result.store);
        let rescanned_at = part.map(|part| part.rescanned_at).filter(|at| at.as_ms() > 0);
        let entry = map.and_then(|map| map.stores.iter().find(|entry| entry.name == result.store));
        Store {
            store: result.store.clone(),
            outcome: result.outcome,
            cause: result.cause.clone(),
            found: result.n_found,
            erased: result.n_erased,
            masked: result.n_masked,
            quarantined: result.n_quarantined,
            rescan: rescanned_at.map(|at| Rescan { at, found: result.n_refound }),
            method: METHOD.to_owned(),
            backups_expire_by: entry.and_then(|entry| entry.backups_expire_after_ms).map(|ms| at.plus_ms(ms)),
        }
    };
    let subjects = subjects.iter().map(|row| Subject {
        subject: row.hash.clone(),
        outcome: row.outcome,
        cause: row.cause.clone(),
        stores: results.get(&row.ordinal).into_iter().flatten().map(store).collect(),
    });
    let quarantine = quarantine.into_iter().map(|rows| Quarantined {
        store: rows.store,
        collection: rows.collection,
        code: rows.code,
        object: rows.object,
        rows: rows.n_rows,
    });
    Ok(Receipt {
        version: VERSION,
        request: job.id.clone(),
        account: job.account_id.clone(),
        number: 0,
        previous: None,
        grounds: job.grounds.clone(),
        requested_at: job.requested_at,
        ended_at: at,
        plan_hash: job.plan_hash.clone(),
        data_map_hash: job.map_hash.clone(),
        subjects: subjects.collect(),
        quarantine: quarantine.collect(),
        warnings: parts.iter().filter_map(warning).collect(),
    })
}

/// What a part that failed has to say for itself.
fn warning(part: &Part) -> Option<String> {
    if part.cause.is_empty() {
        return None;
    }
    let notes = if part.notes.is_empty() { String::new() } else { format!(": {}", part.notes) };
    Some(format!("Store {} was not worked on to the end ({}{notes}).", part.store, part.cause))
}
