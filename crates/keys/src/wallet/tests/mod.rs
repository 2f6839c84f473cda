//! The state machine.

mod elsewhere;
mod failures;
mod lists;
mod previous;
mod seals;

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use bithedge_stacks::transaction::{Memo, SingleSigHashMode, SpendingCondition, UnsignedTransaction};
use bithedge_stacks::{MicroStx, Network, TransactionBuilder, TransactionVersion};

use super::*;
use crate::accounts::AccountId;
use crate::folder::faults::FaultyDisk;
use crate::keychain::{EntryId, KeychainSecret, MemoryKeychain};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another sort";
/// What `@stacks/wallet-sdk` shows for these words.
const ADDRESS: &str = "SPC5KHM41H6WHAST7MWWDD807YSPRQKJ69FSH54J";
const BURN: &str = "SP000000000000000000002Q6VF78";

fn mnemonic() -> Mnemonic {
    Mnemonic::parse(WORDS).ok().unwrap()
}

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

struct Setting {
    scratch: tempfile::TempDir,
    disk: FaultyDisk,
    keychain: Arc<MemoryKeychain>,
    start: Moment,
}

impl Setting {
    fn new() -> Self {
        Self {
            scratch: tempfile::tempdir().unwrap(),
            disk: FaultyDisk::default(),
            keychain: Arc::default(),
            start: Moment::now(),
        }
    }

    fn open(&self) -> Wallet {
        self.open_with(self.keychain.clone())
    }

    fn open_with(&self, keychain: Arc<dyn Keychain>) -> Wallet {
        let disk = Box::new(self.disk.clone());
        Wallet::open_on(self.scratch.path(), disk, keychain, KdfCost::for_tests(), Box::new(OsRandomness))
            .unwrap()
    }

    fn created(&self) -> Wallet {
        let wallet = self.open();
        wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, self.start).unwrap();
        wallet
    }

    /// Seconds after the start.
    fn after(&self, seconds: u64) -> Moment {
        let passed = Duration::from_secs(seconds);
        Moment { monotonic: self.start.monotonic + passed, wall: self.start.wall + passed }
    }

    fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.scratch.path().join(name)).ok()
    }
}

fn no_keychain() -> Option<KeychainError> {
    Some(KeychainError::NoKeychain { reason: "none".to_owned() })
}

fn transfer(wallet: &Wallet, account: AccountId, network: Network) -> UnsignedTransaction {
    let accounts = wallet.accounts().unwrap();
    let account = accounts.iter().find(|one| one.id() == account).unwrap();
    let origin =
        SpendingCondition::single_sig(account.public_key().unwrap(), SingleSigHashMode::P2pkh).unwrap();
    builder(network).unsigned(origin).unwrap()
}

fn builder(network: Network) -> TransactionBuilder {
    let to: bithedge_stacks::Address = BURN.parse().unwrap();
    TransactionBuilder::transfer(network, to, MicroStx::new(5), Memo::text("").unwrap())
        .nonce(3)
        .fee(MicroStx::new(200))
}

#[test]
fn a_wallet_s_life() {
    let setting = Setting::new();
    let wallet = setting.open();
    assert_eq!(wallet.state(), WalletState::Absent);
    assert_eq!(wallet.protection().unwrap(), None);
    assert_eq!(wallet.accounts().unwrap(), []);
    assert!(matches!(wallet.unlock(&typed(OLD), setting.start), Err(WalletError::Absent)));
    assert!(matches!(wallet.add_account("x"), Err(WalletError::Absent)));
    assert!(matches!(wallet.export_words(&typed(OLD)), Err(WalletError::Absent)));

    let short = wallet.create(&mnemonic(), &typed("short"), WithoutKeychain::Refused, setting.start);
    assert!(matches!(short, Err(WalletError::Passphrase(PassphraseError::TooShort { characters: 5 }))));
    let made = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start);
    assert_eq!(made.unwrap().protection, Protection::PassphraseAndKeychain);
    assert_eq!(wallet.state(), WalletState::Unlocked);
    let again = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start);
    assert!(matches!(again, Err(WalletError::Exists)));
    let second = wallet.add_account("Savings").unwrap();
    assert_eq!(second, AccountId::Derived(1));
    drop(wallet);

    let wallet = setting.open();
    assert_eq!(wallet.state(), WalletState::Locked);
    assert_eq!(wallet.protection().unwrap(), Some(Protection::PassphraseAndKeychain));
    let accounts = wallet.accounts().unwrap();
    assert_eq!(accounts.iter().map(Account::label).collect::<Vec<_>>(), ["Account 1", "Savings"]);
    assert_eq!(accounts[0].address(TransactionVersion::Mainnet).unwrap().to_string(), ADDRESS);
    assert!(!accounts[0].is_verified());
    assert!(matches!(wallet.add_account("x"), Err(WalletError::Locked)));
    assert!(matches!(wallet.rename_account(second, "x"), Err(WalletError::Locked)));
    let wrong = wallet.unlock(&typed(NEW), setting.start);
    assert!(matches!(wrong, Err(WalletError::KeyFile(KeyFileError::WrongPassphrase))));
    assert_eq!(wallet.state(), WalletState::Locked);

    wallet.unlock(&typed(OLD), setting.start).unwrap();
    assert!(wallet.accounts().unwrap().iter().all(Account::is_verified));
    assert!(matches!(wallet.unlock(&typed(OLD), setting.start), Err(WalletError::Unlocked)));
    wallet.lock();
    assert_eq!(wallet.state(), WalletState::Locked);
    assert!(!wallet.accounts().unwrap()[0].is_verified());
}

#[test]
fn words_come_out_for_the_passphrase_alone_and_only_for_it() {
    let setting = Setting::new();
    let wallet = setting.created();
    let words = |wallet: &Wallet| {
        wallet.export_words(&typed(OLD)).unwrap().show(|words| words.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(words(&wallet), WORDS);
    let wrong = wallet.export_words(&typed(NEW)).err();
    assert!(matches!(wrong, Some(WalletError::KeyFile(KeyFileError::WrongPassphrase))));
    wallet.lock();
    assert_eq!(words(&wallet), WORDS);
    assert_eq!(wallet.state(), WalletState::Locked);
}

#[test]
fn the_passphrase_changes_and_one_entry_is_left() {
    let setting = Setting::new();
    let wallet = setting.created();
    let before = setting.keychain.entries();
    assert_eq!(before.len(), 1);
    let refused = WithoutKeychain::Refused;
    let wrong = wallet.change_passphrase(
        &typed(NEW),
        &typed(NEW),
        refused,
        PreviousKeyFile::RemovedAtOnce,
        setting.start,
    );
    assert!(matches!(wrong, Err(WalletError::KeyFile(KeyFileError::WrongPassphrase))));
    let short = wallet.change_passphrase(
        &typed(OLD),
        &typed("short"),
        refused,
        PreviousKeyFile::RemovedAtOnce,
        setting.start,
    );
    assert!(matches!(short, Err(WalletError::Passphrase(PassphraseError::TooShort { .. }))));
    wallet
        .change_passphrase(&typed(OLD), &typed(NEW), refused, PreviousKeyFile::RemovedAtOnce, setting.start)
        .unwrap();
    assert_eq!(wallet.state(), WalletState::Unlocked);
    let after = setting.keychain.entries();
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    assert_eq!(setting.file("keychain-entries.json"), None);
    wallet.lock();
    wallet
        .change_passphrase(
            &typed(NEW),
            &typed("and a third one"),
            refused,
            PreviousKeyFile::RemovedAtOnce,
            setting.start,
        )
        .unwrap();
    assert_eq!(wallet.state(), WalletState::Locked);
    assert!(wallet.unlock(&typed(NEW), setting.start).is_err());
    wallet.unlock(&typed("and a third one"), setting.start).unwrap();
}

#[test]
fn without_a_keychain_somebody_has_to_agree() {
    let setting = Setting::new();
    setting.keychain.fail_with(no_keychain());
    let wallet = setting.open();
    let refused = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start);
    assert!(matches!(refused, Err(WalletError::Keychain(KeychainError::NoKeychain { .. }))));
    assert_eq!(wallet.state(), WalletState::Absent);
    assert_eq!(setting.file(KEY_FILE), None);
    let accepted = wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Accepted, setting.start);
    assert_eq!(accepted.unwrap().protection, Protection::PassphraseAlone);
    assert_eq!(setting.file("keychain-entries.json"), None);
    drop(wallet);
    let wallet = setting.open();
    assert_eq!(wallet.protection().unwrap(), Some(Protection::PassphraseAlone));
    wallet.unlock(&typed(OLD), setting.start).unwrap();
    // Once there is one, the next change takes it; and going back needs to be agreed to.
    setting.keychain.fail_with(None);
    let protection = wallet
        .change_passphrase(
            &typed(OLD),
            &typed(NEW),
            WithoutKeychain::Refused,
            PreviousKeyFile::KeptUntilProven,
            setting.start,
        )
        .unwrap();
    assert_eq!(protection, Protection::PassphraseAndKeychain);
    assert_eq!(setting.keychain.entries().len(), 1);
}

/// Waits in `get` until it is let through.
struct SlowKeychain {
    inner: Arc<MemoryKeychain>,
    entered: Mutex<mpsc::Sender<()>>,
    proceed: Mutex<mpsc::Receiver<()>>,
}

impl Keychain for SlowKeychain {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        self.entered.lock().unwrap().send(()).unwrap();
        self.proceed.lock().unwrap().recv().unwrap();
        self.inner.get(entry)
    }
    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        self.inner.set(entry, secret)
    }
    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        self.inner.delete(entry)
    }
}

/// A wallet over such a keychain, whose entries others see too; when `get` was entered, and how to let it through.
fn slow(setting: &Setting) -> (Wallet, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (entered_sender, entered) = mpsc::channel();
    let (proceed, proceed_receiver) = mpsc::channel();
    let wallet = setting.open_with(Arc::new(SlowKeychain {
        inner: setting.keychain.clone(),
        entered: Mutex::new(entered_sender),
        proceed: Mutex::new(proceed_receiver),
    }));
    (wallet, entered, proceed)
}

#[test]
fn what_is_locked_while_it_is_created_is_locked() {
    let setting = Setting::new();
    let (wallet, entered, proceed) = slow(&setting);
    std::thread::scope(|scope| {
        let creating =
            scope.spawn(|| wallet.create(&mnemonic(), &typed(OLD), WithoutKeychain::Refused, setting.start));
        entered.recv().unwrap();
        assert_eq!(wallet.state(), WalletState::Absent);
        wallet.lock();
        proceed.send(()).unwrap();
        creating.join().unwrap().unwrap();
    });
    assert_eq!(wallet.state(), WalletState::Locked);
}

#[test]
fn the_state_is_known_while_it_is_being_unlocked_and_a_lock_wins() {
    let setting = Setting::new();
    drop(setting.created());
    let (wallet, entered, proceed) = slow(&setting);
    for is_locked_meanwhile in [true, false] {
        std::thread::scope(|scope| {
            let unlocking = scope.spawn(|| wallet.unlock(&typed(OLD), setting.start));
            entered.recv().unwrap();
            assert_eq!(wallet.state(), WalletState::Locked);
            assert_eq!(wallet.accounts().unwrap().len(), 1);
            assert!(!wallet.tick(setting.start));
            if is_locked_meanwhile {
                wallet.lock();
            }
            proceed.send(()).unwrap();
            let result = unlocking.join().unwrap();
            assert_eq!(matches!(result, Err(WalletError::LockedMeanwhile)), is_locked_meanwhile);
        });
    }
    assert_eq!(wallet.state(), WalletState::Unlocked);
}

#[test]
fn it_locks_when_nobody_is_there() {
    let setting = Setting::new();
    let wallet = setting.created();
    wallet.set_auto_lock(AutoLock { after: Duration::from_secs(100) });
    assert!(!wallet.tick(setting.after(99)));
    assert_eq!(wallet.touch(setting.after(99)), WalletState::Unlocked);
    assert!(!wallet.tick(setting.after(198)));
    assert!(wallet.tick(setting.after(199)));
    assert_eq!(wallet.state(), WalletState::Locked);
    // The key that wakes the machine does not keep it unlocked.
    wallet.unlock(&typed(OLD), setting.after(200)).unwrap();
    assert_eq!(wallet.touch(setting.after(301)), WalletState::Locked);
    // Signing does not keep it unlocked either, and is refused when it is due.
    wallet.unlock(&typed(OLD), setting.after(400)).unwrap();
    let account = AccountId::Derived(0);
    let transaction = || transfer(&wallet, account, Network::TESTNET);
    wallet.sign(account, transaction(), Network::TESTNET, setting.after(499)).unwrap();
    let late = wallet.sign(account, transaction(), Network::TESTNET, setting.after(500));
    assert_eq!(late, Err(SignError::Locked));
    assert_eq!(wallet.state(), WalletState::Locked);
}

#[test]
fn only_the_account_s_own_transactions_are_signed() {
    let setting = Setting::new();
    let wallet = setting.created();
    let account = AccountId::Derived(0);
    let other = wallet.add_account("Other").unwrap();
    let watched = wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    let sign = |account, transaction, network| wallet.sign(account, transaction, network, setting.start);
    let key = |index: usize| *wallet.accounts().unwrap()[index].public_key().unwrap();
    for network in [Network::MAINNET, Network::TESTNET] {
        for account in [account, other] {
            let signed = sign(account, transfer(&wallet, account, network), network).unwrap();
            signed.verify().unwrap();
        }
    }
    let own = || transfer(&wallet, account, Network::MAINNET);
    let unknown = AccountId::Derived(7);
    assert_eq!(sign(unknown, own(), Network::MAINNET), Err(SignError::UnknownAccount(unknown)));
    let burn = BURN.parse().unwrap();
    assert_eq!(sign(watched, own(), Network::MAINNET), Err(SignError::WatchOnly(burn)));
    let (expected, found) =
        (key(1).address(TransactionVersion::Mainnet), key(0).address(TransactionVersion::Mainnet));
    assert_eq!(sign(other, own(), Network::MAINNET), Err(SignError::OtherSender { expected, found }));
    let odd = Network { chain_id: bithedge_stacks::ChainId(7), version: TransactionVersion::Testnet };
    for network in [Network::TESTNET, odd] {
        let mismatch = SignError::OtherNetwork { expected: network, found: Network::MAINNET };
        assert_eq!(sign(account, own(), network), Err(mismatch));
    }
    let mut signed_already = own();
    signed_already.sign(&mnemonic().seed().unwrap().account(0).unwrap()).unwrap();
    assert_eq!(sign(account, signed_already, Network::MAINNET), Err(SignError::AlreadySigned));

    let p2pkh = SpendingCondition::single_sig(&key(0), SingleSigHashMode::P2pkh).unwrap();
    let segwit = SpendingCondition::single_sig(&key(0), SingleSigHashMode::P2wpkh).unwrap();
    let long = key(0).with_encoding(bithedge_stacks::transaction::KeyEncoding::Uncompressed);
    let uncompressed = SpendingCondition::single_sig(&long, SingleSigHashMode::P2pkh).unwrap();
    let mode = bithedge_stacks::transaction::MultiSigHashMode::P2sh;
    let multi_sig = SpendingCondition::multi_sig(&[key(0)], 1, mode).unwrap();
    for origin in [segwit, uncompressed, multi_sig] {
        let transaction = builder(Network::MAINNET).unsigned(origin).unwrap();
        assert_eq!(sign(account, transaction, Network::MAINNET), Err(SignError::Unsupported));
    }
    let sponsored = builder(Network::MAINNET).fee(MicroStx::ZERO).sponsored(p2pkh).unwrap();
    assert_eq!(sign(account, sponsored, Network::MAINNET), Err(SignError::Unsupported));
    wallet.lock();
    assert_eq!(sign(account, own(), Network::MAINNET), Err(SignError::Locked));
}

#[test]
fn the_product_makes_files_at_the_recommended_cost() {
    let scratch = tempfile::tempdir().unwrap();
    let wallet = Wallet::open(scratch.path(), Arc::new(MemoryKeychain::default())).unwrap();
    assert_eq!(wallet.cost, KdfCost::RECOMMENDED);
}

#[test]
fn it_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Setting::new().open());
}
