//! The vendor-compatible API, asked over HTTP on both engines: the exact bytes a client sees.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod assignments;
mod audit_logs;
mod bots;
mod erasure;
mod escalation;
mod from_memory;
mod groups;
mod revisits;
mod role_import;
mod role_import_hostile;
mod role_import_undo;
mod roles;
mod upload;
mod user_access;
mod user_roles;
mod users;
mod users_info;
