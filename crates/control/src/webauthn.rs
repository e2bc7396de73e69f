//! What passkeys say (Web Authentication, level 2), read within narrow bounds and judged by its rules. Pure:
//! the bytes, the place and what was asked are handed in.
//!
//! Which make an authenticator is of nobody asks (attestation "none"), so whatever it says of that is not
//! looked at. That the person was verified, by finger, face or number, is required each time.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use rolecall_model::json;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

/// The longest part of an answer that is looked at. Units: bytes.
const MAX_BYTES: usize = 16 * 1024;

/// The longest name an authenticator gives a key (level 2, section 4). Units: bytes.
const MAX_CREDENTIAL_ID_BYTES: usize = 1_023;

/// How long the modulus of an RSA key is: 2,048 to 8,192 bits. Units: bytes.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// How deep what an authenticator says is nested: a map in a map.
const MAX_DEPTH: usize = 8;

/// Where passkeys are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The page's origin, such as `https://rolecall.example`.
    pub origin: String,
    /// The name the keys are bound to: the origin's host.
    pub rp_id: String,
}

/// Why an answer is refused. For the log: whoever gave it is told that it did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the answer cannot be read")]
    Unreadable,
    /// It answers another kind of question.
    #[error("it answers another kind of question")]
    Kind,
    /// It answers another question.
    #[error("it answers another question")]
    Challenge,
    /// It was given to another site.
    #[error("it was given to another site")]
    Origin,
    /// Nobody was there, or was not verified.
    #[error("the person was not verified")]
    Unverified,
    /// The key is none that we take.
    #[error("the key is of a kind that is not taken")]
    Key,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA with SHA-256.
    Rs256,
}

impl Algorithm {
    /// All of them, those first that are asked for first.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == word)
    }

    /// Its number (IANA COSE algorithms).
    pub fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// A key that an authenticator has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What the authenticator calls it, in base64url.
    pub credential_id: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// Its public half, as the algorithm's signatures are verified with.
    pub public_key: Vec<u8>,
    /// How often the authenticator says to have signed.
    pub sign_count: u32,
}

/// The question that `client_data` says to answer: its challenge.
pub fn challenge(client_data: &[u8]) -> Option<String> {
    if client_data.len() > MAX_BYTES {
        return None;
    }
    let Ok(Value::Object(members)) = json::parse(client_data) else { return None };
    members.get("challenge")?.as_str().map(str::to_owned)
}

/// Judges what a page says it was asked (level 2, sections 7.1 and 7.2, the steps on `C`).
fn check_client_data(client_data: &[u8], kind: &str, challenge: &str, site: &Site) -> Result<(), Refused> {
    if client_data.len() > MAX_BYTES {
        return Err(Refused::Unreadable);
    }
    let Ok(Value::Object(members)) = json::parse(client_data) else { return Err(Refused::Unreadable) };
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("type") != kind {
        return Err(Refused::Kind);
    }
    if !bool::from(text("challenge").as_bytes().ct_eq(challenge.as_bytes())) {
        return Err(Refused::Challenge);
    }
    let is_framed = members.get("crossOrigin").is_some_and(|value| *value != Value::Bool(false));
    if text("origin") != site.origin || is_framed || members.contains_key("topOrigin") {
        return Err(Refused::Origin);
    }
    Ok(())
}

/// What an authenticator says of itself and of the moment (level 2, section 6.1).
struct AuthenticatorData<'a> {
    flags: u8,
    sign_count: u32,
    rest: &'a [u8],
}

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const HAS_KEY: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

fn authenticator_data<'a>(bytes: &'a [u8], site: &Site) -> Result<AuthenticatorData<'a>, Refused> {
    if bytes.len() > MAX_BYTES {
        return Err(Refused::Unreadable);
    }
    let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(Refused::Unreadable)?;
    let (flags, rest) = rest.split_first().ok_or(Refused::Unreadable)?;
    let (sign_count, rest) = rest.split_first_chunk::<4>().ok_or(Refused::Unreadable)?;
    if rp_id_hash.as_slice() != digest(&SHA256, site.rp_id.as_bytes()).as_ref() {
        return Err(Refused::Origin);
    }
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err(Refused::Unverified);
    }
    Ok(AuthenticatorData { flags: *flags, sign_count: u32::from_be_bytes(*sign_count), rest })
}

/// One CBOR value from the beginning of `bytes`, and what stands behind it.
fn cbor(bytes: &[u8]) -> Result<(Cbor, &[u8]), Refused> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH);
    value.map(|value| (value, rest)).map_err(|_| Refused::Unreadable)
}

/// What a map has under `key`; nothing also where it has two of it.
fn member<'m>(map: &'m [(Cbor, Cbor)], key: &Cbor) -> Option<&'m Cbor> {
    let mut found = map.iter().filter(|(own, _)| own == key).map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

/// The key that an authenticator has made in answer to `challenge` (level 2, section 7.1).
///
/// Errors: whatever is wrong with the answer.
pub fn registered(client_data: &[u8], attestation: &[u8], challenge: &str, site: &Site) -> Result<NewKey, Refused> {
    check_client_data(client_data, "webauthn.create", challenge, site)?;
    if attestation.len() > MAX_BYTES {
        return Err(Refused::Unreadable);
    }
    let (Cbor::Map(object), []) = cbor(attestation)? else { return Err(Refused::Unreadable) };
    let Some(Cbor::Bytes(data)) = member(&object, &"authData".into()) else { return Err(Refused::Unreadable) };
    let data = authenticator_data(data, site)?;
    if data.flags & HAS_KEY == 0 {
        return Err(Refused::Unreadable);
    }
    let (_aaguid, rest) = data.rest.split_first_chunk::<16>().ok_or(Refused::Unreadable)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refused::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (id, rest) = rest.split_at_checked(length).ok_or(Refused::Unreadable)?;
    if id.is_empty() || length > MAX_CREDENTIAL_ID_BYTES {
        return Err(Refused::Unreadable);
    }
    let (Cbor::Map(key), rest) = cbor(rest)? else { return Err(Refused::Unreadable) };
    let rest = if data.flags & HAS_EXTENSIONS == 0 { rest } else { cbor(rest)?.1 };
    if !rest.is_empty() {
        return Err(Refused::Unreadable);
    }
    let (algorithm, public_key) = public_key(&key)?;
    Ok(NewKey { credential_id: URL_SAFE_NO_PAD.encode(id), algorithm, public_key, sign_count: data.sign_count })
}

/// A public key (RFC 9053): how it signs, and its bytes.
fn public_key(key: &[(Cbor, Cbor)]) -> Result<(Algorithm, Vec<u8>), Refused> {
    let number = |label: i64| match member(key, &label.into()) {
        Some(Cbor::Integer(number)) => i64::try_from(i128::from(*number)).ok(),
        _ => None,
    };
    let bytes = |label: i64| match member(key, &label.into()) {
        Some(Cbor::Bytes(bytes)) => Ok(bytes.as_slice()),
        _ => Err(Refused::Key),
    };
    let algorithm = Algorithm::ALL.into_iter().find(|known| number(3) == Some(known.number())).ok_or(Refused::Key)?;
    // Kind and curve must be those of the algorithm: 1 for the kind, -1 for the curve.
    let public = match (algorithm, number(1), number(-1)) {
        (Algorithm::Es256, Some(2), Some(1)) => {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            if x.len() != 32 || y.len() != 32 {
                return Err(Refused::Key);
            }
            [&[4][..], x, y].concat()
        }
        (Algorithm::EdDsa, Some(1), Some(6)) => bytes(-2)?.to_vec(),
        (Algorithm::Rs256, Some(3), _) if RSA_BYTES.contains(&bytes(-1)?.len()) => rsa_der(bytes(-1)?, bytes(-2)?),
        _ => return Err(Refused::Key),
    };
    // One that verification does not take would be found out when nobody can do anything about it.
    let parsed = aws_lc_rs::signature::ParsedPublicKey::new(algorithm.verification(), &public);
    parsed.map(|_| (algorithm, public)).map_err(|_| Refused::Key)
}

/// How often the authenticator says to have signed, if `signature` is that of the key, in answer to
/// `challenge` (level 2, section 7.2). Whether that is more often than before is for the caller to see.
///
/// Errors: whatever is wrong with the answer.
pub fn asserted(
    client_data: &[u8],
    data: &[u8],
    signature: &[u8],
    (algorithm, public_key): (Algorithm, &[u8]),
    challenge: &str,
    site: &Site,
) -> Result<u32, Refused> {
    check_client_data(client_data, "webauthn.get", challenge, site)?;
    let read = authenticator_data(data, site)?;
    let signed = [data, digest(&SHA256, client_data).as_ref()].concat();
    let key = UnparsedPublicKey::new(algorithm.verification(), public_key);
    key.verify(&signed, signature).map_err(|_| Refused::Signature)?;
    Ok(read.sign_count)
}

/// `RSAPublicKey` in DER (RFC 8017, appendix A.1.1).
pub fn rsa_der(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    tagged(0x30, &[integer(modulus), integer(exponent)].concat())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let significant = bytes.get(first..).unwrap_or_default();
    let sign: &[u8] = if significant.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    tagged(0x02, &[sign, significant].concat())
}

fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    let length: Vec<u8> = body.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let mut der = vec![tag];
    match length.as_slice() {
        [] => der.push(0),
        [short] if *short < 0x80 => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(body);
    der
}
