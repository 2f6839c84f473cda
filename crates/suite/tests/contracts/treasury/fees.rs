//! Fees, and discounts by volume.

use bithedge_stacks::Value;

use super::*;
use crate::custody::event;

#[test]
fn a_fee_is_what_was_quoted_rounded_up_and_is_taken_from_the_signer() {
    let mut c = ready();
    for token in ["#sbtc", ".stx-token"] {
        for (base, fee) in [(1_000_000_u128, 50_000_u128), (1, 1), (21, 2), (20, 1), (19, 1)] {
            let quote = format!("fee-schedule quote-fee \"purchase\" u{base} @wallet_1");
            let quoted = c.read(&quote).as_response().unwrap().unwrap().clone();
            assert_eq!(quoted.field("fee").unwrap().as_uint().unwrap(), fee, "5 % of {base}");
            let (mine, held) = (c.balance(token, "@wallet_1"), c.balance(token, ".treasury"));
            let call = format!("fake-registry fee \"purchase\" u{base} u700 @wallet_1 {token}");
            let outcome = c.ok("wallet_1", &call);
            assert_eq!(outcome.ok().unwrap(), &Value::UInt(fee));
            let printed = event(&outcome, "treasury", "fee-processed");
            assert_eq!(printed.field("rate").unwrap(), &Value::UInt(50_000));
            assert_eq!(printed.field("user").unwrap(), &c.principal("@wallet_1"));
            assert_eq!(c.balance(token, "@wallet_1"), mine - fee);
            assert_eq!(c.balance(token, ".treasury"), held + fee);
        }
        assert_eq!(parts(&mut c, token), [50_005, 0, 0, 0, 50_005]);
        let totals = format!("treasury get-fee-totals \"purchase\" {token}");
        assert_eq!(c.field(&totals, "collected"), 50_005);
        assert_eq!(c.field(&totals, "count"), 5);
        assert_eq!(c.field(&totals, "forgone"), 0);
    }
    // Operations without a fee take nothing and still count volume; the pool may process fees too.
    let mine = c.balance("#sbtc", "@wallet_1");
    let outcome = c.ok("wallet_1", "fake-pool fee \"deposit\" u1000 u0 @wallet_1 #sbtc");
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(0));
    assert_eq!(c.balance("#sbtc", "@wallet_1"), mine);
    assert_eq!(c.field("fee-schedule get-volume @wallet_1", "today"), 10 * 700);

    c.refused("wallet_2", "fake-registry fee \"purchase\" u1000 u0 @wallet_1 #sbtc", NOT_PAYER);
    c.refused("wallet_1", "fake-registry fee \"nonsense\" u1000 u0 @wallet_1 #sbtc", UNKNOWN_OPERATION);
    c.refused("wallet_1", "fee-schedule quote-fee \"nonsense\" u1000 @wallet_1", UNKNOWN_OPERATION);
    c.refused("wallet_1", "fake-registry fee \"purchase\" u1000 u0 @wallet_1 .fake-unlisted", NOT_ACCEPTED);
}

#[test]
fn hostile_amounts_are_refused_and_the_largest_do_not_overflow() {
    let mut c = ready();
    for base in ["u0", MAX, "u1000000000000000001"] {
        c.refused(
            "wallet_1",
            &format!("fee-schedule quote-fee \"purchase\" {base} @wallet_1"),
            FEE_INVALID_AMOUNT,
        );
        c.refused(
            "wallet_1",
            &format!("fake-registry fee \"purchase\" {base} u0 @wallet_1 #sbtc"),
            FEE_INVALID_AMOUNT,
        );
        c.refused("wallet_1", &format!("fake-registry net @wallet_1 {base}"), FEE_INVALID_AMOUNT);
    }
    c.refused(
        "wallet_1",
        &format!("fake-registry fee \"purchase\" u5 {MAX} @wallet_1 #sbtc"),
        FEE_INVALID_AMOUNT,
    );
    c.ok("deployer", "fee-schedule set-fee-rate \"purchase\" u200000");
    assert_eq!(
        c.read("fee-schedule quote-fee \"purchase\" u1000000000000000000 @wallet_1")
            .as_response()
            .unwrap()
            .unwrap()
            .field("fee")
            .unwrap(),
        &Value::UInt(200_000_000_000_000_000)
    );
    // The largest volume and base at once.
    c.ok("deployer", "fake-token mint u1000000000000000000 @wallet_1");
    let largest = "u1000000000000000000";
    c.ok("wallet_1", &format!("fake-registry fee \"purchase\" {largest} {largest} @wallet_1 .fake-token"));
}

#[test]
fn only_the_registry_and_the_pool_process_fees() {
    let mut c = ready();
    for who in ["wallet_1", "deployer"] {
        let user = format!("@{who}");
        c.refused(who, &format!("treasury process-fee \"purchase\" u100 u0 {user} #sbtc"), NOT_SUITE);
        c.refused(who, &format!("fake-between fee \"purchase\" u100 u0 {user} #sbtc"), NOT_SUITE);
        c.refused(who, &format!("fake-successor fee \"exit\" u100 u0 {user} #sbtc"), NOT_SUITE);
        c.refused(who, &format!("fee-schedule net-volume {user} u5"), FEE_NOT_SUITE);
        // Volume is counted for the treasury only, not for those it takes fees for.
        c.refused(who, &format!("fee-schedule note-fee \"purchase\" u100 u5 {user}"), FEE_NOT_SUITE);
        for between in ["fake-between", "fake-registry", "fake-pool"] {
            c.refused(who, &format!("{between} note \"purchase\" u100 u5 {user}"), FEE_NOT_SUITE);
        }
        c.refused(who, &format!("fake-between net {user} u5"), FEE_NOT_SUITE);
        c.refused(who, &format!("fake-pool net {user} u5"), FEE_NOT_SUITE);
    }
    // A retiring registry takes fees for what runs off, also in a token no longer accepted, and for nothing new.
    c.ok("deployer", "fee-schedule set-fee-rate \"sell-back\" u10000");
    c.ok("wallet_1", "fake-registry fee \"purchase\" u100 u50 @wallet_1 #sbtc");
    c.ok("deployer", "treasury set-token #sbtc false u0");
    c.refused("wallet_1", "fake-registry fee \"purchase\" u100 u0 @wallet_1 #sbtc", NOT_ACCEPTED);
    c.refused("wallet_1", "fake-registry fee \"deposit\" u100 u0 @wallet_1 #sbtc", NOT_ACCEPTED);
    c.replace("policy-registry", "fake-successor");
    c.refused("wallet_1", "fake-registry fee \"purchase\" u100 u0 @wallet_1 .stx-token", NOT_SUITE);
    c.ok("wallet_1", "fake-registry fee \"sell-back\" u100 u0 @wallet_1 #sbtc");
    c.ok("wallet_1", "fake-registry net @wallet_1 u50");
    c.ok("wallet_1", "fake-successor fee \"purchase\" u100 u0 @wallet_1 .stx-token");
}

#[test]
fn the_schedule_serves_the_treasury_in_service_and_the_one_that_runs_off() {
    let mut c = ready();
    let note = "fake-successor note \"purchase\" u100 u5 @wallet_1";
    let fee = "fake-registry fee \"purchase\" u100 u50 @wallet_1 #sbtc";
    c.refused("wallet_1", note, FEE_NOT_SUITE);
    c.replace("treasury", "fake-successor");
    c.ok("wallet_1", fee);
    let noted = c.ok("wallet_1", note);
    let noted = noted.ok().unwrap();
    assert_eq!(noted.field("fee").unwrap(), &Value::UInt(5));
    assert_eq!(noted.field("volume-today").unwrap(), &Value::UInt(55));
    assert_eq!(c.field("fee-schedule get-volume @wallet_1", "today"), 55);
}

#[test]
fn discounts_follow_the_volume_of_days_past_and_sell_backs_net_out() {
    let mut c = ready();
    c.ok(
        "deployer",
        "fee-schedule set-discount-tiers (list {threshold: u1000, discount: u100000} {threshold: u5000, discount: u250000})",
    );
    next_period(&mut c);
    let discount = |c: &mut Custody| c.uint("fee-schedule get-discount @wallet_1");
    let buy = |c: &mut Custody, volume: u128| {
        c.ok("wallet_1", &format!("fake-registry fee \"purchase\" u1000 u{volume} @wallet_1 #sbtc"))
    };
    buy(&mut c, 1_000);
    // Not on the same day, from the next midnight on.
    assert_eq!(discount(&mut c), 0);
    let midnight = (c.session.now().unwrap() / DAY + 1) * DAY;
    c.session.advance_to(midnight - 20).unwrap();
    assert_eq!(discount(&mut c), 0);
    c.session.advance_to(midnight).unwrap();
    assert_eq!(discount(&mut c), 100_000);
    let outcome = buy(&mut c, 4_000);
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(45));
    assert_eq!(c.field("treasury get-fee-totals \"purchase\" #sbtc", "forgone"), 5);
    assert_eq!(c.field("treasury get-fee-totals \"purchase\" #sbtc", "discounted"), 1);
    c.wait(DAY);
    assert_eq!(discount(&mut c), 250_000);
    // Another user's volume is another's.
    assert_eq!(c.uint("fee-schedule get-discount @wallet_2"), 0);
    // A sell-back takes the newest first and never more than there is.
    buy(&mut c, 10);
    let outcome = c.ok("wallet_1", "fake-registry net @wallet_1 u20");
    let printed = event(&outcome, "fee-schedule", "volume-netted");
    assert_eq!(printed.field("today").unwrap(), &Value::UInt(0));
    assert_eq!(printed.field("before").unwrap(), &Value::UInt(4_990));
    assert_eq!(discount(&mut c), 100_000);
    next_period(&mut c);
    assert_eq!(c.field("fee-schedule get-volume @wallet_1", "previous"), 4_990);
    assert_eq!(discount(&mut c), 100_000);
    c.session.snapshot().unwrap();
    c.ok("wallet_1", "fake-registry net @wallet_1 u1000000");
    assert_eq!(discount(&mut c), 0);
    assert_eq!(c.field("fee-schedule get-volume @wallet_1", "previous"), 0);
    // To the last second of the period after that of the volume, and no longer: a whole period without trade forgets it.
    c.session.restore().unwrap();
    let end = (c.session.now().unwrap() / (30 * DAY) + 1) * 30 * DAY;
    c.session.advance_to(end - 10).unwrap();
    assert_eq!(discount(&mut c), 100_000);
    for quiet in [end, end + 10 * 30 * DAY] {
        c.session.advance_to(quiet).unwrap();
        assert_eq!(discount(&mut c), 0);
        for part in ["today", "before", "previous"] {
            assert_eq!(c.field("fee-schedule get-volume @wallet_1", part), 0, "{part}");
        }
    }
    let outcome = buy(&mut c, 7);
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(50), "the full fee again");
    assert_eq!(c.field("fee-schedule get-volume @wallet_1", "today"), 7);
}

/// Volume as days, from the beginning: what the contract keeps in four numbers.
#[derive(Default)]
struct Days(std::collections::BTreeMap<u64, u128>);

impl Days {
    fn counted(&self, day: u64) -> u128 {
        let first = (day / 30).saturating_sub(1) * 30;
        self.0.range(first..day).map(|(_, volume)| volume).sum()
    }

    /// Takes the newest first, within the window.
    fn net(&mut self, day: u64, mut volume: u128) {
        let first = (day / 30).saturating_sub(1) * 30;
        for (_, held) in self.0.range_mut(first..=day).rev() {
            let taken = volume.min(*held);
            *held -= taken;
            volume -= taken;
        }
    }
}

#[test]
fn volume_agrees_with_a_model_that_remembers_every_day() {
    let mut c = ready();
    let mut random = fastrand::Rng::with_seed(1_605);
    let mut model = Days::default();
    for step in 0..150 {
        let longest = if random.bool() { 2 * DAY } else { 20 * DAY };
        c.wait(random.u64(0..longest));
        let day = c.session.now().unwrap() / DAY;
        let volume = random.u128(1..2_000);
        if random.u8(0..3) == 0 {
            c.ok("wallet_1", &format!("fake-registry net @wallet_1 u{volume}"));
            model.net(day, volume);
        } else {
            c.ok("wallet_1", &format!("fake-registry fee \"exit\" u5 u{volume} @wallet_1 #sbtc"));
            *model.0.entry(day).or_default() += volume;
        }
        let stored = c.read("fee-schedule get-volume @wallet_1");
        let read = |name: &str| stored.field(name).unwrap().as_uint().unwrap();
        assert_eq!(read("previous") + read("before"), model.counted(day), "step {step}");
        assert_eq!(read("today"), model.0.get(&day).copied().unwrap_or(0), "step {step}");
    }
}
