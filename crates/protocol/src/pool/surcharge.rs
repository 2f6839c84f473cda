//! What scarce capital costs: a mean over the trade, so that no split is cheaper than the whole.

use crate::arith::{self, ONE, Overflow, PPM};

/// Integral of the surcharge over utilisation from 0 to `utilisation` (scale 1e12): 1 up to the kink, then a straight line to
/// 1 + slope at full utilisation.
fn integral(utilisation: u128, kink: u128, slope: u128, up: bool) -> Result<u128, Overflow> {
    let bend = arith::mul(kink, PPM)?;
    let over = utilisation.saturating_sub(bend);
    let square = arith::mul(arith::mul(over, over)?, slope)?;
    let width = arith::mul(2 * PPM, ONE.saturating_sub(bend))?;
    let area = if up { square.div_ceil(width.max(1)) } else { square / width.max(1) };
    arith::add(utilisation, area)
}

/// Mean surcharge of a trade that takes utilisation from `before` to `after` (scale 1e12), in ppm, rounded up.
/// `kink` and `slope` in ppm.
pub(super) fn mean(before: u128, after: u128, kink: u128, slope: u128) -> Result<u128, Overflow> {
    let width = after.saturating_sub(before);
    if width > 0 {
        let area = integral(after, kink, slope, true)? - integral(before, kink, slope, false)?;
        return arith::mul_div_up(PPM, area, width);
    }
    let bend = arith::mul(kink, PPM)?;
    let rise = arith::mul_div_up(slope, after.saturating_sub(bend), ONE.saturating_sub(bend))?;
    arith::add(PPM, rise)
}
