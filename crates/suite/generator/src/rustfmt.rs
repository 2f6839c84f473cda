//! The toolchain's formatter.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The text as `cargo fmt` leaves it, by the repository's settings.
///
/// # Errors
/// There is no `rustfmt`, or the text is no Rust.
pub fn format(root: &Path, text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start rustfmt")?;
    // Its output is no longer than a pipe's buffer only by chance, so its input is written by another thread.
    let mut input = child.stdin.take().context("rustfmt takes no input")?;
    let bytes = text.as_bytes().to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().context("waiting for rustfmt")?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "rustfmt refused generated text: {errors}");
    // Whatever it did not want to read, it would have complained about.
    drop(writer.join());
    String::from_utf8(output.stdout).context("rustfmt's output")
}
