//! Lives of policies and of capital on the devnet, over HTTP: typed calls, signed, with post-conditions that deny whatever
//! they do not allow. Every run ends with a table of who had what before and after, which must add up to the unit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the tables are what is shown")]

mod attended;
mod crash;
mod director;
mod folder;
mod founding;
mod keeping;
mod life;
mod net;
mod short;
#[path = "../../../deploy/tests/devnet/vote.rs"]
mod vote;
mod votes;
