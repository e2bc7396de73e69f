//! Lists that a caller has seen before: an `ETag` on each answer, and 304 while it still holds
//! (RFC 9110, sections 8.8.3 and 13.1.2).
//!
//! A list is what it was as long as its account has the same revision, so the tag is made from the
//! revision and the query, before the list is read: an unchanged one costs no reading and no
//! rendering. It is signed rather than plain, so that nobody learns from it how often an account
//! changes, and so that a tag of another account never fits.

use std::{convert::Infallible, sync::Arc};

use aws_lc_rs::hmac;
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_control::{Ctx, list, seal::SealingKey};

use crate::{Server, error::KoreError};

/// What tags are signed with.
pub struct Signer(hmac::Key);

/// Signature bytes in a tag: enough that two states never share one.
const SIGNATURE_BYTES: usize = 16;

impl Signer {
    /// The signer of every server that has this sealing key, so that a tag holds on all of them.
    pub fn new(key: &SealingKey) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key.derive("etag")))
    }

    /// The tag of what `uri` leads to on `account` at `revision`. It is weak, as bytes may differ
    /// where the content does not: the same list, compressed.
    fn tag(&self, account: i64, revision: i64, uri: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        // A release may write the same list otherwise than the one before.
        context.update(concat!(env!("CARGO_PKG_VERSION"), " ").as_bytes());
        context.update(&account.to_be_bytes());
        context.update(&revision.to_be_bytes());
        context.update(uri.as_bytes());
        let signature = context.sign();
        let mut tag = String::with_capacity(28);
        tag.push_str("W/\"");
        URL_SAFE_NO_PAD.encode_string(signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default(), &mut tag);
        tag.push('"');
        tag
    }
}

/// What a request for a list says of the answer its caller may have already.
pub struct Revisit {
    server: Arc<Server>,
    uri: String,
    seen: Vec<HeaderValue>,
}

impl FromRequestParts<Arc<Server>> for Revisit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Infallible> {
        let uri = parts.uri.path_and_query().map_or("", |both| both.as_str()).to_owned();
        let seen = parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect();
        Ok(Self { server: Arc::clone(server), uri, seen })
    }
}

impl Revisit {
    /// What `list` comes to, with its tag; or 304, without asking it, if the caller has that already.
    pub async fn answer<A: IntoResponse>(
        self,
        ctx: &Ctx,
        list: impl Future<Output = Result<A, KoreError>>,
    ) -> Result<Response, KoreError> {
        // Read before the list: a change in between leaves a new list under an old tag, which fits
        // nothing from then on. The other way round an old list could pass for the new one.
        let revision = list::revision(ctx).await?;
        let tag = self.server.tags.tag(ctx.account.0, revision, &self.uri);
        let mut response = if is_among(&tag, &self.seen) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            list.await?.into_response()
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(tag) {
            headers.insert(header::ETAG, tag);
        }
        // May be kept by who asked, who must ask again each time.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        Ok(response)
    }
}

/// Whether the values of `If-None-Match` name `tag`, or anything that is there.
fn is_among(tag: &str, seen: &[HeaderValue]) -> bool {
    let mut told = seen.iter().filter_map(|value| value.to_str().ok());
    // A comma inside somebody else's tag cuts it into pieces, none of which is one of ours.
    told.any(|value| value.split(',').map(str::trim).any(|one| one == "*" || opaque(one) == opaque(tag)))
}

/// A tag without what says that it is weak: for this question weak ones are as good.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}
