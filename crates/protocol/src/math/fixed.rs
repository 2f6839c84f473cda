//! The contract's private functions in `i128` and `u128`, step for step: division rounds towards zero and the right
//! shift of a signed number rounds down, as in Clarity. What each function asks of its arguments keeps every product
//! below 2^127.

/// 1 at scale 1e18.
const ONE: i128 = 1_000_000_000_000_000_000;
/// 1 at scale 1e9.
const E9: i128 = 1_000_000_000;
/// 1 over the root of 2 pi at scale 1e18.
const INVERSE_SQRT_2_PI: i128 = 398_942_280_401_432_678;
/// 1 at scale 1e15.
const E15: i128 = 1_000_000_000_000_000;
/// ln 2 at scale 1e18.
pub(super) const LN_2: i128 = 693_147_180_559_945_309;
/// Half of ln 2 at scale 1e18.
pub(super) const HALF_LN_2: i128 = 346_573_590_279_972_654;
/// ln 1e6 at scale 1e18.
pub(super) const LN_1E6: i128 = 13_815_510_557_964_274_104;
/// 1/sqrt 2 at scale 1e18.
const INVERSE_SQRT_2: u128 = 707_106_781_186_547_524;
/// One second as a part of a year of 365 days, at scale 1e36.
const SECOND_IN_YEARS: u128 = 31_709_791_983_764_586_504_312_531_709;
/// From here on, 9, N(-x) is 0 at scale 1e18.
const TAIL_LIMIT: i128 = 9 * ONE;

/// 1, 1/3, 1/5 … 1/19 at scale 1e18.
const ATANH_SERIES: [i128; 10] = [
    ONE,
    333_333_333_333_333_333,
    200_000_000_000_000_000,
    142_857_142_857_142_857,
    111_111_111_111_111_111,
    90_909_090_909_090_909,
    76_923_076_923_076_923,
    66_666_666_666_666_666,
    58_823_529_411_764_705,
    52_631_578_947_368_421,
];

/// Numerator of Hart's rational approximation 5666 at scale 1e15, constant term first.
const TAIL_NUMERATOR: [i128; 7] = [
    220_206_867_912_376_100,
    221_213_596_169_931_100,
    112_079_291_497_870_900,
    33_912_866_078_383_000,
    6_373_962_203_531_650,
    700_383_064_443_688,
    35_262_496_599_891,
];

/// Its denominator.
const TAIL_DENOMINATOR: [i128; 8] = [
    440_413_735_824_752_200,
    793_826_512_519_948_400,
    637_333_633_378_831_100,
    296_564_248_779_673_700,
    86_780_732_202_946_080,
    16_064_177_579_206_950,
    1_755_667_163_182_642,
    88_388_347_648_318,
];

/// A polynomial by Horner's rule, constant term first, `x` and the coefficients at the same `SCALE`.
fn polynomial<const SCALE: i128>(x: i128, coefficients: &[i128]) -> i128 {
    coefficients.iter().rev().fold(0, |value, coefficient| coefficient + x * value / SCALE)
}

/// ln of `m` ≥ 1/√2, both at scale 1e18, for any `m` that large.
///
/// With `m = z 2^k` and z in [1/√2, √2): `ln m = k ln 2 + 2 atanh t`, `t = (z - 1) / (z + 1)`, |t| < 0.1716. The first
/// term of the series left out is 2 t^21 / 21 < 8e-18.
pub(super) fn ln_normalised(m: u128) -> i128 {
    let k = (m / INVERSE_SQRT_2).checked_ilog2().unwrap_or(0);
    let z = (m >> k).cast_signed();
    let t = (z - ONE) * ONE / (z + ONE);
    let w = t * t / ONE;
    i128::from(k) * LN_2 + 2 * t * polynomial::<ONE>(w, &ATANH_SERIES) / ONE
}

/// ln (a / b) at scale 1e18 of positive `a`, `b` ≤ 1e17. The larger over the smaller keeps 18 digits.
fn ln_ratio(a: u128, b: u128) -> i128 {
    const E18: u128 = ONE.unsigned_abs();
    if a >= b { ln_normalised(a * E18 / b) } else { -ln_normalised(b * E18 / a) }
}

/// e^r for |r| ≤ ln 2 / 2, both at scale 1e18: Taylor to degree 13, the first term left out < 5e-18.
pub(super) fn exp_reduced(r: i128) -> i128 {
    (1..=13).rev().fold(ONE, |value, n| ONE + r * value / (n * ONE))
}

/// e^-x for `x` ≥ 0, both at scale 1e18: x = k ln 2 - r. `x` is at most 40.5, that of [`TAIL_LIMIT`].
pub(super) fn exp_of_negative(x: i128) -> i128 {
    let k = (x + HALF_LN_2) / LN_2;
    exp_reduced(k * LN_2 - x) >> k
}

/// N(-x) for `x` ≥ 0, both at scale 1e18, in [0, 1/2].
///
/// Hart's rational approximation 5666 (Computer Approximations, 1968) in the form of G. West, "Better approximations to
/// cumulative normal functions" (2005): good to about 1e-15.
pub(super) fn normal_tail(x: i128) -> i128 {
    if x >= TAIL_LIMIT {
        return 0;
    }
    let y = x / 1_000;
    let numerator = polynomial::<E15>(y, &TAIL_NUMERATOR);
    let denominator = polynomial::<E15>(y, &TAIL_DENOMINATOR);
    numerator * exp_of_negative(x * x / (2 * ONE)) / denominator
}

/// N(x), both at scale 1e18.
fn normal(x: i128) -> i128 {
    if x < 0 { normal_tail(-x) } else { ONE - normal_tail(x) }
}

/// Square root of a term of at most [`MAX_TERM`](super::MAX_TERM) in years, at scale 1e18.
pub(super) fn sqrt_years(seconds: u64) -> u128 {
    (u128::from(seconds) * SECOND_IN_YEARS).isqrt()
}

/// Price at scale 1e12 of the right to give `b` and take `a`: prices with 8 decimals, in range and not both 0;
/// `volatility` in ppm a year, in range; `root` of the term.
///
/// At zero interest the put is that right for a = strike and b = spot, the call for a = spot and b = strike
/// (W. Margrabe, "The value of an option to exchange one asset for another", 1978):
/// `a N(d) - b N(d - v)` with `v = volatility * root` and `d = ln (a / b) / v + v / 2`.
pub(super) fn exchange_price(a: u128, b: u128, volatility: u128, root: u128) -> u128 {
    let v = (root * volatility / 1_000_000).cast_signed();
    let least = a.saturating_sub(b) * 10_000;
    if v == 0 || a == 0 || b == 0 {
        return least;
    }
    let d = ln_ratio(a, b) * ONE / v + v / 2;
    let value = (a.cast_signed() * normal(d) - b.cast_signed() * normal(d - v)) / 100_000_000_000_000;
    // The last digits of N may put an option below what it is worth at once.
    u128::try_from(value).map_or(least, |value| value.max(least))
}

/// How the price of [`exchange_price`] answers to `b` and to volatility: `N(d - v)` and `phi(d - v) * root`, both at scale
/// 1e18. `None` where there is nothing to answer with: no time, no volatility, or a price of 0.
pub(super) fn exchange_greeks(a: u128, b: u128, volatility: u128, root: u128) -> Option<(i128, i128)> {
    let v = (root * volatility / 1_000_000).cast_signed();
    if v == 0 || a == 0 || b == 0 {
        return None;
    }
    let d = ln_ratio(a, b) * ONE / v - v / 2;
    // Beyond nine deviations the density is nothing.
    let size = d.abs();
    let density = if size >= TAIL_LIMIT {
        0
    } else {
        exp_of_negative(size * size / (2 * ONE)) / E9 * (INVERSE_SQRT_2_PI / E9)
    };
    Some((normal(d), density / E9 * (root.cast_signed() / E9)))
}
