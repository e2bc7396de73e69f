//! Serving: connections, the work that comes round every minute, and a graceful end.

use std::{
    future::Future,
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::body::Body;
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use rolecall_control::{Core, apps, erasure, files, idempotency, rosters::Rosters, sessions, sign_in::Gate};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::MissedTickBehavior,
};
use tower::ServiceExt as _;

use crate::{
    Server,
    auth::{limits::Limits, oidc::Providers, session::Peer},
    callbacks::{Courier, Hosts},
    config::{self, Config},
    erasing::{self, Workers},
    routes,
};

/// How long the head of a request may take, and a connection wait for its next one: who sends a
/// byte now and then does not hold a connection for ever.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long what runs may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// How long workers may go on after that, with what they are at.
const WORKERS_GRACE: Duration = Duration::from_secs(5);

/// How often the janitor comes round.
const ROUND: Duration = Duration::from_mins(1);

/// How often it is looked whether there is somebody to call back.
const CALL_BACK_ROUND: Duration = Duration::from_secs(1);

/// A socket that listens.
pub(crate) struct Bound {
    listener: TcpListener,
    /// The address it got: with the port that was picked, if port 0 was asked for.
    pub(crate) address: SocketAddr,
}

/// Listens on `listen`: an address and a port.
pub(crate) async fn bind(listen: &str) -> anyhow::Result<Bound> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "cannot listen on {listen}: another program does; stop it, or choose another port with --listen"
        ),
        ErrorKind::InvalidInput => {
            anyhow::anyhow!("cannot listen on {listen}: it must be an address and a port, such as 127.0.0.1:8080")
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen on {listen}")),
    })?;
    let address = listener.local_addr().with_context(|| format!("cannot listen on {listen}"))?;
    Ok(Bound { listener, address })
}

/// A server as the configuration wants it.
///
/// Errors: an identity provider that cannot be asked.
pub(crate) fn server(core: Arc<Core>, config: &Config) -> anyhow::Result<Arc<Server>> {
    let time_limit = Duration::from_secs(config.limits.request_seconds.get().into());
    let callback_hosts = Hosts::new(&config.erasure.callback_hosts);
    let engine = erasing::engine(&core, config);
    let rosters = Arc::new(Rosters::new(u64::from(config.roster.memory_mb) << 20));
    let public_url = config.public_url.clone();
    let gate = Gate { settings: config.console.settings(), ..Gate::default() };
    let providers = providers(config)?;
    let is_behind_proxy = config.console.behind_proxy;
    let server = Server::new(core, Limits::new(config.limits.profile));
    Ok(Arc::new(Server {
        rosters,
        engine,
        callback_hosts,
        gate,
        providers,
        is_behind_proxy,
        public_url,
        time_limit,
        ..server
    }))
}

fn providers(config: &Config) -> anyhow::Result<Providers> {
    let mut listed = Vec::new();
    for provider in &config.console.identity_providers {
        anyhow::ensure!(
            config.public_url.is_some(),
            "the identity provider {} needs to know what this server is called: set public_url",
            provider.name
        );
        let secret = config::secret(&provider.client_secret.0);
        let secret = secret.with_context(|| format!("the secret of the identity provider {}", provider.name))?;
        listed.push((provider.clone(), secret));
    }
    Providers::new(listed)
}

/// Serves with `n_workers` workers until SIGTERM or Ctrl-C, then finishes what runs.
pub(crate) async fn run(bound: Bound, server: Arc<Server>, n_workers: u8) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let mut told_to_stop = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tracing::info!("listening on http://{}", bound.address);
    let janitor = tokio::spawn(clean(Arc::clone(&server)));
    let courier = tokio::spawn(call_back(Arc::clone(&server)));
    let workers = Workers::start(n_workers, &server.engine, &server.wake);
    let connections = accept(&bound.listener, &server, told_to_stop()).await;
    // From here on nobody is let in, and a second signal ends the wait.
    drop(bound);
    server.streams.stop();
    tracing::info!("stopping: {} connections still open", connections.count());
    tokio::select! {
        () = connections.shutdown() => {}
        () = expired(GRACE) => tracing::warn!("stopping with requests unfinished: {} s have passed", GRACE.as_secs()),
        () = told_to_stop() => tracing::warn!("stopping with requests unfinished: told to a second time"),
    }
    server.rosters.stop();
    workers.stop(expired(WORKERS_GRACE)).await;
    janitor.abort();
    if let Err(error) = server.uses.write_all(&server.core).await {
        tracing::warn!("when apps called last was not written: {error}");
    }
    courier.abort();
    server.core.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Takes connections in until `stop`; those that are still open then.
async fn accept(listener: &TcpListener, server: &Arc<Server>, stop: impl Future<Output = ()>) -> GracefulShutdown {
    let service = routes::service(Arc::clone(server));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => return connections,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                refused(&error).await;
                continue;
            }
        };
        // Answers are small and go out at once, rather than wait to be sent together.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let service = service.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(address.ip()));
            request.map(Body::new)
        });
        let service = TowerToHyperService::new(service);
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
        });
    }
}

/// A connection that broke before it was taken in is nothing; anything else, such as too many open
/// files, is said and given a moment to pass.
async fn refused(error: &io::Error) {
    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted) {
        return;
    }
    tracing::error!("cannot take a connection in: {error}");
    expired(Duration::from_millis(100)).await;
}

async fn expired(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "time itself is the point: a limit, or a moment to recover")]
    tokio::time::sleep(time).await;
}

/// Delivers call-backs, as they come.
async fn call_back(server: Arc<Server>) {
    let courier = match Courier::new(Arc::clone(&server.core), server.callback_hosts.clone()) {
        Ok(courier) => courier,
        // Without hosts that may be called back nobody misses it.
        Err(error) if server.callback_hosts.is_empty() => return tracing::debug!("{error:#}"),
        Err(error) => return tracing::error!("{error:#}"),
    };
    let mut rounds = tokio::time::interval(CALL_BACK_ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        loop {
            match courier.round().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!("call-backs were not delivered: {error:#}");
                    break;
                }
            }
        }
    }
}

/// Clears away what is not needed any more, once a minute.
async fn clean(server: Arc<Server>) {
    let core = &server.core;
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        server.rosters.drop_idle(core.clock.now());
        server.metrics.tidy();
        if let Err(error) = apps::forget_uses(core).await {
            tracing::warn!("used tokens were not cleared away: {error}");
        }
        if let Err(error) = idempotency::forget_old(core).await {
            tracing::warn!("old idempotency keys were not cleared away: {error}");
        }
        if let Err(error) = server.uses.write(core).await {
            tracing::warn!("when apps called last was not written: {error}");
        }
        if let Err(error) = files::forget_old(core).await {
            tracing::warn!("old files were not cleared away: {error}");
        }
        if let Err(error) = sessions::forget_old(core, &server.gate.settings).await {
            tracing::warn!("sessions that are over were not cleared away: {error}");
        }
        if let Err(error) = erasure::forget_old(core).await {
            tracing::warn!("identifiers of ended erasures were not cleared away: {error}");
        }
    }
}
