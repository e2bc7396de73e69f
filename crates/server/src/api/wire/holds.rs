//! Holds, and who must not come back.

use rolecall_control::{
    erasure::{Hold, PlacedHold, Suppressed},
    list::List,
};
use rolecall_model::{erasure::Subject, json::Object, problem::Problems, time::Instant};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::{Person, known_only, user_ids};

/// A hold to be placed.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct HoldWish {
    /// Whose data is kept: 1 to 1,000 people.
    user_ids: Vec<Person>,
    /// Why; at most 500 characters.
    reason: String,
}

/// Reads the body of `POST holds`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<(Vec<Subject>, String), Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let subjects = user_ids(object, &mut problems);
    let reason = object.text("reason", &mut problems).to_owned();
    known_only(object, &["userIds", "reason"], &mut problems);
    problems.or_ok((subjects, reason))
}

/// A hold that was placed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewHold {
    /// Its id.
    pub hold_id: String,
    /// The requests about these people that are erasing already: for them it comes too late.
    pub underway: Vec<String>,
}

impl From<PlacedHold> for NewHold {
    fn from(placed: PlacedHold) -> Self {
        Self { hold_id: placed.id, underway: placed.underway }
    }
}

/// A page of holds, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldPage {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub holds: Vec<HoldRow>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A hold. Whom it is about is known only by keyed hashes, so it cannot be told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hold)]
pub struct HoldRow {
    /// Its id.
    pub hold_id: String,
    /// Why it was placed.
    pub reason: String,
    /// When.
    #[schema(value_type = String)]
    pub placed_at: Instant,
    /// By whom: `app:` and a client id, or `operator`.
    pub placed_by: String,
    /// When it was released, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub released_at: Option<Instant>,
    /// How many people it is about.
    pub subjects: i64,
}

impl From<List<Hold>> for HoldPage {
    fn from(list: List<Hold>) -> Self {
        let holds = list.items.into_iter().map(|hold| HoldRow {
            hold_id: hold.id,
            reason: hold.reason,
            placed_at: hold.placed_at,
            placed_by: hold.placed_by,
            released_at: hold.released_at,
            subjects: hold.n_subjects,
        });
        Self { total: list.total, holds: holds.collect(), next_cursor: list.next_cursor }
    }
}

/// Who of those that were asked about asked to be forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppressions {
    /// One element for each, in their order.
    pub subjects: Vec<Suppression>,
}

/// Whether somebody asked to be forgotten.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suppression {
    /// Who, as the call named them.
    #[schema(value_type = Person)]
    pub user_id: Value,
    /// Whether their data must not come back.
    pub is_suppressed: bool,
    /// The first request about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub since: Option<Instant>,
}

/// Brings those that were asked about and what is known of each together.
pub fn suppressions(subjects: &[Subject], known: Vec<Option<Suppressed>>) -> Suppressions {
    let subjects = subjects.iter().zip(known).map(|(subject, known)| Suppression {
        user_id: subject.to_value(),
        is_suppressed: known.is_some(),
        since: known.as_ref().map(|known| known.since),
        request_id: known.map(|known| known.erasure_id),
    });
    Suppressions { subjects: subjects.collect() }
}
