//! Signing in to the console and what a session is worth, through the server's outermost layer.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod account;
mod door;
mod sessions;
