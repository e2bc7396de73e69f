//! `ETag` and `If-Match`: who edits something says which version of it they have seen (RFC 9110, sections
//! 8.8.3 and 13.1.1; RFC 6585, section 3).
//!
//! The tags are strong, as `If-Match` wants them: an answer with one is the same bytes whenever it has the
//! same tag, so it is not compressed on its way out.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use rolecall_control::version::{Expected, Version};
use rolecall_model::problem::Problem;
use serde::Serialize;
use utoipa::IntoParams;

use super::problem::ApiProblem;

use crate::say;

/// The header, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header that `IfMatch` reads")]
pub struct SeenVersion {
    /// The `ETag` of what the caller has seen, or `*` to change whatever is there by now.
    #[param(rename = "If-Match")]
    if_match: String,
}

/// The version that a caller has seen of what it changes; required.
#[derive(Debug)]
pub struct IfMatch(pub Expected);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiProblem> {
        expected(&parts.headers)?.map(Self).ok_or_else(ApiProblem::version_required)
    }
}

/// What `If-Match` says, if it is there.
fn expected(headers: &HeaderMap) -> Result<Option<Expected>, Problem> {
    let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let bad = || Problem::new("If-Match", say::must_be_etag());
    let mut versions = Vec::new();
    for value in values {
        let text = value.to_str().map_err(|_| bad())?.trim();
        if text == "*" {
            return Ok(Some(Expected::Any));
        }
        for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            let strong = tag.strip_prefix("W/").unwrap_or(tag);
            let inside = strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let inside = inside.filter(|inside| !inside.contains('"')).ok_or_else(bad)?;
            // A weak tag is one of what somebody made of our answer, and fits nothing.
            if strong.len() == tag.len() {
                versions.push(Version::named(inside));
            }
        }
    }
    Ok(Some(Expected::One(versions)))
}

/// An answer that shows a thing in this version.
pub fn tagged(status: StatusCode, version: &Version, shown: &impl Serialize) -> Response {
    let mut response = (status, Json(shown)).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", version.as_str())) {
        headers.insert(header::ETAG, tag);
    }
    // May be kept by who asked, who must ask again each time; nobody in between may change its bytes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache, no-transform"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<Expected>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        expected(&headers)
    }

    #[test]
    fn what_a_caller_expects_is_read() {
        let one = |tags: &[&str]| Ok(Some(Expected::One(tags.iter().map(|tag| Version::named(*tag)).collect())));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(Expected::Any)));
        assert_eq!(read(&["\"a\""]), one(&["a"]));
        assert_eq!(read(&["\"a\", \"b\"", " \"c\""]), one(&["a", "b", "c"]));
        assert_eq!(read(&["W/\"a\""]), one(&[]), "a weak tag fits nothing");
        for bad in ["a", "\"a", "\"", "\"a\" \"b\"", "a\"b\""] {
            assert!(read(&[bad]).is_err(), "{bad}");
        }
    }
}
