//! Everything that holds a secret of the user. Keys never leave it: others ask it to sign.
//!
//! * [`Wallet`] — create, unlock, sign, lock: what everything is used through.
//! * [`Mnemonic`], [`WordCheck`] — making, reading, verifying by re-entry.
//! * [`mod@file`] — the encrypted key file, [`folder`] — how files survive what happens to a machine.
//! * [`keychain`] — the operating system's keychain, and the trait in front of it.
//! * [`accounts`] — the public list of accounts, and what it is worth while the wallet is locked.
//!
//! # Secrets
//!
//! Mnemonics, passphrases, keychain secrets, seeds and keys are in types without `Debug`, `Clone` or serialisation, and are
//! overwritten when dropped. That is best effort: compilers move values, and the curve and hash libraries work on copies
//! of their own. Memory is not locked, so that the operating system may write it to its swap space. No error says what a
//! secret is, only where it is wrong.
//!
//! # Time and randomness
//!
//! Time is passed in ([`Moment`]); randomness comes from the operating system, through a trait.

pub mod accounts;
pub mod file;
pub mod folder;
mod idle;
pub mod keychain;
mod mnemonic;
mod passphrase;
mod random;
mod wallet;

pub use accounts::{Account, AccountId, AccountsError};
pub use file::{KdfCost, KeyFileError};
pub use folder::FolderError;
pub use idle::{AutoLock, Moment};
#[cfg(any(test, feature = "test-cost"))]
pub use keychain::MemoryKeychain;
pub use keychain::{EntryId, Keychain, KeychainError, KeychainSecret, OsKeychain, probe};
pub use mnemonic::{Mnemonic, MnemonicError, ReentryError, WordCheck, WordCount, suggestions};
pub use passphrase::{MAX_PASSPHRASE_BYTES, MIN_PASSPHRASE_CHARACTERS, Passphrase, PassphraseError};
pub use random::{OsRandomness, Randomness, RandomnessError};
pub use wallet::{
    Created, ExportedWords, NoSeal, OpenedWith, PreviousKeyFile, Protection, Seal, Sealed, SignError, Wallet,
    WalletError, WalletState, WithoutKeychain,
};
