//! Many rows of values for one statement, as each engine takes them best.
//!
//! A statement that says `VALUES SOUGHT`, as `WITH sought (account_no, no) AS (VALUES SOUGHT)` or
//! `INSERT INTO users (...) VALUES SOUGHT`, is given a table of rows there. SQLite takes them as values
//! of their own, a few hundred a statement. PostgreSQL takes each column as one array, so that it has a
//! handful of values to read and to plan for, whatever their number. It also thinks of an array as short,
//! and so goes by the index for each row of it, where for a list of values that long it would read the
//! whole of a big table.

use std::fmt::Write as _;

use crate::{
    Engine, Error, Tx,
    bulk::{self, Column},
    db::Statement,
};

/// Rows of values, the account's number first in each.
pub(crate) struct Rows<'v> {
    columns: &'static [Column],
    cells: Vec<Cell<'v>>,
}

#[derive(Clone, Copy)]
enum Cell<'v> {
    Number(i64),
    Text(&'v str),
}

/// The most rows in one statement of PostgreSQL, so that no message is much over a few megabytes.
const MAX_ROWS: usize = 8_192;

impl<'v> Rows<'v> {
    /// No rows yet of these columns.
    pub(crate) fn of(columns: &'static [Column]) -> Self {
        Self { columns, cells: Vec::new() }
    }

    /// The next value of the row is this number.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.cells.push(Cell::Number(number));
        self
    }

    /// The next value of the row is this text.
    pub(crate) fn text(&mut self, text: &'v str) -> &mut Self {
        self.cells.push(Cell::Text(text));
        self
    }

    /// `sql` with all of these rows, in as few statements as the engine likes.
    fn statements(&self, sql: &str, engine: Engine) -> Vec<Statement> {
        let n_columns = self.columns.len().max(1);
        match engine {
            Engine::Postgres => {
                let sql = sql.replace("VALUES SOUGHT", &arrays(self.columns));
                let chunks = self.cells.chunks(MAX_ROWS * n_columns);
                chunks.map(|cells| bind_arrays(sql.clone(), cells, n_columns)).collect()
            }
            Engine::Sqlite => {
                let rows: Vec<&[Cell<'_>]> = self.cells.chunks(n_columns).collect();
                let chunks = bulk::chunks(&rows);
                chunks.map(|(rows, size)| bind_values(values(sql, n_columns, size), rows, self.columns, size)).collect()
            }
        }
    }
}

/// A table of as many arrays as there are columns.
fn arrays(columns: &[Column]) -> String {
    let mut table = "SELECT * FROM unnest(".to_owned();
    for (number, column) in (1..).zip(columns) {
        let comma = if number == 1 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(table, "{comma}CAST(${number} AS {}[])", column.sql_type());
    }
    table.push(')');
    table
}

fn bind_arrays(sql: String, cells: &[Cell<'_>], n_columns: usize) -> Statement {
    let mut statement = sqlx::query(sqlx::AssertSqlSafe(sql));
    for nth in 0..n_columns {
        let mut array = "{".to_owned();
        for cell in cells.iter().skip(nth).step_by(n_columns) {
            if array.len() > 1 {
                array.push(',');
            }
            match cell {
                Cell::Number(number) => {
                    let _ = write!(array, "{number}");
                }
                Cell::Text(text) => quote(&mut array, text),
            }
        }
        array.push('}');
        statement = statement.bind(array);
    }
    statement
}

/// A text as an element of an array.
fn quote(array: &mut String, text: &str) {
    array.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\']) {
        let (before, special) = rest.split_at(at);
        array.push_str(before);
        array.push('\\');
        let (special, after) = special.split_at(1);
        array.push_str(special);
        rest = after;
    }
    array.push_str(rest);
    array.push('"');
}

/// `sql` with `n_rows` rows of values. Rows that only fill up are no rows of an insert.
fn values(sql: &str, n_columns: usize, n_rows: usize) -> String {
    let row = format!("({})", ["?"].repeat(n_columns).join(", "));
    let rows = [row.as_str()].repeat(n_rows).join(", ");
    if sql.contains("(VALUES SOUGHT)") {
        return sql.replace("SOUGHT", &rows);
    }
    let real = format!("SELECT * FROM (VALUES {rows}) WHERE column1 <> {}", bulk::NO_ACCOUNT);
    sql.replace("VALUES SOUGHT", &real)
}

fn bind_values(sql: String, rows: &[&[Cell<'_>]], columns: &[Column], n_rows: usize) -> Statement {
    let mut statement = sqlx::query(sqlx::AssertSqlSafe(sql));
    for cell in rows.iter().copied().flatten() {
        statement = match cell {
            Cell::Number(number) => statement.bind(*number),
            Cell::Text(text) => statement.bind((*text).to_owned()),
        };
    }
    for _ in rows.len()..n_rows {
        for (nth, column) in columns.iter().enumerate() {
            statement = match column {
                Column::Number if nth == 0 => statement.bind(bulk::NO_ACCOUNT),
                Column::Number => statement.bind(0_i64),
                Column::Text => statement.bind(""),
            };
        }
    }
    statement
}

impl Tx {
    /// All rows that `sql` answers for `rows`.
    pub(crate) async fn all_of(&mut self, sql: &str, rows: &Rows<'_>) -> Result<Vec<sqlx::any::AnyRow>, Error> {
        let mut all = Vec::new();
        for statement in rows.statements(sql, self.engine()) {
            all.append(&mut self.all(statement).await?);
        }
        Ok(all)
    }

    /// Runs `sql` for `rows`.
    pub(crate) async fn run_of(&mut self, sql: &str, rows: &Rows<'_>) -> Result<(), Error> {
        for statement in rows.statements(sql, self.engine()) {
            self.run(statement).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Execute as _;

    use super::*;

    const COLUMNS: [Column; 2] = [Column::Number, Column::Text];

    fn texts(engine: Engine, sql: &str, n: usize) -> Vec<String> {
        let mut rows = Rows::of(&COLUMNS);
        for _ in 0..n {
            rows.number(1).text("a");
        }
        rows.statements(sql, engine).into_iter().map(|statement| statement.sql().as_str().to_owned()).collect()
    }

    #[test]
    fn postgres_is_given_arrays_in_one_statement() {
        let sql = "INSERT INTO t (a, b) VALUES SOUGHT";
        let one = "INSERT INTO t (a, b) SELECT * FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS TEXT[]))";
        assert_eq!(texts(Engine::Postgres, sql, 3_000), [one]);
        assert_eq!(texts(Engine::Postgres, sql, 8_193), [one, one]);
        assert!(texts(Engine::Postgres, sql, 0).is_empty());
    }

    #[test]
    fn sqlite_is_given_values_in_few_sizes() {
        let insert = "INSERT INTO t (a, b) SELECT * FROM (VALUES (?, ?)) WHERE column1 <> -1";
        assert_eq!(texts(Engine::Sqlite, "INSERT INTO t (a, b) VALUES SOUGHT", 1), [insert]);
        let find = texts(Engine::Sqlite, "WITH sought (a, b) AS (VALUES SOUGHT) SELECT 1", 600);
        assert_eq!(find.len(), 2);
        assert!(find.iter().all(|sql| sql.matches("(?, ?)").count() == 512));
    }

    #[test]
    fn a_text_in_an_array_is_quoted() {
        let mut array = String::new();
        quote(&mut array, r#"a "b" \ c, {é}"#);
        assert_eq!(array, r#""a \"b\" \\ c, {é}""#);
    }
}
