//! An embedded Stacks devnet: the official Clarity VM behind the RPC of a Stacks node and the part of the Stacks API
//! that real clients use.
//!
//! What it is for: the application and official clients talk to it exactly as they talk to testnet or mainnet, without
//! Docker and without waiting. It checks signatures, nonces, fees, balances and post-conditions as a node does, keeps
//! everything that it accepted, travels in time, and goes wrong on demand.
//!
//! What it may not do: know anything of BitHedge's contracts, hold a key that is worth anything (its accounts are the
//! public ones of every Clarinet project), or be reached from another machine (it listens on the loopback address
//! alone).
//!
//! ```text
//! rpc      HTTP: a node's routes, the API's routes, the controls, faults
//! node     the chain and its journal: written down before anybody hears of it
//! chain    mempool, admission, execution, post-conditions, blocks, receipts
//! ```
//!
//! Below all of it, in a crate of its own: the Node process with the official VM, and the undo that post-conditions need.

pub mod accounts;
mod chain;
mod error;
mod faucet;
mod journal;
mod node;
mod rpc;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use bithedge_vm::VmError;
pub use error::StartError;
pub use rpc::faults::FaultSettings;

use node::Node;
use rpc::Shared;

/// The Clarity version of a contract that is deployed without naming one: that of epoch 4.0.
const CLARITY_VERSION: u8 = 6;

/// What a devnet is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it keeps its journal. The folder is made if it is not there.
    pub data_dir: PathBuf,
    /// The port on the loopback address; 0 takes a free one.
    pub port: u16,
    /// How often a block is made, by this machine's clock. `None`: only when asked for. Each block moves the chain's
    /// clock by ten seconds, so that every ten seconds keeps pace with the wall clock.
    pub block_time: Option<Duration>,
    /// The folder of the VM's worker, with its packages installed.
    pub worker_dir: PathBuf,
    /// The chain time of a new chain's first block, in seconds since 1970; `None`: now. A chain that exists keeps its
    /// own.
    pub genesis_time: Option<u64>,
}

/// Who may ask a devnet, which everybody on this computer can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitors {
    /// Everybody, pages in a browser as well: a client that runs in one is a use of a devnet.
    Everybody,
    /// No page in a browser, wherever it came from: it is nobody's but the application's that it runs in.
    NoPages,
}

/// A running devnet. Dropping it stops the server at once; [`Devnet::shutdown`] does it in good order.
#[derive(Debug)]
pub struct Devnet {
    address: SocketAddr,
    shared: Option<Shared>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    miner: Option<JoinHandle<()>>,
}

impl Devnet {
    /// Starts a devnet and returns when it answers requests.
    ///
    /// # Errors
    /// [`StartError`] says what is missing or damaged and what to do.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, axum::Router::new(), Visitors::Everybody).await
    }

    /// The same with further routes beside its own, for what is built upon it. They are not hit by faults.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_with(
        config: Config,
        more: axum::Router,
        visitors: Visitors,
    ) -> Result<Self, StartError> {
        let node = Node::open(config.worker_dir, &config.data_dir, config.genesis_time).await?;
        let port = |source| StartError::Port { port: config.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await.map_err(port)?;
        let address = listener.local_addr().map_err(port)?;
        let shared = Shared::new(node);
        let (stop, stopped) = watch::channel(false);
        let router = rpc::router(shared.clone(), more, visitors);
        let mut until = stopped;
        let server = tokio::spawn(async move {
            let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
                // The sender lives in `Devnet`; when it is gone, so is the devnet.
                let _ = until.wait_for(|stop| *stop).await;
            });
            if let Err(error) = serve.await {
                tracing::error!(%error, "the devnet's server ended");
            }
        });
        let mut devnet = Self { address, shared: Some(shared), stop, server, miner: None };
        if let Some(block_time) = config.block_time {
            devnet.mine_every(block_time);
        }
        Ok(devnet)
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a block every so often from now on, by this machine's clock, if it was started to make them only when asked.
    pub fn mine_every(&mut self, block_time: Duration) {
        if let (None, Some(shared)) = (&self.miner, &self.shared) {
            let stopped = self.stop.subscribe();
            self.miner = Some(tokio::spawn(mine_regularly(shared.clone(), block_time, stopped)));
        }
    }

    /// Stops serving, ends the VM and writes everything to the disk. The data folder is free when this returns without an error, whoever
    /// still holds a connection.
    ///
    /// # Errors
    /// When the journal could not be flushed; what it holds is still what was accepted. [`TimedOut`](std::io::ErrorKind::TimedOut) when
    /// somebody still works with the devnet, so that its data is let go later.
    pub async fn shutdown(mut self) -> std::io::Result<()> {
        self.stop.send_replace(true);
        if let Some(shared) = &self.shared {
            shared.begin_to_close();
        }
        // Connections that stay open must not hold the process.
        if tokio::time::timeout(Duration::from_secs(2), &mut self.server).await.is_err() {
            self.server.abort();
            let _ = (&mut self.server).await;
        }
        if let Some(mut miner) = self.miner.take()
            && tokio::time::timeout(rpc::TO_LET_GO, &mut miner).await.is_err()
        {
            miner.abort();
        }
        match self.shared.take() {
            Some(shared) => shared.close().await,
            None => Ok(()),
        }
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.server.abort();
        if let Some(miner) = &self.miner {
            miner.abort();
        }
    }
}

/// Makes a block every `block_time`, and goes on when one fails.
async fn mine_regularly(shared: Shared, block_time: Duration, mut stopped: watch::Receiver<bool>) {
    let mut clock = tokio::time::interval(block_time);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    clock.tick().await;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = clock.tick() => {}
        }
        if shared.faults.get().stale_tip {
            continue;
        }
        // It waits for its turn, and perhaps for the VM, no longer than the devnet lives. A block that was begun is made to its end.
        let node = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => return,
            node = shared.revived() => node,
        };
        let Some(mut node) = node else { return };
        if let Err(error) = node.mine(false).await {
            tracing::error!(%error, "no block could be made");
        }
    }
}
