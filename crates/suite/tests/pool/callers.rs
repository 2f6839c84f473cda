//! Who may do what: the registry's functions, users' own functions, and what standing a registry needs.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn only_the_right_caller_gets_through() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            nobody_but_the_registry_calls_what_is_the_registrys,
            a_contract_in_between_moves_nothing_of_its_caller,
            the_suites_contracts_may_stand_between,
            a_retiring_registry_sells_nothing,
            a_retiring_registry_activates_and_sells_back,
            a_retiring_registry_settles_and_pays_claims,
            a_dead_registry_does_nothing_and_providers_still_leave,
            a_dead_contract_does_not_stand_between,
            a_new_registry_sells_and_the_old_one_runs_off,
            a_retiring_pool_pays_what_it_owes,
        ],
    );
}

/// The functions that are the registry's, with arguments that would be right.
fn registry_calls(w: &mut World, expiry: u64) -> [(&'static str, Vec<Value>); 5] {
    let sbtc = w.sbtc.clone();
    let sold = policy(BALANCED, 85_000 * USD, expiry, BTC, BTC, w.stranger);
    let (ask, bid) = (pricing(w, "vol-ask"), pricing(w, "vol-bid"));
    let when = u(expiry.into());
    let strike = u(85_000 * USD);
    [
        ("settle-expiry", vec![u(BALANCED), sbtc.clone(), when.clone(), who(w.stranger)]),
        (
            "underwrite",
            vec![sbtc.clone(), u(BALANCED), u(PUT), strike.clone(), when.clone(), u(BTC), u(7), ask, rules()],
        ),
        ("buy-back", vec![sbtc.clone(), sold.clone(), bid, u(0)]),
        ("settle-early", vec![sbtc.clone(), sold, u(60_000 * USD), u(USD)]),
        ("pay-claim", vec![sbtc, u(1), u(BALANCED), strike, when, u(BTC), who(w.stranger), who(w.stranger)]),
    ]
}

fn nobody_but_the_registry_calls_what_is_the_registrys(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let contract = deploy_go_between(w);
    for (function, arguments) in registry_calls(w, expiry) {
        for sender in [w.stranger, w.peter, w.irene, w.keeper, w.deployer, w.reporters[0]] {
            pool_refuses(w, sender, function, &arguments, e::LIQUIDITY_POOL_UNAUTHORISED);
        }
        for sender in [w.stranger, w.peter] {
            refused(w, sender, &contract, function, &arguments, e::LIQUIDITY_POOL_UNAUTHORISED);
        }
    }
}

fn a_contract_in_between_moves_nothing_of_its_caller(w: &mut World) {
    let sbtc = w.sbtc.clone();
    // Irene has shares, a waiting deposit, a waiting exit, and the bucket is dead: each function would do something.
    w.commit(w.irene, BALANCED, &sbtc, BTC);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(1_000_000_000)]).ok().unwrap();
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 4 * DAY).unwrap();
    let contract = deploy_go_between(w);
    let bucket = vec![u(BALANCED), sbtc];
    let with = |last: u128| [bucket.clone(), vec![u(last)]].concat();
    for (function, arguments) in [
        ("commit-capital", with(BTC)),
        ("cancel-deposit", bucket.clone()),
        ("request-withdrawal", with(1_000_000_000)),
        ("cancel-withdrawal", bucket.clone()),
        ("exit-dead-bucket", with(1_000_000_000)),
    ] {
        refused(w, w.irene, &contract, function, &arguments, e::LIQUIDITY_POOL_INDIRECT_CALLER);
        w.vm.snapshot().unwrap();
        w.pool(w.irene, function, &arguments).ok().unwrap();
        w.vm.restore().unwrap();
    }
    // No gain yet: the caller is refused all the same, by the same check.
    let outcome = w.call(w.irene, &contract, "claim-yield", &bucket);
    assert_eq!(outcome.err_code(), Ok(e::LIQUIDITY_POOL_INDIRECT_CALLER.code()));
}

/// A contract that governance has put in service under any name may act for the user who calls it.
fn the_suites_contracts_may_stand_between(w: &mut World) {
    let contract = deploy_go_between(w);
    let principal = Value::Principal(contract.parse().unwrap());
    let arguments = [text("market"), principal, text("1.0.0"), true.into(), false.into()];
    rule(w, "upgrade-manager", "register-contract", &arguments);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    w.call(w.ivan, &contract, "commit-capital", &arguments).ok().unwrap();
}

fn retire(w: &mut World, name: &str) {
    let contract = Value::from(w.vm.contract(name).unwrap());
    rule(w, "upgrade-manager", "retire-version", &[text(name), contract]);
}

fn kill(w: &mut World, name: &str) {
    let contract = Value::from(w.vm.contract(name).unwrap());
    rule(w, "upgrade-manager", "set-delays", &[u(3_600), u(259_200), u(2_592_000)]);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 30 * DAY).unwrap();
    rule(w, "upgrade-manager", "kill-version", &[text(name), contract]);
}

fn a_retiring_registry_sells_nothing(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    retire(w, "policy-registry");
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::PARAMETERS_NOT_AUTHORISED);
}

fn a_retiring_registry_activates_and_sells_back(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    for _ in 0..2 {
        w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    }
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    retire(w, "policy-registry");
    let paid = w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]);
    assert_eq!(paid.ok().unwrap(), &u(BTC * 5 / 85));
    w.registry(w.peter, "cancel-protection", &[u(2), sbtc, u(0)]).ok().unwrap();
}

fn a_retiring_registry_settles_and_pays_claims(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    retire(w, "policy-registry");
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), BTC * 5 / 85);
    let before = w.sats(w.peter);
    w.registry(w.keeper, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    assert_eq!(w.sats(w.peter) - before, BTC * 5 / 85);
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.check_books();
}

fn a_dead_registry_does_nothing_and_providers_still_leave(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    retire(w, "policy-registry");
    kill(w, "policy-registry");
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let arguments = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_UNAUTHORISED);
    registry_refuses(w, w.keeper, "claim-settlement", &[u(1), sbtc.clone()], e::LIQUIDITY_POOL_UNAUTHORISED);
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    w.pool(w.irene, "exit-dead-bucket", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.pool(w.irene, "claim-withdrawal", &[u(BALANCED), sbtc, who(w.irene)]).ok().unwrap();
    w.check_books();
}

fn a_dead_contract_does_not_stand_between(w: &mut World) {
    let contract = deploy_go_between(w);
    let principal = Value::Principal(contract.parse().unwrap());
    let arguments = [text("market"), principal.clone(), text("1.0.0"), true.into(), false.into()];
    rule(w, "upgrade-manager", "register-contract", &arguments);
    rule(w, "upgrade-manager", "retire-version", &[text("market"), principal.clone()]);
    rule(w, "upgrade-manager", "kill-version", &[text("market"), principal]);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    refused(w, w.ivan, &contract, "commit-capital", &arguments, e::LIQUIDITY_POOL_INDIRECT_CALLER);
}

fn a_new_registry_sells_and_the_old_one_runs_off(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(28));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    let registry = deploy_go_between(w);
    upgrade(w, "policy-registry", &registry);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    let order = order(&sbtc, BALANCED, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::PARAMETERS_NOT_AUTHORISED);
    let arguments = [
        sbtc.clone(),
        u(BALANCED),
        u(PUT),
        u(85_000 * USD),
        u(expiry.into()),
        u(BTC),
        u(1),
        pricing(w, "vol-ask"),
        rules(),
    ];
    w.call(w.ivan, &registry, "underwrite", &arguments).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    settle(w, BALANCED, &sbtc, expiry);
    w.registry(w.keeper, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    w.check_books();
}

fn a_retiring_pool_pays_what_it_owes(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    retire(w, "liquidity-pool");
    // No new risk and no new capital.
    let order = order(&sbtc, BALANCED, 75_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_VAULT_NOT_BACKEND);
    let arguments = [u(BALANCED), sbtc.clone(), u(BTC)];
    pool_refuses(w, w.ivan, "commit-capital", &arguments, e::LIQUIDITY_POOL_VAULT_NOT_BACKEND);
    // What waits is taken back, what was promised is paid, and who wants to leave leaves.
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    w.pool(w.ivan, "cancel-deposit", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    w.pool(w.ivan, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), BTC * 5 / 85);
    w.registry(w.keeper, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]).ok().unwrap();
    w.pool(w.keeper, "claim-credit", &[sbtc, who(w.keeper)]).ok().unwrap();
    w.check_books();
}
