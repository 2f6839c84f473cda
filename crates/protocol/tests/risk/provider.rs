//! What a bucket stands for, and what prices would leave of it.

use bithedge_protocol::pool::{Expiry, Shares, marks, nav};
use bithedge_protocol::risk::{
    HealthThresholds, Position, RealisedYield, Shock, Standing, due, exposure, stress,
};
use bithedge_protocol::{Asset, Ppm, PpmChange, TokenAmount, UnixSeconds, UsdE8};

use crate::market::{BTC, DAY, EXPIRY, boundary, bucket, sold, tier, usd};

#[test]
fn marks_are_capped_and_the_higher_is_the_exits() {
    let (one, terms) = (sold(4 * BTC), tier(2, 800_000, 925_000));
    let calm = marks(&one, &terms, &boundary(usd(100_000))).unwrap();
    assert!(calm.high > calm.low && calm.low > TokenAmount::ZERO);
    // Far below the floor the mark is what is locked: the most that can be paid.
    let crash = marks(&one, &terms, &boundary(usd(20_000))).unwrap();
    assert_eq!((crash.high, crash.low), (TokenAmount::new(4 * BTC), TokenAmount::new(4 * BTC)));
    let left = nav(&one, &terms, &boundary(usd(20_000))).unwrap();
    assert_eq!(left.exit, TokenAmount::new(6 * BTC));
    assert!(left.healthy);
    let nearly_all = nav(&sold(95 * BTC / 10), &terms, &boundary(usd(20_000))).unwrap();
    assert!(!nearly_all.healthy);
    // Without capital, and without shares: defined.
    let empty = bithedge_protocol::pool::Bucket {
        assets: TokenAmount::ZERO,
        shares: Shares::ZERO,
        ..bucket(2, Asset::Sbtc)
    };
    let nothing = nav(&empty, &terms, &boundary(usd(100_000))).unwrap();
    assert_eq!(
        (nothing.exit, nothing.deposit, nothing.healthy),
        (TokenAmount::ZERO, TokenAmount::ZERO, false)
    );
    assert_eq!(nothing.exit_pair().unwrap().value(Shares::new(5)).unwrap(), TokenAmount::ZERO);
}

#[test]
fn a_shock_is_the_payout_at_its_price() {
    let (one, terms) = (sold(4 * BTC), tier(2, 800_000, 925_000));
    let price = boundary(usd(100_000));
    let half = Shock { btc: PpmChange::new(-500_000), ..Shock::default() };
    let outcome = stress(&one, &terms, &price, &half).unwrap();
    // 4 BTC protected at 80,000, settled at 50,000: 4 · 30,000 / 50,000 BTC.
    assert_eq!(outcome.due, TokenAmount::new(4 * BTC * 30_000 / 50_000));
    assert_eq!(outcome.missing, TokenAmount::ZERO);
    assert!(!outcome.short);
    assert!(outcome.change.unwrap().is_negative() && outcome.usd.is_negative());
    assert!(outcome.nav <= TokenAmount::new(10 * BTC - 4 * BTC * 30_000 / 50_000));
    let nothing = stress(&one, &terms, &price, &Shock::default()).unwrap();
    assert_eq!((nothing.change, nothing.usd.base_units()), (Some(PpmChange::ZERO), 0));
    let gone = Shock { btc: PpmChange::new(-1_000_000), ..Shock::default() };
    assert!(stress(&one, &terms, &price, &gone).is_err());
    // What is due is due for its expiry.
    let at = |expiry| due(&one, usd(50_000), usd(1), expiry).unwrap();
    assert_eq!((at(None), at(Some(EXPIRY))), (outcome.due, outcome.due));
    assert_eq!(at(Some(UnixSeconds::new(EXPIRY.get() + 7 * DAY))), TokenAmount::ZERO);
    assert_eq!(due(&one, usd(80_000), usd(1), None).unwrap(), TokenAmount::ZERO);
    // Every cell of the maps that are shown has a value, and more fall is never less loss.
    for asset in Asset::ALL {
        assert_eq!(Shock::grid(asset).len(), Shock::other_steps(asset).len());
        for row in Shock::grid(asset) {
            let navs: Vec<_> =
                row.iter().map(|shock| stress(&one, &terms, &price, shock).unwrap().nav).collect();
            assert_eq!(navs.len(), Shock::BTC_STEPS.len());
            assert!(navs.is_sorted(), "{navs:?}");
        }
    }
}

#[test]
fn a_map_moves_stx_with_btc_and_against_it() {
    let grid = Shock::grid(Asset::Stx);
    let at = |row: usize, column: usize| {
        let shock: Shock = grid[row][column];
        (shock.btc.base_units(), shock.stx.base_units(), shock.volatility.base_units())
    };
    // Half of BTC's price, and 40 % of the ratio: a fifth in USD. The same ratio: half. 1.2 times 1.2: 44 % more.
    assert_eq!(at(0, 0), (-500_000, -800_000, 0));
    assert_eq!(at(3, 0), (-500_000, -500_000, 0));
    assert_eq!(at(4, 7), (200_000, 440_000, 0));
    assert_eq!(at(3, 5), (0, 0, 0));
    let volatility = &Shock::grid(Asset::Sbtc)[0][0];
    assert_eq!((volatility.stx.base_units(), volatility.volatility.base_units()), (0, -250_000));
    // Rounded down; nothing can be lost twice, and what cannot be counted is said.
    let stx = |btc, ratio| {
        Shock::with_stx_against_btc(PpmChange::new(btc), PpmChange::new(ratio))
            .map(|one| one.stx.base_units())
    };
    assert_eq!(stx(-1, -1), Some(-2));
    assert_eq!(stx(1, 1), Some(2));
    assert_eq!(stx(-1_000_000, 7), Some(-1_000_000));
    assert_eq!((stx(i128::MAX, 0), stx(i128::MAX / 2, i128::MAX / 2)), (None, None));
}

#[test]
fn stx_that_falls_with_btc_leaves_promises_short() {
    let terms = tier(2, 800_000, 925_000);
    let mut one = sold(BTC);
    let series = &mut one.live[0].series[0];
    // 40,000 USD at most, twice that as collateral at 1 USD.
    series.required = usd(80_000);
    series.locked = TokenAmount::new(80_000_000_000);
    series.ratio = Ppm::new(2_000_000);
    one.required = usd(80_000);
    one.locked = series.locked;
    one.asset = Asset::Stx;
    one.assets = TokenAmount::new(100_000_000_000);
    let shock = |btc, stx| Shock { btc: PpmChange::new(btc), stx: PpmChange::new(stx), ..Shock::default() };
    let at = |shock: &Shock| stress(&one, &terms, &boundary(usd(100_000)), shock).unwrap();
    let mild = at(&shock(-500_000, 0));
    // 30,000 USD at 1 USD.
    assert_eq!((mild.due, mild.short), (TokenAmount::new(30_000_000_000), false));
    let both = at(&shock(-500_000, -600_000));
    assert_eq!((both.due, both.short), (TokenAmount::new(75_000_000_000), true));
    assert_eq!(both.missing, TokenAmount::ZERO);
    let worse = at(&shock(-600_000, -700_000));
    assert!(worse.missing > TokenAmount::ZERO);
    // Health follows: 100 of 80 thousand is above the buffer, 100 of 200 thousand is not.
    let thresholds = HealthThresholds::of_bucket(terms.buffer);
    let health = |stx| one.health(&thresholds, stx).unwrap();
    assert_eq!(
        (health(usd(1)).ratio, health(usd(1)).standing),
        (Some(Ppm::new(1_250_000)), Standing::Healthy)
    );
    let low = health(UsdE8::new(40_000_000));
    assert_eq!((low.ratio, low.standing), (Some(Ppm::new(500_000)), Standing::MarginCall));
    // At 81 and at 80 cents: 98.77 thousand are needed, and all 100.
    let tight = health(UsdE8::new(81_000_000));
    assert_eq!((tight.ratio, tight.standing), (Some(Ppm::new(1_012_499)), Standing::Warning));
    assert_eq!(health(UsdE8::new(80_000_000)).standing, Standing::Warning);
    // A margin call is where a bucket is short.
    for stx in [79_999_999, 80_000_000] {
        let stx = UsdE8::new(stx);
        let availability = one.availability(&terms, stx, crate::market::NOW).unwrap();
        assert_eq!(health(stx).standing == Standing::MarginCall, availability.short, "{stx}");
    }
    assert!(one.health(&thresholds, UsdE8::ZERO).is_err());
}

#[test]
fn statuses_begin_below_their_thresholds() {
    let account = HealthThresholds::of_account(Ppm::new(2_000_000), Ppm::new(1_500_000));
    let standing = |collateral: u128| {
        account.health(TokenAmount::new(collateral), TokenAmount::new(1_000_000)).unwrap().standing
    };
    assert_eq!(standing(2_000_000), Standing::Healthy);
    assert_eq!(standing(1_999_999), Standing::Warning);
    assert_eq!(standing(1_750_000), Standing::Warning);
    assert_eq!(standing(1_749_999), Standing::MarginCall);
    assert_eq!(standing(1_500_000), Standing::MarginCall);
    assert_eq!(standing(1_499_999), Standing::Liquidating);
    assert_eq!(standing(0), Standing::Liquidating);
    let idle = account.health(TokenAmount::ZERO, TokenAmount::ZERO).unwrap();
    assert_eq!((idle.ratio, idle.standing), (None, Standing::Healthy));
}

#[test]
fn exposure_adds_up_and_leans_on_btc() {
    let (mut one, terms) = (sold(2 * BTC), tier(2, 800_000, 925_000));
    let mut later = one.live[0].clone();
    later.expiry = UnixSeconds::new(EXPIRY.get() + 28 * DAY);
    later.series[0].strike = usd(90_000);
    later.series[0].floor = usd(45_000);
    one.live.push(later);
    one.locked = TokenAmount::new(4 * BTC);
    let found = exposure(&one, &terms, &boundary(usd(100_000))).unwrap();
    assert_eq!(found.by_expiry.len(), 2);
    assert_eq!(
        found.by_strike.iter().map(|(strike, _)| *strike).collect::<Vec<_>>(),
        [usd(80_000), usd(90_000)]
    );
    let sum: u128 = found.by_expiry.iter().map(|(_, rung)| rung.most.base_units()).sum();
    assert_eq!((sum, found.most), (4 * BTC, TokenAmount::new(4 * BTC)));
    assert_eq!(found.most_of_assets, Some(Ppm::new(400_000)));
    assert!(found.by_expiry.iter().all(|(_, rung)| rung.due_now == TokenAmount::ZERO));
    // Short puts are like holding some BTC, less than what is protected; volatility costs.
    let delta = found.delta.base_units();
    assert!(delta > 0 && delta < 4 * BTC.cast_signed(), "{delta}");
    assert!(found.vega.base_units() > 0);
    let idle = exposure(&bucket(2, Asset::Sbtc), &terms, &boundary(usd(100_000))).unwrap();
    assert_eq!((idle.delta.base_units(), idle.vega.base_units(), idle.most), (0, 0, TokenAmount::ZERO));
}

#[test]
fn a_position_is_worth_its_part_and_what_leaves_is_at_risk_too() {
    let (mut one, terms) = (sold(4 * BTC), tier(2, 800_000, 925_000));
    one.live = vec![Expiry { expiry: EXPIRY, series: one.live[0].series.clone() }];
    let pair = nav(&one, &terms, &boundary(usd(100_000))).unwrap().exit_pair().unwrap();
    let quarter = one.shares.count() / 4;
    let position = Position {
        shares: Shares::new(quarter / 2),
        queued: Shares::new(quarter / 2),
        pending_exit: Shares::new(quarter),
        basis: TokenAmount::new(2 * BTC),
        leaving_basis: TokenAmount::new(3 * BTC),
        proceeds: TokenAmount::new(BTC),
        basis_returned: TokenAmount::new(2 * BTC),
        ..Position::default()
    };
    let value = position.value(&one, pair).unwrap();
    let nav = pair.nav.base_units();
    assert!(value.value.base_units().abs_diff(nav / 4) <= 1, "{value:?}");
    assert!(value.at_risk.base_units().abs_diff(nav / 2) <= 1);
    assert!(value.locked.base_units().abs_diff(nav / 4 * 4 / 10) <= 1);
    assert_eq!(value.available.base_units() + value.locked.base_units(), value.value.base_units());
    let earned = RealisedYield::of(&position, value.at_risk).unwrap();
    assert_eq!(earned.realised.base_units(), -BTC.cast_signed());
    assert_eq!(
        earned.unrealised.base_units(),
        (value.at_risk.base_units()).cast_signed() - (5 * BTC).cast_signed()
    );
}

#[test]
fn an_exit_fee_rises_with_use() {
    let terms = tier(2, 800_000, 925_000);
    let fee = |bucket: &bithedge_protocol::pool::Bucket| bucket.exit_fee(&terms, usd(1)).unwrap();
    assert_eq!(fee(&bucket(2, Asset::Sbtc)), Ppm::new(1_000));
    assert_eq!(fee(&sold(5 * BTC)), Ppm::new(3_000));
    assert_eq!(fee(&sold(10 * BTC)), Ppm::new(5_000));
}
