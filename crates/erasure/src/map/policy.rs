//! What holds for every erasure: the top key `policy`.

use rolecall_model::{json::Object, problem::Problems};
use serde_json::Value;

use super::{
    Policy, duration,
    masking::{self, Strategy},
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
                remarks.problems.add_in_english(object.path_of("strategy"), detail);
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
        remarks.problems.add_in_english(object.path_of("settle"), "must be at most 1d");
    }
    read
}

fn targets(object: &Object<'_>, problems: &mut Problems) -> Vec<String> {
    let targets: Vec<_> = object.texts("targets", problems).into_iter().map(|(_, text)| text.to_owned()).collect();
    if targets.is_empty() {
        problems.add_in_english(object.path_of("targets"), "must name at least one category, such as user");
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
