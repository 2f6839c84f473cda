//! A market in business: the starting terms of the suite, and every bucket with sixty-four live series.

use bithedge_protocol::pool::{
    BookedSeries, Bucket, CollateralTerms, Expiry, Fee, Market, OverflowRule, Pricing, SaleRules, Shares,
    TierTerms,
};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8, series};

const USD: u128 = 100_000_000;
const PPM: u128 = 1_000_000;
const DAY: u64 = 86_400;
/// Tuesday 2026-01-06 09:00 UTC.
const NOW: UnixSeconds = UnixSeconds::new(1_767_690_000);
/// The last close: 08:00 of that day.
const BOUNDARY: UnixSeconds = UnixSeconds::new(1_767_686_400);
const BTC: UsdE8 = UsdE8::new(60_250 * USD);
/// 0.65 USD.
const STX: UsdE8 = UsdE8::new(65 * USD / 100);
/// What was sold of each series: 0.4 BTC.
const SOLD: u128 = 40_000_000;
/// Of each expiry of a bucket.
const SERIES: u128 = 8;
/// Collateral for each dollar promised in STX.
const STX_RATIO: u128 = 2;

pub(super) fn market() -> Market {
    let tiers = vec![
        tier(1, "conservative", [500_000, 800_000], 50_000, 120),
        tier(2, "balanced", [800_000, 925_000], 40_000, 90),
        tier(3, "aggressive", [925_000, 1_050_000], 40_000, 60),
    ];
    let buckets = tiers.iter().flat_map(|terms| Asset::ALL.map(|asset| bucket(terms, asset))).collect();
    Market {
        now: NOW,
        pricing: Pricing {
            at: NOW,
            btc: BTC,
            stx: STX,
            btc_twap: UsdE8::new(60_180 * USD),
            stx_twap: UsdE8::new(652 * USD / 1_000),
            vol_ask: Ppm::new(620_000),
            vol_bid: Ppm::new(540_000),
        },
        rules: SaleRules {
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
        },
        tiers,
        collateral: vec![
            collateral(Asset::Sbtc, 1, [100_000, 100, 50]),
            collateral(Asset::Stx, STX_RATIO, [100_000_000, 100_000, 50_000]),
        ],
        buckets,
        fee: Fee { rate: Ppm::new(50_000), discount: Ppm::ZERO },
    }
}

fn tier(tier: u8, name: &str, [from, to]: [u128; 2], grid: u128, days: u64) -> TierTerms {
    TierTerms {
        tier,
        name: name.to_owned(),
        min_strike: Ppm::new(from),
        max_strike: Ppm::new(to),
        grid: Ppm::new(grid),
        floor_ratio: Ppm::new(500_000),
        markup: Ppm::new(200_000),
        skew: Ppm::new(300_000),
        max_duration: Seconds::new(days * DAY),
        utilisation_limit: Ppm::new(900_000),
        buffer: Ppm::new(20_000),
        exit_fee: Ppm::new(1_000),
        exit_fee_slope: Ppm::new(4_000),
        isolated: true,
        overflow: OverflowRule::Reject,
    }
}

fn collateral(asset: Asset, ratio: u128, [deposit, premium, bounty]: [u128; 3]) -> CollateralTerms {
    CollateralTerms {
        asset,
        ratio: Ppm::new(ratio * PPM),
        min_deposit: TokenAmount::new(deposit),
        min_premium: TokenAmount::new(premium),
        bounty: TokenAmount::new(bounty),
        active: true,
    }
}

/// Three fifths of the assets are locked: beyond the kink, so that every sale carries a surcharge.
fn bucket(terms: &TierTerms, asset: Asset) -> Bucket {
    let listed = series::listed_expiries(NOW);
    let live: Vec<Expiry> = listed.into_iter().map(|expiry| sold(terms, asset, expiry)).collect();
    let all = || live.iter().flat_map(|expiry| &expiry.series);
    let locked: u128 = all().map(|one| one.locked.base_units()).sum();
    let required: u128 = all().map(|one| one.required.base_units()).sum();
    let assets = locked * 5 / 3;
    Bucket {
        tier: terms.tier,
        asset,
        capacity: TokenAmount::new(100 * assets),
        assets: TokenAmount::new(assets),
        fresh: TokenAmount::new(assets / 1_000),
        locked: TokenAmount::new(locked),
        required: UsdE8::new(required),
        shares: Shares::new(assets * 1_000_000),
        queued: Shares::ZERO,
        exits: [Shares::new(assets * 10_000), Shares::ZERO],
        deposits: [TokenAmount::ZERO; 2],
        epoch: 90,
        boundary: BOUNDARY,
        due: UnixSeconds::new(BOUNDARY.get() + DAY),
        live,
    }
}

/// Eight series over the tier's strikes, on whole thousands of dollars: some of those that are on offer, and some that
/// were when BTC stood elsewhere.
fn sold(terms: &TierTerms, asset: Asset, expiry: UnixSeconds) -> Expiry {
    let of_spot = |ratio: Ppm| BTC.base_units() * ratio.base_units() / PPM;
    let (from, to) = (of_spot(terms.min_strike), of_spot(terms.max_strike));
    let series = (0..SERIES).map(|index| {
        let strike = (from + (to - from) * index / SERIES).div_ceil(1_000 * USD) * 1_000 * USD;
        let floor = strike / 2;
        let promised = SOLD * (strike - floor) / USD;
        let (ratio, locked, required) = match asset {
            Asset::Sbtc => (1, SOLD, 0),
            Asset::Stx => (STX_RATIO, promised * STX_RATIO * PPM / STX.base_units(), promised * STX_RATIO),
        };
        BookedSeries {
            strike: UsdE8::new(strike),
            floor: UsdE8::new(floor),
            ratio: Ppm::new(ratio * PPM),
            size: Sats::new(SOLD),
            locked: TokenAmount::new(locked),
            required: UsdE8::new(required),
        }
    });
    Expiry { expiry, series: series.collect() }
}
