//! Fields as a manifest has them, each with what is said of it.

use std::collections::BTreeSet;

use rolecall_model::{
    json::{self, Object},
    nearest,
};
use serde_json::Value;

use super::{
    dataset::{categories, elements, with_meta},
    masking::{self, Strategy},
    name,
    remarks::{self, Remarks},
};

/// One field: a column, or a value inside one.
#[derive(Debug)]
pub(super) struct Field {
    /// Where it stands.
    pub path: String,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub categories: Vec<String>,
    /// Whether it is of the primary key.
    pub is_key: bool,
    /// The word for the identifier that is in it.
    pub identity: Option<String>,
    /// The fields its values are found in again, or come from.
    pub references: Vec<Reference>,
    /// What erasing does to it, if it says so itself.
    pub strategy: Option<Strategy>,
    /// How many values are in it.
    pub shape: Shape,
    /// The most characters its masked value may have.
    pub length: Option<u32>,
    /// Whether it is never changed.
    pub is_read_only: bool,
    /// Whether it holds the bot's id.
    pub is_bot: bool,
    /// The fields inside it.
    pub fields: Vec<Field>,
}

/// How many values are in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One.
    Single,
    /// One for each of several keys.
    Object,
    /// Any number.
    List,
}

/// One reference of a field.
#[derive(Debug)]
pub(super) struct Reference {
    /// Where it stands.
    pub path: String,
    /// The other dataset.
    pub dataset: String,
    /// The other collection and field.
    pub field: String,
    /// Which way values are followed.
    pub direction: Direction,
}

/// Which way the values of a reference are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the other field to this one.
    From,
    /// From this field to the other.
    To,
    /// Either way.
    Both,
}

/// Reads the `fields` of a collection or of another field.
pub(super) fn fields(object: &Object<'_>, remarks: &mut Remarks) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut names = BTreeSet::new();
    for (path, value) in elements(object, "fields", remarks) {
        let Some(field) = field(value, &path, remarks) else { continue };
        if !field.name.is_empty() && !names.insert(field.name.clone()) {
            remarks.problems.add_in_english(json::child(&field.path, "name"), "is there twice in one list of fields");
        }
        fields.push(field);
    }
    fields
}

fn field(value: &Value, path: &str, remarks: &mut Remarks) -> Option<Field> {
    let object = Object::of(value, path, &mut remarks.problems)?;
    let read = ["name", "fields", "fides_meta", "data_categories", "rolecall_meta"];
    remarks::check_keys(&object, &read, &FIELD_KEYS, remarks);
    let name = object.text("name", &mut remarks.problems).to_owned();
    name::check(&name, object.path_of("name"), remarks);
    let mut field = Field {
        name,
        categories: categories(&object, remarks),
        is_key: false,
        identity: None,
        references: Vec::new(),
        strategy: None,
        shape: Shape::Single,
        length: None,
        is_read_only: false,
        is_bot: is_bot(&object, remarks),
        fields: fields(&object, remarks),
        path: path.to_owned(),
    };
    with_meta(&object, remarks, |meta, remarks| field_meta(&mut field, meta, remarks));
    if field.shape == Shape::Single && !field.fields.is_empty() {
        field.shape = Shape::Object;
    }
    Some(field)
}

fn field_meta(field: &mut Field, meta: &Object<'_>, remarks: &mut Remarks) {
    let read = [
        "primary_key",
        "identity",
        "references",
        "data_type",
        "length",
        "read_only",
        "return_all_elements",
        "masking_strategy_override",
        "custom_request_field",
    ];
    remarks::check_keys(meta, &read, &["redact"], remarks);
    field.is_key = remarks::flag(meta, "primary_key", remarks);
    field.is_read_only = remarks::flag(meta, "read_only", remarks);
    field.identity = meta.text_if_any("identity", &mut remarks.problems).map(str::to_owned);
    field.length = length(meta, remarks);
    if meta.get("custom_request_field").is_some() {
        let detail = "Requests have no fields of their own here: no row is found through this one.";
        remarks.warn("custom_request_field_ignored", meta.path_of("custom_request_field"), detail);
    }
    let data_type = data_type(meta, remarks);
    field.shape = match data_type {
        Some((_, true)) => Shape::List,
        Some(("object", false)) => Shape::Object,
        _ => Shape::Single,
    };
    if !field.fields.is_empty() && data_type.is_some_and(|(word, _)| word != "object") {
        remarks
            .problems
            .add_in_english(meta.path_of("data_type"), "must be object, or left out, where there are fields inside");
    }
    if remarks::flag(meta, "return_all_elements", remarks) && field.shape != Shape::List {
        let detail = "is for lists only: data_type must end with []";
        remarks.problems.add_in_english(meta.path_of("return_all_elements"), detail);
    }
    field.strategy = match masking::override_in(meta, remarks) {
        Some(Strategy::Delete) => {
            let detail = "a field cannot be deleted, only its row: say so at the collection, or take null_rewrite";
            remarks.problems.add_in_english(meta.path_of("masking_strategy_override"), detail);
            None
        }
        strategy => strategy,
    };
    for (path, value) in elements(meta, "references", remarks) {
        field.references.extend(reference(value, &path, remarks));
    }
}

fn reference(value: &Value, path: &str, remarks: &mut Remarks) -> Option<Reference> {
    let object = Object::of(value, path, &mut remarks.problems)?;
    remarks::check_keys(&object, &["dataset", "field", "direction"], &[], remarks);
    let dataset = object.text("dataset", &mut remarks.problems).to_owned();
    let field = object.text("field", &mut remarks.problems).to_owned();
    let direction = match object.text_if_any("direction", &mut remarks.problems) {
        None => Direction::Both,
        Some("from") => Direction::From,
        Some("to") => Direction::To,
        Some(_) => {
            remarks.problems.add_in_english(object.path_of("direction"), "must be from or to, or left out for both");
            return None;
        }
    };
    let is_whole = !dataset.is_empty() && !field.is_empty();
    is_whole.then(|| Reference { path: path.to_owned(), dataset, field, direction })
}

/// The word of `data_type`, and whether it is a list of such.
fn data_type<'a>(meta: &Object<'a>, remarks: &mut Remarks) -> Option<(&'a str, bool)> {
    let word = meta.text_if_any("data_type", &mut remarks.problems)?;
    let (single, is_list) = word.strip_suffix("[]").map_or((word, false), |single| (single, true));
    if !DATA_TYPES.contains(&single) {
        remarks.problems.add(meta.path_of("data_type"), nearest::unknown(single, DATA_TYPES));
        return None;
    }
    Some((single, is_list))
}

fn length(meta: &Object<'_>, remarks: &mut Remarks) -> Option<u32> {
    let value = meta.get("length")?;
    let length = value.as_u64().and_then(|length| u32::try_from(length).ok()).filter(|length| *length > 0);
    if length.is_none() {
        remarks.problems.add_in_english(meta.path_of("length"), "must be a whole number of characters, at least 1");
    }
    length
}

fn is_bot(object: &Object<'_>, remarks: &mut Remarks) -> bool {
    let path = object.path_of("rolecall_meta");
    let Some(value) = object.get("rolecall_meta") else { return false };
    let Some(meta) = Object::of(value, &path, &mut remarks.problems) else { return false };
    remarks::check_keys(&meta, &["bot"], &[], remarks);
    remarks::flag(&meta, "bot", remarks)
}

/// The words of `data_type`.
const DATA_TYPES: [&str; 7] = ["string", "integer", "float", "boolean", "object_id", "object", "no_op"];

/// What fields say that changes nothing here.
const FIELD_KEYS: [&str; 5] = ["description", "data_purposes", "data_qualifier", "retention", "fidesops_meta"];
