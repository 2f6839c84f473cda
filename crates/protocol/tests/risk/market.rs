//! A small market to work with.

use bithedge_protocol::pool::{
    BookedSeries, BoundaryPrice, Bucket, CollateralTerms, Expiry, Fee, Market, OverflowRule, Pricing,
    SaleRules, Shares, TierTerms,
};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};

pub(crate) const USD: u128 = 100_000_000;
pub(crate) const BTC: u128 = 100_000_000;
pub(crate) const DAY: u64 = 86_400;
/// Tuesday 2026-01-06 09:00 UTC.
pub(crate) const NOW: UnixSeconds = UnixSeconds::new(1_767_690_000);
/// Friday 2026-01-30 08:00 UTC.
pub(crate) const EXPIRY: UnixSeconds = UnixSeconds::new(1_769_760_000);

pub(crate) fn usd(whole: u128) -> UsdE8 {
    UsdE8::new(whole * USD)
}

pub(crate) fn tier(tier: u8, from: u128, to: u128) -> TierTerms {
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

/// Ten BTC, or a million STX, and nothing sold.
pub(crate) fn bucket(tier: u8, asset: Asset) -> Bucket {
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

/// A bucket of sBTC that sold `size` at 80,000 USD.
pub(crate) fn sold(size: u128) -> Bucket {
    let series = BookedSeries {
        strike: usd(80_000),
        floor: usd(40_000),
        ratio: Ppm::new(1_000_000),
        size: Sats::new(size),
        locked: TokenAmount::new(size),
        required: UsdE8::ZERO,
    };
    Bucket {
        locked: TokenAmount::new(size),
        live: vec![Expiry { expiry: EXPIRY, series: vec![series] }],
        ..bucket(2, Asset::Sbtc)
    }
}

/// BTC at 100,000 USD, STX at 1 USD, volatilities of 60 and 50 %.
pub(crate) fn market() -> Market {
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

/// The prices of a close.
pub(crate) fn boundary(btc: UsdE8) -> BoundaryPrice {
    BoundaryPrice {
        at: UnixSeconds::new(NOW.get() - 3_600),
        btc,
        stx: usd(1),
        vol_ask: Ppm::new(600_000),
        vol_low: Ppm::new(500_000),
    }
}
