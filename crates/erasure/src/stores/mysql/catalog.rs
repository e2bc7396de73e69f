//! What MySQL and MariaDB say of their tables.
//!
//! Names are cast to text: the columns of `information_schema` have collations of their own.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Any, AnyConnection, AnyPool, any::AnyRow};

use crate::{
    catalog::{Catalog, CheckConstraint, Column, ColumnKind, ForeignKey, OnDelete, Table, Trigger},
    stores::statement::{flag, quoted, text, word},
};

/// Every table and view but the system's own.
const TABLES: &str = "\
    SELECT CAST(TABLE_SCHEMA AS CHAR), CAST(TABLE_NAME AS CHAR), CAST(TABLE_TYPE AS CHAR), \
           CAST(COALESCE(TABLE_SCHEMA = DATABASE(), 0) AS SIGNED) \
    FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') \
    ORDER BY TABLE_SCHEMA, TABLE_NAME";

const FOLDS_NAMES: &str = "SELECT CAST(@@lower_case_table_names AS SIGNED)";

const COLUMNS: &str = "\
    SELECT CAST(COLUMN_NAME AS CHAR), CAST(COLUMN_TYPE AS CHAR), CAST(CHARACTER_SET_NAME AS CHAR), \
           CAST(COLLATION_NAME AS CHAR), CAST(CHARACTER_MAXIMUM_LENGTH AS CHAR), CAST(DATA_TYPE AS CHAR), \
           CAST(IS_NULLABLE = 'YES' AS SIGNED), \
           CAST(EXTRA LIKE '%GENERATED%' AND EXTRA NOT LIKE '%DEFAULT_GENERATED%' AS SIGNED) \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";

/// Only those that serve a look-up by `=`; one over an expression has no column's name, one over the
/// first characters a number of them.
const INDEXES: &str = "\
    SELECT CAST(INDEX_NAME AS CHAR), CAST(NON_UNIQUE = 0 AS SIGNED), CAST(COLUMN_NAME AS CHAR), \
           CAST(SUB_PART IS NOT NULL AS SIGNED) \
    FROM information_schema.STATISTICS \
    WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_TYPE IN ('BTREE', 'HASH') \
    ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX";

const FOREIGN_KEYS: &str = "\
    SELECT CAST(k.TABLE_SCHEMA AS CHAR), CAST(k.TABLE_NAME AS CHAR), CAST(k.CONSTRAINT_NAME AS CHAR), \
           CAST(k.COLUMN_NAME AS CHAR), CAST(k.REFERENCED_TABLE_SCHEMA AS CHAR), \
           CAST(k.REFERENCED_TABLE_NAME AS CHAR), CAST(k.REFERENCED_COLUMN_NAME AS CHAR), CAST(r.DELETE_RULE AS CHAR) \
    FROM information_schema.KEY_COLUMN_USAGE AS k \
    JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r \
      ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
     AND r.TABLE_NAME = k.TABLE_NAME \
    WHERE k.REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION";

/// In MariaDB a check has its table beside it, for a column's check is called as the column is.
const HAS_TABLES_OF_CHECKS: &str = "\
    SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.COLUMNS \
    WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'CHECK_CONSTRAINTS' AND COLUMN_NAME = 'TABLE_NAME'";

const CHECKS: &str = "\
    SELECT CAST(CONSTRAINT_NAME AS CHAR), CAST(CHECK_CLAUSE AS CHAR) FROM information_schema.CHECK_CONSTRAINTS \
    WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? ORDER BY CONSTRAINT_NAME";

const CHECKS_BY_NAME: &str = "\
    SELECT CAST(c.CONSTRAINT_NAME AS CHAR), CAST(c.CHECK_CLAUSE AS CHAR) \
    FROM information_schema.CHECK_CONSTRAINTS AS c \
    JOIN information_schema.TABLE_CONSTRAINTS AS t \
      ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME \
    WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ? AND t.CONSTRAINT_TYPE = 'CHECK' ORDER BY c.CONSTRAINT_NAME";

const TRIGGERS: &str = "\
    SELECT CAST(TRIGGER_NAME AS CHAR), CAST(EVENT_MANIPULATION = 'DELETE' AS SIGNED), \
           CAST(EVENT_MANIPULATION = 'UPDATE' AS SIGNED) \
    FROM information_schema.TRIGGERS \
    WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION IN ('DELETE', 'UPDATE') \
    ORDER BY TRIGGER_NAME";

/// A table: its database and its name.
type Name = (String, String);

struct Entry {
    is_table: bool,
    is_in_default: bool,
}

/// What the database says of `asked` and of those whose foreign keys refer to them.
pub(super) async fn read(pool: &AnyPool, asked: &[String]) -> Result<Catalog, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let folds_names = flag(&sqlx::query(FOLDS_NAMES).fetch_one(&mut *connection).await?, 0)?;
    let mut entries = BTreeMap::new();
    for row in sqlx::query(TABLES).fetch_all(&mut *connection).await? {
        let entry = Entry { is_table: word(&row, 2)? == "BASE TABLE", is_in_default: flag(&row, 3)? };
        entries.insert((word(&row, 0)?, word(&row, 1)?), entry);
    }
    let keys = foreign_keys(&mut connection).await?;

    // By its name there, what it is called here: as the data map writes it, or else as it is.
    let mut names = BTreeMap::new();
    for name in asked {
        if let Some(found) = resolve(&entries, name, folds_names) {
            names.insert(found.clone(), name.clone());
        }
    }
    for name in referring(&keys, &names) {
        let is_in_default = entries.get(&name).is_some_and(|entry| entry.is_in_default);
        names.entry(name.clone()).or_insert_with(|| shown(&name, is_in_default));
    }

    let has_tables = flag(&sqlx::query(HAS_TABLES_OF_CHECKS).fetch_one(&mut *connection).await?, 0)?;
    let checks = if has_tables { CHECKS } else { CHECKS_BY_NAME };
    let mut catalog = Catalog::default();
    for (found, name) in &names {
        let Some(entry) = entries.get(found) else { continue };
        let sql_name = format!("{}.{}", quoted(&found.0), quoted(&found.1));
        let mut table = Table { sql_name, is_table: entry.is_table, ..Table::default() };
        for row in of(&mut connection, COLUMNS, found).await? {
            table.columns.insert(word(&row, 0)?, column(&row)?);
        }
        indexes(&mut connection, found, &mut table).await?;
        for row in of(&mut connection, checks, found).await? {
            let check = CheckConstraint { name: word(&row, 0)?, condition: word(&row, 1)? };
            match json_column(&check.condition).and_then(|name| table.columns.get_mut(name)) {
                Some(column) => column.kind = ColumnKind::Json,
                None => table.checks.push(check),
            }
        }
        for row in of(&mut connection, TRIGGERS, found).await? {
            let trigger = Trigger { name: word(&row, 0)?, on_delete: flag(&row, 1)?, on_update: flag(&row, 2)? };
            table.triggers.push(trigger);
        }
        for key in keys.iter().filter(|key| key.child == *found) {
            let mut foreign_key = key.key.clone();
            let is_in_default = entries.get(&key.parent).is_some_and(|entry| entry.is_in_default);
            foreign_key.table = names.get(&key.parent).cloned().unwrap_or(shown(&key.parent, is_in_default));
            table.foreign_keys.push(foreign_key);
        }
        catalog.tables.insert(name.clone(), table);
    }
    // A map may write one table in two ways.
    for name in asked {
        let known = resolve(&entries, name, folds_names).and_then(|found| names.get(found));
        if let Some(table) = known.and_then(|known| catalog.tables.get(known)).cloned() {
            catalog.tables.insert(name.clone(), table);
        }
    }
    Ok(catalog)
}

async fn of(connection: &mut AnyConnection, sql: &'static str, table: &Name) -> Result<Vec<AnyRow>, sqlx::Error> {
    sqlx::query::<Any>(sql).bind(table.0.clone()).bind(table.1.clone()).fetch_all(connection).await
}

/// `table` in the default database, or `database.table`.
fn resolve<'a>(entries: &'a BTreeMap<Name, Entry>, name: &str, folds_names: bool) -> Option<&'a Name> {
    let same = |one: &str, other: &str| one == other || (folds_names && one.eq_ignore_ascii_case(other));
    let plain = entries.iter().find(|(found, entry)| entry.is_in_default && same(&found.1, name));
    let with_database = || entries.iter().find(|(found, _)| same(&format!("{}.{}", found.0, found.1), name));
    plain.or_else(with_database).map(|(found, _)| found)
}

/// How a table that was not asked for is called.
fn shown(name: &Name, is_in_default: bool) -> String {
    if is_in_default { name.1.clone() } else { format!("{}.{}", name.0, name.1) }
}

struct Reference {
    child: Name,
    parent: Name,
    key: ForeignKey,
}

/// The tables that refer to `names`, and those that refer to them in turn where a deletion goes on.
fn referring(keys: &[Reference], names: &BTreeMap<Name, String>) -> BTreeSet<Name> {
    let mut reached = BTreeSet::new();
    let mut next = names.keys().cloned().collect::<Vec<_>>();
    while let Some(parent) = next.pop() {
        for reference in keys.iter().filter(|reference| reference.parent == parent) {
            if reached.insert(reference.child.clone()) && reference.key.on_delete == OnDelete::Cascade {
                next.push(reference.child.clone());
            }
        }
    }
    reached
}

async fn foreign_keys(connection: &mut AnyConnection) -> Result<Vec<Reference>, sqlx::Error> {
    let mut keys: Vec<Reference> = Vec::new();
    for row in sqlx::query(FOREIGN_KEYS).fetch_all(connection).await? {
        let child = (word(&row, 0)?, word(&row, 1)?);
        let name = word(&row, 2)?;
        if keys.last().is_none_or(|last| last.child != child || last.key.name != name) {
            let on_delete = match word(&row, 7)?.as_str() {
                "CASCADE" => OnDelete::Cascade,
                "SET NULL" | "SET DEFAULT" => OnDelete::SetNull,
                _ => OnDelete::Refuse,
            };
            let parent = (word(&row, 4)?, word(&row, 5)?);
            let (columns, table, referred) = (Vec::new(), String::new(), Vec::new());
            keys.push(Reference { child, parent, key: ForeignKey { name, columns, table, referred, on_delete } });
        }
        if let Some(last) = keys.last_mut() {
            last.key.columns.push(word(&row, 3)?);
            last.key.referred.push(word(&row, 6)?);
        }
    }
    Ok(keys)
}

fn column(row: &AnyRow) -> Result<Column, sqlx::Error> {
    let mut type_name = word(row, 1)?;
    if let (Some(charset), Some(collation)) = (text(row, 2)?, text(row, 3)?) {
        type_name = format!("{type_name} {charset} {collation}");
    }
    let data_type = word(row, 5)?;
    let kind = match data_type.as_str() {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => ColumnKind::Text,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => ColumnKind::Integer,
        "uuid" => ColumnKind::Uuid,
        "json" => ColumnKind::Json,
        _ => ColumnKind::Other,
    };
    // Of the other texts the limit is in bytes, and large.
    let has_length = matches!(data_type.as_str(), "char" | "varchar");
    let length = if has_length { text(row, 4)?.and_then(|length| length.parse().ok()) } else { None };
    Ok(Column { type_name, kind, is_nullable: flag(row, 6)?, max_length: length, is_generated: flag(row, 7)? })
}

/// The column in ``json_valid(`column`)``: MariaDB's JSON is text with that check.
fn json_column(condition: &str) -> Option<&str> {
    let name = condition.strip_prefix("json_valid(")?.strip_suffix(')')?;
    name.strip_prefix(['`', '"'])?.strip_suffix(['`', '"'])
}

async fn indexes(connection: &mut AnyConnection, found: &Name, table: &mut Table) -> Result<(), sqlx::Error> {
    let mut indexes: Vec<(String, bool, Vec<Option<String>>)> = Vec::new();
    for row in of(connection, INDEXES, found).await? {
        let name = word(&row, 0)?;
        let column = if flag(&row, 3)? { None } else { text(&row, 2)? };
        match indexes.last_mut().filter(|(last, ..)| *last == name) {
            Some((.., columns)) => columns.push(column),
            None => indexes.push((name, flag(&row, 1)?, vec![column])),
        }
    }
    for (name, is_unique, columns) in indexes {
        let Some(columns) = columns.into_iter().collect::<Option<Vec<_>>>() else { continue };
        if name == "PRIMARY" {
            table.primary_key.clone_from(&columns);
        } else if is_unique {
            table.uniques.push(columns.clone());
        }
        table.indexes.push(columns);
    }
    Ok(())
}
