//! Markets asked over HTTP, on this computer: a server that answers as the venues document it, and in every way that they do not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod consensus;
mod failures;
mod formats;
mod pace;
mod server;
