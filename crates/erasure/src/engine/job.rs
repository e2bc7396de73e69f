//! A request, taken from where it is as far as it goes now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest;
use futures_util::future::try_join_all;
use rolecall_model::{
    erasure::{Outcome, State, Subject},
    time::Instant,
};
use rolecall_store::{
    Tx,
    erasures::{
        Sealed,
        work::{self, Job, Part, ResultRow, SubjectRow},
    },
    seal::hex,
};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex as AsyncMutex;

use super::{
    Error, LONGEST_PAUSE_MS, Seed,
    lease::{Lease, write_work},
    part::Opened,
    seal, walk,
};
use crate::{graph::Edge, map::DataMap};

/// The cause of a subject's failure when the account has no data map.
pub(super) const NO_MAP: &str = "no_data_map";

/// The cause of a subject's failure when no collection of the map knows this kind of identifier.
pub(super) const NO_IDENTITY: &str = "no_identity";

/// The cause of a part's failure when another store, through which its rows are reached, failed.
const UNREACHED: &str = "unreached";

/// The cause of a wait: the plan is not the one that was asked for.
pub(super) const PLAN_CHANGED: &str = "plan_changed";

/// A time that never comes: until a person acts.
fn never() -> Instant {
    Instant::from_ms(i64::MAX)
}

/// A request in work, with its data map.
pub(super) struct Run<'e> {
    pub(super) lease: Lease<'e>,
    pub(super) map: DataMap,
    /// Those who are neither held nor done with.
    seeds: Vec<Seed>,
    /// Whom each part is about, once that is settled.
    members: Mutex<BTreeMap<String, BTreeSet<i64>>>,
    states: Mutex<BTreeMap<String, State>>,
    /// The stores, once each is open.
    pub(super) opened: Vec<AsyncMutex<Option<Arc<Opened>>>>,
}

/// Takes the request as far as it goes now.
pub(super) async fn run(lease: Lease<'_>) -> Result<(), Error> {
    let mut tx = lease.read().await?;
    let subjects = work::subjects(&mut tx, &lease.job).await?;
    let held: BTreeSet<i64> = work::held(&mut tx, &lease.job).await?.into_iter().collect();
    let mut parts = work::parts(&mut tx, &lease.job).await?;
    let results = work::results(&mut tx, &lease.job).await?;
    drop(tx);
    let open: Vec<&SubjectRow> =
        subjects.iter().filter(|row| matches!(row.outcome, Outcome::Pending | Outcome::Held)).collect();
    let is_held = open.iter().any(|row| held.contains(&row.ordinal));
    let changed: Vec<_> = open
        .iter()
        .filter_map(|row| {
            let outcome = if held.contains(&row.ordinal) { Outcome::Held } else { Outcome::Pending };
            (outcome != row.outcome).then(|| (row.ordinal, outcome, String::new()))
        })
        .collect();
    if !changed.is_empty() {
        write_work!(lease, tx, Ok(work::set_outcomes(tx, &lease.job, &changed).await?))?;
    }
    let active: Vec<&SubjectRow> = open.into_iter().filter(|row| !held.contains(&row.ordinal)).collect();
    if active.is_empty() && !parts.iter().any(is_under_way) {
        return if is_held { wait(&lease, State::Held, "").await } else { seal::end(&lease, None).await };
    }

    let engine = lease.engine;
    let known = lease.job.map_no;
    let Some((map_no, map)) = engine.map(lease.job.account, &lease.job.account_id, known).await? else {
        let failed: Vec<_> = active.iter().map(|row| (row.ordinal, Outcome::Failed, NO_MAP.to_owned())).collect();
        write_work!(lease, tx, Ok(work::set_outcomes(tx, &lease.job, &failed).await?))?;
        return seal::end(&lease, None).await;
    };
    let mut seeds = Vec::new();
    let mut lost = Vec::new();
    for row in active {
        let subject = subject_of(&lease, row)?;
        if walk::is_findable(&map.graph, &subject) {
            seeds.push(Seed { ordinal: row.ordinal, subject });
        } else {
            lost.push((row.ordinal, Outcome::Failed, NO_IDENTITY.to_owned()));
        }
    }
    // Those that come back from a hold after the others are done go through it by themselves.
    let is_new = |part: &Part, seed: &Seed| {
        !results.iter().any(|result| result.store == part.store && result.ordinal == seed.ordinal)
    };
    let again: Vec<String> = parts
        .iter()
        .filter(|part| part.state == State::Done && seeds.iter().any(|seed| is_new(part, seed)))
        .map(|part| part.store.clone())
        .collect();
    write_work!(lease, tx, {
        work::set_outcomes(tx, &lease.job, &lost).await?;
        if known == 0 {
            work::set_map(tx, &lease.job, map_no, &map.hash).await?;
        }
        for store in &again {
            work::forget_chunks(tx, &lease.job, Some(store)).await?;
            work::save_part(tx, &lease.job, &Part::new(store)).await?;
        }
        Ok(())
    })?;
    let farthest = lease.now().plus_ms(2 * LONGEST_PAUSE_MS);
    for part in &mut parts {
        if again.contains(&part.store) {
            *part = Part::new(&part.store);
        }
        if part.next_attempt_at > farthest {
            // Put off by a clock that has jumped.
            part.next_attempt_at = lease.now();
        }
    }
    for entry in &map.stores {
        if !parts.iter().any(|part| part.store == entry.name) {
            parts.push(Part::new(&entry.name));
        }
    }
    let run = Run::new(lease, map, seeds, &parts, &results);
    run.go_on(parts).await
}

fn is_under_way(part: &Part) -> bool {
    part.state != State::Done
}

fn subject_of(lease: &Lease<'_>, row: &SubjectRow) -> Result<Subject, Error> {
    let damaged = Error::Broken("the identifier of a subject is damaged");
    let text = Sealed::Subject(&lease.job.id, row.ordinal).open(lease.core(), &row.sealed)?;
    let value = serde_json::from_slice(text.expose_secret()).map_err(|_| damaged.clone())?;
    Subject::parse(&value, "").map_err(|_| damaged)
}

/// Leaves the request to a person.
async fn wait(lease: &Lease<'_>, state: State, cause: &str) -> Result<(), Error> {
    let is_new = lease.job.state != state || lease.job.cause != cause;
    write_work!(lease, tx, {
        work::set_state(tx, &lease.job, state, cause, lease.now()).await?;
        if is_new {
            seal::tell(tx, lease, state, cause).await?;
        }
        Ok(work::let_go(tx, &lease.job, 0, never()).await?)
    })
}

impl<'e> Run<'e> {
    fn new(lease: Lease<'e>, map: DataMap, seeds: Vec<Seed>, parts: &[Part], results: &[ResultRow]) -> Self {
        let mut members = BTreeMap::new();
        for part in parts.iter().filter(|part| part.state != State::Pending) {
            let of_part =
                results.iter().filter(|result| result.store == part.store && result.outcome == Outcome::Pending);
            let ordinals: BTreeSet<i64> = of_part.map(|result| result.ordinal).collect();
            members.insert(part.store.clone(), ordinals);
        }
        let states = parts.iter().map(|part| (part.store.clone(), part.state)).collect();
        let opened = map.stores.iter().map(|_| AsyncMutex::new(None)).collect();
        Self { lease, map, seeds, members: Mutex::new(members), states: Mutex::new(states), opened }
    }

    /// Whom the part is about: settled when it begins.
    pub(super) fn members_of(&self, part: &Part) -> BTreeSet<i64> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members
            .entry(part.store.clone())
            .or_insert_with(|| self.seeds.iter().map(|seed| seed.ordinal).collect())
            .clone()
    }

    /// The subjects the part is about.
    pub(super) fn seeds_of(&self, part: &Part) -> Vec<Seed> {
        let members = self.members_of(part);
        self.seeds.iter().filter(|seed| members.contains(&seed.ordinal)).cloned().collect()
    }

    /// The salt of the request's masks.
    pub(super) fn salt(&self) -> Result<[u8; 32], Error> {
        let salt = Sealed::Salt(&self.lease.job.id).open(self.lease.core(), &self.lease.job.salt)?;
        salt.expose_secret().try_into().map_err(|_| Error::Broken("the salt of a request is damaged"))
    }

    async fn go_on(&self, mut parts: Vec<Part>) -> Result<(), Error> {
        let number = |part: &Part| self.map.stores.iter().position(|entry| entry.name == part.store);
        for store_no in &self.map.graph.store_order {
            let before: Vec<Part> = parts
                .iter()
                .filter(|part| number(part).is_some_and(|no| self.leads_into(no, *store_no)))
                .cloned()
                .collect();
            let Some(part) = parts.iter_mut().find(|part| number(part) == Some(*store_no)) else { continue };
            if part.state < State::Planned {
                // Rows here may be reached only through a store that is not walked yet, or cannot be.
                if let Some(first) = before.iter().find(|first| first.state < State::Planned) {
                    part.next_attempt_at = first.next_attempt_at;
                    continue;
                }
                if before.iter().any(|first| first.state == State::Done && !first.cause.is_empty()) {
                    UNREACHED.clone_into(&mut part.cause);
                    self.fail(part).await?;
                }
            }
            let is_due = part.next_attempt_at <= self.lease.now();
            if matches!(part.state, State::Pending | State::Resolving) && is_due {
                self.resolve(part, *store_no).await?;
            }
        }
        if parts.iter().any(|part| part.state == State::Planned)
            && !self.is_begun(&parts)
            && !self.may_begin(&parts).await?
        {
            return Ok(());
        }
        let advancing = parts.into_iter().map(|part| async {
            match number(&part) {
                Some(store_no) if part.state >= State::Planned => self.advance(part, store_no).await,
                _ => Ok(part),
            }
        });
        let parts = try_join_all(advancing).await?;
        if parts.iter().any(is_under_way) {
            return self.put_off(&parts).await;
        }
        self.settle_outcomes().await?;
        let mut tx = self.lease.read().await?;
        let is_held = work::subjects(&mut tx, &self.lease.job).await?.iter().any(|row| row.outcome == Outcome::Held);
        drop(tx);
        if is_held { wait(&self.lease, State::Held, "").await } else { seal::end(&self.lease, Some(&self.map)).await }
    }

    /// Whether rows of one store lead to rows of another.
    fn leads_into(&self, from: usize, to: usize) -> bool {
        let nodes = &self.map.graph.nodes;
        let leads = |edge: &Edge| nodes.get(edge.to).is_some_and(|node| node.store == to);
        from != to && nodes.iter().any(|node| node.store == from && node.edges.iter().any(leads))
    }

    /// Whether anything was erased already, so that no plan can be asked about any more.
    fn is_begun(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| part.state >= State::Erasing && part.cause.is_empty())
            || (self.lease.job.state >= State::Erasing && self.lease.job.state < State::Done)
    }

    /// Whether the plan may be carried out: if it is the one that was asked for, and somebody agreed
    /// where somebody must. If not, the request is left waiting.
    async fn may_begin(&self, parts: &[Part]) -> Result<bool, Error> {
        let job = &self.lease.job;
        let is_bound = !job.wanted_plan.is_empty() || self.map.policy.needs_approval;
        if parts.iter().any(|part| part.state < State::Planned) {
            if is_bound {
                // A plan without one store is not the plan.
                self.put_off(parts).await?;
            }
            return Ok(!is_bound);
        }
        let mut tx = self.lease.read().await?;
        let subjects = work::subjects(&mut tx, job).await?;
        drop(tx);
        let of_plan = |row: &&SubjectRow| self.seeds.iter().any(|seed| seed.ordinal == row.ordinal);
        let hashes = subjects.iter().filter(of_plan).map(|row| row.hash.clone()).collect();
        let digests = parts.iter().map(|part| (part.store.clone(), plan_part(part))).collect();
        let plan = plan_hash(&self.map.hash, hashes, job.bots.as_deref(), &digests);
        write_work!(self.lease, tx, Ok(work::set_plan(tx, job, &plan).await?))?;
        // Who approves a plan wants that one from then on.
        if !job.wanted_plan.is_empty() && job.wanted_plan != plan {
            wait(&self.lease, State::Planned, PLAN_CHANGED).await?;
            return Ok(false);
        }
        if !job.is_approved && self.map.policy.needs_approval {
            wait(&self.lease, State::AwaitingApproval, "").await?;
            return Ok(false);
        }
        Ok(true)
    }

    /// From here on something is changed, and nothing can be called off. Whoever came under a hold
    /// since the rows were found is taken out.
    pub(super) async fn begin_erasing(&self, part: &mut Part) -> Result<(), Error> {
        let members = self.members_of(part);
        part.state = State::Erasing;
        let held = write_work!(self.lease, tx, {
            let held: Vec<i64> = work::held(tx, &self.lease.job)
                .await?
                .into_iter()
                .filter(|ordinal| members.contains(ordinal))
                .collect();
            work::drop_results(tx, &self.lease.job, &part.store, &held).await?;
            let outcomes: Vec<_> = held.iter().map(|ordinal| (*ordinal, Outcome::Held, String::new())).collect();
            work::set_outcomes(tx, &self.lease.job, &outcomes).await?;
            self.save_in(tx, part).await?;
            Ok(held)
        })?;
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = members.get_mut(&part.store) {
            members.retain(|ordinal| !held.contains(ordinal));
        }
        Ok(())
    }

    /// Writes a part as it is now, with further results.
    pub(super) async fn save(&self, part: &Part, results: &[ResultRow]) -> Result<(), Error> {
        write_work!(self.lease, tx, {
            work::add_results(tx, &self.lease.job, results).await?;
            self.save_in(tx, part).await
        })
    }

    /// The same in a transaction, with how far the request is: as far as its last part.
    pub(super) async fn save_in(&self, tx: &mut Tx, part: &Part) -> Result<(), Error> {
        let state = {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            states.insert(part.store.clone(), part.state);
            let last = states.values().copied().min().unwrap_or(State::Pending);
            let is_begun = states.values().any(|state| (State::Erasing..=State::Verifying).contains(state));
            // Once something is erased nothing can be called off, whatever another store waits for;
            // and the request itself is done with its receipt.
            if is_begun { last.clamp(State::Erasing, State::Verifying) } else { last.min(State::Verifying) }
        };
        work::save_part(tx, &self.lease.job, part).await?;
        work::set_state(tx, &self.lease.job, state, "", self.lease.now()).await?;
        Ok(())
    }

    async fn put_off(&self, parts: &[Part]) -> Result<(), Error> {
        let next = parts.iter().filter(|part| is_under_way(part)).map(|part| part.next_attempt_at).min();
        let attempts = parts.iter().map(|part| part.attempts).max().unwrap_or_default();
        let next = next.unwrap_or_else(|| self.lease.now());
        write_work!(self.lease, tx, Ok(work::let_go(tx, &self.lease.job, attempts, next).await?))
    }

    /// Says how each subject fared in each store, and over all.
    async fn settle_outcomes(&self) -> Result<(), Error> {
        let mut tx = self.lease.read().await?;
        let mut results = work::results(&mut tx, &self.lease.job).await?;
        drop(tx);
        results.retain(|result| result.outcome == Outcome::Pending || self.is_seed(result.ordinal));
        let mut overall: BTreeMap<i64, Vec<(Outcome, String)>> = BTreeMap::new();
        for result in &mut results {
            if result.outcome == Outcome::Pending || result.outcome == Outcome::Failed {
                (result.outcome, result.cause) = outcome_in(result);
            }
            overall.entry(result.ordinal).or_default().push((result.outcome, result.cause.clone()));
            (result.n_found, result.n_erased, result.n_masked) = (0, 0, 0);
            (result.n_quarantined, result.n_refound) = (0, 0);
        }
        let outcomes: Vec<_> = overall
            .into_iter()
            .map(|(ordinal, stores)| {
                let (outcome, cause) = outcome_over(&stores);
                (ordinal, outcome, cause)
            })
            .collect();
        write_work!(self.lease, tx, {
            work::add_results(tx, &self.lease.job, &results).await?;
            Ok(work::set_outcomes(tx, &self.lease.job, &outcomes).await?)
        })
    }

    fn is_seed(&self, ordinal: i64) -> bool {
        self.seeds.iter().any(|seed| seed.ordinal == ordinal)
    }
}

/// What a part adds to the plan's hash: what will be erased, or why nothing can be.
fn plan_part(part: &Part) -> String {
    if part.cause.is_empty() { part.plan_digest.clone() } else { part.cause.clone() }
}

/// The hash of a plan: the same for the same rows of the same subjects under the same map.
pub(super) fn plan_hash(
    map_hash: &str,
    mut subjects: Vec<String>,
    bots: Option<&[String]>,
    parts: &BTreeMap<String, String>,
) -> String {
    subjects.sort_unstable();
    let mut bots = bots.map(<[String]>::to_vec);
    if let Some(bots) = &mut bots {
        bots.sort_unstable();
        bots.dedup();
    }
    let plan = serde_json::json!({"version": 1, "map": map_hash, "subjects": subjects, "bots": bots, "stores": parts});
    hex(digest::digest(&digest::SHA256, plan.to_string().as_bytes()).as_ref())
}

/// How one subject fared in one store.
fn outcome_in(result: &ResultRow) -> (Outcome, String) {
    let is_changed = result.n_erased + result.n_masked > 0;
    let is_left = result.n_quarantined > 0 || result.n_refound > 0 || !result.cause.is_empty();
    let cause = if !result.cause.is_empty() {
        result.cause.clone()
    } else if result.n_quarantined > 0 {
        "quarantined".to_owned()
    } else if result.n_refound > 0 {
        "found_again".to_owned()
    } else {
        String::new()
    };
    let outcome = match (is_changed, is_left) {
        (true, true) => Outcome::Partial,
        (true, false) => Outcome::Erased,
        (false, true) if result.cause == super::work_list::NOT_BOT_SCOPED => Outcome::Partial,
        (false, true) => Outcome::Failed,
        (false, false) => Outcome::NotFound,
    };
    (outcome, cause)
}

/// How one subject fared over all stores.
fn outcome_over(stores: &[(Outcome, String)]) -> (Outcome, String) {
    let has = |wanted: &[Outcome]| stores.iter().find(|(outcome, _)| wanted.contains(outcome));
    let bad = has(&[Outcome::Failed, Outcome::Partial]);
    let is_changed = has(&[Outcome::Erased, Outcome::Partial]).is_some();
    match bad {
        Some((_, cause)) if is_changed => (Outcome::Partial, cause.clone()),
        Some((_, cause)) => (Outcome::Failed, cause.clone()),
        None if is_changed => (Outcome::Erased, String::new()),
        None => (Outcome::NotFound, String::new()),
    }
}

/// The request of `job`, as call-backs tell of it: no identifier of anybody.
pub(super) fn notice(job: &Job, state: State, cause: &str, at: Instant) -> String {
    serde_json::json!({"requestId": job.id, "state": state.as_str(), "cause": cause, "at": at}).to_string()
}
