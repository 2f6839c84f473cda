//! The director: a person moves the market and the clock of a running practice network. Prices by hand, time that passes or
//! runs faster, and crashes of the past.
//!
//! One thing is done at a time, and while it is done the reporters and the keeper work for it and not by themselves. The last thing
//! of every move is a report. What is played is forgotten when the network ends; the market goes on from the last report.
//!
//! From the same chain time and the same prices the same deed leads to the same prices at the same moments. Not alike are the
//! blocks in between: they come also when somebody sends something, and by the clock of this computer.

mod attendance;
mod drive;
mod play;
mod remote;
pub(crate) mod routes;
mod scenario;
mod trouble;

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use bithedge_protocol::{BlockHeight, Seconds, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

pub(crate) use attendance::{attend_feed, attend_keeper};
pub use remote::Remote;
pub use scenario::{Close, Day, Scenario, Targets, scenarios};
pub use trouble::{DirectorError, Trouble, TroubleKind};

use crate::chain::SuiteChain;
use crate::feed::Feed;
use crate::keeper::Keeper;
use crate::market::Market;
use drive::Drive;

/// Seconds of the chain for a second of this computer, at most.
pub const MOST_SPEED: u32 = 3_600;
/// So long a day of a scenario may take, in seconds of this computer.
pub const LONGEST_DAY_SECONDS: u64 = 3_600;
/// So much time may pass at once, in seconds: a year.
pub const LONGEST_PASS_SECONDS: u64 = 366 * 86_400;
/// What the oracle takes, USD e8: below one billion USD.
const PRICE_LIMIT: u128 = 100_000_000_000_000_000;
/// How often the newest block is looked at while nothing is done.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long somebody who stops something waits for it to have stopped.
const PATIENCE: Duration = Duration::from_secs(20);

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// The market says so from now on, and it is reported at once. What is not given stays.
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
    /// Lets time pass.
    Pass {
        /// How much.
        seconds: Seconds,
    },
    /// How fast time passes by itself.
    SetSpeed {
        /// Seconds of the chain for a second of this computer, 1 to [`MOST_SPEED`].
        speed: u32,
    },
    /// Plays a scenario from the prices of now.
    Play {
        /// Its name.
        scenario: String,
        /// How long one of its days takes on this computer, at the least.
        a_day: Seconds,
    },
    /// Stops the scenario for a while, or lets it go on.
    Pause {
        /// Whether it stands still.
        on: bool,
    },
    /// Ends what is being done.
    Stop {},
}

/// A scenario that is played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playing {
    /// Which.
    pub scenario: String,
    /// The day, counted from 1.
    pub day: u32,
    /// Of so many.
    pub days: u32,
    /// The day's date in history.
    pub date: Option<String>,
    /// Whether it stands still.
    pub paused: bool,
}

/// How the practice network stands, and what is done to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directed {
    /// Grows with every change.
    pub revision: u64,
    /// The newest block.
    pub height: BlockHeight,
    /// Its time.
    pub time: UnixSeconds,
    /// What the market says of one BTC.
    pub btc: UsdE8,
    /// What the market says of one STX.
    pub stx: UsdE8,
    /// Whether prices wander by themselves.
    pub wanders: bool,
    /// Seconds of the chain for a second of this computer.
    pub speed: u32,
    /// The scenario that is played.
    pub play: Option<Playing>,
    /// What is done just now and takes a while: a sentence.
    pub doing: Option<String>,
    /// What ended the last thing before its time, or keeps time from running as fast as it should.
    pub problem: Option<Trouble>,
}

impl Directed {
    /// Changes something, and says whether it made a difference.
    pub(crate) fn changed(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        let before = self.clone();
        change(self);
        if *self == before {
            return false;
        }
        self.revision = before.revision + 1;
        true
    }
}

/// Something that takes a while.
struct Job {
    stop: watch::Sender<bool>,
    paused: watch::Sender<bool>,
    task: JoinHandle<()>,
}

struct Inner {
    drive: Drive,
    state: Arc<watch::Sender<Directed>>,
    /// Whether somebody directs: then reporters and keeper do nothing by themselves.
    directed: watch::Sender<bool>,
    job: StdMutex<Option<Job>>,
    /// Held by whoever moves the chain.
    moving: Mutex<()>,
    closed: watch::Sender<bool>,
}

/// Moves a practice network. Clones move the same one.
#[derive(Clone)]
pub struct Director(Arc<Inner>);

impl std::fmt::Debug for Director {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Director").field("state", &*self.0.state.borrow()).finish_non_exhaustive()
    }
}

impl Director {
    /// For the devnet at an address.
    pub(crate) fn new(
        url: String,
        chain: SuiteChain,
        market: Market,
        feed: Arc<Mutex<Feed>>,
        keeper: Arc<Mutex<Keeper>>,
    ) -> Self {
        let shown = market.state();
        let state = Directed {
            revision: 1,
            height: BlockHeight::new(0),
            time: UnixSeconds::new(0),
            btc: shown.quote.btc,
            stx: shown.quote.stx,
            wanders: shown.walks,
            speed: 1,
            play: None,
            doing: None,
            problem: None,
        };
        let state = Arc::new(watch::Sender::new(state));
        // Without TLS nothing in the builder can fail; no proxy stands between.
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        let drive = Drive { chain, market, feed, keeper, state: state.clone(), http, url };
        Self(Arc::new(Inner {
            drive,
            state,
            directed: watch::Sender::new(false),
            job: StdMutex::new(None),
            moving: Mutex::new(()),
            closed: watch::Sender::new(false),
        }))
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> Directed {
        self.0.state.borrow().clone()
    }

    /// How it stands, whenever that changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Directed> {
        self.0.state.subscribe()
    }

    /// Whether somebody directs, for reporters and keeper.
    pub(crate) fn directed(&self) -> watch::Receiver<bool> {
        self.0.directed.subscribe()
    }

    /// Turns true when the network ends.
    pub(crate) fn closed(&self) -> watch::Receiver<bool> {
        self.0.closed.subscribe()
    }

    /// Does something, or begins it if it takes a while: then the state tells how it goes.
    ///
    /// # Errors
    /// [`DirectorError`]: nothing was changed, or as much as its words say. What happens later is in the state's `problem`.
    pub async fn carry_out(&self, deed: Deed) -> Result<Directed, DirectorError> {
        if *self.0.closed.borrow() {
            return Err(DirectorError::NotInService);
        }
        match deed {
            Deed::SetPrices { btc, stx } => self.set_prices(btc, stx).await?,
            Deed::Wander { on } => {
                self.idle()?;
                self.0.drive.market.set(None, None, Some(on));
                self.update(|state| state.wanders = on);
            }
            Deed::Pass { seconds } => {
                if seconds.get() == 0 || seconds.get() > LONGEST_PASS_SECONDS {
                    return Err(DirectorError::PassOutOfRange { asked: seconds });
                }
                let doing = format!("Time passes: {seconds}.");
                self.begin(None, Some(doing), move |director, stop| async move {
                    director.pass(seconds, stop).await
                })?;
            }
            Deed::SetSpeed { speed } => {
                if !(1..=MOST_SPEED).contains(&speed) {
                    return Err(DirectorError::SpeedOutOfRange);
                }
                self.update(|state| {
                    state.speed = speed;
                    state.problem = None;
                });
                self.show_directed();
            }
            Deed::Play { scenario, a_day } => {
                let Some(found) = Scenario::named(&scenario) else {
                    return Err(DirectorError::UnknownScenario { id: scenario });
                };
                if a_day.get() > LONGEST_DAY_SECONDS {
                    return Err(DirectorError::DayTooLong);
                }
                let playing =
                    Playing { scenario, day: 1, days: found.length(), date: found.date(0), paused: false };
                self.begin(Some(playing), None, move |director, stop| async move {
                    director.play(found, a_day, stop).await
                })?;
            }
            Deed::Pause { on } => self.pause(on)?,
            Deed::Stop {} => self.stop().await,
        }
        Ok(self.state())
    }

    fn update(&self, change: impl FnOnce(&mut Directed)) {
        self.0.state.send_if_modified(|state| state.changed(change));
    }

    fn job(&self) -> std::sync::MutexGuard<'_, Option<Job>> {
        self.0.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing may be under way.
    fn idle(&self) -> Result<(), DirectorError> {
        let busy = self.job().as_ref().is_some_and(|job| !job.task.is_finished());
        if busy { Err(DirectorError::Busy { doing: self.doing() }) } else { Ok(()) }
    }

    fn doing(&self) -> String {
        let state = self.state();
        let played = state.play.and_then(|play| Scenario::named(&play.scenario));
        match (state.doing, played) {
            (_, Some(scenario)) => format!("It plays: {}.", scenario.name),
            (Some(doing), None) => doing,
            (None, None) => String::new(),
        }
    }

    async fn set_prices(&self, btc: Option<UsdE8>, stx: Option<UsdE8>) -> Result<(), DirectorError> {
        self.idle()?;
        if [btc, stx].into_iter().flatten().any(|price| !(1..PRICE_LIMIT).contains(&price.base_units())) {
            return Err(DirectorError::PriceOutOfRange);
        }
        let inner = &self.0;
        let _moving = inner.moving.lock().await;
        inner.directed.send_replace(true);
        inner.drive.market.set(btc, stx, None);
        let reported = inner.drive.report().await;
        self.show_directed();
        reported
    }

    /// Begins something that takes a while.
    fn begin<F>(
        &self,
        play: Option<Playing>,
        doing: Option<String>,
        work: impl FnOnce(Self, play::Signals) -> F,
    ) -> Result<(), DirectorError>
    where
        F: Future<Output = Result<(), DirectorError>> + Send + 'static,
    {
        self.idle()?;
        let mut job = self.job();
        if job.as_ref().is_some_and(|job| !job.task.is_finished()) {
            drop(job);
            return Err(DirectorError::Busy { doing: self.doing() });
        }
        let (stop, paused) = (watch::Sender::new(false), watch::Sender::new(false));
        let signals = play::Signals { stop: stop.subscribe(), paused: paused.subscribe() };
        self.update(|state| {
            state.play = play;
            state.doing = doing;
            state.problem = None;
        });
        let work = work(self.clone(), signals);
        let director = self.clone();
        let task = tokio::spawn(async move {
            let ended = {
                let _moving = director.0.moving.lock().await;
                director.0.directed.send_replace(true);
                work.await
            };
            if let Err(error) = &ended {
                tracing::warn!(%error, "what the director did ended before its time");
            }
            let wanders = director.0.drive.market.state().walks;
            {
                // Whoever sees that it is over can begin the next.
                let mut job = director.job();
                *job = None;
                director.update(|state| {
                    state.play = None;
                    state.doing = None;
                    state.wanders = wanders;
                    state.problem = ended.err().map(|error| error.trouble());
                });
            }
            director.show_directed();
        });
        *job = Some(Job { stop, paused, task });
        Ok(())
    }

    fn pause(&self, on: bool) -> Result<(), DirectorError> {
        if self.0.state.borrow().play.is_none() {
            return Err(DirectorError::NothingPlays);
        }
        if let Some(job) = &*self.job() {
            job.paused.send_replace(on);
        }
        self.update(|state| {
            if let Some(play) = &mut state.play {
                play.paused = on;
            }
        });
        Ok(())
    }

    /// Ends what is being done, and waits for its last report.
    async fn stop(&self) {
        let Some(job) = self.job().as_ref().map(|job| job.stop.clone()) else { return };
        job.send_replace(true);
        let mut state = self.watch();
        let gone = state.wait_for(|state| state.play.is_none() && state.doing.is_none());
        // It ends in any case; the state will say when.
        let _ = tokio::time::timeout(PATIENCE, gone).await;
    }

    /// Says whether reporters and keeper are to do nothing by themselves: while something is done, or time runs faster.
    fn show_directed(&self) {
        let busy = self.job().is_some() || self.0.state.borrow().speed > 1;
        self.0.directed.send_replace(busy);
    }

    /// Ends everything that is being done, for good.
    pub(crate) fn close(&self) {
        self.0.closed.send_replace(true);
        if let Some(job) = self.job().take() {
            job.task.abort();
        }
    }
}
