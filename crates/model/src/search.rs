//! Looking people up by what somebody has typed so far.

use crate::{problem::Problem, say, text::fold};

/// The most words a search may have, and the most characters.
const MAX_WORDS: usize = 8;
const MAX_CHARS: usize = 256;

/// The words of a search, each of which must begin something of the person who is found: the e-mail
/// address, the organisation's id, a word of a name, or the last name and the first name written as one,
/// as Korean and Japanese names are. Case, width and invisible characters make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<Word>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// Folded, and not empty.
    text: String,
    first: char,
}

/// What of a person a search looks at.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The e-mail address, in two pieces that follow each other.
    pub email: [&'a str; 2],
    /// The id the organisation knows it by.
    pub org_user_id: &'a str,
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
}

impl Words {
    /// The words of `text`, which came as `path`; none if nothing is looked for.
    ///
    /// Errors: more than 256 characters or 8 words.
    pub fn parse(path: &str, text: &str) -> Result<Option<Self>, Problem> {
        if text.chars().count() > MAX_CHARS {
            return Err(Problem::new(path, say::at_most_characters(MAX_CHARS)));
        }
        let folded = fold(text);
        let words =
            folded.split(' ').filter_map(|word| Some(Word { text: word.to_owned(), first: word.chars().next()? }));
        let words: Vec<Word> = words.collect();
        if words.len() > MAX_WORDS {
            return Err(Problem::new(path, say::at_most_words(MAX_WORDS)));
        }
        Ok((!words.is_empty()).then_some(Self(words)))
    }

    /// Whether the person is one of those who are looked for.
    pub fn fit(&self, person: &Person<'_>) -> bool {
        self.0.iter().all(|word| word.fits(person))
    }
}

impl Word {
    fn fits(&self, person: &Person<'_>) -> bool {
        let [local, domain] = person.email;
        self.begins_address(local, domain)
            || self.begins_word_of(person.org_user_id)
            || self.begins_word_of(person.first_name)
            || self.begins_word_of(person.last_name)
            || self.begins_joined(person.last_name, person.first_name)
    }

    fn begins_address(&self, local: &str, domain: &str) -> bool {
        if local.is_ascii() && domain.is_ascii() {
            return self.begins_ascii(local) || self.begins_ascii_joined(local, domain);
        }
        let whole = format!("{local}{domain}");
        may_begin(&whole, self.first) && fold(&whole).starts_with(&self.text)
    }

    fn begins_word_of(&self, field: &str) -> bool {
        if field.is_ascii() {
            let mut is_between = true;
            return field.bytes().enumerate().any(|(at, byte)| {
                let is_first = std::mem::replace(&mut is_between, byte.is_ascii_whitespace());
                is_first
                    && char::from(byte.to_ascii_lowercase()) == self.first
                    && field.get(at..).is_some_and(|rest| self.begins_ascii(rest))
            });
        }
        may_begin(field, self.first) && fold(field).split(' ').any(|part| part.starts_with(&self.text))
    }

    /// Whether it goes on into the second of two names that are written as one.
    fn begins_joined(&self, first: &str, second: &str) -> bool {
        if first.is_ascii() && second.is_ascii() {
            return self.begins_ascii_joined(first.trim_ascii(), second.trim_ascii_start());
        }
        may_begin(first, self.first) && format!("{}{}", fold(first), fold(second)).starts_with(&self.text)
    }

    fn begins_ascii(&self, text: &str) -> bool {
        text.get(..self.text.len()).is_some_and(|head| head.eq_ignore_ascii_case(&self.text))
    }

    /// Whether it begins with all of `first` and goes on with the beginning of `second`.
    fn begins_ascii_joined(&self, first: &str, second: &str) -> bool {
        if first.is_empty() {
            return false;
        }
        let Some((head, tail)) = self.text.split_at_checked(first.len()) else { return false };
        head.eq_ignore_ascii_case(first) && second.get(..tail.len()).is_some_and(|own| own.eq_ignore_ascii_case(tail))
    }
}

/// Whether a word of `field` can begin with `first` once it is folded: folding is slow, and this says of
/// nearly all names that it need not be done.
fn may_begin(field: &str, first: char) -> bool {
    field.split_whitespace().any(|part| {
        let mut chars = part.chars();
        match (chars.next(), chars.next()) {
            (Some(own), next) if is_plain(own) && next.is_none_or(is_plain) => own.to_ascii_lowercase() == first,
            _ => true,
        }
    })
}

/// Whether folding makes nothing else of a character but its small letter, whatever plain one follows.
fn is_plain(c: char) -> bool {
    c.is_ascii_graphic()
        || matches!(c, '\u{AC00}'..='\u{D7A3}' | '\u{4E00}'..='\u{9FFF}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn person<'a>(email: &'a str, org_user_id: &'a str, first_name: &'a str, last_name: &'a str) -> Person<'a> {
        let at = email.find('@').unwrap_or(email.len());
        let (local, domain) = email.split_at(at);
        Person { email: [local, domain], org_user_id, first_name, last_name }
    }

    fn fits(text: &str, person: &Person<'_>) -> bool {
        Words::parse("q", text).expect("not too much").expect("something is looked for").fit(person)
    }

    #[test]
    fn each_word_must_begin_something_of_the_person() {
        let ann = person("Ann.Smith@acme.example", "E-17", "Anna Maria", "Smith-Öz");
        for text in
            ["ann", "ANN.SMITH@ACME", "anna", "maria", "mar smith", "smith a", "e-1", "smith-öz", "SMITH-ÖZ", "ａｎｎ"]
        {
            assert!(fits(text, &ann), "{text}");
        }
        for text in ["nn", "acme", "ann bob", "17", "smith-oz", "ann.smith@acme.examplex", "annamaria"] {
            assert!(!fits(text, &ann), "{text}");
        }
    }

    #[test]
    fn names_that_are_written_as_one_are_found_so() {
        let min_su = person("ms@acme.example", "", "민수", "김");
        for text in ["김", "민", "김민", "김민수", "김 민수", "민수 김"] {
            assert!(fits(text, &min_su), "{text}");
        }
        assert!(!fits("민수김", &min_su));
        let taro = person("t@acme.example", "", "太郎", "山田");
        assert!(fits("山田太", &taro) && fits("太郎 山田", &taro) && !fits("田", &taro));
        assert!(fits("ヤマ", &person("t@acme.example", "", "", "ﾔﾏﾀﾞ")), "width makes no difference");
    }

    #[test]
    fn nothing_and_too_much_are_no_search() {
        for text in ["", "  ", "\u{200B}"] {
            assert_eq!(Words::parse("q", text), Ok(None), "{text:?}");
        }
        assert!(Words::parse("q", "a b c d e f g h").is_ok());
        assert!(Words::parse("q", "a b c d e f g h i").is_err());
        assert!(Words::parse("q", &"a".repeat(257)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_passed_over_would_not_have_fitted(field in "\\PC{0,12}", word in "\\PC{1,4}") {
            let folded = fold(&word);
            let Some(first) = folded.chars().next() else { return Ok(()) };
            let joined = fold(&field);
            if joined.split(' ').next().is_some_and(|part| part.starts_with(&folded)) {
                prop_assert!(may_begin(&field, first), "{field:?} {word:?}");
            }
        }

        #[test]
        fn a_person_is_found_by_the_beginning_of_each_name(name in "[\\PC&&[^\\s]]{1,8}", n in 1_usize..8) {
            let text: String = name.chars().take(n).collect();
            let person = person("a@b.example", "", &name, "");
            if let Ok(Some(words)) = Words::parse("q", &text) && fold(&name).starts_with(&fold(&text)) {
                prop_assert!(words.fit(&person), "{name:?} {text:?}");
            }
        }
    }
}
