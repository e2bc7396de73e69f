//! Catalogs, written down the way one would tell a colleague of a schema.

use std::{collections::BTreeSet, fmt::Write as _};

use rolecall_erasure::catalog::{Catalog, CheckConstraint, Column, ColumnKind, ForeignKey, OnDelete, Table, Trigger};
use rolecall_testkit::Kind;

/// The catalog of `text`:
///
/// ```text
/// table message
///   id integer key
///   session_id integer null index -> session.id cascade
///   body text(500) null unique generated
///   unique session_id, body
///   index body, id
///   check has_body: body IS NOT NULL
///   trigger keep delete update
/// view latest
/// ```
///
/// A foreign key refuses unless it says `cascade` or `set_null`.
pub(crate) fn catalog(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (word, rest) = line.trim().split_once(' ').expect("two words");
        if ["table", "view"].contains(&word) {
            rest.clone_into(&mut current);
            let table = Table { sql_name: format!("\"{rest}\""), is_table: word == "table", ..Table::default() };
            catalog.tables.insert(current.clone(), table);
            continue;
        }
        let table = catalog.tables.get_mut(&current).expect("a table");
        let names = || rest.split(", ").map(str::to_owned).collect::<Vec<_>>();
        match word {
            "unique" => {
                table.uniques.push(names());
                table.indexes.push(names());
            }
            "index" => table.indexes.push(names()),
            "check" => {
                let (name, condition) = rest.split_once(": ").expect("a name and a condition");
                table.checks.push(CheckConstraint { name: name.to_owned(), condition: condition.to_owned() });
            }
            "trigger" => {
                let name = rest.split(' ').next().expect("a name").to_owned();
                let (on_delete, on_update) = (rest.contains(" delete"), rest.contains(" update"));
                table.triggers.push(Trigger { name, on_delete, on_update });
            }
            name => column(table, name, rest),
        }
    }
    for table in catalog.tables.values_mut().filter(|table| !table.primary_key.is_empty()) {
        table.indexes.push(table.primary_key.clone());
    }
    catalog
}

fn column(table: &mut Table, name: &str, rest: &str) {
    let (rest, reference) = rest.split_once(" -> ").map_or((rest, None), |(rest, reference)| (rest, Some(reference)));
    let mut words = rest.split(' ');
    let type_name = words.next().expect("a type");
    let (kind, max_length) = match type_name.split_once('(') {
        Some(("text", length)) => (ColumnKind::Text, Some(length.trim_end_matches(')').parse().expect("a length"))),
        _ => match type_name {
            "text" => (ColumnKind::Text, None),
            "integer" => (ColumnKind::Integer, None),
            "uuid" => (ColumnKind::Uuid, None),
            "json" => (ColumnKind::Json, None),
            _ => (ColumnKind::Other, None),
        },
    };
    let type_name = type_name.to_owned();
    let mut column = Column { type_name, kind, is_nullable: false, max_length, is_generated: false };
    for word in words {
        match word {
            "key" => table.primary_key.push(name.to_owned()),
            "null" => column.is_nullable = true,
            "generated" => column.is_generated = true,
            "index" => table.indexes.push(vec![name.to_owned()]),
            "unique" => {
                table.uniques.push(vec![name.to_owned()]);
                table.indexes.push(vec![name.to_owned()]);
            }
            other => panic!("{other} is not known of a column"),
        }
    }
    table.columns.insert(name.to_owned(), column);
    if let Some(reference) = reference {
        let (target, on_delete) = match reference.split_once(' ') {
            Some((target, "cascade")) => (target, OnDelete::Cascade),
            Some((target, "set_null")) => (target, OnDelete::SetNull),
            None => (reference, OnDelete::Refuse),
            other => panic!("{other:?} is not known of a foreign key"),
        };
        let (other, referred) = target.rsplit_once('.').expect("a table and a column");
        table.foreign_keys.push(ForeignKey {
            name: format!("fk_{name}"),
            columns: vec![name.to_owned()],
            table: other.to_owned(),
            referred: vec![referred.to_owned()],
            on_delete,
        });
    }
}

/// The statements that make the tables of `catalog`: columns, keys and indexes.
pub(crate) fn ddl(catalog: &Catalog, kind: Kind) -> String {
    let quote = if kind == Kind::Mysql { '`' } else { '"' };
    let quoted = |name: &str| format!("{quote}{name}{quote}");
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut statements = String::new();
    let mut made: BTreeSet<&str> = BTreeSet::new();
    while let Some((name, table)) = catalog.tables.iter().find(|(name, table)| {
        let is_ready = |key: &ForeignKey| made.contains(key.table.as_str()) || !catalog.tables.contains_key(&key.table);
        !made.contains(name.as_str()) && table.foreign_keys.iter().all(is_ready)
    }) {
        made.insert(name);
        let is_searched = |column: &String| {
            let keys = table.foreign_keys.iter().any(|key| key.columns.contains(column));
            keys || table.indexes.iter().any(|index| index.contains(column))
        };
        let mut parts: Vec<_> = table
            .columns
            .iter()
            .map(|(name, column)| {
                let null = if column.is_nullable { "NULL" } else { "NOT NULL" };
                format!("{} {} {null}", quoted(name), sql_type(column, kind, is_searched(name)))
            })
            .collect();
        if !table.primary_key.is_empty() {
            parts.push(format!("PRIMARY KEY ({})", list(&table.primary_key)));
        }
        parts.extend(table.uniques.iter().map(|unique| format!("UNIQUE ({})", list(unique))));
        parts.extend(table.foreign_keys.iter().filter(|key| catalog.tables.contains_key(&key.table)).map(|key| {
            let action = match key.on_delete {
                OnDelete::Refuse => "NO ACTION",
                OnDelete::Cascade => "CASCADE",
                OnDelete::SetNull => "SET NULL",
            };
            let (columns, referred) = (list(&key.columns), list(&key.referred));
            format!("FOREIGN KEY ({columns}) REFERENCES {} ({referred}) ON DELETE {action}", quoted(&key.table))
        }));
        writeln!(statements, "CREATE TABLE {} ({});", quoted(name), parts.join(", ")).expect("room");
        let own = |index: &&Vec<String>| !table.uniques.contains(index) && table.primary_key != **index;
        for (no, index) in table.indexes.iter().filter(own).enumerate() {
            let name_of_index = quoted(&format!("{name}_{no}"));
            writeln!(statements, "CREATE INDEX {name_of_index} ON {} ({});", quoted(name), list(index)).expect("room");
        }
    }
    assert_eq!(made.len(), catalog.tables.len(), "foreign keys in a circle");
    statements
}

fn sql_type(column: &Column, kind: Kind, is_searched: bool) -> String {
    match (column.kind, kind) {
        // MySQL has no index over a whole long text.
        (ColumnKind::Text, Kind::Mysql) if is_searched => {
            format!("VARCHAR({})", column.max_length.unwrap_or(190).min(190))
        }
        (ColumnKind::Text, _) => column.max_length.map_or("TEXT".to_owned(), |length| format!("VARCHAR({length})")),
        (ColumnKind::Integer, _) => "INTEGER".to_owned(),
        (ColumnKind::Uuid, Kind::Mysql) => "CHAR(36)".to_owned(),
        (ColumnKind::Uuid, _) => "UUID".to_owned(),
        (ColumnKind::Json, Kind::Postgres) => "JSONB".to_owned(),
        (ColumnKind::Json, _) => "JSON".to_owned(),
        (ColumnKind::Other, Kind::Mysql) if column.type_name == "timestamptz" => "DATETIME".to_owned(),
        (ColumnKind::Other, _) => column.type_name.clone(),
    }
}
