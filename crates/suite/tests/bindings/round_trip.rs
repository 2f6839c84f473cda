//! Requests to the VM and answers from it, and what is refused before it gets there.

use bithedge_stacks::{Address, ContractId, Payload, Principal, Value};
use bithedge_suite::bounded::{Ascii, BoundError, Buffer, List};
use bithedge_suite::generated::{errors, governance, option_math, parameters, stx_token, upgrade_manager};
use bithedge_suite::{
    Contract, ContractError, ContractFunction, DataMap, DataVariable, Deployment, EventError, MismatchReason,
    SuiteEvent, ToClarity,
};
use bithedge_vm::{Options, Project, Session};

fn session(contracts: &[&str]) -> (Session, Deployment) {
    let project = Project::load("contracts/Clarinet.toml").unwrap().only(contracts).unwrap();
    let vm = Session::start(project, Options::default()).unwrap();
    let suite = Deployment::devnet();
    assert_eq!(vm.deployer().unwrap(), suite.deployer());
    (vm, suite)
}

fn call<F: ContractFunction>(vm: &mut Session, suite: &Deployment, sender: Address, request: F) -> F::Answer {
    let call = request.into_call(suite);
    let outcome = vm.call(sender, &call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
    F::decode(outcome.value().unwrap()).unwrap()
}

fn read<F: ContractFunction>(vm: &mut Session, suite: &Deployment, request: F) -> F::Answer {
    let call = request.into_call(suite);
    let outcome = vm.read(&call.contract.to_string(), call.function.as_str(), &call.args).unwrap();
    F::decode(outcome.value().unwrap()).unwrap()
}

fn variable<V: DataVariable>(vm: &mut Session) -> V::Value {
    V::decode(&vm.variable(V::CONTRACT.name(), V::VARIABLE).unwrap()).unwrap()
}

fn entry<M: DataMap>(vm: &mut Session, key: &M::Key) -> Option<M::Entry> {
    let entry = vm.entry(M::CONTRACT.name(), M::MAP, &M::key(key)).unwrap();
    entry.map(|entry| M::decode(&entry).unwrap())
}

#[test]
fn the_price_of_a_put_comes_back_as_a_number() {
    let (mut vm, suite) = session(&["option-math"]);
    const USD: u128 = 100_000_000;
    let put = |strike| option_math::PutPrice {
        spot: 100_000 * USD,
        strike,
        volatility: 600_000,
        seconds: 30 * 86_400,
    };
    let far = read(&mut vm, &suite, put(50_000 * USD)).unwrap();
    let near = read(&mut vm, &suite, put(90_000 * USD)).unwrap();
    assert!(far < near, "{far} {near}");
    // USD e12 of one bitcoin: between a thousand and ten thousand dollars.
    assert!((1_000_000_000_000_000..10_000_000_000_000_000).contains(&near), "{near}");

    let refused = read(&mut vm, &suite, option_math::PutPrice { spot: 0, ..put(1) });
    assert_eq!(refused, Err(errors::OPTION_MATH_INPUT_OUT_OF_RANGE));
    let entry = refused.unwrap_err().entry().unwrap();
    assert_eq!((entry.contract, entry.name), (Contract::OptionMath, "ERR_INPUT_OUT_OF_RANGE"));
}

#[test]
fn stx_moves_by_a_typed_call() {
    let (mut vm, suite) = session(&["sip-010-trait", "stx-token"]);
    let [alice, bob] = ["wallet_1", "wallet_2"].map(|label| vm.account(label).unwrap());
    let transfer = |amount| stx_token::Transfer {
        amount,
        sender: alice.into(),
        recipient: bob.into(),
        memo: Some(Buffer::new(*b"rent").unwrap()),
    };
    let before = read(&mut vm, &suite, stx_token::GetBalance { who: bob.into() }).unwrap();
    assert_eq!(call(&mut vm, &suite, alice, transfer(5)), Ok(true));
    assert_eq!(read(&mut vm, &suite, stx_token::GetBalance { who: bob.into() }), Ok(before + 5));
    assert_eq!(call(&mut vm, &suite, alice, transfer(0)), Err(errors::STX_TOKEN_ZERO_AMOUNT));
    assert_eq!(call(&mut vm, &suite, bob, transfer(1)), Err(errors::STX_TOKEN_NOT_SENDER));
    assert_eq!(read(&mut vm, &suite, stx_token::GetSymbol {}).unwrap().as_str(), "STX");
}

#[test]
fn maps_and_variables_are_read_as_what_they_hold() {
    let (mut vm, suite) = session(&["governance", "upgrade-manager", "parameters"]);
    let deployer = suite.deployer();
    let name = Ascii::new("min-size").unwrap();
    let define = parameters::DefineParameter { name: name.clone(), value: 7, min: 1, max: 9 };
    assert_eq!(call(&mut vm, &suite, deployer, define.clone()), Ok(true));
    assert_eq!(read(&mut vm, &suite, parameters::GetParameter { name: name.clone() }), Ok(7));
    let unknown = parameters::GetParameter { name: Ascii::new("nothing").unwrap() };
    assert_eq!(read(&mut vm, &suite, unknown), Err(errors::PARAMETERS_UNKNOWN_PARAMETER));

    let kept = entry::<parameters::maps::Parameters>(&mut vm, &name).unwrap();
    assert_eq!((kept.value, kept.min, kept.max, kept.version), (7, 1, 9, 1));
    let history = parameters::types::ParameterHistoryKey { name: name.clone(), version: 1 };
    let changed = entry::<parameters::maps::ParameterHistory>(&mut vm, &history).unwrap();
    assert_eq!((changed.old, changed.new, changed.by), (0, 7, deployer.into()));
    let other = parameters::types::ParameterHistoryKey { name: name.clone(), version: 2 };
    assert_eq!(entry::<parameters::maps::ParameterHistory>(&mut vm, &other), None);
    assert_eq!(variable::<parameters::variables::PolicyConfig>(&mut vm), None);
    let delays = variable::<upgrade_manager::variables::Delays>(&mut vm);
    assert_eq!((delays.normal, delays.custody), (86_400, 604_800));

    let several =
        parameters::GetParameters { names: List::new([name, Ascii::new("nothing").unwrap()]).unwrap() };
    assert_eq!(read(&mut vm, &suite, several).into_vec(), [Some(7), None]);

    // A stranger may not, and learns why.
    let stranger = vm.account("wallet_5").unwrap();
    let set = parameters::SetParameter { name: define.name, value: 8 };
    assert_eq!(call(&mut vm, &suite, stranger, set), Err(errors::GOVERNANCE_NOT_APPROVED));
}

#[test]
fn what_goes_into_a_transaction_is_read_back_as_it_was() {
    let suite = Deployment::devnet();
    let action = governance::types::Action {
        target: Principal::Contract(suite.contract(Contract::Treasury).clone()),
        function: Ascii::new("set-fee-rate").unwrap(),
        args: Buffer::from([7; 32]),
    };
    let propose = governance::Propose {
        title: Ascii::new("Lower the fee").unwrap(),
        description_hash: Buffer::from([1; 32]),
        uri: Ascii::default(),
        actions: List::new([action]).unwrap(),
        emergency: false,
    };
    let payload = Payload::from(propose.clone().into_call(&suite));
    let Payload::ContractCall { contract, function, args } = payload else { panic!() };
    assert_eq!(suite.which(&contract), Some(Contract::Governance));
    assert_eq!(function.as_str(), "propose");
    assert_eq!(governance::Propose::from_args(&args), Ok(propose.clone()));

    let fewer = governance::Propose::from_args(&args[1..]).unwrap_err();
    assert_eq!(fewer.reason(), &MismatchReason::ArgumentCount { expected: 5, found: 4 });
    let mut other = args.clone();
    other[4] = Value::UInt(1);
    let other = governance::Propose::from_args(&other).unwrap_err();
    assert_eq!(other.to_string(), ".emergency: expected a bool, found u1");
    let mut longer = args;
    longer[1] = Value::buffer([1; 33]);
    assert!(governance::Propose::from_args(&longer).is_err());
}

#[test]
fn what_does_not_fit_an_argument_is_refused_before_the_call() {
    let text = "x".repeat(41);
    assert_eq!(
        Ascii::<40>::new(text.clone()).unwrap_err(),
        BoundError::TooLong { length: 41, limit: 40, unit: "characters" }
    );
    // The VM would have refused it too.
    let (mut vm, suite) = session(&["governance", "upgrade-manager", "parameters"]);
    let outcome =
        vm.call(suite.deployer(), "parameters", "get-parameter", &[Value::ascii(text).unwrap()]).unwrap();
    assert!(outcome.failure().is_ok());
}

#[test]
fn an_answer_of_another_contract_is_a_mismatch() {
    let suite = Deployment::devnet();
    let token: ContractId = suite.stx().clone();
    assert!(stx_token::GetBalance::decode(&Value::ok(token.to_clarity())).is_err());
    assert!(stx_token::GetBalance::decode(&Value::UInt(1)).is_err());
    let unknown = stx_token::GetBalance::decode(&Value::err(Value::UInt(9_999_999))).unwrap();
    assert_eq!(unknown, Err(ContractError::new(9_999_999)));
    assert_eq!(unknown.unwrap_err().entry(), None);
}

#[test]
fn a_print_that_is_no_event_says_what_it_is() {
    let tuple = |fields: &[(&str, Value)]| {
        Value::tuple(fields.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())))
    };
    let event = |name: &str| ("event", Value::ascii(name).unwrap());
    let price = |field: &str| (field.to_owned(), Value::UInt(1));
    let (btc, stx, at) = (price("btc"), price("stx"), price("at"));
    let fields = |more: &[(&str, Value)]| {
        let mut fields = vec![event("price-accepted")];
        fields.extend(more.iter().cloned());
        tuple(&fields)
    };
    let all =
        [(btc.0.as_str(), btc.1.clone()), (stx.0.as_str(), stx.1.clone()), (at.0.as_str(), at.1.clone())];
    let decoded = SuiteEvent::decode("oracle", &fields(&all)).unwrap();
    assert_eq!(decoded.name(), ("oracle", "price-accepted"));

    let unknown = |contract: &str, value: &Value| SuiteEvent::decode(contract, value).unwrap_err();
    assert!(matches!(unknown("sbtc-token", &fields(&all)), EventError::UnknownContract(_)));
    assert!(matches!(unknown("oracle", &tuple(&[event("nothing")])), EventError::UnknownEvent { .. }));
    assert!(matches!(unknown("treasury", &fields(&all)), EventError::UnknownEvent { .. }));
    assert!(matches!(unknown("oracle", &Value::UInt(1)), EventError::Nameless { .. }));
    assert!(matches!(unknown("oracle", &tuple(&[("event", Value::UInt(1))])), EventError::Nameless { .. }));
    let reason = |value: &Value| match unknown("oracle", value) {
        EventError::Malformed { mismatch, .. } => mismatch.reason().clone(),
        other => panic!("{other}"),
    };
    assert_eq!(reason(&fields(&all[..2])), MismatchReason::MissingField("at"));
    let mut more = all.to_vec();
    more.push(("more", Value::Bool(true)));
    assert_eq!(reason(&fields(&more)), MismatchReason::UnknownField("more".to_owned()));
    let mut wrong = all.to_vec();
    wrong[2].1 = Value::UInt(u128::MAX);
    assert!(matches!(reason(&fields(&wrong)), MismatchReason::OutOfRange { .. }));
    wrong[2].1 = Value::Int(1);
    assert!(matches!(reason(&fields(&wrong)), MismatchReason::Type(_)));
}
