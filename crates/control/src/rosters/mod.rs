//! The images of accounts that this process keeps in memory, and how they are kept true.
//!
//! A reader gets the image of its account only if a look at the account's revision, begun after the
//! reader came, says that the image is of that revision; so no answer is older than its question,
//! whoever wrote and wherever. On an embedded database a mark that is still the same is as good as a
//! look. An image that is behind is brought forward by the change log. While there is none, or
//! something is wrong, the reader asks the store: an image makes answers cheaper and never other ones.

mod forward;
mod load;
mod lookups;

use std::{
    cmp::Ordering as Compared,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_roster::Roster;
use rolecall_store::Mark;
use tokio::sync::Semaphore;

use self::{forward::Forward, load::Refusal, lookups::Lookups};
use crate::Core;

/// An image that nobody asks for is dropped after this time. Units: milliseconds.
pub const IDLE_MS: i64 = 15 * 60_000;
/// How long an account that cannot be kept in memory is not tried again. Units: milliseconds.
const REFUSED_MS: i64 = 10 * 60_000;
/// How long one is not tried again whose database did not tell. Units: milliseconds.
const FAILED_MS: i64 = 10_000;
/// Images are loaded one after the other: each takes a core and a connection for a while.
const N_LOADS_AT_ONCE: usize = 1;
/// After how many steps forward an image is measured again.
const MEASURE_EVERY: u64 = 256;

/// The images that this process keeps.
///
/// Concurrency: shared by all requests; loading one never makes a reader wait.
#[derive(Debug)]
pub struct Rosters {
    budget_bytes: u64,
    entries: Mutex<HashMap<AccountNo, Arc<Entry>>>,
    lookups: Arc<Lookups>,
    loading: Semaphore,
    n_loads: AtomicU64,
    n_steps: AtomicU64,
    n_readers: AtomicU64,
}

/// What the images cost and did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Images in memory.
    pub n_images: u64,
    /// The memory they take.
    pub bytes: u64,
    /// Images loaded.
    pub n_loads: u64,
    /// Steps by which images were brought forward.
    pub n_steps: u64,
    /// Looks at revisions that the database was asked for.
    pub n_looks: u64,
    /// Readers who were given an image.
    pub n_readers: u64,
}

/// What is known of one account's image.
#[derive(Debug, Default)]
struct Entry {
    held: RwLock<Held>,
    /// Whose turn it is to bring the image forward.
    turn: tokio::sync::Mutex<()>,
    is_loading: AtomicBool,
    used_at_ms: AtomicI64,
    refused_until_ms: AtomicI64,
    bytes: AtomicU64,
    n_steps: AtomicU64,
}

/// An image, and what the database was like when it was found true.
#[derive(Clone, Debug, Default)]
struct Held {
    image: Option<Roster>,
    /// Taken before the database was asked what the image was held against: while it is the same, the
    /// image is true.
    mark: Option<Mark>,
}

impl Entry {
    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn image(&self) -> Option<Roster> {
        self.held().image
    }

    /// Puts `image`, which was true after `mark` was taken, in the place of the one there is; of two,
    /// the later stays.
    fn replace(&self, image: &Roster, mark: Option<Mark>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.image.as_ref().is_some_and(|old| old.revision() <= image.revision()) {
            *held = Held { image: Some(image.clone()), mark };
        }
    }

    fn set(&self, image: Option<Roster>) {
        let bytes = image.as_ref().map_or(0, |image| image.memory_bytes() as u64);
        let held = Held { image, mark: None };
        let old = std::mem::replace(&mut *self.held.write().unwrap_or_else(PoisonError::into_inner), held);
        self.bytes.store(bytes, Ordering::Relaxed);
        // A big one takes a while to give back, in which nobody should wait for the lock.
        drop(old);
    }
}

impl Rosters {
    /// Room for images of `budget_bytes` in all; with 0 there never is one.
    pub fn new(budget_bytes: u64) -> Self {
        Self {
            budget_bytes,
            entries: Mutex::default(),
            lookups: Arc::default(),
            loading: Semaphore::new(N_LOADS_AT_ONCE),
            n_loads: AtomicU64::new(0),
            n_steps: AtomicU64::new(0),
            n_readers: AtomicU64::new(0),
        }
    }

    /// The image of the account, as it is now; nothing if there is none, and then it is loaded for
    /// those who come later.
    ///
    /// Concurrency: readers that come together share one look at the database; where it can be told
    /// without a look that nothing was committed since the last one, there is none.
    pub async fn fresh(self: &Arc<Self>, core: &Arc<Core>, account: AccountNo) -> Option<Roster> {
        let image = self.find(core, account).await;
        self.n_readers.fetch_add(u64::from(image.is_some()), Ordering::Relaxed);
        image
    }

    async fn find(self: &Arc<Self>, core: &Arc<Core>, account: AccountNo) -> Option<Roster> {
        if self.budget_bytes == 0 {
            return None;
        }
        let now = core.clock.now();
        let entry = self.entry(account);
        entry.used_at_ms.store(now.as_ms(), Ordering::Relaxed);
        let held = entry.held();
        let Some(image) = held.image else {
            self.load_behind(core, account, &entry, now);
            return None;
        };
        let mark = core.db.mark();
        if mark.is_some() && mark == held.mark {
            return Some(image);
        }
        // On the heap: a request that waits for nothing should not carry the room that waiting takes.
        Box::pin(self.checked(core, account, &entry, image, mark)).await
    }

    /// `image` if a look says that it is true, else what becomes of it.
    async fn checked(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: AccountNo,
        entry: &Arc<Entry>,
        image: Roster,
        mark: Option<Mark>,
    ) -> Option<Roster> {
        let revision = self.lookups.revision(&core.db, account).await?;
        match revision.cmp(&image.revision()) {
            Compared::Equal => {
                entry.replace(&image, mark);
                Some(image)
            }
            Compared::Greater => self.forward(core, account, entry, revision, mark).await,
            Compared::Less => {
                // The database went back: somebody put an older copy of it in its place.
                entry.set(None);
                None
            }
        }
    }

    /// Loads the image of the account, unless it is there. Nobody has to: [`Self::fresh`] does so by
    /// itself.
    pub async fn load(&self, core: &Arc<Core>, account: AccountNo) {
        let entry = self.entry(account);
        let Ok(_turn) = self.loading.acquire().await else { return };
        if entry.image().is_some() {
            return;
        }
        let now = core.clock.now();
        entry.used_at_ms.store(now.as_ms(), Ordering::Relaxed);
        match load::load(core, account, self.budget_bytes, || !self.loading.is_closed()).await {
            Ok(image) => {
                tracing::debug!(account.no = account.0, "an image was loaded");
                entry.set(Some(image));
                self.n_loads.fetch_add(1, Ordering::Relaxed);
                self.keep_to_budget(account, now);
            }
            Err(Refusal::Unwanted) => {}
            Err(refusal) => {
                tracing::warn!(account.no = account.0, "no image of the account is kept: {refusal}");
                let pause_ms = if matches!(refusal, Refusal::Store(_)) { FAILED_MS } else { REFUSED_MS };
                entry.refused_until_ms.store(now.plus_ms(pause_ms).as_ms(), Ordering::Relaxed);
            }
        }
    }

    /// Loads no more images, and none to its end that is being loaded.
    pub fn stop(&self) {
        self.loading.close();
    }

    /// Drops the images that nobody has asked for since some time.
    pub fn drop_idle(&self, now: Instant) {
        let before = now.plus_ms(-IDLE_MS).as_ms();
        self.entries().retain(|_, entry| entry.used_at_ms.load(Ordering::Relaxed) >= before);
    }

    /// What the images cost and did so far.
    pub fn reading(&self) -> Reading {
        let mut reading = Reading {
            n_loads: self.n_loads.load(Ordering::Relaxed),
            n_steps: self.n_steps.load(Ordering::Relaxed),
            n_looks: self.lookups.n_looks(),
            n_readers: self.n_readers.load(Ordering::Relaxed),
            ..Reading::default()
        };
        for entry in self.entries().values() {
            reading.n_images += u64::from(entry.image().is_some());
            reading.bytes += entry.bytes.load(Ordering::Relaxed);
        }
        reading
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<AccountNo, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, account: AccountNo) -> Arc<Entry> {
        Arc::clone(self.entries().entry(account).or_default())
    }

    /// Loads the image without anybody waiting for it, unless that is going on.
    fn load_behind(self: &Arc<Self>, core: &Arc<Core>, account: AccountNo, entry: &Arc<Entry>, now: Instant) {
        let is_refused = entry.refused_until_ms.load(Ordering::Relaxed) > now.as_ms();
        if is_refused || entry.is_loading.swap(true, Ordering::AcqRel) {
            return;
        }
        let (rosters, core, going_on) = (Arc::clone(self), Arc::clone(core), GoingOn(Arc::clone(entry)));
        tokio::spawn(async move {
            rosters.load(&core, account).await;
            drop(going_on);
        });
    }

    /// Brings the image to `revision` or a later one.
    ///
    /// Concurrency: one does it, and who waits for it finds it done.
    async fn forward(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: AccountNo,
        entry: &Arc<Entry>,
        revision: i64,
        mark: Option<Mark>,
    ) -> Option<Roster> {
        let _turn = entry.turn.lock().await;
        let image = entry.image()?;
        if image.revision() >= revision {
            return Some(image);
        }
        match forward::forward(core, &image).await {
            Ok(Forward::To(next)) if next.revision() >= revision => {
                entry.replace(&next, mark);
                self.n_steps.fetch_add(1, Ordering::Relaxed);
                if entry.n_steps.fetch_add(1, Ordering::Relaxed) % MEASURE_EVERY == MEASURE_EVERY - 1 {
                    entry.bytes.store(next.memory_bytes() as u64, Ordering::Relaxed);
                    self.keep_to_budget(account, core.clock.now());
                }
                Some(next)
            }
            Ok(Forward::To(_) | Forward::Lost) => {
                entry.set(None);
                self.load_behind(core, account, entry, core.clock.now());
                None
            }
            Err(error) => {
                tracing::warn!(account.no = account.0, "an image was not brought forward: {error}");
                None
            }
        }
    }

    /// Drops images, the longest unused first, until the rest fits; the one of `kept` last, and then
    /// it is not tried again for a while.
    fn keep_to_budget(&self, kept: AccountNo, now: Instant) {
        let entries = self.entries();
        let mut by_use: Vec<(bool, i64, &Arc<Entry>)> = entries
            .iter()
            .map(|(account, entry)| (*account == kept, entry.used_at_ms.load(Ordering::Relaxed), entry))
            .collect();
        by_use.sort_unstable_by_key(|(is_kept, used_at_ms, _)| (*is_kept, *used_at_ms));
        let mut bytes: u64 = by_use.iter().map(|(.., entry)| entry.bytes.load(Ordering::Relaxed)).sum();
        for (is_kept, _, entry) in by_use {
            if bytes <= self.budget_bytes {
                return;
            }
            bytes -= entry.bytes.load(Ordering::Relaxed);
            entry.set(None);
            if is_kept {
                entry.refused_until_ms.store(now.plus_ms(REFUSED_MS).as_ms(), Ordering::Relaxed);
            }
        }
    }
}

/// While it is there, an image is being loaded.
struct GoingOn(Arc<Entry>);

impl Drop for GoingOn {
    fn drop(&mut self) {
        self.0.is_loading.store(false, Ordering::Release);
    }
}
