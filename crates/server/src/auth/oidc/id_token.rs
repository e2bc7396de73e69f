//! What a provider says of a person: an ID token (OpenID Connect Core 1.0, section 2), judged by the keys
//! of that provider and by what was asked of it. Pure: keys, time and what is expected are handed in.
//!
//! The header says which of the provider's keys signed; the algorithm is the key's, not the header's
//! choice, and what a header brings along of its own is not looked at. A claim of another type than it
//! should have is a broken token, never an absent claim.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_control::webauthn::rsa_der;
use rolecall_model::{app::Algorithm, json, time::Instant};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::auth::key::Key;

/// The longest token that is looked at. Units: bytes.
const MAX_BYTES: usize = 16 * 1024;

/// The longest subject there is (OpenID Connect Core 1.0, section 2). Units: bytes.
const MAX_SUBJECT_BYTES: usize = 255;

/// The most keys of a provider that are kept.
const MAX_KEYS: usize = 32;

/// How far the clocks of provider and server may differ.
const LEEWAY_MS: i64 = 60_000;

/// How long ago a token may have been made: it was asked for just now. Units: milliseconds.
const MAX_AGE_MS: i64 = 10 * 60_000;

/// Why a token is refused. For the log: whoever signs in is told that it did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a token, or not one that can be read.
    #[error("the ID token cannot be read")]
    Unreadable,
    /// Signed with none of the provider's keys.
    #[error("none of the provider's keys has signed the ID token")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature of the ID token does not hold")]
    BadSignature,
    /// Made by somebody else.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// Made for somebody else.
    #[error("the ID token is for another client")]
    Audience,
    /// Not the answer to what was asked.
    #[error("the ID token answers another question (nonce)")]
    Nonce,
    /// Too old, or of a time to come.
    #[error("the ID token is not of this time")]
    Time,
    /// The person signed in there too long ago.
    #[error("the provider has not asked the person again")]
    NotAgain,
    /// Without a subject, or with one that is none.
    #[error("the ID token does not say whom it is about")]
    Subject,
    /// Without an address, or one that the provider has not verified.
    #[error("the provider does not say that the e-mail address is verified")]
    Unverified,
}

/// The keys a provider signs with.
#[derive(Debug, Default)]
pub struct Keys(Vec<(Option<String>, Key)>);

impl Keys {
    /// Reads a key set (RFC 7517). Keys that sign nothing we take are left out.
    pub fn parse(document: &[u8]) -> Option<Self> {
        let Ok(Value::Object(document)) = json::parse(document) else { return None };
        let listed = document.get("keys")?.as_array()?;
        Some(Self(listed.iter().take(MAX_KEYS).filter_map(|key| read(key.as_object()?)).collect()))
    }

    /// Whether a key has this name.
    pub fn has(&self, key_id: &str) -> bool {
        self.0.iter().any(|(own, _)| own.as_deref() == Some(key_id))
    }

    /// The keys that may have signed a token with this header.
    fn fitting(&self, key_id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        let fits = move |own: &Option<String>| key_id.is_none_or(|key_id| own.as_deref() == Some(key_id));
        self.0.iter().filter(move |(own, key)| fits(own) && key.algorithm() == algorithm).map(|(_, key)| key)
    }
}

/// A key and its name, if it is a public one for signatures that we take.
fn read(key: &Map<String, Value>) -> Option<(Option<String>, Key)> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    if text("use").is_some_and(|use_| use_ != "sig") {
        return None;
    }
    let named = text("alg").map(Algorithm::parse);
    let (usual, public) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (Algorithm::Rs256, rsa_der(&bytes("n")?, &bytes("e")?)),
        ("EC", Some("P-256")) => (Algorithm::Es256, [&[4][..], &bytes("x")?, &bytes("y")?].concat()),
        ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, bytes("x")?),
        _ => return None,
    };
    let algorithm = named.map_or(Some(usual), |named| named)?;
    let is_rsa = |algorithm| matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs512);
    if algorithm != usual && !(is_rsa(algorithm) && is_rsa(usual)) {
        return None;
    }
    let key = Key::from_public_bytes(algorithm, &public).ok()?;
    Some((text("kid").map(str::to_owned), key))
}

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// In answer to what.
    pub nonce: &'a str,
    /// When that was asked, where the person must have signed in there since.
    pub again_since: Option<Instant>,
    /// The time now.
    pub now: Instant,
}

/// The name of the key that a token says has signed it, for looking whether it is known.
pub fn key_id(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    Some(object(header).ok()?.get("kid")?.as_str()?.to_owned())
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What the provider knows the person by, for good.
    pub subject: String,
    /// The person's address, which the provider has verified.
    pub email: String,
}

/// The person that `token` is about.
///
/// Errors: whatever is wrong with it, the signature first.
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<About, Refused> {
    if token.len() > MAX_BYTES || token.split('.').count() != 3 {
        return Err(Refused::Unreadable);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refused::Unreadable)?;
    let (header, claims) = message.split_once('.').ok_or(Refused::Unreadable)?;
    let (header, claims) = (object(header)?, object(claims)?);
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Unreadable)?;
    if ["crit", "zip", "b64"].into_iter().any(|name| header.contains_key(name)) {
        return Err(Refused::Unreadable);
    }
    let algorithm = optional_text(&header, "alg")?.and_then(Algorithm::parse).ok_or(Refused::UnknownKey)?;
    let mut fitting = keys.fitting(optional_text(&header, "kid")?, algorithm).peekable();
    fitting.peek().ok_or(Refused::UnknownKey)?;
    if !fitting.any(|key| key.signed(message, &signature)) {
        return Err(Refused::BadSignature);
    }
    judge(&claims, expected)
}

fn judge(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<About, Refused> {
    if optional_text(claims, "iss")? != Some(expected.issuer) {
        return Err(Refused::Issuer);
    }
    let (is_for_us, n_audiences) = match claims.get("aud") {
        Some(Value::String(one)) => (one == expected.client_id, 1),
        Some(Value::Array(many)) => (many.iter().any(|one| one.as_str() == Some(expected.client_id)), many.len()),
        _ => (false, 0),
    };
    // Of several audiences the one it was made out to is named, and whoever is named must be us.
    let party = optional_text(claims, "azp")?;
    if !is_for_us || party.is_some_and(|party| party != expected.client_id) || (n_audiences > 1 && party.is_none()) {
        return Err(Refused::Audience);
    }
    let nonce = optional_text(claims, "nonce")?.unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) || nonce.is_empty() {
        return Err(Refused::Nonce);
    }
    let (Some(until), Some(made)) = (time(claims, "exp")?, time(claims, "iat")?) else { return Err(Refused::Time) };
    let from = time(claims, "nbf")?.unwrap_or(made);
    let latest = expected.now.plus_ms(LEEWAY_MS);
    if until.plus_ms(LEEWAY_MS) <= expected.now
        || made > latest
        || from > latest
        || made.plus_ms(MAX_AGE_MS) <= expected.now
    {
        return Err(Refused::Time);
    }
    if let Some(since) = expected.again_since
        && time(claims, "auth_time")?.is_none_or(|at| at.plus_ms(LEEWAY_MS) < since)
    {
        return Err(Refused::NotAgain);
    }
    let subject = optional_text(claims, "sub")?.unwrap_or_default();
    if !(1..=MAX_SUBJECT_BYTES).contains(&subject.len()) || !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Refused::Subject);
    }
    match (optional_text(claims, "email")?, claims.get("email_verified")) {
        (Some(email), Some(Value::Bool(true))) if !email.is_empty() => {
            Ok(About { subject: subject.to_owned(), email: email.to_owned() })
        }
        _ => Err(Refused::Unverified),
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Unreadable)?;
    match json::parse(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refused::Unreadable),
    }
}

fn optional_text<'c>(claims: &'c Map<String, Value>, name: &str) -> Result<Option<&'c str>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::Unreadable),
    }
}

fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Instant>, Refused> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0).ok_or(Refused::Unreadable)?;
    #[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the latest instant")]
    let ms = (seconds * 1000.0) as i64;
    Ok(Some(Instant::from_ms(ms)))
}

#[cfg(test)]
mod tests;
