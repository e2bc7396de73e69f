//! Statements as they are put together: text with quoted names, values beside it.

use sqlx::{
    Any, AssertSqlSafe,
    any::{AnyArguments, AnyRow},
    query::Query,
};

/// A statement with its values, in the order of its text.
pub(super) struct Statement {
    text: String,
    values: Vec<Option<String>>,
    are_numbered: bool,
}

impl Statement {
    /// An empty one. `are_numbered` says how the database writes places for values: `$1`, or `?`.
    pub(super) fn new(are_numbered: bool) -> Self {
        Self { text: String::new(), values: Vec::new(), are_numbered }
    }

    /// Adds text of our own, or a quoted name. Never a value.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value's place, and the value.
    pub(super) fn bind(&mut self, value: impl Into<Option<String>>) -> &mut Self {
        self.values.push(value.into());
        if self.are_numbered {
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        } else {
            self.text.push('?');
        }
        self
    }

    /// Adds the parts, with `between` between them, as `push_part` writes each.
    pub(super) fn list<T>(
        &mut self,
        parts: impl IntoIterator<Item = T>,
        between: &str,
        mut push_part: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                self.push(between);
            }
            push_part(self, part);
        }
        self
    }

    /// The same with `prefix` before it, for tests that ask how it would be done.
    #[cfg(test)]
    pub(super) fn after(mut self, prefix: &str) -> Self {
        let at = self.text.find("SELECT").unwrap_or(0);
        self.text.insert_str(if self.text.starts_with("/*") { at } else { 0 }, prefix);
        self
    }

    /// The statement for the driver.
    ///
    /// It is not kept prepared: tables change under a long life, and each text is used seldom.
    pub(super) fn into_query(self) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text)).persistent(false);
        for value in self.values {
            query = query.bind(value);
        }
        query
    }
}

/// `name` between quotes, as each of the databases takes it (MySQL under `ANSI_QUOTES`).
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The text in column `index` of a row, if there is any.
pub(super) fn text(row: &AnyRow, index: usize) -> Result<Option<String>, sqlx::Error> {
    sqlx::Row::try_get(row, index)
}

/// The text in column `index` of a row, empty for NULL.
pub(super) fn word(row: &AnyRow, index: usize) -> Result<String, sqlx::Error> {
    Ok(text(row, index)?.unwrap_or_default())
}

/// Whether column `index` of a row, a number, is not 0.
pub(super) fn flag(row: &AnyRow, index: usize) -> Result<bool, sqlx::Error> {
    Ok(sqlx::Row::try_get::<i64, _>(row, index)? != 0)
}
