//! Importing roles: reading a file of roles, and planning what it changes in an account.
//!
//! [`File::parse`] reads what was uploaded, [`plan`] compares it with the account's roles. The plan
//! is a value: a dry run shows it, an import applies it. Nothing here decides who may import.

mod file;
mod plan;

pub use file::{Entry, File, MAX_DESCRIPTION_CHARS, MAX_REF_ID_CHARS, MAX_ROLES};
pub use plan::{Mode, Plan, Role, Step, plan};
