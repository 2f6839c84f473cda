//! What must hold about transfers for a transaction to have its effect.

use crate::address::{Address, ContractId};
use crate::clarity::Value;
use crate::name::ClarityName;
use crate::units::MicroStx;

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $byte:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $name {
            /// All of them, in the order of their bytes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The byte in serialised transactions.
            pub const fn to_byte(self) -> u8 {
                match self {
                    $(Self::$variant => $byte,)*
                }
            }

            /// The variant for a byte.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// What happens to transfers that no post-condition names.
    PostConditionMode {
        /// They are allowed.
        Allow = 0x01,
        /// They undo the transaction.
        Deny = 0x02,
        /// They undo the transaction if they are the origin's, and are allowed for others (SIP-040).
        Originator = 0x03,
    }
}

codes! {
    /// How the amount that was sent compares with the amount in the condition.
    FungibleCode {
        /// Exactly as much.
        Eq = 0x01,
        /// More.
        Gt = 0x02,
        /// As much or more.
        Ge = 0x03,
        /// Less.
        Lt = 0x04,
        /// As much or less.
        Le = 0x05,
    }
}

impl FungibleCode {
    /// What stands before the amount in a sentence: "exactly", "at most".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Eq => "exactly",
            Self::Gt => "more than",
            Self::Ge => "at least",
            Self::Lt => "less than",
            Self::Le => "at most",
        }
    }

    /// Whether the condition holds for what was sent.
    pub const fn holds(self, sent: u128, amount: u64) -> bool {
        let amount = amount as u128;
        match self {
            Self::Eq => sent == amount,
            Self::Gt => sent > amount,
            Self::Ge => sent >= amount,
            Self::Lt => sent < amount,
            Self::Le => sent <= amount,
        }
    }
}

codes! {
    /// What must happen to a non-fungible token.
    NonFungibleCode {
        /// The principal sends it.
        Sends = 0x10,
        /// The principal does not send it.
        DoesNotSend = 0x11,
        /// Either: it names the token, so that sending it is not undone in deny mode (SIP-040).
        MaySend = 0x12,
    }
}

impl NonFungibleCode {
    /// Whether the condition holds, given whether the token was sent.
    pub const fn holds(self, sent: bool) -> bool {
        match self {
            Self::Sends => sent,
            Self::DoesNotSend => !sent,
            Self::MaySend => true,
        }
    }
}

codes! {
    /// What must happen to a principal's stacking position (SIP-044).
    PoxCode {
        /// It is not changed.
        NotPerformed = 0x30,
        /// Either: it is named, so that a change is not undone in deny mode.
        MayPerform = 0x31,
        /// It is changed.
        Performed = 0x32,
    }
}

impl PoxCode {
    /// Whether the condition holds, given whether the position was changed or a change was tried.
    pub const fn holds(self, performed: bool) -> bool {
        match self {
            Self::NotPerformed => !performed,
            Self::MayPerform => true,
            Self::Performed => performed,
        }
    }
}

/// Whose transfers a post-condition is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PostConditionPrincipal {
    /// Whoever the origin is.
    Origin,
    /// An account.
    Standard(Address),
    /// A contract.
    Contract(ContractId),
}

impl From<Address> for PostConditionPrincipal {
    fn from(address: Address) -> Self {
        Self::Standard(address)
    }
}

impl From<ContractId> for PostConditionPrincipal {
    fn from(contract: ContractId) -> Self {
        Self::Contract(contract)
    }
}

/// A token: the contract that defines it, and its name there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetInfo {
    /// The contract.
    pub contract: ContractId,
    /// The name given to `define-fungible-token` or `define-non-fungible-token`.
    pub asset: ClarityName,
}

/// `contract::asset`, as nodes and the API write it.
impl std::fmt::Display for AssetInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.contract, self.asset)
    }
}

/// A condition that a transaction's transfers must meet, or else all of it is undone but the fee.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PostCondition {
    /// How much STX somebody sends.
    Stx {
        /// Whose transfers.
        principal: PostConditionPrincipal,
        /// The comparison.
        code: FungibleCode,
        /// The amount compared with.
        amount: MicroStx,
    },
    /// How much of a token somebody sends.
    Fungible {
        /// Whose transfers.
        principal: PostConditionPrincipal,
        /// The token.
        asset: AssetInfo,
        /// The comparison.
        code: FungibleCode,
        /// The amount compared with, in the token's smallest unit.
        amount: u64,
    },
    /// Whether somebody sends a certain non-fungible token.
    NonFungible {
        /// Whose transfers.
        principal: PostConditionPrincipal,
        /// The kind of token.
        asset: AssetInfo,
        /// Which one.
        value: Value,
        /// What must happen to it.
        code: NonFungibleCode,
    },
    /// How much STX somebody locks for stacking (SIP-044).
    Staking {
        /// Whose locks.
        principal: PostConditionPrincipal,
        /// The comparison.
        code: FungibleCode,
        /// The amount compared with.
        amount: MicroStx,
    },
    /// Whether somebody's stacking position is changed (SIP-044).
    Pox {
        /// Whose position.
        principal: PostConditionPrincipal,
        /// What must happen to it.
        code: PoxCode,
    },
}

impl PostCondition {
    /// Whom it is about.
    pub const fn principal(&self) -> &PostConditionPrincipal {
        match self {
            Self::Stx { principal, .. }
            | Self::Fungible { principal, .. }
            | Self::NonFungible { principal, .. }
            | Self::Staking { principal, .. }
            | Self::Pox { principal, .. } => principal,
        }
    }
}
