//! The oracle falls silent, and then the price has moved farther than a single report may move it.

use bithedge_stacks::Address;
use bithedge_suite_world::*;

const ACCEPTED: u128 = 0;
const BEYOND_BOUND: u128 = 3;
const STALE_PRICE: u128 = 1_450_401;

/// One reporter reports; the verdict.
fn report(w: &mut World, reporter: Address, btc: u128) -> u128 {
    let now = w.vm.now().unwrap();
    let answer = w.call(reporter, "oracle", "report-prices", &[u(btc), u(w.stx_price), u(now.into())]);
    num(answer.ok().unwrap(), "verdict")
}

fn latest(w: &mut World) -> u128 {
    num(&w.read("oracle", "get-latest", &[]), "btc")
}

#[test]
pub(crate) fn after_a_silence_any_price_that_reporters_agree_on_is_taken_and_no_other() {
    let mut w = World::new();
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(9);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    w.vm.snapshot().unwrap();
    // Hours of silence, and where BTC is after it.
    for (hours, price) in [(0, 30_000), (1, 75_000), (3, 50_000), (10, 40_000), (100, 20_000), (3, 180_000)] {
        w.vm.restore().unwrap();
        let now = w.vm.now().unwrap();
        w.vm.advance_to(now + hours * 3_600 + 600).unwrap();
        let [one, two, three] = w.reporters;
        let price = price * USD;
        if hours > 0 {
            let sale = w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC);
            // In a silence nothing is sold; after a day there is a close to be made before, too.
            assert!([STALE_PRICE, 1_840_901].contains(&sale.err_code().unwrap()), "{sale:?}");
        }
        // One reporter alone is not believed, whatever he says.
        let before = latest(&mut w);
        report(&mut w, one, price);
        assert_eq!(latest(&mut w), before, "{hours} h, {price}");
        // With a second who agrees it is two thirds of the weight: taken, inside the bound or not.
        w.vm.snapshot_as("one").unwrap();
        assert_eq!(report(&mut w, two, price), ACCEPTED, "{hours} h, {price}");
        assert_eq!(latest(&mut w), price);
        // What the third says far from them changes nothing.
        assert_ne!(report(&mut w, three, price * 2), BEYOND_BOUND);
        assert_eq!(latest(&mut w), price);
        // With a second who does not agree it is not.
        w.vm.restore_from("one").unwrap();
        assert_ne!(report(&mut w, two, price * 130 / 100), ACCEPTED);
        assert_eq!(latest(&mut w), before);
        w.vm.restore_from("one").unwrap();
        w.btc_price = price;
        report(&mut w, two, price);
        report(&mut w, three, price);
        // And business goes on: the next day is closed, the policy is worth its promise.
        if price < 90_000 * USD {
            for _ in 0..4 {
                w.vm.advance_burn(1).unwrap();
                w.report();
            }
            let value = w.read("policy-registry", "get-policy-value", &[u(1)]);
            let value = value.as_response().unwrap().unwrap().clone();
            let promise = if price <= 45_000 * USD { BTC } else { BTC * (90_000 * USD - price) / price };
            assert_eq!(num(&value, "payout"), promise);
        }
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
        w.check_books();
    }
}
