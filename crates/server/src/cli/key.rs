//! `rolecall key`: the key that seals secrets.

use clap::Subcommand;
use rolecall_control::seal::SealingKey;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Answer, Machine};

#[derive(Subcommand)]
pub(super) enum Key {
    /// Print a fresh key: keep it in a file or a vault, and give it with --key or ROLECALL_KEY
    Generate,
}

impl Key {
    pub(super) fn run(&self, machine: &Machine) -> Answer {
        let Self::Generate = self;
        let key = SealingKey::generate(machine.random.bytes()).to_text();
        Answer::new(key.expose_secret(), json!({"key": key.expose_secret()}))
    }
}
