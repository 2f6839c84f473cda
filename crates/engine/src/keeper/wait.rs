//! What the keeper waits for.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::MicroStx;
use tokio::time::Instant;

use crate::transactions::TransactionId;

/// Why the keeper does nothing, or less than is due. It is told when it begins, not again while it lasts, nor before it was over for an
/// hour where only trying can tell whether it is.
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
    /// The newest block is of this moment: so long ago that what is due at it says nothing about now.
    StandsStill(UnixSeconds),
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
    /// This nonce of the account's has waited for long, and everything after it waits as well. If it is the keeper's own, what is due and
    /// free to go takes its place.
    Stuck(u64),
    /// What happened by these transactions, of whichever account of the network, is not what was approved, and nobody has acknowledged that.
    Alarm(BTreeSet<TransactionId>),
    /// So many transactions of the account wait that were not known here, and nobody has acknowledged them: what is due may be one of them.
    FoundWaiting(usize),
    /// Something else of the account's stands in the way of what is due.
    InTheWay(String),
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

/// How long a wait that only trying can end has to be over before it is told anew: longer than the longest pause between two tries.
const LULL: Duration = Duration::from_secs(3_600);

impl Wait {
    /// Whether it says nothing that the other one has not said, whatever its figures are by now.
    fn is_said_by(&self, other: &Self) -> bool {
        use std::mem::discriminant;
        match (self, other) {
            (Self::Budget { reports: one, .. }, Self::Budget { reports: other, .. }) => one == other,
            (Self::Alarm(one), Self::Alarm(other)) => one.is_subset(other),
            (Self::Question(one), Self::Question(other))
            | (Self::Unresolved(one), Self::Unresolved(other)) => one == other,
            (Self::Gap(one), Self::Gap(other)) | (Self::Stuck(one), Self::Stuck(other)) => one == other,
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// How long it is remembered after it was met last. What every step sees anew is over when it is not met.
    const fn lull(&self) -> Duration {
        match self {
            Self::Locked | Self::OrderEnded(_) | Self::Question(_) | Self::Alarm(_) => Duration::ZERO,
            _ => LULL,
        }
    }
}

/// What was told that the keeper waits for, and when it was met last.
#[derive(Debug)]
pub(super) struct Told(Vec<(Wait, Instant)>);

impl Told {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes in what a step met. Gives what is to be told.
    pub(super) fn take(&mut self, met: Vec<Wait>, now: Instant) -> Vec<Wait> {
        let is_told = |wait: &&Wait| self.0.iter().any(|(told, _)| wait.is_said_by(told));
        let mut news: Vec<Wait> = Vec::new();
        for wait in met.iter().filter(|wait| !is_told(wait)) {
            if !news.iter().any(|other| wait.is_said_by(other)) {
                news.push(wait.clone());
            }
        }
        self.0.retain(|(told, at)| {
            let is_met = met.iter().any(|wait| told.is_said_by(wait) || wait.is_said_by(told));
            !is_met && now.duration_since(*at) < told.lull()
        });
        self.0.extend(met.into_iter().map(|wait| (wait, now)));
        news
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
                "The keeper's standing order ended on {}, so it does nothing any more. Give it a new one if it is to go on.",
                until.in_words()
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
                "The newest block is of {}, so the keeper reports no prices until there is a new one. If other people see newer \
                 blocks, set this computer's clock or choose another node.",
                since.in_words()
            ),
            Self::StandsStill(since) => write!(
                out,
                "The newest block is of {}, so what is due now is not known, and the keeper signs nothing until there is a new one. If \
                 other people see newer blocks, set this computer's clock or choose another node.",
                since.in_words()
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
                "The account's transaction with nonce {nonce} has waited for long, and everything after it waits too. If it is the keeper's, \
                 what is due takes its place for a higher fee; replace or cancel it if it is yours."
            ),
            Self::Alarm(ids) => {
                let numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
                write!(
                    out,
                    "By what the node tells, what these transactions did is not what was approved, so the keeper signs nothing: {}. Either \
                     the node tells falsehoods or something is very wrong. Look at each with another node, and acknowledge it in the \
                     activity when it is understood.",
                    numbers.join(", ")
                )
            }
            Self::FoundWaiting(count) => write!(
                out,
                "{count} transactions of the account wait that were not known here, so the keeper signs nothing for it: they may be what is \
                 due. Look at them in the activity and acknowledge them, or wait until they are done."
            ),
            Self::InTheWay(why) => write!(
                out,
                "Something of the account's stands in the way of what is due: {why}. The keeper tries again by itself."
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

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(ids: &[u64]) -> Wait {
        Wait::Alarm(ids.iter().copied().map(TransactionId).collect())
    }

    #[test]
    fn another_one_of_a_kind_is_told() {
        let now = Instant::now();
        let mut told = Told::new();
        assert_eq!(told.take(vec![alarm(&[7]), Wait::Stuck(3)], now), [alarm(&[7]), Wait::Stuck(3)]);
        assert_eq!(told.take(vec![alarm(&[7]), Wait::Stuck(4)], now), [Wait::Stuck(4)]);
        assert_eq!(told.take(vec![alarm(&[7, 9])], now), [alarm(&[7, 9])]);
        // One of them was acknowledged: the other one was told.
        assert_eq!(told.take(vec![alarm(&[9])], now), []);
        let question = |id| Wait::Question(TransactionId(id));
        assert_eq!(told.take(vec![question(3)], now), [question(3)]);
        assert_eq!(told.take(vec![question(4)], now), [question(4)]);
    }

    #[test]
    fn what_only_trying_can_tell_is_not_told_at_each_try() {
        let (now, mut told) = (Instant::now(), Told::new());
        let minutes = |minutes: u64| now + Duration::from_secs(60 * minutes);
        let fee = || Wait::Fee("dear".to_owned());
        assert_eq!(told.take(vec![fee(), fee(), Wait::Locked], now), [fee(), Wait::Locked]);
        // It is not tried at each step.
        assert_eq!(told.take(Vec::new(), minutes(1)), []);
        assert_eq!(told.take(vec![fee()], minutes(30)), []);
        assert_eq!(told.take(Vec::new(), minutes(31)), []);
        // What every step sees is told as soon as it begins anew.
        assert_eq!(told.take(vec![Wait::Locked], minutes(32)), [Wait::Locked]);
        assert_eq!(told.take(Vec::new(), minutes(91)), []);
        assert_eq!(told.take(vec![fee()], minutes(92)), [fee()], "it was over for an hour");
    }
}
