//! PostgreSQL: every value has a type, and text is cast to it.

mod catalog;

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

/// What every connection is told first. Notices are not sent at all: a trigger's may quote a row.
const GREETING: &str = "\
    SET application_name = 'rolecall'; \
    SET client_min_messages = 'error'; \
    SET lock_timeout = '2s'; \
    SET idle_in_transaction_session_timeout = '60s'; \
    SET standard_conforming_strings = on; \
    SET row_security = off";

/// Units: milliseconds. `replay_lag` is NULL for a replica that is level and idle.
const REPLICA_LAG: &str = "\
    SELECT CAST(EXTRACT(EPOCH FROM max(replay_lag)) * 1000 AS BIGINT), count(*) FROM pg_stat_replication";

/// Opens the database at `location`.
pub(super) async fn open(location: &Location) -> Result<Relational, StoreError> {
    Relational::connect(&location.connect_url(), Box::new(Postgres), GREETING).await
}

struct Postgres;

impl Dialect for Postgres {
    fn has_numbered_values(&self) -> bool {
        true
    }

    fn begin(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    fn first(&self) -> Option<&'static str> {
        Some("SET LOCAL statement_timeout = '30s'")
    }

    fn select(&self, outs: &str, table: &Table, reading: Reading) -> Frame {
        let name = &table.sql_name;
        if reading == Reading::Whole {
            return Frame {
                before_rows: format!("SELECT s.c0, {outs} FROM "),
                before_condition: format!(" CROSS JOIN {name} AS t WHERE "),
                end: "",
            };
        }
        // A look-up for each value: by its guesses the planner would at times rather read the whole
        // table. OFFSET 0 keeps it from rewriting this as a join.
        Frame {
            before_rows: "SELECT s.c0, t.* FROM ".to_owned(),
            before_condition: format!(" CROSS JOIN LATERAL (SELECT {outs} FROM {name} AS t WHERE "),
            end: if reading == Reading::ToChange { " OFFSET 0 FOR UPDATE OF t) AS t" } else { " OFFSET 0) AS t" },
        }
    }

    fn delete(&self, table: &Table, _key: &[String]) -> Frame {
        Frame {
            before_rows: format!("DELETE FROM {} AS t USING ", table.sql_name),
            before_condition: " WHERE ".to_owned(),
            end: "",
        }
    }

    fn sets_before_rows(&self) -> bool {
        true
    }

    fn push_rows(&self, statement: &mut Statement, rows: &[Vec<Option<&str>>], width: usize) {
        statement.push("unnest(");
        statement.list(0..width, ", ", |statement, number| {
            let values = rows.iter().map(|row| row.get(number).copied().flatten());
            statement.push("CAST(").bind(array(values)).push(" AS text[])");
        });
        let columns = (0..width).map(|number| format!("c{number}")).collect::<Vec<_>>();
        statement.push(") AS s(").push(&columns.join(", ")).push(")");
    }

    fn out(&self, name: &str, _column: &Column) -> String {
        format!("CAST({name} AS text)")
    }

    fn typed(&self, text: &str, column: &Column) -> String {
        format!("CAST({text} AS {})", column.type_name)
    }

    fn can_hold(&self, column: &Column, value: &str) -> bool {
        match column.type_name.as_str() {
            "smallint" => canonical::<i16>(value),
            "integer" => canonical::<i32>(value),
            "bigint" => canonical::<i64>(value),
            "uuid" => is_uuid(value),
            "numeric" => is_decimal(value),
            "boolean" => matches!(value, "true" | "false"),
            "bytea" => is_bytes(value),
            _ => true,
        }
    }

    fn push_value(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place) {
        if place.path.is_empty() {
            statement.push(&self.out(name, column));
            return;
        }
        let document = if column.kind == ColumnKind::Json { name.to_owned() } else { format!("CAST({name} AS jsonb)") };
        statement.push(&format!("{document} #>> CAST("));
        let keys = place.path.iter().map(|key| Some(key.as_str()));
        statement.bind(array(keys)).push(" AS text[])");
    }

    fn push_match(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place, text: &str) {
        if !place.path.is_empty() {
            self.push_value(statement, name, column, place);
            statement.push(&format!(" = {text}"));
        } else if column.kind == ColumnKind::Text || can_be_cast(&column.type_name) {
            self.push_key_match(statement, name, column, text);
        } else {
            // Of other types (enumerations, dates, addresses) it is not known here what their cast
            // refuses, so their text is compared.
            statement.push(&format!("CAST({name} AS text) = {text}"));
        }
    }

    fn push_key_match(&self, statement: &mut Statement, name: &str, column: &Column, text: &str) {
        statement.push(&format!("{name} = CAST({text} AS {})", column.type_name));
    }

    fn push_unmasked(&self, statement: &mut Statement, name: &str, column: &Column, shape: &Shape) {
        statement.push(&format!("({name} IS NOT NULL"));
        match shape {
            Shape::Null => {}
            Shape::Constant(constant) if column.kind == ColumnKind::Text => {
                // A char(n) has lost the spaces at its end.
                let is_padded = column.type_name == "bpchar";
                let constant = if is_padded { constant.trim_end_matches(' ') } else { constant };
                // As text: the column's collation may hold different letters for the same.
                statement.push(&format!(" AND CAST({name} AS text) COLLATE \"C\" <> "));
                statement.bind(constant.to_owned());
            }
            Shape::Constant(constant) if column.kind == ColumnKind::Json => {
                statement.push(&format!(" AND CAST({name} AS jsonb) <> CAST("));
                statement.bind(constant.clone()).push(" AS jsonb)");
            }
            Shape::Constant(constant) => {
                statement.push(&format!(" AND {name} <> CAST("));
                statement.bind(constant.clone()).push(&format!(" AS {})", column.type_name));
            }
            Shape::Word { alphabet, length } => {
                let characters = alphabet.characters();
                statement.push(&format!(
                    " AND NOT (length(CAST({name} AS text)) = {length} \
                     AND CAST({name} AS text) COLLATE \"C\" !~ '[^{characters}]')"
                ));
            }
        }
        statement.push(")");
    }

    fn catalog<'a>(&'a self, pool: &'a AnyPool, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, sqlx::Error>> {
        Box::pin(catalog::read(pool, tables))
    }

    fn replica_lag_ms<'a>(&'a self, pool: &'a AnyPool) -> BoxFuture<'a, Result<Option<i64>, sqlx::Error>> {
        Box::pin(async move {
            let row = sqlx::query(REPLICA_LAG).fetch_one(pool).await?;
            let lag: Option<i64> = sqlx::Row::try_get(&row, 0)?;
            let n_replicas: i64 = sqlx::Row::try_get(&row, 1)?;
            Ok((n_replicas > 0).then_some(lag.unwrap_or(0)))
        })
    }
}

/// An array of text, as PostgreSQL writes it: `{"a","b \"c\"",NULL}`.
pub(super) fn array<'a>(values: impl Iterator<Item = Option<&'a str>>) -> String {
    let quoted = values.map(|value| match value {
        Some(value) => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        None => "NULL".to_owned(),
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

/// Types whose casts take everything that [`Postgres::can_hold`] lets pass.
fn can_be_cast(type_name: &str) -> bool {
    matches!(type_name, "smallint" | "integer" | "bigint" | "uuid" | "numeric" | "boolean" | "bytea")
}

/// Whether `value` is a number of that type as the database writes it: not `007`, which is no one's
/// number but would be taken for 7.
fn canonical<T: std::str::FromStr + ToString>(value: &str) -> bool {
    value.parse::<T>().is_ok_and(|number| number.to_string() == value)
}

fn is_uuid(value: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| if is_dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    value.len() == 36 && value.bytes().enumerate().all(fits)
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    value.len() < 1000 && are_digits(whole) && are_digits(part) && !is_padded
}

fn is_bytes(value: &str) -> bool {
    let digits = value.strip_prefix("\\x");
    digits.is_some_and(|digits| digits.len() % 2 == 0 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_keeps_what_is_in_it() {
        let values = [Some("a\"b"), Some("c\\d"), None, Some("NULL"), Some("{,}"), Some("")];
        assert_eq!(array(values.into_iter()), r#"{"a\"b","c\\d",NULL,"NULL","{,}",""}"#);
    }

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
            ("integer", "7", true),
            ("integer", "2147483648", false),
            ("bigint", "2147483648", true),
            ("bigint", "-1", true),
            ("bigint", "+1", false),
            ("bigint", "007", false),
            ("bigint", " 7", false),
            ("bigint", "seven", false),
            ("uuid", "6b1f1d5a-8c1e-4c7e-9d53-0f3c3c2b7a10", true),
            ("uuid", "6B1F1D5A-8C1E-4C7E-9D53-0F3C3C2B7A10", true),
            ("uuid", "6b1f1d5a8c1e4c7e9d530f3c3c2b7a10", false),
            ("uuid", "u-6b1f1d5a-8c1e-4c7e-9d53-0f3c3c2b7a10", false),
            ("numeric", "10.50", true),
            ("numeric", "NaN", false),
            ("numeric", "1e9", false),
            ("bytea", "\\x0aFF", true),
            ("bytea", "\\x0", false),
            ("bytea", "0a", false),
            ("text", "anything", true),
        ] {
            assert_eq!(Postgres.can_hold(&column(type_name), value), expected, "{value:?} in {type_name}");
        }
    }
}
