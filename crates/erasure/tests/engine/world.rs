//! A chat database with people in it, an account whose data map is of it, and an engine.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{StreamExt as _, stream, stream::BoxStream};
use rolecall_control::erasure::{self, NewDataMap, NewErasure, Report};
use rolecall_erasure::{
    catalog::Catalog,
    engine::{Engine, Options},
    graph::Place,
    map,
    stores::{self, BoxFuture, Failure, Found, Key, Rules, Search, Slice, Store, StoreError},
};
use rolecall_model::erasure::{State, Subject};
use rolecall_store::{Core, Db, Random, seal::SealingKey};
use rolecall_testkit::{ForeignDb, Kind as ForeignKind, TestApp};
use secrecy::SecretString;

/// What a store is made to do wrong: asked before each call with the call's number, from 1 on.
pub(crate) type Trouble = Arc<dyn Fn(Call) -> BoxFuture<'static, Option<StoreError>> + Send + Sync>;

/// A call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What kind of call it is.
    pub(crate) kind: Kind,
    /// Which it is of all calls.
    pub(crate) number: usize,
}

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Open,
    Catalog,
    Find,
    Erase,
    Commit,
}

/// The account, the chat database and an engine.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) chat: Arc<ForeignDb>,
    pub(crate) engine: Engine,
}

/// Rows of one person: themselves, two identities, two sessions, four messages in each, five events.
pub(crate) const ROWS_EACH: i64 = 1 + 2 + 2 + 8 + 5;

/// The two bots the people talk to, by what tests call them.
pub(crate) struct Bots {
    pub(crate) a: String,
    pub(crate) b: String,
}

impl World {
    /// A world whose account is in a database of `own` and whose chat is in one of `kind`.
    pub(crate) async fn start(own: rolecall_testkit::Engine, kind: ForeignKind) -> Option<Self> {
        let chat = Arc::new(ForeignDb::start(kind).await?);
        let app = TestApp::start(own).await?;
        chat.run(SCHEMA).await;
        let world = Self { engine: engine(&app, "one", calm()), app, chat };
        world.set_map(&world.data_map("")).await;
        Some(world)
    }

    /// The data map of [`SCHEMA`], with further lines of policy.
    pub(crate) fn data_map(&self, policy: &str) -> String {
        MAP.replace("URL", &self.chat.url).replace("POLICY", policy)
    }

    /// Sets the account's data map.
    pub(crate) async fn set_map(&self, text: &str) {
        let parsed = map::parse(text).expect("the map can be read");
        let new = NewDataMap {
            text,
            hash: &parsed.hash,
            deadline_ms: parsed.policy.deadline_ms,
            grace_ms: parsed.policy.grace_ms,
            place_hashes: Vec::new(),
        };
        erasure::set_data_map(&self.app.operator(), new).await.expect("the map is set");
    }

    /// Another engine on the same database, with trouble in its stores.
    pub(crate) fn another(&self, worker: &str, trouble: Trouble) -> Engine {
        engine(&self.app, worker, trouble)
    }

    /// Another engine that reaches our database at `url`, as another process does.
    pub(crate) async fn elsewhere(&self, url: &str, worker: &str, trouble: Trouble) -> Engine {
        let core = Core {
            db: Db::open(url).await.expect("the database opens"),
            clock: Arc::clone(&self.app.clock) as _,
            random: Random::from_seed([3; 32]),
            sealing_key: SealingKey::generate([8; 32]),
        };
        engine_of(Arc::new(core), worker, trouble)
    }

    /// Puts these people into the chat; each is `NAME@chat.example` and talks to both bots.
    pub(crate) async fn people(&self, names: &[&str], bots: &Bots) {
        let mut sql = String::new();
        for name in names {
            sql.push_str(&person(name, bots));
        }
        self.chat.run(&sql).await;
    }

    /// Two bots of the account.
    pub(crate) async fn bots(&self) -> Bots {
        Bots { a: self.app.bot("Desk A").await.id, b: self.app.bot("Desk B").await.id }
    }

    /// How many rows of a person there are, masked ones not counted.
    pub(crate) async fn rows_of(&self, name: &str) -> i64 {
        let mut n = 0;
        for (table, condition) in [
            ("bot_user", format!("id = '{name}'")),
            ("channel_identity", format!("user_id = '{name}'")),
            ("session", format!("user_id = '{name}'")),
            ("message", format!("body LIKE '%secret of {name}.%'")),
            ("event", format!("props LIKE '%secret of {name}.%'")),
        ] {
            n += self.chat.count(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}")).await;
        }
        n
    }

    /// Asks for an erasure on all bots; its id.
    pub(crate) async fn ask(&self, who: &[&str]) -> String {
        self.ask_for(who, |_| ()).await
    }

    /// The same with something else about it.
    pub(crate) async fn ask_for(&self, who: &[&str], change: impl FnOnce(&mut NewErasure)) -> String {
        let mut new = NewErasure {
            subjects: who.iter().map(|who| Subject::Plain((*who).to_owned())).collect(),
            bot_ids: Vec::new(),
            is_all_bots: true,
            plan_hash: None,
            not_before: None,
            grounds: None,
            callback_url: None,
        };
        change(&mut new);
        erasure::request(&self.app.operator(), &new).await.expect("the request is taken").id
    }

    /// Works until nothing is due.
    pub(crate) async fn work(&self) {
        while self.engine.work_one().await.expect("the work is done") {}
    }

    /// Works, and lets time pass whenever nothing is due, until the request has ended.
    pub(crate) async fn work_through(&self, id: &str) -> Report {
        for _ in 0..100 {
            self.work().await;
            let report = self.report(id).await;
            if report.state.is_final() {
                return report;
            }
            self.app.clock.advance_ms(60_000);
        }
        panic!("the request does not end: {:?}", self.report(id).await);
    }

    /// What is told of the request.
    pub(crate) async fn report(&self, id: &str) -> Report {
        erasure::report(&self.app.operator(), id).await.expect("the request is there")
    }

    /// The request's state.
    pub(crate) async fn state(&self, id: &str) -> State {
        self.report(id).await.state
    }
}

/// How the subjects of a request fared, by name, each with its cause.
pub(crate) fn outcomes(report: &Report) -> BTreeMap<String, String> {
    report
        .subjects
        .iter()
        .map(|subject| {
            let name = subject.subject.as_ref().map(|subject| subject.to_value().to_string()).unwrap_or_default();
            let outcome = subject.outcome.as_str();
            let told =
                if subject.cause.is_empty() { outcome.to_owned() } else { format!("{outcome}: {}", subject.cause) };
            (name.trim_matches('"').to_owned(), told)
        })
        .collect()
}

/// A store that behaves.
pub(crate) fn calm() -> Trouble {
    Arc::new(|_| Box::pin(async { None }))
}

/// Runs a statement as a live application does, to which the database may say no.
pub(crate) async fn try_run(chat: &ForeignDb, sql: &str) {
    let mut connection = chat.connect().await;
    // Whether it works out is between the application and its database.
    let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
}

/// A failure of a store.
pub(crate) fn failure(kind: Failure) -> StoreError {
    StoreError { kind, code: "test".to_owned(), object: None }
}

fn engine(app: &TestApp, worker: &str, trouble: Trouble) -> Engine {
    engine_of(Arc::clone(&app.server.core), worker, trouble)
}

fn engine_of(core: Arc<Core>, worker: &str, trouble: Trouble) -> Engine {
    let secrets = Arc::new(|url: &str| Ok(url.to_owned().into()));
    let mut options = Options::new(Rules::default(), secrets, worker);
    let calls = Arc::new(AtomicUsize::new(0));
    options.open = Arc::new(move |url: SecretString| {
        let (trouble, calls) = (Arc::clone(&trouble), Arc::clone(&calls));
        Box::pin(async move {
            let store = Troubled { store: None, trouble, calls };
            store.meet(Kind::Open).await?;
            let opened = stores::open(&url, &Rules::default()).await?;
            Ok(Box::new(Troubled { store: Some(opened), ..store }) as Box<dyn Store>)
        })
    });
    Engine::new(core, options)
}

/// A real store that trouble comes to.
struct Troubled {
    store: Option<Box<dyn Store>>,
    trouble: Trouble,
    calls: Arc<AtomicUsize>,
}

impl Troubled {
    async fn meet(&self, kind: Kind) -> Result<(), StoreError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        (self.trouble)(Call { kind, number }).await.map_or(Ok(()), Err)
    }

    fn real(&self) -> &dyn Store {
        &**self.store.as_ref().expect("it is open")
    }
}

impl Store for Troubled {
    fn catalog<'a>(&'a self, tables: &'a [String]) -> BoxFuture<'a, Result<Catalog, StoreError>> {
        Box::pin(async move {
            self.meet(Kind::Catalog).await?;
            self.real().catalog(tables).await
        })
    }

    fn find<'a>(&'a self, catalog: &'a Catalog, search: Search<'a>) -> BoxStream<'a, Result<Found, StoreError>> {
        let first = stream::once(self.meet(Kind::Find)).filter_map(|met| async move { met.err().map(Err) });
        let is_well = Mutex::new(true);
        first
            .inspect(move |_| *is_well.lock().unwrap_or_else(PoisonError::into_inner) = false)
            .chain(self.real().find(catalog, search))
            .boxed()
    }

    fn remaining<'a>(&'a self, catalog: &'a Catalog, slice: Slice<'a>) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.real().remaining(catalog, slice)
    }

    fn erase<'a>(
        &'a self,
        catalog: &'a Catalog,
        slices: &'a [Slice<'a>],
        may_commit: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result<Option<Vec<u64>>, StoreError>> {
        Box::pin(async move {
            self.meet(Kind::Erase).await?;
            let done = self.real().erase(catalog, slices, may_commit).await?;
            // From here on the rows are gone, and nobody has written that down yet.
            self.meet(Kind::Commit).await?;
            Ok(done)
        })
    }

    fn identifiers<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        places: &'a [&'a Place],
    ) -> BoxStream<'a, Result<Vec<String>, StoreError>> {
        self.real().identifiers(catalog, table, places)
    }

    fn insert<'a>(
        &'a self,
        catalog: &'a Catalog,
        table: &'a str,
        values: &'a [(String, String)],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.real().insert(catalog, table, values)
    }

    fn replica_lag_ms(&self) -> BoxFuture<'_, Result<Option<i64>, StoreError>> {
        self.real().replica_lag_ms()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.real().close()
    }
}

const SCHEMA: &str = "
CREATE TABLE bot_user (id VARCHAR(64) NOT NULL PRIMARY KEY, email VARCHAR(200) NOT NULL, full_name VARCHAR(200));
CREATE INDEX bot_user_by_email ON bot_user (email);
CREATE TABLE channel_identity (
  id VARCHAR(80) NOT NULL PRIMARY KEY, user_id VARCHAR(64) NOT NULL, channel VARCHAR(20) NOT NULL,
  channel_user_id VARCHAR(80) NOT NULL, FOREIGN KEY (user_id) REFERENCES bot_user (id));
CREATE INDEX channel_identity_by_user ON channel_identity (user_id);
CREATE INDEX channel_identity_by_channel ON channel_identity (channel_user_id, channel);
CREATE TABLE session (
  id VARCHAR(80) NOT NULL PRIMARY KEY, user_id VARCHAR(64) NOT NULL, bot_id VARCHAR(64) NOT NULL,
  FOREIGN KEY (user_id) REFERENCES bot_user (id));
CREATE INDEX session_by_user ON session (user_id);
CREATE TABLE message (
  id VARCHAR(80) NOT NULL PRIMARY KEY, session_id VARCHAR(80) NOT NULL, user_id VARCHAR(64),
  body VARCHAR(400) NOT NULL, FOREIGN KEY (session_id) REFERENCES session (id));
CREATE INDEX message_by_session ON message (session_id);
CREATE INDEX message_by_user ON message (user_id);
CREATE TABLE event (
  id VARCHAR(80) NOT NULL PRIMARY KEY, user_id VARCHAR(64), bot_id VARCHAR(64) NOT NULL, props VARCHAR(400));
CREATE INDEX event_by_user ON event (user_id);
";

/// Users, identities, sessions and messages go; of events the properties are masked. Half of the
/// messages are the bot's and name no user.
const MAP: &str = "
stores: {chat: {url: 'URL', datasets: [chat], backups_expire_after: 35d}}
policy: {settle: 0s, POLICY}
dataset:
  - fides_key: chat
    collections:
      - name: bot_user
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true, identity: user_id}}
          - {name: email, fides_meta: {identity: email}}
      - name: channel_identity
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: channel, fides_meta: {identity: channel_id}}
          - {name: channel_user_id, fides_meta: {identity: channel_user_id}}
      - name: session
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: bot_id, rolecall_meta: {bot: true}}
      - name: message
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: session_id, fides_meta: {references: [{dataset: chat, field: session.id, direction: from}]}}
      - name: event
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: bot_id, rolecall_meta: {bot: true}}
          - {name: props, data_categories: [user.behavior]}
";

fn person(name: &str, bots: &Bots) -> String {
    let mut rows =
        vec![format!("INSERT INTO bot_user VALUES ('{name}', '{name}@chat.example', 'The name of {name}');")];
    for channel in ["web", "whatsapp"] {
        rows.push(format!(
            "INSERT INTO channel_identity VALUES ('{channel}-{name}', '{name}', '{channel}', '{channel}-id-{name}');"
        ));
    }
    for (mark, bot) in [("a", &bots.a), ("b", &bots.b)] {
        rows.push(format!("INSERT INTO session VALUES ('{mark}-{name}', '{name}', '{bot}');"));
        for n in 0..4 {
            let author = if n % 2 == 0 { format!("'{name}'") } else { "NULL".to_owned() };
            rows.push(format!(
                "INSERT INTO message VALUES ('{mark}-{name}-{n}', '{mark}-{name}', {author}, 'secret of {name}. {n}');"
            ));
        }
    }
    for n in 0..5 {
        let bot = if n < 3 { &bots.a } else { &bots.b };
        rows.push(format!("INSERT INTO event VALUES ('{name}-{n}', '{name}', '{bot}', 'secret of {name}. {n}');"));
    }
    rows.join("\n")
}

/// Writes each test twice, for tests that take long: what they are about is the same on MySQL.
#[macro_export]
macro_rules! most_worlds {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test($world: $crate::world::World) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = $crate::world::World::start(rolecall_testkit::Engine::Sqlite, rolecall_testkit::Kind::Sqlite);
                test(world.await.expect("SQLite is always there")).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let world = $crate::world::World::start(rolecall_testkit::Engine::Postgres, rolecall_testkit::Kind::Postgres);
                if let Some(world) = world.await {
                    test(world).await;
                }
            }
        }
    )*};
}

/// Writes each test three times: for each kind of store, the account once on PostgreSQL.
#[macro_export]
macro_rules! each_world {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs all that stands around it")]
            use super::*;

            async fn test($world: $crate::world::World) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = $crate::world::World::start(rolecall_testkit::Engine::Sqlite, rolecall_testkit::Kind::Sqlite);
                test(world.await.expect("SQLite is always there")).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let world = $crate::world::World::start(rolecall_testkit::Engine::Postgres, rolecall_testkit::Kind::Postgres);
                if let Some(world) = world.await {
                    test(world).await;
                }
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mysql() {
                let world = $crate::world::World::start(rolecall_testkit::Engine::Sqlite, rolecall_testkit::Kind::Mysql);
                if let Some(world) = world.await {
                    test(world).await;
                }
            }
        }
    )*};
}
