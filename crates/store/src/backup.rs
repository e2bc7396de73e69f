//! Copies of an embedded database, taken while it is in use, and what to see to before one takes
//! its place.

use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::{Db, Error, Meter, migrations};

const COPY: &str = "VACUUM INTO $1";
const CHECK: &str = "PRAGMA integrity_check(1)";
// Only who has the file alone can leave the write-ahead log, which is folded into the file thereby.
const LEAVE_LOG: &str = "PRAGMA journal_mode = DELETE";

/// Writes one state of the database to `file`, which must not be there yet.
///
/// Concurrency: others read and write meanwhile.
/// Errors: [`Error::Failed`] if the file is there or cannot be written.
pub async fn copy(db: &Db, file: &str) -> Result<(), Error> {
    let mut tx = db.glance(&Meter::default()).await?;
    tx.run(sqlx::query(COPY).bind(file.to_owned())).await?;
    Ok(())
}

/// Whether the database at `url` is whole and of a version this program can bring to its own.
///
/// Errors: [`Error::Unusable`] with what is wrong.
pub async fn check(url: &str) -> Result<(), Error> {
    let damaged = |what: &str| Err(Error::Unusable { what: format!("it is damaged or no database ({what})") });
    // One connection: a pool would try a damaged file again and again.
    match integrity(url).await {
        Ok(found) if found == "ok" => {}
        Ok(found) => return damaged(&found),
        Err(Error::Failed { code }) => return damaged(&format!("code {code}")),
        Err(other) => return Err(other),
    }
    let db = Db::open(url).await?;
    let result = match migrations::version(&db).await? {
        0 => Err(Error::Unusable { what: "it is no database of Rolecall".to_owned() }),
        version if version > migrations::VERSION => migrations::check(&db).await,
        _ => Ok(()),
    };
    db.close().await;
    result
}

async fn integrity(url: &str) -> Result<String, Error> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await?;
    let found = sqlx::query(CHECK).fetch_one(&mut connection).await?.try_get(0)?;
    connection.close().await?;
    Ok(found)
}

/// Folds the write-ahead log of the database at `url` into its file, so that the file by itself is
/// the database and may be moved.
///
/// Errors: [`Error::Busy`] while any other process has it open.
pub async fn settle(url: &str) -> Result<(), Error> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await?;
    sqlx::query(LEAVE_LOG).fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
