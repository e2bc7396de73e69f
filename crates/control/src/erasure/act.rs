//! What can be done about a request: calling it off, agreeing to its plan, not waiting any longer.

use rolecall_model::{
    audit::Event,
    erasure::{Outcome, State},
    ids::AccountNo,
    phrase::Text,
    time::Instant,
};
use rolecall_store::{
    Error as StoreError, Tx, attempt,
    erasures::{
        callbacks, ledger,
        requests::{self, Request},
        subjects,
        work::{self, Job, Part, ResultRow, SubjectRow},
    },
};
use serde_json::{Value, json};

use super::{can_be_id, known, unknown};
use crate::{Change, Ctx, Error, Record, Rule, authority::acts, say};

/// What is done about a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Cancel,
    Approve,
    Retry,
}

/// Calls a request off before anything is erased: its ledger entries go, as if nobody had asked. If it is
/// done but for people under a hold, they are called off, and it ends with its receipt.
///
/// Errors: [`Rule::UnknownErasure`], or [`Rule::WrongState`] once it is erasing or has ended.
pub async fn cancel(ctx: &Ctx, id: &str) -> Result<(), Error> {
    act(ctx, id, Act::Cancel).await
}

/// Agrees to the plan of a request that waits for it, also if that is another plan than was wanted.
///
/// Errors: [`Rule::UnknownErasure`], or [`Rule::WrongState`] if it waits for nothing of the kind.
pub async fn approve(ctx: &Ctx, id: &str) -> Result<(), Error> {
    act(ctx, id, Act::Approve).await
}

/// Makes a request that was put off, or whose part in some store was, due at once.
///
/// Errors: [`Rule::UnknownErasure`], or [`Rule::WrongState`] if nothing of it was put off.
pub async fn retry(ctx: &Ctx, id: &str) -> Result<(), Error> {
    act(ctx, id, Act::Retry).await
}

async fn act(ctx: &Ctx, id: &str, act: Act) -> Result<(), Error> {
    if !can_be_id(id) {
        return Err(unknown());
    }
    attempt!(ctx.attempts(), |tx| act_in(ctx, tx, id, act))
}

async fn act_in(ctx: &Ctx, tx: &mut Tx, id: &str, act: Act) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::ERASE)?;
    let (account, at) = (change.account_no(), change.at);
    let request = known(requests::lock(change.tx, account, id).await?)?;
    let work = Work::read(change.tx, account, request.no).await?;
    if !work.allows(&request, at, act) {
        return Err(Error::refused(Rule::WrongState, "", why_not(&request, act)));
    }
    let (event, did) = match act {
        Act::Cancel => {
            ledger::remove(change.tx, account, request.no).await?;
            subjects::fail_open(change.tx, account, request.no, "cancelled").await?;
            let is_over = work.standing() == Standing::Untouched;
            if is_over {
                requests::cancel(change.tx, account, request.no, at).await?;
            } else {
                // Only those under a hold are left, and are called off; what was done for the others
                // still gets its receipt.
                requests::interrupt(change.tx, account, request.no, at).await?;
            }
            if is_over && !request.callback_url.is_empty() {
                let body = json!({"requestId": request.id, "state": State::Cancelled.as_str(), "cause": "", "at": at});
                let url = &request.callback_url;
                callbacks::enqueue(change.tx, account, request.no, url, &body.to_string(), at).await?;
            }
            (Event::ErasureCancelled, "called off")
        }
        Act::Approve => {
            requests::approve(change.tx, account, request.no, at).await?;
            (Event::ErasureApproved, "approved")
        }
        Act::Retry => {
            requests::make_due(change.tx, account, request.no, at).await?;
            (Event::ErasureRetried, "made due")
        }
    };
    let plan = |word: &str| json!({"state": word, "planHash": request.plan_hash});
    let after = match act {
        Act::Cancel => plan(State::Cancelled.as_str()),
        Act::Approve | Act::Retry => Value::Null,
    };
    change.record(Record {
        event,
        target: request.id.clone(),
        description: format!("Erasure of user data {did} while {}", request.state.as_str()),
        before: plan(request.state.as_str()),
        after,
    });
    change.finish().await
}

/// What could be done about a request as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Possible {
    /// Whether it can be called off.
    pub cancel: bool,
    /// Whether its plan waits for somebody to agree.
    pub approve: bool,
    /// Whether it waits for another attempt, which could be made at once.
    pub retry: bool,
}

/// Whether somebody has to agree before the request goes on.
fn is_to_approve(request: &Request) -> bool {
    match request.state {
        State::AwaitingApproval => true,
        State::Planned => request.cause == "plan_changed",
        _ => false,
    }
}

/// How far the data of a request's subjects has been touched.
#[derive(PartialEq, Eq)]
enum Standing {
    /// Not at all.
    Untouched,
    /// It is being erased in some store.
    UnderWay,
    /// It is done with in all stores, but for those who are under a hold.
    DoneButForHeld,
}

/// What has been done about a request.
#[derive(Default)]
pub(super) struct Work {
    /// Its parts, by name of their store.
    pub(super) parts: Vec<Part>,
    /// How each subject fares in each store.
    pub(super) results: Vec<ResultRow>,
    /// Whom it is about, in its order.
    pub(super) people: Vec<SubjectRow>,
}

impl Work {
    async fn read(tx: &mut Tx, account: AccountNo, no: i64) -> Result<Self, StoreError> {
        match work::job(tx, account, no).await? {
            Some(job) => Self::of(tx, &job).await,
            None => Ok(Self::default()),
        }
    }

    /// What has been done of a job.
    pub(super) async fn of(tx: &mut Tx, job: &Job) -> Result<Self, StoreError> {
        Ok(Self {
            people: work::subjects(tx, job).await?,
            results: work::results(tx, job).await?,
            parts: work::parts(tx, job).await?,
        })
    }

    /// What whoever asks could do about the request now: by its state, and by what they may.
    pub(super) fn possible(&self, ctx: &Ctx, request: &Request) -> Possible {
        let allows = |act| ctx.may_do(&acts::ERASE) && self.allows(request, ctx.now(), act);
        Possible { cancel: allows(Act::Cancel), approve: allows(Act::Approve), retry: allows(Act::Retry) }
    }

    fn allows(&self, request: &Request, at: Instant, act: Act) -> bool {
        match act {
            Act::Cancel => request.state.is_cancellable() && self.standing() != Standing::UnderWay,
            Act::Approve => is_to_approve(request),
            Act::Retry => {
                let waits_for_a_person =
                    request.state.is_final() || request.state == State::Held || is_to_approve(request);
                !waits_for_a_person && self.is_put_off(request, at)
            }
        }
    }

    fn standing(&self) -> Standing {
        let is_final = |part: &Part| part.state.is_final();
        if self.parts.iter().any(|part| part.state >= State::Erasing && !is_final(part)) {
            return Standing::UnderWay;
        }
        // It has ended for somebody who was looked for.
        let is_sought =
            |person: &SubjectRow| matches!(person.outcome, Outcome::Erased | Outcome::NotFound | Outcome::Partial);
        let is_begun = self.results.iter().any(|result| result.n_erased > 0 || result.n_masked > 0)
            || self.people.iter().any(is_sought);
        match (is_begun, self.parts.iter().all(is_final)) {
            (false, _) => Standing::Untouched,
            (true, true) => Standing::DoneButForHeld,
            (true, false) => Standing::UnderWay,
        }
    }

    /// Whether the request, or its part in some store, failed and waits for its next attempt.
    fn is_put_off(&self, request: &Request, at: Instant) -> bool {
        let waits = |attempts: i64, next: Instant| attempts > 0 && next > at;
        waits(request.attempts, request.next_attempt_at)
            || self.parts.iter().any(|part| !part.state.is_final() && waits(part.attempts, part.next_attempt_at))
    }
}

/// Why an act is not allowed, and what is.
fn why_not(request: &Request, act: Act) -> Text {
    let instead = match (request.state, act) {
        (State::Done, _) => say::erasure_ended(),
        (State::Cancelled, _) => say::erasure_called_off(),
        (_, Act::Cancel) => say::erasure_goes_to_the_end(),
        (State::Held, _) => say::erasure_waits_for_hold(),
        (State::AwaitingApproval, _) => say::erasure_waits_for_approval(),
        (State::Planned, Act::Retry) if is_to_approve(request) => say::erasure_plan_changed(),
        (state, Act::Approve) if state.is_cancellable() => say::erasure_needs_no_approval_cancel(),
        (_, Act::Approve) => say::erasure_needs_no_approval(),
        (state, Act::Retry) if state.is_cancellable() => say::erasure_not_put_off_cancel(),
        (_, Act::Retry) => say::erasure_not_put_off(),
    };
    let state = request.state.as_str();
    match act {
        Act::Cancel => say::cannot_be_called_off(state, instead),
        Act::Approve => say::cannot_be_approved(state, instead),
        Act::Retry => say::cannot_be_retried(state, instead),
    }
}
