//! A fresh, migrated database for one test.

use std::collections::BTreeMap;

use rolecall_model::time::Instant;
use rolecall_store::{Db, Engine, migrations};
use sqlx::{AnyConnection, Connection as _, Row as _};
use tempfile::TempDir;

/// A database that one test has for itself.
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// Its URL, for opening it once more as another process would.
    pub url: String,
    /// The folder of a SQLite file; removed at the end.
    pub dir: TempDir,
}

impl TestDb {
    /// A fresh, migrated database on `engine`; none if that engine is not there and need not be.
    pub async fn start(engine: Engine) -> Option<Self> {
        let empty = Self::empty(engine).await?;
        migrations::migrate(&empty.db, "test", || Instant::from_ms(0)).await.expect("migrations apply");
        Some(empty)
    }

    /// The same without a schema.
    pub async fn empty(engine: Engine) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", dir.path().join("rolecall.db").display()),
            Engine::Postgres => fresh_schema().await?,
        };
        let db = Db::open(&url).await.expect("the database opens");
        Some(Self { db, url, dir })
    }

    /// Runs `sql` as somebody with access to the database could, past the program.
    pub async fn tamper(&self, sql: &str) {
        let mut connection = AnyConnection::connect(&self.url).await.expect("the database answers");
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let done = sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statements run");
        assert!(done.rows_affected() > 0, "nothing was tampered with");
        connection.close().await.expect("the connection closes");
    }
}

impl TestDb {
    /// Everything the database holds, a line a row, as text: to see that nothing changed, or that
    /// something is nowhere in it.
    pub async fn dump(&self) -> String {
        let mut connection = AnyConnection::connect(&self.url).await.expect("the database answers");
        let columns = match self.db.engine() {
            Engine::Sqlite => {
                "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2"
            }
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = current_schema() ORDER BY 1, 2"
            }
        };
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in sqlx::query(columns).fetch_all(&mut connection).await.expect("the schema can be read") {
            let text = |index: usize| -> String { row.try_get(index).expect("a name") };
            tables.entry(text(0)).or_default().push(text(1));
        }
        let mut dump = String::new();
        for (table, columns) in tables {
            let columns: Vec<String> =
                columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '')")).collect();
            let sql = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || '|' || "));
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect("rows come") {
                let line: String = row.try_get(0).expect("text");
                dump.extend([table.as_str(), ": ", &line, "\n"]);
            }
        }
        dump
    }
}

/// The URL of a new schema on the test server: cheaper than a database of its own for each test.
async fn fresh_schema() -> Option<String> {
    let Some(server) = variable("TEST_POSTGRES_URL") else {
        assert!(
            variable("ROLECALL_REQUIRE_ENGINES").is_none(),
            "TEST_POSTGRES_URL is not set, and no test may be skipped here"
        );
        eprintln!("SKIPPED: set TEST_POSTGRES_URL to run this test on PostgreSQL");
        return None;
    };
    let name = format!("test_{:032x}", rand::random::<u128>());
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&server).await.expect("the test server answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"));
    sqlx::raw_sql(create).execute(&mut connection).await.expect("a schema can be made");
    connection.close().await.expect("the connection closes");
    let separator = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{separator}options=-c%20search_path%3D{name}"))
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment which servers there are")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
