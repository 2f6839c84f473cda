//! The windows' pages: they show what the core tells, and pass on what the user decides.
//!
//! `pages/` are whole pages, `components/` what they are made of, `state/` what is known, `api.rs` the only way to the
//! core. A page reaches no network, and computes no amount except through `bithedge-protocol`. Each window has a program of its
//! own (`bin/`), which holds only what that window shows: what is for words and passphrases is in no other's.

#![allow(unreachable_pub, reason = "the component macro makes every component's properties `pub`")]

mod api;
mod app;
mod components;
mod format;
mod frame;
mod json;
mod pages;
mod route;
mod state;

pub use app::{show_main, show_question, show_secret};
