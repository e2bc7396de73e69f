//! Signatures of receipts and call-backs: JWS (RFC 7515) with Ed25519 (RFC 8037), and nothing else.
//!
//! What a signature is checked with is never what it says of itself: a header that names another
//! algorithm, another type, or anything this reader does not know is refused.

use aws_lc_rs::{
    digest,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Receipt, VERSION, hash};

/// The type of a receipt.
const RECEIPT: &str = "rolecall-receipt+jws";

/// The type of a call-back's signature.
const CALLBACK: &str = "rolecall-callback+jws";

/// The type of signed claims about this server.
const CLAIMS: &str = "JWT";

/// The one algorithm.
const ALGORITHM: &str = "EdDSA";

/// The longest text that is looked at as a receipt. Units: bytes.
const MAX_BYTES: usize = 64 << 20;

/// What a signature says of itself. A member more, such as `crit`, would change what it means.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Signs receipts and call-backs with one key.
pub struct Signer {
    key_id: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    /// With the key whose private half is `seed`.
    ///
    /// Errors: only if the library refuses the seed, which it does for none of 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let key_id = key_id(&URL_SAFE_NO_PAD.encode(pair.public_key()));
        Some(Self { key_id, pair })
    }

    /// The key's id.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key's public half, in base64url.
    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// The key's public half, as key sets write it.
    pub fn jwk(&self) -> Value {
        jwk(&self.public_key())
    }

    /// The receipt as a signed text.
    pub fn sign(&self, receipt: &Receipt) -> String {
        // A struct of texts and numbers has a JSON form.
        let payload = serde_json::to_vec(receipt).unwrap_or_default();
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let (header, signature) = self.parts(RECEIPT, &payload);
        format!("{header}.{payload}.{signature}")
    }

    /// The signature over a call-back's body, which it does not repeat (RFC 7515, appendix F).
    pub fn sign_detached(&self, body: &[u8]) -> String {
        let (header, signature) = self.parts(CALLBACK, &URL_SAFE_NO_PAD.encode(body));
        format!("{header}..{signature}")
    }

    /// The claims as a signed JWT (RFC 7519). Its type says that it is no receipt.
    pub fn sign_claims(&self, claims: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        let (header, signature) = self.parts(CLAIMS, &payload);
        format!("{header}.{payload}.{signature}")
    }

    fn parts(&self, typ: &str, payload: &str) -> (String, String) {
        let header = Header { alg: ALGORITHM.to_owned(), kid: self.key_id.clone(), typ: typ.to_owned() };
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap_or_default());
        let signature = self.sign_raw(format!("{header}.{payload}").as_bytes());
        (header, URL_SAFE_NO_PAD.encode(signature))
    }

    /// The bare signature over `text`.
    pub(super) fn sign_raw(&self, text: &[u8]) -> Vec<u8> {
        self.pair.sign(text).as_ref().to_vec()
    }
}

/// The id of a key: its thumbprint (RFC 7638), so that no other key can have it.
fn key_id(public_key: &str) -> String {
    let canonical = json!({"crv": "Ed25519", "kty": "OKP", "x": public_key}).to_string();
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

/// A public key as key sets write it.
pub(super) fn jwk(public_key: &str) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM,
        "kid": key_id(public_key), "x": public_key,
    })
}

/// The public keys that signatures are checked with.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys(Vec<(String, Vec<u8>)>);

/// Why a text is no set of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a JSON Web Key Set with an Ed25519 key in it, as /.well-known/jwks.json answers")]
pub struct NotKeys;

impl PublicKeys {
    /// Reads a JSON Web Key Set; keys of other kinds in it are passed over.
    ///
    /// Errors: a text that is none, or none with a key to check receipts with.
    pub fn parse(text: &str) -> Result<Self, NotKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_str(text).map_err(|_| NotKeys)?;
        let mut keys = Vec::new();
        for key in &set.keys {
            let word = |name: &str| key.get(name).and_then(Value::as_str);
            let (Some("OKP"), Some("Ed25519"), Some(public_key)) = (word("kty"), word("crv"), word("x")) else {
                continue;
            };
            if let Ok(bytes) = URL_SAFE_NO_PAD.decode(public_key) {
                // Its thumbprint, whatever id the set gives it: a key cannot go under another's.
                keys.push((key_id(public_key), bytes));
            }
        }
        if keys.is_empty() { Err(NotKeys) } else { Ok(Self(keys)) }
    }

    fn find(&self, key_id: &str) -> Option<&[u8]> {
        self.0.iter().find(|(id, _)| id == key_id).map(|(_, key)| key.as_slice())
    }
}

/// A receipt whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub receipt: Receipt,
    /// The key that signed it.
    pub key_id: String,
    /// Its hash, which the next one of the account holds.
    pub hash: String,
}

/// Why a text is no receipt of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// Not three parts of base64url with a dot between, or too long.
    #[error("it is not a signed text: three parts with a dot between them")]
    NotSigned,
    /// A header that is not one of ours: another algorithm, another type, or something more.
    #[error("its header is not that of a {expected}: algorithm EdDSA, a key's id, and nothing more")]
    OtherHeader {
        /// The type that was expected.
        expected: &'static str,
    },
    /// Signed by a key that is not in the set.
    #[error("it was signed with a key that is not in the key set")]
    UnknownKey,
    /// The signature does not hold.
    #[error("its signature does not hold: it was altered, or somebody else signed it")]
    BadSignature,
    /// Signed by us, but not a receipt this version reads.
    #[error("its signature holds, but it is not a receipt this version of Rolecall reads")]
    NotAReceipt,
}

/// The receipt in `jws`, if one of `keys` signed it.
pub fn verify(jws: &str, keys: &PublicKeys) -> Result<Verified, Forged> {
    let jws = jws.trim_ascii();
    if jws.len() > MAX_BYTES {
        return Err(Forged::NotSigned);
    }
    let (header, payload, signature) = split(jws)?;
    let key_id = check(header, payload, signature, RECEIPT, keys)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Forged::NotSigned)?;
    let receipt: Receipt = serde_json::from_slice(&payload).map_err(|_| Forged::NotAReceipt)?;
    if receipt.version != VERSION {
        return Err(Forged::NotAReceipt);
    }
    Ok(Verified { receipt, key_id, hash: hash(jws) })
}

/// Whether `signature` is one of `keys`' over a call-back with this body.
pub fn verify_detached(signature: &str, body: &[u8], keys: &PublicKeys) -> Result<(), Forged> {
    let (header, payload, signature) = split(signature)?;
    if !payload.is_empty() {
        return Err(Forged::NotSigned);
    }
    check(header, &URL_SAFE_NO_PAD.encode(body), signature, CALLBACK, keys).map(drop)
}

fn split(jws: &str) -> Result<(&str, &str, &str), Forged> {
    let mut parts = jws.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Ok((header, payload, signature)),
        _ => Err(Forged::NotSigned),
    }
}

/// The id of the key that signed, if all is as it should be.
fn check(header: &str, payload: &str, signature: &str, typ: &'static str, keys: &PublicKeys) -> Result<String, Forged> {
    let other = || Forged::OtherHeader { expected: typ };
    let told = URL_SAFE_NO_PAD.decode(header).map_err(|_| Forged::NotSigned)?;
    let told: Header = serde_json::from_slice(&told).map_err(|_| other())?;
    if told.alg != ALGORITHM || told.typ != typ {
        return Err(other());
    }
    let key = keys.find(&told.kid).ok_or(Forged::UnknownKey)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Forged::NotSigned)?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(format!("{header}.{payload}").as_bytes(), &signature)
        .map_err(|_| Forged::BadSignature)?;
    Ok(told.kid)
}
