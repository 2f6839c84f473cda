//! Functions that only contracts of the suite may call, called by wallets that are registered in their place.

use bithedge_stacks::{Address, Value};
use bithedge_suite::setup::SetupCall;
use bithedge_suite_world::{BALANCED, BTC, DAY, PUT, START, STX, USD, World, num, u, who};
use bithedge_vm::Options;

use crate::script::{Decision, call, carry_out, decide};
use crate::table::Table;

/// A world in which a wallet stands for a contract. The set-up names it in that contract's place.
fn world(stand_in: &[(&str, &str)]) -> World {
    let options = Options { genesis_time: START, costs: true, ..Options::default() };
    World::with_one_reporter(options, 100_000 * USD, USD, |calls: &mut Vec<SetupCall>| {
        let accounts = Options::default().accounts;
        for (name, label) in stand_in {
            let found = accounts.iter().find(|account| account.label == *label).unwrap();
            let address: Address = found.address.parse().unwrap();
            let contract = calls
                .iter()
                .find(|call| {
                    call.function == "register-contract" && call.arguments[0] == Value::ascii(*name).unwrap()
                })
                .unwrap()
                .arguments[1]
                .clone();
            let registered = calls.iter_mut().filter(|call| {
                matches!(call.function, "register-contract" | "mark-custody" | "set-backend-principal")
            });
            for argument in registered.flat_map(|call| call.arguments.iter_mut()) {
                if *argument == contract {
                    *argument = who(address);
                }
            }
        }
    })
}

/// The calls that the registry makes.
pub(crate) fn of_the_registry(table: &mut Table) {
    let mut w = world(&[("policy-registry", "wallet_1")]);
    let registry = w.peter;
    let tokens = [w.sbtc.clone(), w.stx.clone()];
    for (token, amount) in tokens.iter().zip([40 * BTC, 5_000_000 * STX]) {
        w.commit(w.irene, BALANCED, token, amount);
    }
    w.next_boundary();
    let expiry = w.expiry(3);
    let pricing = w.read("oracle", "get-pricing", &[]);
    let pricing = pricing.as_response().unwrap().unwrap().clone();
    let config = w.read("parameters", "get-policy-config", &[]);
    let config = config.as_response().unwrap().unwrap().clone();
    let figures = |fields: &[(&str, &str)], from: &Value| {
        Value::tuple(
            fields.iter().map(|(name, of)| ((*name).parse().unwrap(), from.field(of).unwrap().clone())),
        )
    };
    let prices = ["btc", "stx", "btc-twap", "stx-twap"].map(|name| (name, name));
    let [asks, bids] = ["vol-ask", "vol-bid"].map(|volatility| {
        let mut fields = prices.to_vec();
        fields.push((volatility, volatility));
        figures(&fields, &pricing)
    });
    let rules = figures(
        &[
            ("min-size", "min-size"),
            ("min-lock-rate", "min-lock-rate"),
            ("kink", "surcharge-kink"),
            ("slope", "surcharge-slope"),
        ],
        &config,
    );
    let (strike, size) = (85_000 * USD, BTC / 10);
    let mut sold = Vec::new();
    for (token, case) in tokens.iter().zip(["sBTC", "STX"]) {
        w.close(BALANCED, token).ok().unwrap();
        for id in 1..=4_u128 {
            let args = [
                token.clone(),
                u(BALANCED),
                u(PUT),
                u(strike),
                u(expiry.into()),
                u(size),
                u(id),
                asks.clone(),
                rules.clone(),
            ];
            let parts = table.measure(&mut w.vm, case, registry, "liquidity-pool", "underwrite", &args);
            let part = parts.as_list().unwrap()[0].clone();
            let mut fields: Vec<(&str, Value)> =
                ["lock", "required", "floor"].map(|name| (name, part.field(name).unwrap().clone())).to_vec();
            fields.extend([
                ("id", u(id)),
                ("tier", u(BALANCED)),
                ("strike", u(strike)),
                ("expiry", u(expiry.into())),
                ("size", u(size)),
                ("owner", who(registry)),
            ]);
            sold.push((
                token.clone(),
                case,
                Value::tuple(fields.into_iter().map(|(n, v)| (n.parse().unwrap(), v))),
            ));
        }
    }
    for (token, case, policy) in [&sold[0], &sold[4]] {
        let args = [token.clone(), policy.clone(), bids.clone(), u(100_000)];
        table.measure(&mut w.vm, case, registry, "liquidity-pool", "buy-back", &args);
    }
    for (token, case, policy) in [&sold[1], &sold[5]] {
        let args = [token.clone(), policy.clone(), u(80_000 * USD), u(USD)];
        table.measure(&mut w.vm, case, registry, "liquidity-pool", "settle-early", &args);
    }

    for (token, case, policy) in [("#sbtc", "sBTC", "u7"), (".stx-token", "STX", "u8")] {
        let args = ["\"purchase\"", "u1000000", "u1000000", "@wallet_1", token];
        call(table, &mut w.vm, case, "wallet_1", "treasury", "process-fee", &args);
        call(
            table,
            &mut w.vm,
            case,
            "wallet_1",
            "insurance-fund",
            "contribute-to-fund",
            &["u1000000", token],
        );
        call(
            table,
            &mut w.vm,
            case,
            "wallet_1",
            "insurance-fund",
            "take-over-policy",
            &[policy, token, "u1000"],
        );
        let settled = [policy, "u500", "@wallet_5", token];
        call(table, &mut w.vm, case, "wallet_1", "insurance-fund", "settle-taken-policy", &settled);
    }
    call(table, &mut w.vm, "", "wallet_1", "fee-schedule", "net-volume", &["@wallet_1", "u1000"]);
    call(table, &mut w.vm, "", "wallet_1", "parameters", "authorise-sale", &["@wallet_1", "u1000000"]);
    call(
        table,
        &mut w.vm,
        "",
        "wallet_1",
        "parameters",
        "check-action",
        &["\"sell-back\"", "@wallet_1", "u1000"],
    );
    call(table, &mut w.vm, "nothing trips", "wallet_1", "parameters", "report-level", &["\"oracle\"", "u5"]);
    call(table, &mut w.vm, "", "wallet_1", "analytics", "record", &["\"a-metric-with-a-long-n\"", "u5"]);
    call(table, &mut w.vm, "", "wallet_1", "analytics", "set-gauge", &["\"a-metric-with-a-long-g\"", "u5"]);
    let eight: Vec<String> =
        (1..=8).map(|n| format!("{{metric: \"a-metric-with-a-long-{n}\", value: u{n}}}")).collect();
    let eight = format!("(list {})", eight.join(" "));
    call(table, &mut w.vm, "eight", "wallet_1", "analytics", "record-all", &[&eight]);

    w.btc_price = 100_000 * USD;
    w.run_to(expiry - DAY);
    for token in &tokens {
        w.close(BALANCED, token).ok().unwrap();
    }
    w.walk_to(80_000 * USD);
    w.run_to(expiry);
    for (token, case) in tokens.iter().zip(["sBTC, one series", "STX, one series"]) {
        let args = [u(BALANCED), token.clone(), u(expiry.into()), who(w.keeper)];
        table.measure(&mut w.vm, case, registry, "liquidity-pool", "settle-expiry", &args);
    }
    for (token, case, policy) in [&sold[2], &sold[6]] {
        let args = [
            token.clone(),
            policy.field("id").unwrap().clone(),
            u(BALANCED),
            u(strike),
            u(expiry.into()),
            u(size),
            who(registry),
            who(w.keeper),
        ];
        let paid = table.measure(&mut w.vm, case, registry, "liquidity-pool", "pay-claim", &args);
        assert!(num(&paid, "paid") > 0);
    }
}

/// The calls that the pool and the treasury make.
pub(crate) fn of_the_pool(table: &mut Table) {
    let mut w = world(&[("liquidity-pool", "wallet_1"), ("treasury", "wallet_2")]);
    let ids: Vec<String> = (1..=20).map(|n| format!("u{n}")).collect();
    let ids = format!("(list {})", ids.join(" "));
    for (token, case) in [("#sbtc", "sBTC"), (".stx-token", "STX")] {
        let vault = "liquidity-pool-vault";
        let vm = &mut w.vm;
        call(table, vm, case, "wallet_1", vault, "deposit-funds", &["u1000000", token, "@wallet_1"]);
        call(table, vm, case, "wallet_1", vault, "lock-collateral-aggregate", &[&ids, "u1000", token]);
        call(table, vm, case, "wallet_1", vault, "release-collateral-aggregate", &[&ids, "u1000", token]);
        call(table, vm, case, "wallet_1", vault, "settle-policy", &["u1", "@wallet_5", "u1000", token]);
        call(table, vm, case, "wallet_1", vault, "withdraw-funds", &["u1000", token, "@wallet_5"]);
        call(table, vm, case, "wallet_1", "insurance-fund", "contribute-to-fund", &["u1000000", token]);
        call(table, vm, case, "wallet_1", "insurance-fund", "cover-shortfall", &["u7", "u1000", token]);
        call(table, vm, case, "wallet_1", vault, "credit-funds", &["u1000", token]);
    }
    call(table, &mut w.vm, "sBTC", "wallet_1", "insurance-fund", "record-recovery", &["u1", "u500", "#sbtc"]);
    let noted = ["\"purchase\"", "u1000000", "u1000000", "@wallet_5"];
    call(table, &mut w.vm, "", "wallet_2", "fee-schedule", "note-fee", &noted);
    let decision = Decision::new("insurance-fund", "write-off", &[("id", "u1")]);
    decide(table, &mut w, std::slice::from_ref(&decision));
    carry_out(table, &mut w, &decision);
}
