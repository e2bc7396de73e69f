//! The only SQL about Rolecall itself.
//!
//! One SQL text and one function serve both engines, SQLite and PostgreSQL, through `sqlx`'s `Any`
//! driver: text, 64-bit integers and bytes are all that both sides need. One file a subject; each
//! holds its SQL as constants and functions on a [`Tx`]. Nothing here decides what may be done.

pub mod accounts;
pub mod apps;
pub mod assignments;
pub mod audit;
pub mod backup;
pub mod bots;
mod bulk;
pub mod ceremonies;
pub mod changes;
mod core;
pub mod credentials;
mod db;
pub mod directory;
pub mod erasures;
mod error;
pub mod files;
pub mod groups;
pub mod history;
pub mod holders;
pub mod holdings;
pub mod idempotency;
pub mod image;
mod many;
mod mark;
pub mod memberships;
pub mod migrations;
pub mod names;
pub mod one_time_links;
pub mod passkeys;
pub mod passwords;
#[cfg(test)]
mod plans;
pub mod provider_subjects;
pub mod reach;
pub mod role_imports;
pub mod roles;
pub mod seal;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_tries;
pub mod users;

pub use core::{Clock, Core, Random, SetClock};
pub use db::{Attempts, Db, Engine, Meter, MeterReading, Tx};
pub use error::{Error, MaybeBusy};
pub use mark::Mark;
