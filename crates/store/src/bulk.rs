//! Many rows in one statement.
//!
//! Statements are made in a few fixed sizes only, so that each connection prepares each of them
//! once, whatever the callers send.

use std::fmt::Write as _;

use rolecall_model::ids::AccountNo;
use sqlx::{Any, Encode, Type, any::AnyRow};

use crate::{Error, Tx};

/// Rows or values in one statement, largest first. PostgreSQL takes 65,535 values a statement,
/// SQLite 32,766; the widest row here has 17.
const SIZES: [usize; 4] = [512, 64, 8, 1];

/// Cuts `rows` into slices of the fixed sizes.
pub(crate) fn slices<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut slices = Vec::new();
    for size in SIZES {
        while let Some((head, tail)) = rows.split_at_checked(size) {
            slices.push(head);
            rows = tail;
        }
    }
    slices
}

/// `($1, $2), ($3, $4)` for `n_rows` rows of `n_columns`.
pub(crate) fn rows(n_rows: usize, n_columns: usize) -> String {
    let mut text = String::new();
    for row in 0..n_rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        list(&mut text, row * n_columns + 1, n_columns);
        text.push(')');
    }
    text
}

/// The type of a column of a table of sought keys.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    /// A number.
    Number,
    /// A text.
    Text,
}

impl Column {
    /// The type's name on both engines.
    pub(crate) fn sql_type(self) -> &'static str {
        match self {
            Self::Number => "BIGINT",
            Self::Text => "TEXT",
        }
    }
}

/// The number no account has: what a row of sought keys begins with that is only there to fill up.
pub(crate) const NO_ACCOUNT: i64 = -1;

/// Cuts `keys` into chunks, each with the fixed size it is to be filled up to, which saves a
/// statement or two.
pub(crate) fn chunks<T>(keys: &[T]) -> impl Iterator<Item = (&[T], usize)> {
    let [largest, ..] = SIZES;
    keys.chunks(largest)
        .map(move |chunk| (chunk, SIZES.into_iter().rev().find(|size| *size >= chunk.len()).unwrap_or(largest)))
}

/// `sql` with a table of `n` sought keys where it says SOUGHT, as in
/// `WITH sought (account_no, no) AS (VALUES SOUGHT)`.
///
/// Keys are sought by joining with such a table, the account's number in each row of it: then the
/// index is the only way for either planner. Given `account_no = $1 AND no IN (...)` instead,
/// PostgreSQL may take the account's number for rare and read all of the account, and SQLite uses
/// no index for a list of rows. The casts are for PostgreSQL, which takes a bare value beside no
/// column for text.
pub(crate) fn seek(sql: &str, columns: &[Column], n: usize) -> String {
    let mut rows = String::new();
    let mut number = 1;
    for row in 0..n {
        rows.push_str(if row == 0 { "(" } else { ", (" });
        for (nth, column) in columns.iter().enumerate() {
            let comma = if nth == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(rows, "{comma}CAST(${number} AS {})", column.sql_type());
            number += 1;
        }
        rows.push(')');
    }
    sql.replace("SOUGHT", &rows)
}

/// `sql` with a bare `?` for each of its placeholders, if each stands there once and in order.
///
/// SQLite finds a numbered placeholder by going through all of them before it, once when it
/// prepares and each time it binds: a few thousand take longer than all else together.
pub(crate) fn without_numbers(sql: &str) -> Option<String> {
    let mut plain = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut next: usize = 1;
    while let Some((before, after)) = rest.split_once('$') {
        let (number, tail) = after.split_at(after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        if number.parse() != Ok(next) {
            return None;
        }
        next += 1;
        plain.push_str(before);
        plain.push('?');
        rest = tail;
    }
    plain.push_str(rest);
    Some(plain)
}

/// `$2, $3, $4` for `n` values from `first` on.
pub(crate) fn values(first: usize, n: usize) -> String {
    let mut text = String::new();
    list(&mut text, first, n);
    text
}

/// What `of` makes of the account's rows that `sql`, which ends with `IN `, finds for any of `keys`.
pub(crate) async fn find<K, T>(
    tx: &mut Tx,
    account: AccountNo,
    sql: &str,
    keys: impl IntoIterator<Item = K>,
    of: impl Fn(&AnyRow) -> Result<T, Error>,
) -> Result<Vec<T>, Error>
where
    K: Clone + Send + 'static + for<'q> Encode<'q, Any> + Type<Any>,
{
    let keys: Vec<K> = keys.into_iter().collect();
    let mut found = Vec::new();
    for slice in slices(&keys) {
        let sql = format!("{sql}({})", values(2, slice.len()));
        let mut find = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        for key in slice {
            find = find.bind(key.clone());
        }
        for row in tx.all(find).await? {
            found.push(of(&row)?);
        }
    }
    Ok(found)
}

/// Runs `sql`, which ends with `IN `, for those of the account's rows that have one of `nos`; how many they were.
pub(crate) async fn run(tx: &mut Tx, account: AccountNo, sql: &str, nos: &[i64]) -> Result<u64, Error> {
    let mut n_rows = 0;
    for (chunk, size) in chunks(nos) {
        let sql = format!("{sql}({})", values(2, size));
        let mut run = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0);
        // A number that stands there twice counts once.
        let filling = chunk.last().into_iter().cycle().take(size - chunk.len());
        for no in chunk.iter().chain(filling) {
            run = run.bind(*no);
        }
        n_rows += tx.run(run).await?;
    }
    Ok(n_rows)
}

fn list(text: &mut String, first: usize, n: usize) {
    for number in first..first + n {
        let comma = if number == first { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}${number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_slice_of_a_fixed_size() {
        let rows: Vec<usize> = (0..1_234).collect();
        let slices = slices(&rows);
        assert_eq!(slices.concat(), rows);
        assert!(slices.iter().all(|slice| SIZES.contains(&slice.len())));
        assert!(super::slices::<u8>(&[]).is_empty());
    }

    #[test]
    fn chunks_are_filled_up_to_a_fixed_size() {
        for (n, sizes) in [(0, vec![]), (1, vec![1]), (50, vec![64]), (512, vec![512]), (600, vec![512, 512])] {
            let keys: Vec<usize> = (0..n).collect();
            let chunks: Vec<_> = chunks(&keys).collect();
            assert_eq!(chunks.iter().map(|(_, size)| *size).collect::<Vec<_>>(), sizes);
            assert_eq!(chunks.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>().concat(), keys);
        }
    }

    #[test]
    fn sought_keys_are_a_table() {
        assert_eq!(
            seek("(VALUES SOUGHT)", &[Column::Number, Column::Text], 2),
            "(VALUES (CAST($1 AS BIGINT), CAST($2 AS TEXT)), (CAST($3 AS BIGINT), CAST($4 AS TEXT)))"
        );
    }

    #[test]
    fn placeholders_lose_their_numbers_only_where_these_say_nothing() {
        assert_eq!(without_numbers("a = $1 AND b IN ($2, $3)").as_deref(), Some("a = ? AND b IN (?, ?)"));
        assert_eq!(without_numbers("SELECT 1").as_deref(), Some("SELECT 1"));
        for sql in ["a = $2 AND b = $1", "a = $1 OR b = $1", "a = $", "a = $2"] {
            assert_eq!(without_numbers(sql), None, "{sql}");
        }
    }

    #[test]
    fn placeholders_count_on() {
        assert_eq!(super::rows(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(values(2, 3), "$2, $3, $4");
    }
}
