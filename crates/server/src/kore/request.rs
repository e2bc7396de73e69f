//! What comes in: query parameters and JSON bodies, read with their problems told.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use rolecall_control::{Ctx, list};
use rolecall_model::{
    json,
    page::{self, Page, Start},
    problem::Problem,
    role::RoleType,
    time::Instant,
};
use serde_json::Value;

use crate::{error::KoreError, say};

/// The most bytes a JSON body may have.
pub const MAX_BODY_BYTES: usize = 8 << 20;

/// The most parameters a query may have. No call has use for as many, and each is compared with
/// those before it, so that the tens of thousands that fit into a URL would cost seconds.
pub const MAX_PARAMS: usize = 100;

/// The parameters of a query, each at most once.
#[derive(Debug)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters in `query`, as a URL has them after its `?`.
    ///
    /// Errors: a parameter given twice, one with U+0000 in it, or more than [`MAX_PARAMS`].
    pub fn parse(query: &str) -> Result<Self, Problem> {
        // The path does not matter; the type's only way in is a whole URI.
        let Ok(uri) = format!("/?{query}").parse() else {
            return Err(Problem::new("", say::query_not_encoded()));
        };
        let Ok(Query(params)) = Query::<Vec<(String, String)>>::try_from_uri(&uri) else {
            return Err(Problem::new("", say::query_not_pairs()));
        };
        if params.len() > MAX_PARAMS {
            return Err(Problem::new("", say::query_at_most(MAX_PARAMS)));
        }
        for (index, (name, value)) in params.iter().enumerate() {
            if name.contains('\0') || value.contains('\0') {
                return Err(Problem::new("", say::query_nul()));
            }
            if params.iter().take(index).any(|(earlier, _)| earlier == name) {
                return Err(Problem::new(name.clone(), say::given_twice()));
            }
        }
        Ok(Self(params))
    }

    /// The value of `name`; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The required `roleType`.
    pub fn role_type(&self) -> Result<RoleType, Problem> {
        let role_type = self.get("roleType").and_then(RoleType::parse);
        role_type.ok_or_else(|| Problem::new("roleType", say::role_type_required()))
    }

    /// A parameter that is `true` or `false` in any case of letters (the vendor's documentation
    /// writes them with a capital in some languages), and false when it is absent.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(word) if word.eq_ignore_ascii_case("false") => Ok(false),
            Some(word) if word.eq_ignore_ascii_case("true") => Ok(true),
            Some(_) => Err(Problem::new(name, say::must_be_true_or_false())),
        }
    }

    /// A parameter that is a time.
    pub fn time(&self, name: &str) -> Result<Option<Instant>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        Instant::parse(text).map(Some).map_err(|e| Problem::new(name, e))
    }

    /// Which rows of list `name`: `limit` up to `max`, and `cursor` or else `offset` in records.
    pub fn page(&self, ctx: &Ctx, name: &str, max: u32) -> Result<Page, Problem> {
        let limit = page::parse_limit("limit", self.get("limit"), max)?;
        let start = match self.get("cursor") {
            Some(cursor) => Start::After(list::open_cursor(ctx, name, cursor)?),
            None => Start::Offset(page::parse_offset("offset", self.get("offset"))?),
        };
        Ok(Page { limit, start })
    }

    /// Which rows of list `name`: `limit` up to `max`, and those after `cursor`.
    pub fn cursor_page(&self, ctx: &Ctx, name: &str, max: u32) -> Result<Page, Problem> {
        let limit = page::parse_limit("limit", self.get("limit"), max)?;
        let after = self.get("cursor").map(|cursor| list::open_cursor(ctx, name, cursor)).transpose()?;
        Ok(Page { limit, start: Start::After(after.unwrap_or_default()) })
    }

    /// Which rows of a list whose `offset` counts pages (wire section 5).
    pub fn numbered_page(&self, max: u32) -> Result<Page, Problem> {
        let limit = page::parse_limit("limit", self.get("limit"), max)?;
        let number = page::parse_offset("offset", self.get("offset"))?;
        Ok(Page { limit, start: Start::Offset(number.saturating_mul(u64::from(limit))) })
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = KoreError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, KoreError> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default())?)
    }
}

/// The id in a path. One that cannot be read is empty, and nothing has that.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = KoreError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, KoreError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(id.map_or_else(|_| String::new(), |Path(id)| id)))
    }
}

/// A JSON body, read strictly (see [`rolecall_model::json`]).
#[derive(Debug)]
pub struct Body(pub Value);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = KoreError;

    async fn from_request(request: Request, state: &S) -> Result<Self, KoreError> {
        match read_json(request, state).await {
            Ok(value) => Ok(Self(value)),
            Err(Unreadable::TooLarge) => Err(KoreError::too_large(MAX_BODY_BYTES)),
            Err(Unreadable::Problem(problem)) => Err(problem.into()),
        }
    }
}

/// Why there is no JSON in a request.
#[derive(Debug)]
pub enum Unreadable {
    /// It is over [`MAX_BODY_BYTES`].
    TooLarge,
    /// It is not the JSON it should be.
    Problem(Problem),
}

/// The JSON in a request, read strictly.
pub async fn read_json<S: Send + Sync>(request: Request, state: &S) -> Result<Value, Unreadable> {
    json::parse(&read_bytes(request, state).await?).map_err(Unreadable::Problem)
}

/// The body of a request.
pub async fn read_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Unreadable> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Unreadable::TooLarge
        } else {
            // The client went away or broke the transfer off; nobody reads this.
            Unreadable::Problem(Problem::new("", say::body_unreadable()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_once_and_within_bounds() {
        let numbered = |n_params| (0..n_params).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Params::parse(&numbered(MAX_PARAMS)).expect("not too many").get("p99"), Some("1"));
        for (query, told) in [
            (numbered(MAX_PARAMS + 1), "the query must have at most 100 parameters"),
            ("limit=1&limit=2".to_owned(), "limit: is given twice"),
            ("name=%00".to_owned(), "the query must not hold U+0000"),
            ("a b".to_owned(), "the query must be percent-encoded"),
        ] {
            assert_eq!(Params::parse(&query).expect_err(&query).to_string(), told);
        }
    }
}
