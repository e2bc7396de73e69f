//! What callers are told when something did not work.
//!
//! One match for each door, from [`rolecall_control::Error`] to that door's words: the vendor's here,
//! our own API's in [`crate::api::problem`]. The body never holds our internals, and the log never
//! holds what a caller sent.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rolecall_control::{Error as ControlError, Fault, Rule, authority::needs};
use rolecall_model::problem::{Problem, Problems};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Denied, token::Refusal};

/// The vendor's error body (wire section 4).
#[derive(Debug, Serialize, ToSchema)]
pub struct Errors {
    /// One element for each thing that is wrong; at most 100.
    pub errors: Vec<ErrorRow>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorRow {
    /// The vendor's text, as scripts compare it.
    pub msg: String,
    /// The vendor's code, or the HTTP status where it has none.
    pub code: u16,
    /// Where: a JSON pointer into the body or the name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is wrong there and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An error on the vendor-compatible door.
#[derive(Debug)]
pub struct KoreError {
    status: StatusCode,
    errors: Vec<ErrorRow>,
    retry_after_s: Option<u64>,
}

/// The text for a body or a parameter of the wrong form.
const INVALID: &str = "Validation errors/ Invalid arguments";

impl KoreError {
    /// An error with one row.
    pub fn new(status: StatusCode, msg: impl Into<String>, code: u16) -> Self {
        let row = ErrorRow { msg: msg.into(), code, path: None, detail: None };
        Self { status, errors: vec![row], retry_after_s: None }
    }

    /// The same with a sentence on how to mend it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        if let Some(row) = self.errors.first_mut() {
            row.detail = Some(detail.into());
        }
        self
    }

    /// A path that leads nowhere.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", 404)
    }

    /// A path that does not take this method.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", 405)
    }

    /// Our fault; the log has the rest under the request's id.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", 500)
    }

    /// Not now.
    pub fn unavailable(retry_after_s: u64) -> Self {
        let detail = "The server cannot do this right now. Send the same request again later.";
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", 503).with_detail(detail)
        }
    }

    /// A body over the limit.
    pub fn too_large(limit_bytes: usize) -> Self {
        let detail = format!("The body may have at most {} MiB.", limit_bytes >> 20);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", 413).with_detail(detail)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// The vendor's status, text and code for a rule that would be broken (wire sections 4 and 15).
fn told(rule: Rule) -> (StatusCode, &'static str) {
    match rule {
        Rule::UnknownRole => (StatusCode::BAD_REQUEST, "Invalid role id"),
        Rule::UnknownBot => (StatusCode::BAD_REQUEST, "Invalid StreamId"),
        Rule::UnknownUser => (StatusCode::BAD_REQUEST, "One or more entered users not found"),
        Rule::UnknownEmail => (StatusCode::BAD_REQUEST, "One or more entered emails not found"),
        Rule::UnknownGroup => (StatusCode::BAD_REQUEST, "One or more entered groups not found"),
        Rule::UnknownFile => (StatusCode::BAD_REQUEST, "Invalid file id"),
        Rule::UnknownImport | Rule::UnknownErasure => (StatusCode::BAD_REQUEST, "Invalid request ID"),
        Rule::UnknownAccount | Rule::UnknownApp | Rule::UnknownHold | Rule::UnknownSession => {
            (StatusCode::NOT_FOUND, "Not Found")
        }
        Rule::AddAndRemove => (StatusCode::BAD_REQUEST, "Conflicting add and remove"),
        Rule::RoleNotAssignable => (StatusCode::FORBIDDEN, "Role cannot be assigned"),
        Rule::BadFile => (StatusCode::BAD_REQUEST, "Invalid file content"),
        Rule::GroupCycle => (StatusCode::BAD_REQUEST, "A group cannot contain itself"),
        Rule::CreatorMustDevelop => (StatusCode::FORBIDDEN, "Invalid values in the body"),
        Rule::NobodyGiven => (StatusCode::BAD_REQUEST, "emailIds cannot be empty"),
        Rule::BadEmail => (StatusCode::BAD_REQUEST, "Invalid emailId"),
        Rule::Taken => (StatusCode::CONFLICT, "Already exists"),
        Rule::Moved => (StatusCode::CONFLICT, "The account changed meanwhile"),
        Rule::WrongState => (StatusCode::CONFLICT, "Not possible in this state"),
        Rule::NoReceipt => (StatusCode::CONFLICT, "There is no receipt yet"),
        Rule::StoreTaken => (StatusCode::CONFLICT, "The store belongs to another account"),
        Rule::NotPermitted => (StatusCode::FORBIDDEN, "Permission denied"),
        Rule::RoleFixed => (StatusCode::FORBIDDEN, "Role cannot be changed"),
        Rule::Stale => (StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"),
        Rule::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key is another call's"),
        Rule::KeyRunning => (StatusCode::CONFLICT, "The call is under way"),
        Rule::TooManyKeys => (StatusCode::TOO_MANY_REQUESTS, "Too many idempotency keys"),
        Rule::AnswerLost => (StatusCode::CONFLICT, "The call was carried out"),
    }
}

/// The vendor's text for a rule that would be broken.
pub(crate) fn message(rule: Rule) -> &'static str {
    told(rule).1
}

fn row(fault: Fault) -> ErrorRow {
    let (status, msg) = told(fault.rule);
    let path = Some(fault.path).filter(|path| !path.is_empty());
    ErrorRow { msg: msg.to_owned(), code: status.as_u16(), path, detail: Some(fault.detail.to_string()) }
}

impl From<Denied> for KoreError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(refusal) => {
                Self::new(StatusCode::UNAUTHORIZED, refusal.message().to_string(), refusal.code())
            }
            Denied::Scope(scope) => Self::new(StatusCode::UNAUTHORIZED, "Permission denied. Scope is incorrect!", 4002)
                .with_detail(format!("The app needs the scope {scope} and must be of kind admin.")),
            Denied::Permission(any_of) => Self::new(StatusCode::FORBIDDEN, message(Rule::NotPermitted), 403)
                .with_detail(needs(any_of).to_string()),
            // The vendor's door takes tokens only.
            Denied::NoSession | Denied::Elsewhere | Denied::Unconfirmed => Denied::Token(Refusal::Invalid).into(),
            Denied::TooMany(window) => Self::new(StatusCode::TOO_MANY_REQUESTS, window.message().to_string(), 429),
            Denied::UnusableKey => Self::internal(),
            Denied::Failed(error) => error.into(),
        }
    }
}

impl From<Problems> for KoreError {
    fn from(problems: Problems) -> Self {
        let rows = problems.into_vec().into_iter().map(|Problem { path, detail }| ErrorRow {
            msg: INVALID.to_owned(),
            code: 412,
            path: Some(path),
            detail: Some(detail.to_string()),
        });
        Self { status: StatusCode::PRECONDITION_FAILED, errors: rows.collect(), retry_after_s: None }
    }
}

impl From<Problem> for KoreError {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

/// Writes a failure that is not the caller's to the log; whether the caller may soon try again.
pub(crate) fn is_put_off(error: &ControlError) -> bool {
    let ControlError::Store(cause) = error else {
        tracing::error!(error = %error, "a request failed");
        return false;
    };
    let is_put_off = matches!(cause, rolecall_store::Error::Busy { .. } | rolecall_store::Error::Unreachable { .. });
    if is_put_off {
        tracing::info!(error = %cause, "a request was put off");
    } else {
        tracing::error!(error = %cause, "a request failed");
    }
    is_put_off
}

impl From<ControlError> for KoreError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(problems) => problems.into(),
            ControlError::Refused(faults) => {
                let status = faults.first().map_or(StatusCode::BAD_REQUEST, |fault| told(fault.rule).0);
                Self { status, errors: faults.into_iter().map(row).collect(), retry_after_s: None }
            }
            ControlError::Store(_) | ControlError::Sealed if is_put_off(&error) => Self::unavailable(1),
            ControlError::Store(_) | ControlError::Sealed => Self::internal(),
        }
    }
}

impl From<rolecall_store::Error> for KoreError {
    fn from(error: rolecall_store::Error) -> Self {
        ControlError::from(error).into()
    }
}

impl IntoResponse for KoreError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Errors { errors: self.errors })).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
