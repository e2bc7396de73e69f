//! What a person is told when something did not work: a page that says what, and what to do now.
//!
//! One match from what went wrong to this door's words, as [`crate::error`] has one for the vendor's. The
//! page is written by [`super::finish`], which knows the reader's language.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rolecall_control::{Error as ControlError, Fault, Rule};
use rolecall_model::{
    phrase::Text,
    problem::{Problem, Problems},
};

use crate::{auth::Denied, error::is_put_off, say};

/// A kind of error page; each has a title and a sentence, named by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody is signed in; the reader is led to where one does.
    SignIn,
    /// It is some time since the reader signed in; the reader is led to where one does so again.
    Confirm,
    /// The reader may not do this.
    Forbidden,
    /// The reader shows what lets nobody in.
    NotLetIn,
    /// A form came from another site.
    Elsewhere,
    /// There is nothing at this place.
    NotFound,
    /// The place does not take this method.
    Method,
    /// What was sent cannot be read.
    Unreadable,
    /// What was sent has not the right form, or a rule is against it.
    Refused,
    /// Somebody else changed the same meanwhile.
    Changed,
    /// Too many requests.
    TooMany,
    /// Our fault.
    Internal,
    /// Not now.
    Unavailable,
}

impl Kind {
    /// All that are shown as pages.
    #[cfg(test)]
    pub(crate) const SHOWN: [Self; 11] = [
        Self::NotLetIn,
        Self::Forbidden,
        Self::Elsewhere,
        Self::NotFound,
        Self::Method,
        Self::Unreadable,
        Self::Refused,
        Self::Changed,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];

    /// What its texts are named by.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
            Self::Forbidden => "forbidden",
            Self::NotLetIn => "not-let-in",
            Self::Elsewhere => "elsewhere",
            Self::NotFound => "not-found",
            Self::Method => "method",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::Changed => "changed",
            Self::TooMany => "too-many",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::SignIn | Self::Confirm => StatusCode::SEE_OTHER,
            Self::NotLetIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Changed => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// One thing that is wrong: a rule by name, and what exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    /// The word that the rule's text is named by.
    pub(crate) rule: &'static str,
    /// Where and what exactly.
    pub(crate) exactly: Text,
}

/// An error on the console.
#[derive(Clone, Debug)]
pub struct ConsoleError {
    pub(crate) kind: Kind,
    pub(crate) details: Vec<Detail>,
}

impl ConsoleError {
    fn new(kind: Kind) -> Self {
        Self { kind, details: Vec::new() }
    }

    /// Nobody is signed in.
    pub fn sign_in() -> Self {
        Self::new(Kind::SignIn)
    }

    /// Who asks has to sign in once more before this is done.
    pub fn confirm() -> Self {
        Self::new(Kind::Confirm)
    }

    /// What the reader shows lets nobody in.
    pub fn not_let_in() -> Self {
        Self::new(Kind::NotLetIn)
    }

    /// The identity provider means somebody else than it did before.
    pub fn other_subject() -> Self {
        let exactly = say::other_subject();
        Self { kind: Kind::NotLetIn, details: vec![Detail { rule: "other-subject", exactly }] }
    }

    /// The reader comes too often.
    pub fn too_many() -> Self {
        Self::new(Kind::TooMany)
    }

    /// Who asks may not do this.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden)
    }

    /// There is nothing at this place.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound)
    }

    /// The form came from another site.
    pub fn from_elsewhere() -> Self {
        Self::new(Kind::Elsewhere)
    }

    /// What was sent cannot be read.
    pub fn unreadable() -> Self {
        Self::new(Kind::Unreadable)
    }

    /// Somebody else changed the same meanwhile.
    pub fn changed() -> Self {
        Self::new(Kind::Changed)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(Kind::Method)
    }

    pub(crate) fn internal() -> Self {
        Self::new(Kind::Internal)
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(Kind::Unavailable)
    }
}

/// The word that a rule's text is named by. Rules that no page can break are told alike.
pub(crate) fn word_of(rule: Rule) -> &'static str {
    match rule {
        Rule::UnknownRole => "unknown-role",
        Rule::UnknownBot => "unknown-bot",
        Rule::UnknownUser | Rule::UnknownEmail => "unknown-user",
        Rule::UnknownGroup => "unknown-group",
        Rule::UnknownFile => "unknown-file",
        Rule::UnknownImport => "unknown-import",
        Rule::AddAndRemove => "add-and-remove",
        Rule::RoleNotAssignable => "role-not-assignable",
        Rule::BadFile => "bad-file",
        Rule::GroupCycle => "group-cycle",
        Rule::CreatorMustDevelop => "creator-must-develop",
        Rule::NobodyGiven => "nobody-given",
        Rule::BadEmail => "bad-email",
        Rule::Taken => "taken",
        Rule::Moved => "moved",
        Rule::Stale => "stale",
        Rule::RoleFixed => "role-fixed",
        Rule::WrongState => "wrong-state",
        Rule::NoReceipt => "no-receipt",
        Rule::StoreTaken => "store-taken",
        Rule::NotPermitted => "not-permitted",
        _ => "other",
    }
}

/// The words of all rules.
#[cfg(test)]
pub(crate) const WORDS: [&str; 24] = [
    "unknown-role",
    "unknown-bot",
    "unknown-user",
    "unknown-group",
    "unknown-file",
    "unknown-import",
    "add-and-remove",
    "role-not-assignable",
    "bad-file",
    "group-cycle",
    "creator-must-develop",
    "nobody-given",
    "bad-email",
    "taken",
    "moved",
    "stale",
    "role-fixed",
    "wrong-state",
    "no-receipt",
    "store-taken",
    "not-permitted",
    "other-subject",
    "other",
    "invalid",
];

/// Whether a rule says that a thing is not there.
fn is_unknown(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::UnknownRole
            | Rule::UnknownBot
            | Rule::UnknownUser
            | Rule::UnknownGroup
            | Rule::UnknownErasure
            | Rule::UnknownHold
            | Rule::UnknownApp
            | Rule::UnknownSession
            | Rule::UnknownImport
    )
}

/// Whether a fault says that what the address of a page names is not there. Apps and imports are named by
/// addresses alone, whatever path their rules give.
fn is_place(fault: &Fault) -> bool {
    let is_in_address = fault.path.is_empty() || matches!(fault.rule, Rule::UnknownApp | Rule::UnknownImport);
    is_in_address && is_unknown(fault.rule)
}

impl From<Denied> for ConsoleError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(_) | Denied::NoSession => Self::sign_in(),
            Denied::Elsewhere => Self::from_elsewhere(),
            Denied::Unconfirmed => Self::confirm(),
            Denied::Scope(_) | Denied::Permission(_) => Self::forbidden(),
            Denied::TooMany(_) => Self::new(Kind::TooMany),
            Denied::UnusableKey => Self::internal(),
            Denied::Failed(error) => error.into(),
        }
    }
}

impl From<Problems> for ConsoleError {
    fn from(problems: Problems) -> Self {
        let detail = |Problem { path, detail }| Detail { rule: "invalid", exactly: say::at(path, detail) };
        Self { kind: Kind::Refused, details: problems.into_vec().into_iter().map(detail).collect() }
    }
}

impl From<Problem> for ConsoleError {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

impl From<ControlError> for ConsoleError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(problems) => problems.into(),
            ControlError::Refused(faults) => {
                let is_only = |rule: Rule| faults.iter().all(|fault| fault.rule == rule);
                let is_place = faults.iter().all(is_place);
                let kind = if is_place {
                    Kind::NotFound
                } else if is_only(Rule::Moved) || is_only(Rule::Stale) {
                    Kind::Changed
                } else if is_only(Rule::NotPermitted) {
                    Kind::Forbidden
                } else {
                    Kind::Refused
                };
                let details =
                    faults.into_iter().map(|fault| Detail { rule: word_of(fault.rule), exactly: fault.detail });
                Self { kind, details: details.collect() }
            }
            ControlError::Store(_) | ControlError::Sealed if is_put_off(&error) => Self::unavailable(),
            ControlError::Store(_) | ControlError::Sealed => Self::internal(),
        }
    }
}

impl From<rolecall_store::Error> for ConsoleError {
    fn from(error: rolecall_store::Error) -> Self {
        ControlError::from(error).into()
    }
}

impl IntoResponse for ConsoleError {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
