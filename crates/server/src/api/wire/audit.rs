//! The audit log.

use rolecall_control::audit::{Detail, Entry, Found, Linked};
use rolecall_model::{audit::Event, time::Instant};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A page of the log, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The page.
    pub entries: Vec<AuditRow>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How far back was looked so far, if not all the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub looked_back_to: Option<Instant>,
}

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Its id.
    pub audit_log_id: String,
    /// When it happened.
    #[schema(value_type = String)]
    pub at: Instant,
    /// What happened.
    pub event: String,
    /// The heading the event stands under.
    pub category: &'static str,
    /// Who did it: `app:` and a client id, `user:` and a user id, or `operator`.
    pub actor: String,
    /// The ids of what it was done to.
    pub targets: Vec<String>,
    /// The same in a sentence.
    pub description: String,
}

impl AuditRow {
    fn of(id: String, entry: Entry) -> Self {
        Self {
            audit_log_id: id,
            at: entry.at,
            category: Event::parse(&entry.event).map_or("", Event::category),
            event: entry.event,
            actor: entry.actor,
            targets: entry.target.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            description: entry.description,
        }
    }
}

impl From<Found> for AuditPage {
    fn from(found: Found) -> Self {
        let entries = found.entries.into_iter().map(|(id, entry)| AuditRow::of(id, entry));
        Self { entries: entries.collect(), next_cursor: found.next_cursor, looked_back_to: found.looked_back_to }
    }
}

/// An entry whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// What lists show of it.
    #[serde(flatten)]
    pub row: AuditRow,
    /// What was; null for what is new.
    #[schema(value_type = Object, nullable)]
    pub before: Value,
    /// What is; null for what is gone.
    #[schema(value_type = Object, nullable)]
    pub after: Value,
    /// Its place in the chain of entries.
    pub chain: Link,
}

/// The place of an entry in the chain.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// SHA-256, in hex, over the entry and the hash before it.
    pub hash: String,
    /// The hash of the entry before; empty for the first.
    pub previous_hash: String,
    /// Whether the hash is that of what the entry says, and what comes after it was made on top of it.
    pub holds: bool,
}

impl From<Detail> for AuditEntry {
    fn from(detail: Detail) -> Self {
        let Linked { id, entry, previous_hash, .. } = detail.linked;
        let chain = Link { number: entry.seq, hash: entry.hash.clone(), previous_hash, holds: detail.holds };
        let (before, after) = (read(&entry.before), read(&entry.after));
        Self { row: AuditRow::of(id, entry), before, after, chain }
    }
}

/// A text of the log as the JSON it is; nothing if it is empty.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// An entry as it lies in the log: all that its hash is made of.
pub(crate) fn native(linked: &Linked) -> Value {
    let entry = &linked.entry;
    json!({
        "auditLogId": linked.id,
        "number": entry.seq,
        "at": entry.at,
        "event": entry.event,
        "category": Event::parse(&entry.event).map_or("", Event::category),
        "actor": entry.actor,
        "target": entry.target,
        "description": entry.description,
        "before": read(&entry.before),
        "after": read(&entry.after),
        "hash": entry.hash,
        "previousHash": linked.previous_hash,
    })
}
