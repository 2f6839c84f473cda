//! Programs that are killed and started again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bithedge_protocol::UsdE8;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A devnet that was killed reads its journal first.
const PATIENCE: Duration = Duration::from_secs(120);

/// The practice network in a process of its own. Nobody in it reports prices or keeps: the story's people do.
pub(crate) struct DevnetProcess {
    pub(crate) program: PathBuf,
    pub(crate) worker: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
    pub(crate) genesis: u64,
    pub(crate) btc: String,
    pub(crate) stx: String,
}

impl DevnetProcess {
    /// A free port is taken now, and again at every start.
    pub(crate) fn free_port() -> Result<u16> {
        Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns when it serves.
    pub(crate) async fn start(&self) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["--block-time", "0", "--steady", "--unattended", "--port"])
            .arg(self.port.to_string())
            .arg("--data-dir")
            .arg(&self.folder)
            .arg("--worker-dir")
            .arg(&self.worker)
            .args(["--genesis-time", &self.genesis.to_string(), "--btc", &self.btc, "--stx", &self.stx])
            .env("RUST_LOG", "bithedge_devnet=debug,bithedge_practice=debug")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(append(&self.log)?)
            .kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        let stdout = child.stdout.take().context("it has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .context("the devnet starts too slowly")??;
        let Some(line) = line else {
            bail!("the devnet did not start: see {}", self.log.display());
        };
        let ready: Json = serde_json::from_str(&line).with_context(|| format!("the devnet said {line:?}"))?;
        if ready["ready"] != Json::Bool(true) {
            bail!("the devnet said {line:?}");
        }
        Ok(child)
    }
}

/// A price as a command line takes it.
pub(crate) fn decimal(price: UsdE8) -> String {
    format!("{}.{:08}", price.base_units() / 100_000_000, price.base_units() % 100_000_000)
}

/// A file that a process writes its log to, after what is there.
pub(crate) fn append(path: &Path) -> Result<std::fs::File> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))
}

/// Kills with SIGKILL and waits for the end.
pub(crate) async fn kill(child: &mut Child) -> Result<()> {
    child.kill().await.context("killing a process")
}
