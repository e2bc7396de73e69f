//! Nobody's identifier lies in the database for everybody who can read it.

use rolecall_control::{
    Error,
    erasure::{self, NewDataMap, NewErasure, place_hash},
};
use rolecall_model::erasure::Subject;
use rolecall_testkit::{Engine, TestApp, each_engine};
use sqlx::{AnyConnection, Connection as _, Row as _};

use super::{channel, plain};

/// What must not be found, in any case of letters.
const NEEDLES: [&str; 6] = ["nadia", "4711-0815", "u-66bb4537", "whatsapp-emea", "hook.example", "s3cret-pass"];

/// Every text of every table.
async fn texts(app: &TestApp) -> Vec<(String, String)> {
    let mut connection = AnyConnection::connect(&app.db.url).await.expect("the database answers");
    let (tables, columns) = match app.db.db.engine() {
        Engine::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'table'",
            "SELECT name FROM pragma_table_info('TABLE') WHERE type = 'TEXT'",
        ),
        Engine::Postgres => (
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()",
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = 'TABLE' AND data_type = 'text'",
        ),
    };
    let mut found = Vec::new();
    let names = async |connection: &mut AnyConnection, sql: String| -> Vec<String> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.expect("names");
        rows.iter().map(|row| row.get(0)).collect()
    };
    for table in names(&mut connection, tables.to_owned()).await {
        for column in names(&mut connection, columns.replace("TABLE", &table)).await {
            let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
            for text in names(&mut connection, sql).await {
                found.push((format!("{table}.{column}"), text));
            }
        }
    }
    found
}

each_engine! {
    async fn no_identifier_lies_open_anywhere_in_the_database(app: TestApp) {
        let ctx = app.operator();
        let subjects: Vec<Subject> = vec![
            plain("Nadia@x.example"), plain("u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7"), channel("whatsapp-emea", "4711-0815"),
        ];
        let place_hashes = vec![place_hash(&ctx.core, "postgres://bot:s3cret-pass@db/chat")];
        let text = "stores: {chat: {url: postgres://bot:s3cret-pass@db/chat}}";
        let map = NewDataMap { text, hash: "a hash", deadline_ms: 5_000, grace_ms: 0, place_hashes };
        erasure::set_data_map(&ctx, map).await.expect("it is set");
        let new = NewErasure {
            subjects: subjects.clone(),
            is_all_bots: true,
            callback_url: Some("https://hook.example/nadia".to_owned()),
            ..NewErasure::default()
        };
        let first = erasure::request(&ctx, &new).await.expect("it is accepted");
        erasure::request(&ctx, &new).await.expect("it is accepted");
        let hold = erasure::place_hold(&ctx, &subjects, "litigation").await.expect("it is placed");
        erasure::release_hold(&ctx, &hold.id).await.expect("it is in force");
        erasure::cancel(&ctx, &first.id).await.expect("it has not begun");
        let unknown = NewErasure { bot_ids: vec!["st-nobodys".to_owned()], is_all_bots: false, ..new };
        let told = erasure::request(&ctx, &unknown).await.expect_err("no such bot");
        assert!(matches!(told, Error::Refused(_)) && !told.to_string().to_lowercase().contains("nadia"));

        let texts = texts(&app).await;
        for (table, n) in [("erasure_subjects.subject", 6), ("erasure_ledger.subject_hash", 3), ("audit_entries.after_json", 1), ("callbacks.url", 1), ("data_maps.sealed", 1)] {
            assert!(texts.iter().filter(|(place, _)| place == table).count() >= n, "{table} was not looked at");
        }
        for (place, text) in &texts {
            for needle in NEEDLES {
                assert!(!text.to_lowercase().contains(needle), "{needle} lies open in {place}: {text}");
            }
        }
    }

    async fn two_accounts_know_one_person_by_different_hashes(app: TestApp) {
        let other = app.another_tenant().await;
        let theirs = rolecall_control::Ctx { account: other.account.no, ..app.operator() };
        let mut hashes = Vec::new();
        for ctx in [app.operator(), theirs] {
            let new = NewErasure { subjects: vec![plain("nadia@x.example")], is_all_bots: true, ..NewErasure::default() };
            let id = erasure::request(&ctx, &new).await.expect("it is accepted").id;
            hashes.push(erasure::report(&ctx, &id).await.expect("it is known").subjects.remove(0).hash);
        }
        assert_ne!(hashes[0], hashes[1]);
    }
}
