//! What Peter and Irene do, from the first deposit to the last payment.

use bithedge_suite_world::*;

#[test]
fn irene_commits_peter_buys_the_price_crashes_and_he_activates() {
    let mut w = World::new();
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "assets"), 10 * BTC - 50);

    let expiry = w.expiry(21);
    let quote = w.quote(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    let quote = quote.as_response().unwrap().unwrap().clone();
    let before = w.sats(w.peter);
    let bought = w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    assert_eq!(num(bought.ok().unwrap(), "policy"), 1);
    assert_eq!(before - w.sats(w.peter), num(&quote, "total"));

    for price in [92_000, 84_000, 76_000, 70_000] {
        w.move_price(price * USD);
    }
    let before = w.sats(w.peter);
    let paid = w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]);
    let paid = paid.ok().unwrap().as_uint().unwrap();
    // 85,000 - 70,000 USD at 70,000 USD a bitcoin.
    assert_eq!(paid, BTC * 15 / 70);
    assert_eq!(w.sats(w.peter) - before, paid);
    let bucket = w.bucket(BALANCED, &sbtc);
    assert_eq!(num(&bucket, "locked"), 0);
    assert_eq!(num(&bucket, "assets"), 10 * BTC - 50 + num(&quote, "premium") - paid);
    w.check_books();
}

#[test]
fn an_expiry_is_settled_without_its_owner_and_an_exit_is_paid_over_two_closes() {
    let mut w = World::new();
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 2 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(2);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();

    // Irene leaves with everything; a lock of one bitcoin holds back the rest.
    let position = w.position(BALANCED, &sbtc, w.irene);
    let shares = num(&position, "shares");
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let position = w.position(BALANCED, &sbtc, w.irene);
    let first = num(&position, "claimable");
    let queued = num(position.field("ticket").unwrap(), "shares");
    assert!(first > 90_000_000 && first < BTC, "{first}");
    assert!(queued > shares / 3 && queued < shares * 2 / 3, "{queued} of {shares}");
    let before = w.sats(w.irene);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]).ok().unwrap();
    assert_eq!(w.sats(w.irene) - before, first);

    // The price ends below the strike; the close waits for the settlement.
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    while w.vm.now().unwrap() < expiry {
        w.next_boundary();
        if w.vm.now().unwrap() < expiry {
            w.close(BALANCED, &sbtc).ok().unwrap();
        }
    }
    assert_eq!(w.close(BALANCED, &sbtc).err_code().unwrap(), 1_840_903);
    let settled = w.registry(w.keeper, "settle-expiry", &[u(BALANCED), sbtc.clone(), u(expiry.into())]);
    let due = BTC * 5_000 / 85_000;
    assert_eq!(settled.ok().unwrap().as_uint().unwrap(), due);
    let before = w.sats(w.peter);
    w.registry(w.keeper, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    assert_eq!(w.sats(w.peter) - before, due);

    w.close(BALANCED, &sbtc).ok().unwrap();
    let position = w.position(BALANCED, &sbtc, w.irene);
    assert_eq!(num(position.field("ticket").unwrap(), "shares"), 0);
    let second = num(&position, "claimable");
    assert!(second > 80_000_000, "{second}");
    w.pool(w.irene, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]).ok().unwrap();
    w.check_books();
}

#[test]
fn a_short_stx_bucket_pays_every_holder_the_same_part_and_records_the_rest() {
    let mut w = World::new();
    let stx = w.stx.clone();
    w.commit(w.irene, AGGRESSIVE, &stx, 500_000 * STX);
    // Nearly nothing in the fund: half of it may go to one event.
    w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(1_000 * STX), stx.clone()]).ok().unwrap();
    w.next_boundary();
    w.close(AGGRESSIVE, &stx).ok().unwrap();
    let expiry = w.expiry(2);
    w.buy(&stx, AGGRESSIVE, 95_000 * USD, expiry, 2 * BTC).ok().unwrap();
    w.buy(&stx, AGGRESSIVE, 95_000 * USD, expiry, BTC).ok().unwrap();
    let assets = num(&w.bucket(AGGRESSIVE, &stx), "assets");

    // BTC halves and STX loses nine tenths.
    for (btc, stx) in
        [(92, 80), (85, 60), (78, 48), (70, 38), (63, 30), (57, 24), (52, 19), (48, 15), (44, 12), (40, 10)]
    {
        w.stx_price = stx * USD / 100;
        w.move_price(btc * 1_000 * USD);
    }
    w.next_boundary();
    while w.vm.now().unwrap() < expiry {
        w.close(AGGRESSIVE, &stx).ok().unwrap();
        w.next_boundary();
    }
    let settled = w.registry(w.keeper, "settle-expiry", &[u(AGGRESSIVE), stx.clone(), u(expiry.into())]);
    let reserved = settled.ok().unwrap().as_uint().unwrap();
    let fund = 500 * STX;
    assert_eq!(reserved, assets + fund, "everything that the bucket has, and half of the fund");
    let settlement =
        w.read("liquidity-pool", "get-settlement", &[u(AGGRESSIVE), stx.clone(), u(expiry.into())]);
    let settlement = settlement.as_optional().unwrap().unwrap().clone();
    let due = num(&settlement, "due");
    assert_eq!(due, 3 * 47_500 * 10 * STX, "3 BTC, 47,500 USD each, at 0.10 USD");
    assert_eq!(num(&settlement, "owed"), due - reserved);
    let two = w.registry(w.keeper, "claim-settlement", &[u(1), stx.clone()]);
    let one = w.registry(w.keeper, "claim-settlement", &[u(2), stx.clone()]);
    let [two, one] = [two, one].map(|paid| paid.ok().unwrap().as_uint().unwrap());
    assert_eq!(two, due / 3 * 2 * reserved / due);
    assert_eq!(one, due / 3 * reserved / due);
    w.close(AGGRESSIVE, &stx).ok().unwrap();
    w.check_books();
}

/// Daily low and close of BTC in USD, 2020-03-05 to 2020-03-20.
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

#[test]
fn march_2020_pays_every_policy_its_promise() {
    let cent = USD / 100;
    let options = bithedge_vm::Options { genesis_time: 1_583_366_400, ..bithedge_vm::Options::default() };
    let mut w = World::with(options, 907_876 * cent, USD / 10);
    let sbtc = w.sbtc.clone();
    for tier in [BALANCED, AGGRESSIVE] {
        w.commit(w.irene, tier, &sbtc, 20 * BTC);
    }
    w.next_boundary();
    let mut policies: Vec<(u64, u128, u64)> = Vec::new();
    let mut paid_in_all = 0;
    for (low, close) in MARCH_2020.into_iter().skip(1) {
        for tier in [BALANCED, AGGRESSIVE] {
            w.close(tier, &sbtc).ok().unwrap();
        }
        let spot = w.btc_price;
        for (tier, part) in [(BALANCED, 85), (AGGRESSIVE, 100)] {
            let step = 250 * USD;
            let strike = (spot * part / 100) / step * step;
            let expiry = w.expiry(2);
            let bought = w.buy(&sbtc, tier, strike, expiry, BTC / 2);
            if bought.ok().is_ok() {
                policies.push((num(bought.ok().unwrap(), "policy").try_into().unwrap(), strike, expiry));
            } else {
                // A strike between two grids, or a bucket that is full: nothing else may refuse.
                assert!([1_840_003, 1_842_301].contains(&bought.err_code().unwrap()), "{bought:?}");
            }
        }
        w.walk_to(low * cent);
        w.walk_to(close * cent);
        let boundary = w.next_boundary();
        for tier in [BALANCED, AGGRESSIVE] {
            let live = w.bucket(tier, &sbtc).field("live").unwrap().as_list().unwrap().to_vec();
            if live.contains(&u(boundary.into())) {
                w.registry(w.keeper, "settle-expiry", &[u(tier), sbtc.clone(), u(boundary.into())])
                    .ok()
                    .unwrap();
            }
        }
        let price = w.read("oracle", "get-boundary", &[u(boundary.into())]);
        let price = num(price.as_optional().unwrap().unwrap(), "btc");
        for (policy, strike, expiry) in policies.iter().filter(|one| one.2 == boundary) {
            assert_eq!(*expiry, boundary);
            let paid = w.registry(w.keeper, "claim-settlement", &[u((*policy).into()), sbtc.clone()]);
            let promise = if price < *strike { (BTC / 2 * (strike - price) / price).min(BTC / 2) } else { 0 };
            assert_eq!(paid.ok().unwrap().as_uint().unwrap(), promise, "policy {policy} at {price}");
            paid_in_all += promise;
        }
        w.check_books();
    }
    assert!(policies.len() > 15, "{} policies", policies.len());
    assert!(paid_in_all > BTC, "{paid_in_all}");
}
