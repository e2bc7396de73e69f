//! A caller's token: a JWT (RFC 7519) read strictly, then judged by the key of the app it names.
//!
//! Nothing here looks anything up: [`Unverified::parse`] says which app to look up, and
//! [`Unverified::verify`] takes that app's key and the time. The key never comes from the token, nor
//! does the algorithm: the header can only agree with what was registered, and its `kid`, `jku`,
//! `jwk`, `x5u` and `x5c` are ignored.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_model::app::Algorithm;
use rolecall_model::json;
use rolecall_model::phrase::Text;
use rolecall_model::time::Instant;
use serde_json::{Map, Value};

use super::key::Key;
use crate::say;

/// The longest token that is looked at. Units: bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// `{"alg":"HS256","typ":"JWT"}`, as most libraries write it: read by comparing.
const USUAL_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// How far the clocks of caller and server may differ.
const LEEWAY_MS: i64 = 60_000;

/// How long a token that may be used once may live (wire fact 2.2).
const MAX_LIFE_WITH_JTI_MS: i64 = 3_600_000;

/// Why a token is refused. The status is 401 for every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text is no token at all.
    NotAToken,
    /// A broken token, an unknown or disabled app, or a bad signature. Nobody learns which.
    Invalid,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetActive,
    /// The app takes only tokens with `jti`, and this one has none.
    JtiRequired,
    /// A token with `jti` that has no `exp`, or one too far away.
    JtiTooLong,
    /// A token with this `jti` was used before.
    Replayed,
}

impl Refusal {
    /// The text of the answer (wire facts 2.2 and 4).
    pub fn message(self) -> Text {
        match self {
            Self::NotAToken => say::token_none(),
            Self::Invalid => say::token_invalid(),
            Self::Expired => say::token_expired(),
            Self::NotYetActive => say::token_not_yet(),
            Self::JtiRequired => say::token_jti_required(),
            Self::JtiTooLong => say::token_jti_too_long(),
            Self::Replayed => say::token_replayed(),
        }
    }

    /// The code in the answer.
    pub fn code(self) -> u16 {
        match self {
            Self::NotAToken | Self::Invalid | Self::Expired | Self::NotYetActive => 4002,
            Self::JtiRequired | Self::JtiTooLong | Self::Replayed => 401,
        }
    }
}

/// A token that was read but not believed yet.
///
/// Shown by `Debug` without the token.
pub struct Unverified<'a> {
    message: &'a str,
    signature: Vec<u8>,
    algorithm: Option<Algorithm>,
    app_id: String,
    claims: Map<String, Value>,
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// What a verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The app that signed it.
    pub app_id: String,
    /// Its one-time id, if it has one.
    pub jti: Option<Jti>,
    /// From when it counts, if it says so.
    pub from: Option<Instant>,
    /// Until when it counts, if it says so.
    pub until: Option<Instant>,
}

/// The id of a token that may be used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jti {
    /// The id, unique within the app. It may be as long as a token.
    pub id: String,
    /// From when on the token is refused as expired, so that its id need not be remembered.
    pub forget_at: Instant,
}

impl Claims {
    /// The one-time id, for apps that take no token without one.
    pub fn required_jti(&self) -> Result<&Jti, Refusal> {
        self.jti.as_ref().ok_or(Refusal::JtiRequired)
    }
}

impl<'a> Unverified<'a> {
    /// Reads a token, as far as that goes without its app's key.
    pub fn parse(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_BYTES {
            return Err(Refusal::Invalid);
        }
        match token.split('.').count() {
            3 => {}
            // An encrypted token (RFC 7516): a token, but none that any app's key can verify.
            5 => return Err(Refusal::Invalid),
            _ => return Err(Refusal::NotAToken),
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::NotAToken)?;
        let (header, claims) = message.split_once('.').ok_or(Refusal::NotAToken)?;
        let algorithm = if header == USUAL_HEADER { Some(Algorithm::Hs256) } else { algorithm(&object(header)?)? };
        let claims = object(claims)?;
        let signature = bytes(signature)?;
        Ok(Self { message, signature, algorithm, app_id: app_id(&claims)?.to_owned(), claims })
    }

    /// The algorithm it claims to be signed with; none for one that no app here can have.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// The app that claims to have signed.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Judges the token by `key`, which must be the one of [`Self::app_id`]: first the signature,
    /// and only if that holds, the times and the one-time id.
    pub fn verify(&self, key: &Key, now: Instant) -> Result<Claims, Refusal> {
        if self.algorithm != Some(key.algorithm()) {
            return Err(self.burn());
        }
        if !key.signed(self.message, &self.signature) {
            return Err(Refusal::Invalid);
        }
        self.judge(now)
    }

    /// What a token gets whose app is unknown, disabled or gone: the refusal of a bad signature,
    /// after the same work. How much that is depends on the token alone, so that time tells nothing
    /// about the app.
    pub fn burn(&self) -> Refusal {
        if let Some(algorithm) = self.algorithm {
            std::hint::black_box(Key::decoy(algorithm).signed(self.message, &self.signature));
        }
        Refusal::Invalid
    }

    fn judge(&self, now: Instant) -> Result<Claims, Refusal> {
        let expires_at = self.time("exp")?;
        let active_at = self.time("nbf")?;
        self.time("iat")?;
        // The vendor's kits write `kore_jti` where an issuer keeps `jti` to itself (wire fact 2.2).
        let jti = match self.claims.get("jti").or_else(|| self.claims.get("kore_jti")) {
            None => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => return Err(Refusal::Invalid),
        };
        let until = expires_at.map(|expires_at| expires_at.plus_ms(LEEWAY_MS));
        let from = active_at.map(|active_at| active_at.plus_ms(-LEEWAY_MS));
        if until.is_some_and(|until| until <= now) {
            return Err(Refusal::Expired);
        }
        if from.is_some_and(|from| from > now) {
            return Err(Refusal::NotYetActive);
        }
        let app_id = self.app_id.clone();
        let Some(id) = jti else { return Ok(Claims { app_id, jti: None, from, until }) };
        let latest = now.plus_ms(MAX_LIFE_WITH_JTI_MS + LEEWAY_MS);
        let expires_at = expires_at.filter(|expires_at| *expires_at <= latest).ok_or(Refusal::JtiTooLong)?;
        let jti = Jti { id: id.clone(), forget_at: expires_at.plus_ms(LEEWAY_MS) };
        Ok(Claims { app_id, jti: Some(jti), from, until })
    }

    /// The time in claim `name`, if the claim is there: seconds since 1970, possibly with a fraction
    /// (RFC 7519, section 2). Anything else, also null, is a broken token and not a missing claim.
    fn time(&self, name: &str) -> Result<Option<Instant>, Refusal> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0).ok_or(Refusal::Invalid)?;
        #[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the latest instant")]
        let ms = (seconds * 1000.0) as i64;
        Ok(Some(Instant::from_ms(ms)))
    }
}

fn bytes(part: &str) -> Result<Vec<u8>, Refusal> {
    // This engine takes neither padding nor white space nor bits that belong to no byte.
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Invalid)
}

fn object(part: &str) -> Result<Map<String, Value>, Refusal> {
    match json::parse(&bytes(part)?) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refusal::Invalid),
    }
}

/// The algorithm the header claims; `None` for one that no app here can have.
fn algorithm(header: &Map<String, Value>) -> Result<Option<Algorithm>, Refusal> {
    // These change what is signed or how it must be understood, and none of them is understood here.
    if ["crit", "zip", "b64"].into_iter().any(|name| header.contains_key(name)) {
        return Err(Refusal::Invalid);
    }
    // A token made for another purpose says so here (RFC 8725, section 3.11).
    let is_jwt = |typ: &Value| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"));
    if header.get("typ").is_some_and(|typ| !is_jwt(typ)) {
        return Err(Refusal::Invalid);
    }
    match header.get("alg") {
        Some(Value::String(name)) => Ok(Algorithm::parse(name)),
        _ => Err(Refusal::Invalid),
    }
}

fn app_id(claims: &Map<String, Value>) -> Result<&str, Refusal> {
    match ["appId", "iss", "kore_iss"].into_iter().find_map(|name| claims.get(name)) {
        Some(Value::String(id)) => Ok(id),
        _ => Err(Refusal::Invalid),
    }
}

#[cfg(test)]
mod tests;
