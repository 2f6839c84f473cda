//! Quotes: snapped to what is listed, computed here, confirmed by the chain to the unit.

use bithedge_engine::intents::quote::QuoteError;
use bithedge_engine::intents::quote::{Wish, confirm, market_of, offers};
use bithedge_engine::intents::{Intent, Protection, Refusal, State, Unknown};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::bench::Bench;
use crate::protection::order;

/// Lets what has to be read pass, and keeps everything else as an answer.
fn settled<T>(found: Result<T, QuoteError>) -> Result<Result<T, QuoteError>, Unknown> {
    match found {
        Err(QuoteError::Unknown(unknown)) => Err(unknown),
        other => Ok(other),
    }
}

#[test]
fn a_wish_becomes_listed_offers_that_the_chain_confirms_to_the_unit() {
    let mut b = Bench::silent().priced().provided();
    let peter = b.w.peter;
    let wish = Wish {
        size: Sats::new(BTC / 2),
        level: Ppm::new(851_000),
        term: Seconds::new(12 * DAY),
        asset: None,
        tier: None,
    };
    let (market, state) = b.ask(peter, |state: &State| settled(market_of(state)));
    let market = market.unwrap();
    println!("a market of two tokens and all tiers: {} readings", state.readings());
    let found = offers(&market, &wish).unwrap();
    assert_eq!(found.level, UsdE8::new(85_100 * USD));
    let sold: Vec<_> = found.candidates.iter().filter(|one| one.quote.is_ok()).collect();
    // Two tokens of the balanced tier; the others have no capital.
    assert_eq!(sold.len(), 2, "{found:?}");
    for one in &sold {
        let order = one.order;
        assert_eq!((order.strike, order.tier), (UsdE8::new(87_500 * USD), 2), "snapped up to the grid");
        assert!(order.expiry.since(state.tip().time).unwrap() >= wish.term);
        let (confirmed, _) = b.ask(peter, |state: &State| settled(confirm(state, &order)));
        let confirmed = confirmed.unwrap();
        assert_eq!(confirmed.differs, None);
        assert_eq!(Ok(&confirmed.quote), one.quote.as_ref());
        assert!(confirmed.good_for > Seconds::ZERO && confirmed.good_for <= Seconds::new(300));

        // Bought for that and not a unit more, in the same block.
        let now = UnixSeconds::new(5);
        let intent = confirmed.buy(Ppm::ZERO, now);
        let Intent::Protection(Protection::Buy { max_cost, valid_until, .. }) = &intent else { panic!() };
        assert_eq!(*max_cost, confirmed.quote.total);
        assert_eq!(valid_until.get(), 5 + confirmed.good_for.get());
        // The price ends when the chain says, however late somebody decides.
        let end = confirmed.good_until;
        assert_eq!(end.get(), confirmed.quote.at.get() + 300);
        let until = |now: u64| match confirmed.buy(Ppm::ZERO, UnixSeconds::new(now)) {
            Intent::Protection(Protection::Buy { valid_until, .. }) => valid_until,
            other => panic!("{other:?}"),
        };
        assert_eq!(until(end.get() - 1), end);
        let late = UnixSeconds::new(end.get() + 1);
        let refused = confirmed.buy(Ppm::ZERO, late).refuse(&b.suite, peter, late);
        assert_eq!(refused, Err(Refusal::QuoteExpired { until: end, now: late }));
        let slack = confirmed.buy(Ppm::new(5_000), now);
        let Intent::Protection(Protection::Buy { max_cost, .. }) = slack else { panic!() };
        let total = confirmed.quote.total.base_units();
        assert_eq!(max_cost, TokenAmount::new(total + (total * 5).div_ceil(1_000)));
        b.w.vm.snapshot_as("quoted").unwrap();
        b.does(peter, intent);
        b.w.vm.restore_from("quoted").unwrap();
    }
    let only = Wish { asset: Some(Asset::Stx), tier: Some(2), ..wish };
    let only = offers(&market, &only).unwrap();
    assert_eq!(only.candidates.len(), 1);
    assert_eq!(only.candidates[0].order.asset, Asset::Stx);

    // What the chain refuses is its refusal.
    let off_grid = order(Asset::Sbtc, 2, 86_250 * USD, b.w.expiry(21), BTC);
    let (refused, _) = b.ask(peter, |state: &State| settled(confirm(state, &off_grid)));
    assert_eq!(refused, Err(QuoteError::Contract(e::LIQUIDITY_POOL_STRIKE_OFF_GRID)));
    b.wait(2_000);
    let (stale, _) = b.ask(peter, |state: &State| settled(market_of(state)));
    assert_eq!(stale.err(), Some(QuoteError::Contract(e::ORACLE_STALE_PRICE)));
}
