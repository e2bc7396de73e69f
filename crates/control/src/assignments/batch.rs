//! Calls done together, in one transaction, as if they had been done one after the other.

use std::collections::HashSet;

use rolecall_model::role::RoleType;
use rolecall_store::{
    Tx,
    assignments::{self, Assignment},
    attempt,
};

use super::{
    Element, Known,
    change::{Turn, delta, record},
    resolve::{Decided, Resolved, decide},
};
use crate::{Change, Ctx, Error, authority::acts};

/// One call: who asks, and for what.
#[derive(Clone, Copy)]
pub(super) struct Call<'c> {
    pub(super) ctx: &'c Ctx,
    pub(super) role_type: RoleType,
    pub(super) elements: &'c [Element],
}

/// Does what `calls` ask for in one transaction of `ctx`, in their order: each wholly, or, if a rule
/// forbids any of it, not at all. What became of each; who is refused is in nobody else's way.
///
/// Errors: those of the database, after which none of the calls has done anything.
pub(super) async fn carry_out(ctx: &Ctx, calls: &[Call<'_>]) -> Result<Vec<Result<(), Error>>, Error> {
    attempt!(ctx.attempts(), |tx| carry_out_in(ctx, tx, calls))
}

async fn carry_out_in(ctx: &Ctx, tx: &mut Tx, calls: &[Call<'_>]) -> Result<Vec<Result<(), Error>>, Error> {
    let mut change = Change::of_several(ctx, tx).await?;
    let resolved = Resolved::read(&mut change, calls.iter().flat_map(|call| call.elements)).await?;
    let owner = change.account.owner_no;
    let decide = |call: &Call<'_>| decide(&resolved, call.role_type, call.elements, owner);
    let decided: Vec<Result<Decided, Error>> = calls.iter().map(decide).collect();
    let mut rounds = Rounds::begin(&mut change, &decided).await?;
    let mut outcomes = Vec::with_capacity(calls.len());
    for (call, decided) in calls.iter().zip(decided) {
        outcomes.push(match permitted(&mut change, &mut rounds, &resolved, call).await.and(decided) {
            Ok(decided) => {
                rounds.add(&mut change, &resolved.known, &decided).await?;
                Ok(())
            }
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => Err(error),
        });
    }
    rounds.write(&mut change).await?;
    change.finish().await?;
    Ok(outcomes)
}

/// Refuses a call whose caller may not do all of it, as things are after the calls before it.
async fn permitted(
    change: &mut Change<'_>,
    rounds: &mut Rounds,
    resolved: &Resolved,
    call: &Call<'_>,
) -> Result<(), Error> {
    if call.ctx.person().is_some() {
        // The calls before may have given or taken what this person may do.
        rounds.write(change).await?;
    }
    change.act_as(call.ctx).await?;
    change.need_to(match call.role_type {
        RoleType::Admin => &acts::ASSIGN_ANY_ADMIN_ROLE,
        RoleType::Bot => &acts::ASSIGN_BOT_ROLES,
    })?;
    resolved.permitted(change.powers(), call.elements)
}

/// The changes of calls, gathered into as few statements as their order allows: a round has each
/// assignment once, and ends before a call that would change one of its assignments back.
struct Rounds {
    /// What holds after the calls so far, of all that any of them is about.
    held: HashSet<Assignment>,
    /// What the round has changed.
    touched: HashSet<Assignment>,
    /// What begins and what ends in the round, each with the number of its audit entry.
    begun: Vec<(Assignment, i64)>,
    ended: Vec<(Assignment, i64)>,
}

impl Rounds {
    async fn begin(change: &mut Change<'_>, decided: &[Result<Decided, Error>]) -> Result<Self, Error> {
        let all = decided.iter().flatten().flat_map(|decided| decided.removes.iter().chain(&decided.adds));
        let mut all: Vec<Assignment> = all.copied().collect();
        all.sort_unstable();
        all.dedup();
        let account = change.account_no();
        let held = assignments::find(change.tx, account, &all).await?.into_iter().collect();
        Ok(Self { held, touched: HashSet::new(), begun: Vec::new(), ended: Vec::new() })
    }

    /// Notes what a call really changes.
    async fn add(&mut self, change: &mut Change<'_>, known: &Known, decided: &Decided) -> Result<(), Error> {
        let ends = decided.removes.iter().filter(|assignment| self.held.contains(assignment));
        let ends: Vec<Assignment> = ends.copied().collect();
        let begins = decided.adds.iter().filter(|assignment| !self.held.contains(assignment));
        let begins: Vec<Assignment> = begins.copied().collect();
        if ends.iter().chain(&begins).any(|assignment| self.touched.contains(assignment)) {
            self.write(change).await?;
        }
        self.ended.extend(record(change, known, &ends, Turn::Ends).await?);
        self.begun.extend(record(change, known, &begins, Turn::Begins).await?);
        for assignment in ends {
            self.held.remove(&assignment);
            self.touched.insert(assignment);
        }
        self.held.extend(&begins);
        self.touched.extend(begins);
        Ok(())
    }

    /// Writes the round, and begins the next.
    async fn write(&mut self, change: &mut Change<'_>) -> Result<(), Error> {
        let (account, at) = (change.account_no(), change.at);
        assignments::end(change.tx, account, at, &self.ended).await?;
        assignments::insert(change.tx, account, at, &self.begun).await?;
        change.note(self.ended.iter().map(|(assignment, _)| delta(assignment, Turn::Ends)));
        change.note(self.begun.iter().map(|(assignment, _)| delta(assignment, Turn::Begins)));
        self.ended.clear();
        self.begun.clear();
        self.touched.clear();
        Ok(())
    }
}
