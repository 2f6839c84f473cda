//! Stopped: what each breaker and flag refuses, and what goes on whatever is stopped.

use bithedge_suite::ContractError;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn a_stop_refuses_new_risk_and_nothing_else() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            the_breaker_all_stops_sales_deposits_and_sales_back,
            the_breaker_sales_stops_sales_alone,
            the_breaker_deposits_stops_deposits_alone,
            the_breaker_oracle_stops_sales_and_deposits,
            the_flag_sales_stops_sales_alone,
            the_flag_deposits_stops_deposits_alone,
            the_flag_sell_back_stops_sales_back_alone,
            a_gain_is_taken_out_whatever_is_stopped,
            a_stop_by_a_breaker_ends_by_itself,
            a_stale_price_stops_what_needs_one_and_no_exit,
        ],
    );
}

/// A breaker that stops something, or a flag that is off.
#[derive(Clone, Copy)]
enum Stop {
    Breaker(&'static str),
    Flag(&'static str),
}

impl Stop {
    fn apply(self, w: &mut World) {
        match self {
            Self::Breaker(id) => {
                w.call(w.keeper, "parameters", "trip-breaker", &[text(id), text("test")]).ok().unwrap();
            }
            Self::Flag(name) => rule(w, "parameters", "set-flag", &[text(name), false.into()]),
        }
    }

    fn error(self) -> ContractError {
        match self {
            Self::Breaker(_) => e::PARAMETERS_BREAKER_TRIPPED,
            Self::Flag(_) => e::PARAMETERS_FLAG_OFF,
        }
    }
}

/// Which of sale, deposit and sale back a stop refuses; all that ends risk or pays must go on.
fn stopped(w: &mut World, stop: Stop, sale: bool, deposit: bool, sale_back: bool) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    let order = order(&sbtc, BALANCED, 90_000 * USD, expiry, BTC);
    for _ in 0..3 {
        buy_as(w, w.peter, &order).ok().unwrap();
    }
    let bucket = [u(BALANCED), sbtc.clone()];
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.commit(w.stranger, BALANCED, &sbtc, BTC);
    w.move_price(92_000 * USD);
    w.move_price(88_000 * USD);
    stop.apply(w);
    watch_expiry(w, BALANCED, &sbtc, expiry);

    let expected = |stopped: bool, outcome: &bithedge_vm::Outcome| {
        if stopped {
            assert_eq!(outcome.err_code(), Ok(stop.error().code()));
        } else {
            outcome.ok().unwrap();
        }
    };
    let before = w.vm.fingerprint().unwrap();
    let another = self::order(&sbtc, BALANCED, 80_000 * USD, expiry, BTC / 10);
    expected(sale, &buy_as(w, w.peter, &another));
    assert_eq!(w.vm.fingerprint().unwrap() == before, sale);
    let before = w.vm.fingerprint().unwrap();
    let more = [u(BALANCED), sbtc.clone(), u(BTC)];
    expected(deposit, &w.pool(w.ivan, "commit-capital", &more));
    assert_eq!(w.vm.fingerprint().unwrap() == before, deposit);
    let before = w.vm.fingerprint().unwrap();
    expected(sale_back, &w.registry(w.peter, "cancel-protection", &[u(1), sbtc.clone(), u(0)]));
    assert_eq!(w.vm.fingerprint().unwrap() == before, sale_back);

    // From here on everything must be done while stopped.
    w.registry(w.peter, "activate-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    w.pool(w.stranger, "cancel-deposit", &bucket).ok().unwrap();
    w.pool(w.stranger, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.stranger)]).ok().unwrap();
    let some = [u(BALANCED), sbtc.clone(), u(100_000_000_000_000)];
    w.pool(w.irene, "request-withdrawal", &some).ok().unwrap();
    w.pool(w.irene, "cancel-withdrawal", &bucket).ok().unwrap();
    w.pool(w.irene, "request-withdrawal", &some).ok().unwrap();
    w.next_boundary();
    stop.apply(w);
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.pool(w.irene, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    stop.apply(w);
    settle(w, BALANCED, &sbtc, expiry);
    let paid = w.registry(w.keeper, "claim-settlement", &[u(3), sbtc.clone()]);
    assert_eq!(paid.ok().unwrap(), &u(BTC * 2 / 88));
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.pool(w.keeper, "claim-credit", &[sbtc.clone(), who(w.keeper)]).ok().unwrap();
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 3 * DAY).unwrap();
    stop.apply(w);
    w.pool(w.irene, "exit-dead-bucket", &[u(BALANCED), sbtc, u(1_000_000_000)]).ok().unwrap();
    w.check_books();
}

fn the_breaker_all_stops_sales_deposits_and_sales_back(w: &mut World) {
    stopped(w, Stop::Breaker("all"), true, true, true);
}

fn the_breaker_sales_stops_sales_alone(w: &mut World) {
    stopped(w, Stop::Breaker("sales"), true, false, false);
}

fn the_breaker_deposits_stops_deposits_alone(w: &mut World) {
    stopped(w, Stop::Breaker("deposits"), false, true, false);
}

fn the_breaker_oracle_stops_sales_and_deposits(w: &mut World) {
    stopped(w, Stop::Breaker("oracle"), true, true, false);
}

fn the_flag_sales_stops_sales_alone(w: &mut World) {
    stopped(w, Stop::Flag("sales"), true, false, false);
}

fn the_flag_deposits_stops_deposits_alone(w: &mut World) {
    stopped(w, Stop::Flag("deposits"), false, true, false);
}

fn the_flag_sell_back_stops_sales_back_alone(w: &mut World) {
    stopped(w, Stop::Flag("sell-back"), false, false, true);
}

fn a_gain_is_taken_out_whatever_is_stopped(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let premium = num(&w.bucket(BALANCED, &sbtc), "premiums");
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    settle(w, BALANCED, &sbtc, expiry);
    w.close(BALANCED, &sbtc).ok().unwrap();
    for breaker in ["all", "sales", "deposits", "oracle"] {
        Stop::Breaker(breaker).apply(w);
    }
    w.pool(w.irene, "claim-yield", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    w.next_boundary();
    for breaker in ["all", "sales", "deposits", "oracle"] {
        Stop::Breaker(breaker).apply(w);
    }
    w.close(BALANCED, &sbtc).ok().unwrap();
    let before = w.sats(w.irene);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.irene)]).ok().unwrap();
    // All of the premium, less the exit fee of 0.1 % and rounding.
    let paid = w.sats(w.irene) - before;
    assert!(paid <= premium * 999 / 1_000 && paid + 4 >= premium * 999 / 1_000, "{paid} of {premium}");
    assert_eq!(num(&w.position(BALANCED, &sbtc, w.irene), "basis"), 10 * BTC - 50);
}

fn a_stop_by_a_breaker_ends_by_itself(w: &mut World) {
    Stop::Breaker("deposits").apply(w);
    let until = w.vm.now().unwrap() + DAY;
    let arguments = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    w.vm.advance_to(until - 10).unwrap();
    pool_refuses(w, w.ivan, "commit-capital", &arguments, e::PARAMETERS_BREAKER_TRIPPED);
    w.vm.advance_to(until).unwrap();
    w.pool(w.ivan, "commit-capital", &arguments).ok().unwrap();
}

fn a_stale_price_stops_what_needs_one_and_no_exit(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, BTC).ok().unwrap();
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    let reported = w.vm.now().unwrap();
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let another = order(&sbtc, BALANCED, 75_000 * USD, expiry, BTC);
    // A sale wants a younger price than the rest.
    let config = w.read("parameters", "get-policy-config", &[]);
    let youngest = u64::try_from(num(config.as_response().unwrap().unwrap(), "sale-max-age")).unwrap();
    assert!(youngest < 900);
    w.vm.advance_to(reported + youngest + 10).unwrap();
    sale_refused(w, &another, e::POLICY_REGISTRY_PRICE_TOO_OLD);
    w.vm.advance_to(reported + 910).unwrap();
    sale_refused(w, &another, e::ORACLE_STALE_PRICE);
    for function in ["activate-protection", "cancel-protection"] {
        registry_refuses(w, w.peter, function, &[u(1), sbtc.clone(), u(0)], e::ORACLE_STALE_PRICE);
    }
    let bucket = [u(BALANCED), sbtc.clone()];
    w.pool(w.ivan, "cancel-deposit", &bucket).ok().unwrap();
    w.pool(w.ivan, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(1_000_000_000)]).ok().unwrap();
    w.pool(w.irene, "cancel-withdrawal", &bucket).ok().unwrap();
    w.pool(w.ivan, "commit-capital", &[u(BALANCED), sbtc, u(BTC)]).ok().unwrap();
}
