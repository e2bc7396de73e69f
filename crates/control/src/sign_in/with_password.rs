//! Signing in with a password, and showing it once more.

use std::sync::Arc;

use rolecall_model::{
    audit::{Actor, Event},
    ids::AccountNo,
    user::User,
};
use rolecall_store::{
    Meter, Tx, attempt,
    passwords::{self, Password as Stored},
    second_factors,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Gate, LetIn, Refusal, Visitor, account_of, active_by_email, active_by_no, ctx_of, throttle};
use crate::{
    Change, Core, Ctx, Record,
    sessions::{self, Method, Session, Start},
};

/// What somebody types at the door.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// The id of the account; may be left out while there is only one.
    pub account: Option<&'a str>,
    /// The e-mail address of the person.
    pub email: &'a str,
    /// The password.
    pub password: SecretString,
}

/// Lets a person in who knows its password.
///
/// Errors: [`Refusal::Wrong`], after the same work whatever was wrong; [`Refusal::TooMany`].
pub async fn with_password(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    attempt: &Attempt<'_>,
) -> Result<LetIn, Refusal> {
    let (account, found) = look(core, meter, attempt).await?;
    let mut keys: Vec<throttle::Key> = Vec::new();
    keys.extend(visitor.address.map(|address| throttle::Key::address(core, address)));
    keys.push(throttle::Key::person(core, account, attempt.email));
    let n = throttle::count(core, meter, &keys).await?;

    let phrase = found.as_ref().map(|(_, password)| password.phrase.as_str());
    let fits = gate.hasher.fits(core, &attempt.password, phrase).await?;
    let (account, (user, password)) = match (account, found) {
        (Some(account), Some(found)) if fits => (account, found),
        (Some(account), Some((user, _))) if throttle::is_last(n) => {
            tell_of_guessing(core, meter, account, &user).await?;
            return Err(Refusal::Wrong);
        }
        _ => return Err(Refusal::Wrong),
    };
    let ctx = ctx_of(core, account, &user, meter);
    attempt!(ctx.attempts(), |tx| enter(&ctx, gate, tx, visitor, &user, &password, &keys))
}

/// The account and, if there is such a person with a password, both.
async fn look(
    core: &Core,
    meter: &Meter,
    attempt: &Attempt<'_>,
) -> Result<(Option<AccountNo>, Option<(User, Stored)>), Refusal> {
    let mut tx = core.db.read(meter).await?;
    let Some(account) = account_of(&mut tx, attempt.account).await? else { return Ok((None, None)) };
    let Some(user) = active_by_email(&mut tx, account, attempt.email).await? else { return Ok((Some(account), None)) };
    let password = passwords::find(&mut tx, account, user.no).await?;
    Ok((Some(account), password.map(|password| (user, password))))
}

async fn enter(
    ctx: &Ctx,
    gate: &Gate,
    tx: &mut Tx,
    visitor: Visitor<'_>,
    user: &User,
    password: &Stored,
    keys: &[throttle::Key],
) -> Result<LetIn, Refusal> {
    let factor = second_factors::find(tx, ctx.account, user.no).await?;
    let wants_code = factor.is_some_and(|factor| factor.confirmed_at.is_some());
    let mut start = Start { user, methods: &[Method::Password], wants_code, agent: visitor.agent };
    if wants_code {
        // Nothing of the account changes before the second factor was shown.
        still_there(tx, ctx.account, user, password).await?;
        throttle::forget_in(tx, keys).await?;
        return Ok(LetIn { begun: sessions::begin(ctx, gate, tx, &start).await? });
    }
    let mut change = Change::begin(ctx, tx).await?;
    still_there(change.tx, ctx.account, user, password).await?;
    throttle::forget_in(change.tx, keys).await?;
    start.wants_code = false;
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    change.record(record_of_entry(&begun.session, user));
    change.finish().await?;
    Ok(LetIn { begun })
}

/// Refuses if the person or its password is no longer what was compared.
async fn still_there(tx: &mut Tx, account: AccountNo, user: &User, password: &Stored) -> Result<(), Refusal> {
    let is_active = active_by_no(tx, account, user.no).await?.is_some();
    if is_active && passwords::find(tx, account, user.no).await?.as_ref() == Some(password) {
        Ok(())
    } else {
        Err(Refusal::Wrong)
    }
}

/// The audit entry of a person who came in.
pub(super) fn record_of_entry(session: &rolecall_store::sessions::Session, user: &User) -> Record {
    Record {
        event: Event::SignedIn,
        target: format!("{} {}", user.id, session.id),
        description: format!("User {} signed in", user.email),
        before: Value::Null,
        after: json!({"userId": user.id, "sessionId": session.id, "methods": session.methods}),
    }
}

/// One entry for each time that a person's window is used up: enough to see it, and not more than a
/// guesser can be let write.
async fn tell_of_guessing(core: &Arc<Core>, meter: &Meter, account: AccountNo, user: &User) -> Result<(), Refusal> {
    let ctx = Ctx::new(core, account, Actor::Operator, meter.clone());
    attempt!(ctx.attempts(), |tx| tell_in(&ctx, tx, user))
}

async fn tell_in(ctx: &Ctx, tx: &mut Tx, user: &User) -> Result<(), Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    change.record(Record {
        event: Event::SignInBlocked,
        target: user.id.clone(),
        description: format!("Signing in as user {} failed {} times in a row", user.email, throttle::PERSON_TRIES),
        before: Value::Null,
        after: json!({"userId": user.id, "failures": throttle::PERSON_TRIES}),
    });
    Ok(change.finish().await?)
}

/// Shows the password once more within a session, which gets a new token for it.
///
/// Errors: [`Refusal::Wrong`], [`Refusal::TooMany`].
pub async fn confirm(ctx: &Ctx, gate: &Gate, session: &Session, typed: &SecretString) -> Result<SecretString, Refusal> {
    let key = throttle::Key::person_no(&ctx.core, ctx.account, session.person.no);
    throttle::count(&ctx.core, &ctx.meter, std::slice::from_ref(&key)).await?;
    let password = {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        passwords::find(&mut tx, ctx.account, session.person.no).await?
    };
    let phrase = password.as_ref().map(|password| password.phrase.as_str());
    if !gate.hasher.fits(&ctx.core, typed, phrase).await? {
        return Err(Refusal::Wrong);
    }
    let token = sessions::renew(ctx, session, Method::Password).await?;
    throttle::forget(&ctx.core, &ctx.meter, &[key]).await?;
    Ok(token)
}
