//! STX buckets that have too little, and the insurance fund behind them.

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::*;

use crate::bootstrap::{before_hand_over, does, project, refused, text};
use crate::support::deploy;

const SERIES_SHORT: u128 = 1_841_201;
const FUND_NOT_SUITE: u128 = 1_740_301;
const FUND_UNKNOWN_POLICY: u128 = 1_740_403;
const REGISTRY_UNAUTHORISED: u128 = 1_940_303;
const REGISTRY_BACKING: u128 = 1_940_908;

fn micro_stx(w: &mut World, owner: Address) -> u128 {
    w.vm.balances(&Principal::Standard(owner)).unwrap().stx.micro().into()
}

/// Somebody buys a put at 95,000 USD out of the aggressive STX bucket; its number.
fn buy(w: &mut World, buyer: Address, expiry: u64, size: u128) -> u128 {
    let order = [u(AGGRESSIVE), u(PUT), u(95_000 * USD), u(expiry.into()), u(size), u(1_000_000_000_000_000)];
    let mut args = vec![w.stx.clone()];
    args.extend(order);
    num(w.registry(buyer, "purchase-protection", &args).ok().unwrap(), "policy")
}

/// BTC falls by more than half and STX by nine tenths.
fn crash(w: &mut World) {
    for (btc, stx) in
        [(92, 80), (85, 60), (78, 48), (70, 38), (63, 30), (57, 24), (52, 19), (48, 15), (44, 12), (40, 10)]
    {
        w.stx_price = stx * USD / 100;
        w.move_price(btc * 1_000 * USD);
    }
}

fn settle(w: &mut World, expiry: u64) -> u128 {
    let stx = w.stx.clone();
    w.next_boundary();
    while w.vm.now().unwrap() < expiry {
        w.close(AGGRESSIVE, &stx).ok().unwrap();
        w.next_boundary();
    }
    let settled = w.registry(w.keeper, "settle-expiry", &[u(AGGRESSIVE), stx, u(expiry.into())]);
    settled.ok().unwrap().as_uint().unwrap()
}

/// What an owner's policies came to: those that an early activation pays at once, the others at the expiry.
fn claim_all(w: &mut World, ids: &[u128]) {
    let stx = w.stx.clone();
    for id in ids {
        w.registry(w.keeper, "claim-settlement", &[u(*id), stx.clone()]).ok().unwrap();
    }
}

#[test]
pub(crate) fn activating_first_in_a_short_bucket_brings_no_more_than_waiting() {
    let mut w = World::new();
    let (stx, peter, stranger) = (w.stx.clone(), w.peter, w.stranger);
    w.commit(w.ivan, AGGRESSIVE, &stx, 500_000 * STX);
    w.next_boundary();
    w.close(AGGRESSIVE, &stx).ok().unwrap();
    let expiry = w.expiry(2);
    // Both protect 1.5 BTC; Peter in fifteen pieces, so that each alone needs little.
    let mine: Vec<u128> = (0..15).map(|_| buy(&mut w, peter, expiry, BTC / 10)).collect();
    let other = buy(&mut w, stranger, expiry, 3 * BTC / 2);
    crash(&mut w);
    // The whole policy cannot be activated: others' locks would pay for it.
    let whole = w.registry(stranger, "activate-protection", &[u(other), stx.clone(), u(0)]);
    assert_eq!(whole.err_code().unwrap(), SERIES_SHORT);
    // There is something to come first for: what is nobody's lock would pay four pieces in full.
    let bucket = w.bucket(AGGRESSIVE, &stx);
    let unlocked = num(&bucket, "assets") - num(&bucket, "locked");
    assert!(unlocked > 4 * 47_500 * STX, "{unlocked}");
    w.vm.snapshot().unwrap();

    // Everybody waits.
    let before = [peter, stranger].map(|owner| micro_stx(&mut w, owner));
    settle(&mut w, expiry);
    claim_all(&mut w, &mine);
    claim_all(&mut w, &[other]);
    let waiting = [peter, stranger].map(|owner| micro_stx(&mut w, owner));
    let waited = [waiting[0] - before[0], waiting[1] - before[1]];
    assert!(waited[0].abs_diff(waited[1]) < 1_000, "the same for the same: {waited:?}");
    w.check_books();

    // Peter comes first with as many pieces as he can.
    w.vm.restore().unwrap();
    let mut left = Vec::new();
    for id in &mine {
        let paid = w.registry(peter, "activate-protection", &[u(*id), stx.clone(), u(0)]);
        if paid.ok().is_err() {
            assert_eq!(paid.err_code().unwrap(), SERIES_SHORT);
            left.push(*id);
        }
    }
    settle(&mut w, expiry);
    claim_all(&mut w, &left);
    claim_all(&mut w, &[other]);
    let first = [peter, stranger].map(|owner| micro_stx(&mut w, owner));
    let first = [first[0] - before[0], first[1] - before[1]];
    println!(
        "waiting pays {} and {} STX; coming first with {} of 15 pieces {} and leaves {}",
        waited[0] / STX,
        waited[1] / STX,
        15 - left.len(),
        first[0] / STX,
        first[1] / STX
    );
    w.check_books();
    assert!(first[0] <= waited[0] + 1_000, "coming first gained {} STX", (first[0] - waited[0]) / STX);
}

/// A stand-in for the liquidation engine.
const ENGINE: &str = "
(define-public (move (id uint)) (contract-call? .policy-registry move-backing id))
(define-read-only (get-name) \"engine\")
";

#[test]
pub(crate) fn nobody_deals_with_himself_against_the_insurance_fund() {
    let mut w = before_hand_over(project().with("engine", ENGINE).unwrap());
    let (deployer, stranger) = (w.deployer, w.stranger);
    let engine = Value::from(w.vm.contract("engine").unwrap());
    let register =
        [text("liquidation-engine"), engine.clone(), text("1"), Value::Bool(true), Value::Bool(false)];
    does(&mut w, deployer, "upgrade-manager", "register-contract", &register);
    w.open();
    let stx = w.stx.clone();
    w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(100_000 * STX), stx.clone()]).ok().unwrap();
    // He is provider and buyer at once, and would have the fund pay the buyer.
    w.commit(stranger, AGGRESSIVE, &stx, 500_000 * STX);
    w.next_boundary();
    w.close(AGGRESSIVE, &stx).ok().unwrap();
    let expiry = w.expiry(2);
    let id = buy(&mut w, stranger, expiry, BTC);
    let key = |id: u128| {
        let registry = Value::from(w.vm.contract("policy-registry").unwrap());
        Value::tuple([("registry".parse().unwrap(), registry), ("policy-id".parse().unwrap(), u(id))])
    };
    let key = key(id);
    w.vm.watch_entry("insurance-fund", "taken-policies", key).unwrap();
    w.vm.watch_entry("insurance-fund", "funds", stx.clone()).unwrap();
    w.vm.watch_entry("policy-registry", "policies", u(id)).unwrap();

    let take = [u(id), stx.clone(), u(1_000 * STX)];
    let cover = [u(expiry.into()), u(1_000 * STX), stx.clone()];
    let pay = [u(id), u(1_000 * STX), who(stranger), stx.clone()];
    let calls: [(&str, &[Value], u128); 3] = [
        ("take-over-policy", &take, FUND_NOT_SUITE),
        ("cover-shortfall", &cover, FUND_NOT_SUITE),
        ("settle-taken-policy", &pay, FUND_UNKNOWN_POLICY),
    ];
    for (function, args, code) in calls {
        let shown: Vec<String> = args.iter().map(Value::to_source).collect();
        let source = format!(
            "(define-public (attack) (contract-call? 'SUITE.insurance-fund {function} {}))
             (define-read-only (get-name) \"self-dealer\")",
            shown.join(" ")
        );
        let dealer = deploy(&mut w, function, &source);
        for one in [stranger, deployer] {
            refused(&mut w, one, "insurance-fund", function, args, code);
            refused(&mut w, one, &dealer, "attack", &[], code);
        }
    }
    // A pool's policy never moves to the fund, not even by the contract whose work that is.
    refused(&mut w, stranger, "policy-registry", "move-backing", &[u(id)], REGISTRY_UNAUTHORISED);
    let engine = engine.as_principal().unwrap().to_string();
    refused(&mut w, stranger, &engine, "move", &[u(id)], REGISTRY_BACKING);
    // Nor is the fund asked while the bucket has enough.
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    let before = num(&w.read("insurance-fund", "get-fund", std::slice::from_ref(&stx)), "size");
    settle(&mut w, expiry);
    claim_all(&mut w, &[id]);
    let after = num(&w.read("insurance-fund", "get-fund", std::slice::from_ref(&stx)), "size");
    assert_eq!(before, after);
    w.check_books();
}
