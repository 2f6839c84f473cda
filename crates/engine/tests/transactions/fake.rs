//! A model of a node: mempool, blocks, fees, forks and faults, in the tests' hands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use bithedge_engine::transactions::{Chain, ChainError, Lookup, SendError, Tip};
use bithedge_stacks::address::{Address, Principal};
use bithedge_stacks::clarity::Value;
use bithedge_stacks::client::{
    AccountState, AddressNonces, AssetMovement, BlockHash, BlockRef, Event, EventKind, FeeEstimate,
    Inclusion, Outcome, RejectionReason, TransactionKind, TransactionRecord, TransactionStatus,
};
use bithedge_stacks::network::ChainId;
use bithedge_stacks::transaction::{FungibleCode, Payload, PostCondition, Transaction, Txid};
use bithedge_stacks::units::MicroStx;

use crate::hand::{GENESIS, NETWORK, POOL};

/// What goes wrong, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A question gets no answer.
    Unavailable,
    /// A question is never answered, not even with a failure.
    Hang,
    /// What is sent does not leave.
    NotDelivered,
    /// What is sent is taken, and the answer is lost.
    AnswerLost,
    /// What is sent is taken, and no answer ever comes.
    TakenThenHang,
    /// What is sent is lost, and so is the answer.
    BothLost,
    /// What is sent is taken and forgotten.
    Forgotten,
    /// The node cannot take anything at the moment.
    ServerFailure,
}

#[derive(Debug, Clone)]
struct Mined {
    transaction: Transaction,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
struct Block {
    hash: BlockHash,
    mined: Vec<Mined>,
}

pub(crate) struct State {
    pub(crate) chain_id: ChainId,
    pub(crate) balance: u64,
    blocks: Vec<Block>,
    mempool: BTreeMap<(Address, u64), Transaction>,
    dropped: BTreeMap<Txid, (Transaction, String)>,
    forks: u64,
    /// Faults of the next things that are sent, and of the next questions.
    pub(crate) sending: VecDeque<Fault>,
    pub(crate) asking: VecDeque<Fault>,
    /// How many of the newest blocks the index does not have.
    pub(crate) unindexed: usize,
    /// How many of the newest blocks the node and its index have not seen.
    pub(crate) behind: usize,
    /// Whether the index has forgotten all transactions.
    pub(crate) forgets: bool,
    pub(crate) has_api: bool,
    /// Whose balance and nonce cannot be read.
    pub(crate) unreadable: Option<Address>,
    /// Everything that was ever handed to the node, in order, whatever it answered.
    pub(crate) handed: Vec<Transaction>,
    pub(crate) estimate: u64,
    pub(crate) floor_per_byte: u64,
    /// Changes what is answered about a transaction.
    pub(crate) lie: Option<fn(&mut TransactionRecord)>,
    /// Where everything that changes the chain is written, for it to outlive the process.
    log: Option<File>,
}

impl State {
    fn note(&mut self, line: &str) {
        if let Some(log) = &mut self.log {
            log.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
    }

    fn receive(&mut self, transaction: &Transaction) {
        self.note(&format!("send {}", hex(&transaction.encode())));
        self.handed.push(transaction.clone());
    }

    /// The blocks that questions are answered from.
    fn seen(&self) -> &[Block] {
        &self.blocks[..self.blocks.len() - self.behind.min(self.blocks.len())]
    }

    fn seen_nonce(&self, account: Address) -> u64 {
        Self::nonce_in(self.seen(), account)
    }

    pub(crate) fn nonce(&self, account: Address) -> u64 {
        Self::nonce_in(&self.blocks, account)
    }

    fn nonce_in(blocks: &[Block], account: Address) -> u64 {
        blocks
            .iter()
            .flat_map(|block| &block.mined)
            .filter(|mined| mined.transaction.origin_address() == account)
            .count() as u64
    }

    fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The transactions in the chain.
    pub(crate) fn chain(&self) -> Vec<(Transaction, Outcome)> {
        let mined = self.blocks.iter().flat_map(|block| &block.mined);
        mined.map(|mined| (mined.transaction.clone(), mined.outcome)).collect()
    }

    pub(crate) fn waits(&self, txid: Txid) -> bool {
        self.mempool.values().any(|waiting| waiting.txid() == txid)
    }

    pub(crate) fn waiting_nonces(&self, account: Address) -> BTreeSet<u64> {
        self.mempool.keys().filter(|(owner, _)| *owner == account).map(|(_, nonce)| *nonce).collect()
    }

    /// Throws away what waits, as nodes do without a word.
    pub(crate) fn lose(&mut self, txid: Txid) {
        self.mempool.retain(|_, waiting| waiting.txid() != txid);
    }

    pub(crate) fn lose_all(&mut self) {
        self.mempool.clear();
    }

    /// Throws away what waits, and says why.
    pub(crate) fn drop_as(&mut self, why: &str) {
        for waiting in std::mem::take(&mut self.mempool).into_values() {
            self.dropped.insert(waiting.txid(), (waiting, why.to_owned()));
        }
    }

    pub(crate) fn mine(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.note("mine");
            let mut mined = Vec::new();
            let accounts: BTreeSet<Address> = self.mempool.keys().map(|(account, _)| *account).collect();
            for account in accounts {
                let mut nonce = self.nonce(account);
                while let Some(transaction) = self.mempool.remove(&(account, nonce)) {
                    let outcome = outcome_of(&transaction);
                    mined.push(Mined { transaction, outcome });
                    nonce += 1;
                }
                // What was overtaken can never be mined.
                self.mempool.retain(|(owner, waiting), _| *owner != account || *waiting >= nonce);
            }
            self.push(mined);
        }
    }

    fn push(&mut self, mined: Vec<Mined>) {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.height().to_be_bytes());
        hash[8..16].copy_from_slice(&self.forks.to_be_bytes());
        self.blocks.push(Block { hash: BlockHash(hash), mined });
    }

    /// Replaces the newest blocks by as many empty ones and one more.
    pub(crate) fn reorganise(&mut self, depth: usize, drop_transactions: bool) {
        let depth = depth.min(self.blocks.len());
        self.forks += 1;
        let gone = self.blocks.split_off(self.blocks.len() - depth);
        for Mined { transaction, .. } in gone.into_iter().flat_map(|block| block.mined) {
            let slot = (transaction.origin_address(), transaction.origin_nonce());
            if !drop_transactions {
                self.mempool.entry(slot).or_insert(transaction);
            }
        }
        for _ in 0..=depth {
            self.push(Vec::new());
        }
    }

    pub(crate) fn take(&mut self, transaction: &Transaction) -> Result<(), RejectionReason> {
        let (account, nonce, txid) =
            (transaction.origin_address(), transaction.origin_nonce(), transaction.txid());
        // The client looks up what a refusal may have been caused by, and finds it if the index has it.
        let is_mined = self.chain().iter().any(|(mined, _)| mined.txid() == txid);
        if (is_mined && !self.forgets) || self.waits(txid) {
            return Ok(());
        }
        transaction.verify().expect("only what is signed is sent");
        let expected = self.nonce(account);
        if nonce < expected {
            let principal = account.into();
            return Err(RejectionReason::BadNonce { expected, actual: nonce, principal, is_origin: true });
        }
        let floor = self.floor_per_byte * transaction.encode().len() as u64;
        if transaction.fee().micro() < floor {
            let (expected, actual) = (MicroStx::new(floor), transaction.fee());
            return Err(RejectionReason::FeeTooLow { expected, actual });
        }
        if transaction.fee().micro() > self.balance {
            let (required, available) = (transaction.fee().micro().into(), self.balance.into());
            return Err(RejectionReason::NotEnoughFunds { required, available });
        }
        match self.mempool.get(&(account, nonce)) {
            Some(prior) if prior.fee() >= transaction.fee() => {
                return Err(RejectionReason::ConflictingNonceInMempool);
            }
            Some(prior) => {
                self.dropped.insert(prior.txid(), (prior.clone(), "dropped_replace_by_fee".to_owned()));
            }
            None => {}
        }
        self.mempool.insert((account, nonce), transaction.clone());
        Ok(())
    }

    fn record(&self, txid: Txid) -> Option<TransactionRecord> {
        let seen = self.seen().len();
        let indexed = seen - self.unindexed.min(seen);
        for (block, height) in self.blocks[..indexed].iter().zip(1..) {
            if let Some(mined) = block.mined.iter().find(|mined| mined.transaction.txid() == txid) {
                return Some(included(block, height, mined));
            }
        }
        // An index that is behind still thinks that it waits.
        let behind = self.blocks[indexed..seen].iter().flat_map(|block| &block.mined);
        let waiting = self.mempool.values().chain(behind.map(|mined| &mined.transaction));
        if let Some(waiting) = waiting.into_iter().find(|waiting| waiting.txid() == txid) {
            return Some(record(waiting, TransactionStatus::Pending));
        }
        let (transaction, why) = self.dropped.get(&txid)?;
        Some(record(transaction, TransactionStatus::Dropped(why.clone())))
    }
}

/// What the contract of the tests does with a call: the function's name says it.
fn outcome_of(transaction: &Transaction) -> Outcome {
    let Payload::ContractCall { function, .. } = &transaction.payload else { return Outcome::Success };
    let impossible = transaction.post_conditions.iter().any(|condition| {
        matches!(condition, PostCondition::Stx { code: FungibleCode::Gt, amount, .. } if amount.micro() == u64::MAX)
    });
    match function.as_str() {
        _ if impossible => Outcome::AbortedByPostCondition,
        "fail" => Outcome::AbortedByResponse,
        "overspend" => Outcome::AbortedByPostCondition,
        _ => Outcome::Success,
    }
}

fn record(transaction: &Transaction, status: TransactionStatus) -> TransactionRecord {
    let kind = match &transaction.payload {
        Payload::ContractCall { contract, function, args } => TransactionKind::ContractCall {
            contract: contract.clone(),
            function: function.clone(),
            arguments: args.clone(),
        },
        Payload::TokenTransfer { recipient, amount, .. } => {
            TransactionKind::TokenTransfer { recipient: recipient.clone(), amount: *amount }
        }
        other => panic!("never sent: {other:?}"),
    };
    TransactionRecord {
        txid: transaction.txid(),
        sender: transaction.origin_address(),
        nonce: transaction.origin_nonce(),
        fee: transaction.fee(),
        sponsor: None,
        kind,
        status,
    }
}

/// A call that succeeds sends one micro-STX to the contract and gets two back.
fn included(block: &Block, height: u64, mined: &Mined) -> TransactionRecord {
    let txid = mined.transaction.txid();
    let (account, pool): (Principal, Principal) =
        (mined.transaction.origin_address().into(), POOL.parse().unwrap());
    let moved = |index, sender: &Principal, recipient: &Principal, amount| Event {
        index,
        txid,
        kind: EventKind::Stx {
            movement: AssetMovement::Transfer { sender: sender.clone(), recipient: recipient.clone() },
            amount: MicroStx::new(amount),
        },
    };
    let is_call = matches!(mined.transaction.payload, Payload::ContractCall { .. });
    let events = match mined.outcome {
        Outcome::Success if is_call => vec![moved(0, &account, &pool, 1), moved(1, &pool, &account, 2)],
        _ => Vec::new(),
    };
    let inclusion = Inclusion {
        block: BlockRef { height, hash: block.hash, time: GENESIS + height * 10 },
        index: 0,
        canonical: true,
        outcome: mined.outcome,
        result: match mined.outcome {
            Outcome::Success => Value::ok(true),
            _ => Value::err(Value::UInt(77)),
        },
        event_count: events.len() as u64,
        events,
        vm_error: None,
    };
    record(&mined.transaction, TransactionStatus::Included(Box::new(inclusion)))
}

/// The node. Clones are the same one.
#[derive(Clone)]
pub(crate) struct FakeChain(Arc<Mutex<State>>);

impl FakeChain {
    pub(crate) fn new() -> Self {
        let mut state = State {
            chain_id: NETWORK.chain_id,
            balance: 1_000_000_000,
            blocks: Vec::new(),
            mempool: BTreeMap::new(),
            dropped: BTreeMap::new(),
            forks: 0,
            sending: VecDeque::new(),
            asking: VecDeque::new(),
            unindexed: 0,
            behind: 0,
            forgets: false,
            has_api: true,
            unreadable: None,
            handed: Vec::new(),
            estimate: 500,
            floor_per_byte: 1,
            lie: None,
            log: None,
        };
        state.mine(3);
        Self(Arc::new(Mutex::new(state)))
    }

    /// The chain that a log tells of, which goes on writing it.
    pub(crate) fn logged(path: &Path) -> Self {
        let chain = Self::new();
        let mut state = chain.state();
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            match line.strip_prefix("send ") {
                Some(bytes) => {
                    let transaction = Transaction::decode_hex(bytes).unwrap();
                    state.handed.push(transaction.clone());
                    let _ = state.take(&transaction);
                }
                None => state.mine(1),
            }
        }
        state.log = Some(File::options().create(true).append(true).open(path).unwrap());
        drop(state);
        chain
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn ask<T>(&self, answer: impl FnOnce(&State) -> T) -> Result<T, ChainError> {
        tokio::task::yield_now().await;
        let fault = self.state().asking.pop_front();
        match fault {
            None => Ok(answer(&self.state())),
            Some(Fault::Hang) => std::future::pending().await,
            Some(_) => Err(ChainError::Unavailable("a fault".to_owned())),
        }
    }
}

impl Chain for FakeChain {
    async fn tip(&self) -> Result<Tip, ChainError> {
        self.ask(|state| Tip { chain_id: state.chain_id, height: state.seen().len() as u64 }).await
    }

    async fn account(&self, address: &Address) -> Result<AccountState, ChainError> {
        if self.state().unreadable == Some(*address) {
            return Err(ChainError::Unavailable("a fault".to_owned()));
        }
        self.ask(|state| AccountState {
            balance: MicroStx::new(state.balance),
            locked: MicroStx::ZERO,
            unlock_height: 0,
            nonce: state.seen_nonce(*address),
        })
        .await
    }

    async fn nonces(&self, address: &Address) -> Result<AddressNonces, ChainError> {
        let nonces = self
            .ask(|state| {
                let executed = state.nonce(*address);
                let waiting: Vec<u64> = state.waiting_nonces(*address).into_iter().collect();
                let next = waiting.last().map_or(executed, |last| (last + 1).max(executed));
                // The API looks for gaps only, strictly between the last executed and the last waiting one: neither is in
                // its lists, and of an account that never executed anything it lists nothing.
                let last = waiting.last().copied().unwrap_or_default();
                let between = if executed == 0 { 0..0 } else { executed..last };
                state.has_api.then(|| AddressNonces {
                    last_mempool_tx_nonce: waiting.last().copied(),
                    last_executed_tx_nonce: executed.checked_sub(1),
                    possible_next_nonce: next,
                    detected_missing_nonces: between
                        .clone()
                        .filter(|nonce| !waiting.contains(nonce))
                        .collect(),
                    detected_mempool_nonces: between.filter(|nonce| waiting.contains(nonce)).collect(),
                })
            })
            .await?;
        nonces.ok_or_else(|| ChainError::NotOffered("a plain node".to_owned()))
    }

    async fn estimate_fee(&self, _: &Transaction) -> Result<FeeEstimate, ChainError> {
        self.ask(|state| FeeEstimate {
            low: MicroStx::new(state.estimate / 2),
            middle: MicroStx::new(state.estimate),
            high: MicroStx::new(state.estimate * 2),
        })
        .await
    }

    async fn fee_rate(&self) -> Result<MicroStx, ChainError> {
        self.ask(|_| MicroStx::new(1)).await
    }

    async fn send(&self, transaction: &Transaction) -> Result<(), SendError> {
        tokio::task::yield_now().await;
        let fault = self.state().sending.pop_front();
        if fault == Some(Fault::NotDelivered) {
            return Err(SendError::NotDelivered("a fault".to_owned()));
        }
        self.state().receive(transaction);
        let lost = Err(SendError::Uncertain("a fault".to_owned()));
        match fault {
            None | Some(Fault::NotDelivered | Fault::Unavailable) => {
                self.state().take(transaction).map_err(SendError::Rejected)
            }
            Some(Fault::AnswerLost) => {
                let _ = self.state().take(transaction);
                lost
            }
            Some(Fault::TakenThenHang) => {
                let _ = self.state().take(transaction);
                std::future::pending().await
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::BothLost) => lost,
            Some(Fault::Forgotten) => Ok(()),
            Some(Fault::ServerFailure) => {
                let reason = "ServerFailureDatabase".to_owned();
                Err(SendError::Rejected(RejectionReason::ServerFailure { reason }))
            }
        }
    }

    async fn transaction(&self, txid: Txid) -> Result<Lookup, ChainError> {
        self.ask(|state| {
            if !state.has_api {
                return Lookup::Untold;
            }
            if state.forgets {
                return Lookup::Absent;
            }
            match state.record(txid) {
                None => Lookup::Absent,
                Some(mut record) => {
                    if let Some(lie) = state.lie {
                        lie(&mut record);
                    }
                    Lookup::Found(Box::new(record))
                }
            }
        })
        .await
    }

    async fn waiting(&self, address: &Address) -> Result<Vec<TransactionRecord>, ChainError> {
        let waiting = self
            .ask(|state| {
                let own = state.mempool.iter().filter(|((owner, _), _)| owner == address);
                let own = own.map(|(_, waiting)| record(waiting, TransactionStatus::Pending)).collect();
                state.has_api.then_some(own)
            })
            .await?;
        waiting.ok_or_else(|| ChainError::NotOffered("a plain node".to_owned()))
    }

    async fn mined(&self, address: &Address, offset: u64) -> Result<Vec<TransactionRecord>, ChainError> {
        self.ask(|state| {
            let mut all = Vec::new();
            for (block, height) in state.blocks.iter().rev().zip((1..=state.height()).rev()) {
                let own = block.mined.iter().filter(|mined| mined.transaction.origin_address() == *address);
                all.extend(own.rev().map(|mined| included(block, height, mined)));
            }
            all.into_iter().skip(usize::try_from(offset).unwrap()).take(50).collect()
        })
        .await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
