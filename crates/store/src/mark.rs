//! Whether an embedded database is still what it was, told without asking SQLite.
//!
//! The index of the write-ahead log, the `-shm` file beside the database, begins with a header that
//! every commit of every process replaces before it is acknowledged: it holds a counter of
//! transactions, the length of the log and a checksum of its last frame (SQLite's "WAL-mode File
//! Format", section 2.2). While its bytes are the same, nothing was committed. Reading them is two
//! system calls; a statement crosses to the connection's thread and back, for twenty times that.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use sqlx::{AnyConnection, Connection as _};
use tokio::sync::Mutex;

use crate::Error;

/// Bytes of the header. It stands there twice, and readers go by it only while both are the same.
const HEADER_BYTES: usize = 48;
/// The byte of the header that says whether there is one.
const IS_MADE: usize = 12;

/// What a database was like at a moment. Equal marks of one [`Db`](crate::Db) mean that nothing was
/// committed in between, by whichever process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark([u8; HEADER_BYTES]);

/// Reads the marks of one database.
#[derive(Debug)]
pub(crate) struct Marks {
    /// A process that closes any descriptor of a file loses all its POSIX locks on it, SQLite's among
    /// them, so this one is never closed.
    index: &'static File,
    /// A connection that does nothing but be there: SQLite removes the index when its last one goes.
    keeper: Mutex<Option<AnyConnection>>,
    is_closed: AtomicBool,
}

impl Marks {
    /// The marks of the database at `path`, to which `keeper` is connected and has its log open;
    /// nothing where there is no index to read.
    pub(crate) fn new(path: &Path, keeper: AnyConnection) -> Option<Self> {
        let mut index = path.as_os_str().to_owned();
        index.push("-shm");
        let index = Box::leak(Box::new(File::open(index).ok()?));
        Some(Self { index, keeper: Mutex::new(Some(keeper)), is_closed: AtomicBool::new(false) })
    }

    /// The mark of this moment; nothing where it cannot be told, and then the database is to be asked.
    #[cfg(unix)]
    pub(crate) fn now(&self) -> Option<Mark> {
        use std::os::unix::fs::FileExt as _;

        if self.is_closed.load(Ordering::Acquire) {
            return None;
        }
        let mut headers = [0; 2 * HEADER_BYTES];
        self.index.read_exact_at(&mut headers, 0).ok()?;
        let (header, copy) = headers.split_first_chunk::<HEADER_BYTES>()?;
        let is_made = header.get(IS_MADE).is_some_and(|byte| *byte != 0);
        (header == copy && is_made).then_some(Mark(*header))
    }

    /// Elsewhere the database is asked.
    #[cfg(not(unix))]
    pub(crate) fn now(&self) -> Option<Mark> {
        None
    }

    /// Ends them: from now on there is no mark.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        self.is_closed.store(true, Ordering::Release);
        if let Some(keeper) = self.keeper.lock().await.take() {
            keeper.close().await?;
        }
        Ok(())
    }
}
