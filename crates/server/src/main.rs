//! The binary `rolecall`: what only the machine can give (the time, randomness, the command line's
//! words) handed to the command that was asked for.

use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use rand::{TryRng as _, rngs::SysRng};
use rolecall_control::{Clock, Random};
use rolecall_model::time::Instant;
use rolecall_server::cli::{self, Cli, Machine};

/// See docs/PERFORMANCE.md for what it gains and costs.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
        let now = jiff::Timestamp::now();
        Instant::from_ms(now.as_millisecond())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut seed = [0; 32];
    if let Err(error) = SysRng.try_fill_bytes(&mut seed) {
        eprintln!("error: the operating system gives no random numbers: {error}");
        return ExitCode::FAILURE;
    }
    cli::run(cli, Machine { clock: Arc::new(SystemClock), random: Random::from_seed(seed) }).await
}
