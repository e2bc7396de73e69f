//! The audit log: reading it, and proving that nobody rewrote it.

use std::fmt::Write as _;

use aws_lc_rs::digest;
use rolecall_store::audit::Entry;

/// The hash of `entry`, given the hash of the entry before it: SHA-256, in hex, over the account's
/// id, the hash before, and the entry's fields, each after its length so that no two different
/// entries are the same bytes.
pub(crate) fn chain(account_id: &str, before: &str, entry: &Entry) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let (seq, at_ms) = (entry.seq.to_string(), entry.at.as_ms().to_string());
    for field in [
        account_id,
        before,
        &seq,
        &at_ms,
        &entry.event,
        &entry.actor,
        &entry.target,
        &entry.description,
        &entry.before,
        &entry.after,
    ] {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    hex(context.finish().as_ref())
}

/// `bytes` in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
