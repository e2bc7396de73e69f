//! What a page's form with a file sends.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
};
use rolecall_control::files;

use super::ConsoleError;
use crate::auth::session::is_from_here;

/// The most bytes that a field beside the file may have.
const MAX_FIELD_BYTES: usize = 1_000;

/// The most fields that such a form may have.
const MAX_FIELDS: usize = 10;

/// A file and the fields beside it.
#[derive(Debug)]
pub(super) struct Upload {
    fields: Vec<(String, String)>,
    /// What is in the file.
    pub(super) content: Bytes,
}

impl Upload {
    /// The field `name`; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ConsoleError> {
        if !is_from_here(request.headers()) {
            return Err(ConsoleError::from_elsewhere());
        }
        let unreadable = |_| ConsoleError::unreadable();
        let (parts, body) = request.into_parts();
        // The body is read whole before it is taken apart: piece by piece, the search for the next
        // boundary would begin again with each piece.
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
        let bytes = bytes.map_err(|_| ConsoleError::unreadable())?;
        let form = Multipart::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await;
        let mut form = form.map_err(|_| ConsoleError::unreadable())?;
        let (mut fields, mut content) = (Vec::new(), Bytes::new());
        while let Some(part) = form.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let value = part.bytes().await.map_err(unreadable)?;
            if name == "file" {
                content = value;
            } else if fields.len() < MAX_FIELDS && value.len() <= MAX_FIELD_BYTES {
                let value = std::str::from_utf8(&value).map_err(|_| ConsoleError::unreadable())?;
                fields.push((name, value.to_owned()));
            } else {
                return Err(ConsoleError::unreadable());
            }
        }
        if content.len() > files::MAX_BYTES { Err(ConsoleError::unreadable()) } else { Ok(Self { fields, content }) }
    }
}
