//! The schema: applied twice, from two places at once, and the same on both engines.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use rolecall_model::time::Instant;
use rolecall_store::{Db, Error, Meter, migrations};
use rolecall_testkit::{Engine, TestDb, each_engine};

fn now() -> Instant {
    Instant::from_ms(1_000)
}

/// An empty database, for tests of how it gets its schema.
struct EmptyDb(TestDb);

impl EmptyDb {
    async fn start(engine: Engine) -> Option<Self> {
        TestDb::empty(engine).await.map(Self)
    }
}

async fn schema(db: &Db) -> Vec<String> {
    let mut tx = db.read(&Meter::default()).await.expect("a transaction");
    migrations::describe(db, &mut tx).await.expect("the schema is told")
}

each_engine! {
    async fn an_empty_database_says_what_to_do(empty: EmptyDb) {
        let db = &empty.0.db;
        assert_eq!(migrations::version(db).await, Ok(0));
        let error = migrations::check(db).await.expect_err("it is empty");
        assert_eq!(
            error.to_string(),
            "the database is not one this version can use: its schema is version 0, this program needs 86; run `rolecall migrate`"
        );
    }

    async fn migrating_twice_is_migrating_once(empty: EmptyDb) {
        let db = &empty.0.db;
        let first = migrations::migrate(db, "a", now).await.expect("migrations apply");
        assert_eq!((first.from, first.to), (0, migrations::VERSION));
        let before = schema(db).await;
        let second = migrations::migrate(db, "a", now).await.expect("migrations apply again");
        assert_eq!((second.from, second.to), (migrations::VERSION, migrations::VERSION));
        assert_eq!(schema(db).await, before);
        assert_eq!(migrations::check(db).await, Ok(()));
    }

    async fn two_machines_may_migrate_at_once(empty: EmptyDb) {
        let other = Db::open(&empty.0.url).await.expect("it opens twice");
        let (one, two) = tokio::join!(
            migrations::migrate(&empty.0.db, "one", now),
            migrations::migrate(&other, "two", now),
        );
        assert_eq!(one.expect("the first ends well").to, migrations::VERSION);
        assert_eq!(two.expect("the second ends well").to, migrations::VERSION);
        assert_eq!(migrations::check(&other).await, Ok(()));
    }

    async fn another_kind_of_url_is_refused_with_what_would_do(_db: TestDb) {
        let error = Db::open("mysql://localhost/x").await.expect_err("not a URL of ours");
        assert!(matches!(error, Error::BadUrl { .. }), "{error}");
    }
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let sqlite = TestDb::start(Engine::Sqlite).await.expect("SQLite is always there");
    if let Some(postgres) = TestDb::start(Engine::Postgres).await {
        assert_eq!(schema(&sqlite.db).await, schema(&postgres.db).await);
    }
    insta::assert_snapshot!(schema(&sqlite.db).await.join("\n"));
}
