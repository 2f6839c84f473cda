//! What was told, and what is remembered of the observation before.

use std::collections::BTreeMap;

use bithedge_ipc::{BucketRef, Notification};
use bithedge_protocol::{Seconds, TokenAmount, UnixSeconds};
use serde::{Deserialize, Serialize};

/// How many notifications are kept.
const RECENT: usize = 200;
/// How many transactions are remembered.
const TRANSACTIONS: usize = 1_000;
/// How many accounts are remembered.
const ACCOUNTS: usize = 64;

/// A state that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// How bad it was, where there are degrees.
    pub(super) level: u8,
    /// Since when it has ended, if it has.
    pub(super) cleared: Option<UnixSeconds>,
}

/// A deposit that waited when it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) amount: TokenAmount,
    pub(super) at: UnixSeconds,
}

/// What is remembered of a provider's place in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// What exits had paid.
    pub(super) proceeds: TokenAmount,
    /// Deposits that waited, by epoch.
    pub(super) waiting: BTreeMap<u64, Seen>,
    /// The epochs whose deposits were told of.
    pub(super) taken: Vec<u64>,
}

/// What an account was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccountMemory {
    /// Whether it was observed with books that are those of now: what they said then is no news afterwards.
    pub(super) is_begun: bool,
    /// When it was last observed.
    pub(super) seen: UnixSeconds,
    /// States, by what they are of.
    pub(super) states: BTreeMap<String, Told>,
    /// Buckets.
    #[serde(with = "pairs")]
    pub(super) buckets: BTreeMap<BucketRef, Place>,
}

/// What became of a transaction, as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToldOutcome {
    Confirmed,
    Cancelled,
    Failed,
    Reverted,
    Open,
    Displaced,
}

/// A transaction that was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldTransaction {
    pub(super) outcome: Option<ToldOutcome>,
    pub(super) alarmed: bool,
    /// In the order of the telling.
    pub(super) order: u64,
}

/// A notification, and whether it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) notification: Notification,
    pub(super) delivered: bool,
}

/// Everything that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// The number of the next notification; 0 of a memory that never told anything.
    pub(super) next: u64,
    /// When the newest price that was read was accepted, and the age from which the oracle gives no price.
    pub(super) price: Option<(UnixSeconds, Seconds)>,
    /// What concerns all accounts.
    pub(super) shared: BTreeMap<String, Told>,
    pub(super) accounts: BTreeMap<String, AccountMemory>,
    pub(super) transactions: BTreeMap<String, ToldTransaction>,
    /// The order of the next transaction.
    pub(super) order: u64,
    /// Newest last.
    pub(super) recent: Vec<Kept>,
}

impl Memory {
    /// Without the times that change with every block: if nothing else has changed, there is nothing to write down.
    pub(super) fn essence(&self) -> Self {
        let mut essence = self.clone();
        essence.price = None;
        for account in essence.accounts.values_mut() {
            account.seen = UnixSeconds::default();
            for place in account.buckets.values_mut() {
                for seen in place.waiting.values_mut() {
                    seen.at = UnixSeconds::default();
                }
            }
        }
        essence
    }

    /// Keeps it within its bounds, however long the application runs.
    pub(super) fn prune(&mut self) {
        let surplus = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..surplus);
        while self.transactions.len() > TRANSACTIONS {
            let oldest = self.transactions.iter().min_by_key(|(_, told)| told.order);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            self.transactions.remove(&key);
        }
        while self.accounts.len() > ACCOUNTS {
            let oldest = self.accounts.iter().min_by_key(|(_, account)| account.seen);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            self.accounts.remove(&key);
        }
    }
}

/// How long ago, if at all: a chain that was reorganised may be at an earlier time.
pub(super) fn elapsed(now: UnixSeconds, then: UnixSeconds) -> Seconds {
    now.since(then).unwrap_or(Seconds::ZERO)
}

/// A map whose keys are no text, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use bithedge_ipc::BucketRef;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Place;

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<BucketRef, Place>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<BucketRef, Place>, D::Error> {
        Ok(Vec::<(BucketRef, Place)>::deserialize(deserializer)?.into_iter().collect())
    }
}
