//! Room in memory for requests that need a lot of it.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Room for a few big things at once. Whoever finds none waits until there is some.
#[derive(Debug)]
pub struct Room(Semaphore);

impl Room {
    /// Room for `n` things.
    pub fn new(n: usize) -> Self {
        Self(Semaphore::new(n))
    }

    /// Takes room for one thing, until what this answers is dropped.
    pub async fn take(&self) -> Option<SemaphorePermit<'_>> {
        // Nothing only from a closed semaphore, and this one never is.
        self.0.acquire().await.ok()
    }
}
