//! Signing in: how people show who they are, and what they get for it.
//!
//! Whoever shows enough gets a session (see [`crate::sessions`]), known to us by a hash. What is wrong is told in
//! one way, after the same work, whatever it was: nobody learns who has an account here. What failed is
//! counted by person and by address, outside of the account's lock, so that guessing is slow and does
//! not slow anybody down who works.

mod ceremony;
mod codes;
mod credentials;
mod links;
pub mod passkeys;
mod password;
pub mod provider;
mod second_factor;
mod throttle;
mod with_password;

use std::{net::IpAddr, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_model::{
    authority::Powers,
    ids::{AccountNo, UserNo},
    text::fold,
    user::{Status, User},
};
use rolecall_store::{Core, Error as StoreError, MaybeBusy, Meter, Tx, accounts, users};
use secrecy::{ExposeSecret as _, SecretString};

pub use codes::{DIGITS, PERIOD_S};
pub use credentials::{Credentials, Help, credentials, help};
pub use links::{LinkFor, MadeLink, look_up, make_link, make_link_by_email, redeem};
pub use password::{BadPassword, Hasher, MAX_CHARS, MIN_CHARS, Password, change_password, set_password};
pub use second_factor::{
    NewGenerator, RecoveryCodes, begin_generator, begun_generator, complete, confirm_generator, renew_recovery_codes,
    take_generator_away,
};
pub use with_password::{Attempt, confirm, with_password};

pub(crate) use credentials::forget_people;

use crate::{
    Change, Ctx, Error, Rule,
    authority::{self, Person},
    say,
    seal::hex,
    sessions::Begun,
};

/// How long sessions last, and how long it counts that somebody showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// After how long without use a session ends. Units: milliseconds.
    pub idle_ms: i64,
    /// After how long it ends however much it is used. Units: milliseconds.
    pub absolute_ms: i64,
    /// How long somebody need not show again who it is before something that cannot be undone. Units:
    /// milliseconds.
    pub confirmed_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { idle_ms: 30 * 60_000, absolute_ms: 12 * 3_600_000, confirmed_ms: 10 * 60_000 }
    }
}

/// What all doors that let people in share.
#[derive(Debug, Default)]
pub struct Gate {
    /// What hashes passwords.
    pub hasher: Hasher,
    /// How long what it gives out counts.
    pub settings: Settings,
}

/// Who stands at the door, as far as that can be told from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitor<'a> {
    /// Where it comes from, if that is known.
    pub address: Option<IpAddr>,
    /// What its browser calls itself.
    pub agent: &'a str,
}

/// Why nobody was let in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// Something of it was wrong: the account, the person, or what it showed. Nobody learns which.
    #[error("that did not fit")]
    Wrong,
    /// The provider means somebody else than the person who signed in by it first.
    #[error("the provider means somebody else")]
    OtherSubject,
    /// It went wrong too often.
    #[error("it went wrong too often")]
    TooMany {
        /// How long to wait. Units: seconds.
        retry_after_s: u64,
    },
    /// The new password cannot be one.
    #[error(transparent)]
    BadPassword(#[from] BadPassword),
    /// It could not be found out, or not be done.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl MaybeBusy for Refusal {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_busy())
    }
}

/// Somebody was let in, and shows it by this session from now on.
#[derive(Debug)]
pub struct LetIn {
    /// The session. It may want a second factor before it is worth anything else.
    pub begun: Begun,
}

impl LetIn {
    /// Whether there is a second factor to be shown.
    pub fn wants_code(&self) -> bool {
        !self.begun.session.wants.is_empty()
    }
}

/// A secret that is shown once and known afterwards by its hash.
pub(crate) fn fresh_token(core: &Core) -> SecretString {
    URL_SAFE_NO_PAD.encode(core.random.bytes::<32>()).into()
}

/// The hash a token is known by. It is random and long, so a plain hash will do.
pub(crate) fn token_hash(token: &SecretString) -> String {
    hex(digest(&SHA256, token.expose_secret().as_bytes()).as_ref())
}

/// The context of what a person does at the door.
fn ctx_of(core: &Arc<Core>, account: AccountNo, user: &User, meter: &Meter) -> Ctx {
    let person =
        Person { account, no: user.no, id: user.id.clone(), email: user.email.clone(), powers: Powers::default() };
    Ctx::of_person(core, Arc::new(person), meter.clone())
}

/// The user with id `user_id`, for something that would let whoever asks act as that user, or keep it
/// from acting: only for those who may do no more than they.
///
/// Errors: [`Rule::UnknownUser`], [`Rule::NotPermitted`].
pub(crate) async fn subject(change: &mut Change<'_>, user_id: &str) -> Result<User, Error> {
    let account = change.account_no();
    let found = users::find_many(change.tx, account, users::Key::Id, &[user_id.to_owned()]).await?.pop();
    let user = found.ok_or_else(|| Error::refused(Rule::UnknownUser, "user", say::no_user_with_id()))?;
    let theirs = authority::of_users(change.tx, account, &[user.no]).await?.remove(&user.no).unwrap_or_default();
    if change.powers().cover(&theirs) {
        Ok(user)
    } else {
        Err(Error::refused(Rule::NotPermitted, "", say::the_user_is_beyond()))
    }
}

/// The account somebody wants into: the one with this id, or the only one there is.
async fn account_of(tx: &mut Tx, id: Option<&str>) -> Result<Option<AccountNo>, StoreError> {
    if let Some(id) = id {
        return accounts::find(tx, id).await;
    }
    match accounts::list(tx).await?.as_slice() {
        [only] => Ok(Some(only.no)),
        _ => Ok(None),
    }
}

/// Whether it takes the id of an account to sign in: there is more than one.
pub async fn needs_account(core: &Core, meter: &Meter) -> Result<bool, Error> {
    let mut tx = core.db.glance(meter).await?;
    Ok(accounts::list(&mut tx).await?.len() > 1)
}

/// The person with this address who may sign in.
async fn active_by_email(tx: &mut Tx, account: AccountNo, email: &str) -> Result<Option<User>, StoreError> {
    let found = users::find_many(tx, account, users::Key::Email, &[fold(email)]).await?.pop();
    Ok(found.filter(|user| user.status == Status::Active))
}

/// The person with this number who may sign in.
async fn active_by_no(tx: &mut Tx, account: AccountNo, no: UserNo) -> Result<Option<User>, StoreError> {
    let found = users::find_many(tx, account, users::Key::No, &[no.0.to_string()]).await?.pop();
    Ok(found.filter(|user| user.status == Status::Active))
}
