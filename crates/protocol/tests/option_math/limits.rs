//! What holds for any input: errors at the edges, no-arbitrage bounds, parity, and the list as its entries.

use bithedge_protocol::math::{
    FixedE12, MAX_EXPONENT, MAX_PRICE, MAX_TERM, MAX_VOLATILITY, MathError, SeriesEntry, call_price, exp, ln,
    mark_series, normal_cdf, put_price,
};
use bithedge_protocol::{Ppm, Seconds, UsdE8, UsdE12};
use proptest::prelude::*;

const USD: u128 = 100_000_000;

fn price() -> impl Strategy<Value = u128> {
    // Evenly by the number of digits, and the edges.
    prop_oneof![
        (0..57_u32)
            .prop_flat_map(|bits| 0..(2_u128 << bits))
            .prop_map(|price| price.min(MAX_PRICE.base_units())),
        Just(1),
        Just(MAX_PRICE.base_units()),
    ]
}

fn volatility() -> impl Strategy<Value = u128> {
    prop_oneof![0..=MAX_VOLATILITY.base_units(), 0..100_u128, Just(MAX_VOLATILITY.base_units())]
}

fn term() -> impl Strategy<Value = u64> {
    prop_oneof![0..=MAX_TERM.get(), 0..100_u64, Just(MAX_TERM.get())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn prices_stay_within_the_bounds_of_no_arbitrage(
        spot in price(), strike in price(), volatility in volatility(), term in term(),
    ) {
        prop_assume!(spot > 0);
        let inputs = (UsdE8::new(spot), UsdE8::new(strike), Ppm::new(volatility), Seconds::new(term));
        let put = put_price(inputs.0, inputs.1, inputs.2, inputs.3).unwrap().base_units();
        let call = call_price(inputs.0, inputs.1, inputs.2, inputs.3).unwrap().base_units();
        prop_assert!(put >= strike.saturating_sub(spot) * 10_000 && put <= strike * 10_000);
        prop_assert!(call >= spot.saturating_sub(strike) * 10_000 && call <= spot * 10_000);
        // Put and call differ by strike minus spot: to 1e-14 of the larger price and the two last digits.
        let by_put = put + spot * 10_000;
        let by_call = call + strike * 10_000;
        prop_assert!(by_put.abs_diff(by_call) <= spot.max(strike) / 10_000_000_000 + 2);
    }

    #[test]
    fn no_input_makes_a_price_panic(
        spot: u128, strike: u128, volatility: u128, term: u64, shifts in prop::array::uniform4(0..128_u32),
    ) {
        let spot = UsdE8::new(spot >> shifts[0]);
        let strike = UsdE8::new(strike >> shifts[1]);
        let volatility = Ppm::new(volatility >> shifts[2]);
        let term = Seconds::new(term.checked_shr(shifts[3]).unwrap_or(0));
        let is_in_range = spot > UsdE8::ZERO
            && spot <= MAX_PRICE
            && strike <= MAX_PRICE
            && volatility <= MAX_VOLATILITY
            && term <= MAX_TERM;
        prop_assert_eq!(put_price(spot, strike, volatility, term).is_ok(), is_in_range);
        prop_assert_eq!(call_price(spot, strike, volatility, term).is_ok(), is_in_range);
        prop_assert_eq!(mark_series(spot, term, &[SeriesEntry { strike, volatility }]).is_ok(), is_in_range);
    }

    #[test]
    fn no_input_makes_a_function_panic(x: i128, shift in 0..128_u32) {
        let x = x >> shift;
        prop_assert_eq!(ln(x.cast_unsigned()).is_err(), x == 0);
        prop_assert_eq!(exp(FixedE12::new(x)).is_err(), x > MAX_EXPONENT.units());
        prop_assert!(normal_cdf(FixedE12::new(x)) <= FixedE12::ONE.units().cast_unsigned());
    }

    #[test]
    fn a_series_is_marked_as_its_entries_are_priced(
        spot in price(), term in term(), entries in prop::collection::vec((price(), volatility()), 0..64),
    ) {
        prop_assume!(spot > 0);
        let (spot, term) = (UsdE8::new(spot), Seconds::new(term));
        let entries: Vec<SeriesEntry> = entries
            .into_iter()
            .map(|(strike, volatility)| SeriesEntry { strike: UsdE8::new(strike), volatility: Ppm::new(volatility) })
            .collect();
        let one_by_one: Result<Vec<UsdE12>, MathError> =
            entries.iter().map(|entry| put_price(spot, entry.strike, entry.volatility, term)).collect();
        prop_assert_eq!(mark_series(spot, term, &entries), one_by_one);
    }
}

#[test]
fn without_time_volatility_or_strike_an_option_is_worth_what_it_pays_at_once() {
    let usd = |whole: u128| UsdE8::new(whole * USD);
    let worth = |whole: u128| Ok(UsdE12::new(whole * 1_000_000_000_000));
    let (vol, day) = (Ppm::new(600_000), Seconds::new(86_400));
    for (volatility, term) in [(Ppm::ZERO, day), (vol, Seconds::ZERO), (Ppm::ZERO, Seconds::ZERO)] {
        assert_eq!(put_price(usd(60_000), usd(70_000), volatility, term), worth(10_000));
        assert_eq!(put_price(usd(70_000), usd(60_000), volatility, term), worth(0));
        assert_eq!(call_price(usd(70_000), usd(60_000), volatility, term), worth(10_000));
        assert_eq!(call_price(usd(60_000), usd(70_000), volatility, term), worth(0));
        assert_eq!(put_price(usd(60_000), usd(60_000), volatility, term), worth(0));
    }
    assert_eq!(put_price(usd(60_000), UsdE8::ZERO, vol, day), worth(0));
    assert_eq!(call_price(usd(60_000), UsdE8::ZERO, vol, day), worth(60_000));
}

#[test]
fn inputs_just_outside_are_refused_and_just_inside_are_not() {
    let (spot, vol, term) = (UsdE8::new(60_000 * USD), Ppm::new(600_000), Seconds::new(86_400));
    let above = |price: UsdE8| UsdE8::new(price.base_units() + 1);
    let refused = Err(MathError::InputOutOfRange);
    for price_of in [put_price, call_price] {
        assert_eq!(price_of(UsdE8::ZERO, spot, vol, term), refused);
        assert_eq!(price_of(above(MAX_PRICE), spot, vol, term), refused);
        assert_eq!(price_of(spot, above(MAX_PRICE), vol, term), refused);
        assert_eq!(price_of(spot, spot, Ppm::new(MAX_VOLATILITY.base_units() + 1), term), refused);
        assert_eq!(price_of(spot, spot, vol, Seconds::new(MAX_TERM.get() + 1)), refused);
        assert!(price_of(MAX_PRICE, MAX_PRICE, MAX_VOLATILITY, MAX_TERM).is_ok());
        assert!(price_of(UsdE8::new(1), MAX_PRICE, Ppm::new(1), Seconds::new(1)).is_ok());
        assert!(price_of(MAX_PRICE, UsdE8::new(1), Ppm::new(1), Seconds::new(1)).is_ok());
    }
    let good = SeriesEntry { strike: spot, volatility: vol };
    let bad = SeriesEntry { strike: above(MAX_PRICE), volatility: vol };
    assert_eq!(mark_series(spot, term, &[good, bad]), Err(MathError::InputOutOfRange));
    assert_eq!(mark_series(UsdE8::ZERO, term, &[]), Err(MathError::InputOutOfRange));
    assert_eq!(mark_series(spot, term, &[]), Ok(Vec::new()));
    assert_eq!(ln(0), Err(MathError::LnOfZero));
    assert_eq!(exp(FixedE12::new(MAX_EXPONENT.units() + 1)), Err(MathError::ExponentTooLarge));
    assert!(exp(MAX_EXPONENT).is_ok());
}
