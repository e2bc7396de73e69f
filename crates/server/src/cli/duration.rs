//! Lengths of time as people write them: `45s`, `30m`, `24h`, `90d`.

/// Reads a length of time. Units: milliseconds.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let bad = || "write it like 45s, 30m, 24h or 90d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(bad)?;
    let unit_ms: i64 = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(bad()),
    };
    let number: u32 = number.parse().map_err(|_| bad())?;
    i64::from(number).checked_mul(unit_ms).filter(|ms| *ms > 0).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_anything_else_is_told_how_to_write_one() {
        for (text, ms) in [("45s", 45_000), ("30m", 1_800_000), ("24h", 86_400_000), ("90d", 7_776_000_000)] {
            assert_eq!(parse(text), Ok(ms), "{text}");
        }
        for text in ["", "h", "24", "0h", "-1h", "1.5h", "1 h", "9999999999d", "시"] {
            assert_eq!(parse(text), Err("write it like 45s, 30m, 24h or 90d".to_owned()), "{text}");
        }
    }
}
