//! A chain and a clock in the tests' hands.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure that is wanted")]

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bithedge_engine::{Balances, Block, ChainFollower, ChainSource, Clock, NodeTip, SourceError};
use bithedge_ipc::{ChainId, ChainSnapshot, Network};
use bithedge_protocol::{BlockHeight, BurnHeight, MicroStx, Sats, UnixSeconds};
use bithedge_stacks::address::Address;
use tokio::sync::watch;
use tokio::time::Instant;

/// The chain's first block and the clock's start.
pub(crate) const GENESIS: u64 = 1_700_000_000;
pub(crate) const TESTNET_ID: ChainId = ChainId(0x8000_0000);

/// What the fake chain is like at the moment.
pub(crate) struct State {
    pub(crate) chain_id: ChainId,
    pub(crate) network: Network,
    /// One letter per block: its branch. Equal prefixes are equal blocks.
    pub(crate) branches: Vec<char>,
    pub(crate) tip_time: UnixSeconds,
    pub(crate) fault: Option<SourceError>,
    pub(crate) latency: Duration,
    pub(crate) is_synced: Option<bool>,
    /// How many of the newest blocks the index does not have.
    pub(crate) unindexed: usize,
    /// How many blocks one answer of the index holds.
    pub(crate) page: usize,
    /// Whether the index finds no block by its height.
    pub(crate) finds_none: bool,
    /// How many of the next balance reads are followed by a new block.
    pub(crate) moves: u32,
    /// Every question that was asked.
    pub(crate) questions: u32,
}

impl State {
    fn hash(&self, height: usize) -> String {
        let branch: String = self.branches[..=height].iter().collect();
        format!("{height}-{branch}")
    }

    fn block(&self, height: usize) -> Block {
        Block {
            height: BlockHeight::new(u64::try_from(height).unwrap()),
            hash: self.hash(height),
            time: self.tip_time,
        }
    }

    fn height(&self) -> u64 {
        u64::try_from(self.branches.len() - 1).unwrap()
    }

    pub(crate) fn mine(&mut self, blocks: usize) {
        let branch = *self.branches.last().unwrap();
        self.branches.extend(std::iter::repeat_n(branch, blocks));
    }

    /// Replaces the newest `depth` blocks by `blocks` of another branch.
    pub(crate) fn reorganise(&mut self, depth: usize, blocks: usize, branch: char) {
        let kept = self.branches.len() - depth;
        self.branches.truncate(kept);
        self.branches.extend(std::iter::repeat_n(branch, blocks));
    }
}

#[derive(Clone)]
pub(crate) struct FakeChain(Arc<Mutex<State>>);

impl FakeChain {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            chain_id: TESTNET_ID,
            network: Network::Devnet,
            branches: vec!['a'; 10],
            tip_time: UnixSeconds::new(GENESIS),
            fault: None,
            latency: Duration::ZERO,
            is_synced: Some(true),
            unindexed: 0,
            page: 20,
            finds_none: false,
            moves: 0,
            questions: 0,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn answer<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, SourceError> {
        let latency = self.state().latency;
        tokio::time::sleep(latency).await;
        let mut state = self.state();
        state.questions += 1;
        match &state.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(answer(&mut state)),
        }
    }
}

pub(crate) fn accounts() -> Vec<Address> {
    ["ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5", "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"]
        .map(|address| address.parse().unwrap())
        .to_vec()
}

/// Balances that tell of which chain and block they are.
pub(crate) fn balances_at(chain_id: ChainId, height: u64, address: &Address) -> Balances {
    let base =
        u128::from(chain_id.0) * 1_000_000 + u128::from(height) * 1_000 + u128::from(address.hash.0[0]);
    Balances { stx: MicroStx::new(base), sbtc: Sats::new(base + 7) }
}

impl ChainSource for FakeChain {
    fn endpoint(&self) -> String {
        "http://fake".into()
    }

    fn network(&self, _: ChainId) -> Network {
        self.state().network
    }

    async fn tip(&self) -> Result<NodeTip, SourceError> {
        self.answer(|state| NodeTip {
            chain_id: state.chain_id,
            height: BlockHeight::new(state.height()),
            hash: state.hash(state.branches.len() - 1),
            burn_height: BurnHeight::new(state.height() / 2),
            is_synced: state.is_synced,
        })
        .await
    }

    async fn recent_blocks(&self) -> Result<Vec<Block>, SourceError> {
        self.answer(|state| {
            let indexed = state.branches.len() - state.unindexed;
            (0..indexed).rev().take(state.page).map(|height| state.block(height)).collect()
        })
        .await
    }

    async fn block_at(&self, height: BlockHeight) -> Result<Option<Block>, SourceError> {
        self.answer(|state| {
            let is_there = !state.finds_none && height.get() <= state.height();
            is_there.then(|| state.block(usize::try_from(height.get()).unwrap()))
        })
        .await
    }

    async fn balances(&self, address: &Address) -> Result<Balances, SourceError> {
        self.answer(|state| {
            let balances = balances_at(state.chain_id, state.height(), address);
            if state.moves > 0 {
                state.moves -= 1;
                state.mine(1);
            }
            balances
        })
        .await
    }
}

/// A clock that follows the tests' virtual time, and can be set wrong.
#[derive(Clone)]
pub(crate) struct FakeClock {
    started: Instant,
    offset: Arc<Mutex<i64>>,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), offset: Arc::default() }
    }

    pub(crate) fn jump(&self, seconds: i64) {
        *self.offset.lock().unwrap() += seconds;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> UnixSeconds {
        let now = GENESIS + self.started.elapsed().as_secs();
        UnixSeconds::new(now.saturating_add_signed(*self.offset.lock().unwrap()))
    }
}

pub(crate) fn follow(chain: &FakeChain) -> (ChainFollower, FakeClock) {
    let clock = FakeClock::new();
    let (_, shown) = watch::channel(accounts());
    (ChainFollower::start(chain.clone(), shown, clock.clone()), clock)
}

/// The first snapshot that fits, within two minutes of virtual time.
pub(crate) async fn until(
    follower: &ChainFollower,
    fits: impl FnMut(&ChainSnapshot) -> bool,
) -> ChainSnapshot {
    let mut snapshots = follower.snapshots();
    let waiting = tokio::time::timeout(Duration::from_secs(120), snapshots.wait_for(fits)).await;
    match waiting {
        Ok(Ok(snapshot)) => snapshot.clone(),
        _ => panic!("the last snapshot does not fit: {:#?}", follower.snapshots().borrow()),
    }
}

/// Asserts that everything in the snapshot is of its tip.
pub(crate) fn assert_of_one_tip(snapshot: &ChainSnapshot) {
    let tip = snapshot.status.tip.as_ref().expect("a tip");
    assert_eq!(snapshot.balances.len(), accounts().len());
    for (view, account) in snapshot.balances.iter().zip(accounts()) {
        let expected = balances_at(TESTNET_ID, tip.height.get(), &account);
        assert_eq!((view.stx, view.sbtc), (Some(expected.stx), Some(expected.sbtc)), "{}", view.address);
    }
}
