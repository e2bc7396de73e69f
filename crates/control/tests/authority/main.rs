//! What people may do who signed in, and that nobody comes to more than they were given.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod apps;
mod asking;
mod assigning;
mod editing;
mod grouping;
mod importing;
mod people;
mod powers;
mod table;

use rolecall_control::{Error, Rule};

/// Whether something was refused because whoever asked may not do it, and for nothing else.
fn is_not_permitted<T>(result: Result<T, Error>) -> bool {
    match result {
        Err(Error::Refused(faults)) => faults.iter().all(|fault| fault.rule == Rule::NotPermitted),
        _ => false,
    }
}
