//! What Rolecall's words mean: types, parsing, validation and plans.
//!
//! Nothing here reads a clock, a file, a socket or a database, and nothing is async: what goes in
//! comes as a parameter, so every function can be tested, fuzzed and reasoned about by itself.

pub mod app;
pub mod audit;
pub mod authority;
pub mod bot;
pub mod delta;
pub mod erasure;
pub mod group;
pub mod ids;
pub mod json;
pub mod manifest;
pub mod nearest;
pub mod page;
pub mod phrase;
pub mod problem;
pub mod role;
pub mod role_import;
pub mod say;
pub mod search;
pub mod text;
pub mod time;
pub mod user;
