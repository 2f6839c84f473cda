//! The units keep every digit: in arithmetic, in text for people, and on the wire.

use bithedge_protocol::{
    AmountError, BlockHeight, BurnHeight, MicroStx, ParseDecimalError, Ppm, Sats, Seconds, UnixSeconds,
    UsdE8, UsdE12,
};
use proptest::prelude::*;

#[test]
fn amounts_read_as_people_write_them() {
    for (text, micro_stx) in [
        ("0", 0),
        ("1", 1_000_000),
        ("0.000001", 1),
        ("1,250.75", 1_250_750_000),
        ("  1250.750000 ", 1_250_750_000),
        ("100,000,000 STX", 100_000_000_000_000),
        ("007", 7_000_000),
    ] {
        assert_eq!(text.parse(), Ok(MicroStx::new(micro_stx)), "{text}");
    }
    assert_eq!("0.00000001".parse(), Ok(Sats::new(1)));
    assert_eq!("21,000,000 sBTC".parse(), Ok(Sats::new(2_100_000_000_000_000)));
}

#[test]
fn text_that_is_no_exact_amount_is_refused_with_the_reason() {
    use ParseDecimalError::{DigitMissing, Empty, MisplacedComma, NotANumber, TooLarge, TooPrecise};
    for (text, error) in [
        ("", Empty),
        ("  STX", Empty),
        ("-1", NotANumber { found: '-' }),
        ("+1", NotANumber { found: '+' }),
        ("1e6", NotANumber { found: 'e' }),
        ("1.2.3", NotANumber { found: '.' }),
        (".5", NotANumber { found: '.' }),
        ("٣", NotANumber { found: '٣' }),
        ("1 000", NotANumber { found: ' ' }),
        ("1.", DigitMissing),
        ("1,5", MisplacedComma),
        ("1000,000", MisplacedComma),
        (",100", MisplacedComma),
        ("1,,000", MisplacedComma),
        ("0,125", MisplacedComma),
        ("00,125", MisplacedComma),
        ("0,000,125", MisplacedComma),
        ("0.0000001", TooPrecise { given: 7, allowed: 6 }),
        ("340282366920938463463374607431768.211456", TooLarge),
        ("999999999999999999999999999999999999999999", TooLarge),
    ] {
        assert_eq!(text.parse::<MicroStx>(), Err(error), "{text}");
    }
    assert_eq!("340282366920938463463374607431768.211455".parse(), Ok(MicroStx::MAX));
}

#[test]
fn display_groups_digits_and_shows_every_significant_one() {
    for (micro_stx, text) in [
        (0, "0 STX"),
        (1, "0.000001 STX"),
        (999_999, "0.999999 STX"),
        (1_000_000, "1 STX"),
        (1_250_750_000, "1,250.75 STX"),
        (u128::MAX, "340,282,366,920,938,463,463,374,607,431,768.211455 STX"),
    ] {
        assert_eq!(MicroStx::new(micro_stx).to_string(), text);
    }
    let parts = Sats::new(123_456_700_000_000).parts();
    assert_eq!((parts.whole.as_str(), parts.fraction.as_str()), ("1,234,567", "00000000"));
    assert_eq!(BlockHeight::new(1_234_567).to_string(), "1,234,567");
}

#[test]
fn arithmetic_never_wraps() {
    assert_eq!(Sats::MAX.checked_add(Sats::new(1)), Err(AmountError::Overflow));
    assert_eq!(Sats::ZERO.checked_sub(Sats::new(1)), Err(AmountError::Underflow));
    assert_eq!(Sats::MAX.checked_mul(2), Err(AmountError::Overflow));
    assert_eq!(Sats::new(7).checked_div_rem(0), Err(AmountError::DivisionByZero));
    assert_eq!(Sats::new(7).checked_div_rem(2), Ok((Sats::new(3), Sats::new(1))));
    assert_eq!(Sats::checked_sum([Sats::MAX, Sats::new(1)]), Err(AmountError::Overflow));
    assert_eq!(Sats::checked_sum([Sats::new(2), Sats::new(3)]), Ok(Sats::new(5)));
    assert_eq!(UnixSeconds::new(u64::MAX).checked_add(Seconds::new(1)), None);
    assert_eq!(UnixSeconds::new(5).since(UnixSeconds::new(6)), None);
    assert_eq!(BlockHeight::new(3).blocks_above(BlockHeight::new(5)), None);
}

#[test]
fn durations_read_in_the_two_largest_units() {
    for (seconds, text) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3_600, "1 h"),
        (3_725, "1 h 2 min"),
        (86_399, "23 h 59 min"),
        (90 * 86_400 + 4 * 3_600, "90 d 4 h"),
        (u64::MAX, "213503982334601 d 7 h"),
    ] {
        assert_eq!(Seconds::new(seconds).to_string(), text);
    }
}

#[test]
fn calendar_handles_leap_years_and_the_ends_of_time() {
    for (seconds, text) in [
        (0, "1970-01-01 00:00:00 UTC"),
        (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_782_400, "2000-02-29 00:00:00 UTC"),
        (1_709_251_199, "2024-02-29 23:59:59 UTC"),
        (4_107_542_400, "2100-03-01 00:00:00 UTC"),
    ] {
        assert_eq!(UnixSeconds::new(seconds).to_string(), text);
    }
    // A node can claim any time at all; showing it must not panic.
    assert!(UnixSeconds::new(u64::MAX).to_string().ends_with(" UTC"));
}

#[test]
fn the_wire_form_is_one_decimal_string() {
    assert_eq!(serde_json::to_string(&Sats::MAX).unwrap(), "\"340282366920938463463374607431768211455\"");
    assert_eq!(serde_json::to_string(&BurnHeight::new(9)).unwrap(), "\"9\"");
    for refused in [
        "1",
        "1.0",
        "\"\"",
        "\"01\"",
        "\"-1\"",
        "\"+1\"",
        "\" 1\"",
        "\"1,000\"",
        "null",
        "\"340282366920938463463374607431768211456\"",
    ] {
        assert!(serde_json::from_str::<Sats>(refused).is_err(), "{refused}");
    }
    assert!(serde_json::from_str::<UnixSeconds>("\"18446744073709551616\"").is_err());
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_the_same(base_units: u128) {
        prop_assert_eq!(Sats::new(base_units).to_string().parse(), Ok(Sats::new(base_units)));
        prop_assert_eq!(MicroStx::new(base_units).to_string().parse(), Ok(MicroStx::new(base_units)));
        let parts = Sats::new(base_units).parts();
        prop_assert_eq!(parts.fraction.len(), 8);
        prop_assert_eq!(format!("{}.{}", parts.whole, parts.fraction).parse(), Ok(Sats::new(base_units)));
    }

    #[test]
    fn the_wire_keeps_every_value(base_units: u128, seconds: u64) {
        let amount = serde_json::to_string(&MicroStx::new(base_units)).unwrap();
        prop_assert_eq!(serde_json::from_str::<MicroStx>(&amount).unwrap(), MicroStx::new(base_units));
        let moment = serde_json::to_string(&UnixSeconds::new(seconds)).unwrap();
        prop_assert_eq!(serde_json::from_str::<UnixSeconds>(&moment).unwrap(), UnixSeconds::new(seconds));
    }

    #[test]
    fn any_text_is_an_amount_or_an_error(text in "\\PC{0,48}") {
        let _: Result<Sats, _> = text.parse();
    }

    #[test]
    fn number_like_text_is_read_exactly_or_refused(text in "[0-9,]{1,12}(\\.[0-9]{0,9})?") {
        if let Ok(amount) = text.parse::<MicroStx>() {
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let whole: u128 = whole.replace(',', "").parse().unwrap();
            let fraction: u128 = format!("{fraction:0<6}").parse().unwrap();
            prop_assert_eq!(amount.base_units(), whole * 1_000_000 + fraction);
        }
    }

    #[test]
    fn addition_and_subtraction_undo_each_other(left: u128, right: u128) {
        match Sats::new(left).checked_add(Sats::new(right)) {
            Ok(sum) => prop_assert_eq!(sum.checked_sub(Sats::new(right)), Ok(Sats::new(left))),
            Err(error) => {
                prop_assert_eq!(error, AmountError::Overflow);
                prop_assert!(left > u128::MAX - right);
            }
        }
    }

    #[test]
    fn calendar_agrees_with_an_independent_one(seconds in 0_u64..253_402_300_800) {
        let civil = UnixSeconds::new(seconds).civil();
        let other = time::OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap();
        prop_assert_eq!(civil.year, u64::try_from(other.year()).unwrap());
        prop_assert_eq!(civil.month, u64::from(u8::from(other.month())));
        prop_assert_eq!(civil.day, u64::from(other.day()));
        prop_assert_eq!((civil.hour, civil.minute, civil.second),
            (u64::from(other.hour()), u64::from(other.minute()), u64::from(other.second())));
    }
}

#[test]
fn prices_and_ratios_read_and_show_in_their_own_units() {
    assert_eq!("62,500.5 USD".parse(), Ok(UsdE8::new(6_250_050_000_000)));
    assert_eq!(UsdE8::new(6_250_050_000_000).to_string(), "62,500.5 USD");
    assert_eq!(UsdE12::new(2_727_150_000_000_001).to_string(), "2,727.150000000001 USD");
    assert_eq!("12.5".parse(), Ok(Ppm::new(125_000)));
    assert_eq!("200 %".parse(), Ok(Ppm::new(2_000_000)));
    assert_eq!(Ppm::new(1).to_string(), "0.0001 %");
    assert_eq!("0.00001 %".parse::<Ppm>(), Err(ParseDecimalError::TooPrecise { given: 5, allowed: 4 }));
    assert_eq!(serde_json::to_string(&UsdE8::new(10)).unwrap(), "\"10\"");
}
