//! One running application without a window: the wallets, the network in use, the question that is open, the keeper, what is told.
//!
//! [`Session`] is what a shell holds. Every command of `bithedge_ipc::command` is one call of it, but for those that only a desktop can
//! do (windows, dialogs). What changes by itself comes through [`Session::events`]. It knows no window and no Tauri, and is tested
//! without them on a practice devnet.
//!
//! Where what is: `wallets` says who may act where, `network` is the life of the network in use, `questions` the one question and its
//! answer, `approvals` what only a person may decide that signs nothing, `secrets` what passes between the window of secrets and the keys, `keeper` what a person lets the keeper do, `telling` what
//! is told without being asked, `pages` what the main window asks for. Why it is so: `docs/decisions/0025`.

mod accounts;
mod approvals;
mod checks;
mod clock;
mod commands;
mod core;
mod decisions;
mod devnet;
mod diagnostics;
mod effect;
mod embedded;
mod follow;
mod keeper;
mod network;
mod notices;
mod pages;
mod practice;
mod preferences;
mod questions;
mod redaction;
mod remembered;
mod repeated;
mod secrets;
mod session;
mod storage;
mod telling;
mod under_way;
mod wallets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bithedge_engine::{Clock, SystemClock};
use bithedge_ipc::Theme;
use bithedge_keys::{Keychain, OsKeychain, Wallet, WalletError};

pub use questions::QuestionWindow;
pub use session::Session;
pub use under_way::UnderWay;

/// How a wallet in a folder is opened.
pub type OpenWallet = fn(&Path, Arc<dyn Keychain>) -> Result<Wallet, WalletError>;

/// What a session is opened with.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "a keychain has no useful text")]
pub struct SessionSetup {
    /// Where everything is kept.
    pub data_folder: PathBuf,
    /// The address of a devnet that runs elsewhere on this computer, in the place of the one inside this process.
    pub node_url: Option<String>,
    /// The folder of the Clarity VM's worker, with its packages installed.
    pub devnet_worker: PathBuf,
    /// The theme of this run, whatever was chosen.
    pub theme: Option<Theme>,
    /// This computer's clock.
    pub clock: Arc<dyn Clock>,
    /// Where the second half of what opens the person's own keys is kept.
    pub keychain: Arc<dyn Keychain>,
    /// How wallets are opened: only tests have another way than [`Wallet::open`].
    pub open_wallet: OpenWallet,
}

impl SessionSetup {
    /// As a desktop application is: with this computer's clock and the operating system's keychain, and a devnet of its own.
    #[must_use]
    pub fn new(data_folder: PathBuf, devnet_worker: PathBuf) -> Self {
        Self {
            data_folder,
            node_url: None,
            devnet_worker,
            theme: None,
            clock: Arc::new(SystemClock),
            keychain: Arc::new(OsKeychain),
            open_wallet: Wallet::open,
        }
    }
}
