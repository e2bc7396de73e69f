//! Everything with a URL: the vendor-compatible API, the operators' pages, and the command line
//! that starts them. Nothing here holds SQL or decides what may be done; see `rolecall-control`.

pub mod auth;
pub mod error;
pub mod kore;
mod layers;
pub mod openapi;
pub mod ops;
pub mod routes;

use std::sync::Arc;

use rolecall_control::Core;

/// What the handlers of one running server share.
pub struct Server {
    /// The way to everything that may be done.
    pub core: Arc<Core>,
    /// How many requests an account may make.
    pub limits: auth::limits::Limits,
    /// What `/metrics` shows.
    pub metrics: ops::Metrics,
    /// Room in memory for big uploads.
    pub uploads: kore::upload::Room,
}

impl Server {
    /// A server of `core`, whose counters begin at 0.
    pub fn new(core: Arc<Core>, limits: auth::limits::Limits) -> Self {
        Self { core, limits, metrics: ops::Metrics::new(), uploads: kore::upload::Room::default() }
    }
}
