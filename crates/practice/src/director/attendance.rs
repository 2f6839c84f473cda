//! Reporters and keeper at work by themselves, whenever nobody directs.

use std::sync::Arc;
use std::time::Duration;

use bithedge_deploy::sender::Blocks;
use tokio::sync::{Mutex, watch};

use crate::feed::Feed;
use crate::keeper::Keeper;

/// Looks again and again whether prices are to be reported. Whoever directs interrupts it at once.
pub(crate) async fn attend_feed(
    feed: Arc<Mutex<Feed>>,
    mut directed: watch::Receiver<bool>,
    every: Duration,
) {
    loop {
        tokio::time::sleep(every).await;
        if directed.wait_for(|directed| !directed).await.is_err() {
            return;
        }
        let look = async {
            if let Err(error) = feed.lock().await.look().await {
                tracing::debug!(%error, "no price was reported");
            }
        };
        tokio::select! {
            _ = directed.wait_for(|directed| *directed) => {}
            () = look => {}
        }
    }
}

/// Looks again and again whether something is due. Whoever directs interrupts it at once: it reads from the chain what there is to
/// do, so nothing is lost.
pub(crate) async fn attend_keeper(
    keeper: Arc<Mutex<Keeper>>,
    blocks: Blocks,
    mut directed: watch::Receiver<bool>,
    every: Duration,
) {
    loop {
        tokio::time::sleep(every).await;
        if directed.wait_for(|directed| !directed).await.is_err() {
            return;
        }
        let look = async {
            let mut keeper = keeper.lock().await;
            keeper.set_blocks(blocks.clone());
            match keeper.look().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "the keeper did what was due"),
                Err(error) => tracing::debug!(%error, "the keeper did not get everything done"),
            }
        };
        tokio::select! {
            _ = directed.wait_for(|directed| *directed) => {}
            () = look => {}
        }
    }
}
