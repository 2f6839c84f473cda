//! Prices that a contract brings: only a listed one, and no foreign code gets in between.

use bithedge_stacks::Value;
use bithedge_vm::Session;

use super::super::system::{contract, deployer_does, done, refused, u, wallet, who};
use super::{BOUNDARY, CONTRACTS, ORACLE, USD, get, latest, number, project, start_project};

const BTC: u128 = 95_000 * USD;
const STX: u128 = USD * 3 / 2;

/// A source that says what it is told.
const FAKE_SOURCE: &str = "
(impl-trait .price-source-trait.price-source-trait)
(define-data-var prices (response {btc: uint, stx: uint, at: uint} uint) (err u77))
(define-public (set-prices (btc uint) (stx uint) (at uint)) (ok (var-set prices (ok {btc: btc, stx: stx, at: at}))))
(define-read-only (latest-prices) (var-get prices))
";

/// Sources that report themselves, or have another reported, while they are asked; whether that error is passed on.
fn fake_reentrant_source(inner: &str, pass_on: bool) -> String {
    let then = "(ok {btc: u9500000000000, stx: u150000000, at: stacks-block-time})";
    let call = if pass_on {
        format!("(begin (try! {inner}) {then})")
    } else {
        // Answers with the error's code in the place of the STX price if there was one.
        format!("(match {inner} yes {then} code (begin (print code) {then}))")
    };
    format!(
        "(impl-trait .price-source-trait.price-source-trait)\n(define-public (latest-prices) {call})\n\
         (define-read-only (get-name) \"fake\")"
    )
}

fn session(source: &str) -> Session {
    let project =
        project(CONTRACTS).with("fake-source", FAKE_SOURCE).unwrap().with("fake-under-test", source).unwrap();
    start_project(project, BOUNDARY)
}

fn list(s: &mut Session, name: &str) {
    let source = contract(s, name);
    deployer_does(s, ORACLE, "add-reporter", &[source, u(2)]);
}

#[test]
fn anyone_brings_the_prices_of_a_listed_source() {
    let mut s = session(&fake_reentrant_source("(if true (ok true) (err u1))", true));
    let anyone = wallet(&s, 8);
    let source = contract(&s, "fake-source");
    let args = [source.clone()];
    refused(&mut s, anyone, ORACLE, "report-from-source", &args, 1_440_301);
    list(&mut s, "fake-source");
    s.watch_entry(ORACLE, "reporters", source.clone()).unwrap();
    // The source's own error comes through.
    refused(&mut s, anyone, ORACLE, "report-from-source", &args, 77);
    let now = u128::from(s.now().unwrap());
    let cases = [
        (0, STX, now, 1_440_001),
        (BTC, u128::MAX, now, 1_440_001),
        (BTC, STX, now + 1, 1_440_002),
        (BTC, STX, now - 901, 1_450_402),
        (BTC, STX, 0, 1_450_402),
        (BTC, STX, u128::MAX, 1_440_002),
    ];
    for (btc, stx, at, code) in cases {
        done(&mut s, anyone, "fake-source", "set-prices", &[u(btc), u(stx), u(at)]);
        refused(&mut s, anyone, ORACLE, "report-from-source", &args, code);
    }
    done(&mut s, anyone, "fake-source", "set-prices", &[u(BTC), u(STX), u(now - 5)]);
    done(&mut s, anyone, ORACLE, "report-from-source", &args);
    assert_eq!(latest(&mut s), (BTC, STX, now));
    refused(&mut s, anyone, ORACLE, "report-from-source", &args, 1_440_003);
    // A refusal leaves the way open for the next.
    assert_eq!(s.variable(ORACLE, "source-busy").unwrap(), Value::Bool(false));
    // A wallet is no source, whatever it is listed as; a contract that lacks the trait is refused by the VM.
    deployer_does(&mut s, ORACLE, "add-reporter", &[who(anyone), u(2)]);
    for not_a_source in [who(anyone), contract(&s, "option-math")] {
        let outcome = s.call(anyone, ORACLE, "report-from-source", &[not_a_source]).unwrap();
        assert!(outcome.failure().is_ok());
    }
}

#[test]
fn a_source_cannot_report_while_it_is_asked() {
    let itself = "(contract-call? .oracle report-prices u9000000000000 u140000000 (- stacks-block-time u1))";
    let another = "(contract-call? .oracle report-from-source .fake-source)";
    for inner in [itself, another] {
        for pass_on in [true, false] {
            let mut s = session(&fake_reentrant_source(inner, pass_on));
            let anyone = wallet(&s, 8);
            list(&mut s, "fake-source");
            list(&mut s, "fake-under-test");
            let now = u128::from(s.now().unwrap());
            done(&mut s, anyone, "fake-source", "set-prices", &[u(BTC), u(STX), u(now)]);
            let source = contract(&s, "fake-under-test");
            s.watch_entry(ORACLE, "reporters", source.clone()).unwrap();
            let before = s.fingerprint().unwrap();
            let outcome =
                s.call(anyone, ORACLE, "report-from-source", std::slice::from_ref(&source)).unwrap();
            if inner == another {
                // The VM itself stops a function that is entered a second time.
                assert!(outcome.failure().is_ok(), "{:?}", outcome.result);
                assert_eq!(s.fingerprint().unwrap(), before);
            } else if pass_on {
                assert_eq!(outcome.err_code().unwrap(), 1_440_907);
                assert_eq!(s.fingerprint().unwrap(), before);
            } else {
                outcome.ok().unwrap();
                let codes: Vec<_> = outcome.prints().filter_map(|(_, value)| value.as_uint().ok()).collect();
                assert_eq!(codes, [1_440_907]);
                // Only the report that was asked for counts.
                let entry = get(&mut s, "get-reporter", &[source]);
                assert_eq!((number(&entry, "updates"), latest(&mut s)), (1, (BTC, STX, now)));
            }
        }
    }
}
