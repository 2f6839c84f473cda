//! Every chart, as it is drawn: its pictures, its words and figures, and what it does with data that is hardly any.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_data;
mod contrast;
mod layout;
mod picture;
mod samples;
mod snapshots;
mod words;
