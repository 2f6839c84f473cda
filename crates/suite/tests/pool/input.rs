//! Bad input for every public function: the documented error, the state unchanged, and no number that stops the VM.

use bithedge_stacks::{Address, Value};
use bithedge_suite::{ContractError, generated::errors as e};
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn bad_input_is_refused_with_a_documented_error() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            amounts_that_are_no_deposits,
            a_deposit_that_the_provider_does_not_have,
            tiers_and_tokens_that_no_function_knows,
            a_wallet_is_no_token,
            shares_that_cannot_be_withdrawn,
            sizes_that_are_not_sold,
            strikes_that_are_not_sold,
            the_strikes_at_the_edges_of_a_tier,
            expiries_that_are_not_sold,
            expiries_that_cannot_be_settled,
            a_tier_that_is_set_and_not_open_for_the_token,
            all_eight_listed_expiries_are_sold_and_live_together,
            figures_outside_the_countable_are_refused_by_the_quote,
            no_number_stops_the_vm,
        ],
    );
}

fn amounts_that_are_no_deposits(w: &mut World) {
    let sbtc = w.sbtc.clone();
    for (amount, error) in [
        (0, e::LIQUIDITY_POOL_AMOUNT),
        (1, e::LIQUIDITY_POOL_AMOUNT),
        (50, e::LIQUIDITY_POOL_AMOUNT),
        (99_999, e::LIQUIDITY_POOL_AMOUNT),
        (1_000_000_000_000_001, e::LIQUIDITY_POOL_DEPOSIT_CAPACITY),
        (1_000_000_000_000_000, e::LIQUIDITY_POOL_DEPOSIT_CAPACITY),
        (MAX, e::LIQUIDITY_POOL_DEPOSIT_CAPACITY),
    ] {
        pool_refuses(w, w.irene, "commit-capital", &[u(BALANCED), sbtc.clone(), u(amount)], error);
    }
    w.pool(w.irene, "commit-capital", &[u(BALANCED), sbtc, u(100_000)]).ok().unwrap();
}

fn a_deposit_that_the_provider_does_not_have(w: &mut World) {
    // Reporters have no sBTC.
    let arguments = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    let before = w.vm.fingerprint().unwrap();
    // The token's own refusal.
    assert_eq!(w.pool(w.reporters[0], "commit-capital", &arguments).err_code(), Ok(1));
    assert_eq!(w.vm.fingerprint().unwrap(), before);
}

fn tiers_and_tokens_that_no_function_knows(w: &mut World) {
    let (sbtc, wallet, other) = (w.sbtc.clone(), who(w.irene), other_token(w));
    for tier in [0, 4, MAX] {
        let bucket = vec![u(tier), sbtc.clone()];
        let with = |last: Value| [bucket.clone(), vec![last]].concat();
        for (function, arguments) in [
            ("commit-capital", with(u(BTC))),
            ("cancel-deposit", bucket.clone()),
            ("request-withdrawal", with(u(1))),
            ("claim-yield", bucket.clone()),
            ("cancel-withdrawal", bucket.clone()),
            ("claim-withdrawal", with(who(w.irene))),
            ("exit-dead-bucket", with(u(1))),
            ("close-epoch", bucket.clone()),
        ] {
            pool_refuses(w, w.irene, function, &arguments, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
        }
        let arguments = [u(tier), sbtc.clone(), u(1_768_550_400)];
        registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
        let order = order(&sbtc, tier, 85_000 * USD, w_expiry(w), BTC);
        sale_refused(w, &order, e::LIQUIDITY_POOL_UNKNOWN_TIER);
    }
    for token in [wallet, other.clone()] {
        let bucket = vec![u(BALANCED), token];
        let with = |last: Value| [bucket.clone(), vec![last]].concat();
        for (function, arguments) in [
            ("cancel-deposit", bucket.clone()),
            ("request-withdrawal", with(u(1))),
            ("claim-yield", bucket.clone()),
            ("cancel-withdrawal", bucket.clone()),
            ("exit-dead-bucket", with(u(1))),
            ("close-epoch", bucket.clone()),
        ] {
            pool_refuses(w, w.irene, function, &arguments, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
        }
    }
    for (function, arguments, error) in [
        ("commit-capital", vec![u(BALANCED), other.clone(), u(BTC)], e::LIQUIDITY_POOL_UNKNOWN_TOKEN),
        (
            "claim-withdrawal",
            vec![u(BALANCED), other.clone(), who(w.irene)],
            e::LIQUIDITY_POOL_UNKNOWN_BUCKET,
        ),
        ("claim-credit", vec![other.clone(), who(w.keeper)], e::LIQUIDITY_POOL_NOTHING_TO_CLAIM),
    ] {
        pool_refuses(w, w.irene, function, &arguments, error);
    }
    let order = order(&other, BALANCED, 85_000 * USD, w_expiry(w), BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_UNKNOWN_TOKEN);
    // A token that is listed and that the vault does not take: nothing comes in either.
    let oracle = Value::from(w.vm.contract("oracle").unwrap());
    let mut arguments = vec![other.clone(), text("OTHER")];
    arguments.extend([8, 1, 1_000_000, 1_000_000].map(u));
    arguments.push(oracle);
    arguments.extend([100_000, 100, 50].map(u));
    arguments.push(true.into());
    rule(w, "liquidity-pool", "add-collateral-token", &arguments);
    let deposit = [u(BALANCED), other.clone(), u(BTC)];
    pool_refuses(w, w.irene, "commit-capital", &deposit, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
    rule(w, "liquidity-pool", "open-bucket", &[u(BALANCED), other, u(1_000 * BTC)]);
    pool_refuses(w, w.irene, "commit-capital", &deposit, e::LIQUIDITY_POOL_VAULT_TOKEN_NOT_ACCEPTED);
}

fn w_expiry(w: &mut World) -> u64 {
    w.expiry(14)
}

/// Where a function calls the token it takes a contract; the VM refuses anything else before the function starts.
fn a_wallet_is_no_token(w: &mut World) {
    let wallet = who(w.irene);
    let expiry = u(w.expiry(14).into());
    let before = w.vm.fingerprint().unwrap();
    for (contract, function, arguments) in [
        ("liquidity-pool", "commit-capital", vec![u(BALANCED), wallet.clone(), u(BTC)]),
        ("liquidity-pool", "claim-withdrawal", vec![u(BALANCED), wallet.clone(), who(w.irene)]),
        ("liquidity-pool", "claim-credit", vec![wallet.clone(), who(w.irene)]),
        ("policy-registry", "settle-expiry", vec![u(BALANCED), wallet.clone(), expiry.clone()]),
        (
            "policy-registry",
            "purchase-protection",
            vec![wallet, u(BALANCED), u(PUT), u(85_000 * USD), expiry, u(BTC), u(ANY_COST)],
        ),
    ] {
        let outcome = w.vm.call(w.irene, contract, function, &arguments).unwrap();
        assert!(!outcome.failure().unwrap().is_runtime(), "{function}: {outcome:?}");
    }
    assert_eq!(w.vm.fingerprint().unwrap(), before);
}

fn shares_that_cannot_be_withdrawn(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let own = shares_of(w, BALANCED, &sbtc, w.irene);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 4 * DAY).unwrap();
    let cases: [(Address, u128, ContractError); 5] = [
        (w.irene, 0, e::LIQUIDITY_POOL_AMOUNT),
        (w.irene, own + 1, e::LIQUIDITY_POOL_INSUFFICIENT_SHARES),
        (w.irene, MAX, e::LIQUIDITY_POOL_INSUFFICIENT_SHARES),
        (w.ivan, 0, e::LIQUIDITY_POOL_AMOUNT),
        (w.ivan, 1, e::LIQUIDITY_POOL_INSUFFICIENT_SHARES),
    ];
    for (sender, shares, error) in cases {
        for function in ["request-withdrawal", "exit-dead-bucket"] {
            pool_refuses(w, sender, function, &[u(BALANCED), sbtc.clone(), u(shares)], error);
        }
    }
}

fn sizes_that_are_not_sold(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for (size, error) in [
        (0, e::POLICY_REGISTRY_SIZE),
        (1, e::POLICY_REGISTRY_SIZE),
        (9_999, e::POLICY_REGISTRY_SIZE),
        (10_000_000_001, e::POLICY_REGISTRY_SIZE),
        (20_000_000_001, e::PARAMETERS_RATE_LIMITED),
        (MAX, e::PARAMETERS_RATE_LIMITED),
        (10_000_000_000, e::LIQUIDITY_POOL_CAPACITY),
    ] {
        let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, size);
        sale_refused(w, &order, error);
    }
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, 10_000);
    buy_as(w, w.peter, &order).ok().unwrap();
}

fn strikes_that_are_not_sold(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for (strike, error) in [
        (0, e::LIQUIDITY_POOL_AMOUNT),
        (MAX, e::LIQUIDITY_POOL_AMOUNT),
        (1_000_000_000 * USD + 1, e::LIQUIDITY_POOL_AMOUNT),
        (1_000_000_000 * USD, e::LIQUIDITY_POOL_STRIKE_OUTSIDE_TIER),
        (1, e::LIQUIDITY_POOL_STRIKE_OFF_GRID),
        (85_000 * USD + 1, e::LIQUIDITY_POOL_STRIKE_OFF_GRID),
        (86_000 * USD, e::LIQUIDITY_POOL_STRIKE_OFF_GRID),
        (2_500 * USD, e::LIQUIDITY_POOL_STRIKE_OUTSIDE_TIER),
    ] {
        let order = order(&sbtc, BALANCED, strike, expiry, BTC / 100);
        sale_refused(w, &order, error);
    }
}

fn the_strikes_at_the_edges_of_a_tier(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for (strike, sold) in [(77_500, false), (80_000, true), (90_000, true), (92_500, false)] {
        let order = order(&sbtc, BALANCED, strike * USD, expiry, BTC / 100);
        if sold {
            buy_as(w, w.peter, &order).ok().unwrap();
        } else {
            sale_refused(w, &order, e::LIQUIDITY_POOL_STRIKE_OUTSIDE_TIER);
        }
    }
}

fn expiries_that_are_not_sold(w: &mut World) {
    let (sbtc, friday) = (w.sbtc.clone(), w.expiry(0));
    let now = w.vm.now().unwrap();
    for expiry in [
        0,
        1,
        115_200,
        now,
        friday - 1,
        friday + 1,
        friday + DAY,
        friday - 7 * DAY,
        friday + 6 * 7 * DAY,
        u64::MAX,
    ] {
        let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC / 100);
        let listed = w.read("policy-registry", "is-listed", &[u(expiry.into())]);
        assert_eq!(listed, Value::Bool(false), "{expiry}");
        sale_refused(w, &order, e::POLICY_REGISTRY_EXPIRY_NOT_LISTED);
    }
    // With less than 24 hours to go.
    run_to_day_before(w, &sbtc, friday);
    w.vm.advance_to(friday - DAY + 10).unwrap();
    w.report();
    let order = order(&sbtc, BALANCED, 85_000 * USD, friday, BTC / 100);
    sale_refused(w, &order, e::POLICY_REGISTRY_TOO_LATE);
}

fn run_to_day_before(w: &mut World, token: &Value, expiry: u64) {
    while w.vm.now().unwrap() < expiry - DAY {
        w.next_boundary();
        w.close(BALANCED, token).ok().unwrap();
    }
}

fn expiries_that_cannot_be_settled(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    for other in [0, 1, expiry - 7 * DAY, expiry + 7 * DAY, expiry + 1, u64::MAX] {
        let arguments = [u(BALANCED), sbtc.clone(), u(other.into())];
        registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
    }
    settle(w, BALANCED, &sbtc, expiry);
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let again = [u(BALANCED), sbtc, u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &again, e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
}

fn a_tier_that_is_set_and_not_open_for_the_token(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    let terms = terms(w, BALANCED, []);
    rule(w, "liquidity-pool", "set-tier", &[u(4), terms]);
    let order = order(&sbtc, 4, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
}

fn all_eight_listed_expiries_are_sold_and_live_together(w: &mut World) {
    let sbtc = w.sbtc.clone();
    set_tier(w, BALANCED, [("max-duration", u(365 * u128::from(DAY)))]);
    let (first, mut listed) = (w.expiry(0), Vec::new());
    for week in 0..60 {
        let expiry = first + week * 7 * DAY;
        if w.read("policy-registry", "is-listed", &[u(expiry.into())]) == Value::Bool(true) {
            listed.push(expiry);
        }
    }
    assert_eq!(listed.len(), 8);
    for expiry in &listed {
        buy_as(w, w.peter, &order(&sbtc, BALANCED, 85_000 * USD, *expiry, BTC / 10)).ok().unwrap();
    }
    let live = w.bucket(BALANCED, &sbtc).field("live").unwrap().as_list().unwrap().len();
    assert_eq!(live, 8);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    // A sale back of the only policy of an expiry takes the expiry off the list again.
    w.registry(w.peter, "cancel-protection", &[u(3), sbtc.clone(), u(0)]).ok().unwrap();
    let bucket = w.bucket(BALANCED, &sbtc);
    let live = bucket.field("live").unwrap().as_list().unwrap();
    assert_eq!(live.len(), 7);
    assert!(!live.contains(&u(listed[2].into())));
    w.check_books();
}

fn figures_outside_the_countable_are_refused_by_the_quote(w: &mut World) {
    let expiry = w.expiry(14);
    let most = 1_000_000_000 * USD;
    let quote = |w: &mut World, size: u128, strike: u128, prices: [u128; 4]| {
        let [btc, stx, btc_twap, stx_twap] = prices.map(u);
        let pricing = tuple([
            ("btc", btc),
            ("stx", stx),
            ("btc-twap", btc_twap),
            ("stx-twap", stx_twap),
            ("vol-ask", u(600_000)),
        ]);
        let arguments =
            [w.sbtc.clone(), u(BALANCED), u(PUT), u(strike), u(expiry.into()), u(size), pricing, rules()];
        pool_refuses(w, w.peter, "quote-sale", &arguments, e::LIQUIDITY_POOL_AMOUNT);
    };
    let (spot, strike) = (100_000 * USD, 85_000 * USD);
    let prices = [spot, USD, spot, USD];
    quote(w, 0, strike, prices);
    quote(w, 1_000_000_000_001, strike, prices);
    quote(w, MAX, strike, prices);
    quote(w, BTC, strike, [0, USD, spot, USD]);
    quote(w, BTC, strike, [spot, 0, spot, USD]);
    quote(w, BTC, strike, [spot, USD, 0, USD]);
    quote(w, BTC, strike, [spot, USD, spot, 0]);
    quote(w, BTC, strike, [most + 1, USD, most + 1, USD]);
    quote(w, BTC, strike, [spot, MAX, spot, MAX]);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(0)];
    pool_refuses(w, w.peter, "get-availability", &arguments, e::LIQUIDITY_POOL_AMOUNT);
}

/// Every public function of the pool and the registry, each number in turn as an extreme: a value comes back, and if it
/// is an error, a documented one.
fn no_number_stops_the_vm(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    w.commit(w.peter, BALANCED, &sbtc, BTC);
    w.vm.snapshot().unwrap();
    let when = u(expiry.into());
    let oracle = Value::from(w.vm.contract("oracle").unwrap());
    let (tier, strike) = (u(BALANCED), u(85_000 * USD));
    let calls: Vec<(&str, &str, Vec<Value>)> = vec![
        ("liquidity-pool", "commit-capital", vec![tier.clone(), sbtc.clone(), u(BTC)]),
        ("liquidity-pool", "cancel-deposit", vec![tier.clone(), sbtc.clone()]),
        ("liquidity-pool", "request-withdrawal", vec![tier.clone(), sbtc.clone(), u(1)]),
        ("liquidity-pool", "claim-yield", vec![tier.clone(), sbtc.clone()]),
        ("liquidity-pool", "cancel-withdrawal", vec![tier.clone(), sbtc.clone()]),
        ("liquidity-pool", "claim-withdrawal", vec![tier.clone(), sbtc.clone(), who(w.irene)]),
        ("liquidity-pool", "exit-dead-bucket", vec![tier.clone(), sbtc.clone(), u(1)]),
        ("liquidity-pool", "close-epoch", vec![tier.clone(), sbtc.clone()]),
        ("liquidity-pool", "open-bucket", vec![tier.clone(), sbtc.clone(), u(BTC)]),
        (
            "liquidity-pool",
            "add-collateral-token",
            [
                vec![sbtc.clone(), text("sBTC")],
                [8, 1, 1_000_000, 1_000_000].map(u).to_vec(),
                vec![oracle],
                [100_000, 100, 50].map(u).to_vec(),
                vec![true.into()],
            ]
            .concat(),
        ),
        (
            "policy-registry",
            "purchase-protection",
            vec![sbtc.clone(), tier.clone(), u(PUT), strike, when.clone(), u(BTC), u(ANY_COST)],
        ),
        ("policy-registry", "activate-protection", vec![u(1), sbtc.clone(), u(0)]),
        ("policy-registry", "cancel-protection", vec![u(1), sbtc.clone(), u(0)]),
        ("policy-registry", "settle-expiry", vec![tier, sbtc.clone(), when]),
        ("policy-registry", "claim-settlement", vec![u(1), sbtc]),
        ("policy-registry", "expire-policies", vec![Value::List(vec![u(1)])]),
        ("policy-registry", "move-backing", vec![u(1)]),
    ];
    let (mut tried, mut refused) = (0, 0);
    for (contract, function, arguments) in calls {
        for position in 0..arguments.len() {
            let extremes = match arguments[position] {
                Value::UInt(_) => [0, 1, 1 << 64, 1 << 127, MAX - 1, MAX].map(u).to_vec(),
                Value::List(_) => {
                    vec![Value::List(vec![u(0), u(MAX), u(MAX), u(1), u(1)]), Value::List(vec![])]
                }
                _ => continue,
            };
            for extreme in extremes {
                let mut arguments = arguments.clone();
                arguments[position] = extreme;
                let sender = if function.starts_with("add") || function.starts_with("open") {
                    w.deployer
                } else {
                    w.peter
                };
                let outcome = w.vm.call(sender, contract, function, &arguments).unwrap();
                assert!(outcome.value().is_ok(), "{function} {arguments:?}: {outcome:?}");
                tried += 1;
                if let Ok(code) = outcome.err_code() {
                    refused += 1;
                    assert!(ContractError::new(code).entry().is_some(), "{function} {arguments:?}: {code}");
                } else {
                    w.vm.restore().unwrap();
                }
            }
        }
    }
    assert!(tried > 150 && refused > 100, "{refused} of {tried}");
}
