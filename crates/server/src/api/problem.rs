//! What callers of our own API are told when something did not work: problem details (RFC 9457).
//!
//! One match from what went wrong to this door's words, as [`crate::error`] has one for the vendor's.
//! The type of a problem is stable: programs decide by it, people read the rest.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::{Error as ControlError, Fault, Rule, authority::needs};
use rolecall_erasure::{engine::Error as EngineError, stores::Failure};
use rolecall_model::problem::{Problem, Problems};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{auth::Denied, erasing::NoPreview, error::is_put_off};

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// Which kind of problem it is: a reference that stays the same, such as `/problems/wrong-state`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and how to mend it.
    pub detail: String,
    /// Each place where something is wrong; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<Place>,
}

/// A place where something is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    /// A JSON pointer into the body, empty for all of it; or the name of a parameter.
    pub pointer: String,
    /// What is wrong there and how to mend it.
    pub detail: String,
}

/// A kind of problem: its name in the type, its status, its title.
type Kind = (&'static str, StatusCode, &'static str);

const INVALID: Kind = ("invalid-request", StatusCode::BAD_REQUEST, "The request has not the right form");
const INVALID_TOKEN: Kind = ("invalid-token", StatusCode::UNAUTHORIZED, "There is no valid token");
const MISSING_SCOPE: Kind = ("missing-scope", StatusCode::FORBIDDEN, "The app may not do this");
const NOT_PERMITTED: Kind = ("not-permitted", StatusCode::FORBIDDEN, "You may not do this");
const NO_SESSION: Kind = ("no-session", StatusCode::UNAUTHORIZED, "Nobody is signed in");
const ELSEWHERE: Kind = ("cross-site", StatusCode::FORBIDDEN, "Another site sent this");
const REAUTHENTICATE: Kind = ("reauthenticate", StatusCode::FORBIDDEN, "It is too long ago that you signed in");
const NOT_FOUND: Kind = ("not-found", StatusCode::NOT_FOUND, "There is nothing here");
const NOT_ALLOWED: Kind = ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method");
const TOO_LARGE: Kind = ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large");
const TOO_MANY: Kind = ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "The rate limit is used up");
const INTERNAL: Kind = ("internal", StatusCode::INTERNAL_SERVER_ERROR, "The server failed");
const UNAVAILABLE: Kind = ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "The server cannot do this right now");

/// An error on our own door.
#[derive(Debug)]
pub struct ApiProblem {
    kind: Kind,
    detail: String,
    errors: Vec<Place>,
    retry_after_s: Option<u64>,
}

impl ApiProblem {
    fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after_s: None }
    }

    /// A path that leads nowhere, or to what is not there.
    pub(crate) fn not_found() -> Self {
        Self::new(NOT_FOUND, "No call has this path, or what it names is not there.")
    }

    /// A path that does not take this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(NOT_ALLOWED, "The document at /openapi.json says which it takes.")
    }

    /// Our fault; the log has the rest under the request's id.
    pub(crate) fn internal() -> Self {
        Self::new(INTERNAL, "The server's log has more under this answer's x-request-id.")
    }

    /// Not now.
    pub(crate) fn unavailable(retry_after_s: u64) -> Self {
        let detail = "Send the same request again later.";
        Self { retry_after_s: Some(retry_after_s), ..Self::new(UNAVAILABLE, detail) }
    }

    /// A change that does not say of what version.
    pub(crate) fn version_required() -> Self {
        let kind = ("version-required", StatusCode::PRECONDITION_REQUIRED, "Say which version you have seen");
        Self::new(kind, "Send the ETag of what you have seen as If-Match, or * to change whatever is there by now.")
    }

    /// A body over the limit.
    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        Self::new(TOO_LARGE, format!("The body may have at most {} MiB.", limit_bytes >> 20))
    }
}

/// The kind of problem that a broken rule is. Rules of calls this door does not have are told alike.
fn kind_of(fault: &Fault) -> Kind {
    match fault.rule {
        // What the path names, and not the body.
        Rule::UnknownBot | Rule::UnknownGroup | Rule::UnknownRole | Rule::UnknownUser if fault.path.is_empty() => {
            NOT_FOUND
        }
        Rule::UnknownUser => ("unknown-user", StatusCode::UNPROCESSABLE_ENTITY, "A user is not known"),
        Rule::UnknownGroup => ("unknown-group", StatusCode::UNPROCESSABLE_ENTITY, "A group is not known"),
        Rule::UnknownRole => ("unknown-role", StatusCode::UNPROCESSABLE_ENTITY, "A role is not known"),
        Rule::GroupCycle => ("group-cycle", StatusCode::UNPROCESSABLE_ENTITY, "A group would contain itself"),
        Rule::AddAndRemove => ("add-and-remove", StatusCode::UNPROCESSABLE_ENTITY, "One is both added and removed"),
        Rule::RoleFixed => ("built-in-role", StatusCode::FORBIDDEN, "The role is built in"),
        Rule::UnknownBot => ("unknown-bot", StatusCode::UNPROCESSABLE_ENTITY, "A bot is not known"),
        Rule::Taken => ("taken", StatusCode::CONFLICT, "It is taken"),
        Rule::Moved => ("moved", StatusCode::CONFLICT, "The account changed meanwhile"),
        Rule::UnknownAccount
        | Rule::UnknownApp
        | Rule::UnknownErasure
        | Rule::UnknownHold
        | Rule::UnknownImport
        | Rule::UnknownSession => NOT_FOUND,
        Rule::WrongState => ("wrong-state", StatusCode::CONFLICT, "This cannot be done in this state"),
        Rule::NoReceipt => ("no-receipt", StatusCode::CONFLICT, "There is no receipt"),
        Rule::NotPermitted => NOT_PERMITTED,
        Rule::StoreTaken => ("store-taken", StatusCode::CONFLICT, "A store belongs to another account"),
        Rule::Stale => ("stale", StatusCode::PRECONDITION_FAILED, "It was changed meanwhile"),
        Rule::KeyReused => ("key-reused", StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key is another call's"),
        Rule::KeyRunning => ("key-running", StatusCode::CONFLICT, "The call is under way"),
        Rule::TooManyKeys => ("too-many-keys", StatusCode::TOO_MANY_REQUESTS, "Too many idempotency keys"),
        Rule::AnswerLost => ("answer-lost", StatusCode::CONFLICT, "The call was carried out, and its answer is gone"),
        _ => ("refused", StatusCode::UNPROCESSABLE_ENTITY, "A rule forbids it"),
    }
}

fn place(path: String, detail: String) -> Place {
    Place { pointer: path, detail }
}

/// What is told in passing, as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

/// One problem in a sentence of its own, several by their number.
fn summary(details: &[Place]) -> String {
    match details {
        [only] => {
            if only.pointer.is_empty() {
                format!("The body {}.", only.detail)
            } else {
                format!("{} {}.", only.pointer, only.detail)
            }
        }
        many => format!("There are {} problems; nothing was done.", many.len()),
    }
}

impl From<Problems> for ApiProblem {
    fn from(problems: Problems) -> Self {
        let errors = problems.into_vec().into_iter().map(|Problem { path, detail }| place(path, detail));
        let errors: Vec<Place> = errors.collect();
        Self { errors, ..Self::new(INVALID, "") }.summed_up()
    }
}

impl ApiProblem {
    fn summed_up(mut self) -> Self {
        self.detail = summary(&self.errors);
        self
    }
}

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

impl From<Denied> for ApiProblem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(refusal) => Self::new(INVALID_TOKEN, format!("{}.", refusal.message())),
            Denied::Scope(scope) => {
                Self::new(MISSING_SCOPE, format!("The app needs the scope {scope} and must be of kind admin."))
            }
            Denied::Permission(any_of) => Self::new(NOT_PERMITTED, sentence(&needs(any_of))),
            Denied::NoSession => Self::new(NO_SESSION, "The session is over; sign in at /console/sign-in."),
            Denied::Elsewhere => Self::new(
                ELSEWHERE,
                "A call by a session that changes something says Sec-Fetch-Site: same-origin, or has an Origin that is its Host.",
            ),
            Denied::Unconfirmed => {
                Self::new(REAUTHENTICATE, "Show once more who you are at /console/confirm, then send the call again.")
            }
            Denied::TooMany(window) => Self::new(TOO_MANY, window.message()),
            Denied::UnusableKey => Self::internal(),
            Denied::Failed(error) => error.into(),
        }
    }
}

impl From<ControlError> for ApiProblem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(problems) => problems.into(),
            ControlError::Refused(faults) => {
                let kind = faults.first().map_or(NOT_FOUND, kind_of);
                let detail = match faults.as_slice() {
                    [only] => sentence(&only.detail),
                    many => format!("There are {} problems; nothing was done.", many.len()),
                };
                let is_running = faults.iter().any(|fault| fault.rule == Rule::KeyRunning);
                let errors = faults.into_iter().map(|Fault { path, detail, .. }| place(path, detail));
                let errors = errors.filter(|place| !place.pointer.is_empty()).collect();
                Self { errors, retry_after_s: is_running.then_some(1), ..Self::new(kind, detail) }
            }
            ControlError::Store(_) | ControlError::Sealed if is_put_off(&error) => Self::unavailable(1),
            ControlError::Store(_) | ControlError::Sealed => Self::internal(),
        }
    }
}

impl From<NoPreview> for ApiProblem {
    fn from(none: NoPreview) -> Self {
        let error = match none {
            NoPreview::Control(error) => return error.into(),
            NoPreview::Engine(error) => error,
        };
        match error {
            EngineError::Store(error) => ControlError::from(error).into(),
            EngineError::NoMap => {
                let kind = ("no-data-map", StatusCode::CONFLICT, "The account has no data map");
                Self::new(
                    kind,
                    "Without one nothing is known to erase; the operator sets it with `rolecall datamap set`.",
                )
            }
            EngineError::Foreign { store, error } if matches!(error.kind, Failure::Unreachable | Failure::Busy) => {
                tracing::info!(store, error = %error, "a preview was put off");
                Self { detail: format!("The store {store} does not answer."), ..Self::unavailable(10) }
            }
            EngineError::Foreign { store, error } => {
                tracing::warn!(store, error = %error, "a preview failed");
                let kind = ("store-failed", StatusCode::CONFLICT, "A store does not do what it is asked");
                let detail = format!("The store {store} refuses ({}); `rolecall datamap check` says more.", error.code);
                Self::new(kind, detail)
            }
            error => {
                tracing::error!(error = %error, "a preview failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let (name, status, title) = self.kind;
        let document = Document {
            kind: format!("/problems/{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            errors: self.errors,
        };
        let mut response = (status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
