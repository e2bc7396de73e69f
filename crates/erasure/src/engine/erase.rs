//! Erasing the rows of a work list: in their order, in transactions that stay short.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use rolecall_model::erasure::Outcome;
use rolecall_store::erasures::work::{self, Quarantined, ResultRow};

use super::{Error, job::Run, lease::write_work, ms, part::Opened, pause, walk::Stopped, work_list::load};
use crate::{
    graph::{Action, NodeNo},
    map::Pace,
    stores::{Failure, Found, Key, Slice, StoreError},
};

/// Rows in the first transaction, while nobody knows how long rows take here.
const FIRST_ROWS: usize = 250;

/// The most rows of each further collection in its first one: rows that others refer to go more slowly
/// than those before them, for it is looked whether anything still does.
const NEXT_ROWS: usize = 64;

/// How often a store may be busy in a row before the work is put off.
const MAX_BUSY: u32 = 8;

/// Between two transactions this share of the last one's time is left to others.
const REST: u32 = 8;

/// How long to wait before looking at the replicas again.
const LAG_PAUSE: Duration = Duration::from_secs(1);

/// Erases what is left of a work list, a transaction a step.
pub(super) struct Eraser<'r> {
    run: &'r Run<'r>,
    opened: &'r Opened,
    store: String,
    pace: Pace,
    members: BTreeSet<i64>,
    salt: [u8; 32],
    chunks: Vec<Todo>,
    at: usize,
    loaded: Option<(i64, Vec<Found>)>,
    /// The collection whose rows went last.
    node: Option<NodeNo>,
    n_rows: usize,
}

struct Todo {
    no: i64,
    node: NodeNo,
    n_keys: usize,
    n_done: usize,
}

/// Rows of one chunk.
struct Piece {
    /// Its place in the list of chunks.
    chunk: usize,
    node: NodeNo,
    rows: Vec<Found>,
    /// How many keys of the chunk are done with after it.
    n_done: usize,
}

/// A row that would not go.
struct Bad {
    at: usize,
    error: StoreError,
}

impl<'r> Eraser<'r> {
    /// For the part in the store named `store`.
    pub(super) async fn new(
        run: &'r Run<'r>,
        opened: &'r Opened,
        store: &str,
        members: BTreeSet<i64>,
        pace: Pace,
    ) -> Result<Self, Error> {
        let mut tx = run.lease.read().await?;
        let chunks = work::chunks(&mut tx, &run.lease.job, store).await?;
        drop(tx);
        let nodes = &run.map.graph.nodes;
        let rank_of = |name: &str| {
            let node = nodes.iter().position(|node| node.name == name)?;
            Some((opened.order.iter().position(|ordered| *ordered == node)?, node))
        };
        let mut todo = Vec::new();
        for chunk in chunks.into_iter().filter(|chunk| chunk.n_done < chunk.n_keys) {
            let Some((rank, node)) = rank_of(&chunk.collection) else {
                return Err(Error::Broken("a chunk of the work list is of a collection that is not erased"));
            };
            let size = |n: i64| usize::try_from(n).unwrap_or_default();
            todo.push((rank, Todo { no: chunk.no, node, n_keys: size(chunk.n_keys), n_done: size(chunk.n_done) }));
        }
        todo.sort_by_key(|(rank, todo)| (*rank, todo.no));
        let chunks = todo.into_iter().map(|(_, todo)| todo).collect();
        let salt = run.salt()?;
        let store = store.to_owned();
        Ok(Self {
            run,
            opened,
            store,
            pace,
            members,
            salt,
            chunks,
            at: 0,
            loaded: None,
            node: None,
            n_rows: FIRST_ROWS,
        })
    }

    /// Erases some rows and writes down that they are; `false` if none are left.
    pub(super) async fn step(&mut self) -> Result<bool, Stopped> {
        let pieces = self.take().await?;
        if pieces.is_empty() {
            return Ok(false);
        }
        self.wait_for_replicas().await?;
        let began = Instant::now();
        let bad = self.erase(&pieces).await?;
        let took = began.elapsed();
        let n_rows = pieces.iter().map(|piece| piece.rows.len()).sum::<usize>();
        self.write_down(&pieces, &bad).await?;
        tracing::debug!(rows = n_rows, took_ms = ms(took), in_all_ms = ms(began.elapsed()), "erased");
        self.adapt(n_rows, took);
        self.rest(n_rows, began, took).await;
        Ok(true)
    }

    /// The next rows, of as many chunks as it takes.
    async fn take(&mut self) -> Result<Vec<Piece>, Error> {
        let mut pieces = Vec::new();
        let mut n_left = self.n_rows;
        while n_left > 0 {
            let Some(todo) = self.chunks.get_mut(self.at) else { break };
            if self.node.replace(todo.node).is_some_and(|last| last != todo.node) {
                n_left = n_left.min(NEXT_ROWS);
            }
            if self.loaded.as_ref().is_none_or(|(no, _)| *no != todo.no) {
                self.loaded = Some((todo.no, load(&self.run.lease, &self.store, todo.no).await?));
            }
            let rows = self.loaded.as_ref().map_or(&[][..], |(_, rows)| rows.as_slice());
            let end = (todo.n_done + n_left).min(todo.n_keys);
            let taken = rows.get(todo.n_done..end).ok_or(Error::Broken("a chunk of the work list is too short"))?;
            n_left -= taken.len().min(n_left);
            // A hold that came after the rows were found takes them out.
            let rows = taken.iter().filter(|row| self.members.contains(&row.subject)).cloned().collect();
            pieces.push(Piece { chunk: self.at, node: todo.node, rows, n_done: end });
            todo.n_done = end;
            if end >= todo.n_keys {
                self.at += 1;
            }
        }
        Ok(pieces)
    }

    /// Erases the rows of `pieces`, if need be in ever smaller transactions until those that will not
    /// go stand alone; these.
    async fn erase(&mut self, pieces: &[Piece]) -> Result<Vec<Bad>, Stopped> {
        let rows: Vec<(NodeNo, &Key)> =
            pieces.iter().flat_map(|piece| piece.rows.iter().map(|row| (piece.node, &row.key))).collect();
        let mut bad = Vec::new();
        let mut n_busy = 0;
        let mut ranges: Vec<std::ops::Range<usize>> = std::iter::once(0..rows.len()).collect();
        while let Some(range) = ranges.pop() {
            let Some(part) = rows.get(range.clone()).filter(|part| !part.is_empty()) else { continue };
            let error = match self.erase_together(part).await {
                Ok(true) => continue,
                Ok(false) => return Err(Error::Lost.into()),
                Err(error) => error,
            };
            let middle = range.start + range.len() / 2;
            match error.kind {
                Failure::Constraint if range.len() == 1 => bad.push(Bad { at: range.start, error }),
                Failure::Constraint => ranges.extend([middle..range.end, range.start..middle]),
                Failure::Busy if n_busy < MAX_BUSY => {
                    n_busy += 1;
                    let [random] = self.run.lease.core().random.bytes::<1>();
                    pause(Duration::from_millis((5_u64 << n_busy.min(6)) + u64::from(random % 16))).await;
                    if range.len() == 1 {
                        ranges.push(range);
                    } else {
                        ranges.extend([middle..range.end, range.start..middle]);
                    }
                }
                _ => return Err(error.into()),
            }
        }
        Ok(bad)
    }

    /// Erases `rows` in one transaction; `false`, with nothing done, if the request was lost.
    async fn erase_together(&self, rows: &[(NodeNo, &Key)]) -> Result<bool, StoreError> {
        let groups: Vec<(NodeNo, Vec<&Key>)> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|group| Some((group.first()?.0, group.iter().map(|(_, key)| *key).collect())))
            .collect();
        let slices: Vec<Slice<'_>> = groups
            .iter()
            .filter_map(|(node, keys)| {
                let node = self.run.map.graph.nodes.get(*node)?;
                let masks = match &node.action {
                    Action::Mask(masks) => Some(masks.as_slice()),
                    _ => None,
                };
                Some(Slice { table: &node.table, primary_key: &node.primary_key, masks, salt: &self.salt, keys })
            })
            .collect();
        let may_commit = Box::pin(self.run.lease.is_held());
        Ok(self.opened.store.erase(&self.opened.catalog, &slices, may_commit).await?.is_some())
    }

    /// Writes down how far the work is. A worker that dies before this does these rows once more,
    /// which changes nothing: keys that are gone stay gone.
    async fn write_down(&self, pieces: &[Piece], bad: &[Bad]) -> Result<(), Error> {
        let mut results: BTreeMap<i64, ResultRow> = BTreeMap::new();
        let mut quarantined: BTreeMap<(NodeNo, &StoreError), i64> = BTreeMap::new();
        let bad: BTreeMap<usize, &StoreError> = bad.iter().map(|bad| (bad.at, &bad.error)).collect();
        let rows = pieces.iter().flat_map(|piece| piece.rows.iter().map(move |row| (piece.node, row.subject)));
        for (at, (node, ordinal)) in rows.enumerate() {
            let result = results.entry(ordinal).or_insert_with(|| self.blank(ordinal));
            let is_masked =
                self.run.map.graph.nodes.get(node).is_some_and(|node| matches!(node.action, Action::Mask(_)));
            match bad.get(&at) {
                Some(error) => {
                    result.n_quarantined += 1;
                    *quarantined.entry((node, error)).or_default() += 1;
                }
                None if is_masked => result.n_masked += 1,
                None => result.n_erased += 1,
            }
        }
        let results: Vec<ResultRow> = results.into_values().collect();
        let job = &self.run.lease.job;
        write_work!(self.run.lease, tx, {
            for piece in pieces {
                let Some(todo) = self.chunks.get(piece.chunk) else { continue };
                let n_done = i64::try_from(piece.n_done).unwrap_or(i64::MAX);
                work::set_done(tx, job, &self.store, todo.no, n_done).await?;
            }
            work::add_results(tx, job, &results).await?;
            for ((node, error), n_rows) in &quarantined {
                let rows = Quarantined {
                    store: self.store.clone(),
                    collection: self.run.map.graph.nodes.get(*node).map(|node| node.name.clone()).unwrap_or_default(),
                    code: error.code.clone(),
                    object: error.object.clone().unwrap_or_default(),
                    n_rows: *n_rows,
                };
                work::add_quarantine(tx, job, &rows).await?;
            }
            Ok(())
        })
    }

    fn blank(&self, ordinal: i64) -> ResultRow {
        ResultRow {
            ordinal,
            store: self.store.clone(),
            outcome: Outcome::Pending,
            cause: String::new(),
            n_found: 0,
            n_erased: 0,
            n_masked: 0,
            n_quarantined: 0,
            n_refound: 0,
        }
    }

    /// Makes the next transaction as large as would take the time it should, growing slowly and
    /// shrinking at once.
    fn adapt(&mut self, n_rows: usize, took: Duration) {
        let strides = &self.run.lease.engine.options.strides;
        let us = |time: Duration| usize::try_from(time.as_micros()).unwrap_or(usize::MAX);
        let fitting = n_rows.saturating_mul(us(strides.aim)) / us(took).max(1);
        self.n_rows = fitting.clamp(1, self.n_rows.saturating_mul(2)).clamp(8, strides.max_rows.max(8));
    }

    /// Lets others have the store for a moment, and keeps the pace the map sets.
    async fn rest(&self, n_rows: usize, began: Instant, took: Duration) {
        let mut rest = took / REST;
        if let Some(rate) = self.pace.rows_per_second.filter(|rate| *rate > 0) {
            let due = Duration::from_secs_f64(f64::from(u32::try_from(n_rows).unwrap_or(u32::MAX)) / f64::from(rate));
            rest = rest.max(due.saturating_sub(began.elapsed()));
        }
        pause(rest).await;
    }

    async fn wait_for_replicas(&self) -> Result<(), StoreError> {
        let Some(max_ms) = self.pace.max_replica_lag_ms else { return Ok(()) };
        while self.opened.store.replica_lag_ms().await?.is_some_and(|lag_ms| lag_ms > max_ms) {
            pause(LAG_PAUSE).await;
        }
        Ok(())
    }
}
