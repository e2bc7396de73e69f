//! What callers of `/access/v1` are told when something did not work: a sentence, as `AuthZEN` has it
//! (section "HTTPS Binding", error responses).
//!
//! A decision is never an error: who may not is told so with a 200.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::{Error as ControlError, Rule, authority::needs};
use rolecall_model::problem::{Problem, Problems};

use crate::{
    auth::{Denied, token::Refusal},
    error::is_put_off,
    say,
};

/// An error on the door of `AuthZEN`.
#[derive(Debug)]
pub struct AccessError {
    status: StatusCode,
    message: String,
    retry_after_s: Option<u64>,
}

impl AccessError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after_s: None }
    }

    /// A path that leads nowhere.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no call has this path")
    }

    /// A server that does not know what it is called.
    pub(crate) fn no_public_url() -> Self {
        Self::new(StatusCode::NOT_FOUND, "this server has no public URL: its operator sets public_url")
    }

    /// A path that does not take this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method; see /openapi.json")
    }

    /// Our fault; the log has the rest under the request's id.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log has more under this x-request-id")
    }

    /// Not now.
    pub(crate) fn unavailable(retry_after_s: u64) -> Self {
        let message = "the server cannot do this right now; send the same request again later";
        Self { retry_after_s: Some(retry_after_s), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// A body over the limit.
    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, say::body_at_most_mib(limit_bytes >> 20).to_string())
    }
}

impl From<Problems> for AccessError {
    fn from(problems: Problems) -> Self {
        Self::new(StatusCode::BAD_REQUEST, problems.to_string())
    }
}

impl From<Problem> for AccessError {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

impl From<Denied> for AccessError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(refusal) => Self::new(StatusCode::UNAUTHORIZED, refusal.message().to_string()),
            Denied::Scope(scope) => Self::new(StatusCode::FORBIDDEN, say::needs_scope(scope).to_string()),
            Denied::Permission(any_of) => Self::new(StatusCode::FORBIDDEN, needs(any_of).to_string()),
            // This door takes tokens only.
            Denied::NoSession | Denied::Elsewhere | Denied::Unconfirmed => Denied::Token(Refusal::Invalid).into(),
            Denied::TooMany(window) => Self::new(StatusCode::TOO_MANY_REQUESTS, window.message().to_string()),
            Denied::UnusableKey => Self::internal(),
            Denied::Failed(error) => error.into(),
        }
    }
}

impl From<ControlError> for AccessError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(problems) => problems.into(),
            ControlError::Refused(faults) if faults.iter().any(|fault| fault.rule == Rule::NotPermitted) => {
                let details: Vec<String> = faults.into_iter().map(|fault| fault.detail.to_string()).collect();
                Self::new(StatusCode::FORBIDDEN, details.join("; "))
            }
            // Nothing else that is asked here can break a rule; what would, is a request nobody can grant.
            ControlError::Refused(_) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            ControlError::Store(_) | ControlError::Sealed if is_put_off(&error) => Self::unavailable(1),
            ControlError::Store(_) | ControlError::Sealed => Self::internal(),
        }
    }
}

impl IntoResponse for AccessError {
    fn into_response(self) -> Response {
        // A text in the body is `text/plain` by itself.
        let mut response = (self.status, self.message).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
