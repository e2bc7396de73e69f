//! The vendor-compatible API, asked over HTTP on both engines: the exact bytes a client sees.

mod roles;
