//! What is wrong with something a caller sent: where, and how to mend it.

use std::fmt;

use serde::Serialize;

use crate::{phrase::Text, say};

/// One thing that is wrong with what a caller sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: a JSON pointer (RFC 6901) into the body, or the name of a query parameter. In a manifest
    /// the line stands before the pointer: `line 7/email`.
    pub path: String,
    /// What was wrong there and what would be right: a sentence, without the offending value
    /// where that could be a secret or a person's.
    pub detail: Text,
}

impl Problem {
    /// A problem at `path`.
    pub fn new(path: impl Into<String>, detail: impl Into<Text>) -> Self {
        Self { path: path.into(), detail: detail.into() }
    }

    /// A problem that only the operator is told, at the command line, which speaks English.
    pub fn in_english(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(path, say::in_english(detail.into()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.detail.fmt(f) } else { write!(f, "{}: {}", self.path, self.detail) }
    }
}

/// At most this many problems are told at once (wire decision 15): who sent 10,000 bad values
/// learns what kind of mistake it is from the first hundred.
pub const MAX_TOLD: usize = 100;

/// A list of problems that stops growing at [`MAX_TOLD`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem, unless enough have been told.
    pub fn add(&mut self, path: impl Into<String>, detail: impl Into<Text>) {
        if self.0.len() < MAX_TOLD {
            self.0.push(Problem::new(path, detail));
        }
    }

    /// Adds a problem that only the operator is told; see [`Problem::in_english`].
    pub fn add_in_english(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.add(path, say::in_english(detail.into()));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether enough have been told, so that looking for more is in vain.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_TOLD
    }

    /// `value` if nothing is wrong, else the problems.
    pub fn or_ok<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The problems, in the order they were found.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
