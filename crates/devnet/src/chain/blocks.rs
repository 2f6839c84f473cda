//! The blocks of the canonical chain, stored as runs: ninety days of empty blocks are one entry.

use sha2::{Digest, Sha512_256};

use bithedge_vm::Tip;

/// Seconds by which a Bitcoin block moves the chain's clock.
pub(crate) const SECONDS_A_BURN_BLOCK: u64 = 600;
/// Seconds by which a Stacks block moves the chain's clock.
pub(crate) const SECONDS_A_STACKS_BLOCK: u64 = 10;

/// A run of consecutive blocks.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Height of the first.
    pub(crate) first: u64,
    /// How many.
    pub(crate) count: u64,
    /// Bitcoin height of the first.
    pub(crate) first_burn: u64,
    /// Chain time of the first, in seconds since 1970.
    pub(crate) first_time: u64,
    /// Time of the Bitcoin block that a run without Bitcoin blocks of its own builds on.
    pub(crate) burn_time_before: u64,
    /// Whether each of them comes with a Bitcoin block of its own.
    pub(crate) burn: bool,
    /// Number of reorganisations before it.
    pub(crate) fork: u32,
    /// Transactions; only in runs of one.
    pub(crate) txids: Vec<[u8; 32]>,
}

/// One block, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Stacks height.
    pub(crate) height: u64,
    /// Chain time, in seconds since 1970.
    pub(crate) time: u64,
    /// Bitcoin height.
    pub(crate) burn_height: u64,
    /// The Bitcoin block's time, in seconds since 1970.
    pub(crate) burn_time: u64,
    /// Number of reorganisations before it.
    pub(crate) fork: u32,
    /// Transactions, in order.
    pub(crate) txids: Vec<[u8; 32]>,
}

/// The chain of blocks from genesis to the tip.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    seed: u64,
    runs: Vec<Run>,
}

impl Blocks {
    /// A chain whose first block is the VM's own at `tip`; `seed` tells one devnet's hashes from another's.
    pub(crate) fn new(seed: u64, tip: Tip) -> Self {
        let genesis = Run {
            first: tip.stacks_height,
            count: 1,
            first_burn: tip.burn_height,
            first_time: tip.time,
            burn_time_before: 0,
            burn: true,
            fork: 0,
            txids: Vec::new(),
        };
        Self { seed, runs: vec![genesis] }
    }

    /// Adds a run after the tip.
    pub(crate) fn push(&mut self, run: Run) {
        debug_assert_eq!(run.first, self.tip_height() + 1, "runs follow each other");
        self.runs.push(run);
    }

    /// Height of the newest block.
    pub(crate) fn tip_height(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.first + run.count - 1)
    }

    /// Height of the first block.
    pub(crate) fn first_height(&self) -> u64 {
        self.runs.first().map_or(0, |run| run.first)
    }

    /// The newest block.
    pub(crate) fn tip(&self) -> Block {
        self.get(self.tip_height()).unwrap_or_else(|| Self::block(&self.runs[0], self.runs[0].first))
    }

    /// The block at a height.
    pub(crate) fn get(&self, height: u64) -> Option<Block> {
        let at = self.runs.partition_point(|run| run.first + run.count <= height);
        let run = self.runs.get(at).filter(|run| run.first <= height)?;
        Some(Self::block(run, height))
    }

    fn block(run: &Run, height: u64) -> Block {
        let index = height - run.first;
        let (time, burn_height) = if run.burn {
            (run.first_time + index * SECONDS_A_BURN_BLOCK, run.first_burn + index)
        } else {
            (run.first_time + index * SECONDS_A_STACKS_BLOCK, run.first_burn)
        };
        let burn_time = if run.burn { time - SECONDS_A_STACKS_BLOCK } else { run.burn_time_before };
        Block { height, time, burn_height, burn_time, fork: run.fork, txids: run.txids.clone() }
    }

    /// The block's hash: of the devnet's seed, the height and the fork, so that a replaced block has another one.
    pub(crate) fn hash(&self, block: &Block) -> [u8; 32] {
        self.digest("block", block.height, block.fork)
    }

    /// The block's index hash (`index_block_hash`, a node's `StacksBlockId`).
    pub(crate) fn index_hash(&self, block: &Block) -> [u8; 32] {
        self.digest("index", block.height, block.fork)
    }

    /// The Bitcoin block's hash. Bitcoin does not reorganise on the devnet.
    pub(crate) fn burn_hash(&self, burn_height: u64) -> [u8; 32] {
        self.digest("burn", burn_height, 0)
    }

    /// The consensus hash of a Bitcoin block: 20 bytes.
    pub(crate) fn consensus_hash(&self, burn_height: u64) -> [u8; 20] {
        let mut short = [0; 20];
        short.copy_from_slice(&self.digest("consensus", burn_height, 0)[..20]);
        short
    }

    /// Finds a block by hash or index hash: either says which height it is of.
    pub(crate) fn by_hash(&self, hash: &[u8; 32]) -> Option<Block> {
        let block = self.get(height_of(hash))?;
        (self.hash(&block) == *hash || self.index_hash(&block) == *hash).then_some(block)
    }

    /// A hash in whose last eight bytes the height is hidden behind the first eight.
    fn digest(&self, what: &str, height: u64, fork: u32) -> [u8; 32] {
        let mut hash: [u8; 32] = Sha512_256::new()
            .chain_update(b"bithedge-devnet ")
            .chain_update(what)
            .chain_update(self.seed.to_be_bytes())
            .chain_update(height.to_be_bytes())
            .chain_update(fork.to_be_bytes())
            .finalize()
            .into();
        for (at, byte) in height.to_be_bytes().into_iter().enumerate() {
            hash[24 + at] = hash[at] ^ byte;
        }
        hash
    }
}

fn height_of(hash: &[u8; 32]) -> u64 {
    let mut bytes = [0; 8];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = hash[at] ^ hash[24 + at];
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Blocks {
        let mut blocks = Blocks::new(7, Tip { stacks_height: 1, burn_height: 1, time: 1000 });
        blocks.push(Run {
            first: 2,
            count: 3,
            first_burn: 1,
            first_time: 1010,
            burn_time_before: 990,
            burn: false,
            fork: 0,
            txids: vec![],
        });
        blocks.push(Run {
            first: 5,
            count: 2,
            first_burn: 2,
            first_time: 1600,
            burn_time_before: 990,
            burn: true,
            fork: 1,
            txids: vec![],
        });
        blocks
    }

    #[test]
    fn heights_times_and_bitcoin_heights_come_out_of_the_runs() {
        let blocks = chain();
        let seen: Vec<_> =
            (0..8).map(|h| blocks.get(h).map(|b| (b.height, b.time, b.burn_height, b.burn_time))).collect();
        assert_eq!(
            seen,
            [
                None,
                Some((1, 1000, 1, 990)),
                Some((2, 1010, 1, 990)),
                Some((3, 1020, 1, 990)),
                Some((4, 1030, 1, 990)),
                Some((5, 1600, 2, 1590)),
                Some((6, 2200, 3, 2190)),
                None
            ]
        );
        assert_eq!(blocks.tip_height(), 6);
    }

    #[test]
    fn a_block_is_found_by_either_hash_and_a_fork_has_others() {
        let blocks = chain();
        let five = blocks.get(5).unwrap();
        assert_eq!(blocks.by_hash(&blocks.hash(&five)), Some(five.clone()));
        assert_eq!(blocks.by_hash(&blocks.index_hash(&five)), Some(five.clone()));
        let other = Block { fork: 2, ..five.clone() };
        assert_ne!(blocks.hash(&other), blocks.hash(&five));
        assert_eq!(blocks.by_hash(&blocks.hash(&other)), None);
    }
}
