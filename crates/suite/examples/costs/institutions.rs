//! Setting up, governing, prices, and what the institutions around the pool do.

use bithedge_suite::setup::hand_over;
use bithedge_suite_world::{DAY, START, STX, USD, World, num, u};
use bithedge_vm::{Options, Project, Session};

use crate::decisions::decisions;
use crate::script::{Decision, HASH, call, carry_out, decide, value, wait};
use crate::table::Table;

const FAKE_DIA: &str = "
(define-map values (string-ascii 32) {value: uint, timestamp: uint})
(define-public (set-value (key (string-ascii 32)) (value uint) (timestamp uint))
  (ok (map-set values key {value: value, timestamp: timestamp})))
(define-read-only (get-value (key (string-ascii 32)))
  (ok (default-to {value: u0, timestamp: u0} (map-get? values key))))
";

const FAKE_PYTH: &str = "
(define-map prices (buff 32) {price: int, conf: uint, expo: int, ema-price: int, ema-conf: uint, publish-time: uint,
  prev-publish-time: uint})
(define-public (set-price (id (buff 32)) (price int) (conf uint) (expo int) (publish-time uint))
  (ok (map-set prices id {price: price, conf: conf, expo: expo, ema-price: 1, ema-conf: u1, publish-time: publish-time,
    prev-publish-time: u0})))
(define-read-only (get-price (id (buff 32)))
  (let ((entry (unwrap! (map-get? prices id) (err u5005)))) (ok entry)))
";

const BTC_USD: &str = "0xe62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43";
const STX_USD: &str = "0xec7a775f46379b5e943c3526b1c8d54cd49749176b0b98e02dde68d1bd335c17";

fn options() -> Options {
    Options { genesis_time: START, costs: true, ..Options::default() }
}

fn project() -> Project {
    let project = Project::load("contracts/Clarinet.toml").unwrap();
    project
        .with("fake-dia", FAKE_DIA)
        .unwrap()
        .with("fake-pyth", FAKE_PYTH)
        .unwrap()
        .with("fake-third", FAKE_DIA)
        .unwrap()
}

/// The set-up's calls, made for the first time; then a world after them and after the hand-over.
pub(crate) fn set_up(table: &mut Table) -> World {
    let mut w = World::before_hand_over(project(), options(), 100_000 * USD, USD);
    let mut vm = Session::start(project(), options()).unwrap();
    let last = hand_over();
    let calls = w.setup().calls().unwrap();
    for call in calls.iter().chain([&last]) {
        table.measure(&mut vm, "set-up", w.deployer, call.contract, call.function, &call.arguments);
    }
    w.open();
    w
}

/// Everything that governance can decide, and what operators, guardians and anybody do around it.
#[allow(clippy::too_many_lines, reason = "one list of decisions, and one of what follows from them")]
pub(crate) fn govern(table: &mut Table, w: &mut World) {
    let decisions = decisions(w);
    let index = |function: &str, nth: usize| {
        let mut found = decisions.iter().enumerate().filter(|(_, decision)| decision.function == function);
        found.nth(nth).unwrap().0
    };
    decide(table, w, &decisions);

    // The treasury and the fund get something to spend.
    let gift = ["u1000000", "@wallet_1", ".treasury", "none"];
    let args = crate::script::values(&mut w.vm, &gift);
    w.vm.call(w.peter, "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token", "transfer", &args)
        .unwrap()
        .ok()
        .unwrap();
    call(table, &mut w.vm, "sBTC", "wallet_5", "treasury", "book-surplus", &["#sbtc"]);
    for (case, token, amount) in [("STX", ".stx-token", "u1000000000"), ("sBTC", "#sbtc", "u1000000")] {
        call(table, &mut w.vm, case, "wallet_1", "insurance-fund", "contribute-to-fund", &[amount, token]);
    }
    call(
        table,
        &mut w.vm,
        "STX",
        "wallet_1",
        "stx-token",
        "transfer",
        &["u5", "@wallet_1", ".insurance-fund", "(some 0x11)"],
    );
    call(table, &mut w.vm, "STX", "wallet_5", "insurance-fund", "book-surplus", &[".stx-token"]);
    call(table, &mut w.vm, "STX", "wallet_5", "insurance-fund", "report-health", &[".stx-token"]);
    call(table, &mut w.vm, "six indicators, one known", "wallet_5", "analytics", "record-health", &[]);

    let later = [
        "propose-upgrade",
        "retire-version",
        "kill-version",
        "complete-migration",
        "remove-reporter",
        "cancel-swap",
    ];
    for decision in &decisions {
        if !later.contains(&decision.function) && !decision.contract.starts_with('@') {
            carry_out(table, w, decision);
        }
    }
    let encoded = value(&mut w.vm, "(sha256 (unwrap-panic (to-consensus-buff? {amount: u1})))").to_source();
    call(
        table,
        &mut w.vm,
        "as a target asks",
        "wallet_8",
        "governance",
        "consume-action",
        &["\"an-action\"", &encoded, "@wallet_5"],
    );
    carry_out(table, w, &decisions[index("cancel-swap", 0)]);
    call(
        table,
        &mut w.vm,
        "STX for sBTC",
        "wallet_1",
        "treasury",
        "fill-swap",
        &["u1", "#sbtc", ".stx-token"],
    );

    carry_out(table, w, &decisions[index("propose-upgrade", 0)]);
    call(
        table,
        &mut w.vm,
        "16 dependencies",
        "wallet_5",
        "upgrade-manager",
        "verify-upgrade",
        &["\"market\"", "true", HASH],
    );
    wait(w, DAY);
    call(
        table,
        &mut w.vm,
        "16 dependencies",
        "wallet_5",
        "upgrade-manager",
        "activate-upgrade",
        &["\"market\""],
    );
    call(
        table,
        &mut w.vm,
        "",
        "wallet_5",
        "upgrade-manager",
        "confirm-upgrade",
        &["\"market\"", "u1", "true"],
    );
    carry_out(table, w, &decisions[index("propose-upgrade", 1)]);
    call(table, &mut w.vm, "by a guardian", "wallet_4", "upgrade-manager", "cancel-upgrade", &["\"market\""]);
    for id in ["u1", "u2"] {
        let from = ["\"market\"", "\"1.0.0\"", "\"2.0.0\"", "u10"];
        call(table, &mut w.vm, "", "wallet_5", "upgrade-manager", "start-migration", &from);
        call(table, &mut w.vm, "", "wallet_5", "upgrade-manager", "record-migration-progress", &[id, "u10"]);
        call(table, &mut w.vm, "", "wallet_5", "upgrade-manager", "validate-migration", &[id, HASH]);
    }
    for function in ["complete-migration", "retire-version", "kill-version"] {
        carry_out(table, w, &decisions[index(function, 0)]);
    }
    call(table, &mut w.vm, "by a guardian", "wallet_4", "upgrade-manager", "rollback-migration", &["u2"]);

    let reason = format!("\"{}\"", "r".repeat(64));
    call(
        table,
        &mut w.vm,
        "by a guardian",
        "wallet_4",
        "parameters",
        "trip-breaker",
        &["\"sales\"", &reason],
    );
    call(table, &mut w.vm, "by a guardian", "wallet_4", "parameters", "release-breaker", &["\"sales\""]);
    call(
        table,
        &mut w.vm,
        "by an operator",
        "wallet_5",
        "analytics",
        "set-benchmark",
        &["\"premium-usd\"", "u1000"],
    );
    call(
        table,
        &mut w.vm,
        "by a guardian",
        "wallet_4",
        "insurance-fund",
        "set-withdrawals-frozen",
        &["true"],
    );
    call(table, &mut w.vm, "", "wallet_1", "governance", "renounce-role", &["\"guardian\""]);
    let one = "(list {target: .oracle, function: \"set-bounds\", args: 0x})";
    let proposal = ["\"A change\"", HASH, "\"https://example.org/1\"", one, "false"];
    let deployer = w.deployer;
    let id = {
        let args = crate::script::values(&mut w.vm, &proposal);
        let id = table.measure(&mut w.vm, "one action", deployer, "governance", "propose", &args);
        id.to_source()
    };
    call(table, &mut w.vm, "by the proposer", "deployer", "governance", "cancel-proposal", &[&id]);

    feeds(table, w);
    carry_out(table, w, &decisions[index("remove-reporter", 0)]);
    call(table, &mut w.vm, "by a guardian", "wallet_4", "oracle", "suspend-reporter", &["@wallet_8"]);
    let reinstate = Decision::new(
        "oracle",
        "set-reporter",
        &[("reporter", "@wallet_8"), ("weight", "u1"), ("active", "true")],
    );
    decide(table, w, std::slice::from_ref(&reinstate));
    carry_out(table, w, &reinstate);
    call(table, &mut w.vm, "in a silence: trips the breaker", "wallet_5", "oracle", "check-liveness", &[]);
    w.report();
    let silent = format!("u{}", START + 3 * DAY + 28_800);
    call(table, &mut w.vm, "days of silence after it", "wallet_5", "oracle", "record-boundary", &[&silent]);
    call(table, &mut w.vm, "by a guardian", "wallet_4", "oracle", "dispute-report", &["@wallet_7", HASH]);
    // The breaker that the silence tripped releases itself.
    wait(w, 3_700);
    for _ in 0..5 {
        wait(w, 600);
        w.report();
    }
}

/// Foreign feeds, their adapters, and the oracle taking their prices.
fn feeds(table: &mut Table, w: &mut World) {
    let now = w.vm.now().unwrap();
    let milliseconds = format!("u{}", now * 1_000);
    let seconds = format!("u{now}");
    for (key, price) in [("\"BTC/USD\"", "u10000000000000"), ("\"STX/USD\"", "u100000000")] {
        let args = crate::script::values(&mut w.vm, &[key, price, &milliseconds]);
        w.call(w.stranger, "fake-dia", "set-value", &args);
    }
    for (id, price) in [(BTC_USD, "10000000000000"), (STX_USD, "100000000")] {
        let args = crate::script::values(&mut w.vm, &[id, price, "u1000", "-8", &seconds]);
        w.call(w.stranger, "fake-pyth", "set-price", &args);
    }
    call(
        table,
        &mut w.vm,
        "with a feed of the simplest kind",
        "wallet_5",
        "dia-adapter",
        "refresh",
        &[".fake-dia"],
    );
    call(
        table,
        &mut w.vm,
        "with a feed of the simplest kind",
        "wallet_5",
        "pyth-adapter",
        "refresh",
        &[".fake-pyth"],
    );
    call(
        table,
        &mut w.vm,
        "one weight of two that a price needs",
        "wallet_5",
        "oracle",
        "report-from-source",
        &[".pyth-adapter"],
    );
}

/// Prices in every slot of four hours, up to and over a boundary.
pub(crate) fn prices(table: &mut Table, w: &mut World) {
    let now = w.vm.now().unwrap();
    let mut boundary = (now - 28_800) / DAY * DAY + DAY + 28_800;
    if boundary < now + 16_000 {
        boundary += DAY;
    }
    w.run_to(boundary - 15_600);
    for slot in 1..=51 {
        w.vm.advance_to(boundary - 15_600 + slot * 300).unwrap();
        report(table, w, "a price in every slot of four hours");
    }
    w.vm.advance_to(boundary).unwrap();
    report(table, w, "across a boundary, a price in every slot of four hours");
}

fn report(table: &mut Table, w: &mut World, case: &str) {
    for reporter in w.reporters {
        let now = u128::from(w.vm.now().unwrap());
        let args = [u(w.btc_price), u(w.stx_price), u(now)];
        table.measure(&mut w.vm, case, reporter, "oracle", "report-prices", &args);
    }
}

/// What the fees of earlier sales become.
pub(crate) fn fees(table: &mut Table, w: &mut World) {
    for (case, token) in [("sBTC", "#sbtc"), ("STX", ".stx-token")] {
        call(table, &mut w.vm, case, "wallet_5", "treasury", "distribute", &[token]);
        call(table, &mut w.vm, case, "wallet_5", "treasury", "claim-allocation", &[token, "@wallet_5"]);
    }
    let token = w.stx.clone();
    assert!(num(&w.read("insurance-fund", "get-fund", &[token]), "size") > 100 * STX);
}
