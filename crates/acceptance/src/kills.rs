//! kill -9, to the core and to the devnet in turn, whatever they are doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::process::Child;
use tokio::sync::Mutex;

use crate::link::Core;
use crate::process::{self, DevnetProcess};

/// Between two kills, at most.
const LONGEST_PAUSE_MS: u64 = 8_000;
/// One kill in so many comes while the last victim is still starting.
const SOON: u64 = 5;

/// How often which was killed.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    core: AtomicU64,
    devnet: AtomicU64,
}

impl Kills {
    pub(crate) fn all(&self) -> u64 {
        self.core() + self.devnet()
    }

    pub(crate) fn core(&self) -> u64 {
        self.core.load(Ordering::Relaxed)
    }

    pub(crate) fn devnet(&self) -> u64 {
        self.devnet.load(Ordering::Relaxed)
    }
}

/// The devnet that runs at the moment; it is never away for longer than it takes to start.
pub(crate) type RunningDevnet = Arc<Mutex<Option<Child>>>;

/// Kills until there were so many. The core is started again by whoever asks it next.
///
/// # Errors
/// If the devnet does not come back.
pub(crate) async fn kill_now_and_then(
    most: u64,
    kills: &Kills,
    core: &Core,
    process: &DevnetProcess,
    running: &RunningDevnet,
    random: &mut fastrand::Rng,
) -> Result<()> {
    while kills.all() < most {
        let longest = if random.u64(..SOON) == 0 { 400 } else { LONGEST_PAUSE_MS };
        tokio::time::sleep(Duration::from_millis(random.u64(..longest))).await;
        if kills.all().is_multiple_of(2) {
            if core.kill()? {
                kills.core.fetch_add(1, Ordering::Relaxed);
            }
        } else {
            let mut slot = running.lock().await;
            if let Some(mut child) = slot.take() {
                process::kill(&mut child).await?;
                kills.devnet.fetch_add(1, Ordering::Relaxed);
            }
            *slot = Some(process.start().await?);
        }
    }
    Ok(())
}
