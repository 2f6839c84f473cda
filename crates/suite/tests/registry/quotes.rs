//! What is quoted is what is sold, and what a policy is said to be worth is what is paid for it, to the unit.

use bithedge_stacks::{Principal, Value};
use bithedge_suite::setup::{TIERS, tier_value};
use bithedge_suite_world::*;
use fastrand::Rng;

use crate::bootstrap::{before_hand_over, does, project, text};
use crate::support::{ANY_COST, Order, policy};

const ORDERS: u32 = 150;

/// A suite in which an order may overflow: the lower tiers into the next, one of them in parts.
fn overflowing() -> World {
    let mut w = before_hand_over(project());
    for (tier, overflow) in TIERS.iter().zip(["next-tier", "proportional", "reject"]) {
        let Value::Tuple(fields) = tier_value(tier).unwrap() else { panic!("terms are a tuple") };
        let terms = Value::tuple(fields.into_iter().map(|(name, value)| match name.as_str() {
            "isolated" => (name, Value::Bool(false)),
            "overflow" => (name, text(overflow)),
            _ => (name, value),
        }));
        let deployer = w.deployer;
        does(&mut w, deployer, "liquidity-pool", "set-tier", &[u(tier.tier), terms]);
    }
    w.open();
    let (sbtc, stx) = (w.sbtc.clone(), w.stx.clone());
    for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
        w.commit(w.irene, tier, &sbtc, 4 * BTC * tier);
        w.commit(w.ivan, tier, &stx, 400_000 * STX * tier);
    }
    w.next_boundary();
    for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
        w.close(tier, &sbtc).ok().unwrap();
        w.close(tier, &stx).ok().unwrap();
    }
    w
}

fn random_order(w: &mut World, random: &mut Rng) -> Order {
    let token = if random.bool() { w.sbtc.clone() } else { w.stx.clone() };
    let tier = random.u128(1..=3);
    let (low, high) = [(50, 80), (80, 92), (93, 105)][usize::try_from(tier - 1).unwrap()];
    let grid = if tier == CONSERVATIVE { 50_000 } else { 40_000 };
    let step = w.read("liquidity-pool", "strike-step", &[u(w.btc_price), u(grid)]).as_uint().unwrap();
    let strike = (w.btc_price * random.u128(low..high) / 100).div_ceil(step) * step;
    let days = random.u64(1..60);
    let expiry = w.expiry(days).into();
    let size = random.u128(8_000..40_000_000).pow(2) / 4_000_000;
    Order { token, tier, kind: PUT, strike, expiry, size, max_cost: ANY_COST }
}

fn balance(w: &mut World, token: &Value) -> u128 {
    let held = w.vm.balances(&Principal::Standard(w.peter)).unwrap();
    if *token == w.sbtc { held.sats } else { held.stx.micro().into() }
}

#[test]
fn a_purchase_costs_what_was_quoted_and_a_sale_back_pays_what_was_said() {
    let mut w = overflowing();
    let mut random = Rng::with_seed(20_260_105);
    let (mut sold, mut refused, mut in_parts, mut sold_back) = (0, 0, 0, 0);
    for _ in 0..ORDERS {
        let order = random_order(&mut w, &mut random);
        let peter = w.peter;
        let quote = w.read("policy-registry", "get-quote", &order.quote_args(peter));
        let before = balance(&mut w, &order.token);
        let bought = w.registry(peter, "purchase-protection", &order.args());
        match quote.as_response().unwrap() {
            Err(code) => {
                assert_eq!(bought.err_code().unwrap(), code.as_uint().unwrap(), "{bought:?}");
                refused += 1;
            }
            Ok(quote) => {
                let bought = bought.ok().unwrap();
                let count = check_sale(&mut w, &order, quote, bought);
                let paid = before - balance(&mut w, &order.token);
                assert_eq!(paid, num(quote, "total"), "what left the buyer's account");
                sold += 1;
                in_parts += u32::from(count > 1);
            }
        }
        if random.u32(..5) == 0 {
            let moved = w.btc_price * random.u128(94..107) / 100;
            w.move_price(moved);
        }
        let count = w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
        if random.bool() && count > 0 {
            sold_back += u32::from(sell_back(&mut w, random.u128(1..=count)));
        }
    }
    w.check_books();
    assert!(
        sold > 40 && refused > 5 && in_parts > 0 && sold_back > 15,
        "{sold} {refused} {in_parts} {sold_back}"
    );
}

/// The policies of a sale are the parts of its quote; how many they are.
fn check_sale(w: &mut World, order: &Order, quote: &Value, bought: &Value) -> u128 {
    let parts = quote.field("parts").unwrap().as_list().unwrap();
    assert_eq!(num(bought, "cost"), num(quote, "total"));
    assert_eq!(num(bought, "count"), parts.len() as u128);
    assert_eq!(num(quote, "total"), num(quote, "premium") + num(quote, "fee") + num(quote, "bounty"));
    let (first, mut sums) = (num(bought, "policy"), [0; 3]);
    for (at, part) in parts.iter().enumerate() {
        let held = policy(w, first + at as u128);
        for field in ["tier", "size", "lock", "required", "floor", "premium"] {
            assert_eq!(num(&held, field), num(part, field), "{field}");
        }
        assert_eq!(num(&held, "strike"), order.strike);
        assert_eq!(num(&held, "expiry"), order.expiry);
        assert_eq!(held.field("token").unwrap(), &order.token);
        for (sum, field) in sums.iter_mut().zip(["size", "premium", "fee"]) {
            *sum += num(&held, field);
        }
    }
    assert_eq!(sums, [order.size, num(quote, "premium"), num(quote, "fee")]);
    parts.len() as u128
}

/// Sells a policy back if it is still there, for what its value was said to be.
fn sell_back(w: &mut World, id: u128) -> bool {
    let held = policy(w, id);
    let token = held.field("token").unwrap().clone();
    let value = w.read("policy-registry", "get-policy-value", &[u(id)]);
    let before = balance(w, &token);
    let sold = w.registry(w.peter, "cancel-protection", &[u(id), token.clone(), u(0)]);
    match value.as_response().unwrap() {
        Ok(value) => {
            let refund = num(value, "refund");
            assert_eq!(sold.ok().unwrap().as_uint().unwrap(), refund);
            assert_eq!(balance(w, &token) - before, refund);
            assert!(refund <= num(&held, "lock"));
            true
        }
        Err(code) => {
            assert_eq!(sold.err_code().unwrap(), code.as_uint().unwrap());
            false
        }
    }
}
