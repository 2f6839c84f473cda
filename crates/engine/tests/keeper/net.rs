//! A node over the suite in the VM: what waits is executed by the real contracts when a block is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bithedge_engine::Clock;
use bithedge_engine::intents::{self, ReadError, Reading, SuiteReader};
use bithedge_engine::transactions::{Chain, ChainError, Lookup, SendError, Tip};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::address::{Address, Principal};
use bithedge_stacks::client::{
    AccountState, AddressNonces, BlockHash, BlockRef, FeeEstimate, Inclusion, Outcome, RejectionReason,
    TransactionKind, TransactionRecord, TransactionStatus,
};
use bithedge_stacks::transaction::{Payload, Transaction, Txid};
use bithedge_stacks::units::MicroStx;
use bithedge_stacks::{Network, Value};
use bithedge_suite_world::{START, USD, World};
use bithedge_vm::Options;

/// Who is first between two looks.
type Rival = Box<dyn FnMut(&mut World) + Send>;

struct Mined {
    transaction: Transaction,
    outcome: Outcome,
    result: Value,
}

struct Block {
    hash: BlockHash,
    time: u64,
    mined: Vec<Mined>,
}

pub(crate) struct State {
    pub(crate) world: World,
    mempool: BTreeMap<(Address, u64), Transaction>,
    blocks: Vec<Block>,
    dropped: BTreeMap<Txid, (Transaction, String)>,
    forks: u64,
    /// Everything that was ever handed to the node.
    pub(crate) handed: Vec<Transaction>,
    pub(crate) estimate: u64,
    pub(crate) balance: u64,
    /// Nothing is answered.
    pub(crate) is_dead: bool,
    /// How often the chain was asked for its tip.
    pub(crate) tips: usize,
    /// Acts at the tip with this number.
    pub(crate) rival: Option<(usize, Rival)>,
    /// Added to the chain's time on this computer's clock.
    pub(crate) ahead: u64,
    /// Taken from it.
    pub(crate) behind: u64,
    /// How many more transactions of every account the API says are executed than the node has.
    pub(crate) api_ahead: u64,
    /// There is no API.
    pub(crate) is_bare: bool,
    /// Added to every fee that a record tells.
    pub(crate) fee_lie: u64,
    /// What reads wrongly, and how.
    pub(crate) fault: Option<Fault>,
}

/// Readings that go wrong.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// There is no answer to these.
    Silent(fn(&Reading) -> bool),
    /// The answer to these makes no sense.
    Odd(fn(&Reading) -> bool),
}

/// The node; clones are the same one.
#[derive(Clone)]
pub(crate) struct Net(Arc<Mutex<State>>);

impl Net {
    pub(crate) fn new() -> Self {
        let options = Options { genesis_time: START, ..Options::default() };
        Self::of(World::with(options, 100_000 * USD, USD))
    }

    pub(crate) fn of(world: World) -> Self {
        let state = State {
            world,
            mempool: BTreeMap::new(),
            blocks: Vec::new(),
            dropped: BTreeMap::new(),
            forks: 0,
            handed: Vec::new(),
            estimate: 3_000,
            balance: 1_000_000_000,
            is_dead: false,
            tips: 0,
            rival: None,
            ahead: 0,
            behind: 0,
            api_ahead: 0,
            is_bare: false,
            fee_lie: 0,
            fault: None,
        };
        let net = Self(Arc::new(Mutex::new(state)));
        net.mine();
        net
    }

    /// The world again, if nobody else has the node.
    pub(crate) fn into_world(self) -> World {
        let Ok(state) = Arc::try_unwrap(self.0) else { panic!("somebody else has the node") };
        state.into_inner().unwrap().world
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Something that the world does.
    pub(crate) fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.state().world)
    }

    pub(crate) fn now(&self) -> u64 {
        self.world(|world| world.vm.now().unwrap())
    }

    /// A block of everything that waits, in the contracts.
    pub(crate) fn mine(&self) -> usize {
        self.state().mine()
    }

    /// Forgets what happened here, for the next case; the world is set back beside it.
    pub(crate) fn forget(&self) {
        let state = &mut *self.state();
        state.mempool.clear();
        state.blocks.truncate(1);
        state.dropped.clear();
        state.handed.clear();
        state.forks += 1;
        (state.estimate, state.balance, state.is_dead, state.ahead) = (3_000, 1_000_000_000, false, 0);
        (state.behind, state.api_ahead, state.is_bare, state.fee_lie) = (0, 0, false, 0);
        (state.rival, state.fault) = (None, None);
    }

    /// What only an API answers.
    fn indexed<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, ChainError> {
        if self.state().is_bare {
            return Err(ChainError::NotOffered("there is no API".to_owned()));
        }
        self.answer(answer)
    }

    fn answer<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, ChainError> {
        let mut state = self.state();
        if state.is_dead {
            return Err(ChainError::Unavailable("it is dead".to_owned()));
        }
        Ok(answer(&mut state))
    }
}

impl State {
    fn mine(&mut self) -> usize {
        let time = self.world.vm.now().unwrap();
        let mut mined = Vec::new();
        let waiting = std::mem::take(&mut self.mempool);
        for ((account, nonce), transaction) in waiting {
            if nonce != self.nonce(account) + mined_by(&mined, account) {
                self.mempool.insert((account, nonce), transaction);
                continue;
            }
            let Payload::ContractCall { contract, function, args } = &transaction.payload else {
                panic!("{:?}", transaction.payload)
            };
            let done = self.world.vm.call(account, &contract.to_string(), function.as_str(), args).unwrap();
            let result = done.value().unwrap().clone();
            let outcome = match result {
                Value::Response(Ok(_)) => Outcome::Success,
                _ => Outcome::AbortedByResponse,
            };
            mined.push(Mined { transaction, outcome, result });
        }
        let count = mined.len();
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(self.blocks.len() as u64).to_be_bytes());
        hash[8..16].copy_from_slice(&self.forks.to_be_bytes());
        self.blocks.push(Block { hash: BlockHash(hash), time, mined });
        self.world.vm.advance_stacks(1).unwrap();
        count
    }

    fn nonce(&self, account: Address) -> u64 {
        self.blocks.iter().map(|block| mined_by(&block.mined, account)).sum()
    }

    /// How many transactions an account has in blocks.
    pub(crate) fn executed(&self, account: Address) -> u64 {
        self.nonce(account)
    }

    /// The functions of what is in blocks, in order, and whether each had its effect.
    pub(crate) fn chain(&self) -> Vec<(String, bool)> {
        let mined = self.blocks.iter().flat_map(|block| &block.mined);
        mined
            .map(|one| {
                let Payload::ContractCall { function, .. } = &one.transaction.payload else { panic!() };
                (function.to_string(), one.outcome == Outcome::Success)
            })
            .collect()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.mempool.len()
    }

    /// The node throws away what waits, and says why.
    pub(crate) fn drop_as(&mut self, why: &str) {
        for waiting in std::mem::take(&mut self.mempool).into_values() {
            self.dropped.insert(waiting.txid(), (waiting, why.to_owned()));
        }
    }

    /// The newest block is no part of the chain any more; what was in it waits again. The world is set back beside it.
    pub(crate) fn reorganise(&mut self) {
        self.forks += 1;
        let gone = self.blocks.pop().unwrap();
        for Mined { transaction, .. } in gone.mined {
            self.mempool.insert((transaction.origin_address(), transaction.origin_nonce()), transaction);
        }
        // Another branch, and a longer one.
        for _ in 0..2 {
            let waiting = std::mem::take(&mut self.mempool);
            self.mine();
            self.mempool = waiting;
        }
    }

    fn take(&mut self, transaction: &Transaction) -> Result<(), RejectionReason> {
        let (account, nonce) = (transaction.origin_address(), transaction.origin_nonce());
        transaction.verify().expect("only what is signed is sent");
        let expected = self.nonce(account);
        if nonce < expected {
            let principal = account.into();
            return Err(RejectionReason::BadNonce { expected, actual: nonce, principal, is_origin: true });
        }
        if let Some(prior) = self.mempool.get(&(account, nonce)) {
            if prior.txid() == transaction.txid() {
                return Ok(());
            }
            if prior.fee() >= transaction.fee() {
                return Err(RejectionReason::ConflictingNonceInMempool);
            }
            self.dropped.insert(prior.txid(), (prior.clone(), "dropped_replace_by_fee".to_owned()));
        }
        self.mempool.insert((account, nonce), transaction.clone());
        Ok(())
    }

    fn record(&self, txid: Txid) -> Option<TransactionRecord> {
        for (block, height) in self.blocks.iter().zip(1..) {
            if let Some(mined) = block.mined.iter().find(|mined| mined.transaction.txid() == txid) {
                let inclusion = Inclusion {
                    index: 0,
                    block: BlockRef { height, hash: block.hash, time: block.time },
                    canonical: true,
                    outcome: mined.outcome,
                    result: mined.result.clone(),
                    // Nothing is told of what moved.
                    event_count: 1,
                    events: Vec::new(),
                    vm_error: None,
                };
                let status = TransactionStatus::Included(Box::new(inclusion));
                return Some(record(&mined.transaction, status));
            }
        }
        if let Some(waiting) = self.mempool.values().find(|waiting| waiting.txid() == txid) {
            return Some(record(waiting, TransactionStatus::Pending));
        }
        let (transaction, why) = self.dropped.get(&txid)?;
        Some(record(transaction, TransactionStatus::Dropped(why.clone())))
    }
}

fn mined_by(mined: &[Mined], account: Address) -> u64 {
    mined.iter().filter(|mined| mined.transaction.origin_address() == account).count() as u64
}

fn record(transaction: &Transaction, status: TransactionStatus) -> TransactionRecord {
    let Payload::ContractCall { contract, function, args } = &transaction.payload else { panic!() };
    TransactionRecord {
        txid: transaction.txid(),
        sender: transaction.origin_address(),
        nonce: transaction.origin_nonce(),
        fee: transaction.fee(),
        sponsor: None,
        kind: TransactionKind::ContractCall {
            contract: contract.clone(),
            function: function.clone(),
            arguments: args.clone(),
        },
        status,
    }
}

impl Clock for Net {
    fn now(&self) -> UnixSeconds {
        let mut state = self.state();
        UnixSeconds::new(state.world.vm.now().unwrap() + state.ahead - state.behind)
    }
}

impl SuiteReader for Net {
    async fn tip(&self) -> Result<intents::Tip, ReadError> {
        self.answer(|state| {
            state.tips += 1;
            if state.rival.as_ref().is_some_and(|(at, _)| *at <= state.tips) {
                let (_, mut act) = state.rival.take().unwrap();
                act(&mut state.world);
                state.mine();
            }
            let height = state.blocks.len() as u64;
            let time = state.world.vm.now().unwrap();
            let hash = format!("{height}-{}-{time}", state.forks);
            intents::Tip { height: BlockHeight::new(height), hash, time: UnixSeconds::new(time) }
        })
        .map_err(|error| ReadError::Other(error.to_string()))
    }

    async fn read(&self, readings: Vec<Reading>) -> Result<Vec<Option<Value>>, ReadError> {
        let fault = self.state().fault;
        if let Some(Fault::Silent(which)) = fault
            && readings.iter().any(which)
        {
            return Err(ReadError::Other("too many requests".to_owned()));
        }
        let is_odd = |reading: &Reading| matches!(fault, Some(Fault::Odd(which)) if which(reading));
        let one = |state: &mut State, reading: &Reading| {
            if is_odd(reading) { Some(Value::Bool(true)) } else { read(&mut state.world, reading) }
        };
        self.answer(|state| readings.iter().map(|reading| one(state, reading)).collect())
            .map_err(|error| ReadError::Other(error.to_string()))
    }
}

/// A reading in the VM.
pub(crate) fn read(world: &mut World, reading: &Reading) -> Option<Value> {
    let vm = &mut world.vm;
    match reading {
        Reading::Entry { contract, map, key } => vm.entry(&contract.to_string(), map.as_str(), key).unwrap(),
        Reading::Variable { contract, name } => {
            Some(vm.variable(&contract.to_string(), name.as_str()).unwrap())
        }
        Reading::Call(call) => {
            let answer = vm.read(&call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
            Some(answer.value().unwrap().clone())
        }
    }
}

impl Chain for Net {
    async fn tip(&self) -> Result<Tip, ChainError> {
        self.answer(|state| Tip { chain_id: Network::TESTNET.chain_id, height: state.blocks.len() as u64 })
    }

    async fn account(&self, address: &Address) -> Result<AccountState, ChainError> {
        self.answer(|state| AccountState {
            balance: MicroStx::new(state.balance),
            locked: MicroStx::ZERO,
            unlock_height: 0,
            nonce: state.nonce(*address),
        })
    }

    async fn nonces(&self, address: &Address) -> Result<AddressNonces, ChainError> {
        self.indexed(|state| {
            let executed = state.nonce(*address) + state.api_ahead;
            let waiting: Vec<u64> =
                state.mempool.keys().filter(|(owner, _)| owner == address).map(|(_, nonce)| *nonce).collect();
            let last = waiting.iter().max().copied();
            AddressNonces {
                last_mempool_tx_nonce: last,
                last_executed_tx_nonce: executed.checked_sub(1),
                possible_next_nonce: last.map_or(executed, |last| last + 1),
                detected_missing_nonces: Vec::new(),
                detected_mempool_nonces: waiting,
            }
        })
    }

    async fn estimate_fee(&self, _: &Transaction) -> Result<FeeEstimate, ChainError> {
        self.answer(|state| {
            let fee = MicroStx::new(state.estimate);
            FeeEstimate { low: fee, middle: fee, high: fee }
        })
    }

    async fn fee_rate(&self) -> Result<MicroStx, ChainError> {
        self.answer(|_| MicroStx::new(1))
    }

    async fn send(&self, transaction: &Transaction) -> Result<(), SendError> {
        let mut state = self.state();
        if state.is_dead {
            return Err(SendError::NotDelivered("it is dead".to_owned()));
        }
        state.handed.push(transaction.clone());
        state.take(transaction).map_err(SendError::Rejected)
    }

    async fn transaction(&self, txid: Txid) -> Result<Lookup, ChainError> {
        self.indexed(|state| {
            let told = |mut record: TransactionRecord| {
                record.fee = MicroStx::new(record.fee.micro() + state.fee_lie);
                Lookup::Found(Box::new(record))
            };
            state.record(txid).map_or(Lookup::Absent, told)
        })
    }

    async fn waiting(&self, address: &Address) -> Result<Vec<TransactionRecord>, ChainError> {
        self.indexed(|state| {
            let own = state.mempool.iter().filter(|((owner, _), _)| owner == address);
            own.map(|(_, waiting)| record(waiting, TransactionStatus::Pending)).collect()
        })
    }

    async fn mined(&self, address: &Address, offset: u64) -> Result<Vec<TransactionRecord>, ChainError> {
        self.indexed(|state| {
            let mined = state.blocks.iter().rev().flat_map(|block| block.mined.iter().rev());
            let own = mined.filter(|mined| mined.transaction.origin_address() == *address);
            let txids: Vec<Txid> = own.map(|mined| mined.transaction.txid()).collect();
            let page = txids.into_iter().skip(usize::try_from(offset).unwrap()).take(50);
            page.filter_map(|txid| state.record(txid)).collect()
        })
    }
}

/// For the account with these transactions.
pub(crate) fn principal(address: Address) -> Value {
    Value::Principal(Principal::Standard(address))
}
