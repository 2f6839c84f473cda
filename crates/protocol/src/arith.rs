//! Whole-number arithmetic as the contracts do it: 128 bits, no wrapping, division down or up.

/// One million: the whole in parts per million.
pub(crate) const PPM: u128 = 1_000_000;
/// Scale of utilisation and of the mathematics.
pub(crate) const ONE: u128 = 1_000_000_000_000;
/// Seconds of a year.
pub(crate) const YEAR: u128 = 31_536_000;

/// A product or a sum above 2^128. The contract would abort there; no figure within the contracts' bounds gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amounts are too large to be counted")]
pub struct Overflow;

pub(crate) fn mul(a: u128, b: u128) -> Result<u128, Overflow> {
    a.checked_mul(b).ok_or(Overflow)
}

pub(crate) fn add(a: u128, b: u128) -> Result<u128, Overflow> {
    a.checked_add(b).ok_or(Overflow)
}

/// `⌊a·b/c⌋`; what divides by nothing is nothing.
pub(crate) fn mul_div(a: u128, b: u128, c: u128) -> Result<u128, Overflow> {
    Ok(mul(a, b)?.checked_div(c).unwrap_or(0))
}

/// `⌈a·b/c⌉`; what divides by nothing is nothing.
pub(crate) fn mul_div_up(a: u128, b: u128, c: u128) -> Result<u128, Overflow> {
    let product = mul(a, b)?;
    Ok(if c == 0 { 0 } else { product.div_ceil(c) })
}
