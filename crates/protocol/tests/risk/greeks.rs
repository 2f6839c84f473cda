//! Sensitivities against differences of the price itself.

use bithedge_protocol::math::{implied_volatility, put_greeks, put_price};
use bithedge_protocol::{Ppm, Seconds, UsdE8, UsdE12};
use proptest::prelude::*;

use crate::market::{DAY, USD, usd};

proptest! {
    #[test]
    fn delta_and_vega_are_the_price_s_slopes(
        spot in 1_000_u128..500_000,
        moneyness in 400_u128..1_600,
        volatility in 200_000_u128..2_500_000,
        days in 1_u64..120,
    ) {
        let (spot, strike) = (spot * USD, spot * moneyness * USD / 1_000);
        let (vol, term) = (Ppm::new(volatility), Seconds::new(days * DAY));
        let put = |spot: u128, volatility: u128| {
            let price = put_price(UsdE8::new(spot), UsdE8::new(strike), Ppm::new(volatility), term);
            price.unwrap().base_units()
        };
        let greeks = put_greeks(UsdE8::new(spot), UsdE8::new(strike), vol, term).unwrap();
        let step = spot / 10_000;
        // Far out of the money what is left of a price is less than its accuracy (docs/protocol.md), and may rise with spot.
        let fall = put(spot - step, volatility).saturating_sub(put(spot + step, volatility));
        let slope = fall * 100 / (2 * step);
        prop_assert!(greeks.delta.base_units().abs_diff(slope) <= 150, "{greeks:?} {slope}");
        // Over one point, centred.
        let rise = put(spot, volatility + 5_000).saturating_sub(put(spot, volatility - 5_000));
        let vega = greeks.vega.base_units();
        let allowed = rise / 500 + spot / 1_000;
        prop_assert!(vega.abs_diff(rise) <= allowed, "{vega} {rise} of {spot}");
    }

    #[test]
    fn implied_volatility_gives_the_price_back(
        spot in 1_000_u128..500_000,
        moneyness in 600_u128..1_400,
        volatility in 200_000_u128..2_500_000,
        days in 1_u64..120,
    ) {
        let (spot, strike) = (UsdE8::new(spot * USD), UsdE8::new(spot * moneyness * USD / 1_000));
        let term = Seconds::new(days * DAY);
        let price = put_price(spot, strike, Ppm::new(volatility), term).unwrap();
        let found = implied_volatility(spot, strike, term, price).unwrap().unwrap();
        prop_assert!(found <= Ppm::new(volatility));
        prop_assert_eq!(put_price(spot, strike, found, term).unwrap().max(price), put_price(spot, strike, found, term).unwrap());
    }
}

#[test]
fn at_the_ends_there_is_a_defined_answer() {
    let month = Seconds::new(30 * DAY);
    let delta = |spot, volatility, term| {
        put_greeks(usd(spot), usd(100), Ppm::new(volatility), term).unwrap().delta.base_units()
    };
    assert_eq!(delta(90, 0, month), 1_000_000);
    assert_eq!(delta(110, 0, month), 0);
    assert_eq!(delta(100, 500_000, Seconds::ZERO), 0);
    assert_eq!(delta(1, 200_000, month), 1_000_000);
    assert_eq!(delta(1_000_000, 200_000, month), 0);
    // Below what it is worth at once, and above the strike, no volatility does.
    let implied = |price: u128| {
        implied_volatility(usd(90), usd(100), month, UsdE12::new(price * 10_000 * USD)).unwrap()
    };
    assert_eq!((implied(9), implied(101)), (None, None));
    assert!(implied(12).is_some());
    assert!(put_greeks(UsdE8::ZERO, usd(1), Ppm::ZERO, month).is_err());
}
