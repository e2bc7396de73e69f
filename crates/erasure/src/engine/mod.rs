//! Takes requests through their life: resolve, plan, erase, settle, look again, seal.
//!
//! A worker takes one request at a time by a lease (`lease`), finds the keys of the rows by walking
//! the data map's graph (`walk`, `work_list`), erases them in short transactions (`erase`), looks
//! again (`job` drives all of it), and seals a receipt (`seal`). Whatever is durable says how far
//! a request is; a worker that dies at any point is followed by another, which goes on from there.

mod canary;
mod erase;
mod error;
mod job;
mod lease;
mod part;
mod preview;
mod reapply;
mod seal;
mod walk;
mod work_list;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub use canary::{Canary, Planted};
pub use error::Error;
pub use preview::{CollectionPreview, Preview, StorePreview, SubjectPreview};
use rolecall_model::{
    erasure::{State, Subject},
    ids::AccountNo,
    time::Instant,
};
use rolecall_store::{
    Core, Meter,
    erasures::{
        Sealed,
        work::{self, Times},
    },
};
use secrecy::{ExposeSecret as _, SecretString};

use self::lease::Lease;
use crate::{
    map::{self, DataMap},
    stores::{self, BoxFuture, Failure, Rules, Store, StoreError},
};

/// Reads a store's URL that the data map gives as `file:PATH` or `env:NAME`; any other text is the
/// URL itself. An error is a sentence without the secret.
pub type Secrets = Arc<dyn Fn(&str) -> Result<SecretString, String> + Send + Sync>;

/// Opens the store at a URL.
pub type Opener = Arc<dyn Fn(SecretString) -> BoxFuture<'static, Result<Box<dyn Store>, StoreError>> + Send + Sync>;

/// What an engine is made of besides the core.
#[derive(Clone)]
pub struct Options {
    /// How URLs of stores are read.
    pub secrets: Secrets,
    /// How stores are opened.
    pub open: Opener,
    /// This worker's name in leases: unique among all that work on the database.
    pub worker: String,
    /// How long a lease lasts without being renewed. Units: milliseconds.
    pub lease_ms: i64,
    /// How large its transactions in stores are.
    pub strides: Strides,
}

/// How large the transactions are in which rows go.
#[derive(Clone, Copy, Debug)]
pub struct Strides {
    /// How long one should take: long enough to be worth its commit, short enough that nobody who
    /// waits for its locks notices.
    pub aim: Duration,
    /// The most rows in one, however fast they go: as many may be done once more after a crash.
    pub max_rows: usize,
}

impl Default for Strides {
    fn default() -> Self {
        Self { aim: Duration::from_millis(20), max_rows: 2_000 }
    }
}

impl Options {
    /// What most workers want: the stores that `rules` allow, and leases of 30 seconds.
    pub fn new(rules: Rules, secrets: Secrets, worker: impl Into<String>) -> Self {
        let open: Opener = Arc::new(move |url| {
            let rules = rules.clone();
            Box::pin(async move { stores::open(&url, &rules).await })
        });
        Self { secrets, open, worker: worker.into(), lease_ms: 30_000, strides: Strides::default() }
    }
}

/// The longest that work is put off, unless for a person: no map's `settle` is longer. Units:
/// milliseconds.
pub(crate) const LONGEST_PAUSE_MS: i64 = 24 * 60 * 60 * 1_000;

/// Stores that are kept open between requests.
const MAX_OPEN: usize = 32;

/// Stores by account, hash of the data map, and name.
type OpenStores = HashMap<(AccountNo, String, String), Arc<dyn Store>>;

/// What carries erasures out.
///
/// Concurrency: any number of tasks and processes may work on one database at once.
pub struct Engine {
    core: Arc<Core>,
    options: Options,
    open: Mutex<OpenStores>,
}

impl Engine {
    /// An engine for the erasures of `core`'s database.
    pub fn new(core: Arc<Core>, options: Options) -> Self {
        Self { core, options, open: Mutex::new(HashMap::new()) }
    }

    /// Takes a request that is due and takes it as far as it goes now; `false` if none is due.
    pub async fn work_one(&self) -> Result<bool, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let due = work::due(&mut tx, self.times()).await?;
        drop(tx);
        let Some(due) = due else { return Ok(false) };
        // If somebody was faster there may still be more to do.
        if let Some(lease) = Lease::take(self, due).await? {
            self.run(lease).await?;
        }
        Ok(true)
    }

    /// Works on one request until it has ended or waits for a person: an approval, a hold to end.
    /// What another worker does meanwhile counts too.
    pub async fn work_on(&self, account: AccountNo, erasure_no: i64) -> Result<(), Error> {
        loop {
            let standing = self.standing(account, erasure_no).await?;
            let Some((state, is_waiting, fence)) = standing else { return Ok(()) };
            if state.is_final() || is_waiting {
                return Ok(());
            }
            match fence {
                Some(fence) => {
                    if let Some(lease) = Lease::take(self, (account, erasure_no, fence)).await? {
                        self.run(lease).await?;
                    }
                }
                None => pause(Duration::from_millis(200)).await,
            }
        }
    }

    /// A request's state, whether only a person can move it on, and its fence if it is due and free.
    async fn standing(&self, account: AccountNo, no: i64) -> Result<Option<(State, bool, Option<i64>)>, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let Some(job) = work::job(&mut tx, account, no).await? else { return Ok(None) };
        let is_waiting = matches!(job.state, State::AwaitingApproval | State::Held)
            || (job.state == State::Planned && !job.cause.is_empty());
        let fence = work::fence_if_due(&mut tx, account, no, self.times()).await?;
        Ok(Some((job.state, is_waiting && fence.is_none(), fence)))
    }

    async fn run(&self, lease: Lease<'_>) -> Result<(), Error> {
        let id = lease.job.id.clone();
        // Large, and callers should not have to be.
        match Box::pin(job::run(lease)).await {
            Err(Error::Lost) => {
                tracing::info!(request = id, "the request was taken over or called off; nothing more is written");
                Ok(())
            }
            done => done,
        }
    }

    fn now(&self) -> Instant {
        self.core.clock.now()
    }

    fn times(&self) -> Times {
        Times { now: self.now(), lease_ms: self.options.lease_ms, longest_pause_ms: LONGEST_PAUSE_MS }
    }

    /// The account's data map number `map_no`, or its newest for 0, with its number.
    async fn map(&self, account: AccountNo, account_id: &str, map_no: i64) -> Result<Option<(i64, DataMap)>, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let Some((no, _, sealed)) = work::map(&mut tx, account, map_no).await? else { return Ok(None) };
        drop(tx);
        let text = Sealed::DataMap(account_id).open_text(&self.core, &sealed)?;
        Ok(Some((no, map::parse(text.expose_secret())?)))
    }

    /// The store `number` of `map`, open. It stays open for the next request.
    async fn store(&self, account: AccountNo, map: &DataMap, number: usize) -> Result<Arc<dyn Store>, StoreError> {
        let bad = |code: &str| StoreError { kind: Failure::BadUrl, code: code.to_owned(), object: None };
        let entry = map.stores.get(number).ok_or_else(|| bad("unknown_store"))?;
        let key = (account, map.hash.clone(), entry.name.clone());
        if let Some(store) = self.opened().get(&key) {
            return Ok(Arc::clone(store));
        }
        let url = (self.options.secrets)(entry.url.expose_secret());
        let url = url.map_err(|_| StoreError {
            kind: Failure::Unreachable,
            code: "url_unavailable".to_owned(),
            object: None,
        })?;
        let store: Arc<dyn Store> = Arc::from((self.options.open)(url).await?);
        let mut open = self.opened();
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(key, Arc::clone(&store));
        Ok(store)
    }

    /// Forgets the open stores of an account, so that the next use opens them again.
    fn reopen(&self, account: AccountNo) {
        self.opened().retain(|(of, _, _), _| *of != account);
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, OpenStores> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subject whose identifiers a walk begins with.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    /// What rows that are found are marked with: the subject's place in the request.
    pub(crate) ordinal: i64,
    /// The subject.
    pub(crate) subject: Subject,
}

/// A time as debug lines tell it. Units: milliseconds.
fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Waits. Never while a transaction is open.
async fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a pause is the point: for pace, or until others are done")]
    tokio::time::sleep(time).await;
}
