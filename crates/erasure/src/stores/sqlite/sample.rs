//! Sample stores.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{catalog::Catalog, stores::StoreError};

/// Makes the SQLite file `path` by a script of this program's own: for samples to erase from.
pub async fn sample(path: &Path, script: String) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| StoreError::of(&error, &Catalog::default());
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.map_err(failed)?;
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)
}
