//! A name is a name, whatever is in it.

use std::fmt::Write as _;

use rolecall_erasure::{
    graph::{Digest, Masking},
    stores::{Search, Slice},
};
use rolecall_testkit::{ForeignDb, Kind, each_store};

use crate::world::{World, mask, place, search, sought, strings, yes};

const NAMES: [&str; 12] = [
    "\"; DROP TABLE victim; --",
    "'; DROP TABLE victim; --",
    "`; DROP TABLE victim; --",
    "back`tick",
    "dou\"ble\"\"quote",
    "semi;colon",
    "two words",
    "select",
    "Größe \u{1F600}",
    "back\\slash",
    "$1 ? :a %s",
    "t",
];

/// As the database itself quotes it.
fn quoted(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Mysql => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

each_store! {
    async fn any_name_of_a_table_or_column_is_only_a_name(store: ForeignDb) {
        let kind = store.kind;
        // MySQL keeps names in three bytes a character, and lets none end in a space.
        let names = NAMES.map(|name| if kind == Kind::Mysql { name.replace('\u{1F600}', "é") } else { name.to_owned() });
        let mut schema = "CREATE TABLE victim (id INT PRIMARY KEY);".to_owned();
        for name in &names {
            let (table, own) = (quoted(kind, name), |prefix: &str| quoted(kind, &format!("{prefix}{name}")));
            let (id, owner, body) = (own("k"), own("o"), own("b"));
            let _ = write!(
                schema,
                "CREATE TABLE {table} ({id} INT PRIMARY KEY, {owner} VARCHAR(50), {body} VARCHAR(100)); \
                 INSERT INTO {table} VALUES (1, 'ann', 'hello'), (2, 'bob', 'hello');"
            );
        }
        let tables = names.iter().map(String::as_str).chain(["victim"]).collect::<Vec<_>>();
        let world = World::new(store, &schema, &tables).await;
        assert_eq!(world.catalog.tables.len(), tables.len());
        for name in &names {
            let key = [format!("k{name}")];
            let (owner, body) = (place(&format!("o{name}")), format!("b{name}"));
            let sought = sought(&[(1, &["ann"]), (2, &["'; DROP TABLE victim; --"])]);
            let (places, carried) = ([&owner], [body.clone()]);
            let bots = strings(&["hello", "\"'`;"]);
            let masks = [mask(&body, Masking::Hash(Digest::Sha256))];
            let found = world.find(Search {
                carried: &carried,
                places: &places,
                sought: &sought,
                bots: Some((&body, &bots)),
                unmasked: Some(&masks),
                ..search(name, &key)
            });
            assert_eq!(found.await, ["1:1>hello"], "{name}");
            let keys = [strings(&["1"])];
            let keys = keys.iter().collect::<Vec<_>>();
            for masks in [Some(&masks[..]), None] {
                let slice = || Slice { table: name, primary_key: &key, masks, salt: &[7; 32], keys: &keys };
                let erased = world.store.erase(&world.catalog, &[slice()], yes()).await;
                assert_eq!(erased, Ok(Some(vec![1])), "{name}");
                assert_eq!(world.store.remaining(&world.catalog, slice()).await.expect("keys").len(), 0, "{name}");
            }
            let left = world.db.count(&format!("SELECT COUNT(*) FROM {}", quoted(kind, name))).await;
            assert_eq!(left, 1, "{name}");
        }
        assert_eq!(world.db.count("SELECT COUNT(*) FROM victim").await, 0);
    }

    async fn a_table_of_another_schema_is_named_with_it(store: ForeignDb) {
        let kind = store.kind;
        let other = format!("other_{:x}", store.url.len() + store.url.bytes().map(usize::from).sum::<usize>());
        let other = match kind {
            // There is only one.
            Kind::Sqlite => return,
            Kind::Postgres => other + store.url.rsplit("test_").next().expect("the schema"),
            Kind::Mysql => other + store.url.rsplit("test_").next().expect("the database"),
        };
        let schema = format!(
            "CREATE SCHEMA {other}; CREATE TABLE {other}.t (id INT PRIMARY KEY); INSERT INTO {other}.t VALUES (1), (2); \
             CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); \
             CREATE TABLE c (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES {other}.t (id))"
        );
        let name = format!("{other}.t");
        let world = World::new(store, &schema, &[&name, "t"]).await;
        assert_eq!(world.catalog.tables.keys().map(String::as_str).collect::<Vec<_>>(), ["c", &name, "t"]);
        assert_eq!(world.catalog.tables["c"].foreign_keys[0].table, name);
        assert_eq!(world.erase(&name, None, &[strings(&["1"])]).await, Ok(1));
        assert_eq!(world.db.count(&format!("SELECT COUNT(*) FROM {other}.t")).await, 1);
        assert_eq!(world.db.count("SELECT COUNT(*) FROM t").await, 1);
    }
}
