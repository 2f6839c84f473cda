//! Which nonce comes next.
//!
//! The chain says how many transactions of an account it has executed; the API adds which wait. What this application has
//! in hand comes from its drafts and its journal. The next nonce is the lowest that is none of all these: so a gap, which
//! keeps everything behind it waiting, is closed by whatever is drafted next.

use std::collections::BTreeSet;

/// An account's nonces as the chain knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainNonces {
    /// How many transactions were executed: the lowest nonce that can still be used.
    pub executed: u64,
    /// Nonces of transactions that wait at a node, whoever signed them; `None` if there is nobody who can tell.
    pub waiting: Option<BTreeSet<u64>>,
    /// Those of them whose transactions are not known to be ours: another wallet's, or of a journal that was lost.
    pub foreign: BTreeSet<u64>,
}

/// The lowest nonce that is neither executed, nor in hand, nor waiting anywhere. `None` at the end of all numbers.
///
/// `abandoned` nonces are those of our own transactions that no node will have: they are given again although a node may
/// after all have kept what was signed for them, because then at most one of the two can be mined. Not if what waits there
/// is somebody else's.
pub(super) fn next(chain: &ChainNonces, held: &BTreeSet<u64>, abandoned: &BTreeSet<u64>) -> Option<u64> {
    let waits = |nonce: u64| chain.waiting.as_ref().is_some_and(|waiting| waiting.contains(&nonce));
    (chain.executed..u64::MAX)
        .filter(|nonce| !held.contains(nonce) && !chain.foreign.contains(nonce))
        .find(|nonce| abandoned.contains(nonce) || !waits(*nonce))
}

/// Nonces that nobody has, below one of ours that waits for them: until they are used, it cannot be mined.
pub(super) fn gaps(chain: &ChainNonces, held: &BTreeSet<u64>) -> Vec<u64> {
    let Some(last) = held.last() else { return Vec::new() };
    let waits = |nonce: &u64| chain.waiting.as_ref().is_some_and(|waiting| waiting.contains(nonce));
    // Nobody has so many transactions under way; a node that says so must not cost the memory for it.
    const MOST: usize = 1_000;
    (chain.executed..*last).filter(|nonce| !held.contains(nonce) && !waits(nonce)).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(executed: u64, waiting: &[u64]) -> ChainNonces {
        ChainNonces { executed, waiting: Some(waiting.iter().copied().collect()), foreign: BTreeSet::new() }
    }

    fn set(nonces: &[u64]) -> BTreeSet<u64> {
        nonces.iter().copied().collect()
    }

    #[test]
    fn the_lowest_free_nonce_is_next() {
        let none = BTreeSet::new();
        let blind = ChainNonces { executed: 2, waiting: None, foreign: BTreeSet::new() };
        assert_eq!(next(&chain(5, &[]), &none, &none), Some(5));
        let other = ChainNonces { foreign: set(&[5]), ..chain(5, &[5]) };
        assert_eq!(next(&other, &none, &set(&[5])), Some(6), "given up, and another wallet's meanwhile");
        assert_eq!(next(&chain(5, &[5, 6]), &set(&[7]), &none), Some(8));
        assert_eq!(next(&chain(5, &[5, 7]), &none, &none), Some(6), "a gap is closed first");
        assert_eq!(next(&chain(5, &[5, 6]), &none, &set(&[5])), Some(5), "ours, and given up");
        assert_eq!(next(&chain(5, &[]), &set(&[5]), &set(&[5])), Some(6), "given up, and taken again");
        assert_eq!(next(&chain(9, &[]), &set(&[5]), &none), Some(9));
        assert_eq!(next(&blind, &set(&[2]), &none), Some(3));
        assert_eq!(next(&chain(u64::MAX, &[]), &none, &none), None);
    }

    #[test]
    fn a_gap_is_what_ours_wait_for() {
        assert_eq!(gaps(&chain(5, &[6]), &set(&[8])), [5, 7]);
        assert!(gaps(&chain(5, &[]), &set(&[5, 6])).is_empty());
        assert!(gaps(&chain(5, &[9]), &BTreeSet::new()).is_empty(), "others' gaps are others'");
        assert_eq!(gaps(&chain(0, &[]), &set(&[u64::MAX])).len(), 1_000);
    }
}
