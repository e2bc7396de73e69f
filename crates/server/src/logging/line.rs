//! The lines that [`layers`](crate::layers) leaves, one a request, written at a fraction of what they cost
//! the library, which is more than the rest of a small answer. Every byte is the one that the library
//! writes, and every other line is the library's.

use std::{
    cell::Cell,
    fmt::{self, Debug, Write as _},
    time::{Duration, SystemTime},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::{config::LogFormat, layers};

/// Room for a line of the usual length. Units: bytes.
const LINE_BYTES: usize = 384;

/// Writes the lines about requests itself, and has `others` write all others.
pub(super) struct Lean<F> {
    pub(super) format: LogFormat,
    pub(super) others: F,
}

impl<S, N, F> FormatEvent<S, N> for Lean<F>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        // Colours are for people, who do not read as fast as that.
        let has_colours = self.format == LogFormat::Text && writer.has_ansi_escapes();
        if metadata.target() != layers::TARGET || has_colours {
            return self.others.format_event(context, writer, event);
        }
        #[expect(clippy::disallowed_methods, reason = "when a line was written, whatever time the program has")]
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut line = String::with_capacity(LINE_BYTES);
        match self.format {
            LogFormat::Text => {
                write_time(&mut line, now);
                write!(line, " {:>5} {}: ", metadata.level(), metadata.target())?;
                event.record(&mut Fields { line: &mut line, format: self.format, is_first: true });
            }
            LogFormat::Json => {
                line.push_str("{\"timestamp\":\"");
                write_time(&mut line, now);
                write!(line, "\",\"level\":\"{}\"", metadata.level())?;
                event.record(&mut Fields { line: &mut line, format: self.format, is_first: false });
                write!(line, ",\"target\":\"{}\"}}", metadata.target())?;
            }
        }
        line.push('\n');
        writer.write_str(&line)
    }
}

thread_local! {
    /// A second and what it is called, as lines come by the thousand in each.
    static SECOND: Cell<(u64, [u8; SECOND_BYTES])> = const { Cell::new((u64::MAX, [b' '; SECOND_BYTES])) };
}

/// `2026-01-31T09:30:00`. Units: bytes.
const SECOND_BYTES: usize = 19;

/// Writes the time that is so long after 1970 began, to the microsecond.
fn write_time(line: &mut String, since_1970: Duration) {
    let (mut second, mut name) = SECOND.get();
    if second != since_1970.as_secs() {
        second = since_1970.as_secs();
        let time = jiff::Timestamp::from_second(i64::try_from(second).unwrap_or(i64::MAX)).unwrap_or_default();
        for (to, from) in name.iter_mut().zip(time.strftime("%Y-%m-%dT%H:%M:%S").to_string().bytes()) {
            *to = from;
        }
        SECOND.set((second, name));
    }
    line.push_str(str::from_utf8(&name).unwrap_or_default());
    line.push('.');
    let mut rest = since_1970.subsec_micros();
    for unit in [100_000, 10_000, 1_000, 100, 10, 1] {
        line.push(digit(rest / unit));
        rest %= unit;
    }
    line.push('Z');
}

/// The last digit of `n`.
fn digit(n: u32) -> char {
    char::from_digit(n % 10, 10).unwrap_or('0')
}

/// Writes what a line tells, one after another.
struct Fields<'l> {
    line: &'l mut String,
    format: LogFormat,
    is_first: bool,
}

impl Fields<'_> {
    fn begin(&mut self, field: &Field) {
        let is_first = std::mem::replace(&mut self.is_first, false);
        match self.format {
            LogFormat::Json => {
                self.line.push_str(",\"");
                self.line.push_str(field.name());
                self.line.push_str("\":");
            }
            LogFormat::Text => {
                if !is_first {
                    self.line.push(' ');
                }
                if field.name() != MESSAGE {
                    self.line.push_str(field.name());
                    self.line.push('=');
                }
            }
        }
    }

    fn number(&mut self, field: &Field, value: impl fmt::Display) {
        self.begin(field);
        // Writing into memory does not fail, here and below.
        let _ = write!(self.line, "{value}");
    }

    fn quote(&mut self, text: &str) {
        if is_plain(text) {
            self.line.push('"');
            self.line.push_str(text);
            self.line.push('"');
            return;
        }
        let _ = match self.format {
            LogFormat::Text => write!(self.line, "{text:?}"),
            LogFormat::Json => write!(self.line, "{}", serde_json::Value::from(text)),
        };
    }
}

/// The field of what is said without a name.
const MESSAGE: &str = "message";

/// Whether text stands between quotes as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.begin(field);
        self.quote(value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.begin(field);
        // Times are whole thousandths, and those are written without looking for the shortest way to.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what was lost, the comparison sees"
        )]
        let thousandths = (value * 1_000.0).round() as u32;
        #[expect(clippy::float_cmp, reason = "exactly the same is meant")]
        if f64::from(thousandths) / 1_000.0 != value || value.is_sign_negative() {
            let _ = match self.format {
                LogFormat::Text => write!(self.line, "{value:?}"),
                LogFormat::Json => write!(self.line, "{}", serde_json::Value::from(value)),
            };
            return;
        }
        let _ = write!(self.line, "{}.", thousandths / 1_000);
        self.line.push(digit(thousandths / 100));
        if !thousandths.is_multiple_of(100) {
            self.line.push(digit(thousandths / 10));
        }
        if !thousandths.is_multiple_of(10) {
            self.line.push(digit(thousandths));
        }
    }

    /// What is told of a request this way is plain: a message of ours, with a method and a route in it.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.begin(field);
        if self.format == LogFormat::Text {
            let _ = write!(self.line, "{value:?}");
            return;
        }
        self.line.push('"');
        let begin = self.line.len();
        let _ = write!(self.line, "{value:?}");
        self.line.push('"');
        if !is_plain(self.line.get(begin..self.line.len() - 1).unwrap_or_default()) {
            let text = format!("{value:?}");
            self.line.truncate(begin - 1);
            self.quote(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use proptest::prelude::*;
    use tracing_subscriber::{fmt, layer::SubscriberExt as _};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nothing panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `log` leaves: in text and in JSON, ours and the library's, without their times.
    fn lines(log: impl Fn()) -> [[String; 2]; 2] {
        [LogFormat::Text, LogFormat::Json].map(|format| {
            [true, false].map(|is_lean| {
                let written = Written::default();
                let to = written.clone();
                let layer = fmt::layer().with_writer(move || to.clone()).with_ansi(format == LogFormat::Json);
                let registry = tracing_subscriber::registry();
                match (format, is_lean) {
                    (LogFormat::Text, true) => {
                        let layer = layer.map_event_format(|others| Lean { format, others });
                        tracing::subscriber::with_default(registry.with(layer), &log);
                    }
                    (LogFormat::Text, false) => tracing::subscriber::with_default(registry.with(layer), &log),
                    (LogFormat::Json, true) => {
                        let layer = layer.json().flatten_event(true);
                        let layer = layer.map_event_format(|others| Lean { format, others });
                        tracing::subscriber::with_default(registry.with(layer), &log);
                    }
                    (LogFormat::Json, false) => {
                        tracing::subscriber::with_default(registry.with(layer.json().flatten_event(true)), &log);
                    }
                }
                let written = String::from_utf8(written.0.lock().expect("nothing panicked").clone()).expect("text");
                let time_at = written.find("20").expect("a time");
                let (before, rest) = written.split_at(time_at);
                format!("{before}{}", rest.get("2026-01-31T09:30:00.000000".len()..).expect("a whole time"))
            })
        })
    }

    #[test]
    fn a_line_is_what_the_library_would_write() {
        let method = "GET";
        let [[text, _], [json, _]] = lines(|| {
            tracing::info!(
                target: layers::TARGET,
                {
                    request.id = "a-b", %method, route = "/api/public/roles", status = 200u16, ms = 0.137,
                    db_ms = 0.0, queries = 3u64, rows = 0u64, app = "cs-1", account = 7i64,
                },
                "{method} /api/public/roles 200"
            );
        });
        assert_eq!(
            text,
            "Z  INFO rolecall_server::layers: GET /api/public/roles 200 request.id=\"a-b\" method=GET \
             route=\"/api/public/roles\" status=200 ms=0.137 db_ms=0.0 queries=3 rows=0 app=\"cs-1\" account=7\n"
        );
        assert_eq!(
            json,
            "{\"timestamp\":\"Z\",\"level\":\"INFO\",\"message\":\"GET /api/public/roles 200\",\"request.id\":\"a-b\",\
             \"method\":\"GET\",\"route\":\"/api/public/roles\",\"status\":200,\"ms\":0.137,\"db_ms\":0.0,\
             \"queries\":3,\"rows\":0,\"app\":\"cs-1\",\"account\":7,\"target\":\"rolecall_server::layers\"}\n"
        );
    }

    #[test]
    fn lines_of_others_are_the_librarys() {
        let [text, json] = lines(|| tracing::warn!(target: "rolecall_server::serve", what = ?Some("x"), "it \"is\""));
        assert_eq!((&text[0], &json[0]), (&text[1], &json[1]));
    }

    proptest! {
        #[test]
        fn whatever_is_told_is_written_as_the_library_writes_it(
            id in "[ -~]{0,40}|\\PC{0,20}",
            method in "[A-Z!#$%&'*+.^_`|~-]{1,8}",
            ms in prop_oneof![0.0..10.0f64, (0..200_000_000u32).prop_map(|us| f64::from(us) / 1_000.0), any::<f64>()],
            n in any::<u64>(),
            account in any::<i64>(),
        ) {
            let status = 404u16;
            let [text, json] = lines(|| {
                tracing::info!(
                    target: layers::TARGET,
                    { request.id = id, %method, status, ms, n, account },
                    "{method} none {status}"
                );
                tracing::error!(target: layers::TARGET, "a request panicked");
            });
            prop_assert_eq!(cut(&text[0]), cut(&text[1]));
            prop_assert_eq!(cut(&json[0]), cut(&json[1]));
        }

        #[test]
        fn a_time_is_written_to_the_microsecond(us in 0u64..253_402_300_799_000_000) {
            let mut line = String::new();
            write_time(&mut line, Duration::from_micros(us));
            let time = jiff::Timestamp::from_microsecond(i64::try_from(us).expect("in range")).expect("in range");
            prop_assert_eq!(line, format!("{time:.6}"));
        }
    }

    /// Two lines without the second one's time.
    fn cut(lines: &str) -> String {
        let second = lines.find('\n').expect("a line") + 1;
        let (first, second) = lines.split_at(second);
        let time_at = second.find("20").expect("a time");
        format!("{first}{}", second.get(time_at + "2026-01-31T09:30:00.000000".len()..).expect("a whole time"))
    }
}
