//! `rolecall apply` and `rolecall plan`: making an account hold what a manifest says.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rolecall_control::{
    Error as ControlError,
    manifest_apply::{self, Kind, Options, Outcome, Report, Source},
};
use rolecall_model::manifest::{self, Format};
use serde_json::{Map, Value, json};

use super::{Answer, Machine, account, open};
use crate::config::Config;

#[derive(Args)]
pub(super) struct Apply {
    #[command(flatten)]
    what: What,
    /// Change nothing, and tell what would change; exit code 3 if anything
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
pub(super) struct Plan {
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
struct What {
    /// The account's id; not needed while there is only one
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The manifest: YAML, JSON or NDJSON; - for standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Remove users, groups, bots, custom roles, memberships and assignments that the manifest does
    /// not list
    #[arg(long)]
    prune: bool,
}

impl Apply {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        self.what.run(config, machine, self.dry_run).await
    }
}

impl Plan {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        self.what.run(config, machine, true).await
    }
}

/// The exit code that says that a plan has differences.
const DIFFERENT: u8 = 3;

impl What {
    async fn run(self, config: &Config, machine: Machine, dry_run: bool) -> anyhow::Result<Answer> {
        let bar = ProgressBar::no_length();
        let source = source(&self.file, &bar)?;
        let core = open::core(config, machine).await?;
        let ctx = account::operator(&core, self.account.as_deref()).await?;
        let report = manifest_apply::apply(&ctx, &source, Options { prune: self.prune, dry_run }).await;
        bar.finish_and_clear();
        core.db.close().await;
        let report = report?;
        if !dry_run {
            return Ok(Answer::new(format!("{}\nDone.", table(&report)), counts(&report).into()));
        }
        let mut json = counts(&report);
        json.insert("changes".to_owned(), changes(&report));
        let answer = Answer::new(plan(&report), json.into());
        Ok(if report.n_changes() > 0 { answer.with_code(DIFFERENT) } else { answer })
    }
}

/// The records of a file, or of standard input, which is put into a temporary file first: records
/// are gone through twice.
fn source(path: &Path, bar: &ProgressBar) -> anyhow::Result<Source> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = if path.as_os_str() == "-" {
        spooled(io::stdin().lock()).context("cannot read standard input")?
    } else {
        let file = File::open(path).with_context(cannot)?;
        let is_file = file.metadata().with_context(cannot)?.is_file();
        if is_file { file } else { spooled(file).with_context(cannot)? }
    };
    let first_line = first_line(&file).with_context(cannot)?;
    file.rewind().with_context(cannot)?;
    if Format::detect(&path.to_string_lossy(), &first_line) == Format::Ndjson {
        let n_bytes = file.metadata().with_context(cannot)?.len();
        bar.set_length(2 * n_bytes);
        bar.set_style(
            ProgressStyle::with_template("{bar:40} {percent}% {elapsed}, {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let bar = bar.clone();
        return Ok(Source::lines(file, Arc::new(move |n_bytes| bar.inc(n_bytes))));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(cannot)?;
    Ok(Source::document(manifest::parse_document(&text).map_err(ControlError::from)?))
}

fn spooled(mut from: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// The first line that is not blank.
fn first_line(file: &File) -> io::Result<String> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 && line.trim_ascii().is_empty() {
        line.clear();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn table(report: &Report) -> String {
    let heading = Outcome::ALL.map(|outcome| format!("{:>10}", outcome.as_str())).concat();
    let rows = Kind::ALL.map(|kind| {
        let counts = Outcome::ALL.map(|outcome| format!("{:>10}", report.count(kind, outcome))).concat();
        format!("{:<12}{counts}\n", kind.plural())
    });
    format!("{:<12}{heading}\n{}", "", rows.concat())
}

fn plan(report: &Report) -> String {
    if report.n_changes() == 0 {
        return format!("{}\nNo differences.", table(report));
    }
    let mut lines: Vec<String> = Vec::new();
    for example in report.examples() {
        let sign = match example.outcome {
            Outcome::Created => '+',
            Outcome::Updated => '~',
            Outcome::Removed => '-',
            Outcome::Unchanged => ' ',
        };
        lines.push(format!("{sign} {} {}", example.kind.singular(), example.name));
    }
    let n_more = report.n_changes() - report.examples().len() as u64;
    if n_more > 0 {
        lines.push(format!("  and {n_more} more"));
    }
    format!("{}\n{}\n\nNothing was changed: this is a plan.", table(report), lines.join("\n"))
}

fn counts(report: &Report) -> Map<String, Value> {
    let of_kind = |kind| {
        let counts = Outcome::ALL.map(|outcome| (outcome.as_str().to_owned(), report.count(kind, outcome).into()));
        Value::Object(counts.into_iter().collect())
    };
    Kind::ALL.into_iter().map(|kind| (kind.plural().to_owned(), of_kind(kind))).collect()
}

/// The first changes, one by one.
fn changes(report: &Report) -> Value {
    let changes = report.examples().iter().map(
        |example| json!({"kind": example.kind.singular(), "outcome": example.outcome.as_str(), "name": example.name}),
    );
    changes.collect()
}
