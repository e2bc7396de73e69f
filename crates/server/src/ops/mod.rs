//! What operators and their tools look at: is it alive, can it serve, how is it doing.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rolecall_control::rosters::Reading;
use rolecall_model::erasure;
use rolecall_store::{Error as StoreError, Meter, MeterReading, erasures::open, migrations};
use serde_json::json;

use crate::Server;

/// Counters and histograms, in the form Prometheus reads.
pub struct Metrics {
    recorder: metrics_exporter_prometheus::PrometheusRecorder,
    handle: PrometheusHandle,
    /// What requests are counted with, by route: looking it up in the recorder costs as much as the
    /// rest of a small answer.
    counted: RwLock<HashMap<String, Vec<Counted>>>,
}

/// What the requests of one route with one method and one status are counted with.
#[derive(Clone)]
struct Counted {
    method: Method,
    status: StatusCode,
    n_requests: Counter,
    seconds: Histogram,
    database_seconds: Histogram,
    n_statements: Counter,
}

impl Counted {
    fn count(&self, took: Duration, database: &MeterReading) {
        self.n_requests.increment(1);
        self.seconds.record(took.as_secs_f64());
        self.database_seconds.record(Duration::from_micros(database.busy_us).as_secs_f64());
        self.n_statements.increment(database.n_statements);
    }
}

/// Upper bounds of the buckets requests are sorted into. Units: seconds.
const BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

impl Metrics {
    /// Counters that begin at 0. Each server has its own: several can run in one process.
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new();
        // Fails only for an empty list of buckets; then the default ones stay.
        let builder = builder.set_buckets(&BUCKETS_S).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            metrics::describe_counter!("rolecall_requests_total", "Requests answered, by route, method and status.");
            metrics::describe_histogram!("rolecall_request_seconds", "Time to answer a request, by route.");
            metrics::describe_histogram!(
                "rolecall_database_seconds",
                "Time a request waited for the database, by route."
            );
            metrics::describe_counter!(
                "rolecall_database_statements_total",
                "Statements sent to the database, by route."
            );
            metrics::describe_gauge!("rolecall_rosters", "Images of accounts in memory.");
            metrics::describe_gauge!("rolecall_roster_bytes", "Memory that images of accounts take, about.");
            metrics::describe_counter!("rolecall_roster_loads_total", "Images of accounts that were loaded.");
            metrics::describe_counter!("rolecall_roster_steps_total", "Steps by which images were brought forward.");
            metrics::describe_counter!(
                "rolecall_roster_looks_total",
                "Looks at the revisions of accounts, each for all requests that wait for one."
            );
            metrics::describe_counter!(
                "rolecall_roster_readers_total",
                "Requests that were given an image that is true."
            );
            metrics::describe_gauge!("rolecall_erasures", "Requests to erase that have not ended, by state.");
            metrics::describe_gauge!("rolecall_erasure_workers_busy", "Workers of this process that are erasing.");
        });
        Self { recorder, handle, counted: RwLock::default() }
    }

    /// Counts one request. Labels come from fixed sets only: routes, methods and statuses.
    pub(crate) fn count_request(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
        database: &MeterReading,
    ) {
        let is_it = |counted: &&Counted| counted.status == status && counted.method == method;
        // Nothing panics while it holds the lock.
        let known = self.counted.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = known.get(route).and_then(|counted| counted.iter().find(is_it)) {
            return counted.count(took, database);
        }
        drop(known);
        let counted = self.counted(method, route, status);
        counted.count(took, database);
        // Methods are the caller's words: only those that HTTP itself has are kept.
        if is_of_http(method) {
            let mut known = self.counted.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(route.to_owned()).or_default().push(counted);
        }
    }

    fn counted(&self, method: &Method, route: &str, status: StatusCode) -> Counted {
        let route = route.to_owned();
        let word = if method.as_str().len() > 7 { "other".to_owned() } else { method.to_string() };
        metrics::with_local_recorder(&self.recorder, || Counted {
            method: method.clone(),
            status,
            n_requests: metrics::counter!("rolecall_requests_total", "route" => route.clone(), "method" => word, "status" => status.as_str().to_owned()),
            seconds: metrics::histogram!("rolecall_request_seconds", "route" => route.clone()),
            database_seconds: metrics::histogram!("rolecall_database_seconds", "route" => route.clone()),
            n_statements: metrics::counter!("rolecall_database_statements_total", "route" => route),
        })
    }

    /// Sorts what was recorded into its buckets. Until then, or until somebody asks for the metrics,
    /// each request's times take memory.
    pub(crate) fn tidy(&self) {
        self.handle.run_upkeep();
    }

    /// Shows what images of accounts cost and did.
    fn show_rosters(&self, reading: Reading) {
        #[expect(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^53")]
        let gauge = |n: u64| n as f64;
        metrics::with_local_recorder(&self.recorder, || {
            metrics::gauge!("rolecall_rosters").set(gauge(reading.n_images));
            metrics::gauge!("rolecall_roster_bytes").set(gauge(reading.bytes));
            metrics::counter!("rolecall_roster_loads_total").absolute(reading.n_loads);
            metrics::counter!("rolecall_roster_steps_total").absolute(reading.n_steps);
            metrics::counter!("rolecall_roster_looks_total").absolute(reading.n_looks);
            metrics::counter!("rolecall_roster_readers_total").absolute(reading.n_readers);
        });
    }

    /// Shows how many erasures are open, by state, and how many workers are at them.
    fn show_erasures(&self, open: &[(erasure::State, i64)], n_busy: usize) {
        // Some thousands at most, so nothing is lost.
        let gauge = |n: i64| f64::from(i32::try_from(n).unwrap_or(i32::MAX));
        metrics::with_local_recorder(&self.recorder, || {
            for state in erasure::State::ALL.iter().filter(|state| !state.is_final()) {
                let n = open.iter().find(|(known, _)| known == state).map_or(0, |(_, n)| *n);
                metrics::gauge!("rolecall_erasures", "state" => state.as_str()).set(gauge(n));
            }
            metrics::gauge!("rolecall_erasure_workers_busy").set(gauge(i64::try_from(n_busy).unwrap_or(i64::MAX)));
        });
    }
}

fn is_of_http(method: &Method) -> bool {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    known.contains(method)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Alive
///
/// 200 while the process runs and answers.
#[utoipa::path(get, path = "/healthz", tag = "Operations", security(()),
    responses((status = 200, description = "Alive.", body = Object, example = json!({"status": "ok"}))))]
pub(crate) async fn healthz() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

/// Ready
///
/// 200 when the database is reachable and has this version's schema; else 503 with the reason.
#[utoipa::path(get, path = "/readyz", tag = "Operations", security(()),
    responses(
        (status = 200, description = "Ready.", body = Object, example = json!({"status": "ready"})),
        (status = 503, description = "Not ready, and why.", body = Object, example = json!({"status": "not ready", "reason": "the database cannot be reached (connection refused)"})),
    ))]
pub(crate) async fn readyz(State(server): State<Arc<Server>>) -> Response {
    match migrations::check(&server.core.db).await {
        Ok(()) => Json(json!({"status": "ready"})).into_response(),
        Err(error) => {
            let body = json!({"status": "not ready", "reason": error.to_string()});
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// Metrics
///
/// Counters, gauges and histograms in the text form of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Operations", security(()),
    responses((status = 200, description = "Metrics.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(server): State<Arc<Server>>) -> Response {
    // What the database cannot tell now is as it was told last.
    if let Ok(open) = open_erasures(&server).await {
        server.metrics.show_erasures(&open, server.wake.n_busy());
    }
    server.metrics.show_rosters(server.rosters.reading());
    let text = server.metrics.handle.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn open_erasures(server: &Server) -> Result<Vec<(erasure::State, i64)>, StoreError> {
    open::by_state(&mut server.core.db.glance(&Meter::default()).await?).await
}
