//! Signing, by one key or step by step by several.

use super::auth::{
    AuthField, Authorization, MultiSigCondition, MultiSigHashMode, Signature, SingleSigCondition,
    SingleSigHashMode, SpendingCondition,
};
use super::builder::{BuildError, check_readable};
use super::decode::Signatures;
use super::verify::{Role, Sighash, multi_sig_hash, recover_keys, single_sig_hash, verify_condition};
use super::{Transaction, VerifyError};
use crate::address::Hash160;
use crate::codec::DecodeError;
use crate::key::{PublicKey, SecretKey};
use crate::units::MicroStx;

/// Why a signature could not be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is not the account's.
    #[error("the key hashes to {found}, but {expected} has to sign")]
    WrongKey {
        /// The account's hash.
        expected: Hash160,
        /// What the key hashes to.
        found: Hash160,
    },
    /// The account has all the signatures that it needs.
    #[error("all {0} signatures are there")]
    Complete(u16),
    /// Only accounts with several keys list those that do not sign.
    #[error("an account with one key cannot take keys without signatures")]
    NotMultiSig,
    /// A segwit account takes compressed keys only.
    #[error("segwit needs compressed keys")]
    UncompressedKey,
    /// It does not verify: signatures are missing, or keys are missing or in another order than in the address.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl SpendingCondition {
    /// One key. Nonce and fee are set when a transaction is built.
    pub fn single_sig(key: &PublicKey, hash_mode: SingleSigHashMode) -> Result<Self, BuildError> {
        Ok(Self::SingleSig(SingleSigCondition {
            hash_mode,
            signer: single_sig_hash(key, hash_mode).ok_or(BuildError::UncompressedKey)?,
            nonce: 0,
            fee: MicroStx::ZERO,
            key_encoding: key.encoding(),
            signature: Signature::EMPTY,
        }))
    }

    /// Some of several keys, in the order that makes the address. Nonce and fee are set when a transaction is built.
    pub fn multi_sig(
        keys: &[PublicKey],
        required: u16,
        hash_mode: MultiSigHashMode,
    ) -> Result<Self, BuildError> {
        if required == 0 || usize::from(required) > keys.len() {
            return Err(BuildError::SignaturesRequired { required, keys: keys.len() });
        }
        Ok(Self::MultiSig(MultiSigCondition {
            hash_mode,
            signer: multi_sig_hash(keys, required, hash_mode).ok_or(BuildError::UncompressedKey)?,
            nonce: 0,
            fee: MicroStx::ZERO,
            fields: Vec::new(),
            signatures_required: required,
        }))
    }
}

/// A transaction on its way to being signed, by the origin or by a sponsor.
///
/// An account with several keys takes, in the order of its address, either [`sign`](Self::sign) or
/// [`append_public_key`](Self::append_public_key) for each key. Between signers on different machines it travels as bytes
/// ([`encode`](Self::encode), [`decode`](Self::decode)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedTransaction {
    transaction: Transaction,
    role: Role,
    sighash: Sighash,
}

impl UnsignedTransaction {
    pub(super) fn origin(transaction: Transaction) -> Self {
        let sighash = transaction.initial_sighash();
        Self { transaction, role: Role::Origin, sighash }
    }

    /// Lets a sponsor pay for a transaction that its origin has signed for being sponsored.
    pub fn sponsor(
        mut transaction: Transaction,
        mut sponsor: SpendingCondition,
        nonce: u64,
        fee: MicroStx,
    ) -> Result<Self, BuildError> {
        let Authorization::Sponsored { origin, .. } = transaction.auth else {
            return Err(BuildError::NotSponsored);
        };
        sponsor.set_terms(nonce, fee);
        transaction.auth = Authorization::Sponsored { origin, sponsor };
        check_readable(&transaction)?;
        let sighash = transaction.verify_origin()?;
        Ok(Self { transaction, role: Role::Sponsor, sighash })
    }

    /// The transaction so far: what is shown before anybody signs.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// How many signatures are still missing.
    pub fn signatures_missing(&self) -> usize {
        let condition = self.condition();
        usize::from(condition.signatures_required()).saturating_sub(condition.signature_count())
    }

    /// Adds a signature.
    pub fn sign(&mut self, key: &SecretKey) -> Result<(), SignError> {
        if self.signatures_missing() == 0 {
            return Err(SignError::Complete(self.condition().signatures_required()));
        }
        let (role, sighash) = (self.role, self.sighash);
        let public = key.public_key();
        match self.condition_mut() {
            SpendingCondition::SingleSig(single) => {
                let found = single_sig_hash(public, single.hash_mode).ok_or(SignError::UncompressedKey)?;
                if found != single.signer {
                    return Err(SignError::WrongKey { expected: single.signer, found });
                }
                let digest = sighash.presign(role, single.fee, single.nonce);
                single.signature = key.sign(&digest);
            }
            SpendingCondition::MultiSig(multi) => {
                check_encoding(multi, public)?;
                let digest = sighash.presign(role, multi.fee, multi.nonce);
                let signature = key.sign(&digest);
                multi.fields.push(AuthField::Signature(public.encoding(), signature));
                if !multi.hash_mode.is_order_independent() {
                    self.sighash = Sighash::postsign(&digest, public.encoding(), &signature);
                }
            }
        }
        Ok(())
    }

    /// Adds the key of somebody who does not sign.
    pub fn append_public_key(&mut self, key: &PublicKey) -> Result<(), SignError> {
        match self.condition_mut() {
            SpendingCondition::SingleSig(_) => Err(SignError::NotMultiSig),
            SpendingCondition::MultiSig(multi) => {
                check_encoding(multi, key)?;
                multi.fields.push(AuthField::PublicKey(*key));
                Ok(())
            }
        }
    }

    /// The signed transaction, once it verifies. What an origin signed to be sponsored still lacks the sponsor.
    pub fn finish(self) -> Result<Transaction, SignError> {
        match self.role {
            Role::Origin => self.transaction.verify_origin().map(|_| ())?,
            Role::Sponsor => self.transaction.verify()?,
        }
        Ok(self.transaction)
    }

    /// The transaction with the signatures that it has, for the next signer.
    pub fn encode(&self) -> Vec<u8> {
        self.transaction.encode()
    }

    /// Takes a partly signed transaction from the signer before. The signatures that are there must be valid ones,
    /// though only [`finish`](Self::finish) can tell whose.
    pub fn decode(bytes: &[u8]) -> Result<Self, PartialError> {
        let transaction = Transaction::decode_as(bytes, Signatures::Partial)?;
        let start = transaction.initial_sighash();
        let (role, start) = match &transaction.auth {
            Authorization::Standard(_) => (Role::Origin, start),
            // The sponsor signs after the origin: once the origin is complete, it is the sponsor's turn.
            Authorization::Sponsored { origin, sponsor } => {
                match verify_condition(origin, start, Role::Origin) {
                    Ok(after) if *sponsor != SpendingCondition::sponsor_sentinel() => (Role::Sponsor, after),
                    _ => (Role::Origin, start),
                }
            }
        };
        let mut unsigned = Self { transaction, role, sighash: start };
        if let SpendingCondition::MultiSig(multi) = unsigned.condition() {
            let (_, sighash) = recover_keys(multi, start, role)?;
            unsigned.sighash = sighash;
        }
        Ok(unsigned)
    }

    const fn condition(&self) -> &SpendingCondition {
        match self.role {
            Role::Origin => self.transaction.auth.origin(),
            Role::Sponsor => self.transaction.auth.payer(),
        }
    }

    const fn condition_mut(&mut self) -> &mut SpendingCondition {
        match (&mut self.transaction.auth, self.role) {
            (Authorization::Sponsored { sponsor, .. }, Role::Sponsor) => sponsor,
            (Authorization::Standard(origin) | Authorization::Sponsored { origin, .. }, _) => origin,
        }
    }

    /// The transaction without another look at the signature: for one key, which `sign` has compared with the account.
    pub(super) fn into_transaction(self) -> Transaction {
        self.transaction
    }
}

fn check_encoding(multi: &MultiSigCondition, key: &PublicKey) -> Result<(), SignError> {
    let segwit_with_uncompressed =
        multi.hash_mode.is_segwit() && key.encoding() == super::KeyEncoding::Uncompressed;
    if segwit_with_uncompressed { Err(SignError::UncompressedKey) } else { Ok(()) }
}

/// Why bytes are no partly signed transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartialError {
    /// They are no transaction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A signature in them is none.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}
