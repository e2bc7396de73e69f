//! Tables, their columns and keys, and the indexes that looking for people needs.

use std::collections::BTreeSet;

use rolecall_model::{erasure::Identity, nearest};

use super::{Checked, create_index, place_of};
use crate::{
    catalog::{ColumnKind, Table},
    graph::{Action, Node, NodeNo, Place},
};

impl<'a> Checked<'a> {
    /// Whether the table of a collection is what the map takes it for.
    pub(super) fn table(&mut self, no: NodeNo, node: &'a Node, table: &Table) {
        if !table.is_table && node.action != Action::Pass {
            let detail = format!("{} is a view: give the collection the name of the table behind it.", node.table);
            self.error("not_a_table", &node.name, detail);
        }
        self.columns(no, node, table);
        self.documents(no, node, table);
        if table.is_table {
            self.primary_key(node, table);
            self.indexes(no, node, table);
        }
        self.triggers(node, table);
    }

    fn columns(&mut self, no: NodeNo, node: &'a Node, table: &Table) {
        let mut named: BTreeSet<&str> = node.primary_key.iter().map(String::as_str).collect();
        named.extend(self.searched(no, node).into_iter().map(|place| place.column.as_str()));
        named.extend(node.edges.iter().map(|edge| edge.column.as_str()));
        named.extend(node.bot.as_deref());
        if let Action::Mask(masks) = &node.action {
            named.extend(masks.iter().map(|mask| mask.column.as_str()));
        }
        for column in named.into_iter().filter(|column| !table.columns.contains_key(*column)) {
            let meant = match nearest::nearest(column, table.columns.keys().map(String::as_str)) {
                Some(nearest) => format!(" Did you mean {nearest:?}?"),
                None => String::new(),
            };
            let detail = format!("The table {} has no column of that name.{meant}", node.table);
            self.error("missing_column", place_of(node, column), detail);
        }
    }

    /// Whether columns that are looked into are documents.
    fn documents(&mut self, no: NodeNo, node: &'a Node, table: &Table) {
        let places = self.searched(no, node).into_iter().filter(|place| !place.path.is_empty());
        let columns: BTreeSet<&str> = places.map(|place| place.column.as_str()).collect();
        for (name, column) in columns.into_iter().filter_map(|name| Some((name, table.columns.get(name)?))) {
            match column.kind {
                ColumnKind::Json => {}
                ColumnKind::Text => {
                    let detail = "It is a text that is read as JSON, and one row that is no JSON lets every request fail: make \
                                  it a JSON column.";
                    self.warn("not_json", place_of(node, name), detail);
                }
                ColumnKind::Integer | ColumnKind::Uuid | ColumnKind::Other => {
                    let detail =
                        format!("It is of the type {}, in which there is nothing to look into.", column.type_name);
                    self.error("not_json", place_of(node, name), detail);
                }
            }
        }
    }

    /// Where rows of a collection are looked for.
    fn searched(&self, no: NodeNo, node: &'a Node) -> BTreeSet<&'a Place> {
        let is_alone = |identity| !node.entries.iter().any(|entry| entry.identity == identity);
        // A channel is looked for together with an id on it, which tells far more rows apart.
        let searched = |identity| identity != Identity::ChannelId || is_alone(Identity::ChannelUserId);
        let entries = node.entries.iter().filter(|entry| searched(entry.identity)).map(|entry| &entry.place);
        let edges = self.map.graph.nodes.iter().flat_map(|from| &from.edges);
        entries.chain(edges.filter(|edge| edge.to == no).map(|edge| &edge.place)).collect()
    }

    fn primary_key(&mut self, node: &'a Node, table: &Table) {
        let is_same = |columns: &[String]| {
            columns.iter().collect::<BTreeSet<_>>() == node.primary_key.iter().collect::<BTreeSet<_>>()
        };
        if is_same(&table.primary_key) || node.primary_key.iter().any(|column| !table.columns.contains_key(column)) {
            return;
        }
        let is_unique = table.is_unique(&node.primary_key);
        let own = table.primary_key.join(", ");
        let named = node.primary_key.join(", ");
        if table.primary_key.is_empty() && !is_unique {
            let detail = format!(
                "The table {} has no primary key and nothing says that {named} is unique, so a row cannot be told from \
                 another: give it a primary key or a unique index, or name fields that are one.",
                node.table
            );
            self.error("no_primary_key", &node.name, detail);
        } else if !is_unique {
            let detail = format!(
                "Two rows can have the same {named}, so erasing one would erase the other: set primary_key on {own}, \
                 the key of the table {}.",
                node.table
            );
            self.error("primary_key_differs", &node.name, detail);
        } else if !table.primary_key.is_empty() {
            let detail = format!("The key of the table {} is {own}; {named} is unique and serves as well.", node.table);
            self.warn("primary_key_differs", &node.name, detail);
        }
        let is_nullable = |column: &&String| table.columns.get(*column).is_some_and(|column| column.is_nullable);
        for column in node.primary_key.iter().filter(is_nullable).filter(|column| !table.primary_key.contains(column)) {
            let detail = "It is a key for this map, but may be NULL: rows without it cannot be named, and stay. Set it NOT \
                          NULL, or take another key.";
            self.warn("nullable_key", place_of(node, column), detail);
        }
    }

    fn indexes(&mut self, no: NodeNo, node: &'a Node, table: &Table) {
        let mut missing: BTreeSet<(String, bool)> = BTreeSet::new();
        for place in self.searched(no, node).into_iter().filter(|place| table.columns.contains_key(&place.column)) {
            let column = std::slice::from_ref(&place.column);
            let is_key = table.primary_key.first() == Some(&place.column);
            if !place.path.is_empty() {
                missing.insert((place.column.clone(), true));
            } else if !is_key && !table.has_index_on(column) {
                missing.insert((place.column.clone(), false));
            }
        }
        for (column, is_inside) in missing {
            let detail = if is_inside {
                format!(
                    "People are looked for inside this column, and unless there is an index over just that expression \
                     each request reads the whole of {}.",
                    node.table
                )
            } else {
                format!(
                    "People are looked for here and there is no index, so each request reads the whole of {}: {}",
                    node.table,
                    create_index(&node.table, table, std::slice::from_ref(&column))
                )
            };
            self.warn("no_index", place_of(node, &column), detail);
        }
    }

    fn triggers(&mut self, node: &'a Node, table: &Table) {
        for trigger in &table.triggers {
            let word = match node.action {
                Action::Delete if trigger.on_delete => "DELETE",
                Action::Mask(_) if trigger.on_update => "UPDATE",
                _ => continue,
            };
            let detail = format!(
                "The trigger {} of {} fires on {word}: see that it neither forbids it nor copies what is to go.",
                trigger.name, node.table
            );
            self.warn("trigger", &node.name, detail);
        }
    }
}
