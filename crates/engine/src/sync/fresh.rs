//! Whether what the books say is what the chain holds now.

use bithedge_ledger::BlockHeader;
use bithedge_protocol::{BlockHeight, Seconds, UnixSeconds};

use super::status::{SyncState, SyncStatus};

/// Books that are so many blocks behind the chain pass for those of now: between two looks it grows by some.
pub const CLOSE: u64 = 12;
/// A chain's newest block may be so much older than this computer's clock before time is taken from the clock.
const LATE: Seconds = Seconds::new(120);
/// A chain's newest block may be so much ahead of this computer's clock before one of the two is wrong.
const AHEAD: Seconds = Seconds::new(300);

/// This computer's clock, beside a chain's.
#[derive(Debug, Clone, Copy)]
pub struct WallClock {
    /// What it says.
    pub now: UnixSeconds,
    /// The age of the newest block from which the chain stands still; `None` where blocks are made on demand, and time with them.
    pub max_tip_age: Option<Seconds>,
}

impl WallClock {
    /// The moment that everything is counted from, with the time of the newest block of the chain, if it was read, and of the newest one
    /// in the books, if there is one. It is the chain's time, as the contracts count; this computer's where the chain is late or could
    /// not be read: then a price grows old and a policy ends all the same. It is never before the newest block that is known.
    #[must_use]
    pub fn moment(&self, chain: Option<UnixSeconds>, books: Option<UnixSeconds>) -> UnixSeconds {
        let known = chain.max(books);
        match (known, self.max_tip_age) {
            (None, _) => self.now,
            // Time that is made on demand stands still with its blocks.
            (Some(known), None) => chain.unwrap_or(known),
            (Some(known), Some(_)) => {
                let is_late = self.now.since(known).is_some_and(|late| late > LATE);
                let is_read = chain.is_some();
                if is_late || !is_read { self.now.max(known) } else { known }
            }
        }
    }

    /// Why nothing of a chain whose newest block is of this time is what holds now, a sentence; `None` if nothing is wrong with it.
    #[must_use]
    pub fn doubt(&self, newest: UnixSeconds) -> Option<String> {
        let most = self.max_tip_age?;
        if self.now.since(newest).is_some_and(|age| age > most) {
            return Some(format!(
                "The newest block that the node knows is of {}, long ago by this computer's clock: the node stands still, or the \
                 clock is wrong. What happened since is missing here. See to both, or choose another node.",
                newest.in_words()
            ));
        }
        newest.since(self.now).is_some_and(|ahead| ahead > AHEAD).then(|| {
            format!(
                "The newest block is of {}, which is still to come by this computer's clock: the clock is wrong, or the node. What \
                 ends when, and what prices are old, cannot be told. Set the clock; if it is right, choose another node.",
                newest.in_words()
            )
        })
    }
}

/// What is known of the books beside what they say themselves.
#[derive(Debug, Clone, Copy)]
pub struct Freshness<'a> {
    /// What the syncer says.
    pub status: &'a SyncStatus,
    /// Height and time of the newest block at which the chain was just read; `None` if it could not be.
    pub chain: Option<(BlockHeight, UnixSeconds)>,
    /// This computer's clock.
    pub clock: WallClock,
}

impl Freshness<'_> {
    /// Why books with this newest block are not what the chain holds now, a sentence; `None` if they are.
    #[must_use]
    pub fn doubt(&self, books: Option<&BlockHeader>) -> Option<String> {
        let Self { status, chain, clock } = *self;
        let SyncStatus { state, is_compared, went_back_from, .. } = status;
        let Some(books) = books else {
            return Some(
                "The books are being made from the chain and hold nothing yet: that something is missing here does not mean that you do \
                 not have it. Wait until they are done."
                    .to_owned(),
            );
        };
        let at = books.height;
        let tip = chain.map(|(height, _)| height);
        let newest = chain.map_or(books.time, |(_, time)| time);
        if let Some(why) = clock.doubt(newest) {
            return Some(why);
        }
        let is_close = |to: BlockHeight| to.get() <= at.get().saturating_add(CLOSE);
        let is_close_to_chain = tip.is_some_and(is_close);
        let far = |to: BlockHeight| {
            format!(
                "The books are being brought up to date: they are at block {at} of {to}. What happened since is missing here. Wait until \
                 they are done."
            )
        };
        let is_uncompared = !is_compared || matches!(state, SyncState::Starting { .. });
        match state {
            SyncState::Rebuilding { tip, why, .. } => Some(format!(
                "The books are made anew from the chain ({why}): they are at block {at} of {tip}. What happened since is missing here. \
                 Wait until they are done."
            )),
            _ if is_uncompared => Some(format!(
                "The books were not compared with the chain yet since the start; they are of block {at}. What happened since is missing \
                 here. Wait for the connection."
            )),
            _ if went_back_from.is_some_and(|had| at < had) => Some(format!(
                "The chain took back what the books had last, or it was read wrongly: they went back to block {at} and are read again. \
                 What is missing here may be there all the same. Wait until they are done."
            )),
            SyncState::CatchingUp { tip, .. } if !is_close(*tip) => Some(far(*tip)),
            SyncState::Current { at: end } if !is_close(end.height) => Some(far(end.height)),
            SyncState::Behind { since, .. } if !is_close_to_chain => Some(format!(
                "The node's index has been behind since {}; the books are of block {at}. What happened since is missing here. Wait, or \
                 choose another node.",
                since.in_words()
            )),
            SyncState::Stalled { since, why, .. } if !is_close_to_chain => Some(format!(
                "The books could not be brought up to date since {} ({why}); they are of block {at}. What happened since is missing \
                 here.",
                since.in_words()
            )),
            _ => tip.filter(|tip| !is_close(*tip)).map(far),
        }
    }
}
