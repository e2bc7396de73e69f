//! `GET /.well-known/authzen-configuration`: where to ask.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use rolecall_control::Error as ControlError;
use rolecall_erasure::receipt::{self, CannotSign};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::AccessError;
use crate::Server;

/// How long signed metadata is good. Units: seconds.
const LIFE_S: i64 = 86_400;

/// Where to ask what.
#[derive(Serialize, ToSchema)]
pub struct Metadata {
    /// The server's public URL.
    pub policy_decision_point: String,
    /// Where to ask whether somebody may.
    pub access_evaluation_endpoint: String,
    /// Where to ask about several.
    pub access_evaluations_endpoint: String,
    /// Where to ask who may.
    pub search_subject_endpoint: String,
    /// Where to ask where somebody may.
    pub search_resource_endpoint: String,
    /// Where to ask what somebody may.
    pub search_action_endpoint: String,
    /// The same as a JWT, signed with a key of `/.well-known/jwks.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = true)]
    pub signed_metadata: Option<String>,
}

/// Where to ask
///
/// The addresses of the calls of OpenID `AuthZEN`, made of the public URL that the operator set and of
/// nothing that a request says. `signed_metadata` has them once more as a JWT (EdDSA), signed with a key of
/// `/.well-known/jwks.json` and good for a day.
#[utoipa::path(
    get, path = "/.well-known/authzen-configuration", tag = "Access", security(()),
    responses(
        (status = 200, description = "The addresses.", body = Metadata),
        (status = 404, description = "The operator has not set a public URL.", body = String, content_type = "text/plain"),
        (status = 500, description = "The keys cannot be opened; the log says why.", body = String, content_type = "text/plain"),
        (status = 503, description = "The server cannot do this right now.", body = String, content_type = "text/plain"),
    ),
)]
pub async fn configuration(State(server): State<Arc<Server>>) -> Result<Response, AccessError> {
    let url = server.public_url.as_ref().ok_or_else(AccessError::no_public_url)?.as_str();
    let endpoint = |path: &str| format!("{url}/access/v1/{path}");
    let mut metadata = Metadata {
        policy_decision_point: url.to_owned(),
        access_evaluation_endpoint: endpoint("evaluation"),
        access_evaluations_endpoint: endpoint("evaluations"),
        search_subject_endpoint: endpoint("search/subject"),
        search_resource_endpoint: endpoint("search/resource"),
        search_action_endpoint: endpoint("search/action"),
        signed_metadata: None,
    };
    let signer = receipt::signer(&server.core).await.map_err(|error| match error {
        CannotSign::Store(error) => ControlError::from(error),
        CannotSign::Sealed => ControlError::Sealed,
    })?;
    // A struct of texts has a JSON form.
    let mut claims = serde_json::to_value(&metadata).unwrap_or_default();
    let now_s = server.core.clock.now().as_ms().div_euclid(1_000);
    for (name, value) in [("iss", Value::from(url)), ("iat", now_s.into()), ("exp", (now_s + LIFE_S).into())] {
        if let Some(claims) = claims.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
    }
    metadata.signed_metadata = Some(signer.sign_claims(&claims));
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(metadata)).into_response())
}
