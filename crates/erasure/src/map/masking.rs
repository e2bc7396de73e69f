//! Masking strategies.

use rolecall_model::{
    json::{self, Object},
    nearest,
};
use serde_json::Value;

use super::remarks::{self, Remarks};
use crate::graph::{Digest, Masking};

/// What a map asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The row goes.
    Delete,
    /// The value stays.
    Preserve,
    /// Something takes its place.
    Mask(Masking),
}

/// The strategies, as maps name them.
const STRATEGIES: [&str; 7] =
    ["delete", "null_rewrite", "string_rewrite", "random_string_rewrite", "hash", "hmac", "preserve"];

/// How many characters a random text has if the map does not say.
const DEFAULT_RANDOM_LENGTH: u32 = 30;
/// How many characters a random or a constant text may have.
const MAX_LENGTH: u32 = 10_000;

/// The `masking_strategy_override` of a collection or field, if it has one that makes sense.
pub(super) fn override_in(meta: &Object<'_>, remarks: &mut Remarks) -> Option<Strategy> {
    let key = "masking_strategy_override";
    let path = meta.path_of(key);
    read(meta.get(key)?, &path, remarks)
}

/// A strategy: `{strategy: NAME, configuration: {...}}`, or the name alone.
pub(super) fn read(value: &Value, path: &str, remarks: &mut Remarks) -> Option<Strategy> {
    let empty = Value::Object(serde_json::Map::new());
    let (mut name_path, mut configuration) = (path.to_owned(), &empty);
    let name = if let Value::String(name) = value {
        name
    } else {
        let object = Object::of(value, path, &mut remarks.problems)?;
        remarks::check_keys(&object, &["strategy", "configuration"], &[], remarks);
        name_path = object.path_of("strategy");
        configuration = object.get("configuration").unwrap_or(&empty);
        object.text("strategy", &mut remarks.problems)
    };
    let configuration_path = json::child(path, "configuration");
    let configuration = Object::of(configuration, &configuration_path, &mut remarks.problems)?;
    let masking = match name {
        "" => return None,
        "delete" => return Some(Strategy::Delete),
        "preserve" => return Some(Strategy::Preserve),
        "null_rewrite" => Masking::Null,
        "string_rewrite" => Masking::Constant(constant(&configuration, remarks)?),
        "random_string_rewrite" => {
            remarks::check_keys(&configuration, &["length", "format_preservation"], &[], remarks);
            warn_of_suffix(&configuration, remarks);
            Masking::Random { length: length(&configuration, remarks) }
        }
        "hash" => Masking::Hash(digest(&configuration, remarks)?),
        "hmac" => Masking::Hmac(digest(&configuration, remarks)?),
        "aes_encrypt" => {
            remarks.problems.add_in_english(
                name_path,
                "can be undone by who has the key, so it erases nothing: take hash or null_rewrite",
            );
            return None;
        }
        other => {
            remarks.problems.add(name_path, nearest::unknown(other, STRATEGIES));
            return None;
        }
    };
    Some(Strategy::Mask(masking))
}

fn constant(configuration: &Object<'_>, remarks: &mut Remarks) -> Option<String> {
    remarks::check_keys(configuration, &["rewrite_value", "format_preservation"], &[], remarks);
    let mut text = match configuration.get("rewrite_value") {
        // Empty is a value, too.
        Some(Value::String(text)) => text.clone(),
        Some(other) => {
            let detail = format!("must be a string, not {}", json::kind(other));
            remarks.problems.add_in_english(configuration.path_of("rewrite_value"), detail);
            return None;
        }
        None => {
            remarks.problems.add_in_english(
                configuration.path_of("rewrite_value"),
                "is required: the text that takes each value's place",
            );
            return None;
        }
    };
    text.push_str(&suffix(configuration, remarks));
    if text.chars().count() > MAX_LENGTH as usize {
        let detail = format!("must have at most {MAX_LENGTH} characters");
        remarks.problems.add_in_english(configuration.path_of("rewrite_value"), detail);
        return None;
    }
    Some(text)
}

fn suffix(configuration: &Object<'_>, remarks: &mut Remarks) -> String {
    let Some(value) = configuration.get("format_preservation") else { return String::new() };
    let path = configuration.path_of("format_preservation");
    let Some(format) = Object::of(value, &path, &mut remarks.problems) else { return String::new() };
    remarks::check_keys(&format, &["suffix"], &[], remarks);
    format.text_if_any("suffix", &mut remarks.problems).unwrap_or_default().to_owned()
}

fn warn_of_suffix(configuration: &Object<'_>, remarks: &mut Remarks) {
    if !suffix(configuration, remarks).is_empty() {
        let detail = "The suffix is put behind constants only: the masked value will not end with it.";
        remarks.warn("suffix_ignored", configuration.path_of("format_preservation"), detail);
    }
}

fn length(configuration: &Object<'_>, remarks: &mut Remarks) -> u32 {
    let Some(value) = configuration.get("length") else { return DEFAULT_RANDOM_LENGTH };
    let length = value.as_u64().and_then(|length| u32::try_from(length).ok());
    length.filter(|length| (1..=MAX_LENGTH).contains(length)).unwrap_or_else(|| {
        let detail = format!("must be a whole number from 1 to {MAX_LENGTH}");
        remarks.problems.add_in_english(configuration.path_of("length"), detail);
        DEFAULT_RANDOM_LENGTH
    })
}

fn digest(configuration: &Object<'_>, remarks: &mut Remarks) -> Option<Digest> {
    remarks::check_keys(configuration, &["algorithm", "format_preservation"], &[], remarks);
    warn_of_suffix(configuration, remarks);
    if configuration.get("algorithm").is_none() {
        return Some(Digest::Sha256);
    }
    let word = configuration.text_if_any("algorithm", &mut remarks.problems)?;
    match word.to_ascii_uppercase().replace('_', "-").as_str() {
        "SHA-256" => Some(Digest::Sha256),
        "SHA-512" => Some(Digest::Sha512),
        _ => {
            remarks.problems.add_in_english(configuration.path_of("algorithm"), "must be SHA-256 or SHA-512");
            None
        }
    }
}
