//! Random values, keys and transactions, the same for the same seed.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(unreachable_pub, reason = "nothing outside a test binary can reach into it")]
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use bithedge_stacks::address::AddressVersion;
use bithedge_stacks::clarity::Value;
use bithedge_stacks::key::{PublicKey, SecretKey};
use bithedge_stacks::transaction::{
    AnchorMode, AssetInfo, ClarityVersion, FungibleCode, Memo, MicroblockHeader, MultiSigHashMode,
    NonFungibleCode, Payload, PostCondition, PostConditionMode, PostConditionPrincipal, PoxCode,
    SingleSigHashMode, SpendingCondition, Transaction, TransactionBuilder, UnsignedTransaction,
};
use bithedge_stacks::{
    Address, ChainId, ClarityName, ContractId, ContractName, Hash160, MicroStx, Network, Principal,
    TransactionVersion,
};

pub type Rng = fastrand::Rng;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const NAME: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";

/// What an account contributes, key by key.
#[derive(Debug, Clone)]
pub enum Step {
    /// The secret key in hexadecimal; it signs.
    Sign(String),
    /// The public key of somebody who does not.
    Key(PublicKey),
}

pub fn pick<'a, T>(rng: &mut Rng, items: &'a [T]) -> &'a T {
    &items[rng.usize(..items.len())]
}

pub fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// A number with small and extreme ones over-represented.
pub fn number(rng: &mut Rng) -> u64 {
    match rng.u8(..4) {
        0 => rng.u64(..10),
        1 => u64::MAX - rng.u64(..10),
        _ => rng.u64(..),
    }
}

/// A lower-case name of at most 13 characters.
pub fn name(rng: &mut Rng) -> String {
    let mut name = String::from(char::from(*pick(rng, LETTERS)));
    for _ in 0..rng.usize(..13) {
        name.push(char::from(*pick(rng, NAME)));
    }
    name
}

pub fn clarity_name(rng: &mut Rng) -> ClarityName {
    name(rng).parse().unwrap()
}

pub fn contract_name(rng: &mut Rng) -> ContractName {
    name(rng).parse().unwrap()
}

pub fn address(rng: &mut Rng) -> Address {
    let version = AddressVersion::from_byte(*pick(rng, &[22, 20, 26, 21])).unwrap();
    // Leading zeros are where base-32 encoders go wrong.
    let mut hash: [u8; 20] = bytes(rng);
    let zeros = if rng.u8(..5) == 0 { rng.usize(..=20) } else { 0 };
    hash[..zeros].fill(0);
    Address::new(version, Hash160(hash))
}

pub fn contract(rng: &mut Rng) -> ContractId {
    ContractId::new(address(rng), contract_name(rng))
}

pub fn principal(rng: &mut Rng) -> Principal {
    if rng.bool() { address(rng).into() } else { contract(rng).into() }
}

enum Kind {
    Int,
    UInt,
    Bool,
    Buffer,
    Ascii,
    Utf8,
    Principal,
    Optional(Box<Kind>),
    Ok(Box<Kind>),
    Err(Box<Kind>),
    List(Box<Kind>),
    Tuple(Vec<(ClarityName, Kind)>),
}

fn kind(rng: &mut Rng, depth: usize) -> Kind {
    if depth == 0 || rng.bool() {
        return match rng.u8(..7) {
            0 => Kind::Int,
            1 => Kind::UInt,
            2 => Kind::Bool,
            3 => Kind::Buffer,
            4 => Kind::Ascii,
            5 => Kind::Utf8,
            _ => Kind::Principal,
        };
    }
    match rng.u8(..5) {
        0 => Kind::Optional(Box::new(kind(rng, depth - 1))),
        1 => Kind::Ok(Box::new(kind(rng, depth - 1))),
        2 => Kind::Err(Box::new(kind(rng, depth - 1))),
        3 => Kind::List(Box::new(kind(rng, depth - 1))),
        _ => {
            let fields = 1 + rng.usize(..5);
            Kind::Tuple((0..fields).map(|_| (clarity_name(rng), kind(rng, depth - 1))).collect())
        }
    }
}

fn wide(rng: &mut Rng) -> u128 {
    match rng.u8(..4) {
        0 => rng.u128(..10),
        1 => u128::MAX - rng.u128(..10),
        2 => (1 << 127) - rng.u128(..2),
        _ => rng.u128(..),
    }
}

fn value_of(rng: &mut Rng, kind: &Kind) -> Value {
    match kind {
        Kind::Int => Value::Int(i128::from_be_bytes(wide(rng).to_be_bytes())),
        Kind::UInt => Value::UInt(wide(rng)),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::Buffer => {
            let length = rng.usize(..40);
            Value::Buffer((0..length).map(|_| rng.u8(..)).collect())
        }
        Kind::Ascii => {
            let length = rng.usize(..20);
            Value::ascii((0..length).map(|_| char::from(rng.u8(b' '..=b'~'))).collect::<String>()).unwrap()
        }
        Kind::Utf8 => {
            let length = rng.usize(..20);
            Value::utf8((0..length).map(|_| character(rng)).collect::<String>())
        }
        Kind::Principal => Value::Principal(principal(rng)),
        Kind::Optional(_) if rng.u8(..3) == 0 => Value::NONE,
        Kind::Optional(inner) => Value::some(value_of(rng, inner)),
        Kind::Ok(inner) => Value::ok(value_of(rng, inner)),
        Kind::Err(inner) => Value::err(value_of(rng, inner)),
        Kind::List(inner) => {
            let length = rng.usize(..5);
            Value::list((0..length).map(|_| value_of(rng, inner)).collect::<Vec<_>>())
        }
        Kind::Tuple(fields) => Value::tuple(
            fields.iter().map(|(name, kind)| (name.clone(), value_of(rng, kind))).collect::<Vec<_>>(),
        ),
    }
}

fn character(rng: &mut Rng) -> char {
    match rng.u8(..3) {
        0 => rng.char('\0'..='\u{7f}'),
        1 => rng.char('\u{80}'..='\u{ffff}'),
        _ => rng.char('\u{10000}'..='\u{10ffff}'),
    }
}

/// A value of a random type, nested up to `depth` times. Elements of a list have one type.
pub fn value(rng: &mut Rng, depth: usize) -> Value {
    let kind = kind(rng, depth);
    value_of(rng, &kind)
}

pub fn secret_key_hex(rng: &mut Rng, compressed: bool) -> String {
    // Not zero, and below the order of the curve.
    let mut key: [u8; 32] = bytes(rng);
    key[0] = 1;
    hex::encode(key) + if compressed { "01" } else { "" }
}

/// An account of one or several keys, with what each of them contributes.
pub fn account(rng: &mut Rng, only_single: bool) -> (SpendingCondition, Vec<Step>) {
    let compressed = |rng: &mut Rng, segwit: bool| segwit || rng.u8(..4) != 0;
    if only_single || rng.u8(..3) == 0 {
        let mode = *pick(rng, &[SingleSigHashMode::P2pkh, SingleSigHashMode::P2wpkh]);
        let compressed = compressed(rng, mode == SingleSigHashMode::P2wpkh);
        let key = secret_key_hex(rng, compressed);
        let public = *SecretKey::from_hex(&key).unwrap().public_key();
        return (SpendingCondition::single_sig(&public, mode).unwrap(), vec![Step::Sign(key)]);
    }
    let modes = [
        MultiSigHashMode::P2sh,
        MultiSigHashMode::P2wsh,
        MultiSigHashMode::P2shOrderIndependent,
        MultiSigHashMode::P2wshOrderIndependent,
    ];
    let mode = *pick(rng, &modes);
    // Fifteen is where the JavaScript client ends.
    let count = if rng.u8(..20) == 0 { rng.usize(6..=15) } else { rng.usize(1..6) };
    let secrets: Vec<String> = (0..count)
        .map(|_| {
            let compressed = compressed(rng, mode.is_segwit());
            secret_key_hex(rng, compressed)
        })
        .collect();
    let keys: Vec<PublicKey> =
        secrets.iter().map(|key| *SecretKey::from_hex(key).unwrap().public_key()).collect();
    let required = rng.usize(1..=count);
    let mut signs: Vec<bool> = (0..count).map(|n| n < required).collect();
    rng.shuffle(&mut signs);
    let steps = secrets
        .into_iter()
        .zip(&keys)
        .zip(signs)
        .map(|((secret, key), signs)| if signs { Step::Sign(secret) } else { Step::Key(*key) })
        .collect();
    let required = u16::try_from(required).unwrap();
    (SpendingCondition::multi_sig(&keys, required, mode).unwrap(), steps)
}

pub fn post_condition(rng: &mut Rng) -> PostCondition {
    let principal = match rng.u8(..3) {
        0 => PostConditionPrincipal::Origin,
        1 => address(rng).into(),
        _ => contract(rng).into(),
    };
    let code = *pick(rng, FungibleCode::ALL);
    match rng.u8(..5) {
        0 => PostCondition::Stx { principal, code, amount: MicroStx::new(number(rng)) },
        1 => PostCondition::Fungible { principal, asset: asset(rng), code, amount: number(rng) },
        2 => PostCondition::NonFungible {
            principal,
            asset: asset(rng),
            value: value(rng, 2),
            code: *pick(rng, NonFungibleCode::ALL),
        },
        3 => PostCondition::Staking { principal, code, amount: MicroStx::new(number(rng)) },
        _ => PostCondition::Pox { principal, code: *pick(rng, PoxCode::ALL) },
    }
}

pub fn asset(rng: &mut Rng) -> AssetInfo {
    AssetInfo { contract: contract(rng), asset: clarity_name(rng) }
}

pub fn payload(rng: &mut Rng) -> Payload {
    match rng.u8(..12) {
        0 | 1 => {
            let text = name(rng);
            let memo = Memo::text(if rng.bool() { &text } else { "mémo ✓" }).unwrap();
            Payload::TokenTransfer { recipient: principal(rng), amount: MicroStx::new(number(rng)), memo }
        }
        2..=4 => {
            let args = rng.usize(..5);
            Payload::ContractCall {
                contract: contract(rng),
                function: clarity_name(rng),
                args: (0..args).map(|_| value(rng, 3)).collect(),
            }
        }
        5..=7 => Payload::SmartContract {
            name: contract_name(rng),
            source: format!("(define-constant a u{})\n\t;; ~", rng.u64(..)),
            clarity_version: if rng.u8(..4) == 0 { None } else { Some(*pick(rng, &ClarityVersion::ALL)) },
        },
        8 => Payload::Coinbase { data: bytes(rng) },
        9 => Payload::CoinbaseToAltRecipient { data: bytes(rng), recipient: principal(rng) },
        10 => Payload::NakamotoCoinbase {
            data: bytes(rng),
            recipient: rng.bool().then(|| principal(rng)),
            vrf_proof: Box::new(bytes(rng)),
        },
        _ => {
            let mut data: [u8; 117] = bytes(rng);
            // The cause of the change, the only byte in it that a node restricts to few values.
            data[96] = rng.u8(..7);
            Payload::TenureChange { data: Box::new(data) }
        }
    }
}

/// Two microblock headers that fork, which the JavaScript client does not know.
pub fn poison(rng: &mut Rng) -> Payload {
    let mut first: [u8; 132] = bytes(rng);
    first[67] = rng.u8(..4);
    let mut second = first;
    second[40] ^= 1;
    Payload::PoisonMicroblock {
        first: Box::new(MicroblockHeader(first)),
        second: Box::new(MicroblockHeader(second)),
    }
}

/// A signed transaction, with everything that was used to sign it.
pub struct Signed {
    pub transaction: Transaction,
    pub origin: Vec<Step>,
    pub sponsor: Option<Vec<Step>>,
}

pub fn sign_steps(unsigned: &mut UnsignedTransaction, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Sign(key) => unsigned.sign(&SecretKey::from_hex(key).unwrap()).unwrap(),
            Step::Key(key) => unsigned.append_public_key(key).unwrap(),
        }
    }
}

/// A signed transaction with any payload. Sponsors have one key if `simple_sponsor`.
pub fn transaction(rng: &mut Rng, payload: Payload, simple_sponsor: bool) -> Signed {
    let network = Network {
        chain_id: match rng.u8(..3) {
            0 => ChainId::MAINNET,
            1 => ChainId::TESTNET,
            _ => ChainId(rng.u32(..)),
        },
        version: *pick(rng, &[TransactionVersion::Mainnet, TransactionVersion::Testnet]),
    };
    let on_chain_only = matches!(
        payload,
        Payload::Coinbase { .. }
            | Payload::CoinbaseToAltRecipient { .. }
            | Payload::NakamotoCoinbase { .. }
            | Payload::PoisonMicroblock { .. }
    );
    let anchor_mode = if on_chain_only {
        AnchorMode::OnChainOnly
    } else {
        *pick(rng, &[AnchorMode::OnChainOnly, AnchorMode::OffChainOnly, AnchorMode::Any])
    };
    let conditions = rng.usize(..4);
    let builder = TransactionBuilder::new(network, payload)
        .anchor_mode(anchor_mode)
        .nonce(number(rng))
        .fee(MicroStx::new(number(rng)))
        .post_conditions((0..conditions).map(|_| post_condition(rng)).collect::<Vec<_>>())
        .post_condition_mode(*pick(rng, PostConditionMode::ALL));
    let (condition, origin) = account(rng, false);
    if rng.u8(..3) != 0 {
        let mut unsigned = builder.unsigned(condition).unwrap();
        sign_steps(&mut unsigned, &origin);
        return Signed { transaction: unsigned.finish().unwrap(), origin, sponsor: None };
    }
    let mut unsigned = builder.sponsored(condition).unwrap();
    sign_steps(&mut unsigned, &origin);
    let (condition, sponsor) = account(rng, simple_sponsor);
    let (nonce, fee) = (number(rng), MicroStx::new(number(rng)));
    let mut unsigned =
        UnsignedTransaction::sponsor(unsigned.finish().unwrap(), condition, nonce, fee).unwrap();
    sign_steps(&mut unsigned, &sponsor);
    Signed { transaction: unsigned.finish().unwrap(), origin, sponsor: Some(sponsor) }
}
