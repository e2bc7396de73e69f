//! What operators and their tools look at: is it alive, can it serve, how is it doing.

mod counts;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rolecall_control::rosters::Reading;
use rolecall_model::erasure;
use rolecall_store::{Error as StoreError, Meter, erasures::open, migrations};
use serde_json::json;

pub use self::counts::Counts;
use self::counts::Page;
use crate::Server;

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
    let mut page = Page::default();
    server.counts.show(&mut page);
    show_rosters(server.rosters.reading(), &mut page);
    // What the database cannot tell now is not told.
    if let Ok(open) = open_erasures(&server).await {
        show_erasures(&open, &mut page);
    }
    let help = "Workers of this process that are erasing.";
    page.one("rolecall_erasure_workers_busy", "gauge", help, server.wake.n_busy());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.text).into_response()
}

/// Shows what images of accounts cost and did.
fn show_rosters(reading: Reading, page: &mut Page) {
    page.one("rolecall_rosters", "gauge", "Images of accounts in memory.", reading.n_images);
    page.one("rolecall_roster_bytes", "gauge", "Memory that images of accounts take, about.", reading.bytes);
    page.one("rolecall_roster_loads_total", "counter", "Images of accounts that were loaded.", reading.n_loads);
    let help = "Steps by which images were brought forward.";
    page.one("rolecall_roster_steps_total", "counter", help, reading.n_steps);
    let help = "Looks at the revisions of accounts, each for all requests that wait for one.";
    page.one("rolecall_roster_looks_total", "counter", help, reading.n_looks);
    let help = "Requests that were given an image that is true.";
    page.one("rolecall_roster_readers_total", "counter", help, reading.n_readers);
}

/// Shows how many erasures are open, by state.
fn show_erasures(open: &[(erasure::State, i64)], page: &mut Page) {
    page.family("rolecall_erasures", "gauge", "Requests to erase that have not ended, by state.");
    for state in erasure::State::ALL.iter().filter(|state| !state.is_final()) {
        let n = open.iter().find(|(known, _)| known == state).map_or(0, |(_, n)| *n);
        page.line("", &format!("state=\"{}\"", state.as_str()), n);
    }
}

async fn open_erasures(server: &Server) -> Result<Vec<(erasure::State, i64)>, StoreError> {
    open::by_state(&mut server.core.db.glance(&Meter::default()).await?).await
}
