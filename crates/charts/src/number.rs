//! Numbers as text, computed in integers so that every platform writes the same digits.

/// The minus sign, as wide as a plus and not broken from its number.
const MINUS: char = '−';

/// `value` · 10^-`decimals`, rounded half away from zero to `significant` digits, though never in its whole part.
///
/// Grouped in threes, without trailing zeros: `1,250.5`, `0.00125`, `−3`.
pub(crate) fn rounded(value: i128, decimals: u32, significant: u32) -> String {
    let size = value.unsigned_abs();
    let digits = size.checked_ilog10().map_or(0, |power| power + 1);
    let places = if digits > decimals {
        significant.saturating_sub(digits - decimals)
    } else {
        // Zeros between the point and the first digit do not count.
        (decimals - digits).saturating_add(significant)
    };
    let places = places.min(decimals);
    let unit = 10_u128.checked_pow(decimals - places).unwrap_or(u128::MAX);
    let size = size / unit + u128::from(size % unit >= unit.div_ceil(2));
    signed(value < 0 && size > 0, &point(size, places))
}

/// `value` · 10^-`decimals`, exactly, without trailing zeros.
pub(crate) fn fixed_trimmed(value: i128, decimals: u32) -> String {
    signed(value < 0, &point(value.unsigned_abs(), decimals))
}

/// `value` · 10^-`decimals` to just so many `places`; as [`rounded`] to two digits if that would say nothing of it.
pub(crate) fn fixed(value: i128, decimals: u32, places: u32) -> String {
    let places = places.min(decimals);
    let unit = 10_u128.checked_pow(decimals - places).unwrap_or(u128::MAX);
    let size = value.unsigned_abs();
    let size = size / unit + u128::from(size % unit >= unit.div_ceil(2));
    let Some(scale) = 10_u128.checked_pow(places) else { return rounded(value, decimals, 2) };
    if size == 0 && value != 0 {
        return rounded(value, decimals, 2);
    }
    let whole = grouped(size / scale);
    let width = usize::try_from(places).unwrap_or(0);
    let fraction = if places == 0 { String::new() } else { format!(".{:0>width$}", size % scale) };
    signed(value < 0, &format!("{whole}{fraction}"))
}

/// `value` · 10^-`decimals` in three digits and a letter: `62.5k`, `1.25M`; below ten thousand as [`rounded`].
pub(crate) fn short(value: i128, decimals: u32) -> String {
    let digits = value.unsigned_abs().checked_ilog10().map_or(0, |power| power + 1);
    match Magnitude::of(digits.saturating_sub(decimals)) {
        Some(magnitude) => {
            let text = rounded(value, decimals + magnitude.power(), 3);
            format!("{text}{}", magnitude.letter())
        }
        None => scientific(value, -i64::from(decimals)),
    }
}

/// What a number is counted in when it is written short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Magnitude {
    One,
    Thousand,
    Million,
    Billion,
    Trillion,
}

impl Magnitude {
    /// For a number with so many digits before the point; `None` if even trillions are too small.
    pub(crate) const fn of(whole_digits: u32) -> Option<Self> {
        match whole_digits {
            0..=4 => Some(Self::One),
            5..=6 => Some(Self::Thousand),
            7..=9 => Some(Self::Million),
            10..=12 => Some(Self::Billion),
            13..=15 => Some(Self::Trillion),
            _ => None,
        }
    }

    /// The power of ten.
    pub(crate) const fn power(self) -> u32 {
        match self {
            Self::One => 0,
            Self::Thousand => 3,
            Self::Million => 6,
            Self::Billion => 9,
            Self::Trillion => 12,
        }
    }

    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Thousand => "k",
            Self::Million => "M",
            Self::Billion => "B",
            Self::Trillion => "T",
        }
    }
}

/// `digits` · 10^`exponent`, exactly, in units of `magnitude`; scientific where that would be long.
pub(crate) fn exact(digits: i128, exponent: i32, magnitude: Option<Magnitude>) -> String {
    if digits == 0 {
        return "0".to_owned();
    }
    let Some(magnitude) = magnitude else { return scientific(digits, i64::from(exponent)) };
    let shift = i64::from(exponent) - i64::from(magnitude.power());
    let size = digits.unsigned_abs();
    let text = match u32::try_from(shift) {
        Ok(up) => 10_u128.checked_pow(up).and_then(|scale| size.checked_mul(scale)).map(grouped),
        Err(_) => u32::try_from(shift.unsigned_abs())
            .ok()
            .filter(|places| *places <= 12)
            .map(|places| point(size, places)),
    };
    match text {
        Some(text) => signed(digits < 0, &format!("{text}{}", magnitude.letter())),
        None => scientific(digits, i64::from(exponent)),
    }
}

/// `value` · 10^`exponent` as `3.4e38`, in at most three digits.
fn scientific(value: i128, exponent: i64) -> String {
    let mut size = value.unsigned_abs();
    let mut exponent = exponent;
    while size >= 1_000 {
        size = size / 10 + u128::from(size % 10 >= 5);
        exponent += 1;
    }
    let places = size.checked_ilog10().unwrap_or(0);
    let text = point(size, places);
    signed(value < 0, &format!("{text}e{}", exponent + i64::from(places)).replace('-', "−"))
}

fn signed(negative: bool, text: &str) -> String {
    if negative { format!("{MINUS}{text}") } else { text.to_owned() }
}

/// `size` · 10^-`places`, grouped, without trailing zeros.
fn point(size: u128, places: u32) -> String {
    let Some(scale) = 10_u128.checked_pow(places) else { return "0".to_owned() };
    let whole = grouped(size / scale);
    let width = usize::try_from(places).unwrap_or(0);
    match format!("{:0>width$}", size % scale).trim_end_matches('0') {
        "" => whole,
        fraction => format!("{whole}.{fraction}"),
    }
}

/// `value` with a comma between groups of three digits.
pub(crate) fn grouped(value: u128) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_the_whole_part_and_drops_idle_zeros() {
        assert_eq!(rounded(6_251_234_567_890, 8, 4), "62,512");
        assert_eq!(rounded(125_050_000_000, 8, 6), "1,250.5");
        assert_eq!(rounded(125_000, 8, 3), "0.00125");
        assert_eq!(rounded(1, 8, 3), "0.00000001");
        assert_eq!(rounded(0, 8, 3), "0");
        assert_eq!(rounded(-30_000, 4, 3), "−3");
        assert_eq!(rounded(-125_449, 4, 3), "−12.5");
        assert_eq!(rounded(999_999, 4, 3), "100");
        assert_eq!(rounded(995, 3, 2), "1", "rounding up may add a digit");
        assert_eq!(rounded(i128::MAX, 0, 3), "170,141,183,460,469,231,731,687,303,715,884,105,727");
    }

    #[test]
    fn fixed_numbers_have_their_places() {
        assert_eq!(fixed(525_000_000, 8, 3), "5.250");
        assert_eq!(fixed(-7_550_000, 8, 3), "−0.076");
        assert_eq!(fixed(1, 8, 3), "0.00000001");
        assert_eq!(fixed(0, 8, 2), "0.00");
        assert_eq!(fixed(1_234_567, 0, 3), "1,234,567");
    }

    #[test]
    fn short_numbers_have_three_digits_and_a_letter() {
        assert_eq!(short(62_500, 0), "62.5k");
        assert_eq!(short(9_999, 0), "9,999");
        assert_eq!(short(104_250, 0), "104k");
        assert_eq!(short(1_250_000, 0), "1.25M");
        assert_eq!(short(-62_512_345_678, 6), "−62.5k");
        assert_eq!(short(125, 4), "0.0125");
        assert_eq!(short(3_400_000_000_000_000_000, 0), "3.4e18");
        assert_eq!(short(i128::MAX, 0), "1.7e38");
    }

    #[test]
    fn exact_numbers_are_exact() {
        assert_eq!(exact(125, -1, Some(Magnitude::One)), "12.5");
        assert_eq!(exact(625, 2, Some(Magnitude::Thousand)), "62.5k");
        assert_eq!(exact(-5, 3, Some(Magnitude::One)), "−5,000");
        assert_eq!(exact(0, 30, None), "0");
        assert_eq!(exact(34, 37, None), "3.4e38");
        assert_eq!(exact(1, -20, Some(Magnitude::One)), "1e−20");
    }
}
