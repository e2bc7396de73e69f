//! Why a use case did not do what it was asked.

use rolecall_model::{
    phrase::Text,
    problem::{MAX_TOLD, Problems},
};
use rolecall_store::MaybeBusy;

/// A rule that what was asked would break. Each door has its own words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// No account of this database has that id.
    UnknownAccount,
    /// No app has that id.
    UnknownApp,
    /// No role of this account and type has that id or name.
    UnknownRole,
    /// No bot of this account has that id or name.
    UnknownBot,
    /// No user of this account has that e-mail address or organisation id.
    UnknownUser,
    /// No user of this account has that e-mail address, in a call that is about users.
    UnknownEmail,
    /// No group of this account has that id or name.
    UnknownGroup,
    /// No file of this account has that id.
    UnknownFile,
    /// No import of this account has that id.
    UnknownImport,
    /// One call both adds and removes the same.
    AddAndRemove,
    /// The role follows something else, or the principal may not hold it.
    RoleNotAssignable,
    /// The file is not what it should be.
    BadFile,
    /// A group would come to contain itself.
    GroupCycle,
    /// A user who may create bots must be a developer.
    CreatorMustDevelop,
    /// There is nobody in the list.
    NobodyGiven,
    /// The text is no e-mail address.
    BadEmail,
    /// The name, address or id is taken by another.
    Taken,
    /// The account moved on since the plan was made.
    Moved,
    /// No erasure of this account has that id.
    UnknownErasure,
    /// No hold of this account has that id, or it was released.
    UnknownHold,
    /// The erasure is at a point where this cannot be done.
    WrongState,
    /// The erasure is not done, so there is no receipt of it.
    NoReceipt,
    /// The store belongs to another account.
    StoreTaken,
    /// No session of this account has that id, or it has ended.
    UnknownSession,
    /// Whoever asks may not do it.
    NotPermitted,
    /// The role is built in, and nobody can change that of it.
    RoleFixed,
    /// The thing is not any more what its editor takes it to be.
    Stale,
    /// The idempotency key is that of another call.
    KeyReused,
    /// The call with this idempotency key is under way.
    KeyRunning,
    /// The call with this idempotency key was carried out, and its answer is not there.
    AnswerLost,
    /// The account has as many idempotency keys as are remembered.
    TooManyKeys,
}

/// One place where a rule would be broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// Where: a JSON pointer, the name of a query parameter, or a line of a file.
    pub path: String,
    /// What is wrong there and how to mend it.
    pub detail: Text,
}

/// Why a use case did nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What was sent has not the right form.
    #[error("{0}")]
    Invalid(#[from] Problems),
    /// What was asked would break a rule; every place where it would, up to [`MAX_TOLD`].
    #[error("{}", told(.0))]
    Refused(Vec<Fault>),
    /// The database failed.
    #[error("the work was not done")]
    Store(#[from] rolecall_store::Error),
    /// Something that was sealed cannot be opened with this key.
    #[error("a secret cannot be opened: is this the key it was sealed with?")]
    Sealed,
}

fn told(faults: &[Fault]) -> String {
    let told = faults.iter().map(|fault| {
        if fault.path.is_empty() { fault.detail.to_string() } else { format!("{}: {}", fault.path, fault.detail) }
    });
    told.collect::<Vec<_>>().join("; ")
}

impl Error {
    /// One broken rule.
    pub fn refused(rule: Rule, path: impl Into<String>, detail: impl Into<Text>) -> Self {
        Self::Refused(vec![Fault { rule, path: path.into(), detail: detail.into() }])
    }
}

/// The rules that one call would break, as they are found; the list stops growing at [`MAX_TOLD`].
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a broken rule, unless enough have been told.
    pub(crate) fn add(&mut self, rule: Rule, path: impl Into<String>, detail: impl Into<Text>) {
        if self.0.len() < MAX_TOLD {
            self.0.push(Fault { rule, path: path.into(), detail: detail.into() });
        }
    }

    /// `value` if no rule is broken, else the refusal.
    pub(crate) fn or_ok<T>(self, value: T) -> Result<T, Error> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Refused(self.0)) }
    }
}

impl MaybeBusy for Error {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}
