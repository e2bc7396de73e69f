//! A request in the hands of one worker.

use std::{future::Future, time::Duration};

use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_store::{
    Attempts, Core, Meter, Tx, attempt,
    erasures::work::{self, Job},
};

use super::{Engine, Error, pause};

/// A request that this worker has taken. Every write goes through [`write_work!`], which does nothing
/// once another worker has taken it.
pub(super) struct Lease<'e> {
    /// The engine that took it.
    pub(super) engine: &'e Engine,
    /// The request, as it was when it was taken.
    pub(super) job: Job,
}

impl<'e> Lease<'e> {
    /// Takes a request that had this fence; nothing if another worker was faster.
    pub(super) async fn take(engine: &'e Engine, due: (AccountNo, i64, i64)) -> Result<Option<Self>, Error> {
        let until = engine.now().plus_ms(engine.options.lease_ms);
        let taken: Result<_, Error> = attempt!(engine.core.db.attempts(&Meter::default()), |tx| async {
            if !work::take(tx, due, &engine.options.worker, until).await? {
                return Ok(None);
            }
            Ok(work::job(tx, due.0, due.1).await?)
        });
        Ok(taken?.map(|job| Self { engine, job }))
    }

    /// What the program has one of.
    pub(super) fn core(&self) -> &'e Core {
        &self.engine.core
    }

    /// The time now.
    pub(super) fn now(&self) -> Instant {
        self.engine.now()
    }

    /// The attempts at one write.
    pub(super) fn attempts(&self) -> Attempts {
        self.core().db.attempts(&Meter::default())
    }

    /// A transaction that reads.
    pub(super) async fn read(&self) -> Result<Tx, Error> {
        Ok(self.core().db.read(&Meter::default()).await?)
    }

    /// The first statement of every transaction that writes: see [`work::hold`].
    pub(super) async fn hold(&self, tx: &mut Tx) -> Result<(), Error> {
        let until = self.now().plus_ms(self.engine.options.lease_ms);
        if work::hold(tx, &self.job, until).await? { Ok(()) } else { Err(Error::Lost) }
    }

    /// Whether the request is still this worker's, as far as can be told.
    pub(super) async fn is_held(&self) -> bool {
        let is_held = async {
            let mut tx = self.core().db.glance(&Meter::default()).await?;
            work::is_held(&mut tx, &self.job).await
        };
        is_held.await.unwrap_or(false)
    }

    /// Does `work` and keeps the lease meanwhile, however long it takes.
    pub(super) async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        let third = Duration::from_millis(u64::try_from(self.engine.options.lease_ms / 3).unwrap_or(1));
        // Both are polled all the time: the work may hold the connection that renewing waits for.
        let renewing = async {
            loop {
                pause(third).await;
                if let Err(error) = self.renew().await {
                    return error;
                }
            }
        };
        tokio::select! {
            done = work => Ok(done),
            error = renewing => Err(error),
        }
    }

    async fn renew(&self) -> Result<(), Error> {
        write_work!(self, tx, Ok(()))
    }
}

/// Runs `$body`, which may use `$tx`, in a transaction that holds the request; again while the
/// database is busy. `$body` is a `Result` with [`Error`].
macro_rules! write_work {
    ($lease:expr, $tx:ident, $body:expr) => {{
        let settled: Result<_, Error> = rolecall_store::attempt!($lease.attempts(), |$tx| async {
            $lease.hold($tx).await?;
            $body
        });
        settled
    }};
}
pub(super) use write_work;
