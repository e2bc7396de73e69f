//! The statements of a store: quoted names, bound values, and what the dialect says between them.

use std::collections::BTreeSet;

use super::{MAX_ROWS, Relational};
use crate::{
    catalog::{Catalog, Column, ColumnKind, Table},
    graph::{Mask, Place},
    stores::{
        Failure, Key, Search, Slice, Sought, StoreError,
        dialect::Reading,
        masking::{self, Shape},
        statement::{Statement, quoted},
    },
};

impl Relational {
    fn statement(&self) -> Statement {
        Statement::new(self.dialect.has_numbered_values())
    }

    /// The statements of a search: none if no value can be where it is sought.
    pub(super) fn searches(&self, catalog: &Catalog, search: &Search<'_>) -> Result<Vec<Statement>, StoreError> {
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
            for (number, (place, column)) in places.iter().enumerate().filter(|_| !has_index) {
                let name = format!("t.{}", quoted(&place.column));
                let text = format!("s.c{}", number + 1);
                if self.dialect.push_one_of(&mut statement, &name, column, place, &text, &rows) {
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
    pub(super) fn outs<'a>(
        &self,
        table: &Table,
        names: impl Iterator<Item = &'a String>,
    ) -> Result<String, StoreError> {
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
    pub(super) fn by_keys(
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

    pub(super) fn deletion(&self, table: &Table, slice: &Slice<'_>, keys: &[&Key]) -> Result<Statement, StoreError> {
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

    /// The `UPDATE` that masks the rows of `rows`: keys, then the new values of the computed masks.
    pub(super) fn masking(
        &self,
        table: &Table,
        slice: &Slice<'_>,
        rows: &[Vec<Option<&str>>],
    ) -> Result<Statement, StoreError> {
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

    pub(super) fn all_values(&self, catalog: &Catalog, name: &str, places: &[&Place]) -> Result<Statement, StoreError> {
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

    pub(super) fn insertion(
        &self,
        catalog: &Catalog,
        name: &str,
        values: &[(String, String)],
    ) -> Result<Statement, StoreError> {
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

pub(super) fn table<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Table, StoreError> {
    catalog.tables.get(name).ok_or_else(|| StoreError::new(Failure::Missing, "table"))
}

pub(super) fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, StoreError> {
    table.columns.get(name).ok_or_else(|| StoreError::new(Failure::Missing, "column"))
}

pub(super) fn key_columns<'a>(
    table: &'a Table,
    slice: &Slice<'a>,
) -> Result<Vec<(&'a String, &'a Column)>, StoreError> {
    if slice.primary_key.is_empty() {
        return Err(StoreError::new(Failure::Missing, "primary key"));
    }
    slice.primary_key.iter().map(|name| Ok((name, column(table, name)?))).collect()
}

pub(super) fn shapes<'a>(
    table: &'a Table,
    masks: &'a [Mask],
) -> Result<Vec<(&'a Mask, &'a Column, Shape)>, StoreError> {
    if masks.is_empty() {
        return Err(StoreError::new(Failure::Missing, "masks"));
    }
    let shape = |mask: &'a Mask| {
        let column = column(table, &mask.column)?;
        Ok((mask, column, masking::shape(mask, column)))
    };
    masks.iter().map(shape).collect()
}

pub(super) fn key_rows<'a>(keys: &[&'a Key]) -> Vec<Vec<Option<&'a str>>> {
    keys.iter().map(|key| key.iter().map(|value| Some(value.as_str())).collect()).collect()
}

pub(super) fn borrowed(rows: &[Vec<Option<String>>]) -> Vec<Vec<Option<&str>>> {
    rows.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect()
}
