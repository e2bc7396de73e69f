//! Opening what every command works on: the database, and the key that seals its secrets.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use rolecall_control::{Core, apps, seal::SealingKey};
use rolecall_store::{Db, Engine, Error as StoreError, migrations};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;

use super::Machine;
use crate::config::{self, Config};

/// Opens the database and its key. An embedded database is migrated; one of a server must be.
pub(super) async fn core(config: &Config, machine: Machine) -> anyhow::Result<Arc<Core>> {
    let db = database(config).await?;
    match db.engine() {
        Engine::Sqlite => drop(migrate(&db, &machine).await?),
        Engine::Postgres => migrations::check(&db).await?,
    }
    with_key(config, machine, db).await
}

/// Opens the key beside a database that is open and migrated.
///
/// Errors: also if the database holds secrets and this is not their key, before a new one could
/// hide that.
pub(super) async fn with_key(config: &Config, machine: Machine, db: Db) -> anyhow::Result<Arc<Core>> {
    let sealing_key = match find_key(config)? {
        Found::Key(key) => {
            let fits = apps::fits_key(&db, &key).await?;
            ensure!(
                fits,
                "this is not the key that the secrets in the database were sealed with; give that one with --key or \
                 ROLECALL_KEY"
            );
            key
        }
        Found::Nothing { path } => {
            let key = SealingKey::generate(machine.random.bytes());
            ensure!(
                apps::fits_key(&db, &key).await?,
                "the database holds secrets, and the file with their key, {}, is gone; put it back, or give the key with \
                 --key",
                path.display()
            );
            keep(&key, &path)?
        }
    };
    Ok(Arc::new(Core { db, clock: machine.clock, random: machine.random, sealing_key }))
}

/// Opens the database and whatever key there is, changing nothing: for looking at what is wrong.
pub(super) async fn as_it_is(config: &Config, machine: Machine) -> anyhow::Result<Arc<Core>> {
    if let Some(file) = sqlite_file(&config.database)? {
        ensure!(file.is_file(), "there is no database at {}; `rolecall migrate` makes one", file.display());
    }
    let db = database(config).await?;
    let sealing_key = match find_key(config)? {
        Found::Key(key) => key,
        Found::Nothing { .. } => SealingKey::generate(machine.random.bytes()),
    };
    Ok(Arc::new(Core { db, clock: machine.clock, random: machine.random, sealing_key }))
}

/// Opens the database, without looking at its schema.
pub(super) async fn database(config: &Config) -> anyhow::Result<Db> {
    let url = &config.database;
    let file = sqlite_file(url)?;
    if let Some(folder) = file.as_deref().and_then(Path::parent) {
        let is_there = folder.as_os_str().is_empty() || folder.is_dir();
        ensure!(is_there, "the folder {} for the database does not exist; make it first", folder.display());
    }
    Db::open(url).await.map_err(|error| {
        let name = file.map_or_else(|| "the PostgreSQL database".to_owned(), |file| file.display().to_string());
        match (hint(&error), &error) {
            (Some(hint), _) => anyhow!("cannot open {name}: {hint}"),
            (None, StoreError::Unreachable { .. }) => {
                anyhow!("cannot open {name}: {error}; is the server running, and the address right?")
            }
            (None, _) => anyhow::Error::new(error),
        }
    })
}

/// What the engines' codes for a database that does not open mean.
fn hint(error: &StoreError) -> Option<&'static str> {
    let StoreError::Failed { code } = error else { return None };
    match code.as_str() {
        "14" => Some("the file cannot be made or read; may this user write there?"),
        "26" => Some("the file is not a database"),
        "11" => Some("the file is damaged; `rolecall restore` puts a backup in its place"),
        "8" => Some("the file may not be written by this user"),
        "28P01" | "28000" => Some("the server refuses this user or password"),
        "3D000" => Some("the server has no database of that name"),
        _ => None,
    }
}

/// Brings the database to this version's schema.
pub(super) async fn migrate(db: &Db, machine: &Machine) -> anyhow::Result<migrations::Done> {
    let holder = rolecall_model::ids::uuid(machine.random.bytes());
    Ok(migrations::migrate(db, &holder, || machine.clock.now()).await?)
}

/// The file of an embedded database; none for one of a server.
pub(super) fn sqlite_file(url: &str) -> anyhow::Result<Option<PathBuf>> {
    let Some(rest) = url.strip_prefix("sqlite:") else { return Ok(None) };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let file = rest.split_once('?').map_or(rest, |(file, _)| file);
    if file.is_empty() || file.contains(":memory:") || rest.contains("mode=memory") {
        bail!(
            "the database must be in a file, such as sqlite:rolecall.db: one in memory would be gone with its connection"
        );
    }
    Ok(Some(PathBuf::from(file)))
}

enum Found {
    /// The key.
    Key(SealingKey),
    /// None was given, and there is no file of it yet.
    Nothing { path: PathBuf },
}

fn find_key(config: &Config) -> anyhow::Result<Found> {
    if !config.key.is_empty() {
        let text = config::secret(&config.key).context("the sealing key cannot be read")?;
        return Ok(Found::Key(SealingKey::parse(text.expose_secret())?));
    }
    let Some(file) = sqlite_file(&config.database)? else {
        bail!(
            "PostgreSQL needs the key that seals secrets: make one with `rolecall key generate`, keep it safe, and give it \
             with --key file:PATH or ROLECALL_KEY"
        );
    };
    let mut path = file.into_os_string();
    path.push(".key");
    let path = PathBuf::from(path);
    if path.exists() { Ok(Found::Key(read_key(&path)?)) } else { Ok(Found::Nothing { path }) }
}

fn read_key(path: &Path) -> anyhow::Result<SealingKey> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    SealingKey::parse(&text).with_context(|| path.display().to_string())
}

/// Writes the key to a file that only this user can read, whole or not at all; the key in that file,
/// which is another's if another process was faster.
fn keep(key: &SealingKey, path: &Path) -> anyhow::Result<SealingKey> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("cannot write the sealing key to {}", path.display());
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    writeln!(file, "{}", key.to_text().expose_secret()).with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(cannot),
    }
    read_key(path)
}
