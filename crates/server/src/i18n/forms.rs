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

pub(super) fn weekday(language: Language, at: Instant) -> String {
    // The first day of 1970 was a Thursday.
    let days: [&str; 7] = match language {
        Language::English => ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"],
        Language::Korean => ["목", "금", "토", "일", "월", "화", "수"],
        Language::Japanese => ["木", "金", "土", "日", "月", "火", "水"],
    };
    let day = at.as_ms().div_euclid(86_400_000).rem_euclid(7);
    usize::try_from(day).ok().and_then(|day| days.get(day)).copied().unwrap_or_default().to_owned()
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
        // A Monday.
        assert_eq!(Language::ALL.map(|language| weekday(language, at)), ["Mon", "월", "月"]);
    }
}
