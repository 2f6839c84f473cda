//! The compiler's target for the page.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::say;
use crate::command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the target to the toolchain in force. Looks for its files rather than asking rustup, which not everybody
/// has.
pub(super) fn ensure() -> Result<()> {
    let folder =
        command::output(command::program("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    if !command::succeeds(Command::new("rustup").arg("--version")) {
        bail!(
            "the Rust target {TARGET} is missing and there is no rustup to add it; install it, then try again"
        );
    }
    say(&format!("adding the Rust target {TARGET}"));
    command::run(command::program("rustup").args(["target", "add", TARGET]))
}
