//! What a quote means for its buyer, and the choice among what is listed.

use bithedge_protocol::pool::{Order, SaleRefusal};
use bithedge_protocol::risk::Wish;
use bithedge_protocol::{Asset, Sats, Seconds, TokenAmount, UsdE8};

use crate::market::{BTC, DAY, EXPIRY, NOW, USD, bucket, market, usd};

fn order(asset: Asset) -> Order {
    Order { asset, tier: 2, strike: usd(90_000), expiry: EXPIRY, size: Sats::new(BTC) }
}

#[test]
fn an_sbtc_policy_breaks_even_where_its_payout_is_its_cost() {
    let market = market();
    let quote = market.quote(&order(Asset::Sbtc)).unwrap();
    let cost = quote.cost_of_cover(&market).unwrap();
    let total = quote.total.base_units();
    assert_eq!(total, quote.premium.base_units() + quote.fee.base_units() + quote.bounty.base_units());
    assert_eq!(quote.fee.base_units(), (quote.premium.base_units() * 5).div_ceil(100));
    assert_eq!(cost.usd, UsdE8::new(total * 100_000 * USD / BTC));
    // It protects one BTC. What is paid at that price is worth the cost in USD, to the rounding of a satoshi.
    let at = cost.break_even.unwrap();
    assert_eq!(at.base_units(), 90_000 * USD - cost.usd.base_units());
    let paid = BTC * (90_000 * USD - at.base_units()) / at.base_units();
    let worth = paid * at.base_units() / BTC;
    assert!(worth <= cost.usd.base_units() && cost.usd.base_units() - worth <= at.base_units() / BTC + 1);
    assert_eq!(cost.of_value.base_units(), (total * 1_000_000).div_ceil(BTC));
    let term = u128::from(EXPIRY.get() - NOW.get());
    assert_eq!(cost.per_year.base_units(), (cost.of_value.base_units() * 31_536_000).div_ceil(term));
    // Below the floor one BTC and its policy are worth K·S/F: at half the floor, half of the strike.
    assert_eq!((cost.floor.floor, cost.floor.worth_at_half), (usd(45_000), usd(45_000)));
    // No surcharge below half use: the premium is the model's, to the rounding of a satoshi.
    let implied = cost.implied_volatility.unwrap().base_units();
    let asked = quote.parts[0].volatility.base_units();
    assert!(implied.abs_diff(asked) < 50, "{implied} {asked}");
    assert!((100_000..400_000).contains(&cost.delta.base_units()), "{:?}", cost.delta);
}

#[test]
fn an_stx_policy_breaks_even_in_dollars() {
    let market = market();
    let quote = market.quote(&order(Asset::Stx)).unwrap();
    let cost = quote.cost_of_cover(&market).unwrap();
    // 1 STX is 1 USD, and it protects one BTC.
    assert_eq!(cost.usd.base_units(), quote.total.base_units() * 100);
    assert_eq!(cost.break_even.unwrap().base_units(), 90_000 * USD - cost.usd.base_units());
    // What is paid below the floor stays: half the floor and the whole capped loss.
    assert_eq!(cost.floor.worth_at_half, usd(22_500 + 45_000));
}

#[test]
fn costs_count_at_the_latest_prices_and_not_at_lower_averages() {
    let mut market = market();
    market.pricing.btc_twap = usd(98_000);
    market.pricing.stx_twap = UsdE8::new(90_000_000);
    let sbtc = market.quote(&order(Asset::Sbtc)).unwrap();
    let cost = sbtc.cost_of_cover(&market).unwrap();
    // What the buyer hands over are satoshis of 100,000 USD a BTC, though the premium was made at 98,000.
    assert_eq!(cost.usd, UsdE8::new(sbtc.total.base_units() * 100_000 * USD / BTC));
    assert_eq!(cost.of_value.base_units(), (sbtc.total.base_units() * 1_000_000).div_ceil(BTC));
    assert_eq!(cost.break_even, Some(UsdE8::new(90_000 * USD - cost.usd.base_units())));
    let asked = sbtc.parts[0].volatility.base_units();
    assert!(cost.implied_volatility.unwrap().base_units().abs_diff(asked) < 50);
    let stx = market.quote(&order(Asset::Stx)).unwrap();
    assert_eq!(stx.cost_of_cover(&market).unwrap().usd, UsdE8::new(stx.total.base_units() * 100));
    // And so the choice ranks: at the averages STX would seem a tenth cheaper than it is.
    let wish = Wish { size: Sats::new(BTC), level: usd(90_000), term: Seconds::new(20 * DAY) };
    let found = market.candidates(&wish).unwrap();
    assert!(found.iter().any(|one| one.order.asset == Asset::Stx));
    for one in &found {
        let quote = one.quote.as_ref().unwrap();
        let (price, whole) =
            if one.order.asset == Asset::Stx { (USD, 1_000_000) } else { (100_000 * USD, BTC) };
        assert_eq!(one.usd, Some(UsdE8::new(quote.total.base_units() * price / whole)));
    }
}

#[test]
fn half_a_cover_breaks_even_rounded_down() {
    let market = market();
    let order = Order { size: Sats::new(30_000_007), ..order(Asset::Stx) };
    let cost = market.quote(&order).unwrap().cost_of_cover(&market).unwrap();
    let at = 90_000 * USD - cost.break_even.unwrap().base_units();
    // The fall that pays for it: no smaller whole number does.
    assert!(at * 30_000_007 >= cost.usd.base_units() * BTC);
    assert!((at - 1) * 30_000_007 < cost.usd.base_units() * BTC);
}

/// What a change of mind costs is known before anything is bought. That the contract pays it is held beside the VM, in
/// `replay/tests/twin.rs`.
#[test]
fn what_is_sold_back_at_once_brings_less_than_it_cost() {
    let mut market = market();
    for asset in Asset::ALL {
        let quote = market.quote(&order(asset)).unwrap();
        let cost = quote.cost_of_cover(&market).unwrap();
        assert!(TokenAmount::ZERO < cost.sold_back && cost.sold_back < quote.premium, "{cost:?}");
        // Half as much brings half as much, to the unit that is rounded off.
        let half = Order { size: Sats::new(BTC / 2), ..order(asset) };
        let half = market.quote(&half).unwrap().cost_of_cover(&market).unwrap().sold_back;
        assert!(cost.sold_back.base_units() - 2 * half.base_units() <= 1, "{cost:?}");
    }
    // The more the pool takes off, the less comes back; all of it leaves what the option is worth at once.
    let at_the_money = Order { tier: 3, strike: usd(100_000), ..order(Asset::Sbtc) };
    let quote = market.quote(&at_the_money).unwrap();
    let before = quote.cost_of_cover(&market).unwrap().sold_back;
    market.rules.bid_spread = bithedge_protocol::Ppm::new(1_000_000);
    assert!(TokenAmount::ZERO < before);
    assert_eq!(quote.cost_of_cover(&market).unwrap().sold_back, TokenAmount::ZERO);
}

#[test]
fn a_premium_that_a_minimum_made_has_no_volatility() {
    let mut market = market();
    market.pricing.vol_ask = bithedge_protocol::Ppm::new(10_000);
    let lowest = Order { tier: 1, strike: usd(50_000), ..order(Asset::Sbtc) };
    let quote = market.quote(&lowest).unwrap();
    let term = u128::from(EXPIRY.get() - NOW.get());
    assert_eq!(quote.premium.base_units(), (BTC * 30_000 * term).div_ceil(1_000_000 * 31_536_000));
    let cost = quote.cost_of_cover(&market).unwrap();
    assert!(cost.implied_volatility.unwrap() > quote.parts[0].volatility);
    // A cost above everything that can be paid has no break-even.
    market.fee.rate = bithedge_protocol::Ppm::new(500_000_000_000);
    let dear = market.quote(&lowest).unwrap();
    assert_eq!(dear.cost_of_cover(&market).unwrap().break_even, None);
}

#[test]
fn the_cheapest_that_protects_at_least_that_much_comes_first() {
    let mut market = market();
    let wish = Wish { size: Sats::new(BTC), level: usd(86_000), term: Seconds::new(20 * DAY) };
    let found = market.candidates(&wish).unwrap();
    for candidate in &found {
        assert!(candidate.order.strike >= wish.level);
        assert!(candidate.order.expiry.get() >= NOW.get() + 20 * DAY);
        assert_eq!(candidate.order.expiry, EXPIRY);
    }
    // Tier 1 ends below the level; two tiers with two tokens are left.
    assert_eq!(found.len(), 4);
    assert_eq!((found[0].order.tier, found[0].order.strike), (2, usd(87_500)));
    let costs: Vec<_> = found.iter().map(|one| one.usd.unwrap()).collect();
    assert!(costs.is_sorted(), "{costs:?}");
    // What is not sold comes last, with its reason.
    for bucket in market.buckets.iter_mut().filter(|bucket| bucket.tier == 2) {
        bucket.assets = TokenAmount::ZERO;
    }
    let found = market.candidates(&wish).unwrap();
    assert_eq!(found[0].order.tier, 3);
    assert!(matches!(found[3].quote, Err(SaleRefusal::Capacity { .. })), "{:?}", found[3].quote);
    assert_eq!(found[3].usd, None);
    // Nothing is that high, or that far.
    let high = Wish { level: usd(200_000), ..wish };
    assert!(market.candidates(&high).unwrap().is_empty());
    let far = Wish { term: Seconds::new(4_000 * DAY), ..wish };
    assert!(market.candidates(&far).unwrap().is_empty());
    let endless = Wish { term: Seconds::new(u64::MAX), ..wish };
    assert!(market.candidates(&endless).unwrap().is_empty());
}

#[test]
fn every_listed_strike_is_sold_and_the_next_ones_are_not() {
    let mut market = market();
    // A price at which bounds fall between strikes and on them.
    for spot in [100_000 * USD, 99_999 * USD + 1, 40_000 * USD + 7, 123_456_789] {
        market.pricing.btc = UsdE8::new(spot);
        market.pricing.btc_twap = market.pricing.btc;
        for tier in [1, 2, 3] {
            let strikes = market.strikes(tier);
            let expected = |strike: UsdE8| {
                let ratio = strike.base_units() * 1_000_000 / spot;
                let terms = market.tier(tier).unwrap();
                (terms.min_strike.base_units()..terms.max_strike.base_units()).contains(&ratio)
            };
            assert!(!strikes.is_empty() && strikes.iter().all(|strike| expected(*strike)), "{spot} {tier}");
            let step = strikes[1].base_units() - strikes[0].base_units();
            for beside in [strikes[0].base_units() - step, strikes.last().unwrap().base_units() + step] {
                assert!(!expected(UsdE8::new(beside)), "{spot} {tier} {beside}");
            }
        }
    }
}

#[test]
fn each_refusal_has_its_reason() {
    let good = market();
    let order = order(Asset::Sbtc);
    let refused = |change: &dyn Fn(&mut bithedge_protocol::pool::Market, &mut Order)| {
        let (mut market, mut order) = (good.clone(), order);
        change(&mut market, &mut order);
        market.quote(&order).unwrap_err()
    };
    assert!(good.quote(&order).is_ok());
    assert_eq!(refused(&|_, order| order.size = Sats::new(9_999)), SaleRefusal::Size);
    assert_eq!(refused(&|_, order| order.size = Sats::MAX), SaleRefusal::Size);
    let day_later = bithedge_protocol::UnixSeconds::new(EXPIRY.get() + DAY);
    assert_eq!(refused(&|_, order| order.expiry = day_later), SaleRefusal::ExpiryNotListed);
    let friday = bithedge_protocol::UnixSeconds::new(EXPIRY.get() - 3_600);
    assert_eq!(refused(&|market, _| market.now = friday), SaleRefusal::TooLate);
    assert_eq!(
        refused(&|market, _| market.pricing.at = bithedge_protocol::UnixSeconds::new(NOW.get() - 301)),
        SaleRefusal::PriceTooOld
    );
    assert_eq!(refused(&|_, order| order.tier = 9), SaleRefusal::UnknownTier);
    assert_eq!(refused(&|market, _| market.collateral.clear()), SaleRefusal::UnknownToken);
    assert_eq!(refused(&|market, _| market.buckets.clear()), SaleRefusal::UnknownBucket);
    assert_eq!(refused(&|_, order| order.strike = usd(90_001)), SaleRefusal::StrikeOffGrid);
    assert_eq!(refused(&|_, order| order.strike = usd(95_000)), SaleRefusal::StrikeOutsideTier);
    assert_eq!(
        refused(&|market, _| market.tiers[1].max_duration = Seconds::new(DAY)),
        SaleRefusal::TermTooLong
    );
    assert_eq!(refused(&|market, _| market.collateral[0].active = false), SaleRefusal::TokenInactive);
    assert_eq!(refused(&|market, _| market.buckets[2].due = NOW), SaleRefusal::CloseDue);
    let large = refused(&|_, order| order.size = Sats::new(10 * BTC));
    let SaleRefusal::Capacity { fitting } = large else { panic!("{large}") };
    // 90 % of ten BTC, to a satoshi or two.
    assert!(fitting <= Sats::new(9 * BTC) && fitting >= Sats::new(9 * BTC - 5), "{fitting}");
    let nothing = refused(&|market, _| {
        market.buckets[2] =
            bithedge_protocol::pool::Bucket { assets: TokenAmount::ZERO, ..bucket(2, Asset::Sbtc) }
    });
    assert_eq!(nothing, SaleRefusal::Capacity { fitting: Sats::ZERO });
    assert!(matches!(refused(&|market, _| market.pricing.stx = UsdE8::ZERO), SaleRefusal::Pool(_)));
}
