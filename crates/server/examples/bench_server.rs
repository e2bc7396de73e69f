//! The server with two routes more. `/fixed/{bytes}` sends a body of that size and does nothing
//! else: the yardstick of `scripts/bench`, in the same process and on the same stack. `/images` tells
//! how many images of accounts are in memory.
//!
//! Usage: `bench_server DATABASE_URL SEALING_KEY`. Prints its address and serves until it is killed.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{Router, body::Bytes, extract::Path, routing::get};

use rolecall_control::{Clock, Core, Random, seal::SealingKey};
use rolecall_model::time::Instant;
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    config::{Log, LogFormat},
    logging, routes,
};
use rolecall_store::Db;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "a program of its own has its own clock")]
    fn now(&self) -> Instant {
        Instant::from_ms(jiff::Timestamp::now().as_millisecond())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("usage: bench_server DATABASE_URL SEALING_KEY")?;
    let key = arguments.next().context("usage: bench_server DATABASE_URL SEALING_KEY")?;
    // A line a request, as `rolecall serve` writes; the fixed bodies have none.
    let _logging = logging::begin(&Log { format: LogFormat::Text, level: "info".to_owned() })?;
    let core = Core {
        db: Db::open(&url).await?,
        clock: Arc::new(SystemClock),
        random: Random::from_seed([1; 32]),
        sealing_key: SealingKey::parse(&key)?,
    };
    let server = Server::new(Arc::new(core), Limits::new(Profile::Off));
    let body = Bytes::from(vec![b'x'; 1 << 20]);
    let fixed = move |Path(n_bytes): Path<usize>| {
        let body = body.slice(..n_bytes.min(body.len()));
        async move { ([("content-type", "application/json")], body) }
    };
    let rosters = Arc::clone(&server.rosters);
    let images = move || async move { rosters.reading().n_images.to_string() };
    let router = Router::new()
        .route("/fixed/{n_bytes}", get(fixed))
        .route("/images", get(images))
        .fallback_service(routes::service(Arc::new(server)));
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
