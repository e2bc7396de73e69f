//! One-time links: how somebody without a password comes to one. The operator makes one for the first
//! owner, and whoever may bring people in makes them for others.
//!
//! Whoever follows a link is the person it is for. So nobody makes one for a person who may do more
//! than they: they would hand themselves what they do not hold.

use std::sync::Arc;

use rolecall_model::{
    audit::Event,
    text::fold,
    time::Instant,
    user::{Status, User},
};
use rolecall_store::{
    Core, Meter, Tx, accounts, attempt,
    one_time_links::{self, Link},
    passwords::{self, Password as Stored},
    provider_subjects, second_factors, sessions as stored_sessions, users,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    Gate, LetIn, Password, Refusal, Visitor, active_by_no, ctx_of, fresh_token, password::record_of_set, subject,
    token_hash, with_password::record_of_entry,
};
use crate::{
    Change, Ctx, Error, Record, Rule,
    authority::{self, Person, acts},
    say,
    sessions::{self, Method, Start},
};

/// How long a link counts. Units: milliseconds.
const LIFE_MS: i64 = 72 * 3_600_000;

/// A link that was just made: the only time it is told.
#[derive(Debug)]
pub struct MadeLink {
    /// What stands at the end of the link.
    pub token: SecretString,
    /// The address of whom it is for.
    pub email: String,
    /// From when on it does not count.
    pub expires_at: Instant,
}

/// Whom a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFor {
    /// The person's e-mail address.
    pub email: String,
    /// The account's name.
    pub account_name: String,
}

/// Makes a link for the user with id `user_id`, in place of an earlier one.
///
/// Errors: [`Rule::UnknownUser`]; [`Rule::NotPermitted`] also where the user may do more than whoever asks;
/// [`Rule::WrongState`] for one who may not sign in.
pub async fn make_link(ctx: &Ctx, user_id: &str) -> Result<MadeLink, Error> {
    let token = fresh_token(&ctx.core);
    let (email, expires_at) = attempt!(ctx.attempts(), |tx| make_in(ctx, tx, user_id, &token))?;
    Ok(MadeLink { token, email, expires_at })
}

/// The same for the user with an e-mail address.
///
/// Errors: as of [`make_link`].
pub async fn make_link_by_email(ctx: &Ctx, email: &str) -> Result<MadeLink, Error> {
    let found = {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        users::find_many(&mut tx, ctx.account, users::Key::Email, &[fold(email)]).await?.pop()
    };
    let user = found.ok_or_else(|| Error::refused(Rule::UnknownUser, "user", say::no_user_with_email()))?;
    make_link(ctx, &user.id).await
}

async fn make_in(ctx: &Ctx, tx: &mut Tx, user_id: &str, token: &SecretString) -> Result<(String, Instant), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::LET_IN)?;
    let user = subject(&mut change, user_id).await?;
    if user.status != Status::Active {
        return Err(Error::refused(Rule::WrongState, "", say::may_not_sign_in()));
    }
    let expires_at = change.at.plus_ms(LIFE_MS);
    let link =
        Link { account: ctx.account, user: user.no, made_by: ctx.actor.as_text(), made_at: change.at, expires_at };
    one_time_links::upsert(change.tx, &token_hash(token), &link).await?;
    change.record(Record {
        event: Event::SignInLinkMade,
        target: user.id.clone(),
        description: format!("Sign-in link for user {} created", user.email),
        before: Value::Null,
        after: json!({"userId": user.id, "expiresAt": expires_at}),
    });
    change.finish().await?;
    Ok((user.email, expires_at))
}

/// Whom the link is for; nobody if it does not count, or not any more.
pub async fn look_up(core: &Core, meter: &Meter, token: &SecretString) -> Result<Option<LinkFor>, Error> {
    let mut tx = core.db.read(meter).await?;
    let Some((link, user)) = find(core, &mut tx, &token_hash(token)).await? else { return Ok(None) };
    let account = accounts::get(&mut tx, link.account).await?;
    Ok(Some(LinkFor { email: user.email, account_name: account.name }))
}

async fn find(core: &Core, tx: &mut Tx, hash: &str) -> Result<Option<(Link, User)>, Error> {
    let link = one_time_links::find(tx, hash).await?.filter(|link| core.clock.now() < link.expires_at);
    let Some(link) = link else { return Ok(None) };
    let Some(user) = active_by_no(tx, link.account, link.user).await? else { return Ok(None) };
    Ok(if is_within_reach(tx, &link, &user).await? { Some((link, user)) } else { None })
}

/// Whether whoever made the link could still make it. Since then its user may have been given more, and
/// whoever made it has it at hand.
async fn is_within_reach(tx: &mut Tx, link: &Link, user: &User) -> Result<bool, Error> {
    let Some(maker) = link.made_by.strip_prefix("user:") else { return Ok(true) };
    let maker = users::find_many(tx, link.account, users::Key::Id, &[maker.to_owned()]).await?.pop();
    let Some(maker) = maker else { return Ok(false) };
    let Some(maker) = Person::read(tx, link.account, maker.no).await? else { return Ok(false) };
    let theirs = authority::of_users(tx, link.account, &[user.no]).await?.remove(&user.no).unwrap_or_default();
    Ok(maker.powers.cover(&theirs) && maker.powers.has_any(acts::LET_IN.any_of))
}

/// Follows a link: the person has the password `new` from now on, all its sessions are over, and it is
/// let in.
///
/// Errors: [`Refusal::Wrong`] for a link that does not count; [`Refusal::BadPassword`], with which the link is
/// not used up.
pub async fn redeem(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    token: &SecretString,
    new: &SecretString,
) -> Result<LetIn, Refusal> {
    let hash = token_hash(token);
    let found = {
        let mut tx = core.db.read(meter).await?;
        find(core, &mut tx, &hash).await?
    };
    let Some((link, user)) = found else { return Err(Refusal::Wrong) };
    let phrase = gate.hasher.phrase(core, &Password::parse(new)?).await?;
    let ctx = ctx_of(core, link.account, &user, meter);
    attempt!(ctx.attempts(), |tx| redeem_in(&ctx, gate, tx, visitor, &hash, &user, &phrase))
}

async fn redeem_in(
    ctx: &Ctx,
    gate: &Gate,
    tx: &mut Tx,
    visitor: Visitor<'_>,
    hash: &str,
    user: &User,
    phrase: &str,
) -> Result<LetIn, Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    // It may have been used, taken back or have expired while the password was hashed.
    let still = find(&ctx.core, change.tx, hash).await?.is_some_and(|(_, still)| still.no == user.no);
    if !still || !one_time_links::take(change.tx, ctx.account, user.no, hash).await? {
        return Err(Refusal::Wrong);
    }
    let password = Stored { phrase: phrase.to_owned(), set_at: change.at };
    passwords::upsert(change.tx, ctx.account, user.no, &password).await?;
    let n_ended = stored_sessions::remove_of_users(change.tx, ctx.account, &[user.no]).await?;
    // Whoever follows a link is the person, whatever a provider said before: it may say anew who that is.
    provider_subjects::forget(change.tx, ctx.account, user.no).await?;
    change.record(record_of_set(&user.id, &user.email, n_ended));
    let factor = second_factors::find(change.tx, ctx.account, user.no).await?;
    let wants_code = factor.is_some_and(|factor| factor.confirmed_at.is_some());
    let start = Start { user, methods: &[Method::Link], wants_code, agent: visitor.agent };
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    if !wants_code {
        change.record(record_of_entry(&begun.session, user));
    }
    change.finish().await?;
    Ok(LetIn { begun })
}
