//! What takes a while: time that passes, days of a scenario, and time that runs faster.

use std::time::Duration;

use bithedge_protocol::Seconds;
use tokio::sync::watch;
use tokio::time::Instant;

use super::drive::boundary_after;
use super::scenario::{Scenario, way};
use super::{Director, DirectorError, LOOK_EVERY, Playing, Trouble};
use crate::market::Quote;

/// A scenario's first day is at least so long, in seconds.
const SHORTEST_DAY_SECONDS: u64 = 43_200;
/// Up to so long, no boundary is passed over.
const EVERY_BOUNDARY_SECONDS: u64 = 14 * 86_400;
/// Steps of a slowly played day come so often.
const STEPS_A_SECOND: u64 = 2;
/// Time that runs faster goes in steps of at most so many seconds of the chain: less than ten minutes even with the blocks of the report,
/// so that three reports are in every half-hour.
const MOST_A_STEP: u64 = 540;
/// Such steps come at least so far apart.
const PACE: Duration = Duration::from_millis(200);
/// A report that is older than so many seconds of the chain is followed by another one while time runs faster.
const REPORT_SECONDS: u64 = 120;
/// Time that runs faster is given up after so many failures in a row.
const MOST_FAILURES: u32 = 5;

/// What somebody wants of something that takes a while.
pub(super) struct Signals {
    pub(super) stop: watch::Receiver<bool>,
    pub(super) paused: watch::Receiver<bool>,
}

impl Signals {
    fn stops(&self) -> bool {
        // Nobody is left to stop it: the network ends.
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    async fn stopped(&mut self) {
        let _ = self.stop.wait_for(|stop| *stop).await;
    }
}

impl Director {
    /// Something that may be broken off between its steps, when somebody stops it.
    async fn unless_stopped(
        &self,
        signals: &mut Signals,
        work: impl Future<Output = Result<(), DirectorError>>,
    ) -> Result<(), DirectorError> {
        tokio::select! {
            () = signals.stopped() => Ok(()),
            done = work => done,
        }
    }

    /// Time passes.
    pub(super) async fn pass(&self, seconds: Seconds, mut signals: Signals) -> Result<(), DirectorError> {
        let drive = &self.0.drive;
        let start = drive.tip().await?.time;
        let end = start.saturating_add(seconds.get());
        let first = boundary_after(start);
        let last = boundary_after(end).saturating_sub(86_400);
        loop {
            let now = drive.tip().await?.time;
            if now >= end || signals.stops() {
                break;
            }
            let gone = Seconds::new(now.saturating_sub(start));
            self.update(|state| state.doing = Some(format!("Time passes: {gone} of {seconds}.")));
            let next = boundary_after(now);
            let next = if seconds.get() <= EVERY_BOUNDARY_SECONDS || next == first || next >= last {
                next
            } else {
                // Nothing is due at those between: they are passed over.
                drive.next_due(now, last).await?.unwrap_or(last)
            };
            if next > end {
                drive.go_to(end).await?;
                break;
            }
            self.unless_stopped(&mut signals, drive.cross(next)).await?;
        }
        drive.refresh().await
    }

    /// A scenario is played, day by day.
    pub(super) async fn play(
        &self,
        scenario: &'static Scenario,
        a_day: Seconds,
        mut signals: Signals,
    ) -> Result<(), DirectorError> {
        let market = &self.0.drive.market;
        let before = market.state();
        // Between two reports nothing moves but what the scenario moves.
        market.set(None, None, Some(false));
        self.update(|state| state.wanders = false);
        let played = self.play_days(scenario, before.quote, a_day, &mut signals).await;
        // From here on as it was before it began, from the prices of now.
        market.set(None, None, Some(before.walks));
        let refreshed = self.0.drive.refresh().await;
        played.and(refreshed)
    }

    async fn play_days(
        &self,
        scenario: &'static Scenario,
        start: Quote,
        a_day: Seconds,
        signals: &mut Signals,
    ) -> Result<(), DirectorError> {
        let drive = &self.0.drive;
        let now = drive.tip().await?.time;
        if boundary_after(now) < now + SHORTEST_DAY_SECONDS {
            // Too little is left of this day: the scenario begins with the next one.
            self.unless_stopped(signals, drive.cross(boundary_after(now))).await?;
        }
        for (day, number) in (0..scenario.days.len()).zip(1..) {
            let Some(targets) = scenario.targets(day, start) else { break };
            let playing = Playing {
                scenario: scenario.id.to_owned(),
                day: number,
                days: scenario.length(),
                date: scenario.date(day),
                paused: *signals.paused.borrow(),
            };
            self.update(|state| state.play = Some(playing));
            let (began, mut pauses) = (Instant::now(), Duration::ZERO);
            let from = drive.tip().await?.time;
            let boundary = boundary_after(from);
            let length = boundary.saturating_sub(from).max(1);
            let wanted = a_day.get().saturating_mul(STEPS_A_SECOND);
            for (at, quote) in way(drive.market.state().quote, targets, from, boundary, wanted) {
                let due = a_day.get().saturating_mul(1_000).saturating_mul(at.saturating_sub(from)) / length;
                pauses += self.turn(began + pauses + Duration::from_millis(due), signals).await;
                if signals.stops() {
                    return Ok(());
                }
                drive.market.set(Some(quote.btc), Some(quote.stx), None);
                drive.go_to(at).await?;
            }
            pauses += self.turn(Instant::now(), signals).await;
            self.unless_stopped(signals, drive.cross(boundary)).await?;
            self.turn(began + pauses + Duration::from_secs(a_day.get()), signals).await;
            if signals.stops() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for a moment, and for as much longer as it is paused, which is what it answers.
    async fn turn(&self, moment: Instant, signals: &mut Signals) -> Duration {
        let mut pauses = Duration::ZERO;
        loop {
            pauses += self.let_go(signals).await;
            let mut paused = signals.paused.clone();
            tokio::select! {
                () = signals.stopped() => return pauses,
                Ok(_) = paused.wait_for(|paused| *paused) => {}
                () = tokio::time::sleep_until(moment + pauses) => return pauses,
            }
        }
    }

    /// Waits while it is paused, and says how long that was. Reporters and keeper work by themselves meanwhile.
    async fn let_go(&self, signals: &mut Signals) -> Duration {
        if !*signals.paused.borrow() {
            return Duration::ZERO;
        }
        let began = Instant::now();
        self.0.directed.send_replace(false);
        let mut paused = signals.paused.clone();
        tokio::select! {
            () = signals.stopped() => {}
            _ = paused.wait_for(|paused| !paused) => {}
        }
        self.0.directed.send_replace(true);
        began.elapsed()
    }

    /// Lets time run faster while it is told to and nothing else is done, and looks at the newest block. Ends with the network.
    pub(crate) async fn run(self) {
        let mut state = self.watch();
        let mut failures = 0;
        loop {
            let speed = self.0.state.borrow().speed;
            let idle = self.job().is_none();
            if speed <= 1 || !idle {
                failures = 0;
                // Whatever there is to be told is told by what is done; this is for the quiet in between.
                if idle && let Ok(tip) = self.0.drive.chain.tip().await {
                    self.0.drive.show(super::drive::Tip { height: tip.height, time: tip.block_time });
                }
                let faster = state.wait_for(|state| state.speed > 1);
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = faster, if speed <= 1 => {}
                }
                continue;
            }
            match self.run_faster().await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::debug!(%error, failures, "time did not run faster");
                    if failures >= MOST_FAILURES {
                        self.update(|state| {
                            state.speed = 1;
                            state.problem = Some(error.trouble());
                        });
                        self.show_directed();
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Steps at one speed, until another one is set or something else is done.
    async fn run_faster(&self) -> Result<(), DirectorError> {
        let drive = &self.0.drive;
        let speed = self.0.state.borrow().speed;
        let mut began = Instant::now();
        let mut from = drive.tip().await?.time;
        let (mut reported, mut kept, mut hurry) = (0, boundary_after(from), false);
        loop {
            if !hurry {
                tokio::time::sleep(PACE).await;
            }
            let _moving = self.0.moving.lock().await;
            if self.0.state.borrow().speed != speed || self.job().is_some() {
                return Ok(());
            }
            let now = drive.tip().await?.time;
            let passed = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let wanted = from.saturating_add(passed.saturating_mul(u64::from(speed)) / 1_000);
            hurry = wanted > now + MOST_A_STEP;
            // A block is ten seconds: less is not worth one.
            if wanted < now + 10 {
                continue;
            }
            let to = wanted.min(now + MOST_A_STEP).min(boundary_after(now));
            if to >= reported + REPORT_SECONDS || to >= kept {
                drive.go_to(to).await?;
                reported = drive.tip().await?.time;
            } else {
                drive.travel_to(to).await?;
            }
            // Also blocks that others asked for may have brought the boundary.
            if drive.tip().await?.time >= kept {
                drive.report().await?;
                drive.keep().await?;
                drive.refresh().await?;
                kept = boundary_after(drive.tip().await?.time);
            }
            // What could not be done is not caught up with later: it is said, and counted anew.
            if passed >= 3_000 {
                let done = now.saturating_sub(from).saturating_mul(1_000) / passed;
                let slow = done * 100 < u64::from(speed) * 85;
                self.update(|state| state.problem = slow.then(|| Trouble::slow(done, speed)));
                (began, from) = (Instant::now(), drive.tip().await?.time);
            }
        }
    }
}
