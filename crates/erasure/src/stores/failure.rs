//! Why a store did not do what it was asked: a kind, a code, a name. Never a word of its message.

use std::fmt;

use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError, postgres::PgDatabaseError, sqlite::SqliteError};

use crate::catalog::Catalog;

/// Why a store did not do what it was asked. Holds no value of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{kind} ({code})")]
pub struct StoreError {
    /// What kind of failure it is, and so what to do about it.
    pub kind: Failure,
    /// The database's code: a SQLSTATE, or a number. For a URL that is refused, the rule in words.
    pub code: String,
    /// The constraint or table it is about, if the database names one that the catalog knows.
    pub object: Option<String>,
}

/// What kind of failure it is, and so what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nobody answers, or the connection broke: try again later.
    Unreachable,
    /// Somebody else stood in the way (a deadlock, a lock that took too long): try again with less.
    Busy,
    /// A constraint, a trigger or a column's limits do not let a row go: find out which.
    Constraint,
    /// This user may not do that.
    Denied,
    /// A table or column is not there.
    Missing,
    /// The URL or its options make no sense, or are not allowed.
    BadUrl,
    /// Anything else.
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unreachable => "the store cannot be reached",
            Self::Busy => "the store is busy with another change",
            Self::Constraint => "a rule of the store refused the change",
            Self::Denied => "the store does not allow this user to do that",
            Self::Missing => "the store lacks a table or column",
            Self::BadUrl => "the store's URL is refused",
            Self::Other => "the store refused a statement",
        })
    }
}

impl StoreError {
    pub(super) fn new(kind: Failure, code: impl Into<String>) -> Self {
        Self { kind, code: code.into(), object: None }
    }

    /// Of a driver's error, what may be kept. Names count only if `catalog` knows them: a message
    /// can quote anything.
    pub(super) fn of(error: &sqlx::Error, catalog: &Catalog) -> Self {
        match error {
            sqlx::Error::Database(database) => of_database(database.as_ref(), catalog),
            sqlx::Error::Io(io) => Self::new(Failure::Unreachable, io.kind().to_string()),
            sqlx::Error::PoolTimedOut => Self::new(Failure::Unreachable, "timeout"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::new(Failure::Unreachable, "closed"),
            sqlx::Error::Tls(_) => Self::new(Failure::Unreachable, "tls"),
            sqlx::Error::Protocol(_) => Self::new(Failure::Unreachable, "protocol"),
            sqlx::Error::Configuration(_) => Self::new(Failure::BadUrl, "the driver refuses an option of the URL"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::new(Failure::Other, "decode"),
            _ => Self::new(Failure::Other, "driver"),
        }
    }
}

fn of_database(error: &dyn DatabaseError, catalog: &Catalog) -> StoreError {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        let object = error
            .constraint()
            .filter(|name| is_constraint(catalog, name))
            .map(str::to_owned)
            .or_else(|| table_named(catalog, error.schema(), error.table()));
        StoreError { kind: postgres(error.code()), code: error.code().to_owned(), object }
    } else if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        let kind = mysql(error.number(), error.code().unwrap_or_default());
        let object = if kind == Failure::Constraint { mysql_object(error.message(), catalog) } else { None };
        StoreError { kind, code: error.number().to_string(), object }
    } else if error.try_downcast_ref::<SqliteError>().is_some() {
        let code = error.code().unwrap_or_default().into_owned();
        let kind = sqlite(code.parse().unwrap_or(1), error.message());
        let object = if kind == Failure::Constraint { sqlite_object(error.message(), catalog) } else { None };
        StoreError { kind, code, object }
    } else {
        StoreError::new(Failure::Other, "unknown")
    }
}

/// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres(code: &str) -> Failure {
    match code {
        "40001" | "40P01" | "55P03" | "55006" | "57014" | "25P03" | "25P04" => Failure::Busy,
        "P0001" => Failure::Constraint,
        "42501" | "25006" => Failure::Denied,
        "42P01" | "42703" | "3D000" | "3F000" => Failure::Missing,
        "53300" => Failure::Unreachable,
        _ => match code.get(..2) {
            Some("08") => Failure::Unreachable,
            Some("57") if code.starts_with("57P") => Failure::Unreachable,
            // 22: a value does not fit its column.
            Some("22" | "23" | "44") => Failure::Constraint,
            Some("28") => Failure::Denied,
            _ => Failure::Other,
        },
    }
}

/// By the server's own number, for its SQLSTATEs are coarse.
fn mysql(number: u16, state: &str) -> Failure {
    match number {
        // Lock wait, deadlock, changed under us, statement interrupted or out of time, NOWAIT.
        1205 | 1213 | 1020 | 1317 | 1969 | 3024 | 3572 => Failure::Busy,
        // Foreign keys, NOT NULL, duplicates, checks, SIGNAL in a trigger; values that do not fit.
        1451 | 1452 | 1216 | 1217 | 1048 | 1062 | 1169 | 1586 | 3819 | 4025 | 1644 | 1406 | 1264 | 1265 | 1366 => {
            Failure::Constraint
        }
        1044 | 1045 | 1142 | 1143 | 1227 | 1290 | 1370 | 1698 | 1792 | 1836 => Failure::Denied,
        1146 | 1054 | 1049 | 1051 | 1109 => Failure::Missing,
        1040 | 1053 | 1152 | 1158..=1161 | 1203 | 1927 | 2002 | 2006 | 2013 => Failure::Unreachable,
        _ => match state.get(..2) {
            Some("08") => Failure::Unreachable,
            Some("23" | "45") => Failure::Constraint,
            Some("28") => Failure::Denied,
            _ => Failure::Other,
        },
    }
}

/// By the primary result code, which an extended one has in its lowest byte.
fn sqlite(code: u32, message: &str) -> Failure {
    match code & 0xff {
        5 | 6 | 9 | 17 => Failure::Busy,
        18..=20 => Failure::Constraint,
        3 | 8 | 23 => Failure::Denied,
        10 | 14 => Failure::Unreachable,
        1 if message.starts_with("no such table") || message.starts_with("no such column") => Failure::Missing,
        _ => Failure::Other,
    }
}

fn is_constraint(catalog: &Catalog, name: &str) -> bool {
    catalog.tables.values().any(|table| {
        table.foreign_keys.iter().any(|key| key.name == name) || table.checks.iter().any(|check| check.name == name)
    })
}

/// The catalog's name of a table that a message names with or without its schema.
fn table_named(catalog: &Catalog, schema: Option<&str>, table: Option<&str>) -> Option<String> {
    let table = table?;
    let with_schema = format!("{}.{table}", schema.unwrap_or_default());
    [with_schema.as_str(), table].into_iter().find(|name| catalog.tables.contains_key(*name)).map(str::to_owned)
}

/// The name after the word CONSTRAINT or Check constraint, or the table whose column may not be NULL.
fn mysql_object(message: &str, catalog: &Catalog) -> Option<String> {
    // A duplicate's message begins with the value itself; nothing in it can be trusted.
    if message.starts_with("Duplicate entry") {
        return None;
    }
    let names = message.split(['`', '\'', '"']).skip(1).step_by(2).collect::<Vec<_>>();
    let constraint = names.iter().find(|name| is_constraint(catalog, name));
    let table = || names.iter().find(|name| catalog.tables.contains_key(**name));
    constraint.or_else(table).map(|name| (*name).to_owned())
}

/// `CHECK constraint failed: name`, `NOT NULL constraint failed: table.column`.
fn sqlite_object(message: &str, catalog: &Catalog) -> Option<String> {
    let (what, about) = message.split_once(": ")?;
    if !what.ends_with("constraint failed") {
        return None;
    }
    if is_constraint(catalog, about) {
        return Some(about.to_owned());
    }
    let of_table = |name: &&String| about.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
    catalog.tables.keys().find(of_table).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        for (code, kind) in [
            ("08006", Failure::Unreachable),
            ("57P01", Failure::Unreachable),
            ("53300", Failure::Unreachable),
            ("40001", Failure::Busy),
            ("40P01", Failure::Busy),
            ("55P03", Failure::Busy),
            ("57014", Failure::Busy),
            ("23503", Failure::Constraint),
            ("22001", Failure::Constraint),
            ("P0001", Failure::Constraint),
            ("42501", Failure::Denied),
            ("25006", Failure::Denied),
            ("28P01", Failure::Denied),
            ("42P01", Failure::Missing),
            ("42703", Failure::Missing),
            ("42601", Failure::Other),
            ("", Failure::Other),
        ] {
            assert_eq!(postgres(code), kind, "{code}");
        }
        for (number, state, kind) in [
            (1205, "HY000", Failure::Busy),
            (1213, "40001", Failure::Busy),
            (1451, "23000", Failure::Constraint),
            (4025, "23000", Failure::Constraint),
            (3819, "HY000", Failure::Constraint),
            (1644, "45000", Failure::Constraint),
            (1142, "42000", Failure::Denied),
            (1045, "28000", Failure::Denied),
            (1146, "42S02", Failure::Missing),
            (1054, "42S22", Failure::Missing),
            (2006, "HY000", Failure::Unreachable),
            (1064, "42000", Failure::Other),
        ] {
            assert_eq!(mysql(number, state), kind, "{number}");
        }
        for (code, message, kind) in [
            (5, "database is locked", Failure::Busy),
            (517, "database is locked", Failure::Busy),
            (787, "FOREIGN KEY constraint failed", Failure::Constraint),
            (1811, "no", Failure::Constraint),
            (8, "attempt to write a readonly database", Failure::Denied),
            (14, "unable to open database file", Failure::Unreachable),
            (1, "no such table: t", Failure::Missing),
            (1, "near \"x\": syntax error", Failure::Other),
            (11, "malformed", Failure::Other),
        ] {
            assert_eq!(sqlite(code, message), kind, "{code}");
        }
    }

    #[test]
    fn only_names_of_the_catalog_are_taken_from_a_message() {
        let mut catalog = Catalog::default();
        let mut table = crate::catalog::Table::default();
        table.checks.push(crate::catalog::CheckConstraint { name: "no_zero".to_owned(), condition: String::new() });
        catalog.tables.insert("message".to_owned(), table);

        let sqlite = |message| sqlite_object(message, &catalog);
        assert_eq!(sqlite("CHECK constraint failed: no_zero").as_deref(), Some("no_zero"));
        assert_eq!(sqlite("CHECK constraint failed: body <> 'secret'"), None);
        assert_eq!(sqlite("NOT NULL constraint failed: message.body").as_deref(), Some("message"));
        assert_eq!(sqlite("what a trigger says: message.body"), None);

        let mysql = |message| mysql_object(message, &catalog);
        assert_eq!(mysql("CONSTRAINT `no_zero` failed for `db`.`message`").as_deref(), Some("no_zero"));
        assert_eq!(mysql("Duplicate entry 'message' for key 'k'"), None);
        assert_eq!(mysql("Field 'secret' is wrong"), None);
    }
}
