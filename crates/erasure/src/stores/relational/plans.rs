//! Where there is an index, rows are looked up by it: a store has millions of them.

use rolecall_testkit::{ForeignDb, Kind, each_store};
use secrecy::SecretString;

use super::*;
use crate::{
    graph::{Mask, Masking},
    stores::{Sought, mysql, place, postgres, sqlite, statement::Statement},
};

const N_ROWS: usize = 50_000;

async fn open(db: &ForeignDb) -> Relational {
    let location = place(&SecretString::from(db.url.clone())).expect("the URL is good");
    let store = match db.kind {
        Kind::Sqlite => sqlite::open(&location).await,
        Kind::Postgres => postgres::open(&location).await,
        Kind::Mysql => mysql::open(&location).await,
    };
    store.expect("the store opens")
}

/// A table of so many rows that reading it whole is no way to find one.
async fn filled(db: &ForeignDb) -> (Relational, Catalog) {
    let (key, uuid) = match db.kind {
        Kind::Sqlite => ("TEXT COLLATE NOCASE", "UUID"),
        Kind::Postgres => ("VARCHAR(100)", "UUID"),
        Kind::Mysql => ("VARCHAR(100) CHARACTER SET latin1 COLLATE latin1_swedish_ci", "BINARY(16)"),
    };
    db.run(&format!(
        "CREATE TABLE message (id BIGINT PRIMARY KEY, session {uuid}, person INT, mail {key}, channel VARCHAR(20), \
             cuid VARCHAR(100), body VARCHAR(1000)); \
         CREATE INDEX message_session ON message (session); \
         CREATE INDEX message_person ON message (person); \
         CREATE INDEX message_mail ON message (mail); \
         CREATE INDEX message_identity ON message (channel, cuid)"
    ))
    .await;
    let row = |number: usize| {
        let uuid = format!("6b1f1d5a-8c1e-4c7e-9d53-{number:012}");
        let uuid = if db.kind == Kind::Mysql { format!("0x{}", uuid.replace('-', "")) } else { format!("'{uuid}'") };
        format!("({number}, {uuid}, {}, 'm{number}@example.com', 'web', '{number}', 'hello')", number / 5)
    };
    let rows = (0..N_ROWS).map(row).collect::<Vec<_>>().join(", ");
    db.run(&format!("INSERT INTO message VALUES {rows}")).await;
    match db.kind {
        Kind::Mysql => {
            db.text("ANALYZE TABLE message").await;
        }
        _ => db.run("ANALYZE").await,
    }
    let store = open(db).await;
    let catalog = Store::catalog(&store, &["message".to_owned()]).await.expect("the catalog is read");
    (store, catalog)
}

/// How the database would do `statement`, in its own words.
async fn plan(db: &ForeignDb, store: &Relational, statement: Statement) -> String {
    let prefix = match db.kind {
        Kind::Sqlite => "EXPLAIN QUERY PLAN ",
        Kind::Postgres => "EXPLAIN ",
        Kind::Mysql => "EXPLAIN FORMAT=JSON ",
    };
    let rows = statement.after(prefix).into_query().fetch_all(&store.pool).await.expect("a plan comes");
    let column = if db.kind == Kind::Sqlite { 3 } else { 0 };
    rows.iter().map(|row| word(row, column).expect("a line")).collect::<Vec<_>>().join("\n")
}

/// Whether a plan reads the whole table.
fn reads_all(db: &ForeignDb, plan: &str) -> bool {
    match db.kind {
        Kind::Sqlite => plan.contains("SCAN t") || plan.contains("SCAN message"),
        Kind::Postgres => plan.contains("Seq Scan"),
        Kind::Mysql => {
            let about_table = plan.split("\"table_name\": \"t\"").nth(1).expect("the table is in the plan");
            let access = about_table.split("\"access_type\": \"").nth(1).expect("it is read in some way");
            !(access.starts_with("ref") || access.starts_with("eq_ref"))
        }
    }
}

fn at(column: &str) -> Place {
    Place { column: column.to_owned(), path: Vec::new() }
}

each_store! {
    async fn rows_are_looked_up_by_their_indexes(db: ForeignDb) {
        let (store, catalog) = filled(&db).await;
        let key = ["id".to_owned()];
        let uuid = |number: usize| match db.kind {
            Kind::Mysql => format!("\\x6b1f1d5a8c1e4c7e9d53{number:012}"),
            _ => format!("6b1f1d5a-8c1e-4c7e-9d53-{number:012}"),
        };
        for n_sought in [1, 10, 1_000] {
            let numbers = (0..n_sought).map(|number| number * 37);
            for (columns, values) in [
                (vec!["id"], numbers.clone().map(|number| vec![number.to_string()]).collect::<Vec<_>>()),
                (vec!["person"], numbers.clone().map(|number| vec![number.to_string()]).collect()),
                (vec!["mail"], numbers.clone().map(|number| vec![format!("m{number}@example.com")]).collect()),
                (vec!["session"], numbers.clone().map(|number| vec![uuid(number)]).collect()),
                (vec!["cuid", "channel"], numbers.map(|number| vec![number.to_string(), "web".to_owned()]).collect()),
            ] {
                let places = columns.iter().map(|column| at(column)).collect::<Vec<_>>();
                let sought = values.into_iter().map(|values| Sought { subject: 1, values }).collect::<Vec<_>>();
                let masks = [Mask {
                    column: "body".to_owned(),
                    how: Masking::Constant("[erased]".to_owned()),
                    max_length: None,
                }];
                let search = Search {
                    table: "message",
                    primary_key: &key,
                    carried: &["person".to_owned()],
                    places: &places.iter().collect::<Vec<_>>(),
                    sought: &sought,
                    bots: None,
                    unmasked: Some(&masks),
                };
                let found = Store::find(&store, &catalog, search.clone()).try_collect::<Vec<_>>().await.expect("rows");
                assert!(found.len() >= n_sought, "{columns:?} finds {} of {n_sought}", found.len());
                for statement in store.searches(&catalog, &search).expect("a statement") {
                    let plan = plan(&db, &store, statement).await;
                    assert!(!reads_all(&db, &plan), "{n_sought} by {columns:?}:\n{plan}");
                }
            }
        }
    }

    async fn without_an_index_the_table_is_read_once(db: ForeignDb) {
        let (store, catalog) = filled(&db).await;
        let (key, place) = (["id".to_owned()], at("body"));
        let sought = (0..100).map(|number| Sought { subject: number, values: vec![format!("hello {number}")] });
        let search = Search {
            table: "message",
            primary_key: &key,
            carried: &[],
            places: &[&place],
            sought: &sought.collect::<Vec<_>>(),
            bots: None,
            unmasked: None,
        };
        let statement = store.searches(&catalog, &search).expect("statements").pop().expect("a statement");
        let plan = plan(&db, &store, statement).await;
        match db.kind {
            Kind::Sqlite => assert!(plan.starts_with("SCAN t\nLIST SUBQUERY"), "{plan}"),
            Kind::Postgres => assert!(reads_all(&db, &plan) && plan.contains("Hash Join"), "{plan}"),
            Kind::Mysql => assert!(reads_all(&db, &plan) && plan.contains("BNLH"), "{plan}"),
        }
    }

    async fn rows_are_erased_by_their_key(db: ForeignDb) {
        let (store, catalog) = filled(&db).await;
        let key = ["id".to_owned()];
        let keys = (0..100).map(|number| vec![(number * 37).to_string()]).collect::<Vec<Key>>();
        let keys = keys.iter().collect::<Vec<_>>();
        let mask = |how| [Mask { column: "body".to_owned(), how, max_length: None }];
        let (constant, random) = (mask(Masking::Constant("x".to_owned())), mask(Masking::Random { length: 3 }));
        let table = catalog.tables.get("message").expect("the table");
        let slice = |masks| Slice { table: "message", primary_key: &key, masks, salt: &[7; 32], keys: &keys };
        let computed = keys.iter().map(|key| vec![Some(key[0].as_str()), Some("abc")]).collect::<Vec<_>>();
        for (name, statement) in [
            ("delete", store.deletion(table, &slice(None), &keys)),
            ("mask", store.masking(table, &slice(Some(&constant)), &key_rows(&keys))),
            ("mask with values", store.masking(table, &slice(Some(&random)), &computed)),
            ("lock", store.by_keys(table, &slice(Some(&random)), &keys, "t.id", Reading::ToChange)),
            ("remain", store.by_keys(table, &slice(None), &keys, "t.id", Reading::ByIndex)),
        ] {
            let plan = plan(&db, &store, statement.expect("a statement")).await;
            assert!(!reads_all(&db, &plan), "{name}:\n{plan}");
        }
    }
}
