//! What a person or a keeper wants, in the domain's units.

use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, ContractId, Principal};
use bithedge_suite::bounded::Ascii;

use super::decision::Decision;

/// Something that one transaction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// About a policy.
    Protection(Protection),
    /// About capital in a bucket.
    Capital(Capital),
    /// What time demands; open to anybody.
    Upkeep(Upkeep),
    /// About the oracle's prices.
    Prices(Prices),
    /// About the treasury and the insurance fund.
    Reserves(Reserves),
    /// About governance.
    Governing(Governing),
}

/// What can be done with policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Buys: one policy, or two when the tier overflows proportionally.
    Buy {
        /// What.
        order: Order,
        /// Premium, fee and bounty are no more than this together.
        max_cost: TokenAmount,
        /// The price holds for the person until then, by this computer's clock.
        valid_until: UnixSeconds,
    },
    /// Exercises a policy before its expiry, at the prices of then.
    Activate {
        /// Its number.
        policy: u128,
        /// What it is paid in.
        asset: Asset,
        /// Less is not accepted.
        min_payout: TokenAmount,
    },
    /// Sells a policy back to the pool.
    SellBack {
        /// Its number.
        policy: u128,
        /// What it is paid in.
        asset: Asset,
        /// Less is not accepted.
        min_refund: TokenAmount,
    },
    /// Has a settled policy paid to its owner, or ends it if it ran out of the money.
    Claim {
        /// Its number.
        policy: u128,
        /// What it is paid in.
        asset: Asset,
        /// Whose policy it is.
        to: Recipient,
    },
}

/// What a provider of capital can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capital {
    /// Commits capital; it becomes shares at a close.
    Commit {
        /// The bucket.
        bucket: BucketId,
        /// How much, the keeper's bounty included.
        amount: TokenAmount,
    },
    /// Takes back deposits that wait for a close.
    CancelDeposit(BucketId),
    /// Puts shares in the exit queue.
    RequestWithdrawal {
        /// The bucket.
        bucket: BucketId,
        /// How many.
        shares: Shares,
    },
    /// Queues as many shares as are worth more than was paid in.
    ClaimYield(BucketId),
    /// Takes shares back out of the exit queue.
    CancelWithdrawal(BucketId),
    /// Has paid what closes have filled, and deposits that were returned.
    ClaimWithdrawal {
        /// The bucket.
        bucket: BucketId,
        /// Whose.
        to: Recipient,
    },
    /// Leaves an sBTC bucket that was not closed for three days, at its guaranteed value.
    LeaveDeadBucket {
        /// The bucket.
        bucket: BucketId,
        /// How many shares.
        shares: Shares,
    },
}

/// What time demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    /// Closes a bucket's epoch.
    CloseEpoch(BucketId),
    /// Settles what a bucket sold for an expiry.
    SettleExpiry {
        /// The bucket.
        bucket: BucketId,
        /// The expiry.
        expiry: UnixSeconds,
    },
    /// Ends policies that ran out of the money.
    EndPolicies(Vec<u128>),
    /// Has a keeper's bounties paid.
    ClaimBounties {
        /// In which token.
        asset: Asset,
        /// Whose.
        to: Recipient,
    },
    /// Records a boundary that a silence of the oracle left out.
    RecordBoundary(UnixSeconds),
    /// Trips the breaker of a silent oracle.
    CheckOracle,
    /// Keeps today's health score.
    RecordHealth,
}

/// What concerns prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prices {
    /// A reporter's report.
    Report {
        /// USD of a bitcoin.
        btc: UsdE8,
        /// USD of an STX.
        stx: UsdE8,
        /// When they were observed.
        observed_at: UnixSeconds,
    },
    /// Brings the prices of a contract that is a reporter.
    ReportFrom(ContractId),
    /// Has the adapter of DIA take over the feed's prices.
    RefreshDia(ContractId),
    /// Has the adapter of Pyth take over the feed's prices.
    RefreshPyth(ContractId),
    /// A reporter or a guardian disputes a reporter's last report.
    Dispute {
        /// Whose report.
        reporter: Principal,
        /// SHA-256 of the reasons.
        reason: [u8; 32],
    },
    /// A guardian stops a reporter.
    Suspend(Principal),
}

/// What concerns treasury and insurance fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserves {
    /// Splits the treasury's undistributed fees by its table.
    Distribute(Asset),
    /// Has a recipient of the table paid.
    ClaimAllocation {
        /// In which token.
        asset: Asset,
        /// Whose.
        to: Principal,
    },
    /// Counts what lies in the treasury unaccounted for as its own.
    BookTreasurySurplus(Asset),
    /// Buys a swap's whole amount from the treasury.
    FillSwap {
        /// Its number.
        swap: u128,
        /// What the treasury gives.
        gives: Asset,
        /// How much of it.
        amount: TokenAmount,
        /// What it takes.
        takes: Asset,
        /// How much of it.
        price: TokenAmount,
    },
    /// Gives to the insurance fund.
    Contribute {
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// Pays back to the fund what was recovered of one of its payments.
    Recover {
        /// The number of the payment.
        activation: u128,
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// Counts what lies in the fund unaccounted for as its own.
    BookFundSurplus(Asset),
    /// Reports the fund's ratio as a gauge.
    ReportFundHealth(Asset),
}

/// What members, guardians and everybody can do in governance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Governing {
    /// Opens a proposal.
    Propose {
        /// Its title.
        title: Ascii<80>,
        /// SHA-256 of its description.
        description: [u8; 32],
        /// Where the description is.
        uri: Ascii<128>,
        /// What it decides: one to ten.
        decisions: Vec<Decision>,
        /// On the guardians' fast track.
        emergency: bool,
    },
    /// Votes.
    Vote {
        /// The proposal.
        proposal: u128,
        /// How.
        ballot: Ballot,
    },
    /// Starts the timelock of a proposal that succeeded.
    Queue(u128),
    /// Ends a proposal.
    Cancel(u128),
    /// Carries out one decision of a proposal whose timelock is over.
    Execute(Box<Decision>),
    /// Gives up one's own role.
    RenounceRole(Ascii<16>),
    /// A guardian trips a breaker.
    TripBreaker {
        /// Which.
        breaker: Ascii<24>,
        /// Why.
        reason: Ascii<64>,
    },
    /// A guardian releases what a guardian tripped.
    ReleaseBreaker(Ascii<24>),
    /// A guardian stops what governance takes out of the fund.
    FreezeFundWithdrawals,
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ballot {
    /// Against: 0.
    Against,
    /// For: 1.
    For,
    /// For the quorum only: 2.
    Abstain,
}

impl Ballot {
    /// Its number in the contract.
    #[must_use]
    pub const fn code(self) -> u128 {
        match self {
            Self::Against => 0,
            Self::For => 1,
            Self::Abstain => 2,
        }
    }
}

/// One tier with one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketId {
    /// The tier.
    pub tier: u8,
    /// The token.
    pub asset: Asset,
}

/// Who is paid by a call that anybody may make for anybody. The contract pays whom its books name; naming the recipient here keeps
/// a person from paying a fee for somebody else by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The account that signs. Anybody else is refused.
    Ours,
    /// Somebody else, on purpose.
    Somebody(Address),
}

impl Recipient {
    /// The address.
    #[must_use]
    pub const fn address(self, account: Address) -> Address {
        match self {
            Self::Ours => account,
            Self::Somebody(address) => address,
        }
    }
}

impl From<Protection> for Intent {
    fn from(intent: Protection) -> Self {
        Self::Protection(intent)
    }
}

impl From<Capital> for Intent {
    fn from(intent: Capital) -> Self {
        Self::Capital(intent)
    }
}

impl From<Upkeep> for Intent {
    fn from(intent: Upkeep) -> Self {
        Self::Upkeep(intent)
    }
}

impl From<Prices> for Intent {
    fn from(intent: Prices) -> Self {
        Self::Prices(intent)
    }
}

impl From<Reserves> for Intent {
    fn from(intent: Reserves) -> Self {
        Self::Reserves(intent)
    }
}

impl From<Governing> for Intent {
    fn from(intent: Governing) -> Self {
        Self::Governing(intent)
    }
}
