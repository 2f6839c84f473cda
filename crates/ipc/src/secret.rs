//! What crosses between the core and the window of secrets, and nowhere else: the main window has no command that takes or gives
//! any of it. Nothing here can be printed, compared or cloned.

use serde::{Deserialize, Serialize};

use crate::Notice;

/// What the window of secrets was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretTask {
    /// Make a wallet: words are shown, checked, and a passphrase is chosen.
    Create,
    /// Bring the words of a wallet that there is.
    Import,
    /// Unlock the keys.
    Unlock,
    /// Change the passphrase.
    ChangePassphrase,
    /// Show the words again.
    Reveal,
}

/// How far the window of secrets is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretView {
    /// What it is for.
    pub task: SecretTask,
    /// Whether the operating system's keychain can be used; if not, the person has to agree to do without.
    pub keychain: KeychainState,
    /// The least number of characters of a passphrase.
    pub shortest_passphrase: u32,
    /// How many tasks the network is left with when keys change: questions and transactions that wait.
    pub waiting: u32,
}

/// The operating system's keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    /// It works.
    Usable,
    /// It does not.
    Unusable {
        /// Why, and what doing without means.
        notice: Notice,
    },
}

/// How many words a new wallet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordCount {
    /// 12.
    Twelve,
    /// 24.
    TwentyFour,
}

/// Words to be written down.
#[derive(Serialize, Deserialize)]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct SecretWords {
    /// In their order.
    pub words: Vec<String>,
    /// The places, counted from 1, of those that will be asked for.
    pub asked: Vec<u32>,
}

/// The proof that the words were written down, and the passphrase for the key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct SecretCreation {
    /// The words that were asked for, in the order of their places.
    pub answers: Vec<String>,
    /// The passphrase.
    pub passphrase: String,
    /// Whether the person agreed to do without a keychain.
    pub without_keychain: bool,
}

/// A wallet's words, and the passphrase for the key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct SecretImport {
    /// The words as they were typed.
    pub words: String,
    /// The passphrase.
    pub passphrase: String,
    /// Whether the person agreed to do without a keychain.
    pub without_keychain: bool,
}

/// A passphrase.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct SecretPassphrase {
    /// As it was typed.
    pub passphrase: String,
}

/// Another passphrase.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct SecretChange {
    /// The one in force.
    pub present: String,
    /// The new one.
    pub new: String,
    /// Whether somebody else may know the one in force, so that nothing that it opens may stay.
    pub is_known_to_others: bool,
    /// Whether the person agreed to do without a keychain.
    pub without_keychain: bool,
}

/// How a task of the window of secrets ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretDone {
    /// What has to be said about it, such as that the keychain is not used, or that the passphrase from before the last change opened
    /// the wallet; usually nothing.
    pub notices: Vec<Notice>,
}
