//! A person is led to call a stranger's contract, which calls the suite in that person's transaction.

use bithedge_stacks::Value;
use bithedge_suite_world::*;

use crate::bootstrap::{before_hand_over, does, project, refused};
use crate::support::deploy;

const POOL: u128 = 1_840_302;
const REGISTRY: u128 = 1_940_302;
const FUND: u128 = 1_740_302;
const TREASURY: u128 = 1_640_302;

/// What the victim could do for itself, and with which code it is refused to a contract in between.
struct Lure {
    contract: &'static str,
    function: &'static str,
    args: Vec<Value>,
    code: u128,
}

/// Tries every lure on Peter: through the contract nothing happens, by himself it works.
fn try_on_peter(w: &mut World, name: &str, lures: &[Lure]) {
    let mut source = String::from("(define-read-only (get-name) \"a game\")\n");
    for (index, lure) in lures.iter().enumerate() {
        let args: Vec<String> = lure.args.iter().map(Value::to_source).collect();
        let Lure { contract, function, .. } = lure;
        source.push_str(&format!(
            "(define-public (play-{index}) (contract-call? 'SUITE.{contract} {function} {}))\n",
            args.join(" ")
        ));
    }
    let game = deploy(w, name, &source);
    for (index, lure) in lures.iter().enumerate() {
        refused(w, w.peter, &game, &format!("play-{index}"), &[], lure.code);
        w.vm.snapshot_as("lure").unwrap();
        let before = w.vm.fingerprint().unwrap();
        does(w, w.peter, lure.contract, lure.function, &lure.args);
        assert_ne!(w.vm.fingerprint().unwrap(), before, "{}.{}", lure.contract, lure.function);
        w.vm.restore_from("lure").unwrap();
    }
}

#[test]
fn a_contract_in_between_moves_nothing_of_whoever_calls_it() {
    let mut w = before_hand_over(project());
    let (sbtc, stx, deployer) = (w.sbtc.clone(), w.stx.clone(), w.deployer);
    // The treasury offers a thousand satoshis for one STX.
    let treasury = Value::from(w.vm.contract("treasury").unwrap());
    let token = sbtc.as_principal().unwrap().to_string();
    let gift = [u(BTC), who(w.stranger), treasury, Value::Optional(None)];
    w.call(w.stranger, &token, "transfer", &gift).ok().unwrap();
    w.call(w.stranger, "treasury", "book-surplus", std::slice::from_ref(&sbtc)).ok().unwrap();
    let until = w.vm.now().unwrap() + 7 * DAY;
    let swap = [sbtc.clone(), u(1_000), stx.clone(), u(STX), u(until.into())];
    does(&mut w, deployer, "treasury", "approve-swap", &swap);
    w.open();

    // Peter provides and is protected; his yield has grown, a deposit and an exit of his wait, his policy is in the money.
    let peter = w.peter;
    w.commit(peter, BALANCED, &sbtc, 10 * BTC);
    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let expiry = w.expiry(2);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    for _ in 0..3 {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    w.commit(peter, BALANCED, &sbtc, BTC);
    w.pool(peter, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(1_000_000_000)]).ok().unwrap();
    let bucket = [u(BALANCED), sbtc.clone()];
    let key = Value::tuple([
        ("tier".parse().unwrap(), u(BALANCED)),
        ("token".parse().unwrap(), sbtc.clone()),
        ("provider".parse().unwrap(), who(peter)),
    ]);
    let bucket_key =
        Value::tuple([("tier".parse().unwrap(), u(BALANCED)), ("token".parse().unwrap(), sbtc.clone())]);
    w.vm.watch_entry("liquidity-pool", "positions", key).unwrap();
    w.vm.watch_entry("liquidity-pool", "buckets", bucket_key).unwrap();
    w.vm.watch_entry("policy-registry", "policies", u(1)).unwrap();
    let later = w.expiry(9);
    let yields =
        Lure { contract: "liquidity-pool", function: "claim-yield", args: bucket.to_vec(), code: POOL };
    try_on_peter(&mut w, "dividend", &[yields]);

    w.move_price(92_000 * USD);
    w.move_price(86_000 * USD);
    let pool = |function: &'static str, more: &[Value]| {
        let args = bucket.iter().chain(more).cloned().collect();
        Lure { contract: "liquidity-pool", function, args, code: POOL }
    };
    let registry = |function: &'static str, args: Vec<Value>| Lure {
        contract: "policy-registry",
        function,
        args,
        code: REGISTRY,
    };
    let order = [BALANCED, PUT, 75_000 * USD, later.into(), BTC, 1_000_000_000_000_000].map(u);
    let order = std::iter::once(sbtc.clone()).chain(order).collect();
    let fund = vec![u(1_000), sbtc.clone()];
    let lures = [
        pool("commit-capital", &[u(BTC)]),
        pool("cancel-deposit", &[]),
        pool("request-withdrawal", &[u(1_000_000_000)]),
        pool("cancel-withdrawal", &[]),
        registry("purchase-protection", order),
        registry("activate-protection", vec![u(1), sbtc.clone(), u(0)]),
        registry("cancel-protection", vec![u(1), sbtc.clone(), u(0)]),
        Lure { contract: "insurance-fund", function: "contribute-to-fund", args: fund, code: FUND },
        Lure {
            contract: "treasury",
            function: "fill-swap",
            args: vec![u(1), sbtc.clone(), stx.clone()],
            code: TREASURY,
        },
    ];
    try_on_peter(&mut w, "game", &lures);
    // A recovery would be taken from him too.
    let recovery = format!(
        "(define-public (play) (contract-call? 'SUITE.insurance-fund record-recovery u1 u1000 {}))
         (define-read-only (get-name) \"charity\")",
        sbtc.to_source()
    );
    let charity = deploy(&mut w, "charity", &recovery);
    refused(&mut w, peter, &charity, "play", &[], FUND);

    // Without a close for three days: neither the emergency exit.
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 4 * DAY).unwrap();
    try_on_peter(&mut w, "rescue", &[pool("exit-dead-bucket", &[u(1_000_000_000)])]);
}
