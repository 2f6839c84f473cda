//! One call or more of every read-only function, each at what makes it read most.

use bithedge_stacks::Value;
use bithedge_suite_world::*;

use crate::full::{Full, own, text, tuple};

/// A call and what it must answer.
pub(crate) struct Case {
    pub(crate) contract: &'static str,
    pub(crate) function: &'static str,
    pub(crate) arguments: Vec<Value>,
    /// The code of an answer `(err u…)`; otherwise an error fails the test.
    pub(crate) refused: Option<u128>,
}

/// The cases.
pub(crate) fn cases(full: &mut Full) -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    pool(full, &mut cases);
    registry(full, &mut cases);
    oracle(full, &mut cases);
    money(full, &mut cases);
    analytics(full, &mut cases);
    powers(full, &mut cases);
    maths(&mut cases);
    cases.0
}

struct Cases(Vec<Case>);

impl Cases {
    fn of<const N: usize>(&mut self, contract: &'static str, calls: [(&'static str, Vec<Value>); N]) {
        for (function, arguments) in calls {
            self.0.push(Case { contract, function, arguments, refused: None });
        }
    }

    fn refused(&mut self, contract: &'static str, function: &'static str, arguments: Vec<Value>, code: u128) {
        self.0.push(Case { contract, function, arguments, refused: Some(code) });
    }
}

/// Prices and rules as the registry passes them to the pool, and a policy as it passes it.
fn handed_over(w: &mut World, volatility: &str, id: u128) -> (Value, Value, Value) {
    let pricing = w.read("oracle", "get-pricing", &[]);
    let pricing = pricing.as_response().unwrap().unwrap();
    let config = w.read("parameters", "get-policy-config", &[]);
    let config = config.as_response().unwrap().unwrap();
    let of = |value: &Value, field: &str| value.field(field).unwrap().clone();
    let prices = ["btc", "stx", "btc-twap", "stx-twap", volatility].map(|field| (field, of(pricing, field)));
    let rules = [
        ("min-size", of(config, "min-size")),
        ("min-lock-rate", of(config, "min-lock-rate")),
        ("kink", of(config, "surcharge-kink")),
        ("slope", of(config, "surcharge-slope")),
    ];
    let policy = w.read("policy-registry", "get-policy", &[u(id)]);
    let policy = policy.as_optional().unwrap().unwrap();
    let fields = ["tier", "strike", "expiry", "size", "lock", "required", "floor", "owner"];
    let mut policy = Value::tuple(fields.map(|field| (field.parse().unwrap(), of(policy, field))));
    if let Value::Tuple(fields) = &mut policy {
        fields.insert("id".parse().unwrap(), u(id));
    }
    (tuple(prices), tuple(rules), policy)
}

/// A policy in the full book of a token.
fn policy_in_book(full: &mut Full, token: &Value) -> u128 {
    let count = full.w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
    let expiry = u(full.expiry.into());
    (1..=count)
        .find(|id| {
            let policy = full.w.read("policy-registry", "get-policy", &[u(*id)]);
            let policy = policy.as_optional().unwrap().unwrap();
            policy.field("expiry").unwrap() == &expiry && policy.field("token").unwrap() == token
        })
        .unwrap()
}

fn pool(full: &mut Full, cases: &mut Cases) {
    let (expiry, settled) = (u(full.expiry.into()), u(full.settled.into()));
    let strike = u(full.strike);
    for token in [full.w.sbtc.clone(), full.w.stx.clone()] {
        let policy = policy_in_book(full, &token);
        let (asks, rules, _) = handed_over(&mut full.w, "vol-ask", policy);
        let (bids, _, policy) = handed_over(&mut full.w, "vol-bid", policy);
        let place = vec![u(AGGRESSIVE), token.clone()];
        let and = |more: &[Value]| [place.clone(), more.to_vec()].concat();
        let order = [u(BALANCED), u(PUT), strike.clone(), expiry.clone(), u(80 * BTC), asks, rules];
        let epoch = num(&full.w.bucket(AGGRESSIVE, &token), "epoch") - 1;
        cases.of(
            "liquidity-pool",
            [
                ("get-collateral-token", vec![token.clone()]),
                ("get-bucket", place.clone()),
                ("get-epoch", and(&[u(epoch)])),
                ("get-series", and(std::slice::from_ref(&expiry))),
                ("get-settlement", and(std::slice::from_ref(&settled))),
                ("get-claim", and(&[settled.clone(), u(full.claimed_strike)])),
                ("get-credit", vec![who(full.w.keeper), token.clone()]),
                ("get-credit-total", vec![token.clone()]),
                ("get-provider", and(&[who(full.w.irene)])),
                ("get-availability", and(&[u(USD)])),
                ("quote-sale", [vec![token.clone()], order.to_vec()].concat()),
                ("value-policy", vec![token.clone(), policy, bids, u(100_000)]),
            ],
        );
    }
    let spot = u(100_000 * USD);
    cases.of(
        "liquidity-pool",
        [
            ("get-tier", vec![u(AGGRESSIVE)]),
            ("boundary-before", vec![u(full.expiry.into())]),
            ("strike-step", vec![spot, u(40_000)]),
        ],
    );
}

fn registry(full: &mut Full, cases: &mut Cases) {
    let peter = who(full.w.peter);
    let provider = own(&full.w, "liquidity-pool");
    for token in [full.w.sbtc.clone(), full.w.stx.clone()] {
        let policy = policy_in_book(full, &token);
        let order = |size| {
            let tail = [u(full.strike), u(full.expiry.into()), u(size), peter.clone()];
            [vec![token.clone(), u(BALANCED), u(PUT)], tail.to_vec()].concat()
        };
        // One bucket; then two, which each of both books belongs to.
        cases.of(
            "policy-registry",
            [
                ("get-quote", order(BTC / 100)),
                ("get-quote", order(80 * BTC)),
                ("get-policy-value", vec![u(policy)]),
            ],
        );
    }
    let expiry = u(full.expiry.into());
    cases.of(
        "policy-registry",
        [
            ("get-policy-count", vec![]),
            ("get-policy", vec![u(1)]),
            ("get-policy-event", vec![u(1), u(0)]),
            ("get-owner-count", vec![peter.clone()]),
            ("get-provider-count", vec![provider.clone()]),
            ("get-expiry-count", vec![expiry.clone()]),
            ("get-status-count", vec![u(1)]),
            ("get-policies-by-owner", vec![peter, u(20)]),
            ("get-policies-by-provider", vec![provider, u(20)]),
            ("get-policies-by-expiry", vec![expiry.clone(), u(20)]),
            ("get-policies-by-status", vec![u(1), u(20)]),
            ("get-expiries-from", vec![u(full.settled.into())]),
            ("get-effective-status", vec![u(1)]),
            ("is-listed", vec![expiry]),
        ],
    );
}

fn oracle(full: &mut Full, cases: &mut Cases) {
    let boundary = u(full.settled.into());
    let silent = full.silent_since;
    let height = u(full.w.vm.tip().unwrap().stacks_height.into());
    cases.of(
        "oracle",
        [
            ("get-pricing", vec![]),
            ("get-price", vec![]),
            // Fifty slots of observations.
            ("get-twap", vec![u(14_400)]),
            ("get-twap", vec![u(1_800)]),
            ("get-fallback-price", vec![]),
            // The last observation before a silence, four hours later; and nothing at all in as many slots.
            ("get-price-at", vec![u(u128::from(silent) + 14_400)]),
            ("get-price-at", vec![u(u128::from(silent) + 86_400)]),
            ("get-price-at-height", vec![height]),
            ("get-price-change", vec![u(3_600)]),
            ("get-boundary", vec![boundary.clone()]),
            ("get-boundary-record", vec![boundary]),
            ("get-volatility", vec![]),
            ("get-status", vec![]),
            ("get-latest", vec![]),
            ("get-bounds", vec![]),
            ("get-reporters", vec![]),
            ("get-reporter", vec![who(full.w.reporters[0])]),
            ("get-anomaly", vec![u(1)]),
            ("get-dispute", vec![who(full.w.keeper), u(silent.into()), who(full.w.keeper)]),
        ],
    );
    for adapter in ["dia-adapter", "pyth-adapter"] {
        cases.of(adapter, [("get-feed", vec![])]);
    }
    cases.of("pyth-adapter", [("get-max-confidence", vec![])]);
    // No feed has been read; what is read of the chain is the same.
    cases.refused("dia-adapter", "latest-prices", vec![], 2_740_402);
    cases.refused("pyth-adapter", "latest-prices", vec![], 2_840_402);
}

fn money(full: &mut Full, cases: &mut Cases) {
    let peter = who(full.w.peter);
    let pool = own(&full.w, "liquidity-pool");
    for token in [full.w.sbtc.clone(), full.w.stx.clone()] {
        let one = vec![token.clone()];
        cases.of(
            "liquidity-pool-vault",
            [("get-account", vec![pool.clone(), token.clone()]), ("get-token", one.clone())],
        );
        cases.of(
            "insurance-fund",
            [
                ("is-accepted", one.clone()),
                ("get-settings", one.clone()),
                ("get-fund", one.clone()),
                ("get-fund-size", one.clone()),
                ("get-fund-status", one.clone()),
                ("get-target-size", one.clone()),
                ("get-recommended-contribution-rate", one.clone()),
                ("get-coverable", vec![token.clone(), u(full.settled.into())]),
                ("get-cover", vec![token.clone(), u(full.settled.into())]),
            ],
        );
        cases.of(
            "treasury",
            [
                ("get-fee-totals", vec![text("purchase"), token.clone()]),
                ("get-treasury-balances", one.clone()),
                ("get-token", one),
                ("get-credit", vec![peter.clone(), token]),
            ],
        );
    }
    cases.of(
        "liquidity-pool-vault",
        [
            ("get-total-stx-balance", vec![]),
            ("get-total-stx-locked", vec![]),
            ("get-total-sbtc-balance", vec![]),
            ("get-total-sbtc-locked", vec![]),
            ("get-sbtc-token-principal", vec![]),
            ("get-backend-principal", vec![]),
        ],
    );
    cases.of("insurance-fund", [("get-activation", vec![u(1)])]);
    cases.of("treasury", [("get-allocation", vec![text("a-row-with-a-long-name-1")])]);
    cases.of(
        "fee-schedule",
        [
            ("quote-fee", vec![text("purchase"), u(BTC), peter.clone()]),
            ("get-discount", vec![peter.clone()]),
            ("get-volume", vec![peter.clone()]),
        ],
    );
    cases.of(
        "stx-token",
        [
            ("get-name", vec![]),
            ("get-symbol", vec![]),
            ("get-decimals", vec![]),
            ("get-balance", vec![peter]),
            ("get-total-supply", vec![]),
            ("get-token-uri", vec![]),
        ],
    );
}

fn analytics(full: &mut Full, cases: &mut Cases) {
    let today = u128::from(full.w.vm.now().unwrap() / DAY);
    let metric = text("premium-usd");
    let of = |rest: &[u128]| [vec![metric.clone()], rest.iter().copied().map(u).collect()].concat();
    cases.of(
        "analytics",
        [
            ("get-day", vec![]),
            ("get-metric", of(&[today])),
            ("get-gauge", vec![text("nothing")]),
            ("get-series", of(&[today - 30, 31])),
            ("get-window", of(&[today - 30, 31])),
            ("get-trend", of(&[today, 31])),
            ("compare-benchmark", of(&[today, 31])),
            ("get-performance", vec![u(today), u(31)]),
            ("get-anomaly", of(&[today])),
            ("get-indicators", vec![]),
            ("get-benchmark", of(&[])),
            ("get-health-score", vec![]),
            ("get-health-record", vec![u(today)]),
        ],
    );
}

fn powers(full: &mut Full, cases: &mut Cases) {
    let deployer = who(full.w.deployer);
    let peter = who(full.w.peter);
    let some = Value::some(deployer.clone());
    let height = u(full.w.vm.tip().unwrap().stacks_height.into());
    let governance = own(&full.w, "governance");
    let operator = text("operator");
    cases.of(
        "governance",
        [
            ("is-bootstrapping", vec![]),
            ("has-role", vec![peter.clone(), operator.clone()]),
            ("count-role", vec![operator]),
            ("get-permissions", vec![who(full.w.keeper)]),
            ("get-setting", vec![text("timelock")]),
            ("get-weight", vec![some.clone()]),
            ("get-weight-at", vec![some, height]),
            ("is-emergency-action", vec![governance.clone(), text("revoke-role")]),
            ("get-proposal-count", vec![]),
            ("get-proposal", vec![u(2)]),
            ("get-status", vec![u(2)]),
            ("get-vote", vec![u(2), deployer.clone()]),
            ("get-vote-count", vec![deployer.clone()]),
            ("get-voted-proposal", vec![deployer, u(1)]),
            ("get-approval", vec![governance, text("assign-role"), full.approval.clone()]),
        ],
    );
    let name = text("policy-registry");
    let registry = own(&full.w, "policy-registry");
    cases.of(
        "upgrade-manager",
        [
            ("get-standing", vec![name.clone(), registry.clone()]),
            ("standing-of", vec![registry.clone()]),
            ("is-current", vec![name.clone(), registry]),
            ("resolve-contract-address", vec![name.clone()]),
            ("get-contract", vec![name]),
        ],
    );
    let purchase = text("purchase");
    let names = Value::list((0..20).map(|_| text("surcharge-slope")));
    cases.of(
        "parameters",
        [
            ("get-parameter", vec![text("min-size")]),
            ("get-parameters", vec![names]),
            ("get-parameter-details", vec![text("min-size")]),
            ("get-policy-config", vec![]),
            ("get-flag", vec![text("sales")]),
            ("get-breaker", vec![text("oracle")]),
            ("check-circuit-breaker", vec![text("oracle")]),
            ("get-action-rule", vec![purchase.clone()]),
            ("get-usage", vec![purchase.clone(), peter.clone()]),
            ("is-action-open", vec![purchase, peter, u(BTC)]),
            ("get-system-health", vec![]),
        ],
    );
}

fn maths(cases: &mut Cases) {
    let one = 1_000_000_000_000;
    let option = vec![u(100_000 * USD), u(90_000 * USD), u(600_000), u(30 * u128::from(DAY))];
    let entries = Value::list(
        (0..64).map(|n| tuple([("strike", u((80_000 + n * 100) * USD)), ("volatility", u(600_000))])),
    );
    cases.of(
        "option-math",
        [
            ("ln", vec![u(3 * one)]),
            ("exp", vec![Value::Int(-3_000_000_000_000)]),
            ("normal-cdf", vec![Value::Int(1_000_000_000_000)]),
            ("put-price", option.clone()),
            ("call-price", option),
            ("mark-series", vec![u(100_000 * USD), u(30 * u128::from(DAY)), entries]),
        ],
    );
}
