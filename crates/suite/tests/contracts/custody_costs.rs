//! What the calls that a sale and a settlement make to the custody contracts consume, through a contract in between as
//! in the suite. Bounds, so that growth is noticed; a stock node's limits for what the application reads.

use bithedge_stacks::Value;
use bithedge_vm::{Costs, Options};

use crate::custody::Custody;

/// Runs the call in a block of its own.
fn measured(c: &mut Custody, contract: &str, function: &str, args: &[Value]) -> Costs {
    let sender = c.session.account("wallet_1").unwrap();
    let outcome = c.session.call_with_costs(sender, contract, function, args).unwrap();
    assert!(outcome.ok().is_ok(), "{contract} {function}: {:?}", outcome.result);
    outcome.costs.unwrap()
}

#[test]
fn calls_of_a_sale_and_a_settlement_stay_cheap() {
    let mut c = Custody::ready_with(Options { costs: true, ..Options::default() });
    let tiers =
        (1..=5).map(|n| format!("{{threshold: u{n}000, discount: u{n}0000}}")).collect::<Vec<_>>().join(" ");
    c.ok("deployer", &format!("fee-schedule set-discount-tiers (list {tiers} )"));
    let user = c.principal("@wallet_1");
    let [sbtc, stx] = ["#sbtc", ".stx-token"].map(|token| c.principal(token));
    let amount = Value::UInt(100_000);
    for token in [&sbtc, &stx] {
        let deposit = [amount.clone(), token.clone(), user.clone()];
        for _ in 0..2 {
            let costs = measured(&mut c, "fake-pool", "deposit", &deposit);
            assert!(costs.read_count <= 25 && costs.write_count <= 8, "{costs:?}");
        }
        let fee =
            [Value::ascii("purchase").unwrap(), amount.clone(), amount.clone(), user.clone(), token.clone()];
        for _ in 0..2 {
            let costs = measured(&mut c, "fake-registry", "fee", &fee);
            assert!(costs.read_count <= 35 && costs.write_count <= 8, "{costs:?}");
        }
        let contribution = [amount.clone(), token.clone()];
        measured(&mut c, "insurance-fund", "contribute-to-fund", &contribution);
        let settle = [Value::UInt(7), user.clone(), Value::UInt(1_000), token.clone()];
        let costs = measured(&mut c, "fake-pool", "settle", &settle);
        assert!(costs.read_count <= 25 && costs.write_count <= 8, "{costs:?}");
        let cover = [Value::UInt(7), Value::UInt(1_000), token.clone()];
        let costs = measured(&mut c, "fake-pool", "cover", &cover);
        assert!(costs.read_count <= 35 && costs.write_count <= 12, "{costs:?}");
    }
    let quote = [Value::ascii("purchase").unwrap(), amount, user];
    let read = c.session.read("fee-schedule", "quote-fee", &quote).unwrap();
    assert!(read.ok().is_ok());
    let costs = read.costs.unwrap();
    assert!(costs.read_count <= 8 && costs.read_length <= 10_000, "{costs:?}");
    for function in ["get-fund-status", "get-fund-size"] {
        let read = c.session.read("insurance-fund", function, std::slice::from_ref(&sbtc)).unwrap();
        let costs = read.costs.unwrap();
        assert!(costs.read_count <= 12 && costs.read_length <= 50_000, "{costs:?}");
    }
}
