//! How people sign in, what they get for it, and how that ends.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod codes;
mod links;
mod passwords;
mod sessions;
mod webauthn;

use rolecall_control::{
    Error, Rule,
    sessions::Session,
    sign_in::{self, Attempt, Gate, LetIn, Refusal, Visitor},
};
use rolecall_store::Meter;
use rolecall_testkit::TestApp;
use secrecy::SecretString;

const PASSWORD: &str = "correct horse battery staple";

/// Whether something was refused for this rule, and for nothing else.
fn is_refused<T>(result: Result<T, Error>, rule: Rule) -> bool {
    match result {
        Err(Error::Refused(faults)) => faults.iter().all(|fault| fault.rule == rule),
        _ => false,
    }
}

/// Tries to sign in.
async fn attempt(app: &TestApp, email: &str, password: &str) -> Result<LetIn, Refusal> {
    let attempt = Attempt { account: None, email, password: password.to_owned().into() };
    let visitor = Visitor { address: "192.0.2.1".parse().ok(), agent: "Test" };
    sign_in::with_password(&app.server.core, &app.server.gate, &Meter::default(), visitor, &attempt).await
}

/// Makes a user with a password; what it was let in with.
async fn with_password(app: &TestApp, email: &str) -> LetIn {
    let is_there = sign_in::make_link_by_email(&app.operator(), email).await.is_ok();
    if !is_there {
        app.users([email]).await;
    }
    let link = sign_in::make_link_by_email(&app.operator(), email).await.expect("a link");
    redeem(app, &link.token, PASSWORD).await.expect("the link counts")
}

async fn redeem(app: &TestApp, token: &SecretString, new: &str) -> Result<LetIn, Refusal> {
    let gate: &Gate = &app.server.gate;
    let meter = Meter::default();
    sign_in::redeem(&app.server.core, gate, &meter, Visitor::default(), token, &new.to_owned().into()).await
}

/// The session of a token, as the next request finds it.
async fn find(app: &TestApp, token: &SecretString) -> Option<Session> {
    let settings = &app.server.gate.settings;
    rolecall_control::sessions::find(&app.server.core, settings, &Meter::default(), token)
        .await
        .expect("it can be read")
}

/// How many audit entries there are of an event.
async fn count(app: &TestApp, event: &str) -> usize {
    app.entries().await.iter().filter(|entry| entry.event == event).count()
}
