//! Erasures: asking for them, following them, and what stands around them: data maps, holds, and the
//! ledger of who asked to be forgotten.
//!
//! Nothing here touches a store; workers do, by what is written here. No identifier of anybody is
//! written unsealed, nor into an audit entry: requests are known by their ids, people by keyed hashes.

mod act;
mod data_map;
mod holds;
mod ledger;
mod protected;
mod report;
mod request;
mod vet;

pub use act::{Possible, approve, cancel, retry};
pub use data_map::{NewDataMap, StoredMap, current_data_map, place_hash, set_data_map};
pub use holds::{Hold, MAX_REASON_CHARS, PlacedHold, list_holds, place_hold, release_hold};
pub use ledger::{KEPT_FOR_MS, Suppressed, forget_old, ledger_since, suppressed};
pub use report::{
    PartReport, Progress, Report, Standing, StoreResult, SubjectReport, Summary, late, list, outline, receipt, report,
    standing,
};
pub use request::{Accepted, NewErasure, request};
pub use vet::{Vetted, vet};

pub use rolecall_store::erasures::work::Quarantined;

use std::collections::HashSet;

use rolecall_model::{
    erasure::{MAX_SUBJECTS, Subject},
    problem::Problem,
};
use rolecall_store::erasures::{SubjectHasher, requests::Request};

use crate::{Error, Rule, say};

/// The name of the list of requests, for its cursors.
pub const LIST: &str = "erasures";

/// The name of the list of holds, for its cursors.
pub const HOLDS: &str = "holds";

/// Each of `subjects` once, where it stands first, with its hash. However its letters are written,
/// an identifier is one subject.
fn distinct<'s>(key: &SubjectHasher, subjects: &'s [Subject]) -> Vec<(&'s Subject, String)> {
    let mut seen = HashSet::with_capacity(subjects.len());
    let hashed = subjects.iter().map(|subject| (subject, key.hash(subject)));
    hashed.filter(|(_, hash)| seen.insert(hash.clone())).collect()
}

/// Checks that a call names somebody, and not too many.
fn check_number(subjects: &[Subject]) -> Result<(), Problem> {
    match subjects.len() {
        0 => Err(Problem::new("/userIds", say::must_name_somebody())),
        n if n > MAX_SUBJECTS => Err(Problem::new("/userIds", say::at_most_people(MAX_SUBJECTS))),
        _ => Ok(()),
    }
}

fn unknown() -> Error {
    Error::refused(Rule::UnknownErasure, "", say::no_such_erasure())
}

/// Whether `text` can be an id at all: what cannot is not looked for.
fn can_be_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `request`, or that the account has none.
fn known(request: Option<Request>) -> Result<Request, Error> {
    request.ok_or_else(unknown)
}
