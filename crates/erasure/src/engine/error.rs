//! Why work on a request stopped. What a store does wrong is not here: that is part of how a request
//! fares, and is written down there.

use rolecall_model::problem::Problems;
use rolecall_store::{MaybeBusy, seal::CannotOpen};

use crate::stores::StoreError;

/// Why work on a request stopped.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Our own database failed; the request goes on later.
    #[error("the work was not done")]
    Store(#[from] rolecall_store::Error),
    /// Another worker has taken the request, or somebody called it off.
    #[error("the request is no longer this worker's")]
    Lost,
    /// What was sealed does not open with this key.
    #[error("what was sealed cannot be opened: is this the key it was sealed with?")]
    Sealed(#[from] CannotOpen),
    /// The data map cannot be read by this version of the program.
    #[error("the data map cannot be read: {0}")]
    Map(#[from] Problems),
    /// The account has no data map.
    #[error("the account has no data map; set one with `rolecall datamap set`")]
    NoMap,
    /// A store did not do what it was asked, in work that has no request to write that down in.
    #[error("store `{store}`: {error}")]
    Foreign {
        /// The store.
        store: String,
        /// What happened.
        error: StoreError,
    },
    /// The receipt could not be made.
    #[error("the receipt could not be sealed: {0}")]
    Receipt(#[from] crate::receipt::CannotSign),
    /// Something that must hold does not.
    #[error("{0}")]
    Broken(&'static str),
}

impl MaybeBusy for Error {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}
