//! Lists of accounts that were altered, lost, or have no keys.

use super::*;

#[test]
fn an_altered_list_stops_the_unlocking_until_it_is_restored() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.add_account("Savings").unwrap();
    wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    wallet.lock();
    let path = setting.scratch.path().join(ACCOUNTS_FILE);
    let good = fs::read_to_string(&path).unwrap();
    let unlocked = || wallet.unlock(&typed(OLD), setting.start);
    let problem = |result: Result<OpenedWith, WalletError>| match result {
        Err(WalletError::Accounts(error)) => error,
        other => panic!("{other:?}"),
    };
    fs::write(&path, good.replace(BURN, "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4")).unwrap();
    assert_eq!(problem(unlocked()), AccountsError::Altered);
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(matches!(problem(unlocked()), AccountsError::Damaged(_)));
    assert!(wallet.accounts().is_err());
    fs::write(&path, "x".repeat(3 * 1024 * 1024)).unwrap();
    assert!(matches!(problem(unlocked()), AccountsError::Damaged(_)));
    fs::write(&path, good.replace("\"version\": 1", "\"version\": 2")).unwrap();
    assert_eq!(problem(unlocked()), AccountsError::Newer { found: 2, known: 1 });
    fs::remove_file(&path).unwrap();
    assert_eq!(problem(unlocked()), AccountsError::Missing);
    assert_eq!(wallet.state(), WalletState::Locked);

    fs::write(&path, good.replace("Savings", "Savingz")).unwrap();
    assert_eq!(problem(unlocked()), AccountsError::Altered);
    let wrong = wallet.restore_accounts(&typed(NEW), 2, setting.start);
    assert!(matches!(wrong, Err(WalletError::KeyFile(KeyFileError::WrongPassphrase))));
    wallet.restore_accounts(&typed(OLD), 2, setting.start).unwrap();
    assert_eq!(wallet.state(), WalletState::Unlocked);
    let labels: Vec<String> =
        wallet.accounts().unwrap().iter().map(|account| account.label().to_owned()).collect();
    assert_eq!(labels, ["Account 1", "Savingz", "Burn"]);
    assert!(setting.file("accounts.json.old-1").is_some());
    wallet.lock();
    unlocked().unwrap();
    // Nothing is lost when it is missing altogether: the keys are in the key file.
    wallet.lock();
    fs::remove_file(&path).unwrap();
    wallet.restore_accounts(&typed(OLD), 0, setting.start).unwrap();
    assert_eq!(
        wallet.accounts().unwrap()[0].address(TransactionVersion::Mainnet).unwrap().to_string(),
        ADDRESS
    );
}

#[test]
fn addresses_are_watched_without_a_key() {
    let setting = Setting::new();
    let wallet = setting.open();
    let id = wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    wallet.rename_account(id, "Ashes").unwrap();
    drop(wallet);
    let wallet = setting.open();
    assert_eq!(wallet.state(), WalletState::Absent);
    assert_eq!(wallet.accounts().unwrap()[0].label(), "Ashes");
    wallet.remove_watch_only(id).unwrap();
    assert_eq!(wallet.accounts().unwrap(), []);
}

#[test]
fn a_list_that_is_not_understood_is_kept_when_a_wallet_is_created() {
    let setting = Setting::new();
    fs::write(setting.scratch.path().join(ACCOUNTS_FILE), r#"{"version":9}"#).unwrap();
    let wallet = setting.created();
    assert_eq!(wallet.accounts().unwrap().len(), 1);
    assert_eq!(setting.file("accounts.json.old-1").as_deref(), Some(&br#"{"version":9}"#[..]));
}
