//! Prices out of text, against an independent reading.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_prices::{MAX_PRICE, PriceTextError, parse_usd};
use proptest::prelude::*;
use rust_decimal::Decimal;

#[test]
fn what_is_a_price() {
    for (text, expected) in [
        ("64152.43", 6_415_243_000_000),
        ("30303.20000", 3_030_320_000_000),
        ("43350", 4_335_000_000_000),
        ("0.4321", 43_210_000),
        ("0.00000001", 1),
        // The ninth decimal and all after it are cut off.
        ("0.000000019", 1),
        ("67187.3358936566", 6_718_733_589_365),
        ("1.99999999999999999999999999999999999999", 199_999_999),
        ("999999999.99999999", 99_999_999_999_999_999),
        // A binary floating-point number would make 9007199254740992 of this one.
        ("90071992.54740993", 9_007_199_254_740_993),
    ] {
        assert_eq!(parse_usd(text).map(bithedge_protocol::UsdE8::base_units), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_price() {
    use PriceTextError::{
        DigitMissing, Empty, Exponent, LeadingZero, Negative, NotANumber, TooLarge, TooLong, Zero,
    };
    let not = |found| NotANumber { found };
    for (text, expected) in [
        ("", Empty),
        ("0", Zero),
        ("0.0", Zero),
        ("0.000000009", Zero),
        ("-1", Negative),
        ("-0", Negative),
        ("1e5", Exponent),
        ("1E5", Exponent),
        ("6.5e4", Exponent),
        ("1.5E+3", Exponent),
        ("-1e-7", Exponent),
        ("e5", not('e')),
        ("NaN", not('N')),
        ("inf", not('i')),
        ("Infinity", not('I')),
        ("+1", not('+')),
        (" 1", not(' ')),
        ("1 ", not(' ')),
        ("1\n", not('\n')),
        ("1,000.5", not(',')),
        ("1.2.3", not('.')),
        ("0x10", not('x')),
        ("1_000", not('_')),
        ("--1", not('-')),
        ("$1", not('$')),
        ("१", not('१')),
        (".", DigitMissing),
        (".5", DigitMissing),
        ("5.", DigitMissing),
        ("-", DigitMissing),
        ("007", LeadingZero),
        ("00", LeadingZero),
        ("00.5", LeadingZero),
        ("1000000000", TooLarge),
        ("99999999999999999999999999999999999999999999", TooLarge),
        ("1.00000000000000000000000000000000000000000000000", TooLong { length: 49 }),
    ] {
        assert_eq!(parse_usd(text), Err(expected), "{text:?}");
    }
}

/// The same by rust_decimal: exact up to 28 digits.
fn independent(text: &str) -> Option<u128> {
    let value = Decimal::from_str_exact(text).unwrap();
    let units = (value.trunc_with_scale(8) * Decimal::from(100_000_000)).normalize();
    assert_eq!(units.scale(), 0);
    u128::try_from(units.mantissa()).ok().filter(|units| *units > 0 && *units < MAX_PRICE.base_units())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn prices_are_exact(whole in 0_u64..2_000_000_000, fraction in "[0-9]{0,14}") {
        let text = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
        prop_assert_eq!(parse_usd(&text).ok().map(bithedge_protocol::UsdE8::base_units), independent(&text));
    }

    /// Prices of every size, also those far below a dollar.
    #[test]
    fn small_prices_are_exact(zeros in 0_usize..9, digits in "[1-9][0-9]{0,9}") {
        let text = format!("0.{}{digits}", "0".repeat(zeros));
        prop_assert_eq!(parse_usd(&text).ok().map(bithedge_protocol::UsdE8::base_units), independent(&text));
    }

    /// Whatever is taken for a price is a JSON number without sign and exponent, and the other way round.
    #[test]
    fn only_plain_numbers_are_prices(text in "[-+0-9.,eE ]{1,6}|-?[0-9]{1,3}[.][0-9]{0,3}[eE.]?[0-9]?") {
        let is_number = serde_json::from_str::<f64>(&text).is_ok() && text.trim() == text;
        let is_plain = is_number && !text.contains(['-', 'e', 'E']);
        match parse_usd(&text) {
            Ok(_) => prop_assert!(is_plain),
            Err(PriceTextError::Zero | PriceTextError::TooLarge) => prop_assert!(is_plain),
            Err(PriceTextError::Negative) => prop_assert!(is_number),
            Err(_) => prop_assert!(!is_plain),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}") {
        let _ = parse_usd(&text);
    }
}
