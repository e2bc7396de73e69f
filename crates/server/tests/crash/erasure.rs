//! The server killed while it erases, fifty times at other moments: the next one ends the work, does
//! at most one transaction's rows once more, and touches nobody else's.

use std::{path::Path, process::Command};

use reqwest::Client;
use rolecall_testkit::{Engine, ForeignDb, Kind, TestDb};
use serde_json::{Value, json};

use crate::{Place, Running};

/// How often the server is killed.
const N_KILLS: usize = 50;
/// People in each request; as many others stay.
const N_PEOPLE: usize = 200;
/// Messages of each.
const N_MESSAGES: usize = 20;
/// Rows of each: themselves, two sessions, their messages.
const ROWS_EACH: i64 = 1 + 2 + 20;
/// The most rows a transaction erases.
const MAX_TRANSACTION: i64 = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_survives_kill_9_at_any_moment_on_sqlite() {
    let chat = ForeignDb::start(Kind::Sqlite).await.expect("SQLite is always there");
    survives(TestDb::start(Engine::Sqlite).await.expect("SQLite is always there"), chat, N_KILLS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_survives_kill_9_at_any_moment_on_postgres() {
    let Some(chat) = ForeignDb::start(Kind::Postgres).await else { return };
    if let Some(db) = TestDb::start(Engine::Postgres).await {
        survives(db, chat, N_KILLS / 5).await;
    }
}

async fn survives(db: TestDb, chat: ForeignDb, n_kills: usize) {
    let key = Command::new(env!("CARGO_BIN_EXE_rolecall")).args(["key", "generate"]).output().expect("the binary runs");
    let place = Place { db, key: String::from_utf8(key.stdout).expect("a key is text").trim().to_owned() };
    let account = place.json(&["account", "create", "--name", "Crash", "--owner", "owner@crash.example"]);
    let account = account["accountId"].as_str().expect("an account id").to_owned();
    let app = place.json(&["app", "create", "--account", &account, "--name", "test", "--all-scopes"]);
    let token = place.run(&["token", "--app", app["clientId"].as_str().expect("a client id")]).trim().to_owned();
    chat.run(SCHEMA).await;
    let map = place.db.dir.path().join("map.yaml");
    write_map(&map, &chat.url);
    place.run(&["datamap", "set", "--account", &account, "-f", &map.to_string_lossy()]);
    // Leases must run out within the test.
    std::fs::write(place.db.dir.path().join("rolecall.toml"), "[erasure]\nlease_seconds = 1\n").expect("a file");
    let n_all = 2 * i64::try_from(N_PEOPLE).expect("a number") * ROWS_EACH;
    let client = Client::new();
    for round in 0..n_kills {
        chat.run(&people(chat.kind)).await;
        assert_eq!(rows(&chat).await, n_all);
        let running = Running::start(&place);
        let doomed: Vec<String> = (1..=N_PEOPLE).map(|n| format!("user{n}@crash.example")).collect();
        let body = json!({"userIds": doomed, "RemoveDataFromAllBots": true});
        let asked = client
            .delete(running.url("/api/public/bot/eraseUsersData"))
            .header("auth", &token)
            .json(&body)
            .send()
            .await
            .expect("it answers");
        let asked: Value = asked.json().await.expect("JSON");
        let id = asked["requestId"].as_str().expect("a request id").to_owned();
        // Another moment each time, from before the first row is gone until after the last.
        let moment =
            n_all - n_all / 2 * i64::try_from(round).expect("a number") / i64::try_from(n_kills - 1).expect("a number");
        while rows(&chat).await > moment {}
        running.kill();

        let n_gone = n_all - rows(&chat).await;
        let n_told = told(&place, &account, &id);
        assert!(
            (0..=MAX_TRANSACTION).contains(&(n_gone - n_told)),
            "round {round}: {n_gone} gone, {n_told} written down"
        );
        let running = Running::start(&place);
        let report = ended(&client, &running, &token, &id).await;
        let outcomes = report["response"].as_array().expect("a list");
        assert!(outcomes.iter().all(|one| one["outcome"] == "erased"), "round {round}: {report}");
        assert_eq!(rows(&chat).await, n_all / 2, "round {round}: the others' rows");
        assert_eq!(chat.count("SELECT COUNT(*) FROM person WHERE id > 200").await, 200);
        // What went, went once.
        assert_eq!(chat.count("SELECT COUNT(*) FROM gone").await, 200 * 20);
        assert_eq!(told(&place, &account, &id), n_all / 2, "round {round}: every row is counted once");
        chat.run("DELETE FROM message; DELETE FROM session; DELETE FROM person; DELETE FROM gone;").await;
    }
}

/// How many rows a request has written down as erased.
fn told(place: &Place, account: &str, id: &str) -> i64 {
    let report = place.json(&["erase", "status", "--account", account, id]);
    let subjects = report["subjects"].as_array().expect("subjects").iter();
    let stores = subjects.flat_map(|subject| subject["stores"].as_array().cloned().unwrap_or_default());
    stores.map(|store| store["erased"].as_i64().expect("a number")).sum()
}

async fn ended(client: &Client, running: &Running, token: &str, id: &str) -> Value {
    loop {
        let url = running.url(&format!("/api/public/bot/eraseUsersData/status/{id}"));
        let report: Value =
            client.get(url).header("auth", token).send().await.expect("it answers").json().await.expect("JSON");
        let is_ended = |one: &Value| one["status"] != "IN_PROGRESS";
        if report["response"].as_array().expect("a list").iter().all(is_ended) {
            return report;
        }
    }
}

async fn rows(chat: &ForeignDb) -> i64 {
    chat.count("SELECT (SELECT COUNT(*) FROM person) + (SELECT COUNT(*) FROM session) + (SELECT COUNT(*) FROM message)")
        .await
}

const SCHEMA: &str = "
CREATE TABLE person (id BIGINT PRIMARY KEY, email VARCHAR(80) NOT NULL);
CREATE INDEX person_by_email ON person (email);
CREATE TABLE session (id BIGINT PRIMARY KEY, person_id BIGINT NOT NULL REFERENCES person (id));
CREATE INDEX session_by_person ON session (person_id);
CREATE TABLE message (id BIGINT PRIMARY KEY, session_id BIGINT NOT NULL REFERENCES session (id), body VARCHAR(80));
CREATE INDEX message_by_session ON message (session_id);
CREATE TABLE gone (id BIGINT NOT NULL);
";

/// Everybody, and a trigger that notes which messages went.
fn people(kind: Kind) -> String {
    let (n, n_messages) = (2 * N_PEOPLE, 2 * N_PEOPLE * N_MESSAGES);
    let series = |n: usize| match kind {
        Kind::Sqlite => {
            format!("(WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {n}) SELECT i FROM s)")
        }
        _ => format!("(SELECT i FROM generate_series(1, {n}) s (i))"),
    };
    let trigger = match kind {
        Kind::Sqlite => {
            "CREATE TRIGGER IF NOT EXISTS note AFTER DELETE ON message \
             BEGIN INSERT INTO gone VALUES (OLD.id); END;"
        }
        _ => {
            "CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO gone VALUES (OLD.id); RETURN OLD; END $$; \
             CREATE OR REPLACE TRIGGER note AFTER DELETE ON message FOR EACH ROW EXECUTE FUNCTION note();"
        }
    };
    format!(
        "{trigger}
         INSERT INTO person SELECT i, 'user' || i || '@crash.example' FROM {} AS s;
         INSERT INTO session SELECT i, (i - 1) / 2 + 1 FROM {} AS s;
         INSERT INTO message SELECT i, (i - 1) / 10 + 1, 'text' FROM {} AS s;",
        series(n),
        series(2 * n),
        series(n_messages)
    )
}

fn write_map(path: &Path, url: &str) {
    let child = |name: &str, column: &str, parent: &str| {
        format!(
            "
      - name: {name}
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true}}}}
          - {{name: {column}, fides_meta: {{references: [{{dataset: chat, field: {parent}.id, direction: from}}]}}}}"
        )
    };
    let map = format!(
        "
stores: {{chat: {{url: '{url}', datasets: [chat]}}}}
policy: {{settle: 0s}}
dataset:
  - fides_key: chat
    collections:
      - name: person
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true}}}}
          - {{name: email, fides_meta: {{identity: email}}}}{}{}",
        child("session", "person_id", "person"),
        child("message", "session_id", "session"),
    );
    std::fs::write(path, map).expect("the map is written");
}
