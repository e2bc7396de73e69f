//! From datasets to collections that know their stores and each other.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_model::{erasure::Identity, json, nearest, phrase::Text};

use super::{
    actions::action,
    dataset::{Collection, Dataset},
    policy,
    references::{NOT_SINGLE, connect, put_after},
    remarks::Remarks,
    spot::for_each,
    stores::Store,
};
use crate::graph::{Action, Edge, Entry, Graph, Node, NodeNo, StoreNo};

/// The graph of all collections; one that makes no sense only together with a problem.
pub(super) fn build(datasets: &[Dataset], stores: &[Store], policy: &policy::Read, remarks: &mut Remarks) -> Graph {
    let store_of = store_of(datasets, stores, remarks);
    let mut index = Index::default();
    let mut nodes: Vec<Node> = Vec::new();
    let mut tables = BTreeSet::new();
    for dataset in datasets {
        let store = store_of.get(dataset.key.as_str()).copied();
        for collection in &dataset.collections {
            let name = (dataset.key.as_str(), collection.name.as_str());
            if collection.is_skipped {
                index.0.insert(name, (collection, None));
                continue;
            }
            index.0.insert(name, (collection, Some(nodes.len())));
            let node = node(dataset, collection, store.unwrap_or_default(), policy, remarks);
            if store.is_some() && !tables.insert((node.store, node.table.clone())) {
                let detail = "is the table of another collection of the same store, too: name it once";
                remarks.problems.add_in_english(json::child(&collection.path, "name"), detail);
            }
            nodes.push(node);
        }
    }
    for dataset in datasets {
        for collection in dataset.collections.iter().filter(|collection| !collection.is_skipped) {
            let Some(no) = index.node(&dataset.key, &collection.name) else { continue };
            connect(collection, no, &mut nodes, &index, remarks);
            put_after(collection, no, &mut nodes, &index, remarks);
        }
    }
    let kept = without_idle(nodes);
    for node in kept.iter().filter(|node| node.primary_key.is_empty()) {
        let Some((collection, _)) = node.name.rsplit_once('.').and_then(|name| index.0.get(&name)) else { continue };
        let detail = "needs fides_meta.primary_key: true on the fields that tell its rows apart";
        remarks.problems.add_in_english(json::child(&collection.path, "fields"), detail);
    }
    Graph::derive(kept, stores.len()).unwrap_or_else(|circle| {
        let names: Vec<_> = circle.iter().filter_map(|store| Some(stores.get(*store)?.0.name.as_str())).collect();
        let detail = format!(
            "rows of {} lead to each other in a circle: give the references between them one direction",
            names.join(", ")
        );
        remarks.problems.add_in_english("/stores", detail);
        Graph { nodes: Vec::new(), store_order: Vec::new() }
    })
}

fn store_of<'a>(datasets: &'a [Dataset], stores: &[Store], remarks: &mut Remarks) -> BTreeMap<&'a str, StoreNo> {
    let mut store_of = BTreeMap::new();
    let keys: BTreeSet<_> = datasets.iter().map(|dataset| dataset.key.as_str()).collect();
    for (no, (store, named)) in stores.iter().enumerate() {
        match named {
            None if stores.len() == 1 => store_of.extend(keys.iter().map(|key| (*key, no))),
            None => {
                let path = json::child(&json::child("/stores", &store.name), "datasets");
                remarks.problems.add_in_english(path, "is required where there is more than one store");
            }
            Some(named) => {
                for (key, path) in named {
                    let Some(key) = keys.get(key.as_str()) else {
                        remarks.problems.add(path.as_str(), nearest::unknown(key, keys.iter().copied()));
                        continue;
                    };
                    if store_of.insert(*key, no).is_some() {
                        remarks.problems.add_in_english(
                            path.as_str(),
                            "is a dataset that was named before: it can be in one store",
                        );
                    }
                }
            }
        }
    }
    if !stores.is_empty() {
        for dataset in datasets.iter().filter(|dataset| !store_of.contains_key(dataset.key.as_str())) {
            let detail = "is in no store: add this key to the `datasets` of the one that holds it";
            remarks.problems.add_in_english(json::child(&dataset.path, "fides_key"), detail);
        }
    }
    store_of
}

/// A collection, and its node unless it is skipped.
pub(super) type Named<'a> = (&'a Collection, Option<NodeNo>);

/// Every collection by the key of its dataset and its name.
#[derive(Default)]
pub(super) struct Index<'a>(pub(super) BTreeMap<(&'a str, &'a str), Named<'a>>);

impl<'a> Index<'a> {
    /// The node of a collection.
    pub(super) fn node(&self, dataset: &'a str, collection: &'a str) -> Option<NodeNo> {
        self.0.get(&(dataset, collection))?.1
    }

    /// What to say of a name that is none here.
    pub(super) fn unknown(&self, dataset: &str, collection: &str) -> Text {
        let names: Vec<_> = self.0.keys().map(|(dataset, collection)| format!("{dataset}.{collection}")).collect();
        nearest::unknown(&format!("{dataset}.{collection}"), names.iter().map(String::as_str))
    }
}

fn node(
    dataset: &Dataset,
    collection: &Collection,
    store: StoreNo,
    policy: &policy::Read,
    remarks: &mut Remarks,
) -> Node {
    let name = format!("{}.{}", dataset.key, collection.name);
    let table = match &dataset.schema {
        Some(schema) => format!("{schema}.{}", collection.name),
        None => collection.name.clone(),
    };
    let mut entries = Vec::new();
    for_each(&collection.fields, &mut |spot, field| {
        let Some(word) = &field.identity else { return };
        let Some(identity) = Identity::parse(word) else {
            let known = Identity::ALL.map(Identity::as_str).join(", ");
            let detail =
                format!("Requests have no identifier of that kind, so no row is found by it; they have {known}.");
            remarks.warn("unknown_identity", format!("{name}.{}", spot.dotted()), detail);
            return;
        };
        if spot.is_single {
            entries.push(Entry { identity, place: spot.place });
        } else {
            remarks.problems.add_in_english(field.path.as_str(), NOT_SINGLE);
        }
    });
    for_each(&collection.fields, &mut |spot, field| {
        if !spot.place.path.is_empty() && (field.is_key || field.is_bot) {
            remarks
                .problems
                .add_in_english(field.path.as_str(), "a value inside a column can be neither key nor bot id");
        }
    });
    let mut bots = collection.fields.iter().filter(|field| field.is_bot);
    let bot = bots.next().map(|field| field.name.clone());
    if let Some(second) = bots.next() {
        remarks.problems.add_in_english(second.path.as_str(), "only one field of a collection can hold the bot's id");
    }
    let action = action(&name, collection, policy, remarks);
    Node {
        name,
        table,
        store,
        primary_key: collection.fields.iter().filter(|field| field.is_key).map(|field| field.name.clone()).collect(),
        action,
        entries,
        edges: Vec::new(),
        bot,
        carried: Vec::new(),
        erase_after: Vec::new(),
        is_bot_scoped: false,
    }
}

/// `nodes` without those in which nothing is erased and from which no way leads to one where
/// something is.
fn without_idle(nodes: Vec<Node>) -> Vec<Node> {
    let mut ways_in: Vec<Vec<NodeNo>> = vec![Vec::new(); nodes.len()];
    for (from, node) in nodes.iter().enumerate() {
        for edge in &node.edges {
            if let Some(ways) = ways_in.get_mut(edge.to) {
                ways.push(from);
            }
        }
    }
    let mut is_kept: Vec<_> = nodes.iter().map(|node| node.action != Action::Pass).collect();
    let mut open: Vec<NodeNo> = (0..nodes.len()).filter(|no| is_kept.get(*no) == Some(&true)).collect();
    while let Some(no) = open.pop() {
        for from in ways_in.get(no).map(Vec::as_slice).unwrap_or_default() {
            if let Some(is_kept @ false) = is_kept.get_mut(*from) {
                *is_kept = true;
                open.push(*from);
            }
        }
    }
    let mut n_kept = 0;
    let number: Vec<Option<NodeNo>> = is_kept
        .iter()
        .map(|is_kept| {
            n_kept += usize::from(*is_kept);
            is_kept.then(|| n_kept - 1)
        })
        .collect();
    let renumbered = |no: NodeNo| number.get(no).copied().flatten();
    let kept = nodes.into_iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept).map(|(mut node, _)| {
        node.edges =
            node.edges.into_iter().filter_map(|edge| Some(Edge { to: renumbered(edge.to)?, ..edge })).collect();
        node.erase_after = node.erase_after.into_iter().filter_map(renumbered).collect();
        node
    });
    kept.collect()
}
