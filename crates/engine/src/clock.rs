//! Where the time comes from.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bithedge_protocol::UnixSeconds;

/// This computer's clock. It may jump, also backwards, so it only labels moments; durations are measured with a
/// monotonic clock.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> UnixSeconds;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> UnixSeconds {
        (**self).now()
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// A clock set before 1970 reads as 1970.
    fn now(&self) -> UnixSeconds {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixSeconds::new(since_epoch.as_secs())
    }
}

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What a user's clock shows.
    pub wall: UnixSeconds,
    /// Monotonic time since whoever measures it started.
    pub elapsed: Duration,
}
