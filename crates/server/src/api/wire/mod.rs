//! The shapes of our own API: what comes in is read here with each problem told by its place, and what
//! goes out has the names people see.

pub mod account;
pub mod apps;
pub mod assignments;
pub mod audit;
pub mod bots;
pub mod erasures;
pub mod groups;
pub mod holds;
pub mod ocsf;
pub mod preview;
pub mod report;
pub mod role_imports;
pub mod roles;
pub mod sessions;
pub mod subjects;
pub mod users;
