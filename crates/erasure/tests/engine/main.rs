//! Erasures from the request to the receipt, on real databases: what is gone, what stays, what is told,
//! and what happens when something goes wrong in the middle.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "what is missing fails the test")]

mod cases;
mod life;
mod marks;
mod trouble;
mod workers;
mod world;
