//! Who is asking, and what every use case is given.

use std::sync::Arc;

use rolecall_model::{audit::Actor, ids::AccountNo, time::Instant};
use rolecall_roster::Roster;
use rolecall_store::{Attempts, Core, Error as StoreError, Meter, Tx};

/// Who asks, on which account, and all that answering takes.
///
/// Concurrency: cheap to clone; one a request.
#[derive(Clone)]
pub struct Ctx {
    /// What the program has one of.
    pub core: Arc<Core>,
    /// The account; every row read or written is of this one.
    pub account: AccountNo,
    /// Who asks.
    pub actor: Actor,
    /// What the database did for this request.
    pub meter: Meter,
    /// The image of the account, as it was after the request came; nothing where there is none, and
    /// then the store is asked.
    pub roster: Option<Roster>,
}

impl Ctx {
    /// The context of work that `actor` asks for on `account`, without an image of it.
    pub fn new(core: &Arc<Core>, account: AccountNo, actor: Actor, meter: Meter) -> Self {
        Self { core: Arc::clone(core), account, actor, meter, roster: None }
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        self.core.clock.now()
    }

    /// Begins to read one state of the database.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        self.core.db.read(&self.meter).await
    }

    /// The attempts at one change.
    pub fn attempts(&self) -> Attempts {
        self.core.db.attempts(&self.meter)
    }
}
