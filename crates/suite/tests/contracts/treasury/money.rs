//! What becomes of the fees: distribution, payments, swaps, and tokens that fight back.

use bithedge_stacks::Value;

use super::*;
use crate::custody::event;

#[test]
fn fees_are_distributed_by_the_table() {
    let mut c = ready();
    c.refused("wallet_4", "treasury distribute #sbtc", NOTHING_DUE);
    c.refused("wallet_4", "treasury distribute .fake-unlisted", NOT_ACCEPTED);
    c.ok("deployer", "treasury set-allocation \"insurance\" u300000 .insurance-fund true \"the backstop\"");
    c.ok("deployer", "treasury set-allocation \"team\" u200000 @wallet_2 true \"development\"");
    c.ok("deployer", "treasury set-allocation \"asleep\" u400000 @wallet_3 false \"later\"");
    c.ok("deployer", "treasury set-allocation \"more\" u100001 @wallet_2 true \"the same recipient again\"");
    collect(&mut c, "#sbtc", 1_009);
    collect(&mut c, ".stx-token", 7);
    assert_eq!(parts(&mut c, "#sbtc"), [1_009, 0, 0, 0, 1_009]);
    let outcome = c.ok("wallet_4", "treasury distribute #sbtc");
    // 30 % of 1009 = 302.7, 20 % = 201.8, 10.0001 % = 100.9: each rounded down, what is left is the treasury's.
    assert_eq!(c.balance("#sbtc", ".insurance-fund"), 302);
    assert_eq!(c.uint("insurance-fund get-fund-size #sbtc"), 302);
    assert_eq!(c.uint("treasury get-credit @wallet_2 #sbtc"), 301);
    assert_eq!(c.uint("treasury get-credit @wallet_3 #sbtc"), 0);
    assert_eq!(parts(&mut c, "#sbtc"), [0, 301, 0, 406, 707]);
    assert_eq!(c.balance("#sbtc", ".treasury"), 707);
    let names: Vec<_> = outcome
        .prints()
        .filter(|(from, _)| from.to_string().ends_with(".treasury"))
        .map(|(_, value)| value.field("event").unwrap().as_ascii().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["fees-distributed", "allocation-paid"]);
    let key = Value::UInt(1);
    let record = c.session.entry("treasury", "distributions", &key).unwrap().unwrap();
    assert_eq!(record.field("amount").unwrap(), &Value::UInt(1_009));
    assert_eq!(record.field("kept").unwrap(), &Value::UInt(406));
    let amounts = [302, 201, 0, 100].map(Value::UInt);
    assert_eq!(record.field("amounts").unwrap().as_list().unwrap(), amounts);
    c.refused("wallet_4", "treasury distribute #sbtc", NOTHING_DUE);

    // Anyone may have a credit paid, to its owner only.
    let before = c.balance("#sbtc", "@wallet_2");
    let outcome = c.ok("wallet_4", "treasury claim-allocation #sbtc @wallet_2");
    event(&outcome, "treasury", "allocation-paid");
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 301);
    c.refused("wallet_2", "treasury claim-allocation #sbtc @wallet_2", NOTHING_DUE);
    c.refused("wallet_4", "treasury claim-allocation #sbtc @wallet_4", NOTHING_DUE);

    // A fund that does not take the token holds up nothing, and gets its share when it does.
    c.ok(
        "deployer",
        &crate::custody::fund_rules(".stx-token", "u0", "u0", "u0", "u0")
            .replace("accepted: true", "accepted: false"),
    );
    c.ok("wallet_4", "treasury distribute .stx-token");
    assert_eq!(c.uint("treasury get-credit .insurance-fund .stx-token"), 2);
    c.refused("wallet_4", "treasury claim-allocation .stx-token .insurance-fund", 1_740_401);
    c.ok("deployer", &crate::custody::fund_rules(".stx-token", "u0", "u0", "u0", "u0"));
    collect(&mut c, ".stx-token", 10);
    c.ok("wallet_4", "treasury distribute .stx-token");
    assert_eq!(c.uint("insurance-fund get-fund-size .stx-token"), 5);
    assert_eq!(c.uint("treasury get-credit .insurance-fund .stx-token"), 0);
}

#[test]
fn a_distribution_reports_the_fees_value_to_analytics() {
    let mut c = ready();
    // 5 % of a premium of 2,000 satoshis that is worth 130 USD: 6.5 USD; twice.
    for _ in 0..2 {
        c.ok("wallet_1", "fake-registry fee \"purchase\" u2000 u13000000000 @wallet_1 #sbtc");
    }
    c.ok("wallet_1", "treasury distribute #sbtc");
    let day = c.session.now().unwrap() / DAY;
    let metric = format!("analytics get-metric \"fees-usd\" u{day}");
    assert_eq!(c.field(&metric, "sum"), 1_300_000_000);
    c.ok("wallet_1", "fake-registry fee \"purchase\" u2000 u13000000000 @wallet_1 #sbtc");
    c.ok("wallet_1", "treasury distribute #sbtc");
    assert_eq!(c.field(&metric, "sum"), 1_950_000_000);
}

#[test]
fn the_allocation_table_keeps_its_bounds_and_its_history() {
    let mut c = ready();
    let set = |id: &str, share: &str, active: bool| {
        format!("treasury set-allocation \"{id}\" {share} @wallet_2 {active} \"text\"")
    };
    c.ok("deployer", &set("a", "u600000", true));
    c.refused("deployer", &set("b", "u400001", true), INVALID_SETTING);
    c.refused("deployer", &set("b", "u1000001", false), INVALID_SETTING);
    c.refused("deployer", &set("b", MAX, true), INVALID_SETTING);
    c.refused("deployer", "treasury set-allocation \"b\" u1 .treasury true \"itself\"", INVALID_SETTING);
    c.ok("deployer", &set("b", "u400000", true));
    c.refused("deployer", &set("a", "u600001", true), INVALID_SETTING);
    let outcome = c.ok("deployer", &set("a", "u600000", false));
    let printed = event(&outcome, "treasury", "allocation-set");
    assert_eq!(printed.field("allocated-share").unwrap(), &Value::UInt(400_000));
    assert_eq!(printed.field("version").unwrap(), &Value::UInt(2));
    c.ok("deployer", &set("b", "u1000000", true));
    c.refused("deployer", &set("a", "u1", true), INVALID_SETTING);
    for (version, share, active) in [(1, 600_000, true), (2, 600_000, false)] {
        let key =
            crate::custody::tuple([("id", Value::ascii("a").unwrap()), ("version", Value::UInt(version))]);
        let row = c.session.entry("treasury", "allocations", &key).unwrap().unwrap();
        assert_eq!(row.field("share").unwrap(), &Value::UInt(share));
        assert_eq!(row.field("active").unwrap(), &Value::Bool(active));
    }
    assert_eq!(c.field("treasury get-allocation \"a\"", "version"), 2);
    for id in ["c", "d", "e", "f", "g", "h", "i", "j"] {
        c.ok("deployer", &set(id, "u0", true));
    }
    c.refused("deployer", &set("k", "u0", true), TOO_MANY);
    c.ok("deployer", &set("j", "u0", false));
}

#[test]
fn governed_functions_need_governance_and_their_bounds_hold() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 1_000);
    c.ok("wallet_1", "treasury distribute #sbtc");
    c.ok("deployer", "governance assign-role @wallet_5 \"treasurer\"");
    for who in ["wallet_1", "wallet_5"] {
        for call in [
            "fee-schedule set-fee-rate \"purchase\" u0",
            "fee-schedule set-discount-tiers (list {threshold: u1, discount: u1})",
            "treasury set-token #sbtc false u0",
            "treasury set-allocation \"mine\" u1000000 @wallet_1 true \"all\"",
            "treasury execute-payment #sbtc u1 @wallet_1 \"please\"",
            "treasury pay-compensation u1 #sbtc u1 @wallet_1",
            "treasury approve-swap #sbtc u1 .fake-token u1 u1767300000",
            "treasury cancel-swap u1",
        ] {
            c.refused(who, call, NOT_APPROVED);
        }
    }
    c.refused("deployer", "fake-between treasury-token .fake-token", NOT_APPROVED);
    c.refused("deployer", "fake-between pay-out #sbtc u1 @wallet_1", NOT_APPROVED);
    c.refused("deployer", "fee-schedule set-fee-rate \"purchase\" u200001", FEE_INVALID_SETTING);
    c.refused("deployer", &format!("treasury set-token #sbtc true {MAX}"), INVALID_AMOUNT);
    for tiers in [
        "{threshold: u0, discount: u1}",
        "{threshold: u5, discount: u0}",
        "{threshold: u5, discount: u500001}",
        "{threshold: u5, discount: u10} {threshold: u5, discount: u20}",
        "{threshold: u5, discount: u10} {threshold: u6, discount: u10}",
    ] {
        c.refused(
            "deployer",
            &format!("fee-schedule set-discount-tiers (list {tiers} )"),
            FEE_INVALID_SETTING,
        );
    }
    let tiers = "(list {threshold: u5, discount: u10} {threshold: u6, discount: u500000})";
    c.ok("deployer", &format!("fee-schedule set-discount-tiers {tiers}"));
}

#[test]
fn payments_leave_the_reserve_alone_and_a_dispute_is_compensated_once() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 1_000);
    collect(&mut c, ".stx-token", 1_000);
    // Fees that are not distributed are nobody's to pay out.
    c.refused("deployer", "treasury execute-payment #sbtc u1 @wallet_2 \"early\"", INSUFFICIENT);
    c.ok("wallet_1", "treasury distribute #sbtc");
    c.ok("wallet_1", "treasury distribute .stx-token");
    c.ok("deployer", "treasury set-token #sbtc true u600");
    assert_eq!(parts(&mut c, "#sbtc"), [0, 0, 600, 400, 1_000]);
    for amount in ["u0", MAX] {
        c.refused(
            "deployer",
            &format!("treasury execute-payment #sbtc {amount} @wallet_2 \"x\""),
            INVALID_AMOUNT,
        );
    }
    c.refused("deployer", "treasury execute-payment #sbtc u401 @wallet_2 \"x\"", INSUFFICIENT);
    c.refused("deployer", "treasury execute-payment .fake-unlisted u1 @wallet_2 \"x\"", NOT_ACCEPTED);
    let before = c.balance("#sbtc", "@wallet_2");
    let outcome = c.ok("deployer", "treasury execute-payment #sbtc u300 @wallet_2 \"audit\"");
    event(&outcome, "treasury", "payment-made");
    let outcome = c.ok("deployer", "treasury pay-compensation u9 #sbtc u100 @wallet_2");
    event(&outcome, "treasury", "compensation-paid");
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 400);
    c.refused("deployer", "treasury pay-compensation u9 .stx-token u1 @wallet_2", ALREADY_COMPENSATED);
    c.refused("deployer", "treasury pay-compensation u10 #sbtc u1 @wallet_2", INSUFFICIENT);
    c.ok("deployer", "treasury pay-compensation u10 .stx-token u1 @wallet_2");
    // A reserve above the holdings fills up.
    c.ok("deployer", "treasury set-token #sbtc true u5000");
    assert_eq!(parts(&mut c, "#sbtc"), [0, 0, 600, 0, 600]);
    // Payments to the insurance fund are booked there.
    c.ok("deployer", "treasury execute-payment .stx-token u99 .insurance-fund \"top up\"");
    assert_eq!(c.uint("insurance-fund get-fund-size .stx-token"), 99);
}

#[test]
fn what_is_sent_plainly_is_booked_as_holdings_once() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 50);
    c.refused("wallet_1", "treasury book-surplus #sbtc", NOTHING_DUE);
    let sender = c.session.account("wallet_3").unwrap();
    let treasury = c.session.contract("treasury").unwrap();
    let gift = format!("(contract-call? '{} transfer u30 tx-sender '{treasury} none)", crate::custody::SBTC);
    c.session.evaluate(sender, &gift).unwrap().ok().unwrap();
    assert_eq!(parts(&mut c, "#sbtc"), [50, 0, 0, 0, 50]);
    let outcome = c.ok("wallet_1", "treasury book-surplus #sbtc");
    event(&outcome, "treasury", "surplus-booked");
    assert_eq!(parts(&mut c, "#sbtc"), [50, 0, 0, 30, 80]);
    c.refused("wallet_1", "treasury book-surplus #sbtc", NOTHING_DUE);
}

#[test]
fn swaps_are_filled_at_their_terms_and_end_on_time() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 1_000);
    c.ok("wallet_1", "treasury distribute #sbtc");
    let now = c.session.now().unwrap();
    let offer = |sell: &str, amount: &str, buy: &str, price: &str, until: u64| {
        format!("treasury approve-swap {sell} {amount} {buy} {price} u{until}")
    };
    let end = now + 7 * DAY;
    for (call, code) in [
        (offer("#sbtc", "u0", ".stx-token", "u5", end), INVALID_AMOUNT),
        (offer("#sbtc", "u5", ".stx-token", "u0", end), INVALID_AMOUNT),
        (offer("#sbtc", MAX, ".stx-token", "u5", end), INVALID_AMOUNT),
        (offer("#sbtc", "u5", ".stx-token", MAX, end), INVALID_AMOUNT),
        (offer("#sbtc", "u5", "#sbtc", "u5", end), INVALID_SWAP),
        (offer("#sbtc", "u5", ".stx-token", "u5", now), INVALID_SWAP),
        (offer("#sbtc", "u5", ".stx-token", "u5", end + 1), INVALID_SWAP),
        (offer("#sbtc", "u5", ".fake-between", "u5", end), NOT_ACCEPTED),
    ] {
        c.refused("deployer", &call, code);
    }
    let outcome = c.ok("deployer", &offer("#sbtc", "u700", ".stx-token", "u9000", end));
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(1));
    c.ok("deployer", &offer("#sbtc", "u301", ".stx-token", "u5", end));
    c.ok("deployer", &offer("#sbtc", "u100", ".stx-token", "u5", end));
    c.ok("deployer", &offer("#sbtc", "u100", ".stx-token", "u5", end));
    c.refused("wallet_2", "treasury fill-swap u9 #sbtc .stx-token", UNKNOWN_SWAP);
    c.refused("wallet_2", "treasury fill-swap u1 .stx-token #sbtc", INVALID_SWAP);
    c.refused("wallet_2", "treasury fill-swap u1 .fake-token .stx-token", INVALID_SWAP);
    c.refused("wallet_2", "treasury fill-swap u1 #sbtc .fake-token", INVALID_SWAP);
    c.refused("wallet_2", "fake-between fill u1 #sbtc .stx-token", NOT_PAYER);
    let (sats, stx) = (c.balance("#sbtc", "@wallet_2"), c.balance(".stx-token", "@wallet_2"));
    let outcome = c.ok("wallet_2", "treasury fill-swap u1 #sbtc .stx-token");
    event(&outcome, "treasury", "swap-filled");
    assert_eq!(c.balance("#sbtc", "@wallet_2"), sats + 700);
    assert_eq!(c.balance(".stx-token", "@wallet_2"), stx - 9_000);
    assert_eq!(parts(&mut c, "#sbtc"), [0, 0, 0, 300, 300]);
    assert_eq!(parts(&mut c, ".stx-token"), [0, 0, 0, 9_000, 9_000]);
    c.refused("wallet_2", "treasury fill-swap u1 #sbtc .stx-token", UNKNOWN_SWAP);
    // More was offered than is left, which only the last to come finds out.
    c.refused("wallet_2", "treasury fill-swap u2 #sbtc .stx-token", INSUFFICIENT);
    let outcome = c.ok("deployer", "treasury cancel-swap u3");
    event(&outcome, "treasury", "swap-cancelled");
    c.refused("deployer", "treasury cancel-swap u3", UNKNOWN_SWAP);
    c.refused("wallet_2", "treasury fill-swap u3 #sbtc .stx-token", UNKNOWN_SWAP);
    // Somebody who cannot pay changes nothing.
    c.refused("wallet_6", "treasury fill-swap u4 #sbtc .fake-token", INVALID_SWAP);
    c.session.advance_to(end - 10).unwrap();
    c.session.snapshot().unwrap();
    c.ok("wallet_2", "treasury fill-swap u4 #sbtc .stx-token");
    c.session.restore().unwrap();
    c.session.advance_to(end).unwrap();
    c.refused("wallet_2", "treasury fill-swap u4 #sbtc .stx-token", SWAP_EXPIRED);
}

#[test]
fn a_malicious_token_harms_only_itself() {
    let mut c = ready();
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        collect(&mut c, token, 1_000);
        c.ok("wallet_1", &format!("treasury distribute {token}"));
    }
    let until = c.session.now().unwrap() + DAY;
    c.ok("deployer", &format!("treasury approve-swap #sbtc u400 .fake-token u10 u{until}"));
    c.ok("deployer", &format!("treasury approve-swap .fake-token u400 #sbtc u10 u{until}"));
    let fee = "fake-registry fee \"test\" u50 u0 @wallet_1 .fake-token";
    let payment = "treasury execute-payment .fake-token u10 @wallet_2 \"x\"";
    let fill = "treasury fill-swap u1 #sbtc .fake-token";
    let filled_from = "treasury fill-swap u2 .fake-token #sbtc";
    for (who, call) in
        [("wallet_1", fee), ("deployer", payment), ("wallet_1", fill), ("wallet_1", filled_from)]
    {
        for (mode, code) in [
            ("refuse", 777),
            ("more", TRANSFER_FAILED),
            ("steal-stx", TRANSFER_FAILED),
            ("steal-sbtc", TRANSFER_FAILED),
        ] {
            c.ok("deployer", &format!("fake-token set-mode \"{mode}\""));
            // One satoshi of the sBTC that pays for the second swap is within its allowance only if it is the price.
            c.refused(who, call, code);
        }
    }
    // While the fake token is paid in for sBTC, no sBTC is off the books that could be booked twice.
    c.ok("deployer", "fake-token set-mode \"surplus-sbtc\"");
    c.ok("wallet_1", fill);
    assert_eq!(c.read("fake-token get-said").as_response().unwrap(), Err(&Value::UInt(NOTHING_DUE)));
    c.ok("deployer", "fake-token set-mode \"surplus-sbtc\"");
    c.ok("wallet_1", filled_from);
    assert_eq!(c.read("fake-token get-said").as_response().unwrap(), Err(&Value::UInt(NOTHING_DUE)));
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        assert_eq!(c.balance(token, ".treasury"), parts(&mut c, token)[4], "{token}");
    }
}

#[test]
fn decisions_by_vote_are_carried_out_by_anyone_once_and_exactly() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 1_000);
    c.ok("wallet_1", "treasury distribute #sbtc");
    c.decide(&[
        (
            "treasury",
            "execute-payment",
            "{token: #sbtc , amount: u70, recipient: @wallet_2 , reason: \"work\"}",
        ),
        ("fee-schedule", "set-fee-rate", "{operation: \"purchase\", rate: u1000}"),
        ("liquidity-pool-vault", "set-token", "{token: #sbtc , accepted: false}"),
        ("insurance-fund", "set-withdrawals-frozen", "{frozen: true}"),
    ]);
    let before = c.balance("#sbtc", "@wallet_2");
    for call in [
        "treasury execute-payment #sbtc u71 @wallet_2 \"work\"",
        "treasury execute-payment #sbtc u70 @wallet_3 \"work\"",
        "treasury execute-payment .stx-token u70 @wallet_2 \"work\"",
        "treasury execute-payment #sbtc u70 @wallet_2 \"more work\"",
        "fee-schedule set-fee-rate \"deposit\" u1000",
        "liquidity-pool-vault set-token #sbtc true",
    ] {
        c.refused("wallet_4", call, NOT_APPROVED);
        c.refused("deployer", call, NOT_APPROVED);
    }
    c.ok("wallet_4", "treasury execute-payment #sbtc u70 @wallet_2 \"work\"");
    c.ok("wallet_4", "fee-schedule set-fee-rate \"purchase\" u1000");
    c.ok("wallet_4", "liquidity-pool-vault set-token #sbtc false");
    c.ok("wallet_4", "insurance-fund set-withdrawals-frozen true");
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 70);
    assert!(c.call("wallet_4", "treasury execute-payment #sbtc u70 @wallet_2 \"work\"").err_code().is_ok());
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before + 70);
}

#[test]
fn a_swap_that_ends_while_it_is_paid_for_is_not_filled() {
    let mut c = ready();
    collect(&mut c, "#sbtc", 1_000);
    c.ok("wallet_1", "treasury distribute #sbtc");
    // Both are decided, and carried out by whoever comes: here the second by the token, while it pays for the first.
    let until = c.session.now().unwrap() + 10 * DAY;
    let terms =
        format!("{{sell: #sbtc , amount: u400, buy: .fake-token , price: u10, expires-at: u{until}}}");
    c.decide(&[("treasury", "approve-swap", &terms), ("treasury", "cancel-swap", "{id: u1}")]);
    let approved = c.ok("wallet_4", &format!("treasury approve-swap #sbtc u400 .fake-token u10 u{until}"));
    assert_eq!(approved.ok().unwrap(), &Value::UInt(1));
    c.session.snapshot().unwrap();
    let before = ["#sbtc", ".fake-token"].map(|token| (c.balance(token, "@wallet_2"), parts(&mut c, token)));
    let fill = "treasury fill-swap u1 #sbtc .fake-token";
    c.ok("wallet_8", "fake-token set-mode \"cancel-swap\"");
    c.refused("wallet_2", fill, UNKNOWN_SWAP);
    let after = ["#sbtc", ".fake-token"].map(|token| (c.balance(token, "@wallet_2"), parts(&mut c, token)));
    assert_eq!(after, before);
    // It ended nothing either: the swap is still there, and so is the decision to withdraw it.
    c.ok("wallet_8", "fake-token set-mode \"\"");
    c.ok("wallet_2", fill);
    assert_eq!(c.balance("#sbtc", "@wallet_2"), before[0].0 + 400);
    c.session.restore().unwrap();
    c.ok("wallet_4", "treasury cancel-swap u1");
    c.refused("wallet_2", fill, UNKNOWN_SWAP);
}
