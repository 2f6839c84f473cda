//! Whether a chain stands still: what holds at its newest block is then not what holds now.

use bithedge_protocol::{Seconds, UnixSeconds};
use bithedge_suite::SuiteNetwork;

use crate::chain::pace::Pace;

/// From which age of the newest block the chain counts as standing still; `None` where blocks are made on demand.
pub(crate) const fn most_age(network: SuiteNetwork) -> Option<Seconds> {
    match network {
        SuiteNetwork::Devnet => Pace::LOCAL.max_tip_age,
        SuiteNetwork::Testnet | SuiteNetwork::Mainnet => Pace::PUBLIC.max_tip_age,
    }
}

/// Whether the newest block is older than that by this computer's clock.
pub(crate) fn stands_still(network: SuiteNetwork, newest: UnixSeconds, clock: UnixSeconds) -> bool {
    most_age(network).is_some_and(|most| clock.since(newest).is_some_and(|age| age > most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_our_own_never_stands_still() {
        let at = |seconds| UnixSeconds::new(seconds);
        assert!(!stands_still(SuiteNetwork::Devnet, at(0), at(1_000_000)));
        for public in [SuiteNetwork::Testnet, SuiteNetwork::Mainnet] {
            assert!(!stands_still(public, at(10_000), at(11_800)));
            assert!(stands_still(public, at(10_000), at(11_801)));
            assert!(!stands_still(public, at(10_000), at(5_000)), "a clock that is behind tells nothing");
        }
    }
}
