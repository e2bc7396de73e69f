//! Receipts: what came of a request, signed, and each tied to the one before it.
//!
//! A receipt names nobody: its subjects are keyed hashes that only whoever has the key can make
//! again. It is a JWS (RFC 7515) in its compact form, so that anybody with the public keys can check
//! it years later and without asking us. The hash of a receipt is over that text; the next one of the
//! account holds it, so that none can be left out or exchanged unseen.

mod jws;
mod keys;

use aws_lc_rs::digest;
use rolecall_model::{erasure::Outcome, time::Instant};
use rolecall_store::seal::hex;
use serde::{Deserialize, Serialize};

pub use jws::{Forged, PublicKeys, Signer, Verified, verify, verify_detached};
pub use keys::{CannotSign, jwks, rotate, signer};

/// The version of the receipts that are written; those of a later one are not read.
pub const VERSION: u32 = 1;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`VERSION`].
    pub version: u32,
    /// The id of the request.
    pub request: String,
    /// The id of the account.
    pub account: String,
    /// The receipt's number in the account's chain; the first is 1.
    pub number: i64,
    /// The hash of the account's receipt before this one; none for the first.
    pub previous: Option<String>,
    /// Why erasure was asked for, in the words of whoever asked; empty if they did not say.
    pub grounds: String,
    /// When it was asked for.
    pub requested_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// The hash of the plan that was carried out; empty if it did not come to one.
    pub plan_hash: String,
    /// The hash of the data map it was planned by; empty if there was none.
    pub data_map_hash: String,
    /// How it ended for each subject, in the order of the request.
    pub subjects: Vec<Subject>,
    /// Rows that would not go.
    pub quarantine: Vec<Quarantined>,
    /// What else there is to know, in sentences.
    pub warnings: Vec<String>,
}

/// How a request ended for one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The subject, as its keyed hash.
    pub subject: String,
    /// How it ended over all stores.
    pub outcome: Outcome,
    /// Why, in a word, where the outcome does not say it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// How it ended in each store.
    pub stores: Vec<Store>,
}

/// How a request ended for one subject in one store. Counts are rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// The store's name in the data map.
    pub store: String,
    /// How it ended there.
    pub outcome: Outcome,
    /// Why, in a word, where the outcome does not say it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// How many were found.
    pub found: i64,
    /// How many were deleted.
    pub erased: i64,
    /// How many stayed with their personal fields masked.
    pub masked: i64,
    /// How many would not go.
    pub quarantined: i64,
    /// What the second look found; none if there was no second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescan: Option<Rescan>,
    /// What was done to the rows, in the words of NIST SP 800-88.
    pub method: String,
    /// When the last backup with the erased rows is gone, if the data map says how long they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups_expire_by: Option<Instant>,
}

/// A second look, from the identities, after everything was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescan {
    /// When.
    pub at: Instant,
    /// How many rows it still found.
    pub found: i64,
}

/// Rows that would not go, by what stood in their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The store's name in the data map.
    pub store: String,
    /// The collection.
    pub collection: String,
    /// The database's code.
    pub code: String,
    /// The constraint or trigger, if the database names one.
    pub object: String,
    /// How many.
    pub rows: i64,
}

/// The hash of a receipt: SHA-256 over its text, in hex.
pub fn hash(jws: &str) -> String {
    hex(digest::digest(&digest::SHA256, jws.as_bytes()).as_ref())
}

/// Where receipts do not follow one another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// One is of another account than the one before it.
    #[error("receipt {index} is of another account than the one before it")]
    OtherAccount {
        /// Which, counted from 1.
        index: usize,
    },
    /// One is missing, or they are in another order than they were made in.
    #[error(
        "receipt {index} has number {number} where {expected} was expected: one is missing, or their order is wrong"
    )]
    Gap {
        /// Which, counted from 1.
        index: usize,
        /// Its number.
        number: i64,
        /// The number that would follow.
        expected: i64,
    },
    /// One does not hold the hash of the one before it.
    #[error("receipt {index} follows another receipt than the one before it: one of the two was exchanged")]
    Exchanged {
        /// Which, counted from 1.
        index: usize,
    },
}

/// Checks that receipts of one account follow one another without a gap, in their order. The first may
/// be any of the account's; if it is the account's first, it must follow none.
pub fn verify_chain(receipts: &[Verified]) -> Result<(), BrokenChain> {
    let mut before: Option<&Verified> = None;
    for (index, verified) in (1..).zip(receipts) {
        let receipt = &verified.receipt;
        if let Some(Verified { receipt: last, hash, .. }) = before {
            let expected = last.number.saturating_add(1);
            if receipt.account != last.account {
                return Err(BrokenChain::OtherAccount { index });
            }
            if receipt.number != expected {
                return Err(BrokenChain::Gap { index, number: receipt.number, expected });
            }
            if receipt.previous.as_ref() != Some(hash) {
                return Err(BrokenChain::Exchanged { index });
            }
        }
        before = Some(verified);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
