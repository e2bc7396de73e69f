//! Sessions: what a person who signed in is known by, request after request.
//!
//! A browser shows a random token; we keep its hash. A session ends when it is not used for a while,
//! when it is old, when somebody ends it, and when its person leaves or sets another password. With
//! each rise of what it is worth it gets a new token, so that nobody who knew the one before rises too.

use std::sync::Arc;

use rolecall_model::{
    audit::Event,
    ids::{AccountNo, Kind, UserNo, prefixed},
    text,
    time::Instant,
    user::User,
};
use rolecall_store::{
    Core, Meter, Tx, attempt,
    sessions::{self, Found, Session as Stored},
    users,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Record, Rule,
    authority::{Person, acts},
    say,
    sign_in::{Gate, Settings, fresh_token, token_hash},
};

/// The most sessions one person has; the oldest go first.
pub const MAX_SESSIONS: i64 = 32;

/// How long somebody has to show a second factor. Units: milliseconds.
const HALF_LIFE_MS: i64 = 10 * 60_000;

/// The use of a session is noted at most so often. Units: milliseconds.
const TOUCH_MS: i64 = 60_000;

/// What a session wants that is not whole: a code.
const WANTS_CODE: &str = "code";

/// The most characters that are kept of what a browser calls itself.
const MAX_AGENT_CHARS: usize = 160;

/// How somebody has shown who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By its password.
    Password,
    /// By a one-time link, and the password set with it.
    Link,
    /// By a code of its generator.
    Code,
    /// By a recovery code.
    RecoveryCode,
    /// By a passkey.
    Passkey,
    /// By way of the company's identity provider.
    Provider,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Password, Self::Link, Self::Code, Self::RecoveryCode, Self::Passkey, Self::Provider];

    /// Its word in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Code => "code",
            Self::RecoveryCode => "recovery-code",
            Self::Passkey => "passkey",
            Self::Provider => "provider",
        }
    }
}

/// A session that is whole, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, for naming it.
    pub id: String,
    /// The hash its token is known by.
    pub(crate) hash: String,
    /// The account's number.
    pub account: AccountNo,
    /// The account's id.
    pub account_id: String,
    /// The account's name.
    pub account_name: String,
    /// The person, and what it may do now.
    pub person: Arc<Person>,
    /// The person's name; its address where it has none.
    pub name: String,
    /// How it has shown who it is: words with a space between.
    pub methods: String,
    /// When it last did.
    pub confirmed_at: Instant,
    /// When the session ends, however much it is used.
    pub ends_at: Instant,
}

impl Session {
    /// Whether the person has shown lately who it is.
    pub fn is_confirmed(&self, settings: &Settings, now: Instant) -> bool {
        now < self.confirmed_at.plus_ms(settings.confirmed_ms)
    }
}

/// A session that was just begun: the only time its token is told.
#[derive(Debug)]
pub struct Begun {
    /// What its browser will show.
    pub token: SecretString,
    /// The session.
    pub session: Stored,
}

/// What a session begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    /// Whose it is.
    pub(crate) user: &'a User,
    /// How the person has shown who it is.
    pub(crate) methods: &'a [Method],
    /// Whether there is a code to be shown before it is worth anything.
    pub(crate) wants_code: bool,
    /// What its browser calls itself.
    pub(crate) agent: &'a str,
}

/// Begins a session, with a token of its own.
pub(crate) async fn begin(ctx: &Ctx, gate: &Gate, tx: &mut Tx, start: &Start<'_>) -> Result<Begun, Error> {
    let now = ctx.now();
    let life_ms = if start.wants_code { HALF_LIFE_MS } else { gate.settings.absolute_ms };
    let methods: Vec<&str> = start.methods.iter().map(|method| method.as_str()).collect();
    let session = Stored {
        id: prefixed(Kind::Session, ctx.core.random.bytes()),
        account: ctx.account,
        user: start.user.no,
        methods: methods.join(" "),
        wants: if start.wants_code { WANTS_CODE.to_owned() } else { String::new() },
        agent: shown_agent(start.agent),
        began_at: now,
        used_at: now,
        confirmed_at: now,
        ends_at: now.plus_ms(life_ms),
    };
    let token = fresh_token(&ctx.core);
    sessions::insert(tx, &token_hash(&token), &session).await?;
    sessions::keep_newest(tx, ctx.account, start.user.no, MAX_SESSIONS).await?;
    Ok(Begun { token, session })
}

/// What a browser calls itself, as far as that can stand in a list.
fn shown_agent(agent: &str) -> String {
    let short: String = agent.chars().take(MAX_AGENT_CHARS).collect();
    if text::check_line(&short).is_ok() { short } else { String::new() }
}

/// The session of `token`, with what its person may do now; nobody's if there is none, or it is over,
/// or wants a code first.
///
/// Concurrency: its use is noted about once a minute, on its own row alone.
pub async fn find(
    core: &Core,
    settings: &Settings,
    meter: &Meter,
    token: &SecretString,
) -> Result<Option<Session>, Error> {
    let hash = token_hash(token);
    let mut tx = core.db.read(meter).await?;
    let found = live(core, settings, &mut tx, &hash).await?.filter(|found| found.session.wants.is_empty());
    let Some(found) = found else { return Ok(None) };
    let Some(person) = Person::read(&mut tx, found.session.account, found.session.user).await? else { return Ok(None) };
    drop(tx);
    touch(core, meter, &hash, &found.session).await?;
    Ok(Some(shown(hash, found, person)))
}

/// `session` as it is now, with what its person may do now; nothing once it is over. This is no use of it:
/// a page that is left open keeps no session from ending.
pub async fn still(
    core: &Core,
    settings: &Settings,
    meter: &Meter,
    session: &Session,
) -> Result<Option<Session>, Error> {
    let mut tx = core.db.read(meter).await?;
    let found = live(core, settings, &mut tx, &session.hash).await?.filter(|found| found.session.wants.is_empty());
    let Some(found) = found else { return Ok(None) };
    let person = Person::read(&mut tx, found.session.account, found.session.user).await?;
    Ok(person.map(|person| shown(session.hash.clone(), found, person)))
}

/// The half session of `token`, which wants a code; with whom it is of.
pub(crate) async fn find_half(
    core: &Core,
    tx: &mut Tx,
    settings: &Settings,
    token: &SecretString,
) -> Result<Option<(String, Found)>, Error> {
    let hash = token_hash(token);
    let found = live(core, settings, tx, &hash).await?.filter(|found| found.session.wants == WANTS_CODE);
    Ok(found.map(|found| (hash, found)))
}

/// Whether `token` is one of a session that wants a code.
pub async fn wants_code(core: &Core, settings: &Settings, meter: &Meter, token: &SecretString) -> Result<bool, Error> {
    let mut tx = core.db.glance(meter).await?;
    Ok(find_half(core, &mut tx, settings, token).await?.is_some())
}

async fn live(core: &Core, settings: &Settings, tx: &mut Tx, hash: &str) -> Result<Option<Found>, Error> {
    let now = core.clock.now();
    Ok(sessions::find(tx, hash).await?.filter(|found| is_live(&found.session, settings, now)))
}

fn is_live(session: &Stored, settings: &Settings, now: Instant) -> bool {
    now < session.ends_at && now < session.used_at.plus_ms(settings.idle_ms)
}

fn shown(hash: String, found: Found, person: Person) -> Session {
    let name = format!("{} {}", found.first_name, found.last_name);
    let name = name.trim();
    Session {
        id: found.session.id,
        hash,
        account: found.session.account,
        account_id: found.account_id,
        account_name: found.account_name,
        name: if name.is_empty() { found.email } else { name.to_owned() },
        person: Arc::new(person),
        methods: found.session.methods,
        confirmed_at: found.session.confirmed_at,
        ends_at: found.session.ends_at,
    }
}

async fn touch(core: &Core, meter: &Meter, hash: &str, session: &Stored) -> Result<(), Error> {
    let now = core.clock.now();
    if now < session.used_at.plus_ms(TOUCH_MS) {
        return Ok(());
    }
    Ok(attempt!(core.db.attempts(meter), |tx| sessions::touch(tx, hash, now))?)
}

/// Gives a session a new token, because its person has just shown once more who it is.
///
/// Errors: [`Rule::UnknownSession`] if it has ended meanwhile.
pub(crate) async fn renew(ctx: &Ctx, session: &Session, method: Method) -> Result<SecretString, Error> {
    let token = fresh_token(&ctx.core);
    let mut methods: Vec<&str> = session.methods.split(' ').collect();
    if !methods.contains(&method.as_str()) {
        methods.push(method.as_str());
    }
    let renewal = sessions::Renewal { hash: token_hash(&token), methods: methods.join(" "), at: ctx.now() };
    if attempt!(ctx.attempts(), |tx| sessions::renew(tx, &session.hash, &renewal))? {
        Ok(token)
    } else {
        Err(unknown())
    }
}

/// A session as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The session.
    pub session: Stored,
    /// Whether it is the one the question came by.
    pub is_current: bool,
}

/// A person's sessions, and whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfUser {
    /// The person's id.
    pub user_id: String,
    /// Its e-mail address.
    pub email: String,
    /// The sessions that are not over, the newest first.
    pub sessions: Vec<Listed>,
}

/// The sessions of the user with id `user_id`; without one, those of the person who asks.
///
/// Errors: [`Rule::NotPermitted`] for another's without the permission, or nobody's; [`Rule::UnknownUser`].
pub async fn list(
    ctx: &Ctx,
    settings: &Settings,
    user_id: Option<&str>,
    current: Option<&Session>,
) -> Result<OfUser, Error> {
    let own = ctx.person().filter(|person| user_id.is_none_or(|id| id == person.id));
    let mut tx = ctx.read().await?;
    let (no, user_id, email) = if let Some(person) = own {
        (person.no, person.id.clone(), person.email.clone())
    } else {
        ctx.need_to(&acts::END_SESSIONS)?;
        let user = by_id(&mut tx, ctx.account, user_id.unwrap_or_default()).await?;
        (user.no, user.id, user.email)
    };
    let mut found = sessions::list(&mut tx, ctx.account, no, MAX_SESSIONS).await?;
    let now = ctx.now();
    found.retain(|session| is_live(session, settings, now) && session.wants.is_empty());
    let is_current = |session: &Stored| current.is_some_and(|current| current.id == session.id);
    let sessions = found.into_iter().map(|session| Listed { is_current: is_current(&session), session });
    Ok(OfUser { user_id, email, sessions: sessions.collect() })
}

async fn by_id(tx: &mut Tx, account: AccountNo, id: &str) -> Result<User, Error> {
    let found = users::find_many(tx, account, users::Key::Id, &[id.to_owned()]).await?.pop();
    found.ok_or_else(|| Error::refused(Rule::UnknownUser, "userId", say::no_user_with_id()))
}

/// Ends a session: one's own, or another's with the permission.
///
/// Errors: [`Rule::UnknownSession`], [`Rule::NotPermitted`].
pub async fn end(ctx: &Ctx, id: &str) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| end_in(ctx, tx, id))
}

async fn end_in(ctx: &Ctx, tx: &mut Tx, id: &str) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let found = sessions::find_by_id(change.tx, ctx.account, id).await?;
    let is_own = |no: UserNo| ctx.person().is_some_and(|person| person.no == no);
    let no = match found {
        Some(session) if is_own(session.user) => session.user,
        // Who may not see the sessions of others learns of none.
        Some(session) => {
            change.need_to(&acts::END_SESSIONS)?;
            session.user
        }
        None => return Err(unknown()),
    };
    let user = users::find_many(change.tx, ctx.account, users::Key::No, &[no.0.to_string()]).await?.pop();
    let Some(user) = user else { return Err(unknown()) };
    sessions::remove_by_id(change.tx, ctx.account, no, id).await?;
    change.record(Record {
        event: if is_own(no) { Event::SignedOut } else { Event::SessionEnded },
        target: format!("{} {id}", user.id),
        description: format!("Session of user {} ended", user.email),
        before: json!({"userId": user.id, "sessionId": id}),
        after: Value::Null,
    });
    change.finish().await
}

/// Ends all sessions of a user but the one asked by: one's own, or another's with the permission. How
/// many were ended.
///
/// Errors: [`Rule::UnknownUser`], [`Rule::NotPermitted`].
pub async fn end_all(ctx: &Ctx, user_id: &str, current: Option<&Session>) -> Result<u64, Error> {
    attempt!(ctx.attempts(), |tx| end_all_in(ctx, tx, user_id, current))
}

async fn end_all_in(ctx: &Ctx, tx: &mut Tx, user_id: &str, current: Option<&Session>) -> Result<u64, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let is_own = ctx.person().is_some_and(|person| person.id == user_id);
    if !is_own {
        change.need_to(&acts::END_SESSIONS)?;
    }
    let user = by_id(change.tx, ctx.account, user_id).await?;
    let keep = current.filter(|_| is_own).map_or("", |current| current.id.as_str());
    let n_ended = sessions::remove_others(change.tx, ctx.account, user.no, keep).await?;
    if n_ended > 0 {
        change.record(Record {
            event: Event::SessionEnded,
            target: user.id.clone(),
            description: format!("{n_ended} sessions of user {} ended", user.email),
            before: json!({"userId": user.id, "sessions": n_ended}),
            after: Value::Null,
        });
    }
    change.finish().await?;
    Ok(n_ended)
}

fn unknown() -> Error {
    Error::refused(Rule::UnknownSession, "", say::no_such_session())
}

/// Forgets what is over anyway: sessions, links, unanswered questions and windows of failed tries.
pub async fn forget_old(core: &Core, settings: &Settings) -> Result<(), Error> {
    let now = core.clock.now();
    attempt!(core.db.attempts(&Meter::default()), |tx| forget_in(tx, settings, now))
}

async fn forget_in(tx: &mut Tx, settings: &Settings, now: Instant) -> Result<(), Error> {
    use rolecall_store::{ceremonies, one_time_links, sign_in_tries};

    sessions::forget(tx, now, now.plus_ms(-settings.idle_ms)).await?;
    one_time_links::forget(tx, now).await?;
    ceremonies::forget(tx, now).await?;
    sign_in_tries::forget(tx, now).await?;
    Ok(())
}
