//! A process that changes the passphrase is killed at any moment: the wallet opens with the old passphrase or the new one.

#![allow(unreachable_pub, reason = "nothing outside a test binary can reach into it")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it saw"
)]
#![cfg(unix)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bithedge_keys::{
    EntryId, KdfCost, KeyFileError, Keychain, KeychainError, KeychainSecret, Mnemonic, Moment, OpenedWith,
    OsRandomness, Passphrase, PreviousKeyFile, Randomness as _, Wallet, WalletError, WalletState,
    WithoutKeychain,
};
use support::FakeKeychainOnDisk;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASES: [&str; 2] = ["correct horse battery", "staple of another sort"];
const FOLDER: &str = "BITHEDGE_KILL_TEST_FOLDER";
const KILLS: usize = 50;
/// Where the kills come is left to chance, and to how busy the machine is: they go on until what the test is about was hit, and
/// until here at the most.
const MOST_KILLS: usize = 2_000;
/// What a child says when it begins what it is killed in.
const BEGINS: &str = "the work begins";

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn open(scratch: &Path) -> Wallet {
    let keychain = Arc::new(FakeKeychainOnDisk::at(&scratch.join("keychain")));
    Wallet::open_with_cost(&scratch.join("wallet"), keychain, KdfCost::for_tests()).unwrap()
}

/// Unlocks with whichever passphrase is in force, and returns its index.
fn unlock(wallet: &Wallet, now: Moment) -> usize {
    for (index, passphrase) in PASSPHRASES.into_iter().enumerate() {
        match wallet.unlock(&typed(passphrase), now) {
            Ok(OpenedWith::PresentPassphrase) => return index,
            Ok(OpenedWith::PreviousPassphrase) => panic!("the key file in place does not open"),
            Err(WalletError::KeyFile(KeyFileError::WrongPassphrase)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("neither passphrase opens it");
}

/// Starts the ignored test in a process of its own, and kills it within so many milliseconds after it has begun its work.
fn run_and_kill(test: &str, scratch: &Path, milliseconds: u64) {
    let mut child = support::again(None, test).env(FOLDER, scratch).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(BEGINS)), "the child did not start");
    let mut random = [0; 2];
    OsRandomness.fill(&mut random).unwrap();
    let part = u64::from(u16::from_be_bytes(random));
    std::thread::sleep(Duration::from_micros(milliseconds * 1000 * part / 65536));
    // SIGKILL.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
}

#[test]
fn a_killed_change_leaves_the_old_or_the_new_passphrase() {
    let scratch = tempfile::tempdir().unwrap();
    let wallet = open(scratch.path());
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    wallet.create(&mnemonic, &typed(PASSPHRASES[0]), WithoutKeychain::Refused, Moment::now()).unwrap();
    drop(wallet);
    let keychain = FakeKeychainOnDisk::at(&scratch.path().join("keychain"));
    let (mut interrupted, mut in_force, mut with_previous) = (0, [0, 0], 0);
    let is_previous_there = || scratch.path().join("wallet/wallet.key.previous").exists();
    let mut kills = 0;
    while kills < KILLS
        || (kills < MOST_KILLS && (interrupted == 0 || in_force.contains(&0) || with_previous == 0))
    {
        kills += 1;
        run_and_kill("changing_passphrases_until_killed", scratch.path(), 65);
        let is_noted = scratch.path().join("wallet/keychain-entries.json").exists();
        interrupted += usize::from(is_noted);
        with_previous += usize::from(is_previous_there());
        // Every other time the next start is so soon that a file from before stays.
        let is_later = kills % 2 == 1;
        let mut now = Moment::now();
        if is_later {
            now.wall += Duration::from_secs(3600);
        }
        let wallet = open(scratch.path());
        in_force[unlock(&wallet, now)] += 1;
        assert_eq!(wallet.accounts().unwrap().len(), 1);
        assert!(!is_later || !is_previous_there());
        // What the key files need is there, and nothing else.
        assert_eq!(keychain.len(), 1 + usize::from(is_previous_there()));
        let leftovers: Vec<PathBuf> = std::fs::read_dir(scratch.path().join("wallet"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with("bithedge-tmp"))
            .collect();
        assert!(leftovers.is_empty(), "{leftovers:?}");
    }
    println!(
        "{kills} kills, {interrupted} during a change; in force afterwards: {in_force:?}; {with_previous} times beside \
         the one from before"
    );
    assert!((1..kills).contains(&with_previous), "{with_previous} of {kills}");
    assert!(interrupted > 0, "no change was interrupted: the test looks at nothing");
    assert!(in_force.iter().all(|&times| times > 0), "{in_force:?}");
}

#[test]
#[ignore = "the child of the test above, which kills it"]
fn changing_passphrases_until_killed() {
    let Some(scratch) = std::env::var_os(FOLDER) else { return };
    let wallet = open(Path::new(&scratch));
    let mut present = unlock(&wallet, Moment::now());
    say_that_it_begins();
    for round in 0_u32.. {
        let next = 1 - present;
        // Two kept, then one that removes them.
        let previous =
            if round % 3 == 2 { PreviousKeyFile::RemovedAtOnce } else { PreviousKeyFile::KeptUntilProven };
        let (old, new) = (typed(PASSPHRASES[present]), typed(PASSPHRASES[next]));
        wallet.change_passphrase(&old, &new, WithoutKeychain::Refused, previous, Moment::now()).unwrap();
        present = next;
    }
}

fn say_that_it_begins() {
    println!("{BEGINS}");
    std::io::stdout().flush().unwrap();
}

/// Says that the work begins when it is asked to store something: deriving the accounts takes long, and writes nothing.
struct Announcing(FakeKeychainOnDisk);

impl Keychain for Announcing {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        self.0.get(entry)
    }
    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        say_that_it_begins();
        self.0.set(entry, secret)
    }
    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        self.0.delete(entry)
    }
}

#[test]
fn a_killed_creation_leaves_a_wallet_that_opens_or_none() {
    let (mut kills, mut finished, mut unfinished, mut in_between) = (0, 0, 0, 0);
    while kills < KILLS || (kills < MOST_KILLS && in_between == 0) {
        kills += 1;
        let scratch = tempfile::tempdir().unwrap();
        run_and_kill("creating_wallets_until_killed", scratch.path(), 12);
        let begun = (0..).map(|number: u32| scratch.path().join(number.to_string()));
        for folder in begun.take_while(|folder| folder.exists()) {
            let had_list = folder.join("wallet/accounts.json").exists();
            let wallet = open(&folder);
            if wallet.state() == WalletState::Absent {
                unfinished += 1;
                in_between += usize::from(had_list);
                assert_eq!(wallet.accounts().unwrap(), []);
                let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
                let passphrase = typed(PASSPHRASES[0]);
                wallet.create(&mnemonic, &passphrase, WithoutKeychain::Refused, Moment::now()).unwrap();
                wallet.lock();
            } else {
                finished += 1;
            }
            assert_eq!(unlock(&wallet, Moment::now()), 0);
            let words = wallet.export_words(&typed(PASSPHRASES[0])).unwrap();
            assert_eq!(words.show(|words| words.collect::<Vec<_>>().join(" ")), WORDS);
        }
    }
    println!(
        "{kills} kills: {finished} finished, {unfinished} not, {in_between} of these with a list already"
    );
    assert!(in_between > 0, "no creation was interrupted between its files: the test looks at nothing");
}

#[test]
#[ignore = "the child of the test above, which kills it"]
fn creating_wallets_until_killed() {
    let Some(scratch) = std::env::var_os(FOLDER) else { return };
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    for number in 0_u32.. {
        let folder = Path::new(&scratch).join(number.to_string());
        let keychain = Announcing(FakeKeychainOnDisk::at(&folder.join("keychain")));
        let wallet =
            Wallet::open_with_cost(&folder.join("wallet"), Arc::new(keychain), KdfCost::for_tests()).unwrap();
        wallet.create(&mnemonic, &typed(PASSPHRASES[0]), WithoutKeychain::Refused, Moment::now()).unwrap();
    }
}
