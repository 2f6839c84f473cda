//! How often to look, and when to worry.

use std::time::Duration;

use bithedge_ipc::Network;
use bithedge_protocol::Seconds;

/// The time limits of a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Time from the start of one reading to the start of the next.
    pub interval: Duration,
    /// Age from which the values shown count as possibly behind.
    pub stale_after: Duration,
    /// Time without a complete reading from which the node counts as gone. A reading is given up after as long.
    pub unreachable_after: Duration,
    /// Age of the newest block from which the chain counts as standing still; `None` where blocks are made on demand.
    pub max_tip_age: Option<Seconds>,
    /// How long a branch change stays on show.
    pub reorg_shown: Duration,
    /// How long a node may go on naming a tip below the last one before that is taken for its chain now; `None` to wait
    /// until a block shows that it is another branch. Only a chain of our own is ever set back on purpose.
    pub lower_tip_accepted_after: Option<Duration>,
}

impl Pace {
    /// For a chain of our own: every second, and its blocks come when they are asked for.
    pub const LOCAL: Self = Self {
        interval: Duration::from_secs(1),
        stale_after: Duration::from_secs(3),
        unreachable_after: Duration::from_secs(10),
        max_tip_age: None,
        reorg_shown: Duration::from_secs(60),
        lower_tip_accepted_after: Some(Duration::from_secs(30)),
    };

    /// For a public node: its blocks come seconds to minutes apart, and its operator limits the rate of requests.
    pub const PUBLIC: Self = Self {
        interval: Duration::from_secs(10),
        stale_after: Duration::from_secs(25),
        unreachable_after: Duration::from_secs(40),
        max_tip_age: Some(Seconds::new(30 * 60)),
        reorg_shown: Duration::from_secs(10 * 60),
        lower_tip_accepted_after: None,
    };

    /// The pace that suits a network.
    #[must_use]
    pub const fn of(network: Network) -> Self {
        match network {
            Network::Devnet => Self::LOCAL,
            Network::Testnet | Network::Mainnet | Network::Other => Self::PUBLIC,
        }
    }
}
