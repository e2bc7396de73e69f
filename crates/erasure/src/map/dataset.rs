//! Datasets and collections as a manifest has them, each with what is said of it.

use std::collections::BTreeSet;

use rolecall_model::json::{self, Object};
use serde_json::Value;

use super::{
    field::{Field, fields},
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

/// Reads `dataset`.
pub(super) fn read(map: &Object<'_>, remarks: &mut Remarks) -> Vec<Dataset> {
    let mut datasets = Vec::new();
    let mut keys = BTreeSet::new();
    if map.get("dataset").is_none() {
        remarks.problems.add_in_english(map.path_of("dataset"), "is required: the list of datasets");
    }
    for (path, value) in elements(map, "dataset", remarks) {
        if let Some(dataset) = dataset(value, path, remarks) {
            if !dataset.key.is_empty() && !keys.insert(dataset.key.clone()) {
                remarks.problems.add_in_english(json::child(&dataset.path, "fides_key"), "is there twice");
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
        remarks.problems.add_in_english(object.path_of("fides_key"), "may hold letters, digits, _, ., <, > and - only");
    }
    name::check(&key, object.path_of("fides_key"), remarks);
    let schema = with_meta(&object, remarks, |meta, remarks| {
        remarks::check_keys(meta, &["namespace"], &["resource_id", "after", "redact"], remarks);
        schema(meta, remarks)
    });
    let mut collections: Vec<Collection> = Vec::new();
    let mut names = BTreeSet::new();
    if object.get("collections").is_none() {
        remarks.problems.add_in_english(object.path_of("collections"), "is required");
    }
    for (path, value) in elements(&object, "collections", remarks) {
        let Some(collection) = collection(value, path, remarks) else { continue };
        if !collection.name.is_empty() && !names.insert(collection.name.clone()) {
            remarks.problems.add_in_english(json::child(&collection.path, "name"), "is there twice in this dataset");
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
        remarks.problems.add_in_english(object.path_of("name"), detail);
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
                remarks.problems.add_in_english(meta.path_of("masking_strategy_override"), detail);
                false
            }
        };
        let list = meta.path_of("erase_after");
        let named = meta.texts("erase_after", &mut remarks.problems);
        erase_after = named.into_iter().map(|(at, name)| (json::child(&list, at), name.to_owned())).collect();
    });
    if object.get("fields").is_none() {
        remarks.problems.add_in_english(object.path_of("fields"), "is required");
    }
    let categories = categories(&object, remarks);
    let fields = fields(&object, remarks);
    Some(Collection { path, name, categories, is_skipped, is_deleted, erase_after, fields })
}

/// The `data_categories` of `object`.
pub(super) fn categories(object: &Object<'_>, remarks: &mut Remarks) -> Vec<String> {
    let categories = object.texts("data_categories", &mut remarks.problems);
    categories.into_iter().map(|(_, category)| category.to_owned()).collect()
}

/// Gives `read` what programs of this kind have to know of `object`, under its key of today or of old.
pub(super) fn with_meta<T>(
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
pub(super) fn elements<'a>(object: &Object<'a>, key: &str, remarks: &mut Remarks) -> Vec<(String, &'a Value)> {
    let mut elements = Vec::new();
    object.each(key, &mut remarks.problems, |value, path, _| elements.push((path(), value)));
    elements
}

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
