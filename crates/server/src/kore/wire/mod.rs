//! The vendor's exact JSON: field names, order, casing and quirks. Its words stop here.

pub mod assignments;
pub mod audit_logs;
pub mod bots;
pub mod direct;
pub mod erasure;
pub mod groups;
pub mod role_import;
pub mod roles;
pub mod upload;
pub mod user_access;
pub mod user_roles;
pub mod users;
pub mod users_info;
