//! The sample company that `rolecall demo` shows: an airline, kept as a manifest.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use rolecall_control::{
    Core, Ctx, Error,
    accounts::{self, Created},
    apps::{self, NewApp},
    bots,
    manifest_apply::{self, Options, Source},
    roles,
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    audit::Actor,
    manifest,
    page::Page,
    role::RoleType,
};
use rolecall_store::Meter;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::auth::key::sign_with_secret;

/// The company's name.
pub const NAME: &str = "Aurora Air";

/// The user who owns its account, and whom the manifest knows too.
const OWNER: &str = "ingrid.solberg@aurora-air.example";

/// Its people, bots, groups, roles, and who may do what.
const MANIFEST: &str = include_str!("demo/aurora.yaml");

/// A file of roles to import: one that differs from the company's, and a new one.
pub const ROLES: &str = include_str!("demo/roles.json");

/// The company, and an app of it that may do everything.
pub struct Company {
    /// Its account.
    pub account: Created,
    /// The app's id.
    pub client_id: String,
    /// The app's secret: of a sample, so it may be shown.
    pub client_secret: String,
    /// A token of the app that does not expire.
    pub token: String,
    /// The context of the operator's work on it.
    ctx: Ctx,
}

/// Makes the company.
pub async fn company(core: &Arc<Core>) -> anyhow::Result<Company> {
    let account = accounts::create(core, NAME, OWNER).await?;
    let ctx = Ctx::new(core, account.no, Actor::Operator, Meter::default());
    let records = manifest::parse_document(MANIFEST).map_err(Error::from)?;
    manifest_apply::apply(&ctx, &Source::document(records), Options::default()).await?;
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
    let client_secret = secret.expose_secret().to_owned();
    Ok(Company { account, client_id: made.client_id, client_secret, token, ctx })
}

/// A call to try.
pub(crate) struct Call {
    /// What it does.
    pub(crate) what: &'static str,
    /// The line that does it, to be pasted into a shell.
    pub(crate) line: String,
}

/// A line for each call worth trying. The file that one of them uploads is written to `folder`.
pub(crate) async fn calls(base: &str, company: &Company, folder: &Path) -> anyhow::Result<Vec<Call>> {
    let file = folder.join("demo-roles.json");
    std::fs::write(&file, ROLES).with_context(|| format!("cannot write {}", file.display()))?;
    let file = std::path::absolute(&file).unwrap_or(file);
    let roles = roles::export(&company.ctx, RoleType::Bot).await?;
    let role = roles.iter().find(|role| !role.is_built_in).context("the company has a role of its own")?;
    let bots = bots::list(&company.ctx, Page::first(1)).await?.items;
    let bot = &bots.first().context("the company has a bot")?.bot;

    let api = format!("{base}/api/public");
    let curl = format!("curl -sS -H 'auth: {}'", company.token);
    let json = "-H 'content-type: application/json'";
    let batch = json!([{
        "roleId": role.id,
        "botId": bot.id,
        "addUsers": [OWNER],
        "removeUsers": [""],
        "addGroups": ["Care Oslo"],
        "removeGroups": [""],
    }]);
    let upload = format!("{curl} -F file=@'{}' '{api}/uploadfile'", file.display());
    let file_id = format!("$({upload} | grep -o '[0-9a-f]\\{{24\\}}' | head -n 1)");
    let import = format!("{curl} {json} -d \"{{\\\"fileId\\\":\\\"{file_id}\\\"}}\"");
    Ok(vec![
        Call { what: "The roles people can have on a bot", line: format!("{curl} '{api}/roles?roleType=bot'") },
        Call {
            what: "Who has which role on what, two people at a time",
            line: format!("{curl} '{api}/alluserroles?limit=2'"),
        },
        Call {
            what: "Give a user and a group a role on a bot",
            line: format!("{curl} {json} -d '{batch}' '{api}/btroles/assignments/'"),
        },
        Call {
            what: "What importing a file of roles would change",
            line: format!("{import} '{api}/roles/import?roleType=bot&fullImport=false&dryRun=true'"),
        },
        Call { what: "Import it", line: format!("{import} '{api}/roles/import?roleType=bot&fullImport=false'") },
    ])
}
