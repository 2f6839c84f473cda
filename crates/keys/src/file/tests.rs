//! Hostile and damaged key files.

use proptest::prelude::*;

use super::*;
use crate::OsRandomness;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery").unwrap()
}

fn secret() -> KeychainSecret {
    KeychainSecret::from_bytes(&[7; 32]).unwrap()
}

fn sealed(keychain: bool) -> KeyFile {
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    let secret = secret();
    let entry = keychain.then_some((EntryId::from_bytes([9; 16]), &secret));
    KeyFile::seal(&mnemonic, &passphrase(), entry, KdfCost::for_tests(), &OsRandomness).ok().unwrap()
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - CHECKSUM_BYTES;
    let checksum = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum);
    bytes
}

/// The words, or why not; with the keychain's secret.
fn opened(bytes: &[u8]) -> Result<String, KeyFileError> {
    let file = KeyFile::parse(bytes)?;
    let mnemonic = file.open(&passphrase(), file.header().keychain.map(|_| secret()).as_ref())?;
    Ok(mnemonic.words().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_file_opens_with_what_sealed_it_and_with_nothing_else() {
    for keychain in [false, true] {
        let file = sealed(keychain);
        assert_eq!(opened(file.as_bytes()).as_deref(), Ok(WORDS));
        let parsed = KeyFile::parse(file.as_bytes()).unwrap();
        assert_eq!(parsed, file);
        let wrong = Passphrase::new("correct horse batterx").unwrap();
        let ours = secret();
        let right_secret = keychain.then_some(&ours);
        assert_eq!(parsed.open(&wrong, right_secret).err(), Some(KeyFileError::WrongPassphrase));
        let other = KeychainSecret::from_bytes(&[8; 32]).unwrap();
        assert_eq!(parsed.open(&passphrase(), Some(&other)).err(), Some(KeyFileError::WrongPassphrase));
        let reversed = if keychain { None } else { Some(&ours) };
        assert_eq!(parsed.open(&passphrase(), reversed).err(), Some(KeyFileError::WrongPassphrase));
    }
}

#[test]
fn twelve_and_twenty_four_words_look_the_same() {
    for count in [WordCount::Twelve, WordCount::TwentyFour] {
        let mnemonic = Mnemonic::generate(count, &OsRandomness).unwrap();
        let file =
            KeyFile::seal(&mnemonic, &passphrase(), None, KdfCost::for_tests(), &OsRandomness).ok().unwrap();
        assert_eq!(file.as_bytes().len(), FILE_BYTES);
        assert_eq!(opened(file.as_bytes()), Ok(mnemonic.words().collect::<Vec<_>>().join(" ")));
    }
}

#[test]
fn salt_nonce_and_ciphertext_are_new_each_time() {
    let (one, other) = (sealed(false), sealed(false));
    assert_ne!(one.header.salt, other.header.salt);
    assert_ne!(one.header.nonce, other.header.nonce);
    assert_ne!(one.bytes[HEADER_BYTES..BODY_BYTES], other.bytes[HEADER_BYTES..BODY_BYTES]);
}

#[test]
fn every_flipped_bit_is_noticed_as_damage() {
    let file = sealed(true);
    for position in 0..FILE_BYTES {
        for bit in 0..8 {
            let mut bytes = file.as_bytes().to_vec();
            bytes[position] ^= 1 << bit;
            let expected =
                if position < MAGIC.len() { KeyFileError::NotAKeyFile } else { KeyFileError::Damaged };
            assert_eq!(KeyFile::parse(&bytes), Err(expected), "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed_when_the_checksum_was_corrected() {
    let file = sealed(true);
    for position in 0..BODY_BYTES {
        for bit in 0..8 {
            let mut bytes = file.as_bytes().to_vec();
            bytes[position] ^= 1 << bit;
            let bytes = with_checksum(bytes);
            // A flag that says "no keychain" beside an entry's id is refused; so no altered file opens without it either.
            let result = opened(&bytes);
            assert!(result.is_err(), "byte {position}, bit {bit}");
            if position >= HEADER_BYTES {
                assert_eq!(result, Err(KeyFileError::WrongPassphrase), "byte {position}, bit {bit}");
            }
        }
    }
}

#[test]
fn every_truncation_and_extension_is_noticed() {
    let file = sealed(true);
    assert_eq!(KeyFile::parse(&[]), Err(KeyFileError::NotAKeyFile));
    for length in 1..FILE_BYTES {
        let cut = KeyFileError::Truncated { found: length, expected: FILE_BYTES };
        assert_eq!(KeyFile::parse(&file.as_bytes()[..length]), Err(cut), "{length} bytes");
    }
    for extra in 1..100 {
        let mut bytes = file.as_bytes().to_vec();
        bytes.resize(FILE_BYTES + extra, 0);
        assert_eq!(KeyFile::parse(&bytes), Err(KeyFileError::Damaged), "{extra} bytes more");
        assert_eq!(KeyFile::parse(&with_checksum(bytes)), Err(KeyFileError::Field("length")));
    }
}

#[test]
fn a_newer_file_says_so_whatever_its_length() {
    for length in [MAGIC.len() + 2 + CHECKSUM_BYTES, FILE_BYTES, 4000] {
        let mut bytes = sealed(false).as_bytes().to_vec();
        bytes.resize(length, 0);
        bytes[8..10].copy_from_slice(&7_u16.to_be_bytes());
        let newer = KeyFileError::Newer { found: 7, known: 1 };
        assert_eq!(KeyFile::parse(&with_checksum(bytes)), Err(newer));
    }
    let mut zero = sealed(false).as_bytes().to_vec();
    zero[8..10].fill(0);
    assert_eq!(KeyFile::parse(&with_checksum(zero)), Err(KeyFileError::Field("version")));
}

#[test]
fn unknown_fields_and_absurd_costs_are_refused_before_anything_is_allocated() {
    let altered = |at: usize, value: &[u8]| {
        let mut bytes = sealed(false).as_bytes().to_vec();
        bytes[at..at + value.len()].copy_from_slice(value);
        KeyFile::parse(&with_checksum(bytes)).err()
    };
    assert_eq!(altered(10, &[2]), Some(KeyFileError::Field("content")));
    assert_eq!(altered(11, &[2]), Some(KeyFileError::Field("key derivation")));
    assert_eq!(altered(37, &[2]), Some(KeyFileError::Field("keychain")));
    assert_eq!(altered(38, &[1]), Some(KeyFileError::Field("keychain")));
    assert_eq!(altered(54, &[0]), Some(KeyFileError::Field("cipher")));
    let cost = |memory_kib, passes, lanes| Some(KeyFileError::Cost { memory_kib, passes, lanes });
    assert_eq!(altered(12, &u32::MAX.to_be_bytes()), cost(u32::MAX, 1, 1));
    assert_eq!(altered(16, &u32::MAX.to_be_bytes()), cost(64, u32::MAX, 1));
    assert_eq!(altered(20, &[0]), cost(64, 1, 0));
}

#[test]
fn an_impossible_content_is_refused() {
    // Sealed by somebody who knows the passphrase: neither 16 nor 32 bytes of entropy.
    let mut file = sealed(false);
    let key = file.header.cost.key(&passphrase(), None, &file.header.salt).ok().unwrap();
    for length in [0, 15, 20, 33, 255] {
        let mut plain = [3; PLAIN_BYTES];
        plain[0] = length;
        let tag = XChaCha20Poly1305::new((&*key).into())
            .encrypt_inout_detached(
                (&file.header.nonce).into(),
                &file.header.bytes(),
                InOutBuf::from(plain.as_mut_slice()),
            )
            .unwrap();
        file.bytes[HEADER_BYTES..HEADER_BYTES + PLAIN_BYTES].copy_from_slice(&plain);
        file.bytes[HEADER_BYTES + PLAIN_BYTES..BODY_BYTES].copy_from_slice(&tag);
        let bytes = with_checksum(file.bytes.to_vec());
        assert_eq!(opened(&bytes), Err(KeyFileError::Field("entropy")), "{length}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), start: bool, fix: bool) {
        let mut bytes = bytes;
        if start {
            let file = sealed(false);
            let kept = bytes.len().min(30);
            bytes.splice(..kept, file.as_bytes()[..30].iter().copied());
        }
        if fix && bytes.len() > CHECKSUM_BYTES {
            bytes = with_checksum(bytes);
        }
        prop_assert!(KeyFile::parse(&bytes).is_err());
    }
}
