//! Requests to erase, as they are asked for and accepted.

use rolecall_control::erasure::{Accepted, NewErasure};
use rolecall_model::{json::Object, problem::Problems, time::Instant};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::{Person, known_only, user_ids};
use crate::{callbacks::Hosts, say};

/// The most characters that grounds may have.
pub const MAX_GROUNDS_CHARS: usize = 500;

/// Whose data is to go, and of which bots.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_scope`")]
pub struct ErasureScope {
    /// Whose: 1 to 1,000 people.
    user_ids: Vec<Person>,
    /// The bots whose data goes; needed unless `RemoveDataFromAllBots` is true, and ignored then.
    bot_ids: Option<Vec<String>>,
    /// Whether the data of all bots goes; false if left out.
    #[schema(rename = "RemoveDataFromAllBots")]
    remove_data_from_all_bots: Option<bool>,
}

/// An erasure to be done.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct ErasureWish {
    /// Whose: 1 to 1,000 people.
    user_ids: Vec<Person>,
    /// The bots whose data goes; needed unless `RemoveDataFromAllBots` is true, and ignored then.
    bot_ids: Option<Vec<String>>,
    /// Whether the data of all bots goes; false if left out.
    #[schema(rename = "RemoveDataFromAllBots")]
    remove_data_from_all_bots: Option<bool>,
    /// The hash of the plan that a preview showed: with any other the request stops, with the cause
    /// `plan_changed`, before anything is erased, until somebody approves or cancels it.
    plan_hash: Option<String>,
    /// When work on it may begin, as `2026-01-31` or `2026-01-31T09:30:00Z`.
    not_before: Option<String>,
    /// On what grounds, for the receipt; at most 500 characters, and naming nobody.
    grounds: Option<String>,
    /// Where to tell of each new state: an `https` URL of a host that the operator has listed.
    callback_url: Option<String>,
}

/// A request that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureAccepted {
    /// Its id.
    pub request_id: String,
}

impl From<Accepted> for ErasureAccepted {
    fn from(accepted: Accepted) -> Self {
        Self { request_id: accepted.id }
    }
}

const SCOPE: [&str; 3] = ["userIds", "botIds", "RemoveDataFromAllBots"];

/// Reads the body of a preview.
///
/// Errors: every place where it has not the right form.
pub fn parse_scope(body: &Value) -> Result<NewErasure, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let new = scope(object, &mut problems);
    known_only(object, &SCOPE, &mut problems);
    problems.or_ok(new)
}

/// Reads the body of a request, which may have `hosts` called back.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value, hosts: &Hosts) -> Result<NewErasure, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let mut new = scope(object, &mut problems);
    new.plan_hash = plan_hash(object, &mut problems);
    new.not_before = not_before(object, &mut problems);
    new.grounds = grounds(object, &mut problems);
    new.callback_url = callback_url(object, hosts, &mut problems);
    let known = [&SCOPE[..], &["planHash", "notBefore", "grounds", "callbackUrl"]].concat();
    known_only(object, &known, &mut problems);
    problems.or_ok(new)
}

fn scope(object: Object<'_>, problems: &mut Problems) -> NewErasure {
    let subjects = user_ids(object, problems);
    let is_all_bots = object.bool_if_any("RemoveDataFromAllBots", problems).unwrap_or_default();
    let bot_ids = object.texts("botIds", problems);
    // As the vendor has it: with all of them, some of them say nothing.
    let bot_ids = if is_all_bots { Vec::new() } else { bot_ids.into_iter().map(|(_, id)| id.to_owned()).collect() };
    if bot_ids.is_empty() && !is_all_bots {
        problems.add(object.path_of("botIds"), say::must_name_bot());
    }
    NewErasure { subjects, bot_ids, is_all_bots, ..NewErasure::default() }
}

fn plan_hash(object: Object<'_>, problems: &mut Problems) -> Option<String> {
    let hash = object.text_if_any("planHash", problems)?;
    if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(hash.to_lowercase());
    }
    problems.add(object.path_of("planHash"), say::must_be_plan_hash());
    None
}

fn not_before(object: Object<'_>, problems: &mut Problems) -> Option<Instant> {
    let text = object.text_if_any("notBefore", problems)?;
    Instant::parse(text).map_err(|error| problems.add(object.path_of("notBefore"), error)).ok()
}

fn grounds(object: Object<'_>, problems: &mut Problems) -> Option<String> {
    let grounds = object.text_if_any("grounds", problems)?.trim();
    if grounds.chars().count() > MAX_GROUNDS_CHARS {
        problems.add(object.path_of("grounds"), say::may_have_characters(MAX_GROUNDS_CHARS));
    }
    Some(grounds.to_owned()).filter(|grounds| !grounds.is_empty())
}

fn callback_url(object: Object<'_>, hosts: &Hosts, problems: &mut Problems) -> Option<String> {
    let text = object.text_if_any("callbackUrl", problems)?;
    match hosts.parse(text, &object.path_of("callbackUrl")) {
        Ok(url) => Some(url.into()),
        Err(problem) => {
            problems.add(problem.path, problem.detail);
            None
        }
    }
}
