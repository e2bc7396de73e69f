//! Signing in by way of the company's identity provider. What is said there is judged by the server,
//! which can reach it; here is what was asked, once, and who is let in for the answer.

use std::sync::Arc;

use rolecall_model::time::Instant;
use rolecall_store::{Core, Meter, Tx, accounts, attempt};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{
    Gate, LetIn, Refusal, Visitor, active_by_email, ceremony, ctx_of, fresh_token, throttle, token_hash,
    with_password::record_of_entry,
};
use crate::{
    Change, Ctx, Error,
    sessions::{self, Method, Start},
};

/// How long somebody may take at the provider. Units: milliseconds.
const LIFE_MS: i64 = 10 * 60_000;

/// What is kept of a question to a provider until it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The account somebody wants into, by its id.
    pub account_id: String,
    /// Who is asked.
    pub issuer: String,
    /// Where the reader wants to go afterwards.
    pub next: String,
    /// Whether the provider is to ask the person again, although it knows them.
    pub is_again: bool,
}

/// What goes along with a question.
#[derive(Debug)]
pub struct Asked {
    /// What comes back with the answer (`state`).
    pub state: SecretString,
    /// What the browser keeps meanwhile, so that the answer to one browser's question lets no other in.
    pub binding: SecretString,
    /// What the answer must repeat (`nonce`).
    pub nonce: String,
    /// What proves, with the answer, that it was us who asked (`code_verifier`).
    pub verifier: SecretString,
}

/// A question that was asked, as it is found again with its answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The question.
    pub question: Question,
    /// What the answer must repeat.
    pub nonce: String,
    /// What proves that it was us who asked.
    pub verifier: SecretString,
    /// When it was asked.
    pub asked_at: Instant,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    question: Question,
    binding_hash: String,
    nonce: String,
    verifier: String,
    asked_at_ms: i64,
}

/// Keeps a question.
///
/// Errors: [`Refusal::TooMany`] for an address that asks and asks.
pub async fn ask(core: &Core, meter: &Meter, visitor: Visitor<'_>, question: &Question) -> Result<Asked, Refusal> {
    throttle::count_asking(core, meter, visitor.address).await?;
    let (binding, nonce, verifier) = (fresh_token(core), fresh_token(core), fresh_token(core));
    let kept = Kept {
        question: question.clone(),
        binding_hash: token_hash(&binding),
        nonce: nonce.expose_secret().to_owned(),
        verifier: verifier.expose_secret().to_owned(),
        asked_at_ms: core.clock.now().as_ms(),
    };
    let state = ceremony::begin(core, meter, "provider", &kept, LIFE_MS).await?;
    Ok(Asked { state, binding, nonce: kept.nonce, verifier })
}

/// The question that `state` comes back from, if this browser asked it; it is answered with that.
pub async fn answered(
    core: &Core,
    meter: &Meter,
    state: &SecretString,
    binding: &SecretString,
) -> Result<Option<Answered>, Error> {
    let Some(kept) = ceremony::take::<Kept>(core, meter, "provider", state).await? else { return Ok(None) };
    let is_same = token_hash(binding).as_bytes().ct_eq(kept.binding_hash.as_bytes());
    Ok(bool::from(is_same).then(|| Answered {
        question: kept.question,
        nonce: kept.nonce,
        verifier: kept.verifier.into(),
        asked_at: Instant::from_ms(kept.asked_at_ms),
    }))
}

/// Lets the person with a verified address in, if the account has such a person.
///
/// Errors: [`Refusal::Wrong`] for anybody else.
pub async fn enter_by_provider(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    account_id: &str,
    email: &str,
) -> Result<LetIn, Refusal> {
    let found = {
        let mut tx = core.db.read(meter).await?;
        let Some(account) = accounts::find(&mut tx, account_id).await? else { return Err(Refusal::Wrong) };
        active_by_email(&mut tx, account, email).await?.map(|user| (account, user))
    };
    let (account, user) = found.ok_or(Refusal::Wrong)?;
    let ctx = ctx_of(core, account, &user, meter);
    attempt!(ctx.attempts(), |tx| enter(&ctx, gate, tx, visitor, email))
}

async fn enter(ctx: &Ctx, gate: &Gate, tx: &mut Tx, visitor: Visitor<'_>, email: &str) -> Result<LetIn, Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    // The address may have become another's since it was looked up.
    let is_own = |no| ctx.person().is_some_and(|person| person.no == no);
    let user = active_by_email(change.tx, ctx.account, email).await?.filter(|user| is_own(user.no));
    let user = user.ok_or(Refusal::Wrong)?;
    let start = Start { user: &user, methods: &[Method::Provider], wants_code: false, agent: visitor.agent };
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    change.record(record_of_entry(&begun.session, &user));
    change.finish().await?;
    Ok(LetIn { begun })
}
