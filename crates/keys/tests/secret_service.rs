//! The operating system's keychain: GNOME Keyring's Secret Service on a session bus of its own, and no bus at all.
//!
//! What a process finds out about the keychain holds for its life, so each case is a process: this program again, with one
//! of its ignored tests.

#![allow(unreachable_pub, reason = "nothing outside a test binary can reach into it")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it saw"
)]
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_keys::{
    KdfCost, Keychain as _, KeychainError, KeychainSecret, Mnemonic, Moment, OsKeychain, Passphrase,
    PreviousKeyFile, Protection, Wallet, WalletError, WalletState, WithoutKeychain,
};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const SCRATCH: &str = "BITHEDGE_KEYCHAIN_TEST_FOLDER";
const START: Duration = Duration::from_secs(20);

/// A user without anything: no files, no bus.
fn as_nobody(command: &mut Command, scratch: &Path) {
    for folder in ["home", "data", "run"] {
        fs::create_dir_all(scratch.join(folder)).unwrap();
    }
    command
        .env(SCRATCH, scratch)
        .env("HOME", scratch.join("home"))
        .env("XDG_DATA_HOME", scratch.join("data"))
        .env("XDG_RUNTIME_DIR", scratch.join("run"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("GNOME_KEYRING_CONTROL")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
}

fn run(program: Option<&[&str]>, test: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = support::again(program, test);
    as_nobody(&mut command, scratch.path());
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start {program:?} (Debian's packages dbus and gnome-keyring): {error}")
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("1 passed"), "the case did not run:\n{out}\n{err}");
}

#[test]
fn a_real_secret_service_keeps_the_secret_and_a_locked_one_says_so() {
    run(Some(&["dbus-run-session", "--"]), "with_a_secret_service");
}

#[test]
fn without_a_bus_there_is_no_keychain() {
    run(None, "without_a_bus");
}

fn typed() -> Passphrase {
    Passphrase::new("correct horse battery").unwrap()
}

fn wallet(scratch: &Path) -> Wallet {
    Wallet::open_with_cost(&scratch.join("wallet"), Arc::new(OsKeychain), KdfCost::for_tests()).unwrap()
}

/// GNOME Keyring, unlocked. It ends with the test, also when that fails.
struct Daemon(Child);

impl Daemon {
    fn start() -> Self {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"login password").unwrap();
        Self(child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks something on the bus; the answer's text, if there is one.
fn asked(destination: &str, path: &str, method: &str, argument: &str) -> Option<String> {
    let output = Command::new("dbus-send")
        .args(["--session", "--print-reply", &format!("--dest={destination}"), path, method, argument])
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn asked_service(method: &str, argument: &str) -> Option<String> {
    let method = format!("org.freedesktop.Secret.Service.{method}");
    asked("org.freedesktop.secrets", "/org/freedesktop/secrets", &method, argument)
}

/// Waits for the daemon that was started here, and for its default collection. Asking the service itself before it is
/// there would make the bus start another one, which is locked.
fn wait_for_service() {
    let is_there = || {
        let (bus, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let owner = asked(bus, path, "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets");
        owner.is_some_and(|answer| answer.contains("true"))
            && asked_service("ReadAlias", "string:default").is_some_and(|answer| answer.contains("/login"))
    };
    let started = Instant::now();
    while !is_there() {
        assert!(started.elapsed() < START, "the Secret Service does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "a process of its own, started by the test above"]
fn with_a_secret_service() {
    let Some(scratch) = std::env::var_os(SCRATCH) else { return };
    let scratch = Path::new(&scratch);
    let _daemon = Daemon::start();
    wait_for_service();

    // A wallet's life over it.
    let wallet = wallet(scratch);
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    let made = wallet.create(&mnemonic, &typed(), WithoutKeychain::Refused, Moment::now()).unwrap();
    assert_eq!(made.protection, Protection::PassphraseAndKeychain);
    let new = Passphrase::new("staple of another sort").unwrap();
    let at_once = PreviousKeyFile::RemovedAtOnce;
    wallet.change_passphrase(&typed(), &new, WithoutKeychain::Refused, at_once, Moment::now()).unwrap();
    wallet.lock();
    wallet.unlock(&new, Moment::now()).unwrap();
    wallet.lock();

    // Set, get, replace, delete; another name knows nothing of it.
    let entry = some_entry();
    let secret = |byte| KeychainSecret::from_bytes(&[byte; 32]).unwrap();
    assert_eq!(OsKeychain.get(entry).err(), Some(KeychainError::EntryMissing { entry }));
    OsKeychain.set(entry, &secret(0)).unwrap();
    assert_eq!(OsKeychain.get(entry).ok().unwrap().as_bytes(), &[0; 32]);
    OsKeychain.set(entry, &secret(0xff)).unwrap();
    assert_eq!(OsKeychain.get(entry).ok().unwrap().as_bytes(), &[0xff; 32]);
    OsKeychain.delete(entry).unwrap();
    assert_eq!(OsKeychain.get(entry).err(), Some(KeychainError::EntryMissing { entry }));
    OsKeychain.delete(entry).unwrap();

    // Locked, and nobody there to unlock it.
    OsKeychain.set(entry, &secret(7)).unwrap();
    let key_file = fs::read(scratch.join("wallet/wallet.key")).unwrap();
    let login = "array:objpath:/org/freedesktop/secrets/collection/login";
    assert!(asked_service("Lock", login).is_some(), "the keyring cannot be locked");
    let is_locked = |error: Option<KeychainError>| match error {
        Some(KeychainError::Locked { reason }) => println!("locked: {reason}"),
        other => panic!("{other:?}"),
    };
    is_locked(OsKeychain.get(entry).err());
    is_locked(OsKeychain.set(entry, &secret(8)).err());
    is_locked(OsKeychain.delete(entry).err());
    match wallet.unlock(&new, Moment::now()) {
        Err(WalletError::Keychain(error)) => is_locked(Some(error)),
        other => panic!("{other:?}"),
    }
    assert_eq!(wallet.state(), WalletState::Locked);
    assert_eq!(fs::read(scratch.join("wallet/wallet.key")).unwrap(), key_file);
}

#[test]
#[ignore = "a process of its own, started by the test above"]
fn without_a_bus() {
    let Some(scratch) = std::env::var_os(SCRATCH) else { return };
    let wallet = wallet(Path::new(&scratch));
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    match wallet.create(&mnemonic, &typed(), WithoutKeychain::Refused, Moment::now()) {
        Err(WalletError::Keychain(KeychainError::NoKeychain { reason })) => println!("none: {reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(wallet.state(), WalletState::Absent);
    let made = wallet.create(&mnemonic, &typed(), WithoutKeychain::Accepted, Moment::now()).unwrap();
    assert_eq!(made.protection, Protection::PassphraseAlone);
    wallet.lock();
    wallet.unlock(&typed(), Moment::now()).unwrap();
}

/// Some name: entries are named by whoever makes them, and this crate names its own.
fn some_entry() -> bithedge_keys::EntryId {
    bithedge_keys::EntryId::for_tests([0x5a; 16])
}
