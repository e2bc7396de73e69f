//! `rolecall account`: the tenants of this database.

use std::sync::Arc;

use clap::Subcommand;
use rolecall_control::{Core, Ctx, accounts};
use rolecall_model::audit::Actor;
use rolecall_store::Meter;
use serde_json::json;

use super::{Answer, Machine, open};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Account {
    /// Make an account with its owner and the built-in roles
    Create {
        /// Its name
        #[arg(long)]
        name: String,
        /// The e-mail address of the user who owns it
        #[arg(long, value_name = "EMAIL")]
        owner: String,
    },
    /// List the accounts
    List,
}

impl Account {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let answer = match self {
            Self::Create { name, owner } => create(&core, &name, &owner).await?,
            Self::List => list(&core).await?,
        };
        core.db.close().await;
        Ok(answer)
    }
}

async fn create(core: &Arc<Core>, name: &str, owner: &str) -> anyhow::Result<Answer> {
    let made = accounts::create(core, name, owner).await?;
    let text = format!(
        "Account {name} made.\n\naccount  {}\norg      {}\nowner    {} {}\n\n\
         Next: rolecall app create --account {} --name \"My app\" --all-scopes",
        made.account_id, made.org_id, made.owner_id, made.owner_email, made.account_id
    );
    let owner = json!({"userId": made.owner_id, "emailId": made.owner_email});
    Ok(Answer::new(text, json!({"accountId": made.account_id, "orgId": made.org_id, "owner": owner})))
}

async fn list(core: &Core) -> anyhow::Result<Answer> {
    let accounts = accounts::list(core).await?;
    let json = accounts.iter().map(|account| {
        json!({"accountId": account.id, "orgId": account.org_id, "name": account.name, "users": account.n_users})
    });
    let json = json!({"accounts": json.collect::<Vec<_>>()});
    let lines =
        accounts.iter().map(|account| format!("{}  {:>9} users  {}", account.id, account.n_users, account.name));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    if text.is_empty() {
        text.push_str("There is no account yet; `rolecall account create` makes one.");
    }
    Ok(Answer::new(text, json))
}

/// The context of the operator's work on the account with id `id`, or on the only account there is.
pub(super) async fn operator(core: &Arc<Core>, id: Option<&str>) -> anyhow::Result<Ctx> {
    let no = match id {
        Some(id) => accounts::resolve(core, id).await?,
        None => match accounts::list(core).await?.as_slice() {
            [only] => only.no,
            [] => anyhow::bail!("there is no account yet; `rolecall account create` makes one"),
            _ => anyhow::bail!(
                "there are several accounts: say which with --account ID; `rolecall account list` shows them"
            ),
        },
    };
    Ok(Ctx::new(core, no, Actor::Operator, Meter::default()))
}
