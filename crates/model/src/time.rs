//! Instants: milliseconds since 1970 UTC inside, ISO 8601 with milliseconds and `Z` outside.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{phrase::Text, say};

/// An instant. Units: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// An instant as people read it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
    /// The hour, from 0.
    pub hour: u8,
    /// The minute, from 0.
    pub minute: u8,
}

/// The text is not an instant this project reads.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", Text::from(self))]
pub struct NotATime {
    text: String,
}

impl From<&NotATime> for Text {
    fn from(not: &NotATime) -> Self {
        say::not_a_time(&not.text)
    }
}

impl From<NotATime> for Text {
    fn from(not: NotATime) -> Self {
        say::not_a_time(not.text)
    }
}

impl Instant {
    /// The instant `ms` milliseconds after 1970-01-01T00:00:00Z, held inside the years 0 to 9999
    /// so that it can always be written out.
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(-62_167_219_200_000, 253_402_207_199_999))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// Reads a date (`2026-01-31`, its first instant in UTC) or an ISO 8601 instant with a zone.
    ///
    /// Errors: anything else, also a time without a zone, which would be a guess.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let not_a_time = || NotATime { text: text.chars().take(64).collect() };
        // Longer text is no time, whatever it begins with; the bound keeps the parser's work small.
        if text.len() > 64 {
            return Err(not_a_time());
        }
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::from_ms(instant.as_millisecond()));
        }
        // `civil::Date` would also take the date of a longer text and drop the rest of it.
        if text.len() == "2026-01-31".len() {
            let date: jiff::civil::Date = text.parse().map_err(|_| not_a_time())?;
            let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| not_a_time())?;
            return Ok(Self::from_ms(zoned.timestamp().as_millisecond()));
        }
        Err(not_a_time())
    }

    /// What a calendar and a clock in UTC show at this instant.
    pub fn civil(self) -> Civil {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        let civil = jiff::tz::Offset::UTC.to_datetime(instant);
        let small = |n: i8| u8::try_from(n).unwrap_or_default();
        Civil {
            year: civil.year(),
            month: small(civil.month()),
            day: small(civil.day()),
            hour: small(civil.hour()),
            minute: small(civil.minute()),
        }
    }

    /// This instant moved by `ms` milliseconds, which may be negative.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_with_milliseconds_and_z() {
        assert_eq!(Instant::from_ms(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Instant::from_ms(1_542_533_688_501).to_string(), "2018-11-18T09:34:48.501Z");
        assert_eq!(Instant::from_ms(i64::MAX).to_string(), "9999-12-30T21:59:59.999Z");
    }

    #[test]
    fn a_calendar_shows_an_instant_in_utc() {
        let civil = Instant::from_ms(1_542_533_688_501).civil();
        assert_eq!(civil, Civil { year: 2018, month: 11, day: 18, hour: 9, minute: 34 });
    }

    #[test]
    fn dates_and_instants_are_read_and_guesses_are_refused() {
        assert_eq!(Instant::parse("2018-11-18T09:34:48.501Z"), Ok(Instant::from_ms(1_542_533_688_501)));
        assert_eq!(Instant::parse("1970-01-02"), Ok(Instant::from_ms(86_400_000)));
        for text in ["", "2018-11-18T09:34:48", "tomorrow", "1970-1-2", "1970-01-02x", &"9".repeat(100)] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }
}
