//! The sample company that `rolecall demo` shows.

use std::sync::Arc;

use anyhow::Context as _;
use rolecall_control::{
    Core,
    accounts::{self, Created},
    apps::{self, NewApp},
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    audit::Actor,
};
use rolecall_store::Meter;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::auth::key::sign_with_secret;

/// The company's name.
pub(crate) const NAME: &str = "Aurora Air";

/// The company, and an app of it that may do everything.
pub(crate) struct Company {
    /// Its account.
    pub(crate) account: Created,
    /// The app's id.
    pub(crate) client_id: String,
    /// The app's secret: of a sample, so it may be shown.
    pub(crate) client_secret: String,
    /// A token of the app that does not expire.
    pub(crate) token: String,
}

/// Makes the company.
pub(crate) async fn company(core: &Arc<Core>) -> anyhow::Result<Company> {
    let account = accounts::create(core, NAME, "ingrid.solberg@aurora-air.example").await?;
    let ctx = core.ctx(account.no, Actor::Operator, Meter::default());
    let new = NewApp {
        name: "Demo".to_owned(),
        kind: Kind::Admin,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: Scope::ALL.to_vec(),
        bots: Vec::new(),
        enforces_jti: false,
        expires_at: None,
    };
    let made = apps::create(&ctx, &new).await?;
    let secret = made.client_secret.context("HS256 has a secret")?;
    let claims = json!({"sub": "demo", "appId": made.client_id});
    let token = sign_with_secret(Algorithm::Hs256, secret.expose_secret().as_bytes(), &claims)?;
    Ok(Company { account, client_id: made.client_id, client_secret: secret.expose_secret().to_owned(), token })
}

/// A call to try.
pub(crate) struct Call {
    /// What it does.
    pub(crate) what: &'static str,
    /// The line that does it, to be pasted into a shell.
    pub(crate) line: String,
}

/// A line for each call worth trying.
pub(crate) fn calls(base: &str, company: &Company) -> Vec<Call> {
    let curl = format!("curl -sS -H 'auth: {}'", company.token);
    vec![Call {
        what: "The roles people can have on a bot",
        line: format!("{curl} '{base}/api/public/roles?roleType=bot'"),
    }]
}
