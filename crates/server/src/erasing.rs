//! Erasing, as this program does it: the engine with what the configuration allows, previews, and the
//! workers that run while it serves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rolecall_control::{
    Core, Ctx, Error as ControlError,
    erasure::{self, NewErasure},
};
use rolecall_erasure::{
    engine::{Engine, Error, Options, Secrets, StorePreview},
    map::Finding,
    stores::{self, Rules},
};
use rolecall_model::{
    erasure::{Outcome, Subject},
    ids,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::config::{self, Config};

/// How long a worker that found nothing to do waits before it looks again, unless it is woken.
const IDLE: Duration = Duration::from_secs(1);

/// An engine that goes where the configuration lets it, under a name of its own.
pub fn engine(core: &Arc<Core>, config: &Config) -> Arc<Engine> {
    let worker = ids::uuid(core.random.bytes());
    let lease_ms = i64::from(config.erasure.lease_seconds.get()) * 1_000;
    let options = Options { lease_ms, ..Options::new(rules(config), secrets(), worker) };
    Arc::new(Engine::new(Arc::clone(core), options))
}

/// Which stores the configuration lets an engine go to; never our own database.
pub(crate) fn rules(config: &Config) -> Rules {
    let own_database = stores::own_place(&config.database.clone().into());
    Rules { own_database, allowed: config.erasure.stores.clone() }
}

/// Reads the URLs of stores that a data map gives as `file:PATH` or `env:NAME`.
pub(crate) fn secrets() -> Secrets {
    Arc::new(|url| config::secret(url).map_err(|error| error.to_string()))
}

/// What an erasure would do.
#[derive(Debug)]
pub struct Previewed {
    /// The plan's hash.
    pub plan_hash: String,
    /// What there is of each subject, each once, in the order of the call.
    pub subjects: Vec<PreviewedSubject>,
    /// What to know before.
    pub warnings: Vec<Finding>,
}

/// What there is of one subject.
#[derive(Debug)]
pub struct PreviewedSubject {
    /// Who.
    pub subject: Subject,
    /// How it would end where nothing would be erased.
    pub outcome: Option<Outcome>,
    /// Why, in a word; mostly empty.
    pub cause: String,
    /// What would go, by store.
    pub stores: Vec<StorePreview>,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum NoPreview {
    /// What was asked is refused, or our own database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The stores could not be looked at.
    #[error(transparent)]
    Engine(#[from] Error),
}

/// What a request like `new` would do. Who would be refused is not looked for in any store.
pub async fn preview(ctx: &Ctx, engine: &Engine, new: &NewErasure) -> Result<Previewed, NoPreview> {
    let vetted = erasure::vet(ctx, new).await?;
    let wanted = vetted.people.iter().filter(|(_, rule)| rule.is_none()).map(|(subject, _)| subject.clone());
    let wanted: Vec<Subject> = wanted.collect();
    let preview = engine.preview(ctx.account, &wanted, vetted.bots.as_deref()).await?;
    let mut looked_for = preview.subjects.into_iter();
    let mut subjects = Vec::with_capacity(vetted.people.len());
    for (subject, rule) in vetted.people {
        let found = if rule.is_none() { looked_for.next() } else { None };
        let (outcome, cause, stores) = match (rule, found) {
            (None, Some(found)) if found.is_held => (Some(Outcome::Held), String::new(), found.stores),
            (None, Some(found)) => (None, found.cause.to_owned(), found.stores),
            (rule, _) => (Some(Outcome::Refused), rule.unwrap_or_default().to_owned(), Vec::new()),
        };
        subjects.push(PreviewedSubject { subject, outcome, cause, stores });
    }
    Ok(Previewed { plan_hash: preview.plan_hash, subjects, warnings: preview.warnings })
}

/// What is shared with workers.
#[derive(Debug, Default)]
pub struct Wake {
    notify: Notify,
    n_busy: AtomicUsize,
}

impl Wake {
    /// Wakes a worker of this process: there is something to do.
    pub fn notify_one(&self) {
        self.notify.notify_one();
    }

    /// How many workers of this process are working.
    pub fn n_busy(&self) -> usize {
        self.n_busy.load(Ordering::Relaxed)
    }
}

/// Workers that run beside a server.
pub(crate) struct Workers {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts `n` workers.
    pub(crate) fn start(n: u8, engine: &Arc<Engine>, wake: &Arc<Wake>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..n {
            tasks.spawn(work(Arc::clone(engine), Arc::clone(wake), stopped.clone()));
        }
        Self { tasks, stop }
    }

    /// Tells them to stop, and waits until each has finished what it is at, or `expired`. What is broken
    /// off then is undone, and another worker goes on with it when the lease is over.
    pub(crate) async fn stop(mut self, expired: impl Future<Output = ()>) {
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        tokio::select! {
            () = finished => {}
            () = expired => tracing::info!("stopping in the middle of an erasure; it goes on after the next start"),
        }
        self.tasks.shutdown().await;
    }
}

async fn work(engine: Arc<Engine>, wake: Arc<Wake>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        wake.n_busy.fetch_add(1, Ordering::Relaxed);
        let done = engine.work_one().await;
        wake.n_busy.fetch_sub(1, Ordering::Relaxed);
        match done {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!("an erasure was put off: {error}"),
        }
        tokio::select! {
            () = wake.notify.notified() => {}
            _ = stopped.changed() => {}
            () = idle() => {}
        }
    }
}

async fn idle() {
    #[expect(clippy::disallowed_methods, reason = "what other processes were asked to do is found by looking")]
    tokio::time::sleep(IDLE).await;
}
