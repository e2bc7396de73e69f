//! Who is calling, and whether the call may go on.
//!
//! `token`, `key` and `limits` decide by their parameters alone: no database, no clock, no HTTP.
//! `caller` brings them together: it looks the app up between reading a token and verifying it, and
//! `memory` spares it that where it was done before.

mod caller;
pub mod key;
pub mod limits;
mod memory;
pub mod oidc;
pub mod session;
pub mod token;
mod uses;

pub(crate) use caller::has_token;
pub use caller::{
    Caller, ChangeSettings, Denied, EraseData, ManageApps, ManageBots, ManageGroups, ManageRoles, ManageSessions,
    ManageUsers, Need, ReadAudit, ReadRoles, ReadUsers, SignedIn, UploadFiles,
};
pub use memory::Memory;
pub use uses::Uses;
