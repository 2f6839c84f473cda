//! A chain that grows and is reorganised: blocks with and without anything of the suite in them.

use bithedge_ledger::{BlockHeader, ChainBlock, Fingerprint, Identity, Ledger, SuiteTransaction};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::client::BlockHash;

use crate::stream::{self, Stream};

/// A block, and what made the next ones as it was after it.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) header: BlockHeader,
    pub(crate) transactions: Vec<SuiteTransaction>,
    after: Stream,
}

#[derive(Clone)]
pub(crate) struct Chain {
    /// From the first block.
    pub(crate) blocks: Vec<Block>,
    random: fastrand::Rng,
}

/// No block of the suite's is lower.
pub(crate) const DEPLOYED: u64 = 3;

impl Chain {
    /// The first block, and one in which nothing is deployed yet.
    pub(crate) fn new(seed: u64) -> Self {
        let stream = Stream::new(seed, 20, 20);
        let first = BlockHeader {
            height: BlockHeight::new(1),
            hash: stream::identity().genesis,
            parent: BlockHash([0; 32]),
            time: UnixSeconds::new(stream::START),
        };
        let first = Block { header: first, transactions: Vec::new(), after: stream };
        let mut chain = Self { blocks: vec![first], random: fastrand::Rng::with_seed(seed) };
        chain.empty();
        chain
    }

    pub(crate) fn tip(&self) -> &BlockHeader {
        &self.blocks.last().unwrap().header
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity { genesis: self.blocks[0].header.hash, ..stream::identity() }
    }

    /// The chain's block at a height.
    pub(crate) fn at(&self, height: BlockHeight) -> Option<&Block> {
        self.blocks.get(usize::try_from(height.get().checked_sub(1)?).unwrap())
    }

    fn push(&mut self, transactions: Vec<SuiteTransaction>, time: u64, after: Stream) {
        let before = *self.tip();
        let mut hash = [0; 32];
        self.random.fill(&mut hash);
        let header = BlockHeader {
            height: BlockHeight::new(before.height.get() + 1),
            hash: BlockHash(hash),
            parent: before.hash,
            time: UnixSeconds::new(time),
        };
        self.blocks.push(Block { header, transactions, after });
    }

    /// A block that holds nothing of the suite.
    pub(crate) fn empty(&mut self) {
        let newest = self.blocks.last().unwrap();
        // Nothing that the stream makes later is earlier.
        let (time, after) = (newest.header.time.get(), newest.after.clone());
        self.push(Vec::new(), time, after);
    }

    /// A block of up to so many transactions of the suite.
    pub(crate) fn full(&mut self, most: usize) {
        let mut stream = self.blocks.last().unwrap().after.clone();
        let ChainBlock { header, transactions } = stream.next(most);
        self.push(transactions, header.time.get(), stream);
    }

    /// Some blocks of either kind.
    pub(crate) fn grow(&mut self, count: usize) {
        for _ in 0..count {
            if self.random.u8(..3) == 0 { self.empty() } else { self.full(4) }
        }
    }

    /// Replaces the newest blocks by so many others. What is below the suite stays.
    pub(crate) fn reorganise(&mut self, depth: usize, then: usize) {
        let kept = self.blocks.len().saturating_sub(depth).max(2);
        self.blocks.truncate(kept);
        let seed = self.random.u64(1..1 << 30);
        self.blocks.last_mut().unwrap().after.fork(seed);
        self.grow(then);
    }

    /// What happened above a height up to another.
    pub(crate) fn content(&self, above: u64, to: u64) -> Vec<ChainBlock> {
        let wanted = |block: &&Block| {
            let height = block.header.height.get();
            height > above && height <= to && !block.transactions.is_empty()
        };
        let blocks = self.blocks.iter().filter(wanted);
        blocks
            .map(|block| ChainBlock { header: block.header, transactions: block.transactions.clone() })
            .collect()
    }

    /// What a ledger holds that saw this chain alone, up to its newest block.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("fresh"), self.identity()).unwrap();
        ledger.advance_to(&self.blocks[0].header).unwrap();
        ledger.apply_all(&self.content(0, u64::MAX)).unwrap();
        ledger.advance_to(self.tip()).unwrap_or(bithedge_ledger::Applied::Known);
        ledger.snapshot().unwrap().fingerprint().unwrap()
    }
}
