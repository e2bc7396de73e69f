//! Files: storing what was uploaded, and forgetting it in time.

use std::sync::Arc;

use aws_lc_rs::digest;
use rolecall_model::{
    audit::Event,
    ids::{Kind, hex24, prefixed},
};
use rolecall_store::{Meter, Tx, accounts, attempt, files};
use serde_json::{Value, json};

use crate::{Change, Core, Ctx, Error, Record, authority::acts, seal::hex};

/// The most bytes a file may have.
pub const MAX_BYTES: usize = 64 << 20;

/// How long a file can be used. Units: milliseconds.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// A file that was just stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Its id: 24 hex digits.
    pub id: String,
    /// The name it is stored under.
    pub name: String,
    /// SHA-1 over its content, in hex, as the vendor tells it. It names the content to people; no
    /// decision rests on it.
    pub sha1: String,
}

/// Stores a file of at most [`MAX_BYTES`], which the caller has bounded.
pub async fn upload(ctx: &Ctx, content: &[u8]) -> Result<Uploaded, Error> {
    let sha1 = hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, content).as_ref());
    let id = hex24(ctx.now(), ctx.core.random.bytes());
    let name = prefixed(Kind::FileName, ctx.core.random.bytes());
    let uploaded = Uploaded { id, name, sha1 };
    attempt!(ctx.attempts(), |tx| upload_in(ctx, tx, &uploaded, content)).map(|()| uploaded)
}

async fn upload_in(ctx: &Ctx, tx: &mut Tx, uploaded: &Uploaded, content: &[u8]) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::UPLOAD)?;
    let file = files::File {
        no: change.next_no(),
        id: uploaded.id.clone(),
        name: uploaded.name.clone(),
        sha1: uploaded.sha1.clone(),
        created_at: change.at,
        created_by: ctx.actor.as_text(),
    };
    files::insert(change.tx, ctx.account, &file, content).await?;
    change.record(Record {
        event: Event::FileUploaded,
        target: file.id.clone(),
        description: format!("File of {} bytes uploaded", content.len()),
        before: Value::Null,
        after: json!({"fileId": file.id, "fileName": file.name, "hash": file.sha1, "sizeBytes": content.len()}),
    });
    change.finish().await
}

/// Removes the files of every account that are older than 30 days; how many.
pub async fn forget_old(core: &Arc<Core>) -> Result<u64, Error> {
    let before = core.clock.now().plus_ms(-KEPT_MS);
    let meter = Meter::default();
    let accounts = accounts::list(&mut core.db.glance(&meter).await?).await?;
    let mut n_forgotten = 0;
    for account in accounts {
        n_forgotten += attempt!(core.db.attempts(&meter), |tx| files::remove_before(tx, account.no, before))?;
    }
    Ok(n_forgotten)
}
