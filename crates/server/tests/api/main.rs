//! Rolecall's own API, over HTTP.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod apps;
mod assignments;
mod audit;
mod callbacks;
mod edited;
mod erasures;
mod escalation;
mod keys;
mod languages;
mod once;
mod role_imports;
mod users;
