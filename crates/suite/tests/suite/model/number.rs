//! Whole numbers with exact products, and shares of the exit queue with twelve decimals.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// Parts per million in one.
pub(crate) const PPM: u128 = 1_000_000;

/// `⌊a·b/c⌋`, whatever the product's size.
pub(crate) fn mul_div(a: u128, b: u128, c: u128) -> u128 {
    divide(a, b, c).0
}

/// `⌈a·b/c⌉`, whatever the product's size.
pub(crate) fn mul_div_up(a: u128, b: u128, c: u128) -> u128 {
    let (quotient, remainder) = divide(a, b, c);
    quotient + u128::from(remainder > 0)
}

/// Quotient and remainder of `a·b/c`: by long division, one bit of `b` after the other. The quotient must fit.
fn divide(a: u128, b: u128, c: u128) -> (u128, u128) {
    if let Some(product) = a.checked_mul(b) {
        return (product / c, product % c);
    }
    let (whole, part) = (a / c, a % c);
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for bit in (0..128 - b.leading_zeros()).rev() {
        quotient = quotient.checked_mul(2).unwrap();
        (rest, quotient) = add_below(rest, rest, c, quotient);
        if b >> bit & 1 == 1 {
            quotient = quotient.checked_add(whole).unwrap();
            (rest, quotient) = add_below(rest, part, c, quotient);
        }
    }
    (quotient, rest)
}

/// `a + b` below `c`, of which both are; what was carried is added to `quotient`.
fn add_below(a: u128, b: u128, c: u128, quotient: u128) -> (u128, u128) {
    if a >= c - b { (a - (c - b), quotient + 1) } else { (a + b, quotient) }
}

/// A number with twelve decimals, for what belongs to one of many: a ticket's part of the queue and of its payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exact(u128);

impl Exact {
    const ONE: u128 = 1_000_000_000_000;
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);

    /// A whole number.
    pub(crate) const fn whole(number: u128) -> Self {
        Self(number * Self::ONE)
    }

    /// This times `a/b`; zero of nothing, though `b` be zero.
    pub(crate) fn times(self, a: u128, b: u128) -> Self {
        if self.0 == 0 { self } else { Self(mul_div(self.0, a, b)) }
    }

    /// This over `b`, rounded up.
    pub(crate) const fn over(self, b: u128) -> Self {
        Self(self.0.div_ceil(b))
    }

    /// The whole number below.
    pub(crate) const fn floor(self) -> u128 {
        self.0 / Self::ONE
    }

    /// This less `other`, or zero.
    pub(crate) const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Exact {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Exact {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

#[test]
fn products_beyond_128_bits_divide_exactly() {
    let large = u128::MAX / 3;
    assert_eq!(mul_div(large, 9, 3), large * 3);
    assert_eq!(mul_div(u128::MAX, u128::MAX, u128::MAX), u128::MAX);
    assert_eq!(mul_div(u128::MAX - 1, 10, 100), (u128::MAX - 1) / 10);
    assert_eq!(mul_div(1 << 100, 1 << 100, (1 << 90) + 1), 1_298_074_214_633_706_907_132_624_081_256_448);
    assert_eq!(mul_div_up(u128::MAX, 2, 3), u128::MAX / 3 * 2);
    assert_eq!(mul_div_up(u128::MAX, 2, 4), u128::MAX / 2 + 1);
}
