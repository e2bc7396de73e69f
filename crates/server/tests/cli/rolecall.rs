//! Running `rolecall` in a folder of its own, with an environment of its own.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder to run commands in.
pub(crate) struct Place {
    dir: TempDir,
}

/// What a command did.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("the folder can be written");
    }

    /// The command, to be given more before it runs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(self.dir.path(), arguments)
    }

    /// Runs `rolecall` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_in(arguments, &[])
    }

    /// Runs it with these variables.
    pub(crate) fn run_in(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
        let output = self.command(arguments).envs(variables.iter().copied()).output().expect("the binary runs");
        Done {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs it for its one JSON document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        let done = self.run(&arguments);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        done.json()
    }

    /// An account, by its id.
    pub(crate) fn account(&self) -> String {
        let made = self.json(&["account", "create", "--name", "Acme", "--owner", "owner@acme.example"]);
        made["accountId"].as_str().expect("an id").to_owned()
    }

    /// Starts a command that serves, and waits until it listens.
    pub(crate) fn start(&self, arguments: &[&str]) -> Serving {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        let mut serving = Serving { child, stderr, log: String::new(), address: String::new() };
        let line = serving.wait_for("listening on ");
        line.trim().rsplit_once("http://").expect("an address").1.clone_into(&mut serving.address);
        serving
    }
}

impl Done {
    /// The one document on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("not one JSON document: {}", self.stdout))
    }

    /// Everything it said, for snapshots, with what differs each time put as a word.
    pub(crate) fn shown(&self, words: &[(&str, &str)]) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        let mut text = format!("exit code {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        for (from, to) in words {
            text = text.replace(from, to);
        }
        text
    }
}

/// A server that runs; ended when the test is.
pub(crate) struct Serving {
    child: Child,
    stderr: BufReader<ChildStderr>,
    log: String,
    /// Its address and port.
    pub(crate) address: String,
}

impl Serving {
    /// Reads the log until a line holds `word`; that line.
    pub(crate) fn wait_for(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            let n_bytes = self.stderr.read_line(&mut line).expect("the log can be read");
            assert!(n_bytes > 0, "the server ended without saying {word:?}:\n{}", self.log);
            self.log.push_str(&line);
            if line.contains(word) {
                return line;
            }
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end; what it printed and its whole log.
    pub(crate) fn end(mut self) -> (ExitStatus, String, String) {
        let mut stdout = String::new();
        if let Some(mut out) = self.child.stdout.take() {
            out.read_to_string(&mut stdout).expect("its output can be read");
        }
        let mut log = std::mem::take(&mut self.log);
        self.stderr.read_to_string(&mut log).expect("the log can be read");
        (self.child.wait().expect("it ends"), stdout, log)
    }

    /// The lines it has printed so far are read by who has its output.
    pub(crate) fn stdout(&mut self) -> BufReader<std::process::ChildStdout> {
        BufReader::new(self.child.stdout.take().expect("taken once"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(arguments).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}
