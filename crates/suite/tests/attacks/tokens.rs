//! Tokens that are not what they say: unlisted ones in a listed one's place, and a listed one that turns on the suite
//! while it is transferred.

use std::collections::BTreeMap;

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::*;
use bithedge_vm::{Outcome, Session};

use crate::bootstrap::{before_hand_over, does, project, refused, text};
use crate::support::{TURNCOAT, deploy, list_token, turncoat_project};

const STOLEN: [&str; 3] = ["take-more", "steal-stx", "steal-sbtc"];
/// What acts in the name of whoever's transaction it is, or of the suite.
const POSED: [&str; 8] = [
    "steal-of-other",
    "commit-for-sender",
    "buy-for-sender",
    "cancel-for-sender",
    "fund-for-sender",
    "vault",
    "cover",
    "pay-out",
];
/// What anybody might do, but not in the middle of a transfer.
const OWN: [&str; 13] = [
    "commit-own",
    "buy-own",
    "cancel-own",
    "activate-own",
    "close",
    "settle",
    "claim",
    "expire",
    "withdraw",
    "credit",
    "distribute",
    "allocation",
    "surplus",
];

#[test]
fn an_unlisted_token_or_feed_is_taken_nowhere_in_a_listed_ones_place() {
    let plain = include_str!("fakes/plain-token.clar");
    let mut w = before_hand_over(project().with("plain-token", plain).unwrap());
    let (sbtc, stx, deployer, stranger) = (w.sbtc.clone(), w.stx.clone(), w.deployer, w.stranger);
    let until = w.vm.now().unwrap() + 7 * DAY;
    let swap = [sbtc.clone(), u(1_000), stx, u(STX), u(until.into())];
    does(&mut w, deployer, "treasury", "approve-swap", &swap);
    w.open();
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(9);
    let order = |token: &Value| {
        let rest = [BALANCED, PUT, 85_000 * USD, expiry.into(), BTC, 1_000_000_000_000_000].map(u);
        std::iter::once(token.clone()).chain(rest).collect::<Vec<Value>>()
    };
    w.registry(stranger, "purchase-protection", &order(&sbtc)).ok().unwrap();
    let plain = Value::from(w.vm.contract("plain-token").unwrap());
    does(&mut w, deployer, "plain-token", "mint", &[u(1_000 * BTC), who(stranger)]);
    for custodian in ["liquidity-pool-vault", "insurance-fund", "treasury"] {
        let custodian = Value::from(w.vm.contract(custodian).unwrap());
        does(&mut w, deployer, "plain-token", "mint", &[u(BTC), custodian]);
    }
    w.move_price(95_000 * USD);
    let no = |contract: &'static str, function: &'static str, args: Vec<Value>, code: u128| {
        (contract, function, args, code)
    };
    let bucket = || vec![u(BALANCED), plain.clone()];
    let with = |more: Value| vec![u(BALANCED), plain.clone(), more];
    let fund = plain.clone();
    for (contract, function, args, code) in [
        no("liquidity-pool", "commit-capital", with(u(BTC)), 1_840_401),
        no("liquidity-pool", "cancel-deposit", bucket(), 1_840_403),
        no("liquidity-pool", "request-withdrawal", with(u(1)), 1_840_403),
        no("liquidity-pool", "cancel-withdrawal", bucket(), 1_840_403),
        no("liquidity-pool", "claim-yield", bucket(), 1_840_403),
        no("liquidity-pool", "claim-withdrawal", with(who(stranger)), 1_840_403),
        no("liquidity-pool", "exit-dead-bucket", with(u(1)), 1_840_403),
        no("liquidity-pool", "claim-credit", vec![fund.clone(), who(stranger)], 1_840_406),
        no("liquidity-pool", "close-epoch", bucket(), 1_840_403),
        no("policy-registry", "purchase-protection", order(&plain), 1_840_401),
        no("policy-registry", "activate-protection", vec![u(1), fund.clone(), u(0)], 1_940_004),
        no("policy-registry", "cancel-protection", vec![u(1), fund.clone(), u(0)], 1_940_004),
        no("policy-registry", "claim-settlement", vec![u(1), fund.clone()], 1_940_004),
        no("policy-registry", "settle-expiry", with(u(expiry.into())), 1_840_403),
        no("insurance-fund", "contribute-to-fund", vec![u(1), fund.clone()], 1_740_401),
        no("insurance-fund", "book-surplus", vec![fund.clone()], 1_740_401),
        no("insurance-fund", "record-recovery", vec![u(1), u(1), fund.clone()], 1_740_401),
        no("treasury", "distribute", vec![fund.clone()], 1_640_402),
        no("treasury", "claim-allocation", vec![fund.clone(), who(stranger)], 1_640_901),
        no("treasury", "book-surplus", vec![fund.clone()], 1_640_402),
        no("treasury", "fill-swap", vec![u(1), fund.clone(), w.stx.clone()], 1_640_003),
        no("treasury", "fill-swap", vec![u(1), sbtc.clone(), fund.clone()], 1_640_003),
    ] {
        refused(&mut w, stranger, contract, function, &args, code);
    }
    // The same for what says that it knows prices.
    let feed: Value = Value::Principal(
        deploy(&mut w, "false-feed", include_str!("fakes/false-feed.clar")).parse().unwrap(),
    );
    for (contract, function, code) in [
        ("oracle", "report-from-source", 1_440_301),
        ("dia-adapter", "refresh", 2_740_301),
        ("pyth-adapter", "refresh", 2_840_301),
    ] {
        refused(&mut w, stranger, contract, function, std::slice::from_ref(&feed), code);
    }
    // What is no token at all is refused by the VM itself.
    let oracle = Value::from(w.vm.contract("oracle").unwrap());
    let before = w.vm.fingerprint().unwrap();
    let outcome =
        w.vm.call(stranger, "liquidity-pool", "commit-capital", &[u(BALANCED), oracle, u(BTC)]).unwrap();
    assert!(outcome.failure().is_ok(), "{outcome:?}");
    assert_eq!(w.vm.fingerprint().unwrap(), before);
}

/// The stage on which the token turns: honest people in sBTC, and in the token, and the token itself in both.
struct Stage {
    w: World,
    token: Value,
    expiry: u64,
}

/// Peter's and the token's policies in sBTC.
const HONEST: u128 = 1;
const TOKENS_OWN: u128 = 2;
/// The stranger's policy in the token.
const IN_TOKEN: u128 = 3;

fn set_the_stage() -> Stage {
    let mut w = before_hand_over(turncoat_project());
    let token = list_token(&mut w);
    w.open();
    let (sbtc, stranger) = (w.sbtc.clone(), w.stranger);
    let sbtc_name = sbtc.as_principal().unwrap().to_string();
    let gift = [u(20 * BTC), who(stranger), token.clone(), Value::Optional(None)];
    w.call(stranger, &sbtc_name, "transfer", &gift).ok().unwrap();
    w.commit(w.irene, BALANCED, &sbtc, 50 * BTC);
    for provider in [stranger, w.ivan] {
        w.commit(provider, BALANCED, &token, 100_000 * STX);
    }
    w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(100_000 * STX), token.clone()]).ok().unwrap();
    w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(10 * BTC), sbtc.clone()]).ok().unwrap();
    w.next_boundary();
    for one in [&sbtc, &token] {
        w.close(BALANCED, one).ok().unwrap();
    }
    let expiry = w.expiry(3);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    let own = [sbtc.clone(), u(BALANCED), u(90_000 * USD), u(expiry.into()), u(BTC / 10)];
    assert_eq!(does(&mut w, stranger, TURNCOAT, "buy", &own), u(TOKENS_OWN));
    let order = [BALANCED, PUT, 90_000 * USD, expiry.into(), BTC, 1_000_000_000_000_000].map(u);
    let order: Vec<Value> = std::iter::once(token.clone()).chain(order).collect();
    let bought = w.registry(stranger, "purchase-protection", &order);
    assert_eq!(num(bought.ok().unwrap(), "policy"), IN_TOKEN);
    // Exits wait to be claimed in both buckets.
    for (provider, one) in [(w.irene, &sbtc), (stranger, &token)] {
        let shares = num(&w.position(BALANCED, one, provider), "shares");
        w.pool(provider, "request-withdrawal", &[u(BALANCED), one.clone(), u(shares / 4)]).ok().unwrap();
    }
    w.next_boundary();
    for one in [&sbtc, &token] {
        w.close(BALANCED, one).ok().unwrap();
    }
    w.move_price(93_000 * USD);
    w.move_price(86_000 * USD);
    Stage { w, token, expiry }
}

impl Stage {
    fn args(&self, outer: &str) -> (Address, &'static str, &'static str, Vec<Value>) {
        let (token, w, expiry) = (self.token.clone(), &self.w, self.expiry);
        let order = [BALANCED, PUT, 75_000 * USD, expiry.into(), BTC / 10, 1_000_000_000_000_000].map(u);
        match outer {
            "commit" => {
                (w.peter, "liquidity-pool", "commit-capital", vec![u(BALANCED), token, u(1_000 * STX)])
            }
            "buy" => {
                let args = std::iter::once(token).chain(order).collect();
                (w.peter, "policy-registry", "purchase-protection", args)
            }
            "contribute" => (w.peter, "insurance-fund", "contribute-to-fund", vec![u(1_000 * STX), token]),
            "activate" => {
                (w.stranger, "policy-registry", "activate-protection", vec![u(IN_TOKEN), token, u(0)])
            }
            "withdraw" => {
                let args = vec![u(BALANCED), token, who(w.stranger)];
                (w.stranger, "liquidity-pool", "claim-withdrawal", args)
            }
            "distribute" => (w.stranger, "treasury", "distribute", vec![token]),
            "settle" => {
                let args = vec![u(BALANCED), token, u(expiry.into())];
                (w.stranger, "policy-registry", "settle-expiry", args)
            }
            "claim" => (w.stranger, "policy-registry", "claim-settlement", vec![u(IN_TOKEN), token]),
            other => panic!("{other}"),
        }
    }

    /// One call in whose middle the token does something; whether it came to that, and what the call came to.
    fn turn(&mut self, outer: &str, mode: &str) -> (bool, u128, Outcome) {
        let target =
            if mode == "steal-of-other" || mode == "withdraw" { self.w.irene } else { self.w.keeper };
        let id = match mode {
            "cancel-for-sender" | "claim" | "expire" => HONEST,
            _ => TOKENS_OWN,
        };
        let stranger = self.w.stranger;
        let set = [text(mode), who(target), u(id), u(self.expiry.into())];
        does(&mut self.w, stranger, TURNCOAT, "set-mode", &set);
        let (sender, contract, function, args) = self.args(outer);
        let outcome = self.w.vm.call(sender, contract, function, &args).unwrap();
        let tried = self.w.read(TURNCOAT, "get-tried", &[]);
        (tried.field("mode").unwrap().as_ascii().unwrap() == mode, num(&tried, "outcome"), outcome)
    }

    /// What honest people and the suite's own purses hold of sBTC and STX.
    fn holdings(&mut self) -> BTreeMap<String, [u128; 2]> {
        let w = &mut self.w;
        let people = [w.peter, w.irene, w.ivan, w.keeper, w.deployer, w.reporters[0]];
        let mut owners: Vec<Principal> = people.map(Principal::Standard).into();
        let purses =
            ["treasury", "insurance-fund"].map(|name| Principal::Contract(w.vm.contract(name).unwrap()));
        let [treasury, fund] = purses.clone().map(|purse| balances(&mut w.vm, &purse));
        let mut held =
            BTreeMap::from([("purses".to_owned(), [treasury[0] + fund[0], treasury[1] + fund[1]])]);
        owners.retain(|owner| !purses.contains(owner));
        for owner in owners {
            let balance = balances(&mut w.vm, &owner);
            held.insert(owner.to_string(), balance);
        }
        held
    }

    /// Nothing of sBTC or STX is gone, the books of all three tokens balance, every policy is in the index once, and
    /// Peter's policy is worth what it was.
    fn check(&mut self, before: &BTreeMap<String, [u128; 2]>, what: &str) {
        for (owner, held) in self.holdings() {
            let had = before[&owner];
            assert!(held[0] >= had[0] && held[1] >= had[1], "{what}: {owner} had {had:?} and has {held:?}");
        }
        self.w.check_books();
        let (w, token) = (&mut self.w, self.token.clone());
        let bucket = w.bucket(BALANCED, &token);
        let parts = ["assets", "deposits-now", "deposits-next", "refunds", "filled", "claims", "pot"];
        let credits = w.read("liquidity-pool", "get-credit-total", std::slice::from_ref(&token));
        let sum = parts.iter().map(|part| num(&bucket, part)).sum::<u128>() + credits.as_uint().unwrap();
        let pool = Value::from(w.vm.contract("liquidity-pool").unwrap());
        let account = w.read("liquidity-pool-vault", "get-account", &[pool, token]);
        assert_eq!(
            (num(&account, "balance"), num(&account, "locked")),
            (sum, num(&bucket, "locked")),
            "{what}"
        );
        let count = w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
        let mut found = Vec::new();
        for status in 1..=5 {
            let page = w.read("policy-registry", "get-policies-by-status", &[u(status), u(0)]);
            for id in page.as_list().unwrap() {
                let policy = w.read("policy-registry", "get-policy", std::slice::from_ref(id));
                assert_eq!(num(policy.as_optional().unwrap().unwrap(), "status"), status, "{what}: {id:?}");
                found.push(id.as_uint().unwrap());
            }
        }
        found.sort_unstable();
        assert_eq!(found, (1..=count).collect::<Vec<u128>>(), "{what}: the index by status");
    }

    /// Every attack in the middle of every one of these calls; how many were begun.
    fn play(&mut self, outers: &[&str]) -> u32 {
        self.w.vm.snapshot().unwrap();
        let before = self.holdings();
        let mut begun = 0;
        for outer in outers {
            let (_, _, outcome) = self.turn(outer, "");
            assert!(outcome.ok().is_ok(), "{outer}: {outcome:?}");
            self.w.vm.restore().unwrap();
            for mode in STOLEN.iter().chain(&POSED).chain(&OWN).chain(&["refuse", "lie"]) {
                let what = format!("{mode} in {outer}");
                let assets = self.w.vm.assets().unwrap();
                let (tried, code, outcome) = self.turn(outer, mode);
                let done = outcome.ok().is_ok();
                if STOLEN.contains(mode) || *mode == "refuse" {
                    assert!(!done, "{what}: {outcome:?}");
                }
                if POSED.contains(mode) && tried {
                    assert_ne!(code, 0, "{what}");
                }
                if !done {
                    assert_eq!(self.w.vm.assets().unwrap(), assets, "{what}: refused, and something moved");
                }
                begun += u32::from(tried || !done);
                self.check(&before, &what);
                self.w.vm.restore().unwrap();
            }
        }
        begun
    }
}

fn balances(vm: &mut Session, owner: &Principal) -> [u128; 2] {
    let held = vm.balances(owner).unwrap();
    [held.sats, held.stx.micro().into()]
}

#[test]
fn a_listed_token_that_turns_during_a_transfer_harms_no_other_bucket() {
    let mut stage = set_the_stage();
    let outers = ["commit", "buy", "contribute", "activate", "withdraw", "distribute"];
    let begun = stage.play(&outers);
    println!("{begun} attacks in the middle of {outers:?}");
    // All but "lie", which attacks by what it does not do.
    assert_eq!(begun, 25 * 6);

    // Past the expiry, with too little in the token's bucket, so that the fund pays too.
    let w = &mut stage.w;
    for price in [60, 36, 22, 13, 8] {
        w.stx_price = price * USD / 100;
        w.move_price(86_000 * USD);
    }
    w.walk_to(70_000 * USD);
    let sbtc = w.sbtc.clone();
    while w.vm.now().unwrap() < stage.expiry {
        w.next_boundary();
        if w.vm.now().unwrap() < stage.expiry {
            w.close(BALANCED, &sbtc).ok().unwrap();
            w.close(BALANCED, &stage.token).ok().unwrap();
        }
    }
    let begun = stage.play(&["settle"]);
    // Here a lie is seen as well: what the fund should have paid has not arrived in the vault.
    assert_eq!(begun, 26, "the fund was asked");
    let w = &mut stage.w;
    for token in [sbtc.clone(), stage.token.clone()] {
        w.registry(w.keeper, "settle-expiry", &[u(BALANCED), token, u(stage.expiry.into())]).ok().unwrap();
    }
    let begun = stage.play(&["claim"]);
    assert_eq!(begun, 25);

    // With the token refusing everything, the sBTC of honest people is paid all the same.
    let (sender, peter, irene) = (stage.w.stranger, stage.w.peter, stage.w.irene);
    let refuse = [text("refuse"), who(sender), u(0), u(0)];
    does(&mut stage.w, sender, TURNCOAT, "set-mode", &refuse);
    let w = &mut stage.w;
    let before = w.sats(peter);
    w.registry(w.keeper, "claim-settlement", &[u(HONEST), sbtc.clone()]).ok().unwrap();
    assert_eq!(w.sats(peter) - before, BTC * 20_000 / 70_000);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(irene)]).ok().unwrap();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.check_books();
}
