//! The store as all relational databases have it; what differs is in a [`Dialect`].

use std::{collections::BTreeSet, time::Duration};

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use sqlx::{
    AnyConnection, AnyPool, Connection as _,
    any::{AnyPoolOptions, AnyRow},
};

use super::{
    BoxFuture, Failure, Found, Key, Search, Slice, Sought, Store, StoreError,
    dialect::{Dialect, Reading},
    masking::{self, Shape},
    statement::{Statement, quoted, text, word},
};
use crate::{
    catalog::{Catalog, Column, ColumnKind, Table},
    graph::{Mask, Place},
};

/// Rows that one statement brings along.
const MAX_ROWS: usize = 2_000;

/// How long anything waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// One worker reads and erases; a store's own users need the other connections.
const MAX_CONNECTIONS: u32 = 2;

/// A relational database.
pub(super) struct Relational {
    pool: AnyPool,
    dialect: Box<dyn Dialect>,
}

impl Relational {
    /// Connects to `url`, and says `greeting` on every connection first.
    pub(super) async fn connect(
        url: &str,
        dialect: Box<dyn Dialect>,
        greeting: &'static str,
    ) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let failed = |error: sqlx::Error| StoreError::of(&error, &Catalog::default());
        // One connection by itself first: a pool would try what is refused again and again, and in
        // the end say only that it took too long.
        let first = tokio::time::timeout(PATIENCE, AnyConnection::connect(url))
            .await
            .map_err(|_| StoreError::new(Failure::Unreachable, "timeout"))?
            .map_err(failed)?;
        first.close().await.map_err(failed)?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(greeting).execute(&mut *connection).await?;
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(failed)?;
        Ok(Self { pool, dialect })
    }

    fn statement(&self) -> Statement {
        Statement::new(self.dialect.has_numbered_values())
    }

    /// The statements of a search: none if no value can be where it is sought.
    fn searches(&self, catalog: &Catalog, search: &Search<'_>) -> Result<Vec<Statement>, StoreError> {
        let table = table(catalog, search.table)?;
        let columns = search.places.iter().map(|place| column(table, &place.column)).collect::<Result<Vec<_>, _>>()?;
        let places = search.places.iter().copied().zip(columns).collect::<Vec<_>>();
        let bots = search.bots.map(|(name, bots)| Ok((name, column(table, name)?, bots))).transpose()?;
        let masks = search.unmasked.map(|masks| shapes(table, masks)).transpose()?;
        if places.is_empty() || bots.is_some_and(|(_, _, bots)| bots.is_empty()) {
            return Ok(Vec::new());
        }

        let outs = search.primary_key.iter().chain(search.carried);
        let outs = self.outs(table, outs)?;
        let sought_columns = search.places.iter().map(|place| place.column.clone()).collect::<Vec<_>>();
        // One value of several has an index if any of the columns has one.
        let has_index = sought_columns.iter().enumerate().any(|(number, name)| {
            let is_plain = search.places.get(number).is_some_and(|place| place.path.is_empty());
            is_plain && table.has_index_on(std::slice::from_ref(name))
        }) || table.has_index_on(&sought_columns);

        let rows = self.sought_rows(&places, search.sought);
        let mut statements = Vec::new();
        for rows in rows.chunks(MAX_ROWS) {
            let reading = if has_index { Reading::ByIndex } else { Reading::Whole };
            let frame = self.dialect.select(&outs, table, reading);
            let mut statement = self.statement();
            statement.push(&frame.before_rows);
            let rows = rows.iter().map(|row| row.iter().map(|text| Some(text.as_str())).collect()).collect::<Vec<_>>();
            self.dialect.push_rows(&mut statement, &rows, places.len() + 1);
            statement.push(&frame.before_condition);
            if let (false, Some((place, column))) = (has_index, places.first()) {
                let name = format!("t.{}", quoted(&place.column));
                if self.dialect.push_one_of(&mut statement, &name, column, place, &rows) {
                    statement.push(" AND ");
                }
            }
            statement.list(places.iter().enumerate(), " AND ", |statement, (number, (place, column))| {
                let name = format!("t.{}", quoted(&place.column));
                self.dialect.push_match(statement, &name, column, place, &format!("s.c{}", number + 1));
            });
            if let Some((name, column, bots)) = bots {
                let name = format!("t.{}", quoted(name));
                statement.push(" AND ").push(&self.dialect.out(&name, column)).push(" IN (");
                statement.list(bots, ", ", |statement, bot| {
                    statement.bind(bot.clone());
                });
                statement.push(")");
            }
            if let Some(masks) = &masks {
                statement.push(" AND ");
                self.push_any_unmasked(&mut statement, masks);
            }
            statement.push(frame.end);
            statements.push(statement);
        }
        Ok(statements)
    }

    /// The sought values as rows: the mark, then a value for each place. Mail addresses are sought as
    /// they are and in small letters.
    fn sought_rows(&self, places: &[(&Place, &Column)], sought: &[Sought]) -> Vec<Vec<String>> {
        let mut rows = BTreeSet::new();
        for sought in sought {
            let folds = |(place, column): &(&Place, &Column), value: &str| {
                value.contains('@') && (column.kind == ColumnKind::Text || !place.path.is_empty())
            };
            let small = sought
                .values
                .iter()
                .zip(places)
                .map(|(value, place)| if folds(place, value) { value.to_lowercase() } else { value.clone() });
            for values in [sought.values.clone(), small.collect()] {
                let fits = |(value, (place, column)): (&String, &(&Place, &Column))| {
                    !value.contains('\0') && (!place.path.is_empty() || self.dialect.can_hold(column, value))
                };
                if values.len() == places.len() && values.iter().zip(places).all(fits) {
                    let mut row = vec![sought.subject.to_string()];
                    row.extend(values);
                    rows.insert(row);
                }
            }
        }
        rows.into_iter().collect()
    }

    /// The values of columns as text, for the list of a `SELECT`.
    fn outs<'a>(&self, table: &Table, names: impl Iterator<Item = &'a String>) -> Result<String, StoreError> {
        let outs = names
            .map(|name| Ok(self.dialect.out(&format!("t.{}", quoted(name)), column(table, name)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(outs.iter().enumerate().map(|(number, out)| format!("{out} AS o{number}")).collect::<Vec<_>>().join(", "))
    }

    fn push_any_unmasked(&self, statement: &mut Statement, masks: &[(&Mask, &Column, Shape)]) {
        statement.push("(");
        statement.list(masks, " OR ", |statement, (mask, column, shape)| {
            self.dialect.push_unmasked(statement, &format!("t.{}", quoted(&mask.column)), column, shape);
        });
        statement.push(")");
    }

    fn push_keys(&self, statement: &mut Statement, keys: &[(&String, &Column)]) {
        statement.list(keys.iter().enumerate(), " AND ", |statement, (number, (name, column))| {
            let name = format!("t.{}", quoted(name));
            self.dialect.push_key_match(statement, &name, column, &format!("s.c{number}"));
        });
    }

    /// A statement that finds rows by their keys: only those with something left to mask, if there
    /// are `masks`.
    fn by_keys(
        &self,
        table: &Table,
        slice: &Slice<'_>,
        keys: &[&Key],
        outs: &str,
        reading: Reading,
    ) -> Result<Statement, StoreError> {
        let frame = self.dialect.select(outs, table, reading);
        let key = key_columns(table, slice)?;
        let mut statement = self.statement();
        statement.push(&frame.before_rows);
        self.dialect.push_rows(&mut statement, &key_rows(keys), key.len());
        statement.push(&frame.before_condition);
        self.push_keys(&mut statement, &key);
        if let Some(masks) = slice.masks {
            statement.push(" AND ");
            self.push_any_unmasked(&mut statement, &shapes(table, masks)?);
        }
        statement.push(frame.end);
        Ok(statement)
    }

    async fn remaining(&self, catalog: &Catalog, slice: &Slice<'_>) -> Result<Vec<Key>, StoreError> {
        let table = table(catalog, slice.table)?;
        let outs = self.outs(table, slice.primary_key.iter())?;
        let mut remaining = Vec::new();
        for keys in slice.keys.chunks(MAX_ROWS) {
            let statement = self.by_keys(table, slice, keys, &outs, Reading::ByIndex)?;
            let rows = statement.into_query().fetch_all(&self.pool).await;
            for row in rows.map_err(|error| StoreError::of(&error, catalog))? {
                remaining.push(key_of(&row, slice.primary_key.len(), catalog)?);
            }
        }
        Ok(remaining)
    }

    async fn erase(
        &self,
        catalog: &Catalog,
        slices: &[Slice<'_>],
        may_commit: BoxFuture<'_, bool>,
    ) -> Result<Option<Vec<u64>>, StoreError> {
        let failed = |error: sqlx::Error| StoreError::of(&error, catalog);
        let mut transaction = self.pool.begin_with(self.dialect.begin()).await.map_err(failed)?;
        match self.erase_all(&mut transaction, catalog, slices).await {
            Ok(counts) if may_commit.await => {
                transaction.commit().await.map_err(failed)?;
                Ok(Some(counts))
            }
            Ok(_) => {
                transaction.rollback().await.map_err(failed)?;
                Ok(None)
            }
            Err(error) => {
                // Dropped, it would be rolled back too, but later: its locks would stand in the way
                // of who tries again. What failed first is what is told.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// Erases the rows of `slices`; how many rows of each were changed.
    async fn erase_all(
        &self,
        connection: &mut AnyConnection,
        catalog: &Catalog,
        slices: &[Slice<'_>],
    ) -> Result<Vec<u64>, StoreError> {
        if let Some(first) = self.dialect.first() {
            let done = sqlx::raw_sql(first).execute(&mut *connection).await;
            done.map_err(|error| StoreError::of(&error, catalog))?;
        }
        let mut counts = Vec::with_capacity(slices.len());
        for slice in slices {
            let mut n_changed = 0;
            for keys in slice.keys.chunks(MAX_ROWS) {
                n_changed += self.erase_some(connection, catalog, slice, keys).await?;
            }
            counts.push(n_changed);
        }
        Ok(counts)
    }

    async fn erase_some(
        &self,
        connection: &mut AnyConnection,
        catalog: &Catalog,
        slice: &Slice<'_>,
        keys: &[&Key],
    ) -> Result<u64, StoreError> {
        let table = table(catalog, slice.table)?;
        let statement = match slice.masks {
            None => self.deletion(table, slice, keys)?,
            Some(masks) if masks.iter().any(masking::is_computed) => {
                let rows = self.masked_rows(connection, catalog, table, slice, keys).await?;
                if rows.is_empty() {
                    return Ok(0);
                }
                self.masking(table, slice, &borrowed(&rows))?
            }
            Some(_) => self.masking(table, slice, &key_rows(keys))?,
        };
        let done = statement.into_query().execute(connection).await;
        Ok(done.map_err(|error| StoreError::of(&error, catalog))?.rows_affected())
    }

    fn deletion(&self, table: &Table, slice: &Slice<'_>, keys: &[&Key]) -> Result<Statement, StoreError> {
        let key = key_columns(table, slice)?;
        let frame = self.dialect.delete(table, slice.primary_key);
        let mut statement = self.statement();
        statement.push(&frame.before_rows);
        self.dialect.push_rows(&mut statement, &key_rows(keys), key.len());
        statement.push(&frame.before_condition);
        self.push_keys(&mut statement, &key);
        statement.push(frame.end);
        Ok(statement)
    }

    /// The rows still to be masked, locked: their keys, then a new value for each computed mask, or
    /// none where the old one stays.
    async fn masked_rows(
        &self,
        connection: &mut AnyConnection,
        catalog: &Catalog,
        table: &Table,
        slice: &Slice<'_>,
        keys: &[&Key],
    ) -> Result<Vec<Vec<Option<String>>>, StoreError> {
        let masks = shapes(table, slice.masks.unwrap_or_default())?;
        let computed = masks.iter().filter(|(mask, _, _)| masking::is_computed(mask)).collect::<Vec<_>>();
        let outs = slice.primary_key.iter().chain(computed.iter().map(|(mask, _, _)| &mask.column));
        let outs = self.outs(table, outs)?;
        let statement = self.by_keys(table, slice, keys, &outs, Reading::ToChange)?;
        let failed = |error: sqlx::Error| StoreError::of(&error, catalog);
        let rows = statement.into_query().fetch_all(&mut *connection).await.map_err(failed)?;
        let mut masked = Vec::with_capacity(rows.len());
        for row in rows {
            let key = key_of(&row, slice.primary_key.len(), catalog)?;
            let mut values = Vec::with_capacity(key.len() + computed.len());
            let label = format!("{}\0{}", slice.table, key.join("\0"));
            for (number, (mask, _, shape)) in computed.iter().enumerate() {
                let old = text(&row, 1 + key.len() + number).map_err(failed)?;
                let label = format!("{}\0{label}", mask.column);
                values.push(old.and_then(|old| masking::computed(mask, shape, slice.salt, &label, &old)));
            }
            masked.push(key.into_iter().map(Some).chain(values).collect());
        }
        Ok(masked)
    }

    /// The `UPDATE` that masks the rows of `rows`: keys, then the new values of the computed masks.
    fn masking(&self, table: &Table, slice: &Slice<'_>, rows: &[Vec<Option<&str>>]) -> Result<Statement, StoreError> {
        let key = key_columns(table, slice)?;
        let masks = shapes(table, slice.masks.unwrap_or_default())?;
        let n_computed = masks.iter().filter(|(mask, _, _)| masking::is_computed(mask)).count();
        let width = key.len() + n_computed;
        let mut statement = self.statement();
        if self.dialect.sets_before_rows() {
            statement.push("UPDATE ").push(&table.sql_name).push(" AS t SET ");
            self.push_sets(&mut statement, &masks, key.len());
            statement.push(" FROM ");
            self.dialect.push_rows(&mut statement, rows, width);
        } else {
            statement.push("UPDATE ");
            self.dialect.push_rows(&mut statement, rows, width);
            statement.push(" STRAIGHT_JOIN ").push(&table.sql_name).push(" AS t SET ");
            self.push_sets(&mut statement, &masks, key.len());
        }
        statement.push(" WHERE ");
        self.push_keys(&mut statement, &key);
        statement.push(" AND ");
        self.push_any_unmasked(&mut statement, &masks);
        Ok(statement)
    }

    fn all_values(&self, catalog: &Catalog, name: &str, places: &[&Place]) -> Result<Statement, StoreError> {
        let table = table(catalog, name)?;
        let columns = places.iter().map(|place| column(table, &place.column)).collect::<Result<Vec<_>, _>>()?;
        let mut statement = self.statement();
        statement.push("SELECT DISTINCT ");
        statement.list(places.iter().zip(columns), ", ", |statement, (place, column)| {
            self.dialect.push_value(statement, &format!("t.{}", quoted(&place.column)), column, place);
        });
        statement.push(" FROM ").push(&table.sql_name).push(" AS t");
        Ok(statement)
    }

    fn insertion(&self, catalog: &Catalog, name: &str, values: &[(String, String)]) -> Result<Statement, StoreError> {
        let table = table(catalog, name)?;
        let columns = values.iter().map(|(name, _)| column(table, name)).collect::<Result<Vec<_>, _>>()?;
        let mut statement = self.statement();
        statement.push("INSERT INTO ").push(&table.sql_name).push(" (");
        statement.list(values, ", ", |statement, (name, _)| {
            statement.push(&quoted(name));
        });
        statement.push(") VALUES (");
        statement.list(values.iter().zip(columns), ", ", |statement, ((_, value), column)| {
            self.push_typed(statement, value.clone(), column);
        });
        statement.push(")");
        Ok(statement)
    }

    /// Adds `value`, bound, as a value that `column` can be given.
    fn push_typed(&self, statement: &mut Statement, value: String, column: &Column) {
        // The text is bound where the type's cast has its place for it.
        let typed = self.dialect.typed("\0", column);
        let (before, after) = typed.split_once('\0').unwrap_or_default();
        statement.push(before).bind(value).push(after);
    }

    fn push_sets(&self, statement: &mut Statement, masks: &[(&Mask, &Column, Shape)], mut next: usize) {
        statement.list(masks, ", ", |statement, (mask, column, shape)| {
            let name = quoted(&mask.column);
            if !self.dialect.sets_before_rows() {
                statement.push("t.");
            }
            statement.push(&name);
            match shape {
                Shape::Null => {
                    statement.push(" = NULL");
                }
                Shape::Constant(constant) => {
                    statement.push(&format!(" = CASE WHEN t.{name} IS NULL THEN NULL ELSE "));
                    self.push_typed(statement, constant.clone(), column);
                    statement.push(" END");
                }
                Shape::Word { .. } => {
                    let text = format!("s.c{next}");
                    next += 1;
                    let typed = self.dialect.typed(&text, column);
                    statement.push(&format!(" = CASE WHEN {text} IS NULL THEN t.{name} ELSE {typed} END"));
                }
            }
        });
    }
}

impl Store for Relational {
    fn catalog<'a>(&'a self, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, StoreError>> {
        Box::pin(async move {
            let catalog = self.dialect.catalog(&self.pool, tables).await;
            catalog.map_err(|error| StoreError::of(&error, &Catalog::default()))
        })
    }

    fn find<'a>(&'a self, catalog: &'a Catalog, search: Search<'a>) -> BoxStream<'a, Result<Found, StoreError>> {
        let statements = match self.searches(catalog, &search) {
            Ok(statements) => statements,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let n_key = search.primary_key.len();
        let n_carried = search.carried.len();
        let rows = stream::iter(statements).flat_map(|statement| statement.into_query().fetch(&self.pool));
        rows.map_err(move |error| StoreError::of(&error, catalog))
            .and_then(move |row| std::future::ready(found(&row, n_key, n_carried, catalog)))
            .boxed()
    }

    fn remaining<'a>(&'a self, catalog: &'a Catalog, slice: Slice<'a>) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        Box::pin(async move { self.remaining(catalog, &slice).await })
    }

    fn erase<'a>(
        &'a self,
        catalog: &'a Catalog,
        slices: &'a [Slice<'a>],
        may_commit: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result<Option<Vec<u64>>, StoreError>> {
        Box::pin(self.erase(catalog, slices, may_commit))
    }

    fn identifiers<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        places: &'a [&'a Place],
    ) -> BoxStream<'a, Result<Vec<String>, StoreError>> {
        let statement = match self.all_values(catalog, table, places) {
            Ok(statement) => statement,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let failed = move |error: sqlx::Error| StoreError::of(&error, catalog);
        let rows = statement.into_query().fetch(&self.pool);
        rows.map_err(failed)
            .try_filter_map(move |row| {
                // One that is NULL leaves none.
                let values = (0..places.len()).map(|number| text(&row, number)).collect::<Result<Option<Vec<_>>, _>>();
                std::future::ready(values.map_err(failed))
            })
            .boxed()
    }

    fn insert<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        values: &'a [(String, String)],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let statement = self.insertion(catalog, table, values)?;
            let done = statement.into_query().execute(&self.pool).await;
            done.map(drop).map_err(|error| StoreError::of(&error, catalog))
        })
    }

    fn replica_lag_ms(&self) -> BoxFuture<'_, Result<Option<i64>, StoreError>> {
        Box::pin(async move {
            let lag = self.dialect.replica_lag_ms(&self.pool).await;
            lag.map_err(|error| StoreError::of(&error, &Catalog::default()))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}

fn table<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Table, StoreError> {
    catalog.tables.get(name).ok_or_else(|| StoreError::new(Failure::Missing, "table"))
}

fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, StoreError> {
    table.columns.get(name).ok_or_else(|| StoreError::new(Failure::Missing, "column"))
}

fn key_columns<'a>(table: &'a Table, slice: &Slice<'a>) -> Result<Vec<(&'a String, &'a Column)>, StoreError> {
    if slice.primary_key.is_empty() {
        return Err(StoreError::new(Failure::Missing, "primary key"));
    }
    slice.primary_key.iter().map(|name| Ok((name, column(table, name)?))).collect()
}

fn shapes<'a>(table: &'a Table, masks: &'a [Mask]) -> Result<Vec<(&'a Mask, &'a Column, Shape)>, StoreError> {
    if masks.is_empty() {
        return Err(StoreError::new(Failure::Missing, "masks"));
    }
    let shape = |mask: &'a Mask| {
        let column = column(table, &mask.column)?;
        Ok((mask, column, masking::shape(mask, column)))
    };
    masks.iter().map(shape).collect()
}

fn key_rows<'a>(keys: &[&'a Key]) -> Vec<Vec<Option<&'a str>>> {
    keys.iter().map(|key| key.iter().map(|value| Some(value.as_str())).collect()).collect()
}

fn borrowed(rows: &[Vec<Option<String>>]) -> Vec<Vec<Option<&str>>> {
    rows.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect()
}

/// The key in a row, which begins with a mark or whatever else is first.
fn key_of(row: &AnyRow, n_key: usize, catalog: &Catalog) -> Result<Key, StoreError> {
    let mut key = Vec::with_capacity(n_key);
    for number in 1..=n_key {
        let value = text(row, number).map_err(|error| StoreError::of(&error, catalog))?;
        // SQLite lets a primary key be NULL. Such a row cannot be told from others like it, and must
        // not be passed over in silence.
        key.push(value.ok_or_else(|| StoreError::new(Failure::Other, "null in a primary key"))?);
    }
    Ok(key)
}

fn found(row: &AnyRow, n_key: usize, n_carried: usize, catalog: &Catalog) -> Result<Found, StoreError> {
    let failed = |error: sqlx::Error| StoreError::of(&error, catalog);
    let subject = word(row, 0).map_err(failed)?.parse().map_err(|_| StoreError::new(Failure::Other, "mark"))?;
    let key = key_of(row, n_key, catalog)?;
    let carried = (0..n_carried).map(|number| text(row, 1 + n_key + number)).collect::<Result<_, _>>();
    Ok(Found { key, carried: carried.map_err(failed)?, subject })
}

#[cfg(test)]
#[path = "plans_tests.rs"]
mod plans;
