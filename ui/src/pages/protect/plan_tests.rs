//! What is computed for the page of protection.

use bithedge_protocol::Seconds;
use bithedge_protocol::pool::{
    Bucket, CollateralTerms, Fee, OverflowRule, Pricing, SaleRefusal, SaleRules, Shares, TierTerms,
};

use super::*;

const USD: u128 = 100_000_000;
const BTC: u128 = 100_000_000;
const DAY: u64 = 86_400;
/// Tuesday 2026-01-06 09:00 UTC.
const NOW: UnixSeconds = UnixSeconds::new(1_767_690_000);
/// Friday 2026-01-30 08:00 UTC.
const EXPIRY: UnixSeconds = UnixSeconds::new(1_769_760_000);

fn usd(whole: u128) -> UsdE8 {
    UsdE8::new(whole * USD)
}

fn tier(tier: u8, from: u128, to: u128) -> TierTerms {
    TierTerms {
        tier,
        name: format!("tier {tier}"),
        min_strike: Ppm::new(from),
        max_strike: Ppm::new(to),
        grid: Ppm::new(40_000),
        floor_ratio: Ppm::new(500_000),
        markup: Ppm::new(200_000),
        skew: Ppm::new(300_000),
        max_duration: Seconds::new(90 * DAY),
        utilisation_limit: Ppm::new(900_000),
        buffer: Ppm::new(20_000),
        exit_fee: Ppm::new(1_000),
        exit_fee_slope: Ppm::new(4_000),
        isolated: true,
        overflow: OverflowRule::Reject,
    }
}

fn bucket(tier: u8, asset: Asset) -> Bucket {
    let assets = match asset {
        Asset::Sbtc => 10 * BTC,
        Asset::Stx => 1_000_000_000_000,
    };
    Bucket {
        tier,
        asset,
        capacity: TokenAmount::new(100 * assets),
        assets: TokenAmount::new(assets),
        fresh: TokenAmount::ZERO,
        locked: TokenAmount::ZERO,
        required: UsdE8::ZERO,
        shares: Shares::new(assets * 1_000_000),
        queued: Shares::ZERO,
        exits: [Shares::ZERO; 2],
        deposits: [TokenAmount::ZERO; 2],
        epoch: 5,
        boundary: UnixSeconds::new(NOW.get() - 3_600),
        due: UnixSeconds::new(NOW.get() - 3_600 + DAY),
        live: Vec::new(),
    }
}

/// BTC at 100,000 USD, STX at 1 USD.
fn market() -> Market {
    let pricing = Pricing {
        at: NOW,
        btc: usd(100_000),
        stx: usd(1),
        btc_twap: usd(100_000),
        stx_twap: usd(1),
        vol_ask: Ppm::new(600_000),
        vol_bid: Ppm::new(500_000),
    };
    let rules = SaleRules {
        min_size: Sats::new(10_000),
        max_size: Sats::new(10_000_000_000),
        min_term: Seconds::new(DAY),
        min_lock_rate: Ppm::new(30_000),
        bid_spread: Ppm::new(100_000),
        surcharge_kink: Ppm::new(500_000),
        surcharge_slope: Ppm::new(1_000_000),
        activation_delay: Seconds::new(3_600),
        cancel_cutoff: Seconds::new(3_600),
        sale_max_age: Seconds::new(300),
    };
    let collateral = |asset, ratio, min_premium, bounty| CollateralTerms {
        asset,
        ratio: Ppm::new(ratio),
        min_deposit: TokenAmount::new(100_000),
        min_premium: TokenAmount::new(min_premium),
        bounty: TokenAmount::new(bounty),
        active: true,
    };
    let tiers = vec![tier(1, 500_000, 800_000), tier(2, 800_000, 925_000), tier(3, 925_000, 1_050_000)];
    let buckets = tiers.iter().flat_map(|terms| Asset::ALL.map(|asset| bucket(terms.tier, asset))).collect();
    Market {
        now: NOW,
        pricing,
        rules,
        tiers,
        collateral: vec![
            collateral(Asset::Sbtc, 1_000_000, 100, 50),
            collateral(Asset::Stx, 2_000_000, 100_000, 50_000),
        ],
        buckets,
        fee: Fee { rate: Ppm::new(50_000), discount: Ppm::ZERO },
    }
}

/// What pays for everything.
const RICH: Spendable = Spendable {
    stx: Some(MicroStx::new(u64::MAX as u128)),
    sbtc: Some(Sats::new(u64::MAX as u128)),
    call_fee: MicroStx::new(50_000),
};

fn wanted(percent: i64) -> Choice {
    Choice { size: Sats::new(BTC), percent, expiry: EXPIRY }
}

#[test]
fn every_place_of_the_slider_leads_to_the_strike_that_is_nearest() {
    let market = market();
    for percent in LOWEST..=HIGHEST {
        let found = candidates(&market, wanted(percent));
        let first = chosen(&found, Pay::Cheapest, None, RICH).unwrap();
        assert_eq!(Some(first.order.strike), nearest_listed(&market, percent), "{percent}");
        assert_eq!(first.order.expiry, EXPIRY);
        // The chosen one is no dearer than any other that is sold.
        let least = found.iter().filter_map(|one| one.usd).min();
        assert_eq!(first.usd, least, "{percent}");
        let offer = offer(&market, first).unwrap();
        assert_eq!(Some(offer.cost.usd), first.usd);
    }
}

#[test]
fn the_nearest_is_taken_whichever_side_it_lies_on_and_the_higher_of_two_as_near() {
    let mut market = market();
    // Every tier lists multiples of 2,500 USD: at 100,182 USD, 90,163.80 is asked for, and 90,000 is nearer than 92,500.
    market.pricing.btc = UsdE8::new(10_018_200_000_000);
    assert_eq!(nearest_listed(&market, -10), Some(usd(90_000)));
    assert_eq!(nearest_listed(&market, -4), Some(usd(95_000)), "of 96,174.72");
    let found = candidates(&market, wanted(-10));
    assert_eq!(chosen(&found, Pay::Cheapest, None, RICH).unwrap().order.strike, usd(90_000));
    // 250,000 USD in steps of 10,000: 235,000 lies in the middle.
    market.pricing.btc = usd(250_000);
    assert_eq!(nearest_listed(&market, -6), Some(usd(240_000)));
    market.tiers.clear();
    assert_eq!(nearest_listed(&market, -6), None);
}

#[test]
fn the_cheapest_is_one_that_the_account_can_pay() {
    let mut market = market();
    let sbtc = |market: &Market| {
        let found = candidates(market, wanted(-10));
        let one = found.iter().find(|one| one.order.asset == Asset::Sbtc && one.quote.is_ok());
        one.unwrap().quote.clone().unwrap().total
    };
    // STX is cheaper as long as less of it is in use.
    for bucket in market.buckets.iter_mut().filter(|bucket| bucket.asset == Asset::Sbtc) {
        bucket.locked = TokenAmount::new(7 * BTC);
    }
    let found = candidates(&market, wanted(-10));
    let rich = chosen(&found, Pay::Cheapest, None, RICH).unwrap();
    assert_eq!(rich.order.asset, Asset::Stx);
    let few = Spendable { stx: Some(MicroStx::new(1_000_000)), ..RICH };
    let paid = chosen(&found, Pay::Cheapest, None, few).unwrap();
    assert_eq!(paid.order.asset, Asset::Sbtc);
    assert_eq!(short_of(few, paid.quote.as_ref().unwrap()), None);
    // What was picked, and a token that was asked for, stay.
    let pick = Some((rich.order.tier, Asset::Stx));
    assert_eq!(chosen(&found, Pay::Cheapest, pick, few), Some(rich));
    assert_eq!(chosen(&found, Pay::In(Asset::Stx), None, few), Some(rich));
    // Where it can pay none of it, or nobody knows what it has, the cheapest of all is named.
    let least = Sats::new(sbtc(&market).base_units() - 1);
    let none = Spendable { sbtc: Some(least), ..few };
    assert_eq!(chosen(&found, Pay::Cheapest, None, none), Some(rich));
    let unknown = [Spendable { stx: None, ..few }, Spendable { sbtc: None, ..few }];
    for unknown in unknown {
        assert_eq!(chosen(&found, Pay::Cheapest, None, unknown), Some(rich));
    }
    // That it is not the cheapest is said where it is not, and nothing of an account that nobody knows.
    let over = |one: &Candidate, has| passes_over(&found, one.quote.as_ref().unwrap(), has);
    assert!(over(paid, few) && !over(rich, few));
    for has in [RICH, none, unknown[0], unknown[1]] {
        assert!(!over(paid, has) && !over(rich, has), "{has:?}");
    }
}

#[test]
fn a_price_that_is_not_listed_is_not_named_either_where_there_is_no_amount() {
    use super::super::words::protected_price;
    let mut market = market();
    market.pricing.btc = UsdE8::new(10_018_200_000_000);
    let words = protected_price(&market, None, -10);
    assert!(words.starts_with("90,000") && words.ends_with(" below today's price"), "{words}");
    assert_eq!(protected_price(&market, Some(usd(90_000)), -20), words, "what is chosen counts");
    market.tiers.clear();
    assert_eq!(protected_price(&market, None, -10), "");
}

#[test]
fn a_price_above_all_that_is_listed_leads_to_the_highest_that_is() {
    let mut market = market();
    for terms in &mut market.tiers {
        terms.max_strike = terms.max_strike.min(Ppm::new(950_000));
    }
    let found = candidates(&market, wanted(0));
    assert!(!found.is_empty());
    let highest = market.strikes(3).into_iter().next_back().unwrap();
    assert!(highest < usd(100_000));
    assert!(found.iter().all(|one| one.order.strike == highest));
}

#[test]
fn what_was_picked_holds_for_as_long_as_it_is_sold_and_fits() {
    let mut market = market();
    let found = candidates(&market, wanted(-15));
    let pick = Some((3, Asset::Stx));
    let picked = chosen(&found, Pay::Cheapest, pick, RICH).unwrap();
    assert_eq!((picked.order.tier, picked.order.asset), (3, Asset::Stx));
    // Another token was asked for since.
    let other = chosen(&found, Pay::In(Asset::Sbtc), pick, RICH).unwrap();
    assert_eq!(other.order.asset, Asset::Sbtc);
    // It is not sold any more.
    for bucket in market.buckets.iter_mut().filter(|bucket| bucket.tier == 3) {
        bucket.assets = TokenAmount::ZERO;
    }
    let found = candidates(&market, wanted(-15));
    let next = chosen(&found, Pay::Cheapest, pick, RICH).unwrap();
    assert_eq!(next.order.tier, 2);
    // Where nothing is sold, the reason is there to be told.
    for bucket in &mut market.buckets {
        bucket.assets = TokenAmount::ZERO;
    }
    let found = candidates(&market, wanted(-15));
    let refused = chosen(&found, Pay::Cheapest, pick, RICH).unwrap();
    assert!(matches!(refused.quote, Err(SaleRefusal::Capacity { .. })));
    assert_eq!(offer(&market, refused), None);
}

#[test]
fn the_most_that_is_paid_is_what_is_locked_in_sbtc_and_the_promise_in_stx() {
    let market = market();
    let order = |asset| Order { asset, tier: 2, strike: usd(90_000), expiry: EXPIRY, size: Sats::new(BTC) };
    let sbtc = market.quote(&order(Asset::Sbtc)).unwrap();
    // 1 BTC · (90,000 − 45,000) / 45,000.
    assert_eq!(most_paid(&sbtc), Some(MostPaid::Sbtc(Sats::new(BTC))));
    let stx = market.quote(&order(Asset::Stx)).unwrap();
    assert_eq!(most_paid(&stx), Some(MostPaid::Usd(usd(45_000))));
}

#[test]
fn premiums_rise_with_the_strike_and_with_time() {
    let market = market();
    let strikes = by_strike(&market, Sats::new(BTC), EXPIRY, Asset::Sbtc);
    assert!(strikes.len() > 10, "{}", strikes.len());
    assert!(strikes.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
    let order =
        Order { asset: Asset::Sbtc, tier: 2, strike: usd(90_000), expiry: EXPIRY, size: Sats::new(BTC) };
    let expiries = by_expiry(&market, &order);
    assert!(expiries.len() > 3);
    assert!(expiries.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
    assert!(expiries.iter().any(|(expiry, _)| *expiry == usual_expiry(&market).unwrap()));
}

#[test]
fn a_strike_is_found_again_at_its_place_of_the_slider() {
    let market = market();
    let shown = by_strike(&market, Sats::new(BTC), EXPIRY, Asset::Sbtc);
    for (strike, _) in &shown {
        let percent = percent_of(&market, *strike);
        let found = candidates(&market, wanted(percent));
        assert_eq!(found.iter().map(|one| one.order.strike).min(), Some(*strike), "{percent}");
    }
    // What the slider does not reach is not shown, and so cannot be clicked either.
    assert!(market.strikes(1).iter().any(|strike| *strike < usd(70_000)));
    let strikes: Vec<UsdE8> = shown.iter().map(|(strike, _)| *strike).collect();
    assert_eq!((strikes.first(), strikes.last()), (Some(&usd(70_000)), Some(&usd(100_000))), "{strikes:?}");
}

#[test]
fn what_is_missing_is_said_with_its_figures() {
    let market = market();
    let order = |asset| Order { asset, tier: 2, strike: usd(90_000), expiry: EXPIRY, size: Sats::new(BTC) };
    let has = |stx: Option<u128>, sbtc: Option<u128>| Spendable {
        stx: stx.map(MicroStx::new),
        sbtc: sbtc.map(Sats::new),
        call_fee: MicroStx::new(50_000),
    };
    let sbtc = market.quote(&order(Asset::Sbtc)).unwrap();
    let total = sbtc.total.base_units();
    assert_eq!(short_of(has(Some(50_000), Some(total)), &sbtc), None);
    let words = short_of(has(Some(50_000), Some(total - 1)), &sbtc).unwrap();
    assert!(words.starts_with(&format!("It costs {}", sbtc.total.as_sbtc())), "{words}");
    let words = short_of(has(Some(49_999), Some(total)), &sbtc).unwrap();
    assert_eq!(words, "The network's fee is paid in STX: up to 0.05 STX, and this account has 0.049999 STX.");
    assert!(short_of(has(None, Some(total)), &sbtc).unwrap().contains("not known"));
    let stx = market.quote(&order(Asset::Stx)).unwrap();
    let total = stx.total.base_units();
    assert_eq!(short_of(has(Some(total + 50_000), Some(0)), &stx), None);
    assert!(short_of(has(Some(total + 49_999), Some(0)), &stx).unwrap().contains("it takes"));
}
