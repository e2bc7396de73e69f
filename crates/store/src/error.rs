//! What can go wrong with the database, without a word of what was in it.

/// A statement or a connection failed.
///
/// Only codes and names of the schema are kept: a driver's own message may quote the values of a
/// row (PostgreSQL's does), and no value may reach a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another transaction stood in the way; the same work may pass when it is done again.
    #[error("the database was busy with another change (code {code})")]
    Busy {
        /// The engine's code.
        code: String,
    },
    /// The database cannot be reached or did not answer in time.
    #[error("the database cannot be reached ({what})")]
    Unreachable {
        /// What failed, without names of hosts or people.
        what: String,
    },
    /// A uniqueness rule or a reference refused the row.
    #[error("a rule of the database refused the row ({constraint})")]
    Conflict {
        /// The rule's name.
        constraint: String,
    },
    /// The URL is not one this program can open.
    #[error("cannot open the database: {what}")]
    BadUrl {
        /// What is wrong with it and how to mend it.
        what: String,
    },
    /// The database was written by a newer version, or not by this program.
    #[error("the database is not one this version can use: {what}")]
    Unusable {
        /// What was found and how to mend it.
        what: String,
    },
    /// Anything else: a fault of this program or of the engine.
    #[error("the database refused a statement (code {code})")]
    Failed {
        /// The engine's code, or the kind of failure.
        code: String,
    },
}

/// Whether doing the same work again may pass.
pub trait MaybeBusy {
    /// True for a failure that another transaction caused and that is gone when it is.
    fn is_busy(&self) -> bool;
}

impl MaybeBusy for Error {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => {
                let code = database.code().map(|code| code.to_string()).unwrap_or_default();
                match code.as_str() {
                    // PostgreSQL: serialization failure, deadlock. SQLite: SQLITE_BUSY, SQLITE_LOCKED
                    // and their extended forms.
                    "40001" | "40P01" | "5" | "6" | "261" | "262" | "517" | "773" => Self::Busy { code },
                    // PostgreSQL: the server shuts down or starts up, or has no connection left.
                    "57P01" | "57P02" | "57P03" | "53300" => Self::Unreachable { what: format!("code {code}") },
                    _ if database.is_unique_violation() || database.is_foreign_key_violation() => {
                        Self::Conflict { constraint: database.constraint().unwrap_or("unnamed").to_owned() }
                    }
                    _ => Self::Failed { code },
                }
            }
            sqlx::Error::Io(io) => Self::Unreachable { what: io.kind().to_string() },
            sqlx::Error::PoolTimedOut => Self::Unreachable { what: "no connection became free in time".to_owned() },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unreachable { what: "it was closed".to_owned() }
            }
            sqlx::Error::Tls(_) => Self::Unreachable { what: "TLS failed".to_owned() },
            sqlx::Error::Protocol(_) => Self::Unreachable { what: "the protocol was broken off".to_owned() },
            sqlx::Error::Configuration(cause) => Self::BadUrl { what: cause.to_string() },
            sqlx::Error::RowNotFound => Self::Failed { code: "row not found".to_owned() },
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
                Self::Failed { code: "column not found".to_owned() }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Failed { code: "decode".to_owned() },
            sqlx::Error::Encode(_) => Self::Failed { code: "encode".to_owned() },
            _ => Self::Failed { code: "driver".to_owned() },
        }
    }
}
