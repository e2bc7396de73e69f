//! Everything with a URL: the vendor-compatible API, the operators' pages, and the command line
//! that starts them. Nothing here holds SQL or decides what may be done; see `rolecall-control`.

pub mod access;
pub mod api;
pub mod auth;
pub mod callbacks;
pub mod cli;
mod compress;
pub mod config;
pub mod console;
mod csv;
pub mod demo;
pub mod erasing;
pub mod error;
pub mod i18n;
pub mod kore;
mod layers;
pub mod logging;
pub mod openapi;
pub mod ops;
pub mod public_url;
pub mod revisit;
pub mod room;
pub mod routes;
pub mod say;
mod serve;
mod streamed;

use std::{sync::Arc, time::Duration};

use rolecall_control::{Core, assignments, rosters::Rosters, sign_in::Gate};
use rolecall_erasure::{
    engine::{Engine, Options},
    stores::Rules,
};

/// What the handlers of one running server share.
pub struct Server {
    /// The way to everything that may be done.
    pub core: Arc<Core>,
    /// How many requests an account may make.
    pub limits: auth::limits::Limits,
    /// The images of accounts in memory.
    pub rosters: Arc<Rosters>,
    /// What is remembered of callers' tokens.
    pub memory: auth::Memory,
    /// When apps called last.
    pub uses: auth::Uses,
    /// What `/metrics` shows.
    pub metrics: ops::Metrics,
    /// Calls that assign roles and wait to be done together.
    pub assignments: assignments::Queue,
    /// What the tags of lists are signed with.
    pub tags: revisit::Signer,
    /// Room in memory for big uploads.
    pub uploads: room::Room,
    /// Room in memory for imports of roles.
    pub imports: room::Room,
    /// The pages that keep up with what they show.
    pub streams: console::Streams,
    /// What carries erasures out, and looks at what they would do.
    pub engine: Arc<Engine>,
    /// What wakes its workers.
    pub wake: Arc<erasing::Wake>,
    /// Which hosts requests to erase may have called back.
    pub callback_hosts: callbacks::Hosts,
    /// What the console says, in each language.
    pub texts: Arc<i18n::Texts>,
    /// What lets people in.
    pub gate: Gate,
    /// The identity providers of companies.
    pub providers: auth::oidc::Providers,
    /// Whether a proxy stands before this server, and tells where requests come from.
    pub is_behind_proxy: bool,
    /// What the server is called from outside, if its operator has said so.
    pub public_url: Option<public_url::PublicUrl>,
    /// How long a request may take. A call that needs longer is doing something no caller waits for.
    pub time_limit: Duration,
}

impl Server {
    /// A server of `core`, whose counters begin at 0. Its engine goes to any store, nobody is called back,
    /// and it has no public URL.
    pub fn new(core: Arc<Core>, limits: auth::limits::Limits) -> Self {
        let options = Options::new(Rules::default(), erasing::secrets(), "server");
        Self {
            engine: Arc::new(Engine::new(Arc::clone(&core), options)),
            wake: Arc::default(),
            tags: revisit::Signer::new(&core.sealing_key),
            core,
            limits,
            rosters: Arc::new(Rosters::new(u64::from(config::DEFAULT_ROSTER_MB) << 20)),
            memory: auth::Memory::default(),
            uses: auth::Uses::default(),
            metrics: ops::Metrics::new(),
            assignments: assignments::Queue::default(),
            uploads: room::Room::new(kore::upload::MAX_BIG),
            imports: room::Room::new(kore::role_import::MAX_AT_ONCE),
            streams: console::Streams::default(),
            callback_hosts: callbacks::Hosts::default(),
            texts: Arc::default(),
            gate: Gate::default(),
            providers: auth::oidc::Providers::default(),
            is_behind_proxy: false,
            public_url: None,
            time_limit: Duration::from_mins(2),
        }
    }
}
