//! What differs from database to database in the statements of an erasure.
//!
//! Values go in and come out as text, whatever a column's type; a statement calls the table `t`, and
//! the rows of text it brings along `s`, with columns `c0`, `c1` and so on.

use sqlx::AnyPool;

use super::{BoxFuture, masking::Shape, statement::Statement};
use crate::{
    catalog::{Catalog, Column, Table},
    graph::Place,
};

/// A database's way of saying things.
pub(super) trait Dialect: Send + Sync {
    /// Whether places for values are written `$1`, not `?`.
    fn has_numbered_values(&self) -> bool;

    /// How a transaction begins in which rows are erased.
    fn begin(&self) -> &'static str;

    /// What is said first in such a transaction, if anything.
    fn first(&self) -> Option<&'static str>;

    /// The statement that finds rows: `c0` and, of `table`, `outs`, for each row of `s` that matches.
    fn select(&self, outs: &str, table: &Table, reading: Reading) -> Frame;

    /// The statement that deletes the rows of `table` that match, `key` being its primary key.
    fn delete(&self, table: &Table, key: &[String]) -> Frame;

    /// Whether an `UPDATE` has its assignments before the rows `s`, as the standard has it.
    fn sets_before_rows(&self) -> bool;

    /// Adds `rows` as the table `s`; each has `width` values.
    fn push_rows(&self, statement: &mut Statement, rows: &[Vec<Option<&str>>], width: usize);

    /// The value of `column`, which the statement calls `name`, as text.
    fn out(&self, name: &str, column: &Column) -> String;

    /// The text `text` as a value that `column` can be given.
    fn typed(&self, text: &str, column: &Column) -> String;

    /// Whether `value` can be in `column` at all. A value that cannot is not sought: it would be an
    /// error of the statement, or be taken for another value.
    fn can_hold(&self, column: &Column, value: &str) -> bool;

    /// Adds the value at `place`, in the column called `name`, as text.
    fn push_value(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place);

    /// Adds the condition that `place`, in the column called `name`, has the text `text`.
    fn push_match(&self, statement: &mut Statement, name: &str, column: &Column, place: &Place, text: &str);

    /// Adds the condition that `place` has one of the values `text` of `rows` and says so, where the
    /// database would else compare each row of a table without an index with each of them.
    fn push_one_of(
        &self,
        _statement: &mut Statement,
        _name: &str,
        _column: &Column,
        _place: &Place,
        _text: &str,
        _rows: &[Vec<Option<&str>>],
    ) -> bool {
        false
    }

    /// Adds the condition that `column` of a primary key has the text `text`, which came from it.
    fn push_key_match(&self, statement: &mut Statement, name: &str, column: &Column, text: &str);

    /// Adds the condition that the value of `column` is not NULL and not yet as `shape` says.
    fn push_unmasked(&self, statement: &mut Statement, name: &str, column: &Column, shape: &Shape);

    /// What the database says of `tables` and of those whose foreign keys refer to them.
    fn catalog<'a>(&'a self, pool: &'a AnyPool, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, sqlx::Error>>;

    /// How far the slowest replica is behind, if the database can tell. Units: milliseconds.
    fn replica_lag_ms<'a>(&'a self, pool: &'a AnyPool) -> BoxFuture<'a, Result<Option<i64>, sqlx::Error>>;
}

/// How the rows of a table are come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// By an index, each by itself.
    ByIndex,
    /// The same, and nobody else changes them before the transaction ends.
    ToChange,
    /// By reading the whole table, once.
    Whole,
}

/// A statement around its rows `s` and its condition.
pub(super) struct Frame {
    /// What stands before the rows.
    pub(super) before_rows: String,
    /// What stands between the rows and the condition.
    pub(super) before_condition: String,
    /// What stands after the condition.
    pub(super) end: &'static str,
}
