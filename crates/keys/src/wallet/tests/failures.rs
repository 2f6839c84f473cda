//! Disks, keychains and files that fail.

use std::io;

use super::*;
use crate::folder::faults::Step;

/// Stores nothing, as some do without saying so.
struct ForgetfulKeychain(MemoryKeychain);

impl Keychain for ForgetfulKeychain {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        self.0.get(entry)
    }
    fn set(&self, _: EntryId, _: &KeychainSecret) -> Result<(), KeychainError> {
        Ok(())
    }
    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        self.0.delete(entry)
    }
}

#[test]
fn a_keychain_that_stores_nothing_is_found_out_in_time() {
    let setting = Setting::new();
    let wallet = setting.open_with(Arc::new(ForgetfulKeychain(MemoryKeychain::default())));
    let made = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start);
    assert!(matches!(made, Err(WalletError::Keychain(KeychainError::EntryMissing { .. }))));
    assert_eq!(setting.file(KEY_FILE), None);
}

#[test]
fn what_is_wrong_with_the_keychain_is_said_and_the_file_is_untouched() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.lock();
    let file = setting.file(KEY_FILE);
    let locked = KeychainError::Locked { reason: "dismissed".to_owned() };
    for failure in [locked, no_keychain().unwrap(), KeychainError::Other { reason: "?".to_owned() }] {
        setting.keychain.fail_with(Some(failure.clone()));
        for result in [
            wallet.unlock(&typed(OLD), setting.start).map(drop),
            wallet.export_words(&typed(OLD)).map(drop),
            wallet
                .change_passphrase(
                    &typed(OLD),
                    &typed(NEW),
                    WithoutKeychain::Accepted,
                    PreviousKeyFile::KeptUntilProven,
                    setting.start,
                )
                .map(drop),
        ] {
            assert!(matches!(result, Err(WalletError::Keychain(found)) if found == failure));
        }
        assert_eq!(wallet.state(), WalletState::Locked);
        assert_eq!(setting.file(KEY_FILE), file);
    }
    setting.keychain.fail_with(None);
    let [entry] = setting.keychain.entries()[..] else { panic!("one entry") };
    let kept = setting.keychain.get(entry).unwrap();
    setting.keychain.set(entry, &KeychainSecret::from_bytes(&[1; 32]).unwrap()).unwrap();
    let other = wallet.unlock(&typed(OLD), setting.start);
    assert!(matches!(other, Err(WalletError::KeyFile(KeyFileError::WrongPassphrase))));
    setting.keychain.delete(entry).unwrap();
    let missing = wallet.unlock(&typed(OLD), setting.start);
    assert!(
        matches!(missing, Err(WalletError::Keychain(KeychainError::EntryMissing { entry: found })) if found == entry)
    );
    assert_eq!(setting.file(KEY_FILE), file);

    // The way out: the words again.
    let aside = wallet.set_key_file_aside().unwrap();
    assert_eq!(fs::read(&aside).ok(), file);
    assert_eq!(wallet.state(), WalletState::Absent);
    wallet.create(&mnemonic(), &typed(NEW), WithoutKeychain::Refused, setting.start).unwrap();
    assert_eq!(
        wallet.accounts().unwrap()[0].address(TransactionVersion::Mainnet).unwrap().to_string(),
        ADDRESS
    );
    // The old file still opens, should its entry come back.
    drop(wallet);
    setting.keychain.set(entry, &kept).unwrap();
    fs::rename(aside, setting.scratch.path().join(KEY_FILE)).unwrap();
    setting.open().unlock(&typed(OLD), setting.start).unwrap();
}

#[test]
fn a_failing_disk_changes_nothing_and_leaves_no_entry() {
    use io::ErrorKind::{PermissionDenied, StorageFull};
    for step in [Step::Write, Step::Rename] {
        for kind in [StorageFull, PermissionDenied] {
            let setting = Setting::new();
            setting.disk.set(Some((step, kind)));
            let wallet = setting.open();
            let made = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start);
            let is_right = |error: &WalletError| match kind {
                StorageFull => matches!(error, WalletError::Folder(FolderError::DiskFull { .. })),
                _ => matches!(error, WalletError::Folder(FolderError::ReadOnly { .. })),
            };
            assert!(is_right(&made.unwrap_err()));
            assert_eq!(wallet.state(), WalletState::Absent);
            assert_eq!(setting.keychain.entries(), []);
            setting.disk.set(None);
            wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start).unwrap();

            let files = [KEY_FILE, ACCOUNTS_FILE].map(|name| setting.file(name).unwrap());
            let entries = setting.keychain.entries();
            setting.disk.set(Some((step, kind)));
            let changed = wallet.change_passphrase(
                &typed(OLD),
                &typed(NEW),
                WithoutKeychain::Accepted,
                PreviousKeyFile::KeptUntilProven,
                setting.start,
            );
            assert!(is_right(&changed.unwrap_err()));
            assert!(is_right(&wallet.add_account("x").unwrap_err()));
            assert!(is_right(&wallet.rename_account(AccountId::Derived(0), "x").unwrap_err()));
            assert_eq!(wallet.accounts().unwrap().len(), 1);
            assert_eq!([KEY_FILE, ACCOUNTS_FILE].map(|name| setting.file(name).unwrap()), files);
            assert_eq!(setting.keychain.entries(), entries);
            setting.disk.set(None);
            wallet.lock();
            wallet.unlock(&typed(OLD), setting.start).unwrap();
        }
    }
}

#[test]
fn the_key_file_s_own_write_may_fail_after_the_others_succeeded() {
    /// Fails for the key file only.
    struct OnlyKeyFile(FaultyDisk);
    impl Disk for OnlyKeyFile {
        fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            let is_key = path.file_name().unwrap().to_string_lossy().contains(KEY_FILE);
            if is_key { self.0.write_new(path, bytes) } else { OsDisk.write_new(path, bytes) }
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsDisk.rename(from, to)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            OsDisk.sync_folder(folder)
        }
    }
    let setting = Setting::new();
    let open = || {
        let (disk, keychain) = (OnlyKeyFile(setting.disk.clone()), setting.keychain.clone());
        let random = Box::new(OsRandomness);
        Wallet::open_on(setting.scratch.path(), Box::new(disk), keychain, KdfCost::for_tests(), random)
            .unwrap()
    };
    let full = Some((Step::Write, io::ErrorKind::StorageFull));
    setting.disk.set(full);
    let wallet = open();
    let watched = wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start).unwrap_err();
    assert_eq!(setting.keychain.entries(), []);
    drop(wallet);
    // The list was written already: its derived account has no key, and is not shown.
    let wallet = open();
    assert_eq!(wallet.state(), WalletState::Absent);
    assert_eq!(wallet.accounts().unwrap().iter().map(Account::id).collect::<Vec<_>>(), [watched]);
    setting.disk.set(None);
    let made = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start).unwrap();
    let ids = |accounts: &[Account]| accounts.iter().map(Account::id).collect::<Vec<_>>();
    // Nobody vouches for what was watched without a key.
    assert_eq!(ids(&made.left_out), [watched]);
    assert_eq!(ids(&wallet.accounts().unwrap()), [AccountId::Derived(0)]);

    setting.disk.set(full);
    let entries = setting.keychain.entries();
    wallet
        .change_passphrase(
            &typed(OLD),
            &typed(NEW),
            WithoutKeychain::Refused,
            PreviousKeyFile::KeptUntilProven,
            setting.start,
        )
        .unwrap_err();
    assert_eq!(setting.keychain.entries(), entries);
    drop(wallet);
    setting.disk.set(None);
    let wallet = open();
    wallet.unlock(&typed(OLD), setting.start).unwrap();
    assert_eq!(setting.keychain.entries(), entries);
    assert_eq!(setting.file("keychain-entries.json"), None);
}

#[test]
fn both_files_open_as_long_as_the_disk_confirms_nothing() {
    let setting = Setting::new();
    let wallet = setting.created();
    let old_file = setting.file(KEY_FILE).unwrap();
    /// Confirms the note, and nothing after the key file is in place.
    struct Unconfirmed(std::sync::atomic::AtomicBool);
    impl Disk for Unconfirmed {
        fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            OsDisk.write_new(path, bytes)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            if to.ends_with(KEY_FILE) {
                self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            OsDisk.rename(from, to)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            if self.0.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(io::ErrorKind::Other.into());
            }
            OsDisk.sync_folder(folder)
        }
    }
    drop(wallet);
    let wallet = Wallet::open_on(
        setting.scratch.path(),
        Box::new(Unconfirmed(false.into())),
        setting.keychain.clone(),
        KdfCost::for_tests(),
        Box::new(OsRandomness),
    )
    .unwrap();
    let changed = wallet.change_passphrase(
        &typed(OLD),
        &typed(NEW),
        WithoutKeychain::Refused,
        PreviousKeyFile::KeptUntilProven,
        setting.start,
    );
    assert!(matches!(changed, Err(WalletError::Folder(FolderError::NotConfirmed { .. }))));
    wallet.unlock(&typed(NEW), setting.start).unwrap();
    assert_eq!(setting.keychain.entries().len(), 2);
    drop(wallet);
    // The power fails, and the old file is back.
    let new_file = setting.file(KEY_FILE).unwrap();
    fs::write(setting.scratch.path().join(KEY_FILE), &old_file).unwrap();
    let copy =
        setting.keychain.entries().into_iter().map(|entry| (entry, setting.keychain.get(entry).unwrap()));
    let copy: Vec<_> = copy.collect();
    setting.open().unlock(&typed(OLD), setting.start).unwrap();
    assert_eq!(setting.keychain.entries().len(), 1);
    // Or it is not.
    for (entry, secret) in &copy {
        setting.keychain.set(*entry, secret).unwrap();
    }
    fs::write(setting.scratch.path().join(KEY_FILE), new_file).unwrap();
    setting.open().unlock(&typed(NEW), setting.start).unwrap();
}

#[test]
fn a_key_file_that_cannot_be_read_says_why_and_stays() {
    let setting = Setting::new();
    drop(setting.created());
    let path = setting.scratch.path().join(KEY_FILE);
    let good = fs::read(&path).unwrap();
    let wallet = setting.open();
    let mut damaged = good.clone();
    damaged[60] ^= 1;
    for (content, expected) in [
        (good[..50].to_vec(), KeyFileError::Truncated { found: 50, expected: good.len() }),
        (damaged, KeyFileError::Damaged),
        (b"{}".to_vec(), KeyFileError::NotAKeyFile),
        (Vec::new(), KeyFileError::NotAKeyFile),
        (vec![0; 100_000], KeyFileError::NotAKeyFile),
    ] {
        fs::write(&path, &content).unwrap();
        for result in [
            wallet.unlock(&typed(OLD), setting.start).map(drop),
            wallet.protection().map(drop),
            wallet.export_words(&typed(OLD)).map(drop),
            wallet.restore_accounts(&typed(OLD), 1, setting.start).map(drop),
            wallet
                .change_passphrase(
                    &typed(OLD),
                    &typed(NEW),
                    WithoutKeychain::Accepted,
                    PreviousKeyFile::KeptUntilProven,
                    setting.start,
                )
                .map(drop),
        ] {
            assert!(matches!(result, Err(WalletError::KeyFile(found)) if found == expected), "{expected:?}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
        let again = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Accepted, setting.start);
        assert!(matches!(again, Err(WalletError::Exists)));
    }
    assert_eq!(setting.keychain.entries().len(), 1);
    fs::write(&path, good).unwrap();
    wallet.unlock(&typed(OLD), setting.start).unwrap();
}
