//! What concerned somebody.

use bithedge_protocol::{MicroStx, UnixSeconds};
use bithedge_stacks::{Address, Principal, Txid, Value};
use bithedge_suite::{Contract, SuiteEvent};

use super::{Snapshot, place};
use crate::block::{Call, Place, SuiteTransaction, TransactionOutcome};
use crate::error::{LedgerError, Trouble};
use crate::row::{Column, DamagedRow, image};
use crate::tables::{ActivityRow, BlockRow, EventRow, TransactionRow};

/// Something that concerned somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityEntry {
    /// Where in the chain.
    pub place: Place,
    /// When.
    pub time: UnixSeconds,
    /// The transaction.
    pub txid: Txid,
    /// Who sent it.
    pub sender: Address,
    /// The fee of the whole transaction, which its sender paid; it may stand in several entries.
    pub transaction_fee: MicroStx,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Something that a contract said.
    Event(Box<SuiteEvent>),
    /// A transaction without effect: only its fee was taken.
    Refused {
        /// Why.
        outcome: TransactionOutcome,
        /// What it called.
        call: Option<Call>,
        /// What it returned: `(err …)` with the contract's code.
        result: Value,
    },
}

/// Something that a contract said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Where in the chain.
    pub place: Place,
    /// When.
    pub time: UnixSeconds,
    /// What.
    pub event: SuiteEvent,
}

impl Snapshot<'_> {
    /// The newest events of a contract with a name, newest first. One that cannot be read is left out: it is an anomaly. It looks at
    /// every event that came later: for a page, not for every block.
    ///
    /// # Errors
    /// Those of storage.
    pub fn said(&self, contract: Contract, name: &str, count: u32) -> Result<Vec<Said>, LedgerError> {
        let rows = self.rows::<EventRow>(
            "WHERE contract = ? AND name = ? ORDER BY height DESC, tx DESC, event DESC LIMIT ?",
            &[contract.name().to_owned().to_sql(), name.to_owned().to_sql(), count.to_sql()],
        )?;
        let mut found = Vec::new();
        for row in rows {
            let decoded = Value::decode(&row.body).ok();
            let decoded = decoded.and_then(|value| SuiteEvent::decode(&row.contract, &value).ok());
            let Some(event) = decoded else { continue };
            let block = self.row::<BlockRow>(&(row.height,))?;
            let block =
                self.at(block.ok_or_else(|| Trouble::Inconsistent("an event without its block".to_owned())))?;
            let place = place(row.height, row.tx, row.event);
            found.push(Said { place, time: UnixSeconds::new(block.time), event });
        }
        Ok(found)
    }

    /// What concerned somebody, newest first. `before` is the place of the last entry of the page before.
    ///
    /// # Errors
    /// Those of storage.
    pub fn activity(
        &self,
        who: &Principal,
        before: Option<Place>,
        count: u32,
    ) -> Result<Vec<ActivityEntry>, LedgerError> {
        let before = before.map_or((i64::MAX.cast_unsigned(), u32::MAX, u32::MAX), |place| {
            (place.height.get(), place.transaction, place.event)
        });
        let rows = self.rows::<ActivityRow>(
            "WHERE who = ? AND (height, tx, event) < (?, ?, ?) ORDER BY height DESC, tx DESC, event DESC LIMIT ?",
            &[who.to_sql(), before.0.to_sql(), before.1.to_sql(), before.2.to_sql(), count.to_sql()],
        )?;
        rows.iter().map(|row| self.entry(row)).collect()
    }

    fn entry(&self, row: &ActivityRow) -> Result<ActivityEntry, LedgerError> {
        let lost = || Trouble::Inconsistent("an entry of the activity has lost its event".to_owned());
        let transaction = self.row::<TransactionRow>(&(row.height, row.tx))?;
        let transaction = self.at(transaction.ok_or_else(lost))?;
        let block = self.at(self.row::<BlockRow>(&(row.height,))?.ok_or_else(lost))?;
        let read = self.at(read_transaction(transaction))?;
        let what = if row.refused {
            What::Refused { outcome: read.outcome, call: read.call, result: read.result }
        } else {
            let event = self.row::<EventRow>(&(row.height, row.tx, row.event))?;
            let event = self.at(event.ok_or_else(lost))?;
            let decoded = Value::decode(&event.body)
                .ok()
                .and_then(|value| SuiteEvent::decode(&event.contract, &value).ok());
            What::Event(Box::new(self.at(decoded.ok_or_else(lost))?))
        };
        Ok(ActivityEntry {
            place: place(row.height, row.tx, row.event),
            time: UnixSeconds::new(block.time),
            txid: read.txid,
            sender: read.sender,
            transaction_fee: read.fee,
            what,
        })
    }

    /// A transaction of the suite, without what it printed, and the height of its block.
    ///
    /// # Errors
    /// Those of storage.
    pub fn transaction(&self, txid: Txid) -> Result<Option<(u64, SuiteTransaction)>, LedgerError> {
        let row = self.rows::<TransactionRow>("WHERE txid = ?", &[txid.0.to_sql()])?.pop();
        row.map(|row| Ok((row.height, self.at(read_transaction(row))?))).transpose()
    }
}

fn read_transaction(row: TransactionRow) -> Result<SuiteTransaction, Trouble> {
    parse(row).ok_or(DamagedRow { table: "transactions" }.into())
}

fn parse(row: TransactionRow) -> Option<SuiteTransaction> {
    let outcome = match row.outcome {
        0 => TransactionOutcome::Success,
        1 => TransactionOutcome::AbortedByResponse,
        2 => TransactionOutcome::AbortedByPostCondition,
        _ => return None,
    };
    let call = match (row.contract, row.function) {
        (Some(Principal::Contract(contract)), Some(function)) => {
            let mut arguments = Vec::new();
            let mut rest = row.arguments.as_slice();
            while !rest.is_empty() {
                let size = u32::from_be_bytes(image::take(&mut rest, 4)?.try_into().ok()?);
                let bytes = image::take(&mut rest, usize::try_from(size).ok()?)?;
                arguments.push(Value::decode(bytes).ok()?);
            }
            Some(Call { contract, function, arguments })
        }
        (None, None) => None,
        _ => return None,
    };
    Some(SuiteTransaction {
        txid: Txid(row.txid),
        index: row.tx,
        sender: row.sender.address(),
        fee: MicroStx::new(row.fee),
        outcome,
        result: Value::decode(&row.result).ok()?,
        call,
        prints: Vec::new(),
    })
}
