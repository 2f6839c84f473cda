//! The two wallets, and who may act where.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bithedge_engine::networks::ProfileId;
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{Fault, KeyProtection, Notice, WalletKind};
use bithedge_keys::{
    AutoLock, EntryId, KeyFileError, Keychain, KeychainError, KeychainSecret, Mnemonic, Moment, OsRandomness,
    Passphrase, Protection, Randomness as _, Wallet, WalletError, WalletState, WithoutKeychain, WordCount,
};
use bithedge_protocol::Seconds;
use zeroize::Zeroizing;

use crate::SessionSetup;
use crate::core::{Core, State};
use crate::notices;
use crate::storage;

/// The names of the practice wallet's accounts.
pub(crate) const PETER: &str = "Peter";
/// The second one.
pub(crate) const IRENE: &str = "Irene";
/// Longer than any start of the application lasts.
const NEVER: AutoLock = AutoLock { after: Duration::from_secs(100 * 365 * 86_400) };

/// **The one rule of who may act where**: the practice wallet's keys lie unprotected on the disk, so they are used with the built-in
/// devnet and with nothing else. Everything that hands a wallet to a network asks here.
pub(crate) fn may_act(kind: WalletKind, network: ProfileId) -> Result<(), Notice> {
    match (kind, network) {
        (WalletKind::Own, _) | (WalletKind::Practice, ProfileId::Devnet) => Ok(()),
        (WalletKind::Practice, _) => Err(notices::notice(
            Fault::AccountUnfit,
            "The practice wallet is for the devnet on this computer and for nothing else.",
            "Nothing was signed or sent. Its keys are not protected, so no money that is worth something may ever be theirs.",
            "Leave practice, and make or import a wallet of your own.",
            &format!("the practice wallet and the network {network}"),
        )),
    }
}

/// The wallet that a network gets: [`may_act`] holds.
pub(crate) fn wallet_for(state: &State, network: ProfileId) -> Result<Arc<Wallet>, Notice> {
    may_act(state.kind.ok_or_else(notices::no_wallet)?, network)?;
    state.wallet_in_use()
}

/// Opens the person's own wallet. It blocks.
pub(crate) fn open_own(setup: &SessionSetup, auto_lock: Seconds) -> Result<Arc<Wallet>, Notice> {
    let folder = setup.data_folder.join("wallet");
    let wallet = (setup.open_wallet)(&folder, Arc::clone(&setup.keychain)).map_err(|error| error.notice())?;
    wallet.set_auto_lock(AutoLock { after: Duration::from_secs(auto_lock.get()) });
    Ok(Arc::new(wallet))
}

/// What it takes to open the keys. It reads a small file.
pub(crate) fn protection(own: &Result<Arc<Wallet>, Notice>) -> Result<Option<KeyProtection>, Notice> {
    let Ok(wallet) = own else { return Ok(None) };
    let found = wallet.protection().map_err(|error| error.notice())?;
    Ok(found.map(|found| match found {
        Protection::PassphraseAndKeychain => KeyProtection::PassphraseAndKeychain,
        Protection::PassphraseAlone => KeyProtection::PassphraseAlone,
    }))
}

impl Core {
    /// Reads again what it takes to open the person's own keys.
    pub(crate) fn look_at_protection(&self) {
        let own = self.state().own.clone();
        let protection = protection(&own);
        self.state().protection = protection;
    }
}

/// For the practice wallet: whoever can read its folder can use its keys anyhow, so nobody is asked to unlock a keychain for it.
struct NoKeychain;

impl NoKeychain {
    fn none<T>() -> Result<T, KeychainError> {
        Err(KeychainError::NoKeychain { reason: "the practice wallet uses none".to_owned() })
    }
}

impl Keychain for NoKeychain {
    fn get(&self, _: EntryId) -> Result<KeychainSecret, KeychainError> {
        Self::none()
    }
    fn set(&self, _: EntryId, _: &KeychainSecret) -> Result<(), KeychainError> {
        Self::none()
    }
    fn delete(&self, _: EntryId) -> Result<(), KeychainError> {
        Self::none()
    }
}

/// Opens the practice wallet, or makes it: random words that nobody sees, and a random passphrase in a file beside it that only this
/// user may read. The passphrase protects nothing that the file beside it does not give away, and is meant to: it is there so that the
/// practice wallet is a wallet like any other, and its keys play money on a devnet. It blocks, for some seconds.
pub(crate) fn open_practice(setup: &SessionSetup) -> Result<Arc<Wallet>, Notice> {
    let folder = setup.data_folder.join("practice");
    let wallet =
        (setup.open_wallet)(&folder.join("wallet"), Arc::new(NoKeychain)).map_err(|error| error.notice())?;
    wallet.set_auto_lock(NEVER);
    let file = folder.join("passphrase");
    if wallet.state() != WalletState::Absent {
        match unlock(&wallet, &file) {
            Ok(()) => {}
            // Play money: what can never be opened any more is kept aside with its passphrase, and another one is made. What only
            // cannot be read now is left as it is.
            Err(Locked::ForGood(why)) => {
                tracing::warn!(why, "the practice wallet cannot be opened any more, so another one is made");
                wallet.set_key_file_aside().map_err(|error| error.notice())?;
                if file.exists() && storage::set_aside(&file, "kept").is_none() {
                    let error = std::io::Error::other("it cannot be put under another name");
                    return Err(notices::not_written(&file, &error));
                }
            }
            Err(Locked::Now(notice)) => return Err(notice),
        }
    }
    if wallet.state() == WalletState::Absent {
        make(&wallet, &file)?;
    }
    while wallet.accounts().map_err(|error| error.notice())?.len() < 2 {
        wallet.add_account(IRENE).map_err(|error| error.notice())?;
    }
    Ok(Arc::new(wallet))
}

/// Why the practice wallet is not open.
enum Locked {
    /// Nothing that is there will ever open it.
    ForGood(String),
    /// It may open another time.
    Now(Notice),
}

fn unlock(wallet: &Wallet, file: &Path) -> Result<(), Locked> {
    let for_good = |error: &dyn std::fmt::Display| Err(Locked::ForGood(error.to_string()));
    let typed = match std::fs::read_to_string(file) {
        Ok(typed) => Zeroizing::new(typed),
        // It is gone, or is no text.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            return for_good(&error);
        }
        Err(error) => return Err(Locked::Now(notices::not_read(file, &error))),
    };
    let passphrase = match Passphrase::new(typed.trim()) {
        Ok(passphrase) => passphrase,
        Err(error) => return for_good(&error),
    };
    match wallet.unlock(&passphrase, Moment::now()) {
        Ok(_) => Ok(()),
        Err(error) if is_for_good(&error) => for_good(&error),
        Err(error) => Err(Locked::Now(error.notice())),
    }
}

/// Whether the same passphrase will never open it.
const fn is_for_good(error: &WalletError) -> bool {
    use KeyFileError::{Cost, Damaged, Field, NotAKeyFile, Truncated, WrongPassphrase};
    match error {
        WalletError::KeyFile(error) => {
            matches!(
                error,
                WrongPassphrase | NotAKeyFile | Damaged | Truncated { .. } | Field(_) | Cost { .. }
            )
        }
        // It is made without a keychain: a file that asks for one is not that file.
        WalletError::Keychain(_) | WalletError::PreviousPassphraseNeeded(_) => true,
        _ => false,
    }
}

fn make(wallet: &Wallet, file: &Path) -> Result<(), Notice> {
    let mut random = Zeroizing::new([0; 32]);
    OsRandomness.fill(random.as_mut_slice()).map_err(|error| error.notice())?;
    let text = Zeroizing::new(hex::encode(random.as_slice()));
    storage::write_bytes(file, text.as_bytes()).map_err(|error| notices::not_written(file, &error))?;
    let mnemonic =
        Mnemonic::generate(WordCount::TwentyFour, &OsRandomness).map_err(|error| error.notice())?;
    let passphrase = Passphrase::new(&text).map_err(|error| error.notice())?;
    let created = wallet
        .create(&mnemonic, &passphrase, WithoutKeychain::Accepted, Moment::now())
        .map_err(|error| error.notice())?;
    tracing::info!(protection = ?created.protection, "a practice wallet was made");
    let first = wallet.accounts().map_err(|error| error.notice())?;
    if let Some(first) = first.first() {
        wallet.rename_account(first.id(), PETER).map_err(|error| error.notice())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bithedge_keys::{KdfCost, MemoryKeychain};

    use super::*;

    fn setup(folder: &Path) -> SessionSetup {
        let mut setup = SessionSetup::new(folder.to_path_buf(), folder.join("no-worker"));
        setup.keychain = Arc::new(MemoryKeychain::default());
        setup.open_wallet = |folder, keychain| Wallet::open_with_cost(folder, keychain, KdfCost::for_tests());
        setup
    }

    fn address(wallet: &Wallet) -> String {
        let version = bithedge_stacks::Network::TESTNET.version;
        wallet.accounts().unwrap()[0].address(version).unwrap().to_string()
    }

    #[test]
    fn an_error_that_passes_does_not_cost_the_practice_wallet() {
        let home = tempfile::tempdir().unwrap();
        let first = address(&open_practice(&setup(home.path())).unwrap());
        let file = home.path().join("practice/passphrase");
        // It is there and cannot be read, as with too many open files.
        let away = home.path().join("away");
        std::fs::rename(&file, &away).unwrap();
        std::fs::create_dir(&file).unwrap();
        let told = open_practice(&setup(home.path())).err().unwrap();
        assert_eq!(told.fault, Fault::FileUnusable);
        std::fs::remove_dir(&file).unwrap();
        std::fs::rename(&away, &file).unwrap();
        assert_eq!(address(&open_practice(&setup(home.path())).unwrap()), first);
    }

    #[test]
    fn a_practice_wallet_that_never_opens_again_is_kept_with_its_passphrase() {
        let home = tempfile::tempdir().unwrap();
        let first = address(&open_practice(&setup(home.path())).unwrap());
        let file = home.path().join("practice/passphrase");
        std::fs::write(&file, "another passphrase").unwrap();
        assert_ne!(address(&open_practice(&setup(home.path())).unwrap()), first);
        let kept = std::fs::read_to_string(home.path().join("practice/passphrase.kept-1")).unwrap();
        assert_eq!(kept, "another passphrase");
        // A passphrase that is gone opens nothing either.
        std::fs::remove_file(&file).unwrap();
        open_practice(&setup(home.path())).unwrap();
    }
}
