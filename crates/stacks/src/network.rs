//! Which chain a transaction is for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::AddressVersion;

/// The chain's number, which every transaction carries and every signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(pub u32);

impl ChainId {
    /// Mainnet.
    pub const MAINNET: Self = Self(0x0000_0001);
    /// The primary testnet, and local chains.
    pub const TESTNET: Self = Self(0x8000_0000);
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// Whether a transaction is for mainnet or for a test network; it decides the addresses of its signers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionVersion {
    /// Mainnet, byte 0x00.
    Mainnet,
    /// Any test network, byte 0x80.
    Testnet,
}

impl TransactionVersion {
    /// The byte that a serialised transaction begins with.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Mainnet => 0x00,
            Self::Testnet => 0x80,
        }
    }

    /// What a node makes of any byte: only the highest bit counts.
    pub const fn from_byte(byte: u8) -> Self {
        if byte & 0x80 == 0 { Self::Mainnet } else { Self::Testnet }
    }

    /// The version of addresses with one key (P2PKH).
    pub const fn single_sig(self) -> AddressVersion {
        match self {
            Self::Mainnet => AddressVersion::MAINNET_SINGLE_SIG,
            Self::Testnet => AddressVersion::TESTNET_SINGLE_SIG,
        }
    }

    /// The version of all other addresses: with several keys, and segwit ones.
    pub const fn multi_sig(self) -> AddressVersion {
        match self {
            Self::Mainnet => AddressVersion::MAINNET_MULTI_SIG,
            Self::Testnet => AddressVersion::TESTNET_MULTI_SIG,
        }
    }
}

/// A chain and the addresses that belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network {
    /// The chain's number.
    pub chain_id: ChainId,
    /// Which kind of addresses and transactions it has.
    pub version: TransactionVersion,
}

impl Network {
    /// Mainnet.
    pub const MAINNET: Self = Self { chain_id: ChainId::MAINNET, version: TransactionVersion::Mainnet };
    /// The primary testnet. A local devnet has the same chain id.
    pub const TESTNET: Self = Self { chain_id: ChainId::TESTNET, version: TransactionVersion::Testnet };

    /// Whether real money is at stake.
    pub const fn is_mainnet(self) -> bool {
        matches!(self.version, TransactionVersion::Mainnet)
    }
}
