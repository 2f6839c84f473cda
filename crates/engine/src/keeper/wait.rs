//! What the keeper waits for.

use std::fmt;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::MicroStx;

use crate::transactions::TransactionId;

/// Why the keeper does nothing, or less than is due. It is told when it begins, not again while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// The keys are locked.
    Locked,
    /// The standing order is over.
    OrderEnded(UnixSeconds),
    /// The day's fees are spent.
    Budget {
        /// What was signed in the last 24 hours.
        spent: MicroStx,
        /// What may be.
        cap: MicroStx,
        /// Whether it is the budget of the reports.
        reports: bool,
    },
    /// A fee above the limit is asked.
    Fee(String),
    /// Somebody is asked something about the same account: it would be signed behind that.
    Question(TransactionId),
    /// A transaction of the user's was given up, and what the keeper does could happen besides it.
    Unresolved(TransactionId),
    /// Nobody has this nonce of the account's, and what waits behind it cannot be mined: paying more for that would change nothing.
    Gap(u64),
    /// The newest block is of this moment, and no report that says so would arrive in time.
    ChainStands(UnixSeconds),
    /// The account cannot pay the fee.
    TooPoor(String),
    /// The markets gave no price.
    NoPrice(String),
    /// The account is not, or not any more, a reporter of the oracle.
    NotReporter,
    /// Which policies have ended could not be read.
    NoList(String),
    /// There are more policies than the list has: those that it lacks are left to others.
    PartOfList,
    /// So many transactions of the account are under way that a node would not take more.
    QueueFull(usize),
    /// This nonce of the account's has waited for long, and everything after it waits as well.
    Stuck(u64),
    /// What happened by this transaction is not what was approved.
    Alarm(TransactionId),
    /// This computer's clock is behind the newest block.
    ClockBehind {
        /// The clock.
        clock: UnixSeconds,
        /// The block's time.
        chain: UnixSeconds,
    },
    /// The larger part of the day's budget for reports is spent: what is left is for reports that time demands, not for movements.
    ReportsSaved {
        /// What was signed in the last 24 hours.
        spent: MicroStx,
        /// What may be.
        cap: MicroStx,
    },
}

impl Wait {
    /// Whether it is the same one, whatever its figures are by now.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        use std::mem::discriminant;
        match (self, other) {
            (Self::Budget { reports: one, .. }, Self::Budget { reports: other, .. }) => one == other,
            _ => discriminant(self) == discriminant(other),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => out.write_str(
                "The keys are locked, so the keeper signs nothing. Nothing is lost. Unlock them, and it goes on.",
            ),
            Self::OrderEnded(until) => write!(
                out,
                "The keeper's standing order ended at {until}, so it does nothing any more. Give it a new one if it is to go on."
            ),
            Self::Budget { spent, cap, reports } => write!(
                out,
                "The keeper has signed fees of {spent} in the last 24 hours{}, and {cap} are allowed. It goes on as the day passes; \
                 raise the limit if that is too slow.",
                if *reports { " for reports" } else { "" }
            ),
            Self::Fee(why) => write!(
                out,
                "The network asks a higher fee than the keeper may pay, so it waits: {why}. It tries again by itself."
            ),
            Self::Question(id) => write!(
                out,
                "Question {id} about the same account is open, so the keeper waits for its answer. Answer or close it."
            ),
            Self::Unresolved(id) => write!(
                out,
                "Transaction {id} was given up and may still be executed, so the keeper signs nothing beside it. Repeat or cancel it."
            ),
            Self::Gap(nonce) => write!(
                out,
                "Nobody has the account's nonce {nonce}, so what was signed after it waits. The keeper's next call takes it; if there is \
                 none, close the gap."
            ),
            Self::ChainStands(since) => write!(
                out,
                "The newest block is of {since}, so the keeper reports no prices until there is a new one. If other people see newer \
                 blocks, set this computer's clock or choose another node."
            ),
            Self::TooPoor(why) => write!(
                out,
                "The account cannot pay for what is due: {why}. Send STX to it, and the keeper goes on."
            ),
            Self::NoPrice(why) => write!(out, "The keeper reports no price: {why}. It asks again by itself."),
            Self::NotReporter => out.write_str(
                "This account is not among the oracle's active reporters, so the keeper reports no prices. Nothing is lost; governance \
                 lists reporters.",
            ),
            Self::NoList(why) => write!(
                out,
                "Which policies have ended could not be read, so the keeper claims for nobody at the moment: {why}. A claim has no \
                 deadline."
            ),
            Self::PartOfList => out.write_str(
                "There are more policies than the keeper's list has, so it claims only for some. A claim has no deadline; with the whole \
                 history of the chain the list is complete.",
            ),
            Self::QueueFull(count) => write!(
                out,
                "{count} transactions of the account are under way, and nodes take few more, so the keeper adds none. It goes on as they \
                 are mined."
            ),
            Self::Stuck(nonce) => write!(
                out,
                "The account's transaction with nonce {nonce} has waited for long, and everything after it waits too. The keeper pays more \
                 for it if it is its own; replace or cancel it if it is yours."
            ),
            Self::Alarm(id) => write!(
                out,
                "What transaction {id} did is not what was approved, so the keeper signs nothing. Either the node tells falsehoods or \
                 something is very wrong: look at that transaction with another node first."
            ),
            Self::ClockBehind { clock, chain } => write!(
                out,
                "This computer's clock says {clock}, and the newest block is of {chain}, so the keeper reports no prices: it could not tell \
                 old ones from new ones. Set the clock."
            ),
            Self::ReportsSaved { spent, cap } => write!(
                out,
                "The keeper has signed {spent} of {cap} for reports in the last 24 hours. It reports movements no more and keeps the rest for \
                 the reports that time demands; raise the limit if prices should be followed more closely."
            ),
        }
    }
}
