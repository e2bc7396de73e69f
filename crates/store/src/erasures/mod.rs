//! Erasures: requests, whom they are about, how they fare, and what is kept of them.

pub mod callbacks;
pub mod data_maps;
pub mod holds;
pub mod ledger;
pub mod open;
pub mod receipt_keys;
pub mod receipts;
pub mod requests;
mod sealed;
pub mod subjects;
pub mod work;

pub use sealed::{Sealed, SubjectHasher};
