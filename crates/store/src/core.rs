//! What one running program has one of, and that tests set: the database, the clock, randomness, the key.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use rolecall_model::time::Instant;

use crate::{Db, seal::SealingKey};

/// Where the time comes from. Two kinds exist: the machine's clock, which the binary makes, and
/// [`SetClock`].
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Instant;
}

/// A clock that shows what it was set to: for tests, and for samples that look the same each time.
#[derive(Debug, Default)]
pub struct SetClock(AtomicI64);

impl SetClock {
    /// A clock that shows `at`.
    pub fn at(at: Instant) -> Self {
        Self(AtomicI64::new(at.as_ms()))
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, at: Instant) {
        self.0.store(at.as_ms(), Ordering::SeqCst);
    }

    /// Moves the clock by `ms` milliseconds.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Where random bytes come from: a cryptographic generator with a seed its maker chose (the
/// operating system's in the binary, a fixed one in tests).
pub struct Random(Mutex<StdRng>);

impl Random {
    /// A generator from `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    /// The next `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // A thread that panicked while drawing bytes has left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

/// What one running program has one of.
pub struct Core {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Random,
    /// The key under which secrets lie in the database.
    pub sealing_key: SealingKey,
}
