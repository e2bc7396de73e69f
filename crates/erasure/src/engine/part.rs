//! A request's part in one store, taken through its states.

use std::{sync::Arc, time::Instant as Clock};

use rolecall_model::{
    erasure::{Outcome, State},
    time::Instant,
};
use rolecall_store::erasures::work::{self, Part, ResultRow};

use super::{
    Error,
    erase::Eraser,
    job::Run,
    lease::write_work,
    ms,
    walk::{Stopped, Walk},
    work_list::{Chunked, Kind, WorkList, load},
};
use crate::{
    catalog::Catalog,
    check,
    graph::NodeNo,
    map::{DataMap, Severity},
    stores::{Failure, Store, StoreError},
};

/// How often a store is looked at again before what keeps coming back is called left.
const MAX_ROUNDS: i64 = 3;

/// The first pause after a store could not be worked on. It doubles each time.
const FIRST_PAUSE_MS: i64 = 1_000;

/// The longest of those pauses.
const LAST_PAUSE_MS: i64 = 10 * 60 * 1_000;

/// A store that is open, with what it says of itself and the order its collections are erased in.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) catalog: Catalog,
    pub(super) order: Vec<NodeNo>,
}

/// Why a part goes no further now.
enum Halt {
    /// Our own side failed; nothing is written down.
    Ours(Error),
    /// The store cannot be worked on at the moment.
    PutOff(StoreError),
    /// The store, or the map, makes a true erasure impossible: a word for why, and what it is about.
    Failed(&'static str, String),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Stopped> for Halt {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Ours(error) => Self::Ours(error),
            Stopped::Theirs(error) => error.into(),
        }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        match error.kind {
            Failure::Unreachable | Failure::Busy | Failure::Denied | Failure::Other => Self::PutOff(error),
            Failure::Missing => Self::Failed("missing", error.code),
            Failure::BadUrl => Self::Failed("bad_url", error.code),
            Failure::Constraint => Self::Failed("constraint", error.code),
        }
    }
}

impl Run<'_> {
    /// Takes a part from where it is to `planned`. Nothing in the store is changed.
    pub(super) async fn resolve(&self, part: &mut Part, store_no: usize) -> Result<(), Error> {
        let halt = match self.lease.keep(self.try_resolve(part, store_no)).await? {
            Ok(()) => return Ok(()),
            Err(halt) => halt,
        };
        self.halted(part, halt).await
    }

    /// Takes a planned part as far as it goes now.
    pub(super) async fn advance(&self, mut part: Part, store_no: usize) -> Result<Part, Error> {
        while part.state != State::Done && part.next_attempt_at <= self.lease.now() {
            let step = async {
                match part.state {
                    State::Planned | State::Erasing => self.try_erase(&mut part, store_no).await,
                    State::Settling => self.try_settle(&mut part).await,
                    _ => self.try_verify(&mut part, store_no).await,
                }
            };
            if let Err(halt) = self.lease.keep(step).await? {
                self.halted(&mut part, halt).await?;
            }
        }
        Ok(part)
    }

    /// The store, open, and planned against what it says of itself. Once a run.
    async fn open(&self, store_no: usize) -> Result<Arc<Opened>, Halt> {
        let Some(cell) = self.opened.get(store_no) else {
            return Err(Halt::Ours(Error::Broken("a part is of a store the data map lacks")));
        };
        let mut cell = cell.lock().await;
        if let Some(opened) = &*cell {
            return Ok(Arc::clone(opened));
        }
        let store = self.lease.engine.store(self.lease.job.account, &self.map, store_no).await?;
        let (catalog, order) = match plan_against(&self.map, store_no, &*store).await? {
            Ok(planned) => planned,
            Err(wrong) => return Err(Halt::Failed("map_check", wrong)),
        };
        let opened = Arc::new(Opened { store, catalog, order });
        *cell = Some(Arc::clone(&opened));
        Ok(opened)
    }

    async fn try_resolve(&self, part: &mut Part, store_no: usize) -> Result<(), Halt> {
        let began = Clock::now();
        let opened = self.open(store_no).await?;
        tracing::debug!(took_ms = ms(began.elapsed()), "opened");
        let walk = self.walk(&opened, store_no);
        let store_name = part.store.clone();
        let mut list = if part.state == State::Resolving {
            WorkList::resume(&self.lease, &self.map.graph, &store_name, self.members_of(part), false).await?
        } else {
            WorkList::new(Some(&self.lease), &self.map.graph, &store_name, self.members_of(part))
        };
        part.state = State::Resolving;
        if !part.is_seeded {
            // Those it is about are written with it, so that an interruption does not add others.
            let seeds = self.seeds_of(part);
            self.save(part, &self.blank_results(part, Outcome::Pending, "")).await?;
            walk.enter(&seeds, &mut list).await?;
            self.follow_from_others(&walk, &mut list).await?;
            part.is_seeded = true;
        }
        while let Some(chunk) = list.next().await? {
            walk.follow(&chunk, &mut list).await?;
        }
        tracing::debug!(took_ms = ms(began.elapsed()), "resolved");
        part.plan_digest = list.digest();
        part.state = State::Planned;
        Self::went_well(part);
        write_work!(self.lease, tx, {
            list.write_in(tx, true).await?;
            self.save_in(tx, part).await
        })?;
        Ok(())
    }

    /// A walk through the store with that number.
    fn walk<'o>(&'o self, opened: &'o Opened, store_no: usize) -> Walk<'o> {
        Walk {
            graph: &self.map.graph,
            store_no,
            store: &*opened.store,
            catalog: &opened.catalog,
            bots: self.lease.job.bots.as_deref(),
        }
    }

    /// Follows the ways from other stores into this one.
    async fn follow_from_others(&self, walk: &Walk<'_>, list: &mut WorkList<'_>) -> Result<(), Halt> {
        let graph = &self.map.graph;
        let leads_here = |node: &crate::graph::Node| {
            node.store != walk.store_no
                && node.edges.iter().any(|edge| graph.nodes.get(edge.to).is_some_and(|to| to.store == walk.store_no))
        };
        for (store_no, entry) in self.map.stores.iter().enumerate() {
            if !graph.nodes.iter().any(|node| node.store == store_no && leads_here(node)) {
                continue;
            }
            let mut tx = self.lease.read().await?;
            let chunks = work::chunks(&mut tx, &self.lease.job, &entry.name).await.map_err(Error::from)?;
            drop(tx);
            for chunk in chunks {
                let node = graph.nodes.iter().position(|node| node.name == chunk.collection && leads_here(node));
                let Some(node) = node else { continue };
                let rows = load(&self.lease, &entry.name, chunk.no).await?;
                let kind = Kind { node, is_scoped: chunk.is_scoped, is_to_do: chunk.is_to_do };
                walk.follow(&Chunked { kind, rows }, list).await?;
            }
        }
        Ok(())
    }

    async fn try_erase(&self, part: &mut Part, store_no: usize) -> Result<(), Halt> {
        let opened = self.open(store_no).await?;
        if part.state == State::Planned {
            self.begin_erasing(part).await?;
        }
        let pace = self.map.stores.get(store_no).map(|entry| entry.pace).unwrap_or_default();
        let mut eraser = Eraser::new(self, &opened, &part.store, self.members_of(part), pace).await?;
        while eraser.step().await? {}
        part.state = State::Settling;
        part.settle_until = self.lease.now().plus_ms(self.map.policy.settle_ms);
        Self::went_well(part);
        part.next_attempt_at = part.settle_until;
        self.save(part, &[]).await?;
        Ok(())
    }

    async fn try_settle(&self, part: &mut Part) -> Result<(), Halt> {
        let now = self.lease.now();
        let longest = now.plus_ms(self.map.policy.settle_ms);
        if part.settle_until > longest {
            // Set by a clock that has jumped since.
            part.settle_until = longest;
            self.save(part, &[]).await?;
        }
        if part.settle_until <= now {
            part.state = State::Verifying;
        } else {
            part.next_attempt_at = part.settle_until;
        }
        Ok(())
    }

    async fn try_verify(&self, part: &mut Part, store_no: usize) -> Result<(), Halt> {
        let began = Clock::now();
        let opened = self.open(store_no).await?;
        let walk = self.walk(&opened, store_no);
        let store_name = part.store.clone();
        let mut list = WorkList::resume(&self.lease, &self.map.graph, &store_name, self.members_of(part), true).await?;
        walk.enter(&self.seeds_of(part), &mut list).await?;
        self.follow_from_others(&walk, &mut list).await?;
        while let Some(chunk) = list.next().await? {
            // By their keys too: a row may have lost what led to it.
            walk.find_remaining(&chunk, &self.salt()?, &mut list).await?;
            walk.follow(&chunk, &mut list).await?;
        }
        tracing::debug!(took_ms = ms(began.elapsed()), "looked again");
        part.n_rounds += 1;
        part.rescanned_at = self.lease.now();
        Self::went_well(part);
        let is_over = list.is_clean() || part.n_rounds >= MAX_ROUNDS;
        part.state = if is_over { State::Done } else { State::Erasing };
        write_work!(self.lease, tx, {
            // What would not go is told of unless it is tried again, or gone.
            let keeps_quarantine = is_over && !list.is_clean();
            work::look_again(tx, &self.lease.job, &part.store, keeps_quarantine).await?;
            if is_over {
                list.write_counts(tx).await?;
            } else {
                list.write_in(tx, true).await?;
            }
            self.save_in(tx, part).await
        })?;
        Ok(())
    }

    fn went_well(part: &mut Part) {
        part.cause = String::new();
        part.attempts = 0;
        part.failing_since = Instant::from_ms(0);
        part.next_attempt_at = Instant::from_ms(0);
    }

    async fn halted(&self, part: &mut Part, halt: Halt) -> Result<(), Error> {
        match halt {
            Halt::Ours(error) => return Err(error),
            Halt::PutOff(error) => {
                self.lease.engine.reopen(self.lease.job.account);
                for cell in &self.opened {
                    *cell.lock().await = None;
                }
                let now = self.lease.now();
                if part.attempts == 0 {
                    part.failing_since = now;
                }
                part.attempts += 1;
                word(&error).clone_into(&mut part.cause);
                if now >= part.failing_since.plus_ms(self.map.policy.retry_for_ms) {
                    return self.fail(part).await;
                }
                let doubled = FIRST_PAUSE_MS << part.attempts.clamp(1, 16).saturating_sub(1);
                part.next_attempt_at = now.plus_ms(doubled.min(LAST_PAUSE_MS));
                tracing::warn!(
                    request = self.lease.job.id,
                    store = part.store,
                    cause = part.cause,
                    code = error.code,
                    attempts = part.attempts,
                    "a store cannot be worked on; it is tried again"
                );
            }
            Halt::Failed(cause, notes) => {
                cause.clone_into(&mut part.cause);
                part.notes = notes;
                return self.fail(part).await;
            }
        }
        self.save(part, &[]).await
    }

    /// Ends a part that cannot be carried out.
    pub(super) async fn fail(&self, part: &mut Part) -> Result<(), Error> {
        tracing::error!(
            request = self.lease.job.id,
            store = part.store,
            cause = part.cause,
            "a store was not erased from"
        );
        part.state = State::Done;
        self.save(part, &self.blank_results(part, Outcome::Failed, &part.cause)).await
    }

    /// A result without counts for each subject the part is about.
    fn blank_results(&self, part: &Part, outcome: Outcome, cause: &str) -> Vec<ResultRow> {
        let result = |seed: super::Seed| ResultRow {
            ordinal: seed.ordinal,
            store: part.store.clone(),
            outcome,
            cause: cause.to_owned(),
            n_found: 0,
            n_erased: 0,
            n_masked: 0,
            n_quarantined: 0,
            n_refound: 0,
        };
        self.seeds_of(part).into_iter().map(result).collect()
    }
}

/// What a store says of itself, and the order in which its collections are erased; or what is wrong
/// with the map for it, each by a word and a place.
pub(super) async fn plan_against(
    map: &DataMap,
    store_no: usize,
    store: &dyn Store,
) -> Result<Result<(Catalog, Vec<NodeNo>), String>, StoreError> {
    let tables: Vec<String> =
        map.graph.nodes.iter().filter(|node| node.store == store_no).map(|node| node.table.clone()).collect();
    let catalog = store.catalog(&tables).await?;
    let name = map.stores.get(store_no).map(|entry| entry.name.clone()).unwrap_or_default();
    let findings = check::check(map, &std::iter::once((name, catalog.clone())).collect());
    let order = check::erasing_order(&map.graph, store_no, &catalog);
    let wrong: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{} {}", finding.code, finding.place))
        .collect();
    Ok(match order {
        Ok(order) if wrong.is_empty() => Ok((catalog, order)),
        _ => Err(wrong.join("; ")),
    })
}

/// A stable word for why a store cannot be worked on.
fn word(error: &StoreError) -> &'static str {
    match error.kind {
        Failure::Unreachable => "unreachable",
        Failure::Busy => "busy",
        Failure::Denied => "denied",
        _ => "failed",
    }
}
