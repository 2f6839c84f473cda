//! Signature hashes, and verifying signatures as a node does.

use std::fmt;

use super::auth::{
    AuthField, Authorization, KeyEncoding, MultiSigCondition, MultiSigHashMode, Signature, SingleSigHashMode,
    SpendingCondition,
};
use super::encode::tag;
use super::{Transaction, Txid};
use crate::address::Hash160;
use crate::hash::{hash160, sha256, sha512_256};
use crate::key::{PublicKey, SignatureError};
use crate::units::MicroStx;

/// For whom a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who acts.
    Origin,
    /// Who pays for somebody else.
    Sponsor,
}

impl Role {
    /// The byte that the signature hash contains. It is the same for the origin of a sponsored transaction.
    const fn flag(self) -> u8 {
        match self {
            Self::Origin => tag::STANDARD,
            Self::Sponsor => tag::SPONSORED,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "origin",
            Self::Sponsor => "sponsor",
        })
    }
}

/// Why the signatures do not stand for the accounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A signature is none.
    #[error("{role}: {source}")]
    Signature {
        /// Whose.
        role: Role,
        /// What is wrong with it.
        source: SignatureError,
    },
    /// There are more or fewer signatures than the account needs.
    #[error("{role}: {given} signatures are given, {required} are required")]
    SignatureCount {
        /// Whose.
        role: Role,
        /// How many there are.
        given: usize,
        /// How many it takes.
        required: u16,
    },
    /// The keys cannot form such an account: too few of them, or an uncompressed one with segwit.
    #[error("{role}: the keys cannot form this kind of account")]
    Keys {
        /// Whose.
        role: Role,
    },
    /// Somebody else signed, or something else was signed.
    #[error("{role}: the signatures are those of {recovered}, not of {expected}")]
    SignerMismatch {
        /// Whose.
        role: Role,
        /// The account's hash.
        expected: Hash160,
        /// What the keys hash to that fit the signatures.
        recovered: Hash160,
    },
}

impl Transaction {
    /// Verifies all signatures: the origin's, and the sponsor's if there is one.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let after_origin = self.verify_origin()?;
        match &self.auth {
            Authorization::Standard(_) => Ok(()),
            Authorization::Sponsored { sponsor, .. } => {
                verify_condition(sponsor, after_origin, Role::Sponsor).map(|_| ())
            }
        }
    }

    /// Verifies the origin's signatures only, and gives the hash that a sponsor begins with.
    pub(super) fn verify_origin(&self) -> Result<Sighash, VerifyError> {
        verify_condition(self.auth.origin(), self.initial_sighash(), Role::Origin)
    }

    /// What signing begins with: the id of the transaction without nonce, fee and signatures.
    pub(super) fn initial_sighash(&self) -> Sighash {
        let cleared = match &self.auth {
            Authorization::Standard(origin) => Authorization::Standard(origin.cleared()),
            Authorization::Sponsored { origin, .. } => Authorization::Sponsored {
                origin: origin.cleared(),
                sponsor: SpendingCondition::sponsor_sentinel(),
            },
        };
        Sighash(Txid::of(&self.encode_with(&cleared)).0)
    }
}

/// A link in the chain of hashes that signers sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighash([u8; 32]);

impl Sighash {
    /// What the next signer signs.
    pub(super) fn presign(self, role: Role, fee: MicroStx, nonce: u64) -> [u8; 32] {
        let mut bytes = [0; 32 + 1 + 8 + 8];
        bytes[..32].copy_from_slice(&self.0);
        bytes[32] = role.flag();
        bytes[33..41].copy_from_slice(&fee.micro().to_be_bytes());
        bytes[41..].copy_from_slice(&nonce.to_be_bytes());
        sha512_256(&bytes)
    }

    /// What signing goes on with after a signature of `signed`.
    pub(super) fn postsign(signed: &[u8; 32], encoding: KeyEncoding, signature: &Signature) -> Self {
        let mut bytes = [0; 32 + 1 + 65];
        bytes[..32].copy_from_slice(signed);
        bytes[32] = encoding.to_byte();
        bytes[33..].copy_from_slice(&signature.0);
        Self(sha512_256(&bytes))
    }
}

/// Verifies one account's signatures. Gives what the next account signs.
pub(super) fn verify_condition(
    condition: &SpendingCondition,
    start: Sighash,
    role: Role,
) -> Result<Sighash, VerifyError> {
    let (recovered, end) = match condition {
        SpendingCondition::SingleSig(single) => {
            let signed = start.presign(role, single.fee, single.nonce);
            let key = recover(&signed, &single.signature, single.key_encoding, role)?;
            let end = Sighash::postsign(&signed, single.key_encoding, &single.signature);
            (single_sig_hash(&key, single.hash_mode).ok_or(VerifyError::Keys { role })?, end)
        }
        SpendingCondition::MultiSig(multi) => {
            let (keys, end) = recover_keys(multi, start, role)?;
            let given = condition.signature_count();
            let required = usize::from(multi.signatures_required);
            let enough =
                if multi.hash_mode.is_order_independent() { given >= required } else { given == required };
            if !enough {
                return Err(VerifyError::SignatureCount { role, given, required: multi.signatures_required });
            }
            let hash = multi_sig_hash(&keys, multi.signatures_required, multi.hash_mode);
            (hash.ok_or(VerifyError::Keys { role })?, end)
        }
    };
    let expected = condition.signer();
    if recovered != expected {
        return Err(VerifyError::SignerMismatch { role, expected, recovered });
    }
    Ok(end)
}

/// All keys of an account with several, those that signed and those that are only named.
pub(super) fn recover_keys(
    multi: &MultiSigCondition,
    start: Sighash,
    role: Role,
) -> Result<(Vec<PublicKey>, Sighash), VerifyError> {
    let mut keys = Vec::with_capacity(multi.fields.len());
    let mut sighash = start;
    for field in &multi.fields {
        keys.push(match field {
            AuthField::PublicKey(key) => *key,
            AuthField::Signature(encoding, signature) => {
                let signed = sighash.presign(role, multi.fee, multi.nonce);
                if !multi.hash_mode.is_order_independent() {
                    sighash = Sighash::postsign(&signed, *encoding, signature);
                }
                recover(&signed, signature, *encoding, role)?
            }
        });
    }
    Ok((keys, sighash))
}

fn recover(
    signed: &[u8; 32],
    signature: &Signature,
    encoding: KeyEncoding,
    role: Role,
) -> Result<PublicKey, VerifyError> {
    PublicKey::recover(signed, signature, encoding).map_err(|source| VerifyError::Signature { role, source })
}

/// What an account with one key commits to, unless the key does not fit the mode.
pub(super) fn single_sig_hash(key: &PublicKey, mode: SingleSigHashMode) -> Option<Hash160> {
    match mode {
        SingleSigHashMode::P2pkh => Some(key.hash()),
        SingleSigHashMode::P2wpkh if key.encoding() == KeyEncoding::Compressed => {
            let mut programme = vec![0, 20];
            programme.extend_from_slice(&key.hash().0);
            Some(Hash160(hash160(&programme)))
        }
        SingleSigHashMode::P2wpkh => None,
    }
}

/// What an account with several keys commits to: a Bitcoin script that asks for some of their signatures.
pub(super) fn multi_sig_hash(keys: &[PublicKey], required: u16, mode: MultiSigHashMode) -> Option<Hash160> {
    const OP_CHECKMULTISIG: u8 = 0xae;
    if keys.len() < usize::from(required) {
        return None;
    }
    if mode.is_segwit() && keys.iter().any(|key| key.encoding() == KeyEncoding::Uncompressed) {
        return None;
    }
    let mut script = Vec::with_capacity(3 + keys.len() * 66);
    push_number(&mut script, usize::from(required));
    for key in keys {
        let bytes = key.to_bytes();
        // 33 or 65: a length below 76 is its own opcode.
        script.push(u8::try_from(bytes.len()).ok()?);
        script.extend_from_slice(&bytes);
    }
    push_number(&mut script, keys.len());
    script.push(OP_CHECKMULTISIG);
    if !mode.is_segwit() {
        return Some(Hash160(hash160(&script)));
    }
    let mut programme = vec![0, 32];
    programme.extend_from_slice(&sha256(&script));
    Some(Hash160(hash160(&programme)))
}

/// Appends what pushes a number in Bitcoin script: an opcode up to 16, otherwise little-endian bytes whose highest bit
/// would be the sign.
fn push_number(script: &mut Vec<u8>, number: usize) {
    const OP_RESERVED: u8 = 0x50;
    if let Ok(small @ 0..=16) = u8::try_from(number) {
        script.push(if small == 0 { 0 } else { OP_RESERVED + small });
        return;
    }
    let mut bytes: Vec<u8> = number.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.last().is_some_and(|highest| highest & 0x80 != 0) {
        bytes.push(0);
    }
    // At most nine bytes.
    script.push(u8::try_from(bytes.len()).unwrap_or_default());
    script.extend_from_slice(&bytes);
}
