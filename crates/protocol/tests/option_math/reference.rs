//! The same functions with 256 bits (77 digits), by other methods: the normal distribution by its power series with
//! positive terms, the rest by a library for numbers of any precision.

use astro_float::{BigFloat, Consts, RoundingMode};
use bithedge_protocol::{Ppm, Seconds, UsdE8};

const BITS: usize = 256;
const ROUNDING: RoundingMode = RoundingMode::ToEven;

/// Computes with a cache of the constants that the library needs.
pub(crate) struct Reference {
    constants: Consts,
}

impl Reference {
    pub(crate) fn new() -> Self {
        Self { constants: Consts::new().unwrap() }
    }

    pub(crate) fn ln(&mut self, x: &BigFloat) -> BigFloat {
        x.ln(BITS, ROUNDING, &mut self.constants)
    }

    pub(crate) fn exp(&mut self, x: &BigFloat) -> BigFloat {
        x.exp(BITS, ROUNDING, &mut self.constants)
    }

    /// N(x) = 1/2 + phi(x) * (x + x^3/3 + x^5/(3*5) + x^7/(3*5*7) + …). Beyond 16 the tail is below 1e-57.
    pub(crate) fn normal(&mut self, x: &BigFloat) -> BigFloat {
        let limit = integer(16);
        if x > &limit {
            return integer(1);
        }
        if x < &limit.neg() {
            return integer(0);
        }
        let square = mul(x, x);
        let mut term = x.clone();
        let mut sum = x.clone();
        for n in 1_i128.. {
            term = div(&mul(&term, &square), &integer(2 * n + 1));
            let next = add(&sum, &term);
            if next == sum {
                break;
            }
            sum = next;
        }
        let pi = self.constants.pi(BITS, ROUNDING);
        let root = mul(&integer(2), &pi).sqrt(BITS, ROUNDING);
        let density = div(&self.exp(&div(&square, &integer(-2))), &root);
        add(&ratio(1, 2), &mul(&density, &sum))
    }

    /// Put and call in USD. Volatility and term are positive.
    pub(crate) fn put_and_call(
        &mut self,
        spot: UsdE8,
        strike: UsdE8,
        volatility: Ppm,
        term: Seconds,
    ) -> (BigFloat, BigFloat) {
        let usd = |price: UsdE8| ratio(price.base_units().cast_signed(), 100_000_000);
        let (s, k) = (usd(spot), usd(strike));
        let years = ratio(i128::from(term.get()), 365 * 86_400);
        let v = mul(&ratio(volatility.base_units().cast_signed(), 1_000_000), &years.sqrt(BITS, ROUNDING));
        let d1 = add(&div(&self.ln(&div(&s, &k)), &v), &div(&v, &integer(2)));
        let d2 = sub(&d1, &v);
        let put = sub(&mul(&k, &self.normal(&d2.neg())), &mul(&s, &self.normal(&d1.neg())));
        let call = sub(&mul(&s, &self.normal(&d1)), &mul(&k, &self.normal(&d2)));
        (put, call)
    }
}

pub(crate) fn integer(value: i128) -> BigFloat {
    BigFloat::from_i128(value, BITS)
}

pub(crate) fn ratio(numerator: i128, denominator: i128) -> BigFloat {
    div(&integer(numerator), &integer(denominator))
}

pub(crate) fn mul(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.mul(b, BITS, ROUNDING)
}

pub(crate) fn div(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.div(b, BITS, ROUNDING)
}

fn add(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.add(b, BITS, ROUNDING)
}

fn sub(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.sub(b, BITS, ROUNDING)
}

/// |units * 10^-12 - exact|, for a report and for a bound.
pub(crate) fn distance(units: i128, exact: &BigFloat) -> f64 {
    let difference = sub(&ratio(units, 1_000_000_000_000), exact).abs();
    difference.to_string().parse().unwrap()
}

#[test]
fn the_reference_has_the_published_digits() {
    let mut reference = Reference::new();
    let ln_2 = reference.ln(&integer(2)).to_string();
    assert!(ln_2.starts_with("6.931471805599453094172321214581765680755"), "{ln_2}");
    let e = reference.exp(&integer(1)).to_string();
    assert!(e.starts_with("2.718281828459045235360287471352662497757"), "{e}");
    // Abramowitz and Stegun, "Handbook of Mathematical Functions", table 26.1: P(1), P(2) and P(5).
    for (x, digits) in [(1, "8.4134474606854"), (2, "9.7724986805182"), (5, "9.9999971334842")] {
        let value = reference.normal(&integer(x)).to_string();
        assert!(value.starts_with(digits), "N({x}) = {value}");
        let mirrored = add(&reference.normal(&integer(-x)), &reference.normal(&integer(x)));
        assert_eq!(distance(1_000_000_000_000, &mirrored), 0.0, "{mirrored}");
    }
}
