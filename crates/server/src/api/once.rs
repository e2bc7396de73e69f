//! Calls that are to be done once, however often they are sent: those with an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! What is known of a key, and what a crash leaves of it, is in [`rolecall_control::idempotency`].

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx,
    idempotency::{self, Call, Claim, MAX_ANSWER_BYTES, Turn},
};
use rolecall_model::{json, problem::Problem};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::problem::ApiProblem;
use crate::{
    Server,
    kore::request::{MAX_BODY_BYTES, Unreadable, read_bytes},
    say,
};

/// The name of the header.
const KEY: &str = "idempotency-key";

/// The most characters a key may have.
const MAX_KEY_CHARS: usize = 255;

/// What a repeated answer says of itself.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How much longer than a request may take nobody else carries its call out. Units: milliseconds.
const LEASE_MARGIN_MS: i64 = 10_000;

/// The header, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header that `Once` reads")]
pub struct IdempotencyKey {
    /// A key of the caller's own making, such as a UUID, in quotes or without. The same call sent again with
    /// it within 24 hours is answered as it was the first time, with `Idempotent-Replayed: true`, and is not
    /// done again.
    #[param(rename = "Idempotency-Key", required = false)]
    idempotency_key: Option<String>,
}

/// A POST that changes something: its body, and the key it may have.
pub struct Once {
    server: Arc<Server>,
    route: String,
    target: String,
    key: Option<String>,
    body: Bytes,
}

impl FromRequest<Arc<Server>> for Once {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, ApiProblem> {
        let key = key(request.headers())?;
        let target = request.uri().path_and_query().map_or("", |both| both.as_str()).to_owned();
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let route = format!("{} {path}", request.method());
        let body = read_bytes(request, server).await.map_err(|unreadable| match unreadable {
            Unreadable::TooLarge => ApiProblem::too_large(MAX_BODY_BYTES),
            Unreadable::Problem(problem) => problem.into(),
        })?;
        Ok(Self { server: Arc::clone(server), route, target, key, body })
    }
}

/// The key in the headers, if there is one.
///
/// The draft has it as a string of structured fields (RFC 9651, section 3.3.3), in quotes; a key that
/// could stand between such quotes as it is may come without them, as many clients send it.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).and_then(unquoted).filter(|_| values.next().is_none());
    let key = key.filter(|key| (1..=MAX_KEY_CHARS).contains(&key.len()));
    let detail = say::must_be_idempotency_key(MAX_KEY_CHARS);
    key.map(Some).ok_or_else(|| Problem::new("Idempotency-Key", detail))
}

fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\,;".contains(&byte));
        return is_plain.then(|| text.to_owned());
    };
    let (mut key, mut chars) = (String::with_capacity(inner.len()), inner.chars());
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(key),
            '\\' => key.push(chars.next().filter(|next| matches!(next, '"' | '\\'))?),
            plain @ ' '..='~' => key.push(plain),
            _ => return None,
        }
    }
}

impl Once {
    /// The body, as JSON.
    pub fn json(&self) -> Result<Value, ApiProblem> {
        Ok(json::parse(&self.body)?)
    }

    /// What `work` answers; or, to a call that was answered before, what was answered then.
    ///
    /// With a key the work is a task of its own, which a caller who goes away does not end: it would leave a
    /// call behind of which nobody knows whether it was carried out.
    pub async fn answer<F>(self, ctx: Ctx, work: impl FnOnce(Ctx) -> F) -> Result<Response, ApiProblem>
    where
        F: Future<Output = Result<Response, ApiProblem>> + Send + 'static,
    {
        let Some(key) = &self.key else { return work(ctx).await };
        let time_limit = self.server.time_limit;
        let limit_ms = i64::try_from(time_limit.as_millis()).unwrap_or(i64::MAX);
        let call = Call {
            route: &self.route,
            key,
            payload: &[self.target.as_bytes(), &self.body],
            lease_ms: limit_ms.saturating_add(LEASE_MARGIN_MS),
        };
        match idempotency::claim(&ctx, &call).await? {
            Turn::Answered(answer) => Kept::read(answer.expose_secret()),
            Turn::Yours(claim) => {
                let ctx = Ctx { claim: Some(claim.clone()), ..ctx };
                let task = tokio::spawn(carry_out(ctx.clone(), claim, time_limit, work(ctx)));
                // It ends without an answer only if it panicked, which the hook on standard error tells of.
                task.await.unwrap_or_else(|_| Err(ApiProblem::internal()))
            }
        }
    }
}

/// Does `work` and keeps its answer.
async fn carry_out(
    ctx: Ctx,
    claim: Claim,
    time_limit: Duration,
    work: impl Future<Output = Result<Response, ApiProblem>>,
) -> Result<Response, ApiProblem> {
    let answer = tokio::time::timeout(time_limit, work).await.unwrap_or_else(|_| Err(ApiProblem::unavailable(10)));
    match answer {
        Ok(response) if response.status().is_success() => keep(&ctx, &claim, response).await,
        other => {
            if let Err(error) = idempotency::release(&ctx, &claim).await {
                tracing::warn!("a call with a key was not let go of: {error}");
            }
            other
        }
    }
}

/// Keeps an answer on its way out. That it could not be kept is nothing to the caller, who has it.
async fn keep(ctx: &Ctx, claim: &Claim, response: Response) -> Result<Response, ApiProblem> {
    let (parts, body) = response.into_parts();
    // All of it is in memory, so this does not fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().filter_map(told).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let kept = serde_json::to_vec(&kept).unwrap_or_else(|_| vec![0; MAX_ANSWER_BYTES + 1]);
    if let Err(error) = idempotency::keep(ctx, claim, &kept).await {
        tracing::warn!("the answer to a call with a key was not kept: {error}");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn told((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
}

/// An answer as it is kept. Every body of this door is text.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Kept {
    fn read(bytes: &[u8]) -> Result<Response, ApiProblem> {
        let kept: Self = serde_json::from_slice(bytes).map_err(|_| {
            tracing::error!("an answer that was kept cannot be read");
            ApiProblem::internal()
        })?;
        let status = StatusCode::from_u16(kept.status).map_err(|_| ApiProblem::internal())?;
        let mut response = (status, kept.body).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        for (name, value) in kept.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        key(&headers)
    }

    #[test]
    fn a_key_is_the_same_with_quotes_and_without() {
        let some = |key: &str| Ok(Some(key.to_owned()));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["8e03978e-40d5"]), some("8e03978e-40d5"));
        assert_eq!(read(&["\"8e03978e-40d5\" "]), some("8e03978e-40d5"));
        assert_eq!(read(&[r#""a \"b\" \\ c""#]), some(r#"a "b" \ c"#));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "k".repeat(256).leak();
        for bad in ["", "\"\"", "\"a", "a\"", "a b", "\"a\"b", "\"a\";p=1", "a,b", r#""\x""#, "ключ", long] {
            assert!(read(&[bad]).is_err(), "{bad:?}");
        }
        assert!(read(&["a", "a"]).is_err());
    }
}
