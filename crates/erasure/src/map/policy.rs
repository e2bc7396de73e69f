//! The top keys that are ours: `policy` and `stores`.

use std::collections::BTreeSet;

use rolecall_model::{
    json::{self, Object},
    problem::Problems,
};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Pace, Policy, StoreEntry, duration,
    masking::{self, Strategy},
    nodes::Store,
    remarks::{self, Remarks},
};
use crate::{engine::LONGEST_PAUSE_MS, graph::Masking};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `policy` as the map has it.
#[derive(Debug)]
pub(super) struct Read {
    /// What holds for every erasure.
    pub policy: Policy,
    /// The categories whose fields are masked.
    pub targets: Vec<String>,
    /// How, where a field does not say; nothing for not at all.
    pub strategy: Option<Masking>,
}

/// Reads `policy`, with the defaults for what is not there.
pub(super) fn read(map: &Object<'_>, remarks: &mut Remarks) -> Read {
    let mut read = Read {
        policy: Policy {
            settle_ms: 2_000,
            retry_for_ms: 25 * DAY_MS,
            needs_approval: false,
            grace_ms: 0,
            deadline_ms: 30 * DAY_MS,
        },
        targets: vec!["user".to_owned()],
        strategy: Some(Masking::Null),
    };
    let path = map.path_of("policy");
    let value = match map.get("policy") {
        None => return read,
        // In Fideslang the same key holds a list of its own kind of policies.
        Some(Value::Array(_)) => {
            let detail =
                "A list of policies is for other programs; the defaults hold. For ours, make `policy` an object.";
            remarks.warn("foreign_policy", path, detail);
            return read;
        }
        Some(value) => value,
    };
    let Some(object) = Object::of(value, &path, &mut remarks.problems) else { return read };
    remarks::check_keys(
        &object,
        &["targets", "strategy", "settle", "retry_for", "approval", "grace", "deadline"],
        &[],
        remarks,
    );
    if object.get("targets").is_some() {
        read.targets = targets(&object, &mut remarks.problems);
    }
    if let Some(value) = object.get("strategy") {
        match masking::read(value, &object.path_of("strategy"), remarks) {
            Some(Strategy::Mask(masking)) => read.strategy = Some(masking),
            Some(Strategy::Preserve) => read.strategy = None,
            Some(Strategy::Delete) => {
                let detail = "rows are deleted where their collection says so: give it a masking_strategy_override";
                remarks.problems.add(object.path_of("strategy"), detail);
            }
            None => {}
        }
    }
    let policy = &mut read.policy;
    policy.needs_approval = remarks::flag(&object, "approval", remarks);
    for (key, ms) in [
        ("settle", &mut policy.settle_ms),
        ("retry_for", &mut policy.retry_for_ms),
        ("grace", &mut policy.grace_ms),
        ("deadline", &mut policy.deadline_ms),
    ] {
        if let Some(value) = duration::read_ms(&object, key, &mut remarks.problems) {
            *ms = value;
        }
    }
    if policy.settle_ms > LONGEST_PAUSE_MS {
        remarks.problems.add(object.path_of("settle"), "must be at most 1d");
    }
    read
}

fn targets(object: &Object<'_>, problems: &mut Problems) -> Vec<String> {
    let targets: Vec<_> = object.texts("targets", problems).into_iter().map(|(_, text)| text.to_owned()).collect();
    if targets.is_empty() {
        problems.add(object.path_of("targets"), "must name at least one category, such as user");
    }
    targets
}

/// Whether one of `categories` is one of `targets` or below it: whole words between dots count, so
/// that `user.name` has `user.name.first` below it but not `user.names`.
pub(super) fn is_targeted(categories: &[String], targets: &[String]) -> bool {
    categories.iter().any(|category| {
        targets.iter().any(|target| {
            let rest = category.strip_prefix(target.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

/// Reads `stores`: each, and the datasets it says it holds with their places; no list where the map
/// gives none.
pub(super) fn stores(map: &Object<'_>, remarks: &mut Remarks) -> Vec<Store> {
    let path = map.path_of("stores");
    let Some(value) = map.get("stores") else {
        remarks
            .problems
            .add(path, "is required: say where the datasets are, stores: {NAME: {url: ..., datasets: [...]}}");
        return Vec::new();
    };
    let Some(object) = Object::of(value, &path, &mut remarks.problems) else { return Vec::new() };
    if object.map().is_empty() {
        remarks.problems.add(path.as_str(), "must name at least one store");
    }
    let mut folded = BTreeSet::new();
    let mut stores = Vec::new();
    for (name, value) in object.map() {
        let path = object.path_of(name);
        check_name(name, &path, &mut remarks.problems);
        if !folded.insert(name.to_lowercase()) {
            remarks.problems.add(path.as_str(), "is there twice, in other letters");
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
                remarks.problems.add(path, "must name at least one dataset");
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
        problems.add(path, "must have 1 to 64 letters, digits, _, - or .");
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
    problems.add(store.path_of("url"), detail);
}

fn pace(store: &Object<'_>, remarks: &mut Remarks) -> Pace {
    let Some(value) = store.get("pace") else { return Pace::default() };
    let path = store.path_of("pace");
    let Some(object) = Object::of(value, &path, &mut remarks.problems) else { return Pace::default() };
    remarks::check_keys(&object, &["rows_per_second", "max_replica_lag"], &[], remarks);
    let rows_per_second = object.get("rows_per_second").and_then(|value| {
        let rows = value.as_u64().and_then(|rows| u32::try_from(rows).ok()).filter(|rows| *rows > 0);
        if rows.is_none() {
            remarks.problems.add(object.path_of("rows_per_second"), "must be a whole number of rows, at least 1");
        }
        rows
    });
    Pace { rows_per_second, max_replica_lag_ms: duration::read_ms(&object, "max_replica_lag", &mut remarks.problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_targeted_by_whole_words() {
        let is = |category: &str, target: &str| is_targeted(&[category.to_owned()], &[target.to_owned()]);
        assert!(is("user.name", "user.name"));
        assert!(is("user.name.first", "user.name"));
        assert!(!is("user.names", "user.name"));
        assert!(!is("user", "user.name"));
        assert!(!is("system.user", "user"));
    }
}
