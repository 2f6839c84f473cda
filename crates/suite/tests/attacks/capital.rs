//! Providers who would come or go at a price that is not the bucket's.

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::*;

use crate::bootstrap::does;
use crate::support::deploy;

const SETTLE_FIRST: u128 = 1_840_903;
const CLOSE_NOT_DUE: u128 = 1_840_902;

/// Irene's 10 BTC in the balanced bucket, and Peter's puts on 8 BTC.
fn bucket_with_puts() -> (World, u64) {
    let mut w = World::new();
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(20);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 8 * BTC).ok().unwrap();
    (w, expiry)
}

/// A close's record: NAV for exits, NAV for deposits, shares; each with its virtual part.
fn pair(w: &mut World, epoch: u128) -> (u128, u128, u128) {
    let sbtc = w.sbtc.clone();
    let record = w.read("liquidity-pool", "get-epoch", &[u(BALANCED), sbtc, u(epoch)]);
    let record = record.as_optional().unwrap().unwrap().clone();
    (num(&record, "nav-exit"), num(&record, "nav-deposit"), num(&record, "shares"))
}

fn epoch(w: &mut World) -> u128 {
    let sbtc = w.sbtc.clone();
    num(&w.bucket(BALANCED, &sbtc), "epoch")
}

fn shares_of(w: &mut World, provider: Address) -> u128 {
    let sbtc = w.sbtc.clone();
    num(&w.position(BALANCED, &sbtc, provider), "shares")
}

/// Leaves with everything at the next close, and is paid.
fn leave(w: &mut World, provider: Address) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, provider);
    w.pool(provider, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    assert_eq!(
        num(w.position(BALANCED, &sbtc, provider).field("ticket").unwrap(), "shares"),
        0,
        "paid in full"
    );
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc, who(provider)]).ok().unwrap();
}

/// What `out` is more than `paid_in`, in satoshis.
fn profit(out: u128, paid_in: u128) -> i128 {
    i128::try_from(out).unwrap() - i128::try_from(paid_in).unwrap()
}

#[test]
pub(crate) fn a_deposit_and_a_close_in_one_transaction_get_no_share_at_the_stale_price() {
    let (mut w, _) = bucket_with_puts();
    let sbtc = w.sbtc.clone();
    let source = include_str!("fakes/stale-depositor.clar");
    let (stranger, attacker) = (w.stranger, deploy(&mut w, "stale-depositor", source));
    let funds = 10 * BTC;
    let to = Value::Principal(attacker.parse().unwrap());
    let gift = [u(funds), who(w.stranger), to.clone(), Value::Optional(None)];
    let token = sbtc.as_principal().unwrap().to_string();
    w.call(w.stranger, &token, "transfer", &gift).ok().unwrap();

    // The boundary finds the price low and the puts dear. An hour later it is up again, and nobody has closed.
    w.move_price(92_000 * USD);
    w.move_price(86_000 * USD);
    w.next_boundary();
    w.move_price(93_000 * USD);
    w.move_price(100_000 * USD);
    let stale = epoch(&mut w);
    does(&mut w, stranger, &attacker, "deposit-and-close", &[u(BALANCED), u(funds)]);
    let position = w.read("liquidity-pool", "get-provider", &[u(BALANCED), sbtc.clone(), to.clone()]);
    let position = position.as_response().unwrap().unwrap().clone();
    assert_eq!(num(&position, "shares"), 0, "the close that it made itself gave it nothing");
    let (_, nav_deposit, shares) = pair(&mut w, stale);
    let at_the_stale_price = (funds - 50) * shares / nav_deposit;

    // It gets its shares at the next boundary, and leaves at the one after that.
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let (nav_exit, _, shares) = pair(&mut w, stale + 1);
    let would_be = profit(at_the_stale_price * nav_exit / shares, funds);
    let position = w.read("liquidity-pool", "get-provider", &[u(BALANCED), sbtc.clone(), to.clone()]);
    let held = num(position.as_response().unwrap().unwrap(), "shares");
    // Nor can it leave and close at once: this epoch's boundary has been.
    let early = w.call(w.stranger, &attacker, "leave-and-close", &[u(BALANCED), u(held)]);
    assert_eq!(early.err_code().unwrap(), CLOSE_NOT_DUE);
    does(&mut w, stranger, &attacker, "leave", &[u(BALANCED), u(held)]);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc, to]).ok().unwrap();
    let owner: Principal = attacker.parse().unwrap();
    let result = profit(w.vm.balances(&owner).unwrap().sats, funds);
    println!("stale deposit of 10 BTC: {result} sats, at the stale price it would have been {would_be}");
    assert!(would_be > 1_000_000, "there was something to take: {would_be}");
    assert!(result <= 0, "{result}");
    w.check_books();
}

#[test]
pub(crate) fn a_deposit_after_a_crash_does_not_profit_from_the_fall_of_volatility() {
    let (mut w, _) = bucket_with_puts();
    let (sbtc, ivan) = (w.sbtc.clone(), w.ivan);
    // A day like 2020-03-12: BTC loses a third.
    w.walk_to(66_000 * USD);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let crash = epoch(&mut w) - 1;
    let funds = 5 * BTC;
    w.commit(w.ivan, BALANCED, &sbtc, funds);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let (nav_exit, nav_deposit, shares) = pair(&mut w, crash + 1);
    assert!(nav_deposit > nav_exit + nav_exit / 100, "two marks, well apart: {nav_deposit} {nav_exit}");
    let at_one_mark = (funds - 50) * shares / nav_exit;
    // From now on the price stands still and volatility falls, as everybody knows it will. He leaves after one, two or
    // four more closes.
    w.vm.snapshot().unwrap();
    for days in [0, 1, 3] {
        w.vm.restore().unwrap();
        for _ in 0..days {
            w.next_boundary();
            w.close(BALANCED, &sbtc).ok().unwrap();
        }
        leave(&mut w, ivan);
        let result = profit(w.sats(w.ivan), 1_000 * BTC);
        let last = epoch(&mut w) - 1;
        let (nav_exit, _, shares) = pair(&mut w, last);
        let would_be = profit(at_one_mark * nav_exit / shares, funds);
        println!(
            "after {} days: {result} sats, with one mark for both it would have been {would_be}",
            days + 1
        );
        assert!(result <= 0, "{result}");
        assert!(days == 0 || would_be > result, "{would_be}");
        w.check_books();
    }
}

#[test]
pub(crate) fn the_first_depositor_cannot_inflate_the_price_of_a_share() {
    let mut w = World::new();
    let (sbtc, stranger) = (w.sbtc.clone(), w.stranger);
    let token = sbtc.as_principal().unwrap().to_string();
    let vault = Value::from(w.vm.contract("liquidity-pool-vault").unwrap());
    w.commit(w.stranger, BALANCED, &sbtc, 100_000);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.vm.snapshot().unwrap();
    for (all_but_one_leave, gift) in [(false, 0), (false, 10 * BTC), (true, 0), (true, 10 * BTC)] {
        w.vm.restore().unwrap();
        if all_but_one_leave {
            let shares = shares_of(&mut w, stranger);
            let exit = [u(BALANCED), sbtc.clone(), u(shares - 1)];
            w.pool(w.stranger, "request-withdrawal", &exit).ok().unwrap();
            w.next_boundary();
            w.close(BALANCED, &sbtc).ok().unwrap();
            assert_eq!(shares_of(&mut w, stranger), 1);
        }
        if gift > 0 {
            let gift = [u(gift), who(w.stranger), vault.clone(), Value::Optional(None)];
            w.call(w.stranger, &token, "transfer", &gift).ok().unwrap();
        }
        let deposit = 3 * BTC / 2;
        w.commit(w.irene, BALANCED, &sbtc, deposit);
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
        let (held, mine) = (w.position(BALANCED, &sbtc, w.irene), shares_of(&mut w, stranger));
        // No premium was ever paid: her shares stand for her deposit but for rounding and the gift of the virtual shares.
        let bucket = w.bucket(BALANCED, &sbtc);
        let (nav, shares) = (num(&bucket, "assets"), num(&bucket, "shares"));
        let worth = num(&held, "shares") * (nav + 1) / (shares + 1_000_000);
        let lost = profit(worth, deposit - 50);
        assert!(lost <= 0 && lost > -100, "{lost} sats of {deposit}");
        // And he has less than he put in, gift or not.
        if mine > 1 {
            leave(&mut w, stranger);
        } else {
            w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.stranger)]).ok().unwrap();
        }
        let result = profit(w.sats(w.stranger), 1_000 * BTC);
        println!("first depositor, gift of {gift} sats: {result} sats; the second one {lost}");
        assert!(result <= -i128::try_from(gift).unwrap(), "{result}");
        w.check_books();
    }
}

#[test]
pub(crate) fn nobody_leaves_before_a_known_loss_is_booked() {
    let (mut w, _) = bucket_with_puts();
    let sbtc = w.sbtc.clone();
    w.commit(w.ivan, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(2);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 5 * BTC).ok().unwrap();
    // Three hours before the expiry the loss is plain, and Ivan wants to be gone before it is booked.
    while w.vm.now().unwrap() < expiry - DAY {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    w.walk_to(70_000 * USD);
    w.run_to(expiry - 3 * 3_600);
    let before = w.position(BALANCED, &sbtc, w.ivan);
    let shares = num(&before, "shares");
    w.pool(w.ivan, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.run_to(expiry);
    assert_eq!(w.close(BALANCED, &sbtc).err_code().unwrap(), SETTLE_FIRST);
    // Nor by the way out of a bucket that is not closed: three days later its value counts every lock as lost.
    w.vm.snapshot().unwrap();
    let bucket = w.bucket(BALANCED, &sbtc);
    w.vm.advance_to(expiry + 4 * DAY).unwrap();
    w.pool(w.ivan, "cancel-withdrawal", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    let out = w.pool(w.ivan, "exit-dead-bucket", &[u(BALANCED), sbtc.clone(), u(shares)]);
    let dead = out.ok().unwrap().as_uint().unwrap();
    let free = num(&bucket, "assets") - num(&bucket, "locked");
    assert!(dead <= free * shares / num(&bucket, "shares"), "{dead}");
    w.vm.restore().unwrap();

    let settled = w.registry(w.keeper, "settle-expiry", &[u(BALANCED), sbtc.clone(), u(expiry.into())]);
    let loss = settled.ok().unwrap().as_uint().unwrap();
    assert_eq!(loss, 5 * BTC * 20_000 / 70_000);
    w.close(BALANCED, &sbtc).ok().unwrap();
    let after = w.bucket(BALANCED, &sbtc);
    let (nav_exit, _, all) = pair(&mut w, num(&after, "epoch") - 1);
    let position = w.position(BALANCED, &sbtc, w.ivan);
    let queued = num(position.field("ticket").unwrap(), "shares");
    let filled = shares - queued;
    assert!(filled > 0);
    // What was filled was paid at the NAV after the loss, less the exit fee.
    let worth = filled * nav_exit / all;
    let paid = num(&position, "claimable");
    assert!(paid < worth && paid > worth * 99 / 100, "{paid} of {worth}");
    assert!(nav_exit + loss <= num(&bucket, "assets"), "the pair is that after the loss");
    let escaped = filled * (nav_exit + loss) / all;
    println!("leaving before the loss would have brought {escaped}, it brought {paid}; dead exit {dead}");
    w.check_books();
}
