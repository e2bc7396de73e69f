//! What writes cost: single assignments that share commits beside a commit each, and bulk calls
//! beside the plainest way to bring the same rows into the same tables.
//!
//! ```text
//! DURABLE=1 scripts/postgres-private cargo bench -p rolecall-control
//! DURABLE=1 scripts/slow-disk scripts/postgres-private cargo bench -p rolecall-control
//! ROLECALL_BENCH_ONLY=sqlite-singles cargo bench -p rolecall-control      one engine, one part
//! ```
//!
//! One account of 20,000 users on each engine, both as durable as they come. What is compared
//! alternates, and medians are told. CPU time is this process's: on PostgreSQL without the server's.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "its figures are far from where that shows")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use rolecall_control::{
    Ctx,
    assignments::{self, Action, Element, Principal, Queue, Wish},
    role_import::{self, Order},
    roles,
};
use rolecall_model::{
    role::{ADMIN_PERMISSIONS, RoleType},
    role_import::{File, Mode},
};
use rolecall_store::Meter;
use rolecall_testkit::{Engine, TestApp};
use serde_json::{Map, Value, json};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::task::JoinSet;

const N_USERS: usize = 20_000;
const N_BOTS: usize = 40;
const N_CALLERS: usize = 64;
const N_BULK: u32 = 10_000;
const N_ROLES: usize = 5_000;
const ROUNDS: usize = 5;
const BURST: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() {
    let only = variable("ROLECALL_BENCH_ONLY").unwrap_or_default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let is_wanted = |part: &str| format!("{}-{part}", engine.as_str()).contains(&only);
        if !["singles", "bulk", "import"].iter().any(|part| is_wanted(part)) {
            continue;
        }
        let Some(app) = TestApp::start(engine).await else { continue };
        let bench = Arc::new(Bench::new(app).await);
        println!("\n## {}\n", engine.as_str());
        if is_wanted("singles") {
            singles(&bench).await;
        }
        if is_wanted("bulk") {
            bulk(&bench).await;
        }
        if is_wanted("import") {
            import(&bench).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is told what to do by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

struct Bench {
    app: TestApp,
    emails: Vec<String>,
    bots: Vec<String>,
    roles: Vec<String>,
}

impl Bench {
    async fn new(app: TestApp) -> Self {
        let emails: Vec<String> = (0..N_USERS).map(|nth| format!("user{nth:06}@acme.example")).collect();
        for some in emails.chunks(5_000) {
            app.users(some).await;
        }
        let mut bots = Vec::with_capacity(N_BOTS);
        for nth in 0..N_BOTS {
            bots.push(app.bot(&format!("Bot {nth}")).await.id);
        }
        let list = roles::export(&app.operator(), RoleType::Bot).await.expect("roles");
        let roles = list.into_iter().filter(|role| role.name != "Bot Owner").map(|role| role.id);
        let bench = Self { emails, bots, roles: roles.collect(), app };
        if bench.app.db.db.engine() == Engine::Postgres {
            let mut connection = PgConnection::connect(&bench.app.db.url).await.expect("it answers");
            sqlx::query("VACUUM ANALYZE").execute(&mut connection).await.expect("it is tidy");
        }
        bench
    }

    fn ctx(&self) -> Ctx {
        Ctx { meter: Meter::default(), ..self.app.operator() }
    }

    fn call(&self, rng: &mut StdRng) -> Vec<Element> {
        let any = |of: &[String], rng: &mut StdRng| of[rng.random_range(0..of.len())].clone();
        // The bots after the first ten are for bulk calls.
        vec![given(any(&self.roles, rng), any(&self.bots[..10], rng), [any(&self.emails, rng)])]
    }
}

fn given(role_id: String, bot_id: String, emails: impl IntoIterator<Item = String>) -> Element {
    let wish =
        |(index, email)| Wish { action: Action::Add, principal: Principal::Email(email), list: "addUsers", index };
    Element { role_id, bot_id: Some(bot_id), wishes: emails.into_iter().enumerate().map(wish).collect() }
}

/// Units: seconds this process has been on a processor.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().expect("fields");
    let ticks = after_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("ticks"));
    ticks.sum::<f64>() / 100.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a burst of calls came to.
struct Burst {
    rate: f64,
    cpu_us: f64,
    median_ms: f64,
    p99_ms: f64,
}

async fn burst(bench: &Arc<Bench>, queue: Option<Queue>, seed: u64) -> Burst {
    let (began, cpu) = (Instant::now(), cpu_s());
    let mut callers = JoinSet::new();
    for caller in 0..N_CALLERS {
        let (bench, queue) = (Arc::clone(bench), queue.clone());
        let mut rng = StdRng::seed_from_u64(seed * 1_000 + caller as u64);
        callers.spawn(async move {
            let mut took_ms = Vec::new();
            while began.elapsed() < BURST {
                let (ctx, call) = (bench.ctx(), bench.call(&mut rng));
                let since = Instant::now();
                match &queue {
                    Some(queue) => queue.apply(&ctx, RoleType::Bot, call).await.expect("it is done"),
                    None => assignments::apply(&ctx, RoleType::Bot, &call).await.expect("it is done"),
                }
                took_ms.push(since.elapsed().as_secs_f64() * 1e3);
            }
            took_ms
        });
    }
    let mut took_ms = callers.join_all().await.concat();
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_s() - cpu);
    took_ms.sort_unstable_by(f64::total_cmp);
    Burst {
        rate: took_ms.len() as f64 / wall,
        cpu_us: cpu * 1e6 / took_ms.len() as f64,
        median_ms: took_ms[took_ms.len() / 2],
        p99_ms: took_ms[took_ms.len() * 99 / 100],
    }
}

async fn singles(bench: &Arc<Bench>) {
    let queue = Queue::default();
    let (mut each, mut shared) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        each.push(burst(bench, None, 2 * round).await);
        shared.push(burst(bench, Some(queue.clone()), 2 * round + 1).await);
    }
    let of = |bursts: &[Burst], what: fn(&Burst) -> f64| median(bursts.iter().map(what).collect());
    println!("| single assignments, {N_CALLERS} at once | a second | ratio | CPU µs | median ms | p99 ms |");
    println!("|---|---|---|---|---|---|");
    let base = of(&each, |burst| burst.rate);
    for (name, bursts) in [("a commit each", &each), ("commits shared", &shared)] {
        let rate = of(bursts, |burst| burst.rate);
        println!(
            "| {name} | {rate:.0} | {:.1} | {:.0} | {:.1} | {:.1} |",
            rate / base,
            of(bursts, |burst| burst.cpu_us),
            of(bursts, |burst| burst.median_ms),
            of(bursts, |burst| burst.p99_ms),
        );
    }
}

async fn bulk(bench: &Bench) {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut ours, mut ours_cpu, mut plain, mut plain_cpu) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut emails = bench.emails.clone();
        emails.shuffle(&mut rng);
        emails.truncate(N_BULK as usize);
        let call = [given(bench.roles[0].clone(), bench.bots[10 + round].clone(), emails)];
        let (since, cpu) = (Instant::now(), cpu_s());
        assignments::apply(&bench.ctx(), RoleType::Bot, &call).await.expect("it is done");
        ours.push(since.elapsed().as_secs_f64() * 1e3);
        ours_cpu.push((cpu_s() - cpu) * 1e3);
        let (took, cpu) = load(bench, i64::try_from(round).expect("few")).await;
        plain.push(took);
        plain_cpu.push(cpu);
    }
    let (ours, plain) = (median(ours), median(plain));
    println!("\n| {N_BULK} users in one call | ms | ratio | CPU ms |\n|---|---|---|---|");
    println!("| the resolved, sorted rows by themselves | {plain:.0} | 1.0 | {:.0} |", median(plain_cpu));
    println!("| the call | {ours:.0} | {:.1} | {:.0} |", ours / plain, median(ours_cpu));
}

/// Loads as many rows into the table of assignments, sorted by its key, as this engine takes them
/// fastest from sqlx: prepared inserts, or COPY. Units: ms, and ms of CPU.
async fn load(bench: &Bench, round: i64) -> (f64, f64) {
    let bot_no = 1_000_000_000 + round;
    let rows = (0..N_BULK).map(|nth| (bot_no, 1_000_000_000_i64, i64::from(1_000 + 2 * nth)));
    if bench.app.db.db.engine() == Engine::Sqlite {
        let mut connection = SqliteConnection::connect(&bench.app.db.url).await.expect("it opens");
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut connection).await.expect("it is set");
        let (since, cpu) = (Instant::now(), cpu_s());
        let mut tx = connection.begin().await.expect("a transaction");
        for (bot, role, user) in rows {
            let insert = sqlx::query("INSERT INTO user_assignments VALUES (1, ?, ?, ?, 0, 0)");
            insert.bind(bot).bind(role).bind(user).execute(&mut *tx).await.expect("a row");
        }
        tx.commit().await.expect("it is durable");
        return (since.elapsed().as_secs_f64() * 1e3, (cpu_s() - cpu) * 1e3);
    }
    let mut connection = PgConnection::connect(&bench.app.db.url).await.expect("it answers");
    let (since, cpu) = (Instant::now(), cpu_s());
    let lines: Vec<String> = rows.map(|(bot, role, user)| format!("1\t{bot}\t{role}\t{user}\t0\t0\n")).collect();
    let mut copy = connection.copy_in_raw("COPY user_assignments FROM STDIN").await.expect("it begins");
    copy.send(lines.concat().into_bytes()).await.expect("it is sent");
    copy.finish().await.expect("it is durable");
    (since.elapsed().as_secs_f64() * 1e3, (cpu_s() - cpu) * 1e3)
}

fn role_file(round: usize) -> Vec<u8> {
    let permissions: Map<String, Value> =
        ADMIN_PERMISSIONS.iter().take(20).map(|name| ((*name).to_owned(), json!("YES"))).collect();
    let role = |n| {
        json!({"roleType": "admin", "role": format!("Role {round}-{n}"), "rDesc": "Made for measuring",
               "permissions": permissions, "refId": format!("{n:08x}-{round:04x}-5000-8000-000000000000")})
    };
    Value::Array((0..N_ROLES).map(role).collect()).to_string().into_bytes()
}

async fn import(bench: &Bench) {
    let (mut parsed, mut read, mut imported) = (Vec::new(), Vec::new(), Vec::new());
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let mut n_bytes = 0;
    for round in 0..ROUNDS {
        let bytes = role_file(round);
        n_bytes = bytes.len();
        let since = Instant::now();
        std::hint::black_box(serde_json::from_slice::<Value>(&bytes).expect("JSON"));
        parsed.push(ms(since));
        let since = Instant::now();
        std::hint::black_box(File::parse(RoleType::Admin, &bytes).expect("a file"));
        read.push(ms(since));
        let file_id = bench.app.upload(&bytes).await;
        let order = Order { role_type: RoleType::Admin, file_id, mode: Mode::Full };
        let since = Instant::now();
        role_import::import(&bench.ctx(), &order).await.expect("it is done");
        imported.push(ms(since));
        // The next one is of an account without them again.
        let order = Order { file_id: bench.app.upload(b"[]").await, ..order };
        role_import::import(&bench.ctx(), &order).await.expect("it is done");
    }
    let base = median(parsed);
    println!("\n| {N_ROLES} roles of 20 permissions, {n_bytes} bytes | ms | ratio |\n|---|---|---|");
    for (name, ms) in [("parsed as JSON", base), ("read and checked", median(read)), ("imported", median(imported))] {
        println!("| {name} | {ms:.0} | {:.1} |", ms / base);
    }
}
