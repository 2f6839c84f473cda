//! A set-up that stopped anywhere.

use bithedge_stacks::Value;

use crate::bare::{Bare, documented, known};

const BALANCED: Value = Value::UInt(2);
const BTC: u128 = 100_000_000;
const NOT_INITIALISED: u128 = 1_340_902;
const CLOSE_DUE: u128 = 1_840_901;
const NO_CAPITAL: u128 = 1_842_301;

/// What a user could do, after a boundary, with prices if they are taken.
struct Attempts {
    deposit: Result<Value, u128>,
    quote: Result<(), u128>,
    purchase: Result<Value, u128>,
    close: Result<Value, u128>,
}

fn attempt(bare: &mut Bare) -> Attempts {
    let now = bare.vm.now().unwrap();
    let boundary = (now - 28_800) / 86_400 * 86_400 + 86_400 + 28_800;
    for time in [boundary - 1_200, boundary - 600, boundary] {
        bare.vm.advance_to(time).unwrap();
        bare.report();
    }
    let friday = 115_200 + (boundary + 8 * 86_400 - 115_200) / 604_800 * 604_800;
    let (strike, size) = (Value::UInt(85_000 * BTC), Value::UInt(BTC));
    let order = [bare.sbtc.clone(), BALANCED, Value::UInt(1), strike, Value::UInt(friday.into()), size];
    let user = Value::from(bare.user);
    let quote = {
        let arguments = [order.as_slice(), &[user]].concat();
        let answer = bare.vm.read("policy-registry", "get-quote", &arguments).unwrap();
        match answer.err_code() {
            Ok(code) => Err(known(code)),
            Err(_) => answer.ok().map(|_| ()).map_err(|other| panic!("no response: {other:?}")),
        }
    };
    let mut call = |contract: &str, function: &str, arguments: &[Value]| {
        let before = bare.vm.fingerprint().unwrap();
        let outcome = bare.vm.call(bare.user, contract, function, arguments).unwrap();
        let answer = outcome.ok().cloned().map_err(|_| documented(&outcome));
        if answer.is_err() {
            assert_eq!(
                bare.vm.fingerprint().unwrap(),
                before,
                "{function} was refused and changed something"
            );
        }
        answer
    };
    let most = Value::UInt(1_000 * BTC);
    let sbtc = order[0].clone();
    for (function, more) in [
        ("activate-protection", vec![Value::UInt(0)]),
        ("cancel-protection", vec![Value::UInt(0)]),
        ("claim-settlement", vec![]),
    ] {
        let arguments = [&[Value::UInt(1), sbtc.clone()], more.as_slice()].concat();
        call("policy-registry", function, &arguments).unwrap_err();
    }
    let settled = [BALANCED, sbtc.clone(), Value::UInt(boundary.into())];
    call("policy-registry", "settle-expiry", &settled).unwrap_err();
    for function in ["cancel-deposit", "claim-yield", "cancel-withdrawal"] {
        call("liquidity-pool", function, &[BALANCED, sbtc.clone()]).unwrap_err();
    }
    for function in ["request-withdrawal", "exit-dead-bucket"] {
        call("liquidity-pool", function, &[BALANCED, sbtc.clone(), Value::UInt(BTC)]).unwrap_err();
    }
    Attempts {
        deposit: call("liquidity-pool", "commit-capital", &[BALANCED, sbtc.clone(), Value::UInt(BTC)]),
        quote,
        close: call("liquidity-pool", "close-epoch", &[BALANCED, sbtc]),
        purchase: call("policy-registry", "purchase-protection", &[order.as_slice(), &[most]].concat()),
    }
}

#[test]
fn nothing_is_sold_or_taken_until_the_last_call_of_the_set_up() {
    let mut bare = Bare::new();
    let calls = bare.setup.calls().unwrap();
    let mut closed_from = None;
    for (done, call) in calls.iter().enumerate() {
        bare.vm.snapshot_as("so far").unwrap();
        let tried = attempt(&mut bare);
        let place = format!("before {} {}, call {done}", call.contract, call.function);
        assert_eq!(tried.quote, Err(NOT_INITIALISED), "{place}");
        assert!(tried.purchase.is_err(), "{place}: {:?}", tried.purchase);
        assert!(tried.deposit.is_err(), "{place}: {:?}", tried.deposit);
        // An empty bucket may be closed as soon as it is open: nothing is in it.
        if tried.close.is_ok() {
            closed_from = closed_from.or(Some(done));
        } else {
            assert_eq!(closed_from, None, "{place}");
        }
        bare.vm.restore_from("so far").unwrap();

        let effect = call.effect().unwrap();
        assert!(!bare.has(&effect), "{place}: its effect is there before it was made");
        let outcome = bare.make(bare.deployer, call);
        assert!(outcome.ok().is_ok(), "{place}: {outcome:?}");
        assert!(bare.has(&effect), "{place}: its effect cannot be seen");
    }
    let opened = calls.iter().rposition(|call| call.function == "open-bucket").unwrap();
    assert!(closed_from.is_none_or(|from| from > opened - 6), "closed after {closed_from:?} calls");

    let tried = attempt(&mut bare);
    tried.deposit.unwrap();
    tried.close.unwrap();
    // Everything is there: the boundary has passed, and nothing is sold between a boundary and its close.
    assert_eq!(tried.quote, Err(CLOSE_DUE));
    // The close is made before the order, which finds no capital.
    assert_eq!(tried.purchase, Err(NO_CAPITAL));
}
