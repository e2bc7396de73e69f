//! The console: pages for people, in the same binary, at `/console`.
//!
//! A page is a function that takes a [`Caller`](crate::auth::Caller), calls `rolecall-control` with its
//! context, and fills a template of `templates/console`; no rule lives here, and there is no other way
//! to the data. Every page works without JavaScript, which only makes some of them quicker. See
//! `docs/ADDING-A-PAGE.md`.

mod account;
pub mod assets;
mod door;
mod error;
mod form;
mod guard;
mod layout;
mod passkeys;
mod preferences;
mod provider;
mod qr;
mod reader;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

pub use error::ConsoleError;
pub use form::Form;
pub(crate) use guard::finish;
pub use layout::{Html, Section, Shell};
pub use reader::{Reader, Theme};

use crate::Server;

/// The routes of the console.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/console/assets/{name}", get(assets::get))
        .route("/console/preferences", post(preferences::set))
        .route("/console/sign-in", get(door::sign_in_page).post(door::sign_in))
        .route("/console/second-factor", get(door::second_factor_page).post(door::second_factor))
        .route("/console/set-up/{token}", get(door::set_up_page).post(door::set_up))
        .route("/console/confirm", get(door::confirm_page).post(door::confirm))
        .route("/console/oidc/start", get(provider::start))
        .route("/console/oidc/callback", get(provider::back))
        .route("/console/passkeys/ask", post(passkeys::ask))
        .route("/console/passkeys/enter", post(passkeys::enter))
        .route("/console/passkeys/ask-again", post(passkeys::ask_again))
        .route("/console/passkeys/confirm", post(passkeys::confirm))
        .route("/console/passkeys/new", post(passkeys::begin))
        .route("/console/passkeys", post(passkeys::add))
        .route("/console/account/passkeys/remove", post(passkeys::remove))
        .route("/console/sign-out", post(door::sign_out))
        .route("/console/account", get(account::page))
        .route("/console/account/password", post(account::password))
        .route("/console/account/generator", post(account::begin_generator))
        .route("/console/account/generator/confirm", post(account::confirm_generator))
        .route("/console/account/generator/remove", post(account::remove_generator))
        .route("/console/account/recovery-codes", post(account::renew_codes))
        .route("/console/account/sessions/end", post(account::end_session))
}

/// The sets of words that have a text each, and their words.
#[cfg(test)]
pub(crate) fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    use rolecall_control::sessions::Method;

    let kinds = || error::Kind::SHOWN.map(error::Kind::as_str).to_vec();
    vec![
        ("error-text", kinds()),
        ("error-title", kinds()),
        ("method", Method::ALL.map(Method::as_str).to_vec()),
        ("password-wrong", door::Wrong::ALL.map(door::Wrong::as_str).to_vec()),
        ("rule", error::WORDS.to_vec()),
        ("section", Section::ALL.map(Section::as_str).to_vec()),
        ("theme", Theme::ALL.map(Theme::as_str).to_vec()),
    ]
}
