//! Rows are found by what is in them, and nobody else's with them.

use std::slice::from_ref;

use rolecall_erasure::{
    graph::Masking,
    stores::{Search, Slice},
};
use rolecall_testkit::{ForeignDb, Kind, each_store};

use crate::world::{World, inside, mask, place, search, sought, strings};

const PEOPLE: &str = "\
    CREATE TABLE person (id INT PRIMARY KEY, email $key, phone INT, custom $json, bot_id $key); \
    CREATE INDEX person_email ON person (email); \
    INSERT INTO person VALUES \
        (1, 'ann@example.com', 700, '{\"crm\": {\"mail id\": \"A-1\", \"n\": 5}}', 'st-1'), \
        (2, 'Bob@Example.com', 701, '{\"crm\": null}', 'st-1'), \
        (3, 'bob@example.com', NULL, NULL, 'st-2'), \
        (4, NULL, 7, '{}', NULL)";

each_store! {
    async fn a_row_is_found_with_the_mark_of_what_led_to_it(store: ForeignDb) {
        let world = World::new(store, PEOPLE, &["person"]).await;
        let (key, carried, email) = (strings(&["id"]), strings(&["phone", "bot_id"]), place("email"));
        let sought = sought(&[(8, &["ann@example.com"]), (9, &["nobody@example.com"]), (10, &["ann@example.com"])]);
        let places = [&email];
        let found = world.find(Search { carried: &carried, places: &places, sought: &sought, ..search("person", &key) });
        assert_eq!(found.await, ["10:1>700,st-1", "8:1>700,st-1"]);
    }

    async fn a_mail_address_is_sought_as_it_is_and_in_small_letters(store: ForeignDb) {
        let kind = store.kind;
        let world = World::new(store, PEOPLE, &["person"]).await;
        assert_eq!(world.find_by("person", "email", &["Bob@Example.com"]).await.first().expect("Bob"), "1:2");
        assert!(world.find_by("person", "email", &["Bob@Example.com"]).await.contains(&"1:3".to_owned()));
        // Where the column does not tell case apart, neither does the search.
        let small = world.find_by("person", "email", &["bob@example.com"]).await;
        assert_eq!(small.contains(&"1:2".to_owned()), kind == Kind::Mysql);
    }

    async fn a_value_that_cannot_be_in_a_column_finds_nothing(store: ForeignDb) {
        let world = World::new(store, PEOPLE, &["person"]).await;
        assert_eq!(world.find_by("person", "phone", &["700"]).await, ["1:1"]);
        for value in ["seven", "7seven", "007", " 7", "7.0", "", "99999999999999999999", "7\0", "'; --", "ann@example.com"] {
            assert_eq!(world.find_by("person", "phone", &[value]).await, [""; 0], "{value:?}");
            assert_eq!(world.find_by("person", "phone", &[value, "701"]).await, ["1:2"], "{value:?}");
        }
        assert_eq!(world.find_by("person", "email", &["", "NULL", "null", "\0"]).await, [""; 0]);
    }

    async fn what_no_cast_would_take_finds_nothing_either(store: ForeignDb) {
        let kind = store.kind;
        let mood = match kind {
            Kind::Sqlite => "TEXT",
            Kind::Postgres => "mood",
            Kind::Mysql => "ENUM('sad', 'glad')",
        };
        let types = if kind == Kind::Postgres { "CREATE TYPE mood AS ENUM ('sad', 'glad');" } else { "" };
        let world = World::new(
            store,
            &format!(
                "{types} CREATE TABLE t (id INT PRIMARY KEY, d DATE, m {mood}, n NUMERIC(10,2), f DOUBLE PRECISION); \
                 INSERT INTO t VALUES (1, '2024-02-29', 'glad', 12.50, 0.5)"
            ),
            &["t"],
        )
        .await;
        for (column, value) in [("d", "2024-02-29"), ("m", "glad"), ("n", "12.5"), ("f", "0.5")] {
            assert_eq!(world.find_by("t", column, &[value]).await, ["1:1"], "{column}");
        }
        for value in ["2024-02-30", "tomorrow", "infinity", "NaN", "angry", "", "1e999", "ann@example.com", "2", "0"] {
            for column in ["d", "m", "n", "f"] {
                assert_eq!(world.find_by("t", column, &[value]).await, [""; 0], "{value} in {column}");
            }
        }
    }

    async fn a_value_inside_json_is_found(store: ForeignDb) {
        let world = World::new(store, PEOPLE, &["person"]).await;
        let key = strings(&["id"]);
        for (path, value, expected) in [
            (&["crm", "mail id"] as &[&str], "A-1", vec!["1:1"]),
            (&["crm", "n"], "5", vec!["1:1"]),
            (&["crm", "mail id"], "a-1", vec![]),
            (&["crm", "other"], "A-1", vec![]),
            (&["crm' OR 1=1 --"], "A-1", vec![]),
        ] {
            let place = inside("custom", path);
            let sought = sought(&[(1, &[value])]);
            let found = world.find(Search { places: &[&place], sought: &sought, ..search("person", &key) }).await;
            assert_eq!(found, expected, "{path:?} {value}");
        }
    }

    async fn two_values_must_hold_together(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE identity (channel $key, cuid $key, note $text, PRIMARY KEY (channel, cuid)); \
             INSERT INTO identity VALUES ('web', '1', NULL), ('sms', '1', NULL), ('web', '2', NULL)",
            &["identity"],
        )
        .await;
        let (key, channel, cuid) = (strings(&["channel", "cuid"]), place("channel"), place("cuid"));
        let sought = sought(&[(1, &["web", "1"]), (2, &["sms", "2"]), (3, &["web", "2"])]);
        let found = world.find(Search { places: &[&channel, &cuid], sought: &sought, ..search("identity", &key) }).await;
        assert_eq!(found, ["1:web/1", "3:web/2"]);
    }

    async fn without_an_index_the_same_is_found(store: ForeignDb) {
        let bytes = match store.kind {
            Kind::Sqlite => "BLOB",
            Kind::Postgres => "BYTEA",
            Kind::Mysql => "VARBINARY(20)",
        };
        let hex = if store.kind == Kind::Postgres { "'\\x0aff'" } else { "x'0aff'" };
        let world = World::new(
            store,
            &format!(
                "CREATE TABLE t (id INT PRIMARY KEY, channel $text, cuid INT, b {bytes}, j $json); \
                 INSERT INTO t VALUES (1, 'web', 1, {hex}, '{{\"k\": \"v\"}}'), (2, 'sms', 1, NULL, NULL), \
                     (3, 'web', 2, {hex}, '{{\"k\": \"w\"}}')"
            ),
            &["t"],
        )
        .await;
        let (key, channel, cuid, k) = (strings(&["id"]), place("channel"), place("cuid"), inside("j", &["k"]));
        let wanted = sought(&[(1, &["web", "1"]), (2, &["sms", "2"]), (3, &["web", "2"])]);
        let found = world.find(Search { places: &[&channel, &cuid], sought: &wanted, ..search("t", &key) }).await;
        assert_eq!(found, ["1:1", "3:3"]);
        assert_eq!(world.find_by("t", "b", &["\\x0aff", "\\x0a"]).await, ["1:1", "1:3"]);
        let wanted = sought(&[(1, &["w", "web"]), (2, &["v", "sms"])]);
        let found = world.find(Search { places: &[&k, &channel], sought: &wanted, ..search("t", &key) }).await;
        assert_eq!(found, ["1:3"]);
    }

    async fn only_rows_of_some_bots_are_found(store: ForeignDb) {
        let world = World::new(store, PEOPLE, &["person"]).await;
        let (key, email) = (strings(&["id"]), place("email"));
        let sought = sought(&[(1, &["ann@example.com"]), (1, &["bob@example.com"])]);
        for (bots, expected) in
            [(&["st-1"] as &[&str], vec!["1:1"]), (&["st-2", "st-3"], vec!["1:3"]), (&["ST-1"], vec![]), (&[], vec![])]
        {
            let bots = strings(bots);
            let mut found = world
                .find(Search {
                    places: &[&email],
                    sought: &sought,
                    bots: Some(("bot_id", &bots)),
                    ..search("person", &key)
                })
                .await;
            // Where a column does not tell case apart, Bob has two rows.
            found.retain(|row| row != "1:2");
            assert_eq!(found, expected, "{bots:?}");
        }
    }

    async fn only_rows_with_something_left_to_mask_are_found(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE note (id INT PRIMARY KEY, owner INT, body $text, mood $text); \
             INSERT INTO note VALUES (1, 7, 'hello', NULL), (2, 7, '[erased]', NULL), (3, 7, '[erased]', 'glad'), \
                 (4, 7, NULL, NULL), (5, 8, 'x', 'y'), (6, 7, '[ERASED]', NULL)",
            &["note"],
        )
        .await;
        let (key, owner) = (strings(&["id"]), place("owner"));
        let sought = sought(&[(1, &["7"])]);
        let masks = [mask("body", Masking::Constant("[erased]".to_owned())), mask("mood", Masking::Null)];
        let places = [&owner];
        let found = world.find(Search {
            places: &places,
            sought: &sought,
            unmasked: Some(&masks),
            ..search("note", &key)
        });
        assert_eq!(found.await, ["1:1", "1:3", "1:6"]);
    }

    async fn keys_of_every_type_lead_back_to_their_rows(store: ForeignDb) {
        let (uuid, bytes, value) = match store.kind {
            Kind::Sqlite => ("UUID", "BLOB", "x'00ff41'"),
            Kind::Postgres => ("UUID", "BYTEA", "'\\x00ff41'"),
            Kind::Mysql => ("UUID", "VARBINARY(20)", "x'00ff41'"),
        };
        let schema = format!(
            "CREATE TABLE a (id {uuid} PRIMARY KEY, v $text); \
             CREATE TABLE b (id {bytes} PRIMARY KEY, v $text); \
             CREATE TABLE c (id NUMERIC(20,3) PRIMARY KEY, v $text); \
             CREATE TABLE d (id TIMESTAMP NOT NULL PRIMARY KEY, v $text); \
             CREATE TABLE e (id CHAR(5) PRIMARY KEY, v $text); \
             CREATE TABLE f (id BIGINT PRIMARY KEY, v $text); \
             CREATE TABLE g (id DOUBLE PRECISION PRIMARY KEY, v $text); \
             INSERT INTO a VALUES ('6b1f1d5a-8c1e-4c7e-9d53-0f3c3c2b7a10', 'x'); \
             INSERT INTO b VALUES ({value}, 'x'); \
             INSERT INTO c VALUES (12345.678, 'x'); \
             INSERT INTO d VALUES ('2024-02-29 12:13:14', 'x'); \
             INSERT INTO e VALUES ('abc', 'x'); \
             INSERT INTO f VALUES (-9223372036854775807, 'x'); \
             INSERT INTO g VALUES (0.1, 'x')"
        );
        let tables = ["a", "b", "c", "d", "e", "f", "g"];
        let world = World::new(store, &schema, &tables).await;
        for table in tables {
            let found = world.find_by(table, "v", &["x"]).await;
            assert_eq!(found.len(), 1, "{table}");
            let key = vec![found[0].strip_prefix("1:").expect("a mark").to_owned()];
            assert_eq!(world.find_by(table, "id", &[&key[0]]).await, found, "{table}");
            assert_eq!(world.remaining(table, None, from_ref(&key)).await, from_ref(&key), "{table}");
            assert_eq!(world.erase(table, None, &[key]).await, Ok(1), "{table}");
            assert_eq!(world.db.count(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
        }
    }

    async fn text_is_taken_as_it_is(store: ForeignDb) {
        let values = ["O'Brien", "a\"b", "a\\b", "{a,b}", "NULL", "%", "_", "Zoë", "\u{1F600}", "a\nb", "$1", "?", "\\x41"];
        let world = World::new(store, "CREATE TABLE t (id $key PRIMARY KEY, v INT)", &["t"]).await;
        for value in values {
            let literal = value.replace('\'', "''");
            let literal = if world.db.kind == Kind::Mysql { literal.replace('\\', "\\\\") } else { literal };
            world.db.run(&format!("INSERT INTO t VALUES ('{literal}', 1)")).await;
        }
        for value in values {
            assert_eq!(world.find_by("t", "id", &[value]).await, [format!("1:{value}")]);
            let key = vec![value.to_owned()];
            assert_eq!(world.remaining("t", None, from_ref(&key)).await, from_ref(&key));
            assert_eq!(world.erase("t", None, &[key]).await, Ok(1), "{value}");
        }
    }

    async fn letters_that_only_resemble_find_nobody(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE t (id INT PRIMARY KEY, v $key); INSERT INTO t VALUES (1, 'jose'), (2, 'José'), (3, 'jose ')",
            &["t"],
        )
        .await;
        assert!(!world.find_by("t", "v", &["josé"]).await.contains(&"1:1".to_owned()));
        assert!(world.find_by("t", "v", &["jose"]).await.contains(&"1:1".to_owned()));
        assert!(!world.find_by("t", "v", &["jose"]).await.contains(&"1:2".to_owned()));
    }

    async fn an_unknown_table_or_column_is_missing_and_no_statement(store: ForeignDb) {
        use futures_util::TryStreamExt as _;
        use rolecall_erasure::stores::Failure;
        let world = World::new(store, PEOPLE, &["person", "nothing"]).await;
        assert!(!world.catalog.tables.contains_key("nothing"));
        let (key, wrong) = (strings(&["id"]), place("id FROM person; --"));
        let sought = sought(&[(1, &["1"])]);
        let places = [&wrong];
        let found = world.store.find(&world.catalog, Search { places: &places, sought: &sought, ..search("person", &key) });
        assert_eq!(found.try_collect::<Vec<_>>().await.err().expect("refused").kind, Failure::Missing);
        let slice = Slice { table: "nothing", primary_key: &key, masks: None, salt: &[0; 32], keys: &[] };
        assert_eq!(world.store.remaining(&world.catalog, slice).await.expect_err("refused").kind, Failure::Missing);
    }
}
