//! The key file: a mnemonic's randomness, encrypted.
//!
//! # Format
//!
//! Binary, of fixed length, integers big-endian:
//!
//! | bytes | field |
//! | --- | --- |
//! | 8 | magic, `89 "BHKEY" 0d 0a`: no text, and damaged by whatever converts line ends |
//! | 2 | format version, 1 |
//! | 1 | what it protects: 1 = BIP-39 entropy, English |
//! | 1 | key derivation: 1 = Argon2id, version 0x13 |
//! | 4, 4, 1 | its memory in KiB, passes, lanes |
//! | 16 | its salt |
//! | 1 | whether a secret in the keychain is needed too: 0 or 1 |
//! | 16 | the id of that entry, or zeros |
//! | 1 | cipher: 1 = XChaCha20-Poly1305 |
//! | 24 | its nonce |
//! | 33 | encrypted: the number of bytes of entropy (16 or 32), and these, filled up with zeros |
//! | 16 | Poly1305's tag over all of the above |
//! | 32 | SHA-256 over all of the above |
//!
//! Everything before the encrypted part is the cipher's associated data. Magic, version and final checksum stay in every
//! version to come.
//!
//! # What can be told apart
//!
//! The checksum is no protection: anybody can compute it. It tells damage from a wrong passphrase: a file that lost or
//! changed a byte by accident is [`Damaged`](KeyFileError::Damaged) or [`Truncated`](KeyFileError::Truncated), and nobody
//! goes on trying passphrases. Whoever alters a file on purpose and corrects the checksum gets
//! [`WrongPassphrase`](KeyFileError::WrongPassphrase): that cannot be told from a wrong passphrase (or from another
//! secret in the keychain), because all that cryptography says is that this key did not make this file.

mod cost;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use cost::KdfCost;

use crate::keychain::{EntryId, KeychainSecret};
use crate::mnemonic::{Mnemonic, WordCount};
use crate::passphrase::Passphrase;
use crate::random::{self, Randomness, RandomnessError};

const MAGIC: [u8; 8] = *b"\x89BHKEY\r\n";
/// The version written, and the newest that is read.
const VERSION: u16 = 1;
const PROTECTS_ENGLISH_ENTROPY: u8 = 1;
const KDF_ARGON2ID: u8 = 1;
const CIPHER_XCHACHA20_POLY1305: u8 = 1;

const HEADER_BYTES: usize = 8 + 2 + 1 + 1 + 4 + 4 + 1 + 16 + 1 + 16 + 1 + 24;
/// A length and up to 32 bytes: a file does not tell 12 words from 24.
const PLAIN_BYTES: usize = 33;
const TAG_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 32;
const BODY_BYTES: usize = HEADER_BYTES + PLAIN_BYTES + TAG_BYTES;
const FILE_BYTES: usize = BODY_BYTES + CHECKSUM_BYTES;

/// More than a key file of any version has; no more than this is read.
pub(crate) const MAX_FILE_BYTES: usize = 4096;

/// Why a key file cannot be opened. The file was only read. The money is safe as long as the words are known: they can be
/// imported again whatever happened to the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It begins differently: another file got its name.
    #[error("the file is no BitHedge key file")]
    NotAKeyFile,
    /// It was made by a newer BitHedge: install that.
    #[error("the key file has format {found}; this BitHedge knows formats up to {known}")]
    Newer {
        /// Its format.
        found: u16,
        /// The newest known.
        known: u16,
    },
    /// Its end is missing. Take it from a backup, or import the words again.
    #[error("the key file is cut off: {found} of {expected} bytes are there")]
    Truncated {
        /// Its bytes.
        found: usize,
        /// What it should have.
        expected: usize,
    },
    /// Its checksum does not fit: it was damaged. Take it from a backup, or import the words again.
    #[error("the key file is damaged")]
    Damaged,
    /// It is intact, but holds what this version never writes: somebody put it together.
    #[error("the key file has a field that this version does not know: {0}")]
    Field(&'static str),
    /// It asks for absurd amounts of memory or time: somebody put it together.
    #[error(
        "the key file asks for {memory_kib} KiB, {passes} passes and {lanes} lanes, which is outside the limits"
    )]
    Cost {
        /// Memory asked for, in KiB.
        memory_kib: u32,
        /// Passes asked for.
        passes: u32,
        /// Lanes asked for.
        lanes: u8,
    },
    /// There is not enough memory for deriving the key. Close other programs, then try again.
    #[error("there is not enough memory: {memory_kib} KiB are needed for opening the key file")]
    OutOfMemory {
        /// Memory needed, in KiB.
        memory_kib: u32,
    },
    /// The passphrase is wrong; or the keychain's secret is another, or the file was altered by somebody who corrected its
    /// checksum. Type it again; if it is surely right, import the words again.
    #[error("the passphrase is wrong, or the key file was altered on purpose")]
    WrongPassphrase,
}

/// Why a key file cannot be made. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error(transparent)]
    File(#[from] KeyFileError),
}

/// What a key file says of itself without its passphrase. While it is locked, nobody knows whether that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    cost: KdfCost,
    salt: [u8; 16],
    /// The entry in the keychain that is needed too.
    pub(crate) keychain: Option<EntryId>,
    nonce: [u8; 24],
}

/// A key file's bytes, checked as far as that goes without the passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFile {
    header: Header,
    bytes: Box<[u8; FILE_BYTES]>,
}

impl KeyFile {
    /// Encrypts a mnemonic, with a new salt and a new nonce.
    pub(crate) fn seal(
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        keychain: Option<(EntryId, &KeychainSecret)>,
        cost: KdfCost,
        source: &dyn Randomness,
    ) -> Result<Self, SealError> {
        let header = Header {
            cost,
            salt: random::public(source)?,
            keychain: keychain.map(|(id, _)| id),
            nonce: random::public(source)?,
        };
        let key = cost.key(passphrase, keychain.map(|(_, secret)| secret), &header.salt)?;
        let mut bytes = Box::new([0; FILE_BYTES]);
        let mut writer = Writer { bytes: bytes.as_mut_slice() };
        header.write(&mut writer);
        // Into memory that is overwritten, and from there only encrypted.
        let mut plain = Zeroizing::new([0; PLAIN_BYTES]);
        let (entropy, count) = mnemonic.entropy();
        let [length, rest @ ..] = &mut *plain;
        *length = match count {
            WordCount::Twelve => 16,
            WordCount::TwentyFour => 32,
        };
        for (to, from) in rest.iter_mut().zip(entropy.iter().take(count.entropy_bytes())) {
            *to = *from;
        }
        let associated = header.bytes();
        let tag = XChaCha20Poly1305::new((&*key).into())
            .encrypt_inout_detached((&header.nonce).into(), &associated, InOutBuf::from(plain.as_mut_slice()))
            // It fails for messages of hundreds of gigabytes only.
            .map_err(|_| KeyFileError::Field("length"))?;
        writer.put(plain.as_slice());
        writer.put(&tag);
        let checksum = Sha256::digest(bytes.get(..BODY_BYTES).unwrap_or_default());
        if let Some(end) = bytes.get_mut(BODY_BYTES..) {
            end.copy_from_slice(&checksum);
        }
        Ok(Self { header, bytes })
    }

    /// Reads a file's bytes, from anybody: nothing is allocated that the file asks for.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let mut reader = Reader { rest: bytes };
        let cut = KeyFileError::Truncated { found: bytes.len(), expected: FILE_BYTES };
        if !bytes.starts_with(&MAGIC) {
            // What is there of the magic, if anything, may be its beginning.
            let is_beginning = !bytes.is_empty() && MAGIC.starts_with(bytes);
            return Err(if is_beginning { cut } else { KeyFileError::NotAKeyFile });
        }
        let (body, checksum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM_BYTES));
        let is_intact = <[u8; 32]>::from(Sha256::digest(body)).as_slice() == checksum;
        let _: Option<[u8; 8]> = reader.take();
        let version = reader.take().map(u16::from_be_bytes);
        match version {
            // A damaged version number must not send anybody looking for a newer BitHedge.
            Some(found) if found > VERSION && is_intact => {
                return Err(KeyFileError::Newer { found, known: VERSION });
            }
            _ if bytes.len() < FILE_BYTES => return Err(cut),
            _ if !is_intact => return Err(KeyFileError::Damaged),
            Some(VERSION) => {}
            _ => return Err(KeyFileError::Field("version")),
        }
        let bytes = Box::new(<[u8; FILE_BYTES]>::try_from(bytes).map_err(|_| KeyFileError::Field("length"))?);
        Ok(Self { header: Header::read(&mut reader)?, bytes })
    }

    /// Decrypts the mnemonic. Takes as long as trying one passphrase takes.
    pub(crate) fn open(
        &self,
        passphrase: &Passphrase,
        keychain: Option<&KeychainSecret>,
    ) -> Result<Mnemonic, KeyFileError> {
        let Header { cost, salt, nonce, .. } = &self.header;
        let key = cost.key(passphrase, keychain, salt)?;
        let mut reader = Reader { rest: self.bytes.get(HEADER_BYTES..).unwrap_or_default() };
        let mut plain = Zeroizing::new(reader.take::<PLAIN_BYTES>().ok_or(KeyFileError::Field("length"))?);
        let tag: [u8; TAG_BYTES] = reader.take().ok_or(KeyFileError::Field("length"))?;
        XChaCha20Poly1305::new((&*key).into())
            .decrypt_inout_detached(
                nonce.into(),
                // The bytes as they are in the file, so that nothing in them goes unnoticed.
                self.bytes.get(..HEADER_BYTES).unwrap_or_default(),
                InOutBuf::from(plain.as_mut_slice()),
                (&tag).into(),
            )
            .map_err(|_| KeyFileError::WrongPassphrase)?;
        let [length, rest @ ..] = &*plain;
        let entropy = rest.get(..usize::from(*length)).unwrap_or_default();
        Mnemonic::from_entropy(entropy).ok_or(KeyFileError::Field("entropy"))
    }

    /// What it says of itself.
    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes to be written.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }
}

impl Header {
    fn bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        self.write(&mut Writer { bytes: &mut bytes });
        bytes
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.put(&MAGIC);
        writer.put(&VERSION.to_be_bytes());
        writer.put(&[PROTECTS_ENGLISH_ENTROPY, KDF_ARGON2ID]);
        writer.put(&self.cost.memory_kib().to_be_bytes());
        writer.put(&self.cost.passes().to_be_bytes());
        writer.put(&[self.cost.lanes()]);
        writer.put(&self.salt);
        writer.put(&[u8::from(self.keychain.is_some())]);
        writer.put(&self.keychain.map_or([0; 16], EntryId::to_bytes));
        writer.put(&[CIPHER_XCHACHA20_POLY1305]);
        writer.put(&self.nonce);
    }

    /// What follows magic and version.
    fn read(reader: &mut Reader<'_>) -> Result<Self, KeyFileError> {
        let short = KeyFileError::Field("length");
        let expect = |reader: &mut Reader<'_>, value: u8, field: &'static str| match reader.take() {
            Some([found]) if found == value => Ok(()),
            _ => Err(KeyFileError::Field(field)),
        };
        expect(reader, PROTECTS_ENGLISH_ENTROPY, "content")?;
        expect(reader, KDF_ARGON2ID, "key derivation")?;
        let memory_kib = u32::from_be_bytes(reader.take().ok_or(short.clone())?);
        let passes = u32::from_be_bytes(reader.take().ok_or(short.clone())?);
        let [lanes] = reader.take().ok_or(short.clone())?;
        let cost = KdfCost::new(memory_kib, passes, lanes)?;
        let salt = reader.take().ok_or(short.clone())?;
        let [needs_keychain] = reader.take().ok_or(short.clone())?;
        let entry: [u8; 16] = reader.take().ok_or(short.clone())?;
        let keychain = match needs_keychain {
            0 if entry == [0; 16] => None,
            1 => Some(EntryId::from_bytes(entry)),
            _ => return Err(KeyFileError::Field("keychain")),
        };
        expect(reader, CIPHER_XCHACHA20_POLY1305, "cipher")?;
        let nonce = reader.take().ok_or(short)?;
        Ok(Self { cost, salt, keychain, nonce })
    }
}

/// Fills a buffer from its beginning.
struct Writer<'a> {
    bytes: &'a mut [u8],
}

impl Writer<'_> {
    fn put(&mut self, part: &[u8]) {
        // The buffers have the format's length; a part too many would leave a file that does not open, in every test.
        if let Some((here, rest)) = std::mem::take(&mut self.bytes).split_at_mut_checked(part.len()) {
            here.copy_from_slice(part);
            self.bytes = rest;
        }
    }
}

/// Takes fields off the beginning of bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests;
