//! Who is asking, and what every use case is given.

use std::sync::Arc;

use rolecall_model::{
    audit::Actor,
    authority::{AdminPermission, Powers},
    ids::{AccountNo, UserNo},
    time::Instant,
};
use rolecall_roster::Roster;
use rolecall_store::{Attempts, Core, Error as StoreError, Meter, Tx};

use crate::{
    Error,
    authority::{self, Act, Authority, Person},
    idempotency::Claim,
};

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
    /// On whose authority.
    pub authority: Authority,
    /// What the database did for this request.
    pub meter: Meter,
    /// The image of the account, as it was after the request came; nothing where there is none, and
    /// then the store is asked.
    pub roster: Option<Roster>,
    /// The right to carry out a call that must be done once, if this is one.
    pub claim: Option<Claim>,
}

impl Ctx {
    /// The context of work that `actor` asks for on `account`, without an image of it. A person comes by
    /// [`Ctx::of_person`]; of one who comes this way nobody knows what it may, so it may nothing.
    pub fn new(core: &Arc<Core>, account: AccountNo, actor: Actor, meter: Meter) -> Self {
        let authority = match &actor {
            Actor::Operator => Authority::Operator,
            Actor::App(_) => Authority::App,
            Actor::Person(id) => {
                let powers = Powers::default();
                let nobody = Person { account, no: UserNo(0), id: id.clone(), email: String::new(), powers };
                Authority::Person(Arc::new(nobody))
            }
        };
        Self { core: Arc::clone(core), account, actor, authority, meter, roster: None, claim: None }
    }

    /// The context of what a user does who signed in, on its account.
    pub fn of_person(core: &Arc<Core>, person: Arc<Person>, meter: Meter) -> Self {
        let actor = Actor::Person(person.id.clone());
        let ctx = Self::new(core, person.account, actor, meter);
        Self { authority: Authority::Person(person), ..ctx }
    }

    /// The person who asks; nobody if it is an app or the operator.
    pub fn person(&self) -> Option<&Arc<Person>> {
        match &self.authority {
            Authority::Person(person) => Some(person),
            Authority::Operator | Authority::App => None,
        }
    }

    /// Whether whoever asks had `permission` when the request came: for what is shown. A change asks
    /// again.
    pub fn may(&self, permission: AdminPermission) -> bool {
        self.authority.powers().has(permission)
    }

    /// Whether whoever asks might do `act` when the request came: for what is shown.
    pub fn may_do(&self, act: &Act) -> bool {
        self.authority.powers().has_any(act.any_of)
    }

    /// Refuses to show what takes `permission`, unless whoever asks has it.
    pub fn need(&self, permission: AdminPermission) -> Result<(), Error> {
        authority::check(self.authority.powers(), &[permission])
    }

    /// Refuses to show what takes one of the permissions for `act`, unless whoever asks has one.
    pub fn need_to(&self, act: &Act) -> Result<(), Error> {
        authority::check(self.authority.powers(), act.any_of)
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
