//! Holds a data map against what its stores say of themselves.
//!
//! Whatever would stop an erasure half-way, or let it end without being true, is to be found here,
//! before anything is erased: a table that is not there, a key that is none, a foreign key in the
//! way, a mask that does not fit its column.

mod columns;
mod foreign_keys;
mod masks;
mod order;
mod ways;

use std::collections::BTreeMap;

pub use order::erasing_order;

use crate::{
    catalog::{Catalog, Table},
    graph::{Action, Node, NodeNo, StoreNo},
    map::{DataMap, Finding, Severity},
};

/// All that is wrong with `map`, or worth knowing, against the catalogs of its stores by their
/// names, worst first. Of a store without a catalog nothing is said.
pub fn check(map: &DataMap, catalogs: &BTreeMap<String, Catalog>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if map.graph.nodes.is_empty() {
        let detail = "No collection is deleted from and no field is masked: an erasure under this map would erase nothing. \
                      Give the fields data_categories, or collections a masking_strategy_override.";
        let (code, place) = ("nothing_to_erase", "/dataset".to_owned());
        findings.push(Finding { severity: Severity::Error, code, store: None, place, detail: detail.to_owned() });
    }
    let is_reachable = map.graph.reachable();
    for (store_no, entry) in map.stores.iter().enumerate() {
        let Some(catalog) = catalogs.get(&entry.name) else { continue };
        let mut store = Checked { map, catalogs, store_no, catalog, findings: Vec::new() };
        let nodes = map.graph.nodes.iter().enumerate().filter(|(_, node)| node.store == store_no);
        for (no, node) in nodes {
            if node.action != Action::Pass && is_reachable.get(no) == Some(&false) {
                let detail = "No identifier leads here, so nothing in it is ever found: give one of its fields an identity \
                              or a reference, or the field that refers to it a direction.";
                store.error("unreachable", &node.name, detail);
            }
            store.ways(no, node);
            let Some(table) = catalog.tables.get(&node.table) else {
                let detail = format!(
                    "There is no table {} that the store's user may see: mend the name, put the schema into \
                     fides_meta.namespace of the dataset, or grant the user access.",
                    node.table
                );
                store.error("missing_table", &node.name, detail);
                continue;
            };
            store.table(no, node, table);
            if let Action::Mask(masks) = &node.action {
                store.masks(node, table, masks);
            }
        }
        store.foreign_keys();
        if let Err(circles) = erasing_order(&map.graph, store_no, catalog) {
            store.findings.extend(circles);
        }
        findings
            .extend(store.findings.into_iter().map(|finding| Finding { store: Some(entry.name.clone()), ..finding }));
    }
    findings.sort();
    findings.dedup();
    findings
}

/// What is looked at: one store, and what was found so far.
struct Checked<'a> {
    map: &'a DataMap,
    catalogs: &'a BTreeMap<String, Catalog>,
    store_no: StoreNo,
    catalog: &'a Catalog,
    findings: Vec<Finding>,
}

impl<'a> Checked<'a> {
    fn error(&mut self, code: &'static str, place: impl Into<String>, detail: impl Into<String>) {
        self.add(Severity::Error, code, place, detail);
    }

    fn warn(&mut self, code: &'static str, place: impl Into<String>, detail: impl Into<String>) {
        self.add(Severity::Warning, code, place, detail);
    }

    fn add(&mut self, severity: Severity, code: &'static str, place: impl Into<String>, detail: impl Into<String>) {
        let (place, detail) = (place.into(), detail.into());
        self.findings.push(Finding { severity, code, store: None, place, detail });
    }

    /// The collection of this store that is `table`.
    fn node_of(&self, table: &str) -> Option<(NodeNo, &'a Node)> {
        let mut nodes = self.map.graph.nodes.iter().enumerate();
        nodes.find(|(_, node)| node.store == self.store_no && node.table == table)
    }

    /// The table of a collection of any store.
    fn table_of(&self, node: &Node) -> Option<&'a Table> {
        let store = self.map.stores.get(node.store)?;
        self.catalogs.get(&store.name)?.tables.get(&node.table)
    }
}

/// A column of a collection, as findings name it.
fn place_of(node: &Node, column: &str) -> String {
    format!("{}.{column}", node.name)
}

/// The statement that makes an index on `columns`, to be shown.
fn create_index(name: &str, table: &Table, columns: &[String]) -> String {
    let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // What has to be quoted is quoted as the table's name is.
    let quote = if table.sql_name.starts_with('`') { '`' } else { '"' };
    let quoted = |column: &String| {
        if is_plain(column) { column.clone() } else { format!("{quote}{}{quote}", column.replace(quote, "")) }
    };
    let index: String = format!("{name}_{}", columns.join("_"))
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    let table = if is_plain(name) { name } else { table.sql_name.as_str() };
    format!("CREATE INDEX {index} ON {table} ({})", columns.iter().map(quoted).collect::<Vec<_>>().join(", "))
}
