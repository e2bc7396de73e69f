//! What a collection says of others: where its values lead, and what is erased before it.

use rolecall_model::{json, nearest};

use super::{
    dataset::Collection,
    field::Direction,
    nodes::Index,
    remarks::Remarks,
    spot::{find, for_each},
};
use crate::graph::{Edge, Node, NodeNo, Place};

/// What to say of a place that is asked for one value and has several.
pub(super) const NOT_SINGLE: &str =
    "values in lists and objects are not looked into here: only a single value can be followed";

/// Adds the edges that the references of `collection` are.
pub(super) fn connect(
    collection: &Collection,
    no: NodeNo,
    nodes: &mut [Node],
    index: &Index<'_>,
    remarks: &mut Remarks,
) {
    for_each(&collection.fields, &mut |spot, field| {
        for reference in &field.references {
            if remarks.problems.is_full() {
                return;
            }
            let path = json::child(&reference.path, "field");
            let Some((other_name, other_field)) = reference.field.split_once('.') else {
                remarks.problems.add_in_english(path, "must be a collection and a field with a dot between them");
                continue;
            };
            let Some((other, other_no)) = index.0.get(&(reference.dataset.as_str(), other_name)) else {
                remarks.problems.add(path, index.unknown(&reference.dataset, other_name));
                continue;
            };
            if std::ptr::eq(*other, collection) {
                remarks.problems.add_in_english(path, "must be of another collection than its own");
                continue;
            }
            let Some(other_spot) = find(&other.fields, other_field) else {
                let names = other.fields.iter().map(|field| field.name.as_str());
                remarks.problems.add(path, nearest::unknown(other_field, names));
                continue;
            };
            let Some(other_no) = *other_no else { continue };
            if !spot.is_single || !other_spot.is_single {
                remarks.problems.add_in_english(reference.path.as_str(), NOT_SINGLE);
                continue;
            }
            let mut add = |from: NodeNo, source: &Place, to: NodeNo, place: &Place| {
                if !source.path.is_empty() {
                    let detail =
                        "a value inside a column can be found, but not lead on: give the direction the other way";
                    remarks.problems.add_in_english(json::child(&reference.path, "direction"), detail);
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
pub(super) fn put_after(
    collection: &Collection,
    no: NodeNo,
    nodes: &mut [Node],
    index: &Index<'_>,
    remarks: &mut Remarks,
) {
    for (path, name) in &collection.erase_after {
        let Some((dataset, other)) = name.rsplit_once('.') else {
            remarks
                .problems
                .add_in_english(path.as_str(), "must be a dataset and a collection with a dot between them");
            continue;
        };
        let Some((other_collection, other_no)) = index.0.get(&(dataset, other)) else {
            remarks.problems.add(path.as_str(), index.unknown(dataset, other));
            continue;
        };
        if std::ptr::eq(*other_collection, collection) {
            remarks.problems.add_in_english(path.as_str(), "must be another collection");
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
