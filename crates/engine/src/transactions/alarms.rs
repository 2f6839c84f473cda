//! What a person has to look at: a transaction that did something else than was approved, or of which nobody here knows what was
//! approved. It is written down with the transaction, stays whatever a node says later, and ends by being acknowledged.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::transaction::Txid;
use serde::{Deserialize, Serialize};

use super::core::Core;
use super::entry::Entry;
use super::journal::JournalError;
use super::receipt::Alarm;
use super::status::{InBlock, Purpose, TransactionId};

/// What is said of a transaction that has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "statement", rename_all = "snake_case")]
pub enum Statement {
    /// By what a node tells of a block, it did something else than was approved. The keeper signs nothing on this network until it is
    /// acknowledged.
    Differs {
        /// The difference.
        alarm: Alarm,
        /// The block that it is told of.
        block: InBlock,
    },
    /// It waited, and the journal did not know it: what was approved is unknown, and it may be the very wish that is asked for next. As
    /// long as it is under way, nothing new is drafted for its account until it is acknowledged.
    Unknown,
}

/// What one statement about one transaction is named by when it is acknowledged: the hash (SHA-512/256) of both. Another amount,
/// another block or another transaction is another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmDigest(pub [u8; 32]);

impl AlarmDigest {
    fn of(txid: Txid, statement: &Statement) -> Self {
        let mut bytes = b"bithedge alarm 1".to_vec();
        bytes.extend(txid.0);
        // The text has the order of the fields. Should a later version write it otherwise, the same is raised again, which is the safe side.
        bytes.extend(serde_json::to_vec(statement).unwrap_or_else(|error| error.to_string().into_bytes()));
        Self(Txid::of(&bytes).0)
    }
}

impl fmt::Display for AlarmDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Txid(self.0).fmt(out)
    }
}

impl fmt::Debug for AlarmDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AlarmDigest({self})")
    }
}

/// A text that names no alarm: 64 hexadecimal digits do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no alarm: it has to be 64 hexadecimal digits")]
pub struct NoAlarmDigest(pub String);

impl FromStr for AlarmDigest {
    type Err = NoAlarmDigest;

    fn from_str(text: &str) -> Result<Self, NoAlarmDigest> {
        text.parse::<Txid>().map(|hash| Self(hash.0)).map_err(|_| NoAlarmDigest(text.to_owned()))
    }
}

/// A statement about a transaction, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Its name.
    pub digest: AlarmDigest,
    /// What is said.
    pub statement: Statement,
    /// When it was seen first, by this computer's clock.
    pub seen_at: UnixSeconds,
    /// When a person acknowledged it; `None` if nobody has.
    pub acknowledged_at: Option<UnixSeconds>,
}

/// A statement that nobody has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlarm {
    /// Its name.
    pub digest: AlarmDigest,
    /// Which transaction.
    pub transaction: TransactionId,
    /// The transaction's identity on the chain, to look it up elsewhere.
    pub txid: Txid,
    /// Whose.
    pub account: Address,
    /// What is said.
    pub statement: Statement,
    /// When it was seen first, by this computer's clock.
    pub seen_at: UnixSeconds,
    /// Whether it is what was told last: a node that tells something else later takes nothing back.
    pub is_still_told: bool,
}

impl OpenAlarm {
    /// Whether it is a difference between what was approved and what happened: then the keeper signs nothing on this network.
    #[must_use]
    pub const fn is_difference(&self) -> bool {
        matches!(self.statement, Statement::Differs { .. })
    }
}

/// Why nothing was acknowledged. Nothing changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcknowledgeError {
    /// There is no such transaction, or nothing about it to acknowledge.
    #[error("there is nothing to acknowledge about transaction {0}")]
    Nothing(TransactionId),
    /// What is open about the transaction is not what was named: look at it again.
    #[error(
        "what there is to acknowledge about transaction {transaction} is not what was shown, so nothing was acknowledged: {} open",
        .open.len()
    )]
    Changed {
        /// The transaction.
        transaction: TransactionId,
        /// What is open by now.
        open: Vec<OpenAlarm>,
    },
    /// It could not be written down.
    #[error("it could not be written down, so it was not acknowledged: {0}")]
    Journal(#[from] JournalError),
}

impl Entry {
    /// What holds of it now and has to be looked at.
    fn statements(&self) -> Vec<Statement> {
        if self.approved.purpose == Purpose::Recovered {
            let is_told = self.status.is_under_way();
            return is_told.then_some(Statement::Unknown).into_iter().collect();
        }
        let (Some(receipt), Some(block)) = (&self.receipt, self.status.block()) else { return Vec::new() };
        receipt.alarms.iter().map(|alarm| Statement::Differs { alarm: alarm.clone(), block }).collect()
    }

    /// Takes in what holds of it now and has to be looked at. Gives whether something of it was not known.
    pub(super) fn raise(&mut self, now: UnixSeconds) -> bool {
        let known = self.alarms.len();
        for statement in self.statements() {
            let digest = AlarmDigest::of(self.txid, &statement);
            if self.alarms.iter().all(|raised| raised.digest != digest) {
                self.alarms.push(Raised { digest, statement, seen_at: now, acknowledged_at: None });
            }
        }
        self.alarms.len() > known
    }

    /// What nobody has acknowledged. What was only found is of no more concern once it is mined, replaced or given up: then it is
    /// known what became of it.
    #[must_use]
    pub fn open_alarms(&self) -> Vec<OpenAlarm> {
        let told = self.statements();
        let is_open = |raised: &&Raised| {
            raised.acknowledged_at.is_none()
                && (raised.statement != Statement::Unknown || self.status.is_under_way())
        };
        let open = |raised: &Raised| OpenAlarm {
            digest: raised.digest,
            transaction: self.id,
            txid: self.txid,
            account: self.account,
            statement: raised.statement.clone(),
            seen_at: raised.seen_at,
            is_still_told: told.contains(&raised.statement),
        };
        self.alarms.iter().filter(is_open).map(open).collect()
    }

    /// Whether it was only found, waits, and nobody has said that it was looked at.
    pub(super) fn is_unknown(&self) -> bool {
        self.open_alarms().iter().any(|open| !open.is_difference())
    }
}

impl Core {
    /// What nobody has acknowledged, of all accounts, in the order of the transactions.
    pub(super) fn open_alarms(&mut self) -> Result<Vec<OpenAlarm>, JournalError> {
        Ok(self.store.alarmed()?.iter().flat_map(Entry::open_alarms).collect())
    }

    /// Writes down that a person has looked at what is named, which has to be exactly what is open about the transaction.
    pub(super) fn acknowledge(
        &mut self,
        id: TransactionId,
        digests: &BTreeSet<AlarmDigest>,
        now: UnixSeconds,
    ) -> Result<(), AcknowledgeError> {
        let entry = match self.entries.get(&id) {
            Some(entry) => Some(entry.clone()),
            None => self.store.entry(id)?,
        };
        let open = entry.map(|entry| entry.open_alarms()).unwrap_or_default();
        if open.is_empty() {
            return Err(AcknowledgeError::Nothing(id));
        }
        if open.iter().map(|alarm| alarm.digest).collect::<BTreeSet<_>>() != *digests {
            return Err(AcknowledgeError::Changed { transaction: id, open });
        }
        self.store.acknowledge(id, digests, now)?;
        if let Some(entry) = self.entries.get_mut(&id) {
            for raised in entry.alarms.iter_mut().filter(|raised| digests.contains(&raised.digest)) {
                raised.acknowledged_at = Some(now);
            }
        }
        Ok(())
    }
}
