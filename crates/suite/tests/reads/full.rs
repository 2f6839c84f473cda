//! A world in which everything that grows is as long as it gets.

use bithedge_stacks::{Principal, Value};
use bithedge_suite_world::*;
use bithedge_vm::Options;

/// Series that one bucket can have for one expiry.
const SERIES: u128 = 32;
/// A strike step of 100 USD at a spot price of 100,000 USD, so that one day's strikes fill a book. Parts per million.
const FINE_GRID: u128 = 1_000;
/// Size of each policy, satoshis.
const SIZE: u128 = BTC / 100;

/// The world and what is where in it.
pub(crate) struct Full {
    pub(crate) w: World,
    /// The last price before a silence of eight days.
    pub(crate) silent_since: u64,
    /// An expiry for which two tiers of both tokens have full books.
    pub(crate) expiry: u64,
    /// An expiry that is settled in the money; policy 1 of it waits for its claim.
    pub(crate) settled: u64,
    /// Strike of policy 1.
    pub(crate) claimed_strike: u128,
    /// A strike in the full books of [`BALANCED`].
    pub(crate) strike: u128,
    /// Hash of the arguments of an approval that nobody has used.
    pub(crate) approval: Value,
}

/// A text.
pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

/// A tuple.
pub(crate) fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
}

/// A call that governance has to decide on: target, function, arguments by name.
struct Action {
    contract: &'static str,
    function: &'static str,
    arguments: Vec<(&'static str, Value)>,
}

impl Full {
    /// Made by everybody's ordinary calls.
    pub(crate) fn new() -> Self {
        let options = Options { genesis_time: START, costs: true, ..Options::default() };
        let mut w = World::with(options, 100_000 * USD, USD);
        let silent_since = num(&w.read("oracle", "get-latest", &[]), "at").try_into().unwrap();
        let approval = decisions(&mut w);
        let tokens = [w.sbtc.clone(), w.stx.clone()];
        w.next_boundary();
        close_all(&mut w);
        let capital = [[40 * BTC, 300 * BTC], [5_000_000 * STX, 50_000_000 * STX]];
        for (token, amounts) in tokens.iter().zip(capital) {
            for (tier, amount) in [BALANCED, AGGRESSIVE].into_iter().zip(amounts) {
                w.commit(w.irene, tier, token, amount);
            }
            w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(1_000_000), token.clone()])
                .ok()
                .unwrap();
        }
        w.next_boundary();
        close_all(&mut w);

        // A policy in the money that nobody claims, and requests in two closes that nobody has brought into the position.
        let settled = w.expiry(1);
        let claimed_strike = 104_000 * USD;
        for token in &tokens {
            w.buy(token, AGGRESSIVE, claimed_strike, settled, SIZE).ok().unwrap();
        }
        let boundary = (w.vm.now().unwrap() - 28_800) / DAY * DAY + DAY + 28_800;
        for before in [5_400, 1_800] {
            w.run_to(boundary - before);
            for token in &tokens {
                let arguments = [u(AGGRESSIVE), token.clone(), u(1_000_000_000_000)];
                w.pool(w.irene, "request-withdrawal", &arguments).ok().unwrap();
            }
        }
        w.run_to(boundary);
        close_all(&mut w);
        assert_eq!(w.next_boundary(), settled);
        for token in &tokens {
            let arguments = [u(AGGRESSIVE), token.clone(), u(settled.into())];
            w.registry(w.keeper, "settle-expiry", &arguments).ok().unwrap();
        }
        close_all(&mut w);

        let expiry = w.expiry(21);
        let strike = 80_500 * USD;
        for token in &tokens {
            for (tier, lowest) in [(BALANCED, strike), (AGGRESSIVE, 93_000 * USD)] {
                for series in 0..SERIES {
                    w.buy(token, tier, lowest + series * 100 * USD, expiry, SIZE).ok().unwrap();
                }
                let book =
                    w.read("liquidity-pool", "get-series", &[u(tier), token.clone(), u(expiry.into())]);
                assert_eq!(book.field("keys").unwrap().as_list().unwrap().len(), 32);
            }
            // One of every expiry that the tier sells.
            let mut friday = w.expiry(2);
            while friday < w.vm.now().unwrap() + 90 * DAY {
                let listed = w.read("policy-registry", "is-listed", &[u(friday.into())]);
                if listed.as_bool().unwrap() && friday != expiry {
                    w.buy(token, BALANCED, strike, friday, SIZE).ok().unwrap();
                }
                friday += 7 * DAY;
            }
            w.call(w.keeper, "insurance-fund", "report-health", std::slice::from_ref(token)).ok().unwrap();
        }
        let benchmark = [text("premium-usd"), u(1_000 * USD)];
        w.call(w.stranger, "analytics", "set-benchmark", &benchmark).ok().unwrap();
        // An observation in every slot of four hours and more.
        for _ in 0..51 {
            let now = w.vm.now().unwrap();
            w.vm.advance_to(now + 300).unwrap();
            w.report();
        }
        Self { w, silent_since, expiry, settled, claimed_strike, strike, approval }
    }
}

fn close_all(w: &mut World) {
    for token in [w.sbtc.clone(), w.stx.clone()] {
        for tier in [BALANCED, AGGRESSIVE] {
            w.close(tier, &token).ok().unwrap();
        }
    }
}

/// Two proposals of ten actions, decided and carried out but for one action; the hash of that one's arguments.
fn decisions(w: &mut World) -> Value {
    let mut actions: Vec<Action> = Vec::new();
    for tier in [BALANCED, AGGRESSIVE] {
        let terms = w.read("liquidity-pool", "get-tier", &[u(tier)]);
        let mut terms = terms.as_optional().unwrap().unwrap().as_tuple().unwrap().clone();
        for (field, value) in
            [("grid", u(FINE_GRID)), ("isolated", Value::Bool(false)), ("overflow", text("proportional"))]
        {
            assert!(terms.insert(field.parse().unwrap(), value).is_some(), "{field}");
        }
        actions.push(Action {
            contract: "liquidity-pool",
            function: "set-tier",
            arguments: vec![("tier", u(tier)), ("terms", Value::Tuple(terms))],
        });
    }
    let tiers = (1..=5)
        .map(|step| tuple([("threshold", u(step * 10_000_000 * USD)), ("discount", u(step * 10_000))]));
    actions.push(Action {
        contract: "fee-schedule",
        function: "set-discount-tiers",
        arguments: vec![("tiers", Value::list(tiers))],
    });
    // One gauge is known, for the others all days are searched.
    let indicators = ["fund-sBTC", "a", "b", "c", "d", "e"].map(|metric| {
        tuple([
            ("metric", text(metric)),
            ("good", text("max-size")),
            ("bad", text("min-size")),
            ("weight", u(1)),
        ])
    });
    actions.push(Action {
        contract: "analytics",
        function: "set-indicators",
        arguments: vec![("indicators", Value::list(indicators))],
    });
    actions.push(Action {
        contract: "governance",
        function: "assign-role",
        arguments: vec![("who", who(w.stranger)), ("role", text("operator"))],
    });
    let one_more = [("name", text("one-more")), ("value", u(500_000)), ("min", u(1)), ("max", u(2_000_000))];
    actions.push(Action {
        contract: "parameters",
        function: "define-parameter",
        arguments: one_more.to_vec(),
    });
    for reporter in [w.peter, w.irene, w.ivan, w.stranger] {
        actions.push(Action {
            contract: "oracle",
            function: "add-reporter",
            arguments: vec![("reporter", who(reporter)), ("weight", u(1))],
        });
    }
    for row in 1..=9 {
        actions.push(Action {
            contract: "treasury",
            function: "set-allocation",
            arguments: vec![
                ("id", text(&format!("a-row-with-a-long-name-{row}"))),
                ("share", u(10_000)),
                ("recipient", who(w.stranger)),
                ("active", Value::Bool(true)),
                ("description", text(&"d".repeat(100))),
            ],
        });
    }
    actions.push(Action {
        contract: "governance",
        function: "assign-role",
        arguments: vec![("who", who(w.peter)), ("role", text("operator"))],
    });

    let hashes: Vec<Value> = actions.iter().map(|action| hash(w, &action.arguments)).collect();
    let listed = actions.iter().zip(&hashes).map(|(action, args)| {
        let target = Value::from(w.vm.contract(action.contract).unwrap());
        tuple([("target", target), ("function", text(action.function)), ("args", args.clone())])
    });
    let listed: Vec<Value> = listed.collect();
    for ten in listed.chunks(10) {
        let arguments = [
            text(&"t".repeat(80)),
            Value::buffer([0; 32]),
            text(&"u".repeat(128)),
            Value::list(ten.to_vec()),
            Value::Bool(false),
        ];
        w.call(w.deployer, "governance", "propose", &arguments).ok().unwrap();
    }
    // A day until voting, five of voting, two of timelock.
    for (wait, function) in [(DAY, "vote"), (5 * DAY, "queue"), (2 * DAY, "")] {
        let now = w.vm.now().unwrap();
        w.vm.advance_to(now + wait).unwrap();
        for proposal in [1, 2] {
            match function {
                "vote" => {
                    w.call(w.deployer, "governance", "vote", &[u(proposal), u(1)]).ok().map(drop).unwrap()
                }
                "queue" => w.call(w.deployer, "governance", "queue", &[u(proposal)]).ok().map(drop).unwrap(),
                _ => {}
            }
        }
    }
    for action in actions.iter().take(19) {
        let arguments: Vec<Value> = action.arguments.iter().map(|(_, value)| value.clone()).collect();
        w.call(w.stranger, action.contract, action.function, &arguments).ok().unwrap();
    }
    hashes.last().unwrap().clone()
}

/// What governance knows arguments by.
fn hash(w: &mut World, arguments: &[(&str, Value)]) -> Value {
    let fields = arguments.iter().map(|(name, value)| (name.parse().unwrap(), value.clone()));
    let code = format!("(sha256 (unwrap-panic (to-consensus-buff? {})))", Value::tuple(fields).to_source());
    w.vm.evaluate(w.deployer, &code).unwrap().value().unwrap().clone()
}

/// The principal of one of the suite's contracts.
pub(crate) fn own(w: &World, name: &str) -> Value {
    Value::Principal(Principal::Contract(w.vm.contract(name).unwrap()))
}
