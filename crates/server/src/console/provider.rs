//! The way in by the company's identity provider: there, and back.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::sign_in::{
    self, Refusal,
    provider::{self, Question},
};

use super::{ConsoleError, door, preferences::inside};
use crate::{
    Server,
    auth::session::{Stranger, carried, cookie, taken_back},
    error::KoreError,
    kore::request::Params,
};

/// The cookie that binds a question to the browser that asked it, until it is answered.
const COOKIE: &str = "__Host-rolecall-provider";

/// Where the provider leads back to.
const CALLBACK: &str = "/console/oidc/callback";

/// Where a browser comes back to, as the provider knows it: that takes a public URL.
fn callback(server: &Server) -> Result<String, ConsoleError> {
    let base = server.public_url.as_ref().ok_or_else(ConsoleError::not_found)?;
    Ok(format!("{}{CALLBACK}", base.as_str()))
}

/// Leads to the provider.
pub(super) async fn start(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    params: Result<Params, KoreError>,
) -> Result<Response, ConsoleError> {
    let params = params.map_err(|_| ConsoleError::unreadable())?;
    let provider = server.providers.of(params.get("account")).ok_or_else(ConsoleError::not_found)?;
    let callback = callback(&server)?;
    let question = Question {
        account_id: provider.account.clone(),
        issuer: provider.issuer.clone(),
        next: inside(params.get("next").unwrap_or_default()).to_owned(),
        is_again: params.get("again").is_some(),
    };
    let (core, now) = (&server.core, server.core.clock.now());
    let asked = match provider::ask(core, &stranger.meter, stranger.visitor(), &question).await {
        Ok(asked) => asked,
        Err(refusal) => return Err(refused(refusal)),
    };
    match server.providers.place(provider, &asked, &callback, question.is_again, now).await {
        Ok(url) => Ok(door::led(url.as_str(), cookie(COOKIE, &asked.binding))),
        Err(error) => {
            tracing::warn!(error = %error, "nobody can sign in by way of an identity provider: {error}");
            Err(ConsoleError::unavailable())
        }
    }
}

/// What somebody is told who cannot be let in, and could not have typed anything better.
fn refused(refusal: Refusal) -> ConsoleError {
    match refusal {
        Refusal::Failed(error) => error.into(),
        Refusal::TooMany { .. } => ConsoleError::too_many(),
        Refusal::OtherSubject => ConsoleError::other_subject(),
        Refusal::Wrong | Refusal::BadPassword(_) => ConsoleError::not_let_in(),
    }
}

/// Takes the provider's answer.
pub(super) async fn back(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    headers: HeaderMap,
    params: Result<Params, KoreError>,
) -> Result<Response, ConsoleError> {
    let params = params.map_err(|_| ConsoleError::unreadable())?;
    let (Some(state), Some(binding)) = (params.get("state"), carried(&headers, COOKIE)) else {
        return Err(ConsoleError::not_let_in());
    };
    let (core, meter) = (&server.core, &stranger.meter);
    let answered = provider::answered(core, meter, &state.to_owned().into(), &binding).await?;
    let answered = answered.ok_or_else(ConsoleError::not_let_in)?;
    // Whoever thought better of it there is back where one signs in.
    let Some(grant) = params.get("code") else { return Ok(Redirect::to("/console/sign-in").into_response()) };
    let (said, callback) = (params.get("iss"), callback(&server)?);
    let who = server.providers.who(&answered, grant, said, &callback, core.clock.now()).await;
    let who = who.map_err(|error| {
        tracing::warn!(error = %error, "nobody was let in by way of an identity provider: {error}");
        ConsoleError::not_let_in()
    })?;
    let question = &answered.question;
    let let_in =
        sign_in::provider::enter_by_provider(core, &server.gate, meter, stranger.visitor(), &question.account_id, &who);
    let let_in = let_in.await.map_err(refused)?;
    let mut response = door::enter(&let_in, inside(&question.next));
    response.headers_mut().append(header::SET_COOKIE, taken_back(COOKIE));
    Ok(response)
}
