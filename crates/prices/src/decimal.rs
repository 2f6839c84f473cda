//! Prices from the text in which an exchange wrote them, exactly.

use bithedge_protocol::UsdE8;

/// The oracle accepts prices below this: 10^9 USD.
pub const MAX_PRICE: UsdE8 = UsdE8::new(100_000_000_000_000_000);

/// No exchange writes a price with more characters.
const MAX_TEXT: usize = 48;

/// Why a text is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceTextError {
    /// No text at all.
    #[error("it is empty")]
    Empty,
    /// More text than a price has.
    #[error("it has {length} characters")]
    TooLong {
        /// In bytes.
        length: usize,
    },
    /// A character that no plain decimal number has: a letter (`NaN`), a comma, a space, a second point, a plus.
    #[error("{found:?} does not belong into a decimal number")]
    NotANumber {
        /// The first such character.
        found: char,
    },
    /// Below zero.
    #[error("it is negative")]
    Negative,
    /// Scientific notation. No venue documents it for its prices, so whoever sends it has changed its format.
    #[error("it is in scientific notation")]
    Exponent,
    /// A point without a digit on both sides.
    #[error("a digit is missing beside its decimal point")]
    DigitMissing,
    /// A number that begins with a zero too many, as in `007`.
    #[error("it has a leading zero")]
    LeadingZero,
    /// Nothing, or less than 10^-8 USD.
    #[error("it is zero")]
    Zero,
    /// [`MAX_PRICE`] or more.
    #[error("it is beyond 10^9 USD")]
    TooLarge,
}

/// Reads a price in US dollars, as JSON writes numbers but without an exponent: `64152.43`.
///
/// Digits after the eighth decimal are cut off, since the oracle has no room for them: the result is at most 10^-8 USD below
/// the text. Nothing else is rounded, and no floating-point number is involved.
///
/// # Errors
/// [`PriceTextError`]. The price cannot be used; nothing happened to any money.
pub fn parse_usd(text: &str) -> Result<UsdE8, PriceTextError> {
    if text.is_empty() {
        return Err(PriceTextError::Empty);
    }
    if text.len() > MAX_TEXT {
        return Err(PriceTextError::TooLong { length: text.len() });
    }
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    check_digits(whole)?;
    check_digits(fraction.unwrap_or_default())?;
    if whole.is_empty() || fraction.is_some_and(str::is_empty) {
        return Err(PriceTextError::DigitMissing);
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(PriceTextError::LeadingZero);
    }
    if is_negative {
        return Err(PriceTextError::Negative);
    }
    // Eight decimals: missing ones are zeros, further ones are cut off.
    let decimals = fraction.unwrap_or_default().bytes().chain(core::iter::repeat(b'0')).take(8);
    let price = whole
        .bytes()
        .chain(decimals)
        .try_fold(0_u128, |value, digit| {
            value.checked_mul(10)?.checked_add(u128::from(digit.saturating_sub(b'0')))
        })
        .map(UsdE8::new)
        .filter(|price| *price < MAX_PRICE)
        .ok_or(PriceTextError::TooLarge)?;
    if price == UsdE8::ZERO { Err(PriceTextError::Zero) } else { Ok(price) }
}

fn check_digits(text: &str) -> Result<(), PriceTextError> {
    match text.char_indices().find(|(_, character)| !character.is_ascii_digit()) {
        None => Ok(()),
        // After a digit only: otherwise it is a word.
        Some((index, 'e' | 'E')) if index > 0 => Err(PriceTextError::Exponent),
        Some((_, found)) => Err(PriceTextError::NotANumber { found }),
    }
}
