//! What is kept for a while after the passphrase was changed: the key file from before, and entries in the keychain.
//!
//! # Why the key file from before is kept
//!
//! A keychain that confirms an entry, and gives it back, may have it in memory only (KWallet writes some seconds later), and
//! systems other than Unix do not confirm that a renamed file stays renamed. Were the old pair of file and entry gone by
//! then, a loss of power would leave nothing that opens. So it stays until the new pair was used after a while by another
//! start of BitHedge. A later use in the same start would show less: the keychain may still answer from the same memory.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::protect::is_in_place;
use super::{KEY_FILE, OpenedWith, Wallet, WalletError};
use crate::file::{self, KeyFile, KeyFileError};
use crate::folder::FolderError;
use crate::idle::Moment;
use crate::keychain::{EntryId, KeychainError};
use crate::mnemonic::Mnemonic;
use crate::passphrase::Passphrase;

/// The key file from before the last change of the passphrase.
pub(super) const PREVIOUS_FILE: &str = "wallet.key.previous";

/// How long it stays at least: many times what keychains and disks put off their writing.
const PREVIOUS_STAYS: Duration = Duration::from_secs(600);

/// The note of entries that may be obsolete.
pub(super) const NOTE_FILE: &str = "keychain-entries.json";
const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The note as it is written.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenNote {
    entries: Vec<String>,
    /// When the passphrase was changed, in seconds since 1970, if the key file from before is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<u64>,
}

/// The note.
#[derive(Default)]
pub(super) struct Note {
    entries: Vec<EntryId>,
    changed_at: Option<SystemTime>,
}

impl Note {
    fn add(&mut self, entry: EntryId) {
        if !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }
}

/// A key file that was opened.
pub(super) struct OpenedFile {
    pub(super) file: KeyFile,
    pub(super) mnemonic: Mnemonic,
    pub(super) with: OpenedWith,
}

impl Wallet {
    /// Opens the key file; if it or its entry is lost, the one from before.
    pub(super) fn open_key_file(&self, passphrase: &Passphrase) -> Result<OpenedFile, WalletError> {
        let present = self.read_key_file().and_then(|file| {
            let mnemonic = self.decrypt(&file, passphrase)?;
            Ok(OpenedFile { file, mnemonic, with: OpenedWith::PresentPassphrase })
        });
        let error = match present {
            // A wrong passphrase is among them: the old one opens nothing as long as the new one can.
            Err(error) if is_lost(&error) => error,
            other => return other,
        };
        let Ok(Some(file)) = self.previous_key_file() else { return Err(error) };
        match self.decrypt(&file, passphrase) {
            Ok(mnemonic) => Ok(OpenedFile { file, mnemonic, with: OpenedWith::PreviousPassphrase }),
            Err(WalletError::KeyFile(KeyFileError::WrongPassphrase)) => {
                Err(WalletError::PreviousPassphraseNeeded(Box::new(error)))
            }
            Err(_) => Err(error),
        }
    }

    /// The key file from before; `None` if there is none, or if that file is none.
    fn previous_key_file(&self) -> Result<Option<KeyFile>, FolderError> {
        let bytes = self.folder.read(PREVIOUS_FILE, file::MAX_FILE_BYTES)?;
        Ok(bytes.and_then(|bytes| KeyFile::parse(&bytes).ok()))
    }

    /// Whether a change of the passphrase keeps the previous file that is there instead of this one, which is in place: this
    /// one has not proved itself yet.
    pub(super) fn keeps_older(&self, file: &KeyFile, now: Moment) -> bool {
        match self.previous_key_file() {
            Ok(Some(previous)) => previous != *file && !self.is_proven(now),
            _ => false,
        }
    }

    /// Whether the key file in place was made long enough ago, by another start. It was just opened.
    fn is_proven(&self, now: Moment) -> bool {
        if self.inner().changed_here {
            return false;
        }
        let Ok(mut note) = self.noted() else { return false };
        match note.changed_at.map(|at| now.wall.duration_since(at)) {
            Some(Ok(passed)) => passed >= PREVIOUS_STAYS,
            // Not known, or the clock was set back: it counts from now.
            None | Some(Err(_)) => {
                note.changed_at = Some(now.wall);
                let _ = self.write_note(&note);
                false
            }
        }
    }

    /// After the key file in place was opened: removes what is not needed any more. What cannot be removed now is so after
    /// another unlocking; nothing depends on it.
    pub(super) fn settle(&self, file: &KeyFile, now: Moment) {
        let is_over = match self.folder.read(PREVIOUS_FILE, file::MAX_FILE_BYTES) {
            Ok(None) => false,
            // Left by a change that was interrupted before it replaced anything.
            Ok(Some(bytes)) if bytes == file.as_bytes() => true,
            Ok(Some(_)) | Err(_) => self.is_proven(now),
        };
        if is_over {
            let _ = self.remove_previous();
        }
        let _ = self.delete_obsolete_entries(file);
    }

    /// Removes the key file from before. Its entry is noted, to be deleted next.
    pub(super) fn remove_previous(&self) -> Result<(), FolderError> {
        if !self.folder.has(PREVIOUS_FILE)? {
            return Ok(());
        }
        let mut note = self.noted().unwrap_or_default();
        if let Ok(Some(previous)) = self.previous_key_file()
            && let Some(entry) = previous.header().keychain
        {
            note.add(entry);
        }
        // When it was changed stays noted until the file is gone: whoever is interrupted here goes on in the next start, and
        // does not wait anew.
        self.write_note(&note)?;
        self.folder.remove(PREVIOUS_FILE)
    }

    /// Deletes what the note names and neither this file, which is in place and was opened, nor the one from before needs.
    /// What cannot be deleted stays in the note.
    pub(super) fn delete_obsolete_entries(&self, file: &KeyFile) -> Result<(), WalletError> {
        let mut note = self.noted()?;
        if note.entries.is_empty() {
            return Ok(());
        }
        // As long as a loss of power might bring the old file back, its entry stays.
        self.folder.sync()?;
        let previous = match self.previous_key_file()? {
            Some(previous) => previous.header().keychain,
            // There is something that is no key file now; nobody knows what it needs.
            None if self.folder.has(PREVIOUS_FILE)? => return Ok(()),
            None => None,
        };
        let needed = file.header().keychain;
        let mut result = Ok(());
        note.entries.retain(|entry| {
            if Some(*entry) == needed || Some(*entry) == previous {
                // Noted again with the next change.
                return Some(*entry) != needed;
            }
            match self.keychain.delete(*entry) {
                Ok(()) => false,
                Err(error) => {
                    result = Err(error.into());
                    true
                }
            }
        });
        self.write_note(&note)?;
        result
    }

    /// Deletes an entry that never was needed, and takes it and those of the file in place off the note. It may not work,
    /// where nothing works: then 32 random bytes are left, and nobody is asked again and again to unlock a keychain for
    /// their sake.
    pub(super) fn give_up(&self, entry: EntryId, in_force: &[EntryId]) {
        let _ = self.keychain.delete(entry);
        if let Ok(mut note) = self.noted() {
            note.entries.retain(|other| *other != entry && !in_force.contains(other));
            let _ = self.write_note(&note);
        }
    }

    /// Adds entries to the note, and when the passphrase is changed if it is.
    pub(super) fn note(
        &self,
        entries: impl Iterator<Item = EntryId>,
        change: Option<Moment>,
    ) -> Result<(), FolderError> {
        // A note that cannot be read is replaced: what it named is left in the keychain.
        let mut note = self.noted().unwrap_or_default();
        for entry in entries {
            note.add(entry);
        }
        note.changed_at = change.map(|now| now.wall).or(note.changed_at);
        self.write_note(&note)
    }

    fn write_note(&self, note: &Note) -> Result<(), FolderError> {
        let changed_at = note.changed_at.filter(|_| self.folder.has(PREVIOUS_FILE).unwrap_or(true));
        if note.entries.is_empty() && changed_at.is_none() {
            return self.folder.remove(NOTE_FILE);
        }
        let seconds =
            |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let written = WrittenNote {
            entries: note.entries.iter().map(ToString::to_string).collect(),
            changed_at: note.changed_at.map(seconds),
        };
        let bytes = serde_json::to_vec(&written).unwrap_or_default();
        self.folder.replace(NOTE_FILE, &bytes, &*self.randomness)
    }

    /// The note; an empty one if there is none, or if it says nothing that can be read.
    fn noted(&self) -> Result<Note, FolderError> {
        let bytes = self.folder.read(NOTE_FILE, MAX_NOTE_BYTES)?.unwrap_or_default();
        let written: WrittenNote = serde_json::from_slice(&bytes).unwrap_or_default();
        let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        Ok(Note {
            entries: written.entries.iter().filter_map(|text| EntryId::from_hex(text)).collect(),
            changed_at: written.changed_at.and_then(at),
        })
    }

    /// The entries that a change may make obsolete: what this file, the one in place and the one from before need.
    pub(super) fn entries_in_force(&self, opened: &KeyFile) -> Vec<EntryId> {
        let mut entries = Vec::new();
        let in_place = self.read_key_file().ok();
        let previous = self.previous_key_file().ok().flatten();
        for file in [Some(opened), in_place.as_ref(), previous.as_ref()].into_iter().flatten() {
            entries.extend(file.header().keychain.filter(|entry| !entries.contains(entry)));
        }
        entries
    }

    /// Replaces the key file, and keeps the one from before if there is one to be kept.
    pub(super) fn replace_key_file(
        &self,
        file: &KeyFile,
        before: Option<&KeyFile>,
    ) -> Result<(), WalletError> {
        if let Some(before) = before {
            let kept = self.folder.replace(PREVIOUS_FILE, before.as_bytes(), &*self.randomness);
            // What follows is not confirmed either then, and says so; and nothing is deleted.
            if !is_in_place(&kept) {
                kept?;
            }
        }
        self.inner().changed_here = true;
        Ok(self.folder.replace(KEY_FILE, file.as_bytes(), &*self.randomness)?)
    }
}

/// Whether the key file or its entry is lost, so that no passphrase opens it.
const fn is_lost(error: &WalletError) -> bool {
    matches!(
        error,
        WalletError::KeyFile(
            KeyFileError::NotAKeyFile | KeyFileError::Truncated { .. } | KeyFileError::Damaged
        ) | WalletError::Folder(FolderError::Io { .. })
            | WalletError::Keychain(KeychainError::EntryMissing { .. } | KeychainError::EntryAltered { .. })
    )
}
