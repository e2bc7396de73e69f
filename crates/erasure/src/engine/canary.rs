//! A made-up person, planted in the stores to see whether an erasure finds them.

use std::collections::BTreeMap;

use rolecall_model::{erasure::Subject, ids::AccountNo};
use rolecall_store::{Meter, accounts};

use super::{Engine, Error, part::plan_against};
use crate::{
    catalog::{Column, ColumnKind, Table},
    graph::{Action, Graph, Node, NodeNo},
    map::DataMap,
    stores::StoreError,
};

/// A made-up person, and where they were planted.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The person.
    pub subject: Subject,
    /// Each store of the map.
    pub stores: Vec<Planted>,
}

/// What was planted in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The store's name.
    pub store: String,
    /// The collections that got a row.
    pub collections: Vec<String>,
    /// Where no row could be planted, and why: a collection, with the database's code. What an erasure
    /// would do there is not shown then.
    pub failures: Vec<(String, String)>,
}

/// The rows planted so far, by collection: each column's value.
type Rows = BTreeMap<NodeNo, BTreeMap<String, String>>;

impl Engine {
    /// Plants a made-up person: a row in each collection that a person's rows can be in, as the
    /// map ties them together. Whoever plants has them erased.
    ///
    /// Errors: [`Error::NoMap`] without a data map, [`Error::Foreign`] if a store cannot be asked.
    pub async fn plant(&self, account: AccountNo) -> Result<Canary, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let account_id = accounts::get(&mut tx, account).await?.id;
        drop(tx);
        let (_, map) = self.map(account, &account_id, 0).await?.ok_or(Error::NoMap)?;
        // Short, for columns are; of a domain that can be nobody's (RFC 2606).
        let name = format!("c{:08x}@x.invalid", u32::from_be_bytes(self.core.random.bytes()));
        let mut rows = Rows::new();
        let mut stores = Vec::new();
        for store_no in &map.graph.store_order {
            let Some(entry) = map.stores.get(*store_no) else { continue };
            let foreign = |error: StoreError| Error::Foreign { store: entry.name.clone(), error };
            let store = self.store(account, &map, *store_no).await.map_err(foreign)?;
            let mut planted = Planted { store: entry.name.clone(), collections: Vec::new(), failures: Vec::new() };
            match plan_against(&map, *store_no, &*store).await.map_err(foreign)? {
                Err(wrong) => planted.failures.push((entry.name.clone(), wrong)),
                Ok((catalog, _)) => {
                    for no in parents_first(&map, *store_no) {
                        let Some(node) = map.graph.nodes.get(no) else { continue };
                        let Some(table) = catalog.tables.get(&node.table) else { continue };
                        let values = self.values(&map.graph, no, node, table, &name, &rows);
                        let inserted: Vec<(String, String)> = values.clone().into_iter().collect();
                        match store.insert(&catalog, &node.table, &inserted).await {
                            Ok(()) => {
                                rows.insert(no, values);
                                planted.collections.push(node.name.clone());
                            }
                            Err(error) => planted.failures.push((node.name.clone(), error.code)),
                        }
                    }
                }
            }
            stores.push(planted);
        }
        Ok(Canary { subject: Subject::Plain(name), stores })
    }

    /// The row of one collection.
    fn values(
        &self,
        graph: &Graph,
        no: NodeNo,
        node: &Node,
        table: &Table,
        name: &str,
        rows: &Rows,
    ) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        let is_wanted = |column: &str| {
            let is_masked =
                matches!(&node.action, Action::Mask(masks) if masks.iter().any(|mask| mask.column == column));
            is_masked
                || node.primary_key.iter().any(|key| key == column)
                || node.carried.iter().any(|key| key == column)
        };
        for (column, about) in &table.columns {
            if !about.is_generated && (!about.is_nullable || is_wanted(column)) {
                values.insert(column.clone(), self.something(about));
            }
        }
        for entry in node.entries.iter().filter(|entry| entry.place.path.is_empty()) {
            let is_text = table.columns.get(&entry.place.column).is_some_and(|column| column.kind == ColumnKind::Text);
            if is_text {
                values.insert(entry.place.column.clone(), name.to_owned());
            }
        }
        for (parent, row) in rows {
            for edge in graph.nodes.get(*parent).into_iter().flat_map(|parent| &parent.edges) {
                let is_here = edge.to == no && edge.place.path.is_empty();
                if let Some(value) = row.get(&edge.column).filter(|_| is_here) {
                    values.insert(edge.place.column.clone(), value.clone());
                }
            }
        }
        values
    }

    /// A value that a column of this kind can have.
    fn something(&self, column: &Column) -> String {
        let random = u32::from_be_bytes(self.core.random.bytes());
        let type_name = column.type_name.to_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| type_name.contains(word));
        match column.kind {
            // Below zero, where no sequence counts.
            ColumnKind::Integer => (-1 - i64::from(random >> 1)).to_string(),
            ColumnKind::Uuid => rolecall_model::ids::uuid(self.core.random.bytes()),
            ColumnKind::Json => "{}".to_owned(),
            ColumnKind::Text => {
                let text = format!("canary {random:08x}");
                text.chars().take(column.max_length.map_or(usize::MAX, |length| length as usize)).collect()
            }
            ColumnKind::Other if is(&["timestamp", "datetime"]) => "2000-01-01 00:00:00".to_owned(),
            ColumnKind::Other if is(&["date"]) => "2000-01-01".to_owned(),
            ColumnKind::Other if is(&["time"]) => "00:00:00".to_owned(),
            ColumnKind::Other => "0".to_owned(),
        }
    }
}

/// The collections of a store that a person's rows can be in, each after those that lead to it.
fn parents_first(map: &DataMap, store_no: usize) -> Vec<NodeNo> {
    let nodes = &map.graph.nodes;
    let mut ordered: Vec<NodeNo> = Vec::new();
    let mut left: Vec<NodeNo> =
        (0..nodes.len()).filter(|no| nodes.get(*no).is_some_and(|node| node.store == store_no)).collect();
    while !left.is_empty() {
        let has_parent_left = |no: NodeNo, left: &[NodeNo]| {
            left.iter().any(|other| {
                *other != no
                    && nodes
                        .get(*other)
                        .is_some_and(|node| node.edges.iter().any(|edge| edge.to == no && edge.is_owning))
            })
        };
        // Where everything leads to everything the order is the map's.
        let place = left.iter().position(|no| !has_parent_left(*no, &left)).unwrap_or(0);
        ordered.push(left.remove(place));
    }
    ordered
}
