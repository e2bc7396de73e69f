//! `rolecall export`: writing an account down as a manifest.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use rolecall_control::{Ctx, manifest_export};
use rolecall_model::manifest::{self, Format, Record};
use serde_json::json;
use tempfile::NamedTempFile;

use super::{Answer, Machine, account, answer::Form, open};
use crate::config::Config;

#[derive(Args)]
pub(super) struct Export {
    /// The account's id; not needed while there is only one
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The file to write: .yaml, .json or .ndjson [default: standard output, as YAML, or as NDJSON
    /// when the account is big]
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
}

/// With more users than this an account is written a record a line, unless another form is asked for.
const MANY_USERS: i64 = 10_000;

impl Export {
    pub(super) async fn run(self, config: &Config, machine: Machine, form: Form) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let ctx = account::operator(&core, self.account.as_deref()).await?;
        let format = match self.out.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str()) {
            Some("ndjson" | "jsonl") => Format::Ndjson,
            Some("json") => Format::Json,
            Some("yaml" | "yml") => Format::Yaml,
            _ if self.out.is_none() && form == Form::Json => Format::Json,
            _ if manifest_export::n_users(&ctx).await? > MANY_USERS => Format::Ndjson,
            _ => Format::Yaml,
        };
        let answer = if let Some(path) = self.out {
            to_file(&ctx, format, &path).await?
        } else {
            write(&ctx, format, io::stdout()).await.context("cannot write to standard output")?;
            Answer::default()
        };
        core.db.close().await;
        Ok(answer)
    }
}

/// Writes beside the file and puts it in its place at the end: there is never half a manifest.
async fn to_file(ctx: &Ctx, format: Format, path: &Path) -> anyhow::Result<Answer> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    let n_records = write(ctx, format, file.as_file_mut()).await.with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    let name = match format {
        Format::Ndjson => "ndjson",
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    Ok(Answer::new(
        format!("{n_records} records written to {}.", path.display()),
        json!({"file": path, "format": name, "records": n_records}),
    ))
}

/// Writes the account to `to`; how many records there are.
async fn write(ctx: &Ctx, format: Format, to: impl Write + Send) -> anyhow::Result<usize> {
    let mut to = BufWriter::new(to);
    let mut n_records = 0;
    if format == Format::Ndjson {
        let mut line = |record: Record| {
            n_records += 1;
            writeln!(to, "{}", record.to_json())
        };
        manifest_export::export(ctx, &mut line).await?;
    } else {
        let mut records = Vec::new();
        let mut keep = |record| {
            records.push(record);
            Ok(())
        };
        manifest_export::export(ctx, &mut keep).await?;
        let records = manifest_export::merged(records);
        n_records = records.len();
        let document = manifest::document(&records);
        match format {
            Format::Yaml => to.write_all(serde_saphyr::to_string(&document)?.as_bytes())?,
            _ => writeln!(to, "{document:#}")?,
        }
    }
    to.flush()?;
    Ok(n_records)
}
