//! A suite that is not set up, or not to the end: everything refuses, nothing stops the VM.

use std::collections::BTreeSet;

use bithedge_stacks::Value;
use bithedge_suite::ContractError;
use bithedge_suite_world::*;

use crate::support::*;

/// Every public function of the pool and the registry that anybody could find open, with arguments that would be right.
fn calls(w: &World, expiry: u64) -> Vec<(&'static str, &'static str, Vec<Value>)> {
    let (sbtc, when) = (w.sbtc.clone(), u(expiry.into()));
    let bucket = [u(BALANCED), sbtc.clone()];
    let with = |last: Value| [&bucket[..], &[last]].concat();
    let sold = policy(BALANCED, 85_000 * USD, expiry, BTC, BTC, w.stranger);
    let terms = [
        ("name", text("balanced")),
        ("min-strike", u(800_000)),
        ("max-strike", u(925_000)),
        ("grid", u(40_000)),
        ("floor-ratio", u(500_000)),
        ("markup", u(0)),
        ("skew", u(0)),
        ("max-duration", u(7_776_000)),
        ("utilisation-limit", u(900_000)),
        ("buffer", u(0)),
        ("exit-fee", u(0)),
        ("exit-fee-slope", u(0)),
        ("isolated", true.into()),
        ("overflow", text("reject")),
    ];
    let mut token = vec![sbtc.clone(), text("sBTC")];
    token.extend([8, 1, 1_000_000, 1_000_000].map(u));
    token.push(who(w.stranger));
    token.extend([100_000, 100, 50].map(u));
    token.push(true.into());
    let ask = pricing(w, "vol-ask");
    let bid = pricing(w, "vol-bid");
    let strike = u(85_000 * USD);
    vec![
        ("liquidity-pool", "commit-capital", with(u(BTC))),
        ("liquidity-pool", "cancel-deposit", bucket.to_vec()),
        ("liquidity-pool", "request-withdrawal", with(u(1))),
        ("liquidity-pool", "claim-yield", bucket.to_vec()),
        ("liquidity-pool", "cancel-withdrawal", bucket.to_vec()),
        ("liquidity-pool", "claim-withdrawal", with(who(w.stranger))),
        ("liquidity-pool", "exit-dead-bucket", with(u(1))),
        ("liquidity-pool", "claim-credit", vec![sbtc.clone(), who(w.stranger)]),
        ("liquidity-pool", "close-epoch", bucket.to_vec()),
        ("liquidity-pool", "settle-expiry", [&bucket[..], &[when.clone(), who(w.stranger)]].concat()),
        (
            "liquidity-pool",
            "underwrite",
            vec![sbtc.clone(), u(BALANCED), u(PUT), strike.clone(), when.clone(), u(BTC), u(1), ask, rules()],
        ),
        ("liquidity-pool", "buy-back", vec![sbtc.clone(), sold.clone(), bid, u(0)]),
        ("liquidity-pool", "settle-early", vec![sbtc.clone(), sold, u(60_000 * USD), u(USD)]),
        (
            "liquidity-pool",
            "pay-claim",
            vec![
                sbtc.clone(),
                u(1),
                u(BALANCED),
                strike.clone(),
                when.clone(),
                u(BTC),
                who(w.stranger),
                who(w.stranger),
            ],
        ),
        ("liquidity-pool", "add-collateral-token", token),
        ("liquidity-pool", "set-tier", vec![u(BALANCED), tuple(terms)]),
        ("liquidity-pool", "open-bucket", with(u(BTC))),
        (
            "policy-registry",
            "purchase-protection",
            vec![sbtc.clone(), u(BALANCED), u(PUT), strike, when.clone(), u(BTC), u(ANY_COST)],
        ),
        ("policy-registry", "activate-protection", vec![u(1), sbtc.clone(), u(0)]),
        ("policy-registry", "cancel-protection", vec![u(1), sbtc.clone(), u(0)]),
        ("policy-registry", "settle-expiry", with(when)),
        ("policy-registry", "claim-settlement", vec![u(1), sbtc]),
        ("policy-registry", "move-backing", vec![u(1)]),
    ]
}

/// After the first calls of the set-up, up to any number short of all, a stranger is refused everywhere.
#[test]
fn until_the_last_call_of_the_set_up_everything_is_refused() {
    let mut w = deployed(START);
    let setup = w.setup().calls().unwrap();
    let count = setup.len();
    let public: BTreeSet<(String, String)> = public_functions(&mut w);
    let points = [0, 1, 8, count / 4, count / 2, count * 3 / 4, count - 10, count - 2, count - 1];
    let mut done = 0;
    for point in points {
        for call in &setup[done..point] {
            w.call(w.deployer, call.contract, call.function, &call.arguments).ok().unwrap();
        }
        done = point;
        w.vm.snapshot().unwrap();
        refuses_everything(&mut w, &public);
        if setup[..point].iter().any(|call| call.function == "seed-volatility") {
            // With prices, after a boundary and after an expiry.
            let expiry = w.expiry(0);
            for time in [START + 8 * 3_600, expiry] {
                w.run_to(time);
                refuses_everything(&mut w, &public);
            }
        }
        w.vm.restore().unwrap();
    }
    // And after the last one it is open.
    for call in &setup[done..] {
        w.call(w.deployer, call.contract, call.function, &call.arguments).ok().unwrap();
    }
    let deposit = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    w.pool(w.stranger, "commit-capital", &deposit).ok().unwrap();
}

/// Names of the public functions of pool and registry, as the VM describes them.
fn public_functions(w: &mut World) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (contract, interface) in w.vm.interfaces().unwrap() {
        let Some(name) =
            ["liquidity-pool", "policy-registry"].into_iter().find(|name| contract.ends_with(name))
        else {
            continue;
        };
        for function in interface["functions"].as_array().unwrap() {
            if function["access"] == "public" {
                found.insert((name.to_owned(), function["name"].as_str().unwrap().to_owned()));
            }
        }
    }
    found
}

fn refuses_everything(w: &mut World, public: &BTreeSet<(String, String)>) {
    let expiry = w.expiry(14);
    let calls = calls(w, expiry);
    let before = w.vm.fingerprint().unwrap();
    let mut tried = BTreeSet::new();
    for (contract, function, arguments) in calls {
        tried.insert((contract.to_owned(), function.to_owned()));
        let outcome = w.vm.call(w.stranger, contract, function, &arguments).unwrap();
        if function == "close-epoch" && outcome.ok().is_ok() {
            // A bucket that is open and empty can be closed: that takes and promises nothing.
            let bucket = w.bucket(BALANCED, &w.sbtc.clone());
            assert_eq!((num(&bucket, "assets"), num(&bucket, "shares")), (0, 0));
            continue;
        }
        let code = outcome.err_code();
        assert!(code.is_ok(), "{contract} {function}: {outcome:?}");
        assert!(ContractError::new(code.unwrap()).entry().is_some(), "{contract} {function}: {outcome:?}");
        assert_eq!(w.vm.fingerprint().unwrap(), before, "{contract} {function} changed something");
    }
    // The one that answers: there is nothing to bring up to date.
    let outcome = w.registry(w.stranger, "expire-policies", &[Value::List(vec![u(1)])]);
    assert_eq!(outcome.ok().unwrap(), &u(0));
    tried.insert(("policy-registry".to_owned(), "expire-policies".to_owned()));
    assert_eq!(&tried, public, "every public function is tried");
}
