//! Why the director did not do something, in types and in words.

use bithedge_protocol::Seconds;
use serde::{Deserialize, Serialize};

use crate::chain::ReadError;
use crate::feed::FeedError;
use crate::keeper::KeeperError;

/// Why something was not done, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectorError {
    /// Something else is being done.
    #[error("the director is busy: {doing}")]
    Busy {
        /// What.
        doing: String,
    },
    /// There is no such scenario.
    #[error("there is no scenario {id:?}")]
    UnknownScenario {
        /// What was asked for.
        id: String,
    },
    /// Nothing is being played that could be paused.
    #[error("nothing is played")]
    NothingPlays,
    /// The oracle takes no such price.
    #[error("a price is above zero and below one billion USD")]
    PriceOutOfRange,
    /// Time cannot pass so fast.
    #[error("the speed is 1 to {most}", most = super::MOST_SPEED)]
    SpeedOutOfRange,
    /// So much time cannot pass at once, or none was asked for.
    #[error("{asked} cannot pass at once")]
    PassOutOfRange {
        /// How much was asked for.
        asked: Seconds,
    },
    /// A day of a scenario cannot take so long.
    #[error("a day of a scenario takes at most {most} s", most = super::LONGEST_DAY_SECONDS)]
    DayTooLong,
    /// The fault that stops the chain is on.
    #[error("the chain stands still on purpose: {0}")]
    StandsStill(String),
    /// The devnet refused or did not answer.
    #[error("the devnet did not do what it was asked to: {0}")]
    Devnet(String),
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No report could be made.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// What is due could not be done.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// The oracle did not accept a price.
    #[error("the oracle accepted no price after {tries} tries")]
    NoPrice {
        /// How often it was tried.
        tries: u32,
    },
    /// The practice network is not ready, or ends.
    #[error("the practice network is not in service")]
    NotInService,
}

/// The kind of a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// Something else is being done.
    Busy,
    /// What was asked for cannot be done by anybody.
    Input,
    /// It failed.
    Failed,
}

/// Why something was not done, told so that somebody can act on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Its kind.
    pub kind: TroubleKind,
    /// What happened.
    pub happened: String,
    /// What it means for the money.
    pub means: String,
    /// What can be done.
    pub remedy: String,
    /// The technical cause; may be empty.
    pub detail: String,
}

impl DirectorError {
    /// The same in words.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        use TroubleKind::{Busy, Failed, Input};
        let untouched = "Nothing was changed.";
        let kept = "Everything up to the last finished step stands. It is play money, worth nothing.";
        let (kind, happened, means, remedy) = match self {
            Self::Busy { doing } => (
                Busy,
                format!("The devnet is doing something else. {doing}"),
                untouched,
                "Wait until it is done, or stop it.".to_owned(),
            ),
            Self::UnknownScenario { id } => (
                Input,
                format!("There is no scenario called {id}."),
                untouched,
                "Choose one of those that are shown.".to_owned(),
            ),
            Self::NothingPlays => (
                Input,
                "No scenario is being played.".to_owned(),
                untouched,
                "Choose one and play it.".to_owned(),
            ),
            Self::PriceOutOfRange => (
                Input,
                "That price cannot be used.".to_owned(),
                untouched,
                "Give one above zero and below one billion USD.".to_owned(),
            ),
            Self::SpeedOutOfRange => (
                Input,
                "Time cannot pass that fast.".to_owned(),
                untouched,
                format!("Choose a speed from 1 to {}.", super::MOST_SPEED),
            ),
            Self::PassOutOfRange { asked } => (
                Input,
                format!("{asked} cannot pass at once."),
                untouched,
                "Let one second to a year pass at once.".to_owned(),
            ),
            Self::DayTooLong => (
                Input,
                "A day of a scenario cannot take that long.".to_owned(),
                untouched,
                "Choose an hour or less.".to_owned(),
            ),
            Self::StandsStill(_) => (
                Failed,
                "The devnet makes no blocks, because the fault that stops it is on.".to_owned(),
                kept,
                "End the faults and try again.".to_owned(),
            ),
            Self::NotInService => (
                Failed,
                "The practice network is starting or ending.".to_owned(),
                untouched,
                "Try again in a moment.".to_owned(),
            ),
            Self::NoPrice { .. } => (
                Failed,
                "The oracle did not accept the new price.".to_owned(),
                kept,
                "See on the Protocol page whether the reporters may report, and try again.".to_owned(),
            ),
            Self::Devnet(_) | Self::Read(_) | Self::Feed(_) | Self::Keeper(_) => (
                Failed,
                "The devnet did not get on.".to_owned(),
                kept,
                "If faults are on, end them. Then try again: it goes on from where it is.".to_owned(),
            ),
        };
        Trouble { kind, happened, means: means.to_owned(), remedy, detail: self.to_string() }
    }
}

impl Trouble {
    /// Time runs more slowly than it should: `done` seconds of the chain a second instead of `wanted`.
    #[must_use]
    pub(crate) fn slow(done: u64, wanted: u32) -> Self {
        Self {
            kind: TroubleKind::Failed,
            happened: format!("Time runs {done} times as fast as here, and not {wanted} times."),
            means: "Nothing is left out: this computer cannot do more just now.".to_owned(),
            remedy: "Choose a lower speed if you want an even one.".to_owned(),
            detail: String::new(),
        }
    }

    /// The devnet could not be asked.
    #[must_use]
    pub fn unreachable(detail: String) -> Self {
        Self {
            kind: TroubleKind::Failed,
            happened: "The devnet does not answer.".to_owned(),
            means: "Its history is kept, and it is play money, worth nothing.".to_owned(),
            remedy: "Try again. If it stays so, close BitHedge and open it again.".to_owned(),
            detail,
        }
    }
}
