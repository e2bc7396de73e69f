//! Whether an embedded database is still what it was, told without asking SQLite.
//!
//! The index of the write-ahead log, the `-shm` file beside the database, begins with a header that
//! every commit of every process replaces before it is acknowledged: it holds a counter of
//! transactions, the length of the log and a checksum of its last frame (SQLite's "WAL-mode File
//! Format", section 2.2). While its bytes are the same, nothing was committed. Reading them is two
//! system calls; a statement crosses to the connection's thread and back, for twenty times that.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Bytes of the header. It stands there twice, and readers go by it only while both are the same.
const HEADER_BYTES: usize = 48;
/// The byte of the header that says whether there is one.
const IS_MADE: usize = 12;

/// What a database was like at a moment. Equal marks of one [`Db`](crate::Db) mean that nothing was
/// committed in between, by whichever process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    n_opened: u64,
    header: [u8; HEADER_BYTES],
}

/// Reads the marks of one database.
#[derive(Debug)]
pub(crate) struct Marks {
    path: PathBuf,
    index: Mutex<Option<Index>>,
}

/// The index that is open, and how many were before.
///
/// A process that closes any descriptor of a file loses all its POSIX locks on it, SQLite's among
/// them, so this one is never closed. Another is opened only when SQLite has made another file.
#[derive(Clone, Copy, Debug)]
struct Index {
    n_opened: u64,
    file: &'static File,
}

impl Marks {
    /// The marks of the database at `path`.
    pub(crate) fn new(path: &Path) -> Self {
        let mut path = path.as_os_str().to_owned();
        path.push("-shm");
        Self { path: path.into(), index: Mutex::default() }
    }

    /// The mark of this moment; nothing where it cannot be told, and then the database is to be asked.
    #[cfg(unix)]
    pub(crate) fn now(&self) -> Option<Mark> {
        use std::os::unix::fs::{FileExt as _, MetadataExt as _};

        let index = {
            let mut open = self.index.lock().unwrap_or_else(PoisonError::into_inner);
            // A file without a name is one that SQLite has done away with.
            match *open {
                Some(index) if index.file.metadata().is_ok_and(|file| file.nlink() > 0) => index,
                old => {
                    let n_opened = old.map_or(0, |old| old.n_opened + 1);
                    let file = Box::leak(Box::new(File::open(&self.path).ok()?));
                    *open.insert(Index { n_opened, file })
                }
            }
        };
        let mut headers = [0; 2 * HEADER_BYTES];
        index.file.read_exact_at(&mut headers, 0).ok()?;
        let (header, copy) = headers.split_first_chunk::<HEADER_BYTES>()?;
        let is_made = header.get(IS_MADE).is_some_and(|byte| *byte != 0);
        (header == copy && is_made).then_some(Mark { n_opened: index.n_opened, header: *header })
    }

    /// Elsewhere the database is asked.
    #[cfg(not(unix))]
    pub(crate) fn now(&self) -> Option<Mark> {
        None
    }
}
