//! What tests that need a browser ask of the machine.

use std::{path::PathBuf, process::Command};

use crate::database::variable;

/// Whether `program` runs here. Where it does not, it is said that the test was skipped, unless no test
/// may be.
pub fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    assert!(
        is_there || variable("ROLECALL_REQUIRE_ENGINES").is_none(),
        "{program} is not there, and no test may be skipped here"
    );
    if !is_there {
        eprintln!("SKIPPED: {program} is not there; scripts/tools brings it");
    }
    is_there
}

/// The folder that pictures of pages are to be kept in; none if nobody wants them.
pub fn pictures() -> Option<PathBuf> {
    variable("ROLECALL_PICTURES").map(PathBuf::from)
}
