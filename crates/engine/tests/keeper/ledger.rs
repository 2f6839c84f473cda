//! Which policies have ended, as the ledger and as the registry's index say it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bithedge_engine::keeper::{EndedPolicies, FromBooks, FromRegistry};
use bithedge_engine::sync::{Beginning, Content, Feed, FeedError, FeedTip, SyncState, Syncer};
use bithedge_ledger::{BlockHeader, Call, ChainBlock, Identity, Print, SuiteTransaction, TransactionOutcome};
use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, ChainId, Txid, Value};
use bithedge_suite::Deployment;
use bithedge_suite::setup::hand_over;
use bithedge_suite_world::*;
use bithedge_vm::Event;

use crate::net::Net;

/// A suite from its first call on, each call a block that the ledger gets.
struct Chain {
    w: World,
    told: Told,
    height: u64,
}

/// What the chain's blocks are, for whoever keeps the books; clones are the same.
#[derive(Clone)]
struct Told {
    identity: Identity,
    blocks: Arc<Mutex<Vec<ChainBlock>>>,
}

impl Told {
    fn first(&self) -> BlockHeader {
        let (height, time) = (BlockHeight::new(0), UnixSeconds::new(0));
        BlockHeader { height, hash: hash(0), parent: BlockHash([0; 32]), time }
    }

    fn newest(&self) -> BlockHeader {
        self.blocks.lock().unwrap().last().unwrap().header
    }
}

impl Feed for Told {
    async fn beginning(&self) -> Result<Beginning, FeedError> {
        let deployed = Some(BlockHeight::new(1));
        Ok(Beginning { identity: self.identity, first: self.first(), deployed })
    }

    async fn tip(&self) -> Result<FeedTip, FeedError> {
        Ok(FeedTip { indexed: self.newest(), node: Some(self.newest().height) })
    }

    async fn header(&self, height: BlockHeight) -> Result<Option<BlockHeader>, FeedError> {
        let blocks = self.blocks.lock().unwrap();
        let at = blocks.iter().map(|block| block.header).find(|header| header.height == height);
        Ok(at.or_else(|| (height.get() == 0).then(|| self.first())))
    }

    async fn content(&self, above: BlockHeight, tip: &BlockHeader, _: usize) -> Result<Content, FeedError> {
        let blocks = self.blocks.lock().unwrap().clone();
        let is_asked = |block: &ChainBlock| block.header.height > above && block.header.height <= tip.height;
        Ok(Content { through: *tip, blocks: blocks.into_iter().filter(is_asked).collect(), is_counted: true })
    }
}

fn hash(height: u64) -> BlockHash {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&height.to_be_bytes());
    BlockHash(hash)
}

impl Chain {
    fn new() -> Self {
        let mut w = World::new();
        w.vm.reset().unwrap();
        let identity = Identity { chain: ChainId::TESTNET, genesis: hash(0), deployer: w.deployer };
        let told = Told { identity, blocks: Arc::default() };
        for holder in [w.peter, w.irene] {
            w.vm.mint_sbtc(holder, 1_000 * 100_000_000).unwrap();
        }
        let mut chain = Self { w, told, height: 0 };
        let deployer = chain.w.deployer;
        let mut calls = chain.w.setup().calls().unwrap();
        calls.push(hand_over());
        for call in calls {
            chain.call(deployer, call.contract, call.function, &call.arguments);
        }
        for _ in 0..8 {
            chain.report();
        }
        chain
    }

    fn report(&mut self) {
        self.w.vm.advance_burn(1).unwrap();
        let arguments = [u(self.w.btc_price), u(self.w.stx_price), u(self.w.vm.now().unwrap().into())];
        for reporter in self.w.reporters {
            self.call(reporter, "oracle", "report-prices", &arguments);
        }
    }

    /// A call that must succeed, in a block of its own.
    fn call(&mut self, sender: Address, contract: &str, function: &str, arguments: &[Value]) {
        let time = self.w.vm.now().unwrap();
        let outcome = self.w.vm.call(sender, contract, function, arguments).unwrap();
        assert!(outcome.ok().is_ok(), "{contract} {function}: {outcome:?}");
        let prints = outcome.events.iter().zip(0..).filter_map(|(event, index)| match event {
            Event::Print { contract, value } => {
                Some(Print { contract: contract.clone(), index, value: value.clone() })
            }
            _ => None,
        });
        self.height += 1;
        let mut txid = [0; 32];
        txid[..8].copy_from_slice(&self.height.to_be_bytes());
        let transaction = SuiteTransaction {
            txid: Txid(txid),
            index: 0,
            sender,
            fee: MicroStx::new(2_000),
            outcome: TransactionOutcome::Success,
            result: outcome.value().unwrap().clone(),
            call: Some(Call {
                contract: self.w.vm.contract(contract).unwrap(),
                function: function.to_owned(),
                arguments: arguments.to_vec(),
            }),
            prints: prints.collect(),
        };
        let header = BlockHeader {
            height: BlockHeight::new(self.height),
            hash: hash(self.height),
            parent: hash(self.height - 1),
            time: UnixSeconds::new(time),
        };
        self.told.blocks.lock().unwrap().push(ChainBlock { header, transactions: vec![transaction] });
    }

    fn run_to(&mut self, time: u64) {
        while self.w.vm.now().unwrap() + 3_000 < time {
            self.w.vm.advance_to(time - 3_000).unwrap();
            self.report();
        }
        while self.w.vm.now().unwrap() < time {
            self.report();
        }
    }

    fn next_boundary(&mut self) {
        let now = self.w.vm.now().unwrap();
        self.run_to((now - 28_800) / DAY * DAY + DAY + 28_800);
    }
}

async fn syncer(told: &Told, folder: &Path, net: &Net) -> Syncer<Told> {
    let Identity { chain, deployer, .. } = told.identity;
    Syncer::new(told.clone(), folder.to_path_buf(), chain, deployer, Arc::new(net.clone())).await
}

/// The file of the books.
fn file(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "sqlite")).last().unwrap()
}

#[test]
fn books_and_index_list_the_same_ended_policies() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new();
    let (irene, peter, keeper) = (chain.w.irene, chain.w.peter, chain.w.keeper);
    let (sbtc, pool) = (chain.w.sbtc.clone(), "liquidity-pool");
    chain.call(irene, pool, "commit-capital", &[u(BALANCED), sbtc.clone(), u(20 * BTC)]);
    chain.next_boundary();
    chain.call(keeper, pool, "close-epoch", &[u(BALANCED), sbtc.clone()]);
    let expiries = [chain.w.expiry(2), chain.w.expiry(9)];
    // Twenty-two of the first expiry, more than a page of the index, and two of the second.
    for place in 0..24 {
        let expiry = u(expiries[usize::from(place >= 22)].into());
        let arguments =
            [sbtc.clone(), u(BALANCED), u(PUT), u(90_000 * USD), expiry, u(BTC / 100), u(1_000_000_000)];
        chain.call(peter, "policy-registry", "purchase-protection", &arguments);
    }
    let token = || sbtc.clone();
    let ended = async |chain: Chain| {
        let Chain { w, told, height } = chain;
        let net = Net::of(w);
        let now = UnixSeconds::new(net.now());
        let mut syncer = syncer(&told, folder.path(), &net).await;
        let state = syncer.step().await.unwrap();
        assert!(matches!(state, SyncState::Current { .. }), "{state:?}");
        let mut from_books = FromBooks::new(syncer.books());
        let listed = from_books.ended(now).await.unwrap();
        // Another file is in the place of a damaged one: whoever has a handle reads that.
        let path = file(folder.path());
        for beside in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{beside}", path.display()));
        }
        std::fs::write(&path, b"something else, and long enough to be looked at").unwrap();
        drop(syncer);
        let mut syncer = self::syncer(&told, folder.path(), &net).await;
        let mut from_books = FromBooks::new(syncer.books());
        assert!(from_books.ended(now).await.is_err(), "there is nothing to be read yet");
        syncer.step().await.unwrap();
        assert_eq!(from_books.ended(now).await.unwrap(), listed, "the same handle");
        drop((from_books, syncer));
        let from_index = FromRegistry::new(net.clone(), Deployment::devnet()).ended(now).await.unwrap();
        assert_eq!(listed, from_index);
        (listed, Chain { w: net.into_world(), told, height })
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (list, mut chain) = ended(chain).await;
        assert_eq!(list, []);
        while chain.w.vm.now().unwrap() < expiries[0] {
            chain.next_boundary();
        }
        let (list, mut chain) = ended(chain).await;
        assert_eq!(list, (1..=22).collect::<Vec<u128>>());
        let settle = [u(BALANCED), token(), u(expiries[0].into())];
        chain.call(keeper, "policy-registry", "settle-expiry", &settle);
        let ids = (1..=20).map(u).collect();
        chain.call(keeper, "policy-registry", "expire-policies", &[Value::List(ids)]);
        let (list, _) = ended(chain).await;
        assert_eq!(list, [21, 22]);
    });
}
