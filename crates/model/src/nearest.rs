//! What a word that nobody knows was most likely meant to be.

use crate::{
    phrase::{Text, quoted},
    say,
};

/// How much of a word is compared: no known word is longer, and a stranger's may be endless.
const COMPARED_CHARS: usize = 64;

/// The one of `known` that `word` is a part of, else the one that the fewest typing mistakes lead
/// to, upper and lower case being one; the earlier of two that are as near. None only if nothing is
/// known.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(COMPARED_CHARS).flat_map(char::to_lowercase).collect();
    known.into_iter().min_by_key(|known| {
        let known = known.to_lowercase();
        (!known.contains(&word), strsim::osa_distance(&word, &known))
    })
}

/// What to tell somebody who wrote `word` where only one of `known` may stand.
pub fn unknown<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Text {
    match nearest(word, known) {
        Some(nearest) => say::not_known_but(quoted(nearest)),
        None => say::not_known(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_across_case_and_typing_mistakes() {
        let known = ["email", "firstName", "lastName", "city", "state", "zip"];
        for (word, meant) in [
            ("e-mail", "email"),
            ("firstname", "firstName"),
            ("LASTNAME", "lastName"),
            ("ctiy", "city"),
            ("states", "state"),
            ("Name", "lastName"),
            ("", "zip"),
        ] {
            assert_eq!(nearest(word, known), Some(meant), "{word}");
        }
        assert_eq!(unknown("zpi", known).to_string(), r#"is not known here: did you mean "zip"?"#);
        assert_eq!(unknown("zip", []).to_string(), "is not known here");
    }

    #[test]
    fn an_endless_word_costs_no_more_than_a_long_one() {
        assert_eq!(nearest(&format!("zip{}", "p".repeat(10_000_000)), ["email", "zip"]), Some("zip"));
    }
}
