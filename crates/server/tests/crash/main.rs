//! The real binary, killed in the middle of its work: what it acknowledged is there, what it did
//! not is wholly there or wholly not, and the next start needs no hand.

#![expect(clippy::expect_used, clippy::panic, reason = "what is missing in an answer fails the test")]

mod erasure;
mod once;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::Client;
use rolecall_testkit::{Engine, TestDb};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

/// How often the server is killed on each engine.
const N_KILLS: usize = 20;
/// Calls in each round, each giving one role to two people.
const N_CALLS: usize = 1_000;
/// Calls under way at once.
const N_AT_ONCE: usize = 64;

/// A running `rolecall serve`, killed when dropped.
struct Running {
    process: Child,
    address: String,
}

impl Running {
    /// Starts the binary and waits for the line that says where it listens.
    fn start(place: &Place) -> Self {
        let mut process = place
            .rolecall(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stderr.take().expect("its log")).lines();
        let mut seen = Vec::new();
        let address = loop {
            let Some(line) = lines.next() else { panic!("it ended before it listened: {seen:?}") };
            let line = line.expect("its log is text");
            if let Some((_, address)) = line.split_once("http://") {
                break address.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
            }
            seen.push(line);
        };
        // The log goes on; somebody has to read it or the pipe fills up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// SIGKILL: no handler runs, no buffer is flushed.
    fn kill(mut self) {
        self.process.kill().expect("it was running");
        self.process.wait().expect("it ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A database and the binary on it.
struct Place {
    db: TestDb,
    key: String,
}

impl Place {
    fn rolecall(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(arguments).args(["--database", &self.db.url, "--key", &self.key]).current_dir(self.db.dir.path());
        command
    }

    /// Runs a command to its end; its standard output.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.rolecall(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("its output is text")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--output", "json"]).collect();
        serde_json::from_str(&self.run(&arguments)).expect("one JSON document")
    }
}

/// Two people for each call, and a bot for each round.
fn manifest(path: &Path) {
    let bots = (0..N_KILLS).map(|round| json!({"kind": "bot", "name": bot_name(round)}).to_string());
    let users = (0..N_CALLS).flat_map(pair).map(|email| json!({"kind": "user", "email": email}).to_string());
    let lines: Vec<String> = bots.chain(users).collect();
    std::fs::write(path, lines.join("\n")).expect("the manifest is written");
}

fn bot_name(round: usize) -> String {
    format!("Desk {round}")
}

fn pair(call: usize) -> [String; 2] {
    ["a", "b"].map(|side| format!("{side}-{call}@crash.example"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_sqlite() {
    survives(TestDb::start(Engine::Sqlite).await.expect("SQLite is always there")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_postgres() {
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
    let file = place.db.dir.path().join("people.ndjson");
    manifest(&file);
    place.run(&["apply", "--account", &account, "-f", &file.to_string_lossy()]);

    let client = Client::new();
    let mut n_acknowledged = 0;
    for round in 0..N_KILLS {
        let running = Running::start(&place);
        let (role, bot) = role_and_bot(&client, &running, &token, round).await;
        // The moment differs from round to round: after this many answers.
        let acknowledged = fire(&client, running, &token, (&role, &bot), 17 + round * 19).await;
        n_acknowledged += acknowledged.len();

        let running = Running::start(&place);
        let holders = holders(&client, &running, &token, round).await;
        for call in 0..N_CALLS {
            let held = pair(call).map(|email| holders.contains(&email));
            assert_eq!(held[0], held[1], "round {round}: call {call} is there by half");
            assert!(
                held[0] || !acknowledged.contains(&call),
                "round {round}: call {call} was acknowledged and is gone"
            );
        }
        running.kill();
    }
    assert!(n_acknowledged > N_KILLS, "hardly anything was acknowledged");
    let report = place.run(&["doctor"]);
    assert!(report.to_lowercase().contains("audit"), "{report}");
}

async fn get(client: &Client, running: &Running, token: &str, path: &str) -> Value {
    let answer = client.get(running.url(path)).header("auth", token).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.expect("JSON")
}

async fn role_and_bot(client: &Client, running: &Running, token: &str, round: usize) -> (String, String) {
    let roles = get(client, running, token, "/api/public/roles?roleType=bot").await;
    let roles = roles["roles"].as_array().expect("roles").clone();
    let role = roles.iter().find(|role| role["role"] == "Bot Tester").expect("Bot Tester");
    let bots = get(client, running, token, "/api/public/bots").await;
    let bots = bots["bots"].as_array().expect("bots").clone();
    let bot = bots.iter().find(|bot| bot["name"] == bot_name(round)).expect("the round's bot");
    let id = |value: &Value| value["_id"].as_str().expect("an id").to_owned();
    (id(role), id(bot))
}

/// Sends the round's calls and kills the server after `n_before_kill` answers; the calls it
/// acknowledged.
async fn fire(
    client: &Client,
    running: Running,
    token: &str,
    (role, bot): (&str, &str),
    n_before_kill: usize,
) -> BTreeSet<usize> {
    let n_answers = Arc::new(AtomicUsize::new(0));
    let (is_time, next) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let mut senders = JoinSet::new();
    for _ in 0..N_AT_ONCE {
        let (client, url, token) = (client.clone(), running.url("/api/public/btroles/assignments"), token.to_owned());
        let (role, bot) = (role.to_owned(), bot.to_owned());
        let (n_answers, is_time, next) = (Arc::clone(&n_answers), Arc::clone(&is_time), Arc::clone(&next));
        senders.spawn(async move {
            let mut acknowledged = Vec::new();
            loop {
                let call = next.fetch_add(1, Ordering::SeqCst);
                if call >= N_CALLS {
                    return acknowledged;
                }
                let body = json!([{"roleId": role, "botId": bot, "addUsers": pair(call)}]);
                match client.post(&url).header("auth", &token).json(&body).send().await {
                    Ok(answer) if answer.status() == 200 => acknowledged.push(call),
                    Ok(answer) => assert_eq!(answer.status(), 503, "only a busy server may refuse"),
                    // The connection broke: the server is gone.
                    Err(_) => return acknowledged,
                }
                if n_answers.fetch_add(1, Ordering::SeqCst) + 1 == n_before_kill {
                    is_time.notify_one();
                }
            }
        });
    }
    is_time.notified().await;
    running.kill();
    let mut acknowledged = BTreeSet::new();
    while let Some(sender) = senders.join_next().await {
        acknowledged.extend(sender.expect("a sender ends by itself"));
    }
    acknowledged
}

/// Everybody who holds Bot Tester on the round's bot.
async fn holders(client: &Client, running: &Running, token: &str, round: usize) -> BTreeSet<String> {
    let mut holders: BTreeMap<String, usize> = BTreeMap::new();
    let mut path = "/api/public/alluserroles?limit=1000".to_owned();
    loop {
        let page = get(client, running, token, &path).await;
        for user in page["users"].as_array().expect("users") {
            let n_held = user["btRoles"]
                .as_array()
                .expect("roles")
                .iter()
                .filter(|row| row["roleName"] == "Bot Tester" && row["botName"] == bot_name(round))
                .count();
            if n_held > 0 {
                holders.insert(user["username"].as_str().expect("a name").to_owned(), n_held);
            }
        }
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/public/alluserroles?limit=1000&cursor={cursor}"),
            None => break,
        }
    }
    assert!(holders.values().all(|n| *n == 1), "a role is held twice");
    holders.into_keys().collect()
}
