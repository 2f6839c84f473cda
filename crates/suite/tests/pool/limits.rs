//! Where numbers end: capital near what can be counted, shares of nearly nothing, tickets older than one call can bring up.

use bithedge_stacks::{Address, Value};
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

/// Nearly the largest capacity that a bucket can have, satoshis.
const WHALE: u128 = 490_000_000_000_000;

#[test]
fn the_largest_numbers_are_counted() {
    let mut w = before_the_hand_over();
    let sbtc = w.sbtc.clone();
    rule(&mut w, "liquidity-pool", "open-bucket", &[u(BALANCED), sbtc, u(500_000_000_000_000)]);
    rule(&mut w, "parameters", "set-parameter", &[text("max-size"), u(1_000_000_000_000)]);
    for (action, flag) in [("purchase", "sales"), ("sell-back", "sell-back")] {
        let no_limit = [text(action), text(flag), Value::List(vec![text("all")]), u(0), u(0), u(0)];
        rule(&mut w, "parameters", "set-action-rule", &no_limit);
    }
    hold(
        &mut w,
        cases![
            a_ticket_five_generations_behind_is_brought_up_by_two_calls,
            deposits_that_would_be_too_many_shares_are_returned,
            a_trade_that_moves_nothing_pays_the_surcharge_of_where_it_is,
        ],
    );
}

fn mint(w: &mut World, owner: Address, sats: u128) {
    w.vm.mint_sbtc(owner, sats.try_into().unwrap()).unwrap();
}

fn close_day(w: &mut World) {
    let sbtc = w.sbtc.clone();
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
}

fn commit(w: &mut World, provider: Address, amount: u128) {
    let sbtc = w.sbtc.clone();
    mint(w, provider, amount);
    w.commit(provider, BALANCED, &sbtc, amount);
    close_day(w);
}

fn exit_all(w: &mut World, provider: Address) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, BALANCED, &sbtc, provider);
    w.pool(provider, "request-withdrawal", &[u(BALANCED), sbtc, u(shares)]).ok().unwrap();
    close_day(w);
}

fn bucket(w: &mut World) -> Value {
    let sbtc = w.sbtc.clone();
    w.bucket(BALANCED, &sbtc)
}

fn position(w: &mut World, provider: Address) -> Value {
    let sbtc = w.sbtc.clone();
    w.position(BALANCED, &sbtc, provider)
}

/// Irene's 70,000 BTC are queued when six digits of the index are left, and then four more generations of the queue wear
/// down, each by nearly a million: one call walks four of them, the next one the rest.
fn a_ticket_five_generations_behind_is_brought_up_by_two_calls(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(35));
    // Without exit fees, so that nothing is free while a lock holds all there is.
    set_tier(w, BALANCED, [("exit-fee", u(0)), ("exit-fee-slope", u(0))]);
    let peter = w.peter;
    mint(w, peter, 1_000_000_000_000);
    let buy = |w: &mut World, size: u128| {
        w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, size).ok().unwrap();
    };
    commit(w, w.ivan, WHALE);
    buy(w, 440_000_000);
    buy(w, 490_000_000);
    exit_all(w, w.ivan);
    let index = num(&bucket(w), "index");
    assert!((1_700_000..2_200_000).contains(&index), "{index}");
    commit(w, w.irene, 7_000_000_000_000);
    let start = shares_of(w, BALANCED, &sbtc, w.irene);
    for _ in 0..3 {
        buy(w, 1_000_000_000_000);
    }
    exit_all(w, w.irene);
    assert_eq!(num(&bucket(w), "exit-generation"), 1);
    for (generation, whale) in [(2, w.keeper), (3, w.stranger), (4, w.ivan), (5, w.keeper)] {
        commit(w, whale, WHALE);
        if generation == 2 {
            for id in 2..=5 {
                w.registry(w.peter, "cancel-protection", &[u(id), sbtc.clone(), u(0)]).ok().unwrap();
            }
        }
        exit_all(w, whale);
        assert_eq!(num(&bucket(w), "exit-generation"), generation);
        w.check_books();
    }
    // One call brings the ticket from generation 0 to 4, where a few shares of it are left.
    let behind = position(w, w.irene);
    let ticket = behind.field("ticket").unwrap();
    assert_eq!(num(ticket, "generation"), 4, "{ticket:?}");
    assert!((1..100).contains(&num(ticket, "shares")), "{ticket:?} of {start}");
    // What is left in an old generation cannot be taken back before it is brought up.
    let arguments = [u(BALANCED), sbtc.clone()];
    pool_refuses(w, w.irene, "cancel-withdrawal", &arguments, e::LIQUIDITY_POOL_REQUESTS_CLOSED);
    let claimable = num(&behind, "claimable");
    let paid = w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]);
    assert_eq!(paid.ok().unwrap(), &u(claimable));
    assert!(claimable > 6_900_000_000_000 && claimable < 7_100_000_000_000, "{claimable}");
    // The second one brings it to where the queue is.
    let now = position(w, w.irene);
    let ticket = now.field("ticket").unwrap();
    assert_eq!((num(ticket, "generation"), num(ticket, "shares")), (5, 0));
    assert_eq!((num(&now, "claimable"), num(&now, "proceeds")), (0, claimable));
    pool_refuses(w, w.irene, "cancel-withdrawal", &arguments, e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    // All that was filled is somebody's, to a millionth.
    for owner in [w.ivan, w.keeper, w.stranger] {
        w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(owner)]).ok().unwrap();
    }
    let dust = num(&bucket(w), "filled");
    assert!(dust < claimable / 1_000_000, "{dust} satoshis are nobody's");
    w.check_books();
}

/// Again and again nearly all capital is lost to policies that are activated at their most. Shares become worth so little
/// that a deposit would pass what can be counted: it comes back, with all others of its close.
fn deposits_that_would_be_too_many_shares_are_returned(w: &mut World) {
    let sbtc = w.sbtc.clone();
    set_tier(
        w,
        BALANCED,
        [("utilisation-limit", u(1_000_000)), ("buffer", u(0)), ("min-strike", u(790_000))],
    );
    w.commit(w.irene, BALANCED, &sbtc, 900 * BTC);
    close_day(w);
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    let mut round = 0;
    while num(&bucket(w), "assets") > 500_000 {
        round += 1;
        let (spot, expiry) = (w.btc_price, w.expiry(3));
        let step = w.read("liquidity-pool", "strike-step", &[u(spot), u(40_000)]).as_uint().unwrap();
        let strike = (spot * 80 / 100).div_ceil(step) * step;
        let found = w.read("liquidity-pool", "get-availability", &[u(BALANCED), sbtc.clone(), u(USD)]);
        let free = num(found.as_response().unwrap().unwrap(), "free");
        w.buy(&sbtc, BALANCED, strike, expiry, free).ok().unwrap();
        let low = strike * 45 / 100;
        w.walk_to(low);
        w.move_price(low);
        let paid = w.registry(w.peter, "activate-protection", &[u(round), sbtc.clone(), u(0)]);
        assert_eq!(paid.ok().unwrap(), &u(free), "all of the lock");
        close_day(w);
    }
    let poor = bucket(w);
    assert_eq!((num(&poor, "locked"), num(&poor, "shares")), (0, shares));
    // 900 BTC of them make some 10^23 shares, one of 100,000 satoshis does not.
    w.commit(w.ivan, BALANCED, &sbtc, 100_000);
    close_day(w);
    let taken = shares_of(w, BALANCED, &sbtc, w.ivan);
    assert!(taken > 0);
    let enough = 100_000_000_000_000_000_000_000 / (num(&poor, "shares") / num(&poor, "assets")) + BTC;
    mint(w, w.stranger, enough);
    w.commit(w.stranger, BALANCED, &sbtc, enough);
    w.commit(w.keeper, BALANCED, &sbtc, 100_000);
    close_day(w);
    let after = bucket(w);
    assert_eq!(num(&after, "refunds"), enough + 100_000 - 100);
    assert_eq!(num(&after, "shares"), shares + taken);
    for (owner, amount) in [(w.stranger, enough), (w.keeper, 100_000)] {
        let paid = w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(owner)]);
        assert_eq!(paid.ok().unwrap(), &u(amount - 50));
    }
    // Exits work as ever with this many shares.
    exit_all(w, w.irene);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc, who(w.irene)]).ok().unwrap();
    w.check_books();
}

/// In 20,000 BTC one satoshi is less than the last digit of utilisation: there is no mean over such a trade, and it is no
/// way around the surcharge.
fn a_trade_that_moves_nothing_pays_the_surcharge_of_where_it_is(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    commit(w, w.ivan, 2_000_000_000_000);
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, 500_000_000_000)).ok().unwrap();
    // 25 %, at a scale of 1e12; at this strike a lock equals its size.
    let use_of = |locked: u128| locked * 1_000_000_000_000 / (2_000_000_000_000 - 50);
    let before = use_of(500_000_000_000);
    let surcharge = |w: &mut World, size: u128, kink: u128| {
        let rules = [("min-size", 1), ("min-lock-rate", 30_000), ("kink", kink), ("slope", 1_000_000)];
        let order = [
            sbtc.clone(),
            u(BALANCED),
            u(PUT),
            u(85_000 * USD),
            u(expiry.into()),
            u(size),
            pricing(w, "vol-ask"),
            tuple(rules.map(|(name, value)| (name, u(value)))),
        ];
        let parts = w.read("liquidity-pool", "quote-sale", &order);
        let parts = parts.as_response().unwrap().unwrap().as_list().unwrap().to_vec();
        assert_eq!((parts.len(), num(&parts[0], "size")), (1, size));
        num(&parts[0], "surcharge")
    };
    assert_eq!(use_of(500_000_000_001), before, "one satoshi moves nothing");
    assert_eq!(surcharge(w, 1, 500_000), 1_000_000, "below the kink");
    for kink in [100_000, 240_000] {
        let (above, width) = (before - kink * 1_000_000, (1_000_000 - kink) * 1_000_000);
        let here = 1_000_000 + (above * 1_000_000).div_ceil(width);
        assert_eq!(surcharge(w, 1, kink), here);
        // The smallest policy does move it, and costs as much to what rounding up adds: two last digits of the integral.
        let moved = use_of(500_000_010_000) - before;
        let mean = surcharge(w, 10_000, kink);
        assert!(
            (here..=here + 2_000_000 / moved + 1).contains(&mean),
            "{mean} for a policy, {here} for a satoshi"
        );
    }
}
