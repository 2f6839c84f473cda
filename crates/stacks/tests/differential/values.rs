use std::fmt::Write as _;

use bithedge_stacks::Value;
use serde::Deserialize;
use serde_json::json;

use super::official::Official;
use super::{seed, support};

/// At least ten thousand in each direction have to agree byte by byte.
const VALUES: usize = 10_000;
const BATCH: usize = 500;

#[derive(Deserialize)]
struct Described {
    hex: String,
    described: String,
}

/// One unambiguous text per value, which the JavaScript side writes independently.
fn describe(value: &Value) -> String {
    match value {
        Value::Int(number) => format!("i{number}"),
        Value::UInt(number) => format!("u{number}"),
        Value::Bool(truth) => truth.to_string(),
        Value::Buffer(bytes) => format!("b{}", hex::encode(bytes)),
        Value::StringAscii(text) => format!("a{}", hex::encode(text)),
        Value::StringUtf8(text) => format!("t{}", hex::encode(text)),
        Value::Principal(principal) => format!("p{principal}"),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(inner)) => format!("some({})", describe(inner)),
        Value::Response(Ok(inner)) => format!("ok({})", describe(inner)),
        Value::Response(Err(inner)) => format!("err({})", describe(inner)),
        Value::List(values) => {
            format!("[{}]", values.iter().map(describe).collect::<Vec<_>>().join(","))
        }
        Value::Tuple(fields) => {
            let mut text = String::from("{");
            for (n, (name, field)) in fields.iter().enumerate() {
                write!(text, "{}{name}:{}", if n > 0 { "," } else { "" }, describe(field)).unwrap();
            }
            text + "}"
        }
    }
}

#[test]
fn values_of_ours_are_read_and_written_alike() {
    let mut official = Official::start();
    let mut rng = support::Rng::with_seed(seed(1));
    for _ in 0..VALUES / BATCH {
        let values: Vec<Value> = (0..BATCH).map(|_| support::value(&mut rng, 5)).collect();
        let items: Vec<String> = values.iter().map(|value| hex::encode(value.encode())).collect();
        let answers: Vec<Described> = official.ask(&json!({ "operation": "values", "items": items }));
        assert_eq!(answers.len(), BATCH);
        for ((value, hex), answer) in values.iter().zip(&items).zip(answers) {
            assert_eq!(answer.described, describe(value), "{value}");
            assert_eq!(answer.hex, *hex, "{value}");
            assert_eq!(Value::decode_hex(hex).as_ref(), Ok(value));
        }
    }
}

#[test]
fn values_of_theirs_are_read_and_written_alike() {
    let mut official = Official::start();
    let seed = seed(2);
    let answers: Vec<Described> =
        official.ask(&json!({ "operation": "generate-values", "seed": seed, "count": VALUES }));
    assert_eq!(answers.len(), VALUES);
    for answer in answers {
        let value =
            Value::decode_hex(&answer.hex).unwrap_or_else(|error| panic!("{error}: {}", answer.described));
        assert_eq!(describe(&value), answer.described);
        assert_eq!(hex::encode(value.encode()), answer.hex, "{value}");
    }
}

/// The one known difference: the JavaScript client sorts tuple fields by the rules of a human language, nodes and we by
/// their bytes. A node reads both, but hashes what it would have written.
#[test]
fn fields_are_sorted_as_nodes_do() {
    let field = |name: &str| (name.parse().unwrap(), Value::Bool(true));
    let value = Value::tuple([field("b"), field("Z")]);
    let ours = hex::encode(value.encode());
    let theirs: Vec<Described> = Official::start().ask(&json!({ "operation": "values", "items": [ours] }));
    assert_eq!(theirs[0].hex, "0c00000002016203015a03");
    assert_eq!(ours, "0c00000002015a03016203");
    assert_eq!(Value::decode_hex(&theirs[0].hex).unwrap(), value);
}
