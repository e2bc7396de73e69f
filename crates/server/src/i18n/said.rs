//! What is said of something that went wrong, in the language of who reads it.
//!
//! English stands where a phrase is declared (the modules `say`), the other languages in `locales`, under the
//! same name. That none is missing is tested, so a phrase that is declared is there in every language.

use fluent_bundle::FluentArgs;
use rolecall_model::phrase::{Arg, Text};

use super::{Bundle, Language, Texts, bundle_of};

/// The phrases of `language`; none for English, which is with the phrases themselves.
pub(super) fn source(language: Language) -> &'static str {
    match language {
        Language::English => "",
        Language::Korean => include_str!("../../locales/ko/problems.ftl"),
        Language::Japanese => include_str!("../../locales/ja/problems.ftl"),
    }
}

pub(super) fn bundle(language: Language) -> Bundle {
    let mut bundle = bundle_of(language, &[source(language)]);
    // What is given stays as it was given: these texts go to programs, too.
    bundle.set_use_isolating(false);
    bundle
}

/// The name that a phrase, or something that it takes, has in the files.
pub(super) fn key(name: &str) -> String {
    name.replace('_', "-")
}

/// `text` in `language`.
pub(super) fn written(texts: &Texts, language: Language, text: &Text) -> String {
    let bundle = match language {
        Language::English => return text.to_string(),
        Language::Korean => &texts.korean_said,
        Language::Japanese => &texts.japanese_said,
    };
    let mut args = FluentArgs::new();
    for (name, arg) in text.args() {
        match arg {
            Arg::Number(number) => args.set(key(name), *number),
            Arg::Given(given) => args.set(key(name), given.as_str()),
            Arg::AnyOf(words) => args.set(key(name), words.join(", ")),
            Arg::Text(inner) => args.set(key(name), written(texts, language, inner)),
        }
    }
    let message = bundle.get_message(&key(text.phrase().name));
    // Tests see to it that there is one.
    let Some(pattern) = message.and_then(|message| message.value()) else { return text.to_string() };
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        sync::Arc,
    };

    use fluent_syntax::{
        ast::{Entry, Expression, InlineExpression, PatternElement},
        parser,
    };
    use rolecall_model::phrase::Phrase;

    use super::*;
    use crate::{i18n::Words, say};

    const TRANSLATED: [Language; 2] = [Language::Korean, Language::Japanese];

    fn declared() -> Vec<&'static Phrase> {
        let all = [rolecall_model::say::ALL, rolecall_control::say::ALL, say::ALL];
        all.into_iter().flatten().collect()
    }

    /// What each phrase of a language takes, and all else that it says.
    fn translated(language: Language) -> BTreeMap<String, (BTreeSet<String>, String)> {
        let resource = parser::parse(source(language)).expect("a well-formed file");
        let mut found = BTreeMap::new();
        for entry in resource.body {
            let message = match entry {
                Entry::Message(message) => message,
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                other => panic!("{}: only messages, please: {other:?}", language.tag()),
            };
            let (mut takes, mut says) = (BTreeSet::new(), String::new());
            for element in message.value.expect("a message says something").elements {
                match element {
                    PatternElement::TextElement { value }
                    | PatternElement::Placeable {
                        expression: Expression::Inline(InlineExpression::StringLiteral { value }),
                    } => says.push_str(value),
                    PatternElement::Placeable {
                        expression: Expression::Inline(InlineExpression::VariableReference { id }),
                    } => drop(takes.insert(id.name.to_owned())),
                    other @ PatternElement::Placeable { .. } => panic!("only what is given, please: {other:?}"),
                }
            }
            let earlier = found.insert(message.id.name.to_owned(), (takes, says));
            assert!(earlier.is_none(), "{}: {} stands there twice", language.tag(), message.id.name);
        }
        found
    }

    #[test]
    fn each_phrase_is_there_in_each_language_takes_the_same_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for phrase in declared() {
            assert!(names.insert(key(phrase.name)), "{} is declared twice", phrase.name);
        }
        for language in TRANSLATED {
            let mut there = translated(language);
            for phrase in declared() {
                let name = key(phrase.name);
                let (takes, _) = there.remove(&name).unwrap_or_else(|| panic!("{}: no {name}", language.tag()));
                let declared: BTreeSet<String> = phrase.takes.iter().map(|name| key(name)).collect();
                assert_eq!(takes, declared, "{}: {name}", language.tag());
            }
            assert!(there.is_empty(), "{}: nobody says {:?}", language.tag(), there.keys());
        }
    }

    #[test]
    fn each_phrase_is_a_sentence_in_its_language() {
        // Words that stand inside sentences, and frames around sentences.
        let is_part = |name: &str| {
            ["kind-", "word-", "title-"].iter().any(|part| name.starts_with(part))
                || ["in-english", "at", "place-has-problem", "stopped"].contains(&name)
                || name.ends_with("-has-problem")
        };
        for language in TRANSLATED {
            let (own, end): (fn(char) -> bool, &[char]) = if language == Language::Korean {
                (|char| ('가'..='힣').contains(&char), &['.', '?'])
            } else {
                (|char| ('\u{3040}'..='\u{9fff}').contains(&char), &['。', '？'])
            };
            for (name, (takes, says)) in translated(language) {
                let is_given = says.chars().all(|char| !char.is_alphanumeric()) || name == "kind-null";
                assert!(is_given || says.chars().any(own), "{}: {name} is in another language", language.tag());
                // What takes a reason ends with that sentence.
                let ends_in_another = ["bad", "why", "instead"].iter().any(|part| takes.contains(*part));
                if !is_part(&name) && !ends_in_another {
                    assert!(says.ends_with(end), "{}: {name} is no whole sentence: {says}", language.tag());
                }
            }
        }
    }

    #[test]
    fn what_is_given_stays_as_it_is_and_phrases_inside_are_in_the_same_language() {
        let texts = Arc::new(Texts::default());
        let said = |language, text: &Text| Words::new(&texts, language).say(text);
        let text = say::must_be_array(say::kind_number());
        assert_eq!(
            Language::ALL.map(|language| said(language, &text)),
            ["must be an array, not a number", "배열이어야 하는데 숫자입니다.", "配列にしてください。いまは数値です。"]
        );
        let text = say::name_of_another("{ $n }\u{202e}<b>");
        assert_eq!(said(Language::Korean, &text), "{ $n }\u{202e}<b>의 이름과 같습니다.");
        let text = say::at_most_people(100_000_usize);
        assert_eq!(said(Language::English, &text), "must name at most 100000 users");
        assert_eq!(said(Language::Japanese, &text), "ユーザーは 100,000 人までです。");
        let text = say::must_be_words(Arg::AnyOf(vec!["\"YES\"".to_owned(), "\"NO\"".to_owned()]));
        assert_eq!(said(Language::English, &text), r#"must be "YES" or "NO""#);
        assert_eq!(said(Language::Korean, &text), r#"다음 중 하나여야 합니다: "YES", "NO"."#);
    }
}
