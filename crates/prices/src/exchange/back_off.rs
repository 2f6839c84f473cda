//! Leaving a server alone that has had enough.

use std::time::Duration;

use tokio::time::Instant;

use super::{Reading, whole_seconds_up};
use crate::Refusal;

/// The first pause after too many requests. It doubles each time, until an answer comes.
const FIRST: Duration = Duration::from_secs(30);
/// The longest pause that we choose.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The longest that a server can ask for: beyond it is a mistake, and would switch the source off for good.
const LONGEST_ASKED: Duration = Duration::from_secs(86_400);

/// When a server may be asked again. One for all its pairs, since servers count by address.
#[derive(Debug, Default)]
pub(super) struct BackOff {
    until: Option<Instant>,
    pauses: u32,
}

impl BackOff {
    /// Whether it may be asked.
    pub(super) fn check(&self, now: Instant) -> Result<(), Refusal> {
        match self.until.map(|until| until.saturating_duration_since(now)) {
            Some(wait) if !wait.is_zero() => Err(Refusal::BackingOff { wait: whole_seconds_up(wait) }),
            _ => Ok(()),
        }
    }

    /// Learns from an answer.
    pub(super) fn note(&mut self, now: Instant, reading: &Result<Reading, Refusal>) {
        let asked = match reading {
            Ok(_) => {
                *self = Self::default();
                return;
            }
            Err(Refusal::RateLimited { asked }) => *asked,
            // The interval is pause enough for everything else.
            Err(_) => return,
        };
        // Two requests that were under way together are refused together: that is one refusal.
        if self.check(now).is_ok() {
            self.pauses = self.pauses.saturating_add(1);
        }
        let doubled = FIRST.saturating_mul(1 << self.pauses.saturating_sub(1).min(16)).min(LONGEST);
        let asked = asked.map_or(Duration::ZERO, |asked| Duration::from_secs(asked.get())).min(LONGEST_ASKED);
        let until = now.checked_add(doubled.max(asked)).unwrap_or(now);
        self.until = Some(self.until.map_or(until, |before| before.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::{Seconds, UsdE8};

    use super::*;

    fn limited(asked: Option<u64>) -> Result<Reading, Refusal> {
        Err(Refusal::RateLimited { asked: asked.map(Seconds::new) })
    }

    fn wait(back_off: &BackOff, now: Instant) -> u64 {
        match back_off.check(now) {
            Err(Refusal::BackingOff { wait }) => wait.get(),
            _ => 0,
        }
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let mut now = Instant::now();
        let mut back_off = BackOff::default();
        for expected in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600] {
            back_off.note(now, &limited(None));
            assert_eq!(wait(&back_off, now), expected);
            now += Duration::from_secs(expected);
            assert_eq!(wait(&back_off, now), 0);
        }
        back_off.note(now, &Ok(Reading { price: UsdE8::new(1), at: None }));
        back_off.note(now, &limited(None));
        assert_eq!(wait(&back_off, now), 30);
    }

    #[test]
    fn a_server_is_heard_up_to_a_day() {
        for (asked, expected) in [(0, 30), (29, 30), (31, 31), (86_400, 86_400), (u64::MAX, 86_400)] {
            let now = Instant::now();
            let mut back_off = BackOff::default();
            back_off.note(now, &limited(Some(asked)));
            assert_eq!(wait(&back_off, now), expected);
        }
    }

    #[test]
    fn refusals_at_the_same_time_are_one() {
        let now = Instant::now();
        let mut back_off = BackOff::default();
        for asked in [None, Some(50), None] {
            back_off.note(now, &limited(asked));
        }
        // Nor does a later one shorten what was asked for.
        assert_eq!(wait(&back_off, now), 50);
        // Other failures say nothing about the rate.
        back_off.note(now, &Err(Refusal::Status { status: 500 }));
        assert_eq!(wait(&back_off, now), 50);
    }
}
