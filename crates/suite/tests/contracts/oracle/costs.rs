//! What calls consume, and that they stay within what a node permits.

use bithedge_stacks::Value;
use bithedge_vm::{Costs, Options, Session};

use super::super::system::{deployer_does, read, u, wallet};
use super::{BOUNDARY, CONTRACTS, ORACLE, USD, add_reporter, project};

const BTC: u128 = 95_000 * USD;

fn measured(reporters: u8) -> Session {
    let options = Options { genesis_time: BOUNDARY - 20_000, costs: true, ..Options::default() };
    let mut s = Session::start(project(CONTRACTS), options).unwrap();
    deployer_does(&mut s, ORACLE, "seed-volatility", &[u(600_000), u(500_000)]);
    for number in 1..=reporters {
        add_reporter(&mut s, number, 2);
    }
    s
}

fn report(s: &mut Session, number: u8) -> Costs {
    let now = s.now().unwrap();
    let reporter = wallet(s, number);
    let outcome =
        s.call_with_costs(reporter, ORACLE, "report-prices", &[u(BTC), u(USD), u(now.into())]).unwrap();
    assert_eq!(outcome.ok().unwrap().field("accepted").unwrap(), &Value::Bool(true));
    outcome.costs.unwrap()
}

fn read_costs(s: &mut Session, function: &str, args: &[Value]) -> Costs {
    let outcome = s.read(ORACLE, function, args).unwrap();
    outcome.value().unwrap();
    outcome.costs.unwrap()
}

#[test]
fn reports_and_reads_stay_affordable() {
    let mut s = measured(8);
    // An observation in every slot of the four hours before the boundary, which is the most to walk.
    let mut most = None;
    for slot in 0..=65 {
        s.advance_to(BOUNDARY - 19_600 + slot * 300).unwrap();
        most = Some(report(&mut s, u8::try_from(slot % 8).unwrap() + 1));
    }
    let usual = most.unwrap();
    s.advance_to(BOUNDARY).unwrap();
    let crossing = report(&mut s, 7);
    let at = [u(BOUNDARY.into())];
    assert_eq!(
        read(&mut s, ORACLE, "get-boundary", &at).as_optional().unwrap().unwrap().field("method").unwrap(),
        &u(1)
    );
    s.advance_stacks(20).unwrap();
    let pricing = read_costs(&mut s, "get-pricing", &[]);
    let boundary = read_costs(&mut s, "get-boundary", &at);
    let twap = read_costs(&mut s, "get-twap", &[u(14_400)]);
    let history = read_costs(&mut s, "get-price-at", &[u((BOUNDARY - 25_000).into())]);
    for (what, costs) in [
        ("report-prices", &usual),
        ("report-prices across a boundary", &crossing),
        ("get-pricing", &pricing),
        ("get-boundary", &boundary),
        ("get-twap of 4 hours", &twap),
        ("get-price-at, nothing found", &history),
    ] {
        println!("{what}: {costs:?}");
    }
    // A node's limits for a read-only call are 100 reads, 200,000 bytes and a runtime of 1e9; a block's runtime is 5e9.
    for (costs, reads, bytes, runtime) in [
        (&pricing, 22, 40_000, 1_000_000),
        (&boundary, 10, 45_000, 500_000),
        (&twap, 75, 80_000, 3_000_000),
        (&history, 75, 80_000, 3_000_000),
        (&usual, 45, 80_000, 10_000_000),
        (&crossing, 120, 120_000, 20_000_000),
    ] {
        assert!(
            costs.read_count <= reads && costs.read_length <= bytes && costs.runtime <= runtime,
            "{costs:?}"
        );
    }
}
