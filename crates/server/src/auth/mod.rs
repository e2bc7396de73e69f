//! Who is calling, and whether the call may go on.
//!
//! What is here decides by its parameters alone: no database, no clock, no HTTP types. The server
//! looks the app up between reading a token and verifying it.

pub mod key;
pub mod limits;
pub mod token;
