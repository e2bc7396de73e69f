//! Calls with an `Idempotency-Key`, and the server killed in the middle of them: sent again with the same
//! keys, each is done exactly once, and whoever was answered is answered the same.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::Client;
use rolecall_testkit::{Engine, TestDb};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

use crate::{Place, Running, get};

/// How often the server is killed on each engine.
const N_KILLS: usize = 5;
/// Calls in each round. A hold may be placed twice and then is two: nothing but its key keeps it from that.
const N_CALLS: usize = 200;
/// Calls under way at once.
const N_AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_with_a_key_is_done_once_whenever_the_server_is_killed_on_sqlite() {
    survives(TestDb::start(Engine::Sqlite).await.expect("SQLite is always there")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_with_a_key_is_done_once_whenever_the_server_is_killed_on_postgres() {
    if let Some(db) = TestDb::start(Engine::Postgres).await {
        survives(db).await;
    }
}

async fn survives(db: TestDb) {
    let key = Command::new(env!("CARGO_BIN_EXE_rolecall")).args(["key", "generate"]).output().expect("the binary runs");
    let place = Place { db, key: String::from_utf8(key.stdout).expect("a key is text").trim().to_owned() };
    let account = place.json(&["account", "create", "--name", "Crash", "--owner", "owner@crash.example"]);
    let account = account["accountId"].as_str().expect("an account id").to_owned();
    let app = place.json(&["app", "create", "--account", &account, "--name", "test", "--all-scopes"]);
    let token = place.run(&["token", "--app", app["clientId"].as_str().expect("a client id")]).trim().to_owned();

    let client = Client::new();
    let (mut n_answered, mut n_cut_off) = (0, 0);
    for round in 0..N_KILLS {
        let answered = fire(&client, Running::start(&place), &token, round).await;
        // As long as the dead server's calls might be under way nobody else does them; that time goes by.
        place.db.tamper("UPDATE idempotency_keys SET lease_until_ms = 0").await;
        let running = Running::start(&place);
        for call in 0..N_CALLS {
            let again = send(&client, &running, &token, round, call).await.expect("it answers");
            match (answered.get(&call), &again) {
                (Some(first), (status, body)) => {
                    assert_eq!((*status, body), (201, first), "round {round}, call {call}");
                }
                (None, (201, _)) => n_cut_off += 1,
                // It was done, and the server died before it kept the answer.
                (None, (status, body)) => {
                    n_cut_off += 1;
                    assert_eq!((*status, &body["type"]), (409, &json!("/problems/answer-lost")), "{body}");
                }
            }
        }
        let holds = holds(&client, &running, &token, round).await;
        let once: BTreeMap<String, usize> = (0..N_CALLS).map(|call| (reason(round, call), 1)).collect();
        assert_eq!(holds, once, "round {round}");
        n_answered += answered.len();
        running.kill();
    }
    assert!(n_answered > N_KILLS && n_cut_off > N_KILLS, "{n_answered} were answered, {n_cut_off} cut off");
    assert!(place.run(&["doctor"]).to_lowercase().contains("audit"));
}

fn reason(round: usize, call: usize) -> String {
    format!("case {round} of {call}")
}

/// Sends a call with its key: status and body, or nothing if the connection broke.
async fn send(client: &Client, running: &Running, token: &str, round: usize, call: usize) -> Option<(u16, Value)> {
    post(client, &running.url("/api/v1/holds"), token, round, call).await
}

async fn post(client: &Client, url: &str, token: &str, round: usize, call: usize) -> Option<(u16, Value)> {
    let body = json!({"userIds": [format!("guest{call}@else.example")], "reason": reason(round, call)});
    let request = client.post(url).header("auth", token).header("idempotency-key", format!("{round}-{call}"));
    let answer = request.json(&body).send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.ok()?))
}

/// Sends the round's calls and kills the server after some answers; what each call was answered that was done.
async fn fire(client: &Client, running: Running, token: &str, round: usize) -> BTreeMap<usize, Value> {
    let url = running.url("/api/v1/holds");
    let (next, n_answers, is_time) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut senders = JoinSet::new();
    for _ in 0..N_AT_ONCE {
        let (client, url, token) = (client.clone(), url.clone(), token.to_owned());
        let (next, n_answers, is_time) = (Arc::clone(&next), Arc::clone(&n_answers), Arc::clone(&is_time));
        senders.spawn(async move {
            let mut answered = Vec::new();
            loop {
                let call = next.fetch_add(1, Ordering::SeqCst);
                if call >= N_CALLS {
                    return answered;
                }
                match post(&client, &url, &token, round, call).await {
                    Some((201, body)) => answered.push((call, body)),
                    Some((status, body)) => assert_eq!(status, 503, "only a busy server may refuse: {body}"),
                    None => return answered,
                }
                // The moment differs from round to round.
                if n_answers.fetch_add(1, Ordering::SeqCst) == 5 + round * 29 {
                    is_time.notify_one();
                }
            }
        });
    }
    is_time.notified().await;
    running.kill();
    let mut answered = BTreeMap::new();
    while let Some(sender) = senders.join_next().await {
        answered.extend(sender.expect("a sender ends by itself"));
    }
    answered
}

/// How many holds there are for each reason of the round.
async fn holds(client: &Client, running: &Running, token: &str, round: usize) -> BTreeMap<String, usize> {
    let mut holds = BTreeMap::new();
    let mut path = "/api/v1/holds?limit=100".to_owned();
    loop {
        let page = get(client, running, token, &path).await;
        for hold in page["holds"].as_array().expect("holds") {
            let reason = hold["reason"].as_str().expect("a text").to_owned();
            if reason.starts_with(&format!("case {round} of ")) {
                *holds.entry(reason).or_default() += 1;
            }
        }
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/holds?limit=100&cursor={cursor}"),
            None => return holds,
        }
    }
}
