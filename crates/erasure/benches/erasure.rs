//! What an erasure costs beside the SQL that a person would write by hand for the same rows.
//!
//! ```text
//! scripts/postgres-private cargo bench -p rolecall-erasure            the full size: minutes
//! ROLECALL_BENCH_SCALE=20 cargo bench -p rolecall-erasure             a twentieth of it
//! ROLECALL_BENCH_ONLY=sqlite cargo bench -p rolecall-erasure          one engine
//! ROLECALL_BENCH_LOG=debug cargo bench -p rolecall-erasure            with what each step took
//! ```
//!
//! One chat database of 20,016 users, 1.1 million messages and 2 million events, its rows in random
//! order, every column that is searched indexed. By hand means set-based, children before parents, one
//! transaction; on both sides durability is as the engine comes with it. Prints one table an engine.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rolecall_control::erasure::{self, NewDataMap, NewErasure};
use rolecall_erasure::{
    engine::{Engine, Options, Strides},
    map,
    stores::Rules,
};
use rolecall_model::erasure::Subject;
use rolecall_testkit::{ForeignDb, Kind as ForeignKind, TestApp};
use sqlx::AssertSqlSafe;
use tokio::task::JoinHandle;
use tracing::{Event, Subscriber, field};
use tracing_subscriber::{
    EnvFilter, Layer,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

/// Ordinary users; sixteen more have other amounts.
const N_USERS: usize = 20_000;
/// Of each ordinary user, with two identities and the user itself 158 rows.
const N_SESSIONS: usize = 5;
const N_MESSAGES: usize = 50;
const N_EVENTS: usize = 100;
/// Messages of the one user that is a machine.
const N_HEAVY: usize = 100_000;
/// Single erasures of each kind.
const N_SINGLE: usize = 31;
/// Users erased in one request.
const N_MANY: usize = 1_000;

#[tokio::main]
async fn main() {
    let scale = variable("ROLECALL_BENCH_SCALE").and_then(|scale| scale.parse().ok()).unwrap_or(1);
    let only = variable("ROLECALL_BENCH_ONLY").unwrap_or_default();
    let steps = Steps::default();
    let filter = || EnvFilter::new("off,rolecall_erasure=debug");
    let lines = variable("ROLECALL_BENCH_LOG").map(|_| tracing_subscriber::fmt::layer().with_writer(std::io::stderr));
    tracing_subscriber::registry()
        .with(steps.clone().with_filter(filter()))
        .with(lines.map(|lines| lines.with_filter(filter())))
        .init();
    for (kind, own) in [
        (ForeignKind::Sqlite, rolecall_testkit::Engine::Sqlite),
        (ForeignKind::Postgres, rolecall_testkit::Engine::Postgres),
    ] {
        if !format!("{kind:?}").to_lowercase().contains(&only) {
            continue;
        }
        let Some(chat) = ForeignDb::start(kind).await else { continue };
        let Some(app) = TestApp::start(own).await else { continue };
        Bench::new(app, chat, kind, scale, steps.clone()).await.run().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is told its size by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the engine's steps took, from its debug lines.
#[derive(Clone, Default)]
struct Steps(Arc<Mutex<Vec<Step>>>);

/// One debug line.
#[derive(Clone, Default)]
struct Step {
    name: String,
    rows: u64,
    took_ms: f64,
    in_all_ms: f64,
}

impl Steps {
    /// Those since this was last asked.
    fn take(&self) -> Vec<Step> {
        std::mem::take(&mut *self.0.lock().expect("nobody panicked"))
    }
}

impl<S: Subscriber> Layer<S> for Steps {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut step = Step::default();
        event.record(&mut step);
        self.0.lock().expect("nobody panicked").push(step);
    }
}

impl field::Visit for Step {
    fn record_debug(&mut self, field: &field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.name = format!("{value:?}");
        }
    }

    fn record_u64(&mut self, _: &field::Field, value: u64) {
        self.rows = value;
    }

    fn record_f64(&mut self, field: &field::Field, value: f64) {
        if field.name() == "took_ms" {
            self.took_ms = value;
        } else {
            self.in_all_ms = value;
        }
    }
}

struct Bench {
    app: TestApp,
    steps: Steps,
    chat: Arc<ForeignDb>,
    kind: ForeignKind,
    engine: Engine,
    n_users: usize,
    next: usize,
    /// The number of the next message that a bystander writes.
    written: AtomicUsize,
}

/// Children first.
const TABLES: [&str; 5] = ["event", "message", "session", "channel_identity", "bot_user"];

impl Bench {
    async fn new(app: TestApp, chat: ForeignDb, kind: ForeignKind, scale: usize, steps: Steps) -> Self {
        let n_users = N_USERS / scale;
        if kind == ForeignKind::Sqlite {
            // As every server that shares such a file with others keeps it.
            chat.run("PRAGMA journal_mode = WAL").await;
        }
        chat.run(&schema()).await;
        chat.run(&rows(kind, n_users, N_HEAVY / scale)).await;
        let text = data_map(&chat.url);
        let parsed = map::parse(&text).expect("the map is a map");
        let new = NewDataMap {
            text: &text,
            hash: &parsed.hash,
            deadline_ms: parsed.policy.deadline_ms,
            grace_ms: parsed.policy.grace_ms,
            place_hashes: Vec::new(),
        };
        erasure::set_data_map(&app.operator(), new).await.expect("the map is set");
        let engine = engine(&app, Strides::default());
        Self {
            app,
            steps,
            chat: Arc::new(chat),
            kind,
            engine,
            n_users,
            next: 1,
            written: AtomicUsize::new(1_000_000_000),
        }
    }

    async fn run(mut self) {
        println!("\n## {:?}: {} users\n", self.kind, self.n_users);
        println!("| what | Rolecall | by hand | ratio |\n|---|---|---|---|");
        self.one_user().await;
        self.many_users().await;
        self.heavy_user().await;
        self.strides().await;
    }

    /// Users that nobody has erased yet, spread over the table.
    fn users(&mut self, n: usize) -> Vec<usize> {
        let taken: Vec<usize> = (self.next..self.next + n).collect();
        self.next += n;
        // Neighbours in number are strangers on disk: rows were written in random order.
        assert!(self.next <= self.n_users, "the database is too small for this many erasures");
        taken
    }

    async fn one_user(&mut self) {
        let mut ours = Vec::new();
        let mut by_hand = Vec::new();
        for round in 0..2 * N_SINGLE {
            let users = self.users(1);
            if round % 2 == 0 {
                ours.push(self.erase(&users).await);
            } else {
                by_hand.push(self.erase_by_hand(&users).await);
            }
        }
        row("one user, 158 rows, request to receipt", median(ours), median(by_hand));
    }

    async fn many_users(&mut self) {
        let n = N_MANY.min(self.n_users / 8);
        let (ours, by_hand) = (self.users(n), self.users(n));
        self.steps.take();
        let took = self.erase(&ours).await;
        let steps = self.steps.take();
        let hand = self.erase_by_hand(&by_hand).await;
        let sum = |name: &str, of: fn(&Step) -> f64| {
            let all: f64 = steps.iter().filter(|step| step.name == name).map(of).sum();
            Duration::from_secs_f64(all / 1_000.0)
        };
        let again = sum("looked again", |step| step.took_ms);
        row(&format!("{n} users in one request, all of it"), took, hand);
        row("the same without looking again", took.saturating_sub(again), hand);
        row("of it: finding the rows", sum("resolved", |step| step.took_ms), hand);
        row("of it: the transactions in which they go", sum("erased", |step| step.took_ms), hand);
        row("of it: writing down how far it is", sum("erased", |step| step.in_all_ms - step.took_ms), hand);
        row("of it: looking again", again, hand);
        longest(&steps);
    }

    /// The same work in transactions of set sizes.
    async fn strides(&mut self) {
        println!("\n| rows a transaction | rows/s while they go | longest transaction |\n|---|---|---|");
        let n = (N_MANY / 2).min(self.n_users / 16);
        for max_rows in [500, 2_000, 10_000] {
            let users = self.users(n);
            let set = Strides { aim: Duration::from_mins(1), max_rows };
            let default = std::mem::replace(&mut self.engine, engine(&self.app, set));
            self.steps.take();
            self.erase(&users).await;
            self.engine = default;
            let steps = self.steps.take();
            let erased: Vec<&Step> = steps.iter().filter(|step| step.name == "erased").collect();
            let n_rows: u64 = erased.iter().map(|step| step.rows).sum();
            let ms: f64 = erased.iter().map(|step| step.in_all_ms).sum();
            let longest = erased.iter().map(|step| step.took_ms).fold(0.0, f64::max);
            let n_rows = f64::from(u32::try_from(n_rows).unwrap_or(u32::MAX));
            println!("| {max_rows} | {:.0} | {longest:.0} ms |", n_rows / ms * 1_000.0);
        }
    }

    async fn heavy_user(&mut self) {
        let rest = self.bystanders(async { pause(Duration::from_secs(3)).await }).await.1;
        let before = resident_kib();
        let heavy = [self.n_users + 1];
        self.steps.take();
        let (took, busy) = self.bystanders(self.erase(&heavy)).await;
        let steps = self.steps.take();
        let grown = peak_kib().saturating_sub(before);
        let hand = self.erase_by_hand(&[self.n_users + 2]).await;
        row("a user with 100,000 messages", took, hand);
        longest(&steps);
        println!("\nMemory above rest for that user: {} MiB.\n", grown >> 10);
        println!("| bystander, p99 | beside that erasure | at rest | ratio |\n|---|---|---|---|");
        row("reader of one person's messages", busy.reader, rest.reader);
        row("writer of one message", busy.writer, rest.writer);
    }

    /// Does `work` while one connection reads and another writes, each a statement every few
    /// milliseconds; how long these took, 99 times of a hundred.
    async fn bystanders<T>(&self, work: impl Future<Output = T>) -> (T, Bystanders) {
        let is_over = Arc::new(AtomicBool::new(false));
        let n_users = self.n_users;
        let reader = self.bystander(&is_over, move |n| {
            format!("SELECT COUNT(body) FROM message WHERE user_id = {}", n * 7_919 % n_users + 1)
        });
        let first = self.written.fetch_add(1_000_000, Ordering::SeqCst);
        let writer = self.bystander(&is_over, move |n| {
            let user = n_users + 16;
            format!("INSERT INTO message VALUES ({}, {user}, {}, 'text')", first + n, user * N_SESSIONS)
        });
        let done = work.await;
        is_over.store(true, Ordering::SeqCst);
        let p99 = |mut times: Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len() * 99 / 100).copied().unwrap_or_default()
        };
        let reader = p99(reader.await.expect("the reader ends"));
        let writer = p99(writer.await.expect("the writer ends"));
        (done, Bystanders { reader, writer })
    }

    fn bystander(
        &self,
        is_over: &Arc<AtomicBool>,
        statement: impl Fn(usize) -> String + Send + 'static,
    ) -> JoinHandle<Vec<Duration>> {
        let (is_over, chat) = (Arc::clone(is_over), Arc::clone(&self.chat));
        tokio::spawn(async move {
            let mut connection = chat.connect().await;
            let mut times = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                let sql = AssertSqlSafe(statement(times.len()));
                let began = Instant::now();
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("it has its turn");
                times.push(began.elapsed());
                pause(Duration::from_millis(3)).await;
            }
            times
        })
    }

    /// From the request to its receipt.
    async fn erase(&self, users: &[usize]) -> Duration {
        let began = Instant::now();
        let ctx = self.app.operator();
        let subjects = users.iter().map(|user| Subject::Plain(format!("user{user}@chat.example"))).collect();
        let new = NewErasure {
            subjects,
            bot_ids: Vec::new(),
            is_all_bots: true,
            plan_hash: None,
            not_before: None,
            grounds: None,
            callback_url: None,
        };
        let accepted = erasure::request(&ctx, &new).await.expect("the request is taken");
        self.engine.work_on(ctx.account, accepted.no).await.expect("it is carried out");
        let took = began.elapsed();
        let report = erasure::report(&ctx, &accepted.id).await.expect("it is there");
        let outcomes: BTreeSet<&str> = report.subjects.iter().map(|subject| subject.outcome.as_str()).collect();
        assert_eq!(outcomes, BTreeSet::from(["erased"]), "{report:?}");
        took
    }

    async fn erase_by_hand(&self, users: &[usize]) -> Duration {
        let emails: Vec<String> = users.iter().map(|user| format!("'user{user}@chat.example'")).collect();
        let doomed = format!("(SELECT id FROM bot_user WHERE email IN ({}))", emails.join(", "));
        let statements: Vec<String> = TABLES
            .iter()
            .map(|table| {
                let column = if *table == "bot_user" { "id" } else { "user_id" };
                format!("DELETE FROM {table} WHERE {column} IN {doomed};")
            })
            .collect();
        let began = Instant::now();
        self.chat.run(&format!("BEGIN; {} COMMIT;", statements.join(" "))).await;
        began.elapsed()
    }
}

/// How long bystanders' statements took, 99 times of a hundred.
struct Bystanders {
    reader: Duration,
    writer: Duration,
}

/// An engine for `app` that takes such strides.
fn engine(app: &TestApp, strides: Strides) -> Engine {
    let secrets = Arc::new(|url: &str| Ok(url.to_owned().into()));
    let options = Options { strides, ..Options::new(Rules::default(), secrets, "bench") };
    Engine::new(Arc::clone(&app.server.core), options)
}

fn longest(steps: &[Step]) {
    let erased = steps.iter().filter(|step| step.name == "erased");
    let longest = erased.map(|step| step.took_ms).fold(0.0, f64::max);
    println!("| its longest transaction | {longest:.0} ms | | |");
}

async fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a bystander does not ask all the time")]
    tokio::time::sleep(time).await;
}

fn row(what: &str, ours: Duration, by_hand: Duration) {
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!("| {what} | {:.1} ms | {:.1} ms | {:.2} |", ms(ours), ms(by_hand), ms(ours) / ms(by_hand));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or_default()
}

fn resident_kib() -> u64 {
    // The high-water mark starts again from here, where the kernel lets us.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status_kib("VmRSS:")
}

fn peak_kib() -> u64 {
    status_kib("VmHWM:")
}

fn schema() -> String {
    "
    CREATE TABLE bot_user (id BIGINT PRIMARY KEY, email VARCHAR(200) NOT NULL, full_name VARCHAR(200));
    CREATE TABLE channel_identity (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES bot_user (id),
                                   channel VARCHAR(20) NOT NULL, channel_user_id VARCHAR(64) NOT NULL);
    CREATE TABLE session (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES bot_user (id), bot_id BIGINT NOT NULL);
    CREATE TABLE message (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES bot_user (id),
                          session_id BIGINT NOT NULL REFERENCES session (id), body VARCHAR(400) NOT NULL);
    CREATE TABLE event (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES bot_user (id),
                        session_id BIGINT NOT NULL REFERENCES session (id), name VARCHAR(40) NOT NULL);
    CREATE INDEX bot_user_email ON bot_user (email);
    CREATE INDEX channel_identity_user ON channel_identity (user_id);
    CREATE INDEX session_of_user ON session (user_id);
    CREATE INDEX message_user ON message (user_id);
    CREATE INDEX message_session ON message (session_id);
    CREATE INDEX event_user ON event (user_id);
    CREATE INDEX event_session ON event (session_id);
    "
    .to_owned()
}

/// All rows, those of each table in random order.
fn rows(kind: ForeignKind, n_users: usize, n_heavy: usize) -> String {
    let series = |n: usize| match kind {
        ForeignKind::Sqlite => {
            format!("(WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {n}) SELECT i FROM s)")
        }
        _ => format!("(SELECT i FROM generate_series(1, {n}) s (i))"),
    };
    let all = n_users + 16;
    let session_of = |user: &str, nth: &str| format!("({user}) * {N_SESSIONS} + ({nth}) % {N_SESSIONS}");
    let spread = |name: &str, columns: &str, n: usize| {
        format!("INSERT INTO {name} SELECT {columns} FROM {} AS s ORDER BY random();\n", series(n))
    };
    let user = format!("(i % {n_users} + 1)");
    let heavy = format!("({n_users} + 1 + i % 2)");
    let body = "'The quick brown fox asks bot ' || i || ' for the state of an order, and the answer is long enough to be one.'";
    let mut sql = String::from("BEGIN;\n");
    sql += &spread("bot_user", "i, 'user' || i || '@chat.example', 'User ' || i", all);
    sql += &spread(
        "channel_identity",
        &format!("i, i % {all} + 1, CASE WHEN i % 2 = 0 THEN 'web' ELSE 'whatsapp' END, 'c' || i"),
        2 * all,
    );
    sql += &spread(
        "session",
        &format!("i + {N_SESSIONS} - 1, (i + {N_SESSIONS} - 1) / {N_SESSIONS}, i % 7"),
        N_SESSIONS * all,
    );
    sql += &spread(
        "message",
        &format!("i, {user}, {}, {body}", session_of(&user, &format!("i / {n_users}"))),
        N_MESSAGES * n_users,
    );
    sql += &spread(
        "message",
        &format!("i + {}, {heavy}, {}, {body}", N_MESSAGES * n_users, session_of(&heavy, "i / 2")),
        2 * n_heavy,
    );
    sql += &spread(
        "event",
        &format!("i, {user}, {}, 'step'", session_of(&user, &format!("i / {n_users}"))),
        N_EVENTS * n_users,
    );
    sql + match kind {
        ForeignKind::Sqlite => "COMMIT; ANALYZE;",
        _ => "COMMIT; ANALYZE; CHECKPOINT;",
    }
}

fn data_map(url: &str) -> String {
    let of_user = |table: &str, more: &str| {
        format!(
            "
      - name: {table}
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true}}}}
          - {{name: user_id, fides_meta: {{references: [{{dataset: chat, field: bot_user.id, direction: from}}]}}}}{more}"
        )
    };
    let session = "
          - {name: session_id, fides_meta: {references: [{dataset: chat, field: session.id, direction: from}]}}";
    format!(
        "
stores: {{chat: {{url: '{url}', datasets: [chat]}}}}
policy: {{settle: 0s}}
dataset:
  - fides_key: chat
    collections:
      - name: bot_user
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true}}}}
          - {{name: email, fides_meta: {{identity: email}}}}{}{}{}{}",
        of_user("channel_identity", ""),
        of_user("session", ""),
        of_user("message", session),
        of_user("event", session),
    )
}
