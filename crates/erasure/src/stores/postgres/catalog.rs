//! What PostgreSQL says of its tables.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, AnyPool};

use super::array;
use crate::{
    catalog::{Catalog, CheckConstraint, Column, ColumnKind, ForeignKey, OnDelete, Table, Trigger},
    stores::statement::{flag, quoted, text, word},
};

/// Tables and views by the names asked for, and what refers to them. A deletion goes on where a key
/// says CASCADE, so what refers to such a table matters too.
///
/// One called `a.b` in the default schema comes before `b` in the schema `a`.
const RELATIONS: &str = "\
    WITH RECURSIVE asked AS ( \
        SELECT DISTINCT ON (name) name, c.oid \
        FROM unnest(CAST($1 AS text[])) AS name \
        JOIN pg_class AS c ON c.relkind IN ('r', 'p', 'v', 'm', 'f') \
        JOIN pg_namespace AS n ON n.oid = c.relnamespace \
        WHERE (c.relname = name AND pg_table_is_visible(c.oid)) OR n.nspname || '.' || c.relname = name \
        ORDER BY name, (c.relname = name AND pg_table_is_visible(c.oid)) DESC), \
    reached AS ( \
        SELECT oid FROM asked \
        UNION \
        SELECT k.conrelid FROM reached AS r JOIN pg_constraint AS k ON k.confrelid = r.oid \
        WHERE k.contype = 'f' AND k.conparentid = 0 \
          AND (r.oid IN (SELECT oid FROM asked) \
               OR EXISTS (SELECT FROM pg_constraint AS up \
                          WHERE up.conrelid = r.oid AND up.contype = 'f' AND up.confdeltype = 'c'))) \
    SELECT CAST(c.oid AS BIGINT), n.nspname::text, c.relname::text, \
           CAST(c.relkind IN ('r', 'p', 'f') AS INT)::bigint, CAST(pg_table_is_visible(c.oid) AS INT)::bigint, \
           a.name \
    FROM reached AS r JOIN pg_class AS c ON c.oid = r.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    LEFT JOIN asked AS a ON a.oid = c.oid \
    ORDER BY n.nspname, c.relname, a.name";

/// A domain counts as the type under it. `format_type` with -1 names a type as a cast takes it.
const COLUMNS: &str = "\
    WITH RECURSIVE type AS ( \
        SELECT a.attrelid, a.attnum, a.atttypid AS oid, a.atttypmod AS modifier, a.attnotnull AS is_required \
        FROM pg_attribute AS a \
        WHERE a.attrelid = CAST($1 AS oid) AND a.attnum > 0 AND NOT a.attisdropped \
        UNION ALL \
        SELECT u.attrelid, u.attnum, t.typbasetype, t.typtypmod, u.is_required OR t.typnotnull \
        FROM type AS u JOIN pg_type AS t ON t.oid = u.oid WHERE t.typtype = 'd') \
    SELECT a.attname::text, format_type(u.oid, -1), \
           CASE WHEN u.oid IN (1042, 1043) AND u.modifier > 4 THEN CAST(u.modifier - 4 AS BIGINT) END, \
           CAST(NOT u.is_required AS INT)::bigint, \
           CAST(a.attgenerated <> '' OR a.attidentity = 'a' AS INT)::bigint, \
           CAST(t.typname IN ('citext') AS INT)::bigint \
    FROM type AS u \
    JOIN pg_type AS t ON t.oid = u.oid AND t.typtype <> 'd' \
    JOIN pg_attribute AS a ON a.attrelid = u.attrelid AND a.attnum = u.attnum \
    ORDER BY a.attnum";

/// Only those that serve a look-up by `=` for every row.
const INDEXES: &str = "\
    SELECT CAST(i.indexrelid AS BIGINT), CAST(i.indisprimary AS INT)::bigint, CAST(i.indisunique AS INT)::bigint, \
           a.attname::text \
    FROM pg_index AS i \
    JOIN pg_class AS c ON c.oid = i.indexrelid \
    JOIN pg_am AS m ON m.oid = c.relam AND m.amname IN ('btree', 'hash') \
    CROSS JOIN generate_series(0, i.indnkeyatts - 1) AS k \
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] \
    WHERE i.indrelid = CAST($1 AS oid) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL \
    ORDER BY i.indisprimary DESC, c.relname, k";

/// A partition's copies of its table's keys are left out, but kept where the partition was asked for.
const FOREIGN_KEYS: &str = "\
    SELECT CAST(k.oid AS BIGINT), k.conname::text, CAST(k.confrelid AS BIGINT), n.nspname::text, c.relname::text, \
           CAST(pg_table_is_visible(c.oid) AS INT)::bigint, k.confdeltype::text, own.attname::text, other.attname::text \
    FROM pg_constraint AS k \
    JOIN pg_class AS c ON c.oid = k.confrelid \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair(own, other, number) \
    JOIN pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = pair.own \
    JOIN pg_attribute AS other ON other.attrelid = k.confrelid AND other.attnum = pair.other \
    WHERE k.conrelid = CAST($1 AS oid) AND k.contype = 'f' \
      AND NOT EXISTS (SELECT FROM pg_constraint AS up WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid) \
    ORDER BY k.conname, k.oid, pair.number";

/// A domain's checks count as its column's: their `VALUE` is what is in it.
const CHECKS: &str = "\
    SELECT conname::text AS name, pg_get_expr(conbin, conrelid, true) FROM pg_constraint \
    WHERE conrelid = CAST($1 AS oid) AND contype = 'c' \
    UNION ALL \
    SELECT k.conname::text, replace(pg_get_expr(k.conbin, 0, true), 'VALUE', quote_ident(a.attname)) \
    FROM pg_attribute AS a JOIN pg_constraint AS k ON k.contypid = a.atttypid AND k.contype = 'c' \
    WHERE a.attrelid = CAST($1 AS oid) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY 1, 2";

/// Bits of `tgtype`: 8 DELETE, 16 UPDATE. Enabled `D` is never, `R` on replicas only.
const TRIGGERS: &str = "\
    SELECT tgname::text AS name, CAST((tgtype & 8) AS BIGINT), CAST((tgtype & 16) AS BIGINT) FROM pg_trigger \
    WHERE tgrelid = CAST($1 AS oid) AND NOT tgisinternal AND tgenabled NOT IN ('D', 'R') AND tgtype & 24 <> 0 \
    UNION ALL \
    SELECT rulename::text, CAST(ev_type = '4' AS INT)::bigint, CAST(ev_type = '2' AS INT)::bigint FROM pg_rewrite \
    WHERE ev_class = CAST($1 AS oid) AND ev_type IN ('2', '4') AND ev_enabled NOT IN ('D', 'R') \
    ORDER BY 1";

/// What the database says of `asked` and of those whose foreign keys refer to them.
pub(super) async fn read(pool: &AnyPool, asked: &[String]) -> Result<Catalog, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let asked = array(asked.iter().map(|name| Some(name.as_str())));
    let relations = sqlx::query(RELATIONS).bind(asked).fetch_all(&mut *connection).await?;
    let mut names = BTreeMap::new();
    let mut tables = Vec::with_capacity(relations.len());
    for row in relations {
        let oid: i64 = sqlx::Row::try_get(&row, 0)?;
        let (schema, name) = (word(&row, 1)?, word(&row, 2)?);
        let sql_name = format!("{}.{}", quoted(&schema), quoted(&name));
        let table = Table { sql_name, is_table: flag(&row, 3)?, ..Table::default() };
        let name = text(&row, 5)?.unwrap_or(shown(&schema, name, flag(&row, 4)?));
        names.insert(oid, name.clone());
        tables.push((oid, name, table));
    }
    let mut catalog = Catalog::default();
    for (oid, name, mut table) in tables {
        columns(&mut connection, oid, &mut table).await?;
        indexes(&mut connection, oid, &mut table).await?;
        foreign_keys(&mut connection, oid, &names, &mut table).await?;
        for row in sqlx::query(CHECKS).bind(oid.to_string()).fetch_all(&mut *connection).await? {
            table.checks.push(CheckConstraint { name: word(&row, 0)?, condition: word(&row, 1)? });
        }
        for row in sqlx::query(TRIGGERS).bind(oid.to_string()).fetch_all(&mut *connection).await? {
            let trigger = Trigger { name: word(&row, 0)?, on_delete: flag(&row, 1)?, on_update: flag(&row, 2)? };
            table.triggers.push(trigger);
        }
        catalog.tables.insert(name, table);
    }
    Ok(catalog)
}

/// How a table that was not asked for is called.
fn shown(schema: &str, name: String, is_in_default_schema: bool) -> String {
    if is_in_default_schema { name } else { format!("{schema}.{name}") }
}

async fn columns(connection: &mut AnyConnection, oid: i64, table: &mut Table) -> Result<(), sqlx::Error> {
    for row in sqlx::query(COLUMNS).bind(oid.to_string()).fetch_all(connection).await? {
        let type_name = word(&row, 1)?;
        let length: Option<i64> = sqlx::Row::try_get(&row, 2)?;
        let column = Column {
            kind: if flag(&row, 5)? { ColumnKind::Text } else { kind(&type_name) },
            is_nullable: flag(&row, 3)?,
            max_length: length.and_then(|length| u32::try_from(length).ok()),
            is_generated: flag(&row, 4)?,
            type_name,
        };
        table.columns.insert(word(&row, 0)?, column);
    }
    Ok(())
}

fn kind(type_name: &str) -> ColumnKind {
    match type_name {
        "text" | "character varying" | "bpchar" => ColumnKind::Text,
        "smallint" | "integer" | "bigint" => ColumnKind::Integer,
        "uuid" => ColumnKind::Uuid,
        "json" | "jsonb" => ColumnKind::Json,
        _ => ColumnKind::Other,
    }
}

async fn indexes(connection: &mut AnyConnection, oid: i64, table: &mut Table) -> Result<(), sqlx::Error> {
    let mut last = None;
    for row in sqlx::query(INDEXES).bind(oid.to_string()).fetch_all(connection).await? {
        let index: i64 = sqlx::Row::try_get(&row, 0)?;
        let is_first = last.replace(index) != Some(index);
        let lists = [
            flag(&row, 1)?.then_some(&mut table.primary_key),
            (flag(&row, 2)? && !flag(&row, 1)?).then(|| current(&mut table.uniques, is_first)),
            Some(current(&mut table.indexes, is_first)),
        ];
        let column = word(&row, 3)?;
        for list in lists.into_iter().flatten() {
            list.push(column.clone());
        }
    }
    Ok(())
}

/// The list in `lists` that is being filled, or a new one.
fn current(lists: &mut Vec<Vec<String>>, is_first: bool) -> &mut Vec<String> {
    if is_first || lists.is_empty() {
        lists.push(Vec::new());
    }
    let last = lists.len().saturating_sub(1);
    &mut lists[last]
}

async fn foreign_keys(
    connection: &mut AnyConnection,
    oid: i64,
    names: &BTreeMap<i64, String>,
    table: &mut Table,
) -> Result<(), sqlx::Error> {
    let mut last = None;
    for row in sqlx::query(FOREIGN_KEYS).bind(oid.to_string()).fetch_all(connection).await? {
        let key: i64 = sqlx::Row::try_get(&row, 0)?;
        let other: i64 = sqlx::Row::try_get(&row, 2)?;
        if last.replace(key) != Some(key) {
            let is_visible = flag(&row, 5)?;
            let name = names.get(&other).cloned().unwrap_or(shown(&word(&row, 3)?, word(&row, 4)?, is_visible));
            table.foreign_keys.push(ForeignKey {
                name: word(&row, 1)?,
                columns: Vec::new(),
                table: name,
                referred: Vec::new(),
                on_delete: match word(&row, 6)?.as_str() {
                    "c" => OnDelete::Cascade,
                    "n" | "d" => OnDelete::SetNull,
                    _ => OnDelete::Refuse,
                },
            });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(word(&row, 7)?);
            key.referred.push(word(&row, 8)?);
        }
    }
    Ok(())
}
