//! Executing transactions and making blocks of them.

use bithedge_stacks::transaction::ClarityVersion;
use bithedge_stacks::{Payload, Transaction, Value};

use super::mempool::Pending;
use super::post_conditions::{self, Movements};
use super::receipts::PackedEvents;
use super::{Chain, Receipt, Status};
use crate::accounts::MINER;
use crate::journal::{Aborted, Mined};
use bithedge_vm::Tip;
use bithedge_vm::VmError;
use bithedge_vm::steps::Step;
use bithedge_vm::wire::{RawEvent as Event, RawOutcome as Outcome};

/// How many transactions one block takes: enough for any burst, little enough that readers do not wait for long.
const BLOCK_CAPACITY: usize = 250;
/// The consensus encoding of `(err none)`: what a transaction that stopped the VM answers.
const ERR_NONE: &str = "0x0809";
/// The consensus encoding of `(ok true)`.
const OK_TRUE: &str = "0x0703";

/// A block that was made.
#[derive(Debug, Default)]
pub(crate) struct Produced {
    /// What it includes, for the journal.
    pub(crate) txs: Vec<Mined>,
    /// Digest of the receipts.
    pub(crate) digest: String,
}

/// Why producing a block failed, and on which transaction.
#[derive(Debug)]
pub(crate) struct ProduceError {
    /// The transaction that was being executed, if any.
    pub(crate) txid: Option<[u8; 32]>,
    /// The failure.
    pub(crate) source: VmError,
}

impl From<VmError> for ProduceError {
    fn from(source: VmError) -> Self {
        Self { txid: None, source }
    }
}

/// How one transaction went.
struct Executed {
    status: Status,
    result: String,
    error: Option<String>,
    events: Vec<Event>,
    aborted: Option<Aborted>,
}

impl Executed {
    fn standing(result: String, events: Vec<Event>) -> Self {
        Self { status: Status::Success, result, error: None, events, aborted: None }
    }

    fn refused(result: String) -> Self {
        Self { status: Status::AbortByResponse, result, error: None, events: Vec::new(), aborted: None }
    }

    fn stopped(message: String) -> Self {
        Self {
            status: Status::AbortByResponse,
            result: ERR_NONE.to_owned(),
            error: Some(message),
            events: Vec::new(),
            aborted: None,
        }
    }

    fn aborted(aborted: Aborted) -> Self {
        Self {
            status: Status::AbortByPostCondition,
            result: aborted.result.clone(),
            error: Some(aborted.reason.clone()),
            events: Vec::new(),
            aborted: Some(aborted),
        }
    }
}

/// The Clarity source of a contract call.
pub(crate) fn call_source(contract: &str, function: &str, args: &[Value]) -> String {
    let mut source = format!("(contract-call? '{contract} {function}");
    for arg in args {
        source.push(' ');
        source.push_str(&arg.to_source());
    }
    source.push(')');
    source
}

impl Chain {
    /// Makes a block of what waits, as far as nonces, funds and room allow. With nothing to include it is empty.
    pub(crate) async fn produce(&mut self, burn: bool) -> Result<Produced, ProduceError> {
        let candidates = self.select().into_iter().map(|pending| (pending, None)).collect();
        let produced = self.execute_block(burn, self.fork, candidates).await?;
        for mined in &produced.txs {
            if let Some(txid) = hex::decode(&mined.txid).ok().and_then(|bytes| bytes.try_into().ok()) {
                self.mempool.remove(&txid);
            }
        }
        Ok(produced)
    }

    /// Makes a recorded block again.
    pub(super) async fn execute_recorded(
        &mut self,
        burn: bool,
        fork: u32,
        txs: Vec<(Pending, Option<Aborted>)>,
    ) -> Result<Produced, VmError> {
        self.execute_block(burn, fork, txs).await.map_err(|error| error.source)
    }

    /// Whether a deployment is what a block would take first.
    pub(crate) fn deployment_is_next(&self) -> bool {
        self.select()
            .first()
            .is_some_and(|pending| matches!(pending.tx.payload, Payload::SmartContract { .. }))
    }

    /// Waiting transactions whose turn it is, in order of arrival, each account's in order of nonce. All of them: some
    /// may turn out to be unable to pay, and must not keep others out of the block.
    fn select(&self) -> Vec<Pending> {
        let mut next: std::collections::HashMap<String, u64> = std::collections::HashMap::new();
        let mut selected: Vec<Pending> = Vec::new();
        let mut left: Vec<&Pending> = self.mempool.iter().collect();
        loop {
            let before = selected.len();
            left.retain(|pending| {
                let turn = pending.slots().all(|(owner, nonce)| {
                    next.get(&owner).copied().unwrap_or_else(|| self.nonce(&owner)) == nonce
                });
                if turn {
                    for (owner, nonce) in pending.slots() {
                        next.insert(owner, nonce + 1);
                    }
                    selected.push((*pending).clone());
                }
                !turn
            });
            if selected.len() == before {
                return selected;
            }
        }
    }

    async fn execute_block(
        &mut self,
        burn: bool,
        fork: u32,
        candidates: Vec<(Pending, Option<Aborted>)>,
    ) -> Result<Produced, ProduceError> {
        let mut produced = Produced::default();
        let mut txids = Vec::new();
        // The VM deploys a contract in a Stacks block of its own making, so a deployment can only open a block.
        let mut opened: Option<Tip> = None;
        if burn {
            opened = Some(self.vm.take(Step::Advance { burn: 1, stacks: 0 }).await?);
        }
        for (pending, known) in candidates {
            if txids.len() >= BLOCK_CAPACITY {
                break;
            }
            let deploys = matches!(pending.tx.payload, Payload::SmartContract { .. });
            if deploys && opened.is_some() {
                break;
            }
            if !deploys && opened.is_none() {
                opened = Some(self.vm.take(Step::Advance { burn: 0, stacks: 1 }).await?);
            }
            if pending.slots().any(|(owner, nonce)| self.nonce(&owner) != nonce) {
                // One before it could not pay.
                continue;
            }
            let culprit = |source| ProduceError { txid: Some(pending.txid), source };
            if !self.pay_fee(&pending.tx).await? {
                continue;
            }
            let executed = if deploys {
                let (executed, tip) = self.deploy(&pending.tx, known).await.map_err(culprit)?;
                opened = Some(tip);
                executed
            } else {
                self.call(&pending.tx, known).await.map_err(culprit)?
            };
            produced.txs.push(Mined { txid: hex::encode(pending.txid), aborted: executed.aborted.clone() });
            txids.push(pending.txid);
            let index = u32::try_from(txids.len() - 1).unwrap_or(u32::MAX);
            self.book(pending, executed, index);
        }
        let tip = match opened {
            Some(tip) => tip,
            None => self.vm.take(Step::Advance { burn: 0, stacks: 1 }).await?,
        };
        produced.digest = self.receipts.digest(&txids);
        self.push_run(tip, 1, burn, fork, txids);
        self.tip = tip;
        Ok(produced)
    }

    /// Takes the fee. `false` when the payer cannot pay fee and, for a transfer, amount: it then stays where it was.
    async fn pay_fee(&mut self, tx: &Transaction) -> Result<bool, VmError> {
        let payer = tx.payer_address().to_string();
        let fee = tx.fee().micro();
        if let Payload::TokenTransfer { amount, .. } = &tx.payload {
            let origin = tx.origin_address().to_string();
            let due = u128::from(amount.micro()) + if origin == payer { u128::from(fee) } else { 0 };
            if self.stx_balance(&origin).await?.available < due {
                return Ok(false);
            }
        }
        let code = format!("(stx-transfer? u{fee} tx-sender '{MINER})");
        let outcome: Outcome = self.vm.take(Step::Execute { sender: payer, code }).await?;
        Ok(outcome.result.as_deref() == Some(OK_TRUE))
    }

    async fn call(&mut self, tx: &Transaction, known: Option<Aborted>) -> Result<Executed, VmError> {
        if let Some(aborted) = known {
            return Ok(Executed::aborted(aborted));
        }
        let code = match &tx.payload {
            Payload::TokenTransfer { recipient, amount, memo } => {
                let memo = hex::encode(memo.0);
                format!("(stx-transfer-memo? u{} tx-sender '{recipient} 0x{memo})", amount.micro())
            }
            Payload::ContractCall { contract, function, args } => {
                call_source(&contract.to_string(), function.as_str(), args)
            }
            _ => {
                return Err(VmError::Lost(
                    "a payload that the mempool does not take reached a block".to_owned(),
                ));
            }
        };
        let sender = tx.origin_address().to_string();
        let outcome: Outcome = self.vm.take(Step::Execute { sender, code }).await?;
        match outcome {
            Outcome { failed: Some(message), .. } => Ok(Executed::stopped(message)),
            Outcome { result: Some(result), events, .. } => self.conclude(tx, result, events).await,
            _ => Err(VmError::Lost("it answered neither a value nor an error".to_owned())),
        }
    }

    async fn deploy(&mut self, tx: &Transaction, known: Option<Aborted>) -> Result<(Executed, Tip), VmError> {
        if let Some(aborted) = known {
            let tip = self.vm.take(Step::Advance { burn: 0, stacks: 1 }).await?;
            return Ok((Executed::aborted(aborted), tip));
        }
        let Payload::SmartContract { name, source, clarity_version } = &tx.payload else {
            return Err(VmError::Lost("only a contract can be deployed".to_owned()));
        };
        let sender = tx.origin_address().to_string();
        let step = Step::Deploy {
            sender: sender.clone(),
            name: name.to_string(),
            source: source.clone(),
            clarity_version: clarity_version.map_or(crate::CLARITY_VERSION, ClarityVersion::number),
        };
        let outcome: Outcome = self.vm.take(step).await?;
        let tip = self.vm.tip().await?;
        if let Some(message) = outcome.failed {
            return Ok((Executed::stopped(message), tip));
        }
        let executed = self.conclude(tx, OK_TRUE.to_owned(), outcome.events).await?;
        if executed.status == Status::AbortByPostCondition {
            // The undone step made the block as well.
            let tip = self.vm.take(Step::Advance { burn: 0, stacks: 1 }).await?;
            return Ok((executed, tip));
        }
        Ok((executed, tip))
    }

    /// Looks at what the VM left standing, and undoes it if a post-condition does not allow it.
    async fn conclude(
        &mut self,
        tx: &Transaction,
        result: String,
        events: Vec<Event>,
    ) -> Result<Executed, VmError> {
        let value = Value::decode_hex(&result)
            .map_err(|error| VmError::Lost(format!("it answered a value that does not decode: {error}")))?;
        let refused = matches!(value, Value::Response(Err(_)));
        if matches!(tx.payload, Payload::TokenTransfer { .. }) {
            // A transfer says itself what it moves: a node looks at no post-conditions, whatever the mode.
            return Ok(Executed::standing(result, events));
        }
        // An error response moved nothing, and conditions that ask for a movement fail on it all the same.
        let moved = if refused {
            Movements::default()
        } else {
            Movements::of(&events).ok_or_else(|| {
                VmError::Lost(format!("it reported an event of an unknown form: {events:?}"))
            })?
        };
        let origin = tx.origin_address().to_string();
        match post_conditions::check(&tx.post_conditions, tx.post_condition_mode, &origin, &moved) {
            Ok(()) if refused => Ok(Executed::refused(result)),
            Ok(()) => Ok(Executed::standing(result, events)),
            Err(reason) => {
                if !refused {
                    self.vm.undo().await?;
                }
                Ok(Executed::aborted(Aborted { result, reason }))
            }
        }
    }

    /// Writes a transaction into nonces and receipts.
    fn book(&mut self, pending: Pending, executed: Executed, index: u32) {
        for (owner, nonce) in pending.slots() {
            self.nonces.insert(owner, nonce + 1);
        }
        let tx = &pending.tx;
        let mut involved: Vec<String> = vec![tx.origin_address().to_string(), tx.payer_address().to_string()];
        let mut deployed = None;
        match &tx.payload {
            Payload::TokenTransfer { recipient, .. } => involved.push(recipient.to_string()),
            Payload::ContractCall { contract, .. } => involved.push(contract.to_string()),
            Payload::SmartContract { name, clarity_version, .. } => {
                let id = format!("{}.{name}", tx.origin_address());
                involved.push(id.clone());
                if executed.status == Status::Success {
                    let version = clarity_version.map_or(crate::CLARITY_VERSION, ClarityVersion::number);
                    deployed = Some((id, version));
                }
            }
            _ => {}
        }
        let payer = tx.payer_address().to_string();
        let fee = tx.fee().micro();
        let receipt = Receipt {
            raw: pending.raw,
            received: pending.received,
            status: executed.status,
            result: executed.result,
            error: executed.error,
            events: PackedEvents::new(&executed.events),
            height: self.blocks.tip_height() + 1,
            index,
        };
        self.receipts.insert(pending.txid, receipt, involved, &payer, fee, deployed);
    }
}
