//! The devnet inside this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_devnet::{Config, StartError, Visitors};
use bithedge_ipc::{Fault, Notice};
use bithedge_practice::{Practice, PracticeError, PracticeNetwork};
use tokio::sync::Mutex;

/// A block moves the devnet's clock by ten seconds, so that it keeps pace with this computer's.
const BLOCK_TIME: Duration = Duration::from_secs(10);
/// What says that a devnet elsewhere on this computer is used.
const NODE_URL: &str = "BITHEDGE_NODE_URL";
/// What says where the devnet's worker is.
const DEVNET_WORKER: &str = "BITHEDGE_DEVNET_WORKER";

/// The devnet inside this process with the suite in service on it, while it runs.
#[derive(Clone, Default)]
pub(crate) struct EmbeddedDevnet(pub(crate) Arc<Mutex<Option<PracticeNetwork>>>);

impl EmbeddedDevnet {
    /// Starts it, unless it runs. Gives its address.
    pub(crate) async fn start(&self, worker: &Path, data_dir: PathBuf) -> Result<String, Notice> {
        let mut running = self.0.lock().await;
        if let Some(devnet) = &*running {
            return Ok(devnet.url());
        }
        let config = Config {
            data_dir: data_dir.clone(),
            port: 0,
            block_time: Some(BLOCK_TIME),
            worker_dir: worker.to_path_buf(),
            genesis_time: None,
        };
        let practice = Practice { founded: true, visitors: Visitors::NoPages, ..Practice::new(config) };
        let devnet = practice.start().await.map_err(|error| not_started(&error, &data_dir))?;
        let url = devnet.url();
        tracing::info!(url, "the devnet runs");
        *running = Some(devnet);
        Ok(url)
    }

    /// Ends it cleanly, if it runs.
    pub(crate) async fn shut_down(&self) {
        if let Some(devnet) = self.0.lock().await.take() {
            tracing::info!("ending the devnet");
            if let Err(error) = devnet.shutdown().await {
                tracing::error!(%error, "the devnet's journal was not flushed");
            }
        }
    }
}

/// Says what is missing for the devnet, and how to get it.
fn not_started(error: &PracticeError, data_dir: &Path) -> Notice {
    let (fault, happened, remedy) = match error {
        PracticeError::Devnet(StartError::NodeMissing { .. }) => (
            Fault::DevnetMissing,
            "The local devnet needs Node.js 20 or newer, which is not installed.".to_owned(),
            format!(
                "Install Node.js from nodejs.org, or set {NODE_URL} to connect to a node that is running."
            ),
        ),
        PracticeError::Devnet(StartError::WorkerMissing { folder }) => (
            Fault::DevnetMissing,
            format!("The local devnet's Clarity VM is not installed in {}.", folder.display()),
            format!(
                "Start BitHedge with the command cargo xtask run, which installs it; or set {DEVNET_WORKER} to a folder that has \
                 it, or {NODE_URL} to connect to a node that is running."
            ),
        ),
        PracticeError::Devnet(StartError::InUse { .. }) => (
            Fault::DevnetFailed,
            "Another BitHedge is running the local devnet.".to_owned(),
            "Close the other one and try again.".to_owned(),
        ),
        PracticeError::Deploy(_) => (
            Fault::DevnetFailed,
            "The contracts on the local devnet are not those of this BitHedge.".to_owned(),
            format!(
                "Move the folder {} away and open BitHedge again: it then makes a new devnet.",
                data_dir.display()
            ),
        ),
        _ => (
            Fault::DevnetFailed,
            "The local devnet could not start.".to_owned(),
            format!("Look at the technical cause, or set {NODE_URL} to connect to a node that is running."),
        ),
    };
    Notice {
        fault,
        happened,
        means: "Nothing was lost: a devnet's money is play money, and its history is kept on this computer."
            .to_owned(),
        remedy,
        detail: error.to_string(),
    }
}
