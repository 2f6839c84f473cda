//! Attacks on the suite in the real Clarity VM: one test for each hole that `docs/protocol.md` says is closed, and what
//! strangers, phishing contracts, malicious tokens and wrong callers get.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what an attack would have brought is worth reading")]

mod bootstrap;
mod callers;
mod capital;
mod document;
mod governance;
mod phishing;
mod prices;
mod recipients;
mod shortfalls;
mod support;
mod tokens;
mod trading;
