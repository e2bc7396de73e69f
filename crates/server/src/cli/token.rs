//! `rolecall token`: a token to try a call with.

use anyhow::ensure;
use clap::Args;
use rolecall_control::{Core, apps};
use rolecall_model::{app::App, ids};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Answer, Machine, app, duration, open};
use crate::{auth::key::sign_with_secret, config::Config};

#[derive(Args)]
pub(super) struct Token {
    /// The app's client id
    #[arg(long, value_name = "ID")]
    app: String,
    /// How long it counts: 45s, 30m, 24h, 90d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration::parse)]
    ttl: i64,
    /// What its `sub` claim says
    #[arg(long, value_name = "TEXT", default_value = "rolecall")]
    sub: String,
}

/// The longest a token with a `jti` may count (wire fact 2.2).
const LONGEST_ONCE_MS: i64 = 3_600_000;

impl Token {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let app = app::find(&core, &self.app).await?;
        let now = core.clock.now();
        ensure!(app.is_live(now), "the app is disabled or has expired, so no token of it would count");
        let is_short = self.ttl <= LONGEST_ONCE_MS;
        ensure!(
            !app.enforces_jti || is_short,
            "the app's tokens are for single use and count for an hour at most: give --ttl 1h"
        );
        let mut claims = json!({
            "sub": self.sub,
            "appId": app.id,
            "iat": now.as_ms() / 1_000,
            "exp": now.plus_ms(self.ttl).as_ms() / 1_000,
        });
        if let (true, Value::Object(claims)) = (app.enforces_jti, &mut claims) {
            claims.insert("jti".to_owned(), ids::uuid(core.random.bytes()).into());
        }
        let token = sign(&core, &app, &claims)?;
        core.db.close().await;
        Ok(Answer::new(token.clone(), json!({"token": token})))
    }
}

/// A token with these claims, signed with the app's current secret.
///
/// Errors: the app signs with a private key, which only its maker has.
pub(super) fn sign(core: &Core, app: &App, claims: &Value) -> anyhow::Result<String> {
    let secrets = apps::secrets(core, app, core.clock.now())?;
    let Some(secret) = secrets.first() else {
        anyhow::bail!("the app signs with its own private key ({}), which Rolecall does not have", app.algorithm);
    };
    Ok(sign_with_secret(app.algorithm, secret.expose_secret().as_bytes(), claims)?)
}
