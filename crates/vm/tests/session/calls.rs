use std::collections::BTreeMap;

use bithedge_stacks::{MicroStx, Principal, Value};
use bithedge_vm::{Event, Options, Session};

use crate::session;

const FAKE_PRICE: &str = include_str!("../contracts/fake-price.clar");

#[test]
fn calls_give_values_errors_and_failures() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let outcome = session.call(alice, "ledger", "add", &[Value::UInt(5)]).unwrap();
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(5));
    assert_eq!(outcome.costs, None);
    let (contract, printed) = outcome.prints().next().unwrap();
    assert_eq!(contract, &session.contract("ledger").unwrap());
    assert_eq!(printed.field("event").unwrap().as_ascii().unwrap(), "add");
    assert_eq!(printed.field("amount").unwrap(), &Value::UInt(5));

    let refused = session.call(alice, "ledger", "add", &[Value::UInt(500)]).unwrap();
    assert_eq!(refused.err_code().unwrap(), 7);
    assert!(refused.events.is_empty(), "{:?}", refused.events);
    assert!(refused.ok().is_err());

    let failed = session.call(alice, "ledger", "divide", &[Value::UInt(0)]).unwrap();
    let failure = failed.failure().unwrap();
    assert!(failure.is_runtime() && failure.message.contains("DivisionByZero"), "{failure}");
    let mistyped = session.call(alice, "ledger", "add", &[Value::Int(5)]).unwrap();
    assert!(!mistyped.failure().unwrap().is_runtime(), "{mistyped:?}");
    let unknown = session.call(alice, "ledger", "subtract", &[]).unwrap();
    assert!(!unknown.failure().unwrap().is_runtime(), "{unknown:?}");

    // Neither refusal left anything behind.
    assert_eq!(session.variable("ledger", "total").unwrap(), Value::UInt(5));
    let read = session.read("ledger", "scaled", &[Value::UInt(3)]).unwrap();
    assert_eq!(read.value().unwrap(), &Value::UInt(15));
    assert_eq!(session.read("ledger", "refuse", &[]).unwrap().err_code().unwrap(), 9);
    assert!(session.read("ledger", "add", &[Value::UInt(3)]).unwrap().value().is_err());
    assert_eq!(session.variable("ledger", "total").unwrap(), Value::UInt(5));
}

#[test]
fn the_sender_is_both_origin_and_caller() {
    let mut session = session();
    let bob = session.account("wallet_2").unwrap();
    for _ in 0..2 {
        let now = session.now().unwrap();
        let outcome = session.call(bob, "ledger", "who", &[]).unwrap();
        let seen = outcome.ok().unwrap();
        assert_eq!(seen.field("sender").unwrap(), &Value::from(bob));
        assert_eq!(seen.field("caller").unwrap(), &Value::from(bob));
        assert_eq!(seen.field("time").unwrap(), &Value::UInt(now.into()));
        let alice = session.account("wallet_1").unwrap();
        session.call(alice, "ledger", "who", &[]).unwrap();
        session.advance_stacks(1).unwrap();
    }
}

#[test]
fn arguments_of_every_type_arrive_as_they_were_given() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let ledger = session.contract("ledger").unwrap();
    let tuple = |fields: Vec<(&str, Value)>| {
        Value::tuple(fields.into_iter().map(|(name, value)| (name.parse().unwrap(), value)))
    };
    let full = [
        Value::Int(-5),
        Value::Bool(true),
        Value::buffer([0, 1, 255]),
        Value::ascii("quote \" back \\ tab \t line \n").unwrap(),
        Value::utf8("ü \" \\ \u{1F980} \n"),
        Value::some(u128::MAX),
        Value::list([Value::UInt(1), Value::UInt(2)]),
        tuple(vec![("x", Value::UInt(1)), ("y", tuple(vec![("z", Value::some(ledger.clone()))]))]),
        Value::err(4u128),
        Value::from(ledger),
    ];
    let empty = [
        Value::Int(i128::MIN),
        Value::Bool(false),
        Value::buffer([]),
        Value::ascii("").unwrap(),
        Value::utf8(""),
        Value::NONE,
        Value::list([]),
        tuple(vec![("x", Value::UInt(0)), ("y", tuple(vec![("z", Value::NONE)]))]),
        Value::ok(4u128),
        Value::from(alice),
    ];
    for arguments in [full, empty] {
        let named: BTreeMap<_, _> = "abcdefghij"
            .chars()
            .zip(&arguments)
            .map(|(name, value)| (name.to_string().parse().unwrap(), value.clone()))
            .collect();
        let expected = Value::Tuple(named);
        let outcome = session.call(alice, "ledger", "echo", &arguments).unwrap();
        assert_eq!(outcome.ok().unwrap(), &expected);
        let measured = session.call_with_costs(alice, "ledger", "echo", &arguments).unwrap();
        assert_eq!(measured.ok().unwrap(), &expected);
    }
}

#[test]
fn a_contract_stands_for_a_trait() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let deployed = session.deploy(
        alice,
        "fake-price",
        &FAKE_PRICE.replace(".priced.", &format!("'{}.", session.contract("priced").unwrap())),
    );
    deployed.unwrap().value().unwrap();
    let fake = session.contract(&format!("{alice}.fake-price")).unwrap();
    let outcome = session.call(alice, "ledger", "ask", &[fake.clone().into(), Value::UInt(7)]).unwrap();
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(21));
    let outcome =
        session.call(alice, "ledger", "ask-some", &[Value::some(fake.clone()), Value::UInt(7)]).unwrap();
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(21));
    let none = session.call(alice, "ledger", "ask-some", &[Value::NONE, Value::UInt(7)]).unwrap();
    assert_eq!(none.ok().unwrap(), &Value::UInt(0));
    let measured = session.call_with_costs(alice, "ledger", "ask", &[fake.into(), Value::UInt(7)]).unwrap();
    assert_eq!(measured.ok().unwrap(), &Value::UInt(21));
    // One that does not implement the trait is refused by the analysis, before anything runs.
    let unfit: Value = session.contract("priced").unwrap().into();
    let outcome = session.call(alice, "ledger", "ask", &[unfit, Value::UInt(7)]).unwrap();
    let failure = outcome.failure().unwrap();
    assert!(!failure.is_runtime() && failure.message.contains("trait"), "{failure}");
}

#[test]
fn events_are_typed() {
    let mut session = session();
    let alice = session.account("wallet_1").unwrap();
    let bob = session.account("wallet_2").unwrap();
    let (sender, recipient) = (Principal::from(alice), Principal::from(bob));
    let outcome = session.call(alice, "ledger", "tokens", &[bob.into()]).unwrap();
    outcome.ok().unwrap();
    let asset = |name: &str| bithedge_stacks::transaction::AssetInfo {
        contract: session.contract("ledger").unwrap(),
        asset: name.parse().unwrap(),
    };
    let (coin, deed, first) = (asset("coin"), asset("deed"), Value::UInt(1));
    let expected = [
        Event::FtMint { asset: coin.clone(), recipient: sender.clone(), amount: 10 },
        Event::FtTransfer {
            asset: coin.clone(),
            sender: sender.clone(),
            recipient: recipient.clone(),
            amount: 4,
        },
        Event::FtBurn { asset: coin, sender: sender.clone(), amount: 1 },
        Event::NftMint { asset: deed.clone(), recipient: sender.clone(), value: first.clone() },
        Event::NftTransfer {
            asset: deed.clone(),
            sender: sender.clone(),
            recipient: recipient.clone(),
            value: first.clone(),
        },
        Event::StxBurn { sender: sender.clone(), amount: MicroStx::new(3) },
        Event::NftBurn { asset: deed, sender: recipient.clone(), value: first },
    ];
    assert_eq!(outcome.events, expected);
    let paid = session.call(alice, "ledger", "pay", &[Value::UInt(8), bob.into()]).unwrap();
    assert_eq!(paid.events, [Event::StxTransfer { sender, recipient, amount: MicroStx::new(8) }]);
}

#[test]
fn costs_are_measured_when_asked_for() {
    let options = Options { costs: true, ..Options::default() };
    let mut session = Session::start(crate::project(), options).unwrap();
    let alice = session.account("wallet_1").unwrap();
    let read = session.read("ledger", "scaled", &[Value::UInt(3)]).unwrap().costs.unwrap();
    assert!(read.runtime > 0 && read.read_count > 0 && read.read_length > 0, "{read:?}");
    assert_eq!((read.write_count, read.write_length), (0, 0));
    let before = session.tip().unwrap();
    let outcome = session.call_with_costs(alice, "ledger", "add", &[Value::UInt(5)]).unwrap();
    assert_eq!(outcome.ok().unwrap(), &Value::UInt(5));
    assert_eq!(outcome.events.len(), 1);
    let costs = outcome.costs.unwrap();
    assert!(costs.runtime > read.runtime && costs.write_count > 0 && costs.write_length > 0, "{costs:?}");
    let after = session.tip().unwrap();
    assert_eq!((after.stacks_height, after.time), (before.stacks_height + 1, before.time + 10));
    // The change is the same as that of a plain call.
    assert_eq!(session.variable("ledger", "total").unwrap(), Value::UInt(5));
}
