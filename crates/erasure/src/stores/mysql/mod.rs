//! MySQL and MariaDB: comparing text with a number is never an error and often wrong, and text is
//! compared by rules of the column's.

mod catalog;

use std::fmt::Write as _;

use sqlx::AnyPool;

use super::{
    BoxFuture, StoreError,
    dialect::{Dialect, Frame, Reading},
    masking::Shape,
    place::Location,
    relational::Relational,
    statement::Statement,
};
use crate::{
    catalog::{Catalog, Column, ColumnKind, Table},
    graph::Place,
};

/// What every connection is told first.
///
/// Strict: a constant too long for its column is an error and not cut. `"` quotes names, and `\` is a
/// character like any other.
const GREETING: &str = "\
    SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION', \
    innodb_lock_wait_timeout = 2, lock_wait_timeout = 5, time_zone = '+00:00'";

/// Opens the database at `location`.
pub(super) async fn open(location: &Location) -> Result<Relational, StoreError> {
    Relational::connect(&location.connect_url(), Box::new(MySql), GREETING).await
}

struct MySql;

impl Dialect for MySql {
    fn has_numbered_values(&self) -> bool {
        false
    }

    fn begin(&self) -> &'static str {
        "BEGIN"
    }

    fn first(&self) -> Option<&'static str> {
        None
    }

    fn select(&self, outs: &str, table: &Table, reading: Reading) -> Frame {
        // MariaDB compares each row with each unless it is told to use hashes; MySQL does by itself,
        // and takes this for a comment.
        let hashed = if reading == Reading::Whole { "/*M! SET STATEMENT join_cache_level = 4 FOR */ " } else { "" };
        Frame {
            before_rows: format!("{hashed}SELECT s.c0, {outs} FROM "),
            // In this order, so that an index of the table serves.
            before_condition: format!(" STRAIGHT_JOIN {} AS t WHERE ", table.sql_name),
            end: if reading == Reading::ToChange { " FOR UPDATE" } else { "" },
        }
    }

    fn delete(&self, table: &Table, _key: &[String]) -> Frame {
        Frame {
            before_rows: "DELETE t FROM ".to_owned(),
            before_condition: format!(" STRAIGHT_JOIN {} AS t WHERE ", table.sql_name),
            end: "",
        }
    }

    fn sets_before_rows(&self) -> bool {
        false
    }

    fn push_rows(&self, statement: &mut Statement, rows: &[Vec<Option<&str>>], width: usize) {
        statement.push("JSON_TABLE(").bind(serde_json::json!(rows).to_string()).push(", '$[*]' COLUMNS (");
        statement.list(0..width, ", ", |statement, number| {
            let longest = rows.iter().filter_map(|row| row.get(number).copied().flatten()).map(str::len).max();
            // Few different lengths, and the least that holds all: a look-up by LONGTEXT uses no index.
            let type_name = match longest.unwrap_or(0) {
                0..=64 => "VARCHAR(64)",
                65..=255 => "VARCHAR(255)",
                256..=768 => "VARCHAR(768)",
                769..=8_000 => "VARCHAR(8000)",
                _ => "LONGTEXT",
            };
            statement.push(&format!("c{number} {type_name} CHARACTER SET utf8mb4 PATH '$[{number}]'"));
        });
        statement.push(")) AS s");
    }

    fn out(&self, name: &str, column: &Column) -> String {
        match Type::of(column) {
            Type::Text { .. } => format!("CONVERT({name} USING utf8mb4) COLLATE utf8mb4_bin"),
            Type::Bytes => format!("CONCAT('\\x', LOWER(HEX({name}))) COLLATE utf8mb4_bin"),
            Type::Bits => format!("CAST({name} + 0 AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin"),
            _ => format!("CAST({name} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin"),
        }
    }

    fn typed(&self, text: &str, column: &Column) -> String {
        match Type::of(column) {
            Type::Text { .. } | Type::Other => text.to_owned(),
            Type::Bytes => format!("UNHEX(SUBSTRING({text}, 3))"),
            Type::Bits => format!("CAST({text} AS UNSIGNED)"),
            Type::Cast(cast) => format!("CAST({text} AS {cast})"),
        }
    }

    fn can_hold(&self, column: &Column, value: &str) -> bool {
        let is_in = |least: i128, most: i128| {
            value.parse::<i128>().is_ok_and(|number| number.to_string() == value && (least..=most).contains(&number))
        };
        match Type::of(column) {
            Type::Cast("SIGNED") => is_in(i64::MIN.into(), i64::MAX.into()),
            Type::Cast("UNSIGNED") | Type::Bits => is_in(0, u64::MAX.into()),
            Type::Cast("DECIMAL(65,30)") => {
                let (whole, part) = value.strip_prefix('-').unwrap_or(value).split_once('.').unwrap_or((value, "0"));
                let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                are_digits(whole.trim_start_matches('-')) && are_digits(part) && whole.len() <= 35 && part.len() <= 30
            }
            Type::Bytes => {
                let digits = value.strip_prefix("\\x");
                digits
                    .is_some_and(|digits| digits.len() % 2 == 0 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            }
            Type::Cast("UUID") => value.len() == 36,
            Type::Text { .. } | Type::Cast(_) | Type::Other => true,
        }
    }

    fn push_value(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place) {
        if place.path.is_empty() {
            statement.push(&self.out(name, column));
        } else {
            statement.push(&format!("JSON_UNQUOTE(JSON_EXTRACT({name}, ")).bind(json_path(&place.path));
            statement.push(")) COLLATE utf8mb4_bin");
        }
    }

    fn push_match(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place, text: &str) {
        if !place.path.is_empty() {
            self.push_value(statement, name, column, place);
            statement.push(&format!(" = {text}"));
        } else if let Type::Text { .. }
        | Type::Cast("SIGNED" | "UNSIGNED" | "DECIMAL(65,30)" | "UUID")
        | Type::Bytes
        | Type::Bits = Type::of(column)
        {
            self.push_key_match(statement, name, column, text);
        } else {
            // What a cast to a date or a floating number makes of any text is not known here.
            statement.push(&format!("{} = {text}", self.out(name, column)));
        }
    }

    fn push_key_match(&self, statement: &mut Statement, name: &str, column: &Column, text: &str) {
        match Type::of(column) {
            Type::Text { charset, collation } => {
                // By the column's own rules, so that its index serves. They may hold different
                // letters for the same ("e" and "é", or what another character set lacks), so
                // whatever they find must also be the same but for case.
                statement.push(&format!(
                    "{name} = CONVERT({text} USING {charset}) COLLATE {collation} \
                     AND LOWER(CONVERT({name} USING utf8mb4)) COLLATE utf8mb4_bin = LOWER({text}) COLLATE utf8mb4_bin"
                ));
            }
            _ => {
                statement.push(&format!("{name} = {}", self.typed(text, column)));
            }
        }
    }

    fn push_unmasked(&self, statement: &mut Statement, name: &str, column: &Column, shape: &Shape) {
        statement.push(&format!("({name} IS NOT NULL"));
        match shape {
            Shape::Null => {}
            Shape::Constant(constant) => match Type::of(column) {
                Type::Text { .. } | Type::Other => {
                    statement.push(&format!(" AND {} <> ", self.out(name, column))).bind(constant.clone());
                }
                _ => {
                    let typed = self.typed("\0", column);
                    let (before, after) = typed.split_once('\0').unwrap_or_default();
                    statement.push(&format!(" AND {name} <> {before}")).bind(constant.clone()).push(after);
                }
            },
            Shape::Word { alphabet, length } => {
                let out = self.out(name, column);
                statement.push(&format!(
                    " AND NOT (CHAR_LENGTH({out}) = {length} AND {out} NOT REGEXP '[^{}]')",
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
        // A server does not know how far its replicas are.
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What matters of a column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type<'a> {
    Text {
        charset: &'a str,
        collation: &'a str,
    },
    /// Bytes, as text `\x0a1b`.
    Bytes,
    Bits,
    /// Another type, by what text is cast to for it.
    Cast(&'static str),
    Other,
}

impl<'a> Type<'a> {
    /// The catalog has text as `varchar(20) utf8mb4 utf8mb4_bin`: with its character set and collation.
    fn of(column: &'a Column) -> Self {
        let name = column.type_name.as_str();
        let mut last = name.rsplit(' ');
        let base = name.split(['(', ' ']).next().unwrap_or_default();
        match base {
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => {
                match (last.next(), last.next()) {
                    (Some(collation), Some(charset)) => Self::Text { charset, collation },
                    _ => Self::Other,
                }
            }
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Bytes,
            "bit" => Self::Bits,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" if name.contains("unsigned") => {
                Self::Cast("UNSIGNED")
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Self::Cast("SIGNED"),
            "year" => Self::Cast("UNSIGNED"),
            "decimal" => Self::Cast("DECIMAL(65,30)"),
            "float" | "double" => Self::Cast("DOUBLE"),
            "date" => Self::Cast("DATE"),
            "datetime" | "timestamp" => Self::Cast("DATETIME(6)"),
            "time" => Self::Cast("TIME(6)"),
            "uuid" => Self::Cast("UUID"),
            "json" if column.kind == ColumnKind::Json => Self::Cast("JSON"),
            _ => Self::Other,
        }
    }
}

/// `$."a"."b"`.
fn json_path(keys: &[String]) -> String {
    let mut path = "$".to_owned();
    for key in keys {
        // Writing to a String cannot fail.
        let _ = write!(path, ".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_in_a_column_is_sought_there() {
        let column = |type_name: &str| Column {
            type_name: type_name.to_owned(),
            kind: ColumnKind::Other,
            is_nullable: true,
            max_length: None,
            is_generated: false,
        };
        for (type_name, value, expected) in [
            ("int(11)", "7", true),
            ("int(11)", "seven", false),
            ("int(11)", "7seven", false),
            ("int(11)", "007", false),
            ("bigint(20) unsigned", "18446744073709551615", true),
            ("bigint(20) unsigned", "-1", false),
            ("bigint(20)", "18446744073709551615", false),
            ("decimal(10,2)", "1.50", true),
            ("decimal(10,2)", "-1.50", true),
            ("decimal(10,2)", "1,50", false),
            ("binary(16)", "\\x00ff", true),
            ("binary(16)", "00ff", false),
            ("varchar(20) utf8mb4 utf8mb4_general_ci", "anything", true),
        ] {
            assert_eq!(MySql.can_hold(&column(type_name), value), expected, "{value:?} in {type_name}");
        }
    }
}
