//! The people a call is about.

use rolecall_model::{
    erasure::{MAX_SUBJECTS, Subject},
    json::{Object, kind},
    nearest,
    problem::Problems,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::say;

/// A person: one identifier (an e-mail address, an id of the platform, of the organisation, or on a
/// channel), or an id together with its channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Person {
    /// One identifier.
    Plain(String),
    /// An id on a channel.
    Channel {
        /// The channel.
        channel_id: String,
        /// The id on it.
        channel_user_id: String,
    },
}

/// A list of people, and nothing else.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct People {
    /// Who: 1 to 1,000.
    user_ids: Vec<Person>,
}

/// Reads a body of `userIds` alone.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<Vec<Subject>, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let subjects = user_ids(object, &mut problems);
    known_only(object, &["userIds"], &mut problems);
    problems.or_ok(subjects)
}

/// The required list `userIds`.
pub(super) fn user_ids(object: Object<'_>, problems: &mut Problems) -> Vec<Subject> {
    let path = object.path_of("userIds");
    match object.get("userIds") {
        Some(Value::Array(values)) if (1..=MAX_SUBJECTS).contains(&values.len()) => {}
        Some(Value::Array(_)) => {
            problems.add(&path, say::must_name_people(MAX_SUBJECTS));
            return Vec::new();
        }
        Some(other) => {
            problems.add(&path, say::must_be_array(kind(other)));
            return Vec::new();
        }
        None => {
            problems.add(&path, say::is_required());
            return Vec::new();
        }
    }
    let mut subjects = Vec::new();
    object.each("userIds", problems, |value, path, problems| match Subject::parse(value, &path()) {
        Ok(subject) => subjects.push(subject),
        Err(problem) => problems.add(problem.path, problem.detail),
    });
    subjects
}

/// Refuses members that the call does not know: a misspelt one would otherwise mean that more is
/// erased, or sooner, than was asked for.
pub(super) fn known_only(object: Object<'_>, known: &[&str], problems: &mut Problems) {
    for key in object.map().keys().filter(|key| !known.contains(&key.as_str())) {
        problems.add(object.path_of(key), nearest::unknown(key, known.iter().copied()));
    }
}
