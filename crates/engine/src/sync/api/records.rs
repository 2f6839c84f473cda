//! What the API says of a transaction, as the ledger wants it.

use bithedge_ledger::{Call, Print, SuiteTransaction, TransactionOutcome};
use bithedge_protocol::MicroStx;
use bithedge_stacks::client::{
    EventKind, Inclusion, MOST_EVENTS, Outcome, TransactionKind, TransactionRecord, TransactionStatus,
};
use bithedge_stacks::{ClientError, Txid};

use super::{ApiFeed, Found, gather, portions};
use crate::sync::feed::FeedError;

/// How many transactions are asked for at once: with more, the address gets too long for some servers.
const IDS_AT_ONCE: usize = 40;

/// Where a transaction is, if it is in the chain.
pub(super) fn inclusion(record: &TransactionRecord) -> Result<&Inclusion, FeedError> {
    match &record.status {
        TransactionStatus::Included(inclusion) if inclusion.canonical => Ok(inclusion),
        _ => Err(FeedError::moved(format!("{} is not in the chain any more", record.txid))),
    }
}

impl ApiFeed {
    /// Whether a transaction is a call of the suite.
    pub(super) fn is_call(&self, record: &TransactionRecord) -> bool {
        matches!(&record.kind, TransactionKind::ContractCall { contract, .. } if self.which(contract).is_some())
    }

    /// Whether a transaction belongs to a block as the ledger wants it: a contract of the suite printed something in it, or it is
    /// a call of the suite that was refused. Its events have to be all there.
    pub(super) fn concerns(&self, record: &TransactionRecord) -> Result<bool, FeedError> {
        let inclusion = inclusion(record)?;
        if inclusion.outcome != Outcome::Success {
            return Ok(self.is_call(record));
        }
        Ok(inclusion.events.iter().any(
            |event| matches!(&event.kind, EventKind::Print { contract, .. } if self.which(contract).is_some()),
        ))
    }

    /// A transaction with all its events.
    pub(super) fn found(record: TransactionRecord) -> Result<Found, FeedError> {
        let TransactionRecord { txid, sender, fee, kind, status, .. } = record;
        let TransactionStatus::Included(inclusion) = status else {
            return Err(FeedError::moved(format!("{txid} is not in the chain any more")));
        };
        let Inclusion { block, index, outcome, result, events, .. } = *inclusion;
        let is_done = outcome == Outcome::Success;
        let prints = events
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Print { contract, value, .. } if is_done => Some((contract, event.index, value)),
                _ => None,
            })
            .map(|(contract, index, value)| {
                let index = u32::try_from(index)
                    .map_err(|_| FeedError::contradiction(format!("{txid} has an event {index}")))?;
                Ok(Print { contract, index, value })
            })
            .collect::<Result<_, FeedError>>()?;
        let call = match kind {
            TransactionKind::ContractCall { contract, function, arguments } => {
                Some(Call { contract, function: function.to_string(), arguments })
            }
            _ => None,
        };
        let transaction = SuiteTransaction {
            txid,
            index,
            sender,
            fee: MicroStx::new(fee.micro().into()),
            outcome: match outcome {
                Outcome::Success => TransactionOutcome::Success,
                Outcome::AbortedByResponse => TransactionOutcome::AbortedByResponse,
                Outcome::AbortedByPostCondition => TransactionOutcome::AbortedByPostCondition,
            },
            result,
            call,
            prints,
        };
        Ok(Found { height: block.height, block: block.hash, time: block.time, transaction })
    }

    /// Transactions of the chain, each with all its events.
    pub(super) async fn whole(&self, ids: Vec<Txid>) -> Result<Vec<TransactionRecord>, FeedError> {
        let jobs = portions(&ids, IDS_AT_ONCE).into_iter().map(|ids| {
            let feed = self.clone();
            async move { feed.portion(ids).await }
        });
        Ok(gather(jobs).await?.into_iter().flatten().collect())
    }

    /// Anybody can make a transaction whose events are longer than what is read of one answer. So if an answer cannot be used,
    /// less is asked for at once, before that is an error.
    async fn portion(&self, ids: Vec<Txid>) -> Result<Vec<TransactionRecord>, FeedError> {
        let mut whole = Vec::with_capacity(ids.len());
        let mut waiting = vec![(ids, MOST_EVENTS)];
        while let Some((ids, events)) = waiting.pop() {
            match self.at_once(&ids, events).await {
                Ok(records) => whole.extend(records),
                Err(FeedError::Client(ClientError::Malformed { .. })) if ids.len() > 1 => {
                    let (some, others) = ids.split_at(ids.len() / 2);
                    waiting.extend([(some.to_vec(), events), (others.to_vec(), events)]);
                }
                Err(FeedError::Client(ClientError::Malformed { .. })) if events > 1 => {
                    waiting.push((ids, (events / 10).max(1)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(whole)
    }

    /// Transactions with all their events, so many events a request.
    async fn at_once(&self, ids: &[Txid], events: u64) -> Result<Vec<TransactionRecord>, FeedError> {
        let records = self.0.client.transactions(ids, events, 0).await?;
        let mut whole = Vec::with_capacity(ids.len());
        for (id, record) in ids.iter().zip(records) {
            let mut record = record.ok_or_else(|| FeedError::moved(format!("{id} is gone")))?;
            self.complete(&mut record, events).await?;
            whole.push(record);
        }
        Ok(whole)
    }

    /// Reads what is missing of a transaction's events.
    async fn complete(&self, record: &mut TransactionRecord, at_once: u64) -> Result<(), FeedError> {
        let txid = record.txid;
        let first = inclusion(record)?;
        if first.outcome != Outcome::Success {
            return Ok(());
        }
        let (block, count) = (first.block, first.event_count);
        let mut events = first.events.clone();
        while (events.len() as u64) < count {
            let from = events.len() as u64;
            if !from.is_multiple_of(at_once) {
                let what = format!("{txid} has {count} events, and {from} of them are shown");
                return Err(FeedError::Contradiction(what));
            }
            let more = self.0.client.transactions(&[txid], at_once, from).await?.pop().flatten();
            let more = more.ok_or_else(|| FeedError::moved(format!("{txid} is gone")))?;
            let more = inclusion(&more)?;
            if more.block != block {
                return Err(FeedError::moved(format!("{txid} is in another block now")));
            }
            if more.events.is_empty() {
                let what = format!("{txid} has {count} events, and {from} of them are shown");
                return Err(FeedError::Contradiction(what));
            }
            events.extend(more.events.iter().cloned());
        }
        if events.len() as u64 != count || !events.is_sorted_by(|one, next| one.index < next.index) {
            return Err(FeedError::contradiction(format!("the events of {txid} are not in order")));
        }
        if let TransactionStatus::Included(inclusion) = &mut record.status {
            inclusion.events = events;
        }
        Ok(())
    }
}
