//! Bytes to transactions, as strict as a node.

use super::auth::{
    AuthField, Authorization, KeyEncoding, MultiSigCondition, MultiSigHashMode, Signature,
    SingleSigCondition, SingleSigHashMode, SpendingCondition,
};
use super::encode::tag;
use super::payload::{ClarityVersion, Memo, MicroblockHeader, Payload};
use super::post_condition::{
    AssetInfo, FungibleCode, NonFungibleCode, PostCondition, PostConditionMode, PostConditionPrincipal,
    PoxCode,
};
use super::{AnchorMode, MAX_TRANSACTION_BYTES, Transaction};
use crate::address::{Address, ContractId, Hash160, Principal};
use crate::clarity::{Value, read_principal};
use crate::codec::{DecodeError, Reader, first_capacity, from_hex};
use crate::key::PublicKey;
use crate::name::{ClarityName, ContractName};
use crate::network::{ChainId, TransactionVersion};
use crate::units::MicroStx;

/// The smallest field of a multi-signature condition: a tag and a compressed key.
const MIN_FIELD_BYTES: usize = 34;

/// The smallest post-condition: kind, principal kind and code.
const MIN_POST_CONDITION_BYTES: usize = 3;

/// Whether signatures may still be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    /// As a node wants it.
    Complete,
    /// On the way from one signer to the next.
    Partial,
}

impl Transaction {
    /// The transaction that the whole input is.
    ///
    /// What decodes is what a node would take for a transaction; the signatures are not verified. A node ignores all but
    /// one bit of the first byte and the order of tuple fields, so that [`Transaction::encode`] can differ from the
    /// input there; ids and signatures are about the former.
    ///
    /// Of payloads that only miners make, the inside is not validated as far as a node does it (curve points, causes).
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_as(bytes, Signatures::Complete)
    }

    /// The transaction that a hexadecimal text stands for, with or without `0x`.
    pub fn decode_hex(text: &str) -> Result<Self, DecodeError> {
        Self::decode(&from_hex(text)?)
    }

    pub(super) fn decode_as(bytes: &[u8], signatures: Signatures) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(DecodeError::LengthOutOfRange {
                what: "transaction",
                declared: bytes.len(),
                limit: MAX_TRANSACTION_BYTES,
            });
        }
        let mut reader = Reader::new(bytes);
        let transaction = read_transaction(&mut reader, signatures)?;
        reader.finish()?;
        Ok(transaction)
    }
}

impl PostCondition {
    /// The post-condition that the whole input is.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let condition = read_post_condition(&mut reader)?;
        reader.finish()?;
        Ok(condition)
    }
}

impl Payload {
    /// The payload that the whole input is: what fee estimation is asked about.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let payload = read_payload(&mut reader)?;
        reader.finish()?;
        Ok(payload)
    }
}

fn read_transaction(reader: &mut Reader<'_>, signatures: Signatures) -> Result<Transaction, DecodeError> {
    let version = TransactionVersion::from_byte(reader.u8("transaction version")?);
    let chain_id = ChainId(reader.u32("chain id")?);
    let auth = read_authorization(reader, signatures)?;
    let anchor_mode = reader.tag("anchor mode", AnchorMode::from_byte)?;
    let post_condition_mode = reader.tag("post-condition mode", PostConditionMode::from_byte)?;
    let count = reader.count("number of post-conditions", MIN_POST_CONDITION_BYTES)?;
    let mut post_conditions = Vec::with_capacity(first_capacity(count));
    for _ in 0..count {
        post_conditions.push(read_post_condition(reader)?);
    }
    let payload = read_payload(reader)?;
    let must_be_on_chain = matches!(
        payload,
        Payload::PoisonMicroblock { .. }
            | Payload::Coinbase { .. }
            | Payload::CoinbaseToAltRecipient { .. }
            | Payload::NakamotoCoinbase { .. }
    );
    if must_be_on_chain && anchor_mode != AnchorMode::OnChainOnly {
        return Err(DecodeError::invalid("anchor mode", "this payload must be anchored on chain"));
    }
    Ok(Transaction { version, chain_id, auth, anchor_mode, post_condition_mode, post_conditions, payload })
}

fn read_authorization(reader: &mut Reader<'_>, signatures: Signatures) -> Result<Authorization, DecodeError> {
    let sponsored = reader.tag("authorization", |byte| match byte {
        tag::STANDARD => Some(false),
        tag::SPONSORED => Some(true),
        _ => None,
    })?;
    let origin = read_condition(reader, signatures)?;
    if !sponsored {
        return Ok(Authorization::Standard(origin));
    }
    Ok(Authorization::Sponsored { origin, sponsor: read_condition(reader, signatures)? })
}

enum HashMode {
    Single(SingleSigHashMode),
    Multi(MultiSigHashMode),
}

fn read_condition(reader: &mut Reader<'_>, signatures: Signatures) -> Result<SpendingCondition, DecodeError> {
    let hash_mode = reader.tag("hash mode", |byte| {
        SingleSigHashMode::from_byte(byte)
            .map(HashMode::Single)
            .or_else(|| MultiSigHashMode::from_byte(byte).map(HashMode::Multi))
    })?;
    let signer = Hash160(reader.array("signer")?);
    let nonce = reader.u64("nonce")?;
    let fee = MicroStx::new(reader.u64("fee")?);
    match hash_mode {
        HashMode::Single(hash_mode) => {
            let key_encoding = reader.tag("key encoding", KeyEncoding::from_byte)?;
            let signature = Signature(reader.array("signature")?);
            if hash_mode == SingleSigHashMode::P2wpkh && key_encoding == KeyEncoding::Uncompressed {
                return Err(DecodeError::invalid("key encoding", "segwit needs a compressed key"));
            }
            let condition = SingleSigCondition { hash_mode, signer, nonce, fee, key_encoding, signature };
            Ok(SpendingCondition::SingleSig(condition))
        }
        HashMode::Multi(hash_mode) => {
            let count = reader.count("number of keys and signatures", MIN_FIELD_BYTES)?;
            let mut fields = Vec::with_capacity(first_capacity(count));
            for _ in 0..count {
                fields.push(read_field(reader)?);
            }
            let signatures_required = reader.u16("number of signatures required")?;
            let condition = MultiSigCondition { hash_mode, signer, nonce, fee, fields, signatures_required };
            check_multi_sig(&condition, signatures)?;
            Ok(SpendingCondition::MultiSig(condition))
        }
    }
}

fn check_multi_sig(condition: &MultiSigCondition, signatures: Signatures) -> Result<(), DecodeError> {
    let given = condition.fields.iter().filter(|field| field.is_signature()).count();
    let required = usize::from(condition.signatures_required);
    let possible = match signatures {
        Signatures::Partial => given <= usize::from(u16::MAX),
        Signatures::Complete if condition.hash_mode.is_order_independent() => {
            given >= required && given <= usize::from(u16::MAX)
        }
        Signatures::Complete => given == required,
    };
    if !possible {
        return Err(DecodeError::invalid(
            "signatures",
            format!("{given} are given, {required} are required"),
        ));
    }
    let uncompressed = condition.fields.iter().any(|field| field.encoding() == KeyEncoding::Uncompressed);
    if uncompressed && condition.hash_mode.is_segwit() {
        return Err(DecodeError::invalid("key encoding", "segwit needs compressed keys"));
    }
    Ok(())
}

fn read_field(reader: &mut Reader<'_>) -> Result<AuthField, DecodeError> {
    let (is_signature, encoding) = reader.tag("key or signature", |byte| match byte {
        tag::FIELD_KEY_COMPRESSED => Some((false, KeyEncoding::Compressed)),
        tag::FIELD_KEY_UNCOMPRESSED => Some((false, KeyEncoding::Uncompressed)),
        tag::FIELD_SIGNATURE_COMPRESSED => Some((true, KeyEncoding::Compressed)),
        tag::FIELD_SIGNATURE_UNCOMPRESSED => Some((true, KeyEncoding::Uncompressed)),
        _ => None,
    })?;
    if is_signature {
        return Ok(AuthField::Signature(encoding, Signature(reader.array("signature")?)));
    }
    let key = PublicKey::from_bytes(&reader.array::<33>("public key")?)
        .map_err(|error| DecodeError::invalid("public key", error.to_string()))?;
    Ok(AuthField::PublicKey(key.with_encoding(encoding)))
}

fn read_post_condition(reader: &mut Reader<'_>) -> Result<PostCondition, DecodeError> {
    let kind = reader.tag("kind of post-condition", |byte| (byte <= tag::POX).then_some(byte))?;
    let principal = read_condition_principal(reader)?;
    Ok(match kind {
        tag::STX => {
            let (code, amount) = read_amount(reader)?;
            PostCondition::Stx { principal, code, amount: MicroStx::new(amount) }
        }
        tag::FUNGIBLE => {
            let asset = read_asset(reader)?;
            let (code, amount) = read_amount(reader)?;
            PostCondition::Fungible { principal, asset, code, amount }
        }
        tag::NON_FUNGIBLE => PostCondition::NonFungible {
            principal,
            asset: read_asset(reader)?,
            value: Value::read(reader)?,
            code: reader.tag("non-fungible condition code", NonFungibleCode::from_byte)?,
        },
        tag::STAKING => {
            let (code, amount) = read_amount(reader)?;
            PostCondition::Staking { principal, code, amount: MicroStx::new(amount) }
        }
        _ => {
            PostCondition::Pox { principal, code: reader.tag("stacking condition code", PoxCode::from_byte)? }
        }
    })
}

fn read_amount(reader: &mut Reader<'_>) -> Result<(FungibleCode, u64), DecodeError> {
    Ok((reader.tag("fungible condition code", FungibleCode::from_byte)?, reader.u64("amount")?))
}

fn read_condition_principal(reader: &mut Reader<'_>) -> Result<PostConditionPrincipal, DecodeError> {
    let kind = reader.tag("post-condition principal", |byte| {
        (tag::ORIGIN..=tag::CONTRACT_PRINCIPAL).contains(&byte).then_some(byte)
    })?;
    Ok(match kind {
        tag::ORIGIN => PostConditionPrincipal::Origin,
        tag::STANDARD_PRINCIPAL => PostConditionPrincipal::Standard(Address::decode(reader)?),
        _ => PostConditionPrincipal::Contract(ContractId::decode_deployed(reader)?),
    })
}

fn read_asset(reader: &mut Reader<'_>) -> Result<AssetInfo, DecodeError> {
    Ok(AssetInfo { contract: ContractId::decode_deployed(reader)?, asset: ClarityName::decode(reader)? })
}

fn read_payload(reader: &mut Reader<'_>) -> Result<Payload, DecodeError> {
    let kind = reader.tag("payload", |byte| (byte <= tag::NAKAMOTO_COINBASE).then_some(byte))?;
    match kind {
        tag::TOKEN_TRANSFER => Ok(Payload::TokenTransfer {
            recipient: read_principal(reader)?,
            amount: MicroStx::new(reader.u64("amount")?),
            memo: Memo(reader.array("memo")?),
        }),
        tag::CONTRACT_CALL => {
            let contract = ContractId::decode_deployed(reader)?;
            let function = ClarityName::decode(reader)?;
            let count = reader.count("number of arguments", 1)?;
            let mut args = Vec::with_capacity(first_capacity(count));
            for _ in 0..count {
                args.push(Value::read(reader)?);
            }
            Ok(Payload::ContractCall { contract, function, args })
        }
        tag::SMART_CONTRACT => read_contract(reader, None),
        tag::VERSIONED_SMART_CONTRACT => {
            let version = reader.tag("Clarity version", ClarityVersion::from_number)?;
            read_contract(reader, Some(version))
        }
        tag::POISON_MICROBLOCK => read_poison(reader),
        tag::COINBASE => Ok(Payload::Coinbase { data: reader.array("coinbase")? }),
        tag::COINBASE_TO_ALT_RECIPIENT => Ok(Payload::CoinbaseToAltRecipient {
            data: reader.array("coinbase")?,
            recipient: read_principal(reader)?,
        }),
        tag::NAKAMOTO_COINBASE => Ok(Payload::NakamotoCoinbase {
            data: reader.array("coinbase")?,
            recipient: read_optional_principal(reader)?,
            vrf_proof: Box::new(reader.array("VRF proof")?),
        }),
        _ => Ok(Payload::TenureChange { data: Box::new(reader.array("tenure change")?) }),
    }
}

fn read_optional_principal(reader: &mut Reader<'_>) -> Result<Option<Principal>, DecodeError> {
    match Value::read(reader)? {
        Value::Optional(None) => Ok(None),
        Value::Optional(Some(inner)) => match *inner {
            Value::Principal(principal) => Ok(Some(principal)),
            other => Err(DecodeError::invalid(
                "coinbase recipient",
                format!("{} is no principal", other.type_name()),
            )),
        },
        other => {
            Err(DecodeError::invalid("coinbase recipient", format!("{} is no optional", other.type_name())))
        }
    }
}

fn read_contract(
    reader: &mut Reader<'_>,
    clarity_version: Option<ClarityVersion>,
) -> Result<Payload, DecodeError> {
    let name = ContractName::decode_deployed(reader)?;
    let length = reader.count("contract source", 1)?;
    let bytes = reader.bytes(length, "contract source")?;
    match bytes.iter().position(|byte| !is_source_byte(*byte)) {
        Some(at) => Err(DecodeError::invalid("contract source", format!("byte {at} is not printable ASCII"))),
        None => {
            let source = std::str::from_utf8(bytes)
                .map_err(|error| DecodeError::invalid("contract source", error.to_string()))?
                .to_owned();
            Ok(Payload::SmartContract { name, source, clarity_version })
        }
    }
}

/// Whether a node takes the byte in a contract's source: printable ASCII, tabs and line feeds.
fn is_source_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n')
}

fn read_poison(reader: &mut Reader<'_>) -> Result<Payload, DecodeError> {
    let first = Box::new(MicroblockHeader(reader.array("microblock header")?));
    let second = Box::new(MicroblockHeader(reader.array("microblock header")?));
    let invalid = |reason: &str| DecodeError::invalid("microblock headers", reason);
    if first.recovery_id() > 3 || second.recovery_id() > 3 {
        return Err(invalid("a signature is malformed"));
    }
    if first == second {
        return Err(invalid("they are the same"));
    }
    if first.sequence() != second.sequence() && first.parent() != second.parent() {
        return Err(invalid("they do not fork"));
    }
    Ok(Payload::PoisonMicroblock { first, second })
}
