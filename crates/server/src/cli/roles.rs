//! `rolecall roles`: taking an import of roles back.

use clap::Subcommand;
use rolecall_control::role_import;
use serde_json::json;

use super::{Answer, Machine, account, open};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Roles {
    /// Undo an import: everything it touched becomes what it was, if nobody touched it since
    Revert {
        /// The account's id; not needed while there is only one
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// The import's id: the header x-import-id of its answer, also in the audit log
        #[arg(long, value_name = "ID")]
        import: String,
    },
}

impl Roles {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let Self::Revert { account, import } = self;
        let core = open::core(config, machine).await?;
        let ctx = account::operator(&core, account.as_deref()).await?;
        let reversal = role_import::revert(&ctx, &import).await?;
        core.db.close().await;
        let text = format!("Import {import} reverted. To take that back: rolecall roles revert --import {reversal}");
        Ok(Answer::new(text, json!({"importId": import, "reversalId": reversal})))
    }
}
