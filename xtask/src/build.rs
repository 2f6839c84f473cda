//! Building the parts.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{self, cargo};
use crate::{setup, workspace};

/// The shell serves the page from inside itself, not from a development server.
pub(crate) const SHELL_FEATURES: &str = "tauri/custom-protocol";

/// `cargo xtask ui`.
pub(crate) fn ui(arguments: &[OsString]) -> Result<()> {
    setup::page()?;
    ui_bundle(arguments)
}

/// Makes `ui/dist`.
pub(crate) fn ui_bundle(arguments: &[OsString]) -> Result<()> {
    eprintln!("building the page");
    command::run(cargo().args(["build", "--quiet", "--package", "bithedge-ui-bundle"]))?;
    command::run(command::program(workspace::debug_program("bithedge-ui-bundle")?).args(arguments))
}

/// The application for a developer: `target/debug/bithedge`. Unoptimised, because it is ready in half the time and
/// waits for the chain, not for the processor.
pub(crate) fn shell() -> Result<()> {
    eprintln!("building the application");
    command::run(cargo().args(["build", "--package", "bithedge", "--features", SHELL_FEATURES]))
}

/// Everything that runs on this machine, with the same features as the tests, so that what these built is used.
pub(crate) fn programs() -> Result<()> {
    eprintln!("building the application and the devnet");
    command::run(cargo().args(["build", "--bins"]).args(HOST_WORKSPACE))
}

/// Selects all crates but the page, which is for wasm.
pub(crate) const HOST_WORKSPACE: [&str; 5] =
    ["--workspace", "--exclude", "bithedge-ui", "--features", SHELL_FEATURES];

/// Selects all crates, the page too: what it computes is tested on this machine.
pub(crate) const WHOLE_WORKSPACE: [&str; 3] = ["--workspace", "--features", SHELL_FEATURES];
