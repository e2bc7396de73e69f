//! `/access/v1`: whether somebody may, asked in the words of OpenID `AuthZEN` 1.0.
//!
//! Subjects are users, resources are bots or the account itself, actions are permissions of roles.
//! `docs/ACCESS.md` has the words for whoever asks. What is permitted is `rolecall-control`'s to say.

pub mod discovery;
mod error;
pub mod evaluation;
pub mod request;
pub mod search;
pub mod wire;

pub(crate) use error::AccessError;
