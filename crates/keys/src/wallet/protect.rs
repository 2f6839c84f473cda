//! Making key files: creating a wallet, changing its passphrase, and the keychain entries that go with it.
//!
//! # Order
//!
//! A new key file has a new entry in the keychain. First it is noted that the new entry (and the old one) may become
//! obsolete, then the new entry is stored and read back, then the file is replaced, then what is obsolete is deleted and
//! the note with it. Wherever that stops, the key file that is in place has its entry. What a note names and the present
//! key file does not need is deleted after the next unlocking. Without a key file nothing is deleted: it may only have been
//! moved; an entry that is left then is 32 random bytes that open nothing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    ACCOUNTS_FILE, KEY_FILE, Protection, Unlocked, Wallet, WalletError, WalletState, WithoutKeychain,
    accounts_without_keys, protection_of, read_accounts, secrets_of,
};
use crate::accounts::{AccountId, AccountList, AccountsError};
use crate::file::{KeyFile, KeyFileError};
use crate::folder::FolderError;
use crate::idle::{Idle, Moment};
use crate::keychain::{EntryId, KeychainError, KeychainSecret};
use crate::mnemonic::Mnemonic;
use crate::passphrase::Passphrase;

/// The note of entries that may be obsolete.
const NOTE_FILE: &str = "keychain-entries.json";
const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The note.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Note {
    entries: Vec<String>,
}

/// The label of the first account.
fn numbered(index: u32) -> String {
    format!("Account {}", index.saturating_add(1))
}

impl Wallet {
    /// Makes the key file, with the first account, and leaves the wallet unlocked, unless somebody locked it meanwhile. Takes
    /// seconds: the new file is opened again before it counts.
    ///
    /// The words are not kept anywhere else: have them verified first ([`WordCheck`](crate::WordCheck),
    /// [`Mnemonic::verify_all`]). Watched addresses stay in the list.
    ///
    /// # Errors
    /// [`WalletError::Exists`] if there is a key file, which is never overwritten; the passphrase is too short; the keychain
    /// cannot be used, unless that is [`Accepted`](WithoutKeychain::Accepted); the folder cannot be written. There is no
    /// key file then, or the old one.
    pub fn create(
        &self,
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        without_keychain: WithoutKeychain,
        now: Moment,
    ) -> Result<Protection, WalletError> {
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
        let mut list = match read_accounts(&self.folder)? {
            Ok(list) => list.watched(),
            Err(AccountsError::Missing) => AccountList::default(),
            // Not understood, so not overwritten.
            Err(_) => {
                self.folder.set_aside(ACCOUNTS_FILE)?;
                AccountList::default()
            }
        };
        let key = seed.account(0).map_err(|_| WalletError::SelfCheck)?;
        list.add_derived(0, &numbered(0), *key.public_key())?;
        drop(key);
        let list = list.sealed(&seal);
        // The list first: one without keys is known to be unfinished, a key file without a list would be a complaint.
        self.folder.replace(ACCOUNTS_FILE, &list.to_bytes(), &*self.randomness)?;
        let file = match self.protect(mnemonic, passphrase, without_keychain, &[]) {
            Ok(file) => file,
            Err(error) => {
                // It may be in place all the same, not confirmed by the disk.
                if self.look_for_key_file()? {
                    self.inner().accounts = Ok(list);
                }
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
        self.delete_obsolete_entries(&file);
        Ok(protection_of(&file))
    }

    /// Changes the passphrase, and with it salt, nonce and the keychain's secret; the cost becomes that of new files, and a
    /// file that was protected by the passphrase alone gets the keychain if there is one. Whether it is locked does not
    /// change. Takes seconds: the new file is opened before it replaces the old one.
    ///
    /// At every moment the file opens with the old passphrase or with the new one, and is whole.
    ///
    /// # Errors
    /// As [`unlock`](Self::unlock) for the old passphrase, as [`create`](Self::create) for the new one. The old one holds
    /// then, but for [`FolderError::NotConfirmed`]: the new one holds, and after a loss of power perhaps the old one.
    pub fn change_passphrase(
        &self,
        old: &Passphrase,
        new: &Passphrase,
        without_keychain: WithoutKeychain,
    ) -> Result<Protection, WalletError> {
        let _operation = self.operation();
        new.check_strength()?;
        let file = self.read_key_file()?;
        let mnemonic = self.decrypt(&file, old)?;
        let obsolete: Vec<EntryId> = file.header().keychain.into_iter().collect();
        let file = self.protect(&mnemonic, new, without_keychain, &obsolete)?;
        self.delete_obsolete_entries(&file);
        Ok(protection_of(&file))
    }

    /// Writes a new list of accounts: the first `derived` accounts of the mnemonic, one at least. For when the list is
    /// missing, damaged or altered; the wallet is unlocked afterwards. Labels and watched addresses are taken over from a
    /// list that can be read, whoever wrote them: **they have to be looked at**. The old list is set aside, not deleted.
    /// Takes a second.
    ///
    /// # Errors
    /// As [`unlock`](Self::unlock), without those of the list; [`AccountsError::Full`].
    pub fn restore_accounts(
        &self,
        passphrase: &Passphrase,
        derived: u32,
        now: Moment,
    ) -> Result<(), WalletError> {
        let _operation = self.operation();
        let lockings = self.inner().lockings;
        let file = self.read_key_file()?;
        let mnemonic = self.decrypt(&file, passphrase)?;
        let (seed, seal) = secrets_of(&mnemonic)?;
        drop(mnemonic);
        let old = read_accounts(&self.folder)?;
        let mut list = old.as_ref().map(AccountList::watched).unwrap_or_default();
        for index in 0..derived.max(1) {
            let key = seed.account(index).map_err(|_| AccountsError::Full)?;
            let label = old
                .as_ref()
                .ok()
                .and_then(|old| old.find(AccountId::Derived(index)))
                .map_or_else(|| numbered(index), |account| account.label().to_owned());
            list.add_derived(index, &label, *key.public_key())?;
        }
        let list = list.sealed(&seal);
        if self.folder.has(ACCOUNTS_FILE)? {
            self.folder.set_aside(ACCOUNTS_FILE)?;
        }
        self.folder.replace(ACCOUNTS_FILE, &list.to_bytes(), &*self.randomness)?;
        {
            let mut inner = self.inner();
            inner.accounts = Ok(list);
            if inner.lockings != lockings {
                return Err(WalletError::LockedMeanwhile);
            }
            inner.unlocked = Some(Unlocked { seed, seal, idle: Idle::starting(now) });
        }
        Ok(())
    }

    /// Renames the key file, so that another wallet can be created or the same words imported again: after a forgotten
    /// passphrase, a damaged file, a lost keychain. Nothing is deleted, neither the file nor its entry in the keychain.
    /// Returns the new name. The list keeps its watched addresses.
    ///
    /// # Errors
    /// There is no key file, or it cannot be renamed.
    pub fn set_key_file_aside(&self) -> Result<PathBuf, WalletError> {
        let _operation = self.operation();
        if !self.folder.has(KEY_FILE)? {
            return Err(WalletError::Absent);
        }
        self.inner().lock();
        // Its entries stay, as the file may come back.
        self.folder.remove(NOTE_FILE)?;
        let aside = self.folder.set_aside(KEY_FILE);
        if !self.look_for_key_file()? {
            let accounts = accounts_without_keys(&self.folder)?;
            self.inner().accounts = accounts;
        }
        Ok(aside?)
    }

    /// Takes note of whether there is a key file.
    fn look_for_key_file(&self) -> Result<bool, FolderError> {
        let has_key_file = self.folder.has(KEY_FILE)?;
        self.inner().has_key_file = has_key_file;
        Ok(has_key_file)
    }

    /// Encrypts the mnemonic and puts the file in place.
    fn protect(
        &self,
        mnemonic: &Mnemonic,
        passphrase: &Passphrase,
        without_keychain: WithoutKeychain,
        obsolete: &[EntryId],
    ) -> Result<KeyFile, WalletError> {
        let entry = EntryId::random(&*self.randomness)?;
        self.note(obsolete.iter().copied().chain([entry]))?;
        let secret = match self.store_new_secret(entry)? {
            Ok(secret) => Some(secret),
            Err(error) => {
                self.give_up(entry);
                if without_keychain == WithoutKeychain::Refused {
                    return Err(error.into());
                }
                None
            }
        };
        let replaced =
            self.seal_and_replace(mnemonic, passphrase, secret.as_ref().map(|secret| (entry, secret)));
        let is_in_place =
            matches!(replaced, Ok(_) | Err(WalletError::Folder(FolderError::NotConfirmed { .. })));
        if !is_in_place {
            self.give_up(entry);
        }
        replaced
    }

    /// Deletes an entry that never was needed. It may not work, where nothing works: then 32 random bytes are left, and
    /// nobody is asked again and again to unlock a keychain for their sake.
    fn give_up(&self, entry: EntryId) {
        let _ = self.keychain.delete(entry);
        if let Ok(noted) = self.noted() {
            let left: Vec<EntryId> = noted.into_iter().filter(|other| *other != entry).collect();
            let _ = self.write_note(&left);
        }
    }

    fn seal_and_replace(
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
        self.folder.replace(KEY_FILE, file.as_bytes(), &*self.randomness)?;
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

    /// Deletes what the note names and this file, which is in place and was opened, does not need. What cannot be deleted
    /// now stays in the note; nothing depends on it.
    pub(super) fn delete_obsolete_entries(&self, file: &KeyFile) {
        let Ok(noted) = self.noted() else { return };
        if noted.is_empty() {
            return;
        }
        // As long as a loss of power might bring the old file back, its entry stays.
        if self.folder.sync().is_err() {
            return;
        }
        let needed = file.header().keychain;
        let left: Vec<EntryId> = noted
            .into_iter()
            .filter(|entry| Some(*entry) != needed && self.keychain.delete(*entry).is_err())
            .collect();
        let _ = self.write_note(&left);
    }

    /// Adds entries to the note.
    fn note(&self, entries: impl Iterator<Item = EntryId>) -> Result<(), FolderError> {
        // A note that cannot be read is replaced: what it named is left in the keychain.
        let mut noted = self.noted().unwrap_or_default();
        for entry in entries {
            if !noted.contains(&entry) {
                noted.push(entry);
            }
        }
        self.write_note(&noted)
    }

    fn write_note(&self, entries: &[EntryId]) -> Result<(), FolderError> {
        if entries.is_empty() {
            return self.folder.remove(NOTE_FILE);
        }
        let note = Note { entries: entries.iter().map(ToString::to_string).collect() };
        let bytes = serde_json::to_vec(&note).unwrap_or_default();
        self.folder.replace(NOTE_FILE, &bytes, &*self.randomness)
    }

    /// What the note names; nothing if there is none, or if it says nothing that can be read.
    fn noted(&self) -> Result<Vec<EntryId>, FolderError> {
        let bytes = self.folder.read(NOTE_FILE, MAX_NOTE_BYTES)?.unwrap_or_default();
        let note: Note = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(note.entries.iter().filter_map(|text| EntryId::from_hex(text)).collect())
    }
}
