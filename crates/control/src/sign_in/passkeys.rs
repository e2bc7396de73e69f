//! Passkeys: registering one, signing in with one, and showing with one once more who one is.

use std::sync::Arc;

use rolecall_model::{
    audit::Event,
    ids::{Kind, UserNo, prefixed},
    problem::{Problem, Problems},
    text,
};
use rolecall_store::{
    Core, Meter, Tx, accounts, attempt,
    passkeys::{self, Passkey},
    users,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Gate, LetIn, Refusal, Visitor, active_by_no, ceremony, ctx_of, throttle, with_password::record_of_entry};
use crate::{
    Change, Ctx, Error, Record, Rule, say,
    sessions::{self, Method, Session, Start},
    webauthn::{self, Algorithm, NewKey, Site},
};

/// The most passkeys a person has.
pub const MAX_PASSKEYS: usize = 16;

/// How long somebody may take to touch a key. Units: milliseconds.
const LIFE_MS: i64 = 5 * 60_000;

/// What a browser is told to make a passkey with.
#[derive(Debug)]
pub struct Registration {
    /// What the answer must repeat.
    pub challenge: SecretString,
    /// What the key is to call the person: the ids of its account and of itself, which name nobody.
    pub user_handle: String,
    /// What it is to show of the person.
    pub email: String,
    /// The keys that there are, so that one authenticator is not registered twice.
    pub known: Vec<String>,
}

/// What a browser answers who has made a passkey. All of it in the bytes that it gave.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What the page says it was asked (`clientDataJSON`).
    pub client_data: Vec<u8>,
    /// What the authenticator says (`attestationObject`).
    pub attestation: Vec<u8>,
    /// What the person calls the key.
    pub name: String,
}

/// What a browser answers who has used a passkey.
#[derive(Clone, Debug)]
pub struct Asserted {
    /// What the authenticator calls the key, in base64url.
    pub credential_id: String,
    /// What the page says it was asked (`clientDataJSON`).
    pub client_data: Vec<u8>,
    /// What the authenticator says (`authenticatorData`).
    pub data: Vec<u8>,
    /// The key's signature of both.
    pub signature: Vec<u8>,
    /// Whom the key says to be of (`userHandle`).
    pub user_handle: Vec<u8>,
}

/// Whose answer a question waits for.
#[derive(Serialize, Deserialize, PartialEq)]
struct Of {
    /// The session that asked; none at the door.
    session: String,
}

/// Asks the person of `session` to make a passkey.
///
/// Errors: [`Rule::WrongState`] for one who has enough of them.
pub async fn begin_passkey(ctx: &Ctx, session: &Session) -> Result<Registration, Error> {
    let known = {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        passkeys::list(&mut tx, ctx.account, session.person.no).await?
    };
    if known.len() >= MAX_PASSKEYS {
        return Err(too_many());
    }
    let of = Of { session: session.id.clone() };
    Ok(Registration {
        challenge: ceremony::begin(&ctx.core, &ctx.meter, "passkey-new", &of, LIFE_MS).await?,
        user_handle: format!("{}:{}", session.account_id, session.person.id),
        email: session.person.email.clone(),
        known: known.into_iter().map(|passkey| passkey.credential_id).collect(),
    })
}

fn too_many() -> Error {
    Error::refused(Rule::WrongState, "", say::too_many_passkeys(MAX_PASSKEYS))
}

/// Registers the passkey that was made.
///
/// Errors: [`Refusal::Wrong`] for an answer that does not count; [`Rule::Taken`] for a key that is registered.
pub async fn add_passkey(ctx: &Ctx, site: &Site, session: &Session, answer: &Registered) -> Result<(), Refusal> {
    let name = answer.name.trim();
    if let Err(bad) = text::check_name(name) {
        return Err(Error::from(Problems::from(Problem::new("name", bad))).into());
    }
    let challenge = taken(&ctx.core, &ctx.meter, "passkey-new", &session.id, &answer.client_data).await?;
    let key = webauthn::registered(&answer.client_data, &answer.attestation, &challenge, site).map_err(told)?;
    let id = prefixed(Kind::Passkey, ctx.core.random.bytes());
    Ok(attempt!(ctx.attempts(), |tx| add_in(ctx, tx, session, &id, name, &key))?)
}

/// The challenge that `client_data` answers, if it was put to this session (or at the door) and not
/// answered before. It is used up by that, whatever comes of the answer.
async fn taken(core: &Core, meter: &Meter, kind: &str, session: &str, client_data: &[u8]) -> Result<String, Refusal> {
    let challenge = webauthn::challenge(client_data).ok_or(Refusal::Wrong)?;
    let of = ceremony::take::<Of>(core, meter, kind, &challenge.clone().into()).await?;
    if of.is_some_and(|of| of.session == session) { Ok(challenge) } else { Err(Refusal::Wrong) }
}

fn told(refused: webauthn::Refused) -> Refusal {
    tracing::info!(why = %refused, "a passkey was refused: {refused}");
    Refusal::Wrong
}

async fn add_in(ctx: &Ctx, tx: &mut Tx, session: &Session, id: &str, name: &str, key: &NewKey) -> Result<(), Error> {
    let person = &session.person;
    let mut change = Change::begin(ctx, tx).await?;
    let known = passkeys::list(change.tx, ctx.account, person.no).await?;
    if known.len() >= MAX_PASSKEYS {
        return Err(too_many());
    }
    let passkey = Passkey {
        credential_id: key.credential_id.clone(),
        id: id.to_owned(),
        name: name.to_owned(),
        algorithm: key.algorithm.as_str().to_owned(),
        public_key: key.public_key.clone(),
        sign_count: key.sign_count.into(),
        made_at: change.at,
        used_at: None,
    };
    if passkeys::is_there(change.tx, ctx.account, &passkey.credential_id).await? {
        return Err(Error::refused(Rule::Taken, "", say::passkey_taken()));
    }
    passkeys::insert(change.tx, ctx.account, person.no, &passkey).await?;
    change.record(Record {
        event: Event::SecondFactorAdded,
        target: format!("{} {id}", person.id),
        description: format!("Passkey {name} of user {} added", person.email),
        before: Value::Null,
        after: json!({"userId": person.id, "kind": "passkey", "passkeyId": id, "name": name}),
    });
    change.finish().await
}

/// Removes a passkey of the person of `session`.
///
/// Errors: [`Rule::UnknownSession`].
pub async fn remove_passkey(ctx: &Ctx, session: &Session, id: &str) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, session, id))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, session: &Session, id: &str) -> Result<(), Error> {
    let person = &session.person;
    let mut change = Change::begin(ctx, tx).await?;
    if !passkeys::remove(change.tx, ctx.account, person.no, id).await? {
        return Err(Error::refused(Rule::UnknownSession, "", say::no_such_passkey()));
    }
    change.record(Record {
        event: Event::SecondFactorRemoved,
        target: format!("{} {id}", person.id),
        description: format!("A passkey of user {} removed", person.email),
        before: json!({"userId": person.id, "kind": "passkey", "passkeyId": id}),
        after: Value::Null,
    });
    change.finish().await
}

/// Asks whoever stands at the door to use a passkey: what the answer must repeat.
///
/// Errors: [`Refusal::TooMany`] for an address that asks and asks.
pub async fn ask_for_passkey(core: &Core, meter: &Meter, visitor: Visitor<'_>) -> Result<SecretString, Refusal> {
    throttle::count_asking(core, meter, visitor.address).await?;
    Ok(ceremony::begin(core, meter, "passkey", &Of { session: String::new() }, LIFE_MS).await?)
}

/// Asks the person of `session` to use one once more: what the answer must repeat, and what authenticators call
/// the person's keys, any of which will do.
pub async fn ask_for_passkey_again(ctx: &Ctx, session: &Session) -> Result<(SecretString, Vec<String>), Error> {
    let own = {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        passkeys::list(&mut tx, ctx.account, session.person.no).await?
    };
    let of = Of { session: session.id.clone() };
    let challenge = ceremony::begin(&ctx.core, &ctx.meter, "passkey", &of, LIFE_MS).await?;
    Ok((challenge, own.into_iter().map(|passkey| passkey.credential_id).collect()))
}

/// Lets the person in whose passkey was used.
///
/// Errors: [`Refusal::Wrong`] for an answer that does not count, whatever is wrong with it.
pub async fn enter_by_passkey(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    site: &Site,
    answer: &Asserted,
) -> Result<LetIn, Refusal> {
    let challenge = taken(core, meter, "passkey", "", &answer.client_data).await?;
    let (user, account) = {
        let handle = std::str::from_utf8(&answer.user_handle).ok();
        let (account, user) = handle.and_then(|handle| handle.split_once(':')).ok_or(Refusal::Wrong)?;
        let mut tx = core.db.read(meter).await?;
        let account = accounts::find(&mut tx, account).await?.ok_or(Refusal::Wrong)?;
        let found = users::find_many(&mut tx, account, users::Key::Id, &[user.to_owned()]).await?.pop();
        (found.ok_or(Refusal::Wrong)?, account)
    };
    let ctx = ctx_of(core, account, &user, meter);
    attempt!(ctx.attempts(), |tx| enter(&ctx, gate, tx, visitor, user.no, (site, answer, &challenge)))
}

async fn enter(
    ctx: &Ctx,
    gate: &Gate,
    tx: &mut Tx,
    visitor: Visitor<'_>,
    no: UserNo,
    answer: (&Site, &Asserted, &str),
) -> Result<LetIn, Refusal> {
    // Nobody waits for the account's lock with a key that is none.
    use_passkey(ctx, tx, no, answer).await?;
    let mut change = Change::begin(ctx, tx).await?;
    let user = active_by_no(change.tx, ctx.account, no).await?.ok_or(Refusal::Wrong)?;
    let start = Start { user: &user, methods: &[Method::Passkey], wants_code: false, agent: visitor.agent };
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    change.record(record_of_entry(&begun.session, &user));
    change.finish().await?;
    Ok(LetIn { begun })
}

/// Judges an answer by the person's key, and notes its use.
async fn use_passkey(
    ctx: &Ctx,
    tx: &mut Tx,
    no: UserNo,
    (site, answer, challenge): (&Site, &Asserted, &str),
) -> Result<(), Refusal> {
    let known = passkeys::list(tx, ctx.account, no).await?;
    let passkey = known.into_iter().find(|passkey| passkey.credential_id == answer.credential_id);
    let passkey = passkey.ok_or(Refusal::Wrong)?;
    let algorithm = Algorithm::parse(&passkey.algorithm).ok_or(Refusal::Wrong)?;
    let key = (algorithm, passkey.public_key.as_slice());
    let count = webauthn::asserted(&answer.client_data, &answer.data, &answer.signature, key, challenge, site);
    let count = count.map_err(told)?;
    let id = &passkey.credential_id;
    if passkeys::note_use(tx, ctx.account, no, id, count.into(), ctx.now()).await? {
        Ok(())
    } else {
        tracing::warn!("a passkey was refused: its counter did not go up, so there may be a copy of it");
        Err(Refusal::Wrong)
    }
}

/// Shows by a passkey once more who one is within a session, which gets a new token for it.
///
/// Errors: [`Refusal::Wrong`].
pub async fn confirm_by_passkey(
    ctx: &Ctx,
    site: &Site,
    session: &Session,
    answer: &Asserted,
) -> Result<SecretString, Refusal> {
    let challenge = taken(&ctx.core, &ctx.meter, "passkey", &session.id, &answer.client_data).await?;
    attempt!(ctx.attempts(), |tx| use_passkey(ctx, tx, session.person.no, (site, answer, &challenge)))?;
    Ok(sessions::renew(ctx, session, Method::Passkey).await?)
}
