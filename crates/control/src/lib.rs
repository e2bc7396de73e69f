//! placeholder
pub mod seal;
