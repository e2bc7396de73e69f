//! Log lines: on standard error, so that they never mix with an answer.

use std::io::{IsTerminal as _, stderr};

use anyhow::bail;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Begins to write lines, as the configuration wants them. Counts once a process.
///
/// Errors: a level that is none.
pub fn begin(log: &Log) -> anyhow::Result<()> {
    // The driver's own lines hold whole statements, thousands of placeholders long; who wants them asks.
    let Ok(filter) = EnvFilter::try_new(format!("sqlx::query=off,{}", log.level)) else {
        bail!("log.level is {:?}, and must be error, warn, info, debug or trace", log.level);
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(stderr);
    match log.format {
        LogFormat::Json => drop(registry.with(lines.json().flatten_event(true)).try_init()),
        LogFormat::Text => drop(registry.with(lines.with_ansi(stderr().is_terminal())).try_init()),
    }
    Ok(())
}
