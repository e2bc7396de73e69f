//! The vendor-compatible API under `/api/public`: each handler takes the caller, parses, calls one
//! function of `rolecall-control` and shapes the answer as the vendor does.

pub mod assignments;
pub mod audit_logs;
pub mod bots;
pub mod erasure;
pub mod groups;
pub mod request;
pub mod role_import;
pub mod roles;
pub mod upload;
pub mod user_access;
pub mod user_roles;
pub mod users;
pub mod users_info;
pub mod wire;
