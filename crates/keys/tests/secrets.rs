//! Nothing secret is printed: every type that can be printed, and every error that can be provoked, is, and what comes out
//! holds no word of the mnemonic, no passphrase, no byte string of seed, key or keychain secret.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::fs;
use std::sync::{Arc, Mutex};

use bithedge_keys::{
    AccountId, AutoLock, EntryId, KdfCost, Keychain, KeychainError, KeychainSecret, MemoryKeychain, Mnemonic,
    Moment, OsKeychain, OsRandomness, Passphrase, PreviousKeyFile, Wallet, WithoutKeychain, WordCheck,
    WordCount, suggestions,
};
use bithedge_stacks::transaction::{Memo, SingleSigHashMode, SpendingCondition, UnsignedTransaction};
use bithedge_stacks::{Address, MicroStx, Network, Seed, TransactionBuilder, TransactionVersion};

/// A well-known mnemonic of words that no sentence of ours contains.
const WORDS: &str = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring \
                     wrist shed math olympic multiply hip blue scout claw";
const PASSPHRASE: &str = "Zwiebelkuchen-1871";
const NEW_PASSPHRASE: &str = "Quittengelee+4242";
const TYPED_WRONG: &str = "Xylophonmusik~0007";
const BURN: &str = "SP000000000000000000002Q6VF78";

/// Everything that was printed.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn debug(&mut self, value: &impl Debug) {
        self.0.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error<T>(&mut self, result: Result<T, impl std::error::Error + 'static>) {
        let Err(error) = result else { panic!("no error to print") };
        self.0.push_str(&format!("{error}\n{error:?}\n{error:#?}\n"));
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            self.0.push_str(&format!("{inner}\n{inner:?}\n"));
            source = inner.source();
        }
    }
}

/// Remembers what was stored, to look for it.
#[derive(Default)]
struct Listening {
    inner: MemoryKeychain,
    heard: Mutex<Vec<[u8; 32]>>,
}

impl Keychain for Listening {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        self.inner.get(entry)
    }
    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        self.heard.lock().unwrap().push(*secret.as_bytes());
        self.inner.set(entry, secret)
    }
    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        self.inner.delete(entry)
    }
}

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

#[test]
fn nothing_secret_is_printed() {
    let mut printed = Printed::default();
    let keychain = Arc::new(Listening::default());
    let scratch = tempfile::tempdir().unwrap();
    let now = Moment::now();
    let open = || Wallet::open_with_cost(scratch.path(), keychain.clone(), KdfCost::for_tests());
    let wallet = open().unwrap();

    mnemonics_and_passphrases(&mut printed);

    // A wallet's life, with everything that can go wrong.
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    printed.error(wallet.unlock(&typed(PASSPHRASE), now));
    printed.error(wallet.create(&mnemonic, &typed("Zw1ebel"), WithoutKeychain::Refused, now));
    keychain.inner.fail_with(Some(KeychainError::NoKeychain { reason: "none".to_owned() }));
    printed.error(wallet.create(&mnemonic, &typed(PASSPHRASE), WithoutKeychain::Refused, now));
    keychain.inner.fail_with(None);
    printed.debug(&wallet.create(&mnemonic, &typed(PASSPHRASE), WithoutKeychain::Refused, now).unwrap());
    printed.error(wallet.create(&mnemonic, &typed(PASSPHRASE), WithoutKeychain::Refused, now));
    printed.error(wallet.unlock(&typed(PASSPHRASE), now));
    printed.error(open().map(drop));
    let watched = wallet.add_watch_only("Burn", BURN, TransactionVersion::Mainnet).unwrap();
    signing(&mut printed, &wallet, watched, now);
    lists(&mut printed, &wallet, watched);
    wallet.lock();
    printed.debug(&wallet.accounts().unwrap());
    printed.error(wallet.unlock(&typed(TYPED_WRONG), now));
    printed.error(wallet.export_words(&typed(TYPED_WRONG)).map(drop));
    printed.error(wallet.add_account("x"));
    let refused = WithoutKeychain::Refused;
    let kept = PreviousKeyFile::KeptUntilProven;
    let new = typed(NEW_PASSPHRASE);
    printed.error(wallet.change_passphrase(&typed(TYPED_WRONG), &new, refused, kept, now));
    let before = keychain.inner.entries();
    wallet.change_passphrase(&typed(PASSPHRASE), &new, refused, kept, now).unwrap();
    // The new entry is lost: the passphrase from before is asked for.
    let lost = keychain.inner.entries().into_iter().find(|entry| !before.contains(entry)).unwrap();
    let secret = keychain.inner.get(lost).unwrap();
    keychain.inner.delete(lost).unwrap();
    printed.error(wallet.unlock(&new, now));
    printed.debug(&wallet.unlock(&typed(PASSPHRASE), now).unwrap());
    wallet.lock();
    keychain.inner.set(lost, &secret).unwrap();
    damage(&mut printed, &wallet, scratch.path(), now);
    for entry in keychain.inner.entries() {
        printed.debug(&entry);
        keychain.inner.delete(entry).unwrap();
    }
    printed.error(wallet.unlock(&typed(NEW_PASSPHRASE), now));
    printed.debug(&wallet.state());
    printed.debug(&wallet.protection().unwrap());
    printed.debug(&(
        WordCount::Twelve,
        KdfCost::RECOMMENDED,
        AutoLock::default(),
        now,
        OsRandomness,
        OsKeychain,
    ));
    // And what stands in the open in the folder.
    for entry in fs::read_dir(scratch.path()).unwrap() {
        printed.0.push_str(&String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()));
    }

    let heard = keychain.heard.lock().unwrap().clone();
    assert!(heard.len() >= 2);
    assert!(printed.0.len() > 5000, "only {} bytes were printed", printed.0.len());
    assert_eq!(secret_in(&printed.0, &heard), None);
    // And it would have been noticed.
    let key = Seed::from_mnemonic(WORDS, "").unwrap().account(1).unwrap().to_bytes();
    let leaks = [
        "olympic".to_owned(),
        format!("Passphrase({NEW_PASSPHRASE:?})"),
        hex::encode(*key).to_uppercase(),
        format!("{:?}", heard.last().unwrap()),
        format!("{:?}", entropy()),
    ];
    for leak in leaks {
        // On a line of its own: what was printed may end with a letter of a file.
        assert!(secret_in(&format!("{}\n{leak}\n", printed.0), &heard).is_some(), "{leak}");
    }
}

fn mnemonics_and_passphrases(printed: &mut Printed) {
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    printed.error(Mnemonic::parse(&WORDS.replace("olympic", "olympics")).map(drop));
    printed.error(Mnemonic::parse(&WORDS.replace("olympic", "claw")).map(drop));
    printed.error(Mnemonic::parse("twice kind").map(drop));
    printed.error(Mnemonic::parse(&WORDS.repeat(40)).map(drop));
    printed.error(mnemonic.verify_all(&WORDS.replace("olympic", "claw")));
    printed.error(mnemonic.verify_all("twice kind"));
    let check = WordCheck::new(WordCount::TwentyFour, 4, &OsRandomness).unwrap();
    printed.debug(&check);
    printed.error(check.verify(&mnemonic, &["olympics"; 4]));
    printed.error(check.verify(&mnemonic, &["olympic"; 3]));
    assert_eq!(suggestions("olym"), ["olympic"]);
    printed.error(Passphrase::new(&format!("{PASSPHRASE}\n")).map(drop));
    printed.error(Passphrase::new(&PASSPHRASE.repeat(99)).map(drop));
    printed.error(typed("Zw1ebel").check_strength());
}

fn signing(printed: &mut Printed, wallet: &Wallet, watched: AccountId, now: Moment) {
    let own = AccountId::Derived(0);
    let key = *wallet.accounts().unwrap()[0].public_key().unwrap();
    let transaction = |hash_mode| -> UnsignedTransaction {
        let to: Address = BURN.parse().unwrap();
        TransactionBuilder::transfer(Network::MAINNET, to, MicroStx::new(1), Memo::text("").unwrap())
            .unsigned(SpendingCondition::single_sig(&key, hash_mode).unwrap())
            .unwrap()
    };
    let usual = || transaction(SingleSigHashMode::P2pkh);
    printed.debug(&wallet.sign(own, usual(), Network::MAINNET, now).unwrap());
    printed.error(wallet.sign(own, usual(), Network::TESTNET, now));
    printed.error(wallet.sign(watched, usual(), Network::MAINNET, now));
    printed.error(wallet.sign(AccountId::Derived(9), usual(), Network::MAINNET, now));
    printed.error(wallet.sign(own, transaction(SingleSigHashMode::P2wpkh), Network::MAINNET, now));
    let other = wallet.add_account("Other").unwrap();
    printed.error(wallet.sign(other, usual(), Network::MAINNET, now));
}

fn lists(printed: &mut Printed, wallet: &Wallet, watched: AccountId) {
    printed.error(wallet.add_watch_only("x", BURN, TransactionVersion::Mainnet));
    printed.error(wallet.add_watch_only("x", BURN, TransactionVersion::Testnet));
    printed.error(wallet.add_watch_only("x", "SP1", TransactionVersion::Mainnet));
    // What somebody pastes into the wrong field.
    let key = hex::encode(*Seed::from_mnemonic(WORDS, "").unwrap().account(1).unwrap().to_bytes());
    for secret in [WORDS, PASSPHRASE, &key, &key.to_uppercase(), &format!("SP{}", &key[..39])] {
        printed.error(wallet.add_watch_only("x", secret, TransactionVersion::Mainnet));
        printed.error(wallet.add_watch_only(secret, secret, TransactionVersion::Mainnet));
    }
    printed.error(wallet.rename_account(watched, ""));
    printed.error(wallet.rename_account(AccountId::Derived(9), "x"));
    printed.error(wallet.remove_watch_only(AccountId::Derived(0)));
    printed.debug(&wallet.accounts().unwrap());
}

fn damage(printed: &mut Printed, wallet: &Wallet, folder: &std::path::Path, now: Moment) {
    for name in ["wallet.key", "accounts.json"] {
        let path = folder.join(name);
        let good = fs::read(&path).unwrap();
        let altered = String::from_utf8_lossy(&good).replace("Burn", "Barn").into_bytes();
        let newer = String::from_utf8_lossy(&good).replace("\"version\": 1", "\"version\": 2").into_bytes();
        for bad in [&good[..40], &good[..good.len() - 1], &altered, &newer, b"", b"{}", &[0; 5000]] {
            if bad != good {
                fs::write(&path, bad).unwrap();
                if let Err(error) = wallet.unlock(&typed(NEW_PASSPHRASE), now) {
                    printed.error::<()>(Err(error));
                }
                wallet.lock();
            }
        }
        fs::write(&path, good).unwrap();
    }
}

/// The first secret that the text holds.
fn secret_in(printed: &str, heard: &[[u8; 32]]) -> Option<String> {
    let words: Vec<&str> = printed.split(|letter: char| !letter.is_alphanumeric()).collect();
    for word in WORDS.split_whitespace() {
        // These are words of our own sentences too; all the others must not appear at all.
        let is_ours = ["action", "nothing", "kind", "hidden"].contains(&word);
        if !is_ours && words.contains(&word) {
            return Some(format!("the word {word:?}"));
        }
    }
    for passphrase in [PASSPHRASE, NEW_PASSPHRASE, TYPED_WRONG, "Zw1ebel", "olympics"] {
        if printed.contains(passphrase) {
            return Some(format!("the passphrase {passphrase:?}"));
        }
    }
    let seed = Seed::from_mnemonic(WORDS, "").unwrap();
    let mut secrets: Vec<Vec<u8>> = heard.iter().map(|secret| secret.to_vec()).collect();
    secrets.extend((0..2).map(|index| seed.account(index).unwrap().to_bytes().to_vec()));
    secrets.push(entropy());
    let lower = printed.to_lowercase();
    for secret in secrets {
        let digits = hex::encode(&secret);
        let in_hex = [&digits[..16], &digits[digits.len() - 16..]].iter().any(|part| lower.contains(*part));
        let in_decimal = secret.iter().take(6).map(u8::to_string).collect::<Vec<_>>().join(", ");
        if in_hex || printed.contains(&in_decimal) {
            return Some("the bytes of a secret".to_owned());
        }
    }
    None
}

/// The 32 bytes behind the words: 11 bits a word.
fn entropy() -> Vec<u8> {
    let list: Vec<&str> = ('a'..='z').flat_map(|letter| suggestions(&letter.to_string()).to_vec()).collect();
    assert_eq!(list.len(), 2048);
    let index = |word: &str| list.iter().position(|other| *other == word).unwrap();
    let bits: Vec<bool> = WORDS
        .split_whitespace()
        .flat_map(|word| (0..11).rev().map(move |bit| (word, bit)))
        .map(|(word, bit)| index(word) >> bit & 1 == 1)
        .collect();
    bits[..256].chunks(8).map(|byte| byte.iter().fold(0, |sum, &bit| sum << 1 | u8::from(bit))).collect()
}
