//! `rolecall app`: client apps, which are who may call the API.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use rolecall_control::{
    Core, Ctx,
    apps::{self, Action, Credentials, NewApp},
};
use rolecall_model::{
    app::{Algorithm, App as ClientApp, Kind, Scope},
    audit::Actor,
    nearest,
};
use rolecall_store::Meter;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{Answer, Machine, account, duration, open};
use crate::{auth::key::Key, config::Config};

#[derive(Subcommand)]
pub(super) enum App {
    /// Register an app; its secret is shown this once
    Create(Create),
    /// List the account's apps
    List {
        /// The account's id; not needed while there is only one
        #[arg(long, value_name = "ID")]
        account: Option<String>,
    },
    /// Give an app a new secret; the old one counts a while longer
    Rotate {
        #[command(flatten)]
        which: Which,
        /// How long the old secret still counts: 45s, 30m, 24h, 90d
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration::parse)]
        overlap: i64,
    },
    /// Refuse an app's tokens from now on
    Disable(Which),
    /// Take an app's tokens again
    Enable(Which),
    /// Remove an app for good
    Delete(Which),
}

#[derive(Args)]
pub(super) struct Which {
    /// The app's client id
    #[arg(value_name = "ID", required_unless_present = "app")]
    id: Option<String>,
    /// The same, as a flag
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    app: Option<String>,
    /// The account's id; an app that is not of this account is not found
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

#[derive(Args)]
pub(super) struct Create {
    /// The account's id; not needed while there is only one
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The app's name
    #[arg(long)]
    name: String,
    /// Let it do everything
    #[arg(long, conflicts_with = "scope")]
    all_scopes: bool,
    /// What it may do, such as role_management:role_management; may be repeated
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = scope)]
    scope: Vec<Scope>,
    /// Where it counts as made: a builder app may only upload files
    #[arg(long, default_value = "admin", value_parser = ["admin", "builder"])]
    kind: String,
    /// A bot a builder app belongs to, by its id; may be repeated
    #[arg(long, value_name = "ID", num_args = 1..)]
    bot: Vec<String>,
    /// How its tokens are signed: HS256, HS512, RS256, RS512, ES256, EdDSA
    #[arg(long, value_name = "NAME", default_value = "HS256", value_parser = algorithm)]
    algorithm: Algorithm,
    /// The app's public key in PEM form, for RS256, RS512, ES256 and EdDSA
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Take each token once only: it must carry a jti and count for an hour at most
    #[arg(long)]
    enforce_jti: bool,
    /// After how long the app stops by itself: 90d
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    expires: Option<i64>,
}

impl App {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let answer = match self {
            Self::Create(create) => create.run(&core).await?,
            Self::List { account } => list(&account::operator(&core, account.as_deref()).await?).await?,
            Self::Rotate { which, overlap } => rotate(&core, &which, overlap).await?,
            Self::Disable(which) => act(&core, &which, Action::Disable, "disabled").await?,
            Self::Enable(which) => act(&core, &which, Action::Enable, "enabled").await?,
            Self::Delete(which) => act(&core, &which, Action::Delete, "deleted").await?,
        };
        core.db.close().await;
        Ok(answer)
    }
}

impl Create {
    async fn run(self, core: &Arc<Core>) -> anyhow::Result<Answer> {
        let ctx = account::operator(core, self.account.as_deref()).await?;
        let public_key = match &self.public_key {
            Some(path) => {
                let pem = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Key::from_public_pem(self.algorithm, &pem).with_context(|| path.display().to_string())?;
                Some(pem)
            }
            None => None,
        };
        let new = NewApp {
            name: self.name,
            kind: Kind::parse(&self.kind).unwrap_or(Kind::Admin),
            algorithm: self.algorithm,
            public_key,
            scopes: if self.all_scopes { Scope::ALL.to_vec() } else { self.scope },
            bots: self.bot,
            enforces_jti: self.enforce_jti,
            expires_at: self.expires.map(|ms| ctx.now().plus_ms(ms)),
        };
        let made = apps::create(&ctx, &new).await?;
        Ok(shown(&made, "The secret is shown this once; `rolecall app rotate` makes another."))
    }
}

async fn rotate(core: &Arc<Core>, which: &Which, overlap_ms: i64) -> anyhow::Result<Answer> {
    let (ctx, app) = which.find(core).await?;
    let made = apps::rotate(&ctx, &app.id, overlap_ms).await?;
    let until = ctx.now().plus_ms(overlap_ms);
    Ok(shown(&made, &format!("The secret is shown this once; the old one counts until {until}.")))
}

async fn act(core: &Arc<Core>, which: &Which, action: Action, done: &str) -> anyhow::Result<Answer> {
    let (ctx, app) = which.find(core).await?;
    apps::act(&ctx, &app.id, action).await?;
    Ok(Answer::new(format!("App {} {done}.", app.name), json!({"clientId": app.id, "state": done})))
}

async fn list(ctx: &Ctx) -> anyhow::Result<Answer> {
    let apps = apps::list(ctx).await?;
    let now = ctx.now();
    let state = |app: &ClientApp| match (app.is_enabled, app.is_live(now)) {
        (false, _) => "disabled",
        (true, false) => "expired",
        (true, true) => "enabled",
    };
    let mut text = Vec::new();
    let mut json = Vec::new();
    for app in &apps {
        let scopes: Vec<&str> = app.scopes.iter().map(|scope| scope.as_str()).collect();
        text.push(format!(
            "{}  {:<8}  {:<7}  {:<5}  {}\n    {}",
            app.id,
            state(app),
            app.kind.as_str(),
            app.algorithm,
            app.name,
            if scopes.is_empty() { "no scopes".to_owned() } else { scopes.join(" ") },
        ));
        json.push(json!({
            "clientId": app.id,
            "name": app.name,
            "state": state(app),
            "kind": app.kind.as_str(),
            "algorithm": app.algorithm.as_str(),
            "scopes": scopes,
            "bots": app.bots,
            "enforcesJti": app.enforces_jti,
            "createdAt": app.created_at,
            "expiresAt": app.expires_at,
        }));
    }
    if text.is_empty() {
        text.push("There is no app yet; `rolecall app create` makes one.".to_owned());
    }
    Ok(Answer::new(text.join("\n"), json!({"apps": json})))
}

fn shown(made: &Credentials, note: &str) -> Answer {
    let secret = made.client_secret.as_ref().map(SecretString::expose_secret);
    let json = json!({"clientId": made.client_id, "clientSecret": secret.map_or(Value::Null, Value::from)});
    let text = match secret {
        Some(secret) => format!("client id      {}\nclient secret  {secret}\n\n{note}", made.client_id),
        None => format!("client id  {}", made.client_id),
    };
    Answer::new(text, json)
}

impl Which {
    /// The app, and the context of the operator's work on its account.
    async fn find(&self, core: &Arc<Core>) -> anyhow::Result<(Ctx, ClientApp)> {
        let app = find(core, self.id.as_ref().or(self.app.as_ref()).map_or("", String::as_str)).await?;
        let ctx = match &self.account {
            Some(id) => account::operator(core, Some(id)).await?,
            None => Ctx::new(core, app.account_no, Actor::Operator, Meter::default()),
        };
        Ok((ctx, app))
    }
}

/// The app with that client id, of whichever account.
pub(super) async fn find(core: &Core, id: &str) -> anyhow::Result<ClientApp> {
    let app = apps::find(core, id, &Meter::default()).await?;
    app.context("there is no app with that id; `rolecall app list` shows them")
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| nearest::unknown(text, Scope::ALL.map(Scope::as_str)).to_string())
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::parse(text).ok_or_else(|| nearest::unknown(text, Algorithm::ALL.map(Algorithm::as_str)).to_string())
}
