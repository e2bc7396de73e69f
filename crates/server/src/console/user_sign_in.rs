//! How a user signs in, for those who look after others: a one-time link, a lost code generator, and the
//! sessions there are.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    sessions::{self, OfUser},
    sign_in::{self, Help},
    users::{self, Details},
};
use rolecall_model::time::Instant;
use secrecy::ExposeSecret as _;

use super::{ConsoleError, Form, Html, Reader, Section, Shell, query::Id, users::name_of};
use crate::{
    Server,
    auth::{Caller, ManageUsers},
    public_url::PublicUrl,
};

fn place(id: &str) -> String {
    format!("/console/users/{id}/sign-in")
}

#[derive(Template)]
#[template(path = "console/user_sign_in.html")]
struct Page {
    shell: Shell,
    details: Details,
    help: Help,
    /// Nothing for those who may not see them.
    sessions: Option<OfUser>,
}

impl Page {
    fn name(&self) -> String {
        let user = &self.details.user;
        name_of(&user.first_name, &user.last_name, &user.email)
    }

    /// Where the forms are sent that end sessions.
    fn end_path(&self) -> String {
        format!("/console/users/{}/sessions/end", self.details.user.id)
    }
}

/// The page.
pub(super) async fn show(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<ManageUsers, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    // Who has been away for a while shows first who it is: what is done here lets somebody in, or out.
    caller.recently_authenticated()?;
    let ctx = &caller.ctx;
    let details = users::find(ctx, &id).await?.ok_or_else(ConsoleError::not_found)?;
    let help = sign_in::help(ctx, &id).await?;
    if help.is_none() {
        return Err(ConsoleError::forbidden());
    }
    let sessions = if help.sessions {
        Some(sessions::list(ctx, &server.gate.settings, Some(&id), caller.session()).await?)
    } else {
        None
    };
    Ok(Html(Page { shell: Shell::of(&reader, &caller, Section::Users), details, help, sessions }))
}

#[derive(Template)]
#[template(path = "console/user_link.html")]
struct Link {
    shell: Shell,
    id: String,
    email: String,
    url: String,
    expires_at: Instant,
}

/// Makes a link for the user, and shows it: the only page that ever has it.
pub(super) async fn make_link(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<ManageUsers, ConsoleError>,
    Id(id): Id,
    headers: HeaderMap,
    _form: Form,
) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let made = sign_in::make_link(&caller.ctx, &id).await?;
    let base = PublicUrl::shown(server.public_url.as_ref(), &headers);
    let url = format!("{base}/console/set-up/{}", made.token.expose_secret());
    let shell = Shell { place: place(&id), ..Shell::of(&reader, &caller, Section::Users) };
    Ok(Html(Link { shell, id, email: made.email, url, expires_at: made.expires_at }).into_response())
}

/// Takes the user's code generator away, which the user has lost.
pub(super) async fn remove_generator(
    caller: Caller<ManageUsers, ConsoleError>,
    Id(id): Id,
    _form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    sign_in::take_generator_away(&caller.ctx, &id).await?;
    Ok(Redirect::to(&place(&id)))
}

/// Ends one of the user's sessions, or all of them but the one that asks.
pub(super) async fn end_session(
    caller: Caller<ManageUsers, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    match form.field("session") {
        "" => drop(sessions::end_all(&caller.ctx, &id, caller.session()).await?),
        session => sessions::end(&caller.ctx, session).await?,
    }
    Ok(Redirect::to(&place(&id)))
}
