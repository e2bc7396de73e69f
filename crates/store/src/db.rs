//! Connections and transactions on either engine.

use std::{
    future::Future,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::RngExt;
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Execute as _, Row,
    any::{AnyArguments, AnyPoolOptions, AnyRow},
    pool::PoolConnection,
    query::Query,
    sqlite::SqliteConnectOptions,
};

use crate::{
    bulk,
    error::{Error, MaybeBusy},
    mark::{Mark, Marks},
};

/// A statement with its values.
pub(crate) type Statement = Query<'static, Any, AnyArguments>;

/// Which engine a database runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file beside the program, opened by it alone or by few processes of one machine.
    Sqlite,
    /// PostgreSQL, or a database that speaks its protocol.
    Postgres,
}

impl Engine {
    /// The engine's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database, by its connections: many readers; on SQLite one writer, as the engine has it.
///
/// Concurrency: cheap to clone, safe to share.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    readers: AnyPool,
    writers: AnyPool,
    marks: Option<Arc<Marks>>,
}

/// How long a request waits for a free connection, and a SQLite writer for another process.
const WAIT: Duration = Duration::from_secs(10);

/// Readers on SQLite: enough to use every core of a small machine while one waits for its disk.
const SQLITE_READERS: u32 = 8;

/// Pages that a connection to SQLite keeps in memory of its own: the writer those it changes, so many that
/// a big change stays there until its end; a reader few, as the system keeps the file's for all of them.
const WRITER_CACHE: &str = "PRAGMA cache_size = -16384";
const READER_CACHE: &str = "PRAGMA cache_size = -2048";

/// Connections to PostgreSQL: a small pool answers sooner than a big one, which only queues inside
/// the server instead of in front of it.
const POSTGRES_CONNECTIONS: u32 = 16;

impl Db {
    /// Opens the database at `url`, making a SQLite file that is not there yet. Applies no
    /// migrations; see [`crate::migrations`].
    ///
    /// Errors: [`Error::BadUrl`] for a URL of another kind, [`Error::Unreachable`] if nobody answers.
    pub async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        match engine_of(url)? {
            Engine::Sqlite => Self::open_sqlite(url).await,
            Engine::Postgres => Self::open_postgres(url).await,
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self, Error> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}mode=rwc");
        let options = SqliteConnectOptions::from_str(&url)?;
        let pool = |n_connections: u32, cache: &'static str| {
            AnyPoolOptions::new()
                .max_connections(n_connections)
                .acquire_timeout(WAIT)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        // FULL: what was acknowledged survives a power cut, not only a crash.
                        for pragma in [
                            "PRAGMA busy_timeout = 10000",
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = FULL",
                            cache,
                            "PRAGMA temp_store = MEMORY",
                        ] {
                            sqlx::query(pragma).fetch_optional(&mut *connection).await?;
                        }
                        Ok(())
                    })
                })
        };
        // One connection by itself first: a pool would try to open what is no database again and
        // again, and in the end say only that it took too long.
        let mut first = AnyConnection::connect(&url).await?;
        sqlx::query("PRAGMA schema_version").fetch_optional(&mut first).await?;
        first.close().await?;
        // The writer comes first: it makes the file and switches it to the write-ahead log.
        let writers = pool(1, WRITER_CACHE).connect(&url).await?;
        let readers = pool(SQLITE_READERS, READER_CACHE).connect(&url).await?;
        let mut keeper = AnyConnection::connect(&url).await?;
        sqlx::query("SELECT 1 FROM sqlite_schema").fetch_optional(&mut keeper).await?;
        let marks = Marks::new(options.get_filename(), keeper).map(Arc::new);
        Ok(Self { engine: Engine::Sqlite, readers, writers, marks })
    }

    async fn open_postgres(url: &str) -> Result<Self, Error> {
        // For the same reason: who is refused is told why.
        AnyConnection::connect(url).await?.close().await?;
        let pool =
            AnyPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(WAIT).connect(url).await?;
        Ok(Self { engine: Engine::Postgres, readers: pool.clone(), writers: pool, marks: None })
    }

    /// The engine this database runs on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Begins a transaction that reads one state of the database, whatever is written meanwhile.
    pub async fn read(&self, meter: &Meter) -> Result<Tx, Error> {
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN DEFERRED",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Tx::begin(self.engine, &self.readers, begin, meter).await
    }

    /// A connection for reading with one statement, which sees one state of the database anyway.
    pub async fn glance(&self, meter: &Meter) -> Result<Tx, Error> {
        let connection = meter.wait(self.readers.acquire()).await?;
        Ok(Tx { engine: self.engine, inner: Inner::Single(connection), meter: meter.clone(), is_empty: false })
    }

    /// What the database is like now, without asking it; nothing where only asking tells.
    ///
    /// Errors: none; whoever gets no mark asks the database, which says what is wrong.
    pub fn mark(&self) -> Option<Mark> {
        self.marks.as_ref()?.now()
    }

    /// The attempts at one change. See [`Attempts`].
    pub fn attempts(&self, meter: &Meter) -> Attempts {
        Attempts { db: self.clone(), meter: meter.clone(), n_left: MAX_ATTEMPTS }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").fetch_one(&self.readers).await?;
        Ok(())
    }

    /// Closes every connection; on SQLite this also folds the write-ahead log into the file.
    pub async fn close(&self) {
        if let Some(marks) = &self.marks
            && let Err(error) = marks.close().await
        {
            // Nothing was written by it.
            tracing::debug!("a connection was not closed: {error}");
        }
        self.readers.close().await;
        self.writers.close().await;
    }

    /// Runs `sql` by itself, outside a transaction, as schema changes must be.
    pub(crate) async fn run_alone(&self, sql: String) -> Result<(), Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.writers).await?;
        Ok(())
    }

    async fn write(&self, meter: &Meter) -> Result<Tx, Error> {
        // On SQLite a transaction that reads first and writes later can lose its turn for good
        // (SQLITE_BUSY whatever the timeout), so a write says so when it begins.
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        Tx::begin(self.engine, &self.writers, begin, meter).await
    }
}

fn engine_of(url: &str) -> Result<Engine, Error> {
    if url.starts_with("sqlite:") {
        Ok(Engine::Sqlite)
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Engine::Postgres)
    } else {
        let what = "the URL must begin with sqlite: or postgres://, such as sqlite:rolecall.db".to_owned();
        Err(Error::BadUrl { what })
    }
}

/// What the database did for one request. Concurrency: shared between the parts of one request.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    n_statements: AtomicU64,
    n_rows: AtomicU64,
    busy_us: AtomicU64,
}

/// A reading of a [`Meter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeterReading {
    /// Statements run, transaction control included.
    pub n_statements: u64,
    /// Rows read or changed.
    pub n_rows: u64,
    /// Time spent waiting for the database. Units: microseconds.
    pub busy_us: u64,
}

impl Meter {
    /// What was counted so far.
    pub fn reading(&self) -> MeterReading {
        MeterReading {
            n_statements: self.0.n_statements.load(Ordering::Relaxed),
            n_rows: self.0.n_rows.load(Ordering::Relaxed),
            busy_us: self.0.busy_us.load(Ordering::Relaxed),
        }
    }

    /// Counts what was done elsewhere for the same request.
    pub fn add(&self, done: MeterReading) {
        self.0.n_statements.fetch_add(done.n_statements, Ordering::Relaxed);
        self.0.n_rows.fetch_add(done.n_rows, Ordering::Relaxed);
        self.0.busy_us.fetch_add(done.busy_us, Ordering::Relaxed);
    }

    async fn time<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
        self.0.n_statements.fetch_add(1, Ordering::Relaxed);
        self.wait(work).await
    }

    async fn wait<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
        let began = Instant::now();
        let result = work.await;
        let us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.0.busy_us.fetch_add(us, Ordering::Relaxed);
        Ok(result?)
    }

    fn count_rows(&self, n_rows: u64) {
        self.0.n_rows.fetch_add(n_rows, Ordering::Relaxed);
    }
}

/// A transaction. Dropped without a commit, it has changed nothing.
#[derive(Debug)]
pub struct Tx {
    engine: Engine,
    inner: Inner,
    meter: Meter,
    is_empty: bool,
}

#[derive(Debug)]
enum Inner {
    Transaction(sqlx::Transaction<'static, Any>),
    /// Each statement is a transaction by itself.
    Single(PoolConnection<Any>),
}

impl Inner {
    fn connection(&mut self) -> &mut AnyConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Single(connection) => connection,
        }
    }
}

impl Tx {
    async fn begin(engine: Engine, pool: &AnyPool, statement: &'static str, meter: &Meter) -> Result<Self, Error> {
        let inner = meter.time(begun(engine, pool, statement)).await?;
        Ok(Self { engine, inner: Inner::Transaction(inner), meter: meter.clone(), is_empty: false })
    }

    /// The engine it is on.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Says that nothing worth keeping was written, so that settling it need not wait for the disk.
    pub fn nothing_to_keep(&mut self) {
        self.is_empty = true;
    }

    /// Says that this will make small tables big, so that no plan is kept that was made while they
    /// were small: PostgreSQL would go on reading all of a table for every few hundred rows of it.
    pub async fn grow(&mut self) -> Result<(), Error> {
        if self.engine == Engine::Postgres {
            self.run(sqlx::query("SET LOCAL plan_cache_mode = force_custom_plan")).await?;
        }
        Ok(())
    }

    /// Makes what was written durable.
    pub async fn commit(self) -> Result<(), Error> {
        match self.inner {
            Inner::Transaction(transaction) => self.meter.time(transaction.commit()).await,
            Inner::Single(_) => Ok(()),
        }
    }

    /// Undoes what was written. Dropping does the same, later.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.inner {
            Inner::Transaction(transaction) => self.meter.time(transaction.rollback()).await,
            Inner::Single(_) => Ok(()),
        }
    }

    /// `statement` as this engine takes it best; see [`bulk::without_numbers`].
    fn fit(&self, mut statement: Statement) -> Result<Statement, Error> {
        if self.engine == Engine::Postgres {
            return Ok(statement);
        }
        let arguments = statement.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        let sql = statement.sql();
        Ok(match bulk::without_numbers(sql.as_str()) {
            Some(plain) => sqlx::query_with(AssertSqlSafe(plain), arguments),
            None => sqlx::query_with(sql, arguments),
        })
    }

    /// All rows of `statement`.
    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<AnyRow>, Error> {
        let rows = self.meter.time(self.fit(statement)?.fetch_all(self.inner.connection())).await?;
        self.meter.count_rows(rows.len() as u64);
        Ok(rows)
    }

    /// The first row of `statement`, if any.
    pub(crate) async fn optional(&mut self, statement: Statement) -> Result<Option<AnyRow>, Error> {
        let row = self.meter.time(self.fit(statement)?.fetch_optional(self.inner.connection())).await?;
        self.meter.count_rows(u64::from(row.is_some()));
        Ok(row)
    }

    /// The one number that `statement` answers.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, Error> {
        let row = self.meter.time(self.fit(statement)?.fetch_one(self.inner.connection())).await?;
        Ok(row.try_get(0)?)
    }

    /// Runs `statement`; how many rows it changed.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, Error> {
        let n_rows = self.meter.time(self.fit(statement)?.execute(self.inner.connection())).await?.rows_affected();
        self.meter.count_rows(n_rows);
        Ok(n_rows)
    }
}

/// Begins a transaction, on PostgreSQL in a task of its own, which nobody cuts off.
///
/// A request is dropped when its client goes. Were that between a BEGIN and its answer, PostgreSQL
/// would be in a transaction that sqlx knows nothing of (it counts a transaction when the answer is
/// there, and rolls back what it counted), and the connection would go to somebody else like that.
/// On SQLite sqlx's own thread begins, and undoes what nobody waits for any more.
async fn begun(
    engine: Engine,
    pool: &AnyPool,
    statement: &'static str,
) -> Result<sqlx::Transaction<'static, Any>, sqlx::Error> {
    match engine {
        Engine::Sqlite => pool.begin_with(statement).await,
        Engine::Postgres => {
            let pool = pool.clone();
            let begin = tokio::spawn(async move { pool.begin_with(statement).await });
            begin.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
        }
    }
}

/// How often one change is tried before its caller is told that the database is busy.
const MAX_ATTEMPTS: u32 = 8;

/// Does a change in a transaction of its own, and again while another transaction stands in the way: the
/// result, once it is committed or undone. The work must have no effect outside its transaction, for it may
/// run twice.
///
/// ```text
/// attempt!(db.attempts(&meter), |tx| work(tx, what))
/// ```
///
/// A macro and no function, for nothing can say yet that the future of an async closure may be sent to
/// another thread, and a request's must be.
#[macro_export]
macro_rules! attempt {
    ($attempts:expr, |$tx:ident| $work:expr) => {{
        let mut attempts = $attempts;
        loop {
            let mut transaction = match attempts.begin().await {
                Ok(transaction) => transaction,
                Err(error) => break Err(error.into()),
            };
            let $tx = &mut transaction;
            let result = $work.await;
            if let Some(settled) = attempts.settle(transaction, result).await {
                break settled;
            }
        }
    }};
}

/// The attempts at one change: begin, do the work, settle; see [`attempt!`].
#[derive(Debug)]
pub struct Attempts {
    db: Db,
    meter: Meter,
    n_left: u32,
}

impl Attempts {
    /// Begins the next attempt.
    pub async fn begin(&mut self) -> Result<Tx, Error> {
        self.n_left = self.n_left.saturating_sub(1);
        self.db.write(&self.meter).await
    }

    /// Commits a success, undoes a failure, and tells which it was; nothing while the work should
    /// be done again, after a pause that grows and differs from everybody else's.
    pub async fn settle<T, E: MaybeBusy + From<Error>>(
        &mut self,
        tx: Tx,
        result: Result<T, E>,
    ) -> Option<Result<T, E>> {
        let result = match result {
            Ok(value) if tx.is_empty => tx.rollback().await.map(|()| value).map_err(E::from),
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                // The connection goes back to the pool clean, or not at all.
                drop(tx.rollback().await);
                Err(error)
            }
        };
        match &result {
            Err(error) if error.is_busy() && self.n_left > 0 => {
                let longest_ms = 4_u64 << (MAX_ATTEMPTS - self.n_left).min(6);
                let pause_ms = rand::rng().random_range(1..=longest_ms);
                #[expect(clippy::disallowed_methods, reason = "a pause is the point: it lets the other one finish")]
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                None
            }
            _ => Some(result),
        }
    }
}
