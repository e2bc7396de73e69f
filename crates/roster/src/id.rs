//! Ids in as few bytes as they can be: `u-` and a UUID are sixteen bytes, any other form is text.

use std::fmt;

const PREFIX: &[u8; 2] = b"u-";
/// Where the dashes of a UUID stand.
const DASHES: [usize; 4] = [8, 13, 18, 23];
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// Where the two digits of each byte stand.
const PLACES: [usize; 16] = [2, 4, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 30, 32, 34, 36];

/// The id of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id<'r> {
    /// `u-` and this UUID, in small letters.
    Uuid([u8; 16]),
    /// An id of any other form.
    Other(&'r str),
}

impl<'r> Id<'r> {
    /// The id that `text` is.
    pub fn parse(text: &'r str) -> Self {
        uuid(text.as_bytes()).map_or(Self::Other(text), Self::Uuid)
    }

    /// Adds the id's text to `out`.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Uuid(bytes) => out.extend_from_slice(&written(bytes)),
            Self::Other(text) => out.extend_from_slice(text.as_bytes()),
        }
    }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(bytes) => f.write_str(&String::from_utf8_lossy(&written(*bytes))),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The sixteen bytes of a UUID with its prefix; none for any other text, also one in capitals.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.strip_prefix(PREFIX)?.try_into().ok()?;
    if DASHES.iter().any(|at| text.get(*at) != Some(&b'-')) {
        return None;
    }
    let mut digits = [0; 32];
    let mut room = digits.as_mut_slice();
    for run in [0..8, 9..13, 14..18, 19..23, 24..36] {
        let (own, rest) = room.split_at_mut_checked(run.len())?;
        own.copy_from_slice(text.get(run)?);
        room = rest;
    }
    // No way out before the end: like this it is done for many digits at once.
    let values = digits.map(|digit| {
        let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
        if number < 10 {
            number
        } else if letter < 6 {
            letter + 10
        } else {
            u8::MAX
        }
    });
    if values.iter().fold(0, |all, value| all | value) > 15 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, [high, low]) in bytes.iter_mut().zip(values.as_chunks::<2>().0) {
        *byte = high << 4 | low;
    }
    Some(bytes)
}

fn written(bytes: [u8; 16]) -> [u8; 38] {
    let mut text = *b"u-00000000-0000-0000-0000-000000000000";
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or_default();
    for (byte, place) in bytes.iter().zip(PLACES) {
        if let Some([high, low]) = text.get_mut(place..).and_then(|rest| rest.first_chunk_mut::<2>()) {
            *high = digit(byte >> 4);
            *low = digit(*byte);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_usual_form_is_taken_apart() {
        assert!(matches!(Id::parse("u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7"), Id::Uuid([0x66, 0xbb, ..])));
        for odd in [
            "",
            "u-",
            "me",
            "u-66BB4537-6a44-5127-b6e2-c97e4e66d5b7",
            "u-66bb45376a445127b6e2c97e4e66d5b7",
            "u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7 ",
            "u-66bb4537-6a44-5127-b6e2-c97e4e66d5b",
            "v-66bb4537-6a44-5127-b6e2-c97e4e66d5b7",
            "u-66bb453776a44-5127-b6e2-c97e4e66d5b7",
            "u-66bb-5376a44-5127-b6e2-c97e4e66d5b-",
        ] {
            assert_eq!(Id::parse(odd), Id::Other(odd), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_written_as_it_was_read(text in "u-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\\PC{0,40}") {
            let mut out = Vec::new();
            Id::parse(&text).write(&mut out);
            prop_assert_eq!(out, text.as_bytes());
            prop_assert_eq!(Id::parse(&text).to_string(), text);
        }
    }
}
