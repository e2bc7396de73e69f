//! Where fields are: columns, and values inside them.

use super::field::{Field, Shape};
use crate::graph::Place;

/// A field's place, and whether one value of it can be compared.
pub(super) struct Spot {
    /// The place.
    pub(super) place: Place,
    /// Whether it is no list, no object, and in no list.
    pub(super) is_single: bool,
}

impl Spot {
    /// Its name with the keys behind it: `column.key.key`.
    pub(super) fn dotted(&self) -> String {
        let mut dotted = self.place.column.clone();
        for key in &self.place.path {
            dotted.push('.');
            dotted.push_str(key);
        }
        dotted
    }

    fn of(column: &Field) -> Self {
        let place = Place { column: column.name.clone(), path: Vec::new() };
        Self { place, is_single: column.shape != Shape::List }
    }

    fn inside(&self, field: &Field) -> Self {
        let mut place = self.place.clone();
        place.path.push(field.name.clone());
        Self { place, is_single: self.is_single && field.shape != Shape::List }
    }

    fn at(mut self, field: &Field) -> Self {
        self.is_single &= field.shape == Shape::Single;
        self
    }
}

/// Shows every field and every field inside fields.
pub(super) fn for_each<'a>(fields: &'a [Field], show: &mut impl FnMut(Spot, &'a Field)) {
    let mut open: Vec<_> = fields.iter().rev().map(|field| (Spot::of(field), field)).collect();
    while let Some((spot, field)) = open.pop() {
        open.extend(field.fields.iter().rev().map(|part| (spot.inside(part), part)));
        show(spot.at(field), field);
    }
}

/// The field of that dotted name: `column`, or `column.key.key`. Names may hold dots themselves.
pub(super) fn find(fields: &[Field], dotted: &str) -> Option<Spot> {
    fields.iter().find_map(|field| {
        let spot = Spot::of(field);
        find_at(spot, field, dotted)
    })
}

fn find_at(spot: Spot, field: &Field, dotted: &str) -> Option<Spot> {
    let rest = dotted.strip_prefix(field.name.as_str())?;
    if rest.is_empty() {
        return Some(spot.at(field));
    }
    let rest = rest.strip_prefix('.')?;
    field.fields.iter().find_map(|part| find_at(spot.inside(part), part, rest))
}
