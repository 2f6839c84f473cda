//! Making key files: creating a wallet, changing its passphrase, setting it aside.
//!
//! # Order
//!
//! A new key file has a new entry in the keychain. First it is noted that the new entry (and the old one) may become
//! obsolete, then the new entry is stored and read back, then the old file is kept under another name, then it is
//! replaced. Later, when the new pair of file and entry has proved itself, the old pair is removed, what else is obsolete
//! is deleted, and the note with it. Wherever that stops, the key file that is in place has its entry. Without a key file
//! nothing is deleted: it may only have been moved; an entry that is left then is 32 random bytes that open nothing.

use std::path::PathBuf;

use bithedge_stacks::Seed;

use super::entries::{NOTE_FILE, OpenedFile, PREVIOUS_FILE};
use super::{
    ACCOUNTS_FILE, Created, KEY_FILE, OpenedWith, PreviousKeyFile, Protection, Unlocked, Wallet, WalletError,
    WalletState, WithoutKeychain, known_accounts, protection_of, read_accounts, secrets_of,
};
use crate::accounts::{AccountId, AccountList, AccountsError};
use crate::file::{KeyFile, KeyFileError};
use crate::folder::{Folder, FolderError};
use crate::idle::{Idle, Moment};
use crate::keychain::{EntryId, KeychainError, KeychainSecret};
use crate::mnemonic::Mnemonic;
use crate::passphrase::Passphrase;

/// The label of the first account.
fn numbered(index: u32) -> String {
    format!("Account {}", index.saturating_add(1))
}

impl Wallet {
    /// Makes the key file, with the first account, and leaves the wallet unlocked, unless somebody locked it meanwhile. Takes
    /// seconds: the new file is opened again before it counts.
    ///
    /// The words are not kept anywhere else: have them verified first ([`WordCheck`](crate::WordCheck),
    /// [`Mnemonic::verify_all`]).
    ///
    /// A list of accounts that this mnemonic sealed before is taken over. Of any other list, which anybody may have
    /// written, only the accounts that are this mnemonic's are: the watched addresses come back in
    /// [`Created::left_out`], to be confirmed one by one. That list is kept under another name.
    ///
    /// # Errors
    /// [`WalletError::Exists`] if there is a key file, also one that appears meanwhile: it is never overwritten; the
    /// passphrase is too short; the keychain cannot be used, unless that is [`Accepted`](WithoutKeychain::Accepted); the
    /// folder cannot be written. There is no key file then, or the one that was there; but with
    /// [`FolderError::NotConfirmed`] it may be made: [`state`](Self::state) knows.
    pub fn create(
        &self,
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        without_keychain: WithoutKeychain,
        now: Moment,
    ) -> Result<Created, WalletError> {
        let _operation = self.operation();
        // Looked for again: somebody may have put one back.
        self.look_for_key_file()?;
        let lockings = {
            let inner = self.inner();
            if inner.state() != WalletState::Absent {
                return Err(WalletError::Exists);
            }
            inner.lockings
        };
        passphrase.check_strength()?;
        let (seed, seal) = secrets_of(mnemonic)?;
        // What an earlier key file left: that was moved, and may come back.
        if self.folder.has(NOTE_FILE)? {
            self.folder.remove(NOTE_FILE)?;
        }
        if self.folder.has(PREVIOUS_FILE)? {
            self.folder.set_aside(PREVIOUS_FILE)?;
        }
        let old = read_accounts(&self.folder);
        let is_ours = old.as_ref().is_ok_and(|old| old.verify(&seal, &seed).is_ok());
        let mut list = match &old {
            Ok(old) if is_ours => old.clone().unsealed(),
            Ok(old) => old.own(&seed),
            Err(_) => AccountList::default(),
        };
        let left_out = match &old {
            Ok(old) if !is_ours => old.watched().shown(false),
            _ => Vec::new(),
        };
        if list.find(AccountId::Derived(0)).is_none() {
            let key = seed.account(0).map_err(|_| WalletError::SelfCheck)?;
            list.add_derived(0, &numbered(0), *key.public_key())?;
        }
        let list = list.sealed(&seal);
        let made = self.protect(mnemonic, passphrase, without_keychain, &[], None, |file| {
            self.publish(file, &list, !is_ours)
        });
        let file = match made {
            Ok(file) => file,
            Err(error) => {
                // It may be in place all the same, not confirmed by the disk; or somebody else's is.
                self.look_for_key_file()?;
                return Err(error);
            }
        };
        {
            let mut inner = self.inner();
            inner.has_key_file = true;
            inner.accounts = Ok(list);
            if inner.lockings == lockings {
                inner.unlocked = Some(Unlocked { seed, seal, idle: Idle::starting(now) });
            }
        }
        let _ = self.delete_obsolete_entries(&file);
        Ok(Created { protection: protection_of(&file), left_out })
    }

    /// Puts the list and a new key file in place. The list first: one without keys is known to be unfinished, a key file
    /// without a list would be a complaint.
    fn publish(&self, file: &KeyFile, list: &AccountList, keep_old: bool) -> Result<(), WalletError> {
        let before = self.folder.read(ACCOUNTS_FILE, crate::accounts::MAX_FILE_BYTES).ok().flatten();
        if keep_old {
            self.keep_list()?;
        }
        let written = self.folder.replace(ACCOUNTS_FILE, &list.to_bytes(), &*self.randomness);
        // What follows is not confirmed either then, and says so.
        if !is_in_place(&written) {
            written?;
        }
        let published = self.folder.publish(KEY_FILE, file.as_bytes(), &*self.randomness);
        if !is_in_place(&published) {
            // If that does not work either, the list has accounts without keys, which are not shown.
            let _ = match before {
                Some(bytes) => self.folder.replace(ACCOUNTS_FILE, &bytes, &*self.randomness),
                None => self.folder.remove(ACCOUNTS_FILE),
            };
        }
        published.map_err(|error| match error {
            FolderError::Taken { .. } => WalletError::Exists,
            other => other.into(),
        })
    }

    /// Keeps the list of accounts under another name, to be replaced. What follows says if the disk confirms nothing.
    fn keep_list(&self) -> Result<(), FolderError> {
        if !self.folder.has(ACCOUNTS_FILE)? {
            return Ok(());
        }
        match self.folder.keep_aside(ACCOUNTS_FILE) {
            Ok(_) | Err(FolderError::NotConfirmed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes the passphrase, and with it salt, nonce and the keychain's secret; the cost becomes that of new files, and a
    /// file that was protected by the passphrase alone gets the keychain if there is one. Whether it is locked does not
    /// change. Takes seconds: the new file is opened before it replaces the old one.
    ///
    /// At every moment the file in place is whole and was made with the old passphrase or with the new one. Whether it can be
    /// opened is a matter of its entry in the keychain too, which may be lost with the power although the keychain has
    /// confirmed it. So with [`KeptUntilProven`](PreviousKeyFile::KeptUntilProven) the file from before stays beside it,
    /// with its entry, and opens **with the old passphrase** should the new pair be lost
    /// ([`OpenedWith::PreviousPassphrase`]). It goes away when the new passphrase unlocks the wallet in a later start of
    /// BitHedge, ten minutes after the change or later; whoever copies the folder before that can try the old passphrase,
    /// if they have the keychain's secret too. After several changes without that, it is the oldest of them that stays.
    /// A file that needs no keychain needs none from before, where folders are forced to the disk (Unix): it is removed.
    ///
    /// [`RemovedAtOnce`](PreviousKeyFile::RemovedAtOnce) is for a passphrase that somebody else may know: what opens with
    /// it is removed before this returns, also what an earlier change kept. Changing it once more does that later.
    ///
    /// # Errors
    /// As [`unlock`](Self::unlock) for the old passphrase, as [`create`](Self::create) for the new one. The old one holds
    /// then, but for [`FolderError::NotConfirmed`]: the new one holds, after a loss of power perhaps the old one, and nothing
    /// was removed; and for [`WalletError::PreviousLeft`].
    pub fn change_passphrase(
        &self,
        old: &Passphrase,
        new: &Passphrase,
        without_keychain: WithoutKeychain,
        previous: PreviousKeyFile,
        now: Moment,
    ) -> Result<Protection, WalletError> {
        let _operation = self.operation();
        new.check_strength()?;
        let OpenedFile { file: opened, mnemonic, with } = self.open_key_file(old)?;
        let in_force = self.entries_in_force(&opened);
        let is_kept = with == OpenedWith::PresentPassphrase
            && previous == PreviousKeyFile::KeptUntilProven
            && !self.keeps_older(&opened, now);
        let file = self.protect(&mnemonic, new, without_keychain, &in_force, Some(now), |file| {
            self.replace_key_file(file, Some(&opened).filter(|_| is_kept && needs_previous(file)))
        })?;
        let removed = if previous == PreviousKeyFile::RemovedAtOnce || !needs_previous(&file) {
            self.remove_previous().map_err(WalletError::from)
        } else {
            Ok(())
        };
        let removed = removed.and_then(|()| self.delete_obsolete_entries(&file));
        match removed {
            Err(error) if previous == PreviousKeyFile::RemovedAtOnce => {
                Err(WalletError::PreviousLeft(Box::new(error)))
            }
            // After the next unlocking, then.
            _ => Ok(protection_of(&file)),
        }
    }

    /// Writes a new list of accounts: the first `derived` accounts of the mnemonic, one at least. For when the list is
    /// missing, damaged or altered; the wallet is unlocked afterwards. Labels and watched addresses are taken over from a
    /// list that can be read, whoever wrote them: **they have to be looked at**. The old list is set aside, not deleted.
    /// Takes a second.
    ///
    /// # Errors
    /// As [`unlock`](Self::unlock), without those of the list; [`AccountsError::Full`]. The list is as it was then, but for
    /// [`FolderError::NotConfirmed`]: the new one is in place and shown, and the wallet is as it was.
    pub fn restore_accounts(
        &self,
        passphrase: &Passphrase,
        derived: u32,
        now: Moment,
    ) -> Result<OpenedWith, WalletError> {
        let _operation = self.operation();
        self.look_for_key_file()?;
        let lockings = self.inner().lockings;
        let OpenedFile { mnemonic, with, .. } = self.open_key_file(passphrase)?;
        let (seed, seal) = secrets_of(&mnemonic)?;
        drop(mnemonic);
        let list = restored(read_accounts(&self.folder).ok().as_ref(), &seed, derived)?.sealed(&seal);
        self.keep_list()?;
        let written = self.folder.replace(ACCOUNTS_FILE, &list.to_bytes(), &*self.randomness);
        let mut inner = self.inner();
        if is_in_place(&written) {
            inner.accounts = Ok(list);
        }
        written?;
        if inner.lockings != lockings {
            return Err(WalletError::LockedMeanwhile);
        }
        inner.unlocked = Some(Unlocked { seed, seal, idle: Idle::starting(now) });
        Ok(with)
    }

    /// Renames the key file, so that another wallet can be created or the same words imported again: after a forgotten
    /// passphrase, a damaged file, a lost keychain. Nothing is deleted, neither the file nor its entry in the keychain.
    /// Returns the new name. The key file from before the last change of the passphrase, which the old passphrase opens, is
    /// renamed too if it is still there. The list of accounts is kept under another name as it is; importing the same
    /// words takes it over.
    ///
    /// # Errors
    /// There is no key file, or it cannot be renamed.
    pub fn set_key_file_aside(&self) -> Result<PathBuf, WalletError> {
        let _operation = self.operation();
        if !self.look_for_key_file()? {
            return Err(WalletError::Absent);
        }
        self.inner().lock();
        self.keep_list()?;
        // Its entries stay, as the file may come back.
        self.folder.remove(NOTE_FILE)?;
        let aside = self.folder.set_aside(KEY_FILE);
        if !self.look_for_key_file()? && self.folder.has(PREVIOUS_FILE)? {
            self.folder.set_aside(PREVIOUS_FILE)?;
        }
        Ok(aside?)
    }

    /// Looks whether there is a key file now. What comes or goes takes its accounts with it, and without one nothing is
    /// unlocked.
    pub(super) fn look_for_key_file(&self) -> Result<bool, FolderError> {
        let has_key_file = self.folder.has(KEY_FILE)?;
        if self.inner().has_key_file != has_key_file {
            let accounts = known_accounts(&self.folder, has_key_file);
            let mut inner = self.inner();
            if !has_key_file {
                inner.lock();
            }
            inner.has_key_file = has_key_file;
            inner.accounts = accounts;
        }
        Ok(has_key_file)
    }

    /// Encrypts the mnemonic and has the file put in place. `in_force` are the entries that may become obsolete.
    fn protect(
        &self,
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        without_keychain: WithoutKeychain,
        in_force: &[EntryId],
        change: Option<Moment>,
        put: impl FnOnce(&KeyFile) -> Result<(), WalletError>,
    ) -> Result<KeyFile, WalletError> {
        let entry = EntryId::random(&*self.randomness)?;
        self.note(in_force.iter().copied().chain([entry]), change)?;
        let secret = match self.store_new_secret(entry)? {
            Ok(secret) => Some(secret),
            Err(error) => {
                if without_keychain == WithoutKeychain::Refused {
                    self.give_up(entry, in_force);
                    return Err(error.into());
                }
                self.give_up(entry, &[]);
                None
            }
        };
        let sealed = self.seal(mnemonic, passphrase, secret.as_ref().map(|secret| (entry, secret)));
        let put = sealed.and_then(|file| put(&file).map(|()| file));
        let is_in_place = matches!(put, Ok(_) | Err(WalletError::Folder(FolderError::NotConfirmed { .. })));
        if !is_in_place {
            self.give_up(entry, in_force);
        }
        put
    }

    fn seal(
        &self,
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        keychain: Option<(EntryId, &KeychainSecret)>,
    ) -> Result<KeyFile, WalletError> {
        let file = KeyFile::seal(mnemonic, passphrase, keychain, self.cost, &*self.randomness)?;
        // From the bytes, with what the keychain really holds: a key file that does not open must not replace one that does.
        let again = KeyFile::parse(file.as_bytes()).map_err(|_| WalletError::SelfCheck)?;
        let opened =
            again.open(passphrase, keychain.map(|(_, secret)| secret)).map_err(|error| match error {
                KeyFileError::OutOfMemory { .. } => error.into(),
                _ => WalletError::SelfCheck,
            })?;
        if !opened.words().eq(mnemonic.words()) {
            return Err(WalletError::SelfCheck);
        }
        Ok(file)
    }

    /// Stores a new random secret, and gives it back as the keychain has it.
    fn store_new_secret(&self, entry: EntryId) -> Result<Result<KeychainSecret, KeychainError>, WalletError> {
        let secret = KeychainSecret::random(&*self.randomness)?;
        let stored = self.keychain.set(entry, &secret).and_then(|()| self.keychain.get(entry));
        Ok(stored.and_then(|read| {
            if read.as_bytes() == secret.as_bytes() {
                Ok(read)
            } else {
                Err(KeychainError::EntryAltered { entry })
            }
        }))
    }
}

/// Whether the new file is there, confirmed by the disk or not.
pub(super) const fn is_in_place(written: &Result<(), FolderError>) -> bool {
    matches!(written, Ok(()) | Err(FolderError::NotConfirmed { .. }))
}

/// Whether it takes more to open this file than what the disk has confirmed.
const fn needs_previous(file: &KeyFile) -> bool {
    file.header().keychain.is_some() || !Folder::CONFIRMS
}

/// A list of the first accounts, one at least, with labels and watched addresses of a list that nobody vouches for.
fn restored(old: Option<&AccountList>, seed: &Seed, derived: u32) -> Result<AccountList, AccountsError> {
    let mut list = old.map(AccountList::watched).unwrap_or_default();
    for index in 0..derived.max(1) {
        let key = seed.account(index).map_err(|_| AccountsError::Full)?;
        let label = old
            .and_then(|old| old.find(AccountId::Derived(index)))
            .map_or_else(|| numbered(index), |account| account.label().to_owned());
        list.add_derived(index, &label, *key.public_key())?;
    }
    Ok(list)
}
