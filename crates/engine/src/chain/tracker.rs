//! Judges the connection: turns readings and failures into the status that is shown.
//!
//! No input or output and no clock of its own: a pure state machine, fed with moments.

use std::collections::BTreeMap;
use std::time::Duration;

use bithedge_ipc::{AccountBalance, ChainSnapshot, ChainStatus, Connection, Reorg};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::address::Address;

use super::notices::Situation;
use super::pace::Pace;
use super::reading::{Known, Reading, ReadingError};
use super::source::SourceError;
use crate::clock::Moment;

/// Failed connections in a row after which a node counts as gone: one may be a hiccup.
const FAILURES_UNTIL_UNREACHABLE: u32 = 2;
/// How many blocks are remembered by their hashes.
const MAX_HASHES: usize = 512;

/// A run of failures.
#[derive(Clone, Copy, Debug)]
struct Failures {
    first: Moment,
    count: u32,
}

/// The state of the connection to one chain.
#[derive(Debug)]
pub(super) struct Tracker {
    pace: Pace,
    endpoint: String,
    /// Whose balances are shown, in this order.
    accounts: Vec<Address>,
    /// Begin of the wait for a first reading.
    started: Moment,
    last: Option<(Moment, Reading)>,
    /// Hashes of the last reading's branch, as far as they were seen.
    hashes: BTreeMap<BlockHeight, String>,
    failures: Option<Failures>,
    /// What kept the latest reading from being complete, although the node answered.
    hindrance: Option<ReadingError>,
    /// Since when the node has been naming a lower tip than that of the last reading.
    behind: Option<Moment>,
    reorg: Option<(Moment, Reorg)>,
    connection: Connection,
    revision: u64,
}

impl Tracker {
    pub(super) fn new(at: Moment, endpoint: String, accounts: Vec<Address>) -> Self {
        Self {
            pace: Pace::LOCAL,
            endpoint,
            accounts,
            started: at,
            last: None,
            hashes: BTreeMap::new(),
            failures: None,
            hindrance: None,
            behind: None,
            reorg: None,
            connection: Connection::Starting,
            revision: 0,
        }
    }

    /// Other accounts are shown from now on. What they can spend is not known before the next reading.
    pub(super) fn watch(&mut self, accounts: Vec<Address>) {
        self.accounts = accounts;
    }

    pub(super) fn accounts(&self) -> &[Address] {
        &self.accounts
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// What the next reading builds on.
    pub(super) fn known(&self, at: Moment) -> Option<Known> {
        let accepts_lower = self
            .behind
            .zip(self.pace.lower_tip_accepted_after)
            .is_some_and(|(since, limit)| elapsed(since, at) >= limit);
        self.last.as_ref().map(|(_, reading)| Known {
            chain_id: reading.chain_id,
            tip: reading.tip.clone(),
            hashes: self.hashes.clone(),
            accepts_lower,
        })
    }

    /// A reading succeeded.
    pub(super) fn succeeded(&mut self, at: Moment, reading: Reading) {
        self.pace = Pace::of(reading.network);
        self.failures = None;
        self.hindrance = None;
        self.behind = None;
        if let Some(from) = reading.replaced {
            self.reorg = Some((at, Reorg { from, to: reading.tip.height, noticed: at.wall }));
        } else if self.reorg.is_some_and(|(noticed, _)| elapsed(noticed, at) >= self.pace.reorg_shown) {
            self.reorg = None;
        }
        self.remember(&reading);
        let tip_age = at.wall.since(reading.tip.time).unwrap_or_default();
        let is_synced = reading.is_synced != Some(false);
        self.last = Some((at, reading));
        self.connection = match self.pace.max_tip_age {
            _ if !is_synced => {
                Connection::Stale { since: self.problem_since(at), notice: self.situation().not_synced() }
            }
            Some(limit) if tip_age > limit => {
                Connection::Stale { since: self.problem_since(at), notice: self.situation().tip_old(tip_age) }
            }
            _ => Connection::Live,
        };
    }

    /// Keeps the hashes of the branch that a reading is of, and of no other.
    fn remember(&mut self, reading: &Reading) {
        let is_set_back = self.last.as_ref().is_some_and(|(_, last)| reading.tip.height < last.tip.height);
        if reading.replaced.is_some() || is_set_back {
            self.hashes.clear();
        }
        self.hashes.extend(reading.recent.iter().map(|block| (block.height, block.hash.clone())));
        while self.hashes.len() > MAX_HASHES {
            self.hashes.pop_first();
        }
    }

    /// A reading failed.
    pub(super) fn failed(&mut self, at: Moment, error: &ReadingError) {
        let notice = self.situation().failed(error);
        match error {
            ReadingError::TipMoved | ReadingError::IndexBehind { .. } => {
                self.failures = None;
                self.hindrance = Some(error.clone());
                self.overdue(at);
            }
            ReadingError::TipBehind { .. } => {
                self.failures = None;
                self.hindrance = Some(error.clone());
                self.behind.get_or_insert(at);
                self.connection = Connection::Stale { since: self.problem_since(at), notice };
            }
            ReadingError::ChainChanged { .. } => {
                self.count_failure(at);
                self.connection = Connection::Unreachable { since: self.problem_since(at), notice };
            }
            ReadingError::Source(cause) => {
                let failures = self.count_failure(at);
                let since = self.problem_since(failures.first);
                let is_gone = elapsed(failures.first, at) >= self.pace.unreachable_after
                    || (matches!(cause, SourceError::Unreachable(_))
                        && failures.count >= FAILURES_UNTIL_UNREACHABLE);
                // Once gone, only a complete reading brings it back.
                let was_gone = matches!(self.connection, Connection::Unreachable { .. });
                self.connection = if is_gone || was_gone {
                    Connection::Unreachable { since, notice }
                } else if self.last.is_some() {
                    Connection::Stale { since, notice }
                } else {
                    Connection::Starting
                };
            }
        }
    }

    /// A reading is still under way.
    pub(super) fn waiting(&mut self, at: Moment) {
        // A problem that is already told stays as it is until the reading ends.
        if self.failures.is_none() {
            self.overdue(at);
        }
    }

    /// The node is there, but there is no complete reading: it depends on for how long.
    fn overdue(&mut self, at: Moment) {
        let situation = self.situation();
        let notice = match &self.hindrance {
            // Told from the first moment, and until the node has caught up.
            Some(ReadingError::TipBehind { .. }) => return,
            Some(error) => situation.failed(error),
            None => situation.slow(String::new()),
        };
        // A node that is behind, or its index, is not gone: it answers, only what is shown gets older.
        let index_is_behind = matches!(self.hindrance, Some(ReadingError::IndexBehind { .. }));
        let answers = self.last.is_some() && (index_is_behind || self.behind.is_some());
        let from = self.last.as_ref().map_or(self.started, |(read, _)| *read);
        let age = elapsed(from, at);
        if age >= self.pace.unreachable_after && !answers {
            self.connection = Connection::Unreachable { since: self.problem_since(from), notice };
        } else if age >= self.pace.stale_after && self.last.is_some() {
            self.connection = Connection::Stale { since: self.problem_since(from), notice };
        }
    }

    fn count_failure(&mut self, at: Moment) -> Failures {
        let failures = match self.failures {
            Some(Failures { first, count }) => Failures { first, count: count.saturating_add(1) },
            None => Failures { first: at, count: 1 },
        };
        self.failures = Some(failures);
        failures
    }

    /// Since when there is a problem; `from` if it is new. One problem that takes several forms has one beginning.
    fn problem_since(&self, from: Moment) -> UnixSeconds {
        match self.connection {
            Connection::Stale { since, .. } | Connection::Unreachable { since, .. } => since,
            Connection::Starting | Connection::Live => from.wall,
        }
    }

    fn situation(&self) -> Situation<'_> {
        Situation { endpoint: &self.endpoint, has_values: self.last.is_some() }
    }

    /// What is to be shown now. Only the revision tells two equal ones apart.
    pub(super) fn snapshot(&self) -> ChainSnapshot {
        let last = self.last.as_ref();
        let balances = self.accounts.iter().map(|account| {
            let read = last.and_then(|(_, reading)| reading.balances.get(account));
            AccountBalance {
                address: account.to_string(),
                stx: read.map(|balances| balances.stx),
                sbtc: read.map(|balances| balances.sbtc),
            }
        });
        ChainSnapshot {
            revision: self.revision,
            status: ChainStatus {
                endpoint: Some(self.endpoint.clone()),
                network: last.map(|(_, reading)| reading.network),
                chain_id: last.map(|(_, reading)| reading.chain_id),
                tip: last.map(|(_, reading)| reading.tip.clone()),
                read_at: last.map(|(at, _)| at.wall),
                reorg: self.reorg.map(|(_, reorg)| reorg),
                connection: self.connection.clone(),
            },
            balances: balances.collect(),
        }
    }

    /// The next snapshot, with a revision of its own.
    pub(super) fn next_snapshot(&mut self) -> ChainSnapshot {
        self.revision = self.revision.saturating_add(1);
        self.snapshot()
    }
}

fn elapsed(from: Moment, to: Moment) -> Duration {
    to.elapsed.saturating_sub(from.elapsed)
}
