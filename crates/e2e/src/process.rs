//! Processes that end with whoever started them, and everything that they started in turn.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long a process may take to end when asked.
const GRACE: Duration = Duration::from_secs(10);

/// A running program at the head of its own process group. Dropping it kills the group, by its id.
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    group: Pid,
    log: PathBuf,
}

impl Running {
    /// Starts it without input; what it prints on stderr goes to `log`.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Result<Self> {
        let stderr = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = id.with_context(|| format!("{name} ended at once"))?;
        Ok(Self { name, child, group, log })
    }

    /// The process's number.
    pub(crate) fn id(&self) -> i32 {
        self.group.as_raw_nonzero().get()
    }

    /// The first line that it prints on stdout. Later ones are read and dropped, so that it never waits for a
    /// reader.
    pub(crate) async fn first_line(&mut self, within: Duration) -> Result<String> {
        let name = self.name;
        let stdout = self.child.stdout.take().with_context(|| format!("{name}'s stdout is taken"))?;
        let mut lines = BufReader::new(stdout).lines();
        match tokio::time::timeout(within, lines.next_line()).await {
            Ok(Ok(Some(line))) => {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                Ok(line)
            }
            Ok(_) => bail!("{name} ended without a line on stdout; {}", self.last_words()),
            Err(_) => bail!("{name} printed nothing in {} s; {}", within.as_secs(), self.last_words()),
        }
    }

    /// Ends it as a power cut would: the whole group, no time to tidy up.
    pub(crate) async fn kill(mut self) -> Result<()> {
        kill_process_group(self.group, Signal::KILL).with_context(|| format!("cannot kill {}", self.name))?;
        self.child.wait().await?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits until it has; one that does not is an error.
    pub(crate) async fn stop(mut self) -> Result<()> {
        kill_process_group(self.group, Signal::TERM).with_context(|| format!("{} ended early", self.name))?;
        match tokio::time::timeout(GRACE, self.child.wait()).await {
            Ok(status) => status.map(drop).map_err(Into::into),
            Err(_) => bail!("{} does not end on SIGTERM; {}", self.name, self.last_words()),
        }
    }

    fn last_words(&self) -> String {
        last_lines(&self.log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group may be gone already; then there is nothing to end.
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}

/// The end of a log, for an error message.
fn last_lines(log: &Path) -> String {
    const LINES: usize = 5;
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    match lines.get(lines.len().saturating_sub(LINES)..) {
        Some(last) if !last.is_empty() => format!("its last words: {}", last.join(" | ")),
        _ => "it said nothing".to_owned(),
    }
}
