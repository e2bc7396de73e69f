//! Catalogs, written down the way one would tell a colleague of a schema.

use rolecall_erasure::catalog::{Catalog, CheckConstraint, Column, ColumnKind, ForeignKey, OnDelete, Table, Trigger};

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
