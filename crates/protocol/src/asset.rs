//! What backs policies, and amounts of it.

use core::fmt;

use crate::arith::{self, Overflow};
use crate::wire::decimal_string;
use crate::{AmountError, MicroStx, Sats, UsdE8};

/// What a bucket holds, and what its policies are paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Asset {
    /// sBTC, in satoshis. It is taken to be worth one BTC.
    #[serde(rename = "sbtc")]
    Sbtc,
    /// STX, in micro-STX.
    #[serde(rename = "stx")]
    Stx,
}

impl Asset {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sbtc, Self::Stx];

    /// The number that the pool's table of collateral tokens has for it.
    #[must_use]
    pub const fn code(self) -> u128 {
        match self {
            Self::Sbtc => 1,
            Self::Stx => 2,
        }
    }

    /// The asset with a number of the pool's table.
    #[must_use]
    pub const fn from_code(code: u128) -> Option<Self> {
        match code {
            1 => Some(Self::Sbtc),
            2 => Some(Self::Stx),
            _ => None,
        }
    }

    /// The symbol of a whole unit.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Sbtc => Sats::SYMBOL,
            Self::Stx => MicroStx::SYMBOL,
        }
    }

    /// What `amount` is worth, rounded down, at the prices of one BTC and one STX.
    ///
    /// # Errors
    /// [`Overflow`] above 2^128.
    pub fn worth(self, amount: TokenAmount, btc: UsdE8, stx: UsdE8) -> Result<UsdE8, Overflow> {
        let (price, whole) = match self {
            Self::Sbtc => (btc, 100_000_000),
            Self::Stx => (stx, 1_000_000),
        };
        Ok(UsdE8::new(arith::mul(amount.base_units(), price.base_units())? / whole))
    }

    /// Exact, grouped, with the symbol: `0.015 sBTC`.
    #[must_use]
    pub fn show(self, amount: TokenAmount) -> String {
        match self {
            Self::Sbtc => amount.as_sbtc().to_string(),
            Self::Stx => amount.as_stx().to_string(),
        }
    }
}

impl fmt::Display for Asset {
    /// The symbol.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.symbol())
    }
}

/// An amount in the smallest unit of a token that stands beside it: satoshis of sBTC, micro-STX of STX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenAmount(u128);

impl TokenAmount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of so many base units.
    #[must_use]
    pub const fn new(base_units: u128) -> Self {
        Self(base_units)
    }

    /// How many base units.
    #[must_use]
    pub const fn base_units(self) -> u128 {
        self.0
    }

    /// The amount, if the token is sBTC.
    #[must_use]
    pub const fn as_sbtc(self) -> Sats {
        Sats::new(self.0)
    }

    /// The amount, if the token is STX.
    #[must_use]
    pub const fn as_stx(self) -> MicroStx {
        MicroStx::new(self.0)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`AmountError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountError::Overflow)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`AmountError::Underflow`] if `other` is larger.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountError::Underflow)
    }

    /// The difference, or nothing if `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<Sats> for TokenAmount {
    fn from(amount: Sats) -> Self {
        Self(amount.base_units())
    }
}

impl From<MicroStx> for TokenAmount {
    fn from(amount: MicroStx) -> Self {
        Self(amount.base_units())
    }
}

decimal_string!(TokenAmount, u128);
