//! Looks at the revisions of accounts, shared by those who come together.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use rolecall_model::ids::AccountNo;
use rolecall_store::{Db, Meter, Tx, accounts};
use tokio::sync::oneshot;

/// Who waits for a look at revisions.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    queue: Mutex<Queue>,
    n_looks: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    is_served: bool,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    account: AccountNo,
    answer: oneshot::Sender<i64>,
}

impl Lookups {
    /// The revision that the account has, by a look that begins after this call; nothing if the
    /// database does not say.
    pub(super) async fn revision(self: &Arc<Self>, db: &Db, account: AccountNo) -> Option<i64> {
        let (answer, asked) = oneshot::channel();
        let is_served = {
            let mut queue = self.queue();
            queue.waiting.push(Waiting { account, answer });
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            // A task of its own: it works for others too, whom the end of this request must not end.
            tokio::spawn(serve(Arc::clone(self), db.clone()));
        }
        asked.await.ok()
    }

    /// How many looks there were.
    pub(super) fn n_looks(&self) -> u64 {
        self.n_looks.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who wait now; nothing, and nobody is served any more, if nobody does.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.is_served = false;
            return None;
        }
        Some(std::mem::take(&mut queue.waiting))
    }
}

/// Looks for all who wait, and again for those who came meanwhile, until nobody is left. Who comes
/// during a look waits for the next: what that one sees might be older than the question.
async fn serve(lookups: Arc<Lookups>, db: Db) {
    let meter = Meter::default();
    // Kept from look to look: taking a connection costs as much as a look.
    let mut connection: Option<Tx> = None;
    loop {
        // Whoever is ready to ask does so first, and shares the look.
        tokio::task::yield_now().await;
        let Some(waiting) = lookups.take() else { return };
        let mut accounts: Vec<AccountNo> = waiting.iter().map(|waiting| waiting.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        lookups.n_looks.fetch_add(1, Ordering::Relaxed);
        let revisions = match look(&mut connection, &db, &meter, &accounts).await {
            Ok(revisions) => revisions,
            Err(error) => {
                tracing::warn!("the revisions of accounts were not told: {error}");
                connection = None;
                Vec::new()
            }
        };
        for Waiting { account, answer } in waiting {
            // Whom nothing is said finds the answer dropped.
            if let Some((_, revision)) = revisions.iter().find(|(no, _)| *no == account) {
                // Whoever asked may be gone.
                let _ = answer.send(*revision);
            }
        }
    }
}

async fn look(
    connection: &mut Option<Tx>,
    db: &Db,
    meter: &Meter,
    accounts: &[AccountNo],
) -> Result<Vec<(AccountNo, i64)>, rolecall_store::Error> {
    let tx = match connection {
        Some(tx) => tx,
        None => connection.insert(db.glance(meter).await?),
    };
    accounts::revisions(tx, accounts).await
}
