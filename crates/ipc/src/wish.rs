//! What the window may ask for.

use bithedge_protocol::pool::Shares;
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

/// What a person wants done with one transaction. Reading it is strict: amounts are decimal strings without sign, a field that is
/// not known is refused, and so is one that is missing. That something can be read does not mean that it makes sense: the core
/// checks that, and shows what it would sign.
///
/// Where somebody is paid, nobody named means the account that acts.
//
// Variants without fields have braces: only so are unknown fields refused beside a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// Buy protection as it was offered.
    Buy {
        /// What it is paid in.
        asset: Asset,
        /// The tier that is asked first.
        tier: u8,
        /// The protected price.
        strike: UsdE8,
        /// When it ends.
        expiry: UnixSeconds,
        /// How much is protected.
        size: Sats,
        /// The most that it may cost, all told, without the network's fee.
        max_cost: TokenAmount,
        /// Until when the offer holds, by this computer's clock.
        valid_until: UnixSeconds,
    },
    /// Exercise a policy before its expiry.
    Activate {
        /// Its number.
        policy: u64,
        /// What it is paid in.
        asset: Asset,
        /// Less is not accepted.
        min_payout: TokenAmount,
    },
    /// Sell a policy back to the pool.
    SellBack {
        /// Its number.
        policy: u64,
        /// What it is paid in.
        asset: Asset,
        /// Less is not accepted.
        min_refund: TokenAmount,
    },
    /// Have a settled policy paid.
    Claim {
        /// Its number.
        policy: u64,
        /// What it is paid in.
        asset: Asset,
        /// Whose policy it is; `None`: the account's own.
        owner: Option<String>,
    },
    /// Commit capital.
    Commit {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// Take back what waits to become shares.
    CancelDeposit {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
    },
    /// Put shares in the exit queue.
    RequestWithdrawal {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
        /// How many.
        shares: Shares,
    },
    /// Take shares back out of the exit queue.
    CancelWithdrawal {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
    },
    /// Have paid what closes have filled.
    ClaimWithdrawal {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
        /// Whose; `None`: the account's own.
        provider: Option<String>,
    },
    /// Queue as many shares as are worth more than was paid in.
    ClaimYield {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
    },
    /// Leave a bucket that was not closed for days, at its guaranteed value.
    LeaveDeadBucket {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
        /// How many shares.
        shares: Shares,
    },
    /// Close a bucket's epoch.
    CloseEpoch {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
    },
    /// Settle what a bucket sold for an expiry.
    SettleExpiry {
        /// The tier.
        tier: u8,
        /// The token.
        asset: Asset,
        /// The expiry.
        expiry: UnixSeconds,
    },
    /// End policies that ran out of the money.
    EndPolicies {
        /// Their numbers.
        policies: Vec<u64>,
    },
    /// Have a keeper's bounties paid.
    ClaimBounties {
        /// In which token.
        asset: Asset,
        /// Whose; `None`: the account's own.
        keeper: Option<String>,
    },
    /// Record a boundary's price that a silence of the oracle left out.
    RecordBoundary {
        /// The boundary.
        at: UnixSeconds,
    },
    /// Trip the breaker of a silent oracle.
    CheckOracle {},
    /// Keep today's health score.
    RecordHealth {},
    /// Give to the insurance fund. It cannot be taken back.
    Contribute {
        /// Of what.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// Split the treasury's undistributed fees by its table.
    Distribute {
        /// In which token.
        asset: Asset,
    },
    /// Have a recipient of the treasury's table paid.
    ClaimAllocation {
        /// In which token.
        asset: Asset,
        /// Whose: an address or a contract; `None`: the account's own.
        recipient: Option<String>,
    },
    /// Vote on a proposal. It is final.
    Vote {
        /// Its number.
        proposal: u64,
        /// How.
        ballot: Ballot,
    },
    /// Start the waiting time of a proposal that was accepted.
    QueueProposal {
        /// Its number.
        proposal: u64,
    },
    /// End a proposal.
    CancelProposal {
        /// Its number.
        proposal: u64,
    },
    /// Give up a role of the account's own. It cannot be taken back.
    RenounceRole {
        /// The role, as governance calls it.
        role: String,
    },
    /// As a guardian: trip a breaker.
    TripBreaker {
        /// Which, as it is called in the contracts.
        breaker: String,
        /// Why.
        reason: String,
    },
    /// As a guardian: release what a guardian tripped.
    ReleaseBreaker {
        /// Which, as it is called in the contracts.
        breaker: String,
    },
    /// As a guardian: stop what governance takes out of the insurance fund.
    FreezeFundWithdrawals {},
    /// As a reporter or a guardian: dispute a reporter's last report.
    DisputeReport {
        /// Whose report: an address or a contract.
        reporter: String,
        /// SHA-256 of the reasons, 64 hexadecimal digits.
        reason_hash: String,
    },
    /// As a guardian: stop a reporter.
    SuspendReporter {
        /// An address or a contract.
        reporter: String,
    },
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ballot {
    /// Against.
    Against,
    /// For.
    For,
    /// For the quorum only.
    Abstain,
}
