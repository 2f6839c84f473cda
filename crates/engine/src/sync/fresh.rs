//! Whether what the books say is what the chain holds now.

use bithedge_ledger::BlockHeader;
use bithedge_protocol::{BlockHeight, Seconds, UnixSeconds};

use super::status::SyncState;

/// Books that are so many blocks behind the chain pass for those of now: between two looks it grows by some.
pub const CLOSE: u64 = 12;

/// What is known of the books beside what they say themselves.
#[derive(Debug, Clone, Copy)]
pub struct Freshness<'a> {
    /// What the syncer says.
    pub state: &'a SyncState,
    /// Height and time of the newest block at which the chain was just read; `None` if it could not be.
    pub chain: Option<(BlockHeight, UnixSeconds)>,
    /// This computer's clock.
    pub wall: UnixSeconds,
    /// The age of the newest block from which the chain stands still; `None` where blocks are made on demand.
    pub max_tip_age: Option<Seconds>,
}

impl Freshness<'_> {
    /// The moment that everything is counted from: the chain's time, as the contracts count; this computer's if the chain could not
    /// be read, or stands still: then a price grows old and a policy ends all the same.
    #[must_use]
    pub fn now(
        chain: Option<(BlockHeight, UnixSeconds)>,
        wall: UnixSeconds,
        max_tip_age: Option<Seconds>,
    ) -> UnixSeconds {
        match chain {
            Some((_, time)) if !stands_still(time, wall, max_tip_age) => time,
            _ => wall,
        }
    }

    /// Why books with this newest block are not what the chain holds now, a sentence; `None` if they are.
    #[must_use]
    pub fn doubt(&self, books: Option<&BlockHeader>) -> Option<String> {
        let Self { state, chain, wall, max_tip_age } = *self;
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
        if stands_still(newest, wall, max_tip_age) {
            return Some(format!(
                "The newest block that the node knows is of {} UTC, long ago by this computer's clock: the node stands still, or the \
                 clock is wrong. What happened since is missing here. See to both, or choose another node.",
                newest.civil()
            ));
        }
        let is_close = |to: BlockHeight| to.get() <= at.get().saturating_add(CLOSE);
        let is_close_to_chain = tip.is_some_and(is_close);
        let far = |to: BlockHeight| {
            format!(
                "The books are being brought up to date: they are at block {at} of {to}. What happened since is missing here. Wait until \
                 they are done."
            )
        };
        match state {
            SyncState::Starting { .. } => Some(format!(
                "The books were not compared with the chain yet since the start; they are of block {at}. What happened since is missing \
                 here. Wait for the connection."
            )),
            SyncState::Rebuilding { tip, why, .. } => Some(format!(
                "The books are made anew from the chain ({why}): they are at block {at} of {tip}. What happened since is missing here. \
                 Wait until they are done."
            )),
            SyncState::CatchingUp { tip, .. } if !is_close(*tip) => Some(far(*tip)),
            SyncState::Current { at: end } if !is_close(end.height) => Some(far(end.height)),
            SyncState::Behind { since, .. } if !is_close_to_chain => Some(format!(
                "The node's index has been behind since {} UTC; the books are of block {at}. What happened since is missing here. Wait, or \
                 choose another node.",
                since.civil()
            )),
            SyncState::Stalled { since, why, .. } if !is_close_to_chain => Some(format!(
                "The books could not be brought up to date since {} UTC ({why}); they are of block {at}. What happened since is missing \
                 here.",
                since.civil()
            )),
            _ => tip.filter(|tip| !is_close(*tip)).map(far),
        }
    }
}

fn stands_still(newest: UnixSeconds, wall: UnixSeconds, max_tip_age: Option<Seconds>) -> bool {
    max_tip_age.is_some_and(|most| wall.since(newest).is_some_and(|age| age > most))
}
