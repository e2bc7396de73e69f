//! Lists and the cursors that go through them.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_model::problem::Problem;
use rolecall_store::accounts;

use crate::{Ctx, Error, say};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub items: Vec<T>,
    /// Where the next page begins, while there is one.
    pub next_cursor: Option<String>,
}

/// Signature bytes in a cursor: enough that nobody guesses one.
const SIGNATURE_BYTES: usize = 16;

/// The revision of the account: while it stays, so does every list of it.
pub async fn revision(ctx: &Ctx) -> Result<i64, Error> {
    if let Some(roster) = &ctx.roster {
        return Ok(roster.revision());
    }
    Box::pin(async {
        let mut tx = ctx.core.db.glance(&ctx.meter).await?;
        Ok(accounts::get(&mut tx, ctx.account).await?.revision)
    })
    .await
}

/// The cursor after row number `no` of list `name`. It is signed for this account and list, so a
/// cursor of another account, of another list or of somebody's invention is none.
pub fn cursor(ctx: &Ctx, name: &str, no: i64) -> String {
    let mut bytes = no.to_be_bytes().to_vec();
    bytes.extend_from_slice(sign(ctx, name, no).as_ref().get(..SIGNATURE_BYTES).unwrap_or_default());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The row number in a cursor that [`cursor`] made.
///
/// Errors: any other text, as a problem with the query parameter `cursor`.
pub fn open_cursor(ctx: &Ctx, name: &str, cursor: &str) -> Result<i64, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| not_a_cursor())?;
    let (no, signature) = bytes.split_first_chunk::<8>().ok_or_else(not_a_cursor)?;
    let no = i64::from_be_bytes(*no);
    let expected = sign(ctx, name, no);
    let expected = expected.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
    if subtle::ConstantTimeEq::ct_eq(signature, expected).into() { Ok(no) } else { Err(not_a_cursor()) }
}

/// The cursor after a row that three numbers name; otherwise as [`cursor`].
pub fn cursor_of_three(ctx: &Ctx, name: &str, nos: [i64; 3]) -> String {
    let mut bytes = Vec::with_capacity(3 * 8 + SIGNATURE_BYTES);
    for no in nos {
        bytes.extend_from_slice(&no.to_be_bytes());
    }
    bytes.extend_from_slice(sign_three(ctx, name, nos).as_ref().get(..SIGNATURE_BYTES).unwrap_or_default());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The numbers in a cursor that [`cursor_of_three`] made.
///
/// Errors: any other text, as a problem with the query parameter `cursor`.
pub fn open_cursor_of_three(ctx: &Ctx, name: &str, cursor: &str) -> Result<[i64; 3], Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| not_a_cursor())?;
    let (parts, signature) = bytes.as_chunks::<8>().0.split_first_chunk::<3>().ok_or_else(not_a_cursor)?;
    let nos = parts.map(i64::from_be_bytes);
    let expected = sign_three(ctx, name, nos);
    let expected = expected.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
    let is_whole = bytes.len() == 3 * 8 + SIGNATURE_BYTES;
    let is_ours: bool = subtle::ConstantTimeEq::ct_eq(signature.as_flattened(), expected).into();
    if is_whole && is_ours { Ok(nos) } else { Err(not_a_cursor()) }
}

fn sign_three(ctx: &Ctx, name: &str, [first, second, third]: [i64; 3]) -> hmac::Tag {
    let text = format!("{name} {} {first} {second} {third}", ctx.account.0);
    hmac::sign(ctx.core.sealing_key.places(), text.as_bytes())
}

fn not_a_cursor() -> Problem {
    Problem::new("cursor", say::not_a_cursor())
}

fn sign(ctx: &Ctx, name: &str, no: i64) -> hmac::Tag {
    hmac::sign(ctx.core.sealing_key.places(), format!("{name} {} {no}", ctx.account.0).as_bytes())
}

/// Cuts the one row too many off that tells whether there is more, and makes the cursor for it.
pub(crate) fn page<T>(
    ctx: &Ctx,
    name: &str,
    total: i64,
    limit: u32,
    mut items: Vec<T>,
    no: impl Fn(&T) -> i64,
) -> List<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = if has_more { items.last().map(|last| cursor(ctx, name, no(last))) } else { None };
    List { total: u64::try_from(total).unwrap_or_default(), items, next_cursor }
}
