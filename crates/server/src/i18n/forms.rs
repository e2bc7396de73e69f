//! Numbers and dates in the form that the readers of a language write them.

use rolecall_model::time::{Civil, Instant};

use super::Language;

/// A whole number with a comma between thousands, which is how all three languages write it.
pub(super) fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) fn day(language: Language, at: Instant) -> String {
    let Civil { year, month, day, .. } = at.civil();
    match language {
        Language::English => {
            let name = MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default();
            format!("{day} {name} {year}")
        }
        Language::Korean => format!("{year}년 {month}월 {day}일"),
        Language::Japanese => format!("{year}年{month}月{day}日"),
    }
}

pub(super) fn moment(language: Language, at: Instant) -> String {
    let Civil { hour, minute, .. } = at.civil();
    let space = if language == Language::English { ", " } else { " " };
    format!("{}{space}{hour:02}:{minute:02}", day(language, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (digits, text) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567", "-1,234,567")] {
            assert_eq!(grouped(digits), text);
        }
    }

    #[test]
    fn each_language_has_its_own_form_of_a_date() {
        let at = Instant::parse("2026-01-05T09:07:00Z").unwrap();
        assert_eq!(moment(Language::English, at), "5 Jan 2026, 09:07");
        assert_eq!(moment(Language::Korean, at), "2026년 1월 5일 09:07");
        assert_eq!(moment(Language::Japanese, at), "2026年1月5日 09:07");
    }
}
