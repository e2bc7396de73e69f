//! A store with a schema, and short ways to ask it things.

use futures_util::TryStreamExt as _;
use rolecall_erasure::{
    catalog::Catalog,
    graph::{Mask, Masking, Place},
    stores::{self, BoxFuture, Found, Key, Rules, Search, Slice, Sought, Store, StoreError},
};
use rolecall_testkit::{ForeignDb, Kind};
use secrecy::SecretString;

/// A store that is open, with what its database says of the tables asked for.
pub(crate) struct World {
    pub(crate) db: ForeignDb,
    pub(crate) store: Box<dyn Store>,
    pub(crate) catalog: Catalog,
}

pub(crate) async fn open(url: &str) -> Result<Box<dyn Store>, StoreError> {
    stores::open(&SecretString::from(url.to_owned()), &Rules::default()).await
}

pub(crate) fn place(column: &str) -> Place {
    Place { column: column.to_owned(), path: Vec::new() }
}

pub(crate) fn inside(column: &str, path: &[&str]) -> Place {
    Place { column: column.to_owned(), path: path.iter().map(|key| (*key).to_owned()).collect() }
}

pub(crate) fn sought(values: &[(i64, &[&str])]) -> Vec<Sought> {
    let sought = |(subject, values): &(i64, &[&str])| Sought { subject: *subject, values: strings(values) };
    values.iter().map(sought).collect()
}

pub(crate) fn mask(column: &str, how: Masking) -> Mask {
    Mask { column: column.to_owned(), how, max_length: None }
}

pub(crate) fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Keys of one column.
pub(crate) fn keys(keys: &[&str]) -> Vec<Key> {
    keys.iter().map(|key| vec![(*key).to_owned()]).collect()
}

impl World {
    /// Runs `schema` in `db` and opens it. A schema is written for all databases: `$text`, `$key` and
    /// `$json` stand for types (any text, text in a key, JSON).
    pub(crate) async fn new(db: ForeignDb, schema: &str, tables: &[&str]) -> Self {
        let (text, key, json) = match db.kind {
            Kind::Sqlite => ("TEXT", "TEXT", "JSON"),
            Kind::Postgres => ("TEXT", "TEXT", "JSONB"),
            Kind::Mysql => ("LONGTEXT", "VARCHAR(100)", "JSON"),
        };
        db.run(&schema.replace("$text", text).replace("$key", key).replace("$json", json)).await;
        let store = open(&db.url).await.expect("the store opens");
        let catalog = store.catalog(&strings(tables)).await.expect("the catalog is read");
        Self { db, store, catalog }
    }

    /// What `search` finds, sorted: `mark:key/parts>carried,values`.
    pub(crate) async fn find(&self, search: Search<'_>) -> Vec<String> {
        let found: Vec<Found> = self.store.find(&self.catalog, search).try_collect().await.expect("rows come");
        let line = |found: Found| {
            let carried = found.carried.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned()));
            let carried = carried.collect::<Vec<_>>().join(",");
            let carried = if carried.is_empty() { carried } else { format!(">{carried}") };
            format!("{}:{}{carried}", found.subject, found.key.join("/"))
        };
        let mut lines = found.into_iter().map(line).collect::<Vec<_>>();
        lines.sort();
        lines
    }

    /// The rows of `table` that have one of `values` in `column`, by the key `id`.
    pub(crate) async fn find_by(&self, table: &str, column: &str, values: &[&str]) -> Vec<String> {
        let place = place(column);
        let sought = values.iter().map(|value| Sought { subject: 1, values: strings(&[value]) }).collect::<Vec<_>>();
        self.find(Search { sought: &sought, places: &[&place], ..search(table, &strings(&["id"])) }).await
    }

    /// Erases `keys` of `table` and says how many rows were changed.
    pub(crate) async fn erase(&self, table: &str, masks: Option<&[Mask]>, keys: &[Key]) -> Result<u64, StoreError> {
        let keys = keys.iter().collect::<Vec<_>>();
        let key = strings(&["id"]);
        let slice = Slice { table, primary_key: &key, masks, salt: &[7; 32], keys: &keys };
        let counts = self.store.erase(&self.catalog, &[slice], yes()).await?.expect("it is committed");
        Ok(counts[0])
    }

    pub(crate) async fn remaining(&self, table: &str, masks: Option<&[Mask]>, keys: &[Key]) -> Vec<Key> {
        let keys = keys.iter().collect::<Vec<_>>();
        let key = strings(&["id"]);
        let slice = Slice { table, primary_key: &key, masks, salt: &[7; 32], keys: &keys };
        let mut remaining = self.store.remaining(&self.catalog, slice).await.expect("keys come");
        remaining.sort();
        remaining
    }
}

pub(crate) fn search<'a>(table: &'a str, primary_key: &'a [String]) -> Search<'a> {
    Search { table, primary_key, carried: &[], places: &[], sought: &[], bots: None, unmasked: None }
}

pub(crate) fn yes<'a>() -> BoxFuture<'a, bool> {
    Box::pin(std::future::ready(true))
}

pub(crate) fn no<'a>() -> BoxFuture<'a, bool> {
    Box::pin(std::future::ready(false))
}
