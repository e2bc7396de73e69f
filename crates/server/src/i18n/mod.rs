//! Texts for people, in the languages there are.
//!
//! A text is a message of a Fluent file in `locales/`, which is part of the program; its name is the same
//! in each language. What a person typed is never part of a message, only put into one, between marks
//! that keep its direction of writing to itself.

mod choice;
mod forms;
mod said;
#[cfg(test)]
mod tests;

use std::{
    fmt::Display,
    sync::{Arc, LazyLock},
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use rolecall_model::{phrase::Text, time::Instant};

pub use choice::accepted;

/// The files of one language: each a part of the console.
macro_rules! files {
    ($tag:literal) => {
        [
            include_str!(concat!("../../locales/", $tag, "/shell.ftl")),
            include_str!(concat!("../../locales/", $tag, "/door.ftl")),
            include_str!(concat!("../../locales/", $tag, "/directory.ftl")),
            include_str!(concat!("../../locales/", $tag, "/overview.ftl")),
            include_str!(concat!("../../locales/", $tag, "/apps.ftl")),
            include_str!(concat!("../../locales/", $tag, "/audit.ftl")),
            include_str!(concat!("../../locales/", $tag, "/erasures.ftl")),
            include_str!(concat!("../../locales/", $tag, "/imports.ftl")),
            include_str!(concat!("../../locales/", $tag, "/reports.ftl")),
        ]
    };
}
/// A language there are texts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, for whoever reads none of the others.
    #[default]
    English,
    /// Korean.
    Korean,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::Korean, Self::Japanese];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
            Self::Japanese => "ja",
        }
    }

    /// What its readers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Korean => "한국어",
            Self::Japanese => "日本語",
        }
    }

    /// The language with exactly this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Its texts, file by file.
    fn sources(self) -> [&'static str; FILES] {
        match self {
            Self::English => files!("en"),
            Self::Korean => files!("ko"),
            Self::Japanese => files!("ja"),
        }
    }
}

/// How many files a language has.
const FILES: usize = 9;

type Bundle = FluentBundle<FluentResource>;
type Lazy = LazyLock<Bundle, fn() -> Bundle>;

/// The texts of every language, each read when it is first asked for.
pub struct Texts {
    english: Lazy,
    korean: Lazy,
    japanese: Lazy,
    korean_said: Lazy,
    japanese_said: Lazy,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            english: LazyLock::new(|| bundle(Language::English)),
            korean: LazyLock::new(|| bundle(Language::Korean)),
            japanese: LazyLock::new(|| bundle(Language::Japanese)),
            korean_said: LazyLock::new(|| said::bundle(Language::Korean)),
            japanese_said: LazyLock::new(|| said::bundle(Language::Japanese)),
        }
    }
}

impl Texts {
    fn of(&self, language: Language) -> &Bundle {
        match language {
            Language::English => &self.english,
            Language::Korean => &self.korean,
            Language::Japanese => &self.japanese,
        }
    }
}

/// The texts of a language in the form they are looked up in. That each file is well-formed is tested.
fn bundle(language: Language) -> Bundle {
    bundle_of(language, &language.sources())
}

fn bundle_of(language: Language, sources: &[&str]) -> Bundle {
    let locale = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(number) => Some(forms::grouped(&number.as_string())),
        _ => None,
    }));
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The texts of one language: what a page is written with.
///
/// A text that takes something says so by the function it is asked for with; a test holds the names and
/// what they take against the files. The name of a text must stand as a literal where it is asked for.
#[derive(Clone)]
pub struct Words {
    texts: Arc<Texts>,
    language: Language,
}

impl Words {
    /// The words of `language`.
    pub fn new(texts: &Arc<Texts>, language: Language) -> Self {
        Self { texts: Arc::clone(texts), language }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text `key`.
    pub fn text(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text `key` with `value` in it.
    pub fn text_of(&self, key: &str, value: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set("value", value.to_string());
        self.format(key, Some(&args))
    }

    /// The text `key` with `value` and `other` in it.
    pub fn text_of_two(&self, key: &str, value: impl Display, other: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set("value", value.to_string());
        args.set("other", other.to_string());
        self.format(key, Some(&args))
    }

    /// The text `key` about `n` things.
    pub fn text_n(&self, key: &str, n: impl Count) -> String {
        let mut args = FluentArgs::new();
        args.set("n", n.count());
        self.format(key, Some(&args))
    }

    /// The text `key` about `n` things, with `value` in it.
    pub fn text_n_of(&self, key: &str, n: impl Count, value: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set("n", n.count());
        args.set("value", value.to_string());
        self.format(key, Some(&args))
    }

    /// The text for `word`, one of a fixed set whose texts all begin with `set`: `role-type` and `bot` is
    /// the text `role-type-bot`. Anything but a letter or digit in the word is a dash in the text's name.
    pub fn word(&self, set: &str, word: impl AsRef<str>) -> String {
        let mut key = format!("{set}-");
        for char in word.as_ref().chars() {
            key.push(if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' });
        }
        self.format(&key, None)
    }

    /// What is said of something that went wrong.
    pub fn say(&self, text: &Text) -> String {
        said::written(&self.texts, self.language, text)
    }

    /// A number as its reader writes it.
    pub fn number(&self, n: impl Count) -> String {
        forms::grouped(&n.count().to_string())
    }

    /// A day, as its reader writes it.
    pub fn day(&self, at: impl When) -> String {
        forms::day(self.language, at.when())
    }

    /// The day of the week, short.
    pub fn weekday(&self, at: impl When) -> String {
        forms::weekday(self.language, at.when())
    }

    /// A day and the time of day in UTC, to the minute.
    pub fn moment(&self, at: impl When) -> String {
        forms::moment(self.language, at.when())
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let mut errors = Vec::new();
        for language in [self.language, Language::English] {
            let bundle = self.texts.of(language);
            if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
                return bundle.format_pattern(pattern, args, &mut errors).into_owned();
            }
        }
        // Tests see to it that this is not reached; a page with a name in it is better than none.
        key.to_owned()
    }
}

/// A time, by itself or by reference: templates give either.
pub trait When {
    /// The time.
    fn when(&self) -> Instant;
}

impl When for Instant {
    fn when(&self) -> Instant {
        *self
    }
}

impl<T: When> When for &T {
    fn when(&self) -> Instant {
        (*self).when()
    }
}

/// A number of things, in whatever type it was counted.
pub trait Count {
    /// The number.
    fn count(&self) -> i64;
}

macro_rules! counts {
    ($($type:ty)*) => {$(
        impl Count for $type {
            fn count(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )*};
}

counts!(i64 u64 u32 usize);

impl<T: Count> Count for &T {
    fn count(&self) -> i64 {
        (*self).count()
    }
}
