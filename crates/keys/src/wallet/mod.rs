//! The wallet: everything else of this crate is used through it.
//!
//! # States
//!
//! [`Absent`](WalletState::Absent) → [`create`](Wallet::create) → [`Unlocked`](WalletState::Unlocked) ⇄
//! [`Locked`](WalletState::Locked). A wallet that is opened is absent or locked.
//!
//! # Threads
//!
//! Methods take `&self`; share the wallet in an [`Arc`]. Those that say "takes a second" derive keys, write files and ask
//! the keychain, which may ask a person: call them on a thread that may block (`tokio::task::spawn_blocking`). They wait
//! for each other. All others return at once even while one of those is at work: they hold the state for as long as a
//! signature takes.

mod edit;
mod entries;
mod protect;
mod seal;
mod sign;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bithedge_stacks::Seed;

use entries::OpenedFile;
pub use seal::{NoSeal, Seal, Sealed};
pub use sign::SignError;

use crate::accounts::{self, Account, AccountList, AccountsError, SealKey};
use crate::file::{self, KdfCost, KeyFile, KeyFileError, SealError};
use crate::folder::{Disk, Folder, FolderError, OsDisk};
use crate::idle::{AutoLock, Idle, Moment};
use crate::keychain::{Keychain, KeychainError};
use crate::mnemonic::Mnemonic;
use crate::passphrase::{Passphrase, PassphraseError};
use crate::random::{OsRandomness, Randomness, RandomnessError};

/// The file with the encrypted mnemonic.
const KEY_FILE: &str = "wallet.key";
/// The list of accounts.
const ACCOUNTS_FILE: &str = "accounts.json";

/// Whether there are keys, and whether they can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WalletState {
    /// There is no key file. Addresses can be watched.
    Absent,
    /// There is one, and it is closed.
    Locked,
    /// Transactions can be signed.
    Unlocked,
}

/// What it takes to open the key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protection {
    /// The passphrase, and the secret in this user's keychain on this machine.
    PassphraseAndKeychain,
    /// The passphrase. A copy of the file can be attacked by guessing it.
    PassphraseAlone,
}

/// What to do where the keychain cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithoutKeychain {
    /// Stop with an error.
    Refused,
    /// Protect the key by the passphrase alone. Only after a person was told what that means, and agreed.
    Accepted,
}

/// What becomes of the key file and the keychain's entry that the passphrase from before a change opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PreviousKeyFile {
    /// They stay until the new ones have proved themselves, so that a keychain that loses what it has confirmed does not
    /// lock anybody out. The usual choice.
    KeptUntilProven,
    /// They are removed at once. For a passphrase that somebody else may know. Should the power fail within seconds, and a
    /// keychain or a disk lose what it has confirmed, only the words help: have them at hand.
    RemovedAtOnce,
}

/// Which passphrase opened the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenedWith {
    /// The one that is in force.
    PresentPassphrase,
    /// The one from before the last change: the present key file, or its entry in the keychain, is lost, and the one from
    /// before was still there. Tell the user, and let them change the passphrase, which puts everything in order.
    PreviousPassphrase,
}

/// A wallet was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// What it takes to open its key file.
    pub protection: Protection,
    /// Watched addresses that were in the folder's list and that this wallet did not vouch for: **anybody may have put them
    /// there**. They are not in the list any more. Show them, and add those that the user confirms.
    pub left_out: Vec<Account>,
}

/// Why something could not be done with the wallet. What each part means for the money and what to do stands with its type.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// Reading or writing the folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Opening the key file: a wrong passphrase among others.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The keychain.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The passphrase cannot be used.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The list of accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// There is no key file: create or import a wallet.
    #[error("there is no wallet yet")]
    Absent,
    /// There is a key file, which is never overwritten. Unlock it; or set it aside first
    /// ([`Wallet::set_key_file_aside`]).
    #[error("there is a wallet already; it is not overwritten")]
    Exists,
    /// Unlock it first.
    #[error("the wallet is locked")]
    Locked,
    /// Nothing to do.
    #[error("the wallet is unlocked already")]
    Unlocked,
    /// Somebody locked it while it was being unlocked or while the words were asked for. It stays locked, and no words were
    /// handed out. Try again.
    #[error("the wallet was locked meanwhile")]
    LockedMeanwhile,
    /// The key file or its entry in the keychain is lost, and this passphrase does not open the key file from before the
    /// last change of the passphrase either, which is still there. Try the passphrase from before that change.
    #[error(
        "{0}. The key file from before the last change of the passphrase is there: the passphrase from then opens it"
    )]
    PreviousPassphraseNeeded(#[source] Box<Self>),
    /// The passphrase is changed and the new one holds; but the key file or the keychain's entry from before, which the old
    /// one opens, could not be removed as asked. Change it once more when what is wrong is put right.
    #[error("the new passphrase holds, but not everything that the old one opens could be removed: {0}")]
    PreviousLeft(#[source] Box<Self>),
    /// What was just encrypted does not decrypt to the same: the machine computes wrongly. Nothing was replaced. Have its
    /// memory checked; write down the words before anything else.
    #[error("the new key file does not open: this machine computes wrongly, and nothing was changed")]
    SelfCheck,
}

impl From<SealError> for WalletError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Randomness(error) => error.into(),
            SealError::File(error) => error.into(),
        }
    }
}

/// The words of the wallet, to be shown once.
pub struct ExportedWords {
    mnemonic: Mnemonic,
    opened_with: OpenedWith,
}

impl ExportedWords {
    /// Which passphrase it was that was typed.
    pub const fn opened_with(&self) -> OpenedWith {
        self.opened_with
    }

    /// Hands **the words** to `show`, and forgets them. Whoever copies them has to overwrite the copy.
    pub fn show<T>(self, show: impl FnOnce(&mut dyn Iterator<Item = &'static str>) -> T) -> T {
        show(&mut self.mnemonic.words())
    }
}

/// Keys in a folder; see the module.
pub struct Wallet {
    folder: Folder,
    keychain: Arc<dyn Keychain>,
    randomness: Box<dyn Randomness>,
    cost: KdfCost,
    /// Held by what takes a second, so that no two change the files at once. Taken before `inner`, never after.
    operation: Mutex<()>,
    /// Held briefly.
    inner: Mutex<Inner>,
}

struct Inner {
    has_key_file: bool,
    /// As it was read; the error if it could not be read.
    accounts: Result<AccountList, AccountsError>,
    unlocked: Option<Unlocked>,
    auto_lock: AutoLock,
    /// How often it was locked, so that an unlocking that is under way notices.
    lockings: u64,
    /// Whether this object changed the passphrase: it cannot prove then that others can open the file.
    changed_here: bool,
}

/// What is in memory while it is unlocked.
struct Unlocked {
    /// Overwritten when dropped.
    seed: Box<Seed>,
    seal: SealKey,
    idle: Idle,
}

impl Inner {
    const fn state(&self) -> WalletState {
        match (self.has_key_file, &self.unlocked) {
            (false, _) => WalletState::Absent,
            (true, None) => WalletState::Locked,
            (true, Some(_)) => WalletState::Unlocked,
        }
    }

    fn lock(&mut self) {
        self.unlocked = None;
        self.lockings = self.lockings.wrapping_add(1);
    }

    /// Locks if nobody has been there for too long. Whether it locked.
    fn tick(&mut self, now: Moment) -> bool {
        let auto_lock = self.auto_lock;
        let is_due = self.unlocked.as_mut().is_some_and(|open| open.idle.is_due(now, auto_lock));
        if is_due {
            self.lock();
        }
        is_due
    }
}

impl Wallet {
    /// Opens the wallet in a folder of its own, which is made if it is not there, closed to other users, and taken for this
    /// process. The key file is not read yet: a damaged one is found out by unlocking.
    ///
    /// # Errors
    /// [`FolderError`]: in use by another process, not writable by this user. A disk that the system has made read-only is
    /// no error: the wallet can be unlocked and its words exported. A list of accounts that cannot be read is none either:
    /// [`accounts`](Self::accounts) says so.
    pub fn open(folder: &Path, keychain: Arc<dyn Keychain>) -> Result<Self, WalletError> {
        Self::open_on(folder, Box::new(OsDisk), keychain, KdfCost::RECOMMENDED, Box::new(OsRandomness))
    }

    /// Opens a wallet whose new files are protected at another cost. Only for tests and measurements.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[cfg(any(test, feature = "test-cost"))]
    pub fn open_with_cost(
        folder: &Path,
        keychain: Arc<dyn Keychain>,
        cost: KdfCost,
    ) -> Result<Self, WalletError> {
        Self::open_on(folder, Box::new(OsDisk), keychain, cost, Box::new(OsRandomness))
    }

    pub(crate) fn open_on(
        folder: &Path,
        disk: Box<dyn Disk>,
        keychain: Arc<dyn Keychain>,
        cost: KdfCost,
        randomness: Box<dyn Randomness>,
    ) -> Result<Self, WalletError> {
        let folder = Folder::open(folder, disk)?;
        let has_key_file = folder.has(KEY_FILE)?;
        let inner = Inner {
            has_key_file,
            accounts: known_accounts(&folder, has_key_file),
            unlocked: None,
            auto_lock: AutoLock::default(),
            lockings: 0,
            changed_here: false,
        };
        Ok(Self { folder, keychain, randomness, cost, operation: Mutex::new(()), inner: Mutex::new(inner) })
    }

    /// Where it stands. Returns at once.
    pub fn state(&self) -> WalletState {
        self.inner().state()
    }

    /// What it takes to open the key file; `None` if there is none. While it is locked, that is what the file says of
    /// itself. Reads a small file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn protection(&self) -> Result<Option<Protection>, WalletError> {
        match self.read_key_file() {
            Ok(file) => Ok(Some(protection_of(&file))),
            Err(WalletError::Absent) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The accounts, in their order: derived ones, then watched ones. Returns at once, also while it is locked; then
    /// [`Account::is_verified`] is false.
    ///
    /// # Errors
    /// The list is missing, damaged or newer. [`restore_accounts`](Self::restore_accounts) helps.
    pub fn accounts(&self) -> Result<Vec<Account>, AccountsError> {
        let inner = self.inner();
        inner.accounts.as_ref().map(|list| list.shown(inner.unlocked.is_some())).map_err(Clone::clone)
    }

    /// Unlocks it. Takes a second.
    ///
    /// The list of accounts is read again and compared with what the mnemonic derives. What a change of the passphrase kept
    /// is removed when its time has come ([`change_passphrase`](Self::change_passphrase)).
    ///
    /// If the key file is damaged or its entry in the keychain gone, and the key file from before the last change of the
    /// passphrase is still there, the passphrase from then opens that; **the result says so**. As long as the present key
    /// file and its entry are there, the old passphrase is a wrong one.
    ///
    /// # Errors
    /// [`KeyFileError::WrongPassphrase`] and what else may be wrong with the file; [`KeychainError`];
    /// [`WalletError::PreviousPassphraseNeeded`]; [`AccountsError`] if the list is not the one that this wallet wrote. It
    /// stays locked, and no file is changed.
    pub fn unlock(&self, passphrase: &Passphrase, now: Moment) -> Result<OpenedWith, WalletError> {
        let _operation = self.operation();
        self.look_for_key_file()?;
        let lockings = {
            let inner = self.inner();
            match inner.state() {
                WalletState::Absent => return Err(WalletError::Absent),
                WalletState::Unlocked => return Err(WalletError::Unlocked),
                WalletState::Locked => inner.lockings,
            }
        };
        let OpenedFile { file, mnemonic, with } = self.open_key_file(passphrase)?;
        let (seed, seal) = secrets_of(&mnemonic)?;
        drop(mnemonic);
        let accounts = read_accounts(&self.folder);
        let verified = accounts.clone().and_then(|list| list.verify(&seal, &seed).map(|()| list));
        {
            let mut inner = self.inner();
            inner.accounts = accounts;
            let list = verified?;
            if inner.lockings != lockings {
                return Err(WalletError::LockedMeanwhile);
            }
            inner.accounts = Ok(list);
            inner.unlocked = Some(Unlocked { seed, seal, idle: Idle::starting(now) });
        }
        if with == OpenedWith::PresentPassphrase {
            self.settle(&file, now);
        }
        Ok(with)
    }

    /// Locks it: the seed with which it signs is overwritten before this returns, and nothing is signed any more. Returns at
    /// once. An unlocking or an export of the words that is under way goes on to its end with secrets of its own, has no
    /// effect, and fails with [`WalletError::LockedMeanwhile`]; a change of the passphrase or a creation is finished. Words
    /// that were exported already are the caller's to drop.
    pub fn lock(&self) {
        self.inner().lock();
    }

    /// When it locks itself from now on.
    pub fn set_auto_lock(&self, auto_lock: AutoLock) {
        self.inner().auto_lock = auto_lock;
    }

    /// Somebody is there: a key was pressed, the mouse moved. What is due to be locked is locked nevertheless: a machine
    /// that is woken up does not stay unlocked because it was woken up by a key. Returns the state then.
    pub fn touch(&self, now: Moment) -> WalletState {
        let mut inner = self.inner();
        if !inner.tick(now)
            && let Some(open) = inner.unlocked.as_mut()
        {
            open.idle = Idle::starting(now);
        }
        inner.state()
    }

    /// Locks it if nobody has been there for too long; to be called every few seconds. Signing looks too. Whether it was
    /// locked by this call.
    pub fn tick(&self, now: Moment) -> bool {
        self.inner().tick(now)
    }

    /// The words, after asking for the passphrase again, whether it is unlocked or not. The only way to them. Takes a second.
    ///
    /// # Errors
    /// As [`unlock`](Self::unlock), but for the list of accounts, which does not matter here. If it is locked meanwhile, by
    /// the user or because nobody was there, the words stay where they are.
    pub fn export_words(&self, passphrase: &Passphrase) -> Result<ExportedWords, WalletError> {
        let _operation = self.operation();
        let lockings = self.inner().lockings;
        let OpenedFile { mnemonic, with, .. } = self.open_key_file(passphrase)?;
        if self.inner().lockings != lockings {
            return Err(WalletError::LockedMeanwhile);
        }
        Ok(ExportedWords { mnemonic, opened_with: with })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn operation(&self) -> MutexGuard<'_, ()> {
        self.operation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_key_file(&self) -> Result<KeyFile, WalletError> {
        let bytes = match self.folder.read(KEY_FILE, file::MAX_FILE_BYTES) {
            // Nothing that large is one.
            Err(FolderError::TooLarge { .. }) => return Err(KeyFileError::NotAKeyFile.into()),
            read => read?.ok_or(WalletError::Absent)?,
        };
        Ok(KeyFile::parse(&bytes)?)
    }

    /// Gets what the file needs of the keychain, and decrypts it.
    fn decrypt(&self, file: &KeyFile, passphrase: &Passphrase) -> Result<Mnemonic, WalletError> {
        let secret = file.header().keychain.map(|entry| self.keychain.get(entry)).transpose()?;
        Ok(file.open(passphrase, secret.as_ref())?)
    }
}

/// The list on the disk. That it cannot be read is its own error, whatever the reason: the keys do not depend on it.
fn read_accounts(folder: &Folder) -> Result<AccountList, AccountsError> {
    match folder.read(ACCOUNTS_FILE, accounts::MAX_FILE_BYTES) {
        Ok(Some(bytes)) => AccountList::parse(&bytes),
        Ok(None) => Err(AccountsError::Missing),
        Err(FolderError::TooLarge { .. }) => Err(AccountsError::Damaged("it is too large".to_owned())),
        Err(_) => Err(AccountsError::Damaged("it cannot be read".to_owned())),
    }
}

/// The list as it is shown before anything is unlocked. Without a key file that is what is watched: derived accounts come
/// from a creation that did not finish, or from a wallet that was set aside.
fn known_accounts(folder: &Folder, has_key_file: bool) -> Result<AccountList, AccountsError> {
    match read_accounts(folder) {
        list if has_key_file => list,
        Ok(list) => Ok(list.watched()),
        Err(AccountsError::Missing) => Ok(AccountList::default()),
        Err(error) => Err(error),
    }
}

const fn protection_of(file: &KeyFile) -> Protection {
    match file.header().keychain {
        Some(_) => Protection::PassphraseAndKeychain,
        None => Protection::PassphraseAlone,
    }
}

/// What is kept of a mnemonic while the wallet is unlocked.
fn secrets_of(mnemonic: &Mnemonic) -> Result<(Box<Seed>, SealKey), WalletError> {
    // Its words come from the list, so that they are read.
    let seed = mnemonic.seed().ok_or(WalletError::SelfCheck)?;
    Ok((seed, SealKey::of(mnemonic)))
}

#[cfg(test)]
mod tests;
