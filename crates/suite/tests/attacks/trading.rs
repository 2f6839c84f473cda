//! Buyers who know something, who lock capital for nothing, or who cut their orders up.

use bithedge_stacks::Value;
use bithedge_suite_world::*;
use bithedge_vm::Options;

const TOO_LATE: u128 = 1_940_904;
const PRICE_TOO_OLD: u128 = 1_950_401;
const OFF_GRID: u128 = 1_840_003;
const YEAR: u128 = 31_536_000;

/// Daily low and close of BTC in USD cents, 2020-03-05 to 2020-03-20.
const MARCH_2020: [(u128, u128); 16] = [
    (875_725, 907_876),
    (903_208, 912_255),
    (889_074, 890_995),
    (810_525, 810_812),
    (769_010, 792_364),
    (781_476, 790_973),
    (764_281, 791_143),
    (486_035, 497_079),
    (410_698, 556_371),
    (512_507, 520_037),
    (516_928, 539_231),
    (457_536, 501_448),
    (498_191, 522_563),
    (506_934, 523_844),
    (523_697, 619_119),
    (586_578, 619_878),
];

/// A put's price in USD e12, by the contract.
fn put_price(w: &mut World, strike: u128, volatility: u128, seconds: u128) -> u128 {
    let spot = w.btc_price;
    let args = [spot, strike, volatility, seconds].map(u);
    w.read("option-math", "put-price", &args).as_response().unwrap().unwrap().as_uint().unwrap()
}

/// The short average of volatility after the last sample, ppm: what somebody would take who knew only samples.
fn sampled(w: &mut World) -> u128 {
    num(&w.read("oracle", "get-volatility", &[]), "short")
}

fn provided(tiers: &[u128], amount: u128) -> World {
    let mut w = World::new();
    let sbtc = w.sbtc.clone();
    for tier in tiers {
        w.commit(w.irene, *tier, &sbtc, amount);
    }
    w.next_boundary();
    for tier in tiers {
        w.close(*tier, &sbtc).ok().unwrap();
    }
    w
}

/// What one trial brought: in ppm of the notional, and what it would have brought at sampled volatility alone.
struct Trial {
    result: i128,
    at_samples: i128,
}

#[test]
pub(crate) fn buying_before_a_known_volatility_sample_and_selling_back_after_it_loses() {
    let cent = USD / 100;
    let options = Options { genesis_time: 1_583_366_400, ..Options::default() };
    let mut w = World::with(options, 907_876 * cent, USD / 10);
    let sbtc = w.sbtc.clone();
    for tier in [BALANCED, AGGRESSIVE] {
        w.commit(w.irene, tier, &sbtc, 20 * BTC);
    }
    w.next_boundary();
    let (mut trials, mut best) = (Vec::new(), Trial { result: i128::MIN, at_samples: i128::MIN });
    for (low, close) in MARCH_2020.into_iter().skip(1) {
        for tier in [BALANCED, AGGRESSIVE] {
            w.close(tier, &sbtc).ok().unwrap();
        }
        w.walk_to(low * cent);
        w.walk_to(close * cent);
        w.vm.snapshot().unwrap();
        trials.extend(trial(&mut w));
        w.vm.restore().unwrap();
        w.next_boundary();
    }
    for one in &trials {
        best.result = best.result.max(one.result);
        best.at_samples = best.at_samples.max(one.at_samples);
    }
    println!(
        "{} trials over 2020-03-06 to 2020-03-20: the best {} ppm of notional; at sampled volatility alone {}",
        trials.len(),
        best.result,
        best.at_samples
    );
    assert!(trials.len() >= 40, "{}", trials.len());
    assert!(best.at_samples > 30_000, "there was something to take: {}", best.at_samples);
    assert!(best.result < 0, "{}", best.result);
}

/// Buys puts after the day's prices, waits for the sample, and sells them back.
fn trial(w: &mut World) -> Vec<Trial> {
    let (sbtc, spot, size) = (w.sbtc.clone(), w.btc_price, BTC / 2);
    let (mut held, before) = (Vec::new(), sampled(w));
    for (tier, part, days) in [
        (BALANCED, 82, 9),
        (BALANCED, 90, 2),
        (AGGRESSIVE, 95, 9),
        (AGGRESSIVE, 103, 2),
        (AGGRESSIVE, 100, 23),
    ] {
        let step = w.read("liquidity-pool", "strike-step", &[u(spot), u(40_000)]).as_uint().unwrap();
        let strike = (spot * part / 100) / step * step;
        let expiry = w.expiry(days);
        let now = u128::from(w.vm.now().unwrap());
        let bought = w.buy(&sbtc, tier, strike, expiry, size);
        if bought.ok().is_ok() {
            let price = put_price(w, strike, before, u128::from(expiry) - now);
            let bought = bought.ok().unwrap();
            held.push((num(bought, "policy"), num(bought, "cost"), strike, expiry, price));
        } else {
            assert!([OFF_GRID, 1_840_004].contains(&bought.err_code().unwrap()), "{bought:?}");
        }
    }
    w.next_boundary();
    let (after, now) = (sampled(w), u128::from(w.vm.now().unwrap()));
    let mut trials = Vec::new();
    for (id, cost, strike, expiry, price) in held {
        let sold = w.registry(w.peter, "cancel-protection", &[u(id), sbtc.clone(), u(0)]);
        let refund = sold.ok().unwrap().as_uint().unwrap();
        let later = put_price(w, strike, after, u128::from(expiry) - now);
        let notional = i128::try_from(spot * 10_000).unwrap();
        trials.push(Trial {
            result: difference(refund, cost) * 1_000_000 / i128::try_from(size).unwrap(),
            at_samples: difference(later, price) * 1_000_000 / notional,
        });
    }
    trials
}

fn difference(a: u128, b: u128) -> i128 {
    i128::try_from(a).unwrap() - i128::try_from(b).unwrap()
}

#[test]
pub(crate) fn nothing_is_sold_at_a_price_that_the_market_has_left() {
    let mut w = provided(&[AGGRESSIVE], 10 * BTC);
    let sbtc = w.sbtc.clone();
    let expiry = w.expiry(2);
    w.vm.advance_burn(1).unwrap();
    w.report();
    let reported = w.vm.now().unwrap();
    let config = w.read("parameters", "get-policy-config", &[]);
    let oldest = num(config.as_response().unwrap().unwrap(), "sale-max-age");
    assert!(oldest <= 300, "{oldest}");
    // The market falls by eight per cent right after the report, and the next report is late.
    w.vm.snapshot().unwrap();
    let mut refusals = 0;
    while u128::from(w.vm.now().unwrap() - reported) < 890 {
        w.vm.advance_stacks(1).unwrap();
        if u128::from(w.vm.now().unwrap() - reported) > oldest {
            let bought = w.buy(&sbtc, AGGRESSIVE, 100_000 * USD, expiry, BTC);
            assert_eq!(bought.err_code().unwrap(), PRICE_TOO_OLD);
            let quote = w.quote(&sbtc, AGGRESSIVE, 100_000 * USD, expiry, BTC);
            let quote = quote.as_response().unwrap();
            assert_eq!(quote.err().map(Value::as_uint).unwrap().unwrap(), PRICE_TOO_OLD);
            refusals += 1;
        }
    }
    assert!(refusals >= 58, "{refusals}");
    // What it would have brought; and what buying after the report brings.
    let mut results = Vec::new();
    for old_price in [true, false] {
        w.vm.restore().unwrap();
        w.btc_price = 100_000 * USD;
        let before = w.sats(w.peter);
        if old_price {
            w.buy(&sbtc, AGGRESSIVE, 100_000 * USD, expiry, BTC).ok().unwrap();
        }
        w.btc_price = 92_000 * USD;
        w.vm.advance_burn(1).unwrap();
        w.report();
        if !old_price {
            w.buy(&sbtc, AGGRESSIVE, 95_000 * USD, expiry, BTC).ok().unwrap();
        }
        for _ in 0..4 {
            w.vm.advance_burn(1).unwrap();
            w.report();
        }
        w.registry(w.peter, "cancel-protection", &[u(1), sbtc.clone(), u(0)]).ok().unwrap();
        results.push(difference(w.sats(w.peter), before));
    }
    println!("a fall of 8 %: at the old price {} sats a bitcoin, at the new one {}", results[0], results[1]);
    assert!(results[0] > 0, "there was something to take: {results:?}");
    assert!(results[1] < 0, "{results:?}");
}

#[test]
pub(crate) fn splitting_a_trade_is_no_cheaper() {
    let mut w = World::new();
    let (sbtc, stx) = (w.sbtc.clone(), w.stx.clone());
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.commit(w.ivan, AGGRESSIVE, &stx, 500_000 * STX);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.close(AGGRESSIVE, &stx).ok().unwrap();
    let expiry = w.expiry(25);
    // Some of it is sold before STX falls, so that old locks count for more than they were.
    w.buy(&stx, AGGRESSIVE, 95_000 * USD, expiry, BTC / 2).ok().unwrap();
    w.stx_price = USD * 80 / 100;
    w.move_price(100_000 * USD);
    w.vm.snapshot().unwrap();
    // Almost everything that a tier sells, and what stays below the kink of the surcharge; at once and cut up.
    for (token, tier, strike, whole) in [
        (&sbtc, BALANCED, 90_000, 88 * BTC / 10),
        (&sbtc, BALANCED, 90_000, 4 * BTC),
        (&stx, AGGRESSIVE, 95_000, 3 * BTC),
        (&stx, AGGRESSIVE, 102_500, 2 * BTC),
    ] {
        let mut costs = Vec::new();
        for parts in [1, 2, 4, 16] {
            w.vm.restore().unwrap();
            let mut cost = 0;
            for _ in 0..parts {
                let bought = w.buy(token, tier, strike * USD, expiry, whole / parts);
                cost += num(bought.ok().unwrap(), "cost");
            }
            println!("{whole} sats at {strike} of tier {tier} in {parts} parts cost {cost}");
            costs.push(cost);
        }
        for cost in &costs {
            assert!(cost >= &costs[0], "{costs:?}");
        }
    }
}

#[test]
pub(crate) fn capital_is_not_locked_for_satoshis() {
    let mut w = provided(&[CONSERVATIVE], 10 * BTC);
    let sbtc = w.sbtc.clone();
    w.vm.snapshot().unwrap();
    for (strike, days, size) in [
        (50_000, 2, 88 * BTC / 10),
        (50_000, 9, 88 * BTC / 10),
        (50_000, 30, 88 * BTC / 10),
        (60_000, 2, 88 * BTC / 10),
        (50_000, 9, 10_000),
    ] {
        let expiry = w.expiry(days);
        let quote = w.quote(&sbtc, CONSERVATIVE, strike * USD, expiry, size);
        let quote = quote.as_response().unwrap().unwrap().clone();
        let part = quote.field("parts").unwrap().as_list().unwrap()[0].clone();
        let seconds = u128::from(expiry - w.vm.now().unwrap());
        let least = (num(&part, "lock") * 30_000 * seconds).div_ceil(1_000_000 * YEAR);
        assert!(num(&part, "premium") >= least, "{part:?}");
        assert!(num(&part, "premium") >= 100, "never less than the token's minimum");
        let model = put_price(&mut w, strike * USD, num(&part, "volatility"), seconds);
        let model = model * size / w.btc_price / 10_000;
        // And locking it only for a moment, by selling back at once.
        let before = w.sats(w.peter);
        w.buy(&sbtc, CONSERVATIVE, strike * USD, expiry, size).ok().unwrap();
        let back = [u(1), sbtc.clone(), u(0)];
        w.registry(w.peter, "cancel-protection", &back).ok().unwrap();
        let lost = before - w.sats(w.peter);
        println!(
            "{size} sats at {strike} for {days} days or more: {} sats, by the model alone {model}; sold back at once {lost}",
            num(&quote, "total")
        );
        assert!(lost >= least - model && lost > num(&quote, "fee"), "{lost}");
        w.vm.restore().unwrap();
    }
}

#[test]
pub(crate) fn nothing_is_sold_while_the_settlement_average_is_known_in_part() {
    let mut w = provided(&[BALANCED], 10 * BTC);
    let sbtc = w.sbtc.clone();
    let expiry = w.expiry(2);
    while w.vm.now().unwrap() < expiry - DAY {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    w.vm.advance_stacks(1).unwrap();
    let mut refusals = 0;
    // Through the whole last day, at the end every ten minutes: the average is taken over the last half hour.
    while w.vm.now().unwrap() < expiry - 600 {
        for (tier, strike) in [(BALANCED, 90_000), (AGGRESSIVE, 100_000)] {
            let bought = w.buy(&sbtc, tier, strike * USD, expiry, BTC / 10);
            assert_eq!(bought.err_code().unwrap(), TOO_LATE);
            refusals += 1;
        }
        let quote = w.quote(&sbtc, BALANCED, 90_000 * USD, expiry, BTC / 10);
        let quote = quote.as_response().unwrap();
        assert_eq!(quote.err().map(Value::as_uint).unwrap().unwrap(), TOO_LATE);
        w.vm.advance_burn(1).unwrap();
        w.report();
    }
    assert!(refusals > 200, "{refusals}");
}
