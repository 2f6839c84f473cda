//! Keeping the books: rules one by one, random chains, a real HTTP server that lies, and a real devnet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what was measured is shown")]

mod chain;
mod devnet;
mod fake;
mod fresh;
mod http;
mod lies;
mod model;
mod rules;
mod server;
#[path = "../../../ledger/tests/ledger/stream/mod.rs"]
#[allow(dead_code, reason = "the ledger's tests use more of it")]
mod stream;
mod table;
