//! Signing in by way of the company's identity provider. What is said there is judged by the server,
//! which can reach it; here is what was asked, once, and who is let in for the answer.

use std::sync::Arc;

use rolecall_model::{
    audit::{Actor, Event},
    ids::AccountNo,
    text::fold,
    time::Instant,
    user::{Status, User},
};
use rolecall_store::{
    Core, Error as StoreError, Meter, Tx, accounts, attempt,
    provider_subjects::{self, Subject},
    users,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::{
    Gate, LetIn, Refusal, Visitor, active_by_no, ceremony, ctx_of, fresh_token, throttle, token_hash,
    with_password::record_of_entry,
};
use crate::{
    Change, Ctx, Error, Record,
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

/// What a provider says of somebody, judged: its ID token was good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who says it.
    pub issuer: String,
    /// What it knows the person by, for good (`sub`).
    pub subject: String,
    /// The person's address, which it has verified.
    pub email: String,
}

impl Said {
    fn subject(&self) -> Subject<'_> {
        Subject { issuer: &self.issuer, subject: &self.subject }
    }
}

/// Whom a provider means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    /// The person who signed in by it as the same subject before.
    Known(User),
    /// The person with the address, who never signed in by it.
    New(User),
    /// Somebody else than the person that it names: address and subject are not of one.
    Other(User),
}

/// Whom of the account the provider means; nobody if there is no such person who may sign in.
///
/// The subject decides. A person whose address became another one at the provider stays the same, unless
/// the new address is somebody else's here: then one of both would be let in as the other.
async fn meant(tx: &mut Tx, account: AccountNo, said: &Said) -> Result<Option<Meant>, StoreError> {
    let bound = provider_subjects::find(tx, account, said.subject()).await?;
    let named = users::find_many(tx, account, users::Key::Email, &[fold(&said.email)]).await?.pop();
    Ok(match (bound, named) {
        (Some(no), Some(user)) if user.no != no => Some(Meant::Other(user)),
        (Some(no), _) => active_by_no(tx, account, no).await?.map(Meant::Known),
        (None, Some(user)) if provider_subjects::is_bound(tx, account, user.no, &said.issuer).await? => {
            Some(Meant::Other(user))
        }
        (None, user) => user.filter(|user| user.status == Status::Active).map(Meant::New),
    })
}

/// Lets the person in whom the provider means, if the account has such a person. The first time it is found
/// by its address, and from then on by its subject.
///
/// Errors: [`Refusal::Wrong`] for anybody else; [`Refusal::OtherSubject`], of which the audit log tells.
pub async fn enter_by_provider(
    core: &Arc<Core>,
    gate: &Gate,
    meter: &Meter,
    visitor: Visitor<'_>,
    account_id: &str,
    said: &Said,
) -> Result<LetIn, Refusal> {
    let found = {
        let mut tx = core.db.read(meter).await?;
        let Some(account) = accounts::find(&mut tx, account_id).await? else { return Err(Refusal::Wrong) };
        meant(&mut tx, account, said).await?.map(|meant| (account, meant))
    };
    let (account, user) = match found.ok_or(Refusal::Wrong)? {
        (account, Meant::Known(user) | Meant::New(user)) => (account, user),
        (account, Meant::Other(user)) => {
            tell_of_another(core, meter, account, &user, said).await?;
            return Err(Refusal::OtherSubject);
        }
    };
    let ctx = ctx_of(core, account, &user, meter);
    attempt!(ctx.attempts(), |tx| enter(&ctx, gate, tx, visitor, said))
}

async fn enter(ctx: &Ctx, gate: &Gate, tx: &mut Tx, visitor: Visitor<'_>, said: &Said) -> Result<LetIn, Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    // The address may have become another's since it was looked up, or the subject somebody's.
    let is_own = |user: &User| ctx.person().is_some_and(|person| person.no == user.no);
    let (user, is_new) = match meant(change.tx, ctx.account, said).await? {
        Some(Meant::Known(user)) if is_own(&user) => (user, false),
        Some(Meant::New(user)) if is_own(&user) => (user, true),
        _ => return Err(Refusal::Wrong),
    };
    let start = Start { user: &user, methods: &[Method::Provider], wants_code: false, agent: visitor.agent };
    let begun = sessions::begin(ctx, gate, change.tx, &start).await?;
    let mut record = record_of_entry(&begun.session, &user);
    if is_new {
        provider_subjects::bind(change.tx, ctx.account, user.no, said.subject(), change.at).await?;
        if let Value::Object(after) = &mut record.after {
            after.insert("boundTo".to_owned(), said.issuer.clone().into());
        }
    }
    change.record(record);
    change.finish().await?;
    Ok(LetIn { begun })
}

/// One entry in a quarter of an hour for each person: enough to see it, and no way to fill the log.
async fn tell_of_another(
    core: &Arc<Core>,
    meter: &Meter,
    account: AccountNo,
    user: &User,
    said: &Said,
) -> Result<(), Refusal> {
    let key = throttle::Key::other_subject(core, account, user.no);
    match throttle::count(core, meter, &[key]).await {
        Ok(1) => {}
        Ok(_) | Err(Refusal::TooMany { .. }) => return Ok(()),
        Err(refusal) => return Err(refusal),
    }
    let ctx = Ctx::new(core, account, Actor::Operator, meter.clone());
    attempt!(ctx.attempts(), |tx| tell_in(&ctx, tx, user, said))
}

async fn tell_in(ctx: &Ctx, tx: &mut Tx, user: &User, said: &Said) -> Result<(), Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    change.record(Record {
        event: Event::SignInRefused,
        target: user.id.clone(),
        description: format!("An identity provider named user {} and meant somebody else", user.email),
        before: Value::Null,
        after: json!({"userId": user.id, "issuer": said.issuer}),
    });
    Ok(change.finish().await?)
}
