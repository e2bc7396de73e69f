//! Pages of lists: how much, from where.

use crate::{problem::Problem, say};

/// The rows a caller gets when it does not say how many.
pub const DEFAULT_LIMIT: u32 = 50;

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this many rows.
    Offset(u64),
    /// After the row with this number in the list's order.
    After(i64),
}

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most rows the answer may hold; at least 1.
    pub limit: u32,
    /// Where it begins.
    pub start: Start,
}

impl Page {
    /// The first `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self { limit, start: Start::Offset(0) }
    }

    /// The number of the row that the page comes after, which is `edge` where the list itself begins, and how
    /// many rows there it passes over.
    pub fn after(self, edge: i64) -> (i64, i64) {
        match self.start {
            Start::After(no) => (no, 0),
            Start::Offset(offset) => (edge, i64::try_from(offset).unwrap_or(i64::MAX)),
        }
    }
}

/// Reads a row count: leading digits count (a documented URL of the vendor's says `50s`), more than
/// `max` is `max`, nothing is [`DEFAULT_LIMIT`].
///
/// Errors: negative, zero, or not beginning with a digit.
pub fn parse_limit(name: &str, text: Option<&str>, max: u32) -> Result<u32, Problem> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(DEFAULT_LIMIT.min(max)) };
    match leading_number(text) {
        Some(0) | None => Err(Problem::new(name, say::number_from_to(1_u32, max))),
        Some(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX).min(max)),
    }
}

/// Reads an offset: leading digits count, nothing is 0.
///
/// Errors: negative, or not beginning with a digit.
pub fn parse_offset(name: &str, text: Option<&str>) -> Result<u64, Problem> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(0) };
    // An offset past every row is an empty page, so a huge one is as good as the largest the
    // database can count to.
    leading_number(text).map(|number| number.min(1 << 53)).ok_or_else(|| Problem::new(name, say::number_from_0()))
}

fn leading_number(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.get(..digits) {
        Some("") | None => None,
        Some(digits) => Some(digits.parse().unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_lenient_with_its_end_and_strict_with_its_sign() {
        let limit = |text| parse_limit("limit", Some(text), 50);
        assert_eq!(parse_limit("limit", None, 50), Ok(50));
        assert_eq!(limit("50s"), Ok(50));
        assert_eq!(limit("7"), Ok(7));
        assert_eq!(limit("18446744073709551616"), Ok(50));
        for bad in ["-1", "0", "many", "+1"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_offset_may_be_absent_and_huge_but_not_negative() {
        assert_eq!(parse_offset("offset", None), Ok(0));
        assert_eq!(parse_offset("offset", Some("10")), Ok(10));
        assert_eq!(parse_offset("offset", Some(&"9".repeat(40))), Ok(1 << 53));
        assert!(parse_offset("offset", Some("-1")).is_err());
    }
}
