//! Transactions: what they do, who signs for them, and what may leave whose account (SIP-005, and what came since).
//!
//! [`Transaction::decode`] takes untrusted bytes and is as strict as a node; [`Transaction::verify`] checks the signatures
//! as a node does. [`TransactionBuilder`] is the way to make and sign new ones.

mod auth;
mod builder;
mod decode;
mod encode;
mod payload;
mod post_condition;
mod sign;
mod verify;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;
use crate::codec::DecodeError;
use crate::hash::sha512_256;
use crate::network::{ChainId, Network, TransactionVersion};
use crate::units::MicroStx;

pub use crate::codec::MAX_TRANSACTION_BYTES;
pub use auth::{
    AuthField, Authorization, KeyEncoding, MultiSigCondition, MultiSigHashMode, Signature,
    SingleSigCondition, SingleSigHashMode, SpendingCondition,
};
pub use builder::{BuildError, TransactionBuilder};
pub use payload::{ClarityVersion, Memo, MemoError, MicroblockHeader, Payload};
pub use post_condition::{
    AssetInfo, FungibleCode, NonFungibleCode, PostCondition, PostConditionMode, PostConditionPrincipal,
    PoxCode,
};
pub use sign::{PartialError, SignError, UnsignedTransaction};
pub use verify::{Role, VerifyError};

/// The identity of a transaction: SHA-512/256 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Txid(pub [u8; 32]);

impl Txid {
    /// The id of a transaction with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha512_256(bytes))
    }
}

/// 64 hexadecimal digits, as nodes write it.
impl fmt::Display for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With or without `0x`.
impl FromStr for Txid {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let mut id = [0; 32];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut id)
            .map_err(|error| DecodeError::Hex(error.to_string()))?;
        Ok(Self(id))
    }
}

impl Serialize for Txid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{self}"))
    }
}

impl<'de> Deserialize<'de> for Txid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a transaction may be put. Without effect since there are no microblocks any more, but still in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnchorMode {
    /// Only in a block.
    OnChainOnly,
    /// Only in a microblock.
    OffChainOnly,
    /// Wherever.
    Any,
}

impl AnchorMode {
    /// The byte in serialised transactions.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::OnChainOnly => 1,
            Self::OffChainOnly => 2,
            Self::Any => 3,
        }
    }

    /// The mode for a byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::OnChainOnly),
            2 => Some(Self::OffChainOnly),
            3 => Some(Self::Any),
            _ => None,
        }
    }
}

/// A transaction, signed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Mainnet or a test network.
    pub version: TransactionVersion,
    /// The chain it is valid on.
    pub chain_id: ChainId,
    /// Who acts, who pays the fee, and their signatures.
    pub auth: Authorization,
    /// Without effect nowadays.
    pub anchor_mode: AnchorMode,
    /// What happens to transfers that no post-condition names.
    pub post_condition_mode: PostConditionMode,
    /// What must hold about transfers, or else everything is undone.
    pub post_conditions: Vec<PostCondition>,
    /// What it does.
    pub payload: Payload,
}

impl Transaction {
    /// The identity, from the bytes as a node would write them.
    pub fn txid(&self) -> Txid {
        Txid::of(&self.encode())
    }

    /// The chain and the kind of addresses.
    pub const fn network(&self) -> Network {
        Network { chain_id: self.chain_id, version: self.version }
    }

    /// Who acts: `tx-sender` in the contract.
    pub fn origin_address(&self) -> Address {
        self.auth.origin().address(self.version)
    }

    /// Who pays the fee: the sponsor if there is one, otherwise the origin.
    pub fn payer_address(&self) -> Address {
        self.auth.payer().address(self.version)
    }

    /// The sponsor, if there is one.
    pub fn sponsor_address(&self) -> Option<Address> {
        self.auth.sponsor().map(|sponsor| sponsor.address(self.version))
    }

    /// The origin's nonce: how many transactions of that account came before.
    pub const fn origin_nonce(&self) -> u64 {
        self.auth.origin().nonce()
    }

    /// The nonce of whoever pays the fee.
    pub const fn payer_nonce(&self) -> u64 {
        self.auth.payer().nonce()
    }

    /// The fee, which is taken whether the transaction succeeds or not.
    pub const fn fee(&self) -> MicroStx {
        self.auth.payer().fee()
    }
}

#[cfg(test)]
mod tests;
