//! Erasures: requests, whom they are about, how they fare, and what is kept of them.

mod sealed;
pub mod work;

pub use sealed::{Sealed, SubjectHasher};
