//! Signing in to the console and what a session is worth, through the server's outermost layer.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod account;
mod departed;
mod door;
mod passkeys;
mod provider;
mod sessions;

use std::sync::Arc;

use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    public_url::PublicUrl,
};
use rolecall_testkit::TestApp;

/// The server once more, called `origin` from outside.
fn at(app: TestApp, origin: &str) -> TestApp {
    let mut app = app;
    let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
    app.server = Arc::new(Server { public_url: PublicUrl::parse(origin).ok(), ..server });
    app
}
