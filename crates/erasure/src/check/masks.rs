//! Whether masks fit their columns.

use super::{Checked, place_of};
use crate::{
    catalog::{Column, ColumnKind, Table},
    graph::{Digest, Mask, Masking, Node},
};

impl Checked<'_> {
    /// Whether the masks of a collection can be written.
    pub(super) fn masks(&mut self, node: &Node, table: &Table, masks: &[Mask]) {
        for mask in masks {
            // One that is not there was told of.
            let Some(column) = table.columns.get(&mask.column) else { continue };
            let place = place_of(node, &mask.column);
            if table.primary_key.contains(&mask.column) || node.primary_key.contains(&mask.column) {
                let detail = "It is part of the primary key, which must stay while rows are worked on: delete the rows, or \
                              keep it with a masking_strategy_override of preserve.";
                self.error("primary_key_masked", &place, detail);
                continue;
            }
            if column.is_generated {
                let detail = "The database computes it and lets nobody change it: mask what it is computed from, and keep \
                              this with a masking_strategy_override of preserve.";
                self.error("generated", &place, detail);
                continue;
            }
            if mask.how == Masking::Null && !column.is_nullable {
                let detail = "It is NOT NULL and the mask is NULL: give it another strategy, such as string_rewrite, or let \
                              the column be NULL.";
                self.error("not_null", &place, detail);
            }
            self.kind(&place, mask, column);
            self.unique(&place, mask, table);
            self.check_constraints(&place, mask, table);
            self.own_keys(&place, mask, column, table);
            self.foreign_to(&place, mask, column, node);
        }
    }

    fn kind(&mut self, place: &str, mask: &Mask, column: &Column) {
        if mask.how == Masking::Null {
            return;
        }
        if !fits(&mask.how, column.kind) {
            let detail = format!(
                "It is of the type {}, which cannot hold the masked value: give it null_rewrite, or a string_rewrite to a \
                 value of that type.",
                column.type_name
            );
            self.error("wrong_type", place, detail);
        } else if column.kind == ColumnKind::Text
            && let Some(most) = column.max_length
            && n_chars(mask) > most
        {
            let detail = format!(
                "It holds {most} characters and the masked value has {}: give it a `length` of at most {most}, or a \
                 shorter mask.",
                n_chars(mask)
            );
            self.error("too_short", place, detail);
        } else if !matches!(mask.how, Masking::Constant(_)) {
            let letters = if matches!(mask.how, Masking::Random { .. }) { "letters and digits" } else { "hex digits" };
            let detail = format!(
                "A value that is {} {letters} already cannot be told from a masked one, and stays: if there are such, take \
                 null_rewrite or string_rewrite.",
                n_chars(mask)
            );
            self.warn("mask_like_values", place, detail);
        }
    }

    fn unique(&mut self, place: &str, mask: &Mask, table: &Table) {
        if !matches!(mask.how, Masking::Constant(_)) {
            return;
        }
        let uniques = || table.uniques.iter().filter(|unique| unique.contains(&mask.column));
        if uniques().any(|unique| unique.len() == 1) {
            let detail = "It is unique, so the same constant cannot be in two rows: take hash or random_string_rewrite, \
                          which differ from row to row, or null_rewrite.";
            self.error("unique_constant", place, detail);
        } else if let Some(unique) = uniques().next() {
            let detail = format!(
                "It is unique together with others ({}): two rows that differ in it only cannot both be masked by one \
                 constant. Take hash or random_string_rewrite.",
                unique.join(", ")
            );
            self.warn("unique_constant", place, detail);
        }
    }

    fn check_constraints(&mut self, place: &str, mask: &Mask, table: &Table) {
        for check in table.checks.iter().filter(|check| mentions(&check.condition, &mask.column)) {
            let condition = check.condition.to_ascii_lowercase();
            if mask.how == Masking::Null && wants(&condition, &mask.column) {
                let detail = format!(
                    "The CHECK constraint {:?} wants it not to be NULL: give it another strategy, or change the constraint.",
                    check.name
                );
                self.error("check_constraint", place, detail);
            } else if mask.how != Masking::Null || ["null", "coalesce"].iter().any(|word| mentions(&condition, word)) {
                // Any other condition is unknown of a NULL, and what is unknown passes.
                let detail =
                    format!("The CHECK constraint {:?} is about it: see that it lets the mask pass.", check.name);
                self.warn("check_constraint", place, detail);
            }
        }
    }

    fn own_keys(&mut self, place: &str, mask: &Mask, column: &Column, table: &Table) {
        let is_gone = mask.how == Masking::Null && column.is_nullable;
        for key in table.foreign_keys.iter().filter(|key| key.columns.contains(&mask.column) && !is_gone) {
            let detail = format!(
                "It refers to {}, where no row has the masked value: only null_rewrite, on a column that may be NULL, or \
                 preserve is possible.",
                key.table
            );
            self.error("fk_masked", place, detail);
        }
    }

    fn foreign_to(&mut self, place: &str, mask: &Mask, column: &Column, node: &Node) {
        let is_gone = mask.how == Masking::Null && column.is_nullable;
        for (name, table) in &self.catalog.tables {
            let keys = table.foreign_keys.iter().filter(|key| key.table == node.table);
            for _ in keys.filter(|key| key.referred.contains(&mask.column) && !is_gone) {
                let detail =
                    format!("Rows of {name} refer to it and would be left with nothing: keep it with preserve.");
                self.error("fk_masked", place, detail);
            }
        }
    }
}

/// How many characters the masked value has, `length` of the map applied.
fn n_chars(mask: &Mask) -> u32 {
    let whole = match &mask.how {
        Masking::Null => 0,
        Masking::Constant(text) => u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
        Masking::Random { length } => *length,
        Masking::Hash(Digest::Sha256) | Masking::Hmac(Digest::Sha256) => 64,
        Masking::Hash(Digest::Sha512) | Masking::Hmac(Digest::Sha512) => 128,
    };
    whole.min(mask.max_length.unwrap_or(u32::MAX))
}

fn fits(how: &Masking, kind: ColumnKind) -> bool {
    match (kind, how) {
        (ColumnKind::Text, _) | (_, Masking::Null) => true,
        (ColumnKind::Integer, Masking::Constant(text)) => text.parse::<i64>().is_ok(),
        (ColumnKind::Uuid, Masking::Constant(text)) => is_uuid(text),
        (ColumnKind::Json, Masking::Constant(text)) => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        _ => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a condition names a column, in whatever quotes.
fn mentions(condition: &str, column: &str) -> bool {
    !rests(condition, column).is_empty()
}

/// Whether a condition says of a column that it is not NULL.
fn wants(condition: &str, column: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || "\"`])".contains(c);
    rests(condition, column).iter().any(|rest| rest.trim_start_matches(is_between).starts_with("is not null"))
}

/// What follows in a condition, in small letters, each time it names a column.
fn rests(condition: &str, column: &str) -> Vec<String> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let (condition, column) = (condition.to_lowercase(), column.to_lowercase());
    let rests = condition.match_indices(&column).filter_map(|(at, found)| {
        let before = condition.get(..at)?.chars().next_back();
        let rest = condition.get(at + found.len()..)?;
        (!before.is_some_and(is_of_word) && !rest.chars().next().is_some_and(is_of_word)).then(|| rest.to_owned())
    });
    rests.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_a_column_as_a_whole_word() {
        assert!(mentions("(length(body) > 0)", "body"));
        assert!(mentions("CHECK (\"Body\" <> '')", "body"));
        assert!(!mentions("(body_length > 0)", "body"));
        assert!(!mentions("(nobody > 0)", "body"));
        assert!(mentions("nobody = body", "body"));
        assert!(!mentions("état = 1", "tat"));
    }

    #[test]
    fn a_condition_wants_the_column_it_says_so_of() {
        assert!(wants("((\"body\") IS NOT NULL)", "body"));
        assert!(wants("body Is Not Null", "body"));
        assert!(!wants("body = '' or title is not null", "body"));
    }

    #[test]
    fn a_constant_fits_a_column_of_its_type() {
        let fits = |text: &str, kind| fits(&Masking::Constant(text.to_owned()), kind);
        assert!(fits("-7", ColumnKind::Integer) && !fits("x", ColumnKind::Integer));
        assert!(fits("{}", ColumnKind::Json) && !fits("{", ColumnKind::Json));
        assert!(fits("00000000-0000-0000-0000-00000000000f", ColumnKind::Uuid) && !fits("0000", ColumnKind::Uuid));
        assert!(!fits("2026-01-01", ColumnKind::Other) && fits("", ColumnKind::Text));
    }
}
