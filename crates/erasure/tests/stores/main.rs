//! What every store can do, on every database.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod erase;
mod find;
mod world;
