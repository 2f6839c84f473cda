//! The insurance fund: what comes in, what pools can draw, policies taken over, and what governance can take out.

use bithedge_stacks::Value;

use crate::custody::{Custody, SBTC, event, fund_rules, tuple};

const INVALID_AMOUNT: u128 = 1_740_001;
const INVALID_SETTING: u128 = 1_740_002;
const WRONG_TOKEN: u128 = 1_740_003;
const INSUFFICIENT: u128 = 1_740_201;
const NOT_SUITE: u128 = 1_740_301;
const INDIRECT: u128 = 1_740_302;
const TRANSFER_FAILED: u128 = 1_740_303;
const NOT_ACCEPTED: u128 = 1_740_401;
const UNKNOWN_ACTIVATION: u128 = 1_740_402;
const UNKNOWN_POLICY: u128 = 1_740_403;
const ALREADY_TAKEN: u128 = 1_740_901;
const WRITTEN_OFF: u128 = 1_740_902;
const BELOW_TARGET: u128 = 1_741_201;
const FROZEN: u128 = 1_750_301;
const NOT_APPROVED: u128 = 1_140_301;
const MAX: &str = "u340282366920938463463374607431768211455";
const PERIOD: u64 = 2_592_000;

fn ready() -> Custody {
    let mut custody = Custody::ready();
    custody.watch(&["#sbtc", ".stx-token", ".fake-token"], &["@wallet_1", ".fake-pool"]);
    custody
}

/// With `amount` of a token in it, from wallet 1.
fn funded(token: &str, amount: u128) -> Custody {
    let mut custody = ready();
    custody.ok("wallet_1", &format!("insurance-fund contribute-to-fund u{amount} {token}"));
    custody
}

fn size(c: &mut Custody, token: &str) -> u128 {
    c.uint(&format!("insurance-fund get-fund-size {token}"))
}

fn covered(c: &mut Custody, reference: u128, amount: u128, token: &str) -> u128 {
    let outcome = c.ok("wallet_3", &format!("fake-pool cover u{reference} u{amount} {token}"));
    outcome.ok().unwrap().as_uint().unwrap()
}

#[test]
fn contributions_are_counted_by_source() {
    let mut c = ready();
    for token in ["#sbtc", ".stx-token"] {
        let outcome = c.ok("wallet_1", &format!("insurance-fund contribute-to-fund u500 {token}"));
        let printed = event(&outcome, "insurance-fund", "contribution-made");
        assert_eq!(printed.field("size").unwrap(), &Value::UInt(500));
        c.ok("wallet_1", &format!("insurance-fund contribute-to-fund u20 {token}"));
        // Through a contract of the suite the signer still pays.
        c.ok("wallet_2", &format!("fake-pool contribute u7 {token}"));
        assert_eq!(c.balance(token, ".insurance-fund"), 527);
        assert_eq!(size(&mut c, token), 527);
        let key = tuple([("source", c.principal("@wallet_1")), ("token", c.principal(token))]);
        let source = c.session.entry("insurance-fund", "sources", &key).unwrap().unwrap();
        assert_eq!(source.field("amount").unwrap(), &Value::UInt(520));
        assert_eq!(source.field("count").unwrap(), &Value::UInt(2));
    }
    let third = c.session.entry("insurance-fund", "contributions", &Value::UInt(3)).unwrap().unwrap();
    assert_eq!(third.field("source").unwrap(), &c.principal("@wallet_2"));
    assert_eq!(third.field("amount").unwrap(), &Value::UInt(7));

    for amount in ["u0", MAX] {
        c.refused("wallet_1", &format!("insurance-fund contribute-to-fund {amount} #sbtc"), INVALID_AMOUNT);
    }
    c.refused("wallet_1", "insurance-fund contribute-to-fund u5 .fake-unlisted", NOT_ACCEPTED);
    c.refused("wallet_1", "fake-between contribute u5 #sbtc", INDIRECT);
    c.refused("wallet_1", "insurance-fund book-surplus #sbtc", INVALID_AMOUNT);
    c.refused("wallet_1", "insurance-fund book-surplus .fake-unlisted", NOT_ACCEPTED);
    let sender = c.session.account("wallet_3").unwrap();
    let fund = c.session.contract("insurance-fund").unwrap();
    let gift = format!("(contract-call? '{SBTC} transfer u30 tx-sender '{fund} none)");
    c.session.evaluate(sender, &gift).unwrap().ok().unwrap();
    assert_eq!(size(&mut c, "#sbtc"), 527);
    c.ok("wallet_4", "insurance-fund book-surplus #sbtc");
    assert_eq!(size(&mut c, "#sbtc"), 557);
    c.refused("wallet_4", "insurance-fund book-surplus #sbtc", INVALID_AMOUNT);
}

#[test]
fn cover_is_limited_by_event_and_by_period_and_splitting_gains_nothing() {
    let mut c = funded("#sbtc", 10_000);
    // 50 % for an event, 80 % in 30 days.
    let now = c.session.now().unwrap();
    c.session.advance_to((now / PERIOD + 1) * PERIOD).unwrap();
    c.session.snapshot().unwrap();
    assert_eq!(covered(&mut c, 7, 9_000, "#sbtc"), 5_000);
    c.session.restore().unwrap();
    let parts: u128 =
        [1_000, 2_500, 1_400, 4_100].into_iter().map(|part| covered(&mut c, 7, part, "#sbtc")).sum();
    assert_eq!(parts, 5_000);
    assert_eq!(covered(&mut c, 7, 1, "#sbtc"), 0);
    assert_eq!(c.balance("#sbtc", ".liquidity-pool-vault"), 5_000);
    // The other half of the period's limit goes to the next events.
    assert_eq!(c.uint("insurance-fund get-coverable #sbtc u8"), 2_500);
    assert_eq!(covered(&mut c, 8, 2_499, "#sbtc"), 2_499);
    assert_eq!(covered(&mut c, 9, 900, "#sbtc"), 501);
    assert_eq!(covered(&mut c, 10, 900, "#sbtc"), 0);
    assert_eq!(size(&mut c, "#sbtc"), 2_000);
    // To the second: the period ends and the next one allows 80 % of what is left.
    let end = (c.session.now().unwrap() / PERIOD + 1) * PERIOD;
    c.session.advance_to(end - 10).unwrap();
    assert_eq!(c.uint("insurance-fund get-coverable #sbtc u10"), 0);
    c.session.advance_to(end).unwrap();
    assert_eq!(c.uint("insurance-fund get-coverable #sbtc u10"), 1_000);
    // An event's limit does not start again: of (2000 + 5000) / 2 it has had 5000.
    assert_eq!(c.uint("insurance-fund get-coverable #sbtc u7"), 0);

    let record = c.read("insurance-fund get-activation u6").to_source();
    for part in
        ["(asked u2499)", "(paid u2499)", "(reference u8)", "(category \"shortfall\")", "(recovered u0)"]
    {
        assert!(record.contains(part), "{part}: {record}");
    }
    assert_eq!(c.field("insurance-fund get-cover #sbtc u7", "asked"), 9_001);
    assert_eq!(c.field("insurance-fund get-cover #sbtc u7", "paid"), 5_000);
}

#[test]
fn cover_without_funds_or_for_unknown_tokens_is_zero_and_never_an_error() {
    let mut c = ready();
    for token in ["#sbtc", ".stx-token", ".fake-unlisted"] {
        let outcome = c.ok("wallet_3", &format!("fake-pool cover u7 u900 {token}"));
        assert_eq!(outcome.ok().unwrap(), &Value::UInt(0), "{token}");
        assert_eq!(outcome.events.len(), 1);
    }
    // A token that is not accepted any more still covers.
    c.ok("wallet_1", "insurance-fund contribute-to-fund u100 .stx-token");
    let rules = fund_rules(".stx-token", "u0", "u0", "u1000000", "u1000000")
        .replace("accepted: true", "accepted: false");
    c.ok("deployer", &rules);
    assert_eq!(covered(&mut c, 8, 900, ".stx-token"), 100);
    assert_eq!(c.balance(".stx-token", ".liquidity-pool-vault"), 100);
    // And the pool can book it.
    c.ok("wallet_3", "fake-pool credit u100 .stx-token");
    for amount in ["u0", MAX] {
        c.refused("wallet_3", &format!("fake-pool cover u7 {amount} #sbtc"), INVALID_AMOUNT);
    }
}

#[test]
fn only_pools_draw_cover_and_only_registries_hand_policies_over() {
    let mut c = funded("#sbtc", 10_000);
    c.ok("wallet_1", "fake-registry take u5 #sbtc u100");
    c.ok("deployer", "governance assign-role @wallet_5 \"guardian\"");
    for who in ["wallet_1", "wallet_5", "deployer"] {
        for call in [
            "insurance-fund cover-shortfall u7 u5 #sbtc",
            "fake-between cover u7 u5 #sbtc",
            "fake-registry cover u7 u5 #sbtc",
            "insurance-fund take-over-policy u6 #sbtc u5",
            "fake-between take u6 #sbtc u5",
            "fake-pool take u6 #sbtc u5",
        ] {
            c.refused(who, call, NOT_SUITE);
        }
        // A policy is known by the registry that handed it over: nobody else knows it.
        for call in [
            "insurance-fund settle-taken-policy u5 u5 @wallet_1 #sbtc",
            "fake-between settle-taken u5 u5 @wallet_1 #sbtc",
            "fake-pool settle-taken u5 u5 @wallet_1 #sbtc",
            "fake-successor settle-taken u5 u5 @wallet_1 #sbtc",
        ] {
            c.refused(who, call, UNKNOWN_POLICY);
        }
    }
    // Retiring, both still run off; their successors may too.
    c.replace("liquidity-pool", "fake-successor");
    assert_eq!(covered(&mut c, 7, 10, "#sbtc"), 10);
    c.ok("wallet_3", "fake-successor cover u7 u10 #sbtc");
}

#[test]
fn a_dead_registry_loses_its_rights() {
    let mut c = funded("#sbtc", 10_000);
    c.ok("wallet_1", "fake-registry take u5 #sbtc u100");
    c.replace("policy-registry", "fake-successor");
    c.ok("wallet_1", "fake-registry take u6 #sbtc u100");
    c.wait(91 * 86_400);
    c.ok("deployer", "upgrade-manager kill-version \"policy-registry\" .fake-registry");
    c.refused("wallet_1", "fake-registry settle-taken u5 u100 @wallet_2 #sbtc", NOT_SUITE);
    c.refused("wallet_1", "fake-registry take u7 #sbtc u100", NOT_SUITE);
}

#[test]
fn policies_taken_over_have_their_cover_set_aside() {
    let mut c = funded("#sbtc", 10_000);
    let outcome = c.ok("wallet_1", "fake-registry take u5 #sbtc u6000");
    let printed = event(&outcome, "insurance-fund", "policy-taken-over");
    assert_eq!(printed.field("reserved").unwrap(), &Value::UInt(6_000));
    c.refused("wallet_1", "fake-registry take u5 #sbtc u1", ALREADY_TAKEN);
    c.refused("wallet_1", "fake-registry take u6 #sbtc u4001", INSUFFICIENT);
    for amount in ["u0", MAX] {
        c.refused("wallet_1", &format!("fake-registry take u6 #sbtc {amount}"), INVALID_AMOUNT);
    }
    c.ok("wallet_1", "fake-registry take u6 #sbtc u2000");
    // Shortfalls draw on the rest only.
    assert_eq!(c.uint("insurance-fund get-coverable #sbtc u7"), 1_000);
    assert_eq!(covered(&mut c, 7, 5_000, "#sbtc"), 1_000);
    assert_eq!(c.field("insurance-fund get-fund-status #sbtc", "free"), 1_000);

    c.refused("wallet_1", "fake-registry settle-taken u9 u1 @wallet_2 #sbtc", UNKNOWN_POLICY);
    c.refused("wallet_1", "fake-registry settle-taken u5 u1 @wallet_2 .stx-token", WRONG_TOKEN);
    c.refused("wallet_1", "fake-registry settle-taken u5 u6001 @wallet_2 #sbtc", INVALID_AMOUNT);
    let before = c.balance("#sbtc", "@wallet_2");
    let outcome = c.ok("wallet_1", "fake-registry settle-taken u5 u4500 @wallet_2 #sbtc");
    let printed = event(&outcome, "insurance-fund", "taken-policy-settled");
    assert_eq!(printed.field("released").unwrap(), &Value::UInt(1_500));
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 4_500);
    c.refused("wallet_1", "fake-registry settle-taken u5 u1 @wallet_2 #sbtc", UNKNOWN_POLICY);
    // Out of the money: everything comes free, nothing is paid.
    c.ok("wallet_1", "fake-registry settle-taken u6 u0 @wallet_2 #sbtc");
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 4_500);
    assert_eq!(c.field("insurance-fund get-fund-status #sbtc", "free"), 4_500);
    assert_eq!(size(&mut c, "#sbtc"), 4_500);
    assert_eq!(c.balance("#sbtc", ".insurance-fund"), 4_500);
}

#[test]
fn recoveries_come_back_and_are_never_more_than_was_paid() {
    let mut c = funded("#sbtc", 10_000);
    assert_eq!(covered(&mut c, 7, 4_000, "#sbtc"), 4_000);
    let outcome = c.ok("wallet_2", "insurance-fund record-recovery u1 u1500 #sbtc");
    let printed = event(&outcome, "insurance-fund", "recovery-made");
    assert_eq!(printed.field("recovered").unwrap(), &Value::UInt(1_500));
    assert_eq!(size(&mut c, "#sbtc"), 7_500);
    c.ok("wallet_2", "fake-pool recover u1 u500 #sbtc");
    c.refused("wallet_2", "insurance-fund record-recovery u1 u2001 #sbtc", INVALID_AMOUNT);
    c.refused("wallet_2", "insurance-fund record-recovery u2 u1 #sbtc", UNKNOWN_ACTIVATION);
    c.refused("wallet_2", "insurance-fund record-recovery u1 u1 .stx-token", WRONG_TOKEN);
    c.refused("wallet_2", "insurance-fund record-recovery u1 u1 .fake-unlisted", NOT_ACCEPTED);
    c.refused("wallet_2", "fake-between recover u1 u1 #sbtc", INDIRECT);
    for amount in ["u0", MAX] {
        c.refused("wallet_2", &format!("insurance-fund record-recovery u1 {amount} #sbtc"), INVALID_AMOUNT);
    }
    c.refused("wallet_1", "insurance-fund write-off u1", NOT_APPROVED);
    c.refused("deployer", "insurance-fund write-off u2", UNKNOWN_ACTIVATION);
    let outcome = c.ok("deployer", "insurance-fund write-off u1");
    let printed = event(&outcome, "insurance-fund", "recovery-written-off");
    assert_eq!(printed.field("lost").unwrap(), &Value::UInt(2_000));
    c.refused("deployer", "insurance-fund write-off u1", WRITTEN_OFF);
    c.refused("wallet_2", "insurance-fund record-recovery u1 u1 #sbtc", WRITTEN_OFF);
}

#[test]
fn governance_takes_out_no_more_than_stands_above_the_target() {
    let mut c = funded("#sbtc", 10_000);
    // The target is the larger of 1000 and 5 % of the vault's balance.
    assert_eq!(c.uint("insurance-fund get-target-size #sbtc"), 1_000);
    c.ok("wallet_2", "fake-pool deposit u60001 #sbtc @wallet_2");
    assert_eq!(c.uint("insurance-fund get-target-size #sbtc"), 3_001);
    c.ok("wallet_1", "fake-registry take u5 #sbtc u2000");
    let out = |amount: &str, to: &str| format!("insurance-fund withdraw-surplus #sbtc {amount} {to}");
    for who in ["wallet_1", "wallet_5"] {
        c.refused(who, &out("u1", "@wallet_1"), NOT_APPROVED);
    }
    c.refused("deployer", "fake-between surplus #sbtc u1 @wallet_1", NOT_APPROVED);
    c.refused("deployer", &out("u5000", "@wallet_4"), BELOW_TARGET);
    c.refused("deployer", &out("u8001", "@wallet_4"), INSUFFICIENT);
    for amount in ["u0", MAX] {
        c.refused("deployer", &out(amount, "@wallet_4"), INVALID_AMOUNT);
    }
    c.refused("deployer", &out("u8000", ".insurance-fund"), BELOW_TARGET);
    let before = c.balance("#sbtc", "@wallet_4");
    c.ok("deployer", &out("u4999", "@wallet_4"));
    assert_eq!(c.balance("#sbtc", "@wallet_4"), before + 4_999);
    c.refused("deployer", &out("u1", "@wallet_4"), BELOW_TARGET);

    // A guardian stops that at once; claims go on; only governance allows it again.
    c.ok("deployer", "governance assign-role @wallet_5 \"guardian\"");
    c.refused("wallet_1", "insurance-fund set-withdrawals-frozen true", NOT_APPROVED);
    c.refused("wallet_5", "fake-between freeze true", NOT_APPROVED);
    c.ok("wallet_5", "insurance-fund set-withdrawals-frozen true");
    c.ok("wallet_1", "insurance-fund contribute-to-fund u100 #sbtc");
    c.refused("deployer", &out("u1", "@wallet_4"), FROZEN);
    assert_eq!(covered(&mut c, 7, 100, "#sbtc"), 100);
    c.ok("wallet_1", "fake-registry settle-taken u5 u2000 @wallet_2 #sbtc");
    c.refused("wallet_5", "insurance-fund set-withdrawals-frozen false", NOT_APPROVED);
    c.ok("deployer", "insurance-fund set-withdrawals-frozen false");
}

#[test]
fn a_successor_gets_everything_that_is_free() {
    let mut c = funded("#sbtc", 10_000);
    c.ok("wallet_1", "fake-registry take u5 #sbtc u2000");
    c.refused("deployer", "insurance-fund withdraw-surplus #sbtc u8000 .fake-successor", BELOW_TARGET);
    c.replace("insurance-fund", "fake-successor");
    c.refused("deployer", "insurance-fund withdraw-surplus #sbtc u8001 .fake-successor", INSUFFICIENT);
    c.ok("deployer", "insurance-fund withdraw-surplus #sbtc u8000 .fake-successor");
    c.ok("wallet_1", "fake-registry settle-taken u5 u2000 @wallet_2 #sbtc");
    assert_eq!(c.balance("#sbtc", ".insurance-fund"), 0);
}

#[test]
fn rules_have_bounds_and_health_follows_the_size() {
    let mut c = ready();
    c.refused("wallet_1", &fund_rules("#sbtc", "u0", "u0", "u0", "u0"), NOT_APPROVED);
    for rules in [
        fund_rules("#sbtc", MAX, "u0", "u0", "u0"),
        fund_rules("#sbtc", "u0", "u10000001", "u0", "u0"),
        fund_rules("#sbtc", "u0", "u0", "u1000001", "u0"),
        fund_rules("#sbtc", "u0", "u0", "u0", "u1000001"),
        fund_rules("#sbtc", "u0", "u0", "u0", "u0").replace("base-rate: u100000", "base-rate: u400001"),
        fund_rules("#sbtc", "u0", "u0", "u0", "u0").replace("max-rate: u400000", "max-rate: u1000001"),
    ] {
        c.refused("deployer", &rules, INVALID_SETTING);
    }
    c.ok("wallet_2", "fake-pool deposit u100000 #sbtc @wallet_2");
    // Target 5000; the rate falls from 40 % with nothing to 10 % at the target.
    for (amount, rate) in
        [(0, 400_000), (1_250, 325_000), (1_250, 250_000), (2_500, 100_000), (5_000, 100_000)]
    {
        if amount > 0 {
            c.ok("wallet_1", &format!("insurance-fund contribute-to-fund u{amount} #sbtc"));
        }
        assert_eq!(c.uint("insurance-fund get-recommended-contribution-rate #sbtc"), rate);
    }
    let status = c.read("insurance-fund get-fund-status #sbtc");
    assert_eq!(status.field("ratio").unwrap(), &Value::UInt(100_000));
    assert_eq!(status.field("healthy").unwrap(), &Value::Bool(true));
    assert_eq!(c.field("insurance-fund get-fund-status .stx-token", "ratio"), 0);
    let outcome = c.ok("wallet_4", "insurance-fund report-health #sbtc");
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(100_000));
    let day = c.session.now().unwrap() / 86_400;
    assert_eq!(c.field(&format!("analytics get-metric \"fund-ratio\" u{day}"), "last"), 100_000);
    c.refused("wallet_4", "insurance-fund report-health .fake-unlisted", NOT_ACCEPTED);
}

#[test]
fn a_malicious_token_harms_only_itself() {
    let mut c = ready();
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        c.ok("wallet_1", &format!("insurance-fund contribute-to-fund u10000 {token}"));
    }
    c.ok("wallet_1", "fake-registry take u5 .fake-token u2000");
    let calls = [
        ("wallet_1", "insurance-fund contribute-to-fund u10 .fake-token"),
        ("wallet_1", "fake-pool cover u7 u10 .fake-token"),
        ("wallet_1", "fake-registry settle-taken u5 u10 @wallet_1 .fake-token"),
        ("deployer", "insurance-fund withdraw-surplus .fake-token u10 @wallet_1"),
    ];
    for (who, call) in calls {
        for (mode, code) in [
            ("refuse", 777),
            ("more", TRANSFER_FAILED),
            ("steal-stx", TRANSFER_FAILED),
            ("steal-sbtc", TRANSFER_FAILED),
        ] {
            c.ok("deployer", &format!("fake-token set-mode \"{mode}\""));
            c.refused(who, call, code);
        }
        c.ok("deployer", "fake-token set-mode \"fund-surplus-sbtc\"");
        c.ok(who, call);
        assert_eq!(c.read("fake-token get-said").as_response().unwrap(), Err(&Value::UInt(INVALID_AMOUNT)));
    }
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        assert_eq!(c.balance(token, ".insurance-fund"), size(&mut c, token), "{token}");
    }
}
