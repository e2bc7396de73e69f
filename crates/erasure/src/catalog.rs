//! What a store's database says of itself: tables, columns, keys, and what stands in the way.

use std::collections::BTreeMap;

/// The tables of one store that matter to an erasure: those the data map names, and those whose
/// foreign keys refer to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// By name, as the data map writes it: `table`, or `schema.table` outside the default schema.
    pub tables: BTreeMap<String, Table>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name as a statement has it: quoted, with its schema where it needs one.
    pub sql_name: String,
    /// Whether rows can be changed in it: false for a view.
    pub is_table: bool,
    /// By name.
    pub columns: BTreeMap<String, Column>,
    /// The columns of its primary key, in order; empty if it has none.
    pub primary_key: Vec<String>,
    /// The columns of each unique constraint or index, the primary key's left out.
    pub uniques: Vec<Vec<String>>,
    /// The columns of each index, unique ones and the primary key's included. Those over expressions
    /// or a part of the rows only are left out: they do not serve every look-up.
    pub indexes: Vec<Vec<String>>,
    /// Its own foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its CHECK constraints; those that only say NOT NULL left out.
    pub checks: Vec<CheckConstraint>,
    /// Triggers and rules that fire on DELETE or UPDATE.
    pub triggers: Vec<Trigger>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its type in the database's words, as a cast takes it.
    pub type_name: String,
    /// What of identifiers and masks it can hold.
    pub kind: ColumnKind,
    /// Whether it may be NULL.
    pub is_nullable: bool,
    /// The most characters it holds, if there is a limit.
    pub max_length: Option<u32>,
    /// Whether the database computes it.
    pub is_generated: bool,
}

/// What of identifiers and masks a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Any text.
    Text,
    /// Whole numbers.
    Integer,
    /// UUIDs.
    Uuid,
    /// JSON documents.
    Json,
    /// Anything else: keys of it can be walked, but no text can be put there.
    Other,
}

/// A foreign key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name, empty where the database gives none.
    pub name: String,
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The table referred to, named as in [`Catalog::tables`].
    pub table: String,
    /// The columns referred to, in the same order.
    pub referred: Vec<String>,
    /// What happens to the referencing row when the one referred to is deleted.
    pub on_delete: OnDelete,
}

/// What a foreign key does when the row it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The deletion is refused: RESTRICT or NO ACTION.
    Refuse,
    /// The referencing row goes too.
    Cascade,
    /// The referencing columns become NULL or their default.
    SetNull,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConstraint {
    /// Its name, empty where the database gives none.
    pub name: String,
    /// The condition, as the database writes it. Never shown outside `datamap check`.
    pub condition: String,
}

/// A trigger or rule that fires on DELETE or UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Whether it fires on DELETE.
    pub on_delete: bool,
    /// Whether it fires on UPDATE.
    pub on_update: bool,
}

impl Table {
    /// Whether an index begins with `columns`, in any order.
    pub fn has_index_on(&self, columns: &[String]) -> bool {
        self.indexes.iter().any(|index| {
            index.get(..columns.len()).is_some_and(|head| columns.iter().all(|column| head.contains(column)))
        })
    }

    /// Whether no two rows can have the same values in `columns`.
    pub fn is_unique(&self, columns: &[String]) -> bool {
        let covers = |unique: &Vec<String>| !unique.is_empty() && unique.iter().all(|column| columns.contains(column));
        covers(&self.primary_key) || self.uniques.iter().any(covers)
    }
}
