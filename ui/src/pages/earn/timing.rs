//! When what is asked of a bucket happens, and how much of it is a part.

use bithedge_protocol::pool::{NavPair, Shares};
use bithedge_protocol::{Ppm, TokenAmount, UnixSeconds};

/// Closes take what was asked an hour before them or earlier (`docs/protocol.md`, Epochs).
const CUTOFF: u64 = 3_600;
const DAY: u64 = 86_400;
/// Closes are at 08:00 UTC.
const BOUNDARY_OFFSET: u64 = 28_800;
const WHOLE: u128 = 1_000_000;

/// The earliest close that a request made now takes part in: that of the open epoch if it is at least an hour away, otherwise
/// the first 08:00 UTC that is. `None` past the end of what can be counted.
pub(super) fn joins_at(now: UnixSeconds, due: UnixSeconds) -> Option<UnixSeconds> {
    let earliest = now.get().checked_add(CUTOFF)?;
    // The first 08:00 UTC at or after it.
    let past = earliest.checked_sub(BOUNDARY_OFFSET).map_or(0, |since| since % DAY);
    let before_the_first = BOUNDARY_OFFSET.checked_sub(earliest);
    let boundary = match (before_the_first, past) {
        (Some(missing), _) => earliest.checked_add(missing)?,
        (None, 0) => earliest,
        (None, past) => earliest.checked_add(DAY - past)?,
    };
    Some(due.max(UnixSeconds::new(boundary)))
}

/// A part of shares, rounded down; all of them for the whole. `None` if it cannot be counted.
pub(super) fn part_of(shares: Shares, part: Ppm) -> Option<Shares> {
    let part = part.base_units().min(WHOLE);
    // Shares are below 10^23 (`docs/protocol.md`), so the product fits.
    let product = shares.count().checked_mul(part)?;
    Some(Shares::new(product / WHOLE))
}

/// What shares are worth at the last close, before the exit fee, rounded down; `None` if it cannot be counted.
pub(super) fn worth(shares: Shares, nav: TokenAmount, of: Shares) -> Option<TokenAmount> {
    NavPair { nav, shares: of }.value(shares).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2020-03-12 08:00 UTC.
    const CLOSE: u64 = 1_584_000_000;

    fn joins(now: u64, due: u64) -> u64 {
        joins_at(UnixSeconds::new(now), UnixSeconds::new(due)).unwrap().get()
    }

    #[test]
    fn a_request_an_hour_ahead_takes_part_in_the_next_close_and_a_later_one_in_the_one_after() {
        assert_eq!(CLOSE % DAY, BOUNDARY_OFFSET);
        assert_eq!(joins(CLOSE - DAY, CLOSE), CLOSE);
        assert_eq!(joins(CLOSE - CUTOFF, CLOSE), CLOSE);
        assert_eq!(joins(CLOSE - CUTOFF + 1, CLOSE), CLOSE + DAY);
        assert_eq!(joins(CLOSE - 1, CLOSE), CLOSE + DAY);
    }

    #[test]
    fn while_a_close_is_late_the_next_one_is_moved_out_if_it_is_less_than_an_hour_away() {
        assert_eq!(joins(CLOSE, CLOSE), CLOSE + DAY);
        assert_eq!(joins(CLOSE + DAY - CUTOFF, CLOSE), CLOSE + DAY);
        assert_eq!(joins(CLOSE + DAY - CUTOFF + 1, CLOSE), CLOSE + 2 * DAY);
    }

    #[test]
    fn a_boundary_that_was_moved_out_stays_where_it_is() {
        assert_eq!(joins(CLOSE, CLOSE + 2 * DAY), CLOSE + 2 * DAY);
    }

    #[test]
    fn the_ends_of_time_are_not_passed() {
        assert_eq!(joins(0, 0), BOUNDARY_OFFSET);
        assert_eq!(joins_at(UnixSeconds::new(u64::MAX), UnixSeconds::new(0)), None);
    }

    #[test]
    fn parts_of_shares_are_rounded_down_and_the_whole_is_all() {
        let shares = Shares::new(1_000_000_007);
        assert_eq!(part_of(shares, Ppm::new(250_000)), Some(Shares::new(250_000_001)));
        assert_eq!(part_of(shares, Ppm::new(1_000_000)), Some(shares));
        assert_eq!(part_of(shares, Ppm::new(9_000_000)), Some(shares));
        assert_eq!(part_of(Shares::new(u128::MAX), Ppm::new(500_000)), None);
    }

    #[test]
    fn shares_are_worth_what_the_last_close_says() {
        let (nav, of) = (TokenAmount::new(200_000_001), Shares::new(100_000_000_001_000_000));
        assert_eq!(worth(Shares::new(0), nav, of), Some(TokenAmount::ZERO));
        assert_eq!(worth(of, nav, of), Some(nav));
    }
}
