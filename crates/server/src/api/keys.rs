//! `GET /.well-known/jwks.json`: the keys that receipts and call-backs are checked with.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use rolecall_control::Error as ControlError;
use rolecall_erasure::receipt::{self, CannotSign};

use super::problem::ApiProblem;
use crate::Server;

/// The keys that sign receipts
///
/// The public halves of all keys that have ever signed receipts and call-backs, the newest first, as a
/// JSON Web Key Set (RFC 7517). Keep it with the receipts: with it they can be checked without this
/// server.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Receipts", security(()),
    responses(
        (status = 200, description = "The key set.", body = Object, content_type = "application/jwk-set+json",
         example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "--6IM5l0OosLj9yWskISYhUA3n_3CURQkmrYMSha_ck", "x": "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw"}]})),
        (status = 500, description = "The keys cannot be opened; the log says why.", body = super::problem::Document, content_type = "application/problem+json"),
        (status = 503, description = "The server cannot do this right now.", body = super::problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(State(server): State<Arc<Server>>) -> Result<Response, ApiProblem> {
    let set = receipt::jwks(&server.core).await.map_err(|error| match error {
        CannotSign::Store(error) => ControlError::from(error),
        CannotSign::Sealed => ControlError::Sealed,
    })?;
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, set.to_string()).into_response())
}
