//! What callers of our own API are told when something did not work: problem details (RFC 9457).
//!
//! One match from what went wrong to this door's words, as [`crate::error`] has one for the vendor's.
//! The type of a problem is stable: programs decide by it, people read the rest, each in their language.
//! So a problem leaves its handler as what it is, and `finish` writes it down for whoever asked.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::{Error as ControlError, Fault, Rule, authority::needs};
use rolecall_erasure::{engine::Error as EngineError, stores::Failure};
use rolecall_model::{
    phrase::Text,
    problem::{Problem, Problems},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Server,
    auth::{Denied, has_token},
    console::{accepted_by, language_of},
    erasing::NoPreview,
    error::is_put_off,
    i18n::{Language, Words},
    say,
};

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// Which kind of problem it is: a reference that stays the same, such as `/problems/wrong-state`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: String,
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
type Kind = (&'static str, StatusCode, fn() -> Text);

const INVALID: Kind = ("invalid-request", StatusCode::BAD_REQUEST, say::title_invalid);
const INVALID_TOKEN: Kind = ("invalid-token", StatusCode::UNAUTHORIZED, say::title_invalid_token);
const MISSING_SCOPE: Kind = ("missing-scope", StatusCode::FORBIDDEN, say::title_missing_scope);
const NOT_PERMITTED: Kind = ("not-permitted", StatusCode::FORBIDDEN, say::title_not_permitted);
const NO_SESSION: Kind = ("no-session", StatusCode::UNAUTHORIZED, say::title_no_session);
const ELSEWHERE: Kind = ("cross-site", StatusCode::FORBIDDEN, say::title_elsewhere);
const REAUTHENTICATE: Kind = ("reauthenticate", StatusCode::FORBIDDEN, say::title_reauthenticate);
const NOT_FOUND: Kind = ("not-found", StatusCode::NOT_FOUND, say::title_not_found);
const NOT_ALLOWED: Kind = ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, say::title_not_allowed);
const TOO_LARGE: Kind = ("too-large", StatusCode::PAYLOAD_TOO_LARGE, say::title_too_large);
const TOO_MANY: Kind = ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, say::title_too_many);
const INTERNAL: Kind = ("internal", StatusCode::INTERNAL_SERVER_ERROR, say::title_internal);
const UNAVAILABLE: Kind = ("unavailable", StatusCode::SERVICE_UNAVAILABLE, say::title_unavailable);

/// An error on our own door.
#[derive(Clone, Debug)]
pub struct ApiProblem {
    kind: Kind,
    detail: Detail,
    /// Where something is wrong, and what.
    errors: Vec<(String, Text)>,
    retry_after_s: Option<u64>,
}

/// What is wrong this time.
#[derive(Clone, Debug)]
enum Detail {
    /// A sentence.
    Whole(Text),
    /// What is told in passing elsewhere, and is a sentence of its own here.
    InPassing(Text),
}

impl Detail {
    /// As a sentence in the language of `words`. English begins it with a capital and ends it with a full stop;
    /// the other languages write whatever is told as a sentence.
    fn written(&self, words: &Words) -> String {
        match self {
            Self::InPassing(text) if words.language() == Language::English => sentence(&text.to_string()),
            Self::Whole(text) | Self::InPassing(text) => words.say(text),
        }
    }
}

impl ApiProblem {
    fn new(kind: Kind, detail: Text) -> Self {
        Self { kind, detail: Detail::Whole(detail), errors: Vec::new(), retry_after_s: None }
    }

    fn in_passing(kind: Kind, detail: Text) -> Self {
        Self { detail: Detail::InPassing(detail.clone()), ..Self::new(kind, detail) }
    }

    /// A path that leads nowhere, or to what is not there.
    pub(crate) fn not_found() -> Self {
        Self::new(NOT_FOUND, say::no_such_call())
    }

    /// A path that does not take this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(NOT_ALLOWED, say::method_in_the_document())
    }

    /// Our fault; the log has the rest under the request's id.
    pub(crate) fn internal() -> Self {
        Self::new(INTERNAL, say::more_in_the_log())
    }

    /// Not now.
    pub(crate) fn unavailable(retry_after_s: u64) -> Self {
        let detail = say::send_later();
        Self { retry_after_s: Some(retry_after_s), ..Self::new(UNAVAILABLE, detail) }
    }

    /// A change that does not say of what version.
    pub(crate) fn version_required() -> Self {
        let kind: Kind = ("version-required", StatusCode::PRECONDITION_REQUIRED, say::title_version_required);
        Self::new(kind, say::send_if_match())
    }

    /// A body over the limit.
    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        Self::in_passing(TOO_LARGE, say::body_at_most_mib(limit_bytes >> 20))
    }
}

/// The kind of problem that a broken rule is. Rules of calls this door does not have are told alike.
fn kind_of(fault: &Fault) -> Kind {
    match fault.rule {
        // What the path names, and not the body.
        Rule::UnknownBot | Rule::UnknownGroup | Rule::UnknownRole | Rule::UnknownUser if fault.path.is_empty() => {
            NOT_FOUND
        }
        Rule::UnknownUser => ("unknown-user", StatusCode::UNPROCESSABLE_ENTITY, say::title_unknown_user),
        Rule::UnknownGroup => ("unknown-group", StatusCode::UNPROCESSABLE_ENTITY, say::title_unknown_group),
        Rule::UnknownRole => ("unknown-role", StatusCode::UNPROCESSABLE_ENTITY, say::title_unknown_role),
        Rule::GroupCycle => ("group-cycle", StatusCode::UNPROCESSABLE_ENTITY, say::title_group_cycle),
        Rule::AddAndRemove => ("add-and-remove", StatusCode::UNPROCESSABLE_ENTITY, say::title_add_and_remove),
        Rule::RoleFixed => ("built-in-role", StatusCode::FORBIDDEN, say::title_built_in_role),
        Rule::UnknownBot => ("unknown-bot", StatusCode::UNPROCESSABLE_ENTITY, say::title_unknown_bot),
        Rule::Taken => ("taken", StatusCode::CONFLICT, say::title_taken),
        Rule::Moved => ("moved", StatusCode::CONFLICT, say::title_moved),
        Rule::UnknownAccount
        | Rule::UnknownApp
        | Rule::UnknownErasure
        | Rule::UnknownHold
        | Rule::UnknownImport
        | Rule::UnknownSession => NOT_FOUND,
        Rule::WrongState => ("wrong-state", StatusCode::CONFLICT, say::title_wrong_state),
        Rule::NoReceipt => ("no-receipt", StatusCode::CONFLICT, say::title_no_receipt),
        Rule::NotPermitted => NOT_PERMITTED,
        Rule::StoreTaken => ("store-taken", StatusCode::CONFLICT, say::title_store_taken),
        Rule::Stale => ("stale", StatusCode::PRECONDITION_FAILED, say::title_stale),
        Rule::KeyReused => ("key-reused", StatusCode::UNPROCESSABLE_ENTITY, say::title_key_reused),
        Rule::KeyRunning => ("key-running", StatusCode::CONFLICT, say::title_key_running),
        Rule::TooManyKeys => ("too-many-keys", StatusCode::TOO_MANY_REQUESTS, say::title_too_many_keys),
        Rule::AnswerLost => ("answer-lost", StatusCode::CONFLICT, say::title_answer_lost),
        _ => ("refused", StatusCode::UNPROCESSABLE_ENTITY, say::title_refused),
    }
}

/// What is told in passing, as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

/// One problem in a sentence of its own, several by their number.
impl From<Problems> for ApiProblem {
    fn from(problems: Problems) -> Self {
        let errors = problems.into_vec().into_iter().map(|Problem { path, detail }| (path, detail));
        let errors: Vec<(String, Text)> = errors.collect();
        let detail = match errors.as_slice() {
            [(place, detail)] if place.is_empty() => say::body_has_problem(detail.clone()),
            [(place, detail)] => say::place_has_problem(place, detail.clone()),
            many => say::n_problems(many.len()),
        };
        Self { errors, ..Self::new(INVALID, detail) }
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
            Denied::Token(refusal) => Self::new(INVALID_TOKEN, say::stopped(refusal.message())),
            Denied::Scope(scope) => Self::in_passing(MISSING_SCOPE, say::needs_scope(scope)),
            Denied::Permission(any_of) => Self::in_passing(NOT_PERMITTED, needs(any_of)),
            Denied::NoSession => Self::new(NO_SESSION, say::session_over()),
            Denied::Elsewhere => Self::new(ELSEWHERE, say::sent_from_elsewhere()),
            Denied::Unconfirmed => Self::new(REAUTHENTICATE, say::confirm_first()),
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
                let problem = match faults.as_slice() {
                    [only] => Self::in_passing(kind, only.detail.clone()),
                    many => Self::new(kind, say::n_problems(many.len())),
                };
                let is_running = faults.iter().any(|fault| fault.rule == Rule::KeyRunning);
                let errors = faults.into_iter().map(|Fault { path, detail, .. }| (path, detail));
                let errors = errors.filter(|(path, _)| !path.is_empty()).collect();
                Self { errors, retry_after_s: is_running.then_some(1), ..problem }
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
                let kind: Kind = ("no-data-map", StatusCode::CONFLICT, say::title_no_data_map);
                Self::new(kind, say::set_a_data_map())
            }
            EngineError::Foreign { store, error } if matches!(error.kind, Failure::Unreachable | Failure::Busy) => {
                tracing::info!(store, error = %error, "a preview was put off");
                Self { detail: Detail::Whole(say::store_is_away(store)), ..Self::unavailable(10) }
            }
            EngineError::Foreign { store, error } => {
                tracing::warn!(store, error = %error, "a preview failed");
                let kind: Kind = ("store-failed", StatusCode::CONFLICT, say::title_store_failed);
                let detail = say::store_refuses(store, error.code);
                Self::new(kind, detail)
            }
            error => {
                tracing::error!(error = %error, "a preview failed");
                Self::internal()
            }
        }
    }
}

/// The problem without what people read, for `finish` to write down.
impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let (_, status, _) = self.kind;
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// How problems are written for whoever asks.
pub(crate) struct Asker {
    words: Words,
    has_token: bool,
}

impl Asker {
    /// Whoever sent these headers: an app in the language its `Accept-Language` prefers, a person in the
    /// language chosen in the console, if one was.
    pub(crate) fn of(server: &Server, headers: &HeaderMap) -> Self {
        let has_token = has_token(headers);
        let language = if has_token { accepted_by(headers) } else { language_of(headers) };
        Self { words: Words::new(&server.texts, language), has_token }
    }
}

/// `response` as it goes out: a problem in the words of `asker`.
pub(crate) fn finish(mut response: Response, asker: &Asker) -> Response {
    let Some(problem) = response.extensions_mut().remove::<ApiProblem>() else { return response };
    let words = &asker.words;
    let (name, status, title) = problem.kind;
    let places = problem.errors.iter().map(|(path, detail)| Place { pointer: path.clone(), detail: words.say(detail) });
    let document = Document {
        kind: format!("/problems/{name}"),
        title: words.say(&title()),
        status: status.as_u16(),
        detail: problem.detail.written(words),
        errors: places.collect(),
    };
    let (mut parts, body) = Json(document).into_response().into_parts();
    parts.status = status;
    parts.headers.extend(response.headers().clone());
    let headers = &mut parts.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.language().tag()));
    let differs_by = if asker.has_token { "accept-language" } else { "accept-language, cookie" };
    headers.append(header::VARY, HeaderValue::from_static(differs_by));
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::to_bytes;

    use super::*;
    use crate::i18n::Texts;

    #[tokio::test]
    async fn what_hardly_a_request_can_provoke_is_told_in_each_language() {
        let texts = Arc::new(Texts::default());
        let mut told = String::new();
        let problems = [
            ApiProblem::internal(),
            ApiProblem::unavailable(10),
            NoPreview::Engine(EngineError::NoMap).into(),
            Denied::Unconfirmed.into(),
            ControlError::refused(Rule::AnswerLost, "", say::answer_lost(7_i64)).into(),
            ControlError::refused(Rule::KeyRunning, "", say::key_running()).into(),
        ];
        for problem in problems {
            for language in Language::ALL {
                let asker = Asker { words: Words::new(&texts, language), has_token: true };
                let response = finish(problem.clone().into_response(), &asker);
                let retry = response.headers().get(header::RETRY_AFTER).cloned();
                assert_eq!(retry.is_some(), problem.retry_after_s.is_some());
                assert_eq!(response.headers().get(header::CONTENT_LANGUAGE).unwrap(), language.tag());
                let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                told.push_str(std::str::from_utf8(&body).unwrap());
                told.push('\n');
            }
        }
        insta::assert_snapshot!(told);
    }
}
