//! What comes in, read as strictly as on the vendor's door, with this door's words for what is wrong.

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::request::Parts,
};
use serde_json::Value;

use super::problem::ApiProblem;
use crate::kore::request::{MAX_BODY_BYTES, Params, Unreadable, read_json};

/// A JSON body.
#[derive(Debug)]
pub struct Body(pub Value);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiProblem> {
        match read_json(request, state).await {
            Ok(value) => Ok(Self(value)),
            Err(Unreadable::TooLarge) => Err(ApiProblem::too_large(MAX_BODY_BYTES)),
            Err(Unreadable::Problem(problem)) => Err(problem.into()),
        }
    }
}

/// The parameters of a query, each at most once.
#[derive(Debug)]
pub struct Query(pub Params);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiProblem> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default())?))
    }
}

/// The id in a path. One that cannot be read is one that nothing has.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| ApiProblem::not_found())?;
        if id.contains('\0') { Err(ApiProblem::not_found()) } else { Ok(Self(id)) }
    }
}
