//! Our own API: what the vendor's has no word for.

pub mod account;
pub mod apps;
pub mod assignments;
pub mod audit;
pub mod bots;
pub mod erasures;
pub mod groups;
pub mod holds;
pub mod keys;
pub mod once;
pub mod problem;
pub mod request;
pub mod role_imports;
pub mod roles;
pub mod sessions;
pub mod users;
pub mod versions;
pub mod wire;
