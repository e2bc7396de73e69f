//! Foreign keys that stand in the way of deleting rows, or take others along.

use super::{Checked, create_index, order};
use crate::{
    catalog::{ForeignKey, OnDelete, Table},
    graph::{Action, Mask, Masking, Node},
};

impl Checked<'_> {
    /// What foreign keys do when the rows of this store's collections are deleted.
    pub(super) fn foreign_keys(&mut self) {
        let going = order::going(&self.map.graph, self.store_no, self.catalog);
        for (name, table) in &self.catalog.tables {
            let node = self.node_of(name).map(|(_, node)| node);
            for key in table.foreign_keys.iter().filter(|key| going.contains(key.table.as_str())) {
                let place = node.map_or(name.as_str(), |node| node.name.as_str());
                self.referring_index(place, name, table, key);
                match key.on_delete {
                    OnDelete::Refuse => self.refuses(place, name, node, key),
                    OnDelete::Cascade => self.cascades(place, node, key),
                    OnDelete::SetNull => self.sets_null(place, table, key),
                }
            }
        }
    }

    fn referring_index(&mut self, place: &str, name: &str, table: &Table, key: &ForeignKey) {
        if !table.has_index_on(&key.columns) {
            let detail = format!(
                "Rows of {} are deleted, and for each the database reads the whole of {name} to see who refers to it: {}",
                key.table,
                create_index(name, table, &key.columns)
            );
            self.warn("fk_no_index", format!("{place}.{}", key.columns.join(",")), detail);
        }
    }

    fn refuses(&mut self, place: &str, name: &str, node: Option<&Node>, key: &ForeignKey) {
        if name == key.table {
            let detail = format!(
                "Rows of {name} refer to others of the same table, and those that somebody else's rows refer to cannot be \
                 deleted: let the foreign key {:?} set NULL on delete.",
                key.name
            );
            self.warn("restrict_blocks", place, detail);
            return;
        }
        let blocked = format!(
            "A row of {} that rows of {name} refer to cannot be deleted (foreign key {:?})",
            key.table, key.name
        );
        match node.map(|node| &node.action) {
            None => {
                let detail = format!(
                    "{blocked}, and {name} is not in the map: add it, or let the foreign key cascade or set NULL on delete."
                );
                self.error("restrict_blocks", place, detail);
            }
            // Rows that refer to nobody any more by the time it is deleted.
            Some(Action::Mask(masks)) if lets_go(masks, key) && self.is_followed(name, key) => {}
            Some(Action::Mask(_) | Action::Pass) => {
                let detail = format!(
                    "{blocked}, and rows of {name} stay: delete them as well, or let the foreign key set NULL on delete."
                );
                self.error("restrict_blocks", place, detail);
            }
            Some(Action::Delete) if !self.is_followed(name, key) => {
                let detail = format!(
                    "{blocked}, and the map does not say that its rows lead to those of {name}: add the reference, or rows \
                     that are found in no other way stand in the way."
                );
                self.warn("restrict_blocks", place, detail);
            }
            Some(Action::Delete) => {}
        }
    }

    /// Whether a walk comes from the rows that `key` refers to, to those of the table `name` that
    /// have it.
    fn is_followed(&self, name: &str, key: &ForeignKey) -> bool {
        let (Some((_, parent)), Some((child, _))) = (self.node_of(&key.table), self.node_of(name)) else {
            return false;
        };
        parent.edges.iter().filter(|edge| edge.to == child && edge.place.path.is_empty()).any(|edge| {
            let mut pairs = key.columns.iter().zip(&key.referred);
            pairs.any(|(column, referred)| *column == edge.place.column && *referred == edge.column)
        })
    }

    fn cascades(&mut self, place: &str, node: Option<&Node>, key: &ForeignKey) {
        match node.map(|node| &node.action) {
            Some(Action::Delete) => {}
            Some(Action::Mask(_) | Action::Pass) => {
                let detail = format!(
                    "The map keeps these rows, but they are deleted with the rows of {} they refer to (foreign key {:?}): \
                     say delete here, or let the foreign key set NULL on delete.",
                    key.table, key.name
                );
                self.warn("cascade_deletes_kept", place, detail);
            }
            None => {
                let detail = format!(
                    "Rows of this table are deleted with the rows of {} they refer to (foreign key {:?}), uncounted and as \
                     many at once as there are: add it to the map.",
                    key.table, key.name
                );
                self.warn("cascade_outside_map", place, detail);
            }
        }
    }

    fn sets_null(&mut self, place: &str, table: &Table, key: &ForeignKey) {
        let is_fixed = |column: &&String| table.columns.get(*column).is_some_and(|column| !column.is_nullable);
        for column in key.columns.iter().filter(is_fixed) {
            let detail = format!(
                "It becomes NULL when the row of {} it refers to is deleted (foreign key {:?}), but it is NOT NULL, so that \
                 row cannot be deleted: let the column be NULL, or the foreign key cascade.",
                key.table, key.name
            );
            self.error("set_null_blocks", format!("{place}.{column}"), detail);
        }
    }
}

/// Whether masking makes a foreign key refer to nothing.
fn lets_go(masks: &[Mask], key: &ForeignKey) -> bool {
    masks.iter().any(|mask| mask.how == Masking::Null && key.columns.contains(&mask.column))
}
