//! Providers, buyers and keepers, with books as full as they get.

use bithedge_stacks::Value;
use bithedge_suite_world::{AGGRESSIVE, BALANCED, BTC, DAY, PUT, STX, USD, World, num, u, who};

use crate::script::{call, wait};
use crate::table::{BEYOND, Table};

/// Series that one bucket can have for one expiry.
const SERIES: u128 = 32;
/// Size of each policy, satoshis.
const SIZE: u128 = BTC / 100;
const LOWEST_BALANCED: u128 = 80_500 * USD;
const LOWEST_AGGRESSIVE: u128 = 93_000 * USD;
const STRIKE_STEP: u128 = 100 * USD;
/// More than any cost.
const ANY_COST: u128 = 1_000_000_000_000_000;

/// The case of sBTC or STX.
fn named(w: &World, token: &Value, case: &str) -> String {
    let symbol = if *token == w.sbtc { "sBTC" } else { "STX" };
    if case.is_empty() { symbol.to_owned() } else { format!("{symbol}, {case}") }
}

fn tokens(w: &World) -> [Value; 2] {
    [w.sbtc.clone(), w.stx.clone()]
}

fn pool(
    table: &mut Table,
    w: &mut World,
    case: &str,
    sender: bithedge_stacks::Address,
    function: &str,
    args: &[Value],
) -> Value {
    table.measure(&mut w.vm, case, sender, "liquidity-pool", function, args)
}

fn registry(
    table: &mut Table,
    w: &mut World,
    case: &str,
    sender: bithedge_stacks::Address,
    function: &str,
    args: &[Value],
) -> Value {
    table.measure(&mut w.vm, case, sender, "policy-registry", function, args)
}

fn purchase(
    table: &mut Table,
    w: &mut World,
    case: &str,
    token: &Value,
    tier: u128,
    strike: u128,
    expiry: u64,
    size: u128,
) -> u128 {
    let World { peter, .. } = *w;
    let args = [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), u(ANY_COST)];
    let case = named(w, token, case);
    w.report();
    let bought = registry(table, w, &case, peter, "purchase-protection", &args);
    num(&bought, "policy")
}

fn close_all(w: &mut World) {
    for token in tokens(w) {
        for tier in [BALANCED, AGGRESSIVE] {
            w.close(tier, &token).ok().unwrap();
        }
    }
}

/// Providers come, and change their minds.
fn provide(table: &mut Table, w: &mut World) {
    let World { keeper, irene, ivan, .. } = *w;
    close_all(w);
    let capital = [[40 * BTC, 300 * BTC], [5_000_000 * STX, 50_000_000 * STX]];
    for (token, amounts) in tokens(w).iter().zip(capital) {
        for (tier, amount) in [BALANCED, AGGRESSIVE].into_iter().zip(amounts) {
            for (provider, case) in
                [(irene, "first deposit"), (irene, "added to one that waits"), (ivan, "first deposit")]
            {
                let case = named(w, token, case);
                let args = [u(tier), token.clone(), u(amount / 3)];
                pool(table, w, &case, provider, "commit-capital", &args);
            }
        }
        let bucket = [u(BALANCED), token.clone()];
        let case = named(w, token, "");
        pool(table, w, &case, ivan, "cancel-deposit", &bucket);
        let claim = [u(BALANCED), token.clone(), who(ivan)];
        let case = named(w, token, "a deposit taken back");
        pool(table, w, &case, keeper, "claim-withdrawal", &claim);
        let args = [u(BALANCED), token.clone(), u(amounts[0] / 3)];
        w.pool(ivan, "commit-capital", &args).ok().unwrap();
    }
    w.next_boundary();
    for token in tokens(w) {
        let case = named(w, &token, "nothing sold, deposits");
        for tier in [BALANCED, AGGRESSIVE] {
            pool(table, w, &case, keeper, "close-epoch", &[u(tier), token.clone()]);
        }
    }
}

/// Fills the book of an expiry in a tier but for the last series.
fn fill(w: &mut World, token: &Value, tier: u128, expiry: u64, series: u128) {
    let lowest = if tier == BALANCED { LOWEST_BALANCED } else { LOWEST_AGGRESSIVE };
    for index in 0..series {
        w.buy(token, tier, lowest + index * STRIKE_STEP, expiry, SIZE).ok().unwrap();
    }
}

/// The life of buckets from their first capital to their death, measured where it is most costly.
#[allow(clippy::too_many_lines, reason = "one story, told in order")]
pub(crate) fn live(table: &mut Table, w: &mut World) {
    let World { keeper, irene, peter, stranger, .. } = *w;
    provide(table, w);
    let over = w.expiry(9);
    let paid = over + 7 * DAY;

    for token in tokens(w) {
        let last = LOWEST_BALANCED + (SERIES - 1) * STRIKE_STEP;
        let overflowing = LOWEST_BALANCED + SERIES * STRIKE_STEP;
        purchase(table, w, "first policy of a bucket", &token, BALANCED, LOWEST_BALANCED, over, SIZE);
        for expiry in [over, paid] {
            let series = if expiry == over { 1 } else { 0 };
            for index in series..SERIES - 1 {
                let strike = LOWEST_BALANCED + index * STRIKE_STEP;
                w.buy(&token, BALANCED, strike, expiry, SIZE).ok().unwrap();
            }
            fill(w, &token, AGGRESSIVE, expiry, SERIES - 1);
        }
        // What does not fit overflows into the next tier, whose book has room for one series too.
        w.vm.snapshot().unwrap();
        let size = if token == w.sbtc { 50 * BTC } else { 70 * BTC };
        purchase(
            table,
            w,
            "31 series before in both tiers, in two parts",
            &token,
            BALANCED,
            overflowing,
            paid,
            size,
        );
        w.vm.restore().unwrap();
        purchase(table, w, "31 series before", &token, BALANCED, last, over, SIZE);
        purchase(table, w, "31 series before", &token, BALANCED, last, paid, SIZE);
        purchase(table, w, "32 series before, one of them", &token, BALANCED, LOWEST_BALANCED, paid, SIZE);
    }

    // Sale back out of the middle of a full book: the series goes with its only policy.
    for token in tokens(w) {
        let strike = LOWEST_BALANCED + 15 * STRIKE_STEP;
        w.vm.snapshot().unwrap();
        w.report();
        let found = policy_of(w, &token, BALANCED, strike, paid);
        let case = named(w, &token, "32 series, one ends");
        let args = [u(found), token.clone(), u(0)];
        registry(table, w, &case, peter, "cancel-protection", &args);
        w.vm.restore().unwrap();
    }

    // A day on: exits of all kinds, closed with two full books.
    w.next_boundary();
    close_all(w);
    for token in tokens(w) {
        let shares = num(&w.position(BALANCED, &token, irene), "shares");
        for (case, part) in [("", 8), ("added to one that waits", 8)] {
            let case = named(w, &token, case);
            let args = [u(BALANCED), token.clone(), u(shares / part)];
            pool(table, w, &case, irene, "request-withdrawal", &args);
        }
        let case = named(w, &token, "");
        pool(table, w, &case, irene, "cancel-withdrawal", &[u(BALANCED), token.clone()]);
        let args = [u(BALANCED), token.clone(), u(shares / 8)];
        w.pool(irene, "request-withdrawal", &args).ok().unwrap();
        let deposit = if token == w.sbtc { BTC } else { 100_000 * STX };
        w.commit(stranger, BALANCED, &token, deposit);
    }
    w.next_boundary();
    for token in tokens(w) {
        let live = w.bucket(BALANCED, &token);
        assert_eq!(live.field("live").unwrap().as_list().unwrap().len(), 2);
        let case = named(w, &token, "64 live series, exits and deposits");
        pool(table, w, &case, keeper, "close-epoch", &[u(BALANCED), token.clone()]);
        w.close(AGGRESSIVE, &token).ok().unwrap();
        let case = named(w, &token, "a filled exit");
        let claim = [u(BALANCED), token.clone(), who(irene)];
        pool(table, w, &case, keeper, "claim-withdrawal", &claim);
    }

    // The first expiry ends above all strikes.
    while w.vm.now().unwrap() < over - DAY {
        w.next_boundary();
        close_all(w);
    }
    w.run_to(over);
    for token in tokens(w) {
        let case = named(w, &token, "32 series, none in the money");
        let args = [u(BALANCED), token.clone(), u(over.into())];
        registry(table, w, &case, keeper, "settle-expiry", &args);
        let args = [u(AGGRESSIVE), token.clone(), u(over.into())];
        w.registry(keeper, "settle-expiry", &args).ok().unwrap();
    }
    let ids = w.read("policy-registry", "get-policies-by-expiry", &[u(over.into()), u(1)]);
    assert_eq!(ids.as_list().unwrap().len(), 20);
    let expired = registry(table, w, "20 policies", stranger, "expire-policies", std::slice::from_ref(&ids));
    assert_eq!(expired, u(20));
    let first = w.read("policy-registry", "get-policies-by-expiry", &[u(over.into()), u(0)]);
    let first = first.as_list().unwrap()[0].clone();
    registry(table, w, "out of the money", keeper, "claim-settlement", &[first, w.sbtc.clone()]);
    close_all(w);
    for token in tokens(w) {
        let case = named(w, &token, "");
        pool(table, w, &case, irene, "claim-yield", &[u(AGGRESSIVE), token.clone()]);
    }

    // Then the price falls below all of them.
    w.walk_to(75_000 * USD);
    for _ in 0..5 {
        wait(w, 600);
        w.report();
    }
    for token in tokens(w) {
        let found = policy_of(w, &token, BALANCED, LOWEST_BALANCED + 15 * STRIKE_STEP, paid);
        let case = named(w, &token, "32 series, one ends");
        let args = [u(found), token.clone(), u(0)];
        registry(table, w, &case, peter, "activate-protection", &args);
    }
    while w.vm.now().unwrap() < paid - DAY {
        w.next_boundary();
        close_all(w);
    }
    w.run_to(paid);
    for token in tokens(w) {
        let case = named(w, &token, "31 series, all in the money");
        let args = [u(BALANCED), token.clone(), u(paid.into())];
        registry(table, w, &case, keeper, "settle-expiry", &args);
        let case = named(w, &token, "31 series, all in the money");
        let args = [u(AGGRESSIVE), token.clone(), u(paid.into())];
        registry(table, w, &case, keeper, "settle-expiry", &args);
        for (series, case) in [(3, "in the money, by a keeper"), (0, "in the money, by a keeper")] {
            let found = policy_of(w, &token, BALANCED, LOWEST_BALANCED + series * STRIKE_STEP, paid);
            let case = named(w, &token, case);
            registry(table, w, &case, keeper, "claim-settlement", &[u(found), token.clone()]);
        }
        let case = named(w, &token, "");
        pool(table, w, &case, stranger, "claim-credit", &[token.clone(), who(keeper)]);
    }
    close_all(w);
    many_series(table, w);

    // Everything stops.
    wait(w, 4 * DAY);
    let args = [u(AGGRESSIVE), w.sbtc.clone(), u(1_000_000)];
    pool(table, w, "sBTC", irene, "exit-dead-bucket", &args);
    call(table, &mut w.vm, "in a silence: trips the breaker", "wallet_5", "oracle", "check-liveness", &[]);
    w.report();
}

/// As many expiries as are on sale, each with a full book.
fn many_series(table: &mut Table, w: &mut World) {
    let World { keeper, .. } = *w;
    w.vm.snapshot().unwrap();
    let token = w.sbtc.clone();
    let now = w.vm.now().unwrap();
    let lowest = w.btc_price * 81 / 100 / STRIKE_STEP * STRIKE_STEP;
    let mut friday = w.expiry(2);
    let mut series = 0;
    while friday < now + 90 * DAY {
        if w.read("policy-registry", "is-listed", &[u(friday.into())]).as_bool().unwrap() {
            for index in 0..SERIES {
                w.buy(&token, BALANCED, lowest + index * STRIKE_STEP, friday, SIZE / 10).ok().unwrap();
                series += 1;
            }
        }
        friday += 7 * DAY;
    }
    w.next_boundary();
    let case = format!("{BEYOND}sBTC, {series} live series");
    pool(table, w, &case, keeper, "close-epoch", &[u(BALANCED), token]);
    w.vm.restore().unwrap();
}

/// The active policy of a series.
fn policy_of(w: &mut World, token: &Value, tier: u128, strike: u128, expiry: u64) -> u128 {
    let mut from = 0;
    loop {
        let page = w.read("policy-registry", "get-policies-by-expiry", &[u(expiry.into()), u(from)]);
        let ids = page.as_list().unwrap().to_vec();
        assert!(!ids.is_empty(), "no policy of the series {strike}");
        for id in &ids {
            let policy = w.vm.entry("policy-registry", "policies", id).unwrap().unwrap();
            if policy.field("token").unwrap() == token
                && num(&policy, "strike") == strike
                && num(&policy, "tier") == tier
                && num(&policy, "status") == 1
            {
                return id.as_uint().unwrap();
            }
        }
        from += 20;
    }
}
