//! The vault: who may move what, the books, and tokens that fight back.

use crate::custody::{Custody, SBTC, event};

const NOT_BACKEND: u128 = 1_540_301;
const INVALID_AMOUNT: u128 = 1_540_001;
const INSUFFICIENT: u128 = 1_540_201;
const LOCK_EXCEEDS: u128 = 1_540_202;
const NOT_ARRIVED: u128 = 1_540_203;
const NOT_DEPOSITOR: u128 = 1_540_302;
const TRANSFER_FAILED: u128 = 1_540_303;
const NOT_ACCEPTED: u128 = 1_540_401;
const RELEASE_EXCEEDS: u128 = 1_540_901;
const ALREADY_SET: u128 = 1_540_902;
const NOT_CURRENT: u128 = 1_540_903;
const NOT_APPROVED: u128 = 1_140_301;
const MAX: &str = "u340282366920938463463374607431768211455";

fn watched() -> Custody {
    let mut custody = Custody::ready();
    custody.watch(&["#sbtc", ".stx-token", ".fake-token"], &[".fake-pool", ".fake-successor", "@wallet_1"]);
    custody
}

#[test]
fn money_goes_in_and_out_for_the_pool_and_the_books_follow() {
    let mut c = watched();
    for token in ["#sbtc", ".stx-token"] {
        let paid = c.balance(token, "@wallet_1");
        let outcome = c.ok("wallet_1", &format!("fake-pool deposit u1000 {token} @wallet_1"));
        let printed = event(&outcome, "liquidity-pool-vault", "funds-deposited");
        for (field, value) in [("amount", 1_000), ("balance", 1_000), ("locked", 0), ("total-balance", 1_000)]
        {
            assert_eq!(printed.field(field).unwrap().as_uint().unwrap(), value, "{field}");
        }
        assert_eq!(printed.field("from").unwrap(), &c.principal("@wallet_1"));
        assert_eq!(printed.field("backend").unwrap(), &c.principal(".fake-pool"));
        assert_eq!(printed.field("token").unwrap(), &c.principal(token));
        assert_eq!(c.balance(token, "@wallet_1"), paid - 1_000);
        assert_eq!(c.balance(token, ".liquidity-pool-vault"), 1_000);

        let locked = c.ok("wallet_1", &format!("fake-pool lock (list u7 u8) u600 {token}"));
        let printed = event(&locked, "liquidity-pool-vault", "collateral-locked");
        assert_eq!(printed.field("locked").unwrap().as_uint().unwrap(), 600);
        assert_eq!(printed.field("policy-ids").unwrap().as_list().unwrap().len(), 2);
        c.refused("wallet_1", &format!("fake-pool lock (list u7) u401 {token}"), LOCK_EXCEEDS);
        c.refused("wallet_1", &format!("fake-pool withdraw u401 {token} @wallet_2"), INSUFFICIENT);
        c.refused("wallet_1", &format!("fake-pool settle u7 @wallet_2 u401 {token}"), INSUFFICIENT);
        c.refused("wallet_1", &format!("fake-pool release (list u7) u601 {token}"), RELEASE_EXCEEDS);

        let before = c.balance(token, "@wallet_2");
        let withdrawn = c.ok("wallet_1", &format!("fake-pool withdraw u400 {token} @wallet_2"));
        event(&withdrawn, "liquidity-pool-vault", "funds-withdrawn");
        c.refused("wallet_1", &format!("fake-pool withdraw u1 {token} @wallet_2"), INSUFFICIENT);
        let released = c.ok("wallet_1", &format!("fake-pool release (list u7 u8) u600 {token}"));
        event(&released, "liquidity-pool-vault", "collateral-released");
        let settled = c.ok("wallet_1", &format!("fake-pool settle u7 @wallet_2 u500 {token}"));
        let printed = event(&settled, "liquidity-pool-vault", "settlement-paid");
        assert_eq!(printed.field("policy-id").unwrap().as_uint().unwrap(), 7);
        assert_eq!(printed.field("total-balance").unwrap().as_uint().unwrap(), 100);
        assert_eq!(c.balance(token, "@wallet_2"), before + 900);
        assert_eq!(c.balance(token, ".liquidity-pool-vault"), 100);
    }
    assert_eq!(c.uint("liquidity-pool-vault get-total-sbtc-balance"), 100);
    assert_eq!(c.uint("liquidity-pool-vault get-total-stx-balance"), 100);
    c.ok("wallet_1", "fake-pool lock (list) u30 #sbtc");
    c.ok("wallet_1", "fake-pool lock (list) u20 .stx-token");
    assert_eq!(c.uint("liquidity-pool-vault get-total-sbtc-locked"), 30);
    assert_eq!(c.uint("liquidity-pool-vault get-total-stx-locked"), 20);
    assert!(c.read("liquidity-pool-vault get-sbtc-token-principal").to_source().contains(SBTC));
    assert!(c.read("liquidity-pool-vault get-backend-principal").to_source().contains("fake-pool"));
}

#[test]
fn nobody_but_the_backend_moves_anything() {
    let mut c = watched();
    c.ok("wallet_1", "fake-pool deposit u1000 #sbtc @wallet_1");
    c.ok("wallet_1", "fake-pool lock (list u1) u500 #sbtc");
    // A stranger, a wallet with roles, the deployer, and contracts in between: unregistered, or of another name.
    c.ok("deployer", "governance assign-role @wallet_5 \"guardian\"");
    c.ok("deployer", "governance assign-role @wallet_5 \"treasurer\"");
    for who in ["wallet_1", "wallet_5", "deployer"] {
        let user = format!("@{who}");
        for call in [
            format!("liquidity-pool-vault deposit-funds u5 #sbtc {user}"),
            "liquidity-pool-vault credit-funds u5 #sbtc".to_owned(),
            format!("liquidity-pool-vault withdraw-funds u5 #sbtc {user}"),
            "liquidity-pool-vault lock-collateral-aggregate (list u1) u5 #sbtc".to_owned(),
            "liquidity-pool-vault release-collateral-aggregate (list u1) u5 #sbtc".to_owned(),
            format!("liquidity-pool-vault settle-policy u1 {user} u5 #sbtc"),
        ] {
            c.refused(who, &call, NOT_BACKEND);
        }
        for between in ["fake-between", "fake-registry", "fake-successor"] {
            for call in [
                format!("{between} deposit u5 #sbtc {user}"),
                format!("{between} credit u5 #sbtc"),
                format!("{between} withdraw u5 #sbtc {user}"),
                format!("{between} lock (list u1) u5 #sbtc"),
                format!("{between} release (list u1) u5 #sbtc"),
                format!("{between} settle u1 {user} u5 #sbtc"),
            ] {
                c.refused(who, &call, NOT_BACKEND);
            }
        }
    }
    // The pool cannot take from somebody who did not sign.
    c.refused("wallet_2", "fake-pool deposit u5 #sbtc @wallet_1", NOT_DEPOSITOR);
}

#[test]
fn governed_functions_need_governance_and_keep_their_rules() {
    let mut c = watched();
    for who in ["wallet_1", "wallet_5"] {
        for call in [
            "liquidity-pool-vault set-token .stx-token false",
            "liquidity-pool-vault set-sbtc-token-principal #sbtc",
            "liquidity-pool-vault set-backend-principal .fake-pool",
        ] {
            c.refused(who, call, NOT_APPROVED);
        }
    }
    // Not through a contract that the deployer was talked into calling either.
    c.refused("deployer", "fake-between vault-token .fake-successor", NOT_APPROVED);
    c.refused("deployer", "liquidity-pool-vault set-sbtc-token-principal .stx-token", ALREADY_SET);
    c.refused("deployer", "liquidity-pool-vault set-sbtc-token-principal .fake-successor", NOT_ACCEPTED);
    c.ok("deployer", "liquidity-pool-vault set-sbtc-token-principal #sbtc");
    c.refused("deployer", "liquidity-pool-vault set-backend-principal .fake-registry", NOT_CURRENT);
    c.refused("deployer", "liquidity-pool-vault set-backend-principal @wallet_1", NOT_CURRENT);
    let outcome = c.ok("deployer", "liquidity-pool-vault set-backend-principal .fake-pool");
    event(&outcome, "liquidity-pool-vault", "backend-set");
}

#[test]
fn absurd_amounts_and_unknown_tokens_are_refused() {
    let mut c = watched();
    c.ok("wallet_1", "fake-pool deposit u1000 #sbtc @wallet_1");
    for amount in ["u0", MAX, "u1000000000000000001"] {
        for call in [
            format!("fake-pool deposit {amount} #sbtc @wallet_1"),
            format!("fake-pool credit {amount} #sbtc"),
            format!("fake-pool withdraw {amount} #sbtc @wallet_1"),
            format!("fake-pool lock (list u1) {amount} #sbtc"),
            format!("fake-pool release (list u1) {amount} #sbtc"),
            format!("fake-pool settle u1 @wallet_1 {amount} #sbtc"),
        ] {
            c.refused("wallet_1", &call, INVALID_AMOUNT);
        }
    }
    // More than the depositor has is the token's own refusal.
    c.refused("wallet_1", "fake-pool deposit u1000000000000000000 #sbtc @wallet_1", 1);
    c.refused("wallet_1", "fake-pool deposit u1000000000000000000 .stx-token @wallet_1", 2_640_201);

    let mut bare = Custody::bare(bithedge_vm::Options::default());
    bare.ok(
        "deployer",
        "upgrade-manager register-contract \"liquidity-pool\" .fake-pool \"1.0.0\" true true",
    );
    assert_eq!(bare.uint("liquidity-pool-vault get-total-sbtc-balance"), 0);
    assert_eq!(bare.uint("liquidity-pool-vault get-total-sbtc-locked"), 0);
    bare.refused("wallet_1", "fake-pool deposit u5 .stx-token @wallet_1", NOT_ACCEPTED);
    bare.refused("wallet_1", "fake-pool lock (list u1) u5 .stx-token", NOT_ACCEPTED);
    bare.refused("wallet_1", "fake-pool withdraw u5 .stx-token @wallet_1", NOT_ACCEPTED);
    bare.refused("wallet_1", "fake-pool release (list u1) u5 .stx-token", NOT_ACCEPTED);
}

#[test]
fn a_token_that_is_no_longer_accepted_can_only_leave() {
    let mut c = watched();
    c.ok("wallet_1", "fake-pool deposit u1000 #sbtc @wallet_1");
    c.ok("wallet_1", "fake-pool lock (list u1) u500 #sbtc");
    c.ok("deployer", "liquidity-pool-vault set-token #sbtc false");
    c.refused("wallet_1", "fake-pool deposit u5 #sbtc @wallet_1", NOT_ACCEPTED);
    c.refused("wallet_1", "fake-pool lock (list u1) u5 #sbtc", NOT_ACCEPTED);
    c.ok("wallet_1", "fake-pool release (list u1) u500 #sbtc");
    c.ok("wallet_1", "fake-pool settle u1 @wallet_2 u400 #sbtc");
    c.ok("wallet_1", "fake-pool withdraw u600 #sbtc @wallet_1");
    assert_eq!(c.balance("#sbtc", ".liquidity-pool-vault"), 0);
    c.ok("deployer", "liquidity-pool-vault set-token #sbtc true");
    c.ok("wallet_1", "fake-pool deposit u5 #sbtc @wallet_1");
}

#[test]
fn credit_books_what_arrived_and_nothing_twice() {
    let mut c = watched();
    c.ok("wallet_1", "fake-pool deposit u1000 #sbtc @wallet_1");
    c.refused("wallet_1", "fake-pool credit u1 #sbtc", NOT_ARRIVED);
    let sender = c.session.account("wallet_3").unwrap();
    let vault = c.session.contract("liquidity-pool-vault").unwrap();
    let gift = format!("(contract-call? '{SBTC} transfer u300 tx-sender '{vault} none)");
    c.session.evaluate(sender, &gift).unwrap().ok().unwrap();
    // A gift changes nothing until the pool books it.
    assert_eq!(c.uint("liquidity-pool-vault get-total-sbtc-balance"), 1_000);
    c.refused("wallet_1", "fake-pool withdraw u1001 #sbtc @wallet_1", INSUFFICIENT);
    c.refused("wallet_1", "fake-pool credit u301 #sbtc", NOT_ARRIVED);
    let outcome = c.ok("wallet_1", "fake-pool credit u200 #sbtc");
    event(&outcome, "liquidity-pool-vault", "funds-credited");
    c.refused("wallet_1", "fake-pool credit u101 #sbtc", NOT_ARRIVED);
    c.ok("wallet_1", "fake-pool withdraw u1200 #sbtc @wallet_1");
    assert_eq!(c.balance("#sbtc", ".liquidity-pool-vault"), 100);
}

#[test]
fn a_retiring_pool_runs_off_and_cannot_touch_its_successors_money() {
    let mut c = watched();
    c.ok("wallet_1", "fake-pool deposit u1000 #sbtc @wallet_1");
    c.ok("wallet_1", "fake-pool lock (list u1) u600 #sbtc");
    c.replace("liquidity-pool", "fake-successor");

    c.refused("wallet_1", "fake-pool deposit u5 #sbtc @wallet_1", NOT_BACKEND);
    c.refused("wallet_1", "fake-pool lock (list u1) u5 #sbtc", NOT_BACKEND);
    // Two sets of books: the successor starts with nothing, and the older pool's part is its own.
    c.refused("wallet_1", "fake-successor withdraw u1 #sbtc @wallet_1", INSUFFICIENT);
    c.refused("wallet_1", "fake-successor release (list u1) u1 #sbtc", RELEASE_EXCEEDS);
    c.ok("wallet_2", "fake-successor deposit u300 #sbtc @wallet_2");
    assert_eq!(c.uint("liquidity-pool-vault get-total-sbtc-balance"), 1_300);
    c.ok("wallet_1", "fake-pool release (list u1) u600 #sbtc");
    c.refused("wallet_1", "fake-pool withdraw u1001 #sbtc @wallet_1", INSUFFICIENT);
    c.ok("wallet_1", "fake-pool settle u1 @wallet_3 u200 #sbtc");
    c.ok("wallet_1", "fake-pool withdraw u800 #sbtc @wallet_1");
    c.ok("wallet_2", "fake-successor withdraw u300 #sbtc @wallet_2");
    assert_eq!(c.uint("liquidity-pool-vault get-total-sbtc-balance"), 0);
}

#[test]
fn a_malicious_token_harms_only_itself() {
    let mut c = watched();
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        c.ok("wallet_1", &format!("fake-pool deposit u1000 {token} @wallet_1"));
    }
    c.watch(&["#sbtc"], &["@wallet_2"]);
    let attempts = [
        // While it is drawn from a user: the user's other assets, more of its own, the pool's books.
        ("fake-pool deposit u10 .fake-token @wallet_1", "refuse", 777),
        ("fake-pool deposit u10 .fake-token @wallet_1", "more", TRANSFER_FAILED),
        ("fake-pool deposit u10 .fake-token @wallet_1", "steal-stx", TRANSFER_FAILED),
        ("fake-pool deposit u10 .fake-token @wallet_1", "steal-sbtc", TRANSFER_FAILED),
        ("fake-pool deposit u1001 .fake-token @wallet_1", "lock", LOCK_EXCEEDS),
        ("fake-pool deposit u10 .fake-token @wallet_1", "release", RELEASE_EXCEEDS),
        // While it is paid out, with the vault as tx-sender.
        ("fake-pool withdraw u10 .fake-token @wallet_1", "refuse", 777),
        ("fake-pool withdraw u10 .fake-token @wallet_1", "more", TRANSFER_FAILED),
        ("fake-pool withdraw u10 .fake-token @wallet_1", "steal-stx", TRANSFER_FAILED),
        ("fake-pool withdraw u10 .fake-token @wallet_1", "steal-sbtc", TRANSFER_FAILED),
        ("fake-pool withdraw u1000 .fake-token @wallet_1", "lock", LOCK_EXCEEDS),
        ("fake-pool settle u1 @wallet_1 u10 .fake-token", "steal-sbtc", TRANSFER_FAILED),
        ("fake-pool settle u1 @wallet_1 u501 .fake-token", "lock", LOCK_EXCEEDS),
    ];
    for (call, mode, code) in attempts {
        c.ok("deployer", &format!("fake-token set-mode \"{mode}\""));
        c.refused("wallet_1", call, code);
    }
    // Another function of the suite entered meanwhile: even what it may do as itself counts against the allowance.
    c.ok("deployer", "fake-token set-mode \"withdraw-sbtc\"");
    let outcome = c.call("wallet_1", "fake-pool withdraw u10 .fake-token @wallet_1");
    assert!(outcome.ok().is_err(), "{:?}", outcome.result);
    for token in ["#sbtc", ".stx-token", ".fake-token"] {
        assert_eq!(c.balance(token, ".liquidity-pool-vault"), 1_000);
        assert_eq!(c.field(&format!("liquidity-pool-vault get-token {token}"), "balance"), 1_000);
    }
}
