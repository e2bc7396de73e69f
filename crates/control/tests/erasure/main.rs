//! Erasures as every door asks for them.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails the test")]

mod acts;
mod data_maps;
mod holds;
mod ledger;
mod protected;
mod requests;
mod secrecy;

use rolecall_control::{
    Error, Rule,
    erasure::{self, Accepted, NewErasure, Report, SubjectReport},
};
use rolecall_model::erasure::{Outcome, Subject};
use rolecall_store::{
    Error as StoreError, Meter, Tx,
    erasures::{
        requests as stored,
        work::{self, Job},
    },
};
use rolecall_testkit::TestApp;

/// Somebody by an identifier alone.
fn plain(text: &str) -> Subject {
    Subject::Plain(text.to_owned())
}

/// An id on a channel.
fn channel(channel_id: &str, channel_user_id: &str) -> Subject {
    Subject::Channel { channel_id: channel_id.to_owned(), channel_user_id: channel_user_id.to_owned() }
}

/// A request on all bots.
fn about(subjects: &[Subject]) -> NewErasure {
    NewErasure { subjects: subjects.to_vec(), is_all_bots: true, ..NewErasure::default() }
}

/// Makes a request on all bots.
async fn requested(app: &TestApp, subjects: &[Subject]) -> Accepted {
    erasure::request(&app.operator(), &about(subjects)).await.expect("it is accepted")
}

async fn reported(app: &TestApp, id: &str) -> Report {
    erasure::report(&app.operator(), id).await.expect("it is known")
}

/// How each subject fares: outcome and cause.
fn outcomes(report: &Report) -> Vec<(Outcome, &str)> {
    report.subjects.iter().map(|subject: &SubjectReport| (subject.outcome, subject.cause.as_str())).collect()
}

/// The rule that what was asked would break.
fn refused_for<T>(result: Result<T, Error>) -> Option<Rule> {
    match result {
        Err(Error::Refused(faults)) => faults.first().map(|fault| fault.rule),
        _ => None,
    }
}

/// The request as its worker has it.
async fn job(app: &TestApp, id: &str) -> Job {
    let ctx = app.operator();
    let mut tx = ctx.read().await.expect("a transaction");
    let request = stored::find(&mut tx, ctx.account, id).await.expect("an answer").expect("the request");
    work::job(&mut tx, ctx.account, request.no).await.expect("an answer").expect("the request")
}

/// Writes something of a request as its worker would.
async fn written(app: &TestApp, id: &str, write: impl AsyncFnOnce(&mut Tx, &Job) -> Result<(), StoreError>) {
    let job = job(app, id).await;
    let mut tx = app.operator().core.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    write(&mut tx, &job).await.expect("it is written");
    tx.commit().await.expect("it is kept");
}
