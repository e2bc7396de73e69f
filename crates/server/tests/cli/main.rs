//! The binary itself, run as an operator runs it: what it prints, what it leaves behind, and the
//! code it ends with.

#![expect(clippy::expect_used, clippy::panic, reason = "whatever a command does not do as it should fails the test")]

mod accounts;
mod backup;
mod config;
mod demo;
mod doctor;
mod erasures;
mod manifests;
mod receipts;
mod rolecall;
mod serve;
