//! What takes the place of a value, and whether it did already.

use aws_lc_rs::{digest, hmac};
use rolecall_store::seal::hex;

use crate::{
    catalog::Column,
    graph::{Digest, Mask, Masking},
};

/// What a masked value of one column looks like, its limits applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// NULL.
    Null,
    /// This text.
    Constant(String),
    /// So many characters of an alphabet.
    Word {
        /// Which characters.
        alphabet: Alphabet,
        /// How many.
        length: u32,
    },
}

/// The characters of a computed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Lower-case hex digits.
    Hex,
    /// Letters and digits.
    Alphanumeric,
}

impl Alphabet {
    /// Its characters, as they stand in the brackets of a pattern.
    pub(super) fn characters(self) -> &'static str {
        match self {
            Self::Hex => "0-9a-f",
            Self::Alphanumeric => "0-9A-Za-z",
        }
    }
}

/// The shape that `mask` gives to the values of `column`.
pub(super) fn shape(mask: &Mask, column: &Column) -> Shape {
    let limit = mask.max_length.unwrap_or(u32::MAX).min(column.max_length.unwrap_or(u32::MAX));
    let hex = |digest: &Digest| match digest {
        Digest::Sha256 => 64,
        Digest::Sha512 => 128,
    };
    match &mask.how {
        Masking::Null => Shape::Null,
        Masking::Constant(text) => {
            Shape::Constant(text.chars().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
        }
        Masking::Random { length } => Shape::Word { alphabet: Alphabet::Alphanumeric, length: limit.min(*length) },
        Masking::Hash(digest) | Masking::Hmac(digest) => {
            Shape::Word { alphabet: Alphabet::Hex, length: limit.min(hex(digest)) }
        }
    }
}

/// Whether the values of `mask` are computed row by row.
pub(super) fn is_computed(mask: &Mask) -> bool {
    matches!(mask.how, Masking::Random { .. } | Masking::Hash(_) | Masking::Hmac(_))
}

/// What takes the place of `value` in a row; nothing where it stays: it is masked already.
///
/// `row` tells rows and columns apart for [`Masking::Random`], whose letters come from `salt`: a step
/// that is done again writes the same ones, and nobody can tell them from chance without the salt.
pub(super) fn computed(mask: &Mask, shape: &Shape, salt: &[u8; 32], row: &str, value: &str) -> Option<String> {
    let Shape::Word { alphabet, length } = shape else { return None };
    let length = usize::try_from(*length).unwrap_or(usize::MAX);
    if has_shape(value, *alphabet, length) {
        return None;
    }
    let mut word = match &mask.how {
        Masking::Hash(digest) => {
            let mut context = digest::Context::new(match digest {
                Digest::Sha256 => &digest::SHA256,
                Digest::Sha512 => &digest::SHA512,
            });
            context.update(salt);
            context.update(value.as_bytes());
            hex(context.finish().as_ref())
        }
        Masking::Hmac(digest) => {
            let algorithm = match digest {
                Digest::Sha256 => hmac::HMAC_SHA256,
                Digest::Sha512 => hmac::HMAC_SHA512,
            };
            hex(hmac::sign(&hmac::Key::new(algorithm, salt), value.as_bytes()).as_ref())
        }
        Masking::Random { .. } => letters(salt, row, length),
        Masking::Null | Masking::Constant(_) => return None,
    };
    word.truncate(length);
    Some(word)
}

fn has_shape(value: &str, alphabet: Alphabet, length: usize) -> bool {
    value.len() == length
        && value.bytes().all(|byte| match alphabet {
            Alphabet::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        })
}

/// `length` letters and digits, each as likely as any other.
fn letters(salt: &[u8; 32], row: &str, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let mut word = String::with_capacity(length);
    let mut block = 0_u64;
    while word.len() < length {
        let bytes = hmac::sign(&key, format!("random\0{block}\0{row}").as_bytes());
        // 248 is four times 62: bytes from there on would make the first letters likelier.
        let letters = bytes.as_ref().iter().filter(|byte| **byte < 248);
        word.extend(letters.filter_map(|byte| LETTERS.get(usize::from(byte % 62)).copied().map(char::from)));
        block += 1;
    }
    word.truncate(length);
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnKind;

    fn mask(how: Masking, max_length: Option<u32>) -> Mask {
        Mask { column: "c".to_owned(), how, max_length }
    }

    fn column(max_length: Option<u32>) -> Column {
        let type_name = "text".to_owned();
        Column { type_name, kind: ColumnKind::Text, is_nullable: true, max_length, is_generated: false }
    }

    fn apply(mask: &Mask, column: &Column, row: &str, value: &str) -> Option<String> {
        computed(mask, &shape(mask, column), &[7; 32], row, value)
    }

    #[test]
    fn a_hash_is_of_the_salt_and_the_value() {
        let hash = mask(Masking::Hash(Digest::Sha256), None);
        let mut salted = vec![7; 32];
        salted.extend_from_slice(b"ann@example.com");
        let expected = hex(digest::digest(&digest::SHA256, &salted).as_ref());
        assert_eq!(apply(&hash, &column(None), "1", "ann@example.com"), Some(expected.clone()));
        assert_eq!(apply(&hash, &column(Some(10)), "1", "ann@example.com").as_deref(), expected.get(..10));
    }

    #[test]
    fn an_hmac_has_the_salt_for_its_key() {
        let long = apply(&mask(Masking::Hmac(Digest::Sha512), None), &column(None), "1", "ann").unwrap();
        let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &[7; 32]), b"ann");
        assert_eq!(long, hex(expected.as_ref()));
        assert_eq!(long.len(), 128);
    }

    #[test]
    fn what_is_masked_stays() {
        for how in [Masking::Hash(Digest::Sha256), Masking::Hmac(Digest::Sha512), Masking::Random { length: 30 }] {
            for limit in [None, Some(20)] {
                let mask = mask(how.clone(), limit);
                let once = apply(&mask, &column(None), "1", "ann@example.com").unwrap();
                assert_eq!(apply(&mask, &column(None), "1", &once), None);
            }
        }
    }

    #[test]
    fn random_words_differ_from_row_to_row_and_not_from_try_to_try() {
        let random = mask(Masking::Random { length: 100 }, None);
        let one = apply(&random, &column(None), "1", "ann").unwrap();
        assert_eq!(one.len(), 100);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(Some(one.clone()), apply(&random, &column(None), "1", "bob"));
        assert_ne!(Some(one), apply(&random, &column(None), "2", "ann"));
    }

    #[test]
    fn a_constant_is_cut_to_what_fits() {
        let constant = mask(Masking::Constant("gelöscht".to_owned()), Some(6));
        assert_eq!(shape(&constant, &column(None)), Shape::Constant("gelösc".to_owned()));
        assert_eq!(shape(&constant, &column(Some(4))), Shape::Constant("gelö".to_owned()));
    }
}
