//! The operating system's keychain, which holds the second half of what opens the key file.
//!
//! The passphrase can be guessed by whoever copies the key file; the keychain's random secret cannot. So a copied disk, or
//! a backup of the wallet's folder, is worth nothing without the keychain, and the keychain nothing without the passphrase.
//!
//! **These calls block**: on D-Bus, and on the person who is asked to unlock the keychain. In asynchronous programs they go
//! to a thread that may block (`tokio::task::spawn_blocking`).

use std::fmt;

use zeroize::Zeroizing;

use crate::random::{self, Randomness, RandomnessError};

/// The name of an entry in the keychain: random, not secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId([u8; 16]);

impl EntryId {
    pub(crate) fn random(source: &dyn Randomness) -> Result<Self, RandomnessError> {
        random::public(source).map(Self)
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Any name, for testing a keychain.
    #[cfg(any(test, feature = "test-cost"))]
    pub const fn for_tests(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// From what `Display` writes.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 32 random bytes that are kept in the keychain. Overwritten when dropped. No `Debug`, no `Clone`, not serialisable.
pub struct KeychainSecret(Box<Zeroizing<[u8; 32]>>);

impl KeychainSecret {
    pub(crate) fn random(source: &dyn Randomness) -> Result<Self, RandomnessError> {
        random::secret(source).map(Self)
    }

    /// From what a keychain gave. `None` unless these are 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut secret = Box::new(Zeroizing::new([0; 32]));
        if bytes.len() != secret.len() {
            return None;
        }
        secret.copy_from_slice(bytes);
        Some(Self(secret))
    }

    /// The bytes, for whoever implements [`Keychain`].
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why the keychain does not do what it was asked. The key file was not touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeychainError {
    /// There is none: no session bus, or no service that answers. Start one (for example GNOME Keyring or KWallet) and then
    /// BitHedge again, or protect the key by the passphrase alone.
    #[error("this session has no keychain: {reason}")]
    NoKeychain {
        /// What the system said.
        reason: String,
    },
    /// It is locked, and unlocking it was refused or cancelled. Unlock it, then try again.
    #[error("the keychain is locked: {reason}")]
    Locked {
        /// What the system said.
        reason: String,
    },
    /// The entry is not there; or the keychain is locked and hides what it holds, as some do. Unlock it and try again. Only
    /// if that does not help, the entry was deleted, or the key file comes from another machine or user: import the words
    /// again.
    #[error(
        "the keychain shows no entry {entry}, which the key file needs: it is locked, or the entry is gone"
    )]
    EntryMissing {
        /// The entry's name.
        entry: EntryId,
    },
    /// The entry is there and is not what was stored. Import the words again.
    #[error("the keychain's entry {entry} is not what BitHedge stored there")]
    EntryAltered {
        /// The entry's name.
        entry: EntryId,
    },
    /// Something else went wrong in the keychain. Try again; if it stays so, start BitHedge again: a Secret Service that was
    /// started anew answers only to programs that were started after it.
    #[error("the keychain failed: {reason}")]
    Other {
        /// What the system said.
        reason: String,
    },
}

/// Keeps secrets by their name, for the user who is logged in. Implementations block; see the module.
pub trait Keychain: Send + Sync {
    /// The secret of an entry.
    ///
    /// # Errors
    /// [`KeychainError::EntryMissing`] if there is no such entry.
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError>;

    /// Stores a secret; replaces the one of that name.
    ///
    /// # Errors
    /// It is not stored.
    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError>;

    /// Deletes an entry; one that is not there is deleted already. A locked keychain that hides its entries looks the same:
    /// what must be gone is deleted right after another entry was read.
    ///
    /// # Errors
    /// It may still be there.
    fn delete(&self, entry: EntryId) -> Result<(), KeychainError>;
}

/// Whether a keychain keeps secrets at the moment: stores one that means nothing, reads it and deletes it again. It blocks, as every
/// call of a keychain, and may have a person asked to unlock it.
///
/// # Errors
/// It cannot be used, or does not give back what it was given; the entry may be left, and opens nothing.
pub fn probe(keychain: &dyn Keychain, source: &dyn Randomness) -> Result<(), KeychainError> {
    let no_randomness = |error: RandomnessError| KeychainError::Other { reason: error.to_string() };
    let entry = EntryId::random(source).map_err(no_randomness)?;
    let secret = KeychainSecret::random(source).map_err(no_randomness)?;
    keychain.set(entry, &secret)?;
    let kept = keychain.get(entry)?;
    keychain.delete(entry)?;
    if kept.as_bytes() == secret.as_bytes() { Ok(()) } else { Err(KeychainError::EntryAltered { entry }) }
}

/// The operating system's own: the Secret Service on Linux and BSD, Keychain on macOS, Credential Manager on Windows.
///
/// Whether there is one is found out at the first call and holds for the life of the process: a session bus that appears
/// later is seen after a restart. (That is how `keyring` does it.) On Windows entries are stored with that library's default,
/// "enterprise": where a company's domain makes user profiles roam, the entry goes where the profile goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsKeychain;

impl OsKeychain {
    /// Under which entries are listed in the user's keychain program.
    const SERVICE: &'static str = "BitHedge";

    fn entry(entry: EntryId) -> Result<keyring::Entry, KeychainError> {
        if let Err(error) = keyring::Entry::store_status() {
            return Err(KeychainError::NoKeychain { reason: described(error) });
        }
        keyring::Entry::new(Self::SERVICE, &entry.to_string()).map_err(|error| told(entry, &error))
    }
}

impl Keychain for OsKeychain {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        let secret = Self::entry(entry)?.get_secret().map_err(|error| told(entry, &error))?;
        KeychainSecret::from_bytes(&Zeroizing::new(secret)).ok_or(KeychainError::EntryAltered { entry })
    }

    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        Self::entry(entry)?.set_secret(secret.as_bytes()).map_err(|error| told(entry, &error))
    }

    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        match Self::entry(entry)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(told(entry, &error)),
        }
    }
}

/// Sorts the library's errors into ours. Nothing of them is kept but text: some of its variants hold what was stored.
fn told(entry: EntryId, error: &keyring::Error) -> KeychainError {
    use keyring::Error;
    match error {
        Error::NoEntry => KeychainError::EntryMissing { entry },
        Error::NoStorageAccess(_) => KeychainError::Locked { reason: described(error) },
        Error::NoDefaultStore => KeychainError::NoKeychain { reason: described(error) },
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => {
            KeychainError::EntryAltered { entry }
        }
        _ => KeychainError::Other { reason: described(error) },
    }
}

/// The library's words, for the variants whose words hold no secret.
fn described(error: &keyring::Error) -> String {
    use keyring::Error;
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => {
            "an entry has an unexpected form".to_owned()
        }
        _ => error.to_string(),
    }
}

/// A keychain that is a map in memory, for tests. It can be told to fail.
#[cfg(any(test, feature = "test-cost"))]
#[derive(Default)]
pub struct MemoryKeychain {
    entries: std::sync::Mutex<std::collections::BTreeMap<EntryId, [u8; 32]>>,
    failure: std::sync::Mutex<Option<KeychainError>>,
}

#[cfg(any(test, feature = "test-cost"))]
impl MemoryKeychain {
    /// Every call fails so from now on, or none does.
    pub fn fail_with(&self, failure: Option<KeychainError>) {
        *self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = failure;
    }

    /// The entries that are there.
    pub fn entries(&self) -> Vec<EntryId> {
        self.map().keys().copied().collect()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<EntryId, [u8; 32]>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), KeychainError> {
        let failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failure.clone().map_or(Ok(()), Err)
    }
}

#[cfg(any(test, feature = "test-cost"))]
impl Keychain for MemoryKeychain {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        self.check()?;
        let found = self.map().get(&entry).copied().ok_or(KeychainError::EntryMissing { entry })?;
        KeychainSecret::from_bytes(&found).ok_or(KeychainError::EntryAltered { entry })
    }

    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        self.check()?;
        self.map().insert(entry, *secret.as_bytes());
        Ok(())
    }

    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        self.check()?;
        self.map().remove(&entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::random::OsRandomness;

    /// Gives back something else than it was given.
    struct Forgetful(MemoryKeychain);

    impl Keychain for Forgetful {
        fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
            self.0.get(entry)?;
            Ok(KeychainSecret::from_bytes(&[7; 32]).unwrap())
        }
        fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
            self.0.set(entry, secret)
        }
        fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
            self.0.delete(entry)
        }
    }

    #[test]
    fn a_probe_leaves_nothing_and_tells_what_is_wrong() {
        let keychain = MemoryKeychain::default();
        assert_eq!(probe(&keychain, &OsRandomness), Ok(()));
        assert_eq!(keychain.entries(), []);
        let locked = KeychainError::Locked { reason: "nobody is there".to_owned() };
        keychain.fail_with(Some(locked.clone()));
        assert_eq!(probe(&keychain, &OsRandomness), Err(locked));
        let forgetful = Forgetful(MemoryKeychain::default());
        assert!(matches!(probe(&forgetful, &OsRandomness), Err(KeychainError::EntryAltered { .. })));
        assert_eq!(forgetful.0.entries(), []);
    }
}
