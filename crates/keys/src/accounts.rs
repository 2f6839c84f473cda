//! The list of accounts: labels, public keys, addresses. Nothing secret, so that it can be shown while the wallet is locked.
//!
//! # What it is worth
//!
//! Whoever can write into the folder could put an address of their own into the list, and money would be sent there. So
//! derived accounts are recorded with their public keys, which are compared at every unlock with what the mnemonic
//! derives; and the whole list, labels and watched addresses included, carries a seal: HMAC-SHA256 under a key that comes
//! from the mnemonic. While the wallet is locked neither can be checked, and [`Account::is_verified`] says so. What a seal
//! cannot notice is an older list of the same wallet put in place of the present one. Without a key file there is no seal.

use bithedge_stacks::address::AddressError;
use bithedge_stacks::{Address, PublicKey, Seed, TransactionVersion};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::mnemonic::Mnemonic;

/// The format that is written, and the newest that is read.
const VERSION: u32 = 1;

/// The most accounts of both kinds together.
pub const MAX_ACCOUNTS: usize = 1000;

/// The longest label, in characters.
pub const MAX_LABEL_CHARACTERS: usize = 64;

/// More than a full list has: 1,000 accounts with labels of 64 characters, each escaped.
pub(crate) const MAX_FILE_BYTES: usize = 2 * 1024 * 1024;

/// Which account. It stays the same as long as the account is in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountId {
    /// The account of that number, counted from 0, of the wallet's mnemonic.
    Derived(u32),
    /// An address that is only watched.
    WatchOnly(Address),
}

/// An account as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    id: AccountId,
    label: String,
    public_key: Option<PublicKey>,
    is_verified: bool,
}

impl Account {
    /// Which one.
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// What its owner calls it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its public key, which transactions are built for; unknown for a watched address.
    pub const fn public_key(&self) -> Option<&PublicKey> {
        self.public_key.as_ref()
    }

    /// Its address on that kind of network. A watched address has one on its own kind only.
    pub fn address(&self, version: TransactionVersion) -> Option<Address> {
        match (self.id, &self.public_key) {
            (AccountId::WatchOnly(address), _) => belongs_to(address, version).then_some(address),
            (AccountId::Derived(_), key) => key.map(|key| key.address(version)),
        }
    }

    /// Whether the list was checked against the mnemonic: only while the wallet is unlocked. Before that, do not present
    /// an address as the user's own to receive money at.
    pub const fn is_verified(&self) -> bool {
        self.is_verified
    }
}

/// What is wrong with the list of accounts. The key file is not concerned: the money is where it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// There is a key file and no list. Restore the list from the mnemonic ([`Wallet::restore_accounts`]).
    ///
    /// [`Wallet::restore_accounts`]: crate::Wallet::restore_accounts
    #[error("the list of accounts is missing")]
    Missing,
    /// It cannot be read. Restore it from the mnemonic; watched addresses have to be entered again.
    #[error("the list of accounts is damaged: {0}")]
    Damaged(String),
    /// It was written by a newer BitHedge: install that.
    #[error("the list of accounts has format {found}; this BitHedge knows formats up to {known}")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// Somebody changed it: a public key is not the mnemonic's, or the seal does not fit. **Send nothing to an address
    /// from it.** Restore it from the mnemonic, check every watched address, and ask who can write to this folder.
    #[error("the list of accounts was altered: it is not the one that this wallet wrote")]
    Altered,
    /// There is no such account.
    #[error("there is no account {}", id_text(*.0))]
    Unknown(AccountId),
    /// The address is in the list already, as watched or as one's own.
    #[error("the address {0} is in the list already")]
    Duplicate(Address),
    /// The text is no address. It is not repeated: it may be words or a passphrase in the wrong field.
    #[error("that is no Stacks address")]
    NotAnAddress,
    /// The text is this address in another spelling. Compare it with where it comes from, and enter it as it is here.
    #[error("that is not the usual spelling of the address {0}")]
    NotCanonical(Address),
    /// The address belongs to the other kind of network: SP and SM are mainnet's, ST and SN the test networks'.
    #[error("the address {address} belongs to {}, not to {}", kind(other(*.expected)), kind(*.expected))]
    OtherNetwork {
        /// The address.
        address: Address,
        /// The kind of network that was meant.
        expected: TransactionVersion,
    },
    /// The label is empty, too long, or holds characters that make it look like something else.
    #[error(
        "a label has 1 to {MAX_LABEL_CHARACTERS} characters, no line breaks and no marks that reverse the direction of text"
    )]
    Label,
    /// There are [`MAX_ACCOUNTS`].
    #[error("there are {MAX_ACCOUNTS} accounts already, more are not kept")]
    Full,
    /// Derived accounts stay: their money would not go away with them.
    #[error("only watched addresses can be removed from the list")]
    NotWatchOnly,
}

fn id_text(id: AccountId) -> String {
    match id {
        AccountId::Derived(index) => format!("number {index}"),
        AccountId::WatchOnly(address) => address.to_string(),
    }
}

const fn kind(version: TransactionVersion) -> &'static str {
    match version {
        TransactionVersion::Mainnet => "mainnet",
        TransactionVersion::Testnet => "test networks",
    }
}

const fn other(version: TransactionVersion) -> TransactionVersion {
    match version {
        TransactionVersion::Mainnet => TransactionVersion::Testnet,
        TransactionVersion::Testnet => TransactionVersion::Mainnet,
    }
}

const fn belongs_to(address: Address, version: TransactionVersion) -> bool {
    match version {
        TransactionVersion::Mainnet => address.is_mainnet(),
        TransactionVersion::Testnet => address.is_testnet(),
    }
}

/// What seals the list: derived from the mnemonic's randomness, and useless for anything else.
pub(crate) struct SealKey(Box<Zeroizing<[u8; 32]>>);

impl SealKey {
    pub(crate) fn of(mnemonic: &Mnemonic) -> Self {
        let (entropy, count) = mnemonic.entropy();
        let entropy = entropy.get(..count.entropy_bytes()).unwrap_or_default();
        let mut key = Box::new(Zeroizing::new([0; 32]));
        let derived: [u8; 32] =
            mac(entropy, b"BitHedge: the key that seals the list of accounts").finalize().into_bytes().into();
        key.copy_from_slice(Zeroizing::new(derived).as_slice());
        Self(key)
    }
}

impl SealKey {
    /// The seal of something else than the list, whose own bytes begin with a bracket: no seal of one is one of the other, and none of one
    /// purpose one of another.
    pub(crate) fn note(&self, purpose: &str, text: &[u8]) -> Hmac<Sha256> {
        let label = format!("BitHedge: the key that seals {purpose}");
        let derived: [u8; 32] = mac(self.0.as_slice(), label.as_bytes()).finalize().into_bytes().into();
        mac(Zeroizing::new(derived).as_slice(), text)
    }
}

fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length: the type cannot say so, and falls back to a key of zeros that never is used.
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key)
        .unwrap_or_else(|_| <Hmac<Sha256> as Mac>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    mac.update(message);
    mac
}

/// One account in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Record {
    Derived { index: u32, label: String, public_key: String },
    WatchOnly { address: Address, label: String },
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    accounts: Vec<Record>,
    /// Over version and accounts; none if there is no key file.
    seal: Option<String>,
}

/// The list in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AccountList {
    accounts: Vec<Account>,
    seal: Option<[u8; 32]>,
}

impl AccountList {
    /// Reads a file's bytes, from anybody.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AccountsError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |error: serde_json::Error| {
            AccountsError::Damaged(format!("line {}, column {}", error.line(), error.column()))
        };
        let Version { version: found } = serde_json::from_slice(bytes).map_err(damaged)?;
        if found > VERSION {
            return Err(AccountsError::Newer { found, known: VERSION });
        }
        if found == 0 {
            return Err(AccountsError::Damaged("format 0".to_owned()));
        }
        let document: Document = serde_json::from_slice(bytes).map_err(damaged)?;
        let mut list = Self::default();
        for record in document.accounts {
            let account = record.into_account()?;
            if list.accounts.iter().any(|other| other.is_same_as(&account)) {
                return Err(AccountsError::Damaged("an account is there twice".to_owned()));
            }
            if list.accounts.len() >= MAX_ACCOUNTS {
                return Err(AccountsError::Damaged("too many accounts".to_owned()));
            }
            list.accounts.push(account);
        }
        if let Some(text) = document.seal {
            let mut seal = [0; 32];
            hex::decode_to_slice(&text, &mut seal)
                .map_err(|_| AccountsError::Damaged("its seal is no seal".to_owned()))?;
            list.seal = Some(seal);
        }
        Ok(list)
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let document =
            Document { version: VERSION, accounts: self.records(), seal: self.seal.map(hex::encode) };
        // Text, numbers and lists always are JSON.
        let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn records(&self) -> Vec<Record> {
        self.accounts.iter().map(Record::of).collect()
    }

    /// What the seal covers: the content, however the file is laid out.
    pub(crate) fn sealed_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&(VERSION, self.records())).unwrap_or_default()
    }

    /// The same list, sealed.
    pub(crate) fn sealed(mut self, key: &SealKey) -> Self {
        self.seal = Some(mac(key.0.as_slice(), &self.sealed_bytes()).finalize().into_bytes().into());
        self
    }

    /// Whether this wallet wrote it.
    pub(crate) fn verify(&self, key: &SealKey, seed: &Seed) -> Result<(), AccountsError> {
        // Compared in constant time, as seals are.
        let seal = self.seal.ok_or(AccountsError::Altered)?;
        mac(key.0.as_slice(), &self.sealed_bytes())
            .verify_slice(&seal)
            .map_err(|_| AccountsError::Altered)?;
        // The seal says that this wallet wrote it; that it wrote the right keys is looked at all the same.
        for account in &self.accounts {
            if let AccountId::Derived(index) = account.id {
                let derived = seed.account(index).map_err(|_| AccountsError::Altered)?;
                if account.public_key.as_ref() != Some(derived.public_key()) {
                    return Err(AccountsError::Altered);
                }
            }
        }
        Ok(())
    }

    /// Only the watched addresses, without a seal.
    pub(crate) fn watched(&self) -> Self {
        let is_watched = |account: &&Account| matches!(account.id, AccountId::WatchOnly(_));
        Self { accounts: self.accounts.iter().filter(is_watched).cloned().collect(), seal: None }
    }

    /// Of a list that nobody vouches for: the derived accounts whose keys are this mnemonic's, without a seal.
    pub(crate) fn own(&self, seed: &Seed) -> Self {
        let is_own = |account: &&Account| match account.id {
            AccountId::Derived(index) => {
                seed.account(index).is_ok_and(|key| account.public_key.as_ref() == Some(key.public_key()))
            }
            AccountId::WatchOnly(_) => false,
        };
        Self { accounts: self.accounts.iter().filter(is_own).cloned().collect(), seal: None }
    }

    /// These watched addresses, after another list's derived accounts, as far as there is room and they are not the same.
    pub(crate) fn with_derived_of(&self, other: &Self) -> Self {
        let room = MAX_ACCOUNTS.saturating_sub(self.accounts.len());
        let is_other = |account: &&Account| {
            matches!(account.id, AccountId::Derived(_))
                && !self.accounts.iter().any(|own| own.is_same_as(account))
        };
        let derived = other.accounts.iter().filter(is_other).take(room).cloned();
        Self { accounts: derived.chain(self.accounts.iter().cloned()).collect(), seal: None }
    }

    /// The same list without its seal.
    pub(crate) fn unsealed(mut self) -> Self {
        self.seal = None;
        self
    }

    /// The accounts as they are shown.
    pub(crate) fn shown(&self, is_verified: bool) -> Vec<Account> {
        self.accounts.iter().cloned().map(|account| Account { is_verified, ..account }).collect()
    }

    pub(crate) fn find(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// The number of the next derived account.
    pub(crate) fn next_index(&self) -> u32 {
        let indices = self.accounts.iter().filter_map(|account| match account.id {
            AccountId::Derived(index) => Some(index),
            AccountId::WatchOnly(_) => None,
        });
        indices.max().map_or(0, |index| index.saturating_add(1))
    }

    /// Adds a derived account, after the other derived ones.
    pub(crate) fn add_derived(
        &mut self,
        index: u32,
        label: &str,
        public_key: PublicKey,
    ) -> Result<AccountId, AccountsError> {
        let id = AccountId::Derived(index);
        let account =
            Account { id, label: checked_label(label)?, public_key: Some(public_key), is_verified: false };
        // One's own address that was watched so far becomes one's own.
        self.accounts
            .retain(|other| !matches!(other.id, AccountId::WatchOnly(address) if account.has(address)));
        if self.accounts.len() >= MAX_ACCOUNTS {
            return Err(AccountsError::Full);
        }
        let place =
            self.accounts.iter().take_while(|other| matches!(other.id, AccountId::Derived(_))).count();
        self.accounts.insert(place, account);
        Ok(id)
    }

    /// Adds an address to be watched.
    pub(crate) fn add_watched(
        &mut self,
        label: &str,
        address: &str,
        expected: TransactionVersion,
    ) -> Result<AccountId, AccountsError> {
        let label = checked_label(label)?;
        let address: Address = address.trim().parse().map_err(|error| match error {
            AddressError::NotCanonical(_, address) => AccountsError::NotCanonical(address),
            _ => AccountsError::NotAnAddress,
        })?;
        if !belongs_to(address, expected) {
            return Err(AccountsError::OtherNetwork { address, expected });
        }
        let id = AccountId::WatchOnly(address);
        let account = Account { id, label, public_key: None, is_verified: false };
        if self.accounts.iter().any(|other| other.is_same_as(&account)) {
            return Err(AccountsError::Duplicate(address));
        }
        if self.accounts.len() >= MAX_ACCOUNTS {
            return Err(AccountsError::Full);
        }
        self.accounts.push(account);
        Ok(id)
    }

    pub(crate) fn rename(&mut self, id: AccountId, label: &str) -> Result<(), AccountsError> {
        let label = checked_label(label)?;
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        account.ok_or(AccountsError::Unknown(id))?.label = label;
        Ok(())
    }

    pub(crate) fn remove_watched(&mut self, id: AccountId) -> Result<(), AccountsError> {
        if matches!(id, AccountId::Derived(_)) {
            return Err(AccountsError::NotWatchOnly);
        }
        let before = self.accounts.len();
        self.accounts.retain(|account| account.id != id);
        if self.accounts.len() == before { Err(AccountsError::Unknown(id)) } else { Ok(()) }
    }
}

impl Account {
    /// Whether it is that address, on whichever network.
    fn has(&self, address: Address) -> bool {
        let versions = [TransactionVersion::Mainnet, TransactionVersion::Testnet];
        versions.into_iter().any(|version| self.address(version) == Some(address))
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.id == other.id
            || matches!(other.id, AccountId::WatchOnly(address) if self.has(address))
            || matches!(self.id, AccountId::WatchOnly(address) if other.has(address))
    }
}

impl Record {
    fn of(account: &Account) -> Self {
        let label = account.label.clone();
        match account.id {
            AccountId::Derived(index) => {
                let public_key = account.public_key.map(|key| key.to_string()).unwrap_or_default();
                Self::Derived { index, label, public_key }
            }
            AccountId::WatchOnly(address) => Self::WatchOnly { address, label },
        }
    }

    fn into_account(self) -> Result<Account, AccountsError> {
        let (id, label, public_key) = match self {
            Self::Derived { index, label, public_key } => {
                let key = PublicKey::from_hex(&public_key)
                    .map_err(|_| AccountsError::Damaged(format!("account {index} has no public key")))?;
                (AccountId::Derived(index), label, Some(key))
            }
            Self::WatchOnly { address, label } => (AccountId::WatchOnly(address), label, None),
        };
        let label = checked_label(&label)
            .map_err(|_| AccountsError::Damaged(format!("the label of account {}", id_text(id))))?;
        Ok(Account { id, label, public_key, is_verified: false })
    }
}

/// A label as it is kept: without space around it, and with nothing in it that a screen would show as something else.
fn checked_label(label: &str) -> Result<String, AccountsError> {
    let label = label.trim();
    let reverses = |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_fine = (1..=MAX_LABEL_CHARACTERS).contains(&label.chars().count())
        && !label.chars().any(|letter| letter.is_control() || reverses(letter));
    if is_fine { Ok(label.to_owned()) } else { Err(AccountsError::Label) }
}

#[cfg(test)]
mod tests;
