//! The store as all relational databases have it; what differs is in a [`Dialect`].

mod statements;

use std::time::Duration;

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use sqlx::{
    AnyConnection, AnyPool, Connection as _,
    any::{AnyPoolOptions, AnyRow},
};

use self::statements::{borrowed, key_rows, shapes, table};
use super::{
    BoxFuture, Failure, Found, Key, Search, Slice, Store, StoreError,
    dialect::{Dialect, Reading},
    masking,
    statement::{text, word},
};
use crate::{
    catalog::{Catalog, Table},
    graph::Place,
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
mod plans;
