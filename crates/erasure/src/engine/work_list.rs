//! The rows a walk has found: keys only, in chunks, in memory while they are few and sealed in our
//! database as they become many.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use aws_lc_rs::digest;
use rolecall_model::erasure::Outcome;
use rolecall_store::{
    Tx,
    erasures::{
        Sealed,
        work::{self, Chunk, Job, ResultRow},
    },
};
use secrecy::ExposeSecret as _;

use super::{Error, lease::Lease, lease::write_work};
use crate::{
    graph::{Graph, NodeNo},
    stores::Found,
};

/// The most rows in a chunk.
pub(super) const CHUNK_ROWS: usize = 1_000;

/// Rows in memory, beyond which they are written out.
const MAX_ROWS: usize = 16_384;

/// What is known of rows that were found together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Kind {
    /// Their collection.
    pub(super) node: NodeNo,
    /// Whether they are for certain of the bots the request is about.
    pub(super) is_scoped: bool,
    /// Whether they are to be erased, or only passed through.
    pub(super) is_to_do: bool,
}

/// Rows of one collection.
#[derive(Clone)]
pub(super) struct Chunked {
    /// What is known of them.
    pub(super) kind: Kind,
    /// The rows.
    pub(super) rows: Vec<Found>,
}

struct Item {
    no: i64,
    kind: Kind,
    n_rows: usize,
    /// None while they are only in the database.
    rows: Option<Vec<Found>>,
    is_written: bool,
}

/// The rows of one store that a walk has found.
pub(super) struct WorkList<'a> {
    /// The request it is written to; none for a preview, which writes nothing.
    lease: Option<&'a Lease<'a>>,
    graph: &'a Graph,
    store: &'a str,
    /// Rows not yet in a chunk.
    loose: BTreeMap<Kind, Vec<Found>>,
    n_loose: usize,
    /// Chunks whose ways on are still to be followed.
    queue: VecDeque<Item>,
    /// Chunks whose ways on were followed, not yet written.
    walked: Vec<Item>,
    /// Written chunks whose ways on were followed since the last writing.
    walked_since: Vec<i64>,
    /// The chunk that was handed out last.
    in_work: Option<i64>,
    next_no: i64,
    /// Counts since the last writing, by subject.
    counts: BTreeMap<i64, Counts>,
    /// Rows to be erased, by subject and collection.
    pub(super) tally: BTreeMap<(i64, NodeNo), u64>,
    seen: HashMap<u128, bool>,
    sum: (u128, u128),
    /// Whom it is about; rows of others are passed over.
    members: BTreeSet<i64>,
    /// Whether nothing is written until the end.
    is_held_back: bool,
    /// While looking again: rows to be erased count as found again, and what was found before as known.
    known: Option<HashMap<u128, bool>>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    n_found: i64,
    n_refound: i64,
    is_left_out: bool,
}

impl<'a> WorkList<'a> {
    /// An empty list.
    pub(super) fn new(lease: Option<&'a Lease<'a>>, graph: &'a Graph, store: &'a str, members: BTreeSet<i64>) -> Self {
        Self {
            lease,
            graph,
            store,
            loose: BTreeMap::new(),
            n_loose: 0,
            queue: VecDeque::new(),
            walked: Vec::new(),
            walked_since: Vec::new(),
            in_work: None,
            next_no: 1,
            counts: BTreeMap::new(),
            tally: BTreeMap::new(),
            seen: HashMap::new(),
            sum: (0, 0),
            members,
            is_held_back: false,
            known: None,
        }
    }

    /// The list as it was written: to go on after an interruption, or, with `again`, to look again,
    /// when the ways on from all that was found are followed once more.
    pub(super) async fn resume(
        lease: &'a Lease<'a>,
        graph: &'a Graph,
        store: &'a str,
        members: BTreeSet<i64>,
        again: bool,
    ) -> Result<Self, Error> {
        let mut list = Self::new(Some(lease), graph, store, members);
        let mut tx = lease.read().await?;
        let chunks = work::chunks(&mut tx, &lease.job, store).await?;
        drop(tx);
        for chunk in chunks {
            let Some(node) = graph.nodes.iter().position(|node| node.name == chunk.collection) else {
                return Err(Error::Broken("a chunk of the work list is of a collection the data map lacks"));
            };
            let rows = load(lease, store, chunk.no).await?;
            let kind = Kind { node, is_scoped: chunk.is_scoped, is_to_do: chunk.is_to_do };
            for row in &rows {
                list.note(kind, row);
            }
            list.next_no = chunk.no + 1;
            if again || !chunk.is_walked {
                list.queue.push_back(Item { no: chunk.no, kind, n_rows: rows.len(), rows: None, is_written: true });
            }
        }
        if again {
            list.known = Some(std::mem::take(&mut list.seen));
            // An interruption must leave the list as it was.
            list.is_held_back = true;
        }
        Ok(list)
    }

    /// Notes a row; whether it is new, or now to be erased when it was not before.
    fn note(&mut self, kind: Kind, row: &Found) -> bool {
        let (mark, rest) = fingerprint(kind.node, row);
        match self.seen.get_mut(&mark) {
            Some(is_to_do) if *is_to_do || !kind.is_to_do => return false,
            Some(is_to_do) => *is_to_do = true,
            None => {
                self.seen.insert(mark, kind.is_to_do);
            }
        }
        if kind.is_to_do {
            self.sum = (self.sum.0.wrapping_add(mark), self.sum.1.wrapping_add(rest));
        }
        true
    }

    /// Adds a row that was found. `is_left_out`: it should be erased, but cannot be told to be of the
    /// request's bots.
    pub(super) fn push(&mut self, kind: Kind, row: Found, is_left_out: bool) {
        if !self.members.contains(&row.subject) {
            return;
        }
        let mark = fingerprint(kind.node, &row).0;
        if !self.note(kind, &row) {
            return;
        }
        let was_to_do = self.known.as_ref().and_then(|known| known.get(&mark).copied());
        if was_to_do.is_some() && !kind.is_to_do {
            // Only passed through, as before; the ways on from it are followed anyway.
            return;
        }
        let counts = self.counts.entry(row.subject).or_default();
        if kind.is_to_do {
            counts.n_found += i64::from(was_to_do != Some(true));
            counts.n_refound += i64::from(self.known.is_some());
            *self.tally.entry((row.subject, kind.node)).or_default() += 1;
        }
        counts.is_left_out |= is_left_out;
        self.loose.entry(kind).or_default().push(row);
        self.n_loose += 1;
    }

    /// Whether there is nothing to be erased.
    pub(super) fn is_clean(&self) -> bool {
        self.tally.is_empty()
    }

    /// What the rows to be erased are, whatever the order they were found in: 64 hex digits.
    pub(super) fn digest(&self) -> String {
        format!("{:032x}{:032x}", self.sum.0, self.sum.1)
    }

    /// Writes out what is in memory if that has become much.
    pub(super) async fn breathe(&mut self) -> Result<(), Error> {
        let is_much = self.n_loose >= MAX_ROWS && !self.is_held_back;
        if self.lease.is_some() && is_much { self.write().await } else { Ok(()) }
    }

    /// The next rows whose ways on are to be followed.
    pub(super) async fn next(&mut self) -> Result<Option<Chunked>, Error> {
        if self.queue.is_empty() {
            self.cut();
        }
        let Some(mut item) = self.queue.pop_front() else { return Ok(None) };
        let rows = match (item.rows.take(), self.lease) {
            (Some(rows), _) => rows,
            (None, Some(lease)) => load(lease, self.store, item.no).await?,
            (None, None) => return Err(Error::Broken("a preview has lost its rows")),
        };
        let chunk = Chunked { kind: item.kind, rows };
        self.in_work = Some(item.no);
        if item.is_written {
            self.walked_since.push(item.no);
        } else if self.lease.is_some() {
            item.rows = Some(chunk.rows.clone());
            self.walked.push(item);
        }
        Ok(Some(chunk))
    }

    /// Puts loose rows into chunks, sorted by key.
    fn cut(&mut self) {
        self.n_loose = 0;
        for (kind, mut rows) in std::mem::take(&mut self.loose) {
            while !rows.is_empty() {
                let rest = rows.split_off(rows.len().min(CHUNK_ROWS));
                // Numbers sort as numbers: the shorter is the smaller.
                rows.sort_by(|a, b| {
                    let lengths = |row: &Found| row.key.iter().map(String::len).collect::<Vec<_>>();
                    (lengths(a), &a.key).cmp(&(lengths(b), &b.key))
                });
                let n_rows = rows.len();
                self.queue.push_back(Item { no: self.next_no, kind, n_rows, rows: Some(rows), is_written: false });
                self.next_no += 1;
                rows = rest;
            }
        }
    }

    /// Writes all chunks, and that those which were followed are. Only between two chunks, or while
    /// the ways on from one are being followed: that one is written as not followed.
    async fn write(&mut self) -> Result<(), Error> {
        let Some(lease) = self.lease else { return Ok(()) };
        write_work!(lease, tx, {
            self.write_in(tx, false).await?;
            Ok(())
        })?;
        self.written();
        Ok(())
    }

    /// Writes what is in memory, in `tx`. `is_complete`: every way on was followed to its end.
    pub(super) async fn write_in(&mut self, tx: &mut Tx, is_complete: bool) -> Result<(), Error> {
        let Some(lease) = self.lease else { return Ok(()) };
        self.cut();
        // The last chunk handed out is still in work; it is followed again after an interruption.
        let in_work = if is_complete { None } else { self.in_work };
        let mut rows = Vec::new();
        for (item, is_walked) in self
            .walked
            .iter()
            .map(|item| (item, in_work != Some(item.no)))
            .chain(self.queue.iter().map(|item| (item, false)))
        {
            if item.is_written {
                continue;
            }
            let Some(found) = &item.rows else { continue };
            let name = self.graph.nodes.get(item.kind.node).map(|node| node.name.clone()).unwrap_or_default();
            let n_keys = i64::try_from(item.n_rows).unwrap_or(i64::MAX);
            let chunk = Chunk {
                no: item.no,
                collection: name,
                is_scoped: item.kind.is_scoped,
                is_to_do: item.kind.is_to_do,
                is_walked,
                n_keys,
                n_done: if item.kind.is_to_do { 0 } else { n_keys },
            };
            rows.push((chunk, seal(lease, self.store, item.no, found)));
        }
        work::insert_chunks(tx, &lease.job, self.store, &rows).await?;
        for no in &self.walked_since {
            if in_work != Some(*no) {
                work::set_walked(tx, &lease.job, self.store, *no).await?;
            }
        }
        self.write_counts(tx).await
    }

    /// Writes the counts alone, in `tx`.
    pub(super) async fn write_counts(&self, tx: &mut Tx) -> Result<(), Error> {
        let Some(lease) = self.lease else { return Ok(()) };
        let counts: Vec<ResultRow> =
            self.counts.iter().map(|(ordinal, counts)| self.result(*ordinal, *counts)).collect();
        work::add_results(tx, &lease.job, &counts).await?;
        Ok(())
    }

    /// What is in memory was written, durably.
    fn written(&mut self) {
        self.counts.clear();
        for item in &mut self.queue {
            item.is_written = true;
            item.rows = None;
        }
        self.walked.clear();
        self.walked_since.clear();
        // It was written as not followed, and is marked later.
        self.walked_since.extend(self.in_work);
    }

    fn result(&self, ordinal: i64, counts: Counts) -> ResultRow {
        ResultRow {
            ordinal,
            store: self.store.to_owned(),
            outcome: Outcome::Pending,
            cause: if counts.is_left_out { NOT_BOT_SCOPED.to_owned() } else { String::new() },
            n_found: counts.n_found,
            n_erased: 0,
            n_masked: 0,
            n_quarantined: 0,
            n_refound: counts.n_refound,
        }
    }
}

/// The cause of an outcome that rows of several bots made partial.
pub(super) const NOT_BOT_SCOPED: &str = "not_bot_scoped";

/// What a row is told from others by: 128 bits to know it again, and as many more for the plan.
fn fingerprint(node: NodeNo, row: &Found) -> (u128, u128) {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&u64::try_from(node).unwrap_or(u64::MAX).to_be_bytes());
    for value in &row.key {
        context.update(&u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(value.as_bytes());
    }
    let hash = context.finish();
    let half = |bytes: &[u8]| bytes.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let (first, second) = hash.as_ref().split_at(16);
    (half(first), half(second))
}

/// The rows of a chunk, sealed: keys of strangers' databases can be names and addresses.
fn seal(lease: &Lease<'_>, store: &str, no: i64, rows: &[Found]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| (row.subject, &row.key, &row.carried)).collect();
    let text = serde_json::to_vec(&rows).unwrap_or_default();
    Sealed::Chunk(&lease.job.id, store, no).seal(lease.core(), &text)
}

/// The rows of a chunk.
pub(super) async fn load(lease: &Lease<'_>, store: &str, no: i64) -> Result<Vec<Found>, Error> {
    let mut tx = lease.read().await?;
    let sealed = chunk_of(&mut tx, &lease.job, store, no).await?;
    drop(tx);
    let text = Sealed::Chunk(&lease.job.id, store, no).open(lease.core(), &sealed)?;
    let rows: Vec<(i64, Vec<String>, Vec<Option<String>>)> = serde_json::from_slice(text.expose_secret())
        .map_err(|_| Error::Broken("a chunk of the work list is damaged"))?;
    Ok(rows.into_iter().map(|(subject, key, carried)| Found { key, carried, subject }).collect())
}

async fn chunk_of(tx: &mut Tx, job: &Job, store: &str, no: i64) -> Result<String, Error> {
    // A request that was called off meanwhile has no work list any more.
    work::keys(tx, job, store, no).await?.ok_or(Error::Lost)
}
