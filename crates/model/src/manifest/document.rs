//! Reading a manifest that is one document, and telling which syntax a file is in.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, value::RawValue};
use serde_saphyr::{Spanned, UserMessageFormatter};

use super::{Kind, Record, read};
use crate::{
    json, nearest,
    problem::{Problem, Problems},
};

/// The syntax of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A record a line: [`super::parse_line`].
    Ndjson,
    /// One JSON document: [`parse_document`].
    Json,
    /// One YAML document: [`parse_document`].
    Yaml,
}

impl Format {
    /// Which it is, from the name of the file and its first line that is not blank.
    pub fn detect(file_name: &str, first_line: &str) -> Self {
        let name = file_name.to_ascii_lowercase();
        if [".ndjson", ".jsonl"].iter().any(|ending| name.ends_with(ending)) {
            return Self::Ndjson;
        }
        let line = without_mark(first_line).trim_start();
        match serde_json::from_str::<serde_json::Map<String, Value>>(line) {
            Ok(record) if record.contains_key("kind") => Self::Ndjson,
            _ if line.starts_with('{') => Self::Json,
            _ => Self::Yaml,
        }
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

/// The most nodes a YAML document may come to once its aliases are followed. Small aliases can
/// make a small file endless; who has more records than this has NDJSON.
const MAX_YAML_NODES: usize = 2_000_000;
/// The most events a YAML reader may see: a node is one, a list or an object two.
const MAX_YAML_EVENTS: usize = 2 * MAX_YAML_NODES;
/// The most of them that may be kept, to be repeated where an alias stands.
const MAX_YAML_ANCHORED_EVENTS: usize = 200_000;

/// Reads a manifest that is one document, each record with the line it begins on: JSON if it begins
/// with `{`, else YAML.
///
/// YAML is read as version 1.2 has it: `YES`, `no` and `on` are texts, only `true` and `false` are
/// booleans. What it takes for a number where a text belongs is a problem, not a guess.
///
/// Errors: what makes it no document, or else every problem of every record (the first
/// [`crate::problem::MAX_TOLD`]), at the line of its record followed by a JSON pointer.
pub fn parse_document(text: &str) -> Result<Vec<(u64, Record)>, Problems> {
    let text = without_mark(text);
    let Sections { known, unknown } = if text.trim_start().starts_with('{') { of_json(text) } else { of_yaml(text) }?;
    let mut problems = Problems::default();
    for key in unknown {
        problems.add(json::child("", &key), nearest::unknown(&key, Kind::ALL.map(Kind::section)));
    }
    let mut records = Vec::new();
    for (kind, elements) in known {
        for (index, (line, value)) in elements.into_iter().enumerate() {
            let path = format!("line {line} /{}/{index}", kind.section());
            if let Some(record) = read::record(kind, &value, &path, &mut problems) {
                records.push((line, record));
            }
        }
    }
    problems.or_ok(records)
}

fn of_json(text: &str) -> Result<Sections<(u64, Value)>, Problem> {
    let not_json = |error: serde_json::Error| Problem::in_english("", format!("is not the JSON it should be: {error}"));
    let values: Sections<json::Document> = serde_json::from_str(text).map_err(not_json)?;
    // The reader of values does not tell where they stood. Read again, as slices of the text.
    let slices: Sections<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
    let (mut line, mut counted) = (1, 0);
    let mut line_of = |slice: &RawValue| {
        let start = slice.get().as_ptr().addr() - text.as_ptr().addr();
        let between = text.as_bytes().get(counted..start).unwrap_or_default();
        line += between.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        counted = start;
        line
    };
    let known = values.known.into_iter().zip(slices.known).map(|((kind, values), (_, slices))| {
        let elements = values.into_iter().zip(slices).map(|(json::Document(value), slice)| (line_of(slice), value));
        (kind, elements.collect())
    });
    Ok(Sections { known: known.collect(), unknown: values.unknown })
}

fn of_yaml(text: &str) -> Result<Sections<(u64, Value)>, Problem> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_YAML_NODES,
            max_events: MAX_YAML_EVENTS,
            max_recorded_anchor_events: MAX_YAML_ANCHORED_EVENTS,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    let sections: Sections<Spanned<json::Document>> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let error = error.render_with_formatter(&UserMessageFormatter);
            Problem::in_english("", format!("is not the YAML it should be: {error}"))
        })?;
    let known = sections.known.into_iter().map(|(kind, elements)| {
        let elements = elements.into_iter().map(|element| (element.referenced.line(), element.value.0));
        (kind, elements.collect())
    });
    Ok(Sections { known: known.collect(), unknown: sections.unknown })
}

/// What stands at the top of a document.
struct Sections<E> {
    known: Vec<(Kind, Vec<E>)>,
    unknown: Vec<String>,
}

impl<'de, E: Deserialize<'de>> Deserialize<'de> for Sections<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self { known: Vec::new(), unknown: Vec::new() })
    }
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for Sections<E> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of lists: ")?;
        f.write_str(&Kind::ALL.map(Kind::section).join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match Kind::ALL.into_iter().find(|kind| kind.section() == key) {
                Some(kind) if self.known.iter().any(|(known, _)| *known == kind) => {
                    return Err(A::Error::custom(format!("{key} is there twice")));
                }
                Some(kind) => self.known.push((kind, map.next_value::<Option<Vec<E>>>()?.unwrap_or_default())),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    self.unknown.push(key);
                }
            }
        }
        Ok(self)
    }
}
