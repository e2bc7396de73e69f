//! What may be done: one function a use case.
//!
//! Every door of the server (the vendor's API, ours, the console, the command line) calls these
//! functions and has no other way to the data, so no rule lives in a door. A function that changes
//! something does four things in one transaction: checks, changes, audits, and raises the account's
//! revision. Nothing here knows HTTP.

pub mod access;
pub mod accounts;
pub mod apps;
pub mod assignments;
pub mod audit;
pub mod authority;
pub mod bots;
mod change;
mod context;
pub mod doctor;
pub mod erasure;
mod error;
pub mod files;
pub mod groups;
pub mod holdings;
pub mod idempotency;
pub mod list;
pub mod manifest_apply;
pub mod manifest_export;
pub mod memberships;
pub mod role_import;
pub mod roles;
pub mod rosters;
pub mod say;
pub mod sessions;
pub mod sign_in;
pub mod users;
pub mod version;
pub mod webauthn;

pub use change::{Change, Record};
pub use context::Ctx;
pub use error::{Error, Fault, Rule};
pub use rolecall_store::{Clock, Core, Random, SetClock, seal};
