//! What is sold: overflow between tiers, the surcharge, minima, and what backs a sale.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn sales_follow_the_terms_of_their_tier() {
    let mut w = before_the_hand_over();
    let sbtc = w.sbtc.clone();
    let irene = w.irene;
    w.commit(irene, BALANCED, &sbtc, 10 * BTC);
    provide(&mut w, irene, AGGRESSIVE, &sbtc, 10 * BTC);
    w.close(BALANCED, &sbtc).ok().unwrap();
    hold(
        &mut w,
        cases![
            a_tier_that_rejects_takes_what_fits_and_no_satoshi_more,
            next_tier_takes_the_whole_order_at_its_own_terms,
            proportional_fills_the_tier_and_sells_the_rest_in_the_next,
            a_part_below_the_smallest_policy_is_not_split_off,
            an_isolated_tier_rejects_whatever_its_overflow_says,
            an_order_that_two_tiers_cannot_hold_is_refused,
            the_last_tier_has_nowhere_to_overflow,
            a_split_pays_no_less_surcharge_than_its_parts,
            shares_on_their_way_out_back_no_sale,
            a_sale_costs_at_least_its_minima,
            max_cost_is_the_most_a_buyer_pays,
            both_parts_end_on_their_own,
            a_split_that_rounding_puts_beyond_the_tier_is_refused,
            an_expiry_that_has_passed_has_no_price,
            a_bucket_without_capital_has_nothing_to_offer,
        ],
    );
}

fn terms_of(w: &mut World, id: u128) -> Value {
    w.read("policy-registry", "get-policy", &[u(id)]).as_optional().unwrap().unwrap().clone()
}

fn overflow(w: &mut World, how: &str) {
    set_tier(w, BALANCED, [("isolated", false.into()), ("overflow", text(how))]);
}

/// The largest size that the balanced bucket takes at 85,000 USD, where a lock equals its size.
fn most(w: &mut World) -> u128 {
    let sbtc = w.sbtc.clone();
    let arguments = [u(BALANCED), sbtc, u(USD)];
    let found = w.read("liquidity-pool", "get-availability", &arguments);
    num(found.as_response().unwrap().unwrap(), "free")
}

fn a_tier_that_rejects_takes_what_fits_and_no_satoshi_more(w: &mut World) {
    let (sbtc, expiry, most) = (w.sbtc.clone(), w.expiry(14), most(w));
    assert_eq!(most, (10 * BTC - 50) * 9 / 10);
    sale_refused(w, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most + 1), e::LIQUIDITY_POOL_CAPACITY);
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most)).ok().unwrap();
    w.check_books();
}

fn next_tier_takes_the_whole_order_at_its_own_terms(w: &mut World) {
    let (sbtc, expiry, most) = (w.sbtc.clone(), w.expiry(14), most(w));
    overflow(w, "next-tier");
    set_tier(w, AGGRESSIVE, [("markup", u(500_000)), ("floor-ratio", u(600_000))]);
    let before = w.bucket(BALANCED, &sbtc);
    // The same order in two tiers: what does not fit in the first is priced by the second.
    let here = w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, most);
    let there = w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, most + 1);
    let [here, there] = [&here, &there].map(|quote| quote.as_response().unwrap().unwrap().clone());
    let bought = buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most + 1));
    assert_eq!(num(bought.ok().unwrap(), "count"), 1);
    assert_eq!(w.bucket(BALANCED, &sbtc), before);
    let policy = terms_of(w, 1);
    assert_eq!((num(&policy, "tier"), num(&policy, "size")), (AGGRESSIVE, most + 1));
    assert_eq!(num(&policy, "floor"), 51_000 * USD);
    assert_eq!(num(&policy, "lock"), ((most + 1) * 34).div_ceil(51));
    assert_eq!(num(&policy, "premium"), num(&there, "premium"));
    let part = |quote: &Value, field: &str| num(&quote.field("parts").unwrap().as_list().unwrap()[0], field);
    assert!(part(&there, "volatility") > part(&here, "volatility"));
    w.check_books();
}

fn proportional_fills_the_tier_and_sells_the_rest_in_the_next(w: &mut World) {
    let (sbtc, expiry, most) = (w.sbtc.clone(), w.expiry(14), most(w));
    overflow(w, "proportional");
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, 12 * BTC);
    let quote = w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, 12 * BTC);
    let quote = quote.as_response().unwrap().unwrap().clone();
    let before = w.sats(w.peter);
    let bought = buy_as(w, w.peter, &order);
    assert_eq!(num(bought.ok().unwrap(), "count"), 2);
    assert_eq!(before - w.sats(w.peter), num(&quote, "total"));
    let (first, second) = (terms_of(w, 1), terms_of(w, 2));
    assert_eq!((num(&first, "tier"), num(&second, "tier")), (BALANCED, AGGRESSIVE));
    assert_eq!(num(&first, "size") + num(&second, "size"), 12 * BTC);
    // To the two satoshis that the estimate leaves for rounding.
    assert!(num(&first, "size") <= most && num(&first, "size") + 2 >= most);
    assert_eq!(num(&first, "premium") + num(&second, "premium"), num(&quote, "premium"));
    assert_eq!(num(&first, "fee") + num(&second, "fee"), num(&quote, "fee"));
    w.check_books();
}

fn a_part_below_the_smallest_policy_is_not_split_off(w: &mut World) {
    let (sbtc, expiry, most) = (w.sbtc.clone(), w.expiry(14), most(w));
    overflow(w, "proportional");
    w.vm.snapshot().unwrap();
    // The rest would be 9,000: all goes to the next tier, which has room for just as much.
    let bought = buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most - 2 + 9_000));
    assert_eq!(bought.err_code(), Ok(e::LIQUIDITY_POOL_CAPACITY.code()));
    // The rest is 10,000.
    let bought = buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most - 2 + 10_000));
    assert_eq!(num(bought.ok().unwrap(), "count"), 2);
    assert_eq!(num(&terms_of(w, 2), "size"), 10_000);
    w.vm.restore().unwrap();
    // What is left here would be 9,000: all goes to the next tier.
    buy_as(w, w.ivan, &order(&sbtc, BALANCED, 85_000 * USD, expiry, most - 9_000)).ok().unwrap();
    assert_eq!(self::most(w), 9_000);
    let bought = buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC));
    let bought = bought.ok().unwrap();
    assert_eq!(num(bought, "count"), 1);
    assert_eq!(num(&terms_of(w, num(bought, "policy")), "tier"), AGGRESSIVE);
    w.check_books();
}

fn an_isolated_tier_rejects_whatever_its_overflow_says(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    // Four bitcoins of room here, nine in the next tier.
    buy_as(w, w.ivan, &order(&sbtc, BALANCED, 85_000 * USD, expiry, 5 * BTC)).ok().unwrap();
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, 6 * BTC);
    for how in ["next-tier", "proportional", "reject"] {
        set_tier(w, BALANCED, [("isolated", true.into()), ("overflow", text(how))]);
        sale_refused(w, &order, e::LIQUIDITY_POOL_CAPACITY);
    }
    overflow(w, "reject");
    sale_refused(w, &order, e::LIQUIDITY_POOL_CAPACITY);
    for how in ["next-tier", "proportional"] {
        w.vm.snapshot().unwrap();
        overflow(w, how);
        buy_as(w, w.peter, &order).ok().unwrap();
        w.vm.restore().unwrap();
    }
}

fn an_order_that_two_tiers_cannot_hold_is_refused(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    overflow(w, "proportional");
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, 18 * BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_CAPACITY);
    overflow(w, "next-tier");
    let order = self::order(&sbtc, BALANCED, 85_000 * USD, expiry, 10 * BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_CAPACITY);
}

fn the_last_tier_has_nowhere_to_overflow(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for how in ["next-tier", "proportional"] {
        set_tier(w, AGGRESSIVE, [("isolated", false.into()), ("overflow", text(how))]);
        let order = order(&sbtc, AGGRESSIVE, 95_000 * USD, expiry, 12 * BTC);
        sale_refused(w, &order, e::LIQUIDITY_POOL_UNKNOWN_TIER);
    }
}

/// The mean over the trade by its integral: parts one after the other cost no less than all at once.
fn a_split_pays_no_less_surcharge_than_its_parts(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for (size, parts) in [(8 * BTC, 2), (8 * BTC, 8), (3 * BTC, 3), (6 * BTC, 7)] {
        w.vm.snapshot().unwrap();
        let cost = |w: &mut World, size: u128| {
            let bought = buy_as(w, w.peter, &order(&sbtc, BALANCED, 90_000 * USD, expiry, size));
            num(bought.ok().unwrap(), "cost")
        };
        let at_once = cost(w, size);
        w.vm.restore().unwrap();
        let mut split = 0;
        for part in 0..parts {
            split += cost(w, size * (part + 1) / parts - size * part / parts);
        }
        w.vm.restore().unwrap();
        assert!(split >= at_once, "{size} in {parts} parts for {split}, at once for {at_once}");
    }
}

fn shares_on_their_way_out_back_no_sale(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares / 2)]).ok().unwrap();
    let half = (10 * BTC - 50) / 2 * 9 / 10;
    sale_refused(w, &order(&sbtc, BALANCED, 85_000 * USD, expiry, half + 1), e::LIQUIDITY_POOL_CAPACITY);
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, half)).ok().unwrap();
    // All of them: nothing can be sold.
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares - shares / 2)]).ok().unwrap();
    sale_refused(w, &order(&sbtc, BALANCED, 85_000 * USD, expiry, 10_000), e::LIQUIDITY_POOL_CAPACITY);
    // Taken back, they back sales again.
    w.pool(w.irene, "cancel-withdrawal", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC)).ok().unwrap();
}

fn a_sale_costs_at_least_its_minima(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    w.close(CONSERVATIVE, &sbtc).ok().unwrap();
    provide(w, w.irene, CONSERVATIVE, &sbtc, 10 * BTC);
    let term = u128::from(expiry - w.vm.now().unwrap());
    // Far out of the money the minimum is 3 % a year on the lock, or 100 satoshis.
    let premium = |w: &mut World, size: u128| {
        let bought = buy_as(w, w.peter, &order(&sbtc, CONSERVATIVE, 50_000 * USD, expiry, size));
        let id = num(bought.ok().unwrap(), "policy");
        num(&terms_of(w, id), "premium")
    };
    assert_eq!(premium(w, BTC), (BTC * 30_000 * term).div_ceil(1_000_000 * 31_536_000));
    assert_eq!(premium(w, 10_000), 100);
}

fn max_cost_is_the_most_a_buyer_pays(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    let quote = w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    let total = num(quote.as_response().unwrap().unwrap(), "total");
    let mut order = order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    order[6] = u(total - 1);
    sale_refused(w, &order, e::POLICY_REGISTRY_COST_ABOVE_LIMIT);
    order[6] = u(total);
    let bought = buy_as(w, w.peter, &order);
    assert_eq!(num(bought.ok().unwrap(), "cost"), total);
}

/// The two policies of one order live in two buckets: each is sold back, activated or settled without the other.
fn both_parts_end_on_their_own(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    overflow(w, "proportional");
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 90_000 * USD, expiry, 12 * BTC)).ok().unwrap();
    w.move_price(92_000 * USD);
    w.move_price(88_000 * USD);
    let size = num(&terms_of(w, 1), "size");
    let paid = w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]);
    assert_eq!(paid.ok().unwrap(), &u(size * 2 / 88));
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "locked"), 0);
    assert_eq!(num(&w.bucket(AGGRESSIVE, &sbtc), "locked"), 12 * BTC - size);
    while w.next_boundary() < expiry {
        w.close(BALANCED, &sbtc).ok().unwrap();
        w.close(AGGRESSIVE, &sbtc).ok().unwrap();
    }
    let none = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &none, e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
    assert_eq!(settle(w, AGGRESSIVE, &sbtc, expiry), (12 * BTC - size) * 2 / 88);
    w.registry(w.keeper, "claim-settlement", &[u(2), sbtc]).ok().unwrap();
    w.check_books();
}

/// What the pool would sell a put at 85,000 USD in the balanced tier for, at these prices.
fn ask(w: &World, token: &Value, expiry: u64, size: u128, stx: u128) -> [Value; 8] {
    let mut prices = pricing(w, "vol-ask").as_tuple().unwrap().clone();
    for name in ["stx", "stx-twap"] {
        prices.insert(name.parse().unwrap(), u(stx));
    }
    let [tier, kind, strike, expiry, size] = [BALANCED, PUT, 85_000 * USD, expiry.into(), size].map(u);
    [token.clone(), tier, kind, strike, expiry, size, Value::tuple(prices), rules()]
}

/// With STX below two cents one unit of USD e8 is many micro-STX, and a floor off the round numbers leaves parts of a unit
/// to be rounded up: then what the tier is estimated to take can need a little more than there is.
fn a_split_that_rounding_puts_beyond_the_tier_is_refused(w: &mut World) {
    let (stx, price) = (w.stx.clone(), 188_550);
    for tier in [BALANCED, AGGRESSIVE] {
        w.close(tier, &stx).ok().unwrap();
        w.commit(w.irene, tier, &stx, 1_000_000 * STX);
    }
    w.next_boundary();
    for tier in [BALANCED, AGGRESSIVE] {
        w.close(tier, &stx).ok().unwrap();
    }
    overflow(w, "proportional");
    set_tier(w, BALANCED, [("floor-ratio", u(333_333))]);
    let found = w.read("liquidity-pool", "get-availability", &[u(BALANCED), stx.clone(), u(price)]);
    let free = num(found.as_response().unwrap().unwrap(), "free");
    // 200 % of the most that is paid, in STX at this price.
    let deepest = 85_000 * USD - (85_000 * USD * 333_333).div_ceil(1_000_000);
    let lock = |size: u128| ((size * deepest).div_ceil(BTC) * 2 * 1_000_000).div_ceil(price);
    let fitting = |size: u128| size * (free - 2) / lock(size);
    let expiry = w.expiry(14);

    let size = 1_600_000;
    assert_eq!((fitting(size), lock(fitting(size))), (1_497_308, free + 4));
    let order = ask(w, &stx, expiry, size, price);
    pool_refuses(w, w.peter, "quote-sale", &order, e::LIQUIDITY_POOL_CAPACITY);
    // Two satoshis more, and the estimate is one satoshi less.
    let size = size + 2;
    assert!(fitting(size) == 1_497_307 && lock(1_497_307) <= free);
    let parts = w.read("liquidity-pool", "quote-sale", &ask(w, &stx, expiry, size, price));
    let parts = parts.as_response().unwrap().unwrap().as_list().unwrap().to_vec();
    let parts: Vec<[u128; 2]> =
        parts.iter().map(|part| ["tier", "size"].map(|name| num(part, name))).collect();
    assert_eq!(parts, [[BALANCED, 1_497_307], [AGGRESSIVE, size - 1_497_307]]);
}

fn an_expiry_that_has_passed_has_no_price(w: &mut World) {
    let (sbtc, now) = (w.sbtc.clone(), w.vm.now().unwrap());
    for expiry in [0, now - 1, now] {
        let order = ask(w, &sbtc, expiry, BTC, USD);
        pool_refuses(w, w.peter, "quote-sale", &order, e::LIQUIDITY_POOL_TERM_TOO_LONG);
    }
    let parts = w.read("liquidity-pool", "quote-sale", &ask(w, &sbtc, now + 1, BTC, USD));
    assert_eq!(parts.as_response().unwrap().unwrap().as_list().unwrap().len(), 1);
}

fn a_bucket_without_capital_has_nothing_to_offer(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let found = |w: &mut World| {
        let found = w.read("liquidity-pool", "get-availability", &[u(CONSERVATIVE), sbtc.clone(), u(USD)]);
        found.as_response().unwrap().unwrap().clone()
    };
    let empty = |open: bool| {
        let nothing = ["assets", "needed", "backing", "free", "utilisation"].map(|name| (name, u(0)));
        let flags = [("short", false), ("open", open)].map(|(name, flag)| (name, Value::Bool(flag)));
        Value::tuple(nothing.into_iter().chain(flags).map(|(name, value)| (name.parse().unwrap(), value)))
    };
    assert_eq!(found(w), empty(false));
    w.close(CONSERVATIVE, &sbtc).ok().unwrap();
    assert_eq!(found(w), empty(true));
    let expiry = w.expiry(14);
    sale_refused(w, &order(&sbtc, CONSERVATIVE, 50_000 * USD, expiry, 10_000), e::LIQUIDITY_POOL_CAPACITY);
    // All of what there is is on its way out: the same, with assets.
    provide(w, w.irene, CONSERVATIVE, &sbtc, BTC);
    let shares = shares_of(w, CONSERVATIVE, &sbtc, w.irene);
    w.pool(w.irene, "request-withdrawal", &[u(CONSERVATIVE), sbtc.clone(), u(shares)]).ok().unwrap();
    let leaving = found(w);
    assert_eq!(
        ["assets", "backing", "free", "utilisation"].map(|name| num(&leaving, name)),
        [BTC - 50, 0, 0, 0]
    );
}
