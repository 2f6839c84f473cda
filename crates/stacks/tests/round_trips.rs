//! What is written is read as it was, for whatever can be written.
//!
//! A failing case is shrunk and kept in `round_trips.regressions` beside this file: commit it, it is tried first from
//! then on.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use bithedge_stacks::clarity::TypeError;
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    Address, AddressVersion, ClarityName, ContractName, DecodeError, Hash160, MicroStx, Network, Principal,
    SecretKey, Transaction, TransactionBuilder, Value,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::with_cases(512)
    }
}

fn address() -> impl Strategy<Value = Address> {
    let version = prop::sample::select(vec![22_u8, 20, 26, 21])
        .prop_map(|byte| AddressVersion::from_byte(byte).unwrap());
    (version, any::<[u8; 20]>()).prop_map(|(version, hash)| Address::new(version, Hash160(hash)))
}

fn clarity_name() -> impl Strategy<Value = ClarityName> {
    "[a-zA-Z][a-zA-Z0-9_!?+<>=/*-]{0,20}".prop_map(|name| name.parse().unwrap())
}

fn contract_name() -> impl Strategy<Value = ContractName> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,39}".prop_map(|name| name.parse().unwrap())
}

fn principal() -> impl Strategy<Value = Principal> {
    (address(), prop::option::of(contract_name())).prop_map(|(address, name)| match name {
        Some(name) => bithedge_stacks::ContractId::new(address, name).into(),
        None => address.into(),
    })
}

/// Any value, also ones whose lists mix types.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i128>().prop_map(Value::Int),
        any::<u128>().prop_map(Value::UInt),
        any::<bool>().prop_map(Value::Bool),
        prop::collection::vec(any::<u8>(), 0..64).prop_map(Value::Buffer),
        "[ -~\t\n\r]{0,32}".prop_map(Value::StringAscii),
        any::<String>().prop_map(Value::StringUtf8),
        principal().prop_map(Value::Principal),
        Just(Value::NONE),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            inner.clone().prop_map(Value::some),
            inner.clone().prop_map(Value::ok),
            inner.clone().prop_map(Value::err),
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::btree_map(clarity_name(), inner, 1..6).prop_map(Value::Tuple),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    /// A value with a type reads back as itself; one without is refused, and refused for its type.
    #[test]
    fn values(value in value()) {
        match value.type_of() {
            Ok(_) => prop_assert_eq!(Value::decode(&value.encode()), Ok(value)),
            Err(TypeError::Mixed(..)) => {
                let refused = matches!(Value::decode(&value.encode()), Err(DecodeError::Invalid { what: "list", .. }));
                prop_assert!(refused);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn embedded_values_end_where_they_end(value in value(), rest in prop::collection::vec(any::<u8>(), 0..32)) {
        prop_assume!(value.type_of().is_ok());
        let mut bytes = value.encode();
        let length = bytes.len();
        bytes.extend(rest);
        prop_assert_eq!(Value::decode_prefix(&bytes), Ok((value, length)));
    }

    #[test]
    fn principals(principal in principal()) {
        prop_assert_eq!(principal.to_string().parse(), Ok(principal));
    }

    #[test]
    fn a_mistyped_address_is_refused(address in address(), at in 1_usize..41, other in "[0-9A-HJKMNP-TV-Z]") {
        let mut text = address.to_string();
        prop_assume!(at < text.len() && text[at..=at] != other);
        text.replace_range(at..=at, &other);
        prop_assert!(text.parse::<Address>().is_err());
    }

    #[test]
    fn amounts(micro: u64) {
        prop_assert_eq!(micro.to_string().parse(), Ok(MicroStx::new(micro)));
        let shown = MicroStx::new(micro).to_string();
        let (whole, fraction) = shown.strip_suffix(" STX").unwrap().split_once('.').unwrap_or((&shown[..shown.len() - 4], ""));
        prop_assert_eq!(format!("{whole}{fraction:0<6}").parse::<u64>(), Ok(micro));
    }

    /// Two transactions that differ in what is signed differ in what is shown.
    #[test]
    fn what_differs_is_shown_to_differ(a in call(), b in call()) {
        prop_assert_eq!(a.encode() == b.encode(), a.render() == b.render());
        prop_assert_eq!(&Transaction::decode(&a.encode()).unwrap(), &a);
    }
}

fn call() -> impl Strategy<Value = Transaction> {
    let payload = prop_oneof![
        prop::collection::vec(value().prop_filter("typed", |value| value.type_of().is_ok()), 0..2).prop_map(
            |args| {
                let contract = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool".parse().unwrap();
                TransactionBuilder::call(Network::TESTNET, contract, "f".parse().unwrap(), args)
            }
        ),
        (principal(), 0_u64..3, "[a-c\0]{0,3}").prop_map(|(recipient, amount, memo)| {
            TransactionBuilder::transfer(
                Network::TESTNET,
                recipient,
                MicroStx::new(amount),
                Memo::text(&memo).unwrap(),
            )
        }),
        "[ -~\n]{0,4}".prop_map(|source| {
            TransactionBuilder::deploy(Network::TESTNET, "a".parse().unwrap(), source, None)
        }),
    ];
    (payload, 0_u64..2, 0_u64..2).prop_map(|(builder, nonce, fee)| {
        let key = SecretKey::from_hex(&format!("{}01", "11".repeat(32))).unwrap();
        builder.nonce(nonce).fee(MicroStx::new(fee)).sign(&key).unwrap()
    })
}
