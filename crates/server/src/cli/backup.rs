//! `rolecall backup` and `rolecall restore`: a copy of an embedded database, and back.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use rolecall_store::{Db, Error as StoreError, MaybeBusy as _, backup};
use serde_json::json;

use super::{Answer, Machine, open};
use crate::config::Config;

#[derive(Args)]
pub(super) struct Backup {
    /// The file to write; it must not be there yet
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct Restore {
    /// The file that `backup` wrote
    file: PathBuf,
    /// Put the database that is there aside, as FILE.old
    #[arg(long)]
    replace: bool,
}

impl Backup {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<Answer> {
        let Some(database) = open::sqlite_file(&config.database)? else {
            bail!(
                "this is for embedded databases; PostgreSQL has its own: pg_dump --format=custom --file={} URL",
                self.file.display()
            );
        };
        ensure!(database.is_file(), "there is no database at {}", database.display());
        ensure!(!self.file.exists(), "{} is there already; give another name", self.file.display());
        let cannot = || format!("cannot write {}", self.file.display());
        // Into a folder beside it first: there is never half a backup under its name.
        let folder = tempfile::tempdir_in(folder_of(&self.file)).with_context(cannot)?;
        let copy = folder.path().join("backup.db");
        let db = open::database(config).await?;
        backup::copy(&db, &copy.to_string_lossy()).await.with_context(cannot)?;
        db.close().await;
        sync(&copy).with_context(cannot)?;
        fs::hard_link(&copy, &self.file).with_context(cannot)?;
        let n_bytes = fs::metadata(&self.file).with_context(cannot)?.len();
        let text = format!(
            "{} written: {n_bytes} bytes.\nThe key that opens the secrets in it is not in it: keep that one too, elsewhere.",
            self.file.display()
        );
        Ok(Answer::new(text, json!({"file": self.file, "bytes": n_bytes})))
    }
}

impl Restore {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let Some(database) = open::sqlite_file(&config.database)? else {
            bail!(
                "this is for embedded databases; PostgreSQL has its own: pg_restore --dbname=URL {}",
                self.file.display()
            );
        };
        let is_there = database.exists();
        ensure!(!is_there || self.replace, "{} is there already; give --replace to put it aside", database.display());
        let cannot = || format!("cannot restore to {}", database.display());
        let folder = tempfile::tempdir_in(folder_of(&database)).with_context(cannot)?;
        let copy = folder.path().join("restored.db");
        fs::copy(&self.file, &copy).with_context(|| format!("cannot read {}", self.file.display()))?;
        check(&copy, config, machine).await.with_context(|| format!("{} cannot be restored", self.file.display()))?;
        sync(&copy).with_context(cannot)?;
        let aside = with_ending(&database, ".old");
        if is_there {
            settle(&database).await?;
            fs::rename(&database, &aside).with_context(cannot)?;
        }
        // A log of another database must not be taken for this one's.
        for ending in ["-wal", "-shm"] {
            match fs::remove_file(with_ending(&database, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(cannot),
                _ => {}
            }
        }
        fs::rename(&copy, &database).with_context(cannot)?;
        let old = if is_there { format!(" What was there is in {}.", aside.display()) } else { String::new() };
        let text = format!("{} restored from {}.{old}", database.display(), self.file.display());
        Ok(Answer::new(text, json!({"database": database, "putAside": is_there.then_some(aside)})))
    }
}

/// Whether the copy is whole, of a version this program knows, and its secrets open with the key
/// beside the database that it is restored to, if no other was given.
async fn check(copy: &Path, config: &Config, machine: Machine) -> anyhow::Result<()> {
    let url = format!("sqlite:{}", copy.display());
    backup::check(&url).await?;
    let db = Db::open(&url).await?;
    open::with_key(config, machine, db.clone()).await?;
    db.close().await;
    Ok(())
}

async fn settle(database: &Path) -> anyhow::Result<()> {
    match backup::settle(&format!("sqlite:{}", database.display())).await {
        Err(error) if error.is_busy() => {
            bail!("{} is in use; stop the server first", database.display())
        }
        Err(StoreError::Failed { code }) => bail!("{} cannot be put aside (code {code})", database.display()),
        other => Ok(other?),
    }
}

fn sync(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
