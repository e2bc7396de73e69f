//! The databases that people's data is erased from.
//!
//! The only SQL about others than ourselves is in this folder. Every name that goes into a statement
//! is quoted; every value is bound. Nothing a database says about an error leaves this folder but its
//! code and the object's name, for a message may quote a row.

mod dialect;
mod failure;
mod masking;
mod mysql;
mod place;
mod postgres;
mod relational;
mod sqlite;
mod statement;

use std::net::IpAddr;

pub use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use secrecy::SecretString;

pub use self::{
    failure::{Failure, StoreError},
    place::{Location, Rules, own_place, place},
    sqlite::sample,
};
use crate::{
    catalog::Catalog,
    graph::{Mask, Place},
};

/// The primary key of a row: its values as text, in the order of the node's `primary_key`.
pub type Key = Vec<String>;

/// A row that a walk came to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Found {
    /// Its primary key.
    pub key: Key,
    /// The values of the columns edges start from, in the order asked for.
    pub carried: Vec<Option<String>>,
    /// Whose row it is: the mark of the sought value that led here.
    pub subject: i64,
}

/// A value to look for, and what found rows are marked with.
#[derive(Clone, PartialEq, Eq)]
pub struct Sought {
    /// The mark: whose value it is.
    pub subject: i64,
    /// A value for each of [`Search::places`].
    pub values: Vec<String>,
}

/// Which rows of a table to find.
#[derive(Clone)]
pub struct Search<'a> {
    /// The table, as the catalog names it.
    pub table: &'a str,
    /// The columns of its primary key.
    pub primary_key: &'a [String],
    /// Further columns whose values are wanted.
    pub carried: &'a [String],
    /// Where the sought values are: all of them must hold together.
    pub places: &'a [&'a Place],
    /// The values. One that cannot be in its column (letters, in a column of numbers) finds nothing.
    pub sought: &'a [Sought],
    /// Only rows whose column of that name has one of these values.
    pub bots: Option<(&'a str, &'a [String])>,
    /// Only rows in which something is left to mask.
    pub unmasked: Option<&'a [Mask]>,
}

/// Rows of one table to be erased, in one statement or few.
pub struct Slice<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns of its primary key.
    pub primary_key: &'a [String],
    /// What is done: the rows are deleted, or these columns of them are masked.
    pub masks: Option<&'a [Mask]>,
    /// Keys for hash and HMAC, of this request only.
    pub salt: &'a [u8; 32],
    /// Whose.
    pub keys: &'a [&'a Key],
}

/// A store that is open.
///
/// Concurrency: shared by the tasks of one worker.
pub trait Store: Send + Sync {
    /// What the database says of `tables`, and of those whose foreign keys refer to them.
    fn catalog<'a>(&'a self, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, StoreError>>;

    /// The rows that `search` finds, as they come. One row may come twice, through two values.
    fn find<'a>(&'a self, catalog: &'a Catalog, search: Search<'a>) -> BoxStream<'a, Result<Found, StoreError>>;

    /// Which of `slice.keys` are still there: with masks, still there and not masked.
    fn remaining<'a>(&'a self, catalog: &'a Catalog, slice: Slice<'a>) -> BoxFuture<'a, Result<Vec<Key>, StoreError>>;

    /// Erases the rows of all `slices`, in their order, in one transaction; how many rows of each
    /// were changed. `may_commit` is asked last, inside the transaction; on `false` everything is
    /// undone and nothing is answered.
    fn erase<'a>(
        &'a self,
        catalog: &'a Catalog,
        slices: &'a [Slice<'a>],
        may_commit: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result<Option<Vec<u64>>, StoreError>>;

    /// Every combination of values that `places` of `table` have together, each once. Rows that lack one
    /// are passed over.
    fn identifiers<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        places: &'a [&'a Place],
    ) -> BoxStream<'a, Result<Vec<String>, StoreError>>;

    /// Adds a row: columns with their values.
    fn insert<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        values: &'a [(String, String)],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// How far the slowest replica is behind; nothing where the store has none or cannot tell.
    /// Units: milliseconds.
    fn replica_lag_ms(&self) -> BoxFuture<'_, Result<Option<i64>, StoreError>>;

    /// Closes its connections.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Opens the store at `url`, if `rules` let Rolecall go there.
///
/// Errors: [`Failure::BadUrl`] with the rule that refuses it, [`Failure::Unreachable`] if nobody
/// answers or there is no such file, [`Failure::Denied`] if the store lets nobody in with that URL.
pub async fn open(url: &SecretString, rules: &Rules) -> Result<Box<dyn Store>, StoreError> {
    let location = place(url)?;
    location.check(rules)?;
    if let Some(server) = location.server() {
        // A name can lead where an address may not.
        let addresses = tokio::net::lookup_host(server).await;
        let addresses = addresses.map_err(|_| StoreError::new(Failure::Unreachable, "no such host"))?;
        if addresses.map(|address| address.ip()).any(|address: IpAddr| place::is_forbidden(address)) {
            return Err(StoreError::new(Failure::BadUrl, "a link-local or metadata address is no store's"));
        }
    }
    Ok(match location.class() {
        place::Class::Sqlite => Box::new(sqlite::open(&location).await?),
        place::Class::Postgres => Box::new(postgres::open(&location).await?),
        place::Class::MySql => Box::new(mysql::open(&location).await?),
    })
}
