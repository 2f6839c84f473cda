//! A contract's interface, as nodes describe it.

use serde::Deserialize;

use crate::name::ClarityName;

/// What a contract offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ContractInterface {
    /// Its functions.
    pub functions: Vec<AbiFunction>,
    /// Its constants and variables.
    pub variables: Vec<AbiVariable>,
    /// Its maps.
    pub maps: Vec<AbiMap>,
    /// Its fungible tokens.
    pub fungible_tokens: Vec<AbiToken>,
    /// Its non-fungible tokens.
    pub non_fungible_tokens: Vec<AbiNonFungibleToken>,
    /// The epoch it was deployed in, such as `Epoch40`.
    #[serde(default)]
    pub epoch: Option<String>,
    /// Its language version, such as `Clarity6`.
    #[serde(default)]
    pub clarity_version: Option<String>,
}

/// Who can use a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The contract itself.
    Private,
    /// Anybody, by transaction.
    Public,
    /// Anybody, also without a transaction.
    ReadOnly,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiFunction {
    /// Its name.
    pub name: ClarityName,
    /// Who can use it.
    pub access: Access,
    /// What it takes.
    pub args: Vec<AbiArgument>,
    /// What it gives.
    pub outputs: AbiOutput,
}

/// What a function gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiOutput {
    /// The type.
    pub r#type: AbiType,
}

/// What a function takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiArgument {
    /// Its name.
    pub name: ClarityName,
    /// Its type.
    pub r#type: AbiType,
}

/// A constant or a variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiVariable {
    /// Its name.
    pub name: ClarityName,
    /// Its type.
    pub r#type: AbiType,
    /// `constant` or `variable`.
    pub access: String,
}

/// A map.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiMap {
    /// Its name.
    pub name: ClarityName,
    /// The type of its keys.
    pub key: AbiType,
    /// The type of its values.
    pub value: AbiType,
}

/// A fungible token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiToken {
    /// Its name.
    pub name: ClarityName,
}

/// A non-fungible token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiNonFungibleToken {
    /// Its name.
    pub name: ClarityName,
    /// The type of what identifies one.
    pub r#type: AbiType,
}

/// A type, as nodes describe it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbiType {
    /// Nothing is known.
    None,
    /// `int`.
    Int128,
    /// `uint`.
    Uint128,
    /// `bool`.
    Bool,
    /// `principal`.
    Principal,
    /// A contract that implements a trait.
    #[serde(rename = "trait_reference")]
    TraitReference,
    /// Bytes.
    Buffer {
        /// At most so many.
        length: u32,
    },
    /// ASCII text.
    StringAscii {
        /// At most so many characters.
        length: u32,
    },
    /// Unicode text.
    StringUtf8 {
        /// At most so many code points.
        length: u32,
    },
    /// A value or none.
    Optional(Box<AbiType>),
    /// One of two values.
    Response {
        /// If it succeeds.
        ok: Box<AbiType>,
        /// If it fails.
        error: Box<AbiType>,
    },
    /// Several values.
    List {
        /// Their type.
        r#type: Box<AbiType>,
        /// At most so many.
        length: u32,
    },
    /// Named values.
    Tuple(Vec<AbiField>),
}

/// A field of a tuple.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbiField {
    /// Its name.
    pub name: ClarityName,
    /// Its type.
    pub r#type: AbiType,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_types_are_read() {
        let json = r#"{"response":{"ok":{"tuple":[{"name":"a","type":{"list":{"type":"uint128","length":3}}},
            {"name":"b","type":{"optional":{"buffer":{"length":32}}}},{"name":"c","type":{"string-ascii":{"length":4}}}]},
            "error":"none"}}"#;
        let AbiType::Response { ok, error } = serde_json::from_str(json).unwrap() else { panic!() };
        let AbiType::Tuple(fields) = *ok else { panic!() };
        assert_eq!(fields[0].r#type, AbiType::List { r#type: Box::new(AbiType::Uint128), length: 3 });
        assert_eq!(fields[1].r#type, AbiType::Optional(Box::new(AbiType::Buffer { length: 32 })));
        assert_eq!(fields[2].r#type, AbiType::StringAscii { length: 4 });
        assert_eq!(*error, AbiType::None);
        assert_eq!(serde_json::from_str::<AbiType>("\"trait_reference\"").unwrap(), AbiType::TraitReference);
        assert!(serde_json::from_str::<AbiType>("\"float\"").is_err());
    }
}
