//! Sealing what a person said yes to, so that it is known again after a restart.
//!
//! A seal is HMAC-SHA-256 over a text, with a key that comes from the mnemonic and from what is sealed. Whoever writes into the data
//! folder without the keys cannot make one, and one of another wallet, or of another purpose, does not fit. It does not say *when* a text
//! was sealed: an old text with its old seal is taken, so that whatever must end carries its own end.

use std::fmt;
use std::str::FromStr;

use hmac::Mac as _;

use super::{Wallet, WalletError};
use crate::idle::Moment;

/// What something is sealed as. A seal of one purpose is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sealed {
    /// What the keeper may sign alone.
    KeeperOrder,
    /// A network that may be signed for.
    Network,
}

impl Sealed {
    const fn purpose(self) -> &'static str {
        match self {
            Self::KeeperOrder => "orders of the keeper",
            Self::Network => "networks",
        }
    }
}

/// A seal, written as 64 hexadecimal digits. Not secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seal([u8; 32]);

impl fmt::Display for Seal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

/// A text that is no seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a seal has 64 hexadecimal digits")]
pub struct NoSeal;

impl FromStr for Seal {
    type Err = NoSeal;

    fn from_str(text: &str) -> Result<Self, NoSeal> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NoSeal)?;
        Ok(Self(bytes))
    }
}

impl Wallet {
    /// Seals a text. It locks itself first if that is due.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::Absent`].
    pub fn seal_text(&self, what: Sealed, text: &[u8], now: Moment) -> Result<Seal, WalletError> {
        self.with_seal_key(now, |key| Seal(key.note(what.purpose(), text).finalize().into_bytes().into()))
    }

    /// Whether these keys sealed this text as that. It locks itself first if that is due.
    ///
    /// # Errors
    /// [`WalletError::Locked`], [`WalletError::Absent`]: it is not known then.
    pub fn has_sealed(
        &self,
        what: Sealed,
        text: &[u8],
        seal: Seal,
        now: Moment,
    ) -> Result<bool, WalletError> {
        // Compared in constant time, as seals are.
        self.with_seal_key(now, |key| key.note(what.purpose(), text).verify_slice(&seal.0).is_ok())
    }

    fn with_seal_key<T>(
        &self,
        now: Moment,
        seal: impl FnOnce(&crate::accounts::SealKey) -> T,
    ) -> Result<T, WalletError> {
        let mut inner = self.inner();
        inner.tick(now);
        match (&inner.unlocked, inner.has_key_file) {
            (Some(open), _) => Ok(seal(&open.seal)),
            (None, true) => Err(WalletError::Locked),
            (None, false) => Err(WalletError::Absent),
        }
    }
}
