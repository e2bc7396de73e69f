//! Passwords: what may be one, and how one is kept and compared.
//!
//! A password is hashed with argon2id under the parameters its authors recommend, salted, and keyed
//! with what the database does not hold: a copy of the database alone is of no use for guessing.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rolecall_model::audit::{Actor, Event};
use rolecall_store::{
    Core, Error as StoreError, Tx, attempt, one_time_links,
    passwords::{self, Password as Stored},
    sessions,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::{Gate, Refusal, subject, throttle};
use crate::{Change, Ctx, Error, Record, authority::not_permitted, say, sessions::Session};

/// The fewest characters a password has.
pub const MIN_CHARS: usize = 8;

/// The most characters a password has.
pub const MAX_CHARS: usize = 128;

/// How many passwords are hashed at once. Each takes 19 MiB of memory while it is.
const AT_ONCE: usize = 4;

/// How many wait for that at most. Who comes then is asked to come again.
const WAITING: usize = 256;

/// Why a text is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("must have at least {MIN_CHARS} characters")]
    TooShort,
    /// More than [`MAX_CHARS`] characters.
    #[error("must have at most {MAX_CHARS} characters")]
    TooLong,
}

/// A text that may be a password, in one form (NFC): keyboards write the same letters in several.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Reads a password as somebody typed it. Nothing is trimmed: a space is a character.
    pub fn parse(text: &SecretString) -> Result<Self, BadPassword> {
        let text = text.expose_secret();
        // What is longer in bytes than any password is not brought into another form first.
        if text.len() > MAX_CHARS * 16 {
            return Err(BadPassword::TooLong);
        }
        let text: String = text.nfc().collect();
        match text.chars().count() {
            n if n < MIN_CHARS => Err(BadPassword::TooShort),
            n if n > MAX_CHARS => Err(BadPassword::TooLong),
            _ => Ok(Self(text.into())),
        }
    }
}

/// Hashes passwords, off the threads that answer requests, a few at once.
///
/// Concurrency: shared by all requests. One whose client went away is hashed to its end, so there are
/// never more at once than there is room for.
#[derive(Debug)]
pub struct Hasher {
    room: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    n_hashed: AtomicU64,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            n_hashed: AtomicU64::new(0),
        }
    }
}

/// How a password was hashed: what is written before the salt and the hash. Another way gets another
/// name.
const WAY: &str = "argon2id.v19.m19456.t2.p1";

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

impl Hasher {
    /// How many passwords were hashed so far: what tells, in tests, that nothing was spared.
    pub fn n_hashed(&self) -> u64 {
        self.n_hashed.load(Ordering::Relaxed)
    }

    /// The phrase that `password` is kept as.
    pub(super) async fn phrase(&self, core: &Core, password: &Password) -> Result<String, Error> {
        let salt: [u8; SALT_BYTES] = core.random.bytes();
        let hash = self.hash(core, password.0.clone(), salt).await?;
        Ok(format!("{WAY}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
    }

    /// Whether `typed` is the password that is kept as `phrase`. Without a phrase, and with a text that
    /// is no password, the answer is no after the same work.
    pub(super) async fn fits(&self, core: &Core, typed: &SecretString, phrase: Option<&str>) -> Result<bool, Error> {
        let kept = phrase.and_then(taken_apart);
        let (salt, expected) = kept.unwrap_or(([0; SALT_BYTES], [0; HASH_BYTES]));
        let parsed = Password::parse(typed);
        let is_known = kept.is_some() && parsed.is_ok();
        let text = parsed.map_or_else(|_| SecretString::from("no password at all"), |password| password.0);
        let hash = self.hash(core, text, salt).await?;
        Ok(bool::from(hash.ct_eq(&expected)) && is_known)
    }

    async fn hash(&self, core: &Core, text: SecretString, salt: [u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], Error> {
        let busy = || StoreError::Busy { code: "too many passwords at once".to_owned() };
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.room).acquire_owned().await.map_err(|_| busy())?;
        self.n_hashed.fetch_add(1, Ordering::Relaxed);
        let key = core.sealing_key.derive("passwords");
        let hashed = tokio::task::spawn_blocking(move || {
            // Both are held until the work is done, whoever waits for it.
            let _held = (place, turn);
            hash(&key, &text, &salt)
        });
        let failed = || StoreError::Failed { code: "a password was not hashed".to_owned() };
        hashed.await.ok().flatten().ok_or_else(|| failed().into())
    }
}

fn hash(key: &[u8], text: &SecretString, salt: &[u8; SALT_BYTES]) -> Option<[u8; HASH_BYTES]> {
    let argon2 = Argon2::new_with_secret(key, Algorithm::Argon2id, Version::V0x13, Params::DEFAULT).ok()?;
    let mut hash = [0; HASH_BYTES];
    argon2.hash_password_into(text.expose_secret().as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

/// The salt and the hash of a phrase.
fn taken_apart(phrase: &str) -> Option<([u8; SALT_BYTES], [u8; HASH_BYTES])> {
    let (salt, hash) = phrase.strip_prefix(WAY)?.strip_prefix('$')?.split_once('$')?;
    let salt = STANDARD_NO_PAD.decode(salt).ok()?.try_into().ok()?;
    let hash = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
    Some((salt, hash))
}

/// Changes the own password of whoever has `session`, and ends its other sessions and links. A person
/// who has a password must know it; one who has none must have shown lately who it is.
///
/// Errors: [`Refusal::Wrong`] if `current` is not the password; [`Refusal::TooMany`] after a few of those.
pub async fn change_password(
    ctx: &Ctx,
    gate: &Gate,
    session: &Session,
    current: &SecretString,
    new: &SecretString,
) -> Result<(), Refusal> {
    let new = Password::parse(new)?;
    let person = session.person.no;
    let key = throttle::Key::person_no(&ctx.core, ctx.account, person);
    throttle::count(&ctx.core, &ctx.meter, std::slice::from_ref(&key)).await?;
    let before = {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        passwords::find(&mut tx, ctx.account, person).await?
    };
    let fits = match &before {
        Some(before) => gate.hasher.fits(&ctx.core, current, Some(&before.phrase)).await?,
        None => session.is_confirmed(&gate.settings, ctx.now()),
    };
    if !fits {
        return Err(Refusal::Wrong);
    }
    let phrase = gate.hasher.phrase(&ctx.core, &new).await?;
    attempt!(ctx.attempts(), |tx| change_in(ctx, tx, session, before.as_ref(), &phrase))?;
    throttle::forget(&ctx.core, &ctx.meter, &[key]).await?;
    Ok(())
}

async fn change_in(
    ctx: &Ctx,
    tx: &mut Tx,
    session: &Session,
    before: Option<&Stored>,
    phrase: &str,
) -> Result<(), Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    let person = &session.person;
    // What was compared must still be what is kept.
    if passwords::find(change.tx, ctx.account, person.no).await?.as_ref() != before {
        return Err(Refusal::Wrong);
    }
    let password = Stored { phrase: phrase.to_owned(), set_at: change.at };
    passwords::upsert(change.tx, ctx.account, person.no, &password).await?;
    let n_ended = sessions::remove_others(change.tx, ctx.account, person.no, &session.id).await?;
    one_time_links::remove(change.tx, ctx.account, person.no).await?;
    change.record(record_of_set(&person.id, &person.email, n_ended));
    Ok(change.finish().await?)
}

/// Sets a user's password without asking for one, as only the operator may: for a sample.
///
/// Errors: [`Rule::UnknownUser`](crate::Rule::UnknownUser), [`Rule::NotPermitted`](crate::Rule::NotPermitted) for anybody else.
pub async fn set_password(ctx: &Ctx, gate: &Gate, user_id: &str, new: &SecretString) -> Result<(), Refusal> {
    if ctx.actor != Actor::Operator {
        return Err(not_permitted(say::operator_sets_passwords()).into());
    }
    let phrase = gate.hasher.phrase(&ctx.core, &Password::parse(new)?).await?;
    attempt!(ctx.attempts(), |tx| set_in(ctx, tx, user_id, &phrase))
}

async fn set_in(ctx: &Ctx, tx: &mut Tx, user_id: &str, phrase: &str) -> Result<(), Refusal> {
    let mut change = Change::begin(ctx, tx).await?;
    let user = subject(&mut change, user_id).await?;
    let password = Stored { phrase: phrase.to_owned(), set_at: change.at };
    passwords::upsert(change.tx, ctx.account, user.no, &password).await?;
    let n_ended = sessions::remove_of_users(change.tx, ctx.account, &[user.no]).await?;
    change.record(record_of_set(&user.id, &user.email, n_ended));
    Ok(change.finish().await?)
}

/// The audit entry of a password that was set, without a word of the password.
pub(super) fn record_of_set(user_id: &str, email: &str, n_ended: u64) -> Record {
    Record {
        event: Event::PasswordSet,
        target: user_id.to_owned(),
        description: format!("Password of user {email} set"),
        before: Value::Null,
        after: json!({"userId": user_id, "sessionsEnded": n_ended}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, BadPassword> {
        Password::parse(&text.to_owned().into()).map(|password| password.0.expose_secret().to_owned())
    }

    #[test]
    fn a_password_has_eight_to_128_characters_of_any_kind_in_one_form() {
        assert_eq!(parse("1234567"), Err(BadPassword::TooShort));
        assert_eq!(parse("  spaces  ").as_deref(), Ok("  spaces  "));
        assert_eq!(parse(&"비".repeat(128)), Ok("비".repeat(128)));
        assert_eq!(parse(&"a".repeat(129)), Err(BadPassword::TooLong));
        assert_eq!(parse(&"a".repeat(1 << 20)), Err(BadPassword::TooLong));
        // Each letter as two characters that make one, and as the one.
        assert_eq!(parse(&"e\u{301}".repeat(8)), Ok("é".repeat(8)));
        assert_eq!(parse(&"e\u{301}".repeat(4)), Err(BadPassword::TooShort));
    }

    #[test]
    fn a_phrase_is_what_argon2id_gives_for_these_parameters() {
        // Reckoned with another implementation: OpenSSL's, by way of Python's cryptography.
        let hashed = hash(&[7; 32], &"correct horse battery".to_owned().into(), &[9; SALT_BYTES]).expect("it hashes");
        assert_eq!(crate::seal::hex(&hashed), REFERENCE);
        let phrase = format!("{WAY}${}${}", STANDARD_NO_PAD.encode([9; 16]), STANDARD_NO_PAD.encode(hashed));
        assert_eq!(taken_apart(&phrase), Some(([9; 16], hashed)));
        for bad in ["", "x$y", &phrase.replace("t2", "t1"), &phrase[..phrase.len() - 4], &format!("{phrase}$")] {
            assert_eq!(taken_apart(bad), None, "{bad}");
        }
    }

    const REFERENCE: &str = "acc5164b8bb296c0f482d239ac327e9fa61da5617f8cf8be0fd14ef3716fb58c";
}
