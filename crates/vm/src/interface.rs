//! Contract interfaces, as the VM describes them: whether values fit.

use bithedge_stacks::{Principal, Value};
use serde_json::Value as Json;

/// A function of a contract's interface.
#[derive(Debug)]
pub struct Function<'a> {
    /// `public`, `read_only` or `private`.
    pub access: &'a str,
    args: Vec<(&'a str, &'a Json)>,
}

/// Looks a function up.
pub fn function<'a>(interface: &'a Json, name: &str) -> Option<Function<'a>> {
    let function =
        interface.get("functions")?.as_array()?.iter().find(|f| f.get("name").is_some_and(|n| n == name))?;
    let args = function.get("args")?.as_array()?;
    Some(Function {
        access: function.get("access")?.as_str()?,
        args: args.iter().filter_map(|arg| Some((arg.get("name")?.as_str()?, arg.get("type")?))).collect(),
    })
}

impl Function<'_> {
    /// Whether a parameter is a trait.
    pub fn takes_trait(&self) -> bool {
        self.args.iter().any(|(_, kind)| *kind == "trait_reference")
    }

    /// Checks number and types of arguments.
    ///
    /// # Errors
    /// Says in words what does not fit.
    pub fn check(&self, values: &[Value]) -> Result<(), String> {
        if values.len() != self.args.len() {
            return Err(format!("IncorrectArgumentCount({}, {})", self.args.len(), values.len()));
        }
        for ((name, kind), value) in self.args.iter().zip(values) {
            if !admits(kind, value) {
                return Err(format!("TypeValueError: `{name}` is {}, found {value}", type_name(kind)));
            }
        }
        Ok(())
    }
}

/// The type of a map's keys, if the contract has the map.
#[must_use]
pub fn map_key<'a>(interface: &'a Json, map: &str) -> Option<&'a Json> {
    let maps = interface.get("maps")?.as_array()?;
    maps.iter().find(|declared| declared.get("name").is_some_and(|name| name == map))?.get("key")
}

/// Whether a type of a contract's interface admits a value.
pub fn admits(kind: &Json, value: &Value) -> bool {
    if let Some(simple) = kind.as_str() {
        return match (simple, value) {
            ("int128", Value::Int(_)) | ("uint128", Value::UInt(_)) | ("bool", Value::Bool(_)) => true,
            ("principal", Value::Principal(_)) => true,
            ("trait_reference", Value::Principal(principal)) => matches!(principal, Principal::Contract(_)),
            _ => false,
        };
    }
    let Some((shape, inner)) = kind.as_object().and_then(|object| object.iter().next()) else { return false };
    let within =
        |length: usize| inner.get("length").and_then(Json::as_u64).is_some_and(|max| length as u64 <= max);
    match (shape.as_str(), value) {
        ("buffer", Value::Buffer(bytes)) => within(bytes.len()),
        ("string-ascii", Value::StringAscii(text)) => within(text.len()),
        ("string-utf8", Value::StringUtf8(text)) => within(text.chars().count()),
        ("optional", Value::Optional(inside)) => inside.as_ref().is_none_or(|value| admits(inner, value)),
        ("response", Value::Response(Ok(value))) => inner.get("ok").is_some_and(|kind| admits(kind, value)),
        ("response", Value::Response(Err(value))) => {
            inner.get("error").is_some_and(|kind| admits(kind, value))
        }
        ("list", Value::List(items)) => {
            within(items.len())
                && inner.get("type").is_some_and(|kind| items.iter().all(|item| admits(kind, item)))
        }
        ("tuple", Value::Tuple(fields)) => inner.as_array().is_some_and(|kinds| {
            kinds.len() == fields.len()
                && kinds.iter().all(|field| {
                    let (Some(name), Some(kind)) =
                        (field.get("name").and_then(Json::as_str), field.get("type"))
                    else {
                        return false;
                    };
                    fields.iter().any(|(key, value)| key.as_str() == name && admits(kind, value))
                })
        }),
        _ => false,
    }
}

/// A type as the Stacks API writes it: `uint`, `(optional principal)`, `(tuple (a uint))`.
pub fn type_name(kind: &Json) -> String {
    if let Some(simple) = kind.as_str() {
        return match simple {
            "int128" => "int".to_owned(),
            "uint128" => "uint".to_owned(),
            "trait_reference" => "trait_reference".to_owned(),
            other => other.to_owned(),
        };
    }
    let Some((shape, inner)) = kind.as_object().and_then(|object| object.iter().next()) else {
        return "none".to_owned();
    };
    let length = || inner.get("length").and_then(Json::as_u64).unwrap_or(0);
    let part = |name: &str| inner.get(name).map_or_else(|| "none".to_owned(), type_name);
    match shape.as_str() {
        "buffer" => format!("(buff {})", length()),
        "string-ascii" => format!("(string-ascii {})", length()),
        "string-utf8" => format!("(string-utf8 {})", length()),
        "optional" => format!("(optional {})", type_name(inner)),
        "response" => format!("(response {} {})", part("ok"), part("error")),
        "list" => format!("(list {} {})", length(), part("type")),
        "tuple" => {
            let fields: Vec<String> = inner
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|field| {
                    Some(format!("({} {})", field.get("name")?.as_str()?, type_name(field.get("type")?)))
                })
                .collect();
            format!("(tuple {})", fields.join(" "))
        }
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_fits_its_type_and_no_other() {
        let list = json!({"list": {"type": {"optional": "uint128"}, "length": 2}});
        let some = |n| Value::Optional(Some(Box::new(Value::UInt(n))));
        assert!(admits(&list, &Value::List(vec![some(1), Value::Optional(None)])));
        assert!(!admits(&list, &Value::List(vec![some(1), some(2), some(3)])), "too long");
        assert!(!admits(&list, &Value::List(vec![Value::UInt(1)])), "not optional");
        assert!(!admits(&json!("uint128"), &Value::Int(1)));
        assert!(admits(&json!({"string-utf8": {"length": 2}}), &Value::StringUtf8("é😀".to_owned())));
        assert!(!admits(&json!({"string-utf8": {"length": 1}}), &Value::StringUtf8("é😀".to_owned())));
        assert_eq!(type_name(&list), "(list 2 (optional uint))");
    }
}
