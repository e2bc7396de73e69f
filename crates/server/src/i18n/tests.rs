//! Every text that a page asks for is there in every language and takes what the page gives; every text
//! that is there is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fluent_bundle::FluentArgs;
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};

use super::{Language, Texts, Words};
use crate::console;

/// What each text of a language takes, by its name.
type Takes = BTreeMap<String, BTreeSet<&'static str>>;

/// What a text may take.
const VARIABLES: [&str; 3] = ["n", "other", "value"];

/// The functions that give a text, and what each gives to it.
const CALLS: [(&str, &[&str]); 5] = [
    (".text(", &[]),
    (".text_n(", &["n"]),
    (".text_of(", &["value"]),
    (".text_of_two(", &["value", "other"]),
    (".text_n_of(", &["n", "value"]),
];

fn takes(language: Language) -> Takes {
    let mut takes = Takes::new();
    for source in language.sources() {
        let resource = parser::parse(source).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", language.tag()));
        for entry in resource.body {
            let message = match entry {
                Entry::Message(message) => message,
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                other => panic!("{}: only messages, please: {other:?}", language.tag()),
            };
            let mut variables = BTreeSet::new();
            walk(message.value.as_ref().expect("a message says something"), &mut variables);
            let earlier = takes.insert(message.id.name.to_owned(), variables);
            assert!(earlier.is_none(), "{}: {} stands there twice", language.tag(), message.id.name);
        }
    }
    takes
}

fn walk(pattern: &Pattern<&str>, variables: &mut BTreeSet<&'static str>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                for variant in variants {
                    walk(&variant.value, variables);
                }
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => {
                let known = VARIABLES.into_iter().find(|known| *known == id.name);
                variables.insert(known.unwrap_or_else(|| panic!("nobody gives ${}", id.name)));
            }
            InlineExpression::StringLiteral { .. } => {}
            other => panic!("only what is given, please: {other:?}"),
        }
    }
}

#[test]
fn each_language_has_the_same_texts_that_take_the_same() {
    let english = takes(Language::English);
    for language in Language::ALL {
        let own = takes(language);
        for (key, variables) in &english {
            assert_eq!(own.get(key), Some(variables), "{}: {key}", language.tag());
        }
        for key in own.keys() {
            assert!(english.contains_key(key), "{}: {key} is in no other language", language.tag());
        }
    }
}

#[test]
fn each_text_is_asked_for_with_what_it_takes_and_each_that_is_asked_for_is_there() {
    let mut there = takes(Language::English);
    let mut unused: BTreeSet<String> = there.keys().cloned().collect();
    let mut sets = BTreeSet::new();
    for (file, text) in sources() {
        for (call, given) in CALLS {
            for key in literals(&text, call) {
                let given: BTreeSet<&str> = given.iter().copied().collect();
                let variables = there.get(&key).unwrap_or_else(|| panic!("{file}: there is no text {key}"));
                assert_eq!(*variables, given, "{file}: {key} takes something else");
                unused.remove(&key);
            }
        }
        sets.extend(literals(&text, ".word("));
    }
    let words = console::words();
    let known: BTreeSet<String> = words.iter().map(|(set, _)| (*set).to_owned()).collect();
    assert_eq!(sets, known, "which sets of words there are is told in `console::words`");
    for (set, words) in words {
        for word in words {
            let key = format!("{set}-{}", word.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
            let variables = there.remove(&key).unwrap_or_else(|| panic!("there is no text {key}"));
            assert!(variables.is_empty(), "{key} takes something");
            unused.remove(&key);
        }
    }
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}

#[test]
fn each_text_can_be_written() {
    let texts = std::sync::Arc::new(Texts::default());
    for language in Language::ALL {
        for (key, variables) in takes(language) {
            for n in [0, 1, 2, 1_234_567] {
                let mut args = FluentArgs::new();
                for variable in &variables {
                    if *variable == "n" { args.set("n", n) } else { args.set(*variable, "<b>") }
                }
                let bundle = texts.of(language);
                let pattern = bundle.get_message(&key).and_then(|message| message.value()).expect("a text");
                let mut errors = Vec::new();
                let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
                assert!(errors.is_empty() && !text.trim().is_empty(), "{} {key}: {errors:?}", language.tag());
            }
        }
    }
    let words = Words::new(&texts, Language::English);
    assert_eq!(words.number(1_234_567_u64), "1,234,567");
}

/// What stands in the pages and in the part of the program that fills them.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src/console", "templates"] {
        collect(&root.join(folder), &mut files);
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a file of ours");
        (path.display().to_string(), text)
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
            files.push(path);
        }
    }
}

/// The literals that stand first in calls of `call`.
fn literals(text: &str, call: &str) -> Vec<String> {
    let after = text.split(call).skip(1);
    // The line may end behind the bracket.
    let literal = |rest: &str| Some(rest.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned());
    after.filter_map(literal).collect()
}
