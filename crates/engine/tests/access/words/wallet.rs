//! The wallet, and what is typed into the wrong field.

use super::*;

#[test]
fn what_the_wallet_says_is_told() {
    let entry: EntryId = entry_id();
    all_told(
        KEYS,
        "FolderError",
        &[
            FolderError::InUse { folder: path() },
            FolderError::DiskFull { path: path() },
            FolderError::ReadOnly { path: path() },
            FolderError::NotConfirmed { path: path(), source: io::Error::other("odd") },
            FolderError::Taken { path: path() },
            FolderError::TooLarge { path: path(), limit: 7 },
            FolderError::Io { what: "read", path: path(), source: io::Error::other("odd") },
            FolderError::Randomness(RandomnessError),
        ],
    );
    all_told(
        KEYS,
        "KeyFileError",
        &[
            KeyFileError::NotAKeyFile,
            KeyFileError::Newer { found: 9, known: 1 },
            KeyFileError::Truncated { found: 1, expected: 2 },
            KeyFileError::Damaged,
            KeyFileError::Field("cipher"),
            KeyFileError::Cost { memory_kib: 1, passes: 1, lanes: 1 },
            KeyFileError::OutOfMemory { memory_kib: 1 },
            KeyFileError::WrongPassphrase,
        ],
    );
    all_told(
        KEYS,
        "KeychainError",
        &[
            KeychainError::NoKeychain { reason: text("no bus") },
            KeychainError::Locked { reason: text("cancelled") },
            KeychainError::EntryMissing { entry },
            KeychainError::EntryAltered { entry },
            KeychainError::Other { reason: text("odd") },
        ],
    );
    all_told(
        KEYS,
        "PassphraseError",
        &[
            PassphraseError::TooShort { characters: 3 },
            PassphraseError::TooLong,
            PassphraseError::ControlCharacter,
        ],
    );
    all_told(
        KEYS,
        "MnemonicError",
        &[
            MnemonicError::UnknownWord { position: 3 },
            MnemonicError::WordCount { found: 5 },
            MnemonicError::Checksum,
            MnemonicError::TooLong,
        ],
    );
    let reentry =
        [ReentryError::WrongWord { position: 3 }, ReentryError::WordCount { found: 1, expected: 3 }];
    all_told(KEYS, "ReentryError", &reentry);
    is_told(&RandomnessError.notice(), "RandomnessError");
    all_told(
        KEYS,
        "AccountsError",
        &[
            AccountsError::Missing,
            AccountsError::Damaged(text("not JSON")),
            AccountsError::Newer { found: 9, known: 1 },
            AccountsError::Altered,
            AccountsError::Unknown(AccountId::Derived(3)),
            AccountsError::Duplicate(address()),
            AccountsError::NotAnAddress,
            AccountsError::NotCanonical(address()),
            AccountsError::OtherNetwork { address: address(), expected: TransactionVersion::Mainnet },
            AccountsError::Label,
            AccountsError::Full,
            AccountsError::NotWatchOnly,
        ],
    );
    let absent = || Box::new(WalletError::Absent);
    all_told(
        KEYS,
        "WalletError",
        &[
            WalletError::Folder(FolderError::DiskFull { path: path() }),
            WalletError::KeyFile(KeyFileError::Damaged),
            WalletError::Keychain(KeychainError::EntryMissing { entry }),
            WalletError::Passphrase(PassphraseError::TooLong),
            WalletError::Accounts(AccountsError::Full),
            WalletError::Randomness(RandomnessError),
            WalletError::Absent,
            WalletError::Exists,
            WalletError::Locked,
            WalletError::Unlocked,
            WalletError::LockedMeanwhile,
            WalletError::PreviousPassphraseNeeded(absent()),
            WalletError::PreviousLeft(absent()),
            WalletError::SelfCheck,
        ],
    );
}

/// The entry that a wallet in memory makes for itself.
fn entry_id() -> EntryId {
    #[derive(Default)]
    struct Listening(MemoryKeychain, std::sync::Mutex<Option<EntryId>>);
    impl bithedge_keys::Keychain for Listening {
        fn get(&self, entry: EntryId) -> Result<bithedge_keys::KeychainSecret, KeychainError> {
            self.0.get(entry)
        }
        fn set(&self, entry: EntryId, secret: &bithedge_keys::KeychainSecret) -> Result<(), KeychainError> {
            *self.1.lock().unwrap() = Some(entry);
            self.0.set(entry, secret)
        }
        fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
            self.0.delete(entry)
        }
    }
    let keychain = Arc::new(Listening::default());
    let folder = tempfile::tempdir().unwrap();
    let wallet = Wallet::open_with_cost(folder.path(), keychain.clone(), KdfCost::for_tests()).unwrap();
    let words = Mnemonic::parse(WORDS).unwrap();
    wallet
        .create(&words, &Passphrase::new(PASSPHRASE).unwrap(), WithoutKeychain::Refused, Moment::now())
        .unwrap();
    keychain.1.lock().unwrap().unwrap()
}

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "Zwiebelkuchen-1871";
const WRONG: &str = "Xylophonmusik~0007";

#[test]
fn nothing_that_was_typed_by_mistake_is_repeated() {
    let mut told: Vec<Notice> = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let wallet =
        Wallet::open_with_cost(folder.path(), Arc::new(MemoryKeychain::default()), KdfCost::for_tests())
            .unwrap();
    let words = Mnemonic::parse(WORDS).unwrap();
    let (right, wrong) = (Passphrase::new(PASSPHRASE).unwrap(), Passphrase::new(WRONG).unwrap());
    wallet.create(&words, &right, WithoutKeychain::Refused, Moment::now()).unwrap();
    told.push(wallet.create(&words, &right, WithoutKeychain::Refused, Moment::now()).unwrap_err().notice());
    told.push(wallet.add_watch_only("a", WORDS, TransactionVersion::Testnet).unwrap_err().notice());
    wallet.lock();
    told.push(wallet.unlock(&wrong, Moment::now()).unwrap_err().notice());
    for typed in [&WORDS[8..], "abandon about", &WORDS.replace("about", "abandonn")] {
        told.push(Mnemonic::parse(typed).err().unwrap().notice());
    }
    told.push(Passphrase::new(&format!("{PASSPHRASE}\n")).err().unwrap().notice());
    // Words and passphrases in the fields of a network, and of a wish.
    for typed in [WORDS, PASSPHRASE] {
        let input = ProfileInput {
            name: text("Mine"),
            kind: SuiteNetwork::Testnet,
            endpoints: vec![text("https://node.example")],
            deployer: Some(text(typed)),
            sbtc: None,
        };
        told.push(NetworkProfile::own(1, &input).unwrap_err().notice());
        let token = ProfileInput { deployer: None, sbtc: Some(text(typed)), ..input.clone() };
        told.push(NetworkProfile::own(1, &token).unwrap_err().notice());
        let endpoints = vec![format!("https://me:{typed}@node.example")];
        told.push(NetworkProfile::own(1, &ProfileInput { endpoints, ..input.clone() }).unwrap_err().notice());
        told.push(
            NetworkProfile::own(1, &ProfileInput { name: format!("{typed}{typed}{typed}"), ..input })
                .unwrap_err()
                .notice(),
        );
        for wish in [
            Wish::Claim { policy: 1, asset: Token::Stx, owner: Some(text(typed)) },
            Wish::SuspendReporter { reporter: text(typed) },
            Wish::RenounceRole { role: format!("{typed}{typed}") },
            Wish::DisputeReport { reporter: address().to_string(), reason_hash: text(typed) },
        ] {
            told.push(intent(&wish, address()).unwrap_err().notice());
        }
    }
    assert!(told.len() > 20);
    for notice in &told {
        is_told(notice, "typed by mistake");
        let all = format!("{notice:?}");
        for secret in ["abandon", "about", PASSPHRASE, WRONG, "Zwiebel", "Xylophon"] {
            // The word "about" is also an English one.
            let is_word = secret == "about" && !all.contains("abandon");
            assert!(is_word || !all.contains(secret), "{all}");
        }
    }
}
