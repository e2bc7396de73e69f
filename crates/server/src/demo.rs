//! The sample company that `rolecall demo` shows: an airline, kept as a manifest.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_control::{
    Core, Ctx, Error,
    accounts::{self, Created},
    apps::{self, NewApp},
    bots,
    erasure::{self, NewDataMap},
    manifest_apply::{self, Options, Source},
    roles,
    sign_in::{self, Gate},
};
use rolecall_erasure::{map, stores};
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

/// The guests its bots talk to, and what was said.
const CHAT: &str = include_str!("demo/chat.sql");

/// Whose data is where in that, and what erasing it means. `<url>` stands for where it is.
const CHAT_MAP: &str = include_str!("demo/chat.yaml");

/// The guest who is erased in the lines to try.
const GUEST: &str = "nora.berg@guest.example";

/// More bots than the company has.
const MAX_BOTS: u32 = 50;

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
    /// The password of its owner: of a sample as well.
    pub password: String,
    /// The context of the operator's work on it.
    ctx: Ctx,
}

impl Company {
    /// The context of the operator's work on it.
    pub fn operator(&self) -> &Ctx {
        &self.ctx
    }
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
    let password = URL_SAFE_NO_PAD.encode(core.random.bytes::<9>());
    sign_in::set_password(&ctx, &Gate::default(), &account.owner_id, &password.clone().into()).await?;
    Ok(Company { account, client_id: made.client_id, client_secret, token, password, ctx })
}

/// Makes the store that the company's bots keep their conversations in, the file `path`, and sets the
/// data map that says whose data is where in it. `url` is what the map calls it; nothing for the file's
/// own URL.
pub async fn chat(company: &Company, path: &Path, url: Option<&str>) -> anyhow::Result<()> {
    let ctx = &company.ctx;
    let mut script = CHAT.to_owned();
    for bot in bots::list(ctx, Page::first(MAX_BOTS)).await?.items {
        script = script.replace(&format!("<bot {}>", bot.bot.name), &bot.bot.id);
    }
    stores::sample(path, script).await.with_context(|| format!("cannot make {}", path.display()))?;
    let path = std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))?;
    let own_url = format!("sqlite://{}", path.display()).replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    let place = stores::place(&own_url.clone().into())?;
    let text = CHAT_MAP.replace("<url>", url.unwrap_or(&own_url));
    let map = map::parse(&text).map_err(Error::from)?;
    let new = NewDataMap {
        text: &text,
        hash: &map.hash,
        deadline_ms: map.policy.deadline_ms,
        grace_ms: map.policy.grace_ms,
        place_hashes: vec![erasure::place_hash(&ctx.core, &place.to_string())],
    };
    erasure::set_data_map(ctx, new).await?;
    Ok(())
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
    Ok([
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
    ]
    .into_iter()
    .chain(access_calls(base, company, &bot.id))
    .chain(erasure_calls(base, company, folder))
    .collect())
}

/// Lines that ask who may do what.
fn access_calls(base: &str, company: &Company, bot: &str) -> [Call; 2] {
    let curl = format!("curl -sS -H 'authorization: Bearer {}' -H 'content-type: application/json'", company.token);
    let resource = json!({"type": "bot", "id": bot});
    let check =
        json!({"subject": {"type": "user", "id": OWNER}, "action": {"name": "Publish bot"}, "resource": resource});
    let search = json!({"subject": {"type": "user"}, "action": {"name": "Publish bot"}, "resource": resource});
    [
        Call {
            what: "May she publish that bot? (OpenID AuthZEN)",
            line: format!("{curl} -d '{check}' '{base}/access/v1/evaluation'"),
        },
        Call { what: "Who may?", line: format!("{curl} -d '{search}' '{base}/access/v1/search/subject'") },
    ]
}

/// Lines that erase a guest, follow it, and check the receipt.
fn erasure_calls(base: &str, company: &Company, folder: &Path) -> [Call; 5] {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let (receipt, request) = (folder.join("demo-receipt.jws"), folder.join("demo-request"));
    let (receipt, request) = (receipt.display(), request.display());
    // Wherever this program is, the line finds it.
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("rolecall"));
    let program = program.display();
    let curl = format!("curl -sS -H 'auth: {}'", company.token);
    let json = "-H 'content-type: application/json'";
    let body = json!({"userIds": [GUEST], "RemoveDataFromAllBots": true});
    let api = format!("{base}/api/v1/erasures");
    [
        Call { what: "What erasing a guest would erase", line: format!("{curl} {json} -d '{body}' '{api}/preview'") },
        Call { what: "Erase them", line: format!("{curl} {json} -d '{body}' '{api}' | tee '{request}'") },
        Call { what: "How far it is", line: format!("{curl} \"{api}/$(grep -o 'eud-[0-9a-f-]*' '{request}')\"") },
        Call {
            what: "Its receipt",
            // It is there once the request has ended.
            line: format!(
                "{curl} --fail --retry 20 --retry-delay 1 --retry-all-errors -o '{receipt}' \
                 \"{api}/$(grep -o 'eud-[0-9a-f-]*' '{request}')/receipt\""
            ),
        },
        Call {
            what: "Check it, as anybody can who has the public keys",
            line: format!("'{program}' receipt verify '{receipt}' --jwks '{base}/.well-known/jwks.json'"),
        },
    ]
}
