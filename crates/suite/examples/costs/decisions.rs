//! One of everything that governance can decide.

use bithedge_stacks::Value;
use bithedge_suite_world::{AGGRESSIVE, BALANCED, DAY, START, World, u};

use crate::script::{Decision, HASH, value};

/// Tier terms with strikes close together, and with what does not fit going to the next tier.
fn terms(w: &mut World, tier: u128) -> String {
    let terms = w.read("liquidity-pool", "get-tier", &[u(tier)]);
    let mut terms = terms.as_optional().unwrap().unwrap().as_tuple().unwrap().clone();
    let changes = [
        ("grid", u(1_000)),
        ("isolated", Value::Bool(false)),
        ("overflow", Value::ascii("proportional").unwrap()),
    ];
    for (field, value) in changes {
        assert!(terms.insert(field.parse().unwrap(), value).is_some(), "{field}");
    }
    Value::Tuple(terms).to_source()
}

/// The decisions, in an order in which they can be carried out.
#[allow(clippy::too_many_lines, reason = "one list")]
pub(crate) fn decisions(w: &mut World) -> Vec<Decision> {
    let long = format!("\"{}\"", "d".repeat(128));
    let description = format!("\"{}\"", "d".repeat(100));
    let names: Vec<String> =
        (1..=16).map(|n| format!("\"a-dependency-with-a-rather-long-name-{n:03}\"")).collect();
    let names = format!("(list {})", names.join(" "));
    let hashed = value(&mut w.vm, "(unwrap-panic (contract-hash? .fake-pyth))").to_source();
    let (balanced, aggressive) = (terms(w, BALANCED), terms(w, AGGRESSIVE));
    let bounds = w.read("oracle", "get-bounds", &[]).to_source();
    let rules = {
        let token = w.stx.clone();
        w.read("insurance-fund", "get-settings", &[token]).to_source()
    };
    let now = w.vm.now().unwrap();
    let expires = format!("u{}", now + 14 * DAY);
    let missed = format!("u{}", START - 5 * DAY + 28_800);
    let indicators: Vec<String> = ["fund-STX", "a", "b", "c", "d", "e"]
        .iter()
        .map(|metric| format!("{{metric: \"{metric}\", good: \"max-size\", bad: \"min-size\", weight: u1}}"))
        .collect();
    let indicators = format!("(list {})", indicators.join(" "));
    let tiers: Vec<String> = (1..=5)
        .map(|n| format!("{{threshold: u{}, discount: u{n}0000}}", n * 1_000_000_000_000_000_u64))
        .collect();
    let tiers = format!("(list {})", tiers.join(" "));

    vec![
        Decision::new("governance", "assign-role", &[("who", "@wallet_5"), ("role", "\"operator\"")]),
        Decision::new("governance", "assign-role", &[("who", "@wallet_2"), ("role", "\"treasurer\"")]),
        Decision::new(
            "governance",
            "transfer-role",
            &[("role", "\"treasurer\""), ("from", "@wallet_2"), ("to", "@wallet_3")],
        ),
        Decision::new("governance", "revoke-role", &[("who", "@wallet_3"), ("role", "\"treasurer\"")]),
        Decision::new("governance", "assign-role", &[("who", "@wallet_1"), ("role", "\"guardian\"")]),
        Decision::new(
            "governance",
            "set-role-permissions",
            &[("role", "\"operator\""), ("permissions", "u1")],
        ),
        Decision::new("governance", "set-voting-weight", &[("who", "@wallet_3"), ("weight", "u50")]),
        Decision::new("governance", "set-setting", &[("name", "\"quorum\""), ("value", "u250000")]),
        Decision::new(
            "governance",
            "set-emergency-action",
            &[("target", ".parameters"), ("function", "\"set-flag\""), ("allowed", "true")],
        ),
        Decision::new("governance", "mark-custody", &[("target", ".analytics")]),
        Decision::new(
            "upgrade-manager",
            "register-contract",
            &[
                ("name", "\"market\""),
                ("address", ".fake-dia"),
                ("version", "\"1.0.0\""),
                ("upgradeable", "true"),
                ("custody", "false"),
            ],
        ),
        Decision::new(
            "upgrade-manager",
            "describe-contract",
            &[
                ("name", "\"market\""),
                ("metadata", &long),
                ("custody", "false"),
                ("fallback", "none"),
                ("dependencies", &names),
            ],
        ),
        Decision::new(
            "upgrade-manager",
            "propose-upgrade",
            &[("name", "\"market\""), ("address", ".fake-pyth"), ("version", "\"2.0.0\""), ("hash", &hashed)],
        ),
        Decision::new(
            "upgrade-manager",
            "propose-upgrade",
            &[("name", "\"market\""), ("address", ".fake-third"), ("version", "\"3.0.0\""), ("hash", HASH)],
        ),
        Decision::new(
            "upgrade-manager",
            "retire-version",
            &[("name", "\"market\""), ("address", ".fake-pyth")],
        ),
        Decision::new("upgrade-manager", "kill-version", &[("name", "\"market\""), ("address", ".fake-dia")]),
        Decision::new(
            "upgrade-manager",
            "set-delays",
            &[("normal", "u86400"), ("custody", "u604800"), ("kill", "u7776000")],
        ),
        Decision::new("upgrade-manager", "complete-migration", &[("id", "u1")]),
        Decision::new(
            "parameters",
            "define-parameter",
            &[("name", "\"another-parameter\""), ("value", "u500000"), ("min", "u1"), ("max", "u2000000")],
        ),
        Decision::new("parameters", "set-parameter", &[("name", "\"min-size\""), ("value", "u20000")]),
        Decision::new(
            "parameters",
            "set-parameter-bounds",
            &[("name", "\"min-size\""), ("min", "u1000"), ("max", "u200000000")],
        ),
        Decision::new("parameters", "set-flag", &[("name", "\"a-feature\""), ("enabled", "true")]),
        Decision::new(
            "parameters",
            "set-breaker",
            &[("id", "\"deposits\""), ("activation-threshold", "u0"), ("auto-release", "u86400")],
        ),
        Decision::new(
            "parameters",
            "set-action-rule",
            &[
                ("action", "\"deposit\""),
                ("flag", "\"deposits\""),
                ("breakers", "(list \"all\" \"deposits\" \"oracle\")"),
                ("capacity", "u100000000000000000000"),
                ("refill-per-day", "u100000000000000000000"),
                ("cooldown", "u0"),
            ],
        ),
        Decision::new("analytics", "set-indicators", &[("new", &indicators)]),
        Decision::new("oracle", "add-reporter", &[("reporter", ".pyth-adapter"), ("weight", "u1")]),
        Decision::new(
            "oracle",
            "set-reporter",
            &[("reporter", "@wallet_6"), ("weight", "u1"), ("active", "true")],
        ),
        Decision::new(
            "oracle",
            "set-reporter",
            &[("reporter", "@wallet_8"), ("weight", "u1"), ("active", "true")],
        ),
        Decision::new("oracle", "remove-reporter", &[("reporter", ".pyth-adapter")]),
        Decision::new("oracle", "set-bounds", &[("new", &bounds)]),
        Decision::new(
            "oracle",
            "record-boundary-price",
            &[("at", missed.as_str()), ("btc", "u10000000000000"), ("stx", "u100000000")],
        ),
        Decision::new("dia-adapter", "set-feed", &[("feed", ".fake-dia")]),
        Decision::new("pyth-adapter", "set-feed", &[("feed", ".fake-pyth")]),
        Decision::new("pyth-adapter", "set-max-confidence", &[("limit", "u20000")]),
        Decision::new("liquidity-pool-vault", "set-token", &[("token", ".stx-token"), ("accepted", "true")]),
        Decision::new("liquidity-pool-vault", "set-sbtc-token-principal", &[("token", "#sbtc")]),
        Decision::new("liquidity-pool-vault", "set-backend-principal", &[("backend", ".liquidity-pool")]),
        Decision::new("insurance-fund", "set-fund-rules", &[("token", ".stx-token"), ("rules", &rules)]),
        Decision::new(
            "insurance-fund",
            "withdraw-surplus",
            &[("token", ".stx-token"), ("amount", "u1000000"), ("recipient", "@wallet_5")],
        ),
        Decision::new("fee-schedule", "set-fee-rate", &[("operation", "\"purchase\""), ("rate", "u50000")]),
        Decision::new("fee-schedule", "set-discount-tiers", &[("tiers", &tiers)]),
        Decision::new(
            "treasury",
            "set-token",
            &[("token", "#sbtc"), ("accepted", "true"), ("reserve", "u1000")],
        ),
        Decision::new(
            "treasury",
            "set-allocation",
            &[
                ("id", "\"a-row-with-a-long-name-1\""),
                ("share", "u100000"),
                ("recipient", "@wallet_5"),
                ("active", "true"),
                ("description", &description),
            ],
        ),
        Decision::new(
            "treasury",
            "execute-payment",
            &[
                ("token", "#sbtc"),
                ("amount", "u1000"),
                ("recipient", "@wallet_5"),
                ("reason", "\"for work done\""),
            ],
        ),
        Decision::new(
            "treasury",
            "pay-compensation",
            &[("dispute", "u1"), ("token", "#sbtc"), ("amount", "u1000"), ("recipient", "@wallet_5")],
        ),
        Decision::new(
            "treasury",
            "approve-swap",
            &[
                ("sell", "#sbtc"),
                ("amount", "u1000"),
                ("buy", ".stx-token"),
                ("price", "u1000000"),
                ("expires-at", &expires),
            ],
        ),
        Decision::new(
            "treasury",
            "approve-swap",
            &[
                ("sell", "#sbtc"),
                ("amount", "u2000"),
                ("buy", ".stx-token"),
                ("price", "u1000000"),
                ("expires-at", &expires),
            ],
        ),
        Decision::new("treasury", "cancel-swap", &[("id", "u2")]),
        Decision::new(
            "liquidity-pool",
            "add-collateral-token",
            &[
                ("token", "#sbtc"),
                ("symbol", "\"sBTC\""),
                ("decimals", "u8"),
                ("asset", "u1"),
                ("collateralization-ratio", "u1000000"),
                ("liquidation-threshold", "u1000000"),
                ("price-feed", ".oracle"),
                ("min-deposit", "u100000"),
                ("min-premium", "u100"),
                ("bounty", "u50"),
                ("active", "true"),
            ],
        ),
        Decision::new("liquidity-pool", "set-tier", &[("tier", "u2"), ("terms", &balanced)]),
        Decision::new("liquidity-pool", "set-tier", &[("tier", "u3"), ("terms", &aggressive)]),
        Decision::new(
            "liquidity-pool",
            "open-bucket",
            &[("tier", "u2"), ("token", ".stx-token"), ("capacity", "u200000000000000")],
        ),
        // A wallet that asks governance as a contract would.
        Decision::new("@wallet_8", "an-action", &[("amount", "u1")]),
    ]
}
