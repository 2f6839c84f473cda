//! The wallet as the signer of transactions.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_engine::keys::WalletSigner;
use bithedge_engine::transactions::{Signer as _, SignerError};
use bithedge_keys::{
    AutoLock, KdfCost, MemoryKeychain, Mnemonic, Moment, Passphrase, Wallet, WalletState, WithoutKeychain,
};
use bithedge_stacks::address::Address;
use bithedge_stacks::network::{ChainId, Network};
use bithedge_stacks::transaction::{
    KeyEncoding, Memo, Payload, Signature, SingleSigCondition, SingleSigHashMode, SpendingCondition,
    TransactionBuilder, UnsignedTransaction,
};
use bithedge_stacks::units::MicroStx;
use bithedge_stacks::{SecretKey, Seed, TransactionVersion};

/// The words that every test of the world uses; nothing is worth anything behind them.
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "Zwiebelkuchen-1871";
const WATCHED: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";
const STRANGER: &str = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";

struct Place {
    _folder: tempfile::TempDir,
    wallet: Arc<Wallet>,
    passphrase: Passphrase,
}

impl Place {
    /// A wallet with one key and one watched address, unlocked.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keychain = Arc::new(MemoryKeychain::default());
        let wallet = Wallet::open_with_cost(folder.path(), keychain, KdfCost::for_tests()).unwrap();
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let words = Mnemonic::parse(WORDS).unwrap();
        wallet.create(&words, &passphrase, WithoutKeychain::Refused, Moment::now()).unwrap();
        wallet.add_watch_only("elsewhere", WATCHED, TransactionVersion::Testnet).unwrap();
        assert_eq!(wallet.state(), WalletState::Unlocked);
        Self { _folder: folder, wallet: Arc::new(wallet), passphrase }
    }

    fn signer(&self, network: Network) -> WalletSigner {
        WalletSigner::new(Arc::clone(&self.wallet), network)
    }
}

/// A wallet for whom nothing is signed, and the folder that it is in.
pub(crate) fn wallet() -> (tempfile::TempDir, Arc<Wallet>) {
    let Place { _folder: folder, wallet, .. } = Place::new();
    (folder, wallet)
}

fn key() -> SecretKey {
    Seed::from_mnemonic(WORDS, "").unwrap().account(0).unwrap()
}

pub(crate) fn unsigned(account: Address, network: Network) -> UnsignedTransaction {
    let condition = SpendingCondition::SingleSig(SingleSigCondition {
        hash_mode: SingleSigHashMode::P2pkh,
        signer: account.hash,
        nonce: 0,
        fee: MicroStx::ZERO,
        key_encoding: KeyEncoding::Compressed,
        signature: Signature::EMPTY,
    });
    let recipient: Address = STRANGER.parse().unwrap();
    let payload =
        Payload::TokenTransfer { recipient: recipient.into(), amount: MicroStx::new(1), memo: Memo::EMPTY };
    TransactionBuilder::new(network, payload).nonce(7).fee(MicroStx::new(300)).unsigned(condition).unwrap()
}

async fn refused(signer: &WalletSigner, account: Address, unsigned: UnsignedTransaction) -> SignerError {
    let Err(error) = signer.sign(&account, unsigned).await else { panic!("it was signed") };
    let said = format!("{error} {error:?} {error:#?}");
    assert!(!said.contains("abandon") && !said.contains("about") && !said.contains(PASSPHRASE), "{said}");
    error
}

#[tokio::test]
async fn what_is_signed_is_what_was_given_and_verifies() {
    let place = Place::new();
    for network in [Network::TESTNET, Network::MAINNET] {
        let account = key().address(network.version);
        let given = unsigned(account, network);
        let signed = place.signer(network).sign(&account, given.clone()).await.unwrap();
        signed.verify().unwrap();
        assert_eq!(signed.origin_address(), account);
        assert_eq!((signed.origin_nonce(), signed.fee(), signed.network()), (7, MicroStx::new(300), network));
        assert_eq!(signed.payload, given.transaction().payload);
    }
}

#[tokio::test]
async fn who_has_no_key_here_does_not_sign() {
    let place = Place::new();
    let signer = place.signer(Network::TESTNET);
    let (ours, watched, stranger) = (
        key().address(TransactionVersion::Testnet),
        WATCHED.parse::<Address>().unwrap(),
        STRANGER.parse::<Address>().unwrap(),
    );
    let error = refused(&signer, watched, unsigned(watched, Network::TESTNET)).await;
    assert_eq!(error, SignerError::WatchOnly(watched));
    let error = refused(&signer, stranger, unsigned(stranger, Network::TESTNET)).await;
    assert_eq!(error, SignerError::UnknownAccount(stranger));
    // The same key, under its address on the other kind of network.
    let elsewhere = key().address(TransactionVersion::Mainnet);
    let error = refused(&signer, elsewhere, unsigned(ours, Network::TESTNET)).await;
    assert_eq!(error, SignerError::UnknownAccount(elsewhere));
    // A transaction that acts for somebody else than who is said to sign it.
    let error = refused(&signer, ours, unsigned(stranger, Network::TESTNET)).await;
    assert!(matches!(error, SignerError::Other(_)), "{error:?}");
}

#[tokio::test]
async fn a_transaction_of_another_chain_is_not_signed() {
    let place = Place::new();
    let account = key().address(TransactionVersion::Testnet);
    let odd = Network { chain_id: ChainId(0x8000_0001), version: TransactionVersion::Testnet };
    let mixed = Network { chain_id: ChainId::MAINNET, version: TransactionVersion::Testnet };
    for found in [Network::MAINNET, odd, mixed] {
        let signer = place.signer(Network::TESTNET);
        let error = refused(&signer, account, unsigned(account, found)).await;
        assert_eq!(error, SignerError::OtherNetwork { expected: Network::TESTNET, found });
    }
    // The other way round, and also while it is locked: nothing about it gets better by unlocking.
    place.wallet.lock();
    let signer = place.signer(Network::MAINNET);
    let error = refused(&signer, account, unsigned(account, Network::TESTNET)).await;
    assert_eq!(error, SignerError::OtherNetwork { expected: Network::MAINNET, found: Network::TESTNET });
}

#[tokio::test]
async fn a_locked_wallet_says_so_whatever_the_account() {
    let place = Place::new();
    let signer = place.signer(Network::TESTNET);
    place.wallet.lock();
    for account in
        [key().address(TransactionVersion::Testnet), WATCHED.parse().unwrap(), STRANGER.parse().unwrap()]
    {
        let error = refused(&signer, account, unsigned(account, Network::TESTNET)).await;
        assert_eq!(error, SignerError::Locked);
    }
    place.wallet.unlock(&place.passphrase, Moment::now()).unwrap();
    let account = key().address(TransactionVersion::Testnet);
    signer.sign(&account, unsigned(account, Network::TESTNET)).await.unwrap();
}

#[tokio::test]
async fn a_wallet_without_keys_has_watched_addresses_only() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Arc::new(MemoryKeychain::default());
    let wallet = Wallet::open_with_cost(folder.path(), keychain, KdfCost::for_tests()).unwrap();
    wallet.add_watch_only("elsewhere", WATCHED, TransactionVersion::Testnet).unwrap();
    let signer = WalletSigner::new(Arc::new(wallet), Network::TESTNET);
    let (watched, stranger): (Address, Address) = (WATCHED.parse().unwrap(), STRANGER.parse().unwrap());
    let error = refused(&signer, watched, unsigned(watched, Network::TESTNET)).await;
    assert_eq!(error, SignerError::WatchOnly(watched));
    let error = refused(&signer, stranger, unsigned(stranger, Network::TESTNET)).await;
    assert_eq!(error, SignerError::UnknownAccount(stranger));
}

#[tokio::test]
async fn signing_is_no_sign_of_a_person() {
    let place = Place::new();
    place.wallet.set_auto_lock(AutoLock { after: Duration::from_secs(600) });
    let start = Moment::now();
    let passed = Arc::new(Mutex::new(Duration::ZERO));
    let clock = Arc::clone(&passed);
    let signer = WalletSigner::with_time(Arc::clone(&place.wallet), Network::TESTNET, move || {
        let passed = *clock.lock().unwrap();
        Moment { monotonic: start.monotonic + passed, wall: start.wall + passed }
    });
    let account = key().address(TransactionVersion::Testnet);
    // Something is signed every two minutes, and nobody is there.
    for minutes in [2, 4, 6, 8] {
        *passed.lock().unwrap() = Duration::from_secs(minutes * 60);
        signer.sign(&account, unsigned(account, Network::TESTNET)).await.unwrap();
    }
    *passed.lock().unwrap() = Duration::from_secs(11 * 60);
    let error = refused(&signer, account, unsigned(account, Network::TESTNET)).await;
    assert_eq!(error, SignerError::Locked);
    assert_eq!(place.wallet.state(), WalletState::Locked, "it locked itself then");
}
