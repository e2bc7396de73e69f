//! What every store can do, on every database.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod catalog;
mod erase;
mod failures;
mod find;
mod masks;
mod names;
mod world;
