//! Users, groups and bots by the use cases alone, without a door around them.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod bots;
mod groups;
mod memberships;
mod roles;
mod settings;
mod users;

use rolecall_control::{Error, Rule};
use rolecall_testkit::TestApp;

/// The audit entries after the first `n`, each in one line.
async fn entries_after(app: &TestApp, n: usize) -> String {
    let entries = app.entries().await;
    let lines = entries.iter().skip(n);
    let lines =
        lines.map(|entry| format!("{}: {}; {} -> {}", entry.event, entry.description, entry.before, entry.after));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first rule that something was refused for.
fn refused_for<T>(result: Result<T, Error>) -> Option<Rule> {
    match result {
        Err(Error::Refused(faults)) => faults.first().map(|fault| fault.rule),
        _ => None,
    }
}
