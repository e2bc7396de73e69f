//! A real OpenID Connect provider beside the test, at which one person is always ready to sign in.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use rolecall_model::time::Instant;
use serde_json::Value;

use crate::{TestApp, database::variable};

/// What the provider knows the server by.
pub const CLIENT_ID: &str = "rolecall";

/// What it shares with the server.
pub const CLIENT_SECRET: &str = "a secret of tests+&%";

/// A provider of its own for one test. It ends with the test.
pub struct Provider {
    /// Its issuer, on this machine.
    pub issuer: String,
    process: Child,
    /// Kept open: it tells more than where it is, and ends when nobody would hear.
    output: BufReader<ChildStdout>,
}

impl Provider {
    /// A provider at which whoever comes is the person with these claims, and is led back to `callback`.
    /// None if Node.js or the provider is not there, and need not be.
    pub fn start(person: &Value, callback: &str) -> Option<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let modules = here.join("../../.tools/oidc-provider/node_modules");
        if !modules.join("oidc-provider").is_dir() {
            assert!(variable("ROLECALL_REQUIRE_ENGINES").is_none(), "scripts/tools brings the provider of tests");
            eprintln!("SKIPPED: run scripts/tools to have a provider to sign in at");
            return None;
        }
        let mut process = Command::new("node")
            .arg(here.join("provider/provider.mjs"))
            .env("PROVIDER_MODULES", modules)
            .env("PERSON", person.to_string())
            .env("CALLBACK", callback)
            .env("CLIENT_ID", CLIENT_ID)
            .env("CLIENT_SECRET", CLIENT_SECRET)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js runs");
        let mut issuer = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        let told = output.read_line(&mut issuer);
        assert!(told.is_ok_and(|n_bytes| n_bytes > 0), "the provider says where it is");
        Some(Self { issuer: issuer.trim().to_owned(), process, output })
    }

    /// From now on whoever comes is the person with these claims; with `sub` among them, if it is not the one
    /// that all are who say nothing of it.
    pub fn knows(&mut self, person: &Value) {
        let input = self.process.stdin.as_mut().expect("its input");
        writeln!(input, "{person}").expect("it reads");
        self.output.read_line(&mut String::new()).expect("it answers");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl TestApp {
    /// Sets the clock to that of the machine, by which a provider beside the test goes.
    pub fn set_clock_to_now(&self) {
        #[expect(clippy::disallowed_methods, reason = "another program goes by this clock")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        self.clock.set(Instant::from_ms(i64::try_from(since.as_millis()).expect("before the year 9999")));
    }
}
