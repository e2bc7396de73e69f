//! What happens around every request: its path is brought into one form, it gets an id, a time
//! limit and one log line, and a panic in it becomes a 500.

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rolecall_model::{app::App, ids::AccountNo};
use rolecall_store::Meter;
use tower::{Layer, Service};

use crate::{
    Server,
    access::AccessError,
    api::problem::{self, ApiProblem, Asker},
    compress,
    console::{self, ConsoleError, Reader},
    error::KoreError,
    kore::request::MAX_BODY_BYTES,
};

/// What lines about requests stand under.
pub(crate) const TARGET: &str = module_path!();

/// The header with the request's id, on the way in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// Puts what happens around a request around each route.
#[derive(Clone)]
pub(crate) struct Around(pub(crate) Arc<Server>);

impl<S> Layer<S> for Around {
    type Service = Observed<S>;

    fn layer(&self, route: S) -> Observed<S> {
        Observed { route, server: Arc::clone(&self.0) }
    }
}

/// A route with what happens around it. One layer does all of that, as each takes copies and boxes of
/// all that is inside it, for every request.
#[derive(Clone)]
pub(crate) struct Observed<S> {
    route: S,
    server: Arc<Server>,
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let server = Arc::clone(&self.server);
        let asked = Asked::of(&server, &mut request);
        let answering = self.route.call(request);
        Box::pin(async move { Ok(asked.answered(&server, answering).await) })
    }
}

/// What is known of a request before it is answered, and needed when it is.
struct Asked {
    began: Instant,
    id: HeaderValue,
    given_id: Option<HeaderValue>,
    method: Method,
    door: Door,
    route: Option<MatchedPath>,
    takes_gzip: bool,
    reader: Option<Reader>,
    asker: Option<Asker>,
    notes: Notes,
}

impl Asked {
    fn of(server: &Server, request: &mut Request) -> Self {
        let headers = request.headers();
        let door = Door::of(request.uri().path());
        let of_console = || Reader::of(server, request.method(), request.uri(), headers);
        let asked = Self {
            began: Instant::now(),
            id: request_id(server, headers),
            given_id: headers.get(&REQUEST_ID).filter(|_| matches!(door, Door::Access)).cloned(),
            method: request.method().clone(),
            door,
            route: request.extensions().get::<MatchedPath>().cloned(),
            takes_gzip: compress::is_taken(headers),
            reader: matches!(door, Door::Console).then(of_console),
            asker: matches!(door, Door::Api).then(|| Asker::of(server, headers)),
            notes: Notes::default(),
        };
        request.extensions_mut().insert(asked.notes.clone());
        // A route that takes more says so itself.
        DefaultBodyLimit::max(MAX_BODY_BYTES).apply(request);
        asked
    }

    /// Waits for the answer no longer than it may take, completes it, writes its log line and counts it.
    async fn answered(
        self,
        server: &Server,
        answering: impl Future<Output = Result<Response, Infallible>>,
    ) -> Response {
        let door = self.door;
        let response = match tokio::time::timeout(server.time_limit, unless_it_panics(answering)).await {
            Ok(Some(Ok(response))) => response,
            Ok(None) => {
                door.answer(KoreError::internal, ApiProblem::internal, AccessError::internal, ConsoleError::internal)
            }
            Err(_) => door.answer(
                || KoreError::unavailable(10),
                || ApiProblem::unavailable(10),
                || AccessError::unavailable(10),
                ConsoleError::unavailable,
            ),
        };
        let response = match &self.asker {
            Some(asker) => problem::finish(response, asker),
            None => response,
        };
        let mut response = compress::compressed(response, self.takes_gzip).await;
        if let Some(reader) = &self.reader {
            response = console::finish(response, reader);
        }
        let learnt = std::mem::take(&mut *self.notes.learnt());
        self.tell(server, response.status(), &learnt);

        let headers = response.headers_mut();
        for (name, value) in learnt.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        // AuthZEN wants back whatever it sent; what cannot stand in a log is known there by an id of ours.
        headers.insert(REQUEST_ID, self.given_id.unwrap_or(self.id));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }

    /// Writes the request's log line and counts it.
    fn tell(&self, server: &Server, status: StatusCode, learnt: &Learnt) {
        let took = self.began.elapsed();
        let method = &self.method;
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let database = self.notes.meter().reading();
        server.counts.count(method, route, status, took, &database);
        tracing::info!(
            request.id = self.id.to_str().unwrap_or_default(),
            %method,
            route,
            status = status.as_u16(),
            ms = milliseconds(took),
            db_ms = milliseconds(Duration::from_micros(database.busy_us)),
            queries = database.n_statements,
            rows = database.n_rows,
            app = learnt.app_id,
            account = learnt.account_no,
            "{method} {route} {}",
            status.as_u16(),
        );
    }
}

/// What `answering` comes to; nothing if it panics.
async fn unless_it_panics<T>(answering: impl Future<Output = T>) -> Option<T> {
    let mut answering = pin!(answering);
    // Whatever of it a panic leaves behind is dropped, and what it shares with others is behind locks
    // that say what a panic under them means.
    poll_fn(|context| {
        let Ok(polled) = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) else {
            // The panic's own message may quote anything, so only the hook on standard error has it.
            tracing::error!("a request panicked");
            return Poll::Ready(None);
        };
        polled.map(Some)
    })
    .await
}

/// The id the caller gave, if it is short and printable, else a new one.
fn request_id(server: &Server, headers: &HeaderMap) -> HeaderValue {
    let is_fine = |id: &&HeaderValue| (1..=128).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    if let Some(given) = headers.get(&REQUEST_ID).filter(is_fine) {
        return given.clone();
    }
    let made = Bytes::from(rolecall_model::ids::uuid(server.core.random.bytes()));
    // It is letters and digits, which every header takes.
    HeaderValue::from_maybe_shared(made).unwrap_or(HeaderValue::from_static(""))
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

    #[tokio::test]
    async fn a_panic_is_no_answer_and_ends_nothing_else() {
        assert_eq!(unless_it_panics(async { 7 }).await, Some(7));
        let waited_first = async {
            tokio::task::yield_now().await;
            panic!("in a handler");
        };
        assert_eq!(unless_it_panics::<()>(waited_first).await, None);
    }

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
