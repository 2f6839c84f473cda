//! Locking when nobody is there.

use std::time::{Duration, Instant, SystemTime};

/// A point in time, on both clocks: the monotonic one, which nobody sets but which stands still while most machines sleep,
/// and the wall clock, which goes on but may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock.
    pub monotonic: Instant,
    /// The wall clock.
    pub wall: SystemTime,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// How much time has passed since `earlier`: the larger of what the two clocks say. A machine that slept for a night
    /// counts the night; a wall clock that was set forward locks too early, which is the safe side; one that was set
    /// back is ignored.
    fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        monotonic.max(wall)
    }
}

/// When the wallet locks itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoLock {
    /// After so long without anybody touching the application.
    pub after: Duration,
}

impl Default for AutoLock {
    /// Ten minutes.
    fn default() -> Self {
        Self { after: Duration::from_secs(600) }
    }
}

/// How long nobody has been there.
///
/// It adds up what passes between one look and the next, so that a clock that is set back costs at most the time since
/// the look before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Idle {
    last: Moment,
    total: Duration,
}

impl Idle {
    /// Somebody is there now.
    pub(crate) const fn starting(now: Moment) -> Self {
        Self { last: now, total: Duration::ZERO }
    }

    /// Takes note of the time, and says whether it is too long.
    pub(crate) fn is_due(&mut self, now: Moment, lock: AutoLock) -> bool {
        self.total = self.total.saturating_add(now.since(self.last));
        self.last = now;
        self.total >= lock.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: AutoLock = AutoLock { after: Duration::from_secs(600) };

    /// `monotonic` and `wall` seconds after a start.
    fn at(monotonic: u64, wall: i64) -> Moment {
        static START: std::sync::OnceLock<Moment> = std::sync::OnceLock::new();
        let start = *START.get_or_init(Moment::now);
        let shift = Duration::from_secs(wall.unsigned_abs());
        let wall = if wall < 0 { start.wall - shift } else { start.wall + shift };
        Moment { monotonic: start.monotonic + Duration::from_secs(monotonic), wall }
    }

    #[test]
    fn both_clocks_lock() {
        let mut idle = Idle::starting(at(0, 0));
        assert!(!idle.is_due(at(599, 599), LOCK));
        assert!(idle.is_due(at(600, 600), LOCK));
        // Asleep for eight hours.
        let mut idle = Idle::starting(at(0, 0));
        assert!(idle.is_due(at(5, 8 * 3600), LOCK));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut idle = Idle::starting(at(0, 0));
        assert!(!idle.is_due(at(300, -7000), LOCK));
        assert!(idle.is_due(at(600, -6700), LOCK));
        // Set back, and then asleep.
        let mut idle = Idle::starting(at(0, 0));
        assert!(!idle.is_due(at(10, -36000), LOCK));
        assert!(idle.is_due(at(20, -36000 + 8 * 3600), LOCK));
    }

    #[test]
    fn a_clock_that_jumps_forward_locks_early() {
        let mut idle = Idle::starting(at(0, 0));
        assert!(idle.is_due(at(1, 601), LOCK));
    }

    #[test]
    fn many_looks_add_up_to_the_time_that_passed() {
        let mut idle = Idle::starting(at(0, 0));
        for second in 1..600 {
            assert!(!idle.is_due(at(second, i64::try_from(second).unwrap()), LOCK), "{second}");
        }
        assert!(idle.is_due(at(600, 600), LOCK));
    }
}
