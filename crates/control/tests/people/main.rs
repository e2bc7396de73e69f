//! Users, groups and bots by the use cases alone, without a door around them.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod bots;
mod memberships;

use rolecall_control::{Error, Rule};
use rolecall_store::{Meter, audit};
use rolecall_testkit::TestApp;

/// The audit entries after the first `n`, each in one line.
async fn entries_after(app: &TestApp, n: usize) -> Vec<String> {
    let mut tx = app.db.db.read(&Meter::default()).await.expect("a transaction");
    let entries = audit::list_after(&mut tx, app.tenant.account.no, 0, 1_000).await.expect("entries");
    let lines = entries.iter().skip(n);
    lines.map(|entry| format!("{}: {}; {} -> {}", entry.event, entry.description, entry.before, entry.after)).collect()
}

/// How many audit entries there are.
async fn n_entries(app: &TestApp) -> usize {
    entries_after(app, 0).await.len()
}

/// The first rule that something was refused for.
fn refused_for<T>(result: Result<T, Error>) -> Option<Rule> {
    match result {
        Err(Error::Refused(faults)) => faults.first().map(|fault| fault.rule),
        _ => None,
    }
}
