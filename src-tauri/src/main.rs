//! The shell: opens the window, connects it with the engine, and keeps what belongs to the desktop.
//!
//! No rule of the business lives here. A command is a few lines: it asks the engine and passes the answer on.

// A console window beside the application's own would only be noise; a debug build keeps it for the log.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod connect;
mod environment;
mod preferences;
mod shell;
mod window;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .init();
    match shell::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("BitHedge could not start: {error}");
            ExitCode::FAILURE
        }
    }
}
