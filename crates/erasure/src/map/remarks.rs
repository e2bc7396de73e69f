//! What is noted while a map is read: problems, odd things, and keys nobody knows.

use rolecall_model::{
    json::{self, Object},
    nearest,
    problem::{MAX_TOLD, Problems},
};
use serde_json::Value;

use super::{Finding, Severity};

/// What was noted so far.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// What makes the map no map.
    pub problems: Problems,
    /// What is odd about it. At most [`MAX_TOLD`].
    pub warnings: Vec<Finding>,
}

impl Remarks {
    /// Remarks something odd at `place`, which is a pointer into the map or the name of a field.
    pub(super) fn warn(&mut self, code: &'static str, place: impl Into<String>, detail: impl Into<String>) {
        if self.warnings.len() < MAX_TOLD {
            let (place, detail) = (place.into(), detail.into());
            self.warnings.push(Finding { severity: Severity::Warning, code, store: None, place, detail });
        }
    }
}

/// Remarks the keys of `object` that are neither `read` here nor known to mean nothing here (`other`).
pub(super) fn check_keys(object: &Object<'_>, read: &[&str], other: &[&str], remarks: &mut Remarks) {
    for key in object.map().keys() {
        if !read.contains(&key.as_str()) && !other.contains(&key.as_str()) {
            let known = read.iter().chain(other).copied();
            let detail = match nearest::nearest(key, known) {
                Some(nearest) => format!("Nobody here knows this key, so it does nothing: did you mean {nearest:?}?"),
                None => "Nobody here knows this key, so it does nothing.".to_owned(),
            };
            remarks.warn("unknown_key", object.path_of(key), detail);
        }
    }
}

/// A boolean that may be absent, and is false then. The words of YAML 1.1 count as well, for the
/// manifests that people have are written for readers of that version.
pub(super) fn flag(object: &Object<'_>, key: &str, remarks: &mut Remarks) -> bool {
    match object.get(key) {
        None => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::String(word)) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => true,
            "false" | "no" | "off" => false,
            _ => {
                remarks.problems.add_in_english(object.path_of(key), "must be true or false");
                false
            }
        },
        Some(other) => {
            remarks
                .problems
                .add_in_english(object.path_of(key), format!("must be true or false, not {}", json::kind(other)));
            false
        }
    }
}
