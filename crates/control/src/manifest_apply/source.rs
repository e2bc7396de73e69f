//! Where the records of a manifest come from, so that they can be gone through more than once.
//!
//! Lines are read and parsed on a thread of their own, a chunk ahead of the database.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use rolecall_model::{
    manifest::{Record, parse_line},
    problem::Problem,
};
use tokio::sync::mpsc;

/// The records of a manifest.
///
/// Concurrency: cheap to clone.
#[derive(Clone)]
pub struct Source(Inner);

#[derive(Clone)]
enum Inner {
    Document(Arc<Vec<(u64, Record)>>),
    Lines { file: Arc<File>, on_read: OnRead },
}

/// Is told how many bytes more were read.
pub type OnRead = Arc<dyn Fn(u64) + Send + Sync>;

impl Source {
    /// The records of a document, each with its line.
    pub fn document(records: Vec<(u64, Record)>) -> Self {
        Self(Inner::Document(Arc::new(records)))
    }

    /// The lines of `file`, from its beginning whatever was read of it before. They are read as often
    /// as is needed and kept nowhere, so that memory does not grow with the file.
    pub fn lines(file: File, on_read: OnRead) -> Self {
        Self(Inner::Lines { file: Arc::new(file), on_read })
    }

    /// Goes through the records once.
    pub(super) fn pass(&self) -> Pass {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let source = self.0.clone();
        tokio::task::spawn_blocking(move || match source {
            Inner::Document(records) => send_records(&records, &sender),
            Inner::Lines { file, on_read } => send_lines(&file, &on_read, &sender),
        });
        Pass(receiver)
    }
}

/// Chunks that may wait for the database.
const CHUNKS_AHEAD: usize = 2;
/// The most records in a chunk.
const CHUNK: usize = 1_024;
/// The most bytes of lines in a chunk, but for a single longer line.
const CHUNK_BYTES: usize = 1 << 20;
/// The most bytes a line may have.
const MAX_LINE_BYTES: u64 = 64 << 20;

/// One way through the records.
pub(super) struct Pass(mpsc::Receiver<Chunk>);

impl Pass {
    /// The next records, in their order; none at the end.
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        self.0.recv().await
    }
}

/// Some records, each with its line, and what was wrong with the lines between them.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) records: Vec<(u64, Record)>,
    pub(super) problems: Vec<Problem>,
}

/// Sends until the end, or until nobody wants more.
fn send_records(records: &[(u64, Record)], sender: &mpsc::Sender<Chunk>) {
    for records in records.chunks(CHUNK) {
        let chunk = Chunk { records: records.to_vec(), problems: Vec::new() };
        if sender.blocking_send(chunk).is_err() {
            return;
        }
    }
}

fn send_lines(file: &Arc<File>, on_read: &OnRead, sender: &mpsc::Sender<Chunk>) {
    let mut lines =
        Lines { reader: BufReader::with_capacity(1 << 16, At { file: Arc::clone(file), offset: 0 }), number: 0 };
    loop {
        let (chunk, n_bytes, is_last) = lines.chunk();
        on_read(n_bytes);
        if sender.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

/// A file read from an offset of its own: two passes over one file do not disturb each other.
struct At {
    file: Arc<File>,
    offset: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.file.read_at(buffer, self.offset)?;
        self.offset += n_bytes as u64;
        Ok(n_bytes)
    }
}

struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// The records of the next lines, how many bytes those have, and whether they are the last.
    fn chunk(&mut self) -> (Chunk, u64, bool) {
        let mut chunk = Chunk::default();
        let mut n_bytes = 0;
        let mut line = Vec::new();
        while chunk.records.len() < CHUNK && n_bytes < CHUNK_BYTES {
            line.clear();
            self.number += 1;
            let read = (&mut self.reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
            let problem = match read {
                Ok(0) => return (chunk, n_bytes as u64, true),
                Ok(n_read) if n_read as u64 == MAX_LINE_BYTES => {
                    format!("has more than {} MiB; spread the list in it over several lines", MAX_LINE_BYTES >> 20)
                }
                Ok(n_read) => {
                    n_bytes += n_read;
                    match self.record(&line) {
                        Ok(record) => chunk.records.extend(record.map(|record| (self.number, record))),
                        Err(problems) => chunk.problems.extend(problems),
                    }
                    continue;
                }
                Err(error) => format!("cannot be read: {error}"),
            };
            // Where the next line begins is not known, or will not be read either.
            chunk.problems.push(Problem::in_english(format!("line {}", self.number), problem));
            return (chunk, n_bytes as u64, true);
        }
        (chunk, n_bytes as u64, false)
    }

    /// The record on a line; none on an empty one.
    fn record(&self, line: &[u8]) -> Result<Option<Record>, Vec<Problem>> {
        // Some editors put a byte order mark before the first line.
        let line = if self.number == 1 { line.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(line) } else { line };
        let Ok(line) = std::str::from_utf8(line) else {
            return Err(vec![Problem::in_english(format!("line {}", self.number), "is not UTF-8")]);
        };
        if line.trim().is_empty() {
            return Ok(None);
        }
        parse_line(self.number, line.trim_end_matches(['\r', '\n']))
            .map(Some)
            .map_err(rolecall_model::problem::Problems::into_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<u64>, Vec<String>) {
        let mut lines = Lines { reader: text, number: 0 };
        let (mut numbers, mut problems) = (Vec::new(), Vec::new());
        loop {
            let (chunk, _, is_last) = lines.chunk();
            numbers.extend(chunk.records.iter().map(|(line, _)| *line));
            problems.extend(chunk.problems.iter().map(ToString::to_string));
            if is_last {
                return (numbers, problems);
            }
        }
    }

    #[test]
    fn lines_are_counted_from_one_and_empty_ones_are_passed_over() {
        let text = "\u{FEFF}{\"kind\":\"bot\",\"name\":\"A\"}\r\n\n  \n{\"kind\":\"bot\",\"name\":\"B\"}";
        assert_eq!(read(text.as_bytes()), (vec![1, 4], Vec::new()));
    }

    #[test]
    fn a_bad_line_is_told_and_the_next_one_read() {
        let (numbers, problems) = read(b"{\n\xff\n{\"kind\":\"bot\",\"name\":\"A\"}\n");
        assert_eq!(numbers, [3]);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("line 1:"), "{problems:?}");
        assert_eq!(problems[1], "line 2: is not UTF-8");
    }

    #[test]
    fn a_long_file_comes_in_chunks() {
        let text = "{\"kind\":\"bot\",\"name\":\"A\"}\n".repeat(3 * CHUNK + 1);
        let mut lines = Lines { reader: text.as_bytes(), number: 0 };
        let sizes: Vec<usize> = (0..4).map(|_| lines.chunk().0.records.len()).collect();
        assert_eq!(sizes, [CHUNK, CHUNK, CHUNK, 1]);
    }
}
