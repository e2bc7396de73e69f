//! Datasets as a manifest has them: collections and fields, each with what is said of it.

use std::collections::BTreeSet;

use rolecall_model::{
    json::{self, Object},
    nearest,
};
use serde_json::Value;

use super::{
    masking::{self, Strategy},
    name,
    remarks::{self, Remarks},
};

/// One dataset.
#[derive(Debug)]
pub(super) struct Dataset {
    /// Where it stands.
    pub path: String,
    /// Its key.
    pub key: String,
    /// The schema its tables are in, if it is not the default.
    pub schema: Option<String>,
    /// Its collections.
    pub collections: Vec<Collection>,
}

/// One collection.
#[derive(Debug)]
pub(super) struct Collection {
    /// Where it stands.
    pub path: String,
    /// Its name, which is its table's.
    pub name: String,
    /// What is said of the collection as a whole to be in it.
    pub categories: Vec<String>,
    /// Whether it is as if it were not there.
    pub is_skipped: bool,
    /// Whether erasing means that its rows go.
    pub is_deleted: bool,
    /// The collections that are erased before it, with where that is said.
    pub erase_after: Vec<(String, String)>,
    /// Its fields.
    pub fields: Vec<Field>,
}

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

/// Reads `dataset`.
pub(super) fn read(map: &Object<'_>, remarks: &mut Remarks) -> Vec<Dataset> {
    let mut datasets = Vec::new();
    let mut keys = BTreeSet::new();
    if map.get("dataset").is_none() {
        remarks.problems.add(map.path_of("dataset"), "is required: the list of datasets");
    }
    for (path, value) in elements(map, "dataset", remarks) {
        if let Some(dataset) = dataset(value, path, remarks) {
            if !dataset.key.is_empty() && !keys.insert(dataset.key.clone()) {
                remarks.problems.add(json::child(&dataset.path, "fides_key"), "is there twice");
            }
            datasets.push(dataset);
        }
    }
    datasets
}

fn dataset(value: &Value, path: String, remarks: &mut Remarks) -> Option<Dataset> {
    let object = Object::of(value, &path, &mut remarks.problems)?;
    remarks::check_keys(&object, &["fides_key", "collections", "fides_meta"], &DATASET_KEYS, remarks);
    let key = object.text("fides_key", &mut remarks.problems).to_owned();
    if !key.chars().all(|c| c.is_ascii_alphanumeric() || "_.<>-".contains(c)) {
        remarks.problems.add(object.path_of("fides_key"), "may hold letters, digits, _, ., <, > and - only");
    }
    name::check(&key, object.path_of("fides_key"), remarks);
    let schema = with_meta(&object, remarks, |meta, remarks| {
        remarks::check_keys(meta, &["namespace"], &["resource_id", "after", "redact"], remarks);
        schema(meta, remarks)
    });
    let mut collections: Vec<Collection> = Vec::new();
    let mut names = BTreeSet::new();
    if object.get("collections").is_none() {
        remarks.problems.add(object.path_of("collections"), "is required");
    }
    for (path, value) in elements(&object, "collections", remarks) {
        let Some(collection) = collection(value, path, remarks) else { continue };
        if !collection.name.is_empty() && !names.insert(collection.name.clone()) {
            remarks.problems.add(json::child(&collection.path, "name"), "is there twice in this dataset");
        }
        if collection.is_skipped {
            let detail = "skip_processing is set: nothing in this collection is erased.";
            remarks.warn("skipped", format!("{key}.{}", collection.name), detail);
        }
        collections.push(collection);
    }
    Some(Dataset { schema: schema.flatten(), key, collections, path })
}

fn schema(meta: &Object<'_>, remarks: &mut Remarks) -> Option<String> {
    let path = meta.path_of("namespace");
    // What else a namespace may say is of kinds of stores that are not read.
    let namespace = Object::of(meta.get("namespace")?, &path, &mut remarks.problems)?;
    let schema = namespace.text_if_any("schema", &mut remarks.problems).filter(|schema| !schema.is_empty())?;
    name::check(schema, namespace.path_of("schema"), remarks);
    Some(schema.to_owned())
}

fn collection(value: &Value, path: String, remarks: &mut Remarks) -> Option<Collection> {
    let object = Object::of(value, &path, &mut remarks.problems)?;
    remarks::check_keys(&object, &["name", "fields", "fides_meta", "data_categories"], &COLLECTION_KEYS, remarks);
    let name = object.text("name", &mut remarks.problems).to_owned();
    name::check(&name, object.path_of("name"), remarks);
    if name.contains('.') {
        let detail = "must not hold a dot; the schema of a table goes into fides_meta.namespace.schema of its dataset";
        remarks.problems.add(object.path_of("name"), detail);
    }
    let (mut is_deleted, mut is_skipped, mut erase_after) = (false, false, Vec::new());
    with_meta(&object, remarks, |meta, remarks| {
        let read = ["erase_after", "skip_processing", "masking_strategy_override"];
        remarks::check_keys(meta, &read, &["after", "partitioning", "redact"], remarks);
        is_skipped = remarks::flag(meta, "skip_processing", remarks);
        is_deleted = match masking::override_in(meta, remarks) {
            Some(Strategy::Delete) => true,
            None => false,
            Some(_) => {
                let detail = "a collection as a whole can only be deleted; other strategies are for fields";
                remarks.problems.add(meta.path_of("masking_strategy_override"), detail);
                false
            }
        };
        let list = meta.path_of("erase_after");
        let named = meta.texts("erase_after", &mut remarks.problems);
        erase_after = named.into_iter().map(|(at, name)| (json::child(&list, at), name.to_owned())).collect();
    });
    if object.get("fields").is_none() {
        remarks.problems.add(object.path_of("fields"), "is required");
    }
    let categories = categories(&object, remarks);
    let fields = fields(&object, remarks);
    Some(Collection { path, name, categories, is_skipped, is_deleted, erase_after, fields })
}

fn fields(object: &Object<'_>, remarks: &mut Remarks) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut names = BTreeSet::new();
    for (path, value) in elements(object, "fields", remarks) {
        let Some(field) = field(value, &path, remarks) else { continue };
        if !field.name.is_empty() && !names.insert(field.name.clone()) {
            remarks.problems.add(json::child(&field.path, "name"), "is there twice in one list of fields");
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
        remarks.problems.add(meta.path_of("data_type"), "must be object, or left out, where there are fields inside");
    }
    if remarks::flag(meta, "return_all_elements", remarks) && field.shape != Shape::List {
        let detail = "is for lists only: data_type must end with []";
        remarks.problems.add(meta.path_of("return_all_elements"), detail);
    }
    field.strategy = match masking::override_in(meta, remarks) {
        Some(Strategy::Delete) => {
            let detail = "a field cannot be deleted, only its row: say so at the collection, or take null_rewrite";
            remarks.problems.add(meta.path_of("masking_strategy_override"), detail);
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
            remarks.problems.add(object.path_of("direction"), "must be from or to, or left out for both");
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
        remarks.problems.add(meta.path_of("length"), "must be a whole number of characters, at least 1");
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

fn categories(object: &Object<'_>, remarks: &mut Remarks) -> Vec<String> {
    let categories = object.texts("data_categories", &mut remarks.problems);
    categories.into_iter().map(|(_, category)| category.to_owned()).collect()
}

/// Gives `read` what programs of this kind have to know of `object`, under its key of today or of old.
fn with_meta<T>(
    object: &Object<'_>,
    remarks: &mut Remarks,
    read: impl FnOnce(&Object<'_>, &mut Remarks) -> T,
) -> Option<T> {
    let key = ["fides_meta", "fidesops_meta"].into_iter().find(|key| object.get(key).is_some())?;
    let path = object.path_of(key);
    let meta = Object::of(object.get(key)?, &path, &mut remarks.problems)?;
    Some(read(&meta, remarks))
}

/// The elements of the list under `key`, each with where it stands.
fn elements<'a>(object: &Object<'a>, key: &str, remarks: &mut Remarks) -> Vec<(String, &'a Value)> {
    let mut elements = Vec::new();
    object.each(key, &mut remarks.problems, |value, path, _| elements.push((path(), value)));
    elements
}

/// The words of `data_type`.
const DATA_TYPES: [&str; 7] = ["string", "integer", "float", "boolean", "object_id", "object", "no_op"];

/// What datasets say that changes nothing here.
const DATASET_KEYS: [&str; 13] = [
    "name",
    "description",
    "organization_fides_key",
    "tags",
    "meta",
    "data_categories",
    "data_purposes",
    "data_qualifier",
    "fidesops_meta",
    "fidesctl_meta",
    "joint_controller",
    "retention",
    "third_country_transfers",
];

/// What collections say that changes nothing here.
const COLLECTION_KEYS: [&str; 5] = ["description", "data_purposes", "data_qualifier", "retention", "fidesops_meta"];

/// What fields say that changes nothing here.
const FIELD_KEYS: [&str; 5] = ["description", "data_purposes", "data_qualifier", "retention", "fidesops_meta"];
