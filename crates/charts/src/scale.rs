//! From values to positions, and round numbers along the way.

use crate::number::{self, Magnitude};
use crate::quantity::power_of_ten;

/// An interval of values that an axis shows. Never empty: it has an extent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Domain {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Domain {
    /// All of `values`; `None` of none. Values that are all equal get room on both sides.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let bounds =
            values.into_iter().filter(|value| value.is_finite()).fold(None, |bounds, value| match bounds {
                None => Some((value, value)),
                Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
            });
        bounds.map(|(low, high)| Self { low, high }.with_extent())
    }

    /// From `low` to `high`, with an extent that coordinates can tell apart.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        Self { low, high }.with_extent()
    }

    fn with_extent(self) -> Self {
        let size = self.low.abs().max(self.high.abs());
        if self.high - self.low > size * 1e-9 {
            return self;
        }
        // A value alone stands in the middle of a tenth of itself; zero between minus one and one.
        let room = if size > 0.0 { size * 0.05 } else { 1.0 };
        Self { low: self.low - room, high: self.high + room }
    }

    /// With zero in it.
    pub(crate) fn with_zero(self) -> Self {
        Self { low: self.low.min(0.0), high: self.high.max(0.0) }.with_extent()
    }

    pub(crate) fn extent(self) -> f64 {
        self.high - self.low
    }

    /// Widened by these parts of its extent.
    pub(crate) fn padded(self, below: f64, above: f64) -> Self {
        let extent = self.extent();
        Self { low: self.low - extent * below, high: self.high + extent * above }
    }

    /// Without what is below zero: no price is.
    pub(crate) fn not_negative(self) -> Self {
        Self { low: self.low.max(0.0), ..self }.with_extent()
    }

    pub(crate) fn contains(self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }
}

/// From a domain to pixels. Downwards (`from > to`) for values, which grow upwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) domain: Domain,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Scale {
    pub(crate) fn at(&self, value: f64) -> f64 {
        self.from + (value - self.domain.low) / self.domain.extent() * (self.to - self.from)
    }

    /// As [`Scale::at`], kept on the axis.
    pub(crate) fn kept(&self, value: f64) -> f64 {
        self.at(value.clamp(self.domain.low, self.domain.high))
    }
}

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// A distance between ticks: `digits` · 10^`exponent`, with 1, 2, 25 or 5.
#[derive(Clone, Copy, Debug)]
struct Step {
    digits: i32,
    exponent: i32,
}

impl Step {
    /// The smallest round one that is not below `least`, which is above zero.
    fn at_least(least: f64) -> Self {
        let mut exponent = 0;
        while exponent < 60 && scaled(1.0, exponent + 1) <= least {
            exponent += 1;
        }
        while exponent > -60 && scaled(1.0, exponent) > least {
            exponent -= 1;
        }
        let steps = [(1, exponent), (2, exponent), (25, exponent - 1), (5, exponent)];
        let found =
            steps.into_iter().find(|(digits, exponent)| scaled(f64::from(*digits), *exponent) >= least);
        let (digits, exponent) = found.unwrap_or((1, exponent + 1));
        Self { digits, exponent }
    }

    fn size(self) -> f64 {
        scaled(f64::from(self.digits), self.exponent)
    }
}

/// `value` · 10^`exponent`; by a division for negative exponents, which is exact where a product is not.
fn scaled(value: f64, exponent: i32) -> f64 {
    let power = power_of_ten(exponent.unsigned_abs());
    if exponent < 0 { value / power } else { value * power }
}

/// How ticks sit in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The domain grows until a tick is at both ends.
    Outwards,
    /// The domain stays; ticks are inside it.
    Inside,
}

/// Round numbers in a domain, at most about `most`, and the domain as `fit` leaves it.
pub(crate) fn ticks(domain: Domain, most: usize, fit: Fit) -> (Vec<Tick>, Domain) {
    let gaps = f64::from(u32::try_from(most.clamp(2, 20) - 1).unwrap_or(1));
    let step = Step::at_least(domain.extent() / gaps);
    let (low, high) = (domain.low / step.size(), domain.high / step.size());
    // A hair's breadth past a tick is on it.
    let (first, last) = match fit {
        Fit::Outwards => (count((low + 1e-6).floor()), count((high - 1e-6).ceil())),
        Fit::Inside => (count((low - 1e-6).ceil()), count((high + 1e-6).floor())),
    };
    let value = |index: i64| scaled(count_as_coordinate(index) * f64::from(step.digits), step.exponent);
    let domain = match fit {
        Fit::Outwards => Domain { low: value(first), high: value(last) },
        Fit::Inside => domain,
    };
    let largest = first.unsigned_abs().max(last.unsigned_abs());
    let magnitude = magnitude(u128::from(largest) * u128::from(step.digits.unsigned_abs()), step.exponent);
    let label =
        |index: i64| number::exact(i128::from(index) * i128::from(step.digits), step.exponent, magnitude);
    let ticks =
        (first..=last).take(24).map(|index| Tick { value: value(index), label: label(index) }).collect();
    (ticks, domain)
}

/// What the ticks of an axis up to `digits` · 10^`exponent` are counted in: the same for all of them.
fn magnitude(digits: u128, exponent: i32) -> Option<Magnitude> {
    let length = i64::from(digits.checked_ilog10().map_or(0, |power| power + 1)) + i64::from(exponent);
    Magnitude::of(u32::try_from(length.max(0)).unwrap_or(u32::MAX))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a cast from floating point saturates, and a tick's index is small"
)]
fn count(value: f64) -> i64 {
    value as i64
}

#[allow(clippy::cast_precision_loss, reason = "a tick's index, far below 2^53")]
fn count_as_coordinate(index: i64) -> f64 {
    index as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize, fit: Fit) -> Vec<String> {
        ticks(Domain::new(low, high), most, fit).0.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_share_a_magnitude() {
        assert_eq!(labels(0.0, 100.0, 6, Fit::Outwards), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(33_750.0, 118_750.0, 6, Fit::Inside), ["40k", "60k", "80k", "100k"]);
        assert_eq!(
            labels(0.0, 1_400_000.0, 5, Fit::Outwards),
            ["0M", "0.5M", "1M", "1.5M"].map(|one| one.replace("0M", "0"))
        );
        assert_eq!(labels(-0.03, 0.04, 5, Fit::Outwards), ["−0.04", "−0.02", "0", "0.02", "0.04"]);
        assert_eq!(labels(0.0, 6.0, 4, Fit::Outwards), ["0", "2", "4", "6"]);
    }

    #[test]
    fn outward_ticks_hold_the_domain() {
        for (low, high) in [(0.0, 1.0), (-7.3, 2_212.0), (1e-9, 3e-9), (1e30, 3e38), (-5e-12, 0.0)] {
            for most in 2..9 {
                let (ticks, domain) = ticks(Domain::new(low, high), most, Fit::Outwards);
                assert!(domain.low <= low + (high - low) * 1e-5 && domain.high >= high - (high - low) * 1e-5);
                assert!((2..=most + 1).contains(&ticks.len()), "{low} {high} {most}: {ticks:?}");
            }
        }
    }

    #[test]
    fn a_domain_always_has_an_extent() {
        for value in [0.0, 1.0, -1e-12, 3.4e38] {
            let domain = Domain::of([value]).unwrap();
            assert!(domain.extent() > 0.0 && domain.contains(value));
        }
        assert_eq!(Domain::of([]), None);
        assert_eq!(Domain::of([f64::NAN]), None);
    }
}
