//! `rolecall demo`: a sample company to look at and to try calls on.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tempfile::TempDir;

use super::{Answer, Machine, answer::Form, open};
use crate::{config::Config, demo, public_url::PublicUrl, serve};

#[derive(Args)]
pub(super) struct Demo {
    /// Where to listen: an address and a port; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The folder to keep the database in, which begins afresh each time [default: one that is
    /// removed at the end]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// The demo's own files: nothing else in a folder is ever removed.
const FILES: [&str; 9] = [
    "demo.db",
    "demo.db-wal",
    "demo.db-shm",
    "demo.db.key",
    CHAT,
    "demo-chat.db-wal",
    "demo-chat.db-shm",
    "demo-receipt.jws",
    "demo-request",
];

/// The sample store that guests are erased from.
const CHAT: &str = "demo-chat.db";

impl Demo {
    pub(super) async fn run(self, config: Config, machine: Machine, form: Form) -> anyhow::Result<Answer> {
        // The address comes first: whoever runs the demo a second time loses nothing of the first.
        let bound = serve::bind(&self.listen).await?;
        let folder = Folder::make(self.dir)?;
        let database = format!("sqlite:{}", folder.path().join("demo.db").display());
        let base = format!("http://{}", bound.address);
        let public_url = config.public_url.clone().or_else(|| PublicUrl::parse(&base).ok());
        let config = Config { database, key: String::new(), public_url, ..config };
        let core = open::core(&config, machine).await?;
        let company = demo::company(&core).await?;
        demo::chat(&company, &folder.path().join(CHAT), None).await?;
        let calls = demo::calls(&base, &company, folder.path()).await?;
        let made = Answer::new(
            text(&base, &company, &calls),
            json!({
                "address": base,
                "accountId": company.account.account_id,
                "clientId": company.client_id,
                "clientSecret": company.client_secret,
                "token": company.token,
                "console": format!("{base}/console"),
                "login": {"emailId": company.account.owner_email, "password": company.password},
            }),
        );
        made.print(form);
        serve::run(bound, serve::server(core, &config)?, config.erasure.workers).await?;
        Ok(Answer::default())
    }
}

/// What people are told: who they are, and lines to paste.
fn text(base: &str, company: &demo::Company, calls: &[demo::Call]) -> String {
    let mut text = format!(
        "{name}, a sample company:\n\n\
         address  {base}\n\
         docs     {base}/docs\n\
         console  {base}/console\n\
         sign in  {email}\n\
         password {password}\n\
         account  {account}\n\
         client   {client}\n\
         secret   {secret}\n\
         token    {token}\n\n\
         Try:\n",
        name = demo::NAME,
        email = company.account.owner_email,
        password = company.password,
        account = company.account.account_id,
        client = company.client_id,
        secret = company.client_secret,
        token = company.token,
    );
    for call in calls {
        text.push_str("\n# ");
        text.push_str(call.what);
        text.push('\n');
        text.push_str(&call.line);
        text.push('\n');
    }
    text.push_str("\nCtrl-C ends it.");
    text
}

enum Folder {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn make(given: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(path) = given else {
            let folder = tempfile::Builder::new().prefix("rolecall-demo-").tempdir();
            return Ok(Self::Temporary(folder.context("cannot make a temporary folder")?));
        };
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        for file in FILES {
            let file = path.join(file);
            if file.exists() {
                std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        Ok(Self::Given(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}
