//! The node that the application follows: one that is given, or a devnet of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_devnet::{Config, StartError};
use bithedge_engine::{Connect, ConnectError, NodeSource};
use bithedge_ipc::{Fault, Notice};
use bithedge_practice::{Practice, PracticeError, PracticeNetwork};
use tokio::sync::Mutex;

use crate::environment::{DEVNET_WORKER, NODE_URL};

/// A block moves the devnet's clock by ten seconds, so that it keeps pace with this computer's.
const BLOCK_TIME: Duration = Duration::from_secs(10);

/// The devnet inside this process with the suite in service on it, once it runs.
#[derive(Clone, Default)]
pub(crate) struct EmbeddedDevnet(Arc<Mutex<Option<PracticeNetwork>>>);

impl EmbeddedDevnet {
    /// Ends it cleanly, if it runs.
    pub(crate) async fn shut_down(&self) {
        if let Some(devnet) = self.0.lock().await.take() {
            tracing::info!("ending the devnet");
            if let Err(error) = devnet.shutdown().await {
                tracing::error!("the devnet's journal was not flushed: {error}");
            }
        }
    }
}

/// How to get at the node.
pub(crate) enum NodeConnector {
    /// It has an address.
    Address(String),
    /// It is a devnet, to be started in this process.
    Devnet {
        /// Folder of the Clarity VM's worker.
        worker: PathBuf,
        /// Folder of the devnet's history.
        data_dir: PathBuf,
        /// Where to leave it for the end.
        running: EmbeddedDevnet,
    },
}

impl Connect for NodeConnector {
    type Source = NodeSource;

    async fn connect(&mut self) -> Result<NodeSource, ConnectError> {
        match self {
            Self::Address(url) => node_source(url),
            Self::Devnet { worker, data_dir, running } => {
                let config = Config {
                    data_dir: data_dir.clone(),
                    port: 0,
                    block_time: Some(BLOCK_TIME),
                    worker_dir: worker.clone(),
                    genesis_time: None,
                };
                let devnet = Practice::new(config)
                    .start()
                    .await
                    .map_err(|error| ConnectError(not_started(&error, data_dir)))?;
                let url = devnet.url();
                *running.0.lock().await = Some(devnet);
                node_source(&url)
            }
        }
    }
}

fn node_source(url: &str) -> Result<NodeSource, ConnectError> {
    NodeSource::new(url).map_err(|error| {
        ConnectError(Notice {
            fault: Fault::NodeUnreachable,
            happened: format!("{url} is not the address of a node."),
            means: "Your money is not affected. Balances appear once there is a node to read from."
                .to_owned(),
            remedy: format!(
                "Set {NODE_URL} to an address such as http://127.0.0.1:20443, and open BitHedge again."
            ),
            detail: error.to_string(),
        })
    })
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
