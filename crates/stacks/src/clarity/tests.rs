use super::*;
use crate::codec::DecodeError;

const ACCOUNT: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

fn name(text: &str) -> ClarityName {
    text.parse().unwrap()
}

fn account() -> Address {
    ACCOUNT.parse().unwrap()
}

/// The examples of SIP-005.
#[test]
fn bytes_are_those_of_the_specification() {
    for (value, hex) in [
        (Value::Int(1), "0000000000000000000000000000000001"),
        (Value::Int(-1), "00ffffffffffffffffffffffffffffffff"),
        (Value::UInt(1), "0100000000000000000000000000000001"),
        (Value::buffer([0xde, 0xad, 0xbe, 0xef]), "0200000004deadbeef"),
        (Value::Bool(true), "03"),
        (Value::Bool(false), "04"),
        (Value::ok(-1_i128), "0700ffffffffffffffffffffffffffffffff"),
        (Value::err(-1_i128), "0800ffffffffffffffffffffffffffffffff"),
        (Value::NONE, "09"),
        (Value::some(-1_i128), "0a00ffffffffffffffffffffffffffffffff"),
        (
            Value::list([1, 2, 3, -4].map(Value::Int)),
            "0b00000004000000000000000000000000000000000100000000000000000000000000000000020000000000000000000000000000\
             00000300fffffffffffffffffffffffffffffffc",
        ),
        (
            Value::tuple([(name("foobar"), Value::Bool(true)), (name("baz"), Value::NONE)]),
            "0c000000020362617a0906666f6f62617203",
        ),
        (Value::ascii("hello world").unwrap(), "0d0000000b68656c6c6f20776f726c64"),
        (Value::utf8("hello world"), "0e0000000b68656c6c6f20776f726c64"),
    ] {
        assert_eq!(value.encode_hex(), format!("0x{hex}"));
        assert_eq!(Value::decode_hex(hex), Ok(value));
    }
}

#[test]
fn the_whole_input_must_be_the_value() {
    assert_eq!(Value::decode(&[3, 3]), Err(DecodeError::TrailingBytes { count: 1 }));
    assert_eq!(Value::decode_prefix(&[3, 4]), Ok((Value::Bool(true), 1)));
    assert!(matches!(Value::decode(&[]), Err(DecodeError::UnexpectedEnd { .. })));
    assert!(matches!(Value::decode(&[0x0f]), Err(DecodeError::UnknownTag { byte: 0x0f, at: 0, .. })));
    for hex in ["0x0", "0xzz", "3", "é"] {
        assert!(matches!(Value::decode_hex(hex), Err(DecodeError::Hex(_))), "{hex}");
    }
}

#[test]
fn tuples_are_sorted_and_have_each_field_once() {
    // b before a, as no node writes it but every node reads it.
    let unsorted = Value::decode_hex("0c000000020162030161 04".replace(' ', "").as_str()).unwrap();
    assert_eq!(unsorted.encode_hex(), "0x0c0000000201610401 6203".replace(' ', ""));
    assert!(matches!(Value::decode_hex("0c00000002016103016104"), Err(DecodeError::Invalid { .. })));
    assert!(matches!(Value::decode_hex("0c00000000"), Err(DecodeError::Invalid { .. })));
}

#[test]
fn lists_have_one_type() {
    let mixed = Value::list([Value::Int(1), Value::UInt(1)]);
    assert!(matches!(mixed.type_of(), Err(TypeError::Mixed(..))));
    assert!(matches!(Value::decode(&mixed.encode()), Err(DecodeError::Invalid { .. })));
    assert_eq!(mixed.type_name(), "unknown");
    // None and some, ok and err, lengths: they go together.
    for (values, expected) in [
        (vec![Value::NONE, Value::some(1_u128)], "(list 2 (optional uint))"),
        (vec![Value::ok(1_u128), Value::err(true)], "(list 2 (response uint bool))"),
        (vec![Value::buffer([1]), Value::buffer([1, 2, 3])], "(list 2 (buff 3))"),
        (vec![Value::list([]), Value::list([Value::Int(1)])], "(list 2 (list 1 int))"),
        (vec![], "(list 0 UnknownType)"),
    ] {
        let list = Value::List(values);
        assert_eq!(list.type_name(), expected);
        assert_eq!(Value::decode(&list.encode()), Ok(list));
    }
    // The first tuple of a list decides about the fields.
    let small = Value::tuple([(name("a"), Value::Int(1))]);
    let large = Value::tuple([(name("a"), Value::Int(1)), (name("b"), Value::Int(2))]);
    assert!(Value::list([small.clone(), large.clone()]).type_of().is_ok());
    assert!(Value::list([large, small]).type_of().is_err());
}

#[test]
fn types_are_written_as_the_api_writes_them() {
    let value = Value::tuple([
        (name("who"), account().into()),
        (name("what"), Value::ascii("abc").unwrap()),
        (name("text"), Value::utf8("äöü")),
        (name("maybe"), Value::some(Value::buffer([0; 32]))),
    ]);
    assert_eq!(
        value.type_name(),
        "(tuple (maybe (optional (buff 32))) (text (string-utf8 3)) (what (string-ascii 3)) (who principal))"
    );
}

#[test]
fn source_evaluates_to_the_value() {
    for (value, source) in [
        (Value::Int(i128::MIN), "-170141183460469231731687303715884105728"),
        (Value::UInt(u128::MAX), "u340282366920938463463374607431768211455"),
        (Value::buffer([]), "0x"),
        (Value::ascii("a\"b\\c\nd").unwrap(), r#""a\"b\\c\nd""#),
        (Value::utf8("é\u{1F600}\0\""), r#"u"\u{E9}\u{1F600}\u{0}\"""#),
        (Value::utf8("\u{202e}"), r#"u"\u{202E}""#),
        (account().into(), "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"),
        (
            ContractId::new(account(), "pool".parse().unwrap()).into(),
            "'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool",
        ),
        (Value::some(Value::ok(Value::err(Value::NONE))), "(some (ok (err none)))"),
        (Value::list([Value::Int(1), Value::Int(2)]), "(list 1 2)"),
        (Value::list([]), "(list)"),
        (
            Value::tuple([(name("b"), Value::Bool(false)), (name("a"), Value::UInt(1))]),
            "(tuple (a u1) (b false))",
        ),
    ] {
        assert_eq!(value.to_source(), source);
        assert_eq!(value.to_string(), source);
    }
}

#[test]
fn ascii_is_checked_when_made_and_when_read() {
    assert_eq!(Value::ascii("ä"), Err(TypeError::NotAscii(0xc3)));
    assert_eq!(Value::ascii("\0"), Err(TypeError::NotAscii(0)));
    assert!(Value::ascii("tab\tline\nfeed\x0creturn\r").is_ok());
    assert!(matches!(Value::decode_hex("0d0000000100"), Err(DecodeError::Invalid { .. })));
    assert!(matches!(Value::decode_hex("0e00000001ff"), Err(DecodeError::Invalid { .. })));
}

#[test]
fn readers_get_the_type_they_ask_for_or_an_error() {
    let value = Value::tuple([(name("amount"), Value::UInt(5))]);
    assert_eq!(value.field("amount").and_then(Value::as_uint), Ok(5));
    let missing = value.field("owner").unwrap_err();
    assert_eq!(missing.to_string(), "expected a tuple with a field owner, found (tuple (amount u5))");
    assert!(Value::Int(5).as_uint().is_err());
    assert_eq!(Value::ok(true).as_response(), Ok(Ok(&Value::Bool(true))));
    assert_eq!(Value::err(true).as_response(), Ok(Err(&Value::Bool(true))));
    assert_eq!(Value::NONE.as_optional(), Ok(None));
    let long = Value::buffer([0; 1000]).as_uint().unwrap_err();
    assert!(long.found.chars().count() < 130);
}

#[test]
fn a_value_too_deep_for_the_stack_has_no_type() {
    let mut value = Value::Bool(true);
    for _ in 0..1000 {
        value = Value::some(value);
    }
    assert_eq!(value.type_of(), Err(TypeError::TooDeep));
}
