//! What transactions do.

use std::fmt;

use crate::address::{ContractId, Principal};
use crate::clarity::Value;
use crate::name::{ClarityName, ContractName};
use crate::units::MicroStx;

/// A version of the Clarity language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClarityVersion(u8);

impl ClarityVersion {
    /// The first.
    pub const CLARITY_1: Self = Self(1);
    /// Since epoch 2.1.
    pub const CLARITY_2: Self = Self(2);
    /// Since epoch 3.0.
    pub const CLARITY_3: Self = Self(3);
    /// Since epoch 3.3.
    pub const CLARITY_4: Self = Self(4);
    /// Since epoch 3.4.
    pub const CLARITY_5: Self = Self(5);
    /// Since epoch 4.0.
    pub const CLARITY_6: Self = Self(6);
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CLARITY_1,
        Self::CLARITY_2,
        Self::CLARITY_3,
        Self::CLARITY_4,
        Self::CLARITY_5,
        Self::CLARITY_6,
    ];

    /// The version for its number, from 1 to 6.
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= 6 { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for ClarityVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clarity {}", self.0)
    }
}

/// A text that does not fit into a memo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a memo has at most 34 bytes, this one has {0}")]
pub struct MemoError(usize);

/// 34 bytes that go with a token transfer; often a short text, filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Memo(pub [u8; 34]);

impl Memo {
    /// No memo.
    pub const EMPTY: Self = Self([0; 34]);

    /// A text of at most 34 bytes.
    pub fn text(text: &str) -> Result<Self, MemoError> {
        let mut memo = Self::EMPTY;
        memo.0.get_mut(..text.len()).ok_or(MemoError(text.len()))?.copy_from_slice(text.as_bytes());
        Ok(memo)
    }

    /// Whether it is all zeros.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The header of a microblock, as proof against a miner of old. Only told apart, not looked into further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicroblockHeader(pub [u8; 132]);

impl MicroblockHeader {
    pub(super) fn sequence(&self) -> &[u8] {
        &self.0[1..3]
    }

    pub(super) fn parent(&self) -> &[u8] {
        &self.0[3..35]
    }

    pub(super) fn recovery_id(&self) -> u8 {
        self.0[67]
    }
}

/// What a transaction does.
///
/// The last five kinds are made by miners. They are read, so that they can be refused or shown for what they are, and
/// their contents are kept as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Sends STX.
    TokenTransfer {
        /// Who gets it.
        recipient: Principal,
        /// How much.
        amount: MicroStx,
        /// A note.
        memo: Memo,
    },
    /// Calls a public function.
    ContractCall {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: ClarityName,
        /// The arguments.
        args: Vec<Value>,
    },
    /// Deploys a contract under the origin's address.
    SmartContract {
        /// Its name.
        name: ContractName,
        /// Its source: printable ASCII, tabs and line feeds.
        source: String,
        /// The language version; without, the one that is current when it is mined.
        clarity_version: Option<ClarityVersion>,
    },
    /// Proves that a miner produced two microblocks in one place.
    PoisonMicroblock {
        /// One.
        first: Box<MicroblockHeader>,
        /// The other.
        second: Box<MicroblockHeader>,
    },
    /// Pays the block reward to the miner.
    Coinbase {
        /// Free use.
        data: [u8; 32],
    },
    /// Pays the block reward to somebody else.
    CoinbaseToAltRecipient {
        /// Free use.
        data: [u8; 32],
        /// Who gets it.
        recipient: Principal,
    },
    /// Pays the block reward, since epoch 3.0.
    NakamotoCoinbase {
        /// Free use.
        data: [u8; 32],
        /// Who gets it, if not the miner.
        recipient: Option<Principal>,
        /// The proof of the miner's randomness; not verified here.
        vrf_proof: Box<[u8; 80]>,
    },
    /// Begins or extends a miner's tenure.
    TenureChange {
        /// The serialised payload; not looked into further.
        data: Box<[u8; 117]>,
    },
}

impl Payload {
    /// Whether only miners make it, so that it has no place in a mempool.
    pub const fn is_miner_only(&self) -> bool {
        matches!(
            self,
            Self::Coinbase { .. }
                | Self::CoinbaseToAltRecipient { .. }
                | Self::NakamotoCoinbase { .. }
                | Self::TenureChange { .. }
        )
    }
}
