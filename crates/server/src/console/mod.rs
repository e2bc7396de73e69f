//! The console: pages for people, in the same binary, at `/console`.
//!
//! A page is a function that takes a [`Caller`](crate::auth::Caller), calls `rolecall-control` with its
//! context, and fills a template of `templates/console`; no rule lives here, and there is no other way
//! to the data. Every page works without JavaScript, which only makes some of them quicker. See
//! `docs/ADDING-A-PAGE.md`.

mod account;
mod apps;
pub mod assets;
mod audit;
mod bots;
mod door;
mod erasure_wish;
mod erasures;
mod error;
mod form;
mod grants;
mod groups;
mod guard;
mod holds;
mod imports;
mod layout;
mod overview;
mod passkeys;
mod plot;
mod preferences;
mod provider;
mod qr;
mod query;
mod reader;
mod reports;
mod role_edit;
mod role_then;
mod roles;
mod stream;
mod upload;
mod user_sign_in;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub use error::ConsoleError;
pub use form::Form;
pub(crate) use guard::finish;
pub use layout::{Html, Section, Shell};
pub use reader::{Reader, Theme};
pub(crate) use reader::{accepted_by, language_of};
pub use stream::Streams;

use crate::{Server, kore};

/// The routes of the console.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/console/assets/{name}", get(assets::get))
        .route("/console/preferences", post(preferences::set))
        .route("/console", get(overview::show))
        .route("/console/progress", get(overview::follow))
        .route("/console/users", get(users::list))
        .route("/console/users/{id}", get(users::show))
        .route("/console/users/{id}/roles", post(grants::of_user))
        .route("/console/users/{id}/sign-in", get(user_sign_in::show))
        .route("/console/users/{id}/sign-in-link", post(user_sign_in::make_link))
        .route("/console/users/{id}/generator/remove", post(user_sign_in::remove_generator))
        .route("/console/users/{id}/sessions/end", post(user_sign_in::end_session))
        .route("/console/groups", get(groups::list).post(groups::create))
        .route("/console/groups/{id}", get(groups::show).post(groups::update))
        .route("/console/groups/{id}/members", post(groups::change_members))
        .route("/console/groups/{id}/roles", post(grants::of_group))
        .route("/console/groups/{id}/remove", get(groups::plan_removal).post(groups::remove))
        .route("/console/bots", get(bots::list).post(bots::create))
        .route("/console/bots/{id}", get(bots::show).post(bots::update))
        .route("/console/bots/{id}/roles", post(grants::of_bot))
        .route("/console/bots/{id}/remove", get(bots::plan_removal).post(bots::remove))
        .route("/console/roles", get(roles::list).post(role_edit::create))
        .route("/console/roles/new", get(role_edit::blank))
        .route("/console/roles/compare", get(roles::compare))
        .route("/console/roles/{id}", get(roles::show).post(role_edit::update))
        .route("/console/roles/{id}/then", get(role_then::compare))
        .route("/console/roles/{id}/edit", get(role_edit::edit))
        .route("/console/roles/{id}/copy", post(role_edit::copy))
        .route("/console/roles/{id}/remove", get(role_edit::plan_removal).post(role_edit::remove))
        .route("/console/reports", get(reports::index))
        .route("/console/reports/bot/{id}", get(reports::of_bot))
        .route("/console/reports/bot/{id}/csv", get(reports::file_of_bot))
        .route("/console/reports/person/{id}", get(reports::of_person))
        .route("/console/reports/person/{id}/csv", get(reports::file_of_person))
        .route(
            "/console/imports",
            get(imports::list).post(imports::upload).layer(DefaultBodyLimit::max(kore::upload::MAX_FORM_BYTES)),
        )
        .route("/console/imports/export", get(imports::export))
        .route("/console/imports/plans/{id}", get(imports::plan).post(imports::apply))
        .route("/console/imports/{id}/undo", post(imports::undo))
        .route("/console/erasures", get(erasures::list).post(erasure_wish::request))
        .route("/console/erasures/new", get(erasure_wish::blank))
        .route("/console/erasures/preview", post(erasure_wish::preview))
        .route("/console/erasures/{id}", get(erasures::show))
        .route("/console/erasures/{id}/progress", get(erasures::follow))
        .route("/console/erasures/{id}/approve", get(erasures::plan_approval).post(erasures::approve))
        .route("/console/erasures/{id}/cancel", get(erasures::plan_cancellation).post(erasures::cancel))
        .route("/console/erasures/{id}/retry", post(erasures::retry))
        .route("/console/erasures/{id}/receipt", get(erasures::receipt))
        .route("/console/holds", get(holds::list).post(holds::place))
        .route("/console/holds/{id}/release", post(holds::release))
        .route("/console/audit", get(audit::list))
        .route("/console/audit/{id}", get(audit::show))
        .route("/console/apps", get(apps::list).post(apps::create))
        .route("/console/apps/{id}", get(apps::show).post(apps::update))
        .route("/console/apps/{id}/rotate", post(apps::rotate))
        .route("/console/apps/{id}/switch", post(apps::switch))
        .route("/console/apps/{id}/remove", get(apps::plan_removal).post(apps::remove))
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
    use rolecall_control::{holdings::Moment, sessions::Method};
    use rolecall_model::{
        app::Scope,
        audit::Event,
        erasure::{Outcome, State},
        role::Level,
        role::RoleType,
        user::Status,
    };

    let kinds = || error::Kind::SHOWN.map(error::Kind::as_str).to_vec();
    vec![
        ("app-kind", vec!["admin", "builder"]),
        ("app-standing", apps::STANDINGS.to_vec()),
        ("erasure-action", vec!["delete", "mask"]),
        ("erasure-cause", erasures::CAUSES.to_vec()),
        ("erasure-outcome", Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect()),
        ("erasure-state", State::ALL.iter().map(|state| state.as_str()).collect()),
        ("error-text", kinds()),
        ("error-title", kinds()),
        ("event", Event::ALL.iter().map(|event| event.name()).collect()),
        ("export-roles", vec!["admin", "bot"]),
        ("import-done", imports::DONE.to_vec()),
        ("import-mode", vec!["add", "replace"]),
        ("import-roles", vec!["admin", "bot"]),
        ("import-step", imports::STEPS.to_vec()),
        ("level", [Level::No, Level::View, Level::Yes, Level::Full].map(Level::as_str).to_vec()),
        ("method", Method::ALL.map(Method::as_str).to_vec()),
        ("moment", [Moment::Assigned, Moment::Unassigned, Moment::Joined, Moment::Left].map(Moment::as_str).to_vec()),
        ("password-wrong", door::Wrong::ALL.map(door::Wrong::as_str).to_vec()),
        ("role-type", [RoleType::Admin, RoleType::Bot].map(RoleType::as_str).to_vec()),
        ("rule", error::WORDS.to_vec()),
        ("scope", Scope::ALL.map(Scope::as_str).to_vec()),
        ("section", Section::ALL.iter().map(|section| section.as_str()).collect()),
        ("status", [Status::Active, Status::NotActive].map(Status::as_str).to_vec()),
        ("theme", Theme::ALL.map(Theme::as_str).to_vec()),
    ]
}
