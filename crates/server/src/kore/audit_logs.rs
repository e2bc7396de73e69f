//! `GET auditlogs` (wire 7.17).

use axum::Json;
use rolecall_control::audit::{self, Query};
use rolecall_model::{page, problem::Problem, time::Instant};

use super::{request::Params, wire::audit_logs::AuditLogs};
use crate::{
    auth::{Caller, ReadAudit},
    error::KoreError,
};

/// The most entries a page may have (wire fact 7.17).
const MAX_SIZE: u32 = 100;

const DAY_MS: i64 = 24 * 3_600_000;

/// List audit logs
///
/// A page of the account's audit log, newest first.
#[utoipa::path(
    get, path = "/api/public/auditlogs", tag = "Audit",
    params(
        ("size" = Option<String>, Query, description = "How many entries at most; 100 is the maximum, 50 the default."),
        ("offset" = Option<String>, Query, description = "How many pages of that size to skip."),
        ("fromDate" = Option<String>, Query, description = "From this day or instant on (UTC).", example = "2026-01-31"),
        ("toDate" = Option<String>, Query, description = "Up to this instant, or to the end of this day (UTC).", example = "2026-01-31T09:30:00.000Z"),
        ("fetchAfter" = Option<String>, Query, description = "The `AuditLogId` of the last entry of the page before; new entries do not shift such pages."),
    ),
    responses((status = 200, description = "A page of the log.", body = AuditLogs)),
)]
pub async fn list(caller: Caller<ReadAudit>, params: Params) -> Result<Json<AuditLogs>, KoreError> {
    let query = Query {
        size: page::parse_limit("size", params.get("size"), MAX_SIZE)?,
        page: page::parse_offset("offset", params.get("offset"))?,
        from: params.time("fromDate")?,
        until: until(&params)?,
        after: params.get("fetchAfter").map(str::to_owned),
    };
    Ok(Json(audit::list(&caller.ctx, &query).await?.into()))
}

/// The end of `toDate`: both a day and an instant belong to the time that is asked for.
fn until(params: &Params) -> Result<Option<Instant>, Problem> {
    let is_day = params.get("toDate").is_some_and(|text| text.len() == "2026-01-31".len());
    Ok(params.time("toDate")?.map(|at| at.plus_ms(if is_day { DAY_MS } else { 1 })))
}
