//! What is told to people of something that went wrong: a phrase that has a name, and what is put into it.
//!
//! English stands where a phrase is declared ([`phrases!`](crate::phrases)), and nowhere else. What writes a
//! [`Text`] out with `Display` has English: the vendor's API, the log, the command line. Who has readers of
//! other languages looks the phrase up by its name, and finds in [`Phrase::takes`] what a translation may take.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    app::{Algorithm, Scope},
    role::RoleType,
    time::Instant,
};

/// A sentence or a part of one, with places for what differs from time to time.
#[derive(Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Its name, by which it is found in each language.
    pub name: &'static str,
    /// The phrase in English; what is put in stands in braces by its name: `{n}`.
    pub english: &'static str,
    /// The names of what is put in.
    pub takes: &'static [&'static str],
}

/// A phrase with everything that was put into it.
///
/// There is no way to make one of a text that somebody writes on the spot: each has a name, under which it
/// stands in every language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    phrase: &'static Phrase,
    args: Vec<Arg>,
}

/// Something that is put into a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A number, for each reader in the form it is written in.
    Number(i64),
    /// What stays as it is in every language: what a caller gave, a name, a word of the protocol.
    Given(String),
    /// Some of the same, any of which will do.
    AnyOf(Vec<String>),
    /// Another phrase.
    Text(Text),
}

impl Text {
    /// `phrase` with `args` in it, in the order of [`Phrase::takes`]. Declared phrases do this.
    pub fn of(phrase: &'static Phrase, args: Vec<Arg>) -> Self {
        Self { phrase, args }
    }

    /// The phrase.
    pub fn phrase(&self) -> &'static Phrase {
        self.phrase
    }

    /// What was put into it, each with its name.
    pub fn args(&self) -> impl Iterator<Item = (&'static str, &Arg)> {
        self.phrase.takes.iter().copied().zip(&self.args)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.phrase.english;
        while let Some((before, after)) = rest.split_once('{') {
            f.write_str(before)?;
            // A brace around anything but a name is a brace.
            let named = after.split_once('}').and_then(|(name, after)| {
                let (_, arg) = self.args().find(|(own, _)| *own == name)?;
                Some((arg, after))
            });
            rest = if let Some((arg, after)) = named {
                arg.fmt(f)?;
                after
            } else {
                f.write_str("{")?;
                after
            };
        }
        f.write_str(rest)
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Given(text) => f.write_str(text),
            Self::AnyOf(texts) => f.write_str(&texts.join(" or ")),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// In English, for programs.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Given(text)
    }
}

macro_rules! given {
    ($($type:ty)*) => {$(
        impl From<$type> for Arg {
            fn from(given: $type) -> Self {
                Self::Given(given.to_string())
            }
        }
    )*};
}

given!(&str &String Algorithm Instant RoleType Scope);

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl From<$type> for Arg {
            fn from(number: $type) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )*};
}

numbers!(i64 u32 u64 usize);

/// A word that somebody gave, in quotes, so that its end is seen and nothing in it is invisible.
pub fn quoted(word: &str) -> String {
    format!("{word:?}")
}

/// Declares phrases: a function for each, which takes what is put in and gives a [`Text`], and a list of all
/// of them, `ALL`.
///
/// ```
/// mod say {
///     rolecall_model::phrases! {
///         too_long(n) = "must have at most {n} characters";
///     }
/// }
/// assert_eq!(say::too_long(9_u32).to_string(), "must have at most 9 characters");
/// assert_eq!(say::ALL[0].name, "too_long");
/// ```
#[macro_export]
macro_rules! phrases {
    ($($name:ident($($arg:ident),*) = $english:literal;)*) => {
        $(
            #[doc = concat!("«", $english, "»")]
            pub fn $name($($arg: impl Into<$crate::phrase::Arg>),*) -> $crate::phrase::Text {
                static PHRASE: $crate::phrase::Phrase = $crate::phrase::Phrase {
                    name: stringify!($name),
                    english: $english,
                    takes: &[$(stringify!($arg)),*],
                };
                $crate::phrase::Text::of(&PHRASE, vec![$($arg.into()),*])
            }
        )*

        /// All phrases that are declared here.
        pub static ALL: &[$crate::phrase::Phrase] = &[$(
            $crate::phrase::Phrase {
                name: stringify!($name),
                english: $english,
                takes: &[$(stringify!($arg)),*],
            },
        )*];
    };
}

#[cfg(test)]
mod tests {
    #[expect(unreachable_pub, reason = "what is declared is for other crates")]
    mod say {
        crate::phrases! {
            plain() = "is {} as {it} is";
            filled(first, second) = "{second} comes before {first}, which is {first}";
        }
    }

    use super::*;

    #[test]
    fn what_is_put_in_stands_at_its_name_and_other_braces_stay() {
        assert_eq!(say::plain().to_string(), "is {} as {it} is");
        let text = say::filled(1_u32, say::filled("{first}", "a"));
        assert_eq!(text.to_string(), "a comes before {first}, which is {first} comes before 1, which is 1");
        let names: Vec<&str> = text.args().map(|(name, _)| name).collect();
        assert_eq!(names, ["first", "second"]);
        assert_eq!(serde_json::to_string(&say::plain()).expect("a text"), r#""is {} as {it} is""#);
    }

    #[test]
    fn what_is_declared_is_listed_with_what_it_takes() {
        let listed: Vec<_> = say::ALL.iter().map(|phrase| (phrase.name, phrase.takes.len())).collect();
        assert_eq!(listed, [("plain", 0), ("filled", 2)]);
        assert_eq!(&say::ALL[1], say::filled(0_u32, 0_u32).phrase());
    }

    #[test]
    fn quotes_show_what_is_invisible() {
        assert_eq!(quoted("a\u{202e}b"), r#""a\u{202e}b""#);
    }
}
