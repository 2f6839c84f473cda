//! Whole base units to decimal text and back, exactly.

use core::fmt;

/// A decimal amount split where a reader's eye splits it: grouped whole units, and all the digits after the point.
///
/// Separate so that a table can line up the points and set the fraction in a quieter tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecimalParts {
    /// Whole units with a comma between groups of three digits: `1,234`.
    pub whole: String,
    /// The fraction at full precision, without the point: `500000`. Empty for a unit without decimals.
    pub fraction: String,
}

impl DecimalParts {
    /// Splits `base_units` of a unit that has `decimals` decimal places.
    pub(crate) fn new(base_units: u128, decimals: u32) -> Self {
        // 10^39 exceeds u128: a unit with that many decimals has no whole part.
        let (whole, fraction) = match 10_u128.checked_pow(decimals) {
            Some(scale) => (base_units / scale, base_units % scale),
            None => (0, base_units),
        };
        let width = usize::try_from(decimals).unwrap_or(usize::MAX);
        let fraction = if decimals == 0 { String::new() } else { format!("{fraction:0>width$}") };
        Self { whole: grouped(whole), fraction }
    }
}

impl fmt::Display for DecimalParts {
    /// The shortest exact form: trailing zeros of the fraction are left out (`1,234.5`, `1,234`).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.whole)?;
        match self.fraction.trim_end_matches('0') {
            "" => Ok(()),
            fraction => write!(formatter, ".{fraction}"),
        }
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

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDecimalError {
    /// Nothing but space.
    #[error("enter an amount")]
    Empty,
    /// A sign, a letter, a second point, or a point without digits on both sides.
    #[error("{found:?} is not part of an amount; use digits and one decimal point, such as 1,250.75")]
    NotANumber {
        /// The character that does not belong.
        found: char,
    },
    /// The text ends where a digit has to follow, as in `12.`.
    #[error("a digit is missing at the end")]
    DigitMissing,
    /// Commas that do not separate groups of three digits, so that neither `1,5` is read as 15 nor `0,125` as 125.
    #[error("commas may only separate groups of three digits; the decimal sign is a point")]
    MisplacedComma,
    /// More decimal places than the unit has; rounding would change the amount without saying so.
    #[error("at most {allowed} decimal places, not {given}")]
    TooPrecise {
        /// Decimal places in the text.
        given: usize,
        /// Decimal places of the unit.
        allowed: u32,
    },
    /// Larger than the unit can hold.
    #[error("this amount is too large")]
    TooLarge,
}

/// Reads what a user typed as base units of a unit with `decimals` decimal places.
///
/// Accepts surrounding space, commas between groups of three digits, and one decimal point. Nothing is rounded: more
/// places than the unit has is an error, zeros included.
pub(crate) fn parse(text: &str, decimals: u32) -> Result<u128, ParseDecimalError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ParseDecimalError::Empty);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let whole_digits = ungroup(whole)?;
    let fraction_digits = match fraction {
        None => "",
        Some("") => return Err(ParseDecimalError::DigitMissing),
        Some(digits) => digits,
    };
    if let Some(found) = fraction_digits.chars().find(|character| !character.is_ascii_digit()) {
        return Err(ParseDecimalError::NotANumber { found });
    }
    let places = u32::try_from(fraction_digits.len()).unwrap_or(u32::MAX);
    let Some(padding) = decimals.checked_sub(places) else {
        return Err(ParseDecimalError::TooPrecise { given: fraction_digits.len(), allowed: decimals });
    };
    let scale = 10_u128.checked_pow(padding).ok_or(ParseDecimalError::TooLarge)?;
    whole_digits
        .bytes()
        .chain(fraction_digits.bytes())
        .try_fold(0_u128, |value, digit| value.checked_mul(10)?.checked_add(u128::from(digit - b'0')))
        .and_then(|value| value.checked_mul(scale))
        .ok_or(ParseDecimalError::TooLarge)
}

/// The digits of a whole part, its grouping checked.
fn ungroup(whole: &str) -> Result<String, ParseDecimalError> {
    if let Some(found) = whole.chars().find(|character| !character.is_ascii_digit() && *character != ',') {
        return Err(ParseDecimalError::NotANumber { found });
    }
    if whole.is_empty() {
        return Err(ParseDecimalError::NotANumber { found: '.' });
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = whole.contains(',');
    // Nobody groups behind a leading zero: there the comma was meant as the decimal sign.
    let begins = (1..=3).contains(&first.len()) && !first.starts_with('0');
    if is_grouped && (!begins || groups.any(|group| group.len() != 3)) {
        return Err(ParseDecimalError::MisplacedComma);
    }
    Ok(whole.replace(',', ""))
}
