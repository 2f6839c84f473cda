//! What time demands, and prices.

use bithedge_engine::intents::{BucketId, Prices, Recipient, Upkeep};
use bithedge_protocol::{Asset, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::bench::{Bench, text, truth};
use crate::capital::{SBTC, commit};
use crate::protection::{buy, order};

const NOWHERE: BucketId = BucketId { tier: 7, asset: Asset::Sbtc };

fn settle(expiry: u64) -> Upkeep {
    Upkeep::SettleExpiry { bucket: SBTC, expiry: UnixSeconds::new(expiry) }
}

fn record(at: u64) -> Upkeep {
    Upkeep::RecordBoundary(UnixSeconds::new(at))
}

fn bounties(asset: Asset) -> Upkeep {
    Upkeep::ClaimBounties { asset, to: Recipient::Ours }
}

fn report(btc: u128, stx: u128, at: u64) -> Prices {
    Prices::Report { btc: UsdE8::new(btc), stx: UsdE8::new(stx), observed_at: UnixSeconds::new(at) }
}

/// A suite without any price: run first of all.
pub(crate) fn before_any_price(b: &mut Bench) {
    let (peter, keeper, expiry) = (b.w.peter, b.w.keeper, b.w.expiry(21));
    b.refuses(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, BTC)), e::ORACLE_NO_PRICE);
    b.refuses(keeper, Upkeep::CheckOracle, e::ORACLE_NO_PRICE);
    b.refuses(keeper, Upkeep::RecordHealth, e::ANALYTICS_NO_DATA);
}

pub(crate) fn closes(b: &mut Bench) {
    let (keeper, peter, expiry) = (b.w.keeper, b.w.peter, b.w.expiry(2));
    b.refuses(keeper, Upkeep::CloseEpoch(NOWHERE), e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    b.refuses(keeper, Upkeep::CloseEpoch(SBTC), e::LIQUIDITY_POOL_CLOSE_NOT_DUE);
    b.refuses(keeper, settle(expiry), e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
    b.refuses(peter, bounties(Asset::Stx), e::LIQUIDITY_POOL_NOTHING_TO_CLAIM);
    b.does(peter, buy(order(Asset::Sbtc, 2, 90_000 * USD, expiry, BTC)));
    b.does(peter, buy(order(Asset::Sbtc, 2, 85_000 * USD, expiry, BTC)));
    b.refuses(keeper, settle(expiry), e::LIQUIDITY_POOL_NOT_EXPIRED);
    b.w.vm.advance_to(expiry).unwrap();
    b.refuses(keeper, settle(expiry), e::LIQUIDITY_POOL_NO_BOUNDARY_PRICE);
    b.refuses(keeper, Upkeep::CloseEpoch(SBTC), e::LIQUIDITY_POOL_NO_BOUNDARY_PRICE);
    b.w.report();
    b.refuses(keeper, Upkeep::CloseEpoch(SBTC), e::LIQUIDITY_POOL_SETTLE_FIRST);
    b.does(keeper, settle(expiry));
    b.refuses(keeper, settle(expiry), e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
    b.does(keeper, Upkeep::CloseEpoch(SBTC));
    b.does(keeper, Upkeep::EndPolicies(vec![1, 2, 9]));
    let before = b.w.sats(keeper);
    let plan = b.plan(keeper, &bounties(Asset::Sbtc).into()).unwrap();
    b.does(keeper, bounties(Asset::Sbtc));
    assert_eq!(plan.arrives[0].1.base_units(), b.w.sats(keeper) - before);
    b.refuses(keeper, bounties(Asset::Sbtc), e::LIQUIDITY_POOL_NOTHING_TO_CLAIM);
    b.does(keeper, Upkeep::RecordHealth);
    b.refuses(keeper, Upkeep::RecordHealth, e::ANALYTICS_ALREADY_RECORDED);
}

/// Two days of silence: the boundaries in them have no price until somebody records them.
pub(crate) fn boundaries(b: &mut Bench) {
    let keeper = b.w.keeper;
    let first = (b.now() - 28_800) / DAY * DAY + 28_800 + DAY;
    b.refuses(keeper, record(first), e::ORACLE_NOT_A_BOUNDARY);
    b.refuses(keeper, record(first - DAY), e::ORACLE_BOUNDARY_RECORDED);
    b.refuses(keeper, record(first - DAY + 1), e::ORACLE_NOT_A_BOUNDARY);
    b.w.vm.advance_to(first + 2 * DAY + 7_200).unwrap();
    b.refuses(keeper, record(first), e::ORACLE_NO_LATER_PRICE);
    // The silence is told, and stops sales; twice changes nothing more.
    b.does(keeper, Upkeep::CheckOracle);
    b.does(keeper, Upkeep::CheckOracle);
    b.w.report();
    b.does(keeper, record(first));
    b.does(keeper, record(first + DAY));
    b.refuses(keeper, record(first + 2 * DAY), e::ORACLE_BOUNDARY_RECORDED);
    b.does(keeper, Upkeep::CheckOracle);
}

pub(crate) fn an_oracle_out_of_service(b: &mut Bench) {
    let keeper = b.w.keeper;
    let oracle = Value::from(b.w.vm.contract("oracle").unwrap());
    b.rules("upgrade-manager", "retire-version", &[text("oracle"), oracle]);
    b.does(keeper, Upkeep::CheckOracle);
    b.wait(7_200);
    b.refuses(keeper, Upkeep::CheckOracle, e::PARAMETERS_NOT_AUTHORISED);
}

pub(crate) fn reports(b: &mut Bench) {
    let [one, two, _] = b.w.reporters;
    let (stranger, keeper) = (b.w.stranger, b.w.keeper);
    let (btc, stx) = (100_000 * USD, USD);
    b.wait(20);
    let now = b.now();
    b.refuses(stranger, report(btc, stx, now), e::ORACLE_NOT_REPORTER);
    b.refuses(one, report(0, stx, now), e::ORACLE_INVALID_PRICE);
    b.refuses(one, report(btc, 100_000_000_000_000_000, now), e::ORACLE_INVALID_PRICE);
    b.refuses(one, report(btc, stx, now + 1), e::ORACLE_FUTURE_REPORT);
    b.refuses(one, report(btc, stx, now - 901), e::ORACLE_STALE_REPORT);
    b.refuses(one, report(btc, stx, now - 21), e::ORACLE_NOT_NEWER);
    b.does(one, report(btc, stx, now));
    b.refuses(one, report(btc, stx, now), e::ORACLE_NOT_NEWER);
    let of = |address: Address| Principal::Standard(address);
    b.refuses(
        stranger,
        Prices::Dispute { reporter: of(stranger), reason: [1; 32] },
        e::ORACLE_UNKNOWN_REPORTER,
    );
    b.refuses(stranger, Prices::Dispute { reporter: of(one), reason: [1; 32] }, e::ORACLE_NOT_DISPUTER);
    b.does(two, Prices::Dispute { reporter: of(one), reason: [1; 32] });
    b.refuses(two, Prices::Dispute { reporter: of(one), reason: [2; 32] }, e::ORACLE_ALREADY_DISPUTED);
    b.does(keeper, Prices::Dispute { reporter: of(one), reason: [2; 32] });
    b.refuses(stranger, Prices::Suspend(of(one)), e::ORACLE_NOT_GUARDIAN);
    b.refuses(keeper, Prices::Suspend(of(stranger)), e::ORACLE_UNKNOWN_REPORTER);
    b.does(keeper, Prices::Suspend(of(one)));
    b.wait(20);
    let now = b.now();
    b.refuses(one, report(btc, stx, now), e::ORACLE_REPORTER_INACTIVE);
    b.rules("oracle", "set-reporter", &[who(one), u(1), truth(false)]);
    b.refuses(one, report(btc, stx, now), e::ORACLE_REPORTER_INACTIVE);
}

/// A source that always says the same two prices, of a moment that can be set.
const SOURCE: &str = "
(impl-trait 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.price-source-trait.price-source-trait)
(define-data-var at uint u0)
(define-public (set-at (new uint)) (ok (var-set at new)))
(define-read-only (latest-prices)
  (begin (asserts! (> (var-get at) u0) (err u77))
    (ok {btc: u10000000000000, stx: u100000000, at: (var-get at)})))
";

pub(crate) fn sources(b: &mut Bench) {
    let (stranger, deployer) = (b.w.stranger, b.w.deployer);
    let dia = b.w.vm.contract("dia-adapter").unwrap();
    let pyth = b.w.vm.contract("pyth-adapter").unwrap();
    b.refuses(stranger, Prices::ReportFrom(dia.clone()), e::ORACLE_NOT_REPORTER);
    b.rules("oracle", "add-reporter", &[Value::from(dia.clone()), u(1)]);
    b.rules("oracle", "add-reporter", &[Value::from(pyth.clone()), u(1)]);
    b.refuses(stranger, Prices::ReportFrom(dia), e::DIA_ADAPTER_NO_PRICE);
    b.refuses(stranger, Prices::ReportFrom(pyth), e::PYTH_ADAPTER_NO_PRICE);
    assert!(b.w.vm.deploy(deployer, "source", SOURCE).unwrap().value().is_ok());
    let source = b.w.vm.contract("source").unwrap();
    b.rules("oracle", "add-reporter", &[Value::from(source.clone()), u(1)]);
    b.refuses(stranger, Prices::ReportFrom(source.clone()), bithedge_suite::ContractError::new(77));
    let now = b.now();
    b.by(stranger, "source", "set-at", &[u(u128::from(now) + 100)]);
    b.refuses(stranger, Prices::ReportFrom(source.clone()), e::ORACLE_FUTURE_REPORT);
    b.by(stranger, "source", "set-at", &[u(now.into())]);
    b.does(stranger, Prices::ReportFrom(source.clone()));
    b.refuses(stranger, Prices::ReportFrom(source), e::ORACLE_NOT_NEWER);
}

/// Feeds as DIA's and Pyth's storage answer, as far as the adapters ask them.
const FEED: &str = "
(define-read-only (get-value (key (string-ascii 32)))
  (ok {value: (if (is-eq key \"BTC/USD\") u10000000000000 u100000000), timestamp: (* u1000 stacks-block-time)}))
";

pub(crate) fn feeds(b: &mut Bench) {
    let (stranger, deployer) = (b.w.stranger, b.w.deployer);
    assert!(b.w.vm.deploy(deployer, "feed", FEED).unwrap().value().is_ok());
    let feed = b.w.vm.contract("feed").unwrap();
    b.refuses(stranger, Prices::RefreshDia(feed.clone()), e::DIA_ADAPTER_UNKNOWN_FEED);
    b.rules("dia-adapter", "set-feed", &[Value::from(feed.clone())]);
    b.does(stranger, Prices::RefreshDia(feed));
}

pub(crate) fn a_pyth_feed_that_nobody_named(b: &mut Bench) {
    let (stranger, deployer) = (b.w.stranger, b.w.deployer);
    let feed = "(define-read-only (get-price (id (buff 32)))
      (ok {price: 1, conf: u1, expo: 0, ema-price: 1, ema-conf: u1, publish-time: u1, prev-publish-time: u1}))";
    assert!(b.w.vm.deploy(deployer, "feed", feed).unwrap().value().is_ok());
    let feed = b.w.vm.contract("feed").unwrap();
    b.refuses(stranger, Prices::RefreshPyth(feed), e::PYTH_ADAPTER_UNKNOWN_FEED);
}

/// Nothing but the keepers' part: a deposit more, closed by somebody else.
pub(crate) fn anybody_may_close(b: &mut Bench) {
    let (ivan, stranger) = (b.w.ivan, b.w.stranger);
    b.does(ivan, commit(SBTC, BTC));
    b.w.next_boundary();
    b.does(stranger, Upkeep::CloseEpoch(SBTC));
    b.does(stranger, Upkeep::ClaimBounties { asset: Asset::Sbtc, to: Recipient::Somebody(stranger) });
}
