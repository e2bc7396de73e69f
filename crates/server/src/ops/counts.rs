//! Counts of requests, and the text form in which Prometheus reads them and all else.
//!
//! A request is counted with a look into a map and a few additions, and takes no memory: a list out of
//! memory is made in the time in which a library of metrics looks its counters up and puts a sample
//! aside.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};
use rolecall_store::MeterReading;

/// How many requests there were, how long they took and what they asked of the database, by route.
///
/// Concurrency: shared by all requests; whoever is the first of its kind makes the others wait for the
/// moment it takes to make room for it.
#[derive(Debug, Default)]
pub struct Counts(RwLock<BTreeMap<String, OfRoute>>);

#[derive(Debug, Default)]
struct OfRoute {
    answers: Vec<Answers>,
    took: Times,
    database: Times,
    n_statements: AtomicU64,
}

/// The answers of one status to one method.
#[derive(Debug)]
struct Answers {
    method: &'static str,
    status: StatusCode,
    n: AtomicU64,
}

impl OfRoute {
    /// Counts one request; nothing if it is the first of its kind.
    fn count(&self, method: &str, status: StatusCode, took: Duration, database: &MeterReading) -> Option<()> {
        let answers = self.answers.iter().find(|known| known.status == status && known.method == method)?;
        answers.n.fetch_add(1, Ordering::Relaxed);
        self.took.count(took);
        self.database.count(Duration::from_micros(database.busy_us));
        self.n_statements.fetch_add(database.n_statements, Ordering::Relaxed);
        Some(())
    }
}

impl Counts {
    /// Counts one request. Labels come from fixed sets only: routes, methods and statuses.
    pub(crate) fn count(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
        database: &MeterReading,
    ) {
        let method = word(method);
        // Nothing panics while it holds the lock, here and below.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.get(route).and_then(|of_route| of_route.count(method, status, took, database)).is_some() {
            return;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = known.entry(route.to_owned()).or_default();
        if of_route.count(method, status, took, database).is_none() {
            of_route.answers.push(Answers { method, status, n: AtomicU64::new(0) });
            of_route.count(method, status, took, database);
        }
    }

    /// Shows what was counted so far.
    pub(super) fn show(&self, page: &mut Page) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        page.family("rolecall_requests_total", "counter", "Requests answered, by route, method and status.");
        for (route, of_route) in known.iter() {
            for Answers { method, status, n } in &of_route.answers {
                let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{}\"", status.as_str());
                page.line("", &labels, n.load(Ordering::Relaxed));
            }
        }
        page.family("rolecall_request_seconds", "histogram", "Time to answer a request, by route.");
        known.iter().for_each(|(route, of_route)| of_route.took.show(route, page));
        page.family("rolecall_database_seconds", "histogram", "Time a request waited for the database, by route.");
        known.iter().for_each(|(route, of_route)| of_route.database.show(route, page));
        let help = "Statements sent to the database, by route.";
        page.family("rolecall_database_statements_total", "counter", help);
        for (route, of_route) in known.iter() {
            page.line("", &format!("route=\"{route}\""), of_route.n_statements.load(Ordering::Relaxed));
        }
    }
}

/// A method, as a label: those that HTTP itself has by name, as the others are callers' words.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}

/// Upper bounds of the buckets that times are sorted into. Units: microseconds.
const BUCKETS_US: [u64; 12] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000, 30_000_000];

/// Times, sorted into buckets.
#[derive(Debug, Default)]
struct Times {
    /// Those up to each bound and over the one before it.
    buckets: [AtomicU64; BUCKETS_US.len()],
    n: AtomicU64,
    sum_ns: AtomicU64,
}

impl Times {
    fn count(&self, time: Duration) {
        let is_within = |bound_us: &u64| time <= Duration::from_micros(*bound_us);
        if let Some(bucket) = BUCKETS_US.iter().position(is_within).and_then(|nth| self.buckets.get(nth)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.n.fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn show(&self, route: &str, page: &mut Page) {
        let labels = format!("route=\"{route}\"");
        let mut n_within = 0;
        for (bound_us, bucket) in BUCKETS_US.iter().zip(&self.buckets) {
            n_within += bucket.load(Ordering::Relaxed);
            let bound = Duration::from_micros(*bound_us).as_secs_f64();
            page.line("_bucket", &format!("{labels},le=\"{bound}\""), n_within);
        }
        // Read last, so that there are never fewer in all than up to the highest bound.
        let n = self.n.load(Ordering::Relaxed).max(n_within);
        page.line("_bucket", &format!("{labels},le=\"+Inf\""), n);
        page.line("_sum", &labels, Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)).as_secs_f64());
        page.line("_count", &labels, n);
    }
}

/// What is shown, in the text form of Prometheus.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
    name: &'static str,
}

impl Page {
    /// Begins with what is called `name`.
    pub(super) fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        // Writing into memory does not fail, here and below.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One value of it.
    pub(super) fn line(&mut self, suffix: &str, labels: &str, value: impl Display) {
        let name = self.name;
        let _ = match labels {
            "" => writeln!(self.text, "{name}{suffix} {value}"),
            labels => writeln!(self.text, "{name}{suffix}{{{labels}}} {value}"),
        };
    }

    /// Something that has one value.
    pub(super) fn one(&mut self, name: &'static str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.line("", "", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_method_and_status_and_sorted_by_their_times() {
        let counts = Counts::default();
        let database = MeterReading { n_statements: 3, n_rows: 50, busy_us: 1_000 };
        for (method, status, us) in [("GET", 200, 137), ("GET", 200, 2_500), ("GET", 404, 31_000_000), ("SPY", 405, 0)]
        {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let status = StatusCode::from_u16(status).expect("a status");
            counts.count(&method, "/roles", status, Duration::from_micros(us), &database);
        }
        let mut page = Page::default();
        counts.show(&mut page);
        insta::assert_snapshot!(page.text);
    }

    #[test]
    fn those_who_come_at_once_are_all_counted() {
        let counts = Counts::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for nth in 0..1_000u16 {
                        let status = StatusCode::from_u16(200 + nth % 5).expect("a status");
                        counts.count(&Method::GET, "/roles", status, Duration::ZERO, &MeterReading::default());
                    }
                });
            }
        });
        let mut page = Page::default();
        counts.show(&mut page);
        for status in 200..205 {
            let line = format!("rolecall_requests_total{{route=\"/roles\",method=\"GET\",status=\"{status}\"}} 800");
            assert!(page.text.lines().any(|told| told == line), "{line} in {}", page.text);
        }
        assert!(page.text.contains("rolecall_request_seconds_count{route=\"/roles\"} 4000\n"), "{}", page.text);
    }
}
