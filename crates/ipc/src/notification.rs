//! What the user is told without asking.

use bithedge_protocol::UnixSeconds;
use serde::{Deserialize, Serialize};

use crate::Destination;

/// What it is about. The window decides by this, never by the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotificationKind {
    /// Policies end soon.
    ExpiryNear,
    /// A policy is in the money.
    InTheMoney,
    /// A policy was settled and can be paid.
    Claimable,
    /// A policy was paid after its end.
    PaidOut,
    /// A policy ended out of the money.
    Ended,
    /// A bucket stands otherwise than before.
    HealthChanged,
    /// Exits were paid: what they paid can be claimed, or went to the account already. The words say which.
    ExitFilled,
    /// A deposit became shares.
    DepositTaken,
    /// A deposit came back.
    DepositReturned,
    /// There is no fresh price.
    PriceStale,
    /// Something was stopped for the time being.
    BreakerTripped,
    /// The books do not agree.
    BooksDiffer,
    /// A transaction had its effect.
    TransactionConfirmed,
    /// A transaction had none, and never will have: the same can be wished again.
    TransactionFailed,
    /// A question was not answered in time: nothing was signed, and it can be asked again.
    QuestionUnanswered,
    /// A transaction was given up, and may have been carried out or may still be: the same must *not* be wished anew, or it may
    /// happen twice. It is repeated or cancelled in its own place.
    TransactionUncertain,
    /// A transaction was cancelled: what it was to do did not happen, and will not.
    TransactionCancelled,
    /// A transaction that had had its effect waits again, and is sent again by itself.
    TransactionReverted,
    /// Another transaction of the account took a transaction's place, and not one that was made for it here: what it was to do did
    /// not happen, or was undone, and will not be done by itself.
    TransactionDisplaced,
    /// What a transaction moved is not what was approved.
    TransactionAlarm,
    /// The keeper cannot sign until somebody does something, as unlock the keys.
    KeeperWaits,
    /// The keeper has ended by itself.
    KeeperEnded,
    /// The network is not used any more: nothing is shown or signed.
    NetworkStopped,
    /// Several things of one kind at once. What can be done is found where it leads.
    Several,
}

/// Something that the user is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its number: grows, and stays the same if it is told again because it may not have been shown.
    pub id: u64,
    /// The account that it concerns, as an address; `None` if it concerns all.
    pub account: Option<String>,
    /// What it is about.
    pub kind: NotificationKind,
    /// The moment of the chain at which it was noticed.
    pub at: UnixSeconds,
    /// What happened.
    pub happened: String,
    /// What it means for the money.
    pub means: String,
    /// What to do.
    pub remedy: String,
    /// Where to go for that.
    pub destination: Destination,
    /// Whether what it says rests on books that are in doubt.
    pub doubtful: bool,
}
