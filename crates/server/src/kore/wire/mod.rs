//! The vendor's exact JSON: field names, order, casing and quirks. Its words stop here.

pub mod roles;
pub mod upload;
