//! Secrets at rest: sealed with a key that the database does not hold.
//!
//! A copy of the database alone gives nobody an app's secret. What is sealed is bound to a context,
//! such as the id of its app, and opens in no other: who can write to the database still cannot pass
//! one app's secret off as another's. Without its key a sealed secret is lost.

use std::fmt::{self, Write as _};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice, SecretString};

/// The key that seals secrets, and from which keys for other purposes are derived.
///
/// Shown by `Debug` without the key; wiped from memory when dropped.
pub struct SealingKey {
    secret: SecretBox<[u8; 32]>,
    /// What places in lists are signed with. A page of a list takes two signatures, and deriving the key
    /// for each would cost more than they do.
    places: Box<hmac::Key>,
}

/// Why a text is no sealing key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Characters or a length that base64 does not have.
    #[error("the sealing key is not base64; `rolecall key generate` makes one")]
    NotBase64,
    /// Not 32 bytes.
    #[error("the sealing key holds {size_bytes} bytes and must hold 32; `rolecall key generate` makes one")]
    WrongSize {
        /// How many bytes it holds.
        size_bytes: usize,
    },
}

/// Why a sealed secret does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotOpen {
    /// Not a text that [`SealingKey::seal`] writes.
    #[error("this is no sealed secret, or one of a later version of Rolecall")]
    NotSealed,
    /// Another key or context, or other bytes, than when it was sealed.
    #[error("the secret was sealed with another key, or was moved or altered since; give the key it was sealed with")]
    Refused,
}

/// What a sealed text begins with: the way it is sealed. Another way gets another number.
const VERSION: &str = "v1.";

/// People paste keys with and without the padding.
const KEY_TEXT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

impl SealingKey {
    /// A fresh key, made of `random_bytes`.
    pub fn generate(random_bytes: [u8; 32]) -> Self {
        let secret = SecretBox::new(Box::new(random_bytes));
        let places = Box::new(hmac::Key::new(hmac::HMAC_SHA256, &derive(&secret, "cursor")));
        Self { secret, places }
    }

    /// Reads a key as [`Self::to_text`] writes it; white space around it does not matter.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = KEY_TEXT.decode(text.trim()).map_err(|_| BadKey::NotBase64)?;
        let bytes = SecretSlice::from(bytes);
        match bytes.expose_secret().try_into() {
            Ok(key) => Ok(Self::generate(key)),
            Err(_) => Err(BadKey::WrongSize { size_bytes: bytes.expose_secret().len() }),
        }
    }

    /// The key in base64, for the file or the variable it is kept in.
    pub fn to_text(&self) -> SecretString {
        KEY_TEXT.encode(self.secret.expose_secret()).into()
    }

    /// Seals `plaintext` so that it opens with this key and in this `context` only.
    ///
    /// `nonce` must be random: two secrets under one nonce would give each other away.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "AES-GCM seals all that is shorter than 64 GiB")]
    pub fn seal(&self, context: &str, plaintext: &[u8], nonce: [u8; NONCE_LEN]) -> String {
        let mut sealed = plaintext.to_vec();
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .expect("a secret fits into memory");
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// What was sealed with this key in this `context`.
    pub fn open(&self, context: &str, sealed: &str) -> Result<SecretSlice<u8>, CannotOpen> {
        let sealed = sealed.strip_prefix(VERSION).ok_or(CannotOpen::NotSealed)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| CannotOpen::NotSealed)?;
        let (nonce, sealed) = sealed.split_first_chunk().ok_or(CannotOpen::NotSealed)?;
        let mut opened = sealed.to_vec();
        let plaintext = self
            .cipher()
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut opened)
            .map_err(|_| CannotOpen::Refused)?;
        let size_bytes = plaintext.len();
        opened.truncate(size_bytes);
        Ok(opened.into())
    }

    /// A key for something else than sealing, such as signing cursors: always the same for the same
    /// `purpose`, and telling nothing about this key or those for other purposes (HKDF, RFC 5869).
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        derive(&self.secret, purpose)
    }

    /// The key that places in lists are signed with.
    pub fn places(&self) -> &hmac::Key {
        &self.places
    }

    fn cipher(&self) -> LessSafeKey {
        #[expect(clippy::expect_used, reason = "HKDF gives up to 255 times 32 bytes")]
        let key = UnboundKey::from(root(&self.secret).expand(&[b"rolecall seal v1"], &AES_256_GCM).expect("32 bytes"));
        LessSafeKey::new(key)
    }
}

#[expect(clippy::expect_used, reason = "HKDF gives up to 255 times 32 bytes")]
fn derive(secret: &SecretBox<[u8; 32]>, purpose: &str) -> [u8; 32] {
    let mut derived = [0; 32];
    root(secret)
        .expand(&[b"rolecall derive ", purpose.as_bytes()], HKDF_SHA256)
        .and_then(|key| key.fill(&mut derived))
        .expect("32 bytes");
    derived
}

fn root(secret: &SecretBox<[u8; 32]>) -> Prk {
    Salt::none(HKDF_SHA256).extract(secret.expose_secret())
}

/// `bytes` in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONCE: [u8; NONCE_LEN] = *b"twelve bytes";

    fn key() -> SealingKey {
        SealingKey::generate(*b"a key of exactly thirty-two byte")
    }

    fn open(key: &SealingKey, context: &str, sealed: &str) -> Result<Vec<u8>, CannotOpen> {
        key.open(context, sealed).map(|secret| secret.expose_secret().to_vec())
    }

    #[test]
    fn what_earlier_versions_sealed_and_derived_stays_as_it_is() {
        // Reckoned with another implementation: HKDF-SHA256 without salt, AES-256-GCM under its key.
        assert_eq!(key().seal("cs-1", b"secret", NONCE), "v1.dHdlbHZlIGJ5dGVzTvsXhs59a4jLqC6CTf_npxJlt4KrGw");
        assert_eq!(URL_SAFE_NO_PAD.encode(key().derive("cursors")), "ekGzaEqvAtGbieMpflTW-TMhpLE_hYm1AYVwf6faCSg");
    }

    #[test]
    fn a_moved_altered_or_cut_secret_and_another_key_do_not_open() {
        let sealed = key().seal("cs-1", b"secret", NONCE);
        assert_eq!(open(&key(), "cs-1", &sealed), Ok(b"secret".to_vec()));
        assert_eq!(open(&key(), "cs-2", &sealed), Err(CannotOpen::Refused));
        assert_eq!(open(&key(), "", &sealed), Err(CannotOpen::Refused));
        let other = SealingKey::generate([7; 32]);
        assert_eq!(open(&other, "cs-1", &sealed), Err(CannotOpen::Refused));

        let bytes = URL_SAFE_NO_PAD.decode(&sealed[VERSION.len()..]).expect("base64");
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let altered = format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(altered));
            assert_eq!(open(&key(), "cs-1", &altered), Err(CannotOpen::Refused), "byte {place}");
        }
        for length in 0..sealed.len() {
            assert!(open(&key(), "cs-1", &sealed[..length]).is_err(), "{length} characters");
        }
        for text in ["", "secret", "v1.", "v1.AAAA", "v1.*", &sealed.replace("v1.", "v2."), &format!("{sealed}=")] {
            assert_eq!(open(&key(), "cs-1", text), Err(CannotOpen::NotSealed), "{text}");
        }
    }

    #[test]
    fn the_nonce_makes_equal_secrets_look_different() {
        let sealed = key().seal("cs-1", b"secret", NONCE);
        let other = key().seal("cs-1", b"secret", [7; NONCE_LEN]);
        assert_ne!(sealed[20..], other[20..]);
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let derived = [key().derive("cursors"), key().derive("ledger"), key().derive("")];
        assert_eq!(derived[0], key().derive("cursors"));
        for (index, one) in derived.iter().enumerate() {
            assert!(!derived[index + 1..].contains(one));
            assert_ne!(one, key().secret.expose_secret());
        }
        assert_ne!(SealingKey::generate([7; 32]).derive("cursors"), derived[0]);
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_refused_with_the_way_out() {
        let text = key().to_text();
        let text = text.expose_secret();
        for text in [text.to_owned(), format!("  {text}\r\n"), text.trim_end_matches('=').to_owned()] {
            let read = SealingKey::parse(&text).expect("a key");
            assert_eq!(read.secret.expose_secret(), key().secret.expose_secret());
        }
        for (text, told) in [
            (String::new(), "the sealing key holds 0 bytes and must hold 32; `rolecall key generate` makes one"),
            (
                text[..24].to_owned(),
                "the sealing key holds 18 bytes and must hold 32; `rolecall key generate` makes one",
            ),
            (text.repeat(2).replace('=', ""), "the sealing key is not base64; `rolecall key generate` makes one"),
            ("not a key".to_owned(), "the sealing key is not base64; `rolecall key generate` makes one"),
        ] {
            assert_eq!(SealingKey::parse(&text).expect_err(&text).to_string(), told, "{text}");
        }
    }

    #[test]
    fn a_key_is_shown_without_itself() {
        assert_eq!(format!("{:?} {:?}", key(), key().to_text()), "SealingKey { .. } SecretBox<str>([REDACTED])");
    }

    proptest! {
        #[test]
        fn any_secret_opens_as_it_was_sealed(
            context in "\\PC{0,40}",
            secret in proptest::collection::vec(any::<u8>(), 0..200),
            nonce: [u8; NONCE_LEN],
        ) {
            let sealed = key().seal(&context, &secret, nonce);
            prop_assert_eq!(open(&key(), &context, &sealed), Ok(secret));
        }

        #[test]
        fn any_text_is_opened_or_refused(text in "(v1\\.)?[A-Za-z0-9_-]{0,80}") {
            prop_assert!(open(&key(), "cs-1", &text).is_err());
        }
    }
}
