//! Values to bytes.

use super::Value;
use super::decode::prefix;
use crate::address::Principal;
use crate::codec::{put_length, to_hex};

impl Value {
    /// The consensus serialisation.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// The consensus serialisation as `0x…`, which is how nodes exchange values in JSON.
    pub fn encode_hex(&self) -> String {
        to_hex(&self.encode())
    }

    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) => {
                out.push(prefix::INT);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::UInt(number) => {
                out.push(prefix::UINT);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Bool(true) => out.push(prefix::TRUE),
            Self::Bool(false) => out.push(prefix::FALSE),
            Self::Buffer(bytes) => put_bytes(out, prefix::BUFFER, bytes),
            Self::StringAscii(text) => put_bytes(out, prefix::STRING_ASCII, text.as_bytes()),
            Self::StringUtf8(text) => put_bytes(out, prefix::STRING_UTF8, text.as_bytes()),
            Self::Principal(principal) => encode_principal(principal, out),
            Self::Optional(None) => out.push(prefix::NONE),
            Self::Optional(Some(value)) => {
                out.push(prefix::SOME);
                value.encode_into(out);
            }
            Self::Response(Ok(value)) => {
                out.push(prefix::OK);
                value.encode_into(out);
            }
            Self::Response(Err(value)) => {
                out.push(prefix::ERR);
                value.encode_into(out);
            }
            Self::List(values) => {
                out.push(prefix::LIST);
                put_length(out, values.len());
                for value in values {
                    value.encode_into(out);
                }
            }
            Self::Tuple(fields) => {
                out.push(prefix::TUPLE);
                put_length(out, fields.len());
                for (name, value) in fields {
                    name.encode_into(out);
                    value.encode_into(out);
                }
            }
        }
    }
}

/// A principal as a value, which is also how a token transfer names its recipient.
pub(crate) fn encode_principal(principal: &Principal, out: &mut Vec<u8>) {
    match principal {
        Principal::Standard(address) => {
            out.push(prefix::STANDARD_PRINCIPAL);
            address.encode_into(out);
        }
        Principal::Contract(contract) => {
            out.push(prefix::CONTRACT_PRINCIPAL);
            contract.encode_into(out);
        }
    }
}

fn put_bytes(out: &mut Vec<u8>, prefix: u8, bytes: &[u8]) {
    out.push(prefix);
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}
