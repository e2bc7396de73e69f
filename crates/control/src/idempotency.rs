//! Calls that come with a key of their caller's, so that sending one again does it no second time
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! A call is claimed in a transaction of its own before it begins, so that nobody else begins it. Its
//! [`Change`](crate::Change) then says, in the transaction of the change itself, that the call was
//! carried out; a claim that is not the caller's any more undoes the change. The answer is kept last.
//! Whenever the program ends in between, what is known is true:
//!
//! - before the change was committed, nothing was done, and once the lease is over the same call is
//!   carried out as if it were the first;
//! - after it, the call is never carried out again. Without an answer to repeat, the caller is told
//!   that it was done, and by which audit entry to find what.
//!
//! Only answers that tell of a success are kept. A refused call has changed nothing, and may succeed
//! the next time.

use std::sync::Arc;

use aws_lc_rs::hmac;
use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_store::{Core, Error as StoreError, Meter, Tx, attempt, idempotency};
use secrecy::SecretSlice;

use crate::{Ctx, Error, Rule, say, seal::hex};

/// How long a key stands for its call. Units: milliseconds.
pub const KEPT_MS: i64 = 24 * 3_600_000;

/// The most calls with a key that are remembered of an account at once: one each nine seconds, all day long.
pub const MAX_KEYS: i64 = 10_000;

/// The most bytes of an answer that are kept.
pub const MAX_ANSWER_BYTES: usize = 256 << 10;

/// A call with a key.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// What kind of call it is: its route.
    pub route: &'c str,
    /// The caller's key.
    pub key: &'c str,
    /// All that the call asks for, in pieces.
    pub payload: &'c [&'c [u8]],
    /// How long it may take. Units: milliseconds.
    pub lease_ms: i64,
}

/// The right to carry a call out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    key_hash: String,
    token: String,
}

/// Whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// The caller's: nobody has carried the call out, or is about to.
    Yours(Claim),
    /// Nobody's: this was answered before.
    Answered(SecretSlice<u8>),
}

/// Claims a call, or tells what was answered to it before.
///
/// Errors: [`Rule::KeyReused`] if the key is that of a call for something else, [`Rule::KeyRunning`]
/// while the call is under way, [`Rule::AnswerLost`] if it was carried out and the answer is not there,
/// [`Rule::TooManyKeys`] for one more call of an account that has [`MAX_KEYS`] of them.
pub async fn claim(ctx: &Ctx, call: &Call<'_>) -> Result<Turn, Error> {
    let signing = hmac::Key::new(hmac::HMAC_SHA256, &ctx.core.sealing_key.derive("idempotency"));
    let actor = ctx.actor.as_text();
    let key_hash = signed(&signing, &[b"key", actor.as_bytes(), call.route.as_bytes(), call.key.as_bytes()]);
    let payload_hash = signed(&signing, &[&[b"payload".as_slice()], call.payload].concat());
    let claim = Claim { key_hash, token: hex(&ctx.core.random.bytes::<16>()) };
    match attempt!(ctx.attempts(), |tx| claim_in(ctx, tx, call, &claim, &payload_hash))? {
        None => Ok(Turn::Yours(claim)),
        Some(known) => opened(ctx, &claim, &payload_hash, &known),
    }
}

/// Claims the call, or tells what is known of it.
async fn claim_in(
    ctx: &Ctx,
    tx: &mut Tx,
    call: &Call<'_>,
    claim: &Claim,
    payload_hash: &str,
) -> Result<Option<idempotency::Known>, Error> {
    let now = ctx.now();
    let wanted = idempotency::Call {
        key_hash: &claim.key_hash,
        payload_hash,
        claim: &claim.token,
        lease_until: now.plus_ms(call.lease_ms),
        forget_at: now.plus_ms(KEPT_MS),
    };
    if idempotency::claim(tx, ctx.account, &wanted, now).await? {
        has_room(tx, ctx.account, now).await?;
        return Ok(None);
    }
    tx.nothing_to_keep();
    let known = idempotency::find(tx, ctx.account, &claim.key_hash).await?;
    // Whoever had it let go of it just now; it is the next attempt's.
    known.map(Some).ok_or_else(|| StoreError::Busy { code: "a call was let go of".to_owned() }.into())
}

/// Refuses if the account has too many keys, with the one that was just claimed. Those that are over are
/// forgotten before.
async fn has_room(tx: &mut Tx, account: AccountNo, now: Instant) -> Result<(), Error> {
    if !idempotency::is_more(tx, account, MAX_KEYS).await? {
        return Ok(());
    }
    idempotency::forget_of(tx, account, now).await?;
    if !idempotency::is_more(tx, account, MAX_KEYS).await? {
        return Ok(());
    }
    let detail = say::too_many_keys(MAX_KEYS);
    Err(Error::refused(Rule::TooManyKeys, "", detail))
}

fn opened(ctx: &Ctx, claim: &Claim, payload_hash: &str, known: &idempotency::Known) -> Result<Turn, Error> {
    let refused = |rule, detail| Err(Error::refused(rule, "", detail));
    if known.payload_hash != payload_hash {
        let detail = say::key_reused();
        return refused(Rule::KeyReused, detail);
    }
    if !known.answer.is_empty() {
        let answer = ctx.core.sealing_key.open(&context(claim), &known.answer).map_err(|_| Error::Sealed)?;
        return Ok(Turn::Answered(answer));
    }
    if known.lease_until > ctx.now() || known.first_seq == 0 {
        return refused(Rule::KeyRunning, say::key_running());
    }
    let detail = say::answer_lost(known.first_seq);
    refused(Rule::AnswerLost, detail)
}

/// Keeps what was answered to a call that was carried out.
pub async fn keep(ctx: &Ctx, claim: &Claim, answer: &[u8]) -> Result<(), Error> {
    let sealed = match answer.len() {
        0..=MAX_ANSWER_BYTES => ctx.core.sealing_key.seal(&context(claim), answer, ctx.core.random.bytes()),
        _ => String::new(),
    };
    Ok(attempt!(ctx.attempts(), |tx| idempotency::keep(tx, ctx.account, &claim.key_hash, &claim.token, &sealed))?)
}

/// Lets go of a call that was not answered with a success. If it changed something all the same, it is
/// not carried out again.
pub async fn release(ctx: &Ctx, claim: &Claim) -> Result<(), Error> {
    Ok(attempt!(ctx.attempts(), |tx| release_in(ctx, tx, claim))?)
}

async fn release_in(ctx: &Ctx, tx: &mut Tx, claim: &Claim) -> Result<(), StoreError> {
    if idempotency::release(tx, ctx.account, &claim.key_hash, &claim.token).await? {
        return Ok(());
    }
    idempotency::keep(tx, ctx.account, &claim.key_hash, &claim.token, "").await
}

/// Says that the call of `claim` has changed something, in the transaction that changes it.
///
/// Errors: [`Rule::KeyRunning`] if another has claimed the call since; then nothing may be kept.
pub(crate) async fn mark(tx: &mut Tx, account: AccountNo, claim: &Claim, first_seq: i64) -> Result<(), Error> {
    if idempotency::mark(tx, account, &claim.key_hash, &claim.token, first_seq).await? {
        return Ok(());
    }
    Err(Error::refused(Rule::KeyRunning, "", say::key_running_elsewhere()))
}

/// Forgets the keys whose time is over; how many.
pub async fn forget_old(core: &Arc<Core>) -> Result<u64, Error> {
    let now: Instant = core.clock.now();
    Ok(attempt!(core.db.attempts(&Meter::default()), |tx| idempotency::forget(tx, now))?)
}

/// What an answer is sealed to: it opens for its call only.
fn context(claim: &Claim) -> String {
    format!("idempotency {}", claim.key_hash)
}

/// A signature over the pieces, each after its length, so that no two lists of pieces are the same.
fn signed(key: &hmac::Key, pieces: &[&[u8]]) -> String {
    let mut context = hmac::Context::with_key(key);
    for piece in pieces {
        context.update(&(piece.len() as u64).to_be_bytes());
        context.update(piece);
    }
    hex(context.sign().as_ref())
}
