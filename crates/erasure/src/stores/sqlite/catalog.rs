//! What SQLite says of its tables.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::checks;
use crate::{
    catalog::{Catalog, Column, ColumnKind, ForeignKey, OnDelete, Table, Trigger},
    stores::statement::{flag, quoted, text, word},
};

/// Every table and view there is, with what it was made by.
const TABLES: &str = "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name";

/// `hidden`: 1 a hidden column of a virtual table, 2 and 3 computed ones.
const COLUMNS: &str = "\
    SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo($1) WHERE hidden <> 1 ORDER BY cid";

/// Those over expressions have a column without a name; `origin` is `pk` for the primary key's.
const INDEXES: &str = "\
    SELECT i.name, i.\"unique\", i.origin, c.name \
    FROM pragma_index_list($1) AS i JOIN pragma_index_info(i.name) AS c \
    WHERE i.partial = 0 ORDER BY i.seq DESC, c.seqno";

const FOREIGN_KEYS: &str = "\
    SELECT m.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete \
    FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f \
    WHERE m.type = 'table' ORDER BY m.name, f.id DESC, f.seq";

const TRIGGERS: &str = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";

struct Entry {
    is_table: bool,
    sql: String,
}

/// What the database says of `asked` and of those whose foreign keys refer to them.
pub(super) async fn read(pool: &AnyPool, asked: &[String]) -> Result<Catalog, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let connection = &mut *connection;
    let mut entries = BTreeMap::new();
    for row in sqlx::query(TABLES).fetch_all(&mut *connection).await? {
        entries.insert(word(&row, 0)?, Entry { is_table: word(&row, 1)? == "table", sql: word(&row, 2)? });
    }
    let keys = foreign_keys(connection, &entries).await?;

    // By its name there, what it is called here: as the data map writes it, or else as it is.
    let mut names = BTreeMap::new();
    for name in asked {
        if let Some(found) = resolve(&entries, name) {
            names.insert(found.to_owned(), name.clone());
        }
    }
    for name in referring(&keys, &names) {
        names.entry(name.clone()).or_insert(name);
    }

    let mut catalog = Catalog::default();
    for (found, name) in &names {
        let Some(entry) = entries.get(found) else { continue };
        let mut table = Table { sql_name: quoted(found), is_table: entry.is_table, ..Table::default() };
        columns(connection, found, &mut table).await?;
        indexes(connection, found, &mut table).await?;
        table.checks = checks::parse(&entry.sql);
        for (_, key) in keys.iter().filter(|(child, _)| child == found) {
            let mut key = key.clone();
            if let Some(name) = names.get(&key.table) {
                key.table.clone_from(name);
            }
            table.foreign_keys.push(key);
        }
        catalog.tables.insert(name.clone(), table);
    }
    for row in sqlx::query(TRIGGERS).fetch_all(&mut *connection).await? {
        let found = resolve(&entries, &word(&row, 1)?).and_then(|found| names.get(found));
        if let Some(table) = found.and_then(|name| catalog.tables.get_mut(name)) {
            table.triggers.extend(trigger(&row)?);
        }
    }
    // A map may write one table in two ways.
    for name in asked {
        let known = resolve(&entries, name).and_then(|found| names.get(found));
        if let Some(table) = known.and_then(|known| catalog.tables.get(known)).cloned() {
            catalog.tables.insert(name.clone(), table);
        }
    }
    Ok(catalog)
}

/// SQLite does not tell letters' case in names.
fn resolve<'a>(entries: &'a BTreeMap<String, Entry>, name: &str) -> Option<&'a str> {
    let exact = entries.get_key_value(name).map(|(found, _)| found);
    exact.or_else(|| entries.keys().find(|found| found.eq_ignore_ascii_case(name))).map(String::as_str)
}

/// The tables that refer to `names`, and those that refer to them in turn where a deletion goes on.
fn referring(keys: &[(String, ForeignKey)], names: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = names.keys().cloned().collect::<Vec<_>>();
    while let Some(parent) = next.pop() {
        for (child, key) in keys.iter().filter(|(_, key)| key.table == parent) {
            if reached.insert(child.clone()) && key.on_delete == OnDelete::Cascade {
                next.push(child.clone());
            }
        }
    }
    reached
}

async fn columns(connection: &mut AnyConnection, found: &str, table: &mut Table) -> Result<(), sqlx::Error> {
    let mut primary_key = BTreeMap::new();
    for row in sqlx::query(COLUMNS).bind(found.to_owned()).fetch_all(connection).await? {
        let name = word(&row, 0)?;
        let type_name = word(&row, 1)?;
        let in_key = sqlx::Row::try_get::<i64, _>(&row, 3)?;
        if in_key > 0 {
            primary_key.insert(in_key, name.clone());
        }
        let column = Column {
            kind: kind(&type_name),
            is_nullable: !flag(&row, 2)? && in_key == 0,
            // SQLite does not hold anybody to VARCHAR(20), but what reads the table may.
            max_length: max_length(&type_name),
            is_generated: flag(&row, 4)?,
            type_name,
        };
        table.columns.insert(name, column);
    }
    table.primary_key = primary_key.into_values().collect();
    Ok(())
}

fn kind(type_name: &str) -> ColumnKind {
    let name = type_name.to_ascii_uppercase();
    if name.contains("JSON") {
        ColumnKind::Json
    } else if name.contains("UUID") {
        ColumnKind::Uuid
    } else if name.contains("INT") {
        ColumnKind::Integer
    } else if ["CHAR", "CLOB", "TEXT", "STRING"].iter().any(|part| name.contains(part)) || name.is_empty() {
        ColumnKind::Text
    } else {
        ColumnKind::Other
    }
}

/// `varchar(20)`: 20.
fn max_length(type_name: &str) -> Option<u32> {
    let (name, rest) = type_name.split_once('(')?;
    if !name.to_ascii_uppercase().contains("CHAR") {
        return None;
    }
    rest.split_once(')')?.0.trim().parse().ok()
}

async fn indexes(connection: &mut AnyConnection, found: &str, table: &mut Table) -> Result<(), sqlx::Error> {
    let mut indexes: Vec<(String, bool, String, Vec<Option<String>>)> = Vec::new();
    for row in sqlx::query(INDEXES).bind(found.to_owned()).fetch_all(connection).await? {
        let name = word(&row, 0)?;
        let column = text(&row, 3)?;
        match indexes.last_mut().filter(|(last, ..)| *last == name) {
            Some((.., columns)) => columns.push(column),
            None => indexes.push((name, flag(&row, 1)?, word(&row, 2)?, vec![column])),
        }
    }
    // An INTEGER PRIMARY KEY is the table's own order and has no index by itself.
    if !table.primary_key.is_empty() {
        table.indexes.push(table.primary_key.clone());
    }
    for (_, is_unique, origin, columns) in indexes {
        let Some(columns) = columns.into_iter().collect::<Option<Vec<_>>>() else { continue };
        if origin == "pk" {
            continue;
        }
        if is_unique {
            table.uniques.push(columns.clone());
        }
        table.indexes.push(columns);
    }
    Ok(())
}

/// Every foreign key with the table it is of. One that names no columns means the primary key.
async fn foreign_keys(
    connection: &mut AnyConnection,
    entries: &BTreeMap<String, Entry>,
) -> Result<Vec<(String, ForeignKey)>, sqlx::Error> {
    let mut keys: Vec<(String, i64, ForeignKey)> = Vec::new();
    for row in sqlx::query(FOREIGN_KEYS).fetch_all(&mut *connection).await? {
        let child = word(&row, 0)?;
        let id = sqlx::Row::try_get::<i64, _>(&row, 1)?;
        let column = word(&row, 3)?;
        let referred = text(&row, 4)?;
        if let Some((.., key)) = keys.last_mut().filter(|(last, last_id, _)| *last == child && *last_id == id) {
            key.columns.push(column);
            key.referred.extend(referred);
            continue;
        }
        let parent = word(&row, 2)?;
        let key = ForeignKey {
            name: String::new(),
            columns: vec![column],
            table: resolve(entries, &parent).unwrap_or(&parent).to_owned(),
            referred: referred.into_iter().collect(),
            on_delete: match word(&row, 5)?.as_str() {
                "CASCADE" => OnDelete::Cascade,
                "SET NULL" | "SET DEFAULT" => OnDelete::SetNull,
                _ => OnDelete::Refuse,
            },
        };
        keys.push((child, id, key));
    }
    let mut whole = Vec::with_capacity(keys.len());
    for (child, _, mut key) in keys {
        if key.referred.is_empty() {
            let mut parent = Table::default();
            columns(connection, &key.table, &mut parent).await?;
            key.referred = parent.primary_key;
        }
        whole.push((child, key));
    }
    Ok(whole)
}

/// A trigger by its text: `CREATE TRIGGER name BEFORE DELETE ON ...`.
fn trigger(row: &AnyRow) -> Result<Option<Trigger>, sqlx::Error> {
    let sql = word(row, 2)?;
    let event = checks::trigger_event(&sql);
    let trigger = Trigger {
        name: word(row, 0)?,
        on_delete: event.eq_ignore_ascii_case("DELETE"),
        on_update: event.eq_ignore_ascii_case("UPDATE"),
    };
    Ok((trigger.on_delete || trigger.on_update).then_some(trigger))
}
