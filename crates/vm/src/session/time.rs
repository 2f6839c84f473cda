//! Where the chain is, and moving it on.

use serde_json::json;

use super::{Session, SessionError};
use crate::wire::Tip;

/// A Stacks block's distance in time from the block before it.
const STACKS_BLOCK_SECONDS: u64 = 10;
/// At most so much later is the Stacks block of one more Bitcoin block.
const BURN_BLOCK_SECONDS: u64 = 600;

impl Session {
    /// Where the chain is.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn tip(&mut self) -> Result<Tip, SessionError> {
        self.request(json!({ "op": "tip" }), "tip")
    }

    /// What `stacks-block-time` is for the next [`Session::call`], in seconds since 1970.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn now(&mut self) -> Result<u64, SessionError> {
        Ok(self.tip()?.time)
    }

    /// Makes Bitcoin blocks, each with a Stacks block. A Bitcoin block comes 600 s after the one before, and its Stacks
    /// block 10 s after it: 600 s for every block, less what Stacks blocks in between have used up.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn advance_burn(&mut self, blocks: u32) -> Result<Tip, SessionError> {
        self.request(json!({ "op": "advance", "burn": blocks }), "advance")
    }

    /// Makes Stacks blocks, each 10 s after the one before.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn advance_stacks(&mut self, blocks: u32) -> Result<Tip, SessionError> {
        self.request(json!({ "op": "advance", "stacks": blocks }), "advance")
    }

    /// Makes blocks, Bitcoin's as long as they fit, until the newest is the first at or after `time` (seconds since 1970)
    /// that the ten-second rhythm allows. If `time` is now, nothing is made.
    ///
    /// # Errors
    /// [`SessionError::Past`], or the process failed.
    pub fn advance_to(&mut self, time: u64) -> Result<Tip, SessionError> {
        let mut tip = self.tip()?;
        if tip.time > time {
            return Err(SessionError::Past { now: tip.time, asked: time });
        }
        // One Bitcoin block may be shorter than 600 s, never longer: so this comes close from below, in a few rounds.
        while time.saturating_sub(tip.time) >= BURN_BLOCK_SECONDS {
            tip = self.advance_burn(blocks((time - tip.time) / BURN_BLOCK_SECONDS))?;
        }
        match time.saturating_sub(tip.time).div_ceil(STACKS_BLOCK_SECONDS) {
            0 => Ok(tip),
            count => self.advance_stacks(blocks(count)),
        }
    }
}

/// A number of blocks; what is more than fits comes with the next round.
fn blocks(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
