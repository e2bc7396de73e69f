//! The key an app's tokens are verified with, and the one algorithm it is used with.
//!
//! A key never leaves its algorithm: a public key cannot be taken for a secret, whatever a token's
//! header says (RFC 8725, sections 2.1 and 3.1).

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rolecall_model::app::Algorithm;
use rolecall_model::phrase::Text;
use serde_json::Value;

use crate::say;

/// What an app's tokens are verified with. Making one costs more than using it, so it is kept as
/// long as its app stays as it is.
///
/// Shown by `Debug` without the key itself.
#[derive(Debug)]
pub struct Key {
    algorithm: Algorithm,
    half: Half,
}

/// What the verifying side has.
#[derive(Debug)]
enum Half {
    /// The secret, and the one before it. Always two, so that the time a refusal takes does not tell
    /// whether a rotation is under way.
    Secrets(Box<[hmac::Key; 2]>),
    /// The public half of a key pair.
    Public(ParsedPublicKey),
}

/// Why a key cannot be used; the text says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Text::from(self))]
pub enum BadKey {
    /// A secret for an algorithm of key pairs.
    NotForSecrets {
        /// The algorithm asked for.
        algorithm: Algorithm,
    },
    /// A public key for an algorithm of secrets.
    NotForPublicKeys {
        /// The algorithm asked for.
        algorithm: Algorithm,
    },
    /// A secret of no bytes, with which everybody could sign.
    EmptySecret,
    /// A private key, which must not be handed over.
    Private,
    /// A certificate.
    Certificate,
    /// No PEM public key at all, or a broken one.
    NotPem,
    /// A public key of another kind or size than the algorithm needs.
    WrongKind {
        /// The algorithm asked for.
        algorithm: Algorithm,
        /// What would do.
        needed: Text,
    },
}

impl From<&BadKey> for Text {
    fn from(bad: &BadKey) -> Self {
        match bad {
            BadKey::NotForSecrets { algorithm } => say::key_not_for_secrets(*algorithm),
            BadKey::NotForPublicKeys { algorithm } => say::key_not_for_public_keys(*algorithm),
            BadKey::EmptySecret => say::key_empty_secret(),
            BadKey::Private => say::key_private(),
            BadKey::Certificate => say::key_certificate(),
            BadKey::NotPem => say::key_not_pem(),
            BadKey::WrongKind { algorithm, needed } => say::key_wrong_kind(*algorithm, needed.clone()),
        }
    }
}

impl Key {
    /// The key of an app that signs with a secret; `previous` is the secret before a rotation, for
    /// as long as it still counts.
    pub fn from_secrets(algorithm: Algorithm, current: &[u8], previous: Option<&[u8]>) -> Result<Self, BadKey> {
        if !algorithm.is_secret_based() {
            return Err(BadKey::NotForSecrets { algorithm });
        }
        let previous = previous.unwrap_or(current);
        if current.is_empty() || previous.is_empty() {
            return Err(BadKey::EmptySecret);
        }
        Ok(Self::of_secrets(algorithm, current, previous))
    }

    fn of_secrets(algorithm: Algorithm, current: &[u8], previous: &[u8]) -> Self {
        let key = |secret| hmac::Key::new(keyed_hash(algorithm), secret);
        Self { algorithm, half: Half::Secrets(Box::new([key(current), key(previous)])) }
    }

    /// The key of an app that signs with a private key, from its public key in PEM form.
    pub fn from_public_pem(algorithm: Algorithm, pem: &str) -> Result<Self, BadKey> {
        match verification(algorithm) {
            Some(_) => Self::from_public_bytes(algorithm, &public_der(pem)?),
            None => Err(BadKey::NotForPublicKeys { algorithm }),
        }
    }

    /// The same from the public key itself: in DER, or the bytes of a point.
    pub fn from_public_bytes(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, BadKey> {
        let (Some(verification), Some(needed)) = (verification(algorithm), needed(algorithm)) else {
            return Err(BadKey::NotForPublicKeys { algorithm });
        };
        let parsed = ParsedPublicKey::new(verification, bytes);
        match parsed {
            Ok(key) if !is_rsa(algorithm) || has_good_size(&key) => Ok(Self { algorithm, half: Half::Public(key) }),
            _ => Err(BadKey::WrongKind { algorithm, needed }),
        }
    }

    /// A key no app has, to spend on a token without an app the work that one with a bad signature
    /// costs. An app's RSA key may be longer than this one and take longer.
    pub(super) fn decoy(algorithm: Algorithm) -> Self {
        let der = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs512 => Vec::new(),
            Algorithm::Rs256 | Algorithm::Rs512 => decoy_rsa_der(),
            Algorithm::Es256 => DECOY_P256_DER.to_vec(),
            Algorithm::EdDsa => DECOY_ED25519_DER.to_vec(),
        };
        match verification(algorithm).map(|verification| ParsedPublicKey::new(verification, der)) {
            Some(Ok(key)) => Self { algorithm, half: Half::Public(key) },
            _ => Self::of_secrets(algorithm, &[0; 44], &[0; 44]),
        }
    }

    /// The algorithm this key is used with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's signature of `message`. Both secrets are tried, whatever the
    /// first one said, and compared in constant time.
    pub(super) fn signed(&self, message: &str, signature: &[u8]) -> bool {
        let message = message.as_bytes();
        match &self.half {
            Half::Secrets(secrets) => {
                secrets.iter().fold(false, |signed, secret| signed | hmac::verify(secret, message, signature).is_ok())
            }
            Half::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

/// Signs `claims` with `secret`: a whole token.
///
/// Errors: `algorithm` does not use a secret.
pub fn sign_with_secret(algorithm: Algorithm, secret: &[u8], claims: &Value) -> Result<String, BadKey> {
    if !algorithm.is_secret_based() {
        return Err(BadKey::NotForSecrets { algorithm });
    }
    let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = hmac::sign(&hmac::Key::new(keyed_hash(algorithm), secret), message.as_bytes());
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

// The decoys are SubjectPublicKeyInfo (RFC 5280), as apps' keys mostly are, so that they are read alike.

/// The point that every P-256 key is a multiple of (FIPS 186-5).
const DECOY_P256_DER: [u8; 91] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
    0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
    0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
    0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// The point that every Ed25519 key is a multiple of (RFC 8032, section 5.1).
const DECOY_ED25519_DER: [u8; 44] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
];

/// A modulus of 2,048 bits, all of them set, and the exponent 65,537.
fn decoy_rsa_der() -> Vec<u8> {
    const BEFORE: [u8; 33] = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
        0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ];
    [&BEFORE[..], &[0xff; 256], &[0x02, 0x03, 0x01, 0x00, 0x01]].concat()
}

/// The keyed hash of an algorithm that uses a secret.
fn keyed_hash(algorithm: Algorithm) -> hmac::Algorithm {
    if algorithm == Algorithm::Hs512 { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 }
}

/// How signatures of an algorithm of key pairs are verified (RFC 7518, sections 3.3 and 3.4; RFC 8037).
fn verification(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        Algorithm::Hs256 | Algorithm::Hs512 => None,
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Es256 => Some(&ECDSA_P256_SHA256_FIXED),
        Algorithm::EdDsa => Some(&ED25519),
    }
}

/// The kind of key that an algorithm of key pairs needs.
fn needed(algorithm: Algorithm) -> Option<Text> {
    match algorithm {
        Algorithm::Hs256 | Algorithm::Hs512 => None,
        Algorithm::Rs256 | Algorithm::Rs512 => Some(say::word_rsa_key()),
        Algorithm::Es256 => Some(say::word_ec_key()),
        Algorithm::EdDsa => Some(say::word_ed25519_key()),
    }
}

fn is_rsa(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs512)
}

/// The DER inside the one PEM block of `pem` (RFC 7468).
fn public_der(pem: &str) -> Result<Vec<u8>, BadKey> {
    let (_, block) = pem.split_once("-----BEGIN ").ok_or(BadKey::NotPem)?;
    let (label, block) = block.split_once("-----").ok_or(BadKey::NotPem)?;
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
        "CERTIFICATE" => return Err(BadKey::Certificate),
        _ if label.ends_with("PRIVATE KEY") => return Err(BadKey::Private),
        _ => return Err(BadKey::NotPem),
    }
    let (body, rest) = block.split_once(&format!("-----END {label}-----")).ok_or(BadKey::NotPem)?;
    let body: String = body.split_ascii_whitespace().collect();
    match STANDARD.decode(body) {
        Ok(der) if rest.trim().is_empty() => Ok(der),
        _ => Err(BadKey::NotPem),
    }
}

/// Whether verification will take this RSA key; it refuses sizes only when a signature comes.
fn has_good_size(key: &ParsedPublicKey) -> bool {
    let der: Result<PublicKeyX509Der<'_>, _> = key.as_der();
    der.is_ok_and(|der| {
        PublicEncryptingKey::from_der(der.as_ref()).is_ok_and(|key| (2048..=8192).contains(&key.key_size_bits()))
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RsaKeyPair,
    };

    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        let lines: Vec<_> = body.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\r\n"))
    }

    fn public_pem(key: &impl AsDer<PublicKeyX509Der<'static>>) -> String {
        pem("PUBLIC KEY", key.as_der().expect("DER").as_ref())
    }

    #[test]
    fn each_algorithm_takes_its_own_kind_of_public_key_and_no_other() {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("key");
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("key");
        let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("key");
        let ed25519 = Ed25519KeyPair::generate().expect("key");
        let pems = [
            ("RSA", public_pem(rsa.public_key())),
            ("RSA", pem("RSA PUBLIC KEY", rsa.public_key().as_ref())),
            ("P-256", public_pem(p256.public_key())),
            ("P-384", public_pem(p384.public_key())),
            ("Ed25519", public_pem(ed25519.public_key())),
        ];
        for (algorithm, own) in [
            (Algorithm::Rs256, "RSA"),
            (Algorithm::Rs512, "RSA"),
            (Algorithm::Es256, "P-256"),
            (Algorithm::EdDsa, "Ed25519"),
        ] {
            for (kind, pem) in &pems {
                match Key::from_public_pem(algorithm, pem) {
                    Ok(key) => assert_eq!((*kind, key.algorithm()), (own, algorithm)),
                    Err(error) => {
                        assert_ne!(*kind, own, "{algorithm}: {error}");
                        assert!(error.to_string().starts_with(&format!("{algorithm} needs ")), "{error}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_rsa_key_is_refused_when_it_is_registered() {
        // Of 1,024 bits, from `openssl genrsa`; its private half was not kept.
        let der = STANDARD.decode(SHORT_RSA).expect("base64");
        let refused = Key::from_public_pem(Algorithm::Rs256, &pem("PUBLIC KEY", &der)).expect_err("short key");
        assert_eq!(refused.to_string(), "RS256 needs an RSA key of 2048 to 8192 bits, and this is another kind of key");
    }

    const SHORT_RSA: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDn8/KeFk8beLqwivbcD17hLp3fNjcM7xiYdwc2fBtaJ5+/tv3W\
        +mw7gzvHeIxyfLxKYsALwZmE+nHSPS0MFY5OOq2y/gRK+UW+zfSm3T56NpBPYzkav53Y8bID2gA3YhcrvXVBTFd5\
        CovhAgCnIvcPBf3Js1c+TBL/IZVSJ1+n7QIDAQAB";

    #[test]
    fn decoys_are_keys_that_verification_takes() {
        assert!(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, DECOY_P256_DER).is_ok());
        assert!(ParsedPublicKey::new(&ED25519, DECOY_ED25519_DER).is_ok());
        let rsa = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, decoy_rsa_der()).expect("key");
        assert!(has_good_size(&rsa));
        for algorithm in Algorithm::ALL {
            assert_eq!(Key::decoy(algorithm).algorithm(), algorithm);
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused_with_the_way_out() {
        let der = Ed25519KeyPair::generate().expect("key").public_key().as_der().expect("DER");
        let good = pem("PUBLIC KEY", der.as_ref());
        for (text, refused) in [
            (pem("PRIVATE KEY", b"x"), BadKey::Private),
            (pem("RSA PRIVATE KEY", b"x"), BadKey::Private),
            (pem("ENCRYPTED PRIVATE KEY", b"x"), BadKey::Private),
            (pem("CERTIFICATE", b"x"), BadKey::Certificate),
            (pem("EC PARAMETERS", b"x"), BadKey::NotPem),
            (String::new(), BadKey::NotPem),
            ("-----BEGIN PUBLIC KEY-----".to_owned(), BadKey::NotPem),
            (good.replace("-----END PUBLIC KEY-----", ""), BadKey::NotPem),
            (good.replace("MCow", "MC*w"), BadKey::NotPem),
            (good.repeat(2), BadKey::NotPem),
        ] {
            assert_eq!(Key::from_public_pem(Algorithm::EdDsa, &text).expect_err(&text), refused, "{text}");
        }
        assert!(Key::from_public_pem(Algorithm::EdDsa, &good).is_ok());
    }

    #[test]
    fn secrets_and_public_keys_are_not_mixed_up() {
        for algorithm in Algorithm::ALL {
            let secret = Key::from_secrets(algorithm, b"secret", None).map(|key| key.algorithm());
            let signed = sign_with_secret(algorithm, b"secret", &Value::Null);
            if algorithm.is_secret_based() {
                assert_eq!(secret, Ok(algorithm));
                assert!(signed.is_ok());
                let refused = Key::from_public_pem(algorithm, "").expect_err("a secret is needed");
                assert_eq!(refused, BadKey::NotForPublicKeys { algorithm });
            } else {
                assert_eq!(secret, Err(BadKey::NotForSecrets { algorithm }));
                assert_eq!(signed, Err(BadKey::NotForSecrets { algorithm }));
            }
        }
        for (current, previous) in [(&b""[..], None), (b"secret", Some(&b""[..]))] {
            let refused = Key::from_secrets(Algorithm::Hs256, current, previous).expect_err("an empty secret");
            assert_eq!(refused, BadKey::EmptySecret);
        }
    }

    #[test]
    fn a_key_is_shown_without_itself() {
        let key = Key::from_secrets(Algorithm::Hs256, b"seven seals", None).expect("key");
        let shown = format!("{key:?}");
        assert!(shown.contains("Hs256") && !shown.contains("seven") && !shown.contains("115"), "{shown}");
    }
}
