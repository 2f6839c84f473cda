//! The ledger: fed, rolled back, damaged, killed, read; and held against the contracts' own maps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anomalies;
mod asks;
mod doubts;
mod dump;
mod exact;
mod files;
mod fingerprint;
mod kill;
mod lives;
mod maps;
mod readers;
mod recorder;
mod rollback;
mod script;
mod stream;
