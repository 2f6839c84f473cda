//! The task that follows the chain.

use std::sync::Arc;
use std::time::Duration;

use bithedge_ipc::ChainSnapshot;
use bithedge_stacks::address::Address;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use super::reading::{self, Reading, ReadingError};
use super::source::{ChainSource, SourceError};
use super::tracker::Tracker;
use crate::clock::{Clock, Moment};

/// How often the status is judged anew while a reading is under way.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Follows one chain and publishes what it sees.
///
/// Each published snapshot is of one tip. When the chain cannot be read, the last values stay, and the connection's
/// state says since when and why. Dropping the follower ends it.
#[derive(Debug)]
pub struct ChainFollower {
    snapshots: watch::Receiver<ChainSnapshot>,
    retry: Arc<Notify>,
    task: JoinHandle<()>,
}

impl ChainFollower {
    /// Starts to follow on the current Tokio runtime. `accounts` says whose balances are read; those of others are read as soon as it
    /// says so.
    pub fn start(
        source: impl ChainSource,
        accounts: watch::Receiver<Vec<Address>>,
        clock: impl Clock,
    ) -> Self {
        let started = Instant::now();
        let first = accounts.borrow().clone();
        let begun = Moment { wall: clock.now(), elapsed: Duration::ZERO };
        let tracker = Tracker::new(begun, source.endpoint(), first);
        let (publish, snapshots) = watch::channel(tracker.snapshot());
        let retry = Arc::new(Notify::new());
        let retried = Arc::clone(&retry);
        let follower = Following { clock, started, tracker, publish, retry: retried, accounts };
        let task = tokio::spawn(follower.run(source));
        Self { snapshots, retry, task }
    }

    /// The latest snapshot and every later one.
    #[must_use]
    pub fn snapshots(&self) -> watch::Receiver<ChainSnapshot> {
        self.snapshots.clone()
    }

    /// Does not wait for the next interval.
    pub fn retry_now(&self) {
        self.retry.notify_one();
    }
}

impl Drop for ChainFollower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task's own side.
struct Following<C> {
    clock: C,
    started: Instant,
    tracker: Tracker,
    publish: watch::Sender<ChainSnapshot>,
    retry: Arc<Notify>,
    accounts: watch::Receiver<Vec<Address>>,
}

impl<C: Clock> Following<C> {
    async fn run(mut self, source: impl ChainSource) {
        tracing::info!(endpoint = source.endpoint(), "following the chain");
        loop {
            let begun = Instant::now();
            let accounts = self.accounts.borrow_and_update().clone();
            self.tracker.watch(accounts);
            match self.read(&source).await {
                Ok(reading) => {
                    tracing::trace!(height = reading.tip.height.get(), "chain read");
                    self.tracker.succeeded(self.now(), reading);
                }
                Err(error) => {
                    tracing::debug!(%error, "chain not read");
                    self.tracker.failed(self.now(), &error);
                }
            }
            self.publish();
            let next = begun + self.tracker.pace().interval;
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = self.retry.notified() => {}
                () = others(&mut self.accounts) => {}
            }
        }
    }

    /// Reads the chain once. Meanwhile the status keeps ageing, so that a node that hangs does not look alive.
    async fn read<S: ChainSource>(&mut self, source: &S) -> Result<Reading, ReadingError> {
        let known = self.tracker.known(self.now());
        let accounts = self.tracker.accounts().to_vec();
        let limit = self.tracker.pace().unreachable_after;
        let reading = tokio::time::timeout(limit, reading::read(source, known.as_ref(), &accounts));
        tokio::pin!(reading);
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                answer = &mut reading => {
                    return answer.unwrap_or_else(|_| {
                        let limit = format!("a complete reading took more than {} s", limit.as_secs());
                        Err(SourceError::TimedOut(limit).into())
                    });
                }
                _ = heartbeat.tick() => {
                    self.tracker.waiting(self.now());
                    self.publish();
                }
            }
        }
    }

    fn now(&self) -> Moment {
        Moment { wall: self.clock.now(), elapsed: self.started.elapsed() }
    }

    /// Publishes what is to be shown, unless it is what is shown already.
    fn publish(&mut self) {
        let is_same = *self.publish.borrow() == self.tracker.snapshot();
        if !is_same {
            self.publish.send_replace(self.tracker.next_snapshot());
        }
    }
}

/// Ends when other accounts are to be shown; never, once nobody can say so any more.
async fn others(accounts: &mut watch::Receiver<Vec<Address>>) {
    if accounts.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
