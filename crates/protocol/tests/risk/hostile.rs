//! Figures that no honest node answers: an error or a value, never a panic.

use bithedge_protocol::pool::{Order, PolicyTerms, Shares, nav, value_policy};
use bithedge_protocol::risk::{Shock, exit_schedule, exposure, stress};
use bithedge_protocol::{Asset, Ppm, PpmChange, Sats, TokenAmount, UnixSeconds, UsdE8};
use proptest::prelude::*;

use crate::market::{NOW, boundary, market, sold};

fn any_number() -> impl Strategy<Value = u128> {
    prop_oneof![
        Just(0_u128),
        Just(1),
        Just(u128::MAX),
        any::<u64>().prop_map(u128::from),
        any::<u128>(),
        (0_u32..128).prop_map(|bits| 1 << bits),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_market_is_answered(
        numbers in prop::collection::vec(any_number(), 24),
        times in prop::collection::vec(any::<u64>(), 4),
        tier in any::<u8>(),
        is_stx in any::<bool>(),
        which in 0_usize..24,
    ) {
        let asset = if is_stx { Asset::Stx } else { Asset::Sbtc };
        // One figure after the other is hostile, sometimes all of them.
        let number = |place: usize, usual: u128| {
            if place == which || which == 23 { numbers[place] } else { usual }
        };
        let mut market = market();
        market.pricing.btc = UsdE8::new(number(0, market.pricing.btc.base_units()));
        market.pricing.btc_twap = UsdE8::new(number(1, market.pricing.btc_twap.base_units()));
        market.pricing.stx = UsdE8::new(number(2, market.pricing.stx.base_units()));
        market.pricing.stx_twap = UsdE8::new(number(3, market.pricing.stx_twap.base_units()));
        market.pricing.vol_ask = Ppm::new(number(4, 600_000));
        market.pricing.vol_bid = Ppm::new(number(5, 600_000));
        market.fee.rate = Ppm::new(number(6, 50_000));
        market.fee.discount = Ppm::new(number(7, 0));
        market.rules.surcharge_kink = Ppm::new(number(8, 500_000));
        market.rules.surcharge_slope = Ppm::new(number(9, 1_000_000));
        market.rules.min_lock_rate = Ppm::new(number(10, 30_000));
        market.rules.max_size = Sats::new(number(11, 10_000_000_000));
        for terms in &mut market.tiers {
            terms.floor_ratio = Ppm::new(number(12, 500_000));
            terms.markup = Ppm::new(number(13, 200_000));
            terms.skew = Ppm::new(number(14, 300_000));
            terms.grid = Ppm::new(number(15, 40_000));
            terms.max_strike = Ppm::new(number(16, terms.max_strike.base_units()));
        }
        let strike = UsdE8::new(number(17, 90_000 * 100_000_000));
        let size = Sats::new(number(18, 100_000_000));
        let expiry = if which == 19 { UnixSeconds::new(times[0]) } else { crate::market::EXPIRY };
        let order = Order { asset, tier: if which == 20 { tier } else { 2 }, strike, expiry, size };
        let _ = market.strikes(2).len();
        if let Ok(quote) = market.quote(&order) {
            let _ = quote.cost_of_cover(&market);
        }
        let policy = PolicyTerms {
            asset,
            tier: 2,
            strike,
            floor: UsdE8::new(number(21, 45_000 * 100_000_000)),
            expiry,
            size,
            lock: TokenAmount::new(number(22, 100_000_000)),
        };
        let _ = value_policy(&policy, &market.pricing, &market.tiers[1], &market.rules, NOW);
    }

    #[test]
    fn any_bucket_is_answered(
        numbers in prop::collection::vec(any_number(), 16),
        times in prop::collection::vec(any::<u64>(), 3),
        is_stx in any::<bool>(),
        which in 0_usize..16,
        shock in any::<i128>(),
    ) {
        let number = |place: usize, usual: u128| {
            if place == which || which == 15 { numbers[place] } else { usual }
        };
        let mut bucket = sold(400_000_000);
        bucket.asset = if is_stx { Asset::Stx } else { Asset::Sbtc };
        bucket.assets = TokenAmount::new(number(0, 1_000_000_000));
        bucket.fresh = TokenAmount::new(number(1, 0));
        bucket.locked = TokenAmount::new(number(2, 400_000_000));
        bucket.required = UsdE8::new(number(3, 0));
        bucket.shares = Shares::new(number(4, 1_000_000_000_000_000));
        bucket.queued = Shares::new(number(5, 1_000_000));
        bucket.exits = [Shares::new(number(6, 0)), Shares::new(number(7, 5))];
        let series = &mut bucket.live[0].series[0];
        series.strike = UsdE8::new(number(8, series.strike.base_units()));
        series.floor = UsdE8::new(number(9, series.floor.base_units()));
        series.size = Sats::new(number(10, series.size.base_units()));
        series.required = UsdE8::new(number(11, 0));
        let mut price = boundary(UsdE8::new(number(12, 100_000 * 100_000_000)));
        price.stx = UsdE8::new(number(13, 100_000_000));
        price.vol_ask = Ppm::new(number(14, 600_000));
        if which == 14 {
            price.at = UnixSeconds::new(times[0]);
        }
        let terms = crate::market::tier(2, 800_000, 925_000);
        let _ = bucket.availability(&terms, price.stx, NOW);
        let _ = nav(&bucket, &terms, &price);
        let _ = exposure(&bucket, &terms, &price);
        let shock = Shock { btc: PpmChange::new(shock), ..Shock::default() };
        let _ = stress(&bucket, &terms, &price, &shock);
        if which == 13 {
            bucket.live[0].expiry = UnixSeconds::new(times[1]);
        }
        if which == 12 {
            bucket.due = UnixSeconds::new(times[2]);
        }
        let now = if which == 11 { UnixSeconds::new(times[0]) } else { NOW };
        if let Ok(schedule) = exit_schedule(&bucket, &terms, &price, now) {
            for steps in [&schedule.now, &schedule.next] {
                prop_assert!(steps.len() <= 400);
                prop_assert!(steps.is_sorted_by(|a, b| a.at < b.at && a.paid < b.paid && a.amount <= b.amount));
                prop_assert!(steps.iter().all(|step| step.paid <= Ppm::new(1_000_000) && step.at >= now));
            }
        }
    }
}
