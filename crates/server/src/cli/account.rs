//! `rolecall account`: the tenants of this database.

use std::sync::Arc;

use clap::Subcommand;
use rolecall_control::{
    Core, Ctx, accounts,
    sign_in::{self, MadeLink},
};
use rolecall_model::audit::Actor;
use rolecall_store::Meter;
use secrecy::ExposeSecret as _;
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
    /// Print a link with which a user sets a password, once
    Link {
        /// The account [default: the only one there is]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// The user's e-mail address
        #[arg(long, value_name = "EMAIL")]
        user: String,
    },
    /// List the accounts
    List,
}

impl Account {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let answer = match self {
            Self::Create { name, owner } => create(&core, config, &name, &owner).await?,
            Self::Link { account, user } => link(&core, config, account.as_deref(), &user).await?,
            Self::List => list(&core).await?,
        };
        core.db.close().await;
        Ok(answer)
    }
}

async fn create(core: &Arc<Core>, config: &Config, name: &str, owner: &str) -> anyhow::Result<Answer> {
    let made = accounts::create(core, name, owner).await?;
    let ctx = Ctx::new(core, made.no, Actor::Operator, Meter::default());
    let link = sign_in::make_link(&ctx, &made.owner_id).await?;
    let url = set_up_url(config, &link);
    let text = format!(
        "Account {name} made.\n\naccount  {}\norg      {}\nowner    {} {}\nset up   {url}\n\n\
         The owner sets a password there, once, before {}.\n\
         Next: rolecall app create --account {} --name \"My app\" --all-scopes",
        made.account_id, made.org_id, made.owner_id, made.owner_email, link.expires_at, made.account_id
    );
    let owner = json!({"userId": made.owner_id, "emailId": made.owner_email});
    let json = json!({"accountId": made.account_id, "orgId": made.org_id, "owner": owner, "setUpUrl": url});
    Ok(Answer::new(text, json))
}

async fn link(core: &Arc<Core>, config: &Config, account: Option<&str>, email: &str) -> anyhow::Result<Answer> {
    let ctx = operator(core, account).await?;
    let link = sign_in::make_link_by_email(&ctx, email).await?;
    let url = set_up_url(config, &link);
    let text = format!("{url}\n\n{} sets a password there, once, before {}.", link.email, link.expires_at);
    Ok(Answer::new(text, json!({"emailId": link.email, "setUpUrl": url, "expiresAt": link.expires_at})))
}

/// Where a link leads: to the public URL, or as far as is known where the server listens.
fn set_up_url(config: &Config, link: &MadeLink) -> String {
    let listen = || format!("http://{}", config.listen);
    let base = config.public_url.as_ref().map_or_else(listen, |url| url.as_str().to_owned());
    format!("{base}/console/set-up/{}", link.token.expose_secret())
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
