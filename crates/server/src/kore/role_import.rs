//! `POST roles/import` (wire 7.5).

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use rolecall_control::role_import::{self, Order};
use rolecall_model::{json::Object, problem::Problems, role_import::Mode};

use super::{
    request::{Body, Params},
    wire::role_import::{Answer, ImportBody},
};
use crate::{
    Server,
    auth::{Caller, ManageRoles},
    error::KoreError,
};

/// How many imports are worked on at once, whatever their accounts: a file of the largest size takes
/// a few hundred megabytes while it is read.
pub const MAX_AT_ONCE: usize = 4;

/// Import roles
///
/// Creates and updates the custom roles of an uploaded file: a list of roles as an export, an
/// earlier import or a listing answers it. A role of the file is the account's role of its `refId`,
/// else the one of its name, else a new one; built-in roles are passed over. All of the file is
/// applied, or nothing.
#[utoipa::path(
    post, path = "/api/public/roles/import", tag = "Roles",
    params(
        ("roleType" = String, Query, description = "`admin` or `bot`.", example = "admin"),
        ("fullImport" = Option<String>, Query, description = "`true` deletes the custom roles of the type that the file lacks, with their assignments; `false`, the default, leaves them as they are."),
        ("dryRun" = Option<String>, Query, description = "Additive: `true` answers what the import would change, and changes nothing."),
    ),
    request_body = ImportBody,
    responses(
        (
            status = 200,
            description = "The custom roles of the file, in its order, as the account has them now; or the plan, if `dryRun` is true.",
            body = Answer,
            headers(("x-import-id" = String, description = "Additive: the id by which the import can be reverted; absent if nothing changed.")),
        ),
        (status = 400, description = "There is no such file, or something in it is wrong; nothing was imported.", body = crate::error::Errors),
    ),
)]
pub async fn import(
    caller: Caller<ManageRoles>,
    State(server): State<Arc<Server>>,
    params: Params,
    Body(body): Body,
) -> Result<impl IntoResponse, KoreError> {
    let mut problems = Problems::default();
    let file_id = Object::of(&body, "", &mut problems).map_or("", |body| body.text("fileId", &mut problems));
    problems.or_ok(())?;
    let mode = if params.flag("fullImport")? { Mode::Full } else { Mode::Incremental };
    let order = Order { role_type: params.role_type()?, file_id: file_id.to_owned(), mode };
    let is_dry = params.flag("dryRun")?;
    let _room = server.imports.take().await;
    if is_dry {
        let preview = role_import::preview(&caller.ctx, &order).await?;
        return Ok((None, Json(Answer::from(preview))));
    }
    let mut imported = role_import::import(&caller.ctx, &order).await?;
    let import_id = imported.import_id.take().map(|id| AppendHeaders([("x-import-id", id)]));
    Ok((import_id, Json(imported.into())))
}
