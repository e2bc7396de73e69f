//! The audit log as the vendor writes it (wire 7.17).

use rolecall_control::audit::{Entry, Page};
use rolecall_model::{audit::Event, time::Instant};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLogs {
    /// How many entries there are in the time asked for.
    pub total: u64,
    /// The entries, newest first.
    pub auditlogs: Vec<AuditLog>,
    /// Whether older ones follow this page.
    #[serde(rename = "moreAvailable")]
    pub more_available: bool,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AuditLog {
    /// When it happened, in milliseconds since 1970 (UTC).
    #[serde(rename = "timestampValue")]
    pub timestamp_value: i64,
    /// When it happened.
    #[serde(rename = "Date/Time")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What happened, in a sentence.
    pub description: String,
    /// What happened, in the vendor's words.
    #[schema(example = "Role Created")]
    pub name: String,
    /// The heading it stands under.
    pub category: &'static str,
    /// Its id, for `fetchAfter`.
    pub audit_log_id: String,
    /// Additive: who did it, `app:` and the client id, or `operator`.
    #[serde(rename = "actor")]
    pub actor: String,
    /// Additive: the ids of what it was done to, with a space between.
    #[serde(rename = "target")]
    pub target: String,
    /// Additive: its link of the chain of hashes. Who keeps one elsewhere can prove later that
    /// nothing up to it was rewritten.
    #[serde(rename = "hash")]
    pub hash: String,
}

impl From<Page> for AuditLogs {
    fn from(page: Page) -> Self {
        let Page { total, entries, has_more } = page;
        Self { total, auditlogs: entries.into_iter().map(Into::into).collect(), more_available: has_more }
    }
}

impl From<(String, Entry)> for AuditLog {
    fn from((id, entry): (String, Entry)) -> Self {
        Self {
            timestamp_value: entry.at.as_ms(),
            at: entry.at,
            description: entry.description,
            category: Event::parse(&entry.event).map_or("", Event::category),
            name: entry.event,
            audit_log_id: id,
            actor: entry.actor,
            target: entry.target,
            hash: entry.hash,
        }
    }
}
