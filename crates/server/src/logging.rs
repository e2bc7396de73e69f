//! Log lines: on standard error, so that they never mix with an answer.
//!
//! A line costs its request a copy and no system call: lines are gathered for a moment and written
//! together by a thread of their own. Whoever is slow to read them is waited for.

use std::{
    io::{self, IsTerminal as _, Write, stderr},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::bail;
use tracing_subscriber::{
    EnvFilter,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// How long the first line of a batch waits for others.
const GATHER: Duration = Duration::from_millis(2);
/// How much may wait before whoever logs has to. Units: bytes.
const MAX_WAITING: usize = 1 << 20;

/// Begins to write lines, as the configuration wants them. Counts once a process. What is returned
/// must live as long as lines are to be written; dropped, it writes those that wait.
///
/// Errors: a level that is none.
pub fn begin(log: &Log) -> anyhow::Result<Logging> {
    // The driver's own lines hold whole statements, thousands of placeholders long; who wants them asks.
    let Ok(filter) = EnvFilter::try_new(format!("sqlx::query=off,{}", log.level)) else {
        bail!("log.level is {:?}, and must be error, warn, info, debug or trace", log.level);
    };
    let (lines, logging) = lines(stderr())?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = fmt::layer().with_writer(lines);
    match log.format {
        LogFormat::Json => drop(registry.with(layer.json().flatten_event(true)).try_init()),
        LogFormat::Text => drop(registry.with(layer.with_ansi(stderr().is_terminal())).try_init()),
    }
    Ok(logging)
}

/// Keeps lines being written.
#[derive(Debug)]
pub struct Logging {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.lines.gathered().has_ended = true;
        self.lines.0.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic, and there is nobody left to tell.
            drop(thread.join());
        }
    }
}

/// Lines that wait to be written.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    gathered: Mutex<Gathered>,
    /// There is something where there was nothing, or room again, or no more to come.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    has_ended: bool,
}

fn lines(to: impl Write + Send + 'static) -> io::Result<(Lines, Logging)> {
    let lines = Lines::default();
    let writing = lines.clone();
    let thread = thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_out(to))?;
    Ok((lines.clone(), Logging { lines, thread: Some(thread) }))
}

impl Lines {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, gathered: MutexGuard<'g, Gathered>) -> MutexGuard<'g, Gathered> {
        self.0.changed.wait(gathered).unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is gathered, again and again, until no more is to come.
    fn write_out(&self, mut to: impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut gathered = self.gathered();
            while gathered.bytes.is_empty() && !gathered.has_ended {
                gathered = self.wait(gathered);
            }
            let gathers = |gathered: &mut Gathered| !gathered.has_ended && gathered.bytes.len() < MAX_WAITING;
            let waited = self.0.changed.wait_timeout_while(gathered, GATHER, gathers);
            let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut batch, &mut gathered.bytes);
            let is_last = gathered.has_ended;
            drop(gathered);
            self.0.changed.notify_all();
            // Where standard error is closed there is nobody to tell.
            drop(to.write_all(&batch).and_then(|()| to.flush()));
            batch.clear();
            if is_last {
                return;
            }
        }
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut gathered = self.gathered();
        while gathered.bytes.len() >= MAX_WAITING && !gathered.has_ended {
            gathered = self.wait(gathered);
        }
        let is_first = gathered.bytes.is_empty();
        gathered.bytes.extend_from_slice(line);
        let is_full = gathered.bytes.len() >= MAX_WAITING;
        drop(gathered);
        if is_first || is_full {
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'l> MakeWriter<'l> for Lines {
    type Writer = &'l Self;

    fn make_writer(&'l self) -> &'l Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes what is written, slowly: one batch each time it is let.
    struct Slow {
        may_go: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Who lets it go may be gone, and then it is fast.
            let _ = self.may_go.recv();
            self.written.lock().expect("nothing panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Slow, mpsc::Sender<()>, Arc<Mutex<Vec<u8>>>) {
        let (let_go, may_go) = mpsc::channel();
        let written = Arc::default();
        (Slow { may_go, written: Arc::clone(&written) }, let_go, written)
    }

    #[test]
    fn every_line_of_every_thread_is_written_once_and_whole() {
        let (to, let_go, written) = slow();
        let (lines, logging) = lines(to).expect("a thread");
        drop(let_go);
        thread::scope(|scope| {
            for thread in 0..4 {
                let mut lines = &lines;
                scope.spawn(move || {
                    for nth in 0..1_000 {
                        lines.write_all(format!("{thread} {nth}\n").as_bytes()).expect("it is taken");
                    }
                });
            }
        });
        drop(logging);
        let written = String::from_utf8(written.lock().expect("nothing panicked").clone()).expect("it is text");
        for thread in 0..4 {
            let of_thread = written.lines().filter_map(|line| line.strip_prefix(&format!("{thread} ")));
            assert!(of_thread.eq((0..1_000).map(|nth| nth.to_string())), "those of thread {thread}, in their order");
        }
        assert_eq!(written.lines().count(), 4_000);
    }

    #[test]
    fn who_logs_waits_for_a_slow_reader_rather_than_for_memory() {
        let (to, let_go, written) = slow();
        let (lines, logging) = lines(to).expect("a thread");
        let line = vec![b'x'; MAX_WAITING / 4];
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..64 {
                    (&lines).write_all(&line).expect("it is taken");
                    assert!(lines.gathered().bytes.len() <= MAX_WAITING + line.len());
                }
            });
            drop(let_go);
        });
        drop(logging);
        assert_eq!(written.lock().expect("nothing panicked").len(), 64 * line.len());
    }
}
