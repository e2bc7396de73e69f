//! `/api/v1/audit`: looking through the audit log, and taking it out.

use axum::{
    Json,
    http::header,
    response::{IntoResponse as _, Response},
};
use rolecall_control::audit::{self, Export, Filter, Linked};
use rolecall_model::{audit::Event, nearest, problem::Problem};
use serde_json::Value;

use super::{
    problem::{ApiProblem, Document},
    request::{Id, Query},
    wire::{
        audit::{AuditEntry, AuditPage, native},
        ocsf,
    },
};
use crate::{
    auth::{Caller, ReadAudit},
    kore::request::Params,
    say,
    streamed::streamed,
};

/// The most rows a page may have.
const MAX_LIMIT: u32 = 1_000;
/// The most characters of a text that is looked for.
const MAX_TEXT_CHARS: usize = 256;

/// Look through the audit log
///
/// A page of the entries that all given filters fit, the newest first. A search looks at 10,000 entries at a
/// time: a page may be short, or empty, and still have a `nextCursor`; `lookedBackTo` tells how far it has come.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit",
    params(
        ("event" = Option<String>, Query, description = "Only of this event.", example = "Role Created"),
        ("actor" = Option<String>, Query, description = "Only by this one: `app:` and a client id, `user:` and a user id, or `operator`."),
        ("target" = Option<String>, Query, description = "Only about the thing with this id."),
        ("text" = Option<String>, Query, description = "Only with this in the description, in any case of letters."),
        ("from" = Option<String>, Query, description = "Not from before this time, ISO 8601 with a zone, or a date."),
        ("to" = Option<String>, Query, description = "From before this time."),
        ("limit" = Option<String>, Query, description = "How many rows at most; 1000 is the maximum, 50 the default."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of entries.", body = AuditPage)),
)]
pub async fn list(caller: Caller<ReadAudit, ApiProblem>, Query(params): Query) -> Result<Json<AuditPage>, ApiProblem> {
    let filter = filter(&params)?;
    let page = params.page(&caller.ctx, audit::SEARCH, MAX_LIMIT)?;
    Ok(Json(audit::search(&caller.ctx, &filter, page).await?.into()))
}

fn filter(params: &Params) -> Result<Filter, Problem> {
    let event = params.get("event").map(|name| {
        let names = Event::ALL.iter().map(|event| event.name());
        Event::parse(name).ok_or_else(|| Problem::new("event", nearest::unknown(name, names)))
    });
    let text = params.get("text").map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_CHARS) {
        return Err(Problem::new("text", say::at_most_characters(MAX_TEXT_CHARS)));
    }
    Ok(Filter {
        event: event.transpose()?,
        actor: params.get("actor").map(str::to_owned),
        target: params.get("target").map(str::to_owned),
        text,
        from: params.time("from")?,
        until: params.time("to")?,
    })
}

/// Get an entry
///
/// An entry of the audit log with what was and what is, and whether the chain holds where it stands.
#[utoipa::path(
    get, path = "/api/v1/audit/{id}", tag = "Audit",
    params(("id" = String, Path, description = "The entry's id.")),
    responses(
        (status = 200, description = "The entry.", body = AuditEntry),
        (status = 404, description = "The account has no entry with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ReadAudit, ApiProblem>, Id(id): Id) -> Result<Json<AuditEntry>, ApiProblem> {
    let found = audit::find(&caller.ctx, &id).await?;
    found.map(|detail| Json(detail.into())).ok_or_else(ApiProblem::not_found)
}

/// Take the audit log out
///
/// All entries that the filters fit, the oldest first, one JSON document a line, written while it is sent. As
/// `ocsf` each is an event of the Open Cybersecurity Schema Framework 1.9 (`user_management`,
/// `role_management`, `group_management` or `entity_management`) with the profile `record_integrity`; the
/// entry itself stands in `unmapped`. As `native` each is the entry with the hashes that chain it.
#[utoipa::path(
    get, path = "/api/v1/audit/export", tag = "Audit",
    params(
        ("format" = Option<String>, Query, description = "`ocsf`, which is the default, or `native`."),
        ("event" = Option<String>, Query, description = "Only of this event."),
        ("actor" = Option<String>, Query, description = "Only by this one."),
        ("target" = Option<String>, Query, description = "Only about the thing with this id."),
        ("text" = Option<String>, Query, description = "Only with this in the description, in any case of letters."),
        ("from" = Option<String>, Query, description = "Not from before this time, ISO 8601 with a zone, or a date."),
        ("to" = Option<String>, Query, description = "From before this time."),
    ),
    responses((status = 200, description = "One entry a line.", body = String, content_type = "application/x-ndjson")),
)]
pub async fn export(caller: Caller<ReadAudit, ApiProblem>, Query(params): Query) -> Result<Response, ApiProblem> {
    let filter = filter(&params)?;
    let told: fn(&str, &Linked) -> Value = match params.get("format") {
        None | Some("ocsf") => ocsf::event,
        Some("native") => |_, linked| native(linked),
        Some(_) => return Err(Problem::new("format", say::must_be_export_format()).into()),
    };
    let ctx = caller.ctx.clone();
    let mut export = Export::begin(&ctx, filter).await?;
    let body = streamed(async move |sink| {
        while let Some(entries) = export.next(&ctx).await? {
            let mut lines = String::new();
            for linked in &entries {
                lines.push_str(&told(export.account_id(), linked).to_string());
                lines.push('\n');
            }
            if !sink.send(lines.into_bytes()).await {
                break;
            }
        }
        Ok(())
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}
