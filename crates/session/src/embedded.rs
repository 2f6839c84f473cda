//! The devnet inside this process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bithedge_devnet::{Config, StartError, Visitors};
use bithedge_ipc::{Fault, Notice};
use bithedge_practice::{Practice, PracticeError, PracticeNetwork};
use tokio::sync::Mutex;

/// A block moves the devnet's clock by ten seconds, so that it keeps pace with this computer's.
const BLOCK_TIME: Duration = Duration::from_secs(10);
/// One that was being started when its network was left lets go of its data a moment later: it is waited for so long.
const LETTING_GO: Duration = Duration::from_secs(10);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(200);
/// What says that a devnet elsewhere on this computer is used.
const NODE_URL: &str = "BITHEDGE_NODE_URL";
/// What says where the devnet's worker is.
const DEVNET_WORKER: &str = "BITHEDGE_DEVNET_WORKER";

/// The devnet inside this process with the suite in service on it, while it runs.
#[derive(Default)]
pub(crate) struct EmbeddedDevnet {
    running: Mutex<Option<PracticeNetwork>>,
    /// Whether one was begun in this process that nobody knows to have ended: then it may be that one which still holds the data.
    may_be_ours: AtomicBool,
}

impl EmbeddedDevnet {
    /// Starts it, unless it runs. Gives its address.
    pub(crate) async fn start(&self, worker: &Path, data_dir: PathBuf) -> Result<String, Notice> {
        let mut running = self.running.lock().await;
        if let Some(devnet) = &*running {
            return Ok(devnet.url());
        }
        // If this is dropped on its way, what it began is on its way to its end as well.
        let may_be_ours = self.may_be_ours.swap(true, Ordering::Relaxed);
        let begun = Instant::now();
        let started = loop {
            let started = practice(worker, &data_dir).start().await;
            let is_held = matches!(started, Err(PracticeError::Devnet(StartError::InUse { .. })));
            if !(is_held && may_be_ours && begun.elapsed() < LETTING_GO) {
                break started;
            }
            tokio::time::sleep(LOOK).await;
        };
        let devnet = started.map_err(|error| {
            let is_held = matches!(error, PracticeError::Devnet(StartError::InUse { .. }));
            self.may_be_ours.store(!is_held, Ordering::Relaxed);
            not_started(&error, &data_dir)
        })?;
        let url = devnet.url();
        tracing::info!(url, "the devnet runs");
        *running = Some(devnet);
        Ok(url)
    }

    /// Ends it cleanly, if it runs.
    pub(crate) async fn shut_down(&self) {
        if let Some(devnet) = self.running.lock().await.take() {
            tracing::info!("ending the devnet");
            match devnet.shutdown().await {
                Ok(()) => self.may_be_ours.store(false, Ordering::Relaxed),
                // Its data may be let go a moment later.
                Err(error) => tracing::error!(%error, "the devnet did not end in good order"),
            }
        }
    }
}

fn practice(worker: &Path, data_dir: &Path) -> Practice {
    let config = Config {
        data_dir: data_dir.to_path_buf(),
        port: 0,
        block_time: Some(BLOCK_TIME),
        worker_dir: worker.to_path_buf(),
        genesis_time: None,
    };
    Practice { founded: true, visitors: Visitors::NoPages, ..Practice::new(config) }
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
