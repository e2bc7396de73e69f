//! The vendor's exact JSON: field names, order, casing and quirks. Its words stop here.

pub mod bots;
pub mod groups;
pub mod roles;
pub mod upload;
