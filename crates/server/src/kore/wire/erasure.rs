//! Erasures as the vendor writes them (wire 7.1, 7.2), with what they leave open decided in wire 15.

use rolecall_control::erasure::{NewErasure, Report, StoreResult, SubjectReport};
use rolecall_model::{
    erasure::{MAX_SUBJECTS, Outcome, Subject},
    json::Object,
    problem::Problems,
    time::Instant,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::say;

/// Whose data is to be erased, and on which bots.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct ErasureBody {
    /// The people, at most 1,000: each a text (an e-mail address, a user's id, the organisation's id, an id on
    /// any channel), or an object with `channel_id` and `channel_user_id`.
    #[schema(value_type = Vec<Value>, example = json!(["ana@aurora-air.example", {"channel_id": "whatsapp", "channel_user_id": "4711"}]))]
    user_ids: Vec<Subject>,
    /// The bots whose data is erased; required unless `RemoveDataFromAllBots` is true, and ignored then.
    bot_ids: Option<Vec<String>>,
    /// Whether the data of all bots is erased; false unless it says so.
    #[schema(rename = "RemoveDataFromAllBots")]
    remove_data_from_all_bots: Option<bool>,
}

/// Reads the body of `DELETE eraseUsersData`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<NewErasure, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let mut subjects = Vec::new();
    object.each("userIds", &mut problems, |value, path, problems| {
        if subjects.len() <= MAX_SUBJECTS {
            match Subject::parse(value, &path()) {
                Ok(subject) => subjects.push(subject),
                Err(problem) => problems.add(problem.path, problem.detail),
            }
        }
    });
    if object.get("userIds").is_none() {
        problems.add("/userIds", say::is_required());
    }
    let is_all_bots = object.bool_if_any("RemoveDataFromAllBots", &mut problems).unwrap_or(false);
    let mut bot_ids = Vec::new();
    if !is_all_bots {
        object.each("botIds", &mut problems, |value, path, problems| match value {
            Value::String(id) => bot_ids.push(id.clone()),
            other => problems.add(path(), say::must_be_string(rolecall_model::json::kind(other))),
        });
        // A list of blanks is what clients send that do not use it (wire fact 7.3).
        if bot_ids.iter().all(|id| id.trim().is_empty()) {
            bot_ids.clear();
        }
    }
    problems.or_ok(NewErasure { subjects, bot_ids, is_all_bots, ..NewErasure::default() })
}

/// An erasure that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedErasure {
    /// Its id, for asking how it fares.
    #[schema(example = "eud-2a1f4b8e-1f0d-5c55-9d8c-0f4c6b1f5a3e")]
    pub request_id: String,
    /// Always `in-progress`.
    pub status: &'static str,
}

/// How an erasure fares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureStatus {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_on: Instant,
    /// When something last happened to it.
    #[schema(value_type = String, format = DateTime)]
    pub last_updated_on: Instant,
    /// Whether it is about all bots.
    #[serde(rename = "RemoveDataFromAllBots")]
    pub remove_data_from_all_bots: bool,
    /// The people, in the order they were named, each once.
    pub response: Vec<ErasedUser>,
}

/// How the erasure fares for one person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasedUser {
    /// Who it is, as the request named them; empty 30 days after the request has ended, when it is forgotten here too.
    pub user_id: Value,
    /// `IN_PROGRESS`, `SUCCESS` or `FAILED`.
    pub status: &'static str,
    /// Additive: `pending`, `erased`, `not_found`, `refused`, `held`, `partial` or `failed`.
    pub outcome: &'static str,
    /// Additive: why, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Additive: the same in each store.
    pub stores: Vec<ErasedInStore>,
}

/// How one person's data in one store fares. Counts are of rows. No key of it is one that scripts
/// search a whole answer for: `status`, `reason`, `msg`, `code`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedInStore {
    /// The store's name in the data map.
    pub store: String,
    /// The words are those of the person's outcome.
    pub outcome: &'static str,
    /// What was found to erase.
    pub found: i64,
    /// What was deleted.
    pub erased: i64,
    /// What was masked.
    pub masked: i64,
    /// What would not go.
    pub quarantined: i64,
}

/// The vendor's word for an outcome.
fn status(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pending | Outcome::Held => "IN_PROGRESS",
        Outcome::Erased | Outcome::NotFound => "SUCCESS",
        Outcome::Refused | Outcome::Partial | Outcome::Failed => "FAILED",
    }
}

/// A cause in words; a word that is new is told as it is.
fn detail(cause: String) -> Option<String> {
    let told = match cause.as_str() {
        "" => return None,
        "account_owner" => "owns the account",
        "bot_owner" => "owns a bot of the account",
        "bot_co_developer" => "holds a role on a bot of the account",
        "account_member" => "belongs to the account",
        "cancelled" => "the request was called off before anything was erased",
        "no_data_map" => "the account has no data map that says where data is",
        "no_identity" => "no collection of the data map knows this kind of identifier",
        "map_check" => "the data map does not fit a store as it is",
        "unreachable" => "a store could not be reached",
        "denied" => "a store did not allow it",
        "busy" => "a store was busy for too long",
        "quarantined" => "some rows would not go",
        "found_again" => "the data keeps coming back",
        "not_bot_scoped" => "some data belongs to no bot in particular",
        _ => return Some(cause),
    };
    Some(told.to_owned())
}

impl From<StoreResult> for ErasedInStore {
    fn from(result: StoreResult) -> Self {
        Self {
            store: result.store,
            outcome: result.outcome.as_str(),
            found: result.found,
            erased: result.erased,
            masked: result.masked,
            quarantined: result.quarantined,
        }
    }
}

impl From<SubjectReport> for ErasedUser {
    fn from(report: SubjectReport) -> Self {
        Self {
            user_id: report.subject.map_or_else(|| Value::from(""), |subject| subject.to_value()),
            status: status(report.outcome),
            outcome: report.outcome.as_str(),
            detail: detail(report.cause),
            stores: report.stores.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Report> for ErasureStatus {
    fn from(report: Report) -> Self {
        Self {
            id: report.id,
            created_on: report.requested_at,
            last_updated_on: report.updated_at,
            remove_data_from_all_bots: report.is_all_bots,
            response: report.subjects.into_iter().map(Into::into).collect(),
        }
    }
}
