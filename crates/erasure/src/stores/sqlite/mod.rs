//! SQLite: values have types, columns only lean towards one.

mod catalog;
mod checks;
mod sample;

use std::fmt::Write as _;

pub use sample::sample;
use sqlx::AnyPool;

use super::{
    BoxFuture, StoreError,
    dialect::{Dialect, Frame, Reading},
    masking::Shape,
    place::Location,
    relational::Relational,
    statement::{Statement, quoted},
};
use crate::{
    catalog::{Catalog, Column, ColumnKind, Table},
    graph::Place,
};

/// What every connection is told first.
const GREETING: &str = "\
    PRAGMA busy_timeout = 2000; \
    PRAGMA foreign_keys = ON; \
    PRAGMA secure_delete = ON; \
    PRAGMA cache_size = -16384; \
    PRAGMA wal_autocheckpoint = 4096; \
    PRAGMA trusted_schema = OFF";

/// Opens the file at `location`, which must be there.
pub(super) async fn open(location: &Location) -> Result<Relational, StoreError> {
    Relational::connect(&location.connect_url(), Box::new(Sqlite), GREETING).await
}

struct Sqlite;

impl Dialect for Sqlite {
    fn has_numbered_values(&self) -> bool {
        true
    }

    fn begin(&self) -> &'static str {
        // A transaction that reads first and writes later can lose its turn for good.
        "BEGIN IMMEDIATE"
    }

    fn first(&self) -> Option<&'static str> {
        None
    }

    fn select(&self, outs: &str, table: &Table, reading: Reading) -> Frame {
        let name = &table.sql_name;
        // CROSS: in this order, so that an index of the table serves, or that it is read once.
        let (before_rows, before_condition) = if reading == Reading::Whole {
            (format!("SELECT s.c0, {outs} FROM {name} AS t CROSS JOIN "), " WHERE ".to_owned())
        } else {
            (format!("SELECT s.c0, {outs} FROM "), format!(" CROSS JOIN {name} AS t WHERE "))
        };
        Frame { before_rows, before_condition, end: "" }
    }

    fn delete(&self, table: &Table, key: &[String]) -> Frame {
        let list =
            |prefix: &str| key.iter().map(|name| format!("{prefix}{}", quoted(name))).collect::<Vec<_>>().join(", ");
        let name = &table.sql_name;
        Frame {
            before_rows: format!("DELETE FROM {name} WHERE ({}) IN (SELECT {} FROM ", list(""), list("t.")),
            before_condition: format!(" CROSS JOIN {name} AS t WHERE "),
            end: ")",
        }
    }

    fn sets_before_rows(&self) -> bool {
        true
    }

    fn push_rows(&self, statement: &mut Statement, rows: &[Vec<Option<&str>>], width: usize) {
        let columns = (0..width).map(|number| format!("value ->> {number} AS c{number}")).collect::<Vec<_>>();
        statement.push("(SELECT ").push(&columns.join(", ")).push(" FROM json_each(");
        statement.bind(serde_json::json!(rows).to_string()).push(")) AS s");
    }

    fn out(&self, name: &str, _column: &Column) -> String {
        format!(
            "CASE typeof({name}) WHEN 'blob' THEN '\\x' || lower(hex({name})) \
             WHEN 'real' THEN printf('%!.17g', {name}) ELSE CAST({name} AS TEXT) END"
        )
    }

    fn typed(&self, text: &str, _column: &Column) -> String {
        // The column's affinity does the rest.
        text.to_owned()
    }

    fn can_hold(&self, column: &Column, value: &str) -> bool {
        // A column of numbers may hold text, but text that only looks like a number would be taken
        // for it: "007" for 7.
        let looks_like_number = value.trim().parse::<f64>().is_ok();
        column.kind != ColumnKind::Integer
            || !looks_like_number
            || value.parse::<i64>().is_ok_and(|number| number.to_string() == value)
    }

    fn push_value(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place) {
        if place.path.is_empty() {
            statement.push(&self.out(name, column));
        } else {
            statement.push(&format!("CAST((CASE WHEN json_valid({name}) THEN {name} END) ->> "));
            statement.bind(json_path(&place.path)).push(" AS TEXT)");
        }
    }

    fn push_match(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place, text: &str) {
        if place.path.is_empty() {
            self.push_key_match(statement, name, column, text);
        } else {
            self.push_value(statement, name, column, place);
            statement.push(&format!(" = {text}"));
        }
    }

    fn push_one_of(
        &self,
        statement: &mut Statement,
        name: &str,
        column: &Column,
        place: &Place,
        text: &str,
        rows: &[Vec<Option<&str>>],
    ) -> bool {
        let values = if place.path.is_empty() {
            statement.push(name);
            sides(text, column)
        } else {
            self.push_value(statement, name, column, place);
            vec![text.to_owned()]
        };
        statement.push(" IN (");
        statement.list(values, " UNION ALL ", |statement, value| {
            statement.push(&format!("SELECT {value} FROM "));
            self.push_rows(statement, rows, rows.first().map_or(0, Vec::len));
        });
        statement.push(")");
        true
    }

    fn push_key_match(&self, statement: &mut Statement, name: &str, column: &Column, text: &str) {
        statement.push(&format!("{name} IN ({})", sides(text, column).join(", ")));
    }

    fn push_unmasked(&self, statement: &mut Statement, name: &str, _column: &Column, shape: &Shape) {
        statement.push(&format!("({name} IS NOT NULL"));
        match shape {
            Shape::Null => {}
            Shape::Constant(constant) => {
                statement.push(&format!(" AND CAST({name} AS TEXT) COLLATE BINARY <> ")).bind(constant.clone());
            }
            Shape::Word { alphabet, length } => {
                statement.push(&format!(
                    " AND NOT (length({name}) = {length} AND {name} NOT GLOB '*[^{}]*')",
                    alphabet.characters()
                ));
            }
        }
        statement.push(")");
    }

    fn catalog<'a>(&'a self, pool: &'a AnyPool, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, sqlx::Error>> {
        Box::pin(catalog::read(pool, tables))
    }

    fn replica_lag_ms<'a>(&'a self, _pool: &'a AnyPool) -> BoxFuture<'a, Result<Option<i64>, sqlx::Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What a value of `column` that is `text` may be in the file. The column's affinity, and its
/// collation, apply to it.
fn sides(text: &str, column: &Column) -> Vec<String> {
    match affinity(&column.type_name) {
        Affinity::Text => vec![text.to_owned()],
        Affinity::Number => vec![decoded(text)],
        // Nothing is converted: what looks like a number may be one, or text.
        Affinity::None => {
            let number = format!("CAST({text} AS INTEGER)");
            vec![decoded(text), format!("CASE WHEN CAST({number} AS TEXT) = {text} THEN {number} END")]
        }
    }
}

/// A key of bytes, written `\x0a1b`, as bytes; any other as it is.
fn decoded(text: &str) -> String {
    format!("CASE WHEN {text} GLOB '\\x*' THEN coalesce(unhex(substr({text}, 3)), {text}) ELSE {text} END")
}

/// `$."a"."b"`.
fn json_path(keys: &[String]) -> String {
    let mut path = "$".to_owned();
    for key in keys {
        // Writing to a String cannot fail.
        let _ = write!(path, ".\"{key}\"");
    }
    path
}

/// What a column leans towards: <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Text,
    /// INTEGER, REAL or NUMERIC: text that is a number becomes one.
    Number,
    /// BLOB: everything stays what it is.
    None,
}

fn affinity(type_name: &str) -> Affinity {
    let name = type_name.to_ascii_uppercase();
    let has = |part: &str| name.contains(part);
    if has("INT") {
        Affinity::Number
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || name.is_empty() || name == "ANY" {
        Affinity::None
    } else {
        Affinity::Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_leans_as_sqlite_says() {
        for (name, expected) in [
            ("INTEGER", Affinity::Number),
            ("CHARINT", Affinity::Number),
            ("varchar(20)", Affinity::Text),
            ("NATIVE CHARACTER(70)", Affinity::Text),
            ("BLOB", Affinity::None),
            ("", Affinity::None),
            ("UUID", Affinity::Number),
            ("DOUBLE", Affinity::Number),
        ] {
            assert_eq!(affinity(name), expected, "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_not_sought_among_numbers() {
        let type_name = "INTEGER".to_owned();
        let column =
            Column { type_name, kind: ColumnKind::Integer, is_nullable: true, max_length: None, is_generated: false };
        for (value, expected) in
            [("7", true), ("-7", true), ("007", false), (" 7", false), ("7.0", false), ("7e0", false), ("seven", true)]
        {
            assert_eq!(Sqlite.can_hold(&column, value), expected, "{value:?}");
        }
    }
}
