//! The promises of the three products: stated figures, exact rounding, and what holds at every price.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_protocol::payoff::{PayoffError, SbtcCall, SbtcPut, StxPut, floor_price};
use bithedge_protocol::{MicroStx, Ppm, Sats, UsdE8};
use proptest::prelude::*;

const USD: u128 = 100_000_000;
const HALF: Ppm = Ppm::new(500_000);

fn usd(whole: u128) -> UsdE8 {
    UsdE8::new(whole * USD)
}

fn sbtc_put(size: u128, strike: UsdE8) -> SbtcPut {
    SbtcPut::new(Sats::new(size), strike, floor_price(strike, HALF).unwrap()).unwrap()
}

fn stx_put(size: u128, strike: UsdE8) -> StxPut {
    StxPut::new(Sats::new(size), strike, floor_price(strike, HALF).unwrap()).unwrap()
}

#[test]
fn an_sbtc_put_pays_the_loss_in_satoshis_up_to_its_cap() {
    // 0.5 BTC at 50,000 USD, floor 25,000: the cap and the lock are 0.5 BTC.
    let put = sbtc_put(50_000_000, usd(50_000));
    assert_eq!(put.lock(), Ok(Sats::new(50_000_000)));
    assert_eq!(put.cap(), Ok(Sats::new(50_000_000)));
    for (settlement, sats) in [
        (usd(60_000), 0),
        (usd(50_000), 0),
        (UsdE8::new(50_000 * USD - 1), 0),
        // 5,000 USD at 40,000 for the half: 10,000 * 0.5 / 40,000 BTC.
        (usd(40_000), 12_500_000),
        // 0.5 * 20,000 / 30,000 = 0.33333333…, rounded down.
        (usd(30_000), 33_333_333),
        (usd(25_000), 50_000_000),
        (usd(24_999), 50_000_000),
        (UsdE8::new(1), 50_000_000),
    ] {
        assert_eq!(put.payout(settlement), Ok(Sats::new(sats)), "at {settlement}");
    }
    assert_eq!(put.payout(UsdE8::ZERO), Err(PayoffError::ZeroPrice));
    // A floor of 60 %: 101 * 0.4 / 0.6 = 67.33…: the cap below it, the lock above it.
    let strike = usd(50_000);
    let odd = SbtcPut::new(Sats::new(101), strike, floor_price(strike, Ppm::new(600_000)).unwrap()).unwrap();
    assert_eq!((odd.cap(), odd.lock()), (Ok(Sats::new(67)), Ok(Sats::new(68))));
}

#[test]
fn an_stx_put_pays_the_loss_in_stx_at_its_price() {
    // 0.5 BTC at 50,000 USD, at most 12,500 USD; STX at 0.80 USD: 15,625 STX, locked twice.
    let put = stx_put(50_000_000, usd(50_000));
    let stx = UsdE8::new(80_000_000);
    assert_eq!(put.lock(stx, Ppm::new(2_000_000)), Ok(MicroStx::new(31_250_000_000)));
    for (settlement, micro_stx) in [
        (usd(50_000), 0),
        (usd(40_000), 6_250_000_000),
        (usd(25_000), 15_625_000_000),
        (usd(10_000), 15_625_000_000),
    ] {
        assert_eq!(put.payout(settlement, stx), Ok(MicroStx::new(micro_stx)), "at {settlement}");
    }
    // One satoshi: 0.00025 USD at most, twice that is required: 625 micro-STX at 0.80 USD.
    let one = stx_put(1, usd(50_000));
    assert_eq!(one.payout(usd(46_667), stx), Ok(MicroStx::new(41)));
    assert_eq!(one.lock(stx, Ppm::new(2_000_000)), Ok(MicroStx::new(625)));
    assert_eq!(put.payout(usd(40_000), UsdE8::ZERO), Err(PayoffError::ZeroPrice));
    assert_eq!(put.payout(UsdE8::ZERO, stx), Err(PayoffError::ZeroPrice));
    assert_eq!(put.lock(UsdE8::ZERO, Ppm::new(2_000_000)), Err(PayoffError::ZeroPrice));
}

#[test]
fn a_covered_call_pays_the_gain_in_satoshis() {
    let call = SbtcCall { size: Sats::new(100_000_000), strike: usd(50_000) };
    assert_eq!(call.lock(), Sats::new(100_000_000));
    for (settlement, sats) in [
        (usd(40_000), 0),
        (usd(50_000), 0),
        (usd(60_000), 16_666_666),
        (usd(100_000), 50_000_000),
        (usd(1_000_000_000), 99_995_000),
    ] {
        assert_eq!(call.payout(settlement), Ok(Sats::new(sats)), "at {settlement}");
    }
    assert_eq!(call.payout(UsdE8::ZERO), Err(PayoffError::ZeroPrice));
}

#[test]
fn a_floor_lies_between_zero_and_the_strike_and_rounds_up() {
    assert_eq!(floor_price(usd(50_000), HALF), Ok(usd(25_000)));
    assert_eq!(floor_price(UsdE8::new(7), HALF), Ok(UsdE8::new(4)));
    let out_of_range = Err(PayoffError::FloorOutOfRange);
    assert_eq!(floor_price(usd(50_000), Ppm::ZERO), out_of_range);
    assert_eq!(floor_price(usd(50_000), Ppm::new(1_000_000)), out_of_range);
    assert_eq!(floor_price(UsdE8::new(1), HALF), out_of_range);
    assert_eq!(floor_price(UsdE8::MAX, HALF), Err(PayoffError::Overflow));
    for (strike, floor) in [(5, 0), (5, 5), (5, 6), (0, 0)] {
        let (strike, floor) = (UsdE8::new(strike), UsdE8::new(floor));
        assert_eq!(SbtcPut::new(Sats::new(1), strike, floor), Err(PayoffError::FloorOutOfRange));
        assert_eq!(StxPut::new(Sats::new(1), strike, floor), Err(PayoffError::FloorOutOfRange));
    }
}

#[test]
fn a_product_that_cannot_be_held_is_an_error() {
    let put = sbtc_put(u128::MAX, usd(50_000));
    assert_eq!(put.lock(), Err(PayoffError::Overflow));
    assert_eq!(put.payout(usd(40_000)), Err(PayoffError::Overflow));
    let put = stx_put(u128::MAX, usd(50_000));
    assert_eq!(put.lock(usd(1), Ppm::new(2_000_000)), Err(PayoffError::Overflow));
    assert_eq!(put.payout(usd(40_000), usd(1)), Err(PayoffError::Overflow));
    let call = SbtcCall { size: Sats::MAX, strike: usd(50_000) };
    assert_eq!(call.payout(usd(60_000)), Err(PayoffError::Overflow));
}

prop_compose! {
    /// Sizes up to the whole supply, strikes up to 10^9 USD, floors of 1 to 99 %, any settlement price.
    fn put_case()(
        size in 1..2_100_000_000_000_000_u128,
        strike in 100..100_000_000_000_000_000_u128,
        ratio in 10_000..990_000_u128,
        part in 1..3_000_000_u128,
    ) -> (Sats, UsdE8, UsdE8, UsdE8) {
        let strike = UsdE8::new(strike);
        let floor = floor_price(strike, Ppm::new(ratio)).unwrap();
        let settlement = UsdE8::new((strike.base_units() * part / 1_000_000).max(1));
        (Sats::new(size), strike, floor, settlement)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_sbtc_put_is_always_covered_and_exact((size, strike, floor, settlement) in put_case()) {
        let put = SbtcPut::new(size, strike, floor).unwrap();
        let (lock, cap, payout) = (put.lock().unwrap(), put.cap().unwrap(), put.payout(settlement).unwrap());
        prop_assert!(payout <= cap && cap <= lock);
        prop_assert!(lock.base_units() - cap.base_units() <= 1);
        let loss = size.base_units() * strike.base_units().saturating_sub(settlement.base_units());
        if settlement >= floor {
            // Whole to the satoshi: what is paid is worth the loss at the settlement price, and not one satoshi more.
            prop_assert!(payout.base_units() * settlement.base_units() <= loss);
            prop_assert!((payout.base_units() + 1) * settlement.base_units() > loss);
        } else {
            prop_assert_eq!(payout, cap);
        }
        // A lower price never pays less.
        if let Some(lower) = settlement.base_units().checked_sub(1).filter(|lower| *lower > 0) {
            prop_assert!(put.payout(UsdE8::new(lower)).unwrap() >= payout);
        }
    }

    #[test]
    fn an_stx_put_is_covered_while_stx_keeps_the_inverse_of_the_ratio(
        (size, strike, floor, settlement) in put_case(),
        stx in 1..1_000_000_000_000_u128,
        ratio in 1_000_000..5_000_000_u128,
    ) {
        let put = StxPut::new(size, strike, floor).unwrap();
        let lock = put.lock(UsdE8::new(stx), Ppm::new(ratio)).unwrap();
        let payout = put.payout(settlement, UsdE8::new(stx)).unwrap();
        prop_assert!(payout <= lock);
        // STX may fall by the collateral ratio before the lock is short.
        let fallen = UsdE8::new((stx * 1_000_000).div_ceil(ratio));
        prop_assert!(put.payout(settlement, fallen).unwrap() <= lock);
        // Worth the promise in USD (10^-16 USD a unit), and not one micro-STX more.
        let fall = strike.base_units().saturating_sub(settlement.base_units().max(floor.base_units()));
        let promise = size.base_units() * fall;
        prop_assert!(payout.base_units() * stx * 100 <= promise);
        prop_assert!((payout.base_units() + 1) * stx * 100 > promise);
    }

    #[test]
    fn a_call_is_always_covered(
        size in 1..2_100_000_000_000_000_u128,
        strike in 1..100_000_000_000_000_000_u128,
        settlement in 1..100_000_000_000_000_000_u128,
    ) {
        let call = SbtcCall { size: Sats::new(size), strike: UsdE8::new(strike) };
        let payout = call.payout(UsdE8::new(settlement)).unwrap();
        prop_assert!(payout < call.lock());
        let gain = size * settlement.saturating_sub(strike);
        prop_assert!(payout.base_units() * settlement <= gain);
        prop_assert!((payout.base_units() + 1) * settlement > gain);
    }
}
