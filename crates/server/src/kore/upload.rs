//! `POST uploadfile` (wire 7.16).

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
};
use rolecall_control::files;
use rolecall_model::problem::Problem;

use super::wire::upload::{UploadForm, Uploaded};
use crate::{
    Server,
    auth::{Caller, UploadFiles},
    error::KoreError,
    say,
};

/// The most bytes the body may have: a file of the largest size, and what stands around it.
pub const MAX_FORM_BYTES: usize = files::MAX_BYTES + (1 << 20);

/// How many big uploads are in memory at once. While it is stored, a file is there several times.
pub const MAX_BIG: usize = 2;

/// From how many bytes on an upload is big. Small ones need no room of their own, so that they never
/// wait for a slow big one.
const BIG_BYTES: u64 = 1 << 20;

/// Upload a file
///
/// Stores the part `file` of the form. Its id is good for 30 days, for every app of the account.
/// Name, extension, type and context do not matter: what is in the file tells.
#[utoipa::path(
    post, path = "/api/public/uploadfile", tag = "Files",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The stored file.", body = Uploaded)),
)]
pub async fn upload(
    caller: Caller<UploadFiles>,
    State(server): State<Arc<Server>>,
    request: Request,
) -> Result<Json<Uploaded>, KoreError> {
    let _room = if is_small(request.headers()) { None } else { server.uploads.take().await };
    let content = file_of(request).await?;
    if content.len() > files::MAX_BYTES {
        return Err(KoreError::too_large(files::MAX_BYTES));
    }
    Ok(Json(files::upload(&caller.ctx, &content).await?.into()))
}

fn is_small(headers: &HeaderMap) -> bool {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    told.and_then(|text| text.parse().ok()).is_some_and(|size_bytes: u64| size_bytes < BIG_BYTES)
}

/// The content of the form's part `file`.
async fn file_of(request: Request) -> Result<Bytes, KoreError> {
    let (parts, body) = request.into_parts();
    // The body is read whole before it is taken apart: piece by piece, the search for the next
    // boundary would begin again with each piece.
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => KoreError::too_large(files::MAX_BYTES),
        _ => Problem::new("", say::body_unreadable()).into(),
    })?;
    let form = Multipart::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await;
    let mut form = form.map_err(|_| Problem::new("", say::must_be_multipart()))?;
    let mut content = None;
    while let Some(part) = form.next_field().await.map_err(|e| broken(&e))? {
        if part.name() != Some("file") {
            continue;
        }
        if content.is_some() {
            return Err(Problem::new("file", say::given_twice()).into());
        }
        content = Some(part.bytes().await.map_err(|e| broken(&e))?);
    }
    content.ok_or_else(|| Problem::new("file", say::is_required()).into())
}

fn broken(_: &MultipartError) -> KoreError {
    Problem::new("", say::broken_multipart()).into()
}
