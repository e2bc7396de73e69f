//! Small calls that arrive together share one transaction.
//!
//! Changes of an account happen one after the other, and each waits for the disk. A call that comes
//! while another is at work waits its turn anyway; those that wait are then done as one. Nobody waits
//! for company: a call that comes alone is done at once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use rolecall_model::{ids::AccountNo, role::RoleType};
use rolecall_store::{Error as StoreError, MaybeBusy as _, Meter, MeterReading};
use tokio::sync::oneshot;

use super::{
    Element,
    batch::{Call, carry_out},
    check_size, n_wishes,
};
use crate::{Ctx, Error};

/// A call with more wishes than this is done by itself: it would keep the others waiting.
const MAX_SMALL: usize = 64;
/// The most calls, and the most wishes, that are done as one, so that none waits for long.
const MAX_CALLS: usize = 512;
const MAX_WISHES: usize = 2_048;
/// The most calls of one account that wait; who comes then is told to come later.
const MAX_WAITING: usize = 8_192;

/// The calls that wait, by account, and whoever is at work on them.
///
/// Concurrency: cheap to clone, and all clones are one queue. One batch an account is under way at
/// a time, in a task of its own, which a caller who goes away does not stop.
#[derive(Clone, Default)]
pub struct Queue(Arc<Mutex<HashMap<AccountNo, VecDeque<Waiting>>>>);

/// A call that waits.
struct Waiting {
    ctx: Ctx,
    role_type: RoleType,
    elements: Vec<Element>,
    outcome: oneshot::Sender<Result<(), Error>>,
    since: Instant,
}

impl Queue {
    /// Does all that `elements` ask for, or nothing, as [`apply`](super::apply) does, perhaps in one
    /// transaction with other calls. When this returns without an error, it is durable.
    ///
    /// Errors: as of [`apply`](super::apply), about this call only; and [`StoreError::Busy`] when too
    /// many wait.
    pub async fn apply(&self, ctx: &Ctx, role_type: RoleType, elements: Vec<Element>) -> Result<(), Error> {
        check_size(&elements)?;
        // Only a transaction of its own can say that a call was carried out.
        if n_wishes(&elements) > MAX_SMALL || ctx.claim.is_some() {
            return super::apply(ctx, role_type, &elements).await;
        }
        let (sender, outcome) = oneshot::channel();
        self.push(Waiting { ctx: ctx.clone(), role_type, elements, outcome: sender, since: Instant::now() })?;
        // The other end goes without a word only if the work panicked or the program ends.
        outcome.await.unwrap_or_else(|_| Err(StoreError::Unreachable { what: "the work broke off".to_owned() }.into()))
    }

    /// Lets a call wait its turn, and sees to it that somebody is at work.
    fn push(&self, waiting: Waiting) -> Result<(), StoreError> {
        let account = waiting.ctx.account;
        let mut queues = self.queues();
        if let Some(queue) = queues.get_mut(&account) {
            if queue.len() >= MAX_WAITING {
                return Err(StoreError::Busy { code: "too many calls wait".to_owned() });
            }
            queue.push_back(waiting);
        } else {
            queues.insert(account, VecDeque::from([waiting]));
            tokio::spawn(Worker { queue: self.clone(), account, has_ended: false }.work());
        }
        Ok(())
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<AccountNo, VecDeque<Waiting>>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever is at work on the calls of an account: there is one while the account has a queue.
struct Worker {
    queue: Queue,
    account: AccountNo,
    has_ended: bool,
}

impl Drop for Worker {
    /// After a panic, callers must not wait for ever, and the next call finds nobody at work.
    fn drop(&mut self) {
        if !self.has_ended {
            self.queue.queues().remove(&self.account);
        }
    }
}

impl Worker {
    async fn work(mut self) {
        while let Some(batch) = self.next() {
            work_off(batch).await;
        }
    }

    /// The calls to do next, in the order they came; none if the queue is empty, and then it is gone.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queues = self.queue.queues();
        let queue = queues.get_mut(&self.account)?;
        let mut batch: Vec<Waiting> = Vec::new();
        let mut n = 0;
        while let Some(waiting) = queue.front() {
            n += n_wishes(&waiting.elements);
            if !batch.is_empty() && (batch.len() >= MAX_CALLS || n > MAX_WISHES) {
                break;
            }
            batch.extend(queue.pop_front());
        }
        if batch.is_empty() {
            queues.remove(&self.account);
            // From here on somebody else may be at work on the account.
            self.has_ended = true;
            return None;
        }
        Some(batch)
    }
}

/// Does calls of one account as one, and tells each caller what became of its own.
async fn work_off(batch: Vec<Waiting>) {
    // Who has gone meanwhile, because its time was up or its client left, does not get half an answer.
    let batch: Vec<Waiting> = batch.into_iter().filter(|waiting| !waiting.outcome.is_closed()).collect();
    let Some(first) = batch.first() else { return };
    let ctx = Ctx { meter: Meter::default(), ..first.ctx.clone() };
    let calls: Vec<Call<'_>> = batch.iter().map(Waiting::call).collect();
    let outcomes = match carry_out(&ctx, &calls).await {
        Ok(outcomes) => outcomes,
        Err(error) if batch.len() == 1 || is_everybodys(&error) => vec![Err(error); batch.len()],
        // The database does not take something that one of them brings, and does not say whose it is.
        Err(_) => one_by_one(&ctx, &calls).await,
    };
    let mut shares = Shares::of(ctx.meter.reading(), batch.len());
    for (waiting, outcome) in batch.into_iter().zip(outcomes) {
        waiting.ctx.meter.add(shares.next(waiting.since));
        // A caller that has gone does not hear it; what it asked for is done.
        let _ = waiting.outcome.send(outcome);
    }
}

/// Whether a failure is that of the database, whatever it was asked.
fn is_everybodys(error: &Error) -> bool {
    error.is_busy() || matches!(error, Error::Store(StoreError::Unreachable { .. }))
}

async fn one_by_one(ctx: &Ctx, calls: &[Call<'_>]) -> Vec<Result<(), Error>> {
    let mut outcomes = Vec::with_capacity(calls.len());
    for call in calls {
        let outcome = carry_out(ctx, std::slice::from_ref(call)).await;
        outcomes.push(outcome.and_then(|outcomes| outcomes.into_iter().collect()));
    }
    outcomes
}

impl Waiting {
    fn call(&self) -> Call<'_> {
        Call { ctx: &self.ctx, role_type: self.role_type, elements: &self.elements }
    }
}

/// What the database did for a batch, shared out: the sum over the calls is what was done, and the
/// time of each is how long it waited.
struct Shares {
    left: MeterReading,
    n_left: u64,
}

impl Shares {
    fn of(all: MeterReading, n_calls: usize) -> Self {
        Self { left: all, n_left: n_calls as u64 }
    }

    fn next(&mut self, since: Instant) -> MeterReading {
        let n = self.n_left.max(1);
        let share = MeterReading {
            n_statements: self.left.n_statements.div_ceil(n),
            n_rows: self.left.n_rows.div_ceil(n),
            busy_us: u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        self.left.n_statements -= share.n_statements;
        self.left.n_rows -= share.n_rows;
        self.n_left -= 1;
        share
    }
}
