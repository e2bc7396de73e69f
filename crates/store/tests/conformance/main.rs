//! What the store does, the same on every engine.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod memberships;
