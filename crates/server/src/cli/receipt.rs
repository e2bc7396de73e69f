//! `rolecall receipt`: checking receipts, without this installation or any database.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use rolecall_erasure::receipt::{self, PublicKeys, Receipt, Verified};
use rolecall_model::erasure::Outcome;
use serde_json::{Value, json};

use super::Answer;

/// How long the key set may take to come.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The most bytes a file or a key set may have.
const MAX_BYTES: u64 = 64 << 20;

/// The exit code that says that something does not hold.
const DOES_NOT_HOLD: u8 = 1;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Check that receipts were signed with a key of the set, and say what they say; exit code 1 if
    /// one does not hold
    Verify {
        /// The receipts; - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The key set: a file, or a URL such as https://rolecall.example/.well-known/jwks.json
        #[arg(long, value_name = "URL-or-FILE")]
        jwks: String,
        /// Check too that each receipt follows the one before it, so that none is missing or was
        /// exchanged
        #[arg(long)]
        chain: bool,
    },
}

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<Answer> {
        let Self::Verify { files, jwks, chain } = self;
        let keys = PublicKeys::parse(&key_set(&jwks).await?).with_context(|| jwks.clone())?;
        let mut checks = Vec::new();
        for file in &files {
            checks
                .push(Check { file, result: receipt::verify(&read(file)?, &keys).map_err(|error| error.to_string()) });
        }
        let broken = if chain { broken_chain(&checks) } else { None };
        let holds = broken.is_none() && checks.iter().all(|check| check.result.is_ok());
        let mut text: Vec<String> = checks.iter().map(told).collect();
        if chain {
            text.push(
                broken
                    .clone()
                    .map_or_else(|| "The receipts follow one another.".to_owned(), |why| format!("BROKEN {why}.")),
            );
        }
        let json = json!({
            "holds": holds,
            "receipts": checks.iter().map(shown).collect::<Vec<_>>(),
            "chain": chain.then(|| json!({"holds": broken.is_none(), "reason": broken})),
        });
        let answer = Answer::new(text.join("\n"), json);
        Ok(if holds { answer } else { answer.with_code(DOES_NOT_HOLD) })
    }
}

/// What came of checking one file.
struct Check<'a> {
    file: &'a Path,
    result: Result<Verified, String>,
}

/// Why the receipts do not follow one another, if they do not.
fn broken_chain(checks: &[Check<'_>]) -> Option<String> {
    let verified: Vec<Verified> = checks.iter().filter_map(|check| check.result.clone().ok()).collect();
    if verified.len() < checks.len() {
        return Some("no chain without all of its receipts: one does not hold by itself".to_owned());
    }
    receipt::verify_chain(&verified).err().map(|broken| broken.to_string())
}

fn told(check: &Check<'_>) -> String {
    let file = check.file.display();
    match &check.result {
        Err(why) => format!("BAD  {file}: {why}."),
        Ok(Verified { receipt, key_id, .. }) => {
            format!("ok   {file}: signed with key {key_id}.\n     {}", summary(receipt))
        }
    }
}

/// What a receipt says, in sentences.
fn summary(receipt: &Receipt) -> String {
    let Receipt { request, account, number, requested_at, ended_at, .. } = receipt;
    let count = |outcome: Outcome| receipt.subjects.iter().filter(|subject| subject.outcome == outcome).count();
    let outcomes = Outcome::ALL.iter().map(|outcome| (outcome, count(*outcome))).filter(|(_, n)| *n > 0);
    let outcomes: Vec<String> =
        outcomes.map(|(outcome, n)| format!("{n} {}", outcome.as_str().replace('_', " "))).collect();
    let sum = |count: fn(&receipt::Store) -> i64| -> i64 {
        receipt.subjects.iter().flat_map(|subject| &subject.stores).map(count).sum()
    };
    format!(
        "Request {request} of account {account}, receipt {number}: asked for at {requested_at}, ended at {ended_at}.\n     \
         Subjects: {}. Rows: {} found, {} erased, {} masked, {} left.",
        outcomes.join(", "),
        sum(|store| store.found),
        sum(|store| store.erased),
        sum(|store| store.masked),
        sum(|store| store.quarantined),
    )
}

fn shown(check: &Check<'_>) -> Value {
    let file = check.file.display().to_string();
    match &check.result {
        Err(why) => json!({"file": file, "holds": false, "reason": why}),
        Ok(verified) => json!({
            "file": file, "holds": true, "keyId": verified.key_id, "hash": verified.hash, "receipt": verified.receipt,
        }),
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", path.display());
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(MAX_BYTES).read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        fs::File::open(path).with_context(cannot)?.take(MAX_BYTES).read_to_string(&mut text).with_context(cannot)?;
    }
    Ok(text)
}

/// The key set, from wherever it is.
async fn key_set(place: &str) -> anyhow::Result<String> {
    if !place.starts_with("https://") && !place.starts_with("http://") {
        return read(Path::new(place));
    }
    let client = reqwest::Client::builder().timeout(TIME_LIMIT).build().context("there is no HTTP client")?;
    let answer = client.get(place).send().await.with_context(|| format!("cannot fetch {place}"))?;
    if !answer.status().is_success() {
        bail!("cannot fetch {place}: it answers with status {}", answer.status().as_u16());
    }
    answer.text().await.with_context(|| format!("cannot fetch {place}"))
}
