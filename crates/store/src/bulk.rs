//! Many rows in one statement.
//!
//! Statements are made in a few fixed sizes only, so that each connection prepares each of them
//! once, whatever the callers send.

use std::fmt::Write as _;

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

/// Cuts `values` into lists of the fixed sizes, to be compared with `IN`. The last one repeats its
/// last value until it has such a size, which changes nothing and saves a statement or two.
pub(crate) fn lists<T: Clone>(values: &[T]) -> Vec<Vec<T>> {
    let [largest, ..] = SIZES;
    let mut lists = Vec::new();
    for chunk in values.chunks(largest) {
        let mut list = chunk.to_vec();
        if let Some(last) = chunk.last() {
            let size = SIZES.into_iter().rev().find(|size| *size >= chunk.len()).unwrap_or(largest);
            list.resize(size, last.clone());
        }
        lists.push(list);
    }
    lists
}

/// `$2, $3, $4` for `n` values from `first` on.
pub(crate) fn values(first: usize, n: usize) -> String {
    let mut text = String::new();
    list(&mut text, first, n);
    text
}

/// `(CAST($2 AS BIGINT), CAST($3 AS BIGINT)), ...` for `n_rows` rows of numbers from value `first`
/// on: a table to join with. Beside no column, PostgreSQL would take bare values for text.
pub(crate) fn numbers(first: usize, n_rows: usize, n_columns: usize) -> String {
    let mut text = String::new();
    for row in 0..n_rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..n_columns {
            let comma = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}CAST(${} AS BIGINT)", first + row * n_columns + column);
        }
        text.push(')');
    }
    text
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
    fn lists_have_a_fixed_size_and_no_foreign_value() {
        for n in [1, 2, 8, 9, 64, 65, 512, 513, 1_000] {
            let values: Vec<usize> = (0..n).collect();
            let lists = lists(&values);
            assert!(lists.iter().all(|list| SIZES.contains(&list.len())), "{n}");
            assert_eq!(lists.len(), n.div_ceil(512), "{n}");
            let mut all = lists.concat();
            all.dedup();
            assert_eq!(all, values);
        }
        assert!(lists::<u8>(&[]).is_empty());
    }

    #[test]
    fn placeholders_count_on() {
        assert_eq!(super::rows(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(values(2, 3), "$2, $3, $4");
        assert_eq!(
            numbers(2, 2, 2),
            "(CAST($2 AS BIGINT), CAST($3 AS BIGINT)), (CAST($4 AS BIGINT), CAST($5 AS BIGINT))"
        );
    }
}
