//! The devnet on this computer, moved by hand.

use bithedge_protocol::{Asset, BlockHeight, Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::Notice;

/// A historical crash, or a random walk, that the market can go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioView {
    /// What it is named by: `crash-2020-03`.
    pub id: String,
    /// What it is called: `March 2020`.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// How many days it has.
    pub days: u32,
    /// The deepest price of BTC in it, of its first.
    pub deepest: Ppm,
    /// Its way, to be drawn small: prices of BTC, of its first, as far apart as each other.
    #[serde(default)]
    pub path: Vec<Ppm>,
}

/// A scenario that is played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayView {
    /// Which.
    pub scenario: String,
    /// The day that is played, counted from 1.
    pub day: u32,
    /// Of so many.
    pub days: u32,
    /// The day's date in history: `2020-03-12`; `None` of a random walk.
    pub date: Option<String>,
    /// Whether it stands still until somebody lets it go on.
    pub paused: bool,
}

/// How the node misbehaves. Rates are of all answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevnetFaults {
    /// Every answer comes so much later, in milliseconds.
    pub latency_ms: u32,
    /// Connections that are closed without an answer.
    pub drop: Ppm,
    /// Answers 503.
    pub server_error: Ppm,
    /// Answers that are cut off.
    pub truncate: Ppm,
    /// Answers that are no JSON.
    pub not_json: Ppm,
    /// The newest block that it names stays the same.
    pub stale_tip: bool,
}

/// The devnet on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevnetView {
    /// Its newest block.
    pub height: BlockHeight,
    /// The time in it.
    pub time: UnixSeconds,
    /// What the market says of one BTC.
    pub btc: UsdE8,
    /// What the market says of one STX.
    pub stx: UsdE8,
    /// Whether prices wander by themselves.
    pub wanders: bool,
    /// Seconds of the chain for a second of this computer.
    pub speed: u32,
    /// The scenario that is played; `None` without one.
    pub play: Option<PlayView>,
    /// How the node misbehaves.
    pub faults: DevnetFaults,
    /// What can be played.
    pub scenarios: Vec<ScenarioView>,
    /// What is done just now and takes a while, a sentence; `None` if nothing is.
    pub doing: Option<String>,
    /// What ended the last thing that takes a while before its time, or keeps time from running as fast as it should; `None` once
    /// something new was begun.
    #[serde(default)]
    pub problem: Option<Notice>,
}

/// What can be done to the devnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case", deny_unknown_fields)]
pub enum DevnetDeed {
    /// The market says so from now on. What is not given stays.
    SetPrices {
        /// One BTC.
        btc: Option<UsdE8>,
        /// One STX.
        stx: Option<UsdE8>,
    },
    /// Prices wander by themselves, or stand.
    Wander {
        /// Whether they do.
        on: bool,
    },
    /// Lets time pass, with prices reported and everything done that it demands.
    Pass {
        /// How much.
        seconds: Seconds,
    },
    /// How fast time passes by itself.
    SetSpeed {
        /// Seconds of the chain for a second of this computer: 1 to 3,600.
        speed: u32,
    },
    /// Plays a scenario from the prices of now: its changes, not its prices.
    Play {
        /// Which.
        scenario: String,
        /// How long one of its days takes on this computer; zero: no longer than it must.
        a_day: Seconds,
    },
    /// Stops the scenario for a while, or lets it go on.
    Pause {
        /// Whether it stands still.
        on: bool,
    },
    /// Ends the scenario.
    Stop {},
    /// Play money for the account in use.
    Faucet {
        /// Of which token.
        asset: Asset,
        /// How much.
        amount: TokenAmount,
    },
    /// The node misbehaves like that from now on.
    SetFaults {
        /// How.
        faults: DevnetFaults,
    },
    /// The newest blocks are replaced by others.
    Reorganise {
        /// How many.
        depth: u32,
        /// Whether their transactions are lost.
        drop_transactions: bool,
    },
}
