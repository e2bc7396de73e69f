//! Pages of searches, and the tokens that go through them.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_model::{page::DEFAULT_LIMIT, problem::Problem};
use subtle::ConstantTimeEq as _;

use crate::{Ctx, say};

/// The most results a page may have.
pub const MAX_LIMIT: u32 = 1_000;

/// Signature bytes in a token: enough that nobody guesses one.
const SIGNATURE_BYTES: usize = 16;

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most results it has.
    limit: u32,
    /// The last result before it, as the search knows results; empty for the first page.
    after: Vec<u8>,
    /// The search.
    query: String,
}

impl Page {
    /// The page of the search `query` that the caller asks for: the first, or the one of `token`, which
    /// knows how long pages are.
    ///
    /// `query` says all about a search but its page. Errors: a token that this search of this account did
    /// not give out, a limit of 0 or another one than the pages before had.
    pub fn open(ctx: &Ctx, query: String, token: Option<&str>, limit: Option<u32>) -> Result<Self, Problem> {
        if limit == Some(0) {
            return Err(Problem::new("/page/limit", say::at_least_1()));
        }
        let limit = limit.map(|limit| limit.min(MAX_LIMIT));
        let Some(token) = token else {
            return Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), after: Vec::new(), query });
        };
        let bad = || {
            let detail = say::not_a_page_token();
            Problem::new("/page/token", detail)
        };
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
        let (signature, rest) = bytes.split_first_chunk::<SIGNATURE_BYTES>().ok_or_else(bad)?;
        let (given, after) = rest.split_first_chunk::<4>().ok_or_else(bad)?;
        let page = Self { limit: u32::from_be_bytes(*given), after: after.to_vec(), query };
        if !bool::from(signature.ct_eq(&page.signature(ctx, after))) {
            return Err(bad());
        }
        match limit {
            Some(limit) if limit != page.limit => Err(Problem::new("/page/limit", say::page_limit_stays(page.limit))),
            _ => Ok(page),
        }
    }

    /// The most results it has.
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// The number of the last result before it; 0 for the first page.
    pub(super) fn after_no(&self) -> i64 {
        self.after.as_slice().try_into().map_or(0, i64::from_be_bytes)
    }

    /// The name of the last result before it; empty, and so before all others, for the first page.
    pub(super) fn after_name(&self) -> &str {
        std::str::from_utf8(&self.after).unwrap_or_default()
    }

    /// The token of the page after the result `last`.
    pub(super) fn token(&self, ctx: &Ctx, last: &[u8]) -> String {
        let mut bytes = self.signature(ctx, last).to_vec();
        bytes.extend_from_slice(&self.limit.to_be_bytes());
        bytes.extend_from_slice(last);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Signs for this account, this search, this length of pages and this place.
    fn signature(&self, ctx: &Ctx, after: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signing = hmac::Context::with_key(ctx.core.sealing_key.places());
        // No list has this name, so that a cursor of one is no token.
        signing.update(format!("access {} {} {} ", ctx.account.0, self.limit, after.len()).as_bytes());
        signing.update(after);
        signing.update(self.query.as_bytes());
        let mut signature = [0; SIGNATURE_BYTES];
        signature.iter_mut().zip(signing.sign().as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }
}
