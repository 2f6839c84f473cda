//! The follower of the network in use, and where its snapshots go.

use std::sync::Arc;

use bithedge_engine::{ChainFollower, NodeSource};
use bithedge_ipc::{ChainSnapshot, Connection, Fault, Network, Notice};
use tokio::task::JoinHandle;

use crate::clock::NetworkClock;
use crate::core::Core;
use crate::notices;

/// Follows a node until it is dropped.
pub(crate) struct Followed {
    _follower: Arc<ChainFollower>,
    task: JoinHandle<()>,
}

impl Followed {
    pub(crate) fn start(
        core: &Arc<Core>,
        url: &str,
        kind: Network,
        clock: &Arc<NetworkClock>,
    ) -> Result<Self, Notice> {
        let source = NodeSource::new(url, kind).map_err(|error| {
            notices::notice(
                Fault::NodeUnreachable,
                format!("{url} is not the address of a node."),
                "Your money is not affected. Balances appear once there is a node to read from.",
                "Give the network an address such as https://api.hiro.so, or http://127.0.0.1:20443 on this computer.",
                &error,
            )
        })?;
        let follower =
            ChainFollower::start(source, core.addresses.subscribe(), Arc::clone(&core.setup.clock));
        let mut snapshots = follower.snapshots();
        let follower = Arc::new(follower);
        core.state().follower = Arc::downgrade(&follower);
        let (core, clock) = (Arc::clone(core), Arc::clone(clock));
        let task = tokio::spawn(async move {
            loop {
                let snapshot = snapshots.borrow_and_update().clone();
                if let Some(tip) = &snapshot.status.tip {
                    clock.observe(&tip.hash, tip.time);
                }
                core.publish_chain(snapshot);
                if snapshots.changed().await.is_err() {
                    break;
                }
            }
            tracing::error!("the chain is no longer followed");
            let last = snapshots.borrow().clone();
            core.publish_chain(ended(last, &core));
        });
        Ok(Self { _follower: follower, task })
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is left to show when the follower has ended: the last values, relied on by nobody.
fn ended(mut snapshot: ChainSnapshot, core: &Core) -> ChainSnapshot {
    let status = &mut snapshot.status;
    status.connection = Connection::Unreachable {
        since: status.read_at.unwrap_or_else(|| core.setup.clock.now()),
        notice: Notice {
            fault: Fault::CoreSilent,
            happened: "BitHedge has stopped following the chain.".to_owned(),
            means: "Your money is safe: it is on the chain, not in this window. Nothing here is kept up to date any more."
                .to_owned(),
            remedy: "Close BitHedge and open it again.".to_owned(),
            detail: "the task that follows the chain has ended".to_owned(),
        },
    };
    snapshot
}
