//! What a block holds, as rows.

use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::Contract;
use rusqlite::Connection;

use crate::block::{BlockHeader, ChainBlock, Place, Print, SuiteTransaction, TransactionOutcome};
use crate::error::Trouble;
use crate::project::{self, Context};
use crate::row::Column;
use crate::tables::{ActivityRow, BlockRow, EventRow, TransactionRow};
use crate::work::{Work, add, fetch, select};

impl BlockRow {
    pub(crate) const fn header(&self) -> BlockHeader {
        BlockHeader {
            height: BlockHeight::new(self.height),
            hash: BlockHash(self.hash),
            parent: BlockHash(self.parent),
            time: UnixSeconds::new(self.time),
        }
    }
}

/// Whether a block of this height and hash was stored with just this content.
pub(crate) fn has_content(
    connection: &Connection,
    block: &ChainBlock,
    deployer: Address,
) -> Result<bool, Trouble> {
    let header = &block.header;
    let height = [header.height.get().to_sql()];
    let stored = fetch::<BlockRow>(connection, &(header.height.get(),))?;
    if stored.is_none_or(|stored| stored.header() != *header) {
        return Ok(false);
    }
    let transactions = select::<TransactionRow>(connection, "WHERE height = ? ORDER BY tx", &height)?;
    if !block.transactions.iter().map(|one| transaction_row(header, one)).eq(transactions) {
        return Ok(false);
    }
    let events = select::<EventRow>(connection, "WHERE height = ? ORDER BY tx, event", &height)?;
    let delivered = block.transactions.iter().flat_map(|transaction| {
        prints(transaction, deployer).map(|(contract, print)| event_row(header, transaction, contract, print))
    });
    Ok(delivered.eq(events))
}

/// Transactions and events in rising order.
pub(crate) fn check_order(block: &ChainBlock) -> Result<(), String> {
    if i64::try_from(block.header.height.get()).is_err() {
        return Err("its height is beyond any chain's".to_owned());
    }
    if !block.transactions.is_sorted_by(|one, next| one.index < next.index) {
        return Err("its transactions are not in order".to_owned());
    }
    let is_in_order =
        |one: &&SuiteTransaction| one.prints.is_sorted_by(|print, next| print.index < next.index);
    match block.transactions.iter().find(|one| !is_in_order(one)) {
        Some(one) => Err(format!("the events of {} are not in order", one.txid)),
        None => Ok(()),
    }
}

pub(crate) fn write_block(
    connection: &Connection,
    work: &mut Work<'_>,
    block: &ChainBlock,
    deployer: Address,
) -> Result<u32, Trouble> {
    let header = &block.header;
    add(
        connection,
        &BlockRow {
            height: header.height.get(),
            hash: header.hash.0,
            parent: header.parent.0,
            time: header.time.get(),
        },
    )?;
    let mut anomalies = 0;
    for transaction in &block.transactions {
        write_transaction(connection, header, transaction)?;
        for (contract, print) in prints(transaction, deployer) {
            let place = Place { height: header.height, transaction: transaction.index, event: print.index };
            add(connection, &event_row(header, transaction, contract, print))?;
            let context = Context { connection, place, time: header.time.get(), deployer };
            anomalies += u32::from(!project::apply(work, &context, contract.name(), &print.value)?);
        }
    }
    Ok(anomalies)
}

/// What of a transaction the suite said: nothing if it had no effect.
fn prints(transaction: &SuiteTransaction, deployer: Address) -> impl Iterator<Item = (Contract, &Print)> {
    let is_done = transaction.outcome == TransactionOutcome::Success;
    transaction
        .prints
        .iter()
        .filter(move |one| is_done && one.contract.issuer == deployer)
        .filter_map(|print| Some((Contract::by_name(print.contract.name.as_str())?, print)))
}

fn event_row(
    header: &BlockHeader,
    transaction: &SuiteTransaction,
    contract: Contract,
    print: &Print,
) -> EventRow {
    let name = print.value.field("event").and_then(Value::as_ascii).unwrap_or_default();
    EventRow {
        height: header.height.get(),
        tx: transaction.index,
        event: print.index,
        contract: contract.name().to_owned(),
        name: name.to_owned(),
        body: print.value.encode(),
    }
}

fn transaction_row(header: &BlockHeader, transaction: &SuiteTransaction) -> TransactionRow {
    let call = transaction.call.as_ref();
    let mut arguments = Vec::new();
    for argument in call.into_iter().flat_map(|call| &call.arguments) {
        let bytes = argument.encode();
        arguments.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        arguments.extend_from_slice(&bytes);
    }
    let outcome = match transaction.outcome {
        TransactionOutcome::Success => 0,
        TransactionOutcome::AbortedByResponse => 1,
        TransactionOutcome::AbortedByPostCondition => 2,
    };
    TransactionRow {
        height: header.height.get(),
        tx: transaction.index,
        txid: transaction.txid.0,
        sender: Principal::Standard(transaction.sender),
        fee: transaction.fee.base_units(),
        outcome,
        result: transaction.result.encode(),
        contract: call.map(|call| Principal::Contract(call.contract.clone())),
        function: call.map(|call| call.function.clone()),
        arguments,
    }
}

fn write_transaction(
    connection: &Connection,
    header: &BlockHeader,
    transaction: &SuiteTransaction,
) -> Result<(), Trouble> {
    let row = transaction_row(header, transaction);
    add(connection, &row)?;
    if transaction.outcome != TransactionOutcome::Success {
        let row = ActivityRow {
            who: row.sender,
            height: header.height.get(),
            tx: transaction.index,
            event: 0,
            refused: true,
        };
        add(connection, &row)?;
    }
    Ok(())
}
