//! Requests, as they fare.

use rolecall_control::{
    erasure::{PartReport, Report, StoreResult, SubjectReport, Summary},
    list::List,
};
use rolecall_model::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A request and how it fares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Its id.
    pub request_id: String,
    /// How far it is: `pending`, `resolving`, `planned`, `awaiting_approval`, `held`, `erasing`,
    /// `settling`, `verifying`, `done` or `cancelled`.
    pub state: &'static str,
    /// Why it is no further, in a word such as `plan_changed`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// The bots it is about, unless it is about all.
    pub bot_ids: Vec<String>,
    /// Whether it is about all bots.
    #[serde(rename = "RemoveDataFromAllBots")]
    pub remove_data_from_all_bots: bool,
    /// The grounds that were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounds: Option<String>,
    /// The hash of its plan, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// The hash of the data map it follows, once it follows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_map_hash: Option<String>,
    /// When it came.
    #[schema(value_type = String)]
    pub requested_at: Instant,
    /// When something last happened to it.
    #[schema(value_type = String)]
    pub updated_at: Instant,
    /// When work on it may begin.
    #[schema(value_type = String)]
    pub not_before: Instant,
    /// When its answer is due.
    #[schema(value_type = String)]
    pub deadline: Instant,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Instant>,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// When it is tried next, while it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next_attempt_at: Option<Instant>,
    /// Where its receipt is, once it is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Its parts, one for each store.
    pub stores: Vec<Part>,
    /// Whom it is about, in its order.
    pub subjects: Vec<Subject>,
    /// The rows that would not go, by what stood in their way.
    pub quarantine: Vec<Quarantined>,
}

/// A request's part in one store.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErasurePart)]
pub struct Part {
    /// The store's name in the data map.
    pub store: String,
    /// How far the part is, in the words of a request's state.
    pub state: &'static str,
    /// Why it is no further, or why it failed, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// How often it was put off in a row.
    pub attempts: i64,
    /// When it is tried next, if it was put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next_attempt_at: Option<Instant>,
    /// When it was looked at again after erasing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub rescanned_at: Option<Instant>,
    /// What is to be known about it: names of collections, with what is the matter.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub notes: String,
    /// How much of its work is done, while there is some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How much of the work in one store is done, in rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// How many there are.
    pub total: i64,
    /// How many are done with.
    pub done: i64,
}

/// How one person's erasure fares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErasureSubject)]
pub struct Subject {
    /// Who it is, as the request named them; gone 30 days after the request has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::subjects::Person>)]
    pub user_id: Option<Value>,
    /// The keyed hash they are known by on the receipt.
    pub subject: String,
    /// How it ended: `pending`, `erased`, `not_found`, `refused`, `held`, `partial` or `failed`.
    pub outcome: &'static str,
    /// Why, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// The same in each store.
    pub stores: Vec<InStore>,
}

/// How one person's erasure fares in one store. Counts are rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErasureInStore)]
pub struct InStore {
    /// The store's name in the data map.
    pub store: String,
    /// How it ended there.
    pub outcome: &'static str,
    /// Why, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// How many were found.
    pub found: i64,
    /// How many were deleted.
    pub erased: i64,
    /// How many stayed with their personal fields masked.
    pub masked: i64,
    /// How many would not go.
    pub quarantined: i64,
    /// How many the last look found again.
    pub refound: i64,
}

/// Rows that would not go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuarantinedRows)]
pub struct Quarantined {
    /// The store's name in the data map.
    pub store: String,
    /// The collection.
    pub collection: String,
    /// The database's code.
    pub code: String,
    /// The constraint or trigger, if the database names one.
    pub object: String,
    /// How many.
    pub rows: i64,
}

/// A page of requests, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasurePage {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub erasures: Vec<ErasureSummary>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A request in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureSummary {
    /// Its id.
    pub request_id: String,
    /// How far it is.
    pub state: &'static str,
    /// Why it is no further, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// When it came.
    #[schema(value_type = String)]
    pub requested_at: Instant,
    /// Who asked: `app:` and a client id, or `operator`.
    pub requested_by: String,
    /// When something last happened to it.
    #[schema(value_type = String)]
    pub updated_at: Instant,
    /// When its answer is due.
    #[schema(value_type = String)]
    pub deadline: Instant,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Instant>,
    /// How many people it is about.
    pub subjects: i64,
}

impl From<Report> for Erasure {
    fn from(report: Report) -> Self {
        let progress = |store: &str| {
            let found = report.progress.iter().find(|progress| progress.store == store);
            found.map(|progress| Progress { total: progress.total, done: progress.done })
        };
        let stores = report.stores.iter().map(|part| part_of(part, progress(&part.store)));
        Self {
            stores: stores.collect(),
            receipt: report.has_receipt.then(|| format!("/api/v1/erasures/{}/receipt", report.id)),
            request_id: report.id,
            state: report.state.as_str(),
            cause: report.cause,
            bot_ids: report.bot_ids,
            remove_data_from_all_bots: report.is_all_bots,
            grounds: report.grounds,
            plan_hash: report.plan_hash,
            data_map_hash: report.map_hash,
            requested_at: report.requested_at,
            updated_at: report.updated_at,
            not_before: report.not_before,
            deadline: report.deadline,
            ended_at: report.ended_at,
            attempts: report.attempts,
            next_attempt_at: report.next_attempt_at,
            subjects: report.subjects.into_iter().map(Into::into).collect(),
            quarantine: report
                .quarantine
                .into_iter()
                .map(|rows| Quarantined {
                    store: rows.store,
                    collection: rows.collection,
                    code: rows.code,
                    object: rows.object,
                    rows: rows.n_rows,
                })
                .collect(),
        }
    }
}

fn part_of(part: &PartReport, progress: Option<Progress>) -> Part {
    Part {
        store: part.store.clone(),
        state: part.state.as_str(),
        cause: part.cause.clone(),
        attempts: part.attempts,
        next_attempt_at: part.next_attempt_at,
        rescanned_at: part.rescanned_at,
        notes: part.notes.clone(),
        progress,
    }
}

impl From<SubjectReport> for Subject {
    fn from(report: SubjectReport) -> Self {
        Self {
            user_id: report.subject.map(|subject| subject.to_value()),
            subject: report.hash,
            outcome: report.outcome.as_str(),
            cause: report.cause,
            stores: report.stores.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<StoreResult> for InStore {
    fn from(result: StoreResult) -> Self {
        Self {
            store: result.store,
            outcome: result.outcome.as_str(),
            cause: result.cause,
            found: result.found,
            erased: result.erased,
            masked: result.masked,
            quarantined: result.quarantined,
            refound: result.refound,
        }
    }
}

impl From<List<Summary>> for ErasurePage {
    fn from(list: List<Summary>) -> Self {
        let erasures = list.items.into_iter().map(|summary| ErasureSummary {
            request_id: summary.id,
            state: summary.state.as_str(),
            cause: summary.cause,
            requested_at: summary.requested_at,
            requested_by: summary.requested_by,
            updated_at: summary.updated_at,
            deadline: summary.deadline,
            ended_at: summary.ended_at,
            subjects: summary.n_subjects,
        });
        Self { total: list.total, erasures: erasures.collect(), next_cursor: list.next_cursor }
    }
}
