//! Files that somebody else moves, alters or brings back while the wallet is at work.

use std::io;

use super::*;
use crate::folder::faults::Step;

/// Somebody else's address, put in the place of a watched one.
const PLANTED: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";

/// Other words: those of Clarinet's devnet deployer.
const OTHER_WORDS: &str = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow \
                           spring wrist shed math olympic multiply hip blue scout claw";

fn create(wallet: &Wallet, words: &str, setting: &Setting) -> Result<Created, WalletError> {
    let mnemonic = Mnemonic::parse(words).ok().unwrap();
    wallet.create(&mnemonic, &typed(OLD), WithoutKeychain::Refused, setting.start)
}

fn ids(wallet: &Wallet) -> Vec<AccountId> {
    wallet.accounts().unwrap().iter().map(Account::id).collect()
}

#[test]
fn planted_addresses_are_not_sealed_by_importing_the_words_again() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.add_account("Savings").unwrap();
    wallet.add_watch_only("Cold store", BURN, TransactionVersion::Mainnet).unwrap();
    drop(wallet);
    let path = setting.scratch.path().join(ACCOUNTS_FILE);
    let altered = fs::read_to_string(&path).unwrap().replace(BURN, PLANTED);
    fs::write(&path, &altered).unwrap();
    let wallet = setting.open();
    wallet.set_key_file_aside().unwrap();
    let made = create(&wallet, WORDS, &setting).unwrap();
    // One's own are derived again; what nobody vouches for is not in the list, and is asked about.
    let planted = AccountId::WatchOnly(PLANTED.parse().unwrap());
    assert_eq!(made.left_out.iter().map(Account::id).collect::<Vec<_>>(), [planted]);
    assert!(made.left_out.iter().all(|account| !account.is_verified()));
    assert_eq!(ids(&wallet), [AccountId::Derived(0), AccountId::Derived(1)]);
    drop(wallet);
    let wallet = setting.open();
    wallet.unlock(&typed(OLD), setting.start).unwrap();
    assert_eq!(ids(&wallet), [AccountId::Derived(0), AccountId::Derived(1)]);
    assert!(setting.file("accounts.json.old-1").is_some());
}

#[test]
fn a_list_that_the_same_words_sealed_is_taken_over() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.add_account("Savings").unwrap();
    wallet.add_watch_only("Cold store", BURN, TransactionVersion::Mainnet).unwrap();
    let before = ids(&wallet);
    wallet.set_key_file_aside().unwrap();
    assert_eq!(create(&wallet, WORDS, &setting).unwrap().left_out, []);
    assert_eq!(ids(&wallet), before);
}

#[test]
fn a_key_file_that_appears_while_one_is_created_is_not_replaced() {
    /// Somebody copies a file into the folder while the keychain is asked.
    struct Meanwhile(Arc<MemoryKeychain>, std::path::PathBuf);
    impl Keychain for Meanwhile {
        fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
            self.0.get(entry)
        }
        fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
            fs::write(&self.1, "a backup").unwrap();
            self.0.set(entry, secret)
        }
        fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
            self.0.delete(entry)
        }
    }
    let setting = Setting::new();
    let path = setting.scratch.path().join(KEY_FILE);
    let wallet = setting.open_with(Arc::new(Meanwhile(setting.keychain.clone(), path.clone())));
    wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    let list = setting.file(ACCOUNTS_FILE);
    assert!(matches!(create(&wallet, WORDS, &setting), Err(WalletError::Exists)));
    assert_eq!(fs::read(&path).unwrap(), b"a backup");
    assert_eq!(setting.file(ACCOUNTS_FILE), list);
    assert_eq!(wallet.state(), WalletState::Locked);
    assert_eq!(setting.keychain.entries(), []);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_key_file_that_is_unplugged_is_a_key_file() {
    let setting = Setting::new();
    let path = setting.scratch.path().join(KEY_FILE);
    std::os::unix::fs::symlink("/nowhere/wallet.key", &path).unwrap();
    let wallet = setting.open();
    assert_eq!(wallet.state(), WalletState::Locked);
    assert!(matches!(create(&wallet, WORDS, &setting), Err(WalletError::Exists)));
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    let unlocked = wallet.unlock(&typed(OLD), setting.start).map(drop);
    assert!(matches!(unlocked, Err(WalletError::Folder(FolderError::Io { .. }))), "{unlocked:?}");
}

#[test]
fn one_s_own_accounts_are_there_again_after_the_words_were_imported_again() {
    let setting = Setting::new();
    let wallet = setting.created();
    for label in ["One", "Two"] {
        wallet.add_account(label).unwrap();
    }
    let sealed = setting.file(ACCOUNTS_FILE);
    wallet.set_key_file_aside().unwrap();
    assert_eq!(setting.file("accounts.json.old-1"), sealed);
    // Watching something meanwhile, and starting again, changes nothing of that.
    wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    drop(wallet);
    let wallet = setting.open();
    assert_eq!(wallet.accounts().unwrap().len(), 1);
    create(&wallet, WORDS, &setting).unwrap();
    let labels: Vec<String> =
        wallet.accounts().unwrap().iter().map(|account| account.label().to_owned()).collect();
    assert_eq!(labels[..3], ["Account 1", "One", "Two"]);
    // Another wallet's accounts are not one's own.
    wallet.set_key_file_aside().unwrap();
    create(&wallet, OTHER_WORDS, &setting).unwrap();
    assert_eq!(ids(&wallet), [AccountId::Derived(0)]);
}

#[test]
fn the_entry_of_a_key_file_that_was_moved_stays() {
    let setting = Setting::new();
    let wallet = setting.created();
    let entries = setting.keychain.entries();
    // A change that fails halfway leaves its note, as one that is killed does.
    let name = setting.scratch.path().join("keychain-entries.json");
    fs::write(&name, format!("{{\"entries\":[\"{}\"]}}", entries[0])).unwrap();
    drop(wallet);
    let elsewhere = setting.scratch.path().join("stick.key");
    fs::rename(setting.scratch.path().join(KEY_FILE), &elsewhere).unwrap();
    let wallet = setting.open();
    create(&wallet, OTHER_WORDS, &setting).unwrap();
    drop(wallet);
    let wallet = setting.open();
    wallet.unlock(&typed(OLD), setting.start).unwrap();
    assert!(setting.keychain.entries().contains(&entries[0]), "the moved file's entry is gone");
}

#[test]
fn a_failing_restoration_leaves_the_list_in_place() {
    for step in [Step::Write, Step::Rename] {
        let setting = Setting::new();
        let wallet = setting.created();
        wallet.add_account("Savings").unwrap();
        wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
        wallet.lock();
        let list = setting.file(ACCOUNTS_FILE);
        setting.disk.set(Some((step, io::ErrorKind::StorageFull)));
        let restored = wallet.restore_accounts(&typed(OLD), 2, setting.start).map(drop);
        assert!(matches!(restored, Err(WalletError::Folder(FolderError::DiskFull { .. }))), "{restored:?}");
        assert_eq!(setting.file(ACCOUNTS_FILE), list);
        setting.disk.set(None);
        wallet.unlock(&typed(OLD), setting.start).unwrap();
        assert_eq!(wallet.accounts().unwrap().len(), 3);
    }
}

#[test]
fn a_restoration_that_is_not_confirmed_is_shown() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.lock();
    setting.disk.set(Some((Step::SyncFolder, io::ErrorKind::Other)));
    let restored = wallet.restore_accounts(&typed(OLD), 3, setting.start).map(drop);
    assert!(matches!(restored, Err(WalletError::Folder(FolderError::NotConfirmed { .. }))), "{restored:?}");
    assert_eq!(wallet.accounts().unwrap().len(), 3);
}

#[test]
fn a_list_that_cannot_be_read_does_not_shut_out_the_keys() {
    let setting = Setting::new();
    drop(setting.created());
    // A folder cannot be read as a file, whoever one is.
    let path = setting.scratch.path().join(ACCOUNTS_FILE);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let wallet = setting.open();
    assert!(matches!(wallet.accounts(), Err(AccountsError::Damaged(_))));
    let unlocked = wallet.unlock(&typed(OLD), setting.start).map(drop);
    assert!(matches!(unlocked, Err(WalletError::Accounts(AccountsError::Damaged(_)))), "{unlocked:?}");
    wallet.export_words(&typed(OLD)).map(drop).unwrap();
    wallet.restore_accounts(&typed(OLD), 1, setting.start).unwrap();
    assert_eq!(ids(&wallet), [AccountId::Derived(0)]);
    assert!(setting.scratch.path().join("accounts.json.old-1").is_dir());
}

#[test]
fn words_are_not_handed_out_when_it_was_locked_meanwhile() {
    let setting = Setting::new();
    drop(setting.created());
    let (wallet, entered, proceed) = slow(&setting);
    for is_locked_meanwhile in [true, false] {
        std::thread::scope(|scope| {
            let exporting = scope.spawn(|| wallet.export_words(&typed(OLD)));
            entered.recv().unwrap();
            if is_locked_meanwhile {
                wallet.lock();
            }
            proceed.send(()).unwrap();
            let result = exporting.join().unwrap().map(drop);
            assert_eq!(
                matches!(result, Err(WalletError::LockedMeanwhile)),
                is_locked_meanwhile,
                "{result:?}"
            );
        });
    }
}

#[test]
fn nothing_is_signed_with_a_key_file_that_is_gone() {
    let setting = Setting::new();
    let wallet = setting.created();
    let account = AccountId::Derived(0);
    let transaction = transfer(&wallet, account, Network::MAINNET);
    fs::rename(setting.scratch.path().join(KEY_FILE), setting.scratch.path().join("moved")).unwrap();
    setting.keychain.fail_with(no_keychain());
    create(&wallet, OTHER_WORDS, &setting).unwrap_err();
    assert_eq!(wallet.state(), WalletState::Absent);
    let signed = wallet.sign(account, transaction, Network::MAINNET, setting.start);
    assert_eq!(signed, Err(SignError::Locked));
}

#[test]
fn a_key_file_that_is_put_back_is_noticed() {
    let setting = Setting::new();
    drop(setting.created());
    let (path, moved) = (setting.scratch.path().join(KEY_FILE), setting.scratch.path().join("moved"));
    for is_restored in [false, true] {
        fs::rename(&path, &moved).unwrap();
        let wallet = setting.open();
        assert_eq!(wallet.state(), WalletState::Absent);
        fs::rename(&moved, &path).unwrap();
        if is_restored {
            wallet.restore_accounts(&typed(OLD), 1, setting.start).unwrap();
        } else {
            wallet.unlock(&typed(OLD), setting.start).unwrap();
        }
        assert_eq!(wallet.state(), WalletState::Unlocked);
        wallet
            .add_watch_only(
                if is_restored { "b" } else { "a" },
                [BURN, PLANTED][usize::from(is_restored)],
                TransactionVersion::Mainnet,
            )
            .unwrap();
        drop(wallet);
        setting.open().unlock(&typed(OLD), setting.start).unwrap();
    }
}
