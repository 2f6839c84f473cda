//! Exchanges over HTTPS: whom to ask, how often, and what their answers mean.

mod back_off;
mod venues;

use core::fmt;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use bithedge_protocol::{Seconds, UnixSeconds};
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::back_off::BackOff;
pub use self::venues::Venue;
use self::venues::{Reading, Request};
use crate::http::{AddressError, Http, HttpError, loopback_address};
use crate::{Observation, Pair, PriceSource, Quoting, Refusal};

/// How often an exchange is asked, and for how long it is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two requests for the same pair. Whoever asks earlier gets what was said before, with its age.
    pub interval: Duration,
    /// For an answer, from the beginning of the request to its last byte.
    pub timeout: Duration,
}

/// One venue as a source of prices. It is to be kept: it knows when it asked last, and when it may ask again.
///
/// Who asks while the same question is under way waits for its answer; who asks within [`Pace::interval`] gets the same
/// answer again. An answer keeps the time at which it was received, so that it ages.
pub struct Exchange {
    venue: Venue,
    http: Http,
    /// Scheme, host and port.
    origin: String,
    pace: Pace,
    /// For each of [`Pair::ALL`]. Held during a request: that is how questions are shared.
    btc: Mutex<Option<Asked>>,
    stx: Mutex<Option<Asked>>,
    back_off: StdMutex<BackOff>,
}

/// The last request for a pair.
struct Asked {
    at: Instant,
    /// `None` if whoever asked left before the answer.
    outcome: Option<Outcome>,
}

#[derive(Clone)]
struct Outcome {
    received: Instant,
    reading: Result<Reading, Refusal>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.venue.name(), self.origin)
    }
}

impl Exchange {
    /// A venue at its public address.
    #[must_use]
    pub fn public(venue: Venue, http: &Http) -> Self {
        Self::new(venue, http.clone(), format!("https://{}", venue.host()))
    }

    /// All venues at their public addresses.
    #[must_use]
    pub fn all_public(http: &Http) -> Vec<Arc<dyn PriceSource>> {
        Venue::ALL
            .into_iter()
            .map(|venue| Arc::new(Self::public(venue, http)) as Arc<dyn PriceSource>)
            .collect()
    }

    /// Something on this computer that answers as a venue does, without TLS. For tests.
    ///
    /// # Errors
    /// [`LoopbackError`] if the address is another one than this computer's.
    pub fn at_loopback(venue: Venue, address: &str) -> Result<Self, LoopbackError> {
        Ok(Self::new(venue, Http::loopback()?, loopback_address(address)?))
    }

    fn new(venue: Venue, http: Http, origin: String) -> Self {
        Self {
            venue,
            http,
            origin,
            pace: venue.pace(),
            btc: Mutex::new(None),
            stx: Mutex::new(None),
            back_off: StdMutex::new(BackOff::default()),
        }
    }

    /// At another pace than [`Venue::pace`].
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Which venue it is.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    async fn ask(&self, pair: Pair, now: UnixSeconds) -> Result<Observation, Refusal> {
        let called = Instant::now();
        let Some(request) = self.venue.request(pair) else {
            return Err(Refusal::NotListed { pair });
        };
        let mut last = match pair {
            Pair::BtcUsd => self.btc.lock().await,
            Pair::StxUsd => self.stx.lock().await,
        };
        let outcome = match self.still_valid(last.as_ref())? {
            Some(outcome) => outcome,
            None => {
                self.back_off(|back_off| back_off.check(Instant::now()))?;
                *last = Some(Asked { at: Instant::now(), outcome: None });
                let reading = self.request(pair, &request, now).await;
                let outcome = Outcome { received: Instant::now(), reading };
                self.back_off(|back_off| back_off.note(outcome.received, &outcome.reading));
                if let Err(refusal) = &outcome.reading {
                    tracing::debug!(venue = self.venue.name(), %pair, %refusal, "no price");
                }
                if let Some(asked) = last.as_mut() {
                    asked.outcome = Some(outcome.clone());
                }
                outcome
            }
        };
        drop(last);
        let reading = outcome.reading?;
        let received = label(now, called, outcome.received);
        Ok(Observation { pair, price: reading.price, at: reading.at, received })
    }

    /// What was said within the interval, if anything.
    fn still_valid(&self, last: Option<&Asked>) -> Result<Option<Outcome>, Refusal> {
        let Some(asked) = last else { return Ok(None) };
        let wait = self.pace.interval.saturating_sub(asked.at.elapsed());
        if wait.is_zero() {
            return Ok(None);
        }
        match &asked.outcome {
            Some(outcome) => Ok(Some(outcome.clone())),
            None => Err(Refusal::TooSoon { wait: whole_seconds_up(wait) }),
        }
    }

    async fn request(&self, pair: Pair, request: &Request, now: UnixSeconds) -> Result<Reading, Refusal> {
        let address = format!("{}{}", self.origin, request.target);
        let after = self.pace.timeout;
        let body = tokio::time::timeout(after, self.http.get(&address, now))
            .await
            .map_err(|_| Refusal::TimedOut { after })??;
        self.venue.read(pair, &body)
    }

    fn back_off<T>(&self, of: impl FnOnce(&mut BackOff) -> T) -> T {
        // Nothing is left half done in there.
        of(&mut self.back_off.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PriceSource for Exchange {
    fn name(&self) -> &str {
        self.venue.name()
    }

    fn lists(&self, pair: Pair) -> bool {
        self.venue.request(pair).is_some()
    }

    fn quote(&self, pair: Pair, now: UnixSeconds) -> Quoting<'_> {
        Box::pin(self.ask(pair, now))
    }
}

/// Why nothing can be asked on this computer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The address is not this computer's.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No client.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// A moment of the clock that never jumps, as a time on the caller's clock, which said `now` at the moment `called`. Rounded
/// so that nothing seems younger than it is.
fn label(now: UnixSeconds, called: Instant, moment: Instant) -> UnixSeconds {
    let later = moment.saturating_duration_since(called).as_secs();
    let earlier = whole_seconds_up(called.saturating_duration_since(moment)).get();
    UnixSeconds::new(now.get().saturating_add(later).saturating_sub(earlier))
}

/// A duration in whole seconds, rounded up.
pub(crate) fn whole_seconds_up(duration: Duration) -> Seconds {
    Seconds::new(duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)))
}
