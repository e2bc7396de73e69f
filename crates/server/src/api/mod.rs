//! Our own API: what the vendor's has no word for.

pub mod keys;
pub mod problem;
pub mod request;
