//! Reports and the audit log, and their files.

use crate::{walk::Walk, world::OWNER};

pub(super) async fn walk(walk: &mut Walk) {
    walk.open("/console/reports").await;
    walk.press("Find", &[("bot", "booking")]).await;
    walk.is_at("/console/reports/bot/").await;
    walk.sees("Conversation Designer").await;
    let (name, text) = walk.keep("Download as CSV").await;
    assert!(name == "bot-access.csv" && text.contains("Conversation Designer"), "{name}: {text}");

    walk.open("/console/reports").await;
    walk.press("Find", &[("person", OWNER)]).await;
    walk.is_at("/console/reports/person/").await;
    let (name, text) = walk.keep("Download as CSV").await;
    assert!(name == "person-access.csv" && text.contains(OWNER), "{name}: {text}");

    walk.open("/console/audit").await;
    walk.press("Find", &[("event", "Group Created"), ("text", "crew"), ("from", "2026-01-05T08:00")]).await;
    walk.sees("Night crew").await;
    let (name, text) = walk.keep("Export (NDJSON, OCSF)").await;
    assert!(name == "audit-log.ndjson" && text.lines().count() == 1 && text.contains("Night crew"), "{name}: {text}");
    walk.follow("Group created").await;
    walk.sees("The chain holds here").await;
}
