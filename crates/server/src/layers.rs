//! What happens around every request: its path is brought into one form, it gets an id, a time
//! limit and one log line, and a panic in it becomes a 500.

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use rolecall_model::{app::App, ids::AccountNo};
use rolecall_store::Meter;

use crate::{
    Server,
    access::AccessError,
    api::problem::{self, ApiProblem, Asker},
    compress,
    console::{self, ConsoleError, Reader},
    error::KoreError,
};

/// What is learnt about a request while it is answered, for its log line and its headers.
///
/// Concurrency: shared by the parts of one request.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    meter: Meter,
    learnt: Mutex<Learnt>,
}

#[derive(Default)]
struct Learnt {
    app_id: String,
    account_no: i64,
    headers: Vec<(&'static str, String)>,
}

impl Notes {
    /// Counts what the database does for this request.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Notes who calls.
    pub(crate) fn caller(&self, app: &App) {
        let mut learnt = self.learnt();
        learnt.app_id.clone_from(&app.id);
        learnt.account_no = app.account_no.0;
    }

    /// Notes that a person calls. Which one is nobody's business who reads logs.
    pub(crate) fn person(&self, account: AccountNo) {
        self.learnt().account_no = account.0;
    }

    /// Notes the headers that tell of the rate limits.
    pub(crate) fn limits(&self, headers: Vec<(&'static str, String)>) {
        self.learnt().headers = headers;
    }

    fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        // Nothing panics while it holds the lock, and half a note is still a note.
        self.0.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the path into the one form that routes have (wire section 1): `/api/1.1/public` is
/// `/api/public` in any case of letters, doubled slashes are one, a slash at the end is none. A POST
/// that says `x-http-method-override: DELETE` or `PUT` is one.
pub(crate) fn normalise(mut request: Request) -> Request {
    if let Some(path) = normal_path(request.uri().path()) {
        let mut parts = request.uri().clone().into_parts();
        let path_and_query = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        parts.path_and_query = path_and_query.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    if let Some(over) = request.headers().get("x-http-method-override") {
        *request.method_mut() = match (request.method(), over.as_bytes()) {
            (&Method::POST, word) if word.eq_ignore_ascii_case(b"DELETE") => Method::DELETE,
            (&Method::POST, word) if word.eq_ignore_ascii_case(b"PUT") => Method::PUT,
            (&Method::POST, word) if word.eq_ignore_ascii_case(b"POST") => Method::POST,
            // Only POST can be overridden; TRACE is a method that no route has, so this becomes a 405.
            _ => Method::TRACE,
        };
    }
    request
}

/// The normal form of `path`, if it is another.
fn normal_path(path: &str) -> Option<String> {
    // Nearly every path is in its form already.
    let is_normal = |rest: &str| rest.starts_with('/') && !rest.ends_with('/') && !rest.contains("//");
    if path.strip_prefix("/api/public").is_some_and(is_normal) {
        return None;
    }
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is = |nth: usize, word: &str| segments.get(nth).is_some_and(|segment| segment.eq_ignore_ascii_case(word));
    if is(0, "api") && is(1, "1.1") && is(2, "public") {
        segments.remove(1);
    }
    let is = |nth: usize, word: &str| segments.get(nth).is_some_and(|segment| segment.eq_ignore_ascii_case(word));
    if !(is(0, "api") && is(1, "public")) {
        return None;
    }
    let rest = segments.get(2..).unwrap_or_default();
    let mut normal = "/api/public".to_owned();
    for segment in rest {
        normal.push('/');
        normal.push_str(segment);
    }
    (normal != path).then_some(normal)
}

/// Which door a request came to, for answers that no handler of it gives.
#[derive(Clone, Copy)]
enum Door {
    /// The vendor's, and whatever is none of ours.
    Kore,
    /// Our own API.
    Api,
    /// OpenID `AuthZEN`.
    Access,
    /// The pages for people.
    Console,
}

impl Door {
    fn of(path: &str) -> Self {
        let is_below =
            |door: &str| path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_below("/api/v1") {
            Self::Api
        } else if is_below("/access/v1") || is_below("/.well-known/authzen-configuration") {
            Self::Access
        } else if is_below("/console") {
            Self::Console
        } else {
            Self::Kore
        }
    }

    /// Its words for one answer.
    fn answer(
        self,
        kore: impl FnOnce() -> KoreError,
        api: impl FnOnce() -> ApiProblem,
        access: impl FnOnce() -> AccessError,
        console: impl FnOnce() -> ConsoleError,
    ) -> Response {
        match self {
            Self::Kore => kore().into_response(),
            Self::Api => api().into_response(),
            Self::Access => access().into_response(),
            Self::Console => console().into_response(),
        }
    }
}

/// Marks an answer that stands for a panic.
#[derive(Clone, Copy)]
struct Panicked;

/// Gives the request its id and its time limit, writes its log line and counts it.
pub(crate) async fn observe(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&server, request.headers());
    let given_id = request.headers().get("x-request-id").cloned();
    let method = request.method().clone();
    let door = Door::of(request.uri().path());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let takes_gzip = compress::is_taken(request.headers());
    let reader =
        matches!(door, Door::Console).then(|| Reader::of(&server, request.method(), request.uri(), request.headers()));
    let asker = matches!(door, Door::Api).then(|| Asker::of(&server, request.headers()));
    let notes = Notes::default();
    request.extensions_mut().insert(notes.clone());

    let response = match tokio::time::timeout(server.time_limit, next.run(request)).await {
        Ok(response) if response.extensions().get::<Panicked>().is_some() => {
            door.answer(KoreError::internal, ApiProblem::internal, AccessError::internal, ConsoleError::internal)
        }
        Ok(response) => response,
        Err(_) => door.answer(
            || KoreError::unavailable(10),
            || ApiProblem::unavailable(10),
            || AccessError::unavailable(10),
            ConsoleError::unavailable,
        ),
    };
    let response = match &asker {
        Some(asker) => problem::finish(response, asker),
        None => response,
    };
    let mut response = compress::compressed(response, takes_gzip).await;
    if let Some(reader) = &reader {
        response = console::finish(response, reader);
    }

    let took = began.elapsed();
    let status = response.status();
    let database = notes.meter().reading();
    let learnt = std::mem::take(&mut *notes.learnt());
    server.metrics.count_request(&method, route, status, took, &database);
    let ms = milliseconds(took);
    let db_ms = milliseconds(Duration::from_micros(database.busy_us));
    tracing::info!(
        request.id = id,
        %method,
        route,
        status = status.as_u16(),
        ms,
        db_ms,
        queries = database.n_statements,
        rows = database.n_rows,
        app = learnt.app_id,
        account = learnt.account_no,
        "{method} {route} {}",
        status.as_u16(),
    );
    let headers = response.headers_mut();
    for (name, value) in learnt.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    // AuthZEN wants back whatever it sent; what cannot stand in a log is known there by an id of ours.
    let shown_id = given_id.filter(|_| matches!(door, Door::Access)).or_else(|| HeaderValue::from_str(&id).ok());
    if let Some(id) = shown_id {
        headers.insert("x-request-id", id);
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Turns a panic into the 500 it is, which [`observe`] puts into words.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic's own message may quote anything, so only the hook on standard error has it.
    tracing::error!("a request panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, Extension(Panicked)).into_response()
}

/// The id the caller gave, if it is short and printable, else a new one.
fn request_id(server: &Server, headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let is_fine = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    match given.filter(is_fine) {
        Some(id) => id.to_owned(),
        None => rolecall_model::ids::uuid(server.core.random.bytes()),
    }
}

/// Units: milliseconds, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

/// The answer to a path that leads nowhere.
pub(crate) async fn not_found(uri: Uri) -> Response {
    Door::of(uri.path()).answer(
        KoreError::not_found,
        ApiProblem::not_found,
        AccessError::not_found,
        ConsoleError::not_found,
    )
}

/// The answer to a method that the path does not take.
pub(crate) async fn method_not_allowed(uri: Uri) -> Response {
    Door::of(uri.path()).answer(
        KoreError::method_not_allowed,
        ApiProblem::method_not_allowed,
        AccessError::method_not_allowed,
        ConsoleError::method_not_allowed,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_public_path_is_one() {
        for (path, normal) in [
            ("/api/public/roles", None),
            ("/api/public/btroles/assignments/", Some("/api/public/btroles/assignments")),
            ("//api//public/roles", Some("/api/public/roles")),
            ("/api/1.1/public/roles", Some("/api/public/roles")),
            ("/API/Public/roles", Some("/api/public/roles")),
            ("/api/public", None),
            ("/api/1.1/organization", None),
            ("/metrics/", None),
        ] {
            assert_eq!(normal_path(path).as_deref(), normal, "{path}");
        }
    }
}
