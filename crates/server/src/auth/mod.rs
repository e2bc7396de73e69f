//! Who is calling, and whether the call may go on.
//!
//! `token`, `key` and `limits` decide by their parameters alone: no database, no clock, no HTTP.
//! `caller` brings them together: it looks the app up between reading a token and verifying it.

mod caller;
pub mod key;
pub mod limits;
pub mod token;

pub use caller::{
    Caller, Denied, EraseData, ManageRoles, ManageUsers, Need, ReadAudit, ReadRoles, ReadUsers, UploadFiles,
};
