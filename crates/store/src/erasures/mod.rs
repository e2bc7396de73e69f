//! Erasures: requests, whom they are about, how they fare, and what is kept of them.

pub mod callbacks;
pub mod receipt_keys;
pub mod receipts;
mod sealed;
pub mod work;

pub use sealed::{Sealed, SubjectHasher};
