//! A fresh database of somebody else's, from which a test erases.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;

use crate::database::variable;

/// Which kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A schema of its own on the server of `TEST_POSTGRES_URL`, in another database than Rolecall's.
    Postgres,
    /// A database of its own on the server of `TEST_MYSQL_URL`.
    Mysql,
}

/// A database that one test has for itself, and that is no Rolecall's.
pub struct ForeignDb {
    /// Which kind it is.
    pub kind: Kind,
    /// Its URL, as a data map has it.
    pub url: String,
    _dir: TempDir,
}

impl ForeignDb {
    /// A fresh, empty database; none if that kind's server is not there and need not be.
    pub async fn start(kind: Kind) -> Option<Self> {
        sqlx::any::install_default_drivers();
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let name = format!("test_{:032x}", rand::random::<u128>());
        let url = match kind {
            Kind::Sqlite => {
                let path = dir.path().join("foreign.db");
                std::fs::write(&path, "").expect("a file can be made");
                format!("sqlite://{}", path.display())
            }
            Kind::Postgres => {
                let server = server("TEST_POSTGRES_URL", "PostgreSQL")?;
                let foreign = foreign_database(&server).await;
                run(&foreign, &format!("CREATE SCHEMA {name}")).await;
                format!("{foreign}?options=-c%20search_path%3D{name}")
            }
            Kind::Mysql => {
                let server = server("TEST_MYSQL_URL", "MySQL")?;
                run(&server, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
                with_database(&server, &name)
            }
        };
        Some(Self { kind, url, _dir: dir })
    }

    /// Runs `sql`, one statement or several.
    pub async fn run(&self, sql: &str) {
        run(&self.url, sql).await;
    }

    /// The one number that `sql` answers.
    pub async fn count(&self, sql: &str) -> i64 {
        let mut connection = self.connect().await;
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect("a row comes");
        row.try_get(0).expect("it is a number")
    }

    /// The texts that `sql` answers, of all columns of all rows, with `|` between columns and a line
    /// for each row.
    pub async fn text(&self, sql: &str) -> String {
        let mut connection = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.expect("rows come");
        let line = |row: sqlx::any::AnyRow| {
            let value = |number| {
                let text = row.try_get::<Option<String>, _>(number);
                let number = || row.try_get::<Option<i64>, _>(number).map(|value| value.map(|value| value.to_string()));
                text.or_else(|_| number()).expect("it is text or a number").unwrap_or_else(|| "NULL".to_owned())
            };
            (0..row.len()).map(value).collect::<Vec<_>>().join("|")
        };
        rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// A connection of its own, for a test that has to stand in the way.
    pub async fn connect(&self) -> AnyConnection {
        AnyConnection::connect(&self.url).await.expect("the database answers")
    }
}

fn server(name: &str, kind: &str) -> Option<String> {
    let url = variable(name);
    if url.is_none() {
        assert!(variable("ROLECALL_REQUIRE_ENGINES").is_none(), "{name} is not set, and no test may be skipped here");
        eprintln!("SKIPPED: set {name} to run this test on {kind}");
    }
    url
}

/// The URL of a second database on the PostgreSQL server: Rolecall refuses to erase from its own.
async fn foreign_database(server: &str) -> String {
    let url = with_database(server, "rolecall_foreign");
    if AnyConnection::connect(&url).await.is_err() {
        let mut connection = AnyConnection::connect(server).await.expect("the test server answers");
        // Another test may be quicker; its database does as well.
        let _ = sqlx::raw_sql("CREATE DATABASE rolecall_foreign TEMPLATE template0").execute(&mut connection).await;
    }
    url
}

/// `server` with another database for its last part.
fn with_database(server: &str, name: &str) -> String {
    let plain = server.split('?').next().unwrap_or(server);
    let (before, _) = plain.rsplit_once('/').expect("the server's URL names a database");
    format!("{before}/{name}")
}

async fn run(url: &str, sql: &str) {
    let mut connection = AnyConnection::connect(url).await.expect("the database answers");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("the statements run");
    connection.close().await.expect("the connection closes");
}
