//! The schema and how a database comes to it.
//!
//! Numbered files, one statement each, that may be run twice without harm; no transaction around
//! them, as not every engine can change its schema inside one. A lease row keeps two machines from
//! migrating at once.

use std::time::Duration;

use rolecall_model::time::Instant;
use sqlx::Row;

use crate::{Db, Engine, Error, Meter, Tx};

/// One step of the schema.
struct Migration {
    number: i64,
    sql: &'static str,
}

macro_rules! migrations {
    ($($number:literal $file:literal)*) => {
        [$(Migration { number: $number, sql: include_str!(concat!("../migrations/", $file, ".sql")) }),*]
    };
}

const MIGRATIONS: [Migration; 82] = migrations! {
    1 "0001_accounts"
    2 "0002_accounts_by_id"
    3 "0003_apps"
    4 "0004_apps_by_account"
    5 "0005_token_replays"
    6 "0006_token_replays_by_expiry"
    7 "0007_roles"
    8 "0008_roles_by_id"
    9 "0009_roles_by_name"
    10 "0010_roles_by_ref"
    11 "0011_roles_in_order"
    12 "0012_users"
    13 "0013_users_by_id"
    14 "0014_users_by_email"
    15 "0015_users_by_org_user_id"
    16 "0016_bots"
    17 "0017_bots_by_id"
    18 "0018_bots_by_name"
    19 "0019_groups"
    20 "0020_groups_by_id"
    21 "0021_groups_by_name"
    22 "0022_group_users"
    23 "0023_group_users_by_user"
    24 "0024_group_users_ended"
    25 "0025_group_users_ended_by_user"
    26 "0026_group_groups"
    27 "0027_group_groups_by_member"
    28 "0028_group_groups_ended"
    29 "0029_user_assignments"
    30 "0030_user_assignments_by_user"
    31 "0031_user_assignments_ended"
    32 "0032_user_assignments_ended_by_user"
    33 "0033_group_assignments"
    34 "0034_group_assignments_by_group"
    35 "0035_group_assignments_ended"
    36 "0036_files"
    37 "0037_files_by_id"
    38 "0038_role_imports"
    39 "0039_audit_entries"
    40 "0040_audit_entries_by_time"
    41 "0041_data_maps"
    42 "0042_store_claims"
    43 "0043_erasures"
    44 "0044_erasures_by_id"
    45 "0045_erasures_to_do"
    46 "0046_erasure_subjects"
    47 "0047_erasure_subjects_by_hash"
    48 "0048_erasure_parts"
    49 "0049_erasure_results"
    50 "0050_erasure_chunks"
    51 "0051_erasure_quarantine"
    52 "0052_erasure_ledger"
    53 "0053_erasure_ledger_by_time"
    54 "0054_receipts"
    55 "0055_receipts_by_erasure"
    56 "0056_receipt_keys"
    57 "0057_holds"
    58 "0058_holds_by_id"
    59 "0059_hold_subjects"
    60 "0060_callbacks"
    61 "0061_callbacks_by_time"
    62 "0062_erasures_to_forget"
    63 "0063_hold_subjects_by_hold"
    64 "0064_users_by_org_user_id_any_case"
    65 "0065_changes"
    70 "0070_passwords"
    71 "0071_one_time_links"
    72 "0072_one_time_links_by_hash"
    73 "0073_sessions"
    74 "0074_sessions_by_user"
    75 "0075_sign_in_tries"
    76 "0076_second_factors"
    77 "0077_passkeys"
    78 "0078_ceremonies"
    79 "0079_passkeys_by_credential"
    80 "0080_idempotency_keys"
    81 "0081_idempotency_keys_by_time"
    82 "0082_app_uses"
    83 "0083_provider_subjects"
    84 "0084_provider_subjects_by_subject"
    85 "0085_idempotency_keys_by_account"
    86 "0086_erasures_late"
};

/// The schema version this program writes and reads.
pub const VERSION: i64 = 86;

const MAKE_BOOK: &str =
    "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, applied_at_ms BIGINT NOT NULL)";
const MAKE_LEASE: &str = "CREATE TABLE IF NOT EXISTS migration_lease (lease BIGINT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until_ms BIGINT NOT NULL)";
const TAKE_LEASE: &str = "
INSERT INTO migration_lease (lease, holder, until_ms) VALUES (1, $1, $2)
ON CONFLICT (lease) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
WHERE migration_lease.until_ms < $3 OR migration_lease.holder = excluded.holder";
const DROP_LEASE: &str = "DELETE FROM migration_lease WHERE holder = $1";
const APPLIED: &str = "SELECT COALESCE(MAX(number), 0) FROM migrations";
const NOTE: &str = "INSERT INTO migrations (number, applied_at_ms) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING";

/// How long a machine may take for one step before another may go on in its place.
const LEASE_MS: i64 = 60_000;

/// What a migration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The version before.
    pub from: i64,
    /// The version now.
    pub to: i64,
}

/// The version the database at hand has: 0 if it is empty.
pub async fn version(db: &Db) -> Result<i64, Error> {
    let mut tx = db.read(&Meter::default()).await?;
    match tx.number(sqlx::query(APPLIED)).await {
        Ok(version) => Ok(version),
        // No table yet: SQLite says 1 (generic error), PostgreSQL 42P01 (undefined table).
        Err(Error::Failed { code }) if code == "1" || code == "42P01" => Ok(0),
        Err(other) => Err(other),
    }
}

/// Whether the database has exactly this program's schema.
///
/// Errors: [`Error::Unusable`] with what to do about it.
pub async fn check(db: &Db) -> Result<(), Error> {
    match version(db).await? {
        VERSION => Ok(()),
        found if found < VERSION => Err(Error::Unusable {
            what: format!("its schema is version {found}, this program needs {VERSION}; run `rolecall migrate`"),
        }),
        found => Err(Error::Unusable {
            what: format!("its schema is version {found}, newer than this program's {VERSION}; use a newer rolecall"),
        }),
    }
}

/// Brings the database to [`VERSION`]. Run twice, it does nothing the second time.
///
/// `holder` names this process; `now` is the clock. Concurrency: several machines may call it at
/// once; one works and the others wait.
/// Errors: [`Error::Unusable`] if the database is newer than this program.
pub async fn migrate(db: &Db, holder: &str, now: impl Fn() -> Instant) -> Result<Done, Error> {
    let from = version(db).await?;
    if from == VERSION {
        return Ok(Done { from, to: VERSION });
    }
    if from > VERSION {
        check(db).await?;
    }
    make(db, MAKE_BOOK).await?;
    make(db, MAKE_LEASE).await?;
    while !take_lease(db, holder, now()).await? {
        #[expect(
            clippy::disallowed_methods,
            reason = "another machine is migrating; there is nothing else to wait on"
        )]
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let applied = version(db).await?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > applied) {
        // Each step renews the lease, and stops here if it was lost.
        if !take_lease(db, holder, now()).await? {
            return Err(Error::Busy { code: "migration lease lost".to_owned() });
        }
        db.run_alone(in_dialect(db.engine(), migration.sql)).await?;
        in_one_statement(db, sqlx::query(NOTE).bind(migration.number).bind(now().as_ms())).await?;
    }
    in_one_statement(db, sqlx::query(DROP_LEASE).bind(holder.to_owned())).await?;
    Ok(Done { from, to: VERSION })
}

/// Makes one of the two tables that migrating itself needs. Two machines may do so at once, and
/// PostgreSQL answers one of them with a duplicate of its catalog: then it is there.
async fn make(db: &Db, sql: &'static str) -> Result<(), Error> {
    match db.run_alone(sql.to_owned()).await {
        Err(Error::Conflict { .. }) => Ok(()),
        Err(Error::Failed { code }) if code == "42P07" || code == "42710" => Ok(()),
        other => other,
    }
}

async fn take_lease(db: &Db, holder: &str, now: Instant) -> Result<bool, Error> {
    let until_ms = now.plus_ms(LEASE_MS).as_ms();
    let take = sqlx::query(TAKE_LEASE).bind(holder.to_owned()).bind(until_ms).bind(now.as_ms());
    Ok(in_one_statement(db, take).await? == 1)
}

async fn in_one_statement(db: &Db, statement: crate::db::Statement) -> Result<u64, Error> {
    let mut tx = db.attempts(&Meter::default()).begin().await?;
    let n_rows = tx.run(statement).await?;
    tx.commit().await?;
    Ok(n_rows)
}

/// The one word in which the engines' dialects differ: their type for bytes.
fn in_dialect(engine: Engine, sql: &str) -> String {
    let bytes = match engine {
        Engine::Sqlite => "BLOB",
        Engine::Postgres => "BYTEA",
    };
    sql.replace(" BYTES ", &format!(" {bytes} "))
}

/// The tables and columns of the database, each as `table.column type`, for comparing engines.
pub async fn describe(db: &Db, tx: &mut Tx) -> Result<Vec<String>, Error> {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "SELECT m.name || '.' || p.name || ' ' || p.type FROM sqlite_master m, pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name || '.' || column_name || ' ' || upper(data_type) AS TEXT)
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let rows = tx.all(sqlx::query(sql)).await?;
    let mut columns = rows
        .iter()
        .map(|row| Ok(row.try_get::<String, _>(0)?.replace("BYTEA", "BLOB")))
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    columns.sort();
    Ok(columns)
}
