//! Who signs for a transaction.

use std::fmt;

use crate::address::{Address, Hash160};
use crate::key::PublicKey;
use crate::network::TransactionVersion;
use crate::units::MicroStx;

/// A recoverable ECDSA signature over secp256k1: the recovery id, then r and s, 32 bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 65]);

impl Signature {
    /// What stands where no signature was made yet. It is no valid signature.
    pub const EMPTY: Self = Self([0; 65]);
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// How a public key is written before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyEncoding {
    /// 33 bytes.
    Compressed,
    /// 65 bytes.
    Uncompressed,
}

impl KeyEncoding {
    /// The byte in serialised transactions.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Compressed => 0,
            Self::Uncompressed => 1,
        }
    }

    /// The encoding for a byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Compressed),
            1 => Some(Self::Uncompressed),
            _ => None,
        }
    }
}

/// How one key becomes an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SingleSigHashMode {
    /// Hash of the public key, byte 0x00: the usual one.
    P2pkh,
    /// Hash of a segwit programme of it, byte 0x02.
    P2wpkh,
}

impl SingleSigHashMode {
    /// The byte in serialised transactions.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::P2pkh => 0x00,
            Self::P2wpkh => 0x02,
        }
    }

    /// The mode for a byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x00 => Some(Self::P2pkh),
            0x02 => Some(Self::P2wpkh),
            _ => None,
        }
    }
}

/// How several keys become an address, and how their signatures relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MultiSigHashMode {
    /// Hash of a script, each signature covers those before it: byte 0x01.
    P2sh,
    /// Hash of a segwit script, each signature covers those before it: byte 0x03.
    P2wsh,
    /// Hash of a script, signatures in any order (SIP-027): byte 0x05.
    P2shOrderIndependent,
    /// Hash of a segwit script, signatures in any order (SIP-027): byte 0x07.
    P2wshOrderIndependent,
}

impl MultiSigHashMode {
    /// The byte in serialised transactions.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::P2sh => 0x01,
            Self::P2wsh => 0x03,
            Self::P2shOrderIndependent => 0x05,
            Self::P2wshOrderIndependent => 0x07,
        }
    }

    /// The mode for a byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::P2sh),
            0x03 => Some(Self::P2wsh),
            0x05 => Some(Self::P2shOrderIndependent),
            0x07 => Some(Self::P2wshOrderIndependent),
            _ => None,
        }
    }

    /// Whether signers sign the same hash, whatever their order.
    pub const fn is_order_independent(self) -> bool {
        matches!(self, Self::P2shOrderIndependent | Self::P2wshOrderIndependent)
    }

    /// Whether the script is a segwit one, which allows compressed keys only.
    pub const fn is_segwit(self) -> bool {
        matches!(self, Self::P2wsh | Self::P2wshOrderIndependent)
    }
}

/// What one of several keys contributes: a signature, from which the key is recovered, or just the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthField {
    /// The key of somebody who did not sign.
    PublicKey(PublicKey),
    /// A signature, and how the key that it recovers to is written.
    Signature(KeyEncoding, Signature),
}

impl AuthField {
    /// Whether it is a signature.
    pub const fn is_signature(&self) -> bool {
        matches!(self, Self::Signature(..))
    }

    /// How the key is written.
    pub const fn encoding(&self) -> KeyEncoding {
        match self {
            Self::PublicKey(key) => key.encoding(),
            Self::Signature(encoding, _) => *encoding,
        }
    }
}

/// One key signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleSigCondition {
    /// How the key becomes an address.
    pub hash_mode: SingleSigHashMode,
    /// What the key must hash to.
    pub signer: Hash160,
    /// How many transactions of the account came before.
    pub nonce: u64,
    /// The fee that the account offers.
    pub fee: MicroStx,
    /// How the key is written.
    pub key_encoding: KeyEncoding,
    /// The signature, or [`Signature::EMPTY`].
    pub signature: Signature,
}

/// Some of several keys sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiSigCondition {
    /// How the keys become an address.
    pub hash_mode: MultiSigHashMode,
    /// What the keys' script must hash to.
    pub signer: Hash160,
    /// How many transactions of the account came before.
    pub nonce: u64,
    /// The fee that the account offers.
    pub fee: MicroStx,
    /// Every key's part, in the order of the script.
    pub fields: Vec<AuthField>,
    /// How many of them must be signatures.
    pub signatures_required: u16,
}

/// What an account has to show for a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpendingCondition {
    /// One key.
    SingleSig(SingleSigCondition),
    /// Several keys.
    MultiSig(MultiSigCondition),
}

impl SpendingCondition {
    /// What the key or keys must hash to.
    pub const fn signer(&self) -> Hash160 {
        match self {
            Self::SingleSig(condition) => condition.signer,
            Self::MultiSig(condition) => condition.signer,
        }
    }

    /// How many transactions of the account came before.
    pub const fn nonce(&self) -> u64 {
        match self {
            Self::SingleSig(condition) => condition.nonce,
            Self::MultiSig(condition) => condition.nonce,
        }
    }

    /// The fee that the account offers.
    pub const fn fee(&self) -> MicroStx {
        match self {
            Self::SingleSig(condition) => condition.fee,
            Self::MultiSig(condition) => condition.fee,
        }
    }

    /// The number of signatures that it needs.
    pub const fn signatures_required(&self) -> u16 {
        match self {
            Self::SingleSig(_) => 1,
            Self::MultiSig(condition) => condition.signatures_required,
        }
    }

    /// The number of signatures that it has.
    pub fn signature_count(&self) -> usize {
        match self {
            Self::SingleSig(condition) => usize::from(condition.signature != Signature::EMPTY),
            Self::MultiSig(condition) => condition.fields.iter().filter(|field| field.is_signature()).count(),
        }
    }

    /// The account.
    pub const fn address(&self, version: TransactionVersion) -> Address {
        let address_version = match self {
            Self::SingleSig(SingleSigCondition { hash_mode: SingleSigHashMode::P2pkh, .. }) => {
                version.single_sig()
            }
            _ => version.multi_sig(),
        };
        Address::new(address_version, self.signer())
    }

    /// Sets nonce and fee.
    pub(super) fn set_terms(&mut self, new_nonce: u64, new_fee: MicroStx) {
        match self {
            Self::SingleSig(SingleSigCondition { nonce, fee, .. })
            | Self::MultiSig(MultiSigCondition { nonce, fee, .. }) => {
                *nonce = new_nonce;
                *fee = new_fee;
            }
        }
    }

    /// Without nonce, fee and signatures: what the first signature hash covers.
    pub(super) fn cleared(&self) -> Self {
        let mut cleared = match self {
            Self::SingleSig(condition) => {
                Self::SingleSig(SingleSigCondition { signature: Signature::EMPTY, ..condition.clone() })
            }
            Self::MultiSig(condition) => Self::MultiSig(MultiSigCondition {
                hash_mode: condition.hash_mode,
                signer: condition.signer,
                nonce: 0,
                fee: MicroStx::ZERO,
                fields: Vec::new(),
                signatures_required: condition.signatures_required,
            }),
        };
        cleared.set_terms(0, MicroStx::ZERO);
        cleared
    }

    /// What stands for the sponsor while the origin signs, who need not know the sponsor.
    pub(super) const fn sponsor_sentinel() -> Self {
        Self::SingleSig(SingleSigCondition {
            hash_mode: SingleSigHashMode::P2pkh,
            signer: Hash160([0; 20]),
            nonce: 0,
            fee: MicroStx::ZERO,
            key_encoding: KeyEncoding::Compressed,
            signature: Signature::EMPTY,
        })
    }
}

/// Who acts and who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// The origin acts and pays.
    Standard(SpendingCondition),
    /// The origin acts, the sponsor pays.
    Sponsored {
        /// Who acts.
        origin: SpendingCondition,
        /// Who pays.
        sponsor: SpendingCondition,
    },
}

impl Authorization {
    /// Who acts.
    pub const fn origin(&self) -> &SpendingCondition {
        match self {
            Self::Standard(origin) | Self::Sponsored { origin, .. } => origin,
        }
    }

    /// Who pays for somebody else, if so.
    pub const fn sponsor(&self) -> Option<&SpendingCondition> {
        match self {
            Self::Standard(_) => None,
            Self::Sponsored { sponsor, .. } => Some(sponsor),
        }
    }

    /// Who pays.
    pub const fn payer(&self) -> &SpendingCondition {
        match self {
            Self::Standard(origin) => origin,
            Self::Sponsored { sponsor, .. } => sponsor,
        }
    }
}
