//! From datasets to collections that know their stores and each other.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_model::{erasure::Identity, json, nearest};

use super::{
    StoreEntry,
    dataset::{Collection, Dataset, Direction, Field, Shape},
    masking::Strategy,
    policy::{self, is_targeted},
    remarks::Remarks,
};
use crate::graph::{Action, Edge, Entry, Graph, Mask, Masking, Node, NodeNo, Place, StoreNo};

/// A store and the datasets it says it holds, with their places in the map.
pub(super) type Store = (StoreEntry, Option<Vec<(String, String)>>);

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
                remarks.problems.add(json::child(&collection.path, "name"), detail);
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
        remarks.problems.add(json::child(&collection.path, "fields"), detail);
    }
    Graph::derive(kept, stores.len()).unwrap_or_else(|circle| {
        let names: Vec<_> = circle.iter().filter_map(|store| Some(stores.get(*store)?.0.name.as_str())).collect();
        let detail = format!(
            "rows of {} lead to each other in a circle: give the references between them one direction",
            names.join(", ")
        );
        remarks.problems.add("/stores", detail);
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
                remarks.problems.add(path, "is required where there is more than one store");
            }
            Some(named) => {
                for (key, path) in named {
                    let Some(key) = keys.get(key.as_str()) else {
                        remarks.problems.add(path.as_str(), nearest::unknown(key, keys.iter().copied()));
                        continue;
                    };
                    if store_of.insert(*key, no).is_some() {
                        remarks
                            .problems
                            .add(path.as_str(), "is a dataset that was named before: it can be in one store");
                    }
                }
            }
        }
    }
    if !stores.is_empty() {
        for dataset in datasets.iter().filter(|dataset| !store_of.contains_key(dataset.key.as_str())) {
            let detail = "is in no store: add this key to the `datasets` of the one that holds it";
            remarks.problems.add(json::child(&dataset.path, "fides_key"), detail);
        }
    }
    store_of
}

/// Every collection by the key of its dataset and its name, and its node unless it is skipped.
#[derive(Default)]
struct Index<'a>(BTreeMap<(&'a str, &'a str), (&'a Collection, Option<NodeNo>)>);

impl<'a> Index<'a> {
    fn node(&self, dataset: &'a str, collection: &'a str) -> Option<NodeNo> {
        self.0.get(&(dataset, collection))?.1
    }

    /// What to say of a name that is none here.
    fn unknown(&self, dataset: &str, collection: &str) -> String {
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
            remarks.problems.add(field.path.as_str(), NOT_SINGLE);
        }
    });
    for_each(&collection.fields, &mut |spot, field| {
        if !spot.place.path.is_empty() && (field.is_key || field.is_bot) {
            remarks.problems.add(field.path.as_str(), "a value inside a column can be neither key nor bot id");
        }
    });
    let mut bots = collection.fields.iter().filter(|field| field.is_bot);
    let bot = bots.next().map(|field| field.name.clone());
    if let Some(second) = bots.next() {
        remarks.problems.add(second.path.as_str(), "only one field of a collection can hold the bot's id");
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

const NOT_SINGLE: &str = "values in lists and objects are not looked into here: only a single value can be followed";

fn action(name: &str, collection: &Collection, policy: &policy::Read, remarks: &mut Remarks) -> Action {
    if collection.is_deleted {
        return Action::Delete;
    }
    let mut masks = Vec::new();
    for field in &collection.fields {
        let path = format!("{name}.{}", field.name);
        let Some(wanted) = masking(field, &path, policy, remarks) else { continue };
        if wanted.is_for_inside {
            let detail = format!(
                "One value inside a column cannot be masked alone, so the whole of {} becomes NULL; give the category \
                 to the column itself to say that this is meant.",
                field.name
            );
            remarks.warn("masked_whole", path, detail);
        }
        if field.shape != Shape::Single && wanted.how != Masking::Null {
            let detail = "is a list or an object: only null_rewrite, preserve or deleting the row makes sense";
            remarks.problems.add(field.path.as_str(), detail);
            continue;
        }
        masks.push(Mask { column: field.name.clone(), how: wanted.how, max_length: field.length });
    }
    if !masks.is_empty() {
        return Action::Mask(masks);
    }
    if is_targeted(&collection.categories, &policy.targets) {
        let detail = "Its data_categories are targets, but only those of fields are masked: nothing in it is erased. Give \
                      them to the fields, or delete its rows with a masking_strategy_override.";
        remarks.warn("categories_without_action", name, detail);
    }
    Action::Pass
}

struct Wanted {
    how: Masking,
    is_for_inside: bool,
}

/// What takes the place of a field's values, if anything does. An object of which a part is to be
/// masked is masked whole; where the object says something itself, its parts are not asked.
fn masking(field: &Field, path: &str, policy: &policy::Read, remarks: &mut Remarks) -> Option<Wanted> {
    let wanted = match &field.strategy {
        Some(Strategy::Preserve | Strategy::Delete) => None,
        Some(Strategy::Mask(how)) => Some(Wanted { how: how.clone(), is_for_inside: false }),
        None if is_targeted(&field.categories, &policy.targets) => {
            policy.strategy.clone().map(|how| Wanted { how, is_for_inside: false })
        }
        None => {
            let inside =
                field.fields.iter().map(|part| masking(part, &format!("{path}.{}", part.name), policy, remarks));
            let is_wanted = inside.fold(false, |is_wanted, part| is_wanted | part.is_some());
            is_wanted.then_some(Wanted { how: Masking::Null, is_for_inside: true })
        }
    };
    if wanted.is_some() && field.is_read_only {
        let detail = "It is personal, but read_only: it stays as it is.";
        remarks.warn("read_only_personal_field", path, detail);
        return None;
    }
    wanted
}

/// A field's place, and whether one value of it can be compared.
struct Spot {
    place: Place,
    is_single: bool,
}

impl Spot {
    fn dotted(&self) -> String {
        let mut dotted = self.place.column.clone();
        for key in &self.place.path {
            dotted.push('.');
            dotted.push_str(key);
        }
        dotted
    }

    fn of(column: &Field) -> Self {
        let place = Place { column: column.name.clone(), path: Vec::new() };
        Self { place, is_single: column.shape != Shape::List }
    }

    fn inside(&self, field: &Field) -> Self {
        let mut place = self.place.clone();
        place.path.push(field.name.clone());
        Self { place, is_single: self.is_single && field.shape != Shape::List }
    }

    fn at(mut self, field: &Field) -> Self {
        self.is_single &= field.shape == Shape::Single;
        self
    }
}

/// Shows every field and every field inside fields.
fn for_each<'a>(fields: &'a [Field], show: &mut impl FnMut(Spot, &'a Field)) {
    let mut open: Vec<_> = fields.iter().rev().map(|field| (Spot::of(field), field)).collect();
    while let Some((spot, field)) = open.pop() {
        open.extend(field.fields.iter().rev().map(|part| (spot.inside(part), part)));
        show(spot.at(field), field);
    }
}

/// The field of that dotted name: `column`, or `column.key.key`. Names may hold dots themselves.
fn find(fields: &[Field], dotted: &str) -> Option<Spot> {
    fields.iter().find_map(|field| {
        let spot = Spot::of(field);
        find_at(spot, field, dotted)
    })
}

fn find_at(spot: Spot, field: &Field, dotted: &str) -> Option<Spot> {
    let rest = dotted.strip_prefix(field.name.as_str())?;
    if rest.is_empty() {
        return Some(spot.at(field));
    }
    let rest = rest.strip_prefix('.')?;
    field.fields.iter().find_map(|part| find_at(spot.inside(part), part, rest))
}

/// Adds the edges that the references of `collection` are.
fn connect(collection: &Collection, no: NodeNo, nodes: &mut [Node], index: &Index<'_>, remarks: &mut Remarks) {
    for_each(&collection.fields, &mut |spot, field| {
        for reference in &field.references {
            if remarks.problems.is_full() {
                return;
            }
            let path = json::child(&reference.path, "field");
            let Some((other_name, other_field)) = reference.field.split_once('.') else {
                remarks.problems.add(path, "must be a collection and a field with a dot between them");
                continue;
            };
            let Some((other, other_no)) = index.0.get(&(reference.dataset.as_str(), other_name)) else {
                remarks.problems.add(path, index.unknown(&reference.dataset, other_name));
                continue;
            };
            if std::ptr::eq(*other, collection) {
                remarks.problems.add(path, "must be of another collection than its own");
                continue;
            }
            let Some(other_spot) = find(&other.fields, other_field) else {
                let names = other.fields.iter().map(|field| field.name.as_str());
                remarks.problems.add(path, nearest::unknown(other_field, names));
                continue;
            };
            let Some(other_no) = *other_no else { continue };
            if !spot.is_single || !other_spot.is_single {
                remarks.problems.add(reference.path.as_str(), NOT_SINGLE);
                continue;
            }
            let mut add = |from: NodeNo, source: &Place, to: NodeNo, place: &Place| {
                if !source.path.is_empty() {
                    let detail =
                        "a value inside a column can be found, but not lead on: give the direction the other way";
                    remarks.problems.add(json::child(&reference.path, "direction"), detail);
                } else if let Some(node) = nodes.get_mut(from) {
                    node.edges.push(Edge { column: source.column.clone(), to, place: place.clone(), is_owning: false });
                }
            };
            if reference.direction != Direction::To {
                add(other_no, &other_spot.place, no, &spot.place);
            }
            if reference.direction != Direction::From {
                add(no, &spot.place, other_no, &other_spot.place);
            }
        }
    });
}

/// Adds what has to be erased before `collection`.
fn put_after(collection: &Collection, no: NodeNo, nodes: &mut [Node], index: &Index<'_>, remarks: &mut Remarks) {
    for (path, name) in &collection.erase_after {
        let Some((dataset, other)) = name.rsplit_once('.') else {
            remarks.problems.add(path.as_str(), "must be a dataset and a collection with a dot between them");
            continue;
        };
        let Some((other_collection, other_no)) = index.0.get(&(dataset, other)) else {
            remarks.problems.add(path.as_str(), index.unknown(dataset, other));
            continue;
        };
        if std::ptr::eq(*other_collection, collection) {
            remarks.problems.add(path.as_str(), "must be another collection");
            continue;
        }
        let Some(other_no) = *other_no else { continue };
        let store_of = |no: NodeNo| nodes.get(no).map(|node| node.store);
        if store_of(no) != store_of(other_no) {
            let detail = "The other collection is in another store, and stores do not wait for each other.";
            remarks.warn("erase_after_ignored", path.as_str(), detail);
        } else if let Some(node) = nodes.get_mut(no)
            && !node.erase_after.contains(&other_no)
        {
            node.erase_after.push(other_no);
        }
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
