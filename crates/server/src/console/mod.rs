//! The console: pages for people, in the same binary, at `/console`.
//!
//! A page is a function that takes a [`Caller`](crate::auth::Caller), calls `rolecall-control` with its
//! context, and fills a template of `templates/console`; no rule lives here, and there is no other way
//! to the data. Every page works without JavaScript, which only makes some of them quicker. See
//! `docs/ADDING-A-PAGE.md`.

pub mod assets;
mod error;
mod form;
mod guard;
mod layout;
mod preferences;
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
}

/// The sets of words that have a text each, and their words.
#[cfg(test)]
pub(crate) fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    let kinds = || error::Kind::SHOWN.map(error::Kind::as_str).to_vec();
    vec![
        ("error-text", kinds()),
        ("error-title", kinds()),
        ("rule", error::WORDS.to_vec()),
        ("section", Section::ALL.map(Section::as_str).to_vec()),
        ("theme", Theme::ALL.map(Theme::as_str).to_vec()),
    ]
}
