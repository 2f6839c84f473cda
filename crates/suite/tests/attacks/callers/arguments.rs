//! Arguments of the right types for any function, out of its interface; where a function asks for something that must
//! exist before it asks who calls, that.

use bithedge_stacks::Value;
use bithedge_suite_world::{BALANCED, World, u, who};
use serde_json::Value as Json;

/// The names of a contract's public functions with their parameters (name and type).
pub(crate) fn public_functions(interface: &Json) -> Vec<(String, Vec<(String, Json)>)> {
    let functions = interface.get("functions").and_then(Json::as_array).unwrap();
    let public = functions.iter().filter(|one| one.get("access").unwrap() == "public");
    public
        .map(|one| {
            let parameters = one.get("args").and_then(Json::as_array).unwrap().iter();
            (text_of(one), parameters.map(|arg| (text_of(arg), arg.get("type").unwrap().clone())).collect())
        })
        .collect()
}

fn text_of(item: &Json) -> String {
    item.get("name").and_then(Json::as_str).unwrap().to_owned()
}

/// The value for one parameter.
pub(crate) fn argument(
    w: &World,
    contract: &str,
    function: &str,
    parameter: &str,
    kind: &Json,
    expiry: u64,
) -> Value {
    let text = |text: &str| Value::ascii(text).unwrap();
    match (contract, function, parameter) {
        ("upgrade-manager", _, "name") => text("analytics"),
        ("upgrade-manager", _, "address") => Value::from(w.vm.contract("analytics").unwrap()),
        ("upgrade-manager", "confirm-upgrade", "index") => u(0),
        ("parameters", "set-parameter" | "set-parameter-bounds", "name") => text("min-size"),
        ("parameters", "trip-breaker" | "report-level" | "release-breaker", "id") => text("all"),
        ("parameters", "check-action", "action") => text("sell-back"),
        ("governance", "set-setting", "name") => text("quorum"),
        ("governance", "renounce-role", "role") => text("guardian"),
        ("governance", "propose", "emergency") => Value::Bool(false),
        ("oracle", "suspend-reporter" | "dispute-report", "reporter") => who(w.reporters[1]),
        ("oracle", "report-prices", "btc") => u(w.btc_price),
        ("oracle", "report-prices", "stx") => u(w.stx_price),
        ("treasury" | "fee-schedule", _, "operation") => text("purchase"),
        ("liquidity-pool", "settle-expiry", "tier") => u(BALANCED),
        ("liquidity-pool", "settle-expiry", "expiry") => u(expiry.into()),
        _ => default(w, kind),
    }
}

/// Some value of a type.
fn default(w: &World, kind: &Json) -> Value {
    if let Some(simple) = kind.as_str() {
        return match simple {
            "uint128" => u(1),
            "int128" => Value::Int(1),
            "bool" => Value::Bool(true),
            "principal" => who(w.stranger),
            "trait_reference" => w.sbtc.clone(),
            other => panic!("a parameter of type {other}"),
        };
    }
    let (shape, inner) = kind.as_object().unwrap().iter().next().unwrap();
    let length = inner.get("length").and_then(Json::as_u64).and_then(|length| usize::try_from(length).ok());
    match shape.as_str() {
        "buffer" => Value::buffer(vec![7; length.unwrap().min(32)]),
        "string-ascii" => Value::ascii("oracle".chars().take(length.unwrap()).collect::<String>()).unwrap(),
        "list" => Value::list([default(w, inner.get("type").unwrap())]),
        "optional" => Value::Optional(None),
        "tuple" => Value::tuple(
            inner
                .as_array()
                .unwrap()
                .iter()
                .map(|field| (text_of(field).parse().unwrap(), default(w, field.get("type").unwrap()))),
        ),
        other => panic!("a parameter of type {other}"),
    }
}
