//! Every way to mask, on every database: NULL stays, limits hold, and once is enough.

use rolecall_erasure::{
    graph::{Digest, Mask, Masking},
    stores::{Found, Search},
};
use rolecall_testkit::{ForeignDb, Kind, each_store};

use crate::world::{World, keys, mask, place, search, sought, strings};

const NOTES: &str = "\
    CREATE TABLE note (id INT PRIMARY KEY, owner INT, body $text, short VARCHAR(20)); \
    INSERT INTO note VALUES (1, 7, 'O''Brien', 'Zoë'), (2, 7, NULL, NULL), (3, 7, '', 'x'), (4, 8, 'kept', 'kept')";

async fn bodies(world: &World) -> Vec<String> {
    world.db.text("SELECT body FROM note ORDER BY id").await.lines().map(str::to_owned).collect()
}

/// What a second look finds.
async fn found(world: &World, masks: &[Mask]) -> usize {
    use futures_util::TryStreamExt as _;
    let (key, owner) = (strings(&["id"]), place("owner"));
    let sought = sought(&[(1, &["7"])]);
    let places = [&owner];
    let search = Search { places: &places, sought: &sought, unmasked: Some(masks), ..search("note", &key) };
    let found: Vec<Found> = world.store.find(&world.catalog, search).try_collect().await.expect("rows come");
    found.len()
}

each_store! {
    async fn each_masking_is_done_once_and_found_done(store: ForeignDb) {
        let kind = store.kind;
        let world = World::new(store, NOTES, &["note"]).await;
        let keys = keys(&["1", "2", "3"]);
        for (how, length, characters) in [
            (Masking::Random { length: 30 }, 30, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
            (Masking::Hash(Digest::Sha256), 64, "0123456789abcdef"),
            (Masking::Hash(Digest::Sha512), 128, "0123456789abcdef"),
            (Masking::Hmac(Digest::Sha256), 64, "0123456789abcdef"),
            (Masking::Hmac(Digest::Sha512), 128, "0123456789abcdef"),
            (Masking::Constant("it's \"[erased]\" \\ ü".to_owned()), 19, "it's \"[erad]\\ ü"),
        ] {
            world.db.run("UPDATE note SET body = 'O''Brien' WHERE id = 1; UPDATE note SET body = '' WHERE id = 3").await;
            let masks = [mask("body", how.clone())];
            assert_eq!(found(&world, &masks).await, 2, "{how:?} on {kind:?}");
            assert_eq!(world.erase("note", Some(&masks), &keys).await, Ok(2), "{how:?}");
            let bodies = bodies(&world).await;
            for body in [&bodies[0], &bodies[2]] {
                assert_eq!(body.chars().count(), length, "{how:?}: {body}");
                assert!(body.chars().all(|character| characters.contains(character)), "{how:?}: {body}");
            }
            assert_eq!(&bodies[1], "NULL", "{how:?}");
            assert_eq!(&bodies[3], "kept", "{how:?}");

            assert_eq!(found(&world, &masks).await, 0, "{how:?}");
            assert_eq!(world.remaining("note", Some(&masks), &keys).await, [[""; 1]; 0], "{how:?}");
            assert_eq!(world.erase("note", Some(&masks), &keys).await, Ok(0), "{how:?}");
            assert_eq!(self::bodies(&world).await, bodies, "{how:?}");
        }
        let null = [mask("body", Masking::Null)];
        assert_eq!(world.erase("note", Some(&null), &keys).await, Ok(2));
        assert_eq!(bodies(&world).await, ["NULL", "NULL", "NULL", "kept"]);
        assert_eq!(found(&world, &null).await, 0);
    }

    async fn masked_values_keep_to_the_limits_of_map_and_column(store: ForeignDb) {
        let world = World::new(store, NOTES, &["note"]).await;
        let keys = keys(&["1", "3"]);
        for (how, limit, length) in [
            (Masking::Hash(Digest::Sha512), None, 20),
            (Masking::Hmac(Digest::Sha256), Some(12), 12),
            (Masking::Random { length: 30 }, None, 20),
            (Masking::Random { length: 30 }, Some(5), 5),
            (Masking::Constant("gelöscht und vergessen".to_owned()), None, 20),
            (Masking::Constant("gelöscht".to_owned()), Some(4), 4),
        ] {
            let masks = [Mask { column: "short".to_owned(), how: how.clone(), max_length: limit }];
            assert_eq!(world.erase("note", Some(&masks), &keys).await, Ok(2), "{how:?}");
            assert_eq!(world.erase("note", Some(&masks), &keys).await, Ok(0), "{how:?}");
            let text = world.db.text("SELECT short FROM note WHERE id IN (1, 3)").await;
            assert!(text.lines().all(|short| short.chars().count() == length), "{how:?}: {text}");
        }
    }

    async fn several_columns_are_masked_together(store: ForeignDb) {
        let world = World::new(store, NOTES, &["note"]).await;
        let masks = [
            mask("body", Masking::Constant("[erased]".to_owned())),
            mask("short", Masking::Hash(Digest::Sha256)),
            mask("owner", Masking::Null),
        ];
        world.db.run("UPDATE note SET body = '[erased]' WHERE id = 1").await;
        assert_eq!(world.erase("note", Some(&masks), &keys(&["1", "2", "3"])).await, Ok(3));
        assert_eq!(world.erase("note", Some(&masks), &keys(&["1", "2", "3"])).await, Ok(0));
        let rows = world.db.text("SELECT owner, body, LENGTH(short) FROM note ORDER BY id").await;
        assert_eq!(rows, "NULL|[erased]|20\nNULL|NULL|NULL\nNULL|[erased]|20\n8|kept|4");
    }

    async fn one_value_has_one_hash_in_one_request(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE t (id INT PRIMARY KEY, v $text); INSERT INTO t VALUES (1, 'ann'), (2, 'bob'), (3, 'ann')",
            &["t"],
        )
        .await;
        for (how, n_different) in [(Masking::Hmac(Digest::Sha256), 2), (Masking::Random { length: 40 }, 3)] {
            world.db.run("UPDATE t SET v = 'ann' WHERE id IN (1, 3); UPDATE t SET v = 'bob' WHERE id = 2").await;
            assert_eq!(world.erase("t", Some(&[mask("v", how)]), &keys(&["1", "2", "3"])).await, Ok(3));
            assert_eq!(world.db.count("SELECT COUNT(DISTINCT v) FROM t").await, n_different);
        }
    }

    async fn a_constant_of_any_type_is_put_there_once(store: ForeignDb) {
        let uuid = if store.kind == Kind::Sqlite { "TEXT" } else { "UUID" };
        let world = World::new(
            store,
            &format!(
                "CREATE TABLE t (id INT PRIMARY KEY, n INT, d NUMERIC(10,2), u {uuid}, j $json, w TIMESTAMP NULL, \
                     c CHAR(8)); \
                 INSERT INTO t VALUES (1, 5, 5.5, '6b1f1d5a-8c1e-4c7e-9d53-0f3c3c2b7a10', '{{\"a\": 1}}', \
                     '2024-01-01 01:02:03', 'ann')"
            ),
            &["t"],
        )
        .await;
        for (column, constant) in [
            ("n", "0"),
            ("d", "0"),
            ("u", "00000000-0000-0000-0000-000000000000"),
            ("j", "{}"),
            ("w", "2000-01-01 00:00:00"),
            ("c", "gone "),
        ] {
            let masks = [mask(column, Masking::Constant(constant.to_owned()))];
            assert_eq!(world.erase("t", Some(&masks), &keys(&["1"])).await, Ok(1), "{column}");
            assert_eq!(world.erase("t", Some(&masks), &keys(&["1"])).await, Ok(0), "{column}");
            assert_eq!(world.remaining("t", Some(&masks), &keys(&["1"])).await, [[""; 1]; 0], "{column}");
        }
    }
}
