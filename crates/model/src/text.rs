//! Text people type: how two names are told apart, and what a name may not hold.

use unicode_normalization::UnicodeNormalization;

use crate::{phrase::Text, say};

/// The form under which names are compared and kept unique: compatibility-normalised (NFKC),
/// without case, without invisible characters, white space trimmed and collapsed. Two names that
/// look alike on a screen by these rules are one name, so no role can pass as another's twin.
pub fn fold(name: &str) -> String {
    // ASCII is normal as it is and has nothing invisible. Most names are, and this is eight times as fast.
    if name.is_ascii() { collapsed(&name.to_ascii_lowercase()) } else { fold_any(name) }
}

fn fold_any(name: &str) -> String {
    // Lower, upper, lower again: `ẞ` meets `ß` by the first, `ß` meets `ss` by the second and
    // `ſ` meets `s`, and the third brings all of them to one form.
    let folded: String = name
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    collapsed(&folded)
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The most characters a name may have.
pub const MAX_NAME_CHARS: usize = 256;

/// Why a text may not be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Text::from(*self))]
pub enum BadName {
    /// Nothing visible is in it.
    Empty,
    /// It has more than [`MAX_NAME_CHARS`] characters.
    TooLong,
    /// It holds a control character or one that turns the reading direction.
    Unprintable,
}

impl From<BadName> for Text {
    fn from(bad: BadName) -> Self {
        match bad {
            BadName::Empty => say::must_not_be_empty(),
            BadName::TooLong => say::at_most_characters(MAX_NAME_CHARS),
            BadName::Unprintable => say::unprintable(),
        }
    }
}

/// Checks that `name` can stand in lists, logs and reports: visible, bounded, without control
/// characters (which forge log lines) and direction overrides (which forge what is read).
pub fn check_name(name: &str) -> Result<(), BadName> {
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(BadName::TooLong);
    }
    if name.chars().any(|c| c.is_control() || is_direction_change(c)) {
        return Err(BadName::Unprintable);
    }
    if fold(name).is_empty() {
        return Err(BadName::Empty);
    }
    Ok(())
}

/// Checks a text as [`check_name`] does, but lets it be empty: that clears what was there.
pub fn check_line(text: &str) -> Result<(), BadName> {
    check_name(text).or_else(|bad| if bad == BadName::Empty { Ok(()) } else { Err(bad) })
}

/// Whether `text` has the form of an e-mail address: one `@`, something before it, something after
/// it, nothing blank or unprintable, at most 254 bytes. Whether mail arrives there is not asked.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= 254
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
        && !text.contains(['<', '>', '(', ')', ',', ';', ':', '\\', '"', '[', ']'])
}

fn is_direction_change(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show nothing and would make two equal-looking names differ.
fn is_invisible(c: char) -> bool {
    is_direction_change(c)
        || matches!(c, '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twins_by_case_form_space_and_invisibles_fold_alike() {
        for twin in [
            "Bot Owner",
            "bot owner",
            " BOT  OWNER ",
            "Ｂｏｔ Ｏｗｎｅｒ",
            "Bot\u{00A0}Owner",
            "B\u{200B}ot Owner",
            "Bot\tOwner",
        ] {
            assert_eq!(fold(twin), "bot owner", "{twin:?}");
        }
        assert_ne!(fold("Bot Owners"), fold("Bot Owner"));
        assert_eq!(fold("straße"), fold("STRASSE"));
        assert_eq!(fold("STRAẞE"), fold("STRASSE"));
        assert_eq!(fold("역할"), fold("역할"));
    }

    #[test]
    fn a_name_must_be_visible_bounded_and_printable() {
        assert_eq!(check_name("역할 🙂 <script>"), Ok(()));
        assert_eq!(check_name(" \u{200B} "), Err(BadName::Empty));
        assert_eq!(check_name("a\r\nb"), Err(BadName::Unprintable));
        assert_eq!(check_name("a\u{202E}b"), Err(BadName::Unprintable));
        assert_eq!(check_name(&"a".repeat(257)), Err(BadName::TooLong));
        assert_eq!(check_line(""), Ok(()));
        assert_eq!(check_line("a\r\nb"), Err(BadName::Unprintable));
    }

    #[test]
    fn an_email_has_one_at_sign_and_no_tricks() {
        for good in ["a@b", "first.last+tag@example.com", "이름@예시.한국"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "12335", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "\"a\"@b", "a@.b", "<a@b>"] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn ascii_folds_as_all_texts_do(name in "[\\x00-\\x7f]{0,40}") {
            prop_assert_eq!(fold(&name), fold_any(&name));
        }

        #[test]
        fn folding_twice_is_folding_once(name in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&name)), fold(&name));
        }
    }
}
