//! The second factor: a code generator, and recovery codes for when it is lost.

use std::sync::Arc;

use rolecall_model::{audit::Event, ids::AccountNo, time::Instant, user::User};
use rolecall_store::{
    Core, Meter, Tx, attempt, second_factors,
    second_factors::SecondFactor,
    sessions::{self as stored, Found},
};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde_json::{Value, json};

use super::{
    Gate, LetIn, Refusal, Visitor, active_by_no, codes, ctx_of, subject, throttle, with_password::record_of_entry,
};
use crate::{
    Change, Ctx, Error, Record, Rule,
    authority::acts,
    say,
    sessions::{self, Method, Session, Start},
};

/// A code generator that was just made and does not count before a first code of it was right.
#[derive(Debug)]
pub struct NewGenerator {
    /// Its secret in base32, to be typed.
    pub secret: SecretString,
    /// The same as a link, to be read off a picture.
    pub link: SecretString,
}

/// Recovery codes that were just made: the only time they are told.
#[derive(Debug)]
pub struct RecoveryCodes {
    /// The codes; each counts once.
    pub codes: Vec<SecretString>,
}

/// Makes a code generator for the person of `session`. The one made before is replaced, unless it counts.
///
/// Errors: [`Rule::WrongState`] while there is one that counts.
pub async fn begin_generator(ctx: &Ctx, session: &Session) -> Result<NewGenerator, Error> {
    let secret = ctx.core.random.bytes::<{ codes::SECRET_BYTES }>();
    let factor = SecondFactor {
        secret_sealed: ctx.core.sealing_key.seal(&context(&session.person.id), &secret, ctx.core.random.bytes()),
        last_step: 0,
        recovery_hashes: Vec::new(),
        made_at: ctx.now(),
        confirmed_at: None,
    };
    let person = session.person.no;
    if !attempt!(ctx.attempts(), |tx| second_factors::begin(tx, ctx.account, person, &factor))? {
        return Err(Error::refused(Rule::WrongState, "", say::generator_already()));
    }
    Ok(shown(session, &secret))
}

/// The code generator that the person of `session` has begun to set up; nothing if there is none, or one
/// that counts.
pub async fn begun_generator(ctx: &Ctx, session: &Session) -> Result<Option<NewGenerator>, Error> {
    let mut tx = ctx.core.db.glance(&ctx.meter).await?;
    let factor = second_factors::find(&mut tx, ctx.account, session.person.no).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_none()) else { return Ok(None) };
    let secret = opened(&ctx.core, &session.person.id, &factor)?;
    Ok(Some(shown(session, secret.expose_secret())))
}

fn shown(session: &Session, secret: &[u8]) -> NewGenerator {
    let text = codes::base32(secret);
    let link = codes::link(&session.account_name, &session.person.email, &text);
    NewGenerator { secret: text.into(), link: link.into() }
}

/// What seals a generator's secret to its person.
fn context(user_id: &str) -> String {
    format!("second factor {user_id}")
}

fn opened(core: &Core, user_id: &str, factor: &SecondFactor) -> Result<SecretSlice<u8>, Error> {
    core.sealing_key.open(&context(user_id), &factor.secret_sealed).map_err(|_| Error::Sealed)
}

/// Confirms the generator that was begun, by a first code of it. From now on it is asked for; the
/// person's other sessions, begun without it, are over.
///
/// Errors: [`Refusal::Wrong`] if the code is not one of it.
pub async fn confirm_generator(ctx: &Ctx, session: &Session, typed: &str) -> Result<RecoveryCodes, Refusal> {
    let fresh = codes::fresh_recovery_codes(&ctx.core);
    attempt!(ctx.attempts(), |tx| confirm_in(ctx, tx, session, typed, &fresh)).map(|()| told(fresh))
}

async fn confirm_in(ctx: &Ctx, tx: &mut Tx, session: &Session, typed: &str, fresh: &[String]) -> Result<(), Refusal> {
    let person = &session.person;
    let mut change = Change::begin(ctx, tx).await?;
    let factor = second_factors::find(change.tx, ctx.account, person.no).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_none()).ok_or(Refusal::Wrong)?;
    let secret = opened(&ctx.core, &person.id, &factor)?;
    let step = codes::step_of(secret.expose_secret(), typed, ctx.now(), factor.last_step).ok_or(Refusal::Wrong)?;
    let confirmed = SecondFactor {
        last_step: step,
        recovery_hashes: hashes(&ctx.core, &person.id, fresh),
        confirmed_at: Some(change.at),
        ..factor
    };
    second_factors::upsert(change.tx, ctx.account, person.no, &confirmed).await?;
    let n_ended = stored::remove_others(change.tx, ctx.account, person.no, &session.id).await?;
    change.record(Record {
        event: Event::SecondFactorAdded,
        target: person.id.clone(),
        description: format!("Code generator of user {} added", person.email),
        before: Value::Null,
        after: json!({"userId": person.id, "kind": "totp", "sessionsEnded": n_ended}),
    });
    Ok(change.finish().await?)
}

fn hashes(core: &Core, user_id: &str, fresh: &[String]) -> Vec<String> {
    fresh.iter().map(|code| codes::recovery_hash(core, user_id, code)).collect()
}

fn told(fresh: Vec<String>) -> RecoveryCodes {
    RecoveryCodes { codes: fresh.into_iter().map(SecretString::from).collect() }
}

/// Makes new recovery codes for the person of `session`; those before do not count any more.
///
/// Errors: [`Rule::WrongState`] without a code generator.
pub async fn renew_recovery_codes(ctx: &Ctx, session: &Session) -> Result<RecoveryCodes, Error> {
    let fresh = codes::fresh_recovery_codes(&ctx.core);
    attempt!(ctx.attempts(), |tx| renew_in(ctx, tx, session, &fresh)).map(|()| told(fresh))
}

async fn renew_in(ctx: &Ctx, tx: &mut Tx, session: &Session, fresh: &[String]) -> Result<(), Error> {
    let person = &session.person;
    let mut change = Change::begin(ctx, tx).await?;
    let factor = second_factors::find(change.tx, ctx.account, person.no).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_some()).ok_or_else(no_generator)?;
    let renewed = SecondFactor { recovery_hashes: hashes(&ctx.core, &person.id, fresh), ..factor };
    second_factors::upsert(change.tx, ctx.account, person.no, &renewed).await?;
    change.record(Record {
        event: Event::RecoveryCodesMade,
        target: person.id.clone(),
        description: format!("Recovery codes of user {} made", person.email),
        before: Value::Null,
        after: json!({"userId": person.id, "codes": fresh.len()}),
    });
    change.finish().await
}

fn no_generator() -> Error {
    Error::refused(Rule::WrongState, "", say::no_generator())
}

/// Takes a user's code generator and recovery codes away: one's own, or that of somebody who lost it and
/// may do no more than whoever asks.
///
/// Errors: [`Rule::UnknownUser`], [`Rule::NotPermitted`], [`Rule::WrongState`] if there is none.
pub async fn take_generator_away(ctx: &Ctx, user_id: &str) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| take_away_in(ctx, tx, user_id))
}

async fn take_away_in(ctx: &Ctx, tx: &mut Tx, user_id: &str) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    if ctx.person().is_none_or(|person| person.id != user_id) {
        change.need_to(&acts::LET_IN)?;
    }
    let user = subject(&mut change, user_id).await?;
    if !second_factors::remove(change.tx, ctx.account, user.no).await? {
        return Err(no_generator());
    }
    change.record(Record {
        event: Event::SecondFactorRemoved,
        target: user.id.clone(),
        description: format!("Code generator of user {} removed", user.email),
        before: json!({"userId": user.id, "kind": "totp"}),
        after: Value::Null,
    });
    change.finish().await
}

/// Lets the person in whose half session `token` is of and who shows a code: of its generator, or a
/// recovery code, which is used up.
///
/// Errors: [`Refusal::Wrong`], after which the half session stays; [`Refusal::TooMany`], after which it does
/// not.
pub async fn complete(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    token: &SecretString,
    typed: &str,
) -> Result<LetIn, Refusal> {
    let half = {
        let mut tx = core.db.glance(meter).await?;
        sessions::find_half(core, &mut tx, &gate.settings, token).await?
    };
    let Some((hash, half)) = half else { return Err(Refusal::Wrong) };
    let (account, no) = (half.session.account, half.session.user);
    let key = throttle::Key::code(core, account, no);
    if let Err(refusal) = throttle::count(core, meter, std::slice::from_ref(&key)).await {
        end_half(core, meter, &hash).await?;
        return Err(refusal);
    }
    let Some(user) = person(core, meter, account, &half).await? else { return Err(Refusal::Wrong) };
    let entry = Entry { ctx: ctx_of(core, account, &user, meter), hash, half, user, key };
    attempt!(core.db.attempts(meter), |tx| complete_in(&entry, gate, tx, visitor, typed))
}

/// Somebody who shows a code.
struct Entry {
    ctx: Ctx,
    hash: String,
    half: Found,
    user: User,
    key: throttle::Key,
}

async fn person(core: &Core, meter: &Meter, account: AccountNo, half: &Found) -> Result<Option<User>, Refusal> {
    let mut tx = core.db.glance(meter).await?;
    Ok(active_by_no(&mut tx, account, half.session.user).await?)
}

async fn complete_in(
    entry: &Entry,
    gate: &Gate,
    tx: &mut Tx,
    visitor: Visitor<'_>,
    typed: &str,
) -> Result<LetIn, Refusal> {
    let Entry { ctx, hash, half, user, key } = entry;
    let mut change = Change::begin(ctx, tx).await?;
    // Of two that show a code at once, one finds the half session gone.
    if !stored::remove(change.tx, hash).await? {
        return Err(Refusal::Wrong);
    }
    let factor = second_factors::find(change.tx, ctx.account, user.no).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_some()).ok_or(Refusal::Wrong)?;
    let second = use_up(ctx, change.tx, user, &factor, typed, ctx.now()).await?;
    throttle::forget_in(change.tx, std::slice::from_ref(key)).await?;
    let first = Method::ALL.into_iter().find(|method| method.as_str() == half.session.methods);
    let methods = [first.unwrap_or(Method::Password), second];
    let start = Start { user, methods: &methods, wants_code: false, agent: visitor.agent };
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    change.record(record_of_entry(&begun.session, user));
    change.finish().await?;
    Ok(LetIn { begun })
}

/// Which kind of code it was, used up.
async fn use_up(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &User,
    factor: &SecondFactor,
    typed: &str,
    now: Instant,
) -> Result<Method, Refusal> {
    let secret = opened(&ctx.core, &user.id, factor)?;
    if let Some(step) = codes::step_of(secret.expose_secret(), typed, now, factor.last_step) {
        let is_first = second_factors::use_step(tx, ctx.account, user.no, step).await?;
        return if is_first { Ok(Method::Code) } else { Err(Refusal::Wrong) };
    }
    let hash = codes::recovery_hash(&ctx.core, &user.id, typed);
    let before = &factor.recovery_hashes;
    let left: Vec<String> = before.iter().filter(|kept| **kept != hash).cloned().collect();
    let is_one = left.len() < before.len();
    if is_one && second_factors::use_recovery_code(tx, ctx.account, user.no, before, &left).await? {
        Ok(Method::RecoveryCode)
    } else {
        Err(Refusal::Wrong)
    }
}

async fn end_half(core: &Core, meter: &Meter, hash: &str) -> Result<(), Refusal> {
    attempt!(core.db.attempts(meter), |tx| stored::remove(tx, hash))?;
    Ok(())
}
