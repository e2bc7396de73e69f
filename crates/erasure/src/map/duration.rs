//! Lengths of time as people write them: `500ms`, `2s`, `10m`, `24h`, `35d`.

use rolecall_model::{
    json::{self, Object},
    problem::Problems,
};
use serde_json::Value;

/// The longest: what is longer was a slip of the hand, and sums of two never overflow.
const MAX_MS: i64 = 100 * 365 * 24 * 60 * 60 * 1000;

/// The length of time under `key`, if there is one that makes sense. Units: milliseconds.
pub(super) fn read_ms(object: &Object<'_>, key: &str, problems: &mut Problems) -> Option<i64> {
    let ms = match object.get(key)? {
        Value::String(text) => parse_ms(text),
        other => {
            problems.add_in_english(
                object.path_of(key),
                format!("must be a length of time such as 2s, not {}", json::kind(other)),
            );
            return None;
        }
    };
    if ms.is_none() {
        let detail = "must be a whole number with ms, s, m, h or d behind it, such as 2s or 35d, and at most 100 years";
        problems.add_in_english(object.path_of(key), detail);
    }
    ms
}

fn parse_ms(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        "d" => 24 * 60 * 60 * 1_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit_ms).filter(|ms| *ms <= MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_needs_a_number_and_a_unit() {
        for (text, ms) in [("500ms", 500), ("2s", 2_000), ("10m", 600_000), ("24h", 86_400_000), ("35d", 3_024_000_000)]
        {
            assert_eq!(parse_ms(text), Some(ms), "{text}");
        }
        for text in ["", "2", "s", "-1s", "+1s", "1.5h", "2 s", "2S", "2w", "99999999999999999999d", "40000d", "1sé"] {
            assert_eq!(parse_ms(text), None, "{text}");
        }
    }
}
