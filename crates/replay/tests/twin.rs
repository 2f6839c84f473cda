//! Hundreds of orders, sensible and not, in many states of the buckets: the application's quote is the contract's, figure by
//! figure, and where one refuses the other refuses for the same reason.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use bithedge_protocol::pool::{Market, Order, value_policy};
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_replay::{Chain, TIERS};
use bithedge_stacks::{Address, MicroStx, Value};
use bithedge_suite::bounded::List;
use bithedge_suite::generated::{fee_schedule, liquidity_pool, oracle, policy_registry};
use bithedge_suite::setup::SetupCall;
use bithedge_suite::{ContractFunction as _, state};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const DAY: u64 = 86_400;
const USD: u128 = 100_000_000;
const BTC: u128 = 100_000_000;
/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;

struct Scene {
    chain: Chain,
    buyer: Address,
    provider: Address,
    btc: u128,
    stx: u128,
}

/// Fees fall by volume, so that the buyer of this test pays less from the second day on.
fn discounted(calls: &mut Vec<SetupCall>) {
    let tier = |threshold, discount| fee_schedule::types::DiscountTiers { threshold, discount };
    let tiers = List::new([tier(USD, 123_457), tier(1_000_000 * USD, 345_679)]).unwrap();
    let request = fee_schedule::SetDiscountTiers { tiers };
    calls.push(SetupCall {
        contract: "fee-schedule",
        function: "set-discount-tiers",
        arguments: request.args(),
    });
}

/// Every way of overflowing, the middle tier's caps filled by small buckets.
fn overflowing(calls: &mut [SetupCall]) {
    for (tier, way) in [(1, "next-tier"), (2, "proportional"), (3, "reject")] {
        for call in calls.iter_mut() {
            if call.function == "set-tier" && call.arguments.first() == Some(&Value::UInt(tier)) {
                let Some(Value::Tuple(terms)) = call.arguments.get_mut(1) else { panic!("a tier's terms") };
                terms.insert("overflow".parse().unwrap(), Value::ascii(way).unwrap());
                terms.insert("isolated".parse().unwrap(), Value::Bool(false));
                // Tiers that overlap, so that an order that overflows is one of the next tier's too.
                if tier == 1 {
                    terms.insert("max-strike".parse().unwrap(), Value::UInt(950_000));
                }
            }
        }
    }
}

impl Scene {
    fn new() -> Self {
        let contracts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../contracts/Clarinet.toml");
        let volatility = (600_000, 700_000);
        let mut chain = Chain::start(&contracts, UnixSeconds::new(START), volatility, |calls| {
            overflowing(calls);
            discounted(calls);
        })
        .unwrap();
        let buyer = chain.vm().account("wallet_1").unwrap();
        let provider = chain.vm().account("wallet_2").unwrap();
        for who in [buyer, provider] {
            chain.vm().mint_sbtc(who, 1_000_000_000_000).unwrap();
            chain.vm().mint_stx(who, MicroStx::new(1_000_000_000_000_000)).unwrap();
        }
        let mut scene = Self { chain, buyer, provider, btc: 100_000 * USD, stx: USD };
        for _ in 0..8 {
            scene.report(600);
        }
        for tier in TIERS {
            for (asset, amount) in [(Asset::Sbtc, 5 * BTC), (Asset::Stx, 1_000_000_000_000)] {
                let request = liquidity_pool::CommitCapital {
                    tier: tier.into(),
                    token: scene.chain.token(asset).clone(),
                    amount,
                };
                scene.chain.done(provider, request).unwrap();
            }
        }
        scene.next_day();
        scene
    }

    fn report(&mut self, seconds: u64) {
        let next = self.chain.now().unwrap().get() + seconds;
        self.chain.advance_to(UnixSeconds::new(next)).unwrap();
        self.chain.report(UsdE8::new(self.btc), UsdE8::new(self.stx)).unwrap();
    }

    /// On to the next boundary, with what time demands.
    fn next_day(&mut self) {
        let now = self.chain.now().unwrap().get();
        let boundary = (now - 28_800) / DAY * DAY + DAY + 28_800;
        for before in [1_200, 600, 0] {
            self.chain.advance_to(UnixSeconds::new(boundary - before)).unwrap();
            self.chain.report(UsdE8::new(self.btc), UsdE8::new(self.stx)).unwrap();
        }
        for asset in Asset::ALL {
            for tier in TIERS {
                let bucket = self.chain.bucket(tier, asset).unwrap();
                for book in bucket.live.iter().filter(|book| book.expiry.get() <= boundary) {
                    let request = policy_registry::SettleExpiry {
                        tier: tier.into(),
                        token: self.chain.token(asset).clone(),
                        expiry: book.expiry.get().into(),
                    };
                    self.chain.done(self.provider, request).unwrap();
                }
                let token = self.chain.token_principal(asset);
                let request = liquidity_pool::CloseEpoch { tier: tier.into(), token };
                self.chain.done(self.provider, request).unwrap();
            }
        }
    }

    /// Both sides of an order; whether it is sold.
    fn compare(&mut self, market: &Market, order: &Order) -> bool {
        let request = policy_registry::GetQuote {
            token: self.chain.token_principal(order.asset),
            tier: order.tier.into(),
            kind: 1,
            strike: order.strike.base_units(),
            expiry: order.expiry.get().into(),
            size: order.size.base_units(),
            buyer: self.buyer.into(),
        };
        match (self.chain.read(request).unwrap(), market.quote(order)) {
            (Ok(theirs), Ok(ours)) => {
                let parts: Vec<_> = theirs.parts.iter().map(|part| state::part(part).unwrap()).collect();
                assert_eq!(parts, ours.parts, "{order:?}");
                let theirs =
                    [theirs.premium, theirs.fee, theirs.bounty, theirs.total, theirs.spot, theirs.stx];
                let ours = [
                    ours.premium.base_units(),
                    ours.fee.base_units(),
                    ours.bounty.base_units(),
                    ours.total.base_units(),
                    ours.spot.base_units(),
                    ours.stx.base_units(),
                ];
                assert_eq!(theirs, ours, "{order:?}");
                true
            }
            (Err(theirs), Err(ours)) => {
                assert_eq!(Some(theirs.code()), ours.contract_code().map(u128::from), "{order:?}: {ours}");
                false
            }
            (theirs, ours) => panic!("{order:?}: {theirs:?} and {ours:?}"),
        }
    }

    /// Buys, and holds what the contract would pay for it at once against what the quote says; whether it is sold.
    fn buy(&mut self, market: &Market, order: &Order) -> bool {
        let request = policy_registry::PurchaseProtection {
            token: self.chain.token(order.asset).clone(),
            tier: order.tier.into(),
            kind: 1,
            strike: order.strike.base_units(),
            expiry: order.expiry.get().into(),
            size: order.size.base_units(),
            max_cost: u128::MAX / 4,
        };
        let before = self.chain.read(policy_registry::GetPolicyCount {}).unwrap();
        let is_bought = self.chain.call(self.buyer, request).unwrap().answer.is_ok();
        if is_bought {
            let count = self.chain.read(policy_registry::GetPolicyCount {}).unwrap();
            let value = |id| self.chain.read(policy_registry::GetPolicyValue { id }).unwrap().unwrap();
            let theirs: u128 = (before + 1..=count).map(value).map(|value| value.refund).sum();
            let ours = market.quote(order).unwrap().cost_of_cover(market).unwrap().sold_back;
            assert_eq!(ours, TokenAmount::new(theirs), "{order:?}");
        }
        is_bought
    }

    fn compare_availability(&mut self, stx: u128) {
        let now = self.chain.now().unwrap();
        for asset in Asset::ALL {
            for tier in TIERS {
                let (terms, bucket) =
                    (self.chain.tier(tier).unwrap(), self.chain.bucket(tier, asset).unwrap());
                let token = self.chain.token_principal(asset);
                let request = liquidity_pool::GetAvailability { tier: tier.into(), token, stx };
                let ours = bucket.availability(&terms, UsdE8::new(stx), now);
                match (self.chain.read(request).unwrap(), ours) {
                    (Ok(theirs), Ok(ours)) => {
                        let figures = [ours.assets, ours.needed, ours.backing, ours.free];
                        let figures = figures.map(TokenAmount::base_units);
                        assert_eq!([theirs.assets, theirs.needed, theirs.backing, theirs.free], figures);
                        assert_eq!((theirs.short, theirs.open), (ours.short, ours.open));
                        assert_eq!(theirs.utilisation, ours.utilisation.base_units());
                    }
                    (theirs, ours) => {
                        let code = ours.err().and_then(|error| error.contract_code()).map(u128::from);
                        assert_eq!(theirs.err().map(|error| error.code()), code);
                    }
                }
            }
        }
    }

    fn compare_values(&mut self) -> usize {
        let count = self.chain.read(policy_registry::GetPolicyCount {}).unwrap();
        let pricing = self.chain.pricing().unwrap();
        let (rules, now) = (self.chain.rules().unwrap(), self.chain.now().unwrap());
        let mut compared = 0;
        for id in (1..=count).rev().take(12) {
            let policy = self.chain.read(policy_registry::GetPolicy { id }).unwrap().unwrap();
            let theirs = self.chain.read(policy_registry::GetPolicyValue { id }).unwrap();
            let Ok(theirs) = theirs else { continue };
            let asset = if policy.token == self.chain.token_principal(Asset::Sbtc) {
                Asset::Sbtc
            } else {
                Asset::Stx
            };
            let terms = state::policy_terms(asset, &policy).unwrap();
            let tier = self.chain.tier(terms.tier).unwrap();
            let ours = value_policy(&terms, &pricing, &tier, &rules, now).unwrap();
            let ours = [ours.refund.base_units(), ours.usd.base_units(), ours.payout.base_units()];
            assert_eq!([theirs.refund, theirs.usd, theirs.payout], ours, "{policy:?}");
            compared += 1;
        }
        compared
    }
}

/// An order: mostly what is listed, sometimes anything.
#[derive(Clone, Debug)]
struct Draft {
    asset: Asset,
    tier: u8,
    strike: u128,
    strike_is_listed: bool,
    expiry: u64,
    expiry_is_listed: bool,
    size: u128,
}

fn draft() -> impl Strategy<Value = Draft> {
    let tier = prop_oneof![20 => 1_u8..=3, 1 => Just(4), 1 => Just(0)];
    let size = prop_oneof![
        12 => 10_000_u128..100_000_000,
        6 => 200_000_000_u128..700_000_000,
        1 => 700_000_000_u128..3_000_000_000,
        1 => Just(0), 1 => Just(9_999), 1 => Just(10_000), 1 => Just(10_000_000_000), 1 => Just(u128::MAX),
    ];
    // Thousandths of the tier's range, mostly within it.
    let strike = prop_oneof![16 => 0_u128..1_000, 3 => 1_000_u128..1_500, 1 => Just(u128::MAX >> 40)];
    let asset = prop_oneof![Just(Asset::Sbtc), Just(Asset::Stx)];
    (asset, tier, strike, 0..12_u8, prop_oneof![5 => 0..5_u64, 1 => 5..12_u64], 0..12_u8, size).prop_map(
        |(asset, tier, strike, grid, expiry, listed, size)| Draft {
            asset,
            tier,
            strike,
            strike_is_listed: grid > 0,
            expiry,
            expiry_is_listed: listed > 0,
            size,
        },
    )
}

fn order(draft: &Draft, market: &Market) -> Order {
    let listed = bithedge_protocol::series::listed_expiries(market.now);
    let expiry = match listed.get(usize::try_from(draft.expiry).unwrap()) {
        Some(expiry) if draft.expiry_is_listed => *expiry,
        _ => UnixSeconds::new(market.now.get() + draft.expiry * 12_345),
    };
    let (from, to) = match draft.tier {
        1 => (500, 950),
        2 => (800, 925),
        _ => (925, 1_050),
    };
    let of_spot = (draft.strike.saturating_mul(to - from) / 1_000).saturating_add(from);
    let strike = market.pricing.btc.base_units().saturating_mul(of_spot) / 1_000;
    let step = match draft.tier {
        1 => 50_000,
        _ => 40_000,
    };
    let step =
        bithedge_protocol::series::StrikeGrid::at(market.pricing.btc, bithedge_protocol::Ppm::new(step));
    let step = step.unwrap().step().base_units();
    let strike = if draft.strike_is_listed { strike / step * step } else { strike };
    Order {
        asset: draft.asset,
        tier: draft.tier,
        strike: UsdE8::new(strike),
        expiry,
        size: Sats::new(draft.size),
    }
}

/// An order that is larger, by a little, than what the tier that splits has left.
fn beyond_the_tier(market: &Market, asset: Asset) -> Option<Order> {
    let strikes = market.strikes(2);
    let strike = *strikes.first()?;
    let expiry = *market.expiries().get(1)?;
    let one = Order { asset, tier: 2, strike, expiry, size: market.rules.min_size };
    // By halves: the largest size that one tier takes.
    let (mut low, mut high) = (market.rules.min_size.base_units(), market.rules.max_size.base_units());
    let whole = |size: u128| {
        let quote = market.quote(&Order { size: Sats::new(size), ..one });
        quote.is_ok_and(|quote| quote.parts.len() == 1 && quote.parts[0].tier == 2)
    };
    if !whole(low) {
        return None;
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if whole(middle) { low = middle } else { high = middle }
    }
    Some(Order { size: Sats::new(low + 20_000), ..one })
}

#[test]
fn quotes_values_and_availability_are_the_contracts_in_every_state() {
    let mut scene = Scene::new();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[17; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut draw = || draft().new_tree(&mut runner).unwrap().current();
    let (mut sold, mut refused, mut split, mut bought, mut valued) = (0, 0, 0, 0, 0);
    let mut reasons = std::collections::BTreeMap::<String, u32>::new();
    let mut discounts = std::collections::BTreeSet::new();
    for round in 0..20 {
        // Fresh prices, and every fourth round a sharp move; STX moves on its own.
        let factor = [97, 104, 99, 88, 108, 101, 93, 111][round % 8];
        scene.btc = scene.btc * factor / 100;
        scene.stx = scene.stx * [90, 108, 95, 105, 88, 111][round % 6] / 100;
        scene.report(3_600);
        if round % 3 == 2 {
            scene.next_day();
        }
        for asset in Asset::ALL {
            for turn in 0..6 {
                let market = scene.chain.market(asset, scene.buyer).unwrap();
                let mut order = Order { asset, ..order(&draw(), &market) };
                if turn == 5 && round % 2 == 0 {
                    order = beyond_the_tier(&market, asset).unwrap_or(order);
                }
                discounts.insert(market.fee.discount);
                if scene.compare(&market, &order) {
                    sold += 1;
                    split += usize::from(market.quote(&order).unwrap().parts.len() > 1);
                    bought += usize::from(scene.buy(&market, &order));
                } else {
                    refused += 1;
                    *reasons.entry(market.quote(&order).unwrap_err().to_string()).or_default() += 1;
                }
            }
        }
        for stx in [0, 1, scene.stx, scene.stx / 7, u128::MAX >> 40] {
            scene.compare_availability(stx);
        }
        valued += scene.compare_values();
    }
    assert!(
        sold > 40 && split > 2 && bought > 40 && refused > 100 && valued > 150 && reasons.len() > 7,
        "{sold} sold, {split} of them split, {bought} bought, {refused} refused, {valued} valued, {reasons:?}"
    );
    assert!(discounts.len() > 1, "with and without a discount: {discounts:?}");
    // The oracle's own figure, as a last word: prices were fresh throughout.
    assert!(scene.chain.read(oracle::GetPrice {}).unwrap().is_ok());
}
