//! What a close takes sold policies to be worth: much for those who leave, little for those who come.

use bithedge_stacks::Value;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn a_close_marks_what_was_sold_against_whoever_acts() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            sbtc_marks_are_those_of_both_volatilities,
            stx_marks_are_those_of_both_volatilities,
            a_mark_of_sbtc_is_at_most_the_lock,
            a_mark_of_stx_is_at_most_the_promise,
            who_comes_and_leaves_at_once_loses_the_spread,
        ],
    );
}

/// A sold series: strike, expiry and size.
type Sold = (u128, u64, u128);

/// High and low marks of sold series at a boundary, in the token's base unit, by the formulas of `docs/protocol.md`.
fn marks(w: &mut World, sold: &[Sold], boundary: u64, stx: bool) -> (u128, u128) {
    let record = w.read("oracle", "get-boundary", &[u(boundary.into())]);
    let record = record.as_optional().unwrap().unwrap().clone();
    let spot = num(&record, "btc");
    let (mut high, mut low) = (0, 0);
    for (strike, expiry, size) in sold {
        let (floor, term) = (strike.div_ceil(2), u128::from(expiry - boundary));
        let skew = if *strike < spot { 300_000 * (spot - strike) / spot } else { 0 };
        let mut price = |volatility: u128| {
            let arguments = [u(spot), u(*strike), u(volatility), u(term)];
            let price = w.read("option-math", "put-price", &arguments);
            price.as_response().unwrap().unwrap().as_uint().unwrap()
        };
        let dear = price(((num(&record, "vol-ask") + skew) * 1_200_000).div_ceil(1_000_000));
        let cheap = price(num(&record, "vol-low") + skew);
        if stx {
            let (most, unit) = (10_000 * (strike - floor), num(&record, "stx") * 1_000_000);
            high += (size * dear.min(most)).div_ceil(unit);
            low += size * cheap.min(most) / unit;
        } else {
            let (most, unit) = ((size * (strike - floor)).div_ceil(floor), spot * 10_000);
            high += (size * dear).div_ceil(unit).min(most);
            low += (size * cheap / unit).min(most);
        }
    }
    (high, low)
}

/// The next close marks the series as it should; the marks.
fn check_next_close(w: &mut World, token: &Value, sold: &[Sold]) -> (u128, u128) {
    let assets = num(&w.bucket(BALANCED, token), "assets");
    let boundary = w.next_boundary();
    let epoch = w.close(BALANCED, token).ok().unwrap().clone();
    let record = w.read("liquidity-pool", "get-epoch", &[u(BALANCED), token.clone(), epoch]);
    let record = record.as_optional().unwrap().unwrap().clone();
    let (high, low) = marks(w, sold, boundary, *token == w.stx);
    assert_eq!(num(&record, "nav-exit"), assets - high + 1);
    assert_eq!(num(&record, "nav-deposit"), assets - low + 1);
    (high, low)
}

/// Three series of two expiries.
fn sell(w: &mut World, token: &Value) -> Vec<Sold> {
    let (near, far) = (w.expiry(9), w.expiry(30));
    let sold =
        vec![(90_000 * USD, near, BTC), (80_000 * USD, near, 2 * BTC), (85_000 * USD, far, 150_000_000)];
    for (strike, expiry, size) in &sold {
        w.buy(token, BALANCED, *strike, *expiry, *size).ok().unwrap();
    }
    sold
}

fn sbtc_marks_are_those_of_both_volatilities(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let sold = sell(w, &sbtc);
    let (high, low) = check_next_close(w, &sbtc, &sold);
    assert!(high > low * 12 / 10, "{high} {low}");
    w.walk_to(88_000 * USD);
    check_next_close(w, &sbtc, &sold);
}

fn stx_marks_are_those_of_both_volatilities(w: &mut World) {
    let stx = w.stx.clone();
    let sold = sell(w, &stx);
    let (high, low) = check_next_close(w, &stx, &sold);
    assert!(high > low * 12 / 10, "{high} {low}");
    crash(w, 88_000 * USD, USD * 8 / 10);
    check_next_close(w, &stx, &sold);
}

fn a_mark_of_sbtc_is_at_most_the_lock(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(9));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 3 * BTC).ok().unwrap();
    w.walk_to(35_000 * USD);
    let marks = check_next_close(w, &sbtc, &[(90_000 * USD, expiry, 3 * BTC)]);
    assert_eq!(marks, (3 * BTC, 3 * BTC));
}

fn a_mark_of_stx_is_at_most_the_promise(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(9));
    w.buy(&stx, BALANCED, 90_000 * USD, expiry, 3 * BTC).ok().unwrap();
    w.walk_to(35_000 * USD);
    let marks = check_next_close(w, &stx, &[(90_000 * USD, expiry, 3 * BTC)]);
    assert_eq!(marks, (135_000 * STX, 135_000 * STX));
}

fn who_comes_and_leaves_at_once_loses_the_spread(w: &mut World) {
    let sbtc = w.sbtc.clone();
    sell(w, &sbtc);
    let before = w.sats(w.ivan);
    provide(w, w.ivan, BALANCED, &sbtc, 5 * BTC);
    let shares = shares_of(w, BALANCED, &sbtc, w.ivan);
    w.pool(w.ivan, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    let lost = before - w.sats(w.ivan);
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "queued"), 0);
    // A day has passed, which is worth a little to those who sold; the fee is 0.1 % at least.
    assert!(lost > 5 * BTC / 1_000, "{lost}");
    w.check_books();
}
