use bithedge_stacks::Value;
use bithedge_vm::{Event, Session};

use crate::support::session;
use crate::system::{account, done, passing_contract, read, refused, text, u, who};

const SELF_TRANSFER: u128 = 2_640_001;
const ZERO_AMOUNT: u128 = 2_640_002;
const INSUFFICIENT_BALANCE: u128 = 2_640_201;
const NOT_SENDER: u128 = 2_640_301;

fn transfer(amount: u128, from: u8, to: u8, memo: Value) -> [Value; 4] {
    [u(amount), who(account(from)), who(account(to)), memo]
}

fn stx(s: &mut Session, number: u8) -> u64 {
    s.balances(&account(number).into()).unwrap().stx.micro()
}

#[test]
fn it_is_native_stx() {
    let mut s = session(&["sip-010-trait", "stx-token"]);
    assert_eq!(read(&mut s, "stx-token", "get-symbol", &[]), text("STX"));
    assert_eq!(read(&mut s, "stx-token", "get-name", &[]), text("Stacks"));
    assert_eq!(read(&mut s, "stx-token", "get-decimals", &[]), u(6));
    assert_eq!(read(&mut s, "stx-token", "get-token-uri", &[]), Value::NONE);
    let native = s.evaluate(account(0), "stx-liquid-supply").unwrap().value().unwrap().clone();
    assert_eq!(read(&mut s, "stx-token", "get-total-supply", &[]), native);

    let (before_one, before_two) = (stx(&mut s, 1), stx(&mut s, 2));
    let moved = done(&mut s, account(1), "stx-token", "transfer", &transfer(7, 1, 2, Value::NONE));
    assert!(
        matches!(&moved.events[..], [Event::StxTransfer { amount, .. }] if amount.micro() == 7),
        "{:?}",
        moved.events
    );
    let memo = Value::some(Value::buffer(*b"for the policy"));
    let moved = done(&mut s, account(1), "stx-token", "transfer", &transfer(5, 1, 2, memo));
    assert_eq!(moved.events.len(), 1);
    assert_eq!((stx(&mut s, 1), stx(&mut s, 2)), (before_one - 12, before_two + 12));
    let balance = read(&mut s, "stx-token", "get-balance", &[who(account(2))]);
    assert_eq!(balance, u(u128::from(before_two + 12)));
    // All of it, to the last micro-STX.
    let everything = stx(&mut s, 1);
    done(&mut s, account(1), "stx-token", "transfer", &transfer(everything.into(), 1, 2, Value::NONE));
    assert_eq!(stx(&mut s, 1), 0);
}

#[test]
fn it_refuses_as_the_native_transfer_does() {
    let mut s = session(&["sip-010-trait", "stx-token"]);
    let balance = u128::from(stx(&mut s, 1));
    for memo in [Value::NONE, Value::some(Value::buffer([1]))] {
        for (sender, amount, from, to, code) in [
            (2, 1, 1, 2, NOT_SENDER),
            (0, 1, 1, 0, NOT_SENDER),
            (1, 0, 1, 2, ZERO_AMOUNT),
            (1, 1, 1, 1, SELF_TRANSFER),
            (1, balance + 1, 1, 2, INSUFFICIENT_BALANCE),
            (1, u128::MAX, 1, 2, INSUFFICIENT_BALANCE),
        ] {
            let args = transfer(amount, from, to, memo.clone());
            refused(&mut s, account(sender), "stx-token", "transfer", &args, code);
        }
    }
}

/// A contract spends its own STX through it under an allowance, and the allowance is a limit.
#[test]
fn a_contract_moves_its_own_under_an_allowance() {
    let mut s = session(&["sip-010-trait", "stx-token"]);
    let token = format!("'{}.stx-token", account(0));
    let source = format!(
        "(define-public (spend (amount uint) (allowed uint))
           (as-contract? ((with-stx allowed))
             (try! (contract-call? {token} transfer amount current-contract '{} none))))
         (define-read-only (get-name) \"a spender\")",
        account(3)
    );
    s.deploy(account(8), "fake-spender", &source).unwrap();
    let spender = format!("{}.fake-spender", account(8));
    let funded = [u(100), who(account(8)), Value::from(s.contract(&spender).unwrap()), Value::NONE];
    done(&mut s, account(8), "stx-token", "transfer", &funded);
    let before = stx(&mut s, 3);
    done(&mut s, account(8), &spender, "spend", &[u(60), u(60)]);
    assert_eq!(stx(&mut s, 3), before + 60);
    let over = s.call(account(8), &spender, "spend", &[u(20), u(19)]).unwrap();
    assert!(over.ok().is_err());
    assert_eq!(stx(&mut s, 3), before + 60);
    // What a contract in between moves as tx-sender is the rule of native STX, which post-conditions guard.
    let calls = [("stx-token", "transfer", transfer(1, 2, 3, Value::NONE).to_vec())];
    s.deploy(account(8), "fake-passer", &passing_contract(account(0), &calls)).unwrap();
    let passer = format!("{}.fake-passer", account(8));
    refused(&mut s, account(1), &passer, "pass-0", &[], NOT_SENDER);
    done(&mut s, account(2), &passer, "pass-0", &[]);
}
