//! The time by which a network is used.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bithedge_engine::Clock;
use bithedge_protocol::UnixSeconds;

/// This computer's clock; on a devnet, the chain's.
///
/// A devnet's time is moved by hand, mostly far ahead of this computer's. What is signed says until when it is valid, and the
/// contracts hold that against the chain's time: on a devnet only the time of the newest block, and what passed here since it was
/// read, can say what "in two minutes" is. On a public chain the computer's own clock is the one to go by: a node that could set it
/// could make old offers look new.
pub(crate) struct NetworkClock {
    computer: Arc<dyn Clock>,
    is_devnet: bool,
    newest: Mutex<Option<Newest>>,
}

struct Newest {
    hash: String,
    time: UnixSeconds,
    read: Instant,
}

impl NetworkClock {
    pub(crate) fn new(computer: Arc<dyn Clock>, is_devnet: bool) -> Self {
        Self { computer, is_devnet, newest: Mutex::new(None) }
    }

    /// This is the newest block. The same block again says nothing new: the time goes on.
    pub(crate) fn observe(&self, hash: &str, time: UnixSeconds) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.as_ref().is_none_or(|known| known.hash != hash) {
            *newest = Some(Newest { hash: hash.to_owned(), time, read: Instant::now() });
        }
    }
}

impl Clock for NetworkClock {
    fn now(&self) -> UnixSeconds {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match newest.as_ref().filter(|_| self.is_devnet) {
            Some(newest) => {
                UnixSeconds::new(newest.time.get().saturating_add(newest.read.elapsed().as_secs()))
            }
            None => self.computer.now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Clock for Fixed {
        fn now(&self) -> UnixSeconds {
            UnixSeconds::new(self.0)
        }
    }

    #[test]
    fn a_devnet_s_time_is_its_chain_s_and_a_public_network_s_this_computer_s() {
        for (is_devnet, expected) in [(true, 9_000), (false, 1_000)] {
            let clock = NetworkClock::new(Arc::new(Fixed(1_000)), is_devnet);
            assert_eq!(clock.now().get(), 1_000);
            clock.observe("a", UnixSeconds::new(9_000));
            assert!((expected..expected + 5).contains(&clock.now().get()));
            // The same block, told otherwise, is not a new one.
            clock.observe("a", UnixSeconds::new(20_000));
            assert!((expected..expected + 5).contains(&clock.now().get()));
        }
        let clock = NetworkClock::new(Arc::new(Fixed(1_000)), true);
        clock.observe("a", UnixSeconds::new(u64::MAX));
        assert_eq!(clock.now().get(), u64::MAX);
        // A chain that was set back is followed.
        clock.observe("b", UnixSeconds::new(5));
        assert!(clock.now().get() < 10);
    }
}
