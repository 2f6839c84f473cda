//! The hash functions of SIP-005.

use ripemd::Ripemd160;
use sha2::{Digest, Sha256, Sha512_256};

/// RIPEMD-160 of SHA-256: what an address is made of.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-512/256: transaction ids and signature hashes.
pub(crate) fn sha512_256(bytes: &[u8]) -> [u8; 32] {
    Sha512_256::digest(bytes).into()
}
