//! Bytes to values, as strict as a node.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::types::{self, ListType, TypeError, TypeSignature};
use super::{MAX_NESTING, MAX_VALUE_BYTES, Value};
use crate::address::{Address, ContractId, Principal};
use crate::codec::{DecodeError, Reader, first_capacity, from_hex};
use crate::name::{ClarityName, ContractName};

/// The byte that each kind of value begins with (SIP-005, "Clarity Value Representation").
pub(super) mod prefix {
    pub(crate) const INT: u8 = 0x00;
    pub(crate) const UINT: u8 = 0x01;
    pub(crate) const BUFFER: u8 = 0x02;
    pub(crate) const TRUE: u8 = 0x03;
    pub(crate) const FALSE: u8 = 0x04;
    pub(crate) const STANDARD_PRINCIPAL: u8 = 0x05;
    pub(crate) const CONTRACT_PRINCIPAL: u8 = 0x06;
    pub(crate) const OK: u8 = 0x07;
    pub(crate) const ERR: u8 = 0x08;
    pub(crate) const NONE: u8 = 0x09;
    pub(crate) const SOME: u8 = 0x0a;
    pub(crate) const LIST: u8 = 0x0b;
    pub(crate) const TUPLE: u8 = 0x0c;
    pub(crate) const STRING_ASCII: u8 = 0x0d;
    pub(crate) const STRING_UTF8: u8 = 0x0e;
}

/// The longest serialisation of one value that a node reads.
const MAX_SERIALIZED_BYTES: usize = 2 * MAX_VALUE_BYTES;

/// A tuple's field takes at least a length, a letter and a one-byte value.
const MIN_FIELD_BYTES: usize = 3;

impl Value {
    /// The value that the whole input is.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// The value that a hexadecimal text stands for, with or without `0x`.
    pub fn decode_hex(text: &str) -> Result<Self, DecodeError> {
        Self::decode(&from_hex(text)?)
    }

    /// The value that the input begins with, and the number of bytes that it takes.
    pub fn decode_prefix(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        Ok((value, reader.position()))
    }

    /// The next value of a larger structure.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = reader.position();
        let (value, _) = read_nested(reader, 1)?;
        if reader.position() - start > MAX_SERIALIZED_BYTES {
            return Err(DecodeError::ValueTooLarge);
        }
        Ok(value)
    }
}

/// A principal, as a token transfer names its recipient.
pub(crate) fn read_principal(reader: &mut Reader<'_>) -> Result<Principal, DecodeError> {
    let is_contract = reader.tag("principal", |byte| match byte {
        prefix::STANDARD_PRINCIPAL => Some(false),
        prefix::CONTRACT_PRINCIPAL => Some(true),
        _ => None,
    })?;
    if is_contract {
        read_contract(reader).map(Principal::Contract)
    } else {
        Address::decode(reader).map(Principal::Standard)
    }
}

fn read_contract(reader: &mut Reader<'_>) -> Result<ContractId, DecodeError> {
    Ok(ContractId { issuer: Address::decode(reader)?, name: ContractName::decode_in_value(reader)? })
}

/// A value `depth` deep, with its type: types are needed on the way up, because they decide what a list may hold and
/// how large a value counts. The recursion is bounded by the nesting that a node reads.
fn read_nested(reader: &mut Reader<'_>, depth: usize) -> Result<(Value, TypeSignature), DecodeError> {
    if depth > MAX_NESTING {
        return Err(DecodeError::TooDeep { limit: MAX_NESTING });
    }
    let at = reader.position();
    let byte = reader.u8("value type")?;
    let value = match byte {
        prefix::INT => Value::Int(i128::from_be_bytes(reader.array("int")?)),
        prefix::UINT => Value::UInt(u128::from_be_bytes(reader.array("uint")?)),
        prefix::TRUE => Value::Bool(true),
        prefix::FALSE => Value::Bool(false),
        prefix::BUFFER => Value::Buffer(read_bytes(reader, "buffer")?.to_vec()),
        prefix::STRING_ASCII => {
            let bytes = read_bytes(reader, "string-ascii")?;
            types::check_ascii(bytes)
                .map_err(|error| DecodeError::invalid("string-ascii", error.to_string()))?;
            Value::StringAscii(utf8(bytes, "string-ascii")?)
        }
        prefix::STRING_UTF8 => Value::StringUtf8(utf8(read_bytes(reader, "string-utf8")?, "string-utf8")?),
        prefix::STANDARD_PRINCIPAL => Value::Principal(Address::decode(reader)?.into()),
        prefix::CONTRACT_PRINCIPAL => Value::Principal(read_contract(reader)?.into()),
        prefix::NONE => Value::NONE,
        prefix::SOME => {
            let (inner, inner_type) = read_nested(reader, depth + 1)?;
            let signature = TypeSignature::optional(inner_type).map_err(too_large)?;
            return Ok((Value::Optional(Some(Box::new(inner))), signature));
        }
        prefix::OK => {
            let (inner, inner_type) = read_nested(reader, depth + 1)?;
            let signature = TypeSignature::response(inner_type, TypeSignature::NoType).map_err(too_large)?;
            return Ok((Value::Response(Ok(Box::new(inner))), signature));
        }
        prefix::ERR => {
            let (inner, inner_type) = read_nested(reader, depth + 1)?;
            let signature = TypeSignature::response(TypeSignature::NoType, inner_type).map_err(too_large)?;
            return Ok((Value::Response(Err(Box::new(inner))), signature));
        }
        prefix::LIST => return read_list(reader, depth),
        prefix::TUPLE => return read_tuple(reader, depth),
        byte => return Err(DecodeError::UnknownTag { what: "value type", byte, at }),
    };
    let signature = TypeSignature::of(&value).map_err(too_large)?;
    Ok((value, signature))
}

fn read_list(reader: &mut Reader<'_>, depth: usize) -> Result<(Value, TypeSignature), DecodeError> {
    let count = reader.count("list length", 1)?;
    let mut values = Vec::with_capacity(first_capacity(count));
    let mut list = ListType::default();
    for _ in 0..count {
        let (value, signature) = read_nested(reader, depth + 1)?;
        list.push(signature).map_err(|error| DecodeError::invalid("list", error.to_string()))?;
        values.push(value);
    }
    let signature = list.finish().map_err(|error| DecodeError::invalid("list", error.to_string()))?;
    Ok((Value::List(values), signature))
}

fn read_tuple(reader: &mut Reader<'_>, depth: usize) -> Result<(Value, TypeSignature), DecodeError> {
    let count = reader.count("tuple length", MIN_FIELD_BYTES)?;
    let mut fields = BTreeMap::new();
    let mut signatures = BTreeMap::new();
    for _ in 0..count {
        let name = ClarityName::decode(reader)?;
        let (value, signature) = read_nested(reader, depth + 1)?;
        // A node takes fields in any order and sorts them, but not twice the same.
        match fields.entry(name.clone()) {
            Entry::Vacant(entry) => entry.insert(value),
            Entry::Occupied(_) => {
                return Err(DecodeError::invalid("tuple", format!("the field {name} is there twice")));
            }
        };
        signatures.insert(name, signature);
    }
    let signature =
        TypeSignature::tuple(signatures).map_err(|error| DecodeError::invalid("tuple", error.to_string()))?;
    Ok((Value::Tuple(fields), signature))
}

fn read_bytes<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], DecodeError> {
    let length = reader.count(what, 1)?;
    if length > MAX_VALUE_BYTES {
        return Err(DecodeError::LengthOutOfRange { what, declared: length, limit: MAX_VALUE_BYTES });
    }
    reader.bytes(length, what)
}

fn utf8(bytes: &[u8], what: &'static str) -> Result<String, DecodeError> {
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|error| DecodeError::invalid(what, error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn too_large(error: TypeError) -> DecodeError {
    match error {
        TypeError::TooDeep => DecodeError::TooDeep { limit: MAX_NESTING },
        _ => DecodeError::ValueTooLarge,
    }
}
