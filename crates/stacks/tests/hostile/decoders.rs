use std::fmt::Debug;
use std::time::{Duration, Instant};

use bithedge_stacks::client::{AccountState, TransactionRecord};
use bithedge_stacks::transaction::UnsignedTransaction;
use bithedge_stacks::{ContractId, Payload, PostCondition, Principal, Transaction, Value};

use super::allocator::peak_of;
use super::support;

/// Inputs per decoder unless `BITHEDGE_FUZZ_ITERATIONS` says otherwise.
const ITERATIONS: usize = 100_000;

/// No input of these sizes may take longer. Far more than it takes; a decoder that hangs takes forever.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Memory per byte of input: a one-byte `true` becomes a value of a few dozen bytes, in a list that doubles as it grows.
const BYTES_PER_BYTE: usize = 128;
const BYTES_AT_LEAST: usize = 8 * 1024;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// What befell the inputs of one decoder.
#[derive(Debug, Default)]
struct Tally {
    inputs: usize,
    accepted: usize,
    slowest: Duration,
    peak: usize,
    peak_ratio: usize,
}

/// Feeds a decoder with random and mutated input. What it accepts is given to `check`.
fn attack<T, E: Debug>(
    name: &str,
    mut valid: impl FnMut(&mut support::Rng) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<T, E>,
    check: impl Fn(&[u8], T),
) {
    let seed = setting("BITHEDGE_SEED", 77);
    let iterations = usize::try_from(setting("BITHEDGE_FUZZ_ITERATIONS", ITERATIONS as u64)).unwrap();
    let mut rng = support::Rng::with_seed(seed);
    let mut tally = Tally::default();
    let mut other = valid(&mut rng);
    for _ in 0..iterations {
        let input = match rng.u8(..8) {
            0 => random_bytes(&mut rng),
            1 => structured_noise(&mut rng),
            _ => {
                let original = valid(&mut rng);
                let mutated = mutate(&mut rng, &original, &other);
                other = original;
                mutated
            }
        };
        let start = Instant::now();
        let (result, peak) = peak_of(|| decode(&input));
        let elapsed = start.elapsed();
        let allowed = BYTES_AT_LEAST + BYTES_PER_BYTE * input.len();
        assert!(peak <= allowed, "{name}, seed {seed}: {peak} bytes for {}", hex::encode(&input));
        assert!(elapsed < TIME_LIMIT, "{name}, seed {seed}: {elapsed:?} for {}", hex::encode(&input));
        tally.inputs += 1;
        tally.slowest = tally.slowest.max(elapsed);
        tally.peak = tally.peak.max(peak);
        tally.peak_ratio = tally.peak_ratio.max(peak / input.len().max(64));
        if let Ok(value) = result {
            tally.accepted += 1;
            check(&input, value);
        }
    }
    println!("{name}: seed {seed}, {tally:?}");
    // Without accepted inputs the mutations would be too wild to reach the depths, without refused ones too tame.
    assert!(tally.accepted > iterations / 1000 && tally.accepted < iterations * 9 / 10, "{name}: {tally:?}");
}

fn random_bytes(rng: &mut support::Rng) -> Vec<u8> {
    let length = rng.usize(..200);
    (0..length).map(|_| rng.u8(..)).collect()
}

/// Small numbers, which are tags and lengths everywhere in the format.
fn structured_noise(rng: &mut support::Rng) -> Vec<u8> {
    let length = rng.usize(..200);
    (0..length).map(|_| if rng.u8(..4) == 0 { rng.u8(..) } else { rng.u8(..16) }).collect()
}

fn mutate(rng: &mut support::Rng, original: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=rng.usize(..3) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = rng.usize(..bytes.len());
        match rng.u8(..9) {
            0 => bytes[at] ^= 1 << rng.u8(..8),
            1 => bytes[at] = rng.u8(..),
            2 => bytes[at] = *support::pick(rng, &[0, 1, 0x7f, 0x80, 0xff]),
            3 => bytes.truncate(at),
            4 => drop(bytes.remove(at)),
            5 => bytes.insert(at, rng.u8(..16)),
            6 => {
                // Four bytes that may be a length.
                let length = *support::pick(rng, &[0_u32, 1, 0xffff, 0x0010_0000, 0x0010_0001, u32::MAX]);
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&length.to_be_bytes()[..end - at]);
            }
            7 => {
                // The head of one with the tail of another.
                let tail = rng.usize(..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[tail..]);
            }
            _ => {
                // A part twice.
                let end = rng.usize(at..=bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

#[test]
fn values() {
    attack(
        "values",
        |rng| support::value(rng, 4).encode(),
        Value::decode,
        |input, value| {
            // What was accepted can be written, read again, shown and typed.
            let written = value.encode();
            assert_eq!(Value::decode(&written).as_ref(), Ok(&value), "{}", hex::encode(input));
            assert_eq!(written.len(), input.len());
            assert!(value.type_of().is_ok(), "{value}");
            assert!(!value.to_source().is_empty());
        },
    );
}

#[test]
fn transactions() {
    // Signing each would test the signing; a few hundred originals are enough to mutate.
    let mut rng = support::Rng::with_seed(5);
    let originals: Vec<Vec<u8>> = (0..300)
        .map(|n| {
            let payload = if n % 10 == 0 { support::poison(&mut rng) } else { support::payload(&mut rng) };
            support::transaction(&mut rng, payload, false).transaction.encode()
        })
        .collect();
    attack(
        "transactions",
        |rng| support::pick(rng, &originals).clone(),
        Transaction::decode,
        |input, transaction| {
            let written = transaction.encode();
            assert_eq!(Transaction::decode(&written).as_ref(), Ok(&transaction), "{}", hex::encode(input));
            assert_eq!(written.len(), input.len());
            assert!(!transaction.render().to_string().is_empty());
            // Whether the signatures still hold does not matter, as long as there is an answer.
            transaction.verify().ok();
        },
    );
}

#[test]
fn partly_signed_transactions() {
    let mut rng = support::Rng::with_seed(6);
    let originals: Vec<Vec<u8>> = (0..300)
        .map(|_| {
            let payload = support::payload(&mut rng);
            support::transaction(&mut rng, payload, false).transaction.encode()
        })
        .collect();
    attack(
        "partly signed transactions",
        |rng| support::pick(rng, &originals).clone(),
        UnsignedTransaction::decode,
        |_, unsigned| assert_eq!(UnsignedTransaction::decode(&unsigned.encode()), Ok(unsigned)),
    );
}

#[test]
fn post_conditions() {
    attack(
        "post-conditions",
        |rng| support::post_condition(rng).encode(),
        PostCondition::decode,
        |input, condition| {
            assert_eq!(
                PostCondition::decode(&condition.encode()).as_ref(),
                Ok(&condition),
                "{}",
                hex::encode(input)
            );
        },
    );
}

#[test]
fn payloads() {
    attack(
        "payloads",
        |rng| support::payload(rng).encode(),
        Payload::decode,
        |input, payload| {
            assert_eq!(Payload::decode(&payload.encode()).as_ref(), Ok(&payload), "{}", hex::encode(input))
        },
    );
}

#[test]
fn addresses() {
    attack(
        "addresses",
        |rng| support::principal(rng).to_string().into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            text.parse::<ContractId>().ok();
            text.parse::<Principal>()
        },
        |input, principal| assert_eq!(principal.to_string().as_bytes(), input),
    );
}

#[test]
fn hexadecimal() {
    attack(
        "hexadecimal values",
        |rng| support::value(rng, 2).encode_hex().into_bytes(),
        |input| Value::decode_hex(&String::from_utf8_lossy(input)),
        |_, value| assert_eq!(Value::decode_hex(&value.encode_hex()), Ok(value)),
    );
}

/// A mined transaction as the Stacks API gives it, and an account as a node gives it.
const ANSWERS: [&str; 2] = [
    r#"{"tx_id":"0xabababababababababababababababababababababababababababababababab","nonce":3,"fee_rate":"1000",
    "sender_address":"ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM","sponsored":false,"tx_status":"success",
    "tx_type":"token_transfer","token_transfer":{"recipient_address":"ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
    "amount":"5","memo":"0x00"},"block_hash":"0x0101010101010101010101010101010101010101010101010101010101010101",
    "block_height":12,"tx_index":0,"block_time":1700000000,"canonical":true,"tx_result":{"hex":"0x0703","repr":"(ok true)"},
    "event_count":1,"events":[{"event_index":0,"event_type":"stx_asset",
    "tx_id":"0xabababababababababababababababababababababababababababababababab","asset":{"asset_event_type":"transfer",
    "sender":"ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM","recipient":"ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
    "amount":"5"}}]}"#,
    r#"{"balance":"0x00000000000000000000000000000064","locked":"0x00000000000000000000000000000000",
    "unlock_height":0,"nonce":7}"#,
];

#[test]
fn answers_of_servers() {
    attack(
        "answers",
        |rng| support::pick(rng, &ANSWERS).as_bytes().to_vec(),
        |input| {
            serde_json::from_slice::<TransactionRecord>(input)
                .map(drop)
                .or_else(|_| serde_json::from_slice::<AccountState>(input).map(drop))
        },
        |_, ()| (),
    );
}
