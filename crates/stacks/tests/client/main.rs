//! The client against servers that do what a test tells them, and against none at all.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]
#![allow(unreachable_pub, reason = "nothing outside a test binary can reach into it")]

mod answers;
mod broadcast;
mod faults;
mod history;
mod server;
