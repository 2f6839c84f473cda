//! Small inputs that ask for much.

use std::time::{Duration, Instant};

use bithedge_stacks::{DecodeError, Transaction, Value};

use super::allocator::peak_of;

const MIB: usize = 1024 * 1024;

fn decode(bytes: &[u8], allowed_peak: usize) -> Result<Value, DecodeError> {
    let start = Instant::now();
    let (result, peak) = peak_of(|| Value::decode(bytes));
    assert!(peak <= allowed_peak, "{peak} bytes");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    result
}

/// `count` of one-element lists around a `true`.
fn nested_lists(count: usize) -> Vec<u8> {
    let mut bytes = [0x0b, 0, 0, 0, 1].repeat(count);
    bytes.push(0x03);
    bytes
}

#[test]
fn nesting_ends_where_a_node_s_does() {
    assert!(decode(&nested_lists(15), 64 * 1024).is_ok());
    assert_eq!(decode(&nested_lists(16), 64 * 1024), Err(DecodeError::TooDeep { limit: 16 }));
    for wrapper in [0x07, 0x08, 0x0a] {
        let deep = |count: usize| [vec![wrapper; count], vec![0x03]].concat();
        assert!(decode(&deep(15), 64 * 1024).is_ok());
        assert_eq!(decode(&deep(16), 64 * 1024), Err(DecodeError::TooDeep { limit: 16 }));
        assert_eq!(decode(&deep(2 * MIB), 64 * 1024), Err(DecodeError::TooDeep { limit: 16 }));
    }
    let tuple = [0x0c, 0, 0, 0, 1, 1, b'a'].repeat(100_000);
    assert_eq!(decode(&tuple, 64 * 1024), Err(DecodeError::TooDeep { limit: 16 }));
}

#[test]
fn declared_lengths_are_not_believed() {
    for prefix in [0x02, 0x0b, 0x0c, 0x0d, 0x0e] {
        for length in [1_u32, 0x0010_0000, 0x0010_0001, 0x7fff_ffff, u32::MAX] {
            let bytes = [vec![prefix], length.to_be_bytes().to_vec()].concat();
            assert!(
                matches!(decode(&bytes, 4096), Err(DecodeError::LengthOutOfRange { .. })),
                "{prefix} {length}"
            );
        }
    }
}

/// Lists that each declare as many elements as there are bytes left: reserving room for all of them at once, on every
/// level, would take gigabytes.
#[test]
fn lists_in_lists_cannot_reserve_for_what_does_not_come() {
    let mut bytes = Vec::new();
    for level in 0_usize..15 {
        bytes.push(0x0b);
        bytes.extend_from_slice(&u32::try_from(MIB - 5 * (level + 1)).unwrap().to_be_bytes());
    }
    bytes.resize(MIB, 0x09);
    assert!(decode(&bytes, 128 * MIB).is_err());
}

#[test]
fn the_largest_values_are_read_and_larger_ones_are_not() {
    let buffer = |length: usize| {
        let mut bytes = vec![0x02];
        bytes.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        bytes.resize(5 + length, 0);
        bytes
    };
    assert!(decode(&buffer(MIB), 2 * MIB).is_ok());
    assert!(decode(&buffer(MIB + 1), 2 * MIB).is_err());
    // Within anything, the description counts too.
    let some = |inner: Vec<u8>| [vec![0x0a], inner].concat();
    assert!(decode(&some(buffer(MIB - 5)), 2 * MIB).is_ok());
    assert_eq!(decode(&some(buffer(MIB - 4)), 2 * MIB), Err(DecodeError::ValueTooLarge));
}

/// One element with many fields, and then as many small ones as fit: each is compared with the first.
#[test]
fn a_list_with_one_large_element_costs_no_more_than_its_size() {
    let fields = 5_000_u32;
    let mut large = vec![0x0b, 0, 0, 0, 1, 0x0c];
    large.extend_from_slice(&fields.to_be_bytes());
    for n in 0..fields {
        let name = format!("a{n}");
        large.push(u8::try_from(name.len()).unwrap());
        large.extend_from_slice(name.as_bytes());
        large.push(0x03);
    }
    let empty = [0x0b, 0, 0, 0, 0];
    let count = (MIB - large.len()) / empty.len();
    let mut bytes = vec![0x0b];
    bytes.extend_from_slice(&u32::try_from(count + 1).unwrap().to_be_bytes());
    bytes.extend_from_slice(&large);
    bytes.extend_from_slice(&empty.repeat(count));
    assert!(decode(&bytes, 16 * MIB).is_err());
}

#[test]
fn a_megabyte_of_booleans_takes_memory_in_proportion() {
    let count = MIB - 6;
    let mut bytes = vec![0x0b];
    bytes.extend_from_slice(&u32::try_from(count).unwrap().to_be_bytes());
    bytes.resize(5 + count, 0x03);
    let value = decode(&bytes, 200 * MIB).unwrap();
    assert_eq!(value.as_list().unwrap().len(), count);
}

#[test]
fn transactions_over_the_limit_are_not_looked_at() {
    let bytes = vec![0; 2 * MIB + 1];
    let (result, peak) = peak_of(|| Transaction::decode(&bytes));
    assert!(matches!(result, Err(DecodeError::LengthOutOfRange { .. })));
    assert!(peak < 4096);
}

/// A transaction whose conditions, fields or arguments are declared without number.
#[test]
fn counts_in_transactions_are_not_believed() {
    let head = |hash_mode: u8| {
        let mut bytes = vec![0x80, 0x80, 0, 0, 0, 0x04, hash_mode];
        bytes.extend_from_slice(&[0; 36]);
        bytes
    };
    let fields = [head(0x01), vec![0xff; 4]].concat();
    let mut conditions = head(0x00);
    conditions.extend_from_slice(&[0; 66]);
    conditions.extend_from_slice(&[3, 2, 0xff, 0xff, 0xff, 0xff]);
    for bytes in [fields, conditions] {
        let (result, peak) = peak_of(|| Transaction::decode(&bytes));
        assert!(matches!(result, Err(DecodeError::LengthOutOfRange { .. })), "{result:?}");
        assert!(peak < 4096);
    }
}
