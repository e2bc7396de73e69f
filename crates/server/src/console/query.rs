//! What a page's address says: the id in its path, and its query.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use rolecall_model::{problem::Problem, time::Instant};
use url::form_urlencoded;

use super::ConsoleError;
use crate::{Server, kore::request::Params};

/// How many rows a page of a list has.
pub(super) const ROWS: u32 = 50;

/// The parameters of a page's query, each at most once.
#[derive(Debug)]
pub(super) struct Query(pub(super) Params);

impl FromRequestParts<Arc<Server>> for Query {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Server>) -> Result<Self, ConsoleError> {
        Params::parse(parts.uri.query().unwrap_or_default()).map(Self).map_err(|_| ConsoleError::unreadable())
    }
}

impl Query {
    /// The parameter `name`, without the white space around it; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_default().trim()
    }

    /// The time `name`, if one was given: as fields of forms send it, in UTC, or with a zone.
    pub(super) fn at(&self, name: &str) -> Result<Option<Instant>, ConsoleError> {
        let text = self.field(name);
        if text.is_empty() {
            return Ok(None);
        }
        // A field of a form has no zone; the page says that it means UTC.
        let with_zone = match text.len() {
            16 => format!("{text}:00Z"),
            19 => format!("{text}Z"),
            _ => text.to_owned(),
        };
        let at = Instant::parse(&with_zone).map_err(|error| Problem::new(name, error))?;
        Ok(Some(at))
    }
}

/// The id in a path. One that cannot be read is one that nothing has.
#[derive(Debug)]
pub(super) struct Id(pub(super) String);

impl FromRequestParts<Arc<Server>> for Id {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Server>) -> Result<Self, ConsoleError> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| ConsoleError::not_found())?;
        if id.contains('\0') { Err(ConsoleError::not_found()) } else { Ok(Self(id)) }
    }
}

/// `path` with a query of those `parameters` that are not empty.
pub(super) fn href(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A time as a field of a form has it, in UTC.
pub(super) fn as_field(at: Option<Instant>) -> String {
    at.map(|at| at.to_string().chars().take("2026-01-31T09:30".len()).collect()).unwrap_or_default()
}
