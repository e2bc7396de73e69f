//! The text of a data map as a value, and the lines its parts stand on.

use std::fmt;

use rolecall_model::{
    json,
    problem::{Problem, Problems},
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Spanned, UserMessageFormatter};

use super::{Finding, MAX_MAP_BYTES};

/// The most nodes the text may come to once its aliases are followed: small aliases can make a small
/// file endless. A map as large as may be has about a node for eight bytes.
const MAX_NODES: usize = 200_000;
/// The most events the reader may see: a node is one, a list or an object two.
const MAX_EVENTS: usize = 2 * MAX_NODES;
/// The most of them that may be kept, to be repeated where an alias stands.
const MAX_ANCHORED_EVENTS: usize = 50_000;

/// Reads `text` as one YAML document (and so also as JSON).
///
/// YAML is read as version 1.2 has it, for names of columns may be `no` or `on`.
pub(super) fn parse(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_MAP_BYTES {
        return Err(Problem::in_english(
            "",
            format!("a data map has at most {MAX_MAP_BYTES} bytes, not {}", text.len()),
        ));
    }
    read::<json::Document>(text).map(|document| document.0)
}

fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Problem> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: MAX_EVENTS,
            max_recorded_anchor_events: MAX_ANCHORED_EVENTS,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.render_with_formatter(&UserMessageFormatter);
        Problem::in_english("", format!("is not the YAML it should be: {error}"))
    })
}

/// `problems`, each with the line of `text` that its pointer leads to, from top to bottom.
pub(super) fn with_lines(problems: Problems, text: &str) -> Problems {
    let lines = Lines::of(text);
    let mut problems = problems.into_vec();
    problems.sort_by_key(|problem| lines.find(&problem.path).line);
    let mut located = Problems::default();
    for problem in problems {
        located.add(lines.locate(&problem.path), problem.detail);
    }
    located
}

/// Puts the line in front of every place that is a pointer into `text`.
pub(super) fn add_lines(findings: &mut [Finding], text: &str) {
    if findings.is_empty() {
        return;
    }
    let lines = Lines::of(text);
    for finding in findings.iter_mut().filter(|finding| finding.place.starts_with('/')) {
        finding.place = lines.locate(&finding.place);
    }
}

/// The lines the parts of a document stand on.
struct Lines {
    line: u64,
    parts: Vec<(String, Lines)>,
}

impl Lines {
    /// The lines of a text that was read before.
    fn of(text: &str) -> Self {
        read::<Self>(text).unwrap_or(Self { line: 0, parts: Vec::new() })
    }

    /// The innermost part on the way of `pointer` that is there.
    fn find(&self, pointer: &str) -> &Self {
        let mut here = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let Some((_, part)) = here.parts.iter().find(|(name, _)| *name == step) else { break };
            here = part;
        }
        here
    }

    /// `pointer` with the line it leads to; as it is if nothing of it is there.
    fn locate(&self, pointer: &str) -> String {
        let part = self.find(pointer);
        if std::ptr::eq(part, self) { pointer.to_owned() } else { format!("line {} {pointer}", part.line) }
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Parts>::deserialize(deserializer)?;
        Ok(Self { line: spanned.referenced.line(), parts: spanned.value.0 })
    }
}

struct Parts(Vec<(String, Lines)>);

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Parts, E> {
        self.visit_unit()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Parts, E> {
        self.visit_unit()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Parts, E> {
        self.visit_unit()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Parts, E> {
        self.visit_unit()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Parts, E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element::<Lines>()? {
            parts.push((parts.len().to_string(), part));
        }
        Ok(Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = map.next_entry::<String, Lines>()? {
            parts.push(part);
        }
        Ok(Parts(parts))
    }
}
