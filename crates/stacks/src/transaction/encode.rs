//! Transactions to bytes.

use super::Transaction;
use super::auth::{AuthField, Authorization, SpendingCondition};
use super::payload::Payload;
use super::post_condition::{AssetInfo, PostCondition, PostConditionPrincipal};
use crate::clarity::{Value, encode_principal};
use crate::codec::{put_length, to_hex};

/// The bytes that tell variants apart.
pub(super) mod tag {
    pub(crate) const STANDARD: u8 = 0x04;
    pub(crate) const SPONSORED: u8 = 0x05;

    pub(crate) const FIELD_KEY_COMPRESSED: u8 = 0x00;
    pub(crate) const FIELD_KEY_UNCOMPRESSED: u8 = 0x01;
    pub(crate) const FIELD_SIGNATURE_COMPRESSED: u8 = 0x02;
    pub(crate) const FIELD_SIGNATURE_UNCOMPRESSED: u8 = 0x03;

    pub(crate) const TOKEN_TRANSFER: u8 = 0;
    pub(crate) const SMART_CONTRACT: u8 = 1;
    pub(crate) const CONTRACT_CALL: u8 = 2;
    pub(crate) const POISON_MICROBLOCK: u8 = 3;
    pub(crate) const COINBASE: u8 = 4;
    pub(crate) const COINBASE_TO_ALT_RECIPIENT: u8 = 5;
    pub(crate) const VERSIONED_SMART_CONTRACT: u8 = 6;
    pub(crate) const TENURE_CHANGE: u8 = 7;
    pub(crate) const NAKAMOTO_COINBASE: u8 = 8;

    pub(crate) const STX: u8 = 0;
    pub(crate) const FUNGIBLE: u8 = 1;
    pub(crate) const NON_FUNGIBLE: u8 = 2;
    pub(crate) const STAKING: u8 = 3;
    pub(crate) const POX: u8 = 4;

    pub(crate) const ORIGIN: u8 = 1;
    pub(crate) const STANDARD_PRINCIPAL: u8 = 2;
    pub(crate) const CONTRACT_PRINCIPAL: u8 = 3;
}

impl Transaction {
    /// The consensus serialisation: what is hashed, broadcast and mined.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&self.auth)
    }

    /// The consensus serialisation as `0x…`.
    pub fn encode_hex(&self) -> String {
        to_hex(&self.encode())
    }

    /// The serialisation with another authorisation: signatures cover the transaction without them.
    pub(super) fn encode_with(&self, auth: &Authorization) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.push(self.version.to_byte());
        out.extend_from_slice(&self.chain_id.0.to_be_bytes());
        encode_authorization(auth, &mut out);
        out.push(self.anchor_mode.to_byte());
        out.push(self.post_condition_mode.to_byte());
        put_length(&mut out, self.post_conditions.len());
        for condition in &self.post_conditions {
            condition.encode_into(&mut out);
        }
        self.payload.encode_into(&mut out);
        out
    }
}

impl PostCondition {
    /// The consensus serialisation.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Stx { principal, code, amount } => {
                out.push(tag::STX);
                encode_condition_principal(principal, out);
                out.push(code.to_byte());
                out.extend_from_slice(&amount.micro().to_be_bytes());
            }
            Self::Fungible { principal, asset, code, amount } => {
                out.push(tag::FUNGIBLE);
                encode_condition_principal(principal, out);
                encode_asset(asset, out);
                out.push(code.to_byte());
                out.extend_from_slice(&amount.to_be_bytes());
            }
            Self::NonFungible { principal, asset, value, code } => {
                out.push(tag::NON_FUNGIBLE);
                encode_condition_principal(principal, out);
                encode_asset(asset, out);
                value.encode_into(out);
                out.push(code.to_byte());
            }
            Self::Staking { principal, code, amount } => {
                out.push(tag::STAKING);
                encode_condition_principal(principal, out);
                out.push(code.to_byte());
                out.extend_from_slice(&amount.micro().to_be_bytes());
            }
            Self::Pox { principal, code } => {
                out.push(tag::POX);
                encode_condition_principal(principal, out);
                out.push(code.to_byte());
            }
        }
    }
}

fn encode_condition_principal(principal: &PostConditionPrincipal, out: &mut Vec<u8>) {
    match principal {
        PostConditionPrincipal::Origin => out.push(tag::ORIGIN),
        PostConditionPrincipal::Standard(address) => {
            out.push(tag::STANDARD_PRINCIPAL);
            address.encode_into(out);
        }
        PostConditionPrincipal::Contract(contract) => {
            out.push(tag::CONTRACT_PRINCIPAL);
            contract.encode_into(out);
        }
    }
}

fn encode_asset(asset: &AssetInfo, out: &mut Vec<u8>) {
    asset.contract.encode_into(out);
    asset.asset.encode_into(out);
}

fn encode_authorization(auth: &Authorization, out: &mut Vec<u8>) {
    match auth {
        Authorization::Standard(origin) => {
            out.push(tag::STANDARD);
            encode_condition(origin, out);
        }
        Authorization::Sponsored { origin, sponsor } => {
            out.push(tag::SPONSORED);
            encode_condition(origin, out);
            encode_condition(sponsor, out);
        }
    }
}

fn encode_condition(condition: &SpendingCondition, out: &mut Vec<u8>) {
    out.push(match condition {
        SpendingCondition::SingleSig(single) => single.hash_mode.to_byte(),
        SpendingCondition::MultiSig(multi) => multi.hash_mode.to_byte(),
    });
    out.extend_from_slice(&condition.signer().0);
    out.extend_from_slice(&condition.nonce().to_be_bytes());
    out.extend_from_slice(&condition.fee().micro().to_be_bytes());
    match condition {
        SpendingCondition::SingleSig(single) => {
            out.push(single.key_encoding.to_byte());
            out.extend_from_slice(&single.signature.0);
        }
        SpendingCondition::MultiSig(multi) => {
            put_length(out, multi.fields.len());
            for field in &multi.fields {
                encode_field(field, out);
            }
            out.extend_from_slice(&multi.signatures_required.to_be_bytes());
        }
    }
}

fn encode_field(field: &AuthField, out: &mut Vec<u8>) {
    let compressed = field.encoding() == super::KeyEncoding::Compressed;
    match field {
        AuthField::PublicKey(key) => {
            out.push(if compressed { tag::FIELD_KEY_COMPRESSED } else { tag::FIELD_KEY_UNCOMPRESSED });
            // The compressed form travels either way; the tag says which one is hashed.
            out.extend_from_slice(&key.to_compressed_bytes());
        }
        AuthField::Signature(_, signature) => {
            out.push(if compressed {
                tag::FIELD_SIGNATURE_COMPRESSED
            } else {
                tag::FIELD_SIGNATURE_UNCOMPRESSED
            });
            out.extend_from_slice(&signature.0);
        }
    }
}

impl Payload {
    /// The consensus serialisation: what fee estimation is asked about.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::TokenTransfer { recipient, amount, memo } => {
                out.push(tag::TOKEN_TRANSFER);
                encode_principal(recipient, out);
                out.extend_from_slice(&amount.micro().to_be_bytes());
                out.extend_from_slice(&memo.0);
            }
            Self::ContractCall { contract, function, args } => {
                out.push(tag::CONTRACT_CALL);
                contract.encode_into(out);
                function.encode_into(out);
                put_length(out, args.len());
                for arg in args {
                    arg.encode_into(out);
                }
            }
            Self::SmartContract { name, source, clarity_version } => {
                match clarity_version {
                    Some(version) => {
                        out.extend_from_slice(&[tag::VERSIONED_SMART_CONTRACT, version.number()])
                    }
                    None => out.push(tag::SMART_CONTRACT),
                }
                name.encode_into(out);
                put_length(out, source.len());
                out.extend_from_slice(source.as_bytes());
            }
            Self::PoisonMicroblock { first, second } => {
                out.push(tag::POISON_MICROBLOCK);
                out.extend_from_slice(&first.0);
                out.extend_from_slice(&second.0);
            }
            Self::Coinbase { data } => {
                out.push(tag::COINBASE);
                out.extend_from_slice(data);
            }
            Self::CoinbaseToAltRecipient { data, recipient } => {
                out.push(tag::COINBASE_TO_ALT_RECIPIENT);
                out.extend_from_slice(data);
                encode_principal(recipient, out);
            }
            Self::NakamotoCoinbase { data, recipient, vrf_proof } => {
                out.push(tag::NAKAMOTO_COINBASE);
                out.extend_from_slice(data);
                recipient.clone().map_or(Value::NONE, Value::some).encode_into(out);
                out.extend_from_slice(vrf_proof.as_slice());
            }
            Self::TenureChange { data } => {
                out.push(tag::TENURE_CHANGE);
                out.extend_from_slice(data.as_slice());
            }
        }
    }
}
