//! The console as people meet it: in a real Chromium, against a server on a port of its own.
//!
//! Each test has a server, a database and a browser to itself. The pages' pictures in `docs/console` are
//! made where `ROLECALL_PICTURES` names a folder for them.

#![expect(clippy::expect_used, clippy::panic, reason = "whatever fails while a test is set up fails the test")]

mod apps;
mod audit;
mod browser;
mod door;
mod erasures;
mod everywhere;
mod headers;
mod hostile;
mod imports;
mod look;
mod names;
mod office;
mod people;
mod permissions;
mod print;
mod progress;
mod reports;
mod strangers;
mod unscripted;
mod walk;
mod work;
mod world;
