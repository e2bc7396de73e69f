//! JSON that strangers send: read strictly and with bounds, then taken apart with every problem
//! told by its JSON pointer.
//!
//! Stricter than JSON where laxness has been used against servers of this kind: a repeated key is
//! an error (two readers would disagree about which one counts), and so is U+0000 in a text (no
//! PostgreSQL text can hold it). Depth is bounded by `serde_json`'s limit of 128, the number of
//! values by [`MAX_VALUES`]: a value in memory takes up to a hundred times its bytes on the wire.

use std::{cell::Cell, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{
    phrase::Text,
    problem::{Problem, Problems},
    say,
};

/// The most values one document may hold: every object, array, text, number, boolean and null
/// counts as one. An export of 20,000 bot roles, as large as anybody's should get, holds two
/// thirds of it.
pub const MAX_VALUES: usize = 1_000_000;

/// Reads one JSON document.
///
/// Errors: not UTF-8, not JSON, something after the document, a repeated key, U+0000 in a text,
/// more than 128 levels, or more than [`MAX_VALUES`]; told with line and column.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|e| Problem::new("", say::not_utf8(e.valid_up_to())))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Document(value) = Document::deserialize(&mut deserializer).map_err(|e| not_json(&e))?;
    deserializer.end().map_err(|e| not_json(&e))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    // serde_json's messages tell of the syntax and end with line and column; they quote no values
    // but those this module puts into them.
    let (line, column) = (error.line(), error.column());
    let told = error.to_string();
    let said = told.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&told);
    let own = [say::json_too_many_values(MAX_VALUES), say::json_nul(), say::json_key_repeated()];
    let why = own.into_iter().find(|own| own.to_string() == said);
    let why = why.unwrap_or_else(|| if error.is_eof() { say::json_ended(said) } else { say::json_wrong(said) });
    Problem::new("", say::not_json(why, line, column))
}

/// A document of another syntax than JSON, or one inside another, read as strictly as [`parse`]
/// reads JSON.
pub struct Document(pub Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Strict { values_left: &Cell::new(MAX_VALUES) }.deserialize(deserializer).map(Self)
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    values_left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.values_left.get().checked_sub(1) else {
            return Err(D::Error::custom(say::json_too_many_values(MAX_VALUES)));
        };
        self.values_left.set(left);
        deserializer.deserialize_any(self)
    }
}

fn checked<E: serde::de::Error>(text: String) -> Result<String, E> {
    if text.contains('\0') { Err(E::custom(say::json_nul())) } else { Ok(text) }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        checked(value.to_owned()).map(Value::String)
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        checked(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<Key>()? {
            let value = map.next_value_seed(self)?;
            if let serde_json::map::Entry::Vacant(free) = values.entry(checked(key.0)?) {
                free.insert(value);
            } else {
                return Err(A::Error::custom(say::json_key_repeated()));
            }
        }
        Ok(Value::Object(values))
    }
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// What kind of JSON value this is, for messages.
pub fn kind(value: &Value) -> Text {
    match value {
        Value::Null => say::kind_null(),
        Value::Bool(_) => say::kind_boolean(),
        Value::Number(_) => say::kind_number(),
        Value::String(_) => say::kind_string(),
        Value::Array(_) => say::kind_array(),
        Value::Object(_) => say::kind_object(),
    }
}

/// `path` extended by one step, escaped as RFC 6901 wants.
pub fn child(path: &str, step: impl fmt::Display) -> String {
    let step = step.to_string();
    if step.contains(['~', '/']) {
        format!("{path}/{}", step.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{path}/{step}")
    }
}

/// An object and where it stands in its document; its readers tell problems with full paths.
///
/// A `null` counts as absent everywhere, as clients of dynamic languages send it for "not given".
#[derive(Clone, Copy)]
pub struct Object<'a> {
    map: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Object<'a> {
    /// `value` as an object, or a problem.
    pub fn of(value: &'a Value, path: &'a str, problems: &mut Problems) -> Option<Self> {
        if let Value::Object(map) = value {
            return Some(Self { map, path });
        }
        problems.add(path, say::must_be_object(kind(value)));
        None
    }

    /// The members, in the order they came.
    pub fn map(&self) -> &'a Map<String, Value> {
        self.map
    }

    /// The pointer to member `key`.
    pub fn path_of(&self, key: &str) -> String {
        child(self.path, key)
    }

    /// The member `key`, unless it is absent or null.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A string that must be there and hold something; `""` together with a problem otherwise.
    pub fn text(&self, key: &str, problems: &mut Problems) -> &'a str {
        match self.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            Some(Value::String(_)) => {
                problems.add(self.path_of(key), say::must_not_be_empty());
                ""
            }
            Some(other) => {
                problems.add(self.path_of(key), say::must_be_string(kind(other)));
                ""
            }
            None => {
                problems.add(self.path_of(key), say::is_required());
                ""
            }
        }
    }

    /// A string that may be absent.
    pub fn text_if_any(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            other => {
                problems.add(self.path_of(key), say::must_be_string(kind(other)));
                None
            }
        }
    }

    /// A boolean that may be absent.
    pub fn bool_if_any(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(value) => Some(*value),
            other => {
                problems.add(self.path_of(key), say::must_be_bool(kind(other)));
                None
            }
        }
    }

    /// An array that may be absent; each element with its pointer is given to `each`.
    pub fn each(
        &self,
        key: &str,
        problems: &mut Problems,
        mut each: impl FnMut(&'a Value, &dyn Fn() -> String, &mut Problems),
    ) {
        match self.get(key) {
            None => {}
            Some(Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    each(value, &|| child(&self.path_of(key), index), problems);
                }
            }
            Some(other) => problems.add(self.path_of(key), say::must_be_array(kind(other))),
        }
    }

    /// An array of strings that may be absent: each string that is not blank, with its place.
    /// Blank ones are what clients send in lists they do not use (wire fact 7.3) and are skipped.
    pub fn texts(&self, key: &str, problems: &mut Problems) -> Vec<(usize, &'a str)> {
        let mut texts = Vec::new();
        let mut index = 0;
        self.each(key, problems, |value, path, problems| {
            match value {
                Value::String(text) if text.trim().is_empty() => {}
                Value::String(text) => texts.push((index, text.as_str())),
                other => problems.add(path(), say::must_be_string(kind(other))),
            }
            index += 1;
        });
        texts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for (text, told) in [
            (r#"{"a":1,"a":2}"#, "a key is repeated in one object"),
            (r#"{"a":{"b":1,"b":1}}"#, "a key is repeated in one object"),
            (r#"["\u0000"]"#, "U+0000"),
            (r#"{"\u0000":1}"#, "U+0000"),
            (r#"["\ud800"]"#, "JSON"),
            ("[1e999]", "number out of range"),
            ("[] []", "trailing characters"),
            ("", "EOF"),
        ] {
            let problem = parse(text.as_bytes()).expect_err(text);
            assert!(problem.to_string().contains(told), "{text}: {problem}");
        }
        assert!(parse(b"[\"\xff\"]").expect_err("not UTF-8").to_string().contains("byte 2"));
    }

    #[test]
    fn a_number_is_the_same_when_it_was_written_and_read_again() {
        let value = parse(b"[18446744073467440709551616]").expect("JSON");
        assert_eq!(parse(value.to_string().as_bytes()), Ok(value));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(deep.as_bytes()).expect_err("too deep").to_string().contains("recursion limit"));
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let at_most = format!("[{}]", vec!["0"; MAX_VALUES - 1].join(","));
        assert!(parse(at_most.as_bytes()).is_ok());
        let more = format!("[{}]", vec!["0"; MAX_VALUES].join(","));
        assert!(parse(more.as_bytes()).expect_err("too many").to_string().contains("more than 1000000 values"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(parse("\u{FEFF}[]".as_bytes()), Ok(Value::Array(Vec::new())));
    }

    #[test]
    fn every_problem_is_told_with_its_pointer() {
        let value = parse(br#"{"t":1,"list":["", "x", 3],"a/b":"","flag":"yes"}"#).expect("JSON");
        let mut problems = Problems::default();
        let object = Object::of(&value, "/0", &mut problems).expect("object");
        assert_eq!(object.text("t", &mut problems), "");
        assert_eq!(object.text("a/b", &mut problems), "");
        assert_eq!(object.text("gone", &mut problems), "");
        assert_eq!(object.texts("list", &mut problems), [(1, "x")]);
        assert_eq!(object.bool_if_any("flag", &mut problems), None);
        assert_eq!(
            problems.to_string(),
            "/0/t: must be a string, not a number; /0/a~1b: must not be empty; /0/gone: is required; \
             /0/list/2: must be a string, not a number; /0/flag: must be true or false, not a string"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
