//! Passkeys. The browser's part takes its script; these are the questions it asks and the answers it brings.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_control::{
    sign_in::{
        self, Refusal,
        passkeys::{Asserted, Registered},
    },
    webauthn::{Algorithm, Site},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{ConsoleError, Form, door::Person, preferences::inside};
use crate::{
    Server,
    auth::session::{COOKIE, Stranger, cookie, is_from_here},
};

/// How long a browser is to wait for a touch. Units: milliseconds.
const WAIT_MS: u32 = 300_000;

/// The most bytes an answer has.
const MAX_BYTES: usize = 64 * 1024;

/// What passkeys of this server are bound to; none without a public URL that has a name: an address is no
/// place for a key.
pub(super) fn site(server: &Server) -> Option<Site> {
    let origin = server.public_url.as_ref()?.as_str().to_owned();
    let host = Url::parse(&origin).ok()?.host()?.to_owned();
    match host {
        url::Host::Domain(rp_id) => Some(Site { origin, rp_id }),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

fn some_site(server: &Server) -> Result<Site, ConsoleError> {
    site(server).ok_or_else(ConsoleError::not_found)
}

/// What the script sends: JSON, from a page of this server.
pub(super) struct Sent<T>(T);

impl<S: Send + Sync, T: for<'de> Deserialize<'de>> FromRequest<S> for Sent<T> {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ConsoleError> {
        if !is_from_here(request.headers()) {
            return Err(ConsoleError::from_elsewhere());
        }
        let body = axum::body::Bytes::from_request(request, state).await.map_err(|_| ConsoleError::unreadable())?;
        if body.len() > MAX_BYTES {
            return Err(ConsoleError::unreadable());
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| ConsoleError::unreadable())
    }
}

/// Bytes as the script writes them.
#[derive(Clone, Debug)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A passkey that was made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct New {
    client_data: Bytes,
    attestation: Bytes,
    name: String,
}

/// A passkey that was used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Used {
    id: String,
    client_data: Bytes,
    data: Bytes,
    signature: Bytes,
    user_handle: Bytes,
    #[serde(default)]
    next: String,
}

impl Used {
    fn answer(self) -> (Asserted, String) {
        let answer = Asserted {
            credential_id: self.id,
            client_data: self.client_data.0,
            data: self.data.0,
            signature: self.signature.0,
            user_handle: self.user_handle.0,
        };
        (answer, self.next)
    }
}

/// What a browser is told to use a key with: one of those that are named, or, where none is, any that is bound
/// to this server.
fn question(site: &Site, challenge: &SecretString, any_of: &[String]) -> Json<Value> {
    Json(json!({
        "challenge": challenge.expose_secret(), "rpId": site.rp_id, "userVerification": "required", "timeout": WAIT_MS,
        "allowCredentials": named(any_of),
    }))
}

/// Keys as browsers are told of them.
fn named(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"type": "public-key", "id": id})).collect()
}

/// Asks whoever stands at the door for a passkey.
pub(super) async fn ask(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    Sent(_): Sent<Value>,
) -> Result<Response, ConsoleError> {
    let site = some_site(&server)?;
    let asked = sign_in::passkeys::ask_for_passkey(&server.core, &stranger.meter, stranger.visitor()).await;
    Ok(question(&site, &asked.map_err(refused)?, &[]).into_response())
}

/// Lets whoever used a passkey in.
pub(super) async fn enter(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    Sent(used): Sent<Used>,
) -> Result<Response, ConsoleError> {
    let site = some_site(&server)?;
    let (answer, next) = used.answer();
    let (core, gate, meter) = (&server.core, &server.gate, &stranger.meter);
    let let_in = sign_in::passkeys::enter_by_passkey(core, gate, meter, stranger.visitor(), &site, &answer).await;
    Ok(leads(inside(&next), cookie(COOKIE, &let_in.map_err(refused)?.begun.token)))
}

/// Where the script leads, with a cookie.
fn leads(next: &str, cookie: HeaderValue) -> Response {
    let mut response = Json(json!({ "next": next })).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

fn refused(refusal: Refusal) -> ConsoleError {
    match refusal {
        Refusal::Failed(error) => error.into(),
        Refusal::TooMany { .. } => ConsoleError::too_many(),
        Refusal::Wrong | Refusal::OtherSubject | Refusal::BadPassword(_) => ConsoleError::not_let_in(),
    }
}

/// Asks the person once more for a passkey.
pub(super) async fn ask_again(
    State(server): State<Arc<Server>>,
    caller: Person,
    Sent(_): Sent<Value>,
) -> Result<Response, ConsoleError> {
    let site = some_site(&server)?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let (challenge, own) = sign_in::passkeys::ask_for_passkey_again(&caller.ctx, session).await?;
    Ok(question(&site, &challenge, &own).into_response())
}

/// Takes a passkey for showing once more who one is.
pub(super) async fn confirm(
    State(server): State<Arc<Server>>,
    caller: Person,
    Sent(used): Sent<Used>,
) -> Result<Response, ConsoleError> {
    let site = some_site(&server)?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let (answer, next) = used.answer();
    let token = sign_in::passkeys::confirm_by_passkey(&caller.ctx, &site, session, &answer).await;
    Ok(leads(inside(&next), cookie(COOKIE, &token.map_err(refused)?)))
}

/// Asks the person to make a passkey.
pub(super) async fn begin(
    State(server): State<Arc<Server>>,
    caller: Person,
    Sent(_): Sent<Value>,
) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let site = some_site(&server)?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let asked = sign_in::passkeys::begin_passkey(&caller.ctx, session).await?;
    let kinds = Algorithm::ALL.map(|algorithm| json!({"type": "public-key", "alg": algorithm.number()}));
    Ok(Json(json!({
        "challenge": asked.challenge.expose_secret(),
        "rp": {"id": site.rp_id, "name": "Rolecall"},
        "user": {"id": URL_SAFE_NO_PAD.encode(&asked.user_handle), "name": asked.email, "displayName": asked.email},
        "pubKeyCredParams": kinds,
        "excludeCredentials": named(&asked.known),
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
        "attestation": "none",
        "timeout": WAIT_MS,
    }))
    .into_response())
}

/// Registers the passkey that was made.
pub(super) async fn add(
    State(server): State<Arc<Server>>,
    caller: Person,
    Sent(new): Sent<New>,
) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let site = some_site(&server)?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let answer = Registered { client_data: new.client_data.0, attestation: new.attestation.0, name: new.name };
    sign_in::passkeys::add_passkey(&caller.ctx, &site, session, &answer).await.map_err(refused)?;
    Ok(Json(json!({"next": "/console/account"})).into_response())
}

/// Removes one of the own passkeys.
pub(super) async fn remove(caller: Person, form: Form) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    sign_in::passkeys::remove_passkey(&caller.ctx, session, form.field("passkey")).await?;
    Ok(Redirect::to("/console/account").into_response())
}
