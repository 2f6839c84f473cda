//! Starting other programs, and saying which one failed.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::interrupt::{self, Watched};
use crate::workspace;

/// Variables that `cargo xtask` sets for xtask itself. A nested cargo must not see them: build scripts that watch
/// one (ring's does) would run again each time a build comes from here instead of from the terminal.
const OWN_CARGO_VARIABLES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// A program that works in the repository's root.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace::root());
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if OWN_CARGO_VARIABLES.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&variable);
        }
    }
    command
}

/// The cargo that runs xtask.
pub(crate) fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// Runs it to its end. What it prints on stdout goes to stderr: stdout is for results, such as the devnet's ready
/// line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let status = {
        let _watched = interrupt::watch(&child);
        child.wait()?
    };
    success(command, status)
}

/// A command that runs beside whatever else is done.
pub(crate) struct Beside {
    command: Command,
    child: Child,
    watched: Watched,
}

impl Beside {
    /// Starts it. It prints where its streams go, or on ours.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| cannot_start(&command))?;
        let watched = interrupt::watch(&child);
        Ok(Self { command, child, watched })
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Result<()> {
        let Self { command, mut child, watched } = self;
        let status = child.wait()?;
        drop(watched);
        success(&command, status)
    }
}

/// Runs it to its end and returns what it printed on stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let output = {
        let _watched = interrupt::watch(&child);
        child.wait_with_output()?
    };
    success(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no UTF-8", line(command)))
}

/// Runs it to its end, showing every line that it prints as it comes. Returns the lines, and whether it succeeded:
/// a test run that fails has lines that count.
pub(crate) fn observed(command: &mut Command) -> Result<(Vec<String>, Result<()>)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let watched = interrupt::watch(&child);
    let stdout = child.stdout.take().map(|stream| thread::spawn(move || echo(stream)));
    let mut lines = child.stderr.take().map_or_else(Vec::new, echo);
    if let Some(Ok(more)) = stdout.map(thread::JoinHandle::join) {
        lines.extend(more);
    }
    let status = child.wait()?;
    drop(watched);
    Ok((lines, success(command, status)))
}

fn echo(stream: impl Read) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
        // A closed terminal is no reason to stop the tests.
        drop(std::io::stderr().write_all(&bytes));
        lines.push(String::from_utf8_lossy(&bytes).trim_end().to_owned());
        bytes.clear();
    }
    lines
}

/// Whether it starts and ends well; says nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether the search path has a program of this name.
pub(crate) fn is_installed(name: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Replaces xtask by the program, so that signals and the exit status are the program's own.
pub(crate) fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(error).with_context(|| cannot_start(command))
}

fn success(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

/// The command as one would type it, without the folder of the program.
fn line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
