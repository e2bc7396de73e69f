//! What fails is told by its kind, its code and a name, and by nothing that was in a row.

use rolecall_erasure::{
    graph::Masking,
    stores::{Failure, StoreError},
};
use rolecall_testkit::{ForeignDb, Kind, Wire, each_store};
use sqlx::Connection as _;

use crate::world::{World, keys, mask, open};

const MARKER: &str = "MARKER-7f3a";

/// That `error` is of that kind, names that object, and quotes no row.
fn assert_told(error: &StoreError, kind: Failure, object: Option<&str>) {
    assert_eq!((error.kind, error.object.as_deref()), (kind, object), "{error:?}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(MARKER) && !shown.contains("example.com"), "{shown}");
    assert!(!error.code.is_empty());
}

each_store! {
    async fn a_refused_row_is_told_by_the_rule_alone(store: ForeignDb) {
        let kind = store.kind;
        let trigger = match kind {
            Kind::Sqlite => {
                "CREATE TRIGGER keep BEFORE DELETE ON worm BEGIN SELECT RAISE(ABORT, 'no: MARKER-7f3a'); END"
            }
            Kind::Postgres => {
                "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN RAISE NOTICE ''%'', OLD; RAISE EXCEPTION ''no: %'', OLD.mail; END'; \
                 CREATE TRIGGER keep BEFORE DELETE ON worm FOR EACH ROW EXECUTE FUNCTION keep()"
            }
            Kind::Mysql => {
                "CREATE TRIGGER keep BEFORE DELETE ON worm FOR EACH ROW \
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no: MARKER-7f3a'"
            }
        };
        let world = World::new(
            store,
            &format!(
                "CREATE TABLE person (id INT PRIMARY KEY, mail $key NOT NULL, code $key UNIQUE, n INT, \
                     CONSTRAINT small CHECK (n < 10)); \
                 CREATE TABLE worm (id INT PRIMARY KEY, mail $key); \
                 CREATE TABLE child (id INT PRIMARY KEY, person_id INT, note $key, \
                     CONSTRAINT child_person FOREIGN KEY (person_id) REFERENCES person (id)); \
                 INSERT INTO person VALUES (1, '{MARKER}@example.com', '{MARKER}', 1), (2, '{MARKER}2', 'small', 2); \
                 INSERT INTO worm VALUES (1, '{MARKER}'); INSERT INTO child VALUES (1, 1, '{MARKER}'); {trigger}"
            ),
            &["person", "worm"],
        )
        .await;
        let keys = keys(&["1"]);
        let fails = async |table: &str, column: Option<(&str, Masking)>| {
            let masks = column.map(|(column, how)| [mask(column, how)]);
            let masks = masks.as_ref().map(|masks| &masks[..]);
            world.erase(table, masks, &keys).await.expect_err("the rule holds")
        };
        let constant = |text: &str| Masking::Constant(text.to_owned());

        // SQLite names no foreign key.
        let named = (kind != Kind::Sqlite).then_some("child_person");
        assert_told(&fails("person", None).await, Failure::Constraint, named);
        assert_told(&fails("worm", None).await, Failure::Constraint, None);
        assert_told(&fails("person", Some(("n", constant("11")))).await, Failure::Constraint, Some("small"));
        let not_null = fails("person", Some(("mail", Masking::Null))).await;
        assert_told(&not_null, Failure::Constraint, if kind == Kind::Mysql { None } else { Some("person") });
        // What the row has could be the name of anything: of a duplicate only the table is told.
        let duplicate = fails("person", Some(("code", constant("small")))).await;
        assert_told(&duplicate, Failure::Constraint, if kind == Kind::Mysql { None } else { Some("person") });

        assert_eq!(world.db.count("SELECT COUNT(*) FROM person WHERE id = 1 AND n = 1").await, 1);
        assert_eq!(world.db.count("SELECT COUNT(*) FROM worm").await, 1);
    }

    async fn a_row_somebody_else_holds_is_busy_and_nothing_more(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE t (id INT PRIMARY KEY, v $key); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
            &["t"],
        )
        .await;
        let mut other = world.db.connect().await;
        let begin = if world.db.kind == Kind::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let mut held = other.begin_with(begin).await.expect("it begins");
        sqlx::raw_sql("UPDATE t SET v = 'mine' WHERE id = 1").execute(&mut *held).await.expect("it is held");

        assert_told(&world.erase("t", None, &keys(&["1"])).await.expect_err("held"), Failure::Busy, None);
        let masks = [mask("v", Masking::Random { length: 5 })];
        assert_told(&world.erase("t", Some(&masks), &keys(&["1"])).await.expect_err("held"), Failure::Busy, None);

        held.rollback().await.expect("it is let go");
        assert_eq!(world.erase("t", None, &keys(&["1"])).await, Ok(1));
    }

    async fn what_the_catalog_no_longer_tells_is_missing(store: ForeignDb) {
        let world = World::new(store, "CREATE TABLE t (id INT PRIMARY KEY, v $key)", &["t"]).await;
        world.db.run("ALTER TABLE t RENAME COLUMN v TO w").await;
        let masks = [mask("v", Masking::Null)];
        assert_told(&world.erase("t", Some(&masks), &keys(&["1"])).await.expect_err("gone"), Failure::Missing, None);
        world.db.run("DROP TABLE t").await;
        assert_told(&world.erase("t", None, &keys(&["1"])).await.expect_err("gone"), Failure::Missing, None);
    }

    async fn a_store_that_only_lets_read_denies(store: ForeignDb) {
        let world = World::new(store, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)", &["t"]).await;
        let url = match world.db.kind {
            Kind::Sqlite => {
                let path = world.db.url.strip_prefix("sqlite://").expect("a file");
                let copy = format!("{path}.copy");
                std::fs::copy(path, &copy).expect("it is copied");
                let connection = format!("sqlite://{copy}");
                let mut permissions = std::fs::metadata(&copy).expect("it is there").permissions();
                permissions.set_readonly(true);
                std::fs::set_permissions(&copy, permissions).expect("it is locked");
                // Root writes anywhere.
                if std::fs::OpenOptions::new().append(true).open(&copy).is_ok() {
                    return;
                }
                connection
            }
            Kind::Postgres => reader(&world.db, "CREATE USER $u PASSWORD 'p'; GRANT USAGE ON SCHEMA $s TO $u; GRANT SELECT ON t TO $u").await,
            Kind::Mysql => reader(&world.db, "CREATE USER $u@'%' IDENTIFIED BY 'p'; GRANT SELECT ON t TO $u@'%'").await,
        };
        let reader = World { store: open(&url).await.expect("it opens"), ..world };
        assert_eq!(reader.remaining("t", None, &keys(&["1"])).await, keys(&["1"]));
        assert_told(&reader.erase("t", None, &keys(&["1"])).await.expect_err("denied"), Failure::Denied, None);
    }

    async fn a_server_that_goes_away_is_unreachable_and_comes_back(store: ForeignDb) {
        if store.kind == Kind::Sqlite {
            let gone = open(&format!("{}.gone", store.url)).await.err().expect("there is no such file");
            assert_told(&gone, Failure::Unreachable, None);
            let path = store.url.strip_prefix("sqlite://").expect("a file").to_owned() + ".gone";
            assert!(!std::path::Path::new(&path).exists(), "a store is never made");
            return;
        }
        let wire = Wire::to(&store.url).await;
        let world = World::new(store, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)", &["t"]).await;
        let world = World { store: open(&wire.url).await.expect("it opens"), ..world };
        assert_eq!(world.remaining("t", None, &keys(&["1"])).await, keys(&["1"]));

        let cut_in_the_middle = Box::pin(async {
            wire.cut().await;
            true
        });
        let all = keys(&["1"]);
        let all = all.iter().collect::<Vec<_>>();
        let key = ["id".to_owned()];
        let slice = rolecall_erasure::stores::Slice {
            table: "t",
            primary_key: &key,
            masks: None,
            salt: &[7; 32],
            keys: &all,
        };
        let lost = world.store.erase(&world.catalog, &[slice], cut_in_the_middle).await;
        assert_told(&lost.expect_err("the wire is cut"), Failure::Unreachable, None);
        assert_told(&world.erase("t", None, &keys(&["1"])).await.expect_err("cut"), Failure::Unreachable, None);
        assert_told(&open(&wire.url).await.err().expect("cut"), Failure::Unreachable, None);
        assert_eq!(world.db.count("SELECT COUNT(*) FROM t").await, 1);

        wire.mend();
        assert_eq!(world.erase("t", None, &keys(&["1"])).await, Ok(1));
    }

    async fn a_wrong_password_is_denied(store: ForeignDb) {
        if store.kind == Kind::Sqlite {
            return;
        }
        let (before, after) = store.url.rsplit_once('@').expect("a password");
        let denied = open(&format!("{before}x@{after}")).await.err().expect("denied");
        assert_told(&denied, Failure::Denied, None);
    }
}

/// The URL of `db` for a new user, who is let do what `grants` says.
async fn reader(db: &ForeignDb, grants: &str) -> String {
    let name = db.url.rsplit("test_").next().expect("a name");
    let user = format!("reader_{}", name.get(..20).expect("a long name"));
    db.run(&grants.replace("$u", &user).replace("$s", &format!("test_{name}"))).await;
    let (scheme, rest) = db.url.split_once("://").expect("a URL");
    let (_, after) = rest.rsplit_once('@').expect("a login");
    format!("{scheme}://{user}:p@{after}")
}
