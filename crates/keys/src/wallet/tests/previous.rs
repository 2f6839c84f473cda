//! The key file from before a change of the passphrase: when it helps, and when it goes away.

use super::*;
use crate::wallet::entries::{NOTE_FILE, PREVIOUS_FILE};

const THIRD: &str = "and a third one";

fn changed(wallet: &Wallet, old: &str, new: &str, previous: PreviousKeyFile, now: Moment) {
    wallet.change_passphrase(&typed(old), &typed(new), WithoutKeychain::Refused, previous, now).unwrap();
}

fn kept(wallet: &Wallet, old: &str, new: &str, now: Moment) {
    changed(wallet, old, new, PreviousKeyFile::KeptUntilProven, now);
}

fn is_wrong<T>(result: &Result<T, WalletError>) -> bool {
    matches!(result, Err(WalletError::KeyFile(KeyFileError::WrongPassphrase)))
}

/// The power fails before the keychain has written what it confirmed: of its entries these are left.
fn forget_all_but(setting: &Setting, left: &[EntryId]) {
    for entry in setting.keychain.entries() {
        if !left.contains(&entry) {
            setting.keychain.delete(entry).unwrap();
        }
    }
}

#[test]
fn a_keychain_that_loses_the_new_entry_leaves_the_old_pair() {
    let setting = Setting::new();
    drop(setting.created());
    let before = setting.keychain.entries();
    let wallet = setting.open();
    kept(&wallet, OLD, NEW, setting.start);
    drop(wallet);
    forget_all_but(&setting, &before);
    let wallet = setting.open();
    for passphrase in [NEW, THIRD] {
        for result in [
            wallet.unlock(&typed(passphrase), setting.start).map(drop),
            wallet.export_words(&typed(passphrase)).map(drop),
        ] {
            let Err(WalletError::PreviousPassphraseNeeded(reason)) = result else { panic!("{result:?}") };
            assert!(matches!(*reason, WalletError::Keychain(KeychainError::EntryMissing { .. })));
        }
    }
    assert_eq!(wallet.unlock(&typed(OLD), setting.after(9999)).unwrap(), OpenedWith::PreviousPassphrase);
    assert_eq!(wallet.state(), WalletState::Unlocked);
    assert_eq!(wallet.accounts().unwrap().len(), 1);
    let words = wallet.export_words(&typed(OLD)).unwrap();
    assert_eq!(words.opened_with(), OpenedWith::PreviousPassphrase);
    assert_eq!(words.show(|words| words.collect::<Vec<_>>().join(" ")), WORDS);
    wallet.lock();
    let restored = wallet.restore_accounts(&typed(OLD), 1, setting.after(9999)).unwrap();
    assert_eq!(restored, OpenedWith::PreviousPassphrase);
    // Nothing of the pair that helped is gone; a change puts everything in order.
    kept(&wallet, OLD, THIRD, setting.after(9999));
    assert_eq!(setting.keychain.entries().len(), 2);
    assert!(setting.keychain.entries().contains(&before[0]));
    drop(wallet);
    let wallet = setting.open();
    assert_eq!(wallet.unlock(&typed(THIRD), setting.after(11_000)).unwrap(), OpenedWith::PresentPassphrase);
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    assert_eq!(setting.keychain.entries().len(), 1);
}

#[test]
fn a_damaged_key_file_leaves_the_old_pair_too() {
    let setting = Setting::new();
    let wallet = setting.created();
    kept(&wallet, OLD, NEW, setting.start);
    wallet.lock();
    let path = setting.scratch.path().join(KEY_FILE);
    let good = fs::read(&path).unwrap();
    for bad in [&good[..100], &[], &[0; 500]] {
        fs::write(&path, bad).unwrap();
        assert_eq!(wallet.unlock(&typed(OLD), setting.start).unwrap(), OpenedWith::PreviousPassphrase);
        wallet.lock();
    }
    fs::write(&path, good).unwrap();
    assert_eq!(wallet.unlock(&typed(NEW), setting.start).unwrap(), OpenedWith::PresentPassphrase);
}

#[test]
fn the_old_passphrase_opens_nothing_as_long_as_the_new_one_can() {
    let setting = Setting::new();
    let wallet = setting.created();
    kept(&wallet, OLD, NEW, setting.start);
    wallet.lock();
    assert!(setting.file(PREVIOUS_FILE).is_some());
    assert!(is_wrong(&wallet.unlock(&typed(OLD), setting.start)));
    assert!(is_wrong(&wallet.export_words(&typed(OLD))));
    assert!(is_wrong(&wallet.restore_accounts(&typed(OLD), 1, setting.start)));
    // Nor when the keychain only does not answer.
    setting.keychain.fail_with(Some(KeychainError::Locked { reason: "dismissed".to_owned() }));
    let locked = wallet.unlock(&typed(OLD), setting.start);
    assert!(matches!(locked, Err(WalletError::Keychain(KeychainError::Locked { .. }))));
}

#[test]
fn the_old_pair_goes_when_another_start_has_opened_the_new_one_after_a_while() {
    let setting = Setting::new();
    let wallet = setting.created();
    let before = setting.keychain.entries();
    let old_file = setting.file(KEY_FILE);
    kept(&wallet, OLD, NEW, setting.start);
    let is_there = || {
        let is_there = setting.file(PREVIOUS_FILE).is_some();
        let entries = setting.keychain.entries();
        assert_eq!(entries.len(), if is_there { 2 } else { 1 });
        assert_eq!(entries.contains(&before[0]), is_there);
        assert_eq!(setting.file(NOTE_FILE).is_some(), is_there);
        is_there
    };
    assert_eq!(setting.file(PREVIOUS_FILE), old_file);
    // The start that made it proves nothing, however late.
    wallet.lock();
    wallet.unlock(&typed(NEW), setting.after(7200)).unwrap();
    assert!(is_there());
    drop(wallet);
    // Another one does not so soon; nor does a wrong passphrase, or reading alone.
    let wallet = setting.open();
    wallet.unlock(&typed(NEW), setting.after(598)).unwrap();
    assert!(is_there());
    wallet.lock();
    assert!(is_wrong(&wallet.unlock(&typed(OLD), setting.after(700))));
    wallet.export_words(&typed(NEW)).map(drop).unwrap();
    assert!(is_there());
    wallet.unlock(&typed(NEW), setting.after(601)).unwrap();
    assert!(!is_there());
    wallet.lock();
    assert!(is_wrong(&wallet.unlock(&typed(OLD), setting.after(700))));
}

#[test]
fn a_clock_that_was_wrong_puts_it_off_by_minutes_only() {
    let setting = Setting::new();
    kept(&setting.created(), OLD, NEW, setting.after(100_000_000));
    let wallet = setting.open();
    wallet.unlock(&typed(NEW), setting.start).unwrap();
    assert!(setting.file(PREVIOUS_FILE).is_some());
    wallet.lock();
    wallet.unlock(&typed(NEW), setting.after(601)).unwrap();
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    // Also without its note, or with one that says nothing.
    kept(&wallet, NEW, OLD, setting.start);
    drop(wallet);
    fs::write(setting.scratch.path().join(NOTE_FILE), "?").unwrap();
    let wallet = setting.open();
    for (seconds, is_there) in [(1000, true), (1599, true), (1601, false)] {
        wallet.unlock(&typed(OLD), setting.after(seconds)).unwrap();
        assert_eq!(setting.file(PREVIOUS_FILE).is_some(), is_there);
        assert_eq!(setting.keychain.entries().len(), if is_there { 2 } else { 1 });
        wallet.lock();
    }
}

#[test]
fn a_passphrase_that_leaked_opens_nothing_at_once() {
    let setting = Setting::new();
    let wallet = setting.created();
    kept(&wallet, OLD, NEW, setting.start);
    changed(&wallet, NEW, THIRD, PreviousKeyFile::RemovedAtOnce, setting.start);
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    assert_eq!(setting.file(NOTE_FILE), None);
    let [entry] = setting.keychain.entries()[..] else { panic!("one entry") };
    setting.keychain.delete(entry).unwrap();
    for passphrase in [OLD, NEW, THIRD] {
        let lost = wallet.export_words(&typed(passphrase)).map(drop);
        assert!(matches!(lost, Err(WalletError::Keychain(KeychainError::EntryMissing { .. }))), "{lost:?}");
    }
}

#[test]
fn what_could_not_be_removed_at_once_is_said() {
    /// Deletes nothing for now.
    struct Keeping(Arc<MemoryKeychain>, std::sync::atomic::AtomicBool);
    impl Keychain for Keeping {
        fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
            self.0.get(entry)
        }
        fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
            self.0.set(entry, secret)
        }
        fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
            if self.1.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(KeychainError::Other { reason: "busy".to_owned() });
            }
            self.0.delete(entry)
        }
    }
    let setting = Setting::new();
    drop(setting.created());
    let keychain = Arc::new(Keeping(setting.keychain.clone(), true.into()));
    let wallet = setting.open_with(keychain.clone());
    let (refused, at_once) = (WithoutKeychain::Refused, PreviousKeyFile::RemovedAtOnce);
    let result = wallet.change_passphrase(&typed(OLD), &typed(NEW), refused, at_once, setting.start);
    let Err(WalletError::PreviousLeft(reason)) = result else { panic!("{result:?}") };
    assert!(matches!(*reason, WalletError::Keychain(KeychainError::Other { .. })));
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    keychain.1.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(is_wrong(&wallet.unlock(&typed(OLD), setting.start)));
    assert_eq!(setting.keychain.entries().len(), 2);
    wallet.unlock(&typed(NEW), setting.start).unwrap();
    assert_eq!(setting.keychain.entries().len(), 1);
}

#[test]
fn of_several_changes_the_pair_that_proved_itself_is_kept() {
    let setting = Setting::new();
    let wallet = setting.created();
    let before = setting.keychain.entries();
    let first = setting.file(KEY_FILE);
    kept(&wallet, OLD, NEW, setting.start);
    kept(&wallet, NEW, THIRD, setting.after(1000));
    assert_eq!(setting.file(PREVIOUS_FILE), first);
    assert_eq!(setting.keychain.entries().len(), 2);
    drop(wallet);
    // Another start soon after the second change is too early, whenever the first was.
    let wallet = setting.open();
    wallet.unlock(&typed(THIRD), setting.after(1100)).unwrap();
    assert_eq!(setting.file(PREVIOUS_FILE), first);
    // Proved, and then changed without having been unlocked: now this pair is the one to keep.
    let third = setting.file(KEY_FILE);
    kept(&wallet, THIRD, OLD, setting.after(2000));
    assert_eq!(setting.file(PREVIOUS_FILE), third);
    assert_eq!(setting.keychain.entries().len(), 2);
    assert!(!setting.keychain.entries().contains(&before[0]));
}

#[test]
fn a_change_that_stops_before_replacing_leaves_one_pair() {
    let setting = Setting::new();
    drop(setting.created());
    // As a process that is killed leaves it.
    let [entry] = setting.keychain.entries()[..] else { panic!("one entry") };
    let lost = EntryId::for_tests([5; 16]);
    setting.keychain.set(lost, &KeychainSecret::from_bytes(&[5; 32]).unwrap()).unwrap();
    fs::copy(setting.scratch.path().join(KEY_FILE), setting.scratch.path().join(PREVIOUS_FILE)).unwrap();
    let note = format!("{{\"entries\":[\"{entry}\",\"{lost}\"],\"changed_at\":1000}}");
    fs::write(setting.scratch.path().join(NOTE_FILE), note).unwrap();
    let wallet = setting.open();
    assert_eq!(wallet.unlock(&typed(OLD), setting.start).unwrap(), OpenedWith::PresentPassphrase);
    assert_eq!(setting.keychain.entries(), [entry]);
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    assert_eq!(setting.file(NOTE_FILE), None);
}

#[cfg(unix)]
#[test]
fn a_file_that_needs_no_keychain_needs_none_from_before() {
    let setting = Setting::new();
    let wallet = setting.created();
    kept(&wallet, OLD, NEW, setting.start);
    /// Stores nothing more.
    struct Full(Arc<MemoryKeychain>);
    impl Keychain for Full {
        fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
            self.0.get(entry)
        }
        fn set(&self, _: EntryId, _: &KeychainSecret) -> Result<(), KeychainError> {
            Err(KeychainError::Other { reason: "full".to_owned() })
        }
        fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
            self.0.delete(entry)
        }
    }
    drop(wallet);
    let wallet = setting.open_with(Arc::new(Full(setting.keychain.clone())));
    let (accepted, kept) = (WithoutKeychain::Accepted, PreviousKeyFile::KeptUntilProven);
    let protection = wallet.change_passphrase(&typed(NEW), &typed(OLD), accepted, kept, setting.start);
    assert_eq!(protection.unwrap(), Protection::PassphraseAlone);
    assert_eq!(setting.file(PREVIOUS_FILE), None);
    assert_eq!(setting.keychain.entries(), []);
    wallet.unlock(&typed(OLD), setting.start).unwrap();
}

#[test]
fn it_does_not_stay_beside_another_wallet() {
    let setting = Setting::new();
    let wallet = setting.created();
    for is_moved_by_hand in [false, true] {
        kept(&wallet, OLD, NEW, setting.start);
        let previous = setting.file(PREVIOUS_FILE);
        let entries = setting.keychain.entries();
        if is_moved_by_hand {
            fs::rename(setting.scratch.path().join(KEY_FILE), setting.scratch.path().join("moved")).unwrap();
        } else {
            wallet.set_key_file_aside().unwrap();
        }
        wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start).unwrap();
        assert_eq!(setting.file(PREVIOUS_FILE), None);
        let aside = format!("{PREVIOUS_FILE}.old-{}", if is_moved_by_hand { 2 } else { 1 });
        assert_eq!(setting.file(&aside), previous);
        // What was set aside may come back.
        for entry in entries {
            assert!(setting.keychain.entries().contains(&entry));
        }
    }
}
