//! Rows go or are masked, all of a transaction or none of it, and once is enough.

use rolecall_erasure::{
    graph::{Mask, Masking},
    stores::{Key, Slice},
};
use rolecall_testkit::{ForeignDb, each_store};

use crate::world::{World, keys, mask, no, strings, yes};

const CHAT: &str = "\
    CREATE TABLE person (id INT PRIMARY KEY, name $key); \
    CREATE TABLE message (id INT PRIMARY KEY, person_id INT, body $text, mood $key, \
        FOREIGN KEY (person_id) REFERENCES person (id)); \
    INSERT INTO person VALUES (1, 'ann'), (2, 'bob'), (3, 'cid'); \
    INSERT INTO message VALUES (10, 1, 'hello', 'glad'), (11, 1, 'bye', NULL), (12, 2, 'hm', 'sad'), (13, 1, NULL, NULL)";

fn erased() -> Vec<Mask> {
    vec![mask("body", Masking::Constant("[erased]".to_owned())), mask("mood", Masking::Null)]
}

async fn messages(world: &World) -> String {
    world.db.text("SELECT id, body, mood FROM message ORDER BY id").await
}

each_store! {
    async fn rows_are_deleted_and_counted_once(store: ForeignDb) {
        let world = World::new(store, CHAT, &["message"]).await;
        assert_eq!(world.erase("message", None, &keys(&["10", "11", "99"])).await, Ok(2));
        assert_eq!(world.erase("message", None, &keys(&["10", "11", "99"])).await, Ok(0));
        assert_eq!(messages(&world).await, "12|hm|sad\n13|NULL|NULL");
        assert_eq!(world.remaining("message", None, &keys(&["10", "12", "13"])).await, keys(&["12", "13"]));
    }

    async fn rows_are_masked_and_counted_once(store: ForeignDb) {
        let world = World::new(store, CHAT, &["message"]).await;
        let masks = erased();
        let keys = keys(&["10", "11", "13"]);
        assert_eq!(world.remaining("message", Some(&masks), &keys).await, [["10"], ["11"]]);
        assert_eq!(world.erase("message", Some(&masks), &keys).await, Ok(2));
        assert_eq!(messages(&world).await, "10|[erased]|NULL\n11|[erased]|NULL\n12|hm|sad\n13|NULL|NULL");
        assert_eq!(world.erase("message", Some(&masks), &keys).await, Ok(0));
        assert_eq!(world.remaining("message", Some(&masks), &keys).await, [[""; 1]; 0]);
    }

    async fn slices_are_erased_in_their_order_in_one_transaction(store: ForeignDb) {
        let world = World::new(store, CHAT, &["message", "person"]).await;
        let key = strings(&["id"]);
        let (children, parents) = (keys(&["10", "11", "13"]), keys(&["1"]));
        let slice = |table, keys| Slice { table, primary_key: &key, masks: None, salt: &[7; 32], keys };
        let (children, parents) = (children.iter().collect::<Vec<&Key>>(), parents.iter().collect::<Vec<&Key>>());

        let wrong = [slice("message", &children[..1]), slice("person", &parents)];
        assert!(world.store.erase(&world.catalog, &wrong, yes()).await.is_err());
        assert_eq!(world.db.count("SELECT COUNT(*) FROM message").await, 4);

        let right = [slice("message", &children), slice("person", &parents)];
        assert_eq!(world.store.erase(&world.catalog, &right, no()).await, Ok(None));
        assert_eq!(world.db.count("SELECT COUNT(*) FROM message").await, 4);
        assert_eq!(world.store.erase(&world.catalog, &right, yes()).await, Ok(Some(vec![3, 1])));
        assert_eq!(messages(&world).await, "12|hm|sad");
    }

    async fn rows_go_by_all_parts_of_their_key(store: ForeignDb) {
        let world = World::new(
            store,
            "CREATE TABLE identity (channel $key, cuid INT, note $text, PRIMARY KEY (channel, cuid)); \
             INSERT INTO identity VALUES ('web', 1, 'a'), ('sms', 1, 'b'), ('web', 2, 'c'), ('sms', 2, 'd')",
            &["identity"],
        )
        .await;
        let key = strings(&["channel", "cuid"]);
        let keys = [strings(&["web", "1"]), strings(&["sms", "2"])];
        let keys = keys.iter().collect::<Vec<_>>();
        let masks = [mask("note", Masking::Random { length: 8 })];
        let slice = |masks| [Slice { table: "identity", primary_key: &key, masks, salt: &[7; 32], keys: &keys }];
        assert_eq!(world.store.erase(&world.catalog, &slice(Some(&masks)), yes()).await, Ok(Some(vec![2])));
        let left = world.db.text("SELECT channel, cuid FROM identity WHERE LENGTH(note) = 8 ORDER BY cuid").await;
        assert_eq!(left, "web|1\nsms|2");
        assert_eq!(world.store.erase(&world.catalog, &slice(None), yes()).await, Ok(Some(vec![2])));
        assert_eq!(world.db.text("SELECT channel, cuid FROM identity ORDER BY cuid").await, "sms|1\nweb|2");
    }

    async fn thousands_of_rows_go_at_once(store: ForeignDb) {
        let world = World::new(store, "CREATE TABLE t (id INT PRIMARY KEY, v $key)", &["t"]).await;
        let rows = (0..5_000).map(|id| format!("({id}, 'v{id}')")).collect::<Vec<_>>().join(", ");
        world.db.run(&format!("INSERT INTO t VALUES {rows}")).await;
        let keys = (0..4_999).map(|id| vec![id.to_string()]).collect::<Vec<_>>();
        let masks = [mask("v", Masking::Random { length: 12 })];
        assert_eq!(world.erase("t", Some(&masks), &keys).await, Ok(4_999));
        assert_eq!(world.erase("t", Some(&masks), &keys).await, Ok(0));
        assert_eq!(world.db.count("SELECT COUNT(DISTINCT v) FROM t").await, 5_000);
        assert_eq!(world.erase("t", None, &keys).await, Ok(4_999));
        assert_eq!(world.db.text("SELECT v FROM t").await, "v4999");
    }
}
