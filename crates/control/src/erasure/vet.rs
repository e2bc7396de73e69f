//! Whom and what a request would be about, without accepting it.

use rolecall_model::erasure::Subject;
use rolecall_store::{Tx, attempt, erasures::SubjectHasher};

use super::{
    distinct, protected,
    request::{NewErasure, bots, check},
};
use crate::{Change, Ctx, Error, authority::acts};

/// Whom and what a request would be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vetted {
    /// Its subjects, each once, with the rule that protects them, if one does.
    pub people: Vec<(Subject, Option<&'static str>)>,
    /// The bots it would be about; none for all of them.
    pub bots: Option<Vec<String>>,
}

/// Looks at what a request would be accepted for. Changes nothing.
///
/// Errors: those of [`request`](super::request()).
pub async fn vet(ctx: &Ctx, new: &NewErasure) -> Result<Vetted, Error> {
    check(new)?;
    attempt!(ctx.attempts(), |tx| vet_in(ctx, tx, new))
}

async fn vet_in(ctx: &Ctx, tx: &mut Tx, new: &NewErasure) -> Result<Vetted, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::WATCH_ERASURES)?;
    let bots = bots(&mut change, new).await?;
    let hasher = SubjectHasher::new(&ctx.core, &change.account.id);
    let subjects: Vec<&Subject> = distinct(&hasher, &new.subjects).into_iter().map(|(subject, _)| subject).collect();
    let rules = protected::rules(&mut change, &subjects).await?;
    change.finish().await?;
    Ok(Vetted { people: subjects.into_iter().cloned().zip(rules).collect(), bots })
}
