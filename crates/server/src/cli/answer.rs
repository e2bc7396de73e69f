//! What a command answers: for people as text, for programs as one JSON document.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

use rolecall_control::Error as ControlError;
use rolecall_model::problem::Problem;
use serde_json::{Value, json};

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For people
    Text,
    /// For programs: exactly one JSON document
    Json,
}

/// What a command has to say when it is done.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    json: Value,
    code: u8,
}

impl Answer {
    /// An answer of a command that did what it should.
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, code: 0 }
    }

    /// The same with another exit code.
    #[must_use]
    pub(super) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// Prints it; its exit code. A command that already said everything prints nothing more.
    pub(super) fn print(self, form: Form) -> ExitCode {
        match form {
            Form::Json if !self.json.is_null() => print(&self.json.to_string()),
            Form::Text if !self.text.is_empty() => print(&self.text),
            _ => {}
        }
        ExitCode::from(self.code)
    }
}

/// Prints a line. Who reads may have gone; that is no failure of the command.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Says on standard error what went wrong, for programs on standard output too; exit code 1.
pub(super) fn print_error(error: &anyhow::Error, form: Form) -> ExitCode {
    let (summary, problems) = told(error);
    let mut text = format!("error: {summary}");
    if problems.len() > 1 {
        for problem in &problems {
            let _ = write!(text, "\n  {problem}");
        }
    }
    let _ = writeln!(io::stderr().lock(), "{text}");
    if form == Form::Json {
        print(&json!({"error": {"message": summary, "problems": problems}}).to_string());
    }
    ExitCode::FAILURE
}

/// The chain of causes in one sentence, and the single places where something is wrong, if any.
fn told(error: &anyhow::Error) -> (String, Vec<Problem>) {
    let problems = match error.downcast_ref::<ControlError>() {
        Some(ControlError::Invalid(problems)) => problems.clone().into_vec(),
        Some(ControlError::Refused(faults)) => {
            faults.iter().map(|fault| Problem::new(&fault.path, fault.detail.clone())).collect()
        }
        _ => Vec::new(),
    };
    let summary = match problems.as_slice() {
        [] => format!("{error:#}"),
        [only] => only.to_string(),
        many => format!("nothing was done, because of {} problems", many.len()),
    };
    (summary, problems)
}
