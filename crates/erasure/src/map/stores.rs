//! Where the datasets are: the top key `stores`.

use std::collections::BTreeSet;

use rolecall_model::{
    json::{self, Object},
    problem::Problems,
};
use secrecy::SecretString;

use super::{
    Pace, StoreEntry, duration,
    remarks::{self, Remarks},
};

/// A store and the datasets it says it holds, with their places in the map.
pub(super) type Store = (StoreEntry, Option<Vec<(String, String)>>);

/// Reads `stores`: each, and the datasets it says it holds with their places; no list where the map
/// gives none.
pub(super) fn read(map: &Object<'_>, remarks: &mut Remarks) -> Vec<Store> {
    let path = map.path_of("stores");
    let Some(value) = map.get("stores") else {
        remarks.problems.add_in_english(
            path,
            "is required: say where the datasets are, stores: {NAME: {url: ..., datasets: [...]}}",
        );
        return Vec::new();
    };
    let Some(object) = Object::of(value, &path, &mut remarks.problems) else { return Vec::new() };
    if object.map().is_empty() {
        remarks.problems.add_in_english(path.as_str(), "must name at least one store");
    }
    let mut folded = BTreeSet::new();
    let mut stores = Vec::new();
    for (name, value) in object.map() {
        let path = object.path_of(name);
        check_name(name, &path, &mut remarks.problems);
        if !folded.insert(name.to_lowercase()) {
            remarks.problems.add_in_english(path.as_str(), "is there twice, in other letters");
        }
        let Some(store) = Object::of(value, &path, &mut remarks.problems) else { continue };
        remarks::check_keys(&store, &["url", "datasets", "pace", "backups_expire_after"], &[], remarks);
        let url = store.text("url", &mut remarks.problems);
        check_url(url, &store, &mut remarks.problems);
        let datasets = store.get("datasets").is_some().then(|| {
            let named = store.texts("datasets", &mut remarks.problems).into_iter();
            let path = store.path_of("datasets");
            let datasets: Vec<_> = named.map(|(at, key)| (key.to_owned(), json::child(&path, at))).collect();
            if datasets.is_empty() {
                remarks.problems.add_in_english(path, "must name at least one dataset");
            }
            datasets
        });
        let entry = StoreEntry {
            name: name.clone(),
            url: SecretString::from(url.to_owned()),
            pace: pace(&store, remarks),
            backups_expire_after_ms: duration::read_ms(&store, "backups_expire_after", &mut remarks.problems),
        };
        stores.push((entry, datasets));
    }
    stores
}

fn check_name(name: &str, path: &str, problems: &mut Problems) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        problems.add_in_english(path, "must have 1 to 64 letters, digits, _, - or .");
    }
}

/// Tells of a URL that no store can be opened with. Never of what it says: it may hold a password.
fn check_url(url: &str, store: &Object<'_>, problems: &mut Problems) {
    let scheme = url.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let detail = match scheme.as_ref().map(|(scheme, rest)| (scheme.as_str(), *rest)) {
        // What is not there was told by who read it.
        _ if url.is_empty() => return,
        Some((_, "")) => "must say more than its beginning",
        Some(("sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb" | "file" | "env", _)) => return,
        Some(("redis" | "rediss" | "s3" | "http" | "https" | "mongodb" | "mongodb+srv", _)) => {
            "this kind of store is not supported yet; sqlite:, postgres:// and mysql:// are"
        }
        _ => "must begin with sqlite:, postgres://, mysql:// or mariadb://, or be file:PATH or env:NAME",
    };
    problems.add_in_english(store.path_of("url"), detail);
}

fn pace(store: &Object<'_>, remarks: &mut Remarks) -> Pace {
    let Some(value) = store.get("pace") else { return Pace::default() };
    let path = store.path_of("pace");
    let Some(object) = Object::of(value, &path, &mut remarks.problems) else { return Pace::default() };
    remarks::check_keys(&object, &["rows_per_second", "max_replica_lag"], &[], remarks);
    let rows_per_second = object.get("rows_per_second").and_then(|value| {
        let rows = value.as_u64().and_then(|rows| u32::try_from(rows).ok()).filter(|rows| *rows > 0);
        if rows.is_none() {
            remarks
                .problems
                .add_in_english(object.path_of("rows_per_second"), "must be a whole number of rows, at least 1");
        }
        rows
    });
    Pace { rows_per_second, max_replica_lag_ms: duration::read_ms(&object, "max_replica_lag", &mut remarks.problems) }
}
