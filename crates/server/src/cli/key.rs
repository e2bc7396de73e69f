//! `rolecall key`: the key that seals secrets, and the one that signs receipts.

use clap::Subcommand;
use rolecall_control::seal::SealingKey;
use rolecall_erasure::receipt;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Answer, Machine, open};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Key {
    /// Print a fresh key: keep it in a file or a vault, and give it with --key or ROLECALL_KEY
    Generate,
    /// Sign receipts with a fresh key from now on; what older ones have signed stays good
    RenewReceipts,
}

/// Prints a fresh key that seals secrets.
pub(super) fn generate(machine: &Machine) -> Answer {
    let key = SealingKey::generate(machine.random.bytes()).to_text();
    Answer::new(key.expose_secret(), json!({"key": key.expose_secret()}))
}

/// Makes a fresh key that signs receipts.
pub(super) async fn renew(config: &Config, machine: Machine) -> anyhow::Result<Answer> {
    let core = open::core(config, machine).await?;
    let id = receipt::rotate(&core).await?;
    core.db.close().await;
    let text = format!("Receipts are signed with key {id} from now on.\nWho keeps the key set fetches it again.");
    Ok(Answer::new(text, json!({"keyId": id})))
}
