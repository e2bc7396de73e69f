//! `rolecall datamap`: which collections and fields of which stores hold whose data.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use rolecall_control::{
    Core, Ctx, Error as ControlError,
    erasure::{self, NewDataMap, NewErasure, Report},
};
use rolecall_erasure::{
    engine::{Canary, Engine},
    map::{self, DataMap, Finding, MAX_MAP_BYTES, Severity},
    stores,
};
use rolecall_model::erasure::Outcome;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Answer, Machine, account, open};
use crate::{api::wire::preview::Remark, config::Config, erasing};

/// The exit code that says that an erasure would not be true under the map.
const UNTRUE: u8 = 1;

/// A finding that says only that nothing was found out.
const UNREACHABLE: &str = "unreachable_store";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Set the account's data map, if nothing in it or in its stores is wrong
    Set {
        #[command(flatten)]
        account: OfAccount,
        /// The map
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the account's data map, without the passwords in it
    Show {
        #[command(flatten)]
        account: OfAccount,
        /// With the passwords
        #[arg(long)]
        with_passwords: bool,
    },
    /// Hold a data map against its stores and say all that is wrong; exit code 1 if any of it would make
    /// an erasure untrue
    Check {
        #[command(flatten)]
        account: OfAccount,
        /// Another map than the account's
        #[arg(short, long, value_name = "FILE", conflicts_with = "canary")]
        file: Option<PathBuf>,
        /// Put a made-up person into the stores and erase them, to see that the map finds everything
        #[arg(long)]
        canary: bool,
    },
}

#[derive(Args)]
pub(super) struct OfAccount {
    /// The account's id; not needed while there is only one
    #[arg(long = "account", value_name = "ID")]
    pub(super) id: Option<String>,
}

impl Command {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let done = match self {
            Self::Set { account, file } => {
                let ctx = account::operator(&core, account.id.as_deref()).await?;
                set(&ctx, &erasing::engine(&core, config), config, &file).await
            }
            Self::Show { account, with_passwords } => {
                let ctx = account::operator(&core, account.id.as_deref()).await?;
                show(&ctx, with_passwords).await
            }
            Self::Check { account, file, canary } => {
                let ctx = account::operator(&core, account.id.as_deref()).await?;
                check(&ctx, &erasing::engine(&core, config), file.as_deref(), canary).await
            }
        };
        core.db.close().await;
        done
    }
}

/// A map in a file.
fn read(path: &Path) -> anyhow::Result<(String, DataMap)> {
    let size_bytes = fs::metadata(path).map(|metadata| metadata.len()).unwrap_or_default();
    ensure!(
        usize::try_from(size_bytes).is_ok_and(|size_bytes| size_bytes <= MAX_MAP_BYTES),
        "{} has {size_bytes} bytes; a data map may have at most {MAX_MAP_BYTES}",
        path.display()
    );
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let map = map::parse(&text).map_err(ControlError::from)?;
    Ok((text, map))
}

async fn set(ctx: &Ctx, engine: &Engine, config: &Config, path: &Path) -> anyhow::Result<Answer> {
    let (text, map) = read(path)?;
    let place_hashes = places(&ctx.core, config, &map)?;
    let findings = engine.check(ctx.account, &map).await?;
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error && finding.code != UNREACHABLE);
    let told = table(&findings);
    if is_wrong {
        let text = format!("{told}\nThe data map was not set: under it an erasure would not be true.");
        return Ok(Answer::new(text, json!({"set": false, "findings": shown(findings)})).with_code(UNTRUE));
    }
    let new = NewDataMap {
        text: &text,
        hash: &map.hash,
        deadline_ms: map.policy.deadline_ms,
        grace_ms: map.policy.grace_ms,
        place_hashes,
    };
    erasure::set_data_map(ctx, new).await?;
    let n_collections = map.graph.nodes.len();
    let n_stores = map.stores.len();
    let text = format!("{told}Data map set: collections {n_collections}, stores {n_stores}, hash {}.", map.hash);
    Ok(Answer::new(text, json!({"set": true, "hash": map.hash, "findings": shown(findings)})))
}

/// Where the map's stores are, hashed: the account's from now on.
fn places(core: &Arc<Core>, config: &Config, map: &DataMap) -> anyhow::Result<Vec<String>> {
    let rules = erasing::rules(config);
    let mut hashes = Vec::new();
    for store in &map.stores {
        let name = &store.name;
        let url = erasing::secrets()(store.url.expose_secret());
        let url = url.map_err(|why| anyhow::anyhow!("the URL of the store {name} cannot be read: {why}"))?;
        let place = stores::place(&url).and_then(|place| place.check(&rules).map(|()| place));
        let place = place.map_err(|error| anyhow::anyhow!("the store {name} cannot be used: {}", error.code))?;
        hashes.push(erasure::place_hash(core, &place.to_string()));
    }
    Ok(hashes)
}

async fn show(ctx: &Ctx, with_passwords: bool) -> anyhow::Result<Answer> {
    let Some(stored) = erasure::current_data_map(ctx).await? else {
        bail!("the account has no data map; `rolecall datamap set` sets one");
    };
    let text = stored.text.expose_secret();
    let text = if with_passwords { text.to_owned() } else { without_passwords(text)? };
    let json = json!({"hash": stored.hash, "setAt": stored.set_at, "text": text});
    Ok(Answer::new(text.trim_end(), json))
}

/// The text of a map with `***` where a URL has a password.
///
/// Errors: if some URL is written so that its password might still stand there.
fn without_passwords(text: &str) -> anyhow::Result<String> {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'')).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
            Some((user, host)) => shown.extend([user, ":***@", host]),
            None => shown.push_str(authority),
        }
        rest = tail;
    }
    shown.push_str(rest);
    // A URL may also be written with escapes; then it is not in the text as it is read.
    for store in map::parse(text).map_err(ControlError::from)?.stores {
        let url = store.url.expose_secret();
        let password = url
            .split_once("://")
            .and_then(|(_, rest)| rest.rsplit_once('@'))
            .and_then(|(user, _)| user.split_once(':'));
        let has_password = password.is_some_and(|(_, password)| !password.is_empty());
        ensure!(
            !has_password || (text.contains(url) && !shown.contains(url)),
            "the URL of the store {} is written in a way that its password cannot be told apart in; --with-passwords shows \
             the map as it is",
            store.name
        );
    }
    Ok(shown)
}

async fn check(ctx: &Ctx, engine: &Engine, file: Option<&Path>, canary: bool) -> anyhow::Result<Answer> {
    let map = match file {
        Some(path) => read(path)?.1,
        None => match erasure::current_data_map(ctx).await? {
            Some(stored) => map::parse(stored.text.expose_secret()).map_err(ControlError::from)?,
            None => bail!(
                "the account has no data map; `rolecall datamap set` sets one, and --file checks one that is not set"
            ),
        },
    };
    let findings = engine.check(ctx.account, &map).await?;
    let mut is_true = findings.iter().all(|finding| finding.severity != Severity::Error);
    let mut text = table(&findings);
    let mut json = json!({"findings": shown(findings)});
    if canary && is_true {
        let (told, report, is_erased) = fly(ctx, engine).await?;
        text.push_str(&told);
        json["canary"] = report;
        is_true &= is_erased;
    }
    json["ok"] = is_true.into();
    text.push_str(if is_true {
        "Under this map an erasure is true."
    } else {
        "Under this map an erasure would not be true."
    });
    let answer = Answer::new(text, json);
    Ok(if is_true { answer } else { answer.with_code(UNTRUE) })
}

/// Plants a made-up person, has them erased, and tells what became of them.
async fn fly(ctx: &Ctx, engine: &Engine) -> anyhow::Result<(String, Value, bool)> {
    let canary = engine.plant(ctx.account).await?;
    let new = NewErasure {
        subjects: vec![canary.subject.clone()],
        is_all_bots: true,
        grounds: Some("canary".to_owned()),
        ..NewErasure::default()
    };
    let accepted = erasure::request(ctx, &new).await?;
    engine.work_on(ctx.account, accepted.no).await?;
    let report = erasure::report(ctx, &accepted.id).await?;
    let outcome = report.subjects.first().map_or(Outcome::Pending, |subject| subject.outcome);
    let is_planted = canary.stores.iter().all(|store| store.failures.is_empty());
    let is_erased = outcome == Outcome::Erased && is_planted;
    Ok((flight(&canary, &report, outcome), flight_json(&canary, &report, outcome), is_erased))
}

fn flight(canary: &Canary, report: &Report, outcome: Outcome) -> String {
    let mut lines = Vec::new();
    for store in &canary.stores {
        lines.push(format!("canary  {}: planted in {}", store.store, store.collections.join(", ")));
        for (place, code) in &store.failures {
            lines.push(format!("        nothing could be planted in {place} ({code})"));
        }
    }
    let outcome = outcome.as_str().replace('_', " ");
    lines.push(format!("canary  {outcome}; request {} is {}", report.id, report.state.as_str().replace('_', " ")));
    lines.join("\n") + "\n"
}

fn flight_json(canary: &Canary, report: &Report, outcome: Outcome) -> Value {
    let stores = canary.stores.iter().map(|store| {
        let failures = store.failures.iter().map(|(place, code)| json!({"place": place, "code": code}));
        json!({"store": store.store, "collections": store.collections, "failures": failures.collect::<Vec<_>>()})
    });
    json!({
        "requestId": report.id, "state": report.state, "outcome": outcome, "stores": stores.collect::<Vec<_>>(),
    })
}

/// The findings, those of one store together.
fn table(findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| (&finding.store, &finding.place, finding.severity));
    let lines = sorted.iter().map(|finding| {
        let mark = match finding.severity {
            Severity::Error => "BAD",
            Severity::Warning => "warn",
        };
        let store = finding.store.as_ref().map(|store| format!("{store}: ")).unwrap_or_default();
        format!("{mark:<6}{store}{} ({})\n      {}\n", finding.place, finding.code, finding.detail)
    });
    lines.collect()
}

fn shown(findings: Vec<Finding>) -> Value {
    let remarks = findings.into_iter().map(Remark::from);
    // A remark is texts, so it has a JSON form.
    serde_json::to_value(remarks.collect::<Vec<_>>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(url: &str) -> String {
        format!(
            "# was postgres://old:secret@db/chat\nstores: {{chat: {{url: {url}, datasets: [chat]}}}}\ndataset:\n  - fides_key: chat\n    \
             collections:\n      - name: bot_user\n        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}\n        \
             fields:\n          - {{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}\n"
        )
    }

    #[test]
    fn a_map_is_shown_without_the_passwords_in_it() {
        for (url, told) in [
            ("postgres://bot:s3cret@db.example/chat", "postgres://bot:***@db.example/chat"),
            ("\"mysql://bot:p@ss@db.example:3306/chat?a=b\"", "\"mysql://bot:***@db.example:3306/chat?a=b\""),
            ("postgres://bot@db.example/chat", "postgres://bot@db.example/chat"),
            ("env:CHAT_URL", "env:CHAT_URL"),
        ] {
            let shown = without_passwords(&map(url)).expect(url);
            assert_eq!(shown, map(told).replace("old:secret", "old:***"), "{url}");
        }
    }

    #[test]
    fn a_url_that_is_written_with_escapes_is_not_shown() {
        let escaped = map("\"postgres:\\x2f/bot:s3cret@db.example/chat\"");
        let error = without_passwords(&escaped).expect_err("its password would be shown").to_string();
        assert!(error.starts_with("the URL of the store chat is written in a way"), "{error}");
    }
}
