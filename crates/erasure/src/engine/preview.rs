//! What an erasure would do, without doing it.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_model::{erasure::Subject, ids::AccountNo};
use rolecall_store::{
    Meter, accounts,
    erasures::{SubjectHasher, work},
};

use super::{
    Engine, Error, Seed,
    job::{self, NO_IDENTITY},
    part::plan_against,
    walk::{self, Stopped, Walk},
    work_list::WorkList,
};
use crate::{
    catalog::Catalog,
    check,
    map::{DataMap, Finding, Severity},
    stores::StoreError,
};

/// What an erasure would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The plan's hash: a request that names it is carried out only while it is still true.
    pub plan_hash: String,
    /// What there is of each subject, in the order they were given in.
    pub subjects: Vec<SubjectPreview>,
    /// What to know before: of the map, and of those a hold is on.
    pub warnings: Vec<Finding>,
}

/// What there is of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectPreview {
    /// Whether a hold is on them, so that nothing would be erased now.
    pub is_held: bool,
    /// Why nothing can be found, if nothing can: `no_identity`.
    pub cause: &'static str,
    /// What there is in each store that has something.
    pub stores: Vec<StorePreview>,
}

/// What there is of one subject in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorePreview {
    /// The store's name.
    pub store: String,
    /// Its collections that have something to erase.
    pub collections: Vec<CollectionPreview>,
}

/// What there is of one subject in one collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionPreview {
    /// The collection, with its dataset's name.
    pub collection: String,
    /// What would be done: `delete` or `mask`.
    pub action: &'static str,
    /// To how many rows.
    pub rows: u64,
}

impl Engine {
    /// What an erasure of these subjects would do: on these bots, or on all of them. Whoever must not
    /// be erased is left out by the caller.
    ///
    /// Errors: [`Error::NoMap`] without a data map, [`Error::Foreign`] if a store cannot be asked.
    pub async fn preview(
        &self,
        account: AccountNo,
        subjects: &[Subject],
        bots: Option<&[String]>,
    ) -> Result<Preview, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let account_id = accounts::get(&mut tx, account).await?.id;
        let under_key = SubjectHasher::new(&self.core, &account_id);
        let hashes: Vec<String> = subjects.iter().map(|subject| under_key.hash(subject)).collect();
        let held: BTreeSet<String> = work::held_hashes(&mut tx, account, &hashes).await?.into_iter().collect();
        drop(tx);
        let (_, map) = self.map(account, &account_id, 0).await?.ok_or(Error::NoMap)?;
        let mut previews = Vec::new();
        let mut seeds = Vec::new();
        let mut planned = Vec::new();
        for (ordinal, (subject, hash)) in (0_i64..).zip(subjects.iter().zip(&hashes)) {
            let is_held = held.contains(hash);
            let is_findable = walk::is_findable(&map.graph, subject);
            if !is_held && is_findable {
                seeds.push(Seed { ordinal, subject: subject.clone() });
                planned.push(hash.clone());
            }
            let cause = if is_findable { "" } else { NO_IDENTITY };
            previews.push(SubjectPreview { is_held, cause, stores: Vec::new() });
        }
        let mut digests = BTreeMap::new();
        let mut warnings = map.warnings.clone();
        let mut rows_elsewhere = Vec::new();
        for store_no in &map.graph.store_order {
            let Some(entry) = map.stores.get(*store_no) else { continue };
            let foreign = |error| Error::Foreign { store: entry.name.clone(), error };
            let store = self.store(account, &map, *store_no).await.map_err(foreign)?;
            let catalog = match plan_against(&map, *store_no, &*store).await.map_err(foreign)? {
                Ok((catalog, _)) => catalog,
                Err(wrong) => {
                    digests.insert(entry.name.clone(), "map_check".to_owned());
                    warnings.push(refused(&entry.name, &wrong));
                    continue;
                }
            };
            warnings.extend(check::check(&map, &std::iter::once((entry.name.clone(), catalog.clone())).collect()));
            let walk = Walk { graph: &map.graph, store_no: *store_no, store: &*store, catalog: &catalog, bots };
            let members = seeds.iter().map(|seed| seed.ordinal).collect();
            let mut list = WorkList::new(None, &map.graph, &entry.name, members);
            let walked = through(&walk, &seeds, &mut list, &mut rows_elsewhere).await;
            walked.map_err(|stopped| match stopped {
                Stopped::Ours(error) => error,
                Stopped::Theirs(error) => foreign(error),
            })?;
            digests.insert(entry.name.clone(), list.digest());
            tell(&map, &entry.name, &list, &mut previews);
        }
        warnings.sort();
        warnings.dedup();
        let plan_hash = job::plan_hash(&map.hash, planned, bots, &digests);
        Ok(Preview { plan_hash, subjects: previews, warnings })
    }

    /// Holds a map against its stores as they are now: all that is wrong, and all there is to know. A
    /// store that cannot be asked is a finding too.
    pub async fn check(&self, account: AccountNo, map: &DataMap) -> Result<Vec<Finding>, Error> {
        let mut catalogs: BTreeMap<String, Catalog> = BTreeMap::new();
        let mut findings = map.warnings.clone();
        for (store_no, entry) in map.stores.iter().enumerate() {
            match self.catalog_of(account, map, store_no).await {
                Ok(catalog) => {
                    catalogs.insert(entry.name.clone(), catalog);
                }
                Err(error) => findings.push(Finding {
                    severity: Severity::Error,
                    code: "unreachable_store",
                    store: Some(entry.name.clone()),
                    place: entry.name.clone(),
                    detail: format!("The store cannot be asked ({error}): nothing about it was checked."),
                }),
            }
        }
        findings.extend(check::check(map, &catalogs));
        findings.sort();
        findings.dedup();
        Ok(findings)
    }

    async fn catalog_of(&self, account: AccountNo, map: &DataMap, store_no: usize) -> Result<Catalog, StoreError> {
        let tables: Vec<String> =
            map.graph.nodes.iter().filter(|node| node.store == store_no).map(|node| node.table.clone()).collect();
        self.store(account, map, store_no).await?.catalog(&tables).await
    }
}

/// Walks through one store; rows that may lead into others are kept in `elsewhere`.
async fn through(
    walk: &Walk<'_>,
    seeds: &[Seed],
    list: &mut WorkList<'_>,
    elsewhere: &mut Vec<super::work_list::Chunked>,
) -> Result<(), Stopped> {
    walk.enter(seeds, list).await?;
    for chunk in elsewhere.iter() {
        walk.follow(chunk, list).await?;
    }
    while let Some(chunk) = list.next().await? {
        walk.follow(&chunk, list).await?;
        let leads_out =
            |edge: &crate::graph::Edge| walk.graph.nodes.get(edge.to).is_some_and(|to| to.store != walk.store_no);
        if walk.graph.nodes.get(chunk.kind.node).is_some_and(|node| node.edges.iter().any(leads_out)) {
            elsewhere.push(chunk);
        }
    }
    Ok(())
}

fn tell(map: &DataMap, store: &str, list: &WorkList<'_>, previews: &mut [SubjectPreview]) {
    for ((ordinal, node), rows) in &list.tally {
        let preview = usize::try_from(*ordinal).ok().and_then(|place| previews.get_mut(place));
        let (Some(preview), Some(node)) = (preview, map.graph.nodes.get(*node)) else { continue };
        if preview.stores.last().is_none_or(|last| last.store != store) {
            preview.stores.push(StorePreview { store: store.to_owned(), collections: Vec::new() });
        }
        if let Some(last) = preview.stores.last_mut() {
            let collection = node.name.clone();
            last.collections.push(CollectionPreview { collection, action: node.action.as_str(), rows: *rows });
        }
    }
}

fn refused(store: &str, wrong: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "map_check",
        store: Some(store.to_owned()),
        place: store.to_owned(),
        detail: format!("Nothing would be erased here: {wrong}. See `rolecall datamap check`."),
    }
}
