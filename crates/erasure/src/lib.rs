//! Erases people's data from the stores bots keep it in, and proves that it is gone.
//!
//! A *data map* ([`map`]) says which collections and fields of which stores hold whose data and what
//! erasing means there. A [`graph`] is the same as the walk needs it: where a person's rows are
//! entered, and how one row leads to others. A store's [`catalog`] is what its database says of
//! itself, and [`check`] holds one against the other. [`stores`] talk to the databases; the only SQL
//! about others than ourselves is there. The [`engine`] takes requests through their life, and
//! [`receipt`] seals what came of them.

pub mod catalog;
pub mod check;
pub mod engine;
pub mod graph;
pub mod map;
pub mod receipt;
pub mod stores;
