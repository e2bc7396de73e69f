//! What of an erasure lies sealed in the database, and the keyed hash a subject is known by.

use aws_lc_rs::hmac;
use rolecall_model::erasure::Subject;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::{
    Core,
    seal::{CannotOpen, hex},
};

/// What is sealed; each kind opens as itself only.
#[derive(Clone, Copy, Debug)]
pub enum Sealed<'a> {
    /// A data map, of the account with this id.
    DataMap(&'a str),
    /// A subject: the id of the request, and the subject's place in it.
    Subject(&'a str, i64),
    /// The salt of the masks of the request with this id.
    Salt(&'a str),
    /// The URL that is called back for the request with this id.
    CallbackUrl(&'a str),
    /// A chunk of keys: the id of the request, the store, the chunk's number.
    Chunk(&'a str, &'a str, i64),
    /// The private half of the key that signs receipts, by its id.
    ReceiptKey(&'a str),
}

impl Sealed<'_> {
    fn context(self) -> String {
        match self {
            Self::DataMap(account_id) => format!("data map {account_id}"),
            Self::Subject(id, ordinal) => format!("erasure subject {id} {ordinal}"),
            Self::Salt(id) => format!("erasure salt {id}"),
            Self::CallbackUrl(id) => format!("erasure callback {id}"),
            Self::Chunk(id, store, number) => format!("erasure chunk {id} {number} {store}"),
            Self::ReceiptKey(key_id) => format!("receipt key {key_id}"),
        }
    }

    /// Seals `plaintext` as this.
    pub fn seal(self, core: &Core, plaintext: &[u8]) -> String {
        core.sealing_key.seal(&self.context(), plaintext, core.random.bytes())
    }

    /// What was sealed as this.
    pub fn open(self, core: &Core, sealed: &str) -> Result<SecretSlice<u8>, CannotOpen> {
        core.sealing_key.open(&self.context(), sealed)
    }

    /// The text that was sealed as this.
    pub fn open_text(self, core: &Core, sealed: &str) -> Result<SecretString, CannotOpen> {
        let bytes = self.open(core, sealed)?;
        let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| CannotOpen::Refused)?;
        Ok(text.to_owned().into())
    }
}

/// Hashes subjects of one account under its key, so that the ledger and receipts can tell one again
/// and nobody without the key can find out whom they tell of.
#[derive(Clone)]
pub struct SubjectHasher(hmac::Key);

impl SubjectHasher {
    /// For the account with id `account_id`.
    pub fn new(core: &Core, account_id: &str) -> Self {
        let key = core.sealing_key.derive(&format!("subjects of {account_id}"));
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The subject's hash: 64 hex digits.
    pub fn hash(&self, subject: &Subject) -> String {
        let tag = hmac::sign(&self.0, subject.canonical().as_bytes());
        hex(tag.as_ref())
    }
}
